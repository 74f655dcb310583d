//! What people ask for: commands, as their bodies come in.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::actor::Role;
use crate::id::{ObligationId, OrgCode, PlanCode, RegionCode};
use crate::payload::{
    AuthorityRef, ChecklistItem, Evidence, ExcuseReason, FreeText, ImportMark, OrgRegistered, ReturnReason,
};
use crate::plan::Plan;
use crate::region::RegionRules;

macro_rules! acts {
    ($( $(#[$doc:meta])* $act:ident = $name:literal, $ru:literal; )*) => {
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
        }
    };
}

acts! {
    /// Report the act that a row asks for.
    Submit = "submit", "сдать";
    /// Take a report off control.
    Accept = "accept", "принять";
    /// Send a report back.
    Return = "return", "вернуть на доработку";
    /// Release from an obligation.
    Excuse = "excuse", "освободить";
    /// Give a row without a date its date.
    Schedule = "schedule", "назначить срок";
    /// Move a deadline.
    MoveDeadline = "move-deadline", "перенести срок";
    /// Correct the content of a fact.
    Correct = "correct", "исправить";
    /// Take back a fact that never happened.
    Retract = "retract", "отозвать факт";
    /// Set the rules of a region.
    ConfigureRegion = "configure-region", "настроить регион";
    /// Enter schools and authorities into the registry.
    RegisterOrganisations = "register-organisations", "зарегистрировать организации";
    /// Bring a plan document in.
    ImportPlan = "import-plan", "загрузить план";
    /// Turn a plan into obligations.
    ActivatePlan = "activate-plan", "ввести план в действие";
    /// Begin to load an earlier system's history.
    OpenImport = "open-import", "начать загрузку истории";
    /// End the load.
    CloseImport = "close-import", "завершить загрузку истории";
}

impl Act {
    /// Whether a role may ever do it; territory and phase are looked at later.
    #[must_use]
    pub fn is_open_to(self, role: Role) -> bool {
        match self {
            Self::Submit | Self::Schedule => matches!(role, Role::School | Role::Ministry | Role::Coordinator),
            Self::Accept | Self::Return => matches!(role, Role::Ministry | Role::Coordinator),
            Self::Excuse | Self::MoveDeadline | Self::ImportPlan | Self::ActivatePlan => role == Role::Ministry,
            Self::Correct | Self::Retract => {
                matches!(role, Role::Auditor | Role::School | Role::Ministry | Role::Coordinator)
            }
            Self::ConfigureRegion | Self::RegisterOrganisations => matches!(role, Role::Ministry | Role::Admin),
            Self::OpenImport | Self::CloseImport => role == Role::Importer,
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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
    }
    /// `schedule`.
    Schedule {
        /// Which obligation.
        obligation: ObligationId,
        /// Its last day.
        #[schemars(with = "String")] due: Date,
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
}

/// A command, its body read.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each variant is documented at its body")]
pub enum Command {
    Submit(Submit),
    Accept(Accept),
    Return(Return),
    Excuse(Excuse),
    Schedule(Schedule),
    MoveDeadline(MoveDeadline),
    Correct(Correct),
    Retract(Retract),
    ConfigureRegion(Box<ConfigureRegion>),
    RegisterOrganisations(RegisterOrganisations),
    ImportPlan(Box<ImportPlan>),
    ActivatePlan(ActivatePlan),
    OpenImport(ImportMark),
    CloseImport(ImportMark),
}

impl Command {
    /// Reads the body of an act.
    ///
    /// # Errors
    /// What does not fit the act's body.
    pub fn read(act: Act, body: &[u8]) -> Result<Self, serde_json::Error> {
        use serde_json::from_slice as json;
        Ok(match act {
            Act::Submit => Self::Submit(json(body)?),
            Act::Accept => Self::Accept(json(body)?),
            Act::Return => Self::Return(json(body)?),
            Act::Excuse => Self::Excuse(json(body)?),
            Act::Schedule => Self::Schedule(json(body)?),
            Act::MoveDeadline => Self::MoveDeadline(json(body)?),
            Act::Correct => Self::Correct(json(body)?),
            Act::Retract => Self::Retract(json(body)?),
            Act::ConfigureRegion => Self::ConfigureRegion(json(body)?),
            Act::RegisterOrganisations => Self::RegisterOrganisations(json(body)?),
            Act::ImportPlan => Self::ImportPlan(json(body)?),
            Act::ActivatePlan => Self::ActivatePlan(json(body)?),
            Act::OpenImport => Self::OpenImport(json(body)?),
            Act::CloseImport => Self::CloseImport(json(body)?),
        })
    }

    /// Which act it is.
    #[must_use]
    pub fn act(&self) -> Act {
        match self {
            Self::Submit(_) => Act::Submit,
            Self::Accept(_) => Act::Accept,
            Self::Return(_) => Act::Return,
            Self::Excuse(_) => Act::Excuse,
            Self::Schedule(_) => Act::Schedule,
            Self::MoveDeadline(_) => Act::MoveDeadline,
            Self::Correct(_) => Act::Correct,
            Self::Retract(_) => Act::Retract,
            Self::ConfigureRegion(_) => Act::ConfigureRegion,
            Self::RegisterOrganisations(_) => Act::RegisterOrganisations,
            Self::ImportPlan(_) => Act::ImportPlan,
            Self::ActivatePlan(_) => Act::ActivatePlan,
            Self::OpenImport(_) => Act::OpenImport,
            Self::CloseImport(_) => Act::CloseImport,
        }
    }

    /// The obligation that it is about, if it is about one.
    #[must_use]
    pub fn obligation(&self) -> Option<&ObligationId> {
        match self {
            Self::Submit(c) => Some(&c.obligation),
            Self::Accept(c) => Some(&c.obligation),
            Self::Return(c) => Some(&c.obligation),
            Self::Excuse(c) => Some(&c.obligation),
            Self::Schedule(c) => Some(&c.obligation),
            Self::MoveDeadline(c) => Some(&c.obligation),
            Self::Correct(c) => Some(&c.obligation),
            Self::Retract(c) => Some(&c.obligation),
            Self::ConfigureRegion(_)
            | Self::RegisterOrganisations(_)
            | Self::ImportPlan(_)
            | Self::ActivatePlan(_)
            | Self::OpenImport(_)
            | Self::CloseImport(_) => None,
        }
    }
}
