//! Plans, their expansions, and the blocks of obligations that activations made.

use domain::expand::{Expansion, Slot, Template, expand};
use domain::id::{ItemCode, OrgCode, PlanCode, RowNo, Seq};
use domain::plan::{Plan, Share};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::collections::HashMap;

use crate::{index, number};

/// A plan that was imported, with what it expands to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "StoredPlan", try_from = "StoredPlan")]
pub struct ImportedPlan {
    code: PlanCode,
    /// The plan.
    pub plan: Plan,
    /// Its obligations, one template for each kind of organisation.
    pub expansion: Expansion,
    /// Position of its import.
    pub seq: Seq,
    school_index: SlotIndex,
    authority_indexes: Vec<SlotIndex>,
}

/// A plan as JSON, since its shape is that of an event and not of a snapshot.
#[derive(Serialize, Deserialize)]
struct StoredPlan {
    plan: String,
    seq: Seq,
}

impl From<ImportedPlan> for StoredPlan {
    fn from(imported: ImportedPlan) -> Self {
        let plan = serde_json::to_string(&imported.plan).expect("a plan came from JSON and has string keys");
        Self { plan, seq: imported.seq }
    }
}

impl TryFrom<StoredPlan> for ImportedPlan {
    type Error = String;
    fn try_from(stored: StoredPlan) -> Result<Self, String> {
        let plan = serde_json::from_str(&stored.plan).map_err(|error| error.to_string())?;
        Self::new(plan, stored.seq).ok_or_else(|| "a plan without a code".to_owned())
    }
}

impl ImportedPlan {
    /// Expands a plan; `None` when it has no code.
    pub(crate) fn new(plan: Plan, seq: Seq) -> Option<Self> {
        let code = plan.code.clone()?;
        let expansion = expand(&plan);
        let school_index = SlotIndex::of(&expansion.school);
        let authority_indexes = expansion.authorities.iter().map(|(_, template)| SlotIndex::of(template)).collect();
        Some(Self { code, plan, expansion, seq, school_index, authority_indexes })
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &PlanCode {
        &self.code
    }

    fn template(&self, authority: Option<u32>) -> &Template {
        authority.map_or(&self.expansion.school, |at| &self.expansion.authorities[index(at)].1)
    }

    fn slot_index(&self, authority: Option<u32>) -> &SlotIndex {
        authority.map_or(&self.school_index, |at| &self.authority_indexes[index(at)])
    }

    /// Whether every template's slots can be numbered in 16 bits.
    pub(crate) fn fits(&self) -> bool {
        let templates = self.expansion.authorities.iter().map(|(_, template)| template);
        templates.chain([&self.expansion.school]).all(|template| u16::try_from(template.slots.len()).is_ok())
    }
}

/// Finds a slot by the texts of row and item, without allocating.
#[derive(Clone, Debug)]
struct SlotIndex(Vec<(RowNo, ItemCode, u32)>);

impl SlotIndex {
    fn of(template: &Template) -> Self {
        let slots = template.slots.iter().zip(0..);
        let mut sorted: Vec<_> = slots.map(|(slot, at)| (slot.row.clone(), slot.item.clone(), at)).collect();
        sorted.sort();
        // A plan that names a slot twice has one place for it: the first.
        sorted.dedup_by(|later, first| later.0 == first.0 && later.1 == first.1);
        Self(sorted)
    }

    fn find(&self, row: &str, item: &str) -> Option<u32> {
        let order = |entry: &(RowNo, ItemCode, u32)| (entry.0.as_str(), entry.1.as_str()).cmp(&(row, item));
        self.0.binary_search_by(order).ok().map(|at| self.0[at].2)
    }
}

/// The obligations of one organisation from one activation: consecutive numbers, in the order of the
/// plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Number of the plan.
    pub plan: usize,
    /// Number of the region that activated it.
    pub region: usize,
    /// Number of the organisation.
    pub org: u32,
    /// Number of its first obligation.
    pub base: u32,
    /// How many there are.
    pub len: u32,
    /// Whether it is a school's, that is, of the plan's template for schools.
    pub school: bool,
    /// Otherwise: which of the expansion's authorities it plays.
    pub authority: Option<u32>,
    /// The directions that the order of its joining names, one bit each ([`domain::payload::Direction::bit`]); 0: none named.
    pub directions: u8,
}

/// A plan in force in a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Number of the plan.
    pub plan: usize,
    /// Number of the region.
    pub region: usize,
    /// Position of `plan.activated`.
    pub seq: Seq,
    /// The order behind it.
    pub basis: String,
    /// Version of the expansion.
    pub expander: u16,
    /// Its blocks: the first one's number.
    pub first_block: u32,
    /// Its blocks: how many, schools before authorities.
    pub blocks: u32,
    /// How many obligations it made.
    pub count: u32,
    /// SHA-256 over their sorted ids, hexadecimal.
    pub sha256: String,
}

/// Plans, activations and blocks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Lists", into = "Lists")]
pub(crate) struct Activations {
    lists: Lists,
    plan_by_code: HashMap<PlanCode, usize>,
    blocks_by_org: Vec<SmallVec<[u32; 2]>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lists {
    plans: Vec<ImportedPlan>,
    activations: Vec<Activation>,
    blocks: Vec<Block>,
    sweeps: Vec<Sweep>,
}

/// An event that changed many obligations of an activation at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sweep {
    seq: Seq,
    plan: usize,
    region: usize,
    /// Only those of one organisation.
    org: Option<u32>,
    /// Only those of these rows; of all where none is named.
    rows: Vec<RowNo>,
}

