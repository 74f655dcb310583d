//! Terms: schedules, moves, extensions, releases and holds.

use domain::actor::Role;
use domain::command::Act;
use domain::obligation::Phase;
use domain::timeliness::Timeliness;
use jiff::civil::date;
use serde_json::json;

use crate::world::*;

fn hold(until: &str) -> serde_json::Value {
    on(CHECKLIST, &json!({"reason": "quarantine", "basis": "№ 7", "until": until}))
}

#[test]
fn a_row_by_schedule_waits_for_its_date() {
    let mut world = Small::new();
    let report = on(
        SCHEDULED,
        &json!({
            "occurred_on": "2022-12-01",
            "details": {"title": "t", "url": "https://school.example/report", "participants": 3}
        }),
    );
    assert_eq!(code(world.does(&head(), Act::Submit, &report, date(2022, 12, 1))), "not_allowed_in_phase");
    let dated = on(SCHEDULED, &json!({"due": "2022-11-30", "basis": "график"}));
    assert_eq!(leads(world.does(&head(), Act::Schedule, &dated, october(1))), "schedule.set");
    assert_eq!(code(world.does(&head(), Act::Schedule, &dated, october(2))), "not_allowed_in_phase");
    world.does(&head(), Act::Submit, &report, date(2022, 12, 1)).unwrap();
    let verdict = world.timeliness(SCHEDULED, date(2022, 12, 31));
    assert_eq!((world.of(SCHEDULED).phase, verdict), (Phase::Accepted, Timeliness::Late(1)));
}

#[test]
fn a_schedule_names_its_document_and_a_day_of_the_year() {
    let mut world = Small::new();
    let mut told = |id, due, basis| {
        let body = on(id, &json!({"due": due, "basis": basis}));
        places(world.does(&head(), Act::Schedule, &body, october(1)))
    };
    assert_eq!(told(SCHEDULED, "2022-11-30", " "), ["/basis"]);
    assert_eq!(told(SCHEDULED, "2024-11-30", "б"), ["/due"]);
    assert_eq!(told(PUBLICATION, "2022-11-30", "б"), ["/obligation"], "it is dated by its delivery");
}

#[test]
fn only_the_issuer_moves_a_date_and_the_holder_asks() {
    let mut world = Small::new();
    let ask = |wanted| on(CHECKLIST, &json!({"wanted": wanted, "reason": "карантин"}));
    let moved = on(CHECKLIST, &json!({"due": "2022-10-31", "basis": "№ 8"}));
    for who in [head(), coordinator(), actor("audit", Role::Auditor)] {
        assert_eq!(code(world.does(&who, Act::MoveDeadline, &moved, october(10))), "forbidden");
    }
    assert_eq!(places(world.does(&head(), Act::RequestExtension, &ask("2022-10-15"), october(10))), ["/wanted"]);
    let silent = on(CHECKLIST, &json!({"wanted": "2022-10-31", "reason": ""}));
    assert_eq!(places(world.does(&head(), Act::RequestExtension, &silent, october(10))), ["/reason"]);
    let done = world.does(&head(), Act::RequestExtension, &ask("2022-10-31"), october(10));
    assert_eq!(leads(done), "extension.requested");
    assert_eq!(world.of(CHECKLIST).phase, Phase::Open);
    assert_eq!(world.of(CHECKLIST).matters().extension.as_ref().unwrap().day, Some(october(31)));
    assert_eq!(leads(world.does(&ministry(), Act::MoveDeadline, &moved, october(11))), "deadline.moved");
    let obligation = world.of(CHECKLIST);
    assert_eq!((obligation.stated_due, obligation.due(), obligation.moves), (Some(october(15)), Some(october(31)), 1));
    assert!(obligation.matters.is_none(), "the request is answered");
}

#[test]
fn a_request_is_declined_once_and_with_a_reason() {
    for (ask, decline, body, asked, declined) in [
        (
            Act::RequestExtension,
            Act::DeclineExtension,
            json!({"wanted": "2022-10-31", "reason": "р"}),
            "extension.requested",
            "extension.declined",
        ),
        (
            Act::RequestExcuse,
            Act::DeclineExcuse,
            json!({"reason": "quarantine", "basis": "б"}),
            "excuse.requested",
            "excuse.declined",
        ),
    ] {
        let mut world = Small::new();
        let no = on(CHECKLIST, &json!({"reason": "нет оснований"}));
        assert_eq!(code(world.does(&ministry(), decline, &no, october(10))), "nothing_waits");
        assert_eq!(leads(world.does(&head(), ask, &on(CHECKLIST, &body), october(10))), asked);
        assert_eq!(code(world.does(&coordinator(), decline, &no, october(10))), "forbidden");
        let silent = on(CHECKLIST, &json!({"reason": ""}));
        assert_eq!(places(world.does(&ministry(), decline, &silent, october(10))), ["/reason"]);
        assert_eq!(leads(world.does(&ministry(), decline, &no, october(11))), declined);
        assert!(world.of(CHECKLIST).matters.is_none());
    }
}

