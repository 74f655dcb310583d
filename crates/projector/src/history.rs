//! The state as it was: the log folded up to a position, from the nearest state before it that there is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _, Shared, WeakShared};
use journal::{Journal, Reader, Seq};
use metrics::histogram;
use register::Register;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tracing::info;

use crate::error::HistoryError;
use crate::kept::{Kept, Unfinished};
use crate::replica::Replica;
use crate::run::real;

/// Folds that go on at the same time; more wait for their turn. Each has a register of its own, and the projector
/// needs a core too.
const TOGETHER_MAX: usize = 2;

/// Events that are folded at one go, away from the threads that answer.
const CHUNK: usize = 8_192;

/// A fold that takes longer is told in the log.
const LONG: Duration = Duration::from_secs(1);

type Outcome = Result<Arc<Register>, Arc<HistoryError>>;
type Fold = BoxFuture<'static, Outcome>;

/// Earlier states of one process's log; clones are handles to the same.
#[derive(Clone)]
pub struct History {
    inner: Arc<Inner>,
}

struct Inner {
    replica: Replica,
    journal: Arc<dyn Journal>,
    kept: Arc<Kept>,
    /// Folds that somebody waits for.
    folds: Mutex<HashMap<Seq, WeakShared<Fold>>>,
    turns: Semaphore,
}

impl History {
    /// The history of what a projector keeps; `journal` is the log that it reads.
    #[must_use]
    pub fn new(replica: Replica, journal: Arc<dyn Journal>) -> Self {
        let (kept, folds, turns) = (Arc::default(), Mutex::default(), Semaphore::new(TOGETHER_MAX));
        Self { inner: Arc::new(Inner { replica, journal, kept, folds, turns }) }
    }

    /// The register as it was when the log ended at a position.
    ///
    /// It is folded from the nearest of: nothing, a milestone on disk, a register that is still kept. Whoever asks for
    /// the same position meanwhile waits for the same fold; it ends when nobody waits any more. It is driven by those
    /// who wait, and its work is done on threads that may block.
    ///
    /// # Errors
    /// [`HistoryError`]: the position is not reached yet, or the log does not give its events.
    pub async fn register_at(&self, seq: Seq) -> Outcome {
        let watermark = self.inner.replica.watermark();
        if seq > watermark {
            return Err(Arc::new(HistoryError::Ahead { seq, watermark }));
        }
        self.fold_to(seq).await
    }

    /// The fold to a position: the one that goes on already, or a new one.
    fn fold_to(&self, seq: Seq) -> Shared<Fold> {
        let mut folds = self.inner.folds.lock().unwrap_or_else(PoisonError::into_inner);
        folds.retain(|_, fold| fold.upgrade().is_some());
        if let Some(fold) = folds.get(&seq).and_then(WeakShared::upgrade) {
            return fold;
        }
        let inner = Arc::clone(&self.inner);
        let fold = async move { inner.fold(seq).await.map_err(Arc::new) }.boxed().shared();
        if let Some(weak) = fold.downgrade() {
            folds.insert(seq, weak);
        }
        fold
    }
}

impl Inner {
    async fn fold(&self, until: Seq) -> Result<Arc<Register>, HistoryError> {
        // Never closed: there is always a turn in the end.
        let _turn = self.turns.acquire().await;
        if let Some(known) = self.kept.nearest(until).filter(|known| known.last_seq() == until) {
            return Ok(known);
        }
        let started = Instant::now();
        let (mut work, mut reader) = self.begin(until).await?;
        let from = work.reached();
        while work.reached() < until {
            let (after, left) = (work.reached(), until.get() - work.reached().get());
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
            let batch = reader.next(most).await.map_err(|source| HistoryError::Log { after, source })?;
            work = blocking(move || work.apply(&batch.records)).await??;
        }
        let (took, events) = (started.elapsed(), until.get() - from.get());
        histogram!("vekha_past_seconds").record(took);
        histogram!("vekha_past_events").record(real(events));
        if took >= LONG {
            let (seq, ms) = (until.get(), took.as_millis());
            info!(seq, from = from.get(), events, ms, "the state as of {seq} was folded from {from} on in {ms} ms");
        }
        Ok(work.finish())
    }

    /// The nearest state before a position, and a reader of what follows it.
    async fn begin(&self, until: Seq) -> Result<(Unfinished, Box<dyn Reader>), HistoryError> {
        let kept = self.kept.nearest(until);
        let reached = kept.as_ref().map_or(Seq::NONE, |known| known.last_seq());
        if let Some(begun) = self.begin_from_milestone(reached, until).await? {
            return Ok(begun);
        }
        let kept_on = Arc::clone(&self.kept);
        let register = move || Unfinished::new(kept.map_or_else(Register::new, |known| (*known).clone()), &kept_on);
        let work = blocking(register).await?;
        let reader = self.journal.read(work.reached().next());
        Ok((work, reader))
    }

    /// The last milestone behind one position, up to another.
    async fn begin_from_milestone(
        &self,
        after: Seq,
        until: Seq,
    ) -> Result<Option<(Unfinished, Box<dyn Reader>)>, HistoryError> {
        let milestones = self.replica.shelf();
        while let Some(milestone) = milestones.nearest(until).filter(|known| known.seq > after) {
            let (loader, wanted) = (Arc::clone(milestones), milestone.clone());
            let Some(register) = blocking(move || loader.load(&wanted)).await? else {
                milestones.discard(&milestone, "missing or damaged");
                continue;
            };
            // The log itself says whether the milestone is one of its places.
            let mut reader = self.journal.read(milestone.seq);
            let first = reader.next(1).await;
            let first = first.map_err(|source| HistoryError::Log { after: milestone.seq.prev(), source })?;
            let hash = first.records.first().map(|record| <[u8; 32]>::from(Sha256::digest(&record.payload)));
            if hash == Some(register.last_hash()) {
                return Ok(Some((Unfinished::new(register, &self.kept), reader)));
            }
            milestones.discard(&milestone, "of another log");
        }
        Ok(None)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, HistoryError> {
    spawn_blocking(work).await.map_err(HistoryError::Panicked)
}
