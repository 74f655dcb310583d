//! A command that came before: the first answer again, made of the events that it led to.

use domain::id::Seq;
use domain::obligation::Obligation;
use jiff::Timestamp;
use register::Stored;

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
            events.push(
                EventNote {
                    event_id: envelope.id.clone().into_owned(),
                    event_type: envelope.event_type.clone().into_owned(),
                    seq: Some(record.seq),
                    effect: None,
                }
                .doing(self.effect_of(record.seq)),
            );
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
        let seqs: Vec<Seq> = events.iter().filter_map(|event| event.seq).collect();
        let items = self.outcomes_of_bulk(&seqs);
        Ok(Some(Receipt { events, obligation, items, dry_run: false, repeated: true, visible: true }))
    }

    /// An obligation right after one of the events that touched it.
    pub(crate) async fn as_it_was(
        &self,
        ordinal: u32,
        seq: Seq,
        time: Timestamp,
    ) -> Result<ObligationAfter, SubmitError> {
        let obligation = self.retold(ordinal, seq).await?;
        Ok(self.replica.read(|state| obligation_after(&state.register, ordinal, &obligation, time)))
    }

    /// An obligation as it was at a position.
    pub(crate) async fn retold(&self, ordinal: u32, seq: Seq) -> Result<Obligation, SubmitError> {
        let mut records = self.events_of(ordinal).await?;
        // A publication's day comes from the delivery that it follows.
        if let Some(delivery) = self.replica.read(|state| state.register.delivery_of(ordinal)) {
            records.extend(self.events_of(delivery).await?);
            records.sort_by_key(|record| record.seq);
            records.dedup_by_key(|record| record.seq);
        }
        records.retain(|record| record.seq <= seq);
        let inside = |error: &dyn std::fmt::Display| SubmitError::Inside { reason: error.to_string() };
        let stored: Vec<Stored<'_>> = records
            .iter()
            .map(|record| Stored { seq: record.seq, recorded_at: record.recorded_at, payload: &record.payload })
            .collect();
        let parsed = stored.iter().map(register::parse).collect::<Result<Vec<_>, _>>().map_err(|e| inside(&e))?;
        Ok(self.replica.read(|state| {
            let recorded = |at: Seq, else_at| state.facts.get(at).map_or(else_at, |fact| fact.recorded_at);
            let events = parsed.iter().zip(&stored).map(|(event, from)| (event, recorded(from.seq, from.recorded_at)));
            state.register.retell(ordinal, events).0
        }))
    }
}
