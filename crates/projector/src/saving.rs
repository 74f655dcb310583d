//! When the caches are written, and what goes into them.

use std::ops::RangeInclusive;
use std::sync::Arc;

use journal::{ReadError, Seq};
use metrics::{counter, histogram};
use register::{Stored, parse};
use tokio::task::{JoinError, spawn_blocking};
use tracing::{error, info};

use crate::checkpoint::Versions;
use crate::error::chain;
use crate::facts::FactFilter;
use crate::pending::{Pending, Raw};
use crate::replica::State;
use crate::run::Projector;
use crate::save::{Job, SaveError, Saved, Snapshot};
use crate::segment::Chunk;

/// Sealed segments that one run writes, and for which bytes are held in memory.
const SEGMENTS_AT_ONCE: u32 = 4;

impl Projector {
    /// Whether reading must wait for the segments that are being written: memory is bounded.
    pub(crate) fn is_pressed(&self) -> bool {
        self.saving.is_some() && self.pending.len() >= self.pending_max()
    }

    fn pending_max(&self) -> usize {
        usize::try_from(self.config.segment_events.saturating_mul(SEGMENTS_AT_ONCE)).unwrap_or(usize::MAX)
    }

    /// Position of the first event that no sealed segment holds.
    fn unsealed(&self) -> Seq {
        self.sealed.last().map_or(Seq::FIRST, |segment| segment.last.next())
    }

    /// Events after which a checkpoint is due. What it costs grows with the obligations, what it saves are events to
    /// be folded: a small register is written more often, so that its past is near too.
    fn checkpoint_every(&self) -> u64 {
        let obligations = self.replica.read(|state| state.register.len());
        let worth = u64::try_from(obligations / 2).unwrap_or(u64::MAX).max(self.config.milestone_events);
        worth.min(self.config.checkpoint_events)
    }

    pub(crate) async fn save_if_due(&mut self) -> Result<(), SaveError> {
        if self.saving.is_some() {
            return Ok(());
        }
        if self.pending.len() > self.pending_max() {
            // Nothing could be written for long: the bytes are read from the log again one day.
            self.pending.forget();
        }
        let watermark = self.replica.watermark();
        let behind = |seq: Seq| watermark.get().saturating_sub(seq.get());
        let seal = behind(self.unsealed().prev()) >= u64::from(self.config.segment_events);
        let checkpoint = behind(self.checkpointed) >= self.checkpoint_every();
        if watermark >= self.save_from && (seal || checkpoint) {
            let job = self.job(checkpoint).await?;
            self.saving = Some(spawn_blocking(move || job.run()));
        }
        Ok(())
    }

    /// Gathers what is to be written: full segments, and a snapshot where one is wanted.
    async fn job(&mut self, checkpoint: bool) -> Result<Job, SaveError> {
        let (watermark, step) = (self.replica.watermark(), u64::from(self.config.segment_events.max(1)));
        let mut ranges = Vec::new();
        let mut first = self.unsealed();
        while first.get() + step - 1 <= watermark.get() && ranges.len() < usize::try_from(SEGMENTS_AT_ONCE).unwrap_or(1)
        {
            ranges.push(first..=Seq(first.get() + step - 1));
            first = Seq(first.get() + step);
        }
        // A snapshot's tail is shorter than a segment: otherwise segments come first.
        let checkpoint = checkpoint && watermark.get() + 1 - first.get() < step;
        let tail = (checkpoint && first <= watermark).then_some(first..=watermark);
        let mut bytes = Vec::new();
        for range in ranges.iter().chain(&tail) {
            bytes.push(self.raw(range).await?);
        }
        let (replica, before) = (self.replica.clone(), self.checkpointed);
        // No event is applied meanwhile, since that is done by whoever waits here.
        let work = spawn_blocking(move || {
            let state = replica.state();
            let mut bytes = bytes.into_iter();
            let mut chunk = |seqs: RangeInclusive<Seq>| {
                let rows = state.facts.copy(&seqs);
                Chunk { seqs, rows, raw: bytes.next().unwrap_or_default() }
            };
            let chunks = ranges.into_iter().map(&mut chunk).collect();
            let tail = tail.map(&mut chunk);
            let snapshot = if checkpoint { Some(snapshot(&state, tail, before)?) } else { None };
            let type_names = state.register.event_types().iter().map(|seen| seen.name.clone()).collect();
            Ok::<_, SaveError>((chunks, snapshot, type_names))
        });
        let (chunks, snapshot, type_names) = work.await.map_err(SaveError::Panicked)??;
        Ok(Job {
            dir: self.config.dir.clone(),
            epoch: self.replica.epoch().clone(),
            versions: Versions::ours(self.config.segment_events),
            type_names,
            sealed: self.sealed.clone(),
            chunks,
            snapshot,
            shelf: Arc::clone(self.replica.shelf()),
        })
    }

