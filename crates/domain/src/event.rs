//! The event: a `CloudEvents` 1.0 message in structured JSON mode, the only thing that is ever stored.

mod naming;
mod target;

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::{Schema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use self::naming::{BadCommandId, BadEventId, CommandId, EventId};
pub use self::target::{Entity, Target};
use crate::actor::{Behalf, Role};
use crate::id::{ObligationId, PersonCode, Seq};
#[cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "the catalogue names every payload"))]
use crate::payload::*;

/// Version of the envelope, told by `log.opened`.
pub const SCHEMA_VERSION: u16 = 1;

/// An event cannot be understood. The projector stops: nothing is skipped in silence.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not an event of ours.
    #[error("the message is not an event of this system")]
    Envelope(#[source] serde_json::Error),
    /// A known type with a payload of another shape.
    #[error("the payload of {event_type} has another shape")]
    Payload {
        /// The event's type.
        event_type: String,
        /// What did not fit.
        #[source]
        source: serde_json::Error,
    },
    /// An unknown type that says it must be understood.
    #[error("the event type {0} is unknown here and must be understood: run a newer version")]
    MustUnderstand(String),
}

macro_rules! catalogue {
    (facts { $( $fact:ident($payload:ty) = $fname:literal ),* $(,)? } others { $( $other:ident($opayload:ty) = $oname:literal ),* $(,)? }) => {
        /// What an event says, by type.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant is documented at its payload")]
        pub enum Data {
            $( $fact(Fact<$payload>), )*
            $( $other($opayload), )*
            /// A type that this version does not know: kept, counted, without effect.
            Unknown(Box<str>),
        }

        impl Data {
            /// The types of the catalogue: first those that fulfil a row, then all others.
            pub const TYPES: &'static [&'static str] = &[ $( $fname, )* $( $oname, )* ];

            /// The type's name, as in the envelope.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    $( Self::$fact(_) => $fname, )*
                    $( Self::$other(_) => $oname, )*
                    Self::Unknown(name) => name,
                }
            }

            /// Whether it is the act that a row asks for.
            #[must_use]
            pub fn is_fact(&self) -> bool {
                match self {
                    $( Self::$fact(_) => true, )*
                    $( Self::$other(_) => false, )*
                    Self::Unknown(_) => false,
                }
            }

            /// Whether a type's name is that of a fact.
            #[must_use]
            pub fn names_fact(name: &str) -> bool {
                matches!(name, $( $fname )|*)
            }

            fn decode(name: &str, raw: &RawValue) -> Result<Self, serde_json::Error> {
                Ok(match name {
                    $( $fname => Self::$fact(serde_json::from_str(raw.get())?), )*
                    $( $oname => Self::$other(serde_json::from_str(raw.get())?), )*
                    other => Self::Unknown(other.into()),
                })
            }

            /// Reads the details of a fact as a command gives them.
            ///
            /// # Errors
            /// What does not fit; `None` when no fact has that name.
            pub fn fact_from_details(
                name: &str, details: &serde_json::value::RawValue, evidence: Vec<Evidence>, comment: Option<FreeText>,
            ) -> Option<Result<Self, serde_json::Error>> {
                match name {
                    $( $fname => Some(
                        serde_json::from_str(details.get()).map(|details| Self::$fact(Fact { details, evidence, comment }))
                    ), )*
                    _ => None,
                }
            }

            /// Reads the payload of a known type that stands inside another event.
            ///
            /// # Errors
            /// What does not fit; `None` when no type has that name.
            pub fn from_payload(name: &str, payload: &Payload) -> Option<Result<Self, serde_json::Error>> {
                use serde::Deserialize as _;
                match name {
                    $( $fname => Some(Fact::deserialize(&payload.0).map(Self::$fact)), )*
                    $( $oname => Some(<$opayload>::deserialize(&payload.0).map(Self::$other)), )*
                    _ => None,
                }
            }

            /// The payload as it stands inside another event; `null` for an unknown type.
            ///
            /// # Errors
            /// Only if a payload cannot be JSON, which none of the catalogue can cause.
            pub fn to_payload(&self) -> Result<Payload, serde_json::Error> {
                Ok(Payload(match self {
                    $( Self::$fact(data) => serde_json::to_value(data)?, )*
                    $( Self::$other(data) => serde_json::to_value(data)?, )*
                    Self::Unknown(_) => serde_json::Value::Null,
                }))
            }

            /// What shows a fact; nothing for other events.
            #[must_use]
            pub fn evidence(&self) -> &[Evidence] {
                match self {
                    $( Self::$fact(fact) => &fact.evidence, )*
                    $( Self::$other(_) => &[], )*
                    Self::Unknown(_) => &[],
                }
            }

            /// The names of the fields of a fact's details; none for other events.
            #[must_use]
            pub fn details_fields(&self) -> Vec<String> {
                let json = match self {
                    $( Self::$fact(fact) => serde_json::to_value(&fact.details).ok(), )*
                    $( Self::$other(_) => None, )*
                    Self::Unknown(_) => None,
                };
                json.and_then(|json| Some(json.as_object()?.keys().cloned().collect())).unwrap_or_default()
            }

            /// JSON Schema of every payload, by type.
            #[must_use]
            pub fn schemas() -> Vec<(&'static str, Schema)> {
                vec![ $( ($fname, schema_for!(Fact<$payload>)), )* $( ($oname, schema_for!($opayload)), )* ]
            }

            /// The payload as JSON; `null` for an unknown type.
            ///
            /// # Errors
            /// Only if a payload cannot be JSON, which none of the catalogue can cause.
            pub fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error> {
                match self {
                    $( Self::$fact(data) => serde_json::value::to_raw_value(data), )*
                    $( Self::$other(data) => serde_json::value::to_raw_value(data), )*
                    Self::Unknown(_) => serde_json::value::to_raw_value(&()),
                }
            }
        }
    };
}

