//! The table `obligations`: one row an obligation, judged.

use std::collections::HashMap;

use domain::expand::Template;
use domain::id::RowNo;
use domain::obligation::Phase;
use domain::payload::OrgKind;
use domain::period::Part;
use domain::plan::{EvidenceKind, Share};
use domain::region::TimelinessBasis;
use domain::timeliness::Clockwork;
use jiff::Timestamp;
use polars::error::PolarsError;
use polars::prelude::{
    BooleanChunked, Column, DataFrame, Int32Chunked, Int64Chunked, IntoColumn, NewChunkedArray, UInt8Chunked,
    UInt32Chunked,
};
use register::{Block, Columns, DAY_NONE, Register, SCORE_NONE, date_of_day, day_of_date};

use super::calendar::YearDays;
use super::spec::{H1_END, UNIT, YEAR_END};
use super::state::{Against, judge};
use super::{Unit, part_code};
use crate::index;

/// The event that a self-diagnosis is.
const CHECKLIST_EVENT: &str = "checklist.submitted";

/// Whose rows follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Number of the unit.
    pub unit: u32,
    /// Number of the organisation.
    pub org: u32,
    /// Number of its municipality.
    pub municipality: Option<u32>,
    /// Number of its region.
    pub region: u32,
    /// What it is.
    pub kind: OrgKind,
    /// Last day of the first semester, days since 1970-01-01.
    pub h1_end: i32,
    /// Last day of the school year, days since 1970-01-01.
    pub year_end: i32,
}

/// What the plan asks for in one row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
pub struct Asked {
    /// Activity × 1000 + row.
    pub row_code: u32,
    /// A derived publication.
    pub is_publication: bool,
    /// A self-diagnosis by checklist completes it.
    pub is_checklist: bool,
    /// A partner of one kind is to be assigned.
    pub is_partner: bool,
    /// It counts in the execution of the plan.
    pub in_execution: bool,
    /// The period that it measures.
    pub measures: Option<Part>,
}

impl Asked {
    /// What a share of the plan asks for.
    #[must_use]
    pub fn new(row: &RowNo, share: &Share, measures: Option<Part>) -> Self {
        let (activity, number, is_publication) = row.sort_key();
        Self {
            row_code: u32::from(activity) * 1000 + u32::from(number),
            is_publication,
            is_checklist: share.event == CHECKLIST_EVENT,
            is_partner: share.evidence_kind == EvidenceKind::PartnerList,
            in_execution: share.in_execution,
            measures,
        }
    }
}

/// How one obligation stands. Days are days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its phase.
    pub phase: Phase,
    /// The semester of its stated or moved day.
    pub due_part: Option<Part>,
    /// Its effective day; the school year's last where none is set.
    pub due: i32,
    /// The day that decides timeliness, while a valid report is in.
    pub done_on: Option<i32>,
    /// Points and possible points of that report, where it is a checklist.
    pub score: Option<(u32, u32)>,
    /// Whether a partner of its live reports is in force on the last day of the first semester, and of the
    /// school year.
    pub partner_at: [bool; 2],
    /// The as-of day of its region.
    pub today: i32,
    /// Cap of the delay in its region, days.
    pub cap: i32,
}

/// Rows of the table, column by column.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    unit: Vec<u32>,
    org: Vec<u32>,
    municipality: Vec<Option<u32>>,
    region: Vec<u32>,
    is_school: Vec<bool>,
    row_code: Vec<u32>,
    is_publication: Vec<bool>,
    is_checklist: Vec<bool>,
    is_partner: Vec<bool>,
    in_execution: Vec<bool>,
    due_part: Vec<Option<u8>>,
    measured_part: Vec<Option<u8>>,
    counts: Vec<bool>,
    is_due: Vec<bool>,
    is_done: Vec<bool>,
    is_accepted: Vec<bool>,
    is_on_time: Vec<bool>,
    is_late: Vec<bool>,
    late_days: Vec<i64>,
    points: Vec<i64>,
    points_max: Vec<i64>,
    done_on: Vec<Option<i32>>,
    partner_at_h1_end: Vec<bool>,
    partner_at_year_end: Vec<bool>,
    h1_end: Vec<i32>,
    year_end: Vec<i32>,
}

