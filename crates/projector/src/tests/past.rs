//! The state as it was: equal to a fold from the beginning, from wherever it was begun.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use domain::id::Seq;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use journal::sim::SimJournal;
use journal::{AppendError, Journal, NewRecord, ReadBatch, ReadError, Reader, Record, Tip};
use register::Register;
use tokio::sync::watch;

use super::support::{Writer, config, files, live};
use crate::kept::Kept;
use crate::milestones::Milestone;
use crate::{Config, History, HistoryError, Replica};

/// A log whose readers give ten records at a time, up to a position that is moved on from outside.
#[derive(Clone)]
struct Halting {
    log: SimJournal,
    until: watch::Sender<Seq>,
    /// Where readers began.
    began: Arc<Mutex<Vec<Seq>>>,
    /// How far the last answer reached.
    given: Arc<Mutex<Seq>>,
    /// How many readers there are.
    readers: Arc<AtomicUsize>,
}

struct HaltingReader {
    reader: Box<dyn Reader>,
    next: Seq,
    until: watch::Receiver<Seq>,
    given: Arc<Mutex<Seq>>,
    readers: Arc<AtomicUsize>,
}

impl Drop for HaltingReader {
    fn drop(&mut self) {
        self.readers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Halting {
    fn at(log: &Writer, until: Seq) -> Self {
        let (began, given, readers) = Default::default();
        Self { log: log.journal.clone(), until: watch::Sender::new(until), began, given, readers }
    }

    fn began(&self) -> Vec<Seq> {
        self.began.lock().unwrap().clone()
    }

    fn readers(&self) -> usize {
        self.readers.load(Ordering::SeqCst)
    }
}

impl Reader for HaltingReader {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<ReadBatch, ReadError>> {
        async move {
            *self.given.lock().unwrap() = self.next.prev();
            let next = self.next;
            self.until.wait_for(|until| *until >= next).await.unwrap();
            let batch = self.reader.next(max.min(10)).await?;
            self.next = batch.records.last().unwrap().seq.next();
            Ok(batch)
        }
        .boxed()
    }
}

impl Journal for Halting {
    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Seq>, AppendError>> {
        self.log.append(records)
    }

    fn read(&self, from: Seq) -> Box<dyn Reader> {
        self.began.lock().unwrap().push(from);
        let (reader, until) = (self.log.read(from), self.until.subscribe());
        self.readers.fetch_add(1, Ordering::SeqCst);
        let (given, readers) = (Arc::clone(&self.given), Arc::clone(&self.readers));
        Box::new(HaltingReader { reader, next: from, until, given, readers })
    }

    fn get(&self, seq: Seq) -> BoxFuture<'_, Result<Option<Record>, ReadError>> {
        self.log.get(seq)
    }

    fn last_on<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, Result<Option<Record>, ReadError>> {
        self.log.last_on(subject)
    }

    fn tip(&self) -> BoxFuture<'_, Result<Tip, ReadError>> {
        self.log.tip()
    }
}

/// A log that was replayed, with milestones all over it, and what it can be asked.
struct Past {
    dir: tempfile::TempDir,
    log: Writer,
    replica: Replica,
}

impl Past {
    async fn of(acts: u64) -> Self {
        let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(acts).await);
        let config = Config { milestone_events: 20, ..config(dir.path()) };
        let (_, replica) = live(config, &log).await;
        Self { dir, log, replica }
    }

    fn milestones(&self) -> Vec<Milestone> {
        self.replica.shelf().list().kept.clone()
    }

    /// A process that has read nothing of the past yet, and its log.
    fn fresh(&self) -> (History, Halting) {
        let log = Halting::at(&self.log, Seq(u64::MAX));
        (History::new(self.replica.clone(), Arc::new(log.clone())), log)
    }
}

#[tokio::test]
async fn from_whatever_it_is_begun_the_past_is_that_of_the_whole_log() {
    let past = Past::of(300).await;
    let (lasting, _) = past.fresh();
    let (count, milestones) = (past.log.last().get(), past.milestones());
    assert!(milestones.len() > 3);
    // Every position once, near ones far apart.
    for n in (0..=count).step_by(3) {
        let seq = Seq(n * 89 % (count + 1));
        let (fresh, log) = past.fresh();
        let (new, kept) = (fresh.register_at(seq).await.unwrap(), lasting.register_at(seq).await.unwrap());
        assert_eq!((new.last_seq(), new.digest()), (seq, past.log.digest_at(seq)));
        assert_eq!(kept.digest(), new.digest());
        let nearest = milestones.iter().rev().map(|known| known.seq).find(|known| *known <= seq);
        assert_eq!(log.began().last().copied(), Some(nearest.unwrap_or(Seq::FIRST)), "{seq}");
    }
}

#[tokio::test]
async fn a_torn_milestone_is_not_trusted_and_the_one_before_it_serves() {
    let past = Past::of(300).await;
    let milestones = past.milestones();
    let (before, torn) = (&milestones[0], &milestones[1]);
    let file = past.dir.path().join(&torn.register.file);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(&file, bytes).unwrap();
    let (history, log) = past.fresh();
    let seq = torn.seq.next();
    assert_eq!(history.register_at(seq).await.unwrap().digest(), past.log.digest_at(seq));
    assert_eq!(log.began(), [before.seq]);
    assert!(!past.milestones().contains(torn), "it is not tried again");
}

