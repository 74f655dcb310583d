//! What always holds, whatever happens: `evolve` is total, `decide` is pure, and both keep to one table.

use domain::actor::Role;
use domain::command::{Act, Command};
use domain::decide;
use domain::decide::allowed;
use domain::event::Data;
use domain::evolve::Effect;
use domain::id::ObligationId;
use domain::obligation::{Obligation, PersonIdx, Phase};
use domain::payload::Payload;
use domain::timeliness::Timeliness;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::*;

const KINDS: u8 = 23;

/// Something that could stand in a log, lawful or not.
#[derive(Clone, Copy, Debug)]
struct Event {
    kind: u8,
    target: u64,
    day: i32,
}

fn history(max: usize) -> impl Strategy<Value = Vec<Event>> {
    let event = (0..KINDS, 0u64..8, 0i32..60).prop_map(|(kind, target, day)| Event { kind, target: target + 2, day });
    proptest::collection::vec(event, 0..max)
}

fn data_of(event: Event) -> Data {
    let (day, target) = (october(event.day), event.target);
    let id = domain::event::EventId(u128::from(target)).to_string();
    let points = json!({"details": {"checklist": "v1", "items": [{"item": "i1", "points": 3, "max": 5}]}});
    let (name, payload) = match event.kind {
        0..=2 => ("checklist.submitted", points),
        3 | 4 => ("report.accepted", json!({"report": id})),
        5 => ("report.returned", json!({"report": id, "reason": "incomplete", "rework_due": day})),
        6 => ("excuse.granted", json!({"reason": "quarantine", "basis": "b", "until": day})),
        7 => ("excuse.granted", json!({"reason": "quarantine", "basis": "b"})),
        8 => ("excuse.revoked", json!({"reason": "r"})),
        9 => ("deadline.moved", json!({"due": day, "basis": "b"})),
        10 => ("fact.retracted", json!({"target": target, "target_id": id, "reason": "r"})),
        11 => ("fact.corrected", json!({"target": target, "target_id": id, "occurred_on": day, "reason": "r"})),
        12 => ("report.withdrawn", json!({"report": id})),
        13 => ("acceptance.revoked", json!({"report": id, "reason": "r"})),
        14 => ("obligation.reopened", json!({"report": id, "reason": "audit", "rework_due": day})),
        15 => ("evidence.rejected", json!({"target_id": id, "reason": "incomplete", "rework_due": day})),
        16 => ("extension.requested", json!({"wanted": day, "reason": "r"})),
        17 => ("extension.declined", json!({"reason": "r"})),
        18 => ("schedule.set", json!({"due": day, "basis": "b"})),
        19 => ("co.added", json!({"who": {"person": "p"}})),
        20 => ("co.reported", json!({"who": {"person": "p"}, "text": "t"})),
        21 => ("reminder.sent", json!({"to": "school_head", "channel": "email", "deadline_version": 0})),
        _ => ("obligation.acknowledged", json!({})),
    };
    Data::from_payload(name, &Payload(payload)).unwrap().unwrap()
}

fn happen(world: &mut Small, event: Event) -> Effect {
    let id: ObligationId = CHECKLIST.parse().unwrap();
    let day = october(event.day);
    world.happen(Some(&id), (PersonIdx(0), None), day, day, &data_of(event)).unwrap()
}

/// The phases that an event may lead to from a phase: the table of `docs/domain.md` 3.2, told again.
fn leads_to(kind: u8, from: Phase) -> &'static [Phase] {
    use Phase::{Accepted, Excused, Open, Returned, Submitted, Unscheduled};
    match (kind, from) {
        (0..=2, Unscheduled | Open | Returned) | (13, Accepted) => &[Submitted],
        (3 | 4, Submitted) => &[Accepted],
        (5, Submitted) | (14, Accepted) | (15, Submitted | Accepted) => &[Returned, Submitted],
        (6 | 7, Unscheduled | Open | Submitted | Returned) => &[Excused],
        (10, Submitted | Accepted) => &[Unscheduled, Open, Submitted, Returned, Accepted],
        (8, Excused) | (12, Submitted) => &[Unscheduled, Open, Submitted, Returned],
        (18, Unscheduled) => &[Open],
        _ => &[],
    }
}