catalogue! {
    facts {
        OrderIssued(OrderIssued) = "order.issued",
        OrderSent(OrderSent) = "order.sent",
        PartnerAssigned(PartnerAssigned) = "partner.assigned",
        DirectionPlanSent(DirectionPlanSent) = "direction_plan.sent",
        LetterSent(LetterSent) = "letter.sent",
        SiteLinkPublished(SiteLinkPublished) = "site_link.published",
        NewsPublished(NewsPublished) = "news.published",
        ProgrammePublished(ProgrammePublished) = "programme.published",
        QuestionnaireSent(QuestionnaireSent) = "questionnaire.sent",
        SurveyAnnounced(SurveyAnnounced) = "survey.announced",
        SurveyReportSent(SurveyReportSent) = "survey.report_sent",
        DocumentPublished(DocumentPublished) = "document.published_on_site",
        ChecklistSubmitted(ChecklistSubmitted) = "checklist.submitted",
        AnalyticNoteSent(AnalyticNoteSent) = "analytic_note.sent",
        MeetingHeld(MeetingHeld) = "meeting.held",
        ProtocolSent(ProtocolSent) = "protocol.sent",
        PlanCorrected(PlanCorrected) = "plan.corrected",
        EventReportPublished(EventReportPublished) = "event_report.published",
        MethodicalDayHeld(MethodicalDayHeld) = "methodical_day.held",
        SiteAnalysed(SiteAnalysed) = "site.analysed",
        RoadmapDeveloped(RoadmapDeveloped) = "roadmap.developed",
        WorkPlanDeveloped(WorkPlanDeveloped) = "work_plan.developed",
        PartnerReleased(PartnerReleased) = "partner.released",
        SiteLinkVerified(SiteLinkVerified) = "site_link.verified",
        SiteLinkLost(SiteLinkLost) = "site_link.lost",
        ResponsesCounted(ResponsesCounted) = "survey.responses_counted",
        SurveyClosed(SurveyClosed) = "survey.closed",
        RecommendationClosed(RecommendationClosed) = "recommendation.closed",
        ActivityHeld(ActivityHeld) = "activity.held",
        MethodicalDayCancelled(MethodicalDayCancelled) = "methodical_day.cancelled",
    }
    others {
        LogOpened(LogOpened) = "log.opened",
        RegionConfigured(Box<RegionConfigured>) = "region.configured",
        OrgRegistered(OrgRegistered) = "org.registered",
        OrgTransferred(OrgTransferred) = "org.transferred",
        PlanImported(Box<PlanImported>) = "plan.imported",
        PlanActivated(PlanActivated) = "plan.activated",
        ReportAccepted(ReportAccepted) = "report.accepted",
        ReportReturned(ReportReturned) = "report.returned",
        ExcuseGranted(ExcuseGranted) = "excuse.granted",
        ScheduleSet(ScheduleSet) = "schedule.set",
        DeadlineMoved(DeadlineMoved) = "deadline.moved",
        FactCorrected(FactCorrected) = "fact.corrected",
        FactRetracted(FactRetracted) = "fact.retracted",
        ImportOpened(ImportMark) = "import.opened",
        ImportClosed(ImportMark) = "import.closed",
        ObligationAcknowledged(ObligationAcknowledged) = "obligation.acknowledged",
        ReportInterim(ReportInterim) = "report.interim",
        ReportWithdrawn(ReportWithdrawn) = "report.withdrawn",
        AcceptanceRevoked(AcceptanceRevoked) = "acceptance.revoked",
        ObligationReopened(ObligationReopened) = "obligation.reopened",
        ExtensionRequested(ExtensionRequested) = "extension.requested",
        ExtensionDeclined(ExtensionDeclined) = "extension.declined",
        ExcuseRequested(ExcuseRequested) = "excuse.requested",
        ExcuseDeclined(ExcuseDeclined) = "excuse.declined",
        ExcuseRevoked(ExcuseRevoked) = "excuse.revoked",
        ObligationReassigned(ObligationReassigned) = "obligation.reassigned",
        ReassignmentProposed(ReassignmentProposed) = "reassignment.proposed",
        CoAdded(CoAdded) = "co.added",
        CoRemoved(CoRemoved) = "co.removed",
        CoReported(CoReported) = "co.reported",
        ObligationDelegated(ObligationDelegated) = "obligation.delegated",
        DelegationEnded(DelegationEnded) = "obligation.delegation_ended",
        EvidenceAttached(EvidenceAttached) = "evidence.attached",
        EvidenceRejected(EvidenceRejected) = "evidence.rejected",
        ReminderSent(ReminderSent) = "reminder.sent",
        DeadlinePassedNoticed(DeadlinePassedNoticed) = "deadline.passed_noticed",
        EscalationRaised(EscalationRaised) = "escalation.raised",
        ProposalMade(Box<ProposalMade>) = "proposal.made",
        ProposalConfirmed(ProposalConfirmed) = "proposal.confirmed",
        ProposalDeclined(ProposalDeclined) = "proposal.declined",
        AuthorityGranted(Box<AuthorityGranted>) = "authority.granted",
        AuthorityRevoked(AuthorityRevoked) = "authority.revoked",
        CoordinatorAppointed(CoordinatorAppointed) = "coordinator.appointed",
        PlanApproved(PlanApproved) = "plan.approved",
        AnomalyResolved(AnomalyResolved) = "plan.anomaly_resolved",
        PlanAmended(PlanAmended) = "plan.amended",
        PlanClosed(PlanClosed) = "plan.closed",
        SchoolEnrolled(Box<SchoolEnrolled>) = "school.enrolled",
        SchoolWithdrawn(SchoolWithdrawn) = "school.withdrawn",
        ClassOpened(ClassOpened) = "class.opened",
        ChecklistApproved(ChecklistApproved) = "checklist.approved",
        MonitoringOpened(MonitoringOpened) = "monitoring.opened",
        PeriodClosed(PeriodClosed) = "period.closed",
        PeriodReopened(PeriodReopened) = "period.reopened",
        IndicatorDefined(Box<IndicatorDefined>) = "indicator.defined",
        TargetSet(TargetSet) = "indicator.target_set",
        SnapshotTaken(SnapshotTaken) = "indicator.snapshot_taken",
        BulkRecorded(Box<BulkRecorded>) = "bulk.recorded",
        BulkRetracted(BulkRetracted) = "bulk.retracted",
        BulkOpened(BulkOpened) = "bulk.opened",
        BulkClosed(BulkClosed) = "bulk.closed",
    }
}

