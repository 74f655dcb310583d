//! What the log holds under the key of a command on many.

use std::collections::{BTreeMap, HashMap};

use domain::event::{Data, EventId};
use domain::id::{ObligationId, Seq};
use domain::payload::{BulkClosed, BulkRefused};

use crate::error::SubmitError;
use crate::gate::Gate;
use crate::history::{fetch, of_many, read};
use crate::request::Request;

/// What the log holds of a command on many.
#[derive(Default)]
pub(super) struct Logged {
    pub(super) opened: Option<(Seq, Vec<ObligationId>)>,
    pub(super) closed: Option<(Seq, BulkClosed)>,
    /// The events between the two, by their parts: position and type.
    pub(super) parts: BTreeMap<u16, (Seq, String)>,
}

impl Logged {
    /// What was not changed, and why, by obligation.
    pub(super) fn refused(&self) -> HashMap<&ObligationId, &BulkRefused> {
        let refused = self.closed.iter().flat_map(|(_, closed)| &closed.refused);
        refused.map(|refused| (&refused.obligation, refused)).collect()
    }
}

impl Gate {
    /// What the log holds of a command on many, as far as this process sees it.
    ///
    /// # Errors
    /// [`SubmitError::KeyReused`]: the key belongs to another command.
    pub(super) async fn logged(&self, request: &Request, sha256: &str) -> Result<Logged, SubmitError> {
        let fingerprint = request.key.fingerprint(&request.actor.person);
        let seqs = self.replica.read(|state| of_many(state, fingerprint));
        let mut logged = Logged::default();
        for record in fetch(&self.journal, &seqs).await? {
            let envelope = read(&record)?;
            if envelope.commandid != request.key.as_str() || envelope.actor != request.actor.person.as_str() {
                continue;
            }
            if envelope.commandsha256 != sha256 {
                return Err(SubmitError::KeyReused);
            }
            let inside = |error: &dyn std::fmt::Display| SubmitError::Inside { reason: error.to_string() };
            match envelope.data().map_err(|error| inside(&error))? {
                Data::BulkOpened(opened) => logged.opened = Some((record.seq, opened.obligations)),
                Data::BulkClosed(closed) => logged.closed = Some((record.seq, closed)),
                data => {
                    debug_assert!(envelope.id.parse::<EventId>().is_ok(), "the log holds events of ours only");
                    logged.parts.insert(envelope.commandpart, (record.seq, data.type_name().to_owned()));
                }
            }
        }
        Ok(logged)
    }
}
