//! The table of phases and acts, and who may do what.

use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::decide::{allowed, by_phase};
use domain::obligation::Phase;
use domain::refusal::Refusal;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::world::*;

/// An act that everything else about it allows, if the phase does.
fn body(world: &Small, act: Act) -> Value {
    let report = world.of(CHECKLIST).latest().map(|sent| sent.event.to_string());
    let more = match act {
        Act::Submit => return for_head(&checklist(october(12), 4)),
        Act::Withdraw | Act::Accept | Act::Acknowledge => json!({}),
        Act::Return | Act::RejectEvidence => json!({"reason": "incomplete"}),
        Act::Reopen => json!({"reason": "audit"}),
        Act::ReportInterim | Act::ReportPart => json!({"text": "т"}),
        Act::RequestExtension => json!({"wanted": "2022-12-30", "reason": "р"}),
        Act::DeclineExtension | Act::DeclineExcuse | Act::RevokeExcuse | Act::Retract => json!({"reason": "р"}),
        Act::MoveDeadline | Act::Schedule => json!({"due": "2022-12-20", "basis": "б"}),
        Act::RequestExcuse | Act::Excuse => json!({"reason": "quarantine", "basis": "б"}),
        Act::Reassign => json!({"holder": "school_head", "basis": "б"}),
        Act::ProposeReassignment => json!({"holder": "school_head", "reason": "р"}),
        Act::AddCo => json!({"who": {"person": "p1"}}),
        Act::RemoveCo => json!({"who": {"person": "p1"}, "reason": "р"}),
        Act::Delegate => json!({"to": "p1", "until": "2022-12-30", "basis": "б"}),
        Act::EndDelegation => json!({"to": "p1", "reason": "р"}),
        Act::NoteFact => json!({"event": "activity.held", "occurred_on": "2022-10-12", "details": {}}),
        Act::AttachEvidence => json!({"evidence": [{"kind": "scan"}], "event": report}),
        Act::Correct => json!({"occurred_on": "2022-10-12", "reason": "р"}),
        Act::Remind => json!({"channel": "email"}),
        Act::NoticeDeadline => json!({"deadline_version": 0}),
        Act::Escalate => json!({"to": {"person": "p1"}, "level": 1}),
        Act::Confirm => json!({"proposal": world.latest()}),
        Act::DeclineProposal => json!({"proposal": world.latest(), "reason": "р"}),
        other => panic!("{other} is not about an obligation"),
    };
    on(CHECKLIST, &more)
}

fn about_obligations() -> impl Iterator<Item = Act> {
    let perhaps = |act: &Act| matches!(act, Act::Confirm | Act::DeclineProposal);
    Act::ALL.iter().copied().filter(move |act| act.is_about_obligation() || perhaps(act))
}

/// The checklist in a phase.
fn in_phase(phase: Phase) -> Small {
    let mut world = Small::new();
    world.state.get_mut(&CHECKLIST.parse().unwrap()).unwrap().phase = phase;
    world
}

#[test]
fn the_table_is_what_every_act_is_held_to() {
    for phase in Phase::ALL {
        for act in about_obligations().filter(|act| !matches!(act, Act::Confirm | Act::DeclineProposal)) {
            let world = in_phase(phase);
            let roles = Role::ALL.into_iter().filter(|role| act.is_open_to(*role));
            for role in roles {
                let done = world.would(&actor("somebody", role), act, &body(&world, act), october(20));
                let refused = matches!(&done, Err(Refusal::Phase { .. }));
                let told = matches!(&done, Err(Refusal::Forbidden { .. }));
                // Without a report there is none to decide on: that is told as the phase's, too.
                let no_report = by_phase(phase).contains(&act) && refused;
                let about_report = matches!(act, Act::Accept | Act::Return | Act::Reopen | Act::RejectEvidence);
                assert!(refused || told || by_phase(phase).contains(&act), "{role} did {act} in {phase:?}: {done:?}");
                assert!(!no_report || about_report, "{role} may not {act} in {phase:?}");
            }
        }
    }
}

