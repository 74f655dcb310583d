//! The table `obligations`: one row an obligation, judged.

use domain::obligation::Phase;
use domain::payload::OrgKind;
use domain::period::Part;
use polars::error::PolarsError;
use polars::prelude::DataFrame;

use super::asked::Asked;
use super::frame::{codes, conditions, days, indexes, optional_days, optional_indexes, parts, wholes};
use super::spec::{DIRECTION, H1_END, OBLIGATION, UNIT, YEAR_END};
use super::state::{Against, judge};

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

/// How one obligation stands. Days are days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its number.
    pub obligation: u32,
    /// Its phase.
    pub phase: Phase,
    /// The semester of its stated or moved day.
    pub due_part: Option<Part>,
    /// Its effective day; the school year's last where none is set.
    pub due: i32,
    /// The day that decides timeliness, while a valid report is in.
    pub done_on: Option<i32>,
    /// Points and possible points of that report, where it has any.
    pub score: Option<(u32, u32)>,
    /// Whether a partner of its live reports is in force on the last day of the first semester, and of the
    /// school year.
    pub partner_at: [bool; 2],
    /// A live report's own day lies in the month of its item.
    pub in_own_month: bool,
    /// The link before it is done on a day not after its own.
    pub in_order: bool,
    /// Growth of comparable points, and what they could be at most.
    pub gain: (i64, i64),
    /// The as-of day of its region.
    pub today: i32,
    /// Cap of the delay in its region, days.
    pub cap: i32,
}

/// Rows of the table, column by column.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    unit: Vec<u32>,
    obligation: Vec<u32>,
    org: Vec<u32>,
    municipality: Vec<Option<u32>>,
    region: Vec<u32>,
    is_school: Vec<bool>,
    row_code: Vec<u32>,
    event: Vec<u8>,
    direction: Vec<u8>,
    is_publication: Vec<bool>,
    is_checklist: Vec<bool>,
    is_partner: Vec<bool>,
    in_execution: Vec<bool>,
    due_part: Vec<Option<Part>>,
    measured_part: Vec<Option<Part>>,
    counts: Vec<bool>,
    is_due: Vec<bool>,
    effective_due: Vec<i32>,
    is_past: Vec<bool>,
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
    in_own_month: Vec<bool>,
    in_loop: Vec<bool>,
    in_order: Vec<bool>,
    gain: Vec<i64>,
    gain_max: Vec<i64>,
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
        let is_accepted = standing.phase == Phase::Accepted && standing.done_on.is_some();
        let score = standing.score.filter(|_| is_accepted).unwrap_or_default();
        self.obligation.push(standing.obligation);
        self.row_code.push(asked.row_code);
        self.event.push(asked.event);
        self.direction.push(asked.direction);
        self.is_publication.push(asked.is_publication);
        self.is_checklist.push(asked.is_checklist);
        self.is_partner.push(asked.is_partner);
        self.in_execution.push(asked.in_execution);
        self.due_part.push(standing.due_part);
        self.measured_part.push(asked.measures);
        self.counts.push(judged.counts);
        self.is_due.push(judged.is_due);
        self.effective_due.push(standing.due);
        self.is_past.push(standing.due < standing.today);
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
        self.in_own_month.push(standing.in_own_month);
        self.in_loop.push(asked.link.is_some());
        self.in_order.push(standing.in_order);
        self.gain.push(standing.gain.0);
        self.gain_max.push(standing.gain.1);
    }

    /// The frame, with the columns of [`super::OBLIGATIONS`].
    ///
    /// # Errors
    /// When polars refuses the columns, which have equal lengths and different names.
    pub fn into_frame(self) -> Result<DataFrame, PolarsError> {
        let len = self.len();
        let columns = vec![
            indexes(UNIT, self.unit),
            indexes(OBLIGATION, self.obligation),
            indexes("org", self.org),
            optional_indexes("municipality", self.municipality),
            indexes("region", self.region),
            conditions("is_school", &self.is_school),
            indexes("row_code", self.row_code),
            codes("event", self.event),
            codes(DIRECTION, self.direction),
            conditions("is_publication", &self.is_publication),
            conditions("is_checklist", &self.is_checklist),
            conditions("is_partner", &self.is_partner),
            conditions("in_execution", &self.in_execution),
            parts("due_part", &self.due_part),
            parts("measured_part", &self.measured_part),
            conditions("counts", &self.counts),
            conditions("is_due", &self.is_due),
            days("effective_due", self.effective_due),
            conditions("is_past", &self.is_past),
            conditions("is_done", &self.is_done),
            conditions("is_accepted", &self.is_accepted),
            conditions("is_on_time", &self.is_on_time),
            conditions("is_late", &self.is_late),
            wholes("late_days", self.late_days),
            wholes("points", self.points),
            wholes("points_max", self.points_max),
            optional_days("done_on", self.done_on),
            conditions("partner_at_h1_end", &self.partner_at_h1_end),
            conditions("partner_at_year_end", &self.partner_at_year_end),
            conditions("in_own_month", &self.in_own_month),
            conditions("in_loop", &self.in_loop),
            conditions("in_order", &self.in_order),
            wholes("gain", self.gain),
            wholes("gain_max", self.gain_max),
            days(H1_END, self.h1_end),
            days(YEAR_END, self.year_end),
        ];
        DataFrame::new(len, columns)
    }
}
