//! One act from request to receipt: permission, decision, append, and the wait until it is visible.
//!
//! [`Gate::submit`] carries one command, [`Gate::load`] an earlier system's history. This crate speaks no
//! HTTP, never changes the register itself, and decides only from what the projector made of the log.

mod body;
mod error;
mod gate;
mod history;
mod load;
mod request;
mod settled;

use domain::actor::Role;
use domain::command::Act;

pub use body::fingerprint_of_body;
pub use error::{Since, SubmitError};
pub use gate::{Clock, Gate, Settings};
pub use history::Told;
pub use load::{Deed, Import, LoadError, Loaded, Progress};
pub use request::{EventNote, ObligationAfter, Receipt, Request};

/// Whether a role may ever do an act; territory and phase are looked at later. Lets an edge refuse
/// before it reads a body.
#[must_use]
pub fn may_ever(role: Role, act: Act) -> bool {
    match act {
        Act::Submit | Act::Schedule => matches!(role, Role::School | Role::Ministry | Role::Coordinator),
        Act::Accept | Act::Return => matches!(role, Role::Ministry | Role::Coordinator),
        Act::Excuse | Act::MoveDeadline | Act::ImportPlan | Act::ActivatePlan => role == Role::Ministry,
        Act::Correct | Act::Retract => {
            matches!(role, Role::Auditor | Role::School | Role::Ministry | Role::Coordinator)
        }
        Act::ConfigureRegion | Act::RegisterOrganisations => matches!(role, Role::Ministry | Role::Admin),
        Act::OpenImport | Act::CloseImport => role == Role::Importer,
    }
}
