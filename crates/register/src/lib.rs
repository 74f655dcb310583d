//! The current state in dense columns, one row per obligation, and the one place that applies events.
//!
//! An event's bytes are first [`parse`]d, which needs no state and may run on another thread, then
//! [`Register::apply`]-ed in the order of the log. The same bytes give the same register, on any
//! machine, from any snapshot on; [`Register::digest`] says so in 32 bytes. This crate never reads a
//! clock, a file, a socket or a random number.

mod apply;
mod bulk;
mod causes;
mod columns;
mod digest;
mod plans;
mod registry;
mod retell;
mod snapshot;
mod stored;
mod sweep;
mod world;

use domain::expand::Slot;
use domain::id::{ObligationId, PersonCode, Seq};
use domain::ledger::Ledger;
use domain::obligation::{Obligation, PersonIdx};
use domain::plan::Share;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use bulk::BulkAct;
pub use columns::{Columns, DAY_NONE, MOMENT_NONE, PERSON_NONE, SCORE_NONE, date_of_day, day_of_date};
pub use plans::{Activation, Block, ImportedPlan};
pub use registry::{EventType, ImportSpan, Municipality, Org, Region};
pub use stored::{Applied, ApplyError, Parsed, Stored, parse};

use bulk::BulkActs;
use plans::Activations;
use registry::{Persons, Registry, Types};

/// The whole state that the log leads to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "snapshot::Loaded")]
pub struct Register {
    log: LogState,
    types: Types,
    persons: Persons,
    registry: Registry,
    plans: Activations,
    #[serde(serialize_with = "snapshot::ledger")]
    ledger: Ledger,
    bulk: BulkActs,
    columns: Columns,
}

/// What is known of the log as a whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct LogState {
    epoch: Option<String>,
    last: Seq,
    /// The broker's time, made monotone.
    clock: Option<Timestamp>,
    /// The bytes of the last event: their hash names the place where a checkpoint was taken.
    last_payload: Vec<u8>,
    imports: Vec<ImportSpan>,
}

impl Register {
    /// The state before the first event.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many obligations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is no obligation yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Position of the last event applied; [`Seq::NONE`] before the first.
    #[must_use]
    pub fn last_seq(&self) -> Seq {
        self.log.last
    }

