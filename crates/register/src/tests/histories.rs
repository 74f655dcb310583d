//! Whole histories: replay, snapshots, order, and the guard over the fold.

use domain::event::Data;
use domain::evolve::FOLD_VERSION;
use domain::expand::hex;
use domain::id::Seq;
use domain::obligation::Obligation;
use domain::payload::{DeadlineMoved, ExcuseGranted, ExcuseReason, FactCorrected, FreeText, ScheduleSet};
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::support::{Bytes, Log, accepted, apply, fact, replay, retracted, returned};
use crate::Register;

/// One act of a generated history, on one of the first school's obligations.
#[derive(Clone, Copy, Debug)]
struct Act {
    kind: u8,
    at: usize,
    day: i32,
}

fn acts(max: usize) -> impl Strategy<Value = Vec<Act>> {
    let act = (0..8u8, 0..6usize, 0..60i32).prop_map(|(kind, at, day)| Act { kind, at, day });
    proptest::collection::vec(act, 0..max)
}

const PLACES: [&str; 6] = [
    "8.3/pogranichny-s01/-",
    "8.3p/pogranichny-s01/-",
    "9.2/pogranichny-s01/-",
    "5.1/pogranichny-s01/1",
    "12.1/pogranichny-s01/h1",
    "9.2/pogranichny-s02/-",
];

fn perform(log: &mut Log, act: Act) {
    let place = PLACES[act.at];
    let day: Date = date(2022, 10, 1).checked_add(jiff::Span::new().days(act.day)).unwrap();
    let ordinal = log.ordinal(place);
    let target = log.register.obligation(ordinal).latest().map_or(Seq(3), |report| report.seq);
    let data = match act.kind {
        0 | 1 => {
            let (slot, share) = log.register.slot_of(ordinal);
            fact(&share.event, slot.item.as_str())
        }
        2 => accepted(&log.latest_report(place)),
        3 => returned(&log.latest_report(place), day),
        4 => Data::ExcuseGranted(ExcuseGranted {
            reason: ExcuseReason::Renovation,
            basis: "б".into(),
            from: None,
            until: None,
        }),
        5 => Data::DeadlineMoved(DeadlineMoved { due: day, basis: "б".into() }),
        6 => retracted(target),
        _ if act.day % 2 == 0 => Data::ScheduleSet(ScheduleSet { due: day, basis: "б".into() }),
        _ => Data::FactCorrected(FactCorrected {
            target,
            target_id: String::new(),
            occurred_on: Some(day),
            items: None,
            reason: FreeText::default(),
        }),
    };
    log.happen(place, day, data);
}

fn snapshot(register: &Register) -> Register {
    postcard::from_bytes(&postcard::to_stdvec(register).unwrap()).unwrap()
}

