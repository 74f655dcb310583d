//! Bodies of acts on the registry and on plans.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{OrgCode, PlanCode, RegionCode};
use crate::payload::{AuthorityRef, Direction, OrgRegistered};
use crate::plan::Plan;
use crate::region::RegionRules;

bodies! {
    /// `configure-region`.
    ConfigureRegion {
        /// The rules from now on.
        rules: RegionRules,
    }
    /// `register-organisations`.
    RegisterOrganisations {
        /// The organisations, at most a thousand a command.
        organisations: Vec<OrgRegistered>,
    }
    /// `import-plan`.
    ImportPlan {
        /// The plan, as `vekha plan import --out` writes it.
        plan: Plan,
    }
    /// `activate-plan`.
    ActivatePlan {
        /// The plan.
        plan: PlanCode,
        /// The region that activates it.
        region: RegionCode,
        /// The participating schools.
        schools: Vec<OrgCode>,
        /// Who plays the plan's authorities here, where the codes differ.
        #[serde(default)] authorities: Vec<AuthorityRef>,
        /// The order behind it.
        basis: String,
    }
    /// `enrol-school`.
    EnrolSchool {
        /// The plan.
        plan: PlanCode,
        /// The region in which it is in force.
        region: RegionCode,
        /// The school.
        school: OrgCode,
        /// Its cluster directions, where the order names them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")] directions: BTreeSet<Direction>,
        /// Its first day.
        #[schemars(with = "String")] joined_on: Date,
        /// The order behind it.
        basis: String,
    }
}
