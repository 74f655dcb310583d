//! One act on many obligations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FreeText, Payload};
use crate::id::{ItemCode, ObligationId, OrgCode, PlanCode, RegionCode, RowNo};

details! {
    /// `bulk.recorded`: one fact about many organisations, such as a letter sent to every school. It commutes with
    /// what their people do meanwhile (`architecture.md` 10).
    BulkRecorded {
        /// The plan.
        plan: PlanCode,
        /// The region.
        region: RegionCode,
        /// The row.
        row: RowNo,
        /// The item, `-` where the row has one.
        item: ItemCode,
        /// Type of the fact.
        event_type: String,
        /// The organisations, at most a thousand an event.
        recipients: Vec<OrgCode>,
        /// The fact: details, evidence, comment.
        payload: Payload,
    }
    /// `bulk.retracted`: a bulk fact never happened, for all of its recipients.
    BulkRetracted {
        /// Event id of the bulk fact.
        target_id: String,
        /// Why.
        reason: FreeText,
    }
    /// `bulk.opened`: a command on many obligations begins; these are the ones, whatever changes meanwhile.
    BulkOpened {
        /// The act, by its command's name.
        act: String,
        /// The obligations.
        obligations: Vec<ObligationId>,
    }
    /// `bulk.closed`: that command is through.
    BulkClosed {
        /// How many obligations it changed.
        applied: u32,
        /// Those that it did not change, and why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] refused: Vec<BulkRefused>,
    }
    /// An obligation that a bulk command did not change.
    BulkRefused {
        /// Which.
        obligation: ObligationId,
        /// The code of the refusal.
        code: String,
        /// Why, in Russian.
        ru: String,
        /// Why, in English.
        en: String,
    }
}
