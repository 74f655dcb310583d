//! The state of every obligation, one cell a column: numbered row-major by organisation.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::event::EventId;
use domain::expand::Slot;
use domain::id::Seq;
use domain::obligation::{Control, Excuse, Matters, Obligation, PersonIdx, Phase, Rework, Score, Submission};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::index;

/// The cell of a day that there is none of.
pub const DAY_NONE: i32 = i32::MIN;

/// The cell of points that there are none of.
pub const SCORE_NONE: u32 = u32::MAX;

/// The cell of a person that there is none of.
pub const PERSON_NONE: u32 = u32::MAX;

/// The cell of a moment that there is none of.
pub const MOMENT_NONE: i64 = i64::MIN;

const EPOCH: Date = date(1970, 1, 1);
const SECONDS_PER_DAY: i64 = 86_400;

/// Days from 1970-01-01 to a day; negative before.
#[must_use]
pub fn day_of_date(day: Date) -> i32 {
    let days = day.duration_since(EPOCH).as_secs() / SECONDS_PER_DAY;
    // Years have four digits: there are fewer than four million days.
    i32::try_from(days).unwrap_or(DAY_NONE)
}

/// The day that lies so many days after 1970-01-01; `None` for [`DAY_NONE`] and beyond the calendar.
#[must_use]
pub fn date_of_day(day: i32) -> Option<Date> {
    EPOCH.checked_add(SignedDuration::from_secs(i64::from(day) * SECONDS_PER_DAY)).ok()
}

fn cell_of_day(day: Option<Date>) -> i32 {
    day.map_or(DAY_NONE, day_of_date)
}

/// Holds a moment to what 64 bits of nanoseconds can say (1677 to 2262).
pub(crate) fn representable(moment: Timestamp) -> Timestamp {
    moment_of_cell(cell_of_moment(moment))
}

fn cell_of_moment(moment: Timestamp) -> i64 {
    let nanoseconds = moment.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

fn moment_of_cell(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).expect("64 bits of nanoseconds lie within jiff's years")
}

fn optional_moment(cell: i64) -> Option<Timestamp> {
    (cell != MOMENT_NONE).then(|| moment_of_cell(cell))
}

fn optional_person(cell: u32) -> Option<PersonIdx> {
    (cell != PERSON_NONE).then_some(PersonIdx(cell))
}

/// Parallel columns, one row per obligation. Days are days since 1970-01-01, [`DAY_NONE`] where there
/// is none; what starts with `report_` is of the first live report, meaningless while
/// `report_seq` is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// Which of the register's blocks it stands in.
    pub block: Vec<u32>,
    /// Number of its organisation.
    pub org: Vec<u32>,
    /// Its slot within the block's template.
    pub slot: Vec<u16>,
    /// Where it stands.
    pub phase: Vec<Phase>,
    /// First day of its window.
    pub start_on: Vec<i32>,
    /// The day that plan or schedule state.
    pub stated_due: Vec<i32>,
    /// The day after moves.
    pub moved_due: Vec<i32>,
    /// How often it was moved.
    pub moves: Vec<u16>,
    /// How often it was returned.
    pub returns: Vec<u16>,
    /// Position of the report; 0: there is none.
    pub report_seq: Vec<u64>,
    /// Id of the report's event.
    pub report_event: Vec<u128>,
    /// The day that its actor claims.
    pub report_occurred_on: Vec<i32>,
    /// Nanoseconds since 1970-01-01T00:00:00Z at which it was recorded, or the moment that a rework
    /// in time keeps.
    pub report_recorded_at: Vec<i64>,
    /// The day that decides timeliness.
    pub report_counts_on: Vec<i32>,
    /// Number of the person who sent it.
    pub report_actor: Vec<u32>,
    /// Number of the person for whom it was sent; [`PERSON_NONE`] where nobody stood in.
    pub report_behalf: Vec<u32>,
    /// Points reached; [`SCORE_NONE`] where the row asks for none.
    pub report_points: Vec<u32>,
    /// Points that could be reached; [`SCORE_NONE`] where the row asks for none.
    pub report_points_max: Vec<u32>,
    /// It came with evidence, or some was attached later.
    pub report_evidenced: Vec<bool>,
    /// Calendar days on hold that are over.
    pub held_days: Vec<u16>,
    /// Nanoseconds since 1970-01-01T00:00:00Z at which the report that waits, or waited, for its controller
    /// came in; [`MOMENT_NONE`] where none did.
    pub control_since: Vec<i64>,
    /// When the controller decided; [`MOMENT_NONE`] while it waits.
    pub control_decided: Vec<i64>,
    /// Number of the controller who decided; [`PERSON_NONE`] where none did.
    pub control_by: Vec<u32>,
    /// Position of the report that stands accepted; 0: none does.
    pub control_report: Vec<u64>,
    /// Last event that touched it.
    pub version: Vec<u64>,
    /// Last event on its own subject.
    pub own: Vec<u64>,
    /// Live reports behind the first, by obligation.
    pub(crate) further: BTreeMap<u32, Vec<Submission>>,
    /// Last returns for rework, by obligation.
    pub(crate) rework: BTreeMap<u32, Rework>,
    /// Releases in force, by obligation.
    pub(crate) excuse: BTreeMap<u32, Excuse>,
    /// What few obligations have, by obligation.
    pub(crate) matters: BTreeMap<u32, Box<Matters>>,
}