/// The state apart from positions.
fn seen(obligation: &Obligation) -> Obligation {
    let mut seen = obligation.clone();
    (seen.version, seen.own) = Default::default();
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    #[test]
    fn whatever_happens_the_state_stays_sound(history in history(40)) {
        let mut world = Small::new();
        let mut moves = 0;
        for event in history {
            let day = october(event.day);
            let before = world.of(CHECKLIST).on(day).into_owned();
            let effect = happen(&mut world, event);
            let after = world.of(CHECKLIST);
            // (1) The table is the only way to change the phase.
            let lawful = after.phase == before.phase || leads_to(event.kind, before.phase).contains(&after.phase);
            prop_assert!(lawful, "{:?}: {:?} -> {:?}", event, before.phase, after.phase);
            // (3) What the plan states is not rewritten by people, and every move is counted.
            prop_assert_eq!(before.stated_due, after.stated_due);
            moves += u16::from(event.kind == 9 && effect == Effect::Changed);
            prop_assert_eq!(after.moves, moves);
            prop_assert!(before.moved_due == after.moved_due || event.kind == 9);
            // (4) Done means that a live report is in, and the other way round.
            let done = after.owed_as().is_done();
            prop_assert_eq!(done, !after.live.is_empty(), "{:?}", after);
            let standing = after.control.report.filter(|_| after.phase == Phase::Accepted);
            prop_assert!(after.phase != Phase::Accepted || standing.is_some());
            prop_assert!(after.live.windows(2).all(|two| two[0].seq < two[1].seq));
            // What has no effect changes positions only.
            if effect.is_void() {
                prop_assert_eq!(seen(&before), seen(after), "{:?}", event);
            }
            prop_assert_eq!(after.excuse.is_some(), after.phase == Phase::Excused);
        }
    }

    #[test]
    fn timeliness_is_total_and_pure_and_what_does_not_count_has_none(history in history(20), as_of in 0..400i32) {
        let mut world = Small::new();
        for event in history {
            happen(&mut world, event);
        }
        let as_of = october(as_of - 40);
        let verdict = world.timeliness(CHECKLIST, as_of);
        prop_assert_eq!(verdict, world.timeliness(CHECKLIST, as_of));
        let phase = world.stands(CHECKLIST).phase_on(as_of);
        // (9) Excused, cancelled and not applicable leave numerator and denominator together.
        prop_assert_eq!(verdict == Timeliness::None, !phase.counts());
        prop_assert_eq!(verdict.in_time().is_some() && verdict.days() > 0, verdict.in_time() == Some(false));
        for gone in [Phase::Cancelled, Phase::NotApplicable] {
            let mut obligation = world.of(CHECKLIST).clone();
            (obligation.phase, obligation.excuse) = (gone, None);
            let clockwork = world.stands(CHECKLIST).clockwork;
            prop_assert_eq!(clockwork.timeliness(&obligation, as_of), Timeliness::None);
            prop_assert_eq!(clockwork.timeliness(&obligation, as_of).in_time(), None);
        }
    }

    #[test]
    fn a_day_late_is_a_day_more_the_next_day(history in history(20), as_of in 0..100i32) {
        let mut world = Small::new();
        for event in history {
            happen(&mut world, event);
        }
        let (today, tomorrow) = (world.timeliness(CHECKLIST, october(as_of)), world.timeliness(CHECKLIST, october(as_of + 1)));
        if let Timeliness::Overdue(days) = today {
            prop_assert_eq!(tomorrow, Timeliness::Overdue(days + 1));
        }
    }

    #[test]
    fn decide_offers_exactly_what_it_then_grants(history in history(12), role in 0..4usize, own in any::<bool>()) {
        let role = [Role::Ministry, Role::Coordinator, Role::School, Role::Auditor][role];
        let mut world = Small::new();
        for event in history {
            happen(&mut world, event);
        }
        // Person 0, who did all of that, is the ministry's of the world's beginning.
        let who = actor(if own { "min" } else { "somebody" }, role);
        let today = date(2022, 12, 1);
        let offered = allowed(&world.stands(CHECKLIST), &who, &world, today);
        for (act, body) in asked(&world) {
            let done = world.would(&who, act, &body, today);
            // Own reports and missing parts are told only when it comes to the decision.
            let excepted = matches!(done.as_ref().map_err(domain::refusal::Refusal::code), Err("own_report" | "parts_missing"));
            prop_assert!(excepted || done.is_ok() == offered.contains(&act), "{}: {:?} in {:?}", act, done, offered);
        }
    }

    #[test]
    fn the_same_command_decided_twice_from_the_same_state_gives_the_same_events(history in history(12)) {
        let mut world = Small::with(Some(5));
        for event in history {
            happen(&mut world, event);
        }
        for (act, body) in asked(&world) {
            let command = Command::read(act, body.to_string().as_bytes()).unwrap();
            let ask = || decide(&command, &ministry(), &world, date(2022, 12, 1));
            prop_assert_eq!(ask(), ask());
        }
    }

    #[test]
    fn a_further_report_changes_neither_phase_nor_the_report_that_counts(history in history(20), day in 0..60i32) {
        let mut world = Small::new();
        for event in history {
            happen(&mut world, event);
        }
        let report = Event { kind: 0, target: 0, day };
        let first = happen(&mut world, report);
        let before = world.of(CHECKLIST).clone();
        let again = happen(&mut world, report);
        prop_assert!(again != Effect::Changed, "{:?} after {:?}", again, first);
        let after = world.of(CHECKLIST);
        prop_assert_eq!((before.phase, before.counting()), (after.phase, after.counting()));
    }
}

