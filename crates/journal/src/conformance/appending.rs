//! Cases about appending.

use bytes::Bytes;
use futures::future::join_all;

use super::{NEW, all, append_patiently, ids, record};
use crate::{AppendError, Expect, Fate, Journal, Refused, Seq, SharedJournal, limits};

pub(super) async fn reads_back_in_order(log: &dyn Journal) {
    for n in 1..=5_u64 {
        let seqs = log.append(vec![record("order", &format!("o{n}"), Expect::Any)]).await;
        assert_eq!(seqs, Ok(vec![Seq(n)]));
    }
    let batch = (6..=8).map(|n| record("order", &format!("o{n}"), Expect::Any)).collect();
    assert_eq!(log.append(batch).await, Ok(vec![Seq(6), Seq(7), Seq(8)]));
    let records = all(log).await;
    assert_eq!(ids(&records), ["o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8"]);
    assert!(records.iter().all(|r| &*r.subject == "vekha.ev.test.order"));
    assert_eq!(records[2].payload, Bytes::from_static(b"{\"id\":\"o3\"}"));
}

pub(super) async fn empty_append_stores_nothing(log: &dyn Journal) {
    assert_eq!(log.append(Vec::new()).await, Ok(Vec::new()));
    assert_eq!(log.tip().await.map(|tip| tip.last), Ok(Seq::NONE));
}

pub(super) async fn second_first_record_on_a_subject_conflicts(log: &dyn Journal) {
    assert_eq!(log.append(vec![record("once", "first", NEW)]).await, Ok(vec![Seq(1)]));
    let refused = log.append(vec![record("once", "second", NEW)]).await;
    assert_eq!(refused, conflict("once", 1));
    assert_eq!(refused.map_err(|e| e.fate()), Err(Fate::NotStored));
    assert_eq!(ids(&all(log).await), ["first"]);
}

pub(super) async fn right_expectation_stores_and_wrong_one_tells_the_last(log: &dyn Journal) {
    let after = |seq| Expect::LastOnSubject(Seq(seq));
    assert_eq!(log.append(vec![record("chain", "c1", NEW)]).await, Ok(vec![Seq(1)]));
    assert_eq!(log.append(vec![record("other", "x1", Expect::Any)]).await, Ok(vec![Seq(2)]));
    assert_eq!(log.append(vec![record("chain", "c2", after(1))]).await, Ok(vec![Seq(3)]));
    assert_eq!(log.append(vec![record("chain", "c3", after(1))]).await, conflict("chain", 3));
    assert_eq!(log.append(vec![record("chain", "c3", after(9))]).await, conflict("chain", 3));
    assert_eq!(log.append(vec![record("empty", "e1", after(2))]).await, conflict("empty", 0));
    assert_eq!(ids(&all(log).await), ["c1", "x1", "c2"]);
}

pub(super) async fn batch_with_one_bad_expectation_stores_nothing(log: &dyn Journal) {
    assert_eq!(log.append(vec![record("taken", "t1", NEW)]).await, Ok(vec![Seq(1)]));
    let batch = vec![record("free", "b1", NEW), record("taken", "b2", NEW), record("loose", "b3", Expect::Any)];
    assert_eq!(log.append(batch).await, conflict("taken", 1));
    assert_eq!(ids(&all(log).await), ["t1"]);
    assert_eq!(log.append(vec![record("free", "b1", NEW)]).await, Ok(vec![Seq(2)]));
}

pub(super) async fn own_record_is_recognised_after_a_repeat(log: &dyn Journal) {
    let mine = record("mine", "m1", NEW);
    assert_eq!(log.append(vec![mine.clone()]).await, Ok(vec![Seq(1)]));
    match log.append(vec![mine.clone()]).await {
        Ok(seqs) => assert_eq!(seqs, [Seq(1)], "a repeat answers with the old sequence"),
        repeated => assert_eq!(repeated, conflict("mine", 1)),
    }
    let last = log.last_on(&mine.subject).await.expect("the log answers").expect("it is there");
    assert_eq!(last.id.as_deref(), Some("m1"));
    assert_eq!(all(log).await.len(), 1);
}

pub(super) async fn own_batch_is_recognised_after_a_repeat(log: &dyn Journal) {
    let batch = vec![record("mine", "m1", NEW), record("yours", "y1", NEW)];
    assert_eq!(log.append(batch.clone()).await, Ok(vec![Seq(1), Seq(2)]));
    match log.append(batch).await {
        Ok(seqs) => assert_eq!(seqs, [Seq(1), Seq(2)]),
        repeated => assert_eq!(repeated, conflict("mine", 1)),
    }
    assert_eq!(ids(&all(log).await), ["m1", "y1"]);
}

pub(super) async fn subject_may_come_twice_in_a_batch_with_one_expectation(log: &dyn Journal) {
    let batch = vec![record("twice", "a", NEW), record("twice", "b", Expect::Any)];
    assert_eq!(log.append(batch).await, Ok(vec![Seq(1), Seq(2)]));
    let wrong = vec![record("twice", "c", NEW), record("twice", "d", Expect::Any)];
    assert_eq!(log.append(wrong).await, conflict("twice", 2));
    assert_eq!(ids(&all(log).await), ["a", "b"]);
}

