//! What tables a definition may read: their columns, each with its meaning.

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
}

impl ColumnKind {
    /// The type of the column in a frame.
    #[must_use]
    pub fn dtype(self) -> DataType {
        match self {
            Self::Condition => DataType::Boolean,
            Self::Index => DataType::UInt32,
            Self::Part => DataType::UInt8,
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
        column("org", ColumnKind::Index, "the organisation"),
        column("municipality", ColumnKind::Index, "its municipality; empty for authorities of a whole region"),
        column("region", ColumnKind::Index, "its region"),
        column("is_school", ColumnKind::Condition, "the organisation is a school"),
        column("row_code", ColumnKind::Index, "the row of the plan: 8003 is row 8.3"),
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
        column(H1_END, ColumnKind::Day, "last day of the first semester"),
        column(YEAR_END, ColumnKind::Day, "last day of the school year"),
    ],
};

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