#[test]
fn a_hold_stops_the_clock_and_the_term_goes_on_behind_it() {
    let mut world = Small::new();
    assert_eq!(leads(world.does(&ministry(), Act::Excuse, &hold("2022-10-20"), october(11))), "excuse.granted");
    assert_eq!(world.of(CHECKLIST).phase, Phase::Excused);
    assert_eq!(world.timeliness(CHECKLIST, october(19)), Timeliness::None);
    let during = world.does(&head(), Act::Submit, &checklist(october(19), 4), october(19));
    assert_eq!(code(during), "not_allowed_in_phase");
    assert_eq!(world.stands(CHECKLIST).phase_on(october(21)), Phase::Open);
    let backwards = world.does(&head(), Act::Submit, &checklist(october(19), 4), october(24));
    assert_eq!(places(backwards), ["/occurred_on"], "the day lies in the hold");
    world.does(&head(), Act::Submit, &checklist(october(24), 4), october(24)).unwrap();
    // Ten days on hold: 15 October becomes the 25th.
    let obligation = world.of(CHECKLIST);
    assert_eq!((obligation.held_days, obligation.due(), obligation.excuse), (10, Some(october(25)), None));
    assert_eq!(world.timeliness(CHECKLIST, october(31)), Timeliness::OnTime);
}

#[test]
fn a_revoked_hold_adds_the_days_that_it_lasted() {
    let mut world = Small::new();
    world.does(&ministry(), Act::Excuse, &hold("2022-10-30"), october(11)).unwrap();
    let revoke = on(CHECKLIST, &json!({"reason": "карантин снят"}));
    assert_eq!(code(world.does(&coordinator(), Act::RevokeExcuse, &revoke, october(14))), "forbidden");
    assert_eq!(leads(world.does(&ministry(), Act::RevokeExcuse, &revoke, october(14))), "excuse.revoked");
    let obligation = world.of(CHECKLIST);
    assert_eq!((obligation.phase, obligation.held_days, obligation.due()), (Phase::Open, 3, Some(october(18))));
    assert_eq!(code(world.does(&ministry(), Act::RevokeExcuse, &revoke, october(15))), "not_allowed_in_phase");
}

#[test]
fn a_release_for_good_comes_back_to_the_phase_before_it() {
    let mut world = Small::new();
    world.does(&head(), Act::Submit, &checklist(october(11), 4), october(11)).unwrap();
    let good = on(CHECKLIST, &json!({"reason": "renovation", "basis": "№ 7"}));
    world.does(&ministry(), Act::Excuse, &good, october(12)).unwrap();
    assert_eq!(world.timeliness(CHECKLIST, date(2023, 8, 1)), Timeliness::None);
    let revoke = on(CHECKLIST, &json!({"reason": "ошибка"}));
    world.does(&ministry(), Act::RevokeExcuse, &revoke, october(14)).unwrap();
    let obligation = world.of(CHECKLIST);
    assert_eq!((obligation.phase, obligation.held_days), (Phase::Submitted, 0));
}

#[test]
fn a_deadline_that_is_named_during_a_hold_holds_as_named() {
    let mut world = Small::new();
    let hold = on(CHECKLIST, &json!({"reason": "quarantine", "basis": "№ 7", "until": "2022-10-20"}));
    world.does(&ministry(), Act::Excuse, &hold, october(12)).unwrap();
    world
        .does(
            &ministry(),
            Act::MoveDeadline,
            &on(CHECKLIST, &json!({"due": "2022-10-25", "basis": "№ 8"})),
            october(13),
        )
        .unwrap();
    let after = world.of(CHECKLIST).on(october(24)).into_owned();
    assert_eq!((after.phase, after.held_days, after.due()), (Phase::Open, 0, Some(october(25))));
}

#[test]
fn a_release_names_its_document_and_its_days_in_order() {
    let mut world = Small::new();
    let mut told = |act, more| {
        let who = if act == Act::Excuse { ministry() } else { head() };
        places(world.does(&who, act, &on(CHECKLIST, &more), october(10)))
    };
    for act in [Act::Excuse, Act::RequestExcuse] {
        assert_eq!(told(act, json!({"reason": "emergency", "basis": ""})), ["/basis"]);
        assert_eq!(told(act, json!({"reason": "emergency", "basis": "б", "until": "2022-10-09"})), ["/until"]);
    }
}

#[test]
fn a_move_names_its_document_and_a_day_of_the_year() {
    let mut world = Small::new();
    let mut told = |due, basis| {
        let body = on(CHECKLIST, &json!({"due": due, "basis": basis}));
        places(world.does(&ministry(), Act::MoveDeadline, &body, october(10)))
    };
    assert_eq!(told("2022-10-31", ""), ["/basis"]);
    assert_eq!(told("2025-10-31", "б"), ["/due"]);
}
