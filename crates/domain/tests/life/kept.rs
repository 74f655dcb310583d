//! What reports leave in the state beside their day: answers, joint events, who came, evidence, and that they were.

use domain::command::Act;
use domain::obligation::{Answers, Attendance, EventReport, Obligation, Spent};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::world::*;

const EVIDENCE: &str = "scan";

/// A report of the checklist; `kinds` of evidence come with it.
fn reported(day: Date, points: u32, kinds: &[&str]) -> Value {
    let mut body = checklist(day, points);
    body["evidence"] = kinds.iter().map(|kind| json!({"kind": kind})).collect();
    body
}

fn kept(obligation: &Obligation) -> Vec<(Date, bool, bool)> {
    obligation.matters().spent.iter().map(|spent| (spent.on, spent.evidenced, spent.retracted)).collect()
}

#[test]
fn answers_stand_as_corrected_and_go_with_their_report() {
    let mut world = Small::new();
    world.does(&head(), Act::Submit, &reported(october(12), 4, &[]), october(12)).unwrap();
    let seq = world.of(CHECKLIST).live[0].seq;
    let answers = |points: u32| {
        let items = serde_json::from_value(json!([{"item": "i1", "points": points, "max": 5}])).unwrap();
        [Answers { seq, checklist: "v1".into(), items }]
    };
    assert_eq!(world.of(CHECKLIST).matters().answers, answers(4));
    let correct = json!({"items": [{"item": "i1", "points": 3, "max": 5}], "reason": "описка"});
    world.does(&head(), Act::Correct, &on(CHECKLIST, &correct), october(13)).unwrap();
    assert_eq!(world.of(CHECKLIST).matters().answers, answers(3));
    world.does(&head(), Act::Withdraw, &on(CHECKLIST, &json!({})), october(14)).unwrap();
    assert_eq!(world.of(CHECKLIST).matters().answers, []);
}

#[test]
fn a_report_of_a_joint_event_is_kept_with_its_day() {
    let mut world = Small::new();
    let dated = on(SCHEDULED, &json!({"due": "2022-10-20", "basis": "график"}));
    world.does(&ministry(), Act::Schedule, &dated, october(3)).unwrap();
    let report = on(
        SCHEDULED,
        &json!({
            "occurred_on": "2022-10-12",
            "details": {"activity": "fair", "title": "t", "url": "https://s.example/", "participants": 3}
        }),
    );
    world.does(&head(), Act::Submit, &report, october(12)).unwrap();
    let seq = world.of(SCHEDULED).live[0].seq;
    let told = |day: i32| [EventReport { seq, activity: "fair".into(), on: october(day) }];
    assert_eq!(world.of(SCHEDULED).matters().event_reports, told(12));
    let correct = on(SCHEDULED, &json!({"occurred_on": "2022-10-11", "reason": "описка"}));
    world.does(&head(), Act::Correct, &correct, october(13)).unwrap();
    assert_eq!(world.of(SCHEDULED).matters().event_reports, told(11));
    world.does(&head(), Act::Retract, &on(SCHEDULED, &json!({"reason": "не то"})), october(13)).unwrap();
    assert_eq!(world.of(SCHEDULED).matters().event_reports, []);
    let spent = Spent { seq, on: october(11), evidenced: false, retracted: true };
    assert_eq!(world.of(SCHEDULED).matters().spent, [spent], "it is known by its corrected day");
}

#[test]
fn schools_that_came_to_a_methodical_day_are_kept() {
    let mut world = Small::new();
    world
        .does(&ministry(), Act::Schedule, &on(METHODICAL, &json!({"due": "2022-10-20", "basis": "г"})), october(3))
        .unwrap();
    let details = json!({"day_no": 1, "place": "p", "schools": ["s02", "s01"]});
    let held = on(METHODICAL, &json!({"occurred_on": "2022-10-12", "details": details}));
    world.does(&ministry(), Act::Submit, &held, october(12)).unwrap();
    let seq = world.of(METHODICAL).live[0].seq;
    let schools = ["s01", "s02"].map(|code| code.parse().unwrap()).into();
    assert_eq!(world.of(METHODICAL).matters().attended, [Attendance { seq, schools }]);
    world.does(&ministry(), Act::Retract, &on(METHODICAL, &json!({"reason": "не то"})), october(13)).unwrap();
    assert_eq!(world.of(METHODICAL).matters().attended, []);
}

#[test]
fn every_way_out_of_the_live_reports_is_remembered() {
    let mut world = Small::new();
    let again = |world: &mut Small, day: i32, kinds: &[&str]| {
        world.does(&head(), Act::Submit, &reported(october(day), 4, kinds), october(day)).unwrap();
    };
    let bad = on(CHECKLIST, &json!({"reason": "incomplete"}));
    let plain = on(CHECKLIST, &json!({"reason": "не то"}));
    again(&mut world, 12, &[EVIDENCE]);
    world.does(&head(), Act::Withdraw, &on(CHECKLIST, &json!({})), october(12)).unwrap();
    again(&mut world, 13, &[]);
    world.does(&coordinator(), Act::Return, &bad, october(13)).unwrap();
    again(&mut world, 14, &[]);
    let attach = on(CHECKLIST, &json!({"evidence": [{"kind": EVIDENCE}]}));
    assert!(!world.of(CHECKLIST).live[0].evidenced);
    world.does(&head(), Act::AttachEvidence, &attach, october(14)).unwrap();
    assert!(world.of(CHECKLIST).live[0].evidenced, "evidence that came later is evidence");
    world.does(&coordinator(), Act::RejectEvidence, &bad, october(14)).unwrap();
    again(&mut world, 15, &[EVIDENCE]);
    world.does(&head(), Act::Retract, &plain, october(15)).unwrap();
    again(&mut world, 16, &[EVIDENCE]);
    world.does(&coordinator(), Act::Accept, &on(CHECKLIST, &json!({})), october(17)).unwrap();
    world.does(&ministry(), Act::Reopen, &on(CHECKLIST, &json!({"reason": "audit"})), october(18)).unwrap();
    let known = [(12, true, false), (13, false, false), (14, true, false), (15, true, true), (16, true, false)];
    assert_eq!(kept(world.of(CHECKLIST)), known.map(|(day, shown, retracted)| (october(day), shown, retracted)));
}
