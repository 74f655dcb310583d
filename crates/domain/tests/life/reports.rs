//! Reports: submitted, accepted, returned, withdrawn, reopened, corrected, retracted, with their evidence.

use domain::actor::Role;
use domain::command::Act;
use domain::event::Data;
use domain::obligation::Phase;
use domain::refusal::Refusal;
use domain::timeliness::Timeliness;
use jiff::civil::date;
use serde_json::json;

use crate::world::*;

/// A world whose head reported the checklist on that day of October.
fn submitted(day: i32) -> Small {
    let mut world = Small::new();
    world.does(&head(), Act::Submit, &checklist(october(day), 4), october(day)).unwrap();
    world
}

fn accepted(day: i32) -> Small {
    let mut world = submitted(day);
    assert_eq!(
        leads(world.does(&coordinator(), Act::Accept, &on(CHECKLIST, &json!({})), october(20))),
        "report.accepted"
    );
    world
}

#[test]
fn a_checklist_goes_from_open_to_accepted() {
    let world = accepted(12);
    assert_eq!(world.of(CHECKLIST).phase, Phase::Accepted);
    // The controller's slowness never counts against the school.
    assert_eq!(world.timeliness(CHECKLIST, date(2023, 1, 1)), Timeliness::OnTime);
    let control = world.of(CHECKLIST).control;
    assert_eq!(control.report, Some(world.of(CHECKLIST).live[0].seq));
    assert!(control.since < control.decided);
}

#[test]
fn the_weekend_rule_decides_what_is_late() {
    let late = |day: i32| {
        let mut world = Small::new();
        world.does(&head(), Act::Submit, &checklist(october(day), 4), date(2022, 11, 1)).unwrap();
        world.timeliness(CHECKLIST, date(2022, 11, 1))
    };
    assert_eq!(late(9), Timeliness::Early);
    assert_eq!(late(15), Timeliness::OnTime);
    assert_eq!(late(17), Timeliness::OnTime); // Monday after the stated Saturday
    assert_eq!(late(19), Timeliness::Late(2));
    let open = Small::new();
    assert_eq!(open.timeliness(CHECKLIST, date(2022, 9, 1)), Timeliness::Upcoming);
    assert_eq!(open.timeliness(CHECKLIST, october(17)), Timeliness::DueToday);
    assert_eq!(open.timeliness(CHECKLIST, october(27)), Timeliness::Overdue(10));
}

#[test]
fn a_rework_in_time_keeps_the_first_day_and_a_late_one_does_not() {
    let after_rework_on = |day: i32| {
        let mut world = submitted(14);
        world.does(&coordinator(), Act::Return, &on(CHECKLIST, &json!({"reason": "incomplete"})), october(20)).unwrap();
        assert_eq!(world.of(CHECKLIST).phase, Phase::Returned);
        assert_eq!(world.timeliness(CHECKLIST, october(20)), Timeliness::Overdue(3));
        world.does(&head(), Act::Submit, &checklist(october(day), 5), date(2022, 11, 1)).unwrap();
        world.timeliness(CHECKLIST, date(2022, 11, 1))
    };
    assert_eq!(after_rework_on(25), Timeliness::OnTime); // the third working day
    assert_eq!(after_rework_on(26), Timeliness::Late(9));
}

#[test]
fn a_return_names_its_last_day_or_the_region_does() {
    let world = submitted(14);
    let back = |more| world.would(&coordinator(), Act::Return, &on(CHECKLIST, &more), october(20));
    let due = |events: Vec<domain::event::Event>| match &events[0].data {
        Data::ReportReturned(returned) => returned.rework_due,
        other => panic!("{other:?}"),
    };
    assert_eq!(due(back(json!({"reason": "incomplete"})).unwrap()), october(25));
    assert_eq!(due(back(json!({"reason": "incomplete", "rework_due": "2022-10-20"})).unwrap()), october(20));
    assert_eq!(places(back(json!({"reason": "incomplete", "rework_due": "2022-10-19"}))), ["/rework_due"]);
    assert_eq!(places(back(json!({"reason": "incomplete", "comment": "х".repeat(4_001)}))), ["/comment"]);
}

#[test]
fn a_retracted_fact_never_happened() {
    let mut world = submitted(12);
    let retract = on(CHECKLIST, &json!({"reason": "не то"}));
    let stranger = actor("stranger", Role::School);
    assert_eq!(code(world.does(&stranger, Act::Retract, &retract, october(13))), "forbidden");
    assert_eq!(
        places(world.does(&head(), Act::Retract, &on(CHECKLIST, &json!({"reason": " "})), october(13))),
        ["/reason"]
    );
    assert_eq!(leads(world.does(&head(), Act::Retract, &retract, october(13))), "fact.retracted");
    let obligation = world.of(CHECKLIST);
    assert_eq!((obligation.phase, obligation.live.len()), (Phase::Open, 0));
    assert_eq!(obligation.control.since, None, "nothing waits for the controller any more");
}

