//! `GET /api/v1/digest`: one hash over the register and its values, the same after every replay.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::actor::Role;
use domain::expand::hex;
use indicators::{Board, Catalogue, ComputeError, DefinitionError, Judged};
use jiff::Timestamp;
use register::Register;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::Face;
use crate::answer::{inside, json};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Query;

/// One hash over everything that the log leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// Position of the last event.
    pub seq: u64,
    /// How many events.
    pub events: u64,
    /// SHA-256 over the register's digest and the digest of every value, hexadecimal.
    pub sha256: String,
}

/// Why there is no digest.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The values cannot be computed.
    #[error("the values cannot be computed")]
    Values(#[from] ComputeError),
    /// A definition of the log cannot be read.
    #[error("the definitions of the log cannot be read")]
    Definitions(#[from] DefinitionError),
}

/// The digest of a register and of its values at the moment of its last event: no clock is asked, so
/// the same log gives the same digest for ever.
///
/// # Errors
/// [`DigestError`]: look at the definitions of the indicators.
pub fn digest_of(register: &Register, catalogue: &Catalogue) -> Result<Digest, DigestError> {
    let as_of = register.last_recorded_at().unwrap_or(Timestamp::UNIX_EPOCH);
    let board = Board::of_register(register, Judged::at(as_of), catalogue.of(register)?)?;
    let hash = Sha256::new().chain_update(register.digest()).chain_update(board.values().digest()).finalize();
    Ok(Digest { seq: register.last_seq().get(), events: register.events(), sha256: hex(&hash) })
}

pub(crate) async fn digest(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    caller.only(&[Role::Auditor, Role::Admin])?;
    let work = move || {
        // A copy, so that the projector does not wait.
        let register = face.gate.replica().read(|state| state.register.clone());
        digest_of(&register, &face.catalogue)
    };
    let made = tokio::task::spawn_blocking(work).await.map_err(|error| inside(&error))?;
    json(&made.map_err(|error| inside(&error))?)
}