#[tokio::test]
async fn a_milestone_of_another_log_is_recognised_by_its_event() {
    let past = Past::of(300).await;
    let mut other = Writer::with_acts(0).await;
    for n in 0..300 {
        other.write(&[super::support::act(n + 1_000)]).await;
    }
    let log = Halting::at(&other, Seq(u64::MAX));
    let history = History::new(past.replica.clone(), Arc::new(log.clone()));
    let seq = past.milestones()[1].seq;
    assert_eq!(history.register_at(seq).await.unwrap().digest(), other.digest_at(seq));
    assert_eq!(log.began().last(), Some(&Seq::FIRST));
    assert!(past.milestones().iter().all(|known| known.seq > seq));
}

#[tokio::test]
async fn without_milestones_the_past_is_folded_from_the_beginning() {
    let past = Past::of(120).await;
    for (name, _) in files(past.dir.path(), "") {
        std::fs::remove_file(past.dir.path().join(name)).unwrap();
    }
    let (history, log) = past.fresh();
    let seq = Seq(past.log.last().get() - 1);
    assert_eq!(history.register_at(seq).await.unwrap().digest(), past.log.digest_at(seq));
    assert_eq!(log.began(), [Seq::FIRST]);
}

#[tokio::test]
async fn what_is_not_there_yet_is_told() {
    let past = Past::of(3).await;
    let error = past.fresh().0.register_at(past.log.last().next()).await.unwrap_err();
    assert!(matches!(*error, HistoryError::Ahead { .. }), "{error}");
}

/// Polls until something is so.
async fn poll_until<F: Future>(folds: &mut [Pin<Box<F>>], is_so: impl Fn() -> bool) {
    while !is_so() {
        for fold in folds.iter_mut() {
            assert!(futures::poll!(fold).is_pending());
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_asks_for_the_same_position_waits_for_the_same_fold() {
    let past = Past::of(30).await;
    let (history, log) = past.fresh();
    let seq = Seq(past.log.last().get() - 3);
    let (one, other) = tokio::join!(history.register_at(seq), history.register_at(seq));
    assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
    history.register_at(seq).await.unwrap();
    assert_eq!(log.began().len(), 1);
}

#[tokio::test]
async fn two_folds_go_on_at_a_time_and_one_that_nobody_waits_for_makes_room() {
    let past = Past::of(30).await;
    let (history, log) = past.fresh();
    log.until.send_replace(Seq::NONE);
    let last = past.log.last().get();
    let mut folds: Vec<_> = (1..=3).map(|n| Box::pin(history.register_at(Seq(last - n)))).collect();
    poll_until(&mut folds, || log.readers() == 2).await;
    for _ in 0..50 {
        assert!(futures::poll!(&mut folds[2]).is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(log.began().len(), 2, "the third waits for its turn");
    drop(folds.remove(0));
    poll_until(&mut folds, || log.began().len() == 3).await;
    assert_eq!(log.readers(), 2);
    log.until.send_replace(Seq(u64::MAX));
    for (fold, n) in folds.into_iter().zip(2..) {
        assert_eq!(fold.await.unwrap().digest(), past.log.digest_at(Seq(last - n)));
    }
}

#[tokio::test]
async fn what_was_folded_for_somebody_who_went_away_is_not_done_again() {
    let past = Past::of(100).await;
    std::fs::remove_dir_all(past.dir.path()).unwrap();
    let (history, log) = past.fresh();
    log.until.send_replace(Seq(50));
    let seq = Seq(past.log.last().get() - 1);
    let mut folds = vec![Box::pin(history.register_at(seq))];
    poll_until(&mut folds, || *log.given.lock().unwrap() == Seq(50)).await;
    drop(folds);
    assert_eq!(log.readers(), 0);
    log.until.send_replace(Seq(u64::MAX));
    assert_eq!(history.register_at(seq).await.unwrap().digest(), past.log.digest_at(seq));
    assert_eq!(log.began(), [Seq::FIRST, Seq(51)]);
}

#[tokio::test]
async fn kept_registers_are_bounded_by_their_obligations() {
    let past = Past::of(30).await;
    let (history, _) = past.fresh();
    let last = past.log.last();
    let size = history.register_at(last).await.unwrap().len();
    assert!(size > 0);
    let kept = Kept::with_room_for(2 * size);
    let positions = [5, 4, 3, 2].map(|n| Seq(last.get() - n));
    for seq in positions {
        kept.put(history.register_at(seq).await.unwrap());
    }
    let nearest = |seq: Seq| kept.nearest(seq).map(|known| known.last_seq());
    assert_eq!(
        [nearest(positions[1]), nearest(positions[2]), nearest(last)],
        [None, Some(positions[2]), Some(positions[3])]
    );
    let (small, empty) = (Kept::with_room_for(1), Arc::new(Register::new()));
    small.put(history.register_at(last).await.unwrap());
    assert_eq!(small.nearest(last).map(|known| known.last_seq()), Some(last), "one is always kept");
    small.put(empty);
    assert_eq!(small.nearest(last).map(|known| known.last_seq()), Some(Seq::NONE));
}
