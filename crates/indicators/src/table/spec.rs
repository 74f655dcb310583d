//! What tables a definition may read: their columns, each with its meaning.

use domain::event::Data;
use polars::prelude::{DataType, Field, PlSmallStr, Schema};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Yes or no.
    Condition,
    /// A number of something, 32 bits.
    Index,
    /// A part of the school year, by [`crate::table::part_code`].
    Part,
    /// A whole number, 64 bits.
    Whole,
    /// A calendar day.
    Day,
    /// A cluster direction: 0 none, from 1 in the order of `agro`, `pedagogical`, `technological`,
    /// `natural-science`.
    Direction,
    /// The type of an event, compared by name: `event = 'letter.sent'`.
    Event,
}

impl ColumnKind {
    /// The type of the column in a frame.
    #[must_use]
    pub fn dtype(self) -> DataType {
        match self {
            Self::Condition => DataType::Boolean,
            Self::Index => DataType::UInt32,
            Self::Part | Self::Direction | Self::Event => DataType::UInt8,
            Self::Whole => DataType::Int64,
            Self::Day => DataType::Date,
        }
    }
}

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name in SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// What it means, and when it is empty.
    pub about: &'static str,
}

/// A table that definitions may read. Every table has the column [`UNIT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name in definitions.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [ColumnSpec],
}

/// The column that says whose row it is: a number of [`crate::Tables::units`].
pub const UNIT: &str = "unit";

/// Last day of the period that is told; a definition without `counts_by` may name it where the table
/// has the columns [`H1_END`] and [`YEAR_END`].
pub const PERIOD_END: &str = "period_end";

/// The whole school year is told; a definition with `counts_by` whose year takes all rows may name it.
pub const IS_YEAR: &str = "is_year";

/// The column with the obligation behind a row, by number; empty where there is none.
pub const OBLIGATION: &str = "obligation";

/// The column with the day of what a row tells.
pub const ON: &str = "on";

/// The column with the cluster direction that a row is tied to.
pub const DIRECTION: &str = "direction";

/// Last day of the first semester.
pub const H1_END: &str = "h1_end";

/// Last day of the school year.
pub const YEAR_END: &str = "year_end";

const fn column(name: &'static str, kind: ColumnKind, about: &'static str) -> ColumnSpec {
    ColumnSpec { name, kind, about }
}

/// One row an obligation, as it stands at the end of the as-of day of its region.
pub const OBLIGATIONS: TableSpec = TableSpec {
    name: "obligations",
    columns: &[
        column(UNIT, ColumnKind::Index, "the organisation in its school year"),
        column(OBLIGATION, ColumnKind::Index, "the obligation"),
        column("org", ColumnKind::Index, "the organisation"),
        column("municipality", ColumnKind::Index, "its municipality; empty for authorities of a whole region"),
        column("region", ColumnKind::Index, "its region"),
        column("is_school", ColumnKind::Condition, "the organisation is a school"),
        column("row_code", ColumnKind::Index, "the row of the plan: 8003 is row 8.3"),
        column("event", ColumnKind::Event, "the fact that completes it"),
        column(DIRECTION, ColumnKind::Direction, "the cluster direction that its item names"),
        column("is_publication", ColumnKind::Condition, "a derived publication (8.3p)"),
        column("is_checklist", ColumnKind::Condition, "a self-diagnosis by checklist completes it"),
        column("is_partner", ColumnKind::Condition, "a partner of one kind is to be assigned"),
        column("in_execution", ColumnKind::Condition, "it counts in the execution of the plan"),
        column(
            "due_part",
            ColumnKind::Part,
            "the semester of its stated or moved day, put off by days on hold; empty where none is set",
        ),
        column("measured_part", ColumnKind::Part, "the period whose results it measures; empty where none"),
        column(
            "counts",
            ColumnKind::Condition,
            "neither excused nor cancelled nor not applicable; a hold that is over by the as-of day has ended",
        ),
        column(
            "is_due",
            ColumnKind::Condition,
            "done, or its effective day lies before the as-of day; without a day, the school year's last",
        ),
        column(
            "effective_due",
            ColumnKind::Day,
            "the day by which it is to be done; without one, the school year's last",
        ),
        column("is_past", ColumnKind::Condition, "its effective day lies before the as-of day"),
        column("is_done", ColumnKind::Condition, "a valid report is in; a returned or retracted one is none"),
        column("is_accepted", ColumnKind::Condition, "taken off control"),
        column("is_on_time", ColumnKind::Condition, "done by its effective day, that day included"),
        column("is_late", ColumnKind::Condition, "done after its effective day, or open after it"),
        column("late_days", ColumnKind::Whole, "days of delay up to the region's cap; 0 where not late"),
        column("points", ColumnKind::Whole, "points of an accepted checklist; 0 where there is none"),
        column("points_max", ColumnKind::Whole, "points that it could reach; 0 where there is none"),
        column("done_on", ColumnKind::Day, "the day that decides timeliness; empty while not done"),
        column(
            "partner_at_h1_end",
            ColumnKind::Condition,
            "a partner of its reports is in force on the first semester's last day",
        ),
        column(
            "partner_at_year_end",
            ColumnKind::Condition,
            "a partner of its reports is in force on the school year's last day",
        ),
        column(
            "in_own_month",
            ColumnKind::Condition,
            "done, and a live report's own day lies in the month that its item names",
        ),
        column(
            "in_loop",
            ColumnKind::Condition,
            "a link of the control loop: order, checklist, note, protocol, correction",
        ),
        column("in_order", ColumnKind::Condition, "the link before it is done on a day not after its own"),
        column(
            "gain",
            ColumnKind::Whole,
            "growth of the points of items comparable with the input monitoring's checklist",
        ),
        column("gain_max", ColumnKind::Whole, "points that could be reached in those items"),
        column(H1_END, ColumnKind::Day, "last day of the first semester"),
        column(YEAR_END, ColumnKind::Day, "last day of the school year"),
    ],
};

