//! What the facts say of a command or an obligation, and the stored events behind them.

use domain::event::Envelope;
use domain::id::Seq;
use futures::stream::{self, StreamExt, TryStreamExt};
use journal::{Record, SharedJournal};
use projector::{FactFilter, State};

use crate::error::{Since, SubmitError};
use crate::gate::{Gate, no_answer};

/// Events as they are stored, in the order of the log.
pub type Told = Vec<Record>;

/// Single reads that are on their way together.
const GETS_TOGETHER: usize = 16;

/// Reads at one go when the events lie this close together: as many records may be read in vain.
const SPREAD: u64 = 4;

/// Positions of events that may be a command's, ascending.
pub(crate) fn of_command(state: &State, fingerprint: u64) -> Vec<Seq> {
    let mut seqs: Vec<Seq> = state.facts.find_command(fingerprint).collect();
    seqs.sort_unstable();
    seqs
}

/// Positions of the events that may be those of a command on many, ascending: what it refused has none.
pub(crate) fn of_many(state: &State, fingerprint: u64) -> Vec<Seq> {
    let mut seqs: Vec<Seq> = state.facts.find_command_with_gaps(fingerprint).collect();
    seqs.sort_unstable();
    seqs
}

/// Positions of the events that touched an obligation behind a position, ascending; whatever their subject.
pub(crate) fn of_obligation(state: &State, ordinal: u32, after: Seq) -> Vec<Seq> {
    let filter = FactFilter { obligation: Some(ordinal), ..FactFilter::default() };
    let afar = state.register.touched_from_afar(ordinal).into_iter().filter(|seq| *seq > after);
    let mut seqs: Vec<Seq> = state.facts.matching(after, filter).map(|fact| fact.seq).chain(afar).collect();
    seqs.sort_unstable();
    seqs
}

impl Gate {
    /// The stored events on an obligation, in the order of the log.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`] when the log does not answer.
    pub async fn events_of(&self, ordinal: u32) -> Result<Told, SubmitError> {
        let seqs = self.replica.read(|state| of_obligation(state, ordinal, Seq::NONE));
        fetch(&self.journal, &seqs).await
    }

    /// The events on an obligation behind a position, as a client is told them.
    pub(crate) async fn since(&self, ordinal: u32, after: Seq) -> Result<Vec<Since>, SubmitError> {
        let seqs = self.replica.read(|state| of_obligation(state, ordinal, after));
        let mut since = Vec::with_capacity(seqs.len());
        for record in fetch(&self.journal, &seqs).await? {
            let envelope = read(&record)?;
            let recorded_at = self.replica.read(|state| state.facts.get(record.seq).map(|fact| fact.recorded_at));
            since.push(Since {
                seq: record.seq,
                event_id: envelope.id.clone().into_owned(),
                event_type: envelope.event_type.clone().into_owned(),
                actor: envelope.actor.clone().into_owned(),
                occurred_on: envelope.occurredon,
                recorded_at: recorded_at.unwrap_or(record.recorded_at),
            });
        }
        Ok(since)
    }

    /// The stored events at these positions, which ascend and were seen by this process.
    ///
    /// # Errors
    /// [`SubmitError::Unavailable`] when the log does not answer.
    pub async fn events_at(&self, seqs: &[Seq]) -> Result<Told, SubmitError> {
        fetch(&self.journal, seqs).await
    }
}

/// Reads stored events; the positions ascend and were seen by this process.
pub(crate) async fn fetch(journal: &SharedJournal, seqs: &[Seq]) -> Result<Told, SubmitError> {
    let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else { return Ok(Vec::new()) };
    let many = u64::try_from(seqs.len()).unwrap_or(u64::MAX);
    if many > 2 && last.get() - first.get() < many.saturating_mul(SPREAD) {
        let span = usize::try_from(last.get() - first.get() + 1).unwrap_or(usize::MAX);
        let read = run(journal, *first, span).await?;
        return Ok(read.into_iter().filter(|record| seqs.binary_search(&record.seq).is_ok()).collect());
    }
    let one = |seq: Seq| async move {
        match journal.get(seq).await.map_err(no_answer)? {
            Some(record) => Ok(vec![record]),
            // The answering copy lags behind; an ordered read does not.
            None => run(journal, seq, 1).await,
        }
    };
    let told = stream::iter(seqs.iter().copied().map(one)).buffered(GETS_TOGETHER);
    told.try_concat().await
}

/// Reads so many records from a position on; they are there, or this waits for ever: the caller knows.
async fn run(journal: &SharedJournal, from: Seq, count: usize) -> Result<Told, SubmitError> {
    let mut reader = journal.read(from);
    let mut told = Vec::with_capacity(count.min(1_000));
    while told.len() < count {
        told.extend(reader.next(count - told.len()).await.map_err(no_answer)?.records);
    }
    Ok(told)
}

/// Reads a stored event.
pub(crate) fn read(record: &Record) -> Result<Envelope<'_>, SubmitError> {
    Envelope::read(&record.payload)
        .map_err(|error| SubmitError::Inside { reason: format!("event {}: {error}", record.seq) })
}