    /// The bytes of a range: held, or read from the log again.
    async fn raw(&self, range: &RangeInclusive<Seq>) -> Result<Vec<Raw>, SaveError> {
        let held = self.pending.first();
        if held <= *range.start() {
            return Ok(self.pending.copy(range));
        }
        let last = (*range.end()).min(held.prev());
        let mut again = Pending::new(*range.start(), Vec::new());
        let mut reader = self.journal.read(*range.start());
        let wanted = usize::try_from(last.next().get() - range.start().get()).unwrap_or(usize::MAX);
        while again.len() < wanted {
            let batch =
                reader.next((wanted - again.len()).min(self.config.batch_events)).await.map_err(SaveError::Log)?;
            for record in &batch.records {
                let stored = Stored { seq: record.seq, recorded_at: record.recorded_at, payload: &record.payload };
                let event =
                    parse(&stored).map_err(|error| SaveError::Log(ReadError::Unavailable { reason: chain(&error) }))?;
                again.push(event.event(), record);
            }
        }
        let mut raw = again.copy(range);
        if last < *range.end() {
            raw.extend(self.pending.copy(&(last.next()..=*range.end())));
        }
        Ok(raw)
    }

    pub(crate) fn saved(&mut self, saved: Result<Saved, JoinError>) {
        let saved = match saved {
            Ok(saved) => saved,
            Err(panicked) => return self.not_saved(&SaveError::Panicked(panicked)),
        };
        self.sealed = saved.sealed;
        self.pending.forget_before(self.unsealed());
        if let Some(error) = saved.error {
            return self.not_saved(&error);
        }
        self.replica.condition().cache_warning = None;
        if let Some(seq) = saved.checkpoint {
            self.checkpointed = seq;
            histogram!("vekha_checkpoint_seconds").record(saved.took);
            info!(seq = seq.get(), ms = saved.took.as_millis(), "checkpoint at {seq}");
        }
    }

    pub(crate) fn not_saved(&mut self, error: &SaveError) {
        let told = chain(error);
        error!(dir = %self.config.dir.display(), "the caches cannot be written, reads go on without: {told}");
        counter!("vekha_checkpoint_failures_total").increment(1);
        self.replica.condition().cache_warning = Some(told);
        let wait = self.config.checkpoint_events.min(u64::from(self.config.segment_events)).max(1);
        self.save_from = Seq(self.replica.watermark().get().saturating_add(wait));
    }

    /// Writes what is not written yet, so that the next start is quick.
    pub(crate) async fn last_checkpoint(&mut self) {
        while self.replica.watermark() > self.checkpointed {
            let saved = match self.job(true).await {
                Ok(job) => spawn_blocking(move || job.run()).await,
                Err(error) => return self.not_saved(&error),
            };
            let failed = saved.as_ref().map_or(true, |saved| saved.error.is_some());
            self.saved(saved);
            if failed {
                return;
            }
        }
    }
}

fn snapshot(state: &State, tail: Option<Chunk>, before: Seq) -> Result<Snapshot, SaveError> {
    let register = postcard::to_stdvec(&state.register).map_err(SaveError::Snapshot)?;
    let (seq, last_hash, closing) = (state.register.last_seq(), state.register.last_hash(), closes(state, before));
    Ok(Snapshot { seq, last_hash, register, tail, closing })
}

/// Whether a period was closed behind a position.
fn closes(state: &State, after: Seq) -> bool {
    let closed = state.register.type_of("period.closed");
    closed.is_some_and(|event_type| {
        let filter = FactFilter { event_type: Some(event_type), ..FactFilter::default() };
        state.facts.matching(after, filter).next().is_some()
    })
}
