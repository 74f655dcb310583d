//! From the register to rows: every obligation looked at once.

use std::collections::{BTreeSet, HashMap};

use domain::id::Seq;
use domain::obligation::{Activity, Answers, Matters, Phase, Submission};
use domain::payload::Audience;
use domain::period::Part;
use domain::region::TimelinessBasis;
use domain::timeliness::Clockwork;
use jiff::Timestamp;
use polars::error::PolarsError;
use polars::prelude::DataFrame;
use register::{Block, Columns, DAY_NONE, Register, SCORE_NONE, date_of_day, day_of_date};

use super::asked::{Asked, asked, direction_code};
use super::beside::{Activities, Checks, Facts, Of, Participation, Recommendations, Surveys};
use super::calendar::YearDays;
use super::obligations::{Owner, Rows, Standing};
use super::spec::{ACTIVITIES, FACTS, LINK_CHECKS, OBLIGATIONS, PARTICIPATION, RECOMMENDATIONS, SURVEYS};
use super::{Judged, Unit};
use crate::index;

/// Days within which a joint event is to be reported (`domain.md` 8, I14).
const REPORT_DAYS: i32 = 10;

/// Rows of every table.
#[derive(Debug, Default)]
pub(super) struct Built {
    pub(super) units: Vec<Unit>,
    rows: Rows,
    facts: Facts,
    surveys: Surveys,
    checks: Checks,
    activities: Activities,
    recommendations: Recommendations,
    participation: Participation,
}

impl Built {
    pub(super) fn into_frames(self) -> Result<Vec<(&'static str, DataFrame)>, PolarsError> {
        Ok(vec![
            (OBLIGATIONS.name, self.rows.into_frame()?),
            (FACTS.name, self.facts.into_frame()?),
            (SURVEYS.name, self.surveys.into_frame()?),
            (LINK_CHECKS.name, self.checks.into_frame()?),
            (ACTIVITIES.name, self.activities.into_frame()?),
            (RECOMMENDATIONS.name, self.recommendations.into_frame()?),
            (PARTICIPATION.name, self.participation.into_frame()?),
        ])
    }
}

/// Methodical days that were held for the schools of one plan in one region.
#[derive(Debug, Default)]
struct Held {
    days: Vec<HeldDay>,
}

#[derive(Debug)]
struct HeldDay {
    obligation: u32,
    part: Option<Part>,
    schools: BTreeSet<u32>,
}

/// What is found out once and used for many blocks.
struct Builder<'r> {
    register: &'r Register,
    judged: Judged,
    templates: HashMap<(usize, Option<u32>), Vec<Asked>>,
    days: HashMap<(usize, i16), YearDays<'r>>,
    held: HashMap<(usize, usize), Held>,
    numbers: HashMap<(u32, i16), u32>,
    built: Built,
}

/// The rows of a register: of every organisation, or of some.
pub(super) fn of_register(register: &Register, judged: Judged, orgs: Option<&[u32]>) -> Built {
    let mut builder = Builder {
        register,
        judged,
        templates: HashMap::new(),
        days: HashMap::new(),
        held: HashMap::new(),
        numbers: HashMap::new(),
        built: Built::default(),
    };
    for block in register.blocks().iter().filter(|block| block.authority.is_some()) {
        builder.hold(block);
    }
    match orgs {
        None => register.blocks().iter().for_each(|block| builder.add(block)),
        Some(orgs) => orgs.iter().for_each(|org| register.blocks_of(*org).for_each(|block| builder.add(block))),
    }
    builder.built
}

impl<'r> Builder<'r> {
    fn prepare(&mut self, block: &Block) -> (Vec<Asked>, YearDays<'r>) {
        let (plan, region) = (&self.register.plans()[block.plan], &self.register.regions()[block.region]);
        let year = plan.plan.school_year;
        let template = (block.plan, block.authority);
        let asked = self.templates.remove(&template).unwrap_or_else(|| {
            let expansion = &plan.expansion;
            let template = block.authority.map_or(&expansion.school, |at| &expansion.authorities[index(at)].1);
            asked(&plan.plan, expansion, template)
        });
        let days = self.days.remove(&(block.region, year.first_year()));
        (asked, days.unwrap_or_else(|| YearDays::new(&region.clockwork, year, self.judged)))
    }