#[test]
fn the_table_of_phases_is_the_one_of_the_documents() {
    let owed = [
        Act::Excuse,
        Act::RequestExcuse,
        Act::DeclineExcuse,
        Act::Acknowledge,
        Act::ReportInterim,
        Act::NoteFact,
        Act::Reassign,
        Act::ProposeReassignment,
        Act::AddCo,
        Act::RemoveCo,
        Act::ReportPart,
        Act::Delegate,
        Act::EndDelegation,
        Act::Remind,
        Act::NoticeDeadline,
        Act::Escalate,
        Act::Confirm,
        Act::DeclineProposal,
    ];
    let term = [Act::RequestExtension, Act::DeclineExtension, Act::MoveDeadline];
    let report = [Act::Correct, Act::Retract, Act::AttachEvidence, Act::RejectEvidence];
    let check = |phase, own: &[&[Act]]| {
        let mut expect = own.concat();
        let mut found = by_phase(phase).to_vec();
        expect.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expect, "{phase:?}");
    };
    check(Phase::Unscheduled, &[&[Act::Schedule], &owed]);
    check(Phase::Open, &[&[Act::Submit], &term, &owed]);
    check(Phase::Returned, &[&[Act::Submit], &term, &owed]);
    check(Phase::Submitted, &[&[Act::Accept, Act::Return, Act::Withdraw], &report, &term, &owed]);
    let after = [Act::Reopen, Act::NoteFact, Act::MoveDeadline, Act::Confirm, Act::DeclineProposal];
    check(Phase::Accepted, &[&after, &report]);
    check(Phase::Excused, &[&[Act::RevokeExcuse, Act::MoveDeadline, Act::Confirm, Act::DeclineProposal]]);
    check(Phase::Cancelled, &[&[Act::DeclineProposal]]);
    check(Phase::NotApplicable, &[&[Act::DeclineProposal]]);
}

#[test]
fn every_act_is_forbidden_to_roles_and_territories_that_it_is_not_for() {
    for act in about_obligations() {
        for role in Role::ALL {
            for phase in Phase::ALL {
                let world = in_phase(phase);
                let elsewhere = Actor { scope: Scope::Org("s02".parse().unwrap()), ..actor("stranger", role) };
                let strangers = world.would(&elsewhere, act, &body(&world, act), october(20));
                assert_eq!(code(strangers), "forbidden", "{role} of elsewhere: {act} in {phase:?}");
                if !act.is_open_to(role) {
                    let own = world.would(&actor("somebody", role), act, &body(&world, act), october(20));
                    assert_eq!(code(own), "forbidden", "{role}: {act} in {phase:?}");
                }
            }
        }
    }
}

#[test]
fn acts_that_are_not_about_an_obligation_are_forbidden_to_other_roles() {
    let roles = |act: Act| Role::ALL.into_iter().filter(move |role| act.is_open_to(*role)).collect::<Vec<_>>();
    for act in Act::ALL.iter().filter(|act| !act.is_about_obligation()) {
        assert!(!roles(*act).is_empty(), "{act} is open to nobody");
        assert!(!act.is_open_to(Role::Bi), "{act}: BI reads figures");
    }
    assert_eq!(roles(Act::OpenImport), [Role::Importer]);
    assert_eq!(roles(Act::ClosePeriod), [Role::Ministry]);
    assert_eq!(roles(Act::RecordForAll), [Role::Ministry, Role::Coordinator]);
}

#[test]
fn what_is_offered_follows_role_and_territory() {
    let world = Small::new();
    let acts = |who: &Actor, day: Date| allowed(&world.stands(CHECKLIST), who, &world, day);
    let head_may = [
        Act::Submit,
        Act::RequestExtension,
        Act::RequestExcuse,
        Act::Acknowledge,
        Act::ReportInterim,
        Act::NoteFact,
        Act::ProposeReassignment,
        Act::Delegate,
    ];
    assert_eq!(acts(&head(), october(12)), head_may);
    let ministry_may = acts(&ministry(), october(12));
    for act in [Act::Submit, Act::Excuse, Act::MoveDeadline, Act::Reassign, Act::AddCo, Act::Remind, Act::Escalate] {
        assert!(ministry_may.contains(&act), "{act}");
    }
    assert!(!acts(&coordinator(), october(12)).contains(&Act::Excuse));
    for role in [Role::Bi, Role::Auditor, Role::Importer] {
        assert!(acts(&actor("x", role), october(12)).is_empty(), "{role}");
    }
    assert_eq!(acts(&actor("x", Role::Admin), october(12)), [Act::NoticeDeadline, Act::Escalate]);
    let elsewhere = Actor { scope: Scope::Org("s02".parse().unwrap()), ..head() };
    assert!(acts(&elsewhere, october(12)).is_empty());
}

#[test]
fn an_unknown_obligation_is_not_found_by_anybody() {
    let world = Small::new();
    for id in ["p/1.1/s01/x", "p/1.1/nobody/-", "q/1.1/s01/-"] {
        assert_eq!(
            code(world.would(&head(), Act::Acknowledge, &on(id, &json!({})), october(1))),
            "obligation_not_found"
        );
    }
}