/// One row for every fact that fulfils a row of the plan, live or not.
pub const FACTS: TableSpec = TableSpec {
    name: "facts",
    columns: &[
        column(UNIT, ColumnKind::Index, "the organisation in its school year"),
        column(OBLIGATION, ColumnKind::Index, "the obligation that it is about"),
        column(DIRECTION, ColumnKind::Direction, "the cluster direction of that obligation"),
        column("part", ColumnKind::Part, "the semester of its own day; empty outside the school year"),
        column(ON, ColumnKind::Day, "its own day"),
        column("is_evidenced", ColumnKind::Condition, "it came with evidence, or got some later"),
        column("is_retracted", ColumnKind::Condition, "it was retracted"),
    ],
};

/// One row for each audience of a survey of a school: its latest count.
pub const SURVEYS: TableSpec = TableSpec {
    name: "surveys",
    columns: &[
        column(UNIT, ColumnKind::Index, "the school in its school year"),
        column(OBLIGATION, ColumnKind::Index, "the obligation that carries the count"),
        column("part", ColumnKind::Part, "the semester in which that obligation is due"),
        column("is_parents", ColumnKind::Condition, "the parents were asked; otherwise the pupils"),
        column("eligible", ColumnKind::Whole, "how many could answer"),
        column("responded", ColumnKind::Whole, "how many did"),
    ],
};

/// One row for each day on which the link of a school's site was looked at.
pub const LINK_CHECKS: TableSpec = TableSpec {
    name: "link_checks",
    columns: &[
        column(UNIT, ColumnKind::Index, "the school in its school year"),
        column(OBLIGATION, ColumnKind::Index, "the obligation to publish the link"),
        column("part", ColumnKind::Part, "the semester of the day; empty outside the school year"),
        column(ON, ColumnKind::Day, "the day"),
        column("is_after_due", ColumnKind::Condition, "the day lies behind the effective day of that obligation"),
        column("made", ColumnKind::Whole, "how many checks were made"),
        column("good", ColumnKind::Whole, "how many found the link"),
    ],
};

/// One row for each joint event.
pub const ACTIVITIES: TableSpec = TableSpec {
    name: "activities",
    columns: &[
        column(UNIT, ColumnKind::Index, "the organisation in its school year"),
        column(OBLIGATION, ColumnKind::Index, "the obligation on which it was recorded"),
        column(DIRECTION, ColumnKind::Direction, "its cluster direction, where it has one"),
        column("part", ColumnKind::Part, "the semester of its day; empty outside the school year"),
        column(ON, ColumnKind::Day, "its day"),
        column("is_reported", ColumnKind::Condition, "a live report names it, at most 10 days later"),
    ],
};

/// One row for each recommendation of a protocol.
pub const RECOMMENDATIONS: TableSpec = TableSpec {
    name: "recommendations",
    columns: &[
        column(UNIT, ColumnKind::Index, "the school in its school year"),
        column(OBLIGATION, ColumnKind::Index, "the obligation whose protocol gives it"),
        column("part", ColumnKind::Part, "the semester of its day; empty outside the school year"),
        column(
            ON,
            ColumnKind::Day,
            "the day by which it is to be done: its own, or the last of the protocol's semester",
        ),
        column("is_due", ColumnKind::Condition, "closed, or its day lies before the as-of day"),
        column("is_closed", ColumnKind::Condition, "what it recommends was done"),
    ],
};

/// One row for each school and period in which methodical days were held for the schools of its plan.
pub const PARTICIPATION: TableSpec = TableSpec {
    name: "participation",
    columns: &[
        column(UNIT, ColumnKind::Index, "the school in its school year"),
        column(
            OBLIGATION,
            ColumnKind::Index,
            "the methodical day: one that the school took part in, or else the first",
        ),
        column("part", ColumnKind::Part, "the period; the year has a row of its own"),
        column("took_part", ColumnKind::Condition, "the school took part in one of the days"),
    ],
};

/// Every table.
pub const TABLES: [TableSpec; 7] =
    [OBLIGATIONS, FACTS, SURVEYS, LINK_CHECKS, ACTIVITIES, RECOMMENDATIONS, PARTICIPATION];

/// The code of a fact in columns of the kind [`ColumnKind::Event`].
#[must_use]
pub fn event_code(name: &str) -> Option<u8> {
    let known = Data::TYPES.iter().filter(|name| Data::names_fact(name)).position(|known| *known == name)?;
    u8::try_from(known).ok()
}

impl TableSpec {
    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnSpec> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether a definition may name [`PERIOD_END`].
    #[must_use]
    pub fn knows_period_end(&self) -> bool {
        [H1_END, YEAR_END].iter().all(|name| self.column(name).is_some())
    }

    /// The schema of its frames.
    #[must_use]
    pub fn schema(&self) -> Schema {
        self.columns
            .iter()
            .map(|column| Field::new(PlSmallStr::from_static(column.name), column.kind.dtype()))
            .collect()
    }
}
