//! The table `obligations`: one row an obligation, judged.

use domain::obligation::Phase;
use domain::payload::OrgKind;
use domain::period::Part;
use polars::error::PolarsError;
use polars::prelude::{Column, DataFrame};

use super::asked::Asked;
use super::frame::{codes, conditions, days, indexes, optional_days, optional_indexes, parts, wholes};
use super::spec::{DIRECTION, H1_END, OBLIGATION, OBLIGATIONS, UNIT, YEAR_END};
use super::state::{Against, judge};
use super::wanted::Wanted;

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

/// Rows of the table. Conditions stand side by side in one number a row, and what is the same for all rows of an owner
/// stands once; a frame takes of it what is wanted.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    wanted: Wanted,
    /// Whose rows, and behind how many they end.
    owners: Vec<(Owner, usize)>,
    flags: Vec<u32>,
    obligation: Vec<u32>,
    row_code: Vec<u32>,
    event: Vec<u8>,
    direction: Vec<u8>,
    due_part: Vec<Option<Part>>,
    measured_part: Vec<Option<Part>>,
    effective_due: Vec<i32>,
    late_days: Vec<i64>,
    done_on: Vec<Option<i32>>,
    /// Row, points and possible points, of the few that have any.
    points: Vec<(usize, [u32; 2])>,
    /// Row, growth and possible growth, of the few that have any.
    gain: Vec<(usize, [i64; 2])>,
}

/// The conditions of a row, by their bit; those of an owner have none.
const FLAGS: [&str; 16] = [
    "is_publication",
    "is_checklist",
    "is_partner",
    "in_execution",
    "counts",
    "is_due",
    "is_past",
    "is_done",
    "is_accepted",
    "is_on_time",
    "is_late",
    "partner_at_h1_end",
    "partner_at_year_end",
    "in_own_month",
    "in_loop",
    "in_order",
];

impl Rows {
    /// None yet, and of them only what is wanted.
    pub(super) fn of(wanted: Wanted) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flags.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty()
    }

    /// Adds `rows` of one owner.
    pub fn extend(&mut self, owner: &Owner, rows: impl IntoIterator<Item = (Asked, Standing)>) {
        let wants = Wants::of(&self.wanted);
        for (asked, standing) in rows {
            self.push(&asked, &standing, wants);
        }
        self.owners.push((*owner, self.flags.len()));
    }

    fn push(&mut self, asked: &Asked, standing: &Standing, wants: Wants) {
        let against = Against { due: standing.due, today: standing.today, cap: standing.cap };
        let judged = judge(standing.phase, standing.done_on, against);
        let is_accepted = standing.phase == Phase::Accepted && standing.done_on.is_some();
        let row = self.flags.len();
        if let Some((points, most)) = standing.score.filter(|_| is_accepted) {
            self.points.push((row, [points, most]));
        }
        if standing.gain != (0, 0) {
            self.gain.push((row, standing.gain.into()));
        }
        let conditions: [bool; FLAGS.len()] = [
            asked.is_publication,
            asked.is_checklist,
            asked.is_partner,
            asked.in_execution,
            judged.counts,
            judged.is_due,
            standing.due < standing.today,
            judged.is_done,
            is_accepted,
            judged.is_on_time,
            judged.late_days > 0,
            standing.partner_at[0],
            standing.partner_at[1],
            standing.in_own_month,
            asked.link.is_some(),
            standing.in_order,
        ];
        self.flags.push(conditions.iter().zip(0..).fold(0, |flags, (holds, bit)| flags | u32::from(*holds) << bit));
        self.event.push(asked.event);
        self.direction.push(asked.direction);
        self.due_part.push(standing.due_part);
        self.measured_part.push(asked.measures);
        self.late_days.push(i64::from(judged.late_days));
        if wants.numbers {
            self.obligation.push(standing.obligation);
            self.row_code.push(asked.row_code);
        }
        if wants.days {
            self.effective_due.push(standing.due);
            self.done_on.push(standing.done_on);
        }
    }

    /// The frame, with the wanted columns of [`super::OBLIGATIONS`].
    ///
    /// # Errors
    /// When polars refuses the columns, which have equal lengths and different names.
    pub fn into_frame(mut self) -> Result<DataFrame, PolarsError> {
        let wanted = self.wanted.clone();
        let names = OBLIGATIONS.columns.iter().map(|column| column.name).filter(|name| wanted.has(name));
        let columns = names.map(|name| self.column(name)).collect();
        DataFrame::new(self.len(), columns)
    }

    fn column(&mut self, name: &'static str) -> Column {
        use std::mem::take;
        if let Some(bit) = FLAGS.iter().position(|known| *known == name) {
            return conditions(name, self.flags.iter().map(|flags| flags >> bit & 1 == 1));
        }
        match name {
            UNIT => indexes(name, self.of_owner(|owner| owner.unit)),
            OBLIGATION => indexes(name, take(&mut self.obligation)),
            "org" => indexes(name, self.of_owner(|owner| owner.org)),
            "municipality" => optional_indexes(name, self.of_owner(|owner| owner.municipality)),
            "region" => indexes(name, self.of_owner(|owner| owner.region)),
            "is_school" => conditions(name, self.of_owner(|owner| owner.kind == OrgKind::School).into_iter()),
            "row_code" => indexes(name, take(&mut self.row_code)),
            "event" => codes(name, take(&mut self.event)),
            DIRECTION => codes(name, take(&mut self.direction)),
            "due_part" => parts(name, &self.due_part),
            "measured_part" => parts(name, &self.measured_part),
            "effective_due" => days(name, take(&mut self.effective_due)),
            "late_days" => wholes(name, take(&mut self.late_days)),
            "points" => self.rare(name, self.points.iter().map(|(row, points)| (*row, points[0].into()))),
            "points_max" => self.rare(name, self.points.iter().map(|(row, points)| (*row, points[1].into()))),
            "done_on" => optional_days(name, take(&mut self.done_on)),
            "gain" => self.rare(name, self.gain.iter().map(|(row, gain)| (*row, gain[0]))),
            "gain_max" => self.rare(name, self.gain.iter().map(|(row, gain)| (*row, gain[1]))),
            H1_END => days(name, self.of_owner(|owner| owner.h1_end)),
            YEAR_END => days(name, self.of_owner(|owner| owner.year_end)),
            other => unreachable!("the table obligations has no column {other}"),
        }
    }

    fn of_owner<T: Clone>(&self, of: impl Fn(&Owner) -> T) -> Vec<T> {
        let mut cells = Vec::with_capacity(self.len());
        for (owner, end) in &self.owners {
            cells.resize(*end, of(owner));
        }
        cells
    }

    fn rare(&self, name: &'static str, cells: impl Iterator<Item = (usize, i64)>) -> Column {
        let mut all = vec![0; self.len()];
        cells.for_each(|(row, cell)| all[row] = cell);
        wholes(name, all)
    }
}

/// Which columns that few definitions name are wanted.
#[derive(Clone, Copy)]
struct Wants {
    numbers: bool,
    days: bool,
}

impl Wants {
    fn of(wanted: &Wanted) -> Self {
        let any = |names: &[&str]| names.iter().any(|name| wanted.has(name));
        Self { numbers: any(&[OBLIGATION, "row_code"]), days: any(&["effective_due", "done_on"]) }
    }
}
