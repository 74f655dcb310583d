//! One block of the register, looked at: what its obligations are on the judged day.

use std::ops::Range;

use domain::id::Seq;
use domain::obligation::{Activity, Answers, Matters, Phase, Submission};
use domain::payload::Audience;
use domain::period::Part;
use domain::region::TimelinessBasis;
use domain::timeliness::Clockwork;
use jiff::Timestamp;
use register::{Block, Columns, DAY_NONE, Register, SCORE_NONE, day_of_date};

use super::asked::{Asked, direction_code};
use super::beside::{Facts, Of};
use super::build::Built;
use super::calendar::YearDays;
use super::obligations::Standing;
use crate::index;

/// Days within which a joint event is to be reported (`domain.md` 8, I14).
const REPORT_DAYS: i32 = 10;

/// What few obligations of a block have: looked up once, in the order of obligations.
#[derive(Debug, Default)]
pub(super) struct Rare<'r> {
    further: Vec<(u32, &'r [Submission])>,
    matters: Vec<(u32, &'r Matters)>,
}

impl<'r> Rare<'r> {
    pub(super) fn of(columns: &'r Columns, ordinals: Range<u32>) -> Self {
        Self {
            further: columns.further_in(ordinals.clone()).collect(),
            matters: columns.matters_in(ordinals).collect(),
        }
    }

    pub(super) fn matters(&self, ordinal: u32) -> Option<&'r Matters> {
        find(&self.matters, ordinal)
    }

    /// Positions and own days of the live reports.
    pub(super) fn live(&self, columns: &Columns, ordinal: u32) -> impl Iterator<Item = (Seq, i32)> + use<'r> {
        let at = index(ordinal);
        let first =
            (columns.report_seq[at] != 0).then(|| (Seq(columns.report_seq[at]), columns.report_occurred_on[at]));
        let further = find(&self.further, ordinal).unwrap_or_default();
        first.into_iter().chain(further.iter().map(|report| (report.seq, day_of_date(report.occurred_on))))
    }
}

fn find<T: Copy>(sorted: &[(u32, T)], ordinal: u32) -> Option<T> {
    sorted.binary_search_by_key(&ordinal, |(of, _)| *of).ok().map(|at| sorted[at].1)
}

/// How an obligation stands at the end of the judged day: what was done after it is not done yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stands {
    pub(super) phase: Phase,
    due_part: Option<Part>,
    due: i32,
    pub(super) done_on: Option<i32>,
}

impl Stands {
    pub(super) fn of(register: &Register, ordinal: u32, clockwork: &Clockwork, days: &mut YearDays<'_>) -> Self {
        let (columns, at) = (register.columns(), index(ordinal));
        let (phase, held) = phase_and_hold(register, ordinal, days);
        let stated = if columns.moved_due[at] == DAY_NONE { columns.stated_due[at] } else { columns.moved_due[at] };
        let due = (stated != DAY_NONE).then(|| days.due(stated.saturating_add(held)));
        let done = phase.is_done() && columns.report_seq[at] != 0;
        let by_log = clockwork.rules().timeliness_basis == TimelinessBasis::Recorded;
        let day = |done: bool| match (done, by_log) {
            (false, _) => None,
            (true, true) => Some(recorded_day(columns, at, clockwork)),
            (true, false) => Some(columns.report_counts_on[at]),
        };
        let done_on = day(done).filter(|day| *day <= days.today);
        Self {
            phase,
            due_part: due.and_then(|due| due.part),
            due: due.map_or(days.year_end, |due| due.effective),
            done_on,
        }
    }
}

/// One block, looked at.
#[derive(Clone, Copy)]
pub(super) struct One<'a> {
    pub(super) columns: &'a Columns,
    pub(super) block: &'a Block,
    pub(super) asked: &'a [Asked],
    pub(super) stands: &'a [Stands],
    pub(super) days: &'a YearDays<'a>,
    pub(super) rare: &'a Rare<'a>,
}

