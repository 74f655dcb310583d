//! Who answers for an obligation, and who acts for whom.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FreeText;
use crate::actor::{Role, Scope};
use crate::id::{EntityCode, MunicipalityCode, OrgCode, PersonCode};
use crate::plan::Holder;

details! {
    /// `obligation.reassigned`: the issuer named another holder.
    ObligationReassigned {
        /// Who answers now.
        holder: Holder,
        /// The document behind it.
        basis: String,
    }
    /// `reassignment.proposed`: the holder asks the issuer to name another.
    ReassignmentProposed {
        /// Who should answer.
        holder: Holder,
        /// Why.
        reason: FreeText,
    }
    /// `co.added`: somebody gives a part to the holder (соисполнитель).
    CoAdded {
        /// Who.
        who: Holder,
        /// Their own last day: the first half of the term unless another was named.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] due: Option<Date>,
    }
    /// `co.removed`.
    CoRemoved {
        /// Who.
        who: Holder,
        /// Why.
        reason: FreeText,
    }
    /// `co.reported`: a co-executor gave their part.
    CoReported {
        /// Who.
        who: Holder,
        /// What.
        text: FreeText,
    }
    /// `obligation.delegated`: for some days somebody else may act as the holder of this obligation.
    ObligationDelegated {
        /// Who.
        to: PersonCode,
        /// First day.
        #[schemars(with = "String")] from: Date,
        /// Last day.
        #[schemars(with = "String")] until: Date,
        /// The document behind it.
        basis: String,
    }
    /// `obligation.delegation_ended`.
    DelegationEnded {
        /// Whose delegation.
        to: PersonCode,
        /// Why.
        reason: FreeText,
    }
    /// `authority.granted` (замещение): a person acts for another, in their role and territory.
    AuthorityGranted {
        /// Names the grant; acts under it carry it.
        grant: EntityCode,
        /// Who lends the authority.
        from: PersonCode,
        /// Who acts.
        to: PersonCode,
        /// In which role.
        role: Role,
        /// Over which part of the world; never more than the lender's own.
        scope: Scope,
        /// Which acts, by their commands' names; all of the role's without any.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")] acts: BTreeSet<String>,
        /// First day.
        #[schemars(with = "String")] valid_from: Date,
        /// Last day.
        #[schemars(with = "String")] valid_to: Date,
        /// The document behind it.
        basis: String,
    }
    /// `authority.revoked`.
    AuthorityRevoked {
        /// The grant.
        grant: EntityCode,
        /// Why.
        reason: FreeText,
    }
    /// `coordinator.appointed` (1.1).
    CoordinatorAppointed {
        /// Who.
        person: PersonCode,
        /// Of a municipality; of the whole region without one.
        #[serde(default, skip_serializing_if = "Option::is_none")] municipality: Option<MunicipalityCode>,
        /// The organisation that they work for, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")] org: Option<OrgCode>,
        /// The order behind it.
        basis: String,
    }
}
