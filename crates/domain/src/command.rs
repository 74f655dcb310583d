//! What people ask for: commands, as their bodies come in.

macro_rules! bodies {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$fdoc:meta])* $field:ident : $ty:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $( $(#[$fdoc])* pub $field: $ty, )* }
        )*
    };
}

mod bulk;
mod life;
mod people;
mod registry;

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, schema_for};
use serde_json::value::{RawValue, to_raw_value};

pub use self::bulk::*;
pub use self::life::*;
pub use self::people::*;
pub use self::registry::*;
use crate::actor::Role;
use crate::id::ObligationId;
use crate::payload::{
    AnomalyResolved, ChecklistApproved, ClassOpened, CoordinatorAppointed, ImportMark, IndicatorDefined,
    MonitoringOpened, OrgTransferred, PeriodClosed, PeriodReopened, PlanAmended, PlanApproved, PlanClosed,
    SchoolWithdrawn, TargetSet,
};

macro_rules! acts {
    (
        obligation { $( $(#[$odoc:meta])* $oact:ident($obody:ty) = $oname:literal, $oru:literal; )* }
        perhaps { $( $(#[$pdoc:meta])* $pact:ident($pbody:ty) = $pname:literal, $pru:literal; )* }
        registry { $( $(#[$rdoc:meta])* $ract:ident($rbody:ty) = $rname:literal, $rru:literal; )* }
        bulk { $( $(#[$bdoc:meta])* $bact:ident($bbody:ty) = $bname:literal, $bru:literal; )* }
    ) => {
        acts! { @all
            $( $(#[$odoc])* $oact($obody) = $oname, $oru; )* $( $(#[$pdoc])* $pact($pbody) = $pname, $pru; )*
            $( $(#[$rdoc])* $ract($rbody) = $rname, $rru; )* $( $(#[$bdoc])* $bact($bbody) = $bname, $bru; )*
        }

        impl Act {
            /// Whether it is always about one obligation.
            #[must_use]
            pub fn is_about_obligation(self) -> bool {
                matches!(self, $( Self::$oact )|*)
            }

            /// Whether it is about many obligations at once.
            #[must_use]
            pub fn is_bulk(self) -> bool {
                matches!(self, $( Self::$bact )|*)
            }
        }

        impl Command {
            /// The obligation that it is about, if it is about one.
            #[must_use]
            pub fn obligation(&self) -> Option<&ObligationId> {
                match self {
                    $( Self::$oact(body) => Some(&body.obligation), )*
                    $( Self::$pact(body) => body.obligation.as_ref(), )*
                    $( Self::$ract(_) )|* | $( Self::$bact(_) )|* => None,
                }
            }
        }
    };
    (@all $( $(#[$doc:meta])* $act:ident($body:ty) = $name:literal, $ru:literal; )*) => {
        /// The name of a command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Act { $( $(#[$doc])* $act ),* }

        impl Act {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$act ),* ];

            /// The name in paths and answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$act => $name ),* }
            }

            /// What a Russian reader calls it.
            #[must_use]
            pub fn name_ru(self) -> &'static str {
                match self { $( Self::$act => $ru ),* }
            }

            /// The act of a name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $( $name => Some(Self::$act), )* _ => None }
            }

            /// JSON Schema of every body, by name; each stands alone.
            #[must_use]
            pub fn schemas() -> Vec<(&'static str, Schema)> {
                vec![ $( ($name, schema_for!($body)), )* ]
            }

            /// JSON Schema of its body; what bodies share goes to the generator.
            pub fn body_schema(self, generator: &mut SchemaGenerator) -> Schema {
                match self { $( Self::$act => of::<$body>(generator) ),* }
            }
        }

        /// A command, its body read.
        #[derive(Clone, Debug)]
        #[expect(missing_docs, reason = "each variant is documented at its act")]
        pub enum Command { $( $act($body) ),* }

        impl Command {
            /// Reads the body of an act.
            ///
            /// # Errors
            /// What does not fit the act's body.
            pub fn read(act: Act, body: &[u8]) -> Result<Self, serde_json::Error> {
                Ok(match act { $( Act::$act => Self::$act(serde_json::from_slice(body)?), )* })
            }

            /// Which act it is.
            #[must_use]
            pub fn act(&self) -> Act {
                match self { $( Self::$act(_) => Act::$act ),* }
            }

            /// Its body as it would come over the wire.
            ///
            /// # Errors
            /// Only if a body cannot be JSON, which none can cause.
            pub fn body(&self) -> Result<Box<RawValue>, serde_json::Error> {
                match self { $( Self::$act(body) => to_raw_value(body) ),* }
            }
        }
    };
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

acts! {
    obligation {
        /// Report the act that a row asks for.
    Submit(Submit) = "submit", "сдать";
        /// Take one's own report back before anybody decided.
    Withdraw(Withdraw) = "withdraw", "отозвать отчёт";
        /// Take a report off control.
    Accept(Accept) = "accept", "принять";
        /// Send a report back.
    Return(Return) = "return", "вернуть на доработку";
        /// Put an accepted obligation under control again.
    Reopen(Reopen) = "reopen", "вернуть на контроль";
        /// Say that one knows of an obligation.
    Acknowledge(Acknowledge) = "acknowledge", "ознакомиться";
        /// Say how far an obligation is.
    ReportInterim(InterimReport) = "report-interim", "сообщить о ходе";
        /// Ask for a later deadline.
    RequestExtension(RequestExtension) = "request-extension", "просить о переносе срока";
        /// Refuse a later deadline.
    DeclineExtension(WithReason) = "decline-extension", "отказать в переносе срока";
        /// Move a deadline.
    MoveDeadline(MoveDeadline) = "move-deadline", "перенести срок";
        /// Ask to be released.
    RequestExcuse(Excuse) = "request-excuse", "просить об освобождении";
        /// Refuse to release.
    DeclineExcuse(WithReason) = "decline-excuse", "отказать в освобождении";
        /// Release from an obligation.
    Excuse(Excuse) = "excuse", "освободить";
        /// Take a release back.
    RevokeExcuse(WithReason) = "revoke-excuse", "отменить освобождение";
        /// Give a row without a date its date.
    Schedule(Schedule) = "schedule", "назначить срок";
        /// Name another holder.
    Reassign(Reassign) = "reassign", "сменить исполнителя";
        /// Ask for another holder.
    ProposeReassignment(ProposeReassignment) = "propose-reassignment", "предложить другого исполнителя";
        /// Add a co-executor.
    AddCo(AddCo) = "add-co-executor", "добавить соисполнителя";
        /// Remove a co-executor.
    RemoveCo(RemoveCo) = "remove-co-executor", "убрать соисполнителя";
        /// Give one's part as a co-executor.
    ReportPart(ReportPart) = "report-part", "сдать свою часть";
        /// Let somebody act as the holder for some days.
    Delegate(Delegate) = "delegate", "поручить другому";
        /// End a delegation.
    EndDelegation(EndDelegation) = "end-delegation", "прекратить поручение";
        /// Record a fact that accompanies the row's.
    NoteFact(NoteFact) = "note-fact", "записать сопутствующий факт";
        /// Add evidence to a fact.
    AttachEvidence(AttachEvidence) = "attach-evidence", "приложить подтверждение";
        /// Find that evidence shows nothing.
    RejectEvidence(RejectEvidence) = "reject-evidence", "отклонить подтверждение";
        /// Correct the content of a fact.
    Correct(Correct) = "correct", "исправить";
        /// Take back a fact that never happened.
    Retract(Retract) = "retract", "отозвать факт";
        /// Tell the holder of a deadline.
    Remind(Remind) = "remind", "напомнить";
        /// Notice that a deadline passed.
    NoticeDeadline(NoticeDeadline) = "notice-deadline", "отметить прошедший срок";
        /// Tell somebody above.
    Escalate(Escalate) = "escalate", "сообщить выше";
    }
    perhaps {
        /// Confirm an act that needs a second person.
    Confirm(Confirm) = "confirm", "подтвердить вторым лицом";
        /// Refuse an act that needs a second person.
    DeclineProposal(DeclineProposal) = "decline-proposal", "отклонить предложение";
    }
    registry {
        /// Set the rules of a region.
    ConfigureRegion(Box<ConfigureRegion>) = "configure-region", "настроить регион";
        /// Enter schools and authorities into the registry.
    RegisterOrganisations(RegisterOrganisations) = "register-organisations", "зарегистрировать организации";
        /// Let an organisation belong to another municipality.
    TransferOrg(OrgTransferred) = "transfer-org", "передать организацию в другой муниципалитет";
        /// Bring a plan document in.
    ImportPlan(Box<ImportPlan>) = "import-plan", "загрузить план";
        /// Note the order that approved a plan.
    ApprovePlan(PlanApproved) = "approve-plan", "утвердить план";
        /// Settle what the importer found odd.
    ResolveAnomaly(AnomalyResolved) = "resolve-anomaly", "разрешить неясность плана";
        /// Turn a plan into obligations.
    ActivatePlan(ActivatePlan) = "activate-plan", "ввести план в действие";
        /// Move or remove rows of a plan in force.
    AmendPlan(PlanAmended) = "amend-plan", "изменить план";
        /// End a plan.
    ClosePlan(PlanClosed) = "close-plan", "закрыть план";
        /// Let a school join a plan in force.
    EnrolSchool(EnrolSchool) = "enrol-school", "включить школу";
        /// Let a school leave a plan.
    WithdrawSchool(SchoolWithdrawn) = "withdraw-school", "исключить школу";
        /// Appoint a coordinator.
    AppointCoordinator(CoordinatorAppointed) = "appoint-coordinator", "назначить координатора";
        /// Open a specialised class.
    OpenClass(ClassOpened) = "open-class", "открыть класс";
        /// Approve a version of a checklist.
    ApproveChecklist(ChecklistApproved) = "approve-checklist", "утвердить чек-лист";
        /// Open a wave of monitoring.
    OpenMonitoring(MonitoringOpened) = "open-monitoring", "открыть мониторинг";
        /// Report the figures of a period as they stand.
    ClosePeriod(PeriodClosed) = "close-period", "закрыть период";
        /// Open a closed period again.
    ReopenPeriod(PeriodReopened) = "reopen-period", "открыть период снова";
        /// Define a version of an indicator.
    DefineIndicator(Box<IndicatorDefined>) = "define-indicator", "определить показатель";
        /// Set what is to be reached, and how much it weighs.
    SetTarget(TargetSet) = "set-target", "установить целевое значение";
        /// Let a person act for another.
    GrantAuthority(GrantAuthority) = "grant-authority", "передать полномочия";
        /// End a grant of authority.
    RevokeAuthority(RevokeAuthority) = "revoke-authority", "отозвать полномочия";
        /// Begin to load an earlier system's history.
    OpenImport(ImportMark) = "open-import", "начать загрузку истории";
        /// End the load.
    CloseImport(ImportMark) = "close-import", "завершить загрузку истории";
    }
    bulk {
        /// Record one fact for all schools of a scope.
    RecordForAll(RecordForAll) = "record-for-all", "записать для всех";
        /// Do one act on many obligations.
    ApplyToMany(ApplyToMany) = "apply-to-many", "выполнить для многих";
        /// Take a bulk command back.
    Undo(Undo) = "undo", "отменить массовое действие";
    }
}

impl Act {
    /// Whether a role may ever do it; territory and phase are looked at later.
    #[must_use]
    pub fn is_open_to(self, role: Role) -> bool {
        use Role::{Admin, Auditor, Coordinator, Importer, Ministry, School};
        let roles: &[Role] = match self {
            Self::Submit
            | Self::Withdraw
            | Self::Schedule
            | Self::Acknowledge
            | Self::ReportInterim
            | Self::RequestExtension
            | Self::RequestExcuse
            | Self::ProposeReassignment
            | Self::ReportPart
            | Self::Delegate
            | Self::EndDelegation
            | Self::NoteFact
            | Self::AttachEvidence
            | Self::GrantAuthority
            | Self::RevokeAuthority => &[School, Ministry, Coordinator],
            Self::Accept | Self::Return | Self::RejectEvidence | Self::Confirm | Self::Remind | Self::RecordForAll => {
                &[Ministry, Coordinator]
            }
            // Its author may take it back, whoever that is.
            Self::DeclineProposal | Self::Correct | Self::Retract => &[Auditor, School, Ministry, Coordinator],
            Self::Reopen => &[Ministry, Coordinator, Auditor],
            Self::Excuse
            | Self::DeclineExcuse
            | Self::RevokeExcuse
            | Self::MoveDeadline
            | Self::DeclineExtension
            | Self::Reassign
            | Self::AddCo
            | Self::RemoveCo
            | Self::ImportPlan
            | Self::ApprovePlan
            | Self::ResolveAnomaly
            | Self::ActivatePlan
            | Self::AmendPlan
            | Self::ClosePlan
            | Self::EnrolSchool
            | Self::WithdrawSchool
            | Self::AppointCoordinator
            | Self::OpenClass
            | Self::OpenMonitoring
            | Self::ApproveChecklist
            | Self::ClosePeriod
            | Self::ReopenPeriod => &[Ministry],
            Self::ApplyToMany | Self::Undo | Self::NoticeDeadline | Self::Escalate => &[Ministry, Coordinator, Admin],
            Self::ConfigureRegion
            | Self::RegisterOrganisations
            | Self::TransferOrg
            | Self::DefineIndicator
            | Self::SetTarget => &[Ministry, Admin],
            Self::OpenImport | Self::CloseImport => &[Importer],
        };
        roles.contains(&role)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
