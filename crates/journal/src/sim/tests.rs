//! The simulator held to the conformance suite, and its faults to what they claim.

use std::sync::Arc;

use super::*;
use crate::{Expect, Fate, Refused, conformance};

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn epoch() -> Epoch {
    "sim".parse().unwrap()
}

fn new(subject: &str, id: &str, expect: Expect) -> NewRecord {
    NewRecord { subject: subject.into(), id: id.into(), payload: Bytes::new(), expect }
}

const FIRST: Expect = Expect::LastOnSubject(Seq::NONE);

#[tokio::test]
async fn simulator_conforms_without_faults() {
    conformance::run_all(async || Arc::new(SimJournal::new(epoch())) as Arc<dyn Journal>).await;
}

#[tokio::test]
async fn simulator_conforms_as_a_cluster() {
    let faults = SimFaults { dialect: Dialect::R3, ..SimFaults::none() };
    let make = async || Arc::new(SimJournal::with_faults(epoch(), faults)) as Arc<dyn Journal>;
    conformance::run_all(make).await;
}

/// A patient writer: repeats unknown outcomes with the same id and looks for its own record.
async fn append_for_sure(log: &SimJournal, batch: Vec<NewRecord>) -> Vec<Seq> {
    loop {
        match log.append(batch.clone()).await {
            Ok(seqs) => return seqs,
            Err(AppendError::Refused(_)) => {
                let mut seqs = Vec::new();
                for record in &batch {
                    let last = loop {
                        if let Ok(last) = log.last_on(&record.subject).await {
                            break last.expect("a conflict means that something is there");
                        }
                    };
                    assert_eq!(last.id.as_deref(), Some(&*record.id), "a rival wrote here");
                    seqs.push(last.seq);
                }
                return seqs;
            }
            Err(error) => assert!(matches!(
                (&error, error.fate()),
                (AppendError::Unknown { .. }, Fate::Unknown) | (AppendError::Unavailable { .. }, Fate::NotStored)
            )),
        }
    }
}

async fn stormy_history(seed: u64) -> (Vec<Record>, Vec<Record>) {
    let log = SimJournal::with_faults(epoch(), SimFaults::stormy(seed));
    let mut reader = log.read(Seq::FIRST);
    let mut read = Vec::new();
    let mut chains = [Seq::NONE; 4];
    for step in 0..60_usize {
        let count = 1 + step % 3;
        let batch = (0..count).map(|n| {
            let chain = (step + n) % chains.len();
            new(&format!("s{chain}"), &format!("{step}-{n}"), Expect::LastOnSubject(chains[chain]))
        });
        let seqs = append_for_sure(&log, batch.collect()).await;
        for (n, seq) in seqs.into_iter().enumerate() {
            chains[(step + n) % 4] = seq;
        }
        read.extend(reader.next(4).await.unwrap().records);
    }
    let truth = log.truth();
    while read.len() < truth.len() {
        read.extend(reader.next(4).await.unwrap().records);
    }
    (read, truth)
}

#[tokio::test]
async fn patient_writer_loses_and_doubles_nothing_in_any_storm() {
    for seed in 0..300 {
        let (read, truth) = stormy_history(seed).await;
        assert_eq!(read, truth, "seed {seed}: readers see the truth in order");
        assert_eq!(truth.len(), 120, "seed {seed}: every record is stored once");
    }
}

#[tokio::test]
async fn same_seed_gives_the_same_history() {
    assert_eq!(stormy_history(7).await, stormy_history(7).await);
}

#[test]
fn answer_lost_after_the_store_is_unknown_then_a_conflict_with_oneself() {
    let faults = SimFaults { lost_after: 1.0, ..SimFaults::none() };
    let log = SimJournal::with_faults(epoch(), faults);
    let lost = block_on(log.append(vec![new("s", "1", FIRST)])).unwrap_err();
    assert_eq!(lost.fate(), Fate::Unknown);
    assert_eq!(block_on(log.last_on("s")).unwrap().unwrap().id.as_deref(), Some("1"));
}