impl Rows {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.unit.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.unit.is_empty()
    }

    /// Adds `rows` of one owner.
    pub fn extend(&mut self, owner: &Owner, rows: impl IntoIterator<Item = (Asked, Standing)>) {
        for (asked, standing) in rows {
            self.push(&asked, &standing);
        }
        let len = self.counts.len();
        self.unit.resize(len, owner.unit);
        self.org.resize(len, owner.org);
        self.municipality.resize(len, owner.municipality);
        self.region.resize(len, owner.region);
        self.is_school.resize(len, owner.kind == OrgKind::School);
        self.h1_end.resize(len, owner.h1_end);
        self.year_end.resize(len, owner.year_end);
    }

    fn push(&mut self, asked: &Asked, standing: &Standing) {
        let against = Against { due: standing.due, today: standing.today, cap: standing.cap };
        let judged = judge(standing.phase, standing.done_on, against);
        let is_accepted = standing.phase == Phase::Accepted;
        let score = standing.score.filter(|_| is_accepted && asked.is_checklist).unwrap_or_default();
        self.row_code.push(asked.row_code);
        self.is_publication.push(asked.is_publication);
        self.is_checklist.push(asked.is_checklist);
        self.is_partner.push(asked.is_partner);
        self.in_execution.push(asked.in_execution);
        self.due_part.push(standing.due_part.map(part_code));
        self.measured_part.push(asked.measures.map(part_code));
        self.counts.push(judged.counts);
        self.is_due.push(judged.is_due);
        self.is_done.push(judged.is_done);
        self.is_accepted.push(is_accepted);
        self.is_on_time.push(judged.is_on_time);
        self.is_late.push(judged.late_days > 0);
        self.late_days.push(i64::from(judged.late_days));
        self.points.push(i64::from(score.0));
        self.points_max.push(i64::from(score.1));
        self.done_on.push(standing.done_on);
        self.partner_at_h1_end.push(standing.partner_at[0]);
        self.partner_at_year_end.push(standing.partner_at[1]);
    }

    /// The frame, with the columns of [`super::OBLIGATIONS`].
    ///
    /// # Errors
    /// When polars refuses the columns, which have equal lengths and different names.
    pub fn into_frame(self) -> Result<DataFrame, PolarsError> {
        let len = self.len();
        let columns = vec![
            indexes(UNIT, self.unit),
            indexes("org", self.org),
            UInt32Chunked::from_iter_options("municipality".into(), self.municipality.into_iter()).into_column(),
            indexes("region", self.region),
            conditions("is_school", &self.is_school),
            indexes("row_code", self.row_code),
            conditions("is_publication", &self.is_publication),
            conditions("is_checklist", &self.is_checklist),
            conditions("is_partner", &self.is_partner),
            conditions("in_execution", &self.in_execution),
            UInt8Chunked::from_iter_options("due_part".into(), self.due_part.into_iter()).into_column(),
            UInt8Chunked::from_iter_options("measured_part".into(), self.measured_part.into_iter()).into_column(),
            conditions("counts", &self.counts),
            conditions("is_due", &self.is_due),
            conditions("is_done", &self.is_done),
            conditions("is_accepted", &self.is_accepted),
            conditions("is_on_time", &self.is_on_time),
            conditions("is_late", &self.is_late),
            Int64Chunked::from_vec("late_days".into(), self.late_days).into_column(),
            Int64Chunked::from_vec("points".into(), self.points).into_column(),
            Int64Chunked::from_vec("points_max".into(), self.points_max).into_column(),
            Int32Chunked::from_iter_options("done_on".into(), self.done_on.into_iter()).into_date().into_column(),
            conditions("partner_at_h1_end", &self.partner_at_h1_end),
            conditions("partner_at_year_end", &self.partner_at_year_end),
            Int32Chunked::from_vec(H1_END.into(), self.h1_end).into_date().into_column(),
            Int32Chunked::from_vec(YEAR_END.into(), self.year_end).into_date().into_column(),
        ];
        DataFrame::new(len, columns)
    }
}

fn indexes(name: &'static str, cells: Vec<u32>) -> Column {
    UInt32Chunked::from_vec(name.into(), cells).into_column()
}

fn conditions(name: &'static str, cells: &[bool]) -> Column {
    BooleanChunked::from_slice(name.into(), cells).into_column()
}

