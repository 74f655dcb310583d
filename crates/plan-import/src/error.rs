//! Why a document or a profile cannot be read, where, and what to do about it.

use domain::id::RowNo;

/// Why a plan document cannot be read. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// More bytes than one event can carry.
    #[error("the document has {bytes} bytes, more than {max}: split it into several plans")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The most that is read.
        max: usize,
    },
    /// No line names the columns.
    #[error(
        "no table header found: expected one line, cells divided by tabs, with the columns \
         «№ п/п», «Мероприятие», «Характеристика результата», «Сроки проведения», «Ответственные исполнители»; \
         check that the whole table was copied as text"
    )]
    NoHeader,
    /// The header stands there, but nothing below it.
    #[error("line {line}: no rows below the table header; the file is cut off or the table was not copied")]
    NoRows {
        /// The header's line.
        line: usize,
    },
    /// A row with another number of cells than the header.
    #[error(
        "line {line}: {found} cells where the header has {expected} columns; the file is cut off here, \
         a tab is missing, or the line is no part of the table and should be removed"
    )]
    Cells {
        /// The row's line.
        line: usize,
        /// Cells found.
        found: usize,
        /// Cells expected.
        expected: usize,
    },
    /// A cell begins an HTML element and does not end it.
    #[error("line {line}: the HTML element <{tag}> is not closed; the cell is cut off, copy it again")]
    HtmlNotClosed {
        /// The row's line.
        line: usize,
        /// The element.
        tag: String,
    },
    /// The first cell of a row is no number.
    #[error("line {line}: \"{found}\" is no number of an activity; expected {expected}. or an empty cell")]
    ActivityNumber {
        /// The row's line.
        line: usize,
        /// The cell.
        found: String,
        /// The number that would follow.
        expected: u16,
    },
    /// Activity numbers with a gap, or out of order.
    #[error("line {line}: activity {found} follows activity {before}; a part of the table is missing, copy it again")]
    ActivityGap {
        /// The row's line.
        line: usize,
        /// The number before; 0 where this is the first.
        before: u16,
        /// The number found.
        found: u16,
    },
    /// A continuation row before any activity.
    #[error("line {line}: a continuation row (empty number and title) stands before the first activity")]
    NoActivity {
        /// The row's line.
        line: usize,
    },
    /// A cell that must not be empty.
    #[error("line {line}: the column «{column}» is empty; {hint}")]
    EmptyCell {
        /// The row's line.
        line: usize,
        /// The column, as the header names it.
        column: String,
        /// What to do.
        hint: &'static str,
    },
    /// More activities or rows than row numbers can name.
    #[error("line {line}: more than {max} activities, or rows of one activity: split the plan")]
    TooMany {
        /// The row's line.
        line: usize,
        /// The most that is read.
        max: u16,
    },
    /// Nobody says which school year is planned.
    #[error("the title names no school year such as 2022-2023: give it with --school-year")]
    NoSchoolYear,
    /// The profile is for another school year.
    #[error(
        "the profile is for the school year {profile}, the document is for {document}: take the document's own profile"
    )]
    OtherSchoolYear {
        /// The profile's.
        profile: String,
        /// The document's.
        document: String,
    },
    /// Rows of the profile that the document does not have.
    #[error(
        "{} of the profile {} not in the document: the document is cut off, or the profile belongs to another plan",
        list(.rows), if .rows.len() == 1 { "is" } else { "are" }
    )]
    RowsMissing {
        /// The rows.
        rows: Vec<RowNo>,
    },
}

fn list(rows: &[RowNo]) -> String {
    let names: Vec<&str> = rows.iter().map(RowNo::as_str).collect();
    let noun = if names.len() == 1 { "row" } else { "rows" };
    format!("{noun} {}", names.join(", "))
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It is no JSON of the expected shape.
    #[error("the profile is not valid JSON of the form vekha.plan_profile/1")]
    Json(#[from] serde_json::Error),
    /// It names a form that is not known.
    #[error("the profile has the form \"{found}\", known is {expected}")]
    Schema {
        /// The form found.
        found: String,
        /// The form known.
        expected: &'static str,
    },
    /// A key that nobody reads, most likely a slip of the pen.
    #[error("the profile has an unknown key \"{path}\": correct or remove it")]
    UnknownKey {
        /// Where it stands (`rows.3.shares.0.evnt`).
        path: String,
    },
    /// A rule that holds between its parts is broken.
    #[error("row {row} of the profile: {what}")]
    Row {
        /// The row.
        row: RowNo,
        /// What is wrong.
        what: String,
    },
}