#[test]
fn half_a_batch_is_visible_before_the_rest() {
    let halves = (0..20).filter(|&seed| {
        let faults = SimFaults { seed, half_batch: 1.0, ..SimFaults::none() };
        let log = SimJournal::with_faults(epoch(), faults);
        let batch = (0..6).map(|n| new("s", &n.to_string(), Expect::Any)).collect();
        block_on(log.append(batch)).unwrap();
        let mut reader = log.read(Seq::FIRST);
        let first = block_on(reader.next(9)).unwrap().records;
        if first.len() == 6 {
            return false;
        }
        assert!(first.iter().all(|record| !record.batch_end));
        let rest = block_on(reader.next(9)).unwrap().records;
        assert_eq!(first.len() + rest.len(), 6);
        assert!(rest.last().unwrap().batch_end);
        true
    });
    assert!(halves.count() > 10);
}

#[test]
fn unanswered_batch_is_completed_by_a_restart_once() {
    let faults = SimFaults { batch_at_restart: 1.0, ..SimFaults::none() };
    let log = SimJournal::with_faults(epoch(), faults);
    let batch = vec![new("a", "1", FIRST), new("b", "2", FIRST)];
    assert_eq!(block_on(log.append(batch)).unwrap_err().fate(), Fate::Unknown);
    assert!(log.truth().is_empty());
    log.restart();
    log.restart();
    assert_eq!(log.truth().len(), 2);
}

#[test]
fn full_disk_and_lost_leader_store_nothing_and_pass() {
    let log = SimJournal::new(epoch());
    log.set_full(true);
    let full = block_on(log.append(vec![new("a", "1", FIRST)])).unwrap_err();
    assert_eq!(full.fate(), Fate::NotStored);
    log.set_full(false);
    log.set_down(true);
    let down = block_on(log.append(vec![new("a", "1", FIRST)])).unwrap_err();
    assert_eq!(down.fate(), Fate::NotStored);
    assert!(matches!(block_on(log.last_on("a")), Err(ReadError::Unavailable { .. })));
    log.set_down(false);
    assert_eq!(block_on(log.append(vec![new("a", "1", FIRST)])), Ok(vec![Seq(1)]));
}

#[test]
fn guarded_log_names_the_difference() {
    let log = SimJournal::new(epoch());
    log.set_guarded(Some("max_msgs is 5".into()));
    let guarded = block_on(log.append(vec![new("a", "1", FIRST)])).unwrap_err();
    assert!(guarded.to_string().contains("max_msgs is 5"));
}

#[test]
fn lost_record_is_a_gap_at_its_place_and_at_the_start() {
    let log = SimJournal::new(epoch());
    let batch = (0..4).map(|n| new("s", &n.to_string(), Expect::Any)).collect();
    block_on(log.append(batch)).unwrap();
    log.lose(Seq(3));
    let mut reader = log.read(Seq::FIRST);
    assert_eq!(block_on(reader.next(9)).unwrap().records.len(), 2);
    let gap = ReadError::Gap { expected: Seq(3), found: Seq(4) };
    assert_eq!(block_on(reader.next(9)), Err(gap));
    log.lose(Seq(1));
    let cut = ReadError::Gap { expected: Seq(1), found: Seq(2) };
    assert_eq!(block_on(log.read(Seq::FIRST).next(9)), Err(cut));
    assert_eq!(block_on(log.tip()).unwrap().first, Seq(2));
}

#[test]
fn replaced_log_is_noticed_by_a_reader() {
    let log = SimJournal::new(epoch());
    block_on(log.append(vec![new("s", "1", FIRST)])).unwrap();
    let mut reader = log.read(Seq::FIRST);
    block_on(reader.next(1)).unwrap();
    log.replace("other".parse().unwrap());
    let error = block_on(reader.next(1)).unwrap_err();
    assert!(matches!(error, ReadError::Epoch { .. }), "{error}");
}

#[test]
fn foreign_message_has_no_id_and_moves_its_subject() {
    let log = SimJournal::new(epoch());
    assert_eq!(log.inject_foreign("s", Bytes::from_static(b"?")), Seq(1));
    let refused = block_on(log.append(vec![new("s", "1", FIRST)])).unwrap_err();
    let conflict = Refused::Conflict { subject: "s".into(), last: Seq(1) };
    assert_eq!(refused, AppendError::Refused(conflict));
    assert_eq!(log.truth()[0].id, None);
}