#[test]
fn an_auditor_retracts_and_corrects_anybodys_fact_of_the_territory() {
    let retract = on(CHECKLIST, &json!({"reason": "проверка"}));
    let auditor = actor("audit", Role::Auditor);
    assert_eq!(leads(submitted(12).does(&auditor, Act::Retract, &retract, october(13))), "fact.retracted");
    let correct = on(CHECKLIST, &json!({"occurred_on": "2022-10-13", "reason": "проверка"}));
    assert_eq!(leads(submitted(12).does(&auditor, Act::Correct, &correct, october(13))), "fact.corrected");
    for other in [coordinator(), ministry()] {
        assert_eq!(code(submitted(12).does(&other, Act::Retract, &retract, october(13))), "forbidden");
    }
}

#[test]
fn a_retracted_rework_is_awaited_again_and_still_keeps_the_first_day() {
    let mut world = submitted(14);
    world.does(&coordinator(), Act::Return, &on(CHECKLIST, &json!({"reason": "incomplete"})), october(20)).unwrap();
    world.does(&head(), Act::Submit, &checklist(october(21), 5), october(21)).unwrap();
    world.does(&head(), Act::Retract, &on(CHECKLIST, &json!({"reason": "не то"})), october(21)).unwrap();
    assert_eq!(world.of(CHECKLIST).phase, Phase::Returned);
    world.does(&head(), Act::Submit, &checklist(october(24), 5), october(24)).unwrap();
    assert_eq!(world.timeliness(CHECKLIST, date(2022, 11, 1)), Timeliness::OnTime);
    // A corrected day of the rework does not touch the kept one.
    let correct = on(CHECKLIST, &json!({"occurred_on": "2022-10-25", "reason": "описка"}));
    world.does(&head(), Act::Correct, &correct, october(25)).unwrap();
    assert_eq!(world.of(CHECKLIST).counting().unwrap().counts_on, october(14));
}

#[test]
fn a_correction_changes_the_content_and_nothing_else() {
    let mut world = submitted(12);
    let correct = on(
        CHECKLIST,
        &json!({"occurred_on": "2022-10-18", "reason": "описка", "items": [{"item": "i1", "points": 2, "max": 5}]}),
    );
    world.does(&head(), Act::Correct, &correct, october(19)).unwrap();
    let report = world.of(CHECKLIST).counting().copied().unwrap();
    assert_eq!((report.score.unwrap().points, report.counts_on), (2, october(18)));
    assert_eq!(world.timeliness(CHECKLIST, date(2022, 11, 1)), Timeliness::Late(1));
}

#[test]
fn a_correction_says_what_and_why() {
    let mut world = submitted(12);
    let mut told = |more| places(world.does(&head(), Act::Correct, &on(CHECKLIST, &more), october(19)));
    assert_eq!(told(json!({"reason": ""})), ["/reason", ""]);
    assert_eq!(told(json!({"reason": "р", "occurred_on": "2022-10-20"})), ["/occurred_on"]);
    assert_eq!(told(json!({"reason": "р", "items": []})), ["/items"]);
    assert_eq!(told(json!({"reason": "р", "items": [{"item": "i1", "points": 6, "max": 5}]})), ["/items/0"]);
    let unknown = on(CHECKLIST, &json!({"reason": "р", "occurred_on": "2022-10-12", "event": "x"}));
    assert_eq!(code(world.does(&head(), Act::Correct, &unknown, october(19))), "forbidden", "it is nobody's own");
    let auditor = actor("audit", Role::Auditor);
    assert_eq!(code(world.does(&auditor, Act::Correct, &unknown, october(19))), "event_not_found");
}

#[test]
fn a_report_is_taken_back_by_its_sender_before_anybody_decided() {
    let mut world = submitted(12);
    let back = on(CHECKLIST, &json!({}));
    assert_eq!(code(world.does(&coordinator(), Act::Withdraw, &back, october(13))), "forbidden");
    assert_eq!(leads(world.does(&head(), Act::Withdraw, &back, october(13))), "report.withdrawn");
    let obligation = world.of(CHECKLIST);
    assert_eq!((obligation.phase, obligation.live.len(), obligation.control.since), (Phase::Open, 0, None));
    let mut world = accepted(12);
    assert_eq!(code(world.does(&head(), Act::Withdraw, &back, october(21))), "not_allowed_in_phase");
    let mut world = submitted(14);
    world.does(&coordinator(), Act::Return, &on(CHECKLIST, &json!({"reason": "unreadable"})), october(17)).unwrap();
    world.does(&head(), Act::Submit, &checklist(october(18), 5), october(18)).unwrap();
    world.does(&head(), Act::Withdraw, &back, october(18)).unwrap();
    assert_eq!(world.of(CHECKLIST).phase, Phase::Returned, "a rework taken back is awaited again");
}

