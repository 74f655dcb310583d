//! Following the log: watermark, half batches, failures, silence.

use std::sync::Arc;
use std::time::Duration;

use domain::event::Target;
use domain::id::Seq;
use domain::obligation::PersonIdx;
use futures::future::{BoxFuture, FutureExt as _};
use journal::sim::{SimFaults, SimJournal};
use journal::{AppendError, Journal, NewRecord, ReadBatch, ReadError, Reader, Record, Tip};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::support::{PATIENCE, Writer, act, command, config, digest, event_id, live, open, opened, run_until};
use crate::{FactFilter, ProjectorError};

#[tokio::test]
async fn the_watermark_never_stands_inside_an_atomic_batch() {
    let mut log = Writer::empty(SimFaults { half_batch: 1.0, short_read: 0.5, seed: 7, ..SimFaults::none() });
    let setup = Writer::with_acts(0).await;
    for record in setup.journal.truth() {
        let id = record.id.as_deref().unwrap_or_default().to_owned();
        let new = NewRecord {
            subject: record.subject.to_string(),
            id,
            payload: record.payload,
            expect: journal::Expect::Any,
        };
        log.journal.append(vec![new]).await.unwrap();
    }
    log.commands = setup.commands;
    let mut ends = vec![log.last()];
    for size in [3, 2, 25, 1, 8] {
        let events: Vec<_> = (0..size).map(act).collect();
        ends.push(log.write(&events).await);
    }
    let dir = tempfile::tempdir().unwrap();
    let (projector, replica) = open(config(dir.path()), &log).await.unwrap();
    let stop = CancellationToken::new();
    let watch = async {
        let mut changed = replica.changed();
        loop {
            let seq = *changed.borrow_and_update();
            assert!(seq <= ends[0] || ends.contains(&seq), "{seq} is no end of a batch");
            replica.read(|state| {
                assert_eq!(state.watermark, state.register.last_seq(), "the state is as of the watermark");
                assert_eq!(Some(state.watermark.get()), u64::try_from(state.facts.len()).ok());
            });
            if seq == log.last() {
                break;
            }
            changed.changed().await.unwrap();
        }
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(projector.run(stop.clone()), watch);
    ran.unwrap();
    assert_eq!(digest(&replica), log.digest());
}

#[tokio::test]
async fn a_foreign_message_stops_the_projector_with_its_position() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(20).await);
    let good = log.last();
    let bad = log.foreign();
    log.acts(5).await;
    let (projector, replica) = open(config(dir.path()), &log).await.unwrap();
    let error = run_until(projector, &replica, log.last()).await.unwrap_err();
    assert!(matches!(&error, ProjectorError::Event { seq, .. } if *seq == bad), "{error}");
    let status = replica.status();
    assert!(status.failure.unwrap().contains(&format!("event {bad}")));
    assert!(!status.caught_up && replica.watermark() == good, "reads go on with what was reached");
    assert_eq!(replica.read(|state| state.register.last_seq()), good);
    assert_eq!(replica.wait_for(bad, PATIENCE).await.unwrap_err().watermark, good, "nobody waits in vain");
}

#[tokio::test]
async fn a_long_read_with_a_bad_event_in_it_is_applied_up_to_that() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(700).await);
    let good = log.last();
    let bad = log.foreign();
    log.acts(600).await;
    let wide = crate::Config { batch_events: 2_000, segment_events: 4_096, ..config(dir.path()) };
    let (projector, replica) = open(wide, &log).await.unwrap();
    let error = run_until(projector, &replica, log.last()).await.unwrap_err();
    assert!(matches!(&error, ProjectorError::Event { seq, .. } if *seq == bad), "{error}");
    assert_eq!(replica.watermark(), good);
}

#[tokio::test]
async fn an_event_about_nothing_stops_the_projector() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(0).await);
    let domain::event::Event { target: Target::Obligation(region, municipality, mut id), data, occurred_on } = act(0)
    else {
        panic!()
    };
    id.org = "nobody".parse().unwrap();
    let target = Target::Obligation(region, municipality, id);
    let bad = log.write(&[domain::event::Event { target, data, occurred_on }]).await;
    let (projector, replica) = open(config(dir.path()), &log).await.unwrap();
    let error = run_until(projector, &replica, bad).await.unwrap_err();
    assert!(matches!(error, ProjectorError::Event { seq, .. } if seq == bad));
    assert_eq!(replica.watermark(), bad.prev());
}