/// The units and rows of a register.
pub(super) fn of_register(register: &Register, as_of: Timestamp) -> (Vec<Unit>, Rows) {
    let mut units = Units::default();
    let mut templates: HashMap<(usize, Option<u32>), Vec<Asked>> = HashMap::new();
    let mut days: HashMap<(usize, i16), YearDays<'_>> = HashMap::new();
    let mut rows = Rows::default();
    for block in register.blocks() {
        let (plan, region) = (&register.plans()[block.plan], &register.regions()[block.region]);
        let year = plan.plan.school_year;
        let org = &register.orgs()[index(block.org)];
        let asked = templates.entry((block.plan, block.authority)).or_insert_with(|| {
            let expansion = &plan.expansion;
            let template = block.authority.map_or(&expansion.school, |at| &expansion.authorities[index(at)].1);
            asked(template, &expansion.shares)
        });
        let clockwork = &region.clockwork;
        let days =
            days.entry((block.region, year.first_year())).or_insert_with(|| YearDays::new(clockwork, year, as_of));
        let owner = Owner {
            unit: units.of(Unit { org: block.org, school_year: year }),
            org: block.org,
            municipality: org.municipality,
            region: org.region,
            kind: org.kind,
            h1_end: days.h1_end,
            year_end: days.year_end,
        };
        rows.extend(&owner, standings(register, block, asked, clockwork, days));
    }
    (units.list, rows)
}

fn asked(template: &Template, shares: &[(RowNo, Share)]) -> Vec<Asked> {
    template.slots.iter().map(|slot| Asked::new(&slot.row, &shares[slot.share].1, slot.measures)).collect()
}

fn standings<'a>(
    register: &'a Register,
    block: &Block,
    asked: &'a [Asked],
    clockwork: &'a Clockwork,
    days: &'a mut YearDays<'_>,
) -> impl Iterator<Item = (Asked, Standing)> + 'a {
    let by_log = clockwork.rules().timeliness_basis == TimelinessBasis::Recorded;
    let columns = register.columns();
    (block.base..block.base + block.len).map(move |ordinal| {
        let at = index(ordinal);
        let asked = asked[usize::from(columns.slot[at])];
        let (phase, held) = phase_and_hold(register, ordinal, days.today);
        let stated = if columns.moved_due[at] == DAY_NONE { columns.stated_due[at] } else { columns.moved_due[at] };
        let due = (stated != DAY_NONE).then(|| days.due(stated.saturating_add(held)));
        let done = phase.is_done() && columns.report_seq[at] != 0;
        let done_on =
            done.then(|| if by_log { recorded_day(columns, at, clockwork) } else { columns.report_counts_on[at] });
        let points = columns.report_points[at];
        let ends = [days.h1_end, days.year_end];
        let standing = Standing {
            phase,
            due_part: due.and_then(|due| due.part),
            due: due.map_or(days.year_end, |due| due.effective),
            done_on,
            score: (points != SCORE_NONE).then(|| (points, columns.report_points_max[at])),
            partner_at: if asked.is_partner { partner_at(columns, ordinal, ends) } else { [false; 2] },
            today: days.today,
            cap: days.cap,
        };
        (asked, standing)
    })
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

/// Whether a partnership is in force on each of some days.
fn partner_at(columns: &Columns, ordinal: u32, days: [i32; 2]) -> [bool; 2] {
    let tenures = columns.matters(ordinal).map_or(&[][..], |matters| &matters.partners);
    days.map(|day| {
        tenures
            .iter()
            .any(|tenure| day_of_date(tenure.from) <= day && tenure.to.is_none_or(|to| day <= day_of_date(to)))
    })
}

fn recorded_day(columns: &Columns, at: usize, clockwork: &Clockwork) -> i32 {
    let nanoseconds = i128::from(columns.report_recorded_at[at]);
    let moment = Timestamp::from_nanosecond(nanoseconds).expect("64 bits of nanoseconds lie within jiff's years");
    day_of_date(clockwork.day_of(moment))
}

/// Numbers organisations in school years.
#[derive(Default)]
struct Units {
    list: Vec<Unit>,
    numbers: HashMap<(u32, i16), u32>,
}

impl Units {
    fn of(&mut self, unit: Unit) -> u32 {
        let next = u32::try_from(self.list.len()).expect("there are no more units than obligations");
        *self.numbers.entry((unit.org, unit.school_year.first_year())).or_insert_with(|| {
            self.list.push(unit);
            next
        })
    }
}
