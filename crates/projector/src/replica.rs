//! What the rest of the process sees of a projector: the state, how far it reaches, how it fares.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use jiff::Timestamp;
use journal::{Epoch, Position, Seq};
use register::Register;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::facts::Facts;
use crate::milestones::Shelf;

/// The state of one process, as of its watermark.
#[derive(Debug, Default)]
pub struct State {
    /// Current state, one row per obligation.
    pub register: Register,
    /// Every event behind it.
    pub facts: Facts,
    /// How far both reach: never inside an atomic batch. Only after a failure may they hold the
    /// first events of the batch that failed.
    pub watermark: Seq,
}

/// Types of events that have no time of their own among what an importer claims: they belong to what follows.
const MARKS: [&str; 3] = ["log.opened", "import.opened", "import.closed"];

impl State {
    /// How far the log reaches that was recorded, or is claimed to have been, by an instant; the watermark when all of
    /// it was.
    #[must_use]
    pub fn prefix_until(&self, as_of: Timestamp) -> Seq {
        let marks: Vec<u16> = MARKS.iter().filter_map(|name| self.register.type_of(name)).collect();
        self.facts.prefix_until(as_of, &marks).min(self.watermark)
    }
}

/// How a projector fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// It has applied all that the log was seen to hold, and goes on.
    pub caught_up: bool,
    /// How many events the log was seen to hold behind the watermark.
    pub lag_events: u64,
    /// Milliseconds for which the log has held more than was applied; 0 when caught up.
    pub lag_ms: u64,
    /// Last position that the log was seen to hold.
    pub tip: Seq,
    /// Why it stopped, on one line; `None` while it works. Readiness turns false with it.
    pub failure: Option<String>,
    /// What an operator should look at although the projector works: an unwritable folder, a log
    /// that does not answer.
    pub warning: Option<String>,
}

/// The state has not reached a position in the time given. Try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the state reaches {watermark} only")]
pub struct NotYet {
    /// How far it reaches.
    pub watermark: Seq,
}

/// A handle to the state of this process; clones are handles to the same.
#[derive(Clone, Debug)]
pub struct Replica {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    epoch: Epoch,
    state: RwLock<State>,
    watermark: watch::Sender<Seq>,
    condition: Mutex<Condition>,
    shelf: Arc<Shelf>,
}

/// What the projector notes of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    pub(crate) answers: bool,
    pub(crate) tip: Seq,
    /// Since when the log is known to hold more than was applied; `None` while all is applied.
    pub(crate) behind_since: Option<Instant>,
    pub(crate) failure: Option<String>,
    pub(crate) log_warning: Option<String>,
    pub(crate) cache_warning: Option<String>,
}

impl Condition {
    /// Notes how far the log was seen to reach, and how far the state does.
    pub(crate) fn saw(&mut self, tip: Seq, watermark: Seq) {
        self.tip = self.tip.max(tip).max(watermark);
        self.behind_since = (self.tip > watermark).then(|| self.behind_since.unwrap_or_else(Instant::now));
    }
}

impl Replica {
    pub(crate) fn new(epoch: Epoch, state: State, tip: Seq, shelf: Shelf) -> Self {
        let mut condition = Condition { answers: true, ..Condition::default() };
        condition.saw(tip, state.watermark);
        let watermark = watch::Sender::new(state.watermark);
        let (state, condition, shelf) = (RwLock::new(state), Mutex::new(condition), Arc::new(shelf));
        let shared = Shared { epoch, state, watermark, condition, shelf };
        Self { shared: Arc::new(shared) }
    }

    /// Looks at the state. The projector waits meanwhile: compute elsewhere what takes long.
    pub fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.state())
    }

    /// The epoch of the log behind it.
    #[must_use]
    pub fn epoch(&self) -> &Epoch {
        &self.shared.epoch
    }

    /// How far the state reaches, in which log.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { epoch: self.shared.epoch.clone(), seq: self.watermark() }
    }

    /// How far the state reaches.
    #[must_use]
    pub fn watermark(&self) -> Seq {
        *self.shared.watermark.borrow()
    }

    /// Waits until the state reaches a position.
    ///
    /// # Errors
    /// [`NotYet`] when it does not within `at_most`, or when the projector has stopped.
    pub async fn wait_for(&self, seq: Seq, at_most: Duration) -> Result<(), NotYet> {
        let mut watermark = self.changed();
        let reached = tokio::time::timeout(at_most, watermark.wait_for(|at| *at >= seq || self.failed())).await;
        drop(reached);
        let watermark = self.watermark();
        if watermark >= seq { Ok(()) } else { Err(NotYet { watermark }) }
    }

    /// Follows the watermark: every change of it is a change of the state.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<Seq> {
        self.shared.watermark.subscribe()
    }

    /// How the projector fares.
    #[must_use]
    pub fn status(&self) -> Status {
        let watermark = self.watermark();
        let condition = self.condition().clone();
        let caught_up = condition.failure.is_none() && condition.answers && watermark >= condition.tip;
        let lag_ms = condition
            .behind_since
            .filter(|_| !caught_up)
            .map_or(0, |since| u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX));
        Status {
            caught_up,
            lag_events: condition.tip.get().saturating_sub(watermark.get()),
            lag_ms,
            tip: condition.tip.max(watermark),
            failure: condition.failure,
            warning: condition.log_warning.or(condition.cache_warning),
        }
    }

    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.shared.shelf
    }

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        // A panic while applying is told as a failure; what was there before can still be read.
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.shared.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn condition(&self) -> MutexGuard<'_, Condition> {
        self.shared.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits: for a new watermark, or in vain after a failure.
    pub(crate) fn announce(&self, watermark: Seq) {
        self.shared.watermark.send_replace(watermark);
    }

    fn failed(&self) -> bool {
        self.condition().failure.is_some()
    }
}