#[tokio::test]
async fn a_lost_record_stops_the_projector() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(20).await);
    log.journal.lose(Seq(15));
    let (projector, replica) = open(config(dir.path()), &log).await.unwrap();
    let error = run_until(projector, &replica, log.last()).await.unwrap_err();
    assert!(matches!(error, ProjectorError::Log { .. }), "{error}");
    assert!(replica.watermark() < Seq(15));
}

#[tokio::test]
async fn a_log_that_is_replaced_while_it_is_read_stops_the_projector() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(20).await);
    let (projector, replica) = open(config(dir.path()), &log).await.unwrap();
    let replace = async {
        replica.wait_for(log.last(), PATIENCE).await.unwrap();
        log.journal.replace("e2".parse().unwrap());
    };
    let (ran, ()) = tokio::join!(projector.run(CancellationToken::new()), replace);
    assert!(matches!(ran, Err(ProjectorError::Log { .. })));
}

#[tokio::test]
async fn an_opening_of_another_epoch_stops_the_projector() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::empty(SimFaults::none()));
    log.write(&[opened("other")]).await;
    let (projector, replica) = open(config(dir.path()), &log).await.unwrap();
    let error = run_until(projector, &replica, log.last().next()).await.unwrap_err();
    assert!(matches!(error, ProjectorError::Epoch { .. }));
}

#[tokio::test]
async fn a_silent_log_is_waited_for() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(5).await);
    let (projector, replica) = open(config(dir.path()), &log).await.unwrap();
    let stop = CancellationToken::new();
    let script = async {
        replica.wait_for(log.last(), PATIENCE).await.unwrap();
        assert!(replica.status().caught_up);
        log.journal.set_down(true);
        log.journal.set_down(false);
        log.acts(3).await;
        replica.wait_for(log.last(), PATIENCE).await.unwrap();
        let ahead = log.last().next();
        assert_eq!(replica.wait_for(ahead, Duration::ZERO).await.unwrap_err().watermark, log.last());
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(projector.run(stop.clone()), script);
    ran.unwrap();
    assert_eq!(replica.position().to_string(), format!("e1:{}", log.last()));
}

/// A log whose readers answer every other time only.
struct Stuttering(SimJournal);

struct StutteringReader(Box<dyn Reader>, bool);

impl Reader for StutteringReader {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<ReadBatch, ReadError>> {
        self.1 = !self.1;
        let silent = self.1;
        async move {
            let reason = || "no leader".to_owned();
            if silent { Err(ReadError::Unavailable { reason: reason() }) } else { self.0.next(max).await }
        }
        .boxed()
    }
}

impl Journal for Stuttering {
    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Seq>, AppendError>> {
        self.0.append(records)
    }

    fn read(&self, from: Seq) -> Box<dyn Reader> {
        Box::new(StutteringReader(self.0.read(from), false))
    }

    fn get(&self, seq: Seq) -> BoxFuture<'_, Result<Option<Record>, ReadError>> {
        self.0.get(seq)
    }

    fn last_on<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, Result<Option<Record>, ReadError>> {
        self.0.last_on(subject)
    }

    fn tip(&self) -> BoxFuture<'_, Result<Tip, ReadError>> {
        self.0.tip()
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_does_not_answer_is_asked_again() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(30).await);
    let journal = Arc::new(Stuttering(log.journal.clone()));
    let (projector, replica) = crate::Projector::open(config(dir.path()), journal).await.unwrap();
    assert!(!replica.status().caught_up, "there are events to come");
    assert_eq!(replica.status().lag_events, log.last().get());
    run_until(projector, &replica, log.last()).await.unwrap();
    let status = replica.status();
    assert!(status.caught_up && status.failure.is_none(), "{status:?}");
    assert_eq!((status.lag_events, status.lag_ms, status.tip), (0, 0, log.last()));
}

