//! One act from request to receipt: permission, decision, append, and the wait until it is visible.
//!
//! [`Gate::submit`] carries one command, [`Gate::load`] an earlier system's history. This crate speaks no
//! HTTP, never changes the register itself, and decides only from what the projector made of the log.

mod appraise;
mod body;
mod error;
mod gate;
mod history;
mod load;
mod many;
mod outcome;
mod request;
mod settled;
mod standing;
mod undo;

pub use appraise::{Appraiser, Fault, NoAppraiser};
pub use body::fingerprint_of_body;
pub use error::{Since, SubmitError};
pub use gate::{Clock, Gate, Settings};
pub use history::Told;
/// What a store of evidence files is, beside the log.
pub use journal::evidence;
/// What a log's positions and records are: whoever stands before the gate sees no more of it.
pub use journal::{Epoch, Position, ReadError, Reader, Record};
pub use load::{Deed, Import, LoadError, Loaded, Progress};
pub use request::{EventNote, ItemOutcome, ObligationAfter, Receipt, Request};
