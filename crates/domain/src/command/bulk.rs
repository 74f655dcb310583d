//! Bodies of one act on many obligations.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::id::{ItemCode, ObligationId, OrgCode, PlanCode, RowNo};
use crate::obligation::Phase;
use crate::payload::{Evidence, FreeText};

bodies! {
    /// `record-for-all`: one fact for every organisation of a scope, as one act.
    RecordForAll {
        /// The plan.
        plan: PlanCode,
        /// The row.
        row: RowNo,
        /// The item; `-`, the row's only one, without it.
        #[serde(default, skip_serializing_if = "Option::is_none")] item: Option<ItemCode>,
        /// Code of a region, a municipality or an organisation: everybody in it who owes the row.
        #[serde(default, skip_serializing_if = "Option::is_none")] within: Option<String>,
        /// The organisations, one by one; instead of `within`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] recipients: Vec<OrgCode>,
        /// The local day on which it happened.
        #[schemars(with = "String")] occurred_on: Date,
        /// What happened: the details of the row's event type.
        #[schemars(with = "serde_json::Value")] details: Box<RawValue>,
        /// What shows it.
        #[serde(default)] evidence: Vec<Evidence>,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
    }
    /// `apply-to-many`: one act on many obligations, an outcome for each.
    ApplyToMany {
        /// The act, by its command's name: one of an obligation, and not `submit`.
        act: String,
        /// The obligations, one by one; or those that `filter` finds.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] obligations: Vec<ObligationId>,
        /// The obligations of a scope.
        #[serde(default, skip_serializing_if = "Option::is_none")] filter: Option<Selection>,
        /// The act's body without `obligation`.
        #[schemars(with = "serde_json::Value")] body: Box<RawValue>,
        /// Change all of them, or none.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")] all_or_nothing: bool,
    }
    /// Obligations of a scope, as they stand when the command is taken.
    Selection {
        /// The plan.
        plan: PlanCode,
        /// The row.
        #[serde(default, skip_serializing_if = "Option::is_none")] row: Option<RowNo>,
        /// Code of a region, a municipality or an organisation.
        within: String,
        /// Their phase.
        phase: Phase,
    }
    /// `undo`: takes back what one bulk command did, as far as it can be taken back.
    Undo {
        /// Event id of any event of the bulk command.
        event: String,
        /// Why.
        reason: FreeText,
    }
}
