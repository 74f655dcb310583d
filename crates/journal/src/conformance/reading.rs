//! Cases about reading.

use futures::FutureExt;
use futures::future::join;

use super::{NEW, all, ids, record, take};
use crate::{Expect, Journal, ReadError, Seq};

async fn fill(log: &dyn Journal, count: usize) {
    let batch = (1..=count).map(|n| record("fill", &format!("f{n}"), Expect::Any)).collect();
    log.append(batch).await.expect("a batch is stored");
}

pub(super) async fn reader_sees_from_any_sequence(log: &dyn Journal) {
    fill(log, 10).await;
    for from in 0..=10_u64 {
        let first = from.max(1);
        let count = usize::try_from(11 - first).expect("it is small");
        let records = take(&mut *log.read(Seq(from)), count).await.expect("it can be read");
        assert_eq!(records[0].seq, Seq(first));
        assert_eq!(records[count - 1].seq, Seq(10));
    }
    let mut reader = log.read(Seq(1));
    let batch = reader.next(4).await.expect("it can be read");
    let got = u64::try_from(batch.records.len()).expect("it is small");
    assert!((1..=4).contains(&got), "at most what is asked for comes: {got}");
    assert_eq!(batch.pending, 10 - got, "what waits behind is told");
}

pub(super) async fn live_tail_wakes(log: &dyn Journal) {
    let mut from_start = log.read(Seq::FIRST);
    let write_then_wait = async {
        log.append(vec![record("live", "l1", NEW)]).await.expect("it is stored");
    };
    let (records, ()) = join(take(&mut *from_start, 1), write_then_wait).await;
    assert_eq!(ids(&records.expect("it can be read")), ["l1"]);
    let mut from_end = log.read(Seq(2));
    let write = async {
        let more = vec![record("live", "l2", Expect::Any), record("live", "l3", Expect::Any)];
        log.append(more).await.expect("it is stored");
        log.append(vec![record("live", "l4", Expect::Any)]).await.expect("it is stored");
    };
    let both = join(take(&mut *from_start, 3), take(&mut *from_end, 3));
    let ((old, new), ()) = join(both, write).await;
    assert_eq!(ids(&old.expect("it can be read")), ["l2", "l3", "l4"]);
    assert_eq!(ids(&new.expect("it can be read")), ["l2", "l3", "l4"]);
}

pub(super) async fn reading_beyond_the_end_is_an_error(log: &dyn Journal) {
    fill(log, 3).await;
    let beyond = log.read(Seq(9)).next(1).await;
    assert_eq!(beyond, Err(ReadError::Beyond { from: Seq(9), last: Seq(3) }));
}

pub(super) async fn dropped_wait_loses_nothing(log: &dyn Journal) {
    fill(log, 2).await;
    let mut reader = log.read(Seq::FIRST);
    let mut seen = Vec::new();
    for n in 3..=20_u64 {
        // Polled once and dropped, again and again, while records arrive.
        if let Some(batch) = reader.next(3).now_or_never() {
            seen.extend(batch.expect("it can be read").records);
        }
        log.append(vec![record("fill", &format!("f{n}"), Expect::Any)]).await.expect("stored");
    }
    let rest = 20 - seen.len();
    seen.extend(take(&mut *reader, rest).await.expect("it can be read"));
    assert_eq!(seen, all(log).await);
}

pub(super) async fn batch_ends_are_marked(log: &dyn Journal) {
    log.append(vec![record("ends", "e1", NEW)]).await.expect("it is stored");
    let batch = (2..=4).map(|n| record("ends", &format!("e{n}"), Expect::Any)).collect();
    log.append(batch).await.expect("it is stored");
    log.append(vec![record("ends", "e5", Expect::Any)]).await.expect("it is stored");
    let ends: Vec<bool> = all(log).await.iter().map(|r| r.batch_end).collect();
    assert_eq!(ends, [true, false, false, true, true]);
    let middle = take(&mut *log.read(Seq(3)), 2).await.expect("it can be read");
    assert_eq!(middle.iter().map(|r| r.batch_end).collect::<Vec<_>>(), [false, true]);
}

pub(super) async fn get_and_last_on_answer(log: &dyn Journal) {
    log.append(vec![record("a", "a1", NEW), record("b", "b1", NEW)]).await.expect("stored");
    log.append(vec![record("a", "a2", Expect::LastOnSubject(Seq(1)))]).await.expect("stored");
    let records = all(log).await;
    for record in &records {
        assert_eq!(log.get(record.seq).await.as_ref(), Ok(&Some(record.clone())));
    }
    assert_eq!(log.get(Seq(4)).await, Ok(None));
    assert_eq!(log.get(Seq::NONE).await, Ok(None));
    assert_eq!(log.last_on("vekha.ev.test.a").await, Ok(Some(records[2].clone())));
    assert_eq!(log.last_on("vekha.ev.test.b").await, Ok(Some(records[1].clone())));
    assert_eq!(log.last_on("vekha.ev.test.c").await, Ok(None));
}

pub(super) async fn tip_follows(log: &dyn Journal) {
    let empty = log.tip().await.expect("the log answers");
    assert_eq!((empty.first, empty.last), (Seq::NONE, Seq::NONE));
    fill(log, 4).await;
    let tip = log.tip().await.expect("the log answers");
    assert_eq!((tip.first, tip.last), (Seq::FIRST, Seq(4)));
    assert_eq!(tip.epoch, empty.epoch);
}