#[test]
fn an_accepted_obligation_is_reopened_by_controller_or_auditor() {
    let reopen = on(CHECKLIST, &json!({"reason": "audit"}));
    for who in [coordinator(), ministry(), actor("audit", Role::Auditor)] {
        let mut world = accepted(14);
        assert_eq!(leads(world.does(&who, Act::Reopen, &reopen, october(21))), "obligation.reopened");
        let obligation = world.of(CHECKLIST);
        assert_eq!((obligation.phase, obligation.live.len(), obligation.returns), (Phase::Returned, 0, 1));
        assert_eq!(obligation.control.report, None);
        world.does(&head(), Act::Submit, &checklist(october(24), 5), october(24)).unwrap();
        assert_eq!(world.timeliness(CHECKLIST, october(31)), Timeliness::OnTime, "a rework in time keeps the day");
    }
    assert_eq!(code(accepted(14).does(&head(), Act::Reopen, &reopen, october(21))), "forbidden");
    assert_eq!(code(submitted(14).does(&coordinator(), Act::Reopen, &reopen, october(21))), "not_allowed_in_phase");
}

#[test]
fn rejected_evidence_opens_the_obligation_again() {
    let reject = on(CHECKLIST, &json!({"reason": "wrong-document"}));
    for mut world in [submitted(14), accepted(14)] {
        assert_eq!(leads(world.does(&coordinator(), Act::RejectEvidence, &reject, october(21))), "evidence.rejected");
        assert_eq!(world.of(CHECKLIST).phase, Phase::Returned);
    }
    assert_eq!(code(submitted(14).does(&head(), Act::RejectEvidence, &reject, october(21))), "forbidden");
    assert_eq!(
        code(Small::new().does(&coordinator(), Act::RejectEvidence, &reject, october(21))),
        "not_allowed_in_phase"
    );
    let unknown = on(CHECKLIST, &json!({"reason": "wrong-document", "event": "x"}));
    assert_eq!(code(submitted(14).does(&coordinator(), Act::RejectEvidence, &unknown, october(21))), "event_not_found");
}

#[test]
fn evidence_is_attached_later_to_a_live_report() {
    let mut world = submitted(12);
    let attach = |evidence| on(CHECKLIST, &json!({"evidence": evidence}));
    let piece = json!([{"kind": "scan", "url": "https://school.example/scan"}]);
    assert_eq!(
        leads(world.does(&head(), Act::AttachEvidence, &attach(piece.clone()), october(13))),
        "evidence.attached"
    );
    assert_eq!(world.of(CHECKLIST).matters().attached, 1);
    assert_eq!(places(world.does(&head(), Act::AttachEvidence, &attach(json!([])), october(13))), ["/evidence"]);
    let open = Small::new().does(&head(), Act::AttachEvidence, &attach(piece), october(13));
    assert_eq!(code(open), "not_allowed_in_phase");
}

#[test]
fn a_row_gets_the_evidence_that_it_requires() {
    let mut world = Small::new();
    let letter = |evidence| {
        on(
            LETTER,
            &json!({
                "occurred_on": "2022-10-12", "details": {"letter_no": 1, "document": "d"}, "evidence": evidence
            }),
        )
    };
    let mut told = |evidence| places(world.does(&coordinator(), Act::Submit, &letter(evidence), october(12)));
    assert_eq!(told(json!([])), ["/evidence", "/evidence"]);
    assert_eq!(told(json!([{"kind": "letter", "number": "7"}])), ["/evidence"]);
    let whole = letter(json!([{"kind": "letter", "number": "7", "date": "2022-10-12"}]));
    assert_eq!(leads(world.does(&coordinator(), Act::Submit, &whole, october(12))), "letter.sent");
    // A link among the details will do.
    let link = on(LINK, &json!({"occurred_on": "2022-10-12", "details": {"url": "https://school.example/"}}));
    assert_eq!(leads(world.does(&head(), Act::Submit, &link, october(12))), "site_link.published");
}

#[test]
fn details_are_those_of_the_obligations_item() {
    let mut world = Small::new();
    let other = on(
        LETTER,
        &json!({
            "occurred_on": "2022-10-12", "details": {"letter_no": 2, "document": "d"},
            "evidence": [{"kind": "letter", "number": "7", "date": "2022-10-12"}]
        }),
    );
    assert_eq!(places(world.does(&coordinator(), Act::Submit, &other, october(12))), ["/details/letter_no"]);
}