/// What an obligation says apart from positions in the log and moments of recording.
fn apart_from_seqs(register: &Register) -> Vec<Obligation> {
    let ordinals = 0..u32::try_from(register.len()).unwrap();
    ordinals
        .map(|ordinal| {
            let mut obligation = register.obligation(ordinal);
            (obligation.version, obligation.own) = (Seq::NONE, Seq::NONE);
            for report in &mut obligation.live {
                (report.seq, report.recorded_at) = (Seq::NONE, jiff::Timestamp::UNIX_EPOCH);
            }
            obligation
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn live_replay_and_any_snapshot_lead_to_the_same_state(acts in acts(40), cut in 0.0..1.0f64) {
        let mut log = Log::in_force();
        for act in acts {
            perform(&mut log, act);
        }
        let digest = log.register.digest();
        prop_assert_eq!(replay(&log.events).digest(), digest);
        let cut = cut_at(log.events.len(), cut);
        let mut register = snapshot(&replay(&log.events[..cut]));
        for event in &log.events[cut..] {
            apply(&mut register, event).unwrap();
        }
        prop_assert_eq!(register.digest(), digest);
        prop_assert_eq!(snapshot(&register).digest(), digest);
        prop_assert_eq!(postcard::to_stdvec(&register).unwrap(), postcard::to_stdvec(&log.register).unwrap());
    }

    #[test]
    fn events_of_different_obligations_commute(order in Just((0..30usize).collect::<Vec<_>>()).prop_shuffle()) {
        // Three acts each on ten obligations that know nothing of each other.
        let mut log = Log::in_force();
        let base = log.events.len();
        let places: Vec<String> = ["01", "02"].iter().flat_map(|school| {
            (1..=5).map(move |letter| format!("5.1/pogranichny-s{school}/{letter}"))
        }).collect();
        for place in &places {
            log.submit(place, date(2022, 10, 10));
            log.happen(place, date(2022, 10, 11), Data::DeadlineMoved(DeadlineMoved { due: date(2022, 11, 1), basis: "б".into() }));
            log.submit(place, date(2022, 10, 12));
        }
        let tail = &log.events[base..];
        // A shuffle that keeps the order within each obligation: the n-th turn of an obligation is its n-th act.
        let mut turns = [0; 10];
        let shuffled: Vec<Bytes> = order.iter().map(|turn| {
            let place = turn % 10;
            turns[place] += 1;
            tail[place * 3 + turns[place] - 1].clone()
        }).collect();
        let all: Vec<Bytes> = log.events[..base].iter().cloned().chain(shuffled).collect();
        prop_assert_eq!(apart_from_seqs(&replay(&all)), apart_from_seqs(&log.register));
    }

    #[test]
    fn a_repeated_report_changes_neither_phase_nor_the_report_that_counts(acts in acts(30), at in 0..6usize) {
        let mut log = Log::in_force();
        for act in acts {
            perform(&mut log, act);
        }
        let place = PLACES[at];
        log.submit(place, date(2022, 10, 5));
        let before = log.obligation(place);
        log.submit(place, date(2022, 10, 6));
        let after = log.obligation(place);
        prop_assert_eq!((before.phase, before.counting()), (after.phase, after.counting()));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place in a short list"
)]
fn cut_at(len: usize, share: f64) -> usize {
    (len as f64 * share) as usize
}

#[test]
fn the_fold_still_leads_where_its_version_did() {
    let mut log = Log::with_golden_plan();
    let history = [
        (0, 0, 20),
        (0, 2, 13),
        (3, 2, 16),
        (0, 2, 18),
        (2, 2, 19),
        (0, 1, 29),
        (5, 3, 40),
        (0, 3, 9),
        (1, 3, 10),
        (6, 3, 11),
        (7, 4, 50),
        (4, 5, 2),
        (0, 5, 3),
    ];
    for (kind, at, day) in history {
        perform(&mut log, Act { kind, at, day });
    }
    // A change of this digest is a change of the fold: raise FOLD_VERSION, then write the new one here.
    assert_eq!(
        (FOLD_VERSION, &*hex(&log.register.digest())),
        (3, "95f1be43bf6d8a5234a0c768427cd99ee6b68c5737b87e3e966f88a365374bc3")
    );
}

#[test]
fn the_digest_sees_every_kind_of_change() {
    let mut log = Log::in_force();
    let mut seen = std::collections::BTreeSet::from([log.register.digest()]);
    for (kind, at, day) in [(0, 2, 13), (1, 2, 14), (3, 2, 16), (4, 3, 2), (5, 0, 20), (7, 4, 50), (6, 2, 1)] {
        perform(&mut log, Act { kind, at, day });
        assert!(seen.insert(log.register.digest()), "act {kind} is not seen");
    }
}

#[test]
fn a_snapshot_whose_columns_do_not_fit_is_refused() {
    let mut log = Log::in_force();
    log.register.columns.phase.pop();
    assert!(postcard::from_bytes::<Register>(&postcard::to_stdvec(&log.register).unwrap()).is_err());
}