    fn give_back(&mut self, block: &Block, asked: Vec<Asked>, days: YearDays<'r>) {
        let year = self.register.plans()[block.plan].plan.school_year;
        self.templates.insert((block.plan, block.authority), asked);
        self.days.insert((block.region, year.first_year()), days);
    }

    /// Notes the methodical days that an authority held.
    fn hold(&mut self, block: &Block) {
        let (asked, mut days) = self.prepare(block);
        let columns = self.register.columns();
        for ordinal in block.base..block.base + block.len {
            let at = index(ordinal);
            if !asked[usize::from(columns.slot[at])].is_methodical_day {
                continue;
            }
            let clockwork = &self.register.regions()[block.region].clockwork;
            let stands = Stands::of(self.register, ordinal, clockwork, &mut days);
            if stands.done_on.is_none() || !stands.phase.counts() {
                continue;
            }
            for (seq, on) in live(columns, ordinal).filter(|(_, on)| *on <= days.today) {
                let came = columns.matters(ordinal).into_iter().flat_map(|matters| &matters.attended);
                let schools = came.filter(|came| came.seq == seq).flat_map(|came| &came.schools);
                let schools = schools.filter_map(|school| self.register.org_index(school.as_str())).collect();
                let held = self.held.entry((block.plan, block.region)).or_default();
                held.days.push(HeldDay { obligation: ordinal, part: days.part(on), schools });
            }
        }
        self.give_back(block, asked, days);
    }

    fn add(&mut self, block: &Block) {
        let (asked, mut days) = self.prepare(block);
        let register = self.register;
        let org = &register.orgs()[index(block.org)];
        let unit = self.unit(block);
        let owner = Owner {
            unit,
            org: block.org,
            municipality: org.municipality,
            region: org.region,
            kind: org.kind,
            h1_end: days.h1_end,
            year_end: days.year_end,
        };
        let clockwork = &register.regions()[block.region].clockwork;
        let range = block.base..block.base + block.len;
        let stands: Vec<Stands> =
            range.clone().map(|ordinal| Stands::of(register, ordinal, clockwork, &mut days)).collect();
        {
            let one = One { columns: register.columns(), block, asked: &asked, stands: &stands, days: &days };
            let built = &mut self.built;
            built.rows.extend(&owner, range.clone().zip(0..).map(|(ordinal, nth)| one.row(ordinal, nth)));
            let mut further = one.columns.further_in(range.clone()).peekable();
            let mut matters = one.columns.matters_in(range.clone()).peekable();
            for (ordinal, nth) in range.zip(0..) {
                one.facts(
                    &mut built.facts,
                    unit,
                    ordinal,
                    further.next_if(|(of, _)| *of == ordinal).map(|(_, all)| all),
                );
                if let Some((_, matters)) = matters.next_if(|(of, _)| *of == ordinal) {
                    one.beside(built, unit, ordinal, nth, matters);
                }
            }
        }
        if block.school
            && let Some(held) = self.held.get(&(block.plan, block.region))
        {
            participate(&mut self.built.participation, unit, block.org, held);
        }
        self.give_back(block, asked, days);
    }

    fn unit(&mut self, block: &Block) -> u32 {
        let unit = Unit { org: block.org, school_year: self.register.plans()[block.plan].plan.school_year };
        let units = &mut self.built.units;
        *self.numbers.entry((unit.org, unit.school_year.first_year())).or_insert_with(|| {
            units.push(unit);
            u32::try_from(units.len() - 1).expect("there are no more units than obligations")
        })
    }
}

/// How an obligation stands at the end of the judged day: what was done after it is not done yet.
#[derive(Clone, Copy, Debug)]
struct Stands {
    phase: Phase,
    due_part: Option<Part>,
    due: i32,
    done_on: Option<i32>,
}

impl Stands {
    fn of(register: &Register, ordinal: u32, clockwork: &Clockwork, days: &mut YearDays<'_>) -> Self {
        let (columns, at) = (register.columns(), index(ordinal));
        let (phase, held) = phase_and_hold(register, ordinal, days.today);
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
struct One<'a> {
    columns: &'a Columns,
    block: &'a Block,
    asked: &'a [Asked],
    stands: &'a [Stands],
    days: &'a YearDays<'a>,
}

impl One<'_> {
    fn row(&self, ordinal: u32, nth: usize) -> (Asked, Standing) {
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
        live(self.columns, ordinal).any(|(_, on)| first <= on && on <= last)
    }

