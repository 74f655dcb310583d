//! A second process on the same log, which can be kept from seeing what happens.

use std::sync::Arc;

use commands::{Gate, NoAppraiser, Settings};
use futures::future::BoxFuture;
use journal::sim::SimJournal;
use journal::{AppendError, Journal, NewRecord, ReadBatch, ReadError, Reader, Record, Seq, Tip};
use projector::{Config, Projector, Replica};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::common::Town;

/// The log as that process reads it.
struct Held {
    inner: SimJournal,
    hold: watch::Receiver<bool>,
}

struct HeldReader {
    inner: Box<dyn Reader>,
    hold: watch::Receiver<bool>,
    /// Read and not handed on yet.
    read: Option<ReadBatch>,
}

impl Journal for Held {
    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Seq>, AppendError>> {
        self.inner.append(records)
    }

    fn read(&self, from: Seq) -> Box<dyn Reader> {
        Box::new(HeldReader { inner: self.inner.read(from), hold: self.hold.clone(), read: None })
    }

    fn get(&self, seq: Seq) -> BoxFuture<'_, Result<Option<Record>, ReadError>> {
        self.inner.get(seq)
    }

    fn last_on<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, Result<Option<Record>, ReadError>> {
        self.inner.last_on(subject)
    }

    fn tip(&self) -> BoxFuture<'_, Result<Tip, ReadError>> {
        self.inner.tip()
    }
}

impl Reader for HeldReader {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<ReadBatch, ReadError>> {
        Box::pin(async move {
            if self.read.is_none() {
                self.read = Some(self.inner.next(max).await?);
            }
            self.hold.wait_for(|held| !*held).await.unwrap();
            Ok(self.read.take().unwrap())
        })
    }
}

/// The second process.
pub(crate) struct Beside {
    pub(crate) gate: Gate,
    pub(crate) replica: Replica,
    hold: watch::Sender<bool>,
    stop: CancellationToken,
    _tasks: JoinSet<()>,
    _dir: tempfile::TempDir,
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Beside {
    /// Starts it; it sees all that happened until now.
    pub(crate) async fn of(town: &Town) -> Self {
        let hold = watch::Sender::new(false);
        let journal = Arc::new(Held { inner: town.journal.clone(), hold: hold.subscribe() });
        let dir = tempfile::tempdir().unwrap();
        let (projector, replica) = Projector::open(Config::new(dir.path()), journal.clone()).await.unwrap();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let stopped = stop.clone();
        tasks.spawn(async move { projector.run(stopped).await.unwrap() });
        let now = Arc::clone(&town.now);
        let clock: commands::Clock = Arc::new(move || *now.lock().unwrap());
        let gate = Gate::new(journal, replica.clone(), clock, Arc::new(NoAppraiser), Settings::default());
        let beside = Self { gate, replica, hold, stop, _tasks: tasks, _dir: dir };
        beside.catch_up(town).await;
        beside
    }

    /// Waits until it sees all that is stored.
    pub(crate) async fn catch_up(&self, town: &Town) {
        let last = Seq(u64::try_from(town.events()).unwrap());
        self.replica.wait_for(last, Settings::default().visible_within).await.unwrap();
    }

    /// From now on it sees nothing new.
    pub(crate) fn hold(&self) {
        self.hold.send_replace(true);
    }

    /// It sees again, as soon as the log holds more events than that.
    pub(crate) async fn release_behind(&self, town: &Town, events: usize) {
        while town.events() <= events {
            tokio::task::yield_now().await;
        }
        self.hold.send_replace(false);
    }
}

/// What the states of two processes are, in one word each.
pub(crate) fn digests(one: &Replica, other: &Replica) -> ([u8; 32], [u8; 32]) {
    let of = |replica: &Replica| replica.read(|state| state.register.digest());
    (of(one), of(other))
}
