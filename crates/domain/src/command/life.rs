//! Bodies of acts on the life of an obligation.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::calendar::Wording;
use crate::id::ObligationId;
use crate::payload::{Channel, ChecklistItem, Evidence, ExcuseReason, FreeText, ReopenReason, ReturnReason};
use crate::plan::Holder;

bodies! {
    /// `submit`: the act that a row asks for was done.
    Submit {
        /// Which obligation it fulfils.
        obligation: ObligationId,
        /// The local day on which it happened.
        #[schemars(with = "String")] occurred_on: Date,
        /// What happened: the details of the row's event type.
        #[schemars(with = "serde_json::Value")] details: Box<RawValue>,
        /// What shows it.
        #[serde(default)] evidence: Vec<Evidence>,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
    }
    /// `accept`.
    Accept {
        /// Which obligation.
        obligation: ObligationId,
        /// Accept although a co-executor's part is missing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")] partial: bool,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
    }
    /// `return`.
    Return {
        /// Which obligation.
        obligation: ObligationId,
        /// Why.
        reason: ReturnReason,
        /// What to mend.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
        /// Last day of the rework; without one, the region's term counts from today.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] rework_due: Option<Date>,
    }
    /// `excuse`.
    Excuse {
        /// Which obligation.
        obligation: ObligationId,
        /// Why.
        reason: ExcuseReason,
        /// The document behind it.
        basis: String,
        /// First day on hold; today without one.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] from: Option<Date>,
        /// Last day on hold, after which the term goes on; without one, released for good.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] until: Option<Date>,
    }
    /// `schedule`.
    Schedule {
        /// Which obligation.
        obligation: ObligationId,
        /// Its last day.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] due: Option<Date>,
        /// In place of a day: a wording whose term the region knows, counted from today; without both, `undated`.
        #[serde(default, skip_serializing_if = "Option::is_none")] term: Option<Wording>,
        /// The schedule behind it.
        basis: String,
    }
    /// `move-deadline`.
    MoveDeadline {
        /// Which obligation.
        obligation: ObligationId,
        /// Its new last day.
        #[schemars(with = "String")] due: Date,
        /// The document behind it.
        basis: String,
    }
    /// `correct`.
    Correct {
        /// Which obligation.
        obligation: ObligationId,
        /// Event id of the fact; without one, the report that counts.
        #[serde(default, skip_serializing_if = "Option::is_none")] event: Option<String>,
        /// The right day.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] occurred_on: Option<Date>,
        /// The right answers of a checklist.
        #[serde(default, skip_serializing_if = "Option::is_none")] items: Option<Vec<ChecklistItem>>,
        /// Why.
        reason: FreeText,
    }
    /// `retract`.
    Retract {
        /// Which obligation.
        obligation: ObligationId,
        /// Event id of the fact; without one, the report that counts.
        #[serde(default, skip_serializing_if = "Option::is_none")] event: Option<String>,
        /// Why.
        reason: FreeText,
    }
    /// `withdraw`.
    Withdraw {
        /// Which obligation.
        obligation: ObligationId,
    }
    /// `reopen`.
    Reopen {
        /// Which obligation.
        obligation: ObligationId,
        /// Why.
        reason: ReopenReason,
        /// What to mend.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
        /// Last day of the rework; without one, the region's term counts from today.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] rework_due: Option<Date>,
    }
    /// `acknowledge`.
    Acknowledge {
        /// Which obligation.
        obligation: ObligationId,
    }
    /// `report-interim`.
    InterimReport {
        /// Which obligation.
        obligation: ObligationId,
        /// How far it is.
        text: FreeText,
        /// Share done, percent from 0 to 100.
        #[serde(default, skip_serializing_if = "Option::is_none")] percent: Option<u8>,
    }
    /// `request-extension`.
    RequestExtension {
        /// Which obligation.
        obligation: ObligationId,
        /// The day that is asked for.
        #[schemars(with = "String")] wanted: Date,
        /// Why.
        reason: FreeText,
    }
    /// `decline-extension`, `decline-excuse`, `revoke-excuse`: an act that needs nothing but its reason.
    WithReason {
        /// Which obligation.
        obligation: ObligationId,
        /// Why.
        reason: FreeText,
    }
    /// `note-fact`: a fact that accompanies the one that the row asks for, such as a released partner.
    NoteFact {
        /// Which obligation it accompanies.
        obligation: ObligationId,
        /// Type of the fact.
        event: String,
        /// The local day on which it happened.
        #[schemars(with = "String")] occurred_on: Date,
        /// What happened: the details of the fact's type.
        #[schemars(with = "serde_json::Value")] details: Box<RawValue>,
        /// What shows it.
        #[serde(default)] evidence: Vec<Evidence>,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
    }
    /// `attach-evidence`.
    AttachEvidence {
        /// Which obligation.
        obligation: ObligationId,
        /// Event id of the fact; without one, the report that counts.
        #[serde(default, skip_serializing_if = "Option::is_none")] event: Option<String>,
        /// What shows it.
        evidence: Vec<Evidence>,
    }
    /// `reject-evidence`.
    RejectEvidence {
        /// Which obligation.
        obligation: ObligationId,
        /// Event id of the fact; without one, the report that counts.
        #[serde(default, skip_serializing_if = "Option::is_none")] event: Option<String>,
        /// Why.
        reason: ReturnReason,
        /// What to mend.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
        /// Last day of the rework; without one, the region's term counts from today.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] rework_due: Option<Date>,
    }
    /// `remind`.
    Remind {
        /// Which obligation.
        obligation: ObligationId,
        /// How the holder was told.
        channel: Channel,
        /// Which deadline: how often it was moved; without one, the present one.
        #[serde(default, skip_serializing_if = "Option::is_none")] deadline_version: Option<u16>,
    }
    /// `notice-deadline`.
    NoticeDeadline {
        /// Which obligation.
        obligation: ObligationId,
        /// Which deadline: how often it was moved.
        deadline_version: u16,
    }
    /// `escalate`.
    Escalate {
        /// Which obligation.
        obligation: ObligationId,
        /// Who is told.
        to: Holder,
        /// Step of the ladder, from 1.
        level: u8,
        /// Which deadline: how often it was moved; without one, the present one.
        #[serde(default, skip_serializing_if = "Option::is_none")] deadline_version: Option<u16>,
    }
}
