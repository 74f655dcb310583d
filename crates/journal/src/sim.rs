//! A log in memory that lies, by seed, in every way a real broker was seen to lie.
//!
//! Without faults it is the simplest correct log. Time stands still unless it is moved: every
//! stored record gets the simulator's own clock, which advances by a fixed step per append.

mod faults;
mod reader;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

pub use faults::{Dialect, SimFaults};
use reader::SimReader;
use state::State;

use crate::{AppendError, Epoch, Journal, NewRecord, ReadError, Reader, Record, Seq, Tip};

/// A log in memory. Clones are handles to the same log.
#[derive(Clone, Debug)]
pub struct SimJournal {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Never held over an await.
    state: Mutex<State>,
    /// Bumped whenever a reader may have something new to look at.
    changed: watch::Sender<u64>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self) {
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
    }
}

impl SimJournal {
    /// Makes an empty log without faults; its clock starts at 2022-09-01T00:00:00Z.
    #[must_use]
    pub fn new(epoch: Epoch) -> Self {
        Self::with_faults(epoch, SimFaults::none())
    }

    /// Makes an empty log with the given faults; the same seed and the same calls give the same
    /// history.
    #[must_use]
    pub fn with_faults(epoch: Epoch, faults: SimFaults) -> Self {
        let state = Mutex::new(State::new(epoch, faults));
        Self { shared: Arc::new(Shared { state, changed: watch::Sender::new(0) }) }
    }

    /// Sets the log's clock.
    pub fn set_now(&self, now: Timestamp) {
        self.shared.lock().set_now(now);
    }

    /// Moves the log's clock; it may go backwards, as a broker's can.
    pub fn advance(&self, by: SignedDuration) {
        self.shared.lock().advance(by);
    }

    /// Fills the disk (appends are refused, nothing is lost) or makes space again.
    pub fn set_full(&self, full: bool) {
        self.shared.lock().set_full(full);
    }

    /// Takes the leader away (appends and reads for decisions fail, readers wait) or brings it
    /// back.
    pub fn set_down(&self, down: bool) {
        self.shared.lock().set_down(down);
        self.shared.announce();
    }

    /// Stops writing with the given difference, as the guard over the configuration does; `None`
    /// lifts it.
    pub fn set_guarded(&self, difference: Option<String>) {
        self.shared.lock().set_guarded(difference);
    }

    /// Restarts the broker: batches that were left without an answer may be completed now.
    pub fn restart(&self) {
        self.shared.lock().restart();
        self.shared.announce();
    }

    /// Stores a message that no part of the system wrote, and returns its sequence.
    pub fn inject_foreign(&self, subject: &str, payload: Bytes) -> Seq {
        let seq = self.shared.lock().inject(subject, payload);
        self.shared.announce();
        seq
    }

    /// Loses a stored record, as an administrator's mistake or a broken disk does.
    pub fn lose(&self, seq: Seq) {
        self.shared.lock().lose(seq);
        self.shared.announce();
    }

    /// Puts another, empty log in the place of this one.
    pub fn replace(&self, epoch: Epoch) {
        self.shared.lock().replace(epoch);
        self.shared.announce();
    }

    /// Returns every record that is really stored, whatever readers may see: for tests' last word.
    #[must_use]
    pub fn truth(&self) -> Vec<Record> {
        self.shared.lock().truth()
    }
}

impl Journal for SimJournal {
    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Seq>, AppendError>> {
        async move {
            // Other tasks get their turn, so that appends interleave as they do on a network.
            tokio::task::yield_now().await;
            let outcome = self.shared.lock().append(&records);
            self.shared.announce();
            outcome
        }
        .boxed()
    }

    fn read(&self, from: Seq) -> Box<dyn Reader> {
        Box::new(SimReader::new(Arc::clone(&self.shared), from))
    }

    fn get(&self, seq: Seq) -> BoxFuture<'_, Result<Option<Record>, ReadError>> {
        async move { self.shared.lock().get(seq) }.boxed()
    }

    fn last_on<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, Result<Option<Record>, ReadError>> {
        async move { self.shared.lock().last_on(subject) }.boxed()
    }

    fn tip(&self) -> BoxFuture<'_, Result<Tip, ReadError>> {
        async move { self.shared.lock().tip() }.boxed()
    }
}

#[cfg(test)]
mod tests;