impl One<'_> {
    pub(super) fn row(&self, ordinal: u32, nth: usize) -> (Asked, Standing) {
        let (columns, at, stands) = (self.columns, index(ordinal), self.stands[nth]);
        let asked = self.asked[usize::from(columns.slot[at])];
        let points = columns.report_points[at];
        let ends = [self.days.h1_end, self.days.year_end];
        let is_done = stands.done_on.is_some();
        let before = asked.link.and_then(|link| link.before);
        let standing = Standing {
            obligation: ordinal,
            phase: stands.phase,
            due_part: stands.due_part,
            due: stands.due,
            done_on: stands.done_on,
            score: (points != SCORE_NONE).then(|| (points, columns.report_points_max[at])),
            partner_at: if asked.is_partner { self.partner_at(ordinal, ends) } else { [false; 2] },
            in_own_month: is_done && asked.month.is_some_and(|month| self.has_day_in(ordinal, month)),
            in_order: asked.link.is_some() && before.is_none_or(|slot| self.precedes(slot, stands)),
            gain: asked.grows_from.map_or((0, 0), |slot| self.gain(slot, nth)),
            today: self.days.today,
            cap: self.days.cap,
        };
        (asked, standing)
    }

    /// The obligation of a slot of the same block.
    fn sibling(&self, slot: usize) -> Option<(u32, &Stands)> {
        let stands = self.stands.get(slot)?;
        Some((self.block.base + u32::try_from(slot).ok()?, stands))
    }

    fn precedes(&self, slot: usize, stands: Stands) -> bool {
        let before = self.sibling(slot).and_then(|(_, before)| before.done_on);
        before.zip(stands.done_on).is_some_and(|(before, own)| before <= own)
    }

    fn has_day_in(&self, ordinal: u32, (first, last): (i32, i32)) -> bool {
        let last = last.min(self.days.today);
        self.rare.live(self.columns, ordinal).any(|(_, on)| first <= on && on <= last)
    }

    /// Whether a partnership of a live report is in force on each of some days.
    fn partner_at(&self, ordinal: u32, days: [i32; 2]) -> [bool; 2] {
        let tenures = self.rare.matters(ordinal).map_or(&[][..], |matters| &matters.partners);
        let mut known = tenures.iter().filter(|tenure| self.has_come(ordinal, tenure.seq)).peekable();
        if known.peek().is_none() {
            return [false; 2];
        }
        let known: Vec<_> = known.collect();
        days.map(|day| {
            known
                .iter()
                .any(|tenure| day_of_date(tenure.from) <= day && tenure.to.is_none_or(|to| day <= day_of_date(to)))
        })
    }

    /// Whether a live report's own day has come by the judged one.
    fn has_come(&self, ordinal: u32, seq: Seq) -> bool {
        self.rare.live(self.columns, ordinal).any(|(known, on)| known == seq && on <= self.days.today)
    }

    /// Growth of points over the items that both checklists have with the same maximum, while both are accepted.
    fn gain(&self, slot: usize, nth: usize) -> (i64, i64) {
        let Some((base, earlier)) = self.sibling(slot) else { return (0, 0) };
        let own = self.block.base + u32::try_from(nth).unwrap_or(0);
        let stood = |stands: &Stands| stands.phase == Phase::Accepted && stands.done_on.is_some();
        if !(stood(earlier) && stood(&self.stands[nth])) {
            return (0, 0);
        }
        let (Some(base), Some(own)) = (self.answers(base), self.answers(own)) else { return (0, 0) };
        let mut gain = (0, 0);
        for item in &own.items {
            let same = base.items.iter().find(|known| known.item == item.item && known.max == item.max);
            if let Some(same) = same {
                gain.0 += i64::from(item.points) - i64::from(same.points);
                gain.1 += i64::from(item.max);
            }
        }
        gain
    }

    /// The answers of the report that counts.
    fn answers(&self, ordinal: u32) -> Option<&Answers> {
        let seq = self.columns.report_seq[index(ordinal)];
        self.rare.matters(ordinal)?.answers.iter().find(|answers| answers.seq.get() == seq)
    }

    /// The live reports of an obligation.
    pub(super) fn facts(&self, facts: &mut Facts, unit: u32, ordinal: u32) {
        let (columns, at) = (self.columns, index(ordinal));
        if columns.report_seq[at] == 0 {
            return;
        }
        let direction = self.asked[usize::from(columns.slot[at])].direction;
        let mut push = |on: i32, is_evidenced: bool| {
            if on <= self.days.today {
                let of = Of { unit, obligation: ordinal, part: self.days.part(on) };
                facts.push(of, direction, on, is_evidenced, false);
            }
        };
        push(columns.report_occurred_on[at], columns.report_evidenced[at]);
        for report in find(&self.rare.further, ordinal).unwrap_or_default() {
            push(day_of_date(report.occurred_on), report.evidenced);
        }
    }

    /// What the rare parts of the block's obligations tell.
    pub(super) fn beside(&self, built: &mut Built, unit: u32, has_facts: bool) {
        for (ordinal, matters) in &self.rare.matters {
            if has_facts {
                self.spent(&mut built.facts, unit, *ordinal, matters);
            }
            self.told(built, unit, *ordinal, matters);
        }
    }

    /// Reports that are live no longer.
    fn spent(&self, facts: &mut Facts, unit: u32, ordinal: u32, matters: &Matters) {
        let direction = self.asked[usize::from(self.columns.slot[index(ordinal)])].direction;
        for spent in &matters.spent {
            let on = day_of_date(spent.on);
            if on <= self.days.today {
                let of = Of { unit, obligation: ordinal, part: self.days.part(on) };
                facts.push(of, direction, on, spent.evidenced, spent.retracted);
            }
        }
    }

    fn told(&self, built: &mut Built, unit: u32, ordinal: u32, matters: &Matters) {
        let (today, stands) = (self.days.today, self.stands[index(ordinal - self.block.base)]);
        let of = |part| Of { unit, obligation: ordinal, part };
        if !stands.phase.counts() {
            return;
        }
        for counted in &matters.counts {
            let is_parents = counted.audience == Audience::Parents;
            built.surveys.push(of(stands.due_part), is_parents, counted.eligible, counted.responded);
        }
        for check in &matters.checks {
            let on = day_of_date(check.on);
            if on <= today {
                let (made, good) = (i64::from(check.made), i64::from(check.good));
                built.checks.push(of(self.days.part(on)), on, on > stands.due, made, good);
            }
        }
        for activity in &matters.activities {
            let on = day_of_date(activity.on);
            if on <= today {
                let direction = activity.direction.map_or(0, direction_code);
                let is_reported = self.is_reported(matters, activity);
                built.activities.push(of(self.days.part(on)), direction, on, is_reported);
            }
        }
        for given in matters.recommendations.iter().filter(|given| self.has_come(ordinal, given.seq)) {
            let on = given.due.map_or_else(|| self.days.end_of(stands.due_part), day_of_date);
            let is_closed = given.closed_on.is_some_and(|closed| day_of_date(closed) <= today);
            built.recommendations.push(of(self.days.part(on)), on, is_closed || on < today, is_closed);
        }
    }

    fn is_reported(&self, matters: &Matters, activity: &Activity) -> bool {
        let held = day_of_date(activity.on);
        matters.event_reports.iter().filter(|report| report.activity == activity.code).any(|report| {
            let on = day_of_date(report.on);
            held <= on && on <= held.saturating_add(REPORT_DAYS) && on <= self.days.today
        })
    }
}

/// The phase at the end of the judged day, and the days on hold by then: a hold that is over has ended. Only an excused
/// obligation is looked at twice.
fn phase_and_hold(register: &Register, ordinal: u32, days: &YearDays<'_>) -> (Phase, i32) {
    let (columns, at) = (register.columns(), index(ordinal));
    let excuse = if columns.phase[at] == Phase::Excused { columns.excuse(ordinal) } else { None };
    match (excuse, days.today_date) {
        (Some(excuse), Some(today)) if excuse.is_over(today) => {
            let obligation = register.obligation(ordinal);
            let resumed = obligation.on(today);
            (resumed.phase, i32::from(resumed.held_days))
        }
        _ => (columns.phase[at], i32::from(columns.held_days[at])),
    }
}

fn recorded_day(columns: &Columns, at: usize, clockwork: &Clockwork) -> i32 {
    let nanoseconds = i128::from(columns.report_recorded_at[at]);
    let moment = Timestamp::from_nanosecond(nanoseconds).expect("64 bits of nanoseconds lie within jiff's years");
    day_of_date(clockwork.day_of(moment))
}
