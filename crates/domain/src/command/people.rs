//! Bodies of acts on who answers, who stands in and who confirms.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Scope;
use crate::id::{EntityCode, ObligationId, PersonCode};
use crate::payload::FreeText;
use crate::plan::Holder;

bodies! {
    /// `reassign`.
    Reassign {
        /// Which obligation.
        obligation: ObligationId,
        /// Who answers from now on.
        holder: Holder,
        /// The document behind it.
        basis: String,
    }
    /// `propose-reassignment`.
    ProposeReassignment {
        /// Which obligation.
        obligation: ObligationId,
        /// Who should answer.
        holder: Holder,
        /// Why.
        reason: FreeText,
    }
    /// `add-co-executor`.
    AddCo {
        /// Which obligation.
        obligation: ObligationId,
        /// Who gives a part.
        who: Holder,
        /// Their own last day; without one, the end of the first half of the term.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] due: Option<Date>,
    }
    /// `remove-co-executor`.
    RemoveCo {
        /// Which obligation.
        obligation: ObligationId,
        /// Whose part is not needed.
        who: Holder,
        /// Why.
        reason: FreeText,
    }
    /// `report-part`.
    ReportPart {
        /// Which obligation.
        obligation: ObligationId,
        /// Whose part; without one, that of the person who sends it.
        #[serde(default, skip_serializing_if = "Option::is_none")] who: Option<Holder>,
        /// What it is.
        text: FreeText,
    }
    /// `delegate`.
    Delegate {
        /// Which obligation.
        obligation: ObligationId,
        /// Who may act as the holder.
        to: PersonCode,
        /// First day; today without one.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] from: Option<Date>,
        /// Last day.
        #[schemars(with = "String")] until: Date,
        /// The document behind it.
        basis: String,
    }
    /// `end-delegation`.
    EndDelegation {
        /// Which obligation.
        obligation: ObligationId,
        /// Whose delegation.
        to: PersonCode,
        /// Why.
        reason: FreeText,
    }
    /// `confirm`.
    Confirm {
        /// Event id of the proposal.
        proposal: String,
        /// The obligation that it is about, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")] obligation: Option<ObligationId>,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
    }
    /// `decline-proposal`.
    DeclineProposal {
        /// Event id of the proposal.
        proposal: String,
        /// The obligation that it is about, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")] obligation: Option<ObligationId>,
        /// Why.
        reason: FreeText,
    }
    /// `grant-authority`.
    GrantAuthority {
        /// Names the grant.
        grant: EntityCode,
        /// Who acts.
        to: PersonCode,
        /// Over which part of the world; the lender's own without one.
        #[serde(default, skip_serializing_if = "Option::is_none")] scope: Option<Scope>,
        /// Which acts, by their commands' names; all of the role's without any.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")] acts: BTreeSet<String>,
        /// First day; today without one.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] valid_from: Option<Date>,
        /// Last day.
        #[schemars(with = "String")] valid_to: Date,
        /// The document behind it.
        basis: String,
    }
    /// `revoke-authority`.
    RevokeAuthority {
        /// The grant.
        grant: EntityCode,
        /// Why.
        reason: FreeText,
    }
}
