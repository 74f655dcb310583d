//! Every event of the log as one row of dense columns, and the index of commands.

use std::ops::RangeInclusive;

use domain::actor::Role;
use domain::event::EventId;
use domain::evolve::Effect;
use domain::obligation::PersonIdx;
use hashbrown::HashTable;
use jiff::Timestamp;
use jiff::civil::Date;
use journal::Seq;
use register::{Applied, DAY_NONE, date_of_day, day_of_date};

use crate::latest::Latest;

/// The cell of a number that there is none of.
const NONE: u32 = u32::MAX;

/// One event, by the numbers of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its position.
    pub seq: Seq,
    /// Its type: a number of `Register::event_types`.
    pub event_type: u16,
    /// What it did.
    pub effect: Effect,
    /// The obligation that it is about.
    pub obligation: Option<u32>,
    /// The organisation that it is about.
    pub org: Option<u32>,
    /// Who acted.
    pub actor: PersonIdx,
    /// In which role.
    pub role: Role,
    /// For whom, where a substitute acted.
    pub on_behalf_of: Option<PersonIdx>,
    /// The local day that the actor claims.
    pub occurred_on: Date,
    /// When it was recorded, or is claimed to have been.
    pub recorded_at: Timestamp,
    /// Its id.
    pub event: EventId,
}

/// Which events are asked for: those that fit every field that is set.
#[derive(Clone, Copy, Debug, Default)]
pub struct FactFilter {
    /// Of this type.
    pub event_type: Option<u16>,
    /// About this obligation.
    pub obligation: Option<u32>,
    /// About this organisation.
    pub org: Option<u32>,
    /// By this person.
    pub actor: Option<PersonIdx>,
    /// Recorded at this moment or later.
    pub recorded_from: Option<Timestamp>,
    /// Recorded before this moment.
    pub recorded_before: Option<Timestamp>,
}

impl FactFilter {
    /// Whether an event fits.
    #[must_use]
    pub fn takes(&self, fact: &Fact) -> bool {
        self.obligation.is_none_or(|obligation| fact.obligation == Some(obligation))
            && self.org.is_none_or(|org| fact.org == Some(org))
            && self.event_type.is_none_or(|event_type| fact.event_type == event_type)
            && self.actor.is_none_or(|actor| fact.actor == actor)
            && self.recorded_from.is_none_or(|from| fact.recorded_at >= from)
            && self.recorded_before.is_none_or(|before| fact.recorded_at < before)
    }
}

/// The columns of a run of events without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    /// Position of the first; [`Seq::NONE`] and [`Seq::FIRST`] both mean the beginning.
    pub(crate) first: Seq,
    pub(crate) event_type: Vec<u16>,
    pub(crate) effect: Vec<Effect>,
    pub(crate) obligation: Vec<u32>,
    pub(crate) org: Vec<u32>,
    pub(crate) actor: Vec<u32>,
    pub(crate) role: Vec<Role>,
    pub(crate) on_behalf_of: Vec<u32>,
    pub(crate) occurred_on: Vec<i32>,
    pub(crate) recorded_at: Vec<i64>,
    pub(crate) event: Vec<EventId>,
}

/// Number of an optional number's cell.
pub(crate) fn cell(number: Option<u32>) -> u32 {
    number.unwrap_or(NONE)
}

/// The optional number of a cell.
pub(crate) fn number(cell: u32) -> Option<u32> {
    (cell != NONE).then_some(cell)
}

/// The part of a command's events that the last bytes of an event's id name.
fn part_of(event: EventId) -> u16 {
    let bytes = event.0.to_be_bytes();
    u16::from_be_bytes([bytes[14], bytes[15]])
}