    /// Whether a partnership of a live report is in force on each of some days.
    fn partner_at(&self, ordinal: u32, days: [i32; 2]) -> [bool; 2] {
        let tenures = self.columns.matters(ordinal).map_or(&[][..], |matters| &matters.partners);
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
        live(self.columns, ordinal).any(|(known, on)| known == seq && on <= self.days.today)
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
        self.columns.matters(ordinal)?.answers.iter().find(|answers| answers.seq.get() == seq)
    }

    fn facts(&self, facts: &mut Facts, unit: u32, ordinal: u32, further: Option<&[Submission]>) {
        let (columns, at) = (self.columns, index(ordinal));
        let direction = self.asked[usize::from(columns.slot[at])].direction;
        let mut push = |on: i32, is_evidenced: bool| {
            if on <= self.days.today {
                let of = Of { unit, obligation: ordinal, part: self.days.part(on) };
                facts.push(of, direction, on, is_evidenced, false);
            }
        };
        if columns.report_seq[at] != 0 {
            push(columns.report_occurred_on[at], columns.report_evidenced[at]);
        }
        for report in further.into_iter().flatten() {
            push(day_of_date(report.occurred_on), report.evidenced);
        }
    }

    /// What the rare part of an obligation tells.
    fn beside(&self, built: &mut Built, unit: u32, ordinal: u32, nth: usize, matters: &Matters) {
        let (today, stands) = (self.days.today, self.stands[nth]);
        let asked = &self.asked[usize::from(self.columns.slot[index(ordinal)])];
        let of = |part| Of { unit, obligation: ordinal, part };
        for spent in &matters.spent {
            let on = day_of_date(spent.on);
            if on <= today {
                let of = of(self.days.part(on));
                built.facts.push(of, asked.direction, on, spent.evidenced, spent.retracted);
            }
        }
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

/// A row for each period in which days were held.
fn participate(participation: &mut Participation, unit: u32, org: u32, held: &Held) {
    for part in [Part::H1, Part::H2, Part::Y] {
        let mut days = held.days.iter().filter(|day| part == Part::Y || day.part == Some(part)).peekable();
        let Some(first) = days.peek().map(|day| day.obligation) else { continue };
        let own = days.find(|day| day.schools.contains(&org)).map(|day| day.obligation);
        let of = Of { unit, obligation: own.unwrap_or(first), part: Some(part) };
        participation.push(of, own.is_some());
    }
}

/// The phase at the end of a day, and the days on hold by then: a hold that is over has ended. Only an excused
/// obligation is looked at twice.
fn phase_and_hold(register: &Register, ordinal: u32, today: i32) -> (Phase, i32) {
    let (columns, at) = (register.columns(), index(ordinal));
    let excuse = if columns.phase[at] == Phase::Excused { columns.excuse(ordinal) } else { None };
    match (excuse, date_of_day(today)) {
        (Some(excuse), Some(today)) if excuse.is_over(today) => {
            let obligation = register.obligation(ordinal);
            let resumed = obligation.on(today);
            (resumed.phase, i32::from(resumed.held_days))
        }
        _ => (columns.phase[at], i32::from(columns.held_days[at])),
    }
}

/// Positions and own days of the live reports.
fn live(columns: &Columns, ordinal: u32) -> impl Iterator<Item = (Seq, i32)> {
    let at = index(ordinal);
    let first = (columns.report_seq[at] != 0).then(|| (Seq(columns.report_seq[at]), columns.report_occurred_on[at]));
    let further = columns.further_in(ordinal..ordinal + 1).flat_map(|(_, reports)| reports);
    first.into_iter().chain(further.map(|report| (report.seq, day_of_date(report.occurred_on))))
}

fn recorded_day(columns: &Columns, at: usize, clockwork: &Clockwork) -> i32 {
    let nanoseconds = i128::from(columns.report_recorded_at[at]);
    let moment = Timestamp::from_nanosecond(nanoseconds).expect("64 bits of nanoseconds lie within jiff's years");
    day_of_date(clockwork.day_of(moment))
}