#[test]
fn whoever_reports_for_a_head_names_the_ground() {
    let mut world = Small::new();
    let report = checklist(october(12), 4);
    for who in [coordinator(), ministry()] {
        assert_eq!(places(world.does(&who, Act::Submit, &report, october(12))), ["/comment"]);
    }
    assert_eq!(leads(world.does(&coordinator(), Act::Submit, &for_head(&report), october(12))), "checklist.submitted");
}

#[test]
fn a_checklist_answers_an_approved_version_item_by_item() {
    let mut world = Small::new();
    let mut told = |details| {
        let body = on(CHECKLIST, &json!({"occurred_on": "2022-10-12", "details": details}));
        places(world.does(&head(), Act::Submit, &body, october(12)))
    };
    let item = |item: &str, max: u32| json!({"item": item, "points": 1, "max": max});
    assert_eq!(told(json!({"checklist": "v2", "items": [item("i1", 5)]})), ["/details/checklist"]);
    assert_eq!(told(json!({"checklist": "v1", "items": [item("i1", 9)]})), ["/details/items"]);
    assert_eq!(told(json!({"checklist": "v1", "items": [item("i1", 5), item("i2", 5)]})), ["/details/items/1"]);
    assert_eq!(told(json!({"checklist": "v1", "items": []})), ["/details/items", "/details/items"]);
}

#[test]
fn a_publication_is_due_ten_days_after_the_delivery() {
    let mut world = Small::new();
    assert_eq!(world.of(PUBLICATION).phase, Phase::Unscheduled);
    let sent = on(DELIVERY, &json!({"occurred_on": "2022-10-12", "details": {"survey": "s", "report": "r"}}));
    world.does(&coordinator(), Act::Submit, &for_head(&sent), october(12)).unwrap();
    assert_eq!(world.of(PUBLICATION).stated_due, Some(october(22)));
    assert_eq!(world.of(PUBLICATION).phase, Phase::Open);
    let retract = on(DELIVERY, &json!({"reason": "не отправлено"}));
    world.does(&coordinator(), Act::Retract, &retract, october(13)).unwrap();
    assert_eq!((world.of(PUBLICATION).stated_due, world.of(PUBLICATION).phase), (None, Phase::Unscheduled));
}

#[test]
fn a_publication_released_before_its_delivery_comes_back_dated() {
    let mut world = Small::new();
    let hold = on(PUBLICATION, &json!({"reason": "quarantine", "basis": "№ 7", "until": "2022-10-14"}));
    world.does(&ministry(), Act::Excuse, &hold, october(10)).unwrap();
    let moved = on(PUBLICATION, &json!({"due": "2022-12-01", "basis": "№ 8"}));
    assert_eq!(code(world.does(&ministry(), Act::MoveDeadline, &moved, october(11))), "not_allowed_in_phase");
    let sent = on(DELIVERY, &json!({"occurred_on": "2022-10-12", "details": {"survey": "s", "report": "r"}}));
    world.does(&head(), Act::Submit, &sent, october(12)).unwrap();
    assert_eq!(world.stands(PUBLICATION).phase_on(october(20)), Phase::Open);
    let published = on(
        PUBLICATION,
        &json!({
            "occurred_on": "2022-10-20", "details": {"document": "d", "url": "https://school.example/d"}
        }),
    );
    world.does(&head(), Act::Submit, &published, october(20)).unwrap();
    assert_eq!(world.of(PUBLICATION).phase, Phase::Accepted);
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let mut world = Small::new();
    let body = json!({
        "obligation": CHECKLIST, "occurred_on": "2030-01-01", "evidence": [{"kind": "x", "url": "ftp://x", "sha256": "1"}],
        "details": {"checklist": "v1", "items": [{"item": "i1", "points": 9, "max": 5}], "extra": 1}
    });
    assert_eq!(
        places(world.does(&head(), Act::Submit, &body, october(12))),
        ["/occurred_on", "/evidence/0/sha256", "/evidence/0/url", "/details/extra", "/details/items/0"]
    );
    let early = checklist(date(2022, 8, 31), 4);
    assert_eq!(places(world.does(&head(), Act::Submit, &early, october(12))), ["/occurred_on"]);
}

#[test]
fn a_phase_names_what_it_allows() {
    let refused = submitted(12).does(&head(), Act::Submit, &checklist(october(12), 4), october(12)).unwrap_err();
    let Refusal::Phase { act: Act::Submit, phase: Phase::Submitted, allowed } = refused else { panic!("{refused:?}") };
    assert!(allowed.contains(&Act::Accept) && !allowed.contains(&Act::Submit));
}