    /// How many events were applied: as many as the last position says, since there is no gap.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.log.last.get()
    }

    /// SHA-256 of the last event's bytes; of nothing before the first.
    #[must_use]
    pub fn last_hash(&self) -> [u8; 32] {
        Sha256::digest(&self.log.last_payload).into()
    }

    /// The log's epoch, as `log.opened` told it; `None` before that.
    #[must_use]
    pub fn epoch(&self) -> Option<&str> {
        self.log.epoch.as_deref()
    }

    /// When the log took the last event: the broker's time, never running backwards. Claims of an
    /// importer do not move it.
    #[must_use]
    pub fn last_recorded_at(&self) -> Option<Timestamp> {
        self.log.clock
    }

    /// The spans in which an earlier system's history was loaded, in the order of the log.
    #[must_use]
    pub fn import_spans(&self) -> &[ImportSpan] {
        &self.log.imports
    }

    /// The event types seen, in the order of their first appearance: what [`Applied::event_type`]
    /// indexes.
    #[must_use]
    pub fn event_types(&self) -> &[EventType] {
        self.types.list()
    }

    /// The name of a numbered event type.
    #[must_use]
    pub fn type_name(&self, event_type: u16) -> Option<&str> {
        self.types.list().get(usize::from(event_type)).map(|known| &*known.name)
    }

    /// The number of an event type, if one was seen.
    #[must_use]
    pub fn type_of(&self, name: &str) -> Option<u16> {
        self.types.find(name)
    }

    /// Event types that this version does not know, with the number of their events.
    pub fn unknown_types(&self) -> impl Iterator<Item = (&str, u64)> {
        self.types.list().iter().filter(|seen| !seen.known).map(|seen| (&*seen.name, seen.events))
    }

    /// The columns, for the job that reads them all.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The organisations, by number.
    #[must_use]
    pub fn orgs(&self) -> &[Org] {
        self.registry.orgs()
    }

    /// The number of an organisation.
    #[must_use]
    pub fn org_index(&self, code: &str) -> Option<u32> {
        self.registry.org(code)
    }

    /// The municipalities, by number.
    #[must_use]
    pub fn municipalities(&self) -> &[Municipality] {
        self.registry.municipalities()
    }

    /// The regions, by number.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        self.registry.regions()
    }

    /// The number of a region.
    #[must_use]
    pub fn region_index(&self, code: &str) -> Option<u32> {
        self.registry.region(code)
    }

    /// The persons that acted, by number.
    #[must_use]
    pub fn persons(&self) -> &[PersonCode] {
        self.persons.list()
    }

    /// The number of a person.
    #[must_use]
    pub fn person_index(&self, code: &str) -> Option<PersonIdx> {
        self.persons.find(code)
    }

    /// The plans that were imported, by number.
    #[must_use]
    pub fn plans(&self) -> &[ImportedPlan] {
        self.plans.plans()
    }

    /// The number of a plan.
    #[must_use]
    pub fn plan_index(&self, code: &str) -> Option<usize> {
        self.plans.plan(code)
    }

    /// The plans in force, in the order of the log.
    #[must_use]
    pub fn activations(&self) -> &[Activation] {
        self.plans.activations()
    }

    /// The blocks of obligations: one for each organisation and activation, without a gap.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        self.plans.blocks()
    }

    /// What is true beside the obligations.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The bulk facts about an obligation, in the order of the log.
    pub fn bulk_acts_of(&self, ordinal: u32) -> impl Iterator<Item = &BulkAct> {
        self.bulk.of(ordinal)
    }

    /// Every bulk fact, in the order of the log.
    #[must_use]
    pub fn bulk_acts(&self) -> &[BulkAct] {
        self.bulk.acts()
    }

    /// A bulk fact, by its position.
    #[must_use]
    pub fn bulk_act(&self, seq: Seq) -> Option<&BulkAct> {
        self.bulk.at(seq)
    }

    /// The bulk fact that the event at a position recorded or took back.
    #[must_use]
    pub fn bulk_act_behind(&self, seq: Seq) -> Option<&BulkAct> {
        self.bulk.behind(seq)
    }

    /// Positions of the events that changed obligations of one organisation's block as a whole: that its plan
    /// was amended, that its school joined or left.
    pub fn sweeping_of(&self, ordinal: u32) -> impl Iterator<Item = Seq> {
        self.plans.sweeping_of(self.columns.block[index(ordinal)], &self.slot_of(ordinal).0.row)
    }

    /// The block of an obligation.
    ///
    /// # Panics
    /// When `ordinal` is not below [`Register::len`].
    #[must_use]
    pub fn block_of(&self, ordinal: u32) -> &Block {
        &self.plans.blocks()[index(self.columns.block[index(ordinal)])]
    }

    /// The blocks of an organisation, in the order of its plans.
    pub fn blocks_of(&self, org: u32) -> impl Iterator<Item = &Block> {
        self.plans.blocks_of(org).iter().map(|block| &self.plans.blocks()[index(*block)])
    }

    /// The obligations of an organisation, in the order of its plans.
    pub fn ordinals_of(&self, org: u32) -> impl Iterator<Item = u32> {
        let blocks = self.plans.blocks_of(org).iter().map(|block| &self.plans.blocks()[index(*block)]);
        blocks.flat_map(|block| block.base..block.base + block.len)
    }

    /// The cluster directions of each organisation, by its number, one bit each ([`domain::payload::Direction::bit`]):
    /// those of its specialised classes and of the orders by which it joined a plan. 0: none is named anywhere, and the
    /// organisation counts as having all of them.
    #[must_use]
    pub fn directions(&self) -> Vec<u8> {
        let mut masks = vec![0; self.registry.orgs().len()];
        for block in self.plans.blocks() {
            masks[index(block.org)] |= block.directions;
        }
        for class in self.ledger.classes() {
            if let Some(org) = self.registry.org(class.school.as_str()) {
                masks[index(org)] |= class.direction.bit();
            }
        }
        masks
    }

    /// The state of an obligation, gathered from the columns.
    ///
    /// # Panics
    /// When `ordinal` is not below [`Register::len`].
    #[must_use]
    pub fn obligation(&self, ordinal: u32) -> Obligation {
        self.columns.gather(ordinal)
    }

    /// The number of an obligation.
    #[must_use]
    pub fn find(&self, id: &ObligationId) -> Option<u32> {
        self.locate(id.plan.as_str(), id.row.as_str(), id.org.as_str(), id.item.as_str())
    }

    /// The id of an obligation.
    ///
    /// # Panics
    /// When `ordinal` is not below [`Register::len`].
    #[must_use]
    pub fn id_of(&self, ordinal: u32) -> ObligationId {
        let block = self.block_of(ordinal);
        let plan = &self.plans.plans()[block.plan];
        let slot = self.slot_of(ordinal).0;
        slot.id(plan.code(), &self.registry.orgs()[index(block.org)].code)
    }

    /// An obligation's place in its plan, and the share that makes it.
    ///
    /// # Panics
    /// When `ordinal` is not below [`Register::len`].
    #[must_use]
    pub fn slot_of(&self, ordinal: u32) -> (&Slot, &Share) {
        let block = self.block_of(ordinal);
        self.plans.slot(block, usize::from(self.columns.slot[index(ordinal)]))
    }

    /// The number of an obligation, from the parts of its id; nothing is allocated.
    #[must_use]
    pub fn locate(&self, plan: &str, row: &str, org: &str, item: &str) -> Option<u32> {
        let plan = self.plans.plan(plan)?;
        let org = self.registry.org(org)?;
        self.plans.ordinal(plan, org, row, item)
    }

    /// SHA-256 over everything that is state, independent of how it was reached.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest::of(self)
    }
}

/// An index of a vector; numbers of this crate are 32 bits wide.
fn index(number: u32) -> usize {
    usize::try_from(number).expect("a machine of at least 32 bits")
}

/// The number of a vector's next element.
fn number(len: usize) -> u32 {
    u32::try_from(len).expect("fewer than four thousand million of anything fit into memory")
}

#[cfg(test)]
mod tests;
