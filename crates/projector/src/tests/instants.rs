//! How far the log reaches that was known at an instant, in a log whose claims run behind its clock.

use domain::actor::Role;
use domain::event::EventId;
use domain::evolve::Effect;
use domain::id::Seq;
use domain::obligation::PersonIdx;
use jiff::Timestamp;
use proptest::prelude::*;
use register::Applied;

use super::support::{Writer, config, live};
use crate::Facts;

const MARKS: [u16; 2] = [0, 3];

fn applied(seq: Seq, event_type: u16, second: i64) -> Applied {
    Applied {
        seq,
        event: EventId(seq.get().into()),
        event_type,
        effect: Effect::Changed,
        obligation: None,
        org: None,
        actor: PersonIdx(0),
        role: Role::Ministry,
        on_behalf_of: None,
        occurred_on: jiff::civil::date(2022, 10, 10),
        recorded_at: Timestamp::from_second(second).unwrap(),
    }
}

/// What is asked for, by looking at every event.
fn linear(facts: &Facts, as_of: Timestamp) -> Seq {
    let mut until = Seq::NONE;
    for fact in facts.after(Seq::NONE) {
        if MARKS.contains(&fact.event_type) {
            continue;
        }
        if fact.recorded_at > as_of {
            return until;
        }
        until = fact.seq;
    }
    Seq(u64::try_from(facts.len()).unwrap())
}

/// A run of events: how many, from which second on, how many seconds apart, and which of them are marks.
type Run = (usize, i64, i64, usize);

fn facts(runs: &[Run], read_back: usize) -> Facts {
    let mut facts = Facts::default();
    for (count, from, step, mark) in runs {
        for (n, at) in (0..*count).zip(0..) {
            let event_type = if n % mark == 0 { MARKS[n / mark % 2] } else { 1 };
            let seq = Seq(u64::try_from(facts.len()).unwrap()).next();
            facts.push(&applied(seq, event_type, from + at * step));
        }
    }
    // As after a start from a checkpoint: some are read back, others come behind.
    let last = Seq(u64::try_from(facts.len()).unwrap());
    let cut = Seq(u64::try_from(read_back.min(facts.len())).unwrap());
    let mut again = Facts::default();
    again.append(facts.copy(&(Seq::FIRST..=cut)));
    again.append(facts.copy(&(cut.next()..=last)));
    again
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_prefix_of_an_instant_is_that_of_looking_at_every_event(
        runs in proptest::collection::vec((0..5_000usize, -50..5_000i64, 0..3i64, 1..3_000usize), 0..5),
        read_back in 0..12_000usize,
        asked in proptest::collection::vec(-100..12_000i64, 4),
    ) {
        let facts = facts(&runs, read_back);
        for second in asked {
            let as_of = Timestamp::from_second(second).unwrap();
            prop_assert_eq!(facts.prefix_until(as_of, &MARKS), linear(&facts, as_of));
        }
    }
}

#[test]
fn instants_at_the_ends_of_time_are_understood() {
    let facts = facts(&[(10, 100, 1, 4)], 3);
    assert_eq!(facts.prefix_until(Timestamp::MIN, &MARKS), Seq::NONE);
    assert_eq!(facts.prefix_until(Timestamp::MAX, &MARKS), Seq(10));
    assert_eq!(Facts::default().prefix_until(Timestamp::MAX, &MARKS), Seq::NONE);
}

#[tokio::test]
async fn the_opening_of_the_log_belongs_to_what_follows() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(5).await);
    let (_, replica) = live(config(dir.path()), &log).await;
    replica.read(|state| {
        let second = state.facts.get(Seq(2)).unwrap().recorded_at;
        let before = second - jiff::SignedDuration::from_nanos(1);
        assert_eq!(state.prefix_until(before), Seq::NONE);
        assert!(state.prefix_until(second) >= Seq(2));
        assert_eq!(state.prefix_until(Timestamp::MAX), state.watermark);
    });
}
