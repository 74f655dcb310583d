//! The loop: read, apply up to the last batch end, move the watermark, write the caches beside it.

use std::sync::Arc;
use std::time::Duration;

use journal::{Journal, ReadBatch, ReadError, Reader, Record, Seq};
use metrics::{counter, gauge, histogram};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::Config;
use crate::batch;
use crate::error::{ProjectorError, chain};
use crate::pending::Pending;
use crate::replica::Replica;
use crate::save::Saved;
use crate::segment::SegmentRef;

/// Pause before a log that does not answer is asked again; doubled up to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Reads the log into the state of one process.
pub struct Projector {
    pub(crate) config: Config,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) replica: Replica,
    /// Records behind the watermark: the beginning of an atomic batch.
    half: Vec<Record>,
    pub(crate) pending: Pending,
    pub(crate) sealed: Vec<SegmentRef>,
    /// How far the last checkpoint reaches.
    pub(crate) checkpointed: Seq,
    /// After a failure, nothing is written before the watermark is here.
    pub(crate) save_from: Seq,
    pub(crate) saving: Option<JoinHandle<Saved>>,
}

impl Projector {
    pub(crate) fn new(
        config: Config,
        journal: Arc<dyn Journal>,
        replica: Replica,
        pending: Pending,
        sealed: Vec<SegmentRef>,
    ) -> Self {
        let checkpointed = replica.watermark();
        let (half, save_from, saving) = (Vec::new(), Seq::NONE, None);
        Self { config, journal, replica, half, pending, sealed, checkpointed, save_from, saving }
    }

    /// Goes on from the position that was reached until `stop`, then writes a last checkpoint.
    ///
    /// A log that does not answer is asked again for ever; a folder that cannot be written is told in
    /// the log and the status, and tried again.
    ///
    /// # Errors
    /// [`ProjectorError`]: it cannot go on without skipping something. The replica's status tells the
    /// failure, and reads go on with the watermark that was reached.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), ProjectorError> {
        let outcome = self.project(&stop).await;
        if let Some(saving) = self.saving.take() {
            self.saved(saving.await);
        }
        match &outcome {
            Ok(()) => self.last_checkpoint().await,
            Err(error) => {
                let watermark = self.replica.watermark();
                error!(seq = watermark.get(), "the projector stops at {watermark}: {}", chain(error));
                self.replica.condition().failure = Some(chain(error));
                self.replica.announce(watermark);
            }
        }
        outcome
    }

    async fn project(&mut self, stop: &CancellationToken) -> Result<(), ProjectorError> {
        let mut reader = self.journal.read(self.replica.watermark().next());
        let mut pause = BACKOFF.0;
        loop {
            if let Err(error) = self.save_if_due().await {
                self.not_saved(&error);
            }
            let pressed = self.is_pressed();
            // Cancel-safe all three: a record is taken only when it is returned, a handle can be
            // awaited again.
            let read = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                saved = finished(&mut self.saving) => {
                    self.saving = None;
                    self.saved(saved);
                    continue;
                }
                read = next(&mut *reader, self.config.batch_events, pressed) => read,
            };
            match read {
                Ok(batch) => {
                    pause = BACKOFF.0;
                    self.take(batch).await?;
                }
                Err(ReadError::Unavailable { reason }) => {
                    self.no_answer(&reason);
                    if stop.run_until_cancelled(sleep(pause)).await.is_none() {
                        return Ok(());
                    }
                    pause = (pause * 2).min(BACKOFF.1);
                    self.ask_tip().await;
                }
                Err(source) => {
                    let after = self.half.last().map_or(self.replica.watermark(), |record| record.seq);
                    return Err(ProjectorError::Log { after, source });
                }
            }
        }
    }

    /// Takes what was read, and applies it up to the last place where the log is consistent.
    async fn take(&mut self, batch: ReadBatch) -> Result<(), ProjectorError> {
        self.half.extend(batch.records);
        let whole = self.half.iter().rposition(|record| record.batch_end).map_or(0, |at| at + 1);
        let last = self.half.last().map_or(Seq::NONE, |record| record.seq);
        let tip = Seq(last.get().saturating_add(batch.pending));
        {
            let mut condition = self.replica.condition();
            condition.answers = true;
            condition.log_warning = None;
            condition.saw(tip, self.replica.watermark());
        }
        if whole == 0 && self.half.len() > journal::limits::BATCH_RECORDS_MAX {
            let after = self.replica.watermark();
            return Err(ProjectorError::EndlessBatch { after, records: self.half.len() });
        }
        let rest = self.half.split_off(whole);
        let records = std::mem::replace(&mut self.half, rest);
        if !records.is_empty() {
            self.apply(records).await?;
        }
        let lag = self.replica.status();
        gauge!("vekha_projector_lag_events").set(real(lag.lag_events));
        gauge!("vekha_projector_lag_seconds").set(real(lag.lag_ms) / 1_000.0);
        Ok(())
    }

    async fn apply(&mut self, records: Vec<Record>) -> Result<(), ProjectorError> {
        let count = records.len();
        let replica = self.replica.clone();
        let work = spawn_blocking(move || {
            let applied = batch::apply(&replica, &records);
            (records, applied)
        });
        let (records, applied) = work.await.map_err(ProjectorError::Panicked)?;
        for (event, record) in applied.events.iter().zip(&records) {
            self.pending.push(*event, record);
        }
        let tally = applied.tally;
        for (effect, events) in [("changed", tally.changed), ("duplicate", tally.duplicate), ("void", tally.void)] {
            counter!("vekha_projector_events_total", "effect" => effect).increment(events);
        }
        counter!("vekha_projector_unknown_events_total").increment(tally.unknown);
        histogram!("vekha_projector_batch_events").record(real(u64::try_from(count).unwrap_or(u64::MAX)));
        applied.failure.map_or(Ok(()), Err)
    }

    fn no_answer(&self, reason: &str) {
        let mut condition = self.replica.condition();
        if condition.answers {
            warn!("the log does not answer, it is asked again: {reason}");
        }
        condition.answers = false;
        condition.log_warning = Some(format!("the log does not answer: {reason}"));
    }

    async fn ask_tip(&self) {
        if let Ok(tip) = self.journal.tip().await {
            let mut condition = self.replica.condition();
            condition.answers = true;
            condition.log_warning = None;
            condition.saw(tip.last, self.replica.watermark());
        }
    }
}

/// The end of what is being written; never, while nothing is.
async fn finished(saving: &mut Option<JoinHandle<Saved>>) -> Result<Saved, tokio::task::JoinError> {
    match saving {
        Some(handle) => handle.await,
        None => std::future::pending().await,
    }
}

async fn next(reader: &mut dyn Reader, max: usize, pressed: bool) -> Result<ReadBatch, ReadError> {
    if pressed { std::future::pending().await } else { reader.next(max).await }
}

/// A count for a metric: beyond 32 bits it is not told exactly.
pub(crate) fn real(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