#[tokio::test]
async fn commands_and_events_are_found_by_their_ids() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(3).await);
    let n = log.commands;
    let last = log.write(&[act(1), act(2), act(3)]).await;
    let (_, replica) = live(config(dir.path()), &log).await;
    let fingerprint = command(n).fingerprint(&"ivanova".parse().unwrap());
    let third = Seq(last.get() - 2);
    replica.read(|state| {
        let facts = &state.facts;
        assert_eq!(facts.find_command(fingerprint).collect::<Vec<_>>(), [third, third.next(), last]);
        assert_eq!(facts.find_command(fingerprint ^ 1).count(), 0);
        assert_eq!(facts.find_event(event_id(n, 2)).collect::<Vec<_>>(), [last]);
        assert_eq!(facts.find_event(event_id(n, 3)).count(), 0);
    });
}

#[tokio::test]
async fn facts_are_filtered_by_their_columns() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(21).await);
    let (_, replica) = live(config(dir.path()), &log).await;
    replica.read(|state| {
        let moved = state.register.type_of("deadline.moved");
        let obligation = state.register.locate("clusters-2022-2023", "5.1", "pogranichny-s01", "4");
        let filter = FactFilter { event_type: moved, obligation, actor: Some(PersonIdx(0)), ..FactFilter::default() };
        let found: Vec<Seq> = state.facts.matching(Seq::NONE, filter).map(|fact| fact.seq).collect();
        assert_eq!(found.len(), 3);
        let newest: Vec<Seq> = state.facts.matching(Seq::NONE, filter).rev().map(|fact| fact.seq).collect();
        assert!(newest.iter().eq(found.iter().rev()));
        assert_eq!(state.facts.matching(found[0], filter).count(), 2);
        let nobody = FactFilter { actor: Some(PersonIdx(9)), ..FactFilter::default() };
        assert_eq!(state.facts.matching(Seq::NONE, nobody).count(), 0);
        let fact = state.facts.get(found[0]).unwrap();
        assert_eq!(
            (fact.obligation, Some(fact.event_type), fact.occurred_on),
            (obligation, moved, jiff::civil::date(2022, 10, 10))
        );
        assert_eq!(state.facts.get(Seq::NONE), None);
        let moment = fact.recorded_at;
        let before = FactFilter { recorded_before: Some(moment), ..FactFilter::default() };
        let from = FactFilter { recorded_from: Some(moment), ..FactFilter::default() };
        let (before, from) =
            (state.facts.matching(Seq::NONE, before).count(), state.facts.matching(Seq::NONE, from).count());
        assert_eq!(before + from, state.facts.len());
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Storms, restarts of the process at any moment, batches of any size: the state is that of the log.
    #[test]
    fn in_any_storm_the_state_is_that_of_the_log(seed in 0..1_000u64, lives in 1..4usize, sizes in proptest::collection::vec(1..12u64, 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let calm = Writer::with_acts(0).await;
            let storm = SimFaults { half_batch: 0.5, short_read: 0.5, stale_get: 0.2, seed, ..SimFaults::none() };
            let mut log = Writer { journal: SimJournal::with_faults("e1".parse().unwrap(), storm), commands: calm.commands };
            for record in calm.journal.truth() {
                let id = record.id.as_deref().unwrap_or_default().to_owned();
                let new = NewRecord { subject: record.subject.to_string(), id, payload: record.payload, expect: journal::Expect::Any };
                log.journal.append(vec![new]).await.unwrap();
            }
            for _ in 0..lives {
                for size in &sizes {
                    let events: Vec<_> = (0..*size).map(act).collect();
                    log.write(&events).await;
                }
                let (_, replica) = live(config(dir.path()), &log).await;
                assert_eq!(digest(&replica), log.digest());
            }
        });
    }
}

#[test]
fn a_projector_and_its_replica_can_be_sent_between_threads() {
    fn check<T: Send>() {}
    fn shared<T: Send + Sync + Clone>() {}
    check::<crate::Projector>();
    shared::<crate::Replica>();
}