impl Columns {
    /// How many obligations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.phase.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.phase.is_empty()
    }

    /// How many live reports stand behind the first.
    #[must_use]
    pub fn further_reports(&self, ordinal: u32) -> usize {
        self.further.get(&ordinal).map_or(0, Vec::len)
    }

    /// The live reports behind the first of some obligations, in order.
    pub fn further_in(&self, ordinals: Range<u32>) -> impl Iterator<Item = (u32, &[Submission])> {
        self.further.range(ordinals).map(|(ordinal, reports)| (*ordinal, reports.as_slice()))
    }

    /// The rare parts of some obligations, in order.
    pub fn matters_in(&self, ordinals: Range<u32>) -> impl Iterator<Item = (u32, &Matters)> {
        self.matters.range(ordinals).map(|(ordinal, matters)| (*ordinal, &**matters))
    }

    /// The release in force of an obligation.
    #[must_use]
    pub fn excuse(&self, ordinal: u32) -> Option<Excuse> {
        self.excuse.get(&ordinal).copied()
    }

    /// The rare part of an obligation.
    #[must_use]
    pub fn matters(&self, ordinal: u32) -> Option<&Matters> {
        self.matters.get(&ordinal).map(|matters| &**matters)
    }

    /// Whether every column has as many rows as the first.
    pub(crate) fn is_even(&self) -> bool {
        let lengths = [
            self.block.len(),
            self.org.len(),
            self.slot.len(),
            self.start_on.len(),
            self.stated_due.len(),
            self.moved_due.len(),
            self.moves.len(),
            self.returns.len(),
            self.report_seq.len(),
            self.report_event.len(),
            self.report_occurred_on.len(),
            self.report_recorded_at.len(),
            self.report_counts_on.len(),
            self.report_actor.len(),
            self.report_behalf.len(),
            self.held_days.len(),
            self.control_since.len(),
            self.control_decided.len(),
            self.control_by.len(),
            self.control_report.len(),
            self.report_points.len(),
            self.report_points_max.len(),
            self.report_evidenced.len(),
            self.version.len(),
            self.own.len(),
        ];
        lengths.iter().all(|len| *len == self.phase.len())
    }

    /// Appends the obligations of a block, as they stand before anybody acted.
    pub(crate) fn extend(&mut self, block: u32, org: u32, slots: &[Slot], seq: Seq) {
        for (slot, at) in slots.iter().zip(0..) {
            let fresh = slot.fresh();
            self.block.push(block);
            self.org.push(org);
            self.slot.push(at);
            self.phase.push(fresh.phase);
            self.start_on.push(cell_of_day(fresh.start_on));
            self.stated_due.push(cell_of_day(fresh.stated_due));
            self.moved_due.push(DAY_NONE);
            self.moves.push(0);
            self.returns.push(0);
            self.report_seq.push(0);
            self.report_event.push(0);
            self.report_occurred_on.push(DAY_NONE);
            self.report_recorded_at.push(0);
            self.report_counts_on.push(DAY_NONE);
            self.report_actor.push(0);
            self.report_behalf.push(PERSON_NONE);
            self.held_days.push(0);
            self.control_since.push(MOMENT_NONE);
            self.control_decided.push(MOMENT_NONE);
            self.control_by.push(PERSON_NONE);
            self.control_report.push(0);
            self.report_points.push(SCORE_NONE);
            self.report_points_max.push(SCORE_NONE);
            self.report_evidenced.push(false);
            self.version.push(seq.get());
            self.own.push(0);
        }
    }

    /// The state of one obligation.
    pub(crate) fn gather(&self, ordinal: u32) -> Obligation {
        let at = index(ordinal);
        let mut live = SmallVec::new();
        if self.report_seq[at] != 0 {
            live.push(self.first_report(at));
            live.extend(self.further.get(&ordinal).into_iter().flatten().copied());
        }
        Obligation {
            phase: self.phase[at],
            start_on: date_of_day(self.start_on[at]),
            stated_due: date_of_day(self.stated_due[at]),
            moved_due: date_of_day(self.moved_due[at]),
            moves: self.moves[at],
            returns: self.returns[at],
            live,
            rework: self.rework.get(&ordinal).copied(),
            held_days: self.held_days[at],
            excuse: self.excuse.get(&ordinal).copied(),
            control: Control {
                since: optional_moment(self.control_since[at]),
                decided: optional_moment(self.control_decided[at]),
                by: optional_person(self.control_by[at]),
                report: Some(Seq(self.control_report[at])).filter(|seq| *seq != Seq::NONE),
            },
            matters: self.matters.get(&ordinal).cloned(),
            version: Seq(self.version[at]),
            own: Seq(self.own[at]),
        }
    }

    fn first_report(&self, at: usize) -> Submission {
        let score = Score { points: self.report_points[at], max: self.report_points_max[at] };
        Submission {
            seq: Seq(self.report_seq[at]),
            event: EventId(self.report_event[at]),
            occurred_on: date_of_day(self.report_occurred_on[at]).expect("a report has its day"),
            recorded_at: moment_of_cell(self.report_recorded_at[at]),
            counts_on: date_of_day(self.report_counts_on[at]).expect("a report has its day"),
            actor: PersonIdx(self.report_actor[at]),
            behalf: optional_person(self.report_behalf[at]),
            score: (score.max != SCORE_NONE || score.points != SCORE_NONE).then_some(score),
            evidenced: self.report_evidenced[at],
        }
    }

    /// Puts the state of one obligation back; `start_on` never changes.
    pub(crate) fn scatter(&mut self, ordinal: u32, obligation: &mut Obligation) {
        let at = index(ordinal);
        self.phase[at] = obligation.phase;
        self.stated_due[at] = cell_of_day(obligation.stated_due);
        self.moved_due[at] = cell_of_day(obligation.moved_due);
        self.moves[at] = obligation.moves;
        self.returns[at] = obligation.returns;
        self.version[at] = obligation.version.get();
        self.own[at] = obligation.own.get();
        let mut live = obligation.live.iter();
        self.scatter_report(at, live.next());
        put(&mut self.further, ordinal, Some(live.as_slice().to_vec()).filter(|further| !further.is_empty()));
        put(&mut self.rework, ordinal, obligation.rework);
        self.held_days[at] = obligation.held_days;
        self.control_since[at] = obligation.control.since.map_or(MOMENT_NONE, cell_of_moment);
        self.control_decided[at] = obligation.control.decided.map_or(MOMENT_NONE, cell_of_moment);
        self.control_by[at] = obligation.control.by.map_or(PERSON_NONE, |person| person.0);
        self.control_report[at] = obligation.control.report.map_or(0, Seq::get);
        put(&mut self.excuse, ordinal, obligation.excuse);
        put(&mut self.matters, ordinal, obligation.matters.take());
    }

    fn scatter_report(&mut self, at: usize, report: Option<&Submission>) {
        self.report_seq[at] = report.map_or(0, |sent| sent.seq.get());
        self.report_event[at] = report.map_or(0, |sent| sent.event.0);
        self.report_occurred_on[at] = cell_of_day(report.map(|sent| sent.occurred_on));
        self.report_recorded_at[at] = report.map_or(0, |sent| cell_of_moment(sent.recorded_at));
        self.report_counts_on[at] = cell_of_day(report.map(|sent| sent.counts_on));
        self.report_actor[at] = report.map_or(0, |sent| sent.actor.0);
        self.report_behalf[at] = report.and_then(|sent| sent.behalf).map_or(PERSON_NONE, |person| person.0);
        let score = report.and_then(|sent| sent.score);
        self.report_points[at] = score.map_or(SCORE_NONE, |score| score.points);
        self.report_points_max[at] = score.map_or(SCORE_NONE, |score| score.max);
        self.report_evidenced[at] = report.is_some_and(|sent| sent.evidenced);
    }
}

/// Sets or removes a rare value; a map that never held it is only looked at.
fn put<T>(map: &mut BTreeMap<u32, T>, ordinal: u32, value: Option<T>) {
    match value {
        Some(value) => {
            map.insert(ordinal, value);
        }
        None if map.is_empty() => {}
        None => {
            map.remove(&ordinal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_back_as_written() {
        for day in [date(1970, 1, 1), date(2022, 9, 26), date(1899, 12, 31), Date::MIN, Date::MAX] {
            assert_eq!(date_of_day(day_of_date(day)), Some(day));
        }
        assert_eq!(day_of_date(date(2022, 9, 26)), 19_261);
        assert_eq!(date_of_day(DAY_NONE), None);
    }

    #[test]
    fn moments_beyond_the_columns_are_held_to_their_end() {
        assert_eq!(cell_of_moment(Timestamp::MAX), i64::MAX);
        assert_eq!(representable(Timestamp::MIN).as_nanosecond(), i128::from(i64::MIN));
    }
}
