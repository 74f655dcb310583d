//! The shape of the indicator file.

use domain::deadline::SchoolYear;
use domain::period::Part;
use serde::Deserialize;

use super::{Band, Better, Composite, Level, SumOf, Unit, WhenEmpty};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) composite: Composite,
    #[serde(default)]
    pub(super) band: Vec<Band>,
    #[serde(default)]
    pub(super) indicator: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) version: u16,
    pub(super) from: Option<SchoolYear>,
    pub(super) name_ru: String,
    pub(super) name_en: String,
    pub(super) unit: Unit,
    pub(super) target: Option<f64>,
    pub(super) better: Better,
    pub(super) weight: f64,
    pub(super) periods: Vec<Part>,
    pub(super) levels: Vec<Level>,
    pub(super) table: String,
    #[serde(rename = "where")]
    pub(super) condition: Option<String>,
    pub(super) counts_by: Option<String>,
    pub(super) year: Option<YearTakes>,
    pub(super) when_empty: WhenEmpty,
    #[serde(default)]
    pub(super) of: SumOf,
    pub(super) hide: Option<String>,
    pub(super) numerator: Words,
    pub(super) denominator: Words,
}

/// Which rows the whole year takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum YearTakes {
    All,
    Own,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) ru: String,
    pub(super) en: String,
    pub(super) sql: String,
}