/// Which command an event came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The command's key.
    pub command: CommandId,
    /// SHA-256 of the command's name and body, hexadecimal.
    pub sha256: String,
    /// Who sent it.
    pub person: PersonCode,
    /// In which role.
    pub role: Role,
    /// For whom, and under which grant, where a substitute acted.
    pub behalf: Option<Behalf>,
    /// Position of the state it was decided from.
    pub decided_at: Seq,
    /// When an earlier system recorded it, and who loads its history.
    pub claim: Option<Claim>,
}

/// An importer's word on when an earlier system recorded an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// When.
    pub recorded_at: Timestamp,
    /// Who loads the history.
    pub importer: PersonCode,
}

/// An event that was decided and is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is about.
    pub target: Target,
    /// The local day that the actor claims.
    pub occurred_on: Date,
    /// What happened.
    pub data: Data,
}

/// An event as JSON, with the borrowed texts of its bytes: what replay reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope<'a> {
    specversion: Cow<'a, str>,
    /// The event's id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Its type.
    #[serde(rename = "type", borrow)]
    pub event_type: Cow<'a, str>,
    /// `/vekha`, the system that wrote it.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// What it is about: see [`Target::name`].
    #[serde(borrow)]
    pub subject: Cow<'a, str>,
    /// When it was decided, by the writer's clock; `recorded_at` is the log's.
    pub time: Timestamp,
    #[serde(borrow)]
    datacontenttype: Cow<'a, str>,
    /// The local day that the actor claims.
    pub occurredon: Date,
    /// Who acted.
    #[serde(borrow)]
    pub actor: Cow<'a, str>,
    /// In which role.
    pub actorrole: Role,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onbehalfof: Option<Cow<'a, str>>,
    /// Under which grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grantid: Option<Cow<'a, str>>,
    /// The command's key.
    #[serde(borrow)]
    pub commandid: Cow<'a, str>,
    /// SHA-256 of the command.
    #[serde(borrow)]
    pub commandsha256: Cow<'a, str>,
    /// Which of the command's events this is, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub commandpart: u16,
    /// Position of the state it was decided from.
    pub decidedat: u64,
    /// When an earlier system recorded it: counts between `import.opened` and `import.closed` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimedat: Option<Timestamp>,
    /// Who loaded that system's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importedby: Option<Cow<'a, str>>,
    /// Readers that do not know the type must stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mustunderstand: bool,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(n: &u16) -> bool {
    *n == 0
}

