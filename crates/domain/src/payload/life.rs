//! What happens to an obligation between its creation and its end.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Channel, ChecklistItem, Evidence, FreeText};
use crate::id::Seq;
use crate::plan::Holder;

details! {
    /// `report.accepted`.
    ReportAccepted {
        /// Event id of the report.
        report: String,
        /// A remark of the controller.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
    }
    /// `report.returned`.
    ReportReturned {
        /// Event id of the report.
        report: String,
        /// Why.
        reason: ReturnReason,
        /// What to mend.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
        /// Last day of the rework.
        #[schemars(with = "String")] rework_due: Date,
    }
    /// `excuse.granted`.
    ExcuseGranted {
        /// Why.
        reason: ExcuseReason,
        /// The document behind it.
        basis: String,
        /// First day on hold; the day of the act without one.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] from: Option<Date>,
        /// Last day on hold, after which the term goes on; without one, released for good.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] until: Option<Date>,
    }
    /// `excuse.requested`: the holder asks to be released.
    ExcuseRequested {
        /// Why.
        reason: ExcuseReason,
        /// The document behind it.
        basis: String,
        /// First day that is asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] from: Option<Date>,
        /// Last day that is asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] until: Option<Date>,
    }
    /// `excuse.declined`.
    ExcuseDeclined {
        /// Why.
        reason: FreeText,
    }
    /// `excuse.revoked`: the obligation is owed again; days on hold stay added to its term.
    ExcuseRevoked {
        /// Why.
        reason: FreeText,
    }
    /// `schedule.set`: a row without a date got one (12.1, 15.1).
    ScheduleSet {
        /// The last day.
        #[schemars(with = "String")] due: Date,
        /// The schedule behind it.
        basis: String,
    }
    /// `deadline.moved`: by the issuer only.
    DeadlineMoved {
        /// The new last day.
        #[schemars(with = "String")] due: Date,
        /// The document behind it.
        basis: String,
    }
    /// `fact.corrected`: the content of a fact was wrong.
    FactCorrected {
        /// Position of the fact.
        target: Seq,
        /// Event id of the fact.
        target_id: String,
        /// The right day, where that was wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] occurred_on: Option<Date>,
        /// The right answers, where a checklist was wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")] items: Option<Vec<ChecklistItem>>,
        /// Why.
        reason: FreeText,
    }
    /// `fact.retracted`: the fact never happened.
    FactRetracted {
        /// Position of the fact.
        target: Seq,
        /// Event id of the fact.
        target_id: String,
        /// Why.
        reason: FreeText,
    }
    /// `obligation.acknowledged` («ознакомлен»).
    ObligationAcknowledged {}
    /// `report.interim`: how far it is; never ends control.
    ReportInterim {
        /// How far.
        text: FreeText,
        /// Share done, percent from 0 to 100.
        #[serde(default, skip_serializing_if = "Option::is_none")] percent: Option<u8>,
    }
    /// `report.withdrawn`: its sender took it back before anybody decided.
    ReportWithdrawn {
        /// Event id of the report.
        report: String,
    }
    /// `acceptance.revoked`: the controller took an acceptance back; the report waits again.
    AcceptanceRevoked {
        /// Event id of the report.
        report: String,
        /// Why.
        reason: FreeText,
    }
    /// `obligation.reopened`: back under control after it was accepted.
    ObligationReopened {
        /// Event id of the report that stood accepted.
        report: String,
        /// Why.
        reason: ReopenReason,
        /// What to mend.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
        /// Last day of the rework.
        #[schemars(with = "String")] rework_due: Date,
    }
    /// `extension.requested`: the holder asks for a later day.
    ExtensionRequested {
        /// The day that is asked for.
        #[schemars(with = "String")] wanted: Date,
        /// Why.
        reason: FreeText,
    }
    /// `extension.declined`.
    ExtensionDeclined {
        /// Why.
        reason: FreeText,
    }
    /// `evidence.attached`: further evidence of a fact.
    EvidenceAttached {
        /// Event id of the fact.
        target_id: String,
        /// What shows it.
        evidence: Vec<Evidence>,
    }
    /// `evidence.rejected`: what was to show a fact does not; the obligation is open again.
    EvidenceRejected {
        /// Event id of the fact.
        target_id: String,
        /// Why.
        reason: ReturnReason,
        /// What to mend.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
        /// Last day of the rework.
        #[schemars(with = "String")] rework_due: Date,
    }
    /// `reminder.sent`: somebody was told; changes no lateness.
    ReminderSent {
        /// Who was told.
        to: Holder,
        /// How.
        channel: Channel,
        /// Days to the effective deadline; negative behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")] days_left: Option<i32>,
        /// Which deadline: how often it had been moved.
        deadline_version: u16,
    }
    /// `deadline.passed_noticed`: the service noticed that a deadline passed. Lateness does not hang on it.
    DeadlinePassedNoticed {
        /// Which deadline: how often it had been moved.
        deadline_version: u16,
    }
    /// `escalation.raised`: somebody above was told.
    EscalationRaised {
        /// Who was told.
        to: Holder,
        /// Step of the ladder, from 1.
        level: u8,
        /// Which deadline: how often it had been moved.
        deadline_version: u16,
    }
    /// `proposal.made`: an act that needs a second person waits for one.
    ProposalMade {
        /// The act, by its command's name.
        act: String,
        /// Type of the event that it will be.
        event_type: String,
        /// The local day that its actor claims.
        #[schemars(with = "String")] occurred_on: Date,
        /// That event's payload.
        payload: Payload,
    }
    /// `proposal.confirmed`: a second person agreed; the act holds as if made when it was proposed.
    ProposalConfirmed {
        /// Event id of the proposal.
        proposal: String,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
    }
    /// `proposal.declined`: a second person refused, or its author took it back.
    ProposalDeclined {
        /// Event id of the proposal.
        proposal: String,
        /// Why.
        reason: FreeText,
    }
}

/// A payload inside another: JSON that its event's type describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Payload(pub serde_json::Value);

words! {
    /// Why a report was returned.
    ReturnReason { Incomplete, Unreadable, WrongDocument, Contradiction }
    /// Why an obligation was excused.
    ExcuseReason { Quarantine, Emergency, Renovation, NotApplicable }
    /// Why an accepted obligation was put under control again.
    ReopenReason { EvidenceRejected, FactRetracted, Audit }
}
