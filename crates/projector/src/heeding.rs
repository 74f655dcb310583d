//! What would be known if only events of some causes had come since a state.

use std::sync::Arc;

use domain::cause::Cause;
use journal::{Journal, Seq};
use register::{Register, Stored, parse};
use tokio::task::spawn_blocking;

use crate::error::HistoryError;

/// Events that are folded at one go, away from the threads that answer.
const CHUNK: usize = 4_096;

/// States folded on from one, up to a position: each heeds the events of causes up to its own.
///
/// # Errors
/// [`HistoryError`]: the log does not give its events.
pub async fn heeding(
    journal: &Arc<dyn Journal>,
    base: Arc<Register>,
    until: Seq,
    causes: &[Cause],
) -> Result<Vec<Register>, HistoryError> {
    let (start, known) = (base.last_seq(), causes.to_vec());
    let copies = move || known.iter().map(|cause| (*cause, (*base).clone())).collect::<Vec<_>>();
    let mut states = spawn_blocking(copies).await.map_err(HistoryError::Panicked)?;
    let (mut reader, mut reached) = (journal.read(start.next()), start);
    while reached < until {
        let left = usize::try_from(until.get() - reached.get()).unwrap_or(usize::MAX);
        let batch = reader.next(left.min(CHUNK)).await;
        let batch = batch.map_err(|source| HistoryError::Log { after: reached, source })?;
        reached = batch.records.last().map_or(reached, |record| record.seq);
        let fold = move || {
            for record in &batch.records {
                let stored = Stored { seq: record.seq, recorded_at: record.recorded_at, payload: &record.payload };
                let parsed = parse(&stored)?;
                for (cause, state) in &mut states {
                    state.heed(&parsed, *cause)?;
                }
            }
            Ok::<_, register::ApplyError>(states)
        };
        states = spawn_blocking(fold)
            .await
            .map_err(HistoryError::Panicked)?
            .map_err(|error| HistoryError::Event(Box::new(error)))?;
    }
    Ok(states.into_iter().map(|(_, state)| state).collect())
}
