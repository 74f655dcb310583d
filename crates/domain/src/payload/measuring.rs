//! What is measured, what is to be reached, and what was reported; and where an organisation belongs.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MunicipalityRef;
use crate::id::{MunicipalityCode, OrgCode, RegionCode, Seq};
use crate::indicator::IndicatorDefinition;
use crate::number::Real;

details! {
    /// `indicator.defined`: a version of an indicator beside those that come with the service; it never changes.
    IndicatorDefined {
        /// What it is.
        definition: IndicatorDefinition,
        /// The document behind it.
        basis: String,
    }
    /// `indicator.target_set`: what a region or a municipality is to reach, and how much that weighs. The newest holds.
    TargetSet {
        /// The region.
        region: RegionCode,
        /// The indicator, by id: `I01`.
        indicator: String,
        /// The period, such as `2022-2023.H1`; every period without one.
        #[serde(default, skip_serializing_if = "Option::is_none")] period: Option<String>,
        /// For one municipality only.
        #[serde(default, skip_serializing_if = "Option::is_none")] municipality: Option<MunicipalityCode>,
        /// The value to be reached, above 0.
        #[serde(default, skip_serializing_if = "Option::is_none")] target: Option<Real>,
        /// The weight in the composite, 0 or more.
        #[serde(default, skip_serializing_if = "Option::is_none")] weight: Option<Real>,
        /// The document behind it.
        basis: String,
    }
    /// `indicator.snapshot_taken`: what was reported when a period was closed, or a part of it.
    SnapshotTaken {
        /// The region.
        region: RegionCode,
        /// The period, such as `2022-2023.H1`.
        period: String,
        /// Position of the state that was judged.
        at: Seq,
        /// When it was judged.
        #[schemars(with = "String")] as_of: Timestamp,
        /// Which part, from 1.
        part: u16,
        /// How many parts there are.
        parts: u16,
        /// The values.
        rows: Vec<SnapshotRow>,
    }
    /// One value as it was reported.
    SnapshotRow {
        /// At which level.
        level: String,
        /// Whose: the code of an organisation, a territory or a direction.
        org: String,
        /// The indicator, by id.
        indicator: String,
        /// Version of its definition.
        version: u16,
        /// The numerator.
        #[serde(default, skip_serializing_if = "Option::is_none")] numerator: Option<Real>,
        /// The denominator.
        #[serde(default, skip_serializing_if = "Option::is_none")] denominator: Option<Real>,
        /// The value.
        #[serde(default, skip_serializing_if = "Option::is_none")] value: Option<Real>,
        /// What was to be reached.
        #[serde(default, skip_serializing_if = "Option::is_none")] target: Option<Real>,
        /// How far it was reached, 0 to 1.
        #[serde(default, skip_serializing_if = "Option::is_none")] achievement: Option<Real>,
        /// Its weight in the composite.
        #[serde(default, skip_serializing_if = "Option::is_none")] weight: Option<Real>,
        /// Whether there was something to tell.
        status: String,
    }
    /// `org.transferred`: an organisation belongs to another municipality of its region from now on.
    OrgTransferred {
        /// The organisation.
        org: OrgCode,
        /// Its municipality from now on.
        municipality: MunicipalityRef,
        /// The document behind it.
        basis: String,
    }
}