impl Activations {
    pub(crate) fn plans(&self) -> &[ImportedPlan] {
        &self.lists.plans
    }

    pub(crate) fn activations(&self) -> &[Activation] {
        &self.lists.activations
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.lists.blocks
    }

    pub(crate) fn plan(&self, code: &str) -> Option<usize> {
        self.plan_by_code.get(code).copied()
    }

    pub(crate) fn is_active(&self, plan: usize, region: usize) -> bool {
        self.lists.activations.iter().any(|known| known.plan == plan && known.region == region)
    }

    /// The blocks of an organisation.
    pub(crate) fn blocks_of(&self, org: u32) -> &[u32] {
        self.blocks_by_org.get(index(org)).map_or(&[], SmallVec::as_slice)
    }

    /// The number of an obligation.
    pub(crate) fn ordinal(&self, plan: usize, org: u32, row: &str, item: &str) -> Option<u32> {
        let imported = &self.lists.plans[plan];
        let blocks = self.blocks_of(org).iter().map(|at| &self.lists.blocks[index(*at)]);
        let mut slots = blocks
            .filter(|block| block.plan == plan)
            .filter_map(|block| imported.slot_index(block.authority).find(row, item).map(|slot| block.base + slot));
        slots.next()
    }

    /// A slot of a block, and its share.
    pub(crate) fn slot(&self, block: &Block, slot: usize) -> (&Slot, &Share) {
        let imported = &self.lists.plans[block.plan];
        let slot = &imported.template(block.authority).slots[slot];
        (slot, &imported.expansion.shares[slot.share].1)
    }

    /// The slots of a block.
    pub(crate) fn slots(&self, block: &Block) -> &[Slot] {
        &self.lists.plans[block.plan].template(block.authority).slots
    }

    /// Enters a plan; `None` when its code is taken.
    pub(crate) fn import(&mut self, plan: ImportedPlan) -> Option<usize> {
        if self.plan_by_code.contains_key(&plan.code) {
            return None;
        }
        let next = self.lists.plans.len();
        self.plan_by_code.insert(plan.code.clone(), next);
        self.lists.plans.push(plan);
        Some(next)
    }

    /// Puts a plan in force: `owners` are the organisations in the order of their blocks, each with
    /// the authority that it plays; `base` is the number of the next obligation.
    pub(crate) fn activate(&mut self, activation: Activation, owners: &[(u32, Option<u32>)], base: u32) {
        let mut base = base;
        for (org, authority) in owners {
            let slots = &self.lists.plans[activation.plan].template(*authority).slots;
            let (org, authority, len) = (*org, *authority, number(slots.len()));
            let (plan, region) = (activation.plan, activation.region);
            let school = authority.is_none();
            self.push(Block { plan, region, org, base, len, school, authority, directions: 0 });
            base += len;
        }
        self.lists.activations.push(activation);
    }

    fn push(&mut self, block: Block) {
        note(&mut self.blocks_by_org, block.org, number(self.lists.blocks.len()));
        self.lists.blocks.push(block);
    }

    /// Adds the block of a school that joined, with the directions that its order names; gives back its number.
    pub(crate) fn enrol(&mut self, plan: usize, region: usize, org: u32, base: u32, directions: u8) -> u32 {
        let len = number(self.lists.plans[plan].template(None).slots.len());
        let at = number(self.lists.blocks.len());
        self.push(Block { plan, region, org, base, len, school: true, authority: None, directions });
        at
    }

    /// Notes an event that changed many obligations at once.
    pub(crate) fn sweep(&mut self, seq: Seq, plan: usize, region: usize, org: Option<u32>, rows: Vec<RowNo>) {
        self.lists.sweeps.push(Sweep { seq, plan, region, org, rows });
    }

    /// Positions of such events that are about a row of a block.
    pub(crate) fn sweeping_of<'s>(&'s self, block: u32, row: &'s RowNo) -> impl Iterator<Item = Seq> + 's {
        let block = &self.lists.blocks[index(block)];
        let (plan, region, org) = (block.plan, block.region, block.org);
        let about = move |sweep: &&Sweep| {
            sweep.plan == plan
                && sweep.region == region
                && sweep.org.is_none_or(|of| of == org)
                && (sweep.rows.is_empty() || sweep.rows.contains(row))
        };
        self.lists.sweeps.iter().filter(about).map(|sweep| sweep.seq)
    }

    /// Who plays an authority of the plan.
    pub(crate) fn authorities(&self, plan: usize) -> impl Iterator<Item = (u32, &OrgCode)> {
        (0..).zip(self.lists.plans[plan].expansion.authorities.iter().map(|(role, _)| role))
    }
}

fn note(blocks_by_org: &mut Vec<SmallVec<[u32; 2]>>, org: u32, block: u32) {
    if blocks_by_org.len() <= index(org) {
        blocks_by_org.resize(index(org) + 1, SmallVec::new());
    }
    blocks_by_org[index(org)].push(block);
}

impl From<Lists> for Activations {
    fn from(lists: Lists) -> Self {
        let plan_by_code = lists.plans.iter().enumerate().map(|(at, plan)| (plan.code.clone(), at)).collect();
        let mut blocks_by_org = Vec::new();
        for (block, at) in lists.blocks.iter().zip(0..) {
            note(&mut blocks_by_org, block.org, at);
        }
        Self { lists, plan_by_code, blocks_by_org }
    }
}

impl From<Activations> for Lists {
    fn from(activations: Activations) -> Self {
        activations.lists
    }
}
