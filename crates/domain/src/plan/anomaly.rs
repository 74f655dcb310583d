//! What is odd about a plan document, for a person to look at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::RowNo;

/// A place of the document that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Anomaly {
    /// The row, or the first row of the activity whose title it is; none: the whole document.
    pub row: Option<RowNo>,
    /// Where: `title`, `result`, `deadline`, `responsible`, `document` or `profile`.
    pub field: String,
    /// What sort of oddity.
    pub kind: AnomalyKind,
    /// The words found.
    pub found: String,
    /// How they were read, or how they should be written.
    pub reading: String,
    /// Why a person should look, in Russian.
    pub reason: String,
    /// Why a person should look, in English.
    pub reason_en: String,
    /// Other rows with the same words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<RowNo>,
}

/// What sort of oddity a document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyKind {
    /// One letter of a surname differs from a person with the same initials: one person?
    TypoPerson,
    /// Two dates with nothing between them, read as a window.
    MissingDash,
    /// A dash with a space on one side only.
    SpaceAfterDash,
    /// A hyphen and a space inside a word, left by a line break.
    LineBreakHyphen,
    /// A compound word with spaces about its hyphen.
    SpacedHyphen,
    /// A compound word without its hyphen.
    MissingHyphen,
    /// A capital letter in mid-sentence.
    Case,
    /// A comma between subject and predicate.
    ExtraComma,
    /// An empty cell, read as merged with the one above.
    EmptyMergedCell,
    /// HTML inside a cell.
    HtmlInCell,
    /// A set phrase that is worded otherwise elsewhere.
    Wording,
    /// A full stop is missing.
    Punctuation,
    /// A single year where the plan's frame is a school year.
    AmbiguousYear,
    /// A deadline that names no day, or was not understood.
    InvalidDeadline,
    /// A deadline outside the school year.
    OutsideSchoolYear,
    /// A date without a year, or another part of the wording, was completed by assumption.
    Assumed,
    /// Words in the responsible cell that are no organisation, role or person known.
    UnknownResponsible,
    /// The title names no school year, or another than the one asked for.
    SchoolYear,
    /// No profile was given: what the document does not say was guessed.
    NoProfile,
    /// The profile was made for another edition of the document.
    SourceDiffers,
    /// The document has no title above its table.
    NoTitle,
    /// The profile has no entry for a row of the document: it was guessed.
    RowNotInProfile,
}