pub(super) async fn what_cannot_be_stored_is_refused_before(log: &dyn Journal) {
    let mut big = record("big", "b1", NEW);
    big.payload = vec![b'x'; limits::PAYLOAD_BYTES_MAX + 1].into();
    let (bytes, max) = (big.payload.len(), limits::PAYLOAD_BYTES_MAX);
    assert_eq!(log.append(vec![big.clone()]).await, Err(AppendError::TooBig { bytes, max }));
    let with_others = vec![record("small", "s1", NEW), big.clone()];
    assert_eq!(log.append(with_others).await, Err(AppendError::TooBig { bytes, max }));
    big.payload.truncate(max);
    assert_eq!(log.append(vec![big]).await, Ok(vec![Seq(1)]), "the largest payload is taken");
    let bad = log.append(vec![record("a.*", "s1", NEW)]).await;
    assert!(matches!(bad, Err(AppendError::Refused(Refused::Subject { .. }))), "{bad:?}");
    let twice = log.append(vec![record("t", "s1", NEW), record("t", "s2", NEW)]).await;
    assert!(matches!(twice, Err(AppendError::Refused(Refused::TwoExpectations { .. }))));
    assert_eq!(all(log).await.len(), 1);
}

pub(super) async fn largest_batch_is_stored_and_a_larger_one_refused(log: &dyn Journal) {
    let max = limits::BATCH_RECORDS_MAX;
    let batch = |from: usize, count: usize| {
        (from..from + count).map(|n| record(&format!("s{n}"), &format!("i{n}"), NEW)).collect()
    };
    let stored = log.append(batch(0, max)).await.expect("a full batch is stored");
    assert_eq!((stored.len(), stored.first()), (max, Some(&Seq(1))));
    let refused = log.append(batch(max, max + 1)).await;
    assert_eq!(refused, Err(Refused::TooMany { count: max + 1, max }.into()));
    let records = all(log).await;
    assert_eq!(records.len(), max);
    assert_eq!(records.iter().filter(|r| r.batch_end).count(), 1);
}

pub(super) async fn concurrent_appenders_keep_each_chain(log: SharedJournal) {
    let appender = |who: usize| {
        let log = SharedJournal::clone(&log);
        async move {
            let mut last = Seq::NONE;
            for step in 0..20 {
                let expect = Expect::LastOnSubject(last);
                let new = record(&format!("w{who}"), &format!("w{who}-{step}"), expect);
                let stored = append_patiently(&log, vec![new]).await.expect("the chain is ours");
                assert!(stored[0] > last, "sequences of a chain rise");
                last = stored[0];
            }
        }
    };
    join_all((0..50).map(appender)).await;
    let records = all(&*log).await;
    assert_eq!(records.len(), 50 * 20, "every record is stored once");
    for who in 0..50 {
        let subject = format!("vekha.ev.test.w{who}");
        let chain: Vec<&str> =
            ids(&records).into_iter().zip(&records).filter(|(_, r)| *r.subject == *subject).map(|(id, _)| id).collect();
        let wanted: Vec<String> = (0..20).map(|step| format!("w{who}-{step}")).collect();
        assert_eq!(chain, wanted);
    }
}

pub(super) async fn concurrent_batches_and_singles_are_all_stored_once(log: SharedJournal) {
    let appender = |who: usize| {
        let log = SharedJournal::clone(&log);
        async move {
            let count = if who.is_multiple_of(3) { 4 } else { 1 };
            let new = (0..count).map(|n| record(&format!("m{who}.{n}"), &format!("m{who}-{n}"), NEW));
            let stored = append_patiently(&log, new.collect()).await.expect("nobody else is there");
            assert_eq!(stored.len(), count);
            (who, stored)
        }
    };
    let outcomes = join_all((0..120).map(appender)).await;
    let records = all(&*log).await;
    assert_eq!(records.len(), 40 * 4 + 80);
    for (who, stored) in outcomes {
        for (n, seq) in stored.iter().enumerate() {
            let index = usize::try_from(seq.get()).expect("the log is small") - 1;
            assert_eq!(records[index].id.as_deref(), Some(&*format!("m{who}-{n}")));
        }
        assert!(stored.windows(2).all(|pair| pair[1] == pair[0].next()), "a batch is in one piece");
    }
}

pub(super) async fn concurrent_rivals_leave_one_winner(log: SharedJournal) {
    let rival = |who: usize| {
        let log = SharedJournal::clone(&log);
        async move {
            let subject = format!("prize{}", who % 8);
            append_patiently(&log, vec![record(&subject, &format!("r{who}"), NEW)]).await
        }
    };
    let outcomes = join_all((0..80).map(rival)).await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let lost = outcomes.iter().filter_map(|o| o.as_ref().err()?.conflict()).count();
    assert_eq!((won, lost), (8, 72), "{outcomes:?}");
    assert_eq!(all(&*log).await.len(), 8);
}

fn conflict(subject: &str, last: u64) -> Result<Vec<Seq>, AppendError> {
    let subject = format!("vekha.ev.test.{subject}");
    Err(Refused::Conflict { subject, last: Seq(last) }.into())
}