impl Rows {
    pub(crate) fn starting(first: Seq) -> Self {
        Self { first, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.event_type.len()
    }

    pub(crate) fn push(&mut self, applied: &Applied) {
        self.event_type.push(applied.event_type);
        self.effect.push(applied.effect);
        self.obligation.push(cell(applied.obligation));
        self.org.push(cell(applied.org));
        self.actor.push(applied.actor.0);
        self.role.push(applied.role);
        self.on_behalf_of.push(cell(applied.on_behalf_of.map(|person| person.0)));
        self.occurred_on.push(day_of_date(applied.occurred_on));
        self.recorded_at.push(nanoseconds(applied.recorded_at));
        self.event.push(applied.event);
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.event_type.append(&mut other.event_type);
        self.effect.append(&mut other.effect);
        self.obligation.append(&mut other.obligation);
        self.org.append(&mut other.org);
        self.actor.append(&mut other.actor);
        self.role.append(&mut other.role);
        self.on_behalf_of.append(&mut other.on_behalf_of);
        self.occurred_on.append(&mut other.occurred_on);
        self.recorded_at.append(&mut other.recorded_at);
        self.event.append(&mut other.event);
    }

    fn get(&self, at: usize) -> Option<Fact> {
        let event_type = *self.event_type.get(at)?;
        Some(Fact {
            seq: Seq(self.first.get().max(1).saturating_add(u64::try_from(at).ok()?)),
            event_type,
            effect: self.effect[at],
            obligation: number(self.obligation[at]),
            org: number(self.org[at]),
            actor: PersonIdx(self.actor[at]),
            role: self.role[at],
            on_behalf_of: number(self.on_behalf_of[at]).map(PersonIdx),
            occurred_on: date_of_day(self.occurred_on[at]).unwrap_or_else(|| {
                debug_assert_ne!(self.occurred_on[at], DAY_NONE, "every event has its day");
                Date::ZERO
            }),
            recorded_at: Timestamp::from_nanosecond(self.recorded_at[at].into()).unwrap_or(Timestamp::UNIX_EPOCH),
            event: self.event[at],
        })
    }

    /// A copy of some rows, by position.
    pub(crate) fn copy(&self, seqs: &RangeInclusive<Seq>) -> Self {
        let at = |seq: Seq| usize::try_from(seq.get().saturating_sub(self.first.get().max(1))).unwrap_or(usize::MAX);
        let range = at(*seqs.start()).min(self.len())..at(seqs.end().next()).min(self.len());
        Self {
            first: *seqs.start(),
            event_type: self.event_type[range.clone()].to_vec(),
            effect: self.effect[range.clone()].to_vec(),
            obligation: self.obligation[range.clone()].to_vec(),
            org: self.org[range.clone()].to_vec(),
            actor: self.actor[range.clone()].to_vec(),
            role: self.role[range.clone()].to_vec(),
            on_behalf_of: self.on_behalf_of[range.clone()].to_vec(),
            occurred_on: self.occurred_on[range.clone()].to_vec(),
            recorded_at: self.recorded_at[range.clone()].to_vec(),
            event: self.event[range].to_vec(),
        }
    }
}

fn nanoseconds(moment: Timestamp) -> i64 {
    // The register holds its moments to what 64 bits can say; a question may lie beyond on either side.
    let nanoseconds = moment.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

/// Every event that was applied: about fifty bytes each, in the order of the log.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    rows: Rows,
    latest: Latest,
    /// Rows by fingerprint and part: an identity is never forgotten.
    commands: HashTable<u32>,
}

impl Facts {
    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// The event at a position.
    #[must_use]
    pub fn get(&self, seq: Seq) -> Option<Fact> {
        self.rows.get(row_of(seq)?)
    }

    /// The events behind a position, in the order of the log; `rev()` gives the newest first.
    #[must_use]
    pub fn after(&self, seq: Seq) -> impl DoubleEndedIterator<Item = Fact> + '_ {
        let from = usize::try_from(seq.get()).unwrap_or(usize::MAX).min(self.len());
        (from..self.len()).filter_map(|at| self.rows.get(at))
    }