/// Acts whose content is right in any state.
fn asked(world: &Small) -> Vec<(Act, Value)> {
    let day: Date = date(2022, 12, 1);
    let latest = world.of(CHECKLIST).live.first().map_or(day, |sent| sent.occurred_on.max(october(0)));
    [
        (Act::Submit, for_head(&checklist(day, 3))),
        (Act::Accept, json!({})),
        (Act::Return, json!({"reason": "incomplete"})),
        (Act::Reopen, json!({"reason": "audit"})),
        (Act::RejectEvidence, json!({"reason": "incomplete"})),
        (Act::Withdraw, json!({})),
        (Act::Correct, json!({"occurred_on": latest.min(day), "reason": "r"})),
        (Act::Retract, json!({"reason": "r"})),
        (Act::AttachEvidence, json!({"evidence": [{"kind": "scan"}]})),
        (Act::Excuse, json!({"reason": "quarantine", "basis": "b"})),
        (Act::RequestExcuse, json!({"reason": "quarantine", "basis": "b"})),
        (Act::DeclineExcuse, json!({"reason": "r"})),
        (Act::RevokeExcuse, json!({"reason": "r"})),
        (Act::MoveDeadline, json!({"due": "2022-12-20", "basis": "b"})),
        (Act::RequestExtension, json!({"wanted": "2023-08-30", "reason": "r"})),
        (Act::DeclineExtension, json!({"reason": "r"})),
        (Act::Acknowledge, json!({})),
        (Act::ReportInterim, json!({"text": "t"})),
        (Act::Reassign, json!({"holder": "school_head", "basis": "b"})),
        (Act::ProposeReassignment, json!({"holder": "school_head", "reason": "r"})),
        (Act::AddCo, json!({"who": {"person": "fresh"}})),
        (Act::Delegate, json!({"to": "fresh", "until": "2022-12-20", "basis": "b"})),
        (Act::Remind, json!({"channel": "email"})),
        (Act::Escalate, json!({"to": {"org": "mo"}, "level": 1})),
    ]
    .into_iter()
    .map(|(act, body)| (act, on(CHECKLIST, &body)))
    .collect()
}
