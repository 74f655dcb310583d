//! A command that came before: the first answer again, made of the events that it led to.

use domain::event::EventId;
use domain::evolve::{Happening, evolve};
use domain::id::Seq;
use domain::obligation::{Obligation, PersonIdx};
use domain::plan::DueRule;
use jiff::Timestamp;
use journal::Record;

use crate::error::SubmitError;
use crate::gate::Gate;
use crate::history::{fetch, read};
use crate::request::{EventNote, ObligationAfter, Receipt, Request};
use crate::standing::obligation_after;

impl Gate {
    /// The first answer to a command, if the events at these positions are its; `None` when they are
    /// another command's whose fingerprint is the same by chance.
    ///
    /// # Errors
    /// [`SubmitError::KeyReused`]: the same key, another body.
    pub(crate) async fn settled(
        &self,
        request: &Request,
        sha256: &str,
        seqs: &[Seq],
    ) -> Result<Option<Receipt>, SubmitError> {
        let records = fetch(&self.journal, seqs).await?;
        let mut events = Vec::new();
        let mut at = None;
        for record in &records {
            let envelope = read(record)?;
            if envelope.commandid != request.key.as_str() || envelope.actor != request.actor.person.as_str() {
                continue;
            }
            if envelope.commandsha256 != sha256 {
                return Err(SubmitError::KeyReused);
            }
            events.push(EventNote {
                event_id: envelope.id.clone().into_owned(),
                event_type: envelope.event_type.clone().into_owned(),
                seq: Some(record.seq),
            });
            at = envelope.obligation().map(|id| (id, record.seq, envelope.time)).or(at);
        }
        if events.is_empty() {
            return Ok(None);
        }
        let obligation = match at {
            Some((id, seq, time)) => match self.replica.read(|state| state.register.find(&id)) {
                Some(ordinal) => Some(self.as_it_was(ordinal, seq, time).await?),
                None => None,
            },
            None => None,
        };
        Ok(Some(Receipt { events, obligation, dry_run: false, repeated: true, visible: true }))
    }

    /// An obligation right after one of its events.
    async fn as_it_was(&self, ordinal: u32, seq: Seq, time: Timestamp) -> Result<ObligationAfter, SubmitError> {
        let mut records = self.events_of(ordinal).await?;
        records.retain(|record| record.seq <= seq);
        let (mut obligation, acceptance) = self.replica.read(|state| {
            let (slot, share) = state.register.slot_of(ordinal);
            let mut fresh = slot.fresh();
            if matches!(share.due, DueRule::AfterDelivery { .. }) {
                // Its day came from the delivery of another obligation.
                fresh.stated_due = state.register.obligation(ordinal).stated_due;
            }
            (fresh, share.acceptance)
        });
        for record in &records {
            happen(&mut obligation, acceptance, record)?;
        }
        Ok(self.replica.read(|state| obligation_after(&state.register, ordinal, &obligation, time)))
    }
}

fn happen(
    obligation: &mut Obligation,
    acceptance: domain::plan::Acceptance,
    record: &Record,
) -> Result<(), SubmitError> {
    let envelope = read(record)?;
    let inside = |reason: String| SubmitError::Inside { reason };
    let data = envelope.data().map_err(|error| inside(error.to_string()))?;
    let event: EventId = envelope.id.parse().map_err(|error: domain::event::BadEventId| inside(error.to_string()))?;
    let happening = Happening {
        seq: record.seq,
        event,
        recorded_at: envelope.claimedat.unwrap_or(record.recorded_at),
        occurred_on: envelope.occurredon,
        actor: PersonIdx(0),
        data: &data,
    };
    evolve(obligation, acceptance, &happening);
    Ok(())
}