    /// The events behind a position that fit a filter, in the order of the log.
    #[must_use]
    pub fn matching(&self, after: Seq, filter: FactFilter) -> impl DoubleEndedIterator<Item = Fact> + '_ {
        let from = usize::try_from(after.get()).unwrap_or(usize::MAX).min(self.len());
        (from..self.len()).filter(move |at| self.fits(*at, &filter)).filter_map(|at| self.rows.get(at))
    }

    /// The last event before the first one that was recorded, or is claimed to have been, after an instant;
    /// [`Seq::NONE`] when there is none before it, the last event of all when there is nothing later. Events of the
    /// types `marks` have no time of their own: they belong to what follows them.
    #[must_use]
    pub fn prefix_until(&self, as_of: Timestamp, marks: &[u16]) -> Seq {
        let counts = |at: &usize| !marks.contains(&self.rows.event_type[*at]);
        let later = self.latest.first_after(&self.rows.recorded_at, as_of.as_nanosecond(), counts);
        let until = later.map_or(self.len(), |later| (0..later).rev().find(counts).map_or(0, |at| at + 1));
        Seq(u64::try_from(until).unwrap_or(u64::MAX))
    }

    /// Looks at the columns that are asked about, and at no others.
    fn fits(&self, at: usize, filter: &FactFilter) -> bool {
        let rows = &self.rows;
        filter.obligation.is_none_or(|obligation| rows.obligation[at] == obligation)
            && filter.org.is_none_or(|org| rows.org[at] == org)
            && filter.event_type.is_none_or(|event_type| rows.event_type[at] == event_type)
            && filter.actor.is_none_or(|actor| rows.actor[at] == actor.0)
            && filter.recorded_from.is_none_or(|from| rows.recorded_at[at] >= nanoseconds(from))
            && filter.recorded_before.is_none_or(|before| rows.recorded_at[at] < nanoseconds(before))
    }

    /// The events of the command with that fingerprint, in the order of its parts. Fingerprints are 64
    /// bits: the caller reads the stored event and compares the command itself.
    pub fn find_command(&self, fingerprint: u64) -> impl Iterator<Item = Seq> + '_ {
        (0..=u16::MAX)
            .map_while(move |part| {
                let mut found = self.find(fingerprint, part).peekable();
                found.peek().is_some().then_some(found)
            })
            .flatten()
    }

    /// The events of the command with that fingerprint, in the order of its parts, where parts may be missing: a
    /// command on many has none for what it did not change. The caller compares, as with
    /// [`Facts::find_command`].
    pub fn find_command_with_gaps(&self, fingerprint: u64) -> impl Iterator<Item = Seq> + '_ {
        // Every command has its first event; a key that is new is told at the first look.
        let last = self.find(fingerprint, 0).next().map(|_| u16::MAX);
        (0..=last.unwrap_or(0)).flat_map(move |part| self.find(fingerprint, part))
    }

    /// The event of that id: normally one. The caller reads the stored event and compares the id.
    pub fn find_event(&self, event: EventId) -> impl Iterator<Item = Seq> + '_ {
        self.find(event.fingerprint(), part_of(event))
    }

    fn find(&self, fingerprint: u64, part: u16) -> impl Iterator<Item = Seq> + '_ {
        let rows = self.commands.iter_hash(hash_of(fingerprint, part)).copied();
        rows.filter(move |row| {
            let at = usize::try_from(*row).unwrap_or(usize::MAX);
            self.rows.event[at].fingerprint() == fingerprint && part_of(self.rows.event[at]) == part
        })
        .map(|row| Seq(u64::from(row)).next())
    }

    /// Appends an event.
    pub(crate) fn push(&mut self, applied: &Applied) {
        self.rows.push(applied);
        self.latest.extend(&self.rows.recorded_at, self.len() - 1);
        self.index(self.len() - 1);
    }

    /// Appends a run of events that was read back.
    pub(crate) fn append(&mut self, rows: Rows) {
        let from = self.len();
        self.rows.append(rows);
        self.latest.extend(&self.rows.recorded_at, from);
        self.commands.reserve(self.len() - from, |row| rehash(&self.rows, *row));
        (from..self.len()).for_each(|at| self.index(at));
    }

    fn index(&mut self, at: usize) {
        // More events than that do not fit into one process; the last ones would not be found by
        // their command, and the broker still refuses a repeat on the obligation's own subject.
        let Ok(row) = u32::try_from(at) else { return };
        let hash = rehash(&self.rows, row);
        self.commands.insert_unique(hash, row, |row| rehash(&self.rows, *row));
    }

    /// A copy of some rows, by position.
    pub(crate) fn copy(&self, seqs: &RangeInclusive<Seq>) -> Rows {
        self.rows.copy(seqs)
    }
}

fn row_of(seq: Seq) -> Option<usize> {
    usize::try_from(seq.get().checked_sub(1)?).ok()
}

fn rehash(rows: &Rows, row: u32) -> u64 {
    let at = usize::try_from(row).unwrap_or(usize::MAX);
    hash_of(rows.event[at].fingerprint(), part_of(rows.event[at]))
}

/// Fingerprints are bits of a SHA-256, but the version bits of the id are always the same: they are
/// spread, and parts of one command are set apart.
fn hash_of(fingerprint: u64, part: u16) -> u64 {
    let mixed = fingerprint ^ u64::from(part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(31)
}