impl<'a> Envelope<'a> {
    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`DecodeError::Envelope`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let envelope: Self = serde_json::from_slice(bytes).map_err(DecodeError::Envelope)?;
        if envelope.specversion == "1.0" {
            Ok(envelope)
        } else {
            let version = &envelope.specversion;
            Err(DecodeError::Envelope(serde::de::Error::custom(format!("specversion {version}, expected 1.0"))))
        }
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// [`DecodeError`]: a known type of another shape, or an unknown one that must be understood.
    pub fn data(&self) -> Result<Data, DecodeError> {
        let data = Data::decode(&self.event_type, self.data)
            .map_err(|source| DecodeError::Payload { event_type: self.event_type.clone().into_owned(), source })?;
        match data {
            Data::Unknown(name) if self.mustunderstand => Err(DecodeError::MustUnderstand(name.into())),
            data => Ok(data),
        }
    }

    /// The payload as JSON text.
    #[must_use]
    pub fn data_json(&self) -> &str {
        self.data.get()
    }

    /// The obligation that it is about, if it is about one.
    #[must_use]
    pub fn obligation(&self) -> Option<ObligationId> {
        self.subject.parse().ok()
    }
}

impl Event {
    /// Whether it must be the first on its subject: it brings a new code, or names its own subject.
    #[must_use]
    pub fn is_first_on_subject(&self) -> bool {
        matches!(
            self.data,
            Data::OrgRegistered(_)
                | Data::PlanImported(_)
                | Data::PlanActivated(_)
                | Data::AuthorityGranted(_)
                | Data::ChecklistApproved(_)
                | Data::MonitoringOpened(_)
                | Data::ClassOpened(_)
                | Data::IndicatorDefined(_)
        ) || matches!(self.target, Target::Bulk(_))
    }

    /// Writes the bytes that are stored: the event's id and its JSON.
    ///
    /// `part` counts the events of one command from 0; `time` is the writer's clock.
    ///
    /// # Errors
    /// Only if a payload cannot be JSON, which no payload of the catalogue can cause.
    pub fn encode(&self, cause: &Cause, part: u16, time: Timestamp) -> Result<(EventId, Vec<u8>), serde_json::Error> {
        let event_id = cause.command.event_id(&cause.person, part);
        let id = event_id.to_string();
        let subject = self.target.name(event_id);
        let data = self.data.to_json()?;
        let envelope = Envelope {
            specversion: "1.0".into(),
            id: Cow::Borrowed(&id),
            event_type: self.data.type_name().into(),
            source: "/vekha".into(),
            subject: Cow::Borrowed(&subject),
            time,
            datacontenttype: "application/json".into(),
            occurredon: self.occurred_on,
            actor: cause.person.as_str().into(),
            actorrole: cause.role,
            onbehalfof: cause.behalf.as_ref().map(|behalf| behalf.person.as_str().into()),
            grantid: cause.behalf.as_ref().map(|behalf| behalf.grant.as_str().into()),
            commandid: cause.command.as_str().into(),
            commandsha256: Cow::Borrowed(&cause.sha256),
            commandpart: part,
            decidedat: cause.decided_at.get(),
            claimedat: cause.claim.as_ref().map(|claim| claim.recorded_at),
            importedby: cause.claim.as_ref().map(|claim| claim.importer.as_str().into()),
            mustunderstand: false,
            data: &data,
        };
        let bytes = serde_json::to_vec(&envelope)?;
        Ok((event_id, bytes))
    }
}
