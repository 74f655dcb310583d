//! The shape of the indicator file.

use domain::indicator::IndicatorDefinition;
use serde::Deserialize;

use super::{Band, Composite};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) composite: Composite,
    #[serde(default)]
    pub(super) band: Vec<Band>,
    #[serde(default)]
    pub(super) indicator: Vec<IndicatorDefinition>,
}
