//! One row as answers write it.

use serde::{Serialize, Serializer};

use super::{Spread, Status};
use crate::definition::Level;

/// The columns of a row, in the order of the contract.
pub const COLUMNS: [&str; 16] = [
    "level",
    "org",
    "org_name",
    "region",
    "municipality",
    "period",
    "indicator",
    "numerator",
    "denominator",
    "value",
    "target",
    "achievement",
    "weight",
    "status",
    "version",
    "band_code",
];

/// The columns behind them where the spread is asked for.
pub const SPREAD_COLUMNS: [&str; 7] = ["schools", "min", "q1", "median", "q3", "max", "mean"];

/// The column behind those where the rating is asked for.
pub const RATING_COLUMN: &str = "rating";

/// One value with everything that a reader needs; its fields serialize in the order of [`COLUMNS`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ValueRow<'v> {
    /// The level.
    pub level: Level,
    /// Code of the organisation, municipality or region.
    pub org: &'v str,
    /// Its name.
    pub org_name: &'v str,
    /// Code of its region; the country has none.
    pub region: Option<&'v str>,
    /// Code of its municipality; none for what lies in none.
    pub municipality: Option<&'v str>,
    /// The period: `2022-2023.H1`.
    pub period: &'v str,
    /// Id of the indicator, or of the composite.
    pub indicator: &'v str,
    /// The numerator; of the composite the sum of weight times achievement.
    #[serde(serialize_with = "number")]
    pub numerator: Option<f64>,
    /// The denominator; of the composite the weight that has data.
    #[serde(serialize_with = "number")]
    pub denominator: Option<f64>,
    /// Numerator over denominator; none unless the status is `ok`.
    #[serde(serialize_with = "number")]
    pub value: Option<f64>,
    /// The value to be reached; the composite has none.
    #[serde(serialize_with = "number")]
    pub target: Option<f64>,
    /// How far the target is reached, 0 to 1; of the composite its value.
    #[serde(serialize_with = "number")]
    pub achievement: Option<f64>,
    /// The weight; of the composite the weight that applies, so that denominator over weight is the
    /// share that has data.
    #[serde(serialize_with = "number")]
    pub weight: Option<f64>,
    /// Whether there is a value.
    pub status: Status,
    /// Version of the definition.
    pub version: u16,
    /// The band of the composite's achievement.
    pub band_code: Option<&'v str>,
    /// How the schools of a territory spread, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
    /// 0 to 100, the best municipality of the region being 100, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
}

/// Whole numbers up to here are written without a fraction: they are exact.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

#[expect(clippy::ref_option, reason = "serde's signature")]
#[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53, as checked")]
fn number<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        // tidy-ok(cast): whole and within 2^53, as checked.
        Some(whole) if whole.fract() == 0.0 && whole.abs() <= WHOLE_MAX => serializer.serialize_some(&(*whole as i64)),
        other => other.serialize(serializer),
    }
}
