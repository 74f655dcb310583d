//! Who acts: persons, roles and the part of the world they may touch.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{EntityCode, MunicipalityCode, OrgCode, PersonCode};

/// What a person is to the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Staff of the ministry: plans, excuses, deadlines; sees the whole region.
    Ministry,
    /// Controls a territory: accepts, returns, records on behalf.
    Coordinator,
    /// Head of a school: submits for the own school.
    School,
    /// Reads everything, corrects and retracts facts that proved false.
    Auditor,
    /// Reads figures for dashboards; no names, no acts.
    Bi,
    /// Runs the service: registry and settings; no acts on obligations.
    Admin,
    /// Loads an earlier system's history, and may claim when it was recorded.
    Importer,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] =
        [Self::Ministry, Self::Coordinator, Self::School, Self::Auditor, Self::Bi, Self::Admin, Self::Importer];

    /// The role's name in events, tokens and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ministry => "ministry",
            Self::Coordinator => "coordinator",
            Self::School => "school",
            Self::Auditor => "auditor",
            Self::Bi => "bi",
            Self::Admin => "admin",
            Self::Importer => "importer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a role: expected ministry, coordinator, school, auditor, bi, admin or importer")]
pub struct BadRole(String);

impl FromStr for Role {
    type Err = BadRole;
    fn from_str(raw: &str) -> Result<Self, BadRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == raw).ok_or_else(|| BadRole(raw.chars().take(40).collect()))
    }
}

/// The part of the world that a person may touch and see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything in the log.
    All,
    /// The schools of one municipality.
    Municipality(MunicipalityCode),
    /// One school or authority.
    Org(OrgCode),
}

impl Scope {
    /// Whether an organisation lies within it.
    #[must_use]
    pub fn covers(&self, org: &OrgCode, municipality: Option<&MunicipalityCode>) -> bool {
        match self {
            Self::All => true,
            Self::Municipality(own) => municipality == Some(own),
            Self::Org(own) => own == org,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("everything"),
            Self::Municipality(code) => write!(f, "municipality {code}"),
            Self::Org(code) => write!(f, "organisation {code}"),
        }
    }
}

/// The person behind a command, as authentication found them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub person: PersonCode,
    /// In which role.
    pub role: Role,
    /// Over which part of the world.
    pub scope: Scope,
    /// For whom, where they act under a grant: role and scope are then those of the grant.
    #[serde(skip)]
    pub behalf: Option<Behalf>,
}

/// Whom a substitute acts for, and why they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behalf {
    /// Whom.
    pub person: PersonCode,
    /// The grant.
    pub grant: EntityCode,
}

impl Actor {
    /// Somebody who acts for themselves.
    #[must_use]
    pub fn new(person: PersonCode, role: Role, scope: Scope) -> Self {
        Self { person, role, scope, behalf: None }
    }

    /// Whether a person is this actor, or the one whom they act for.
    #[must_use]
    pub fn is(&self, person: &PersonCode) -> bool {
        self.person == *person || self.behalf.as_ref().is_some_and(|behalf| behalf.person == *person)
    }
}
