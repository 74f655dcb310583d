//! Acts that are remembered and change no phase: acknowledgements, progress, notices, facts that accompany.

use domain::actor::Role;
use domain::command::Act;
use domain::event::Data;
use domain::obligation::{Activity, LinkCheck, Phase};
use domain::payload::Direction;
use serde_json::{Value, json};

use crate::world::*;

fn note(id: &str, event: &str, details: &Value) -> Value {
    on(id, &json!({"event": event, "occurred_on": "2022-10-13", "details": details}))
}

#[test]
fn the_first_acknowledgement_is_kept() {
    let mut world = Small::new();
    let known = on(CHECKLIST, &json!({}));
    assert_eq!(leads(world.does(&head(), Act::Acknowledge, &known, october(3))), "obligation.acknowledged");
    world.does(&head(), Act::Acknowledge, &known, october(4)).unwrap();
    assert_eq!(world.of(CHECKLIST).matters().acknowledged.unwrap().1, october(3));
    assert_eq!(world.of(CHECKLIST).phase, Phase::Open);
}

#[test]
fn an_interim_report_never_ends_control() {
    let mut world = Small::new();
    let told = |text: &str, percent: u8| on(CHECKLIST, &json!({"text": text, "percent": percent}));
    assert_eq!(places(world.does(&head(), Act::ReportInterim, &told("", 101), october(3))), ["/text", "/percent"]);
    assert_eq!(leads(world.does(&head(), Act::ReportInterim, &told("готово", 100), october(3))), "report.interim");
    assert_eq!((world.of(CHECKLIST).phase, world.of(CHECKLIST).matters().interim), (Phase::Open, 1));
}

#[test]
fn a_notice_is_about_the_present_deadline() {
    let mut world = Small::new();
    let remind = |version: u16| on(CHECKLIST, &json!({"channel": "email", "deadline_version": version}));
    assert_eq!(code(world.does(&coordinator(), Act::Remind, &remind(1), october(10))), "nothing_waits");
    let done = world.does(&coordinator(), Act::Remind, &remind(0), october(10)).unwrap();
    let Data::ReminderSent(sent) = &done[0] else { panic!("{done:?}") };
    assert_eq!((sent.days_left, sent.deadline_version), (Some(7), 0));
    let moved = on(CHECKLIST, &json!({"due": "2022-10-31", "basis": "№ 8"}));
    world.does(&ministry(), Act::MoveDeadline, &moved, october(11)).unwrap();
    assert_eq!(
        code(world.does(&coordinator(), Act::Remind, &remind(0), october(12))),
        "nothing_waits",
        "a stale timer"
    );
    assert_eq!(leads(world.does(&coordinator(), Act::Remind, &remind(1), october(12))), "reminder.sent");
    let admin = actor("timer", Role::Admin);
    let passed = |version: u16| on(CHECKLIST, &json!({"deadline_version": version}));
    assert_eq!(code(world.does(&admin, Act::NoticeDeadline, &passed(1), october(31))), "nothing_waits", "not yet");
    assert_eq!(code(world.does(&admin, Act::NoticeDeadline, &passed(0), october(32))), "nothing_waits");
    assert_eq!(leads(world.does(&admin, Act::NoticeDeadline, &passed(1), october(32))), "deadline.passed_noticed");
    let up = |level: u8| on(CHECKLIST, &json!({"to": {"org": "mo"}, "level": level}));
    assert_eq!(places(world.does(&admin, Act::Escalate, &up(0), october(33))), ["/level"]);
    assert_eq!(leads(world.does(&admin, Act::Escalate, &up(1), october(33))), "escalation.raised");
    let stale = on(CHECKLIST, &json!({"to": {"org": "mo"}, "level": 1, "deadline_version": 0}));
    assert_eq!(code(world.does(&admin, Act::Escalate, &stale, october(33))), "nothing_waits");
}

#[test]
fn a_reminder_goes_to_the_holder_that_the_issuer_named() {
    let mut world = Small::new();
    let named = on(CHECKLIST, &json!({"holder": {"org": "s02"}, "basis": "№ 9"}));
    world.does(&ministry(), Act::Reassign, &named, october(3)).unwrap();
    let done =
        world.does(&coordinator(), Act::Remind, &on(CHECKLIST, &json!({"channel": "email"})), october(4)).unwrap();
    let Data::ReminderSent(sent) = &done[0] else { panic!("{done:?}") };
    assert_eq!(serde_json::to_value(&sent.to).unwrap(), json!({"org": "s02"}));
}

#[test]
fn only_facts_that_accompany_a_row_are_noted_beside_it() {
    let mut world = Small::new();
    let mut told =
        |id, event, details| places(world.does(&coordinator(), Act::NoteFact, &note(id, event, &details), october(14)));
    assert_eq!(told(CHECKLIST, "partner.released", json!({})), ["/event"]);
    assert_eq!(told(LINK, "site_link.published", json!({"url": "https://s.example/"})), ["/event"]);
    assert_eq!(
        told(LINK, "site_link.lost", json!({"url": "ftp://x", "checked_at": "2022-10-13T00:00:00Z"})),
        ["/details/url"]
    );
    assert_eq!(told(LINK, "site_link.lost", json!({"url": 1})), ["/details"]);
}

#[test]
fn a_partner_is_released_where_they_were_assigned() {
    let mut world = Small::new();
    let released = json!({"partner": "zavod", "kind": "industrial", "released_on": "2022-10-13", "basis": "б"});
    let release = note(PARTNER, "partner.released", &released);
    assert_eq!(places(world.does(&coordinator(), Act::NoteFact, &release, october(13))), ["/details/partner"]);
    let assigned = on(
        PARTNER,
        &json!({
            "occurred_on": "2022-10-10",
            "details": {"partner": "zavod", "kind": "industrial", "valid_from": "2022-10-10", "valid_to": "2023-05-31"}
        }),
    );
    world.does(&ministry(), Act::Submit, &assigned, october(10)).unwrap();
    assert_eq!(leads(world.does(&coordinator(), Act::NoteFact, &release, october(13))), "partner.released");
    assert_eq!(world.of(PARTNER).matters().partners[0].to, Some(october(13)));
    assert_eq!(world.of(PARTNER).phase, Phase::Accepted);
    let retract = on(PARTNER, &json!({"reason": "не назначен"}));
    world.does(&ministry(), Act::Retract, &retract, october(14)).unwrap();
    assert!(world.of(PARTNER).matters().partners.is_empty(), "what the report brought goes with it");
}

#[test]
fn a_recommendation_is_closed_where_it_was_given() {
    let mut world = Small::new();
    let close = note(PROTOCOL, "recommendation.closed", &json!({"recommendation": "r1"}));
    assert_eq!(places(world.does(&head(), Act::NoteFact, &close, october(13))), ["/details/recommendation"]);
    let protocol = on(
        PROTOCOL,
        &json!({
            "occurred_on": "2022-10-12",
            "details": {"meeting": "m", "recommendations": [{"id": "r1", "text": "т", "due": "2022-12-01"}, {"id": "r2", "text": "т"}]}
        }),
    );
    world.does(&head(), Act::Submit, &protocol, october(12)).unwrap();
    assert_eq!(leads(world.does(&head(), Act::NoteFact, &close, october(13))), "recommendation.closed");
    let given = &world.of(PROTOCOL).matters().recommendations;
    assert_eq!((given.len(), given[0].closed_on, given[1].closed_on), (2, Some(october(13)), None));
}

#[test]
fn counts_of_a_survey_are_totals_and_never_exceed_the_asked() {
    let mut world = Small::new();
    let count = |audience: &str, responded: u32| {
        note(
            SURVEY,
            "survey.responses_counted",
            &json!({
                "survey": "s", "audience": audience, "eligible": 50, "responded": responded, "counted_on": "2022-10-13"
            }),
        )
    };
    assert_eq!(places(world.does(&head(), Act::NoteFact, &count("pupils", 51), october(13))), ["/details/responded"]);
    for (audience, responded) in [("pupils", 10), ("parents", 5), ("pupils", 30)] {
        world.does(&head(), Act::NoteFact, &count(audience, responded), october(13)).unwrap();
    }
    let counts = &world.of(SURVEY).matters().counts;
    assert_eq!(counts.iter().map(|one| one.responded).collect::<Vec<_>>(), [30, 5]);
    let closed = note(SURVEY, "survey.closed", &json!({"survey": "s", "closed_on": "2022-10-13"}));
    assert_eq!(leads(world.does(&head(), Act::NoteFact, &closed, october(13))), "survey.closed");
}

#[test]
fn checks_of_a_link_are_counted_by_day() {
    let mut world = Small::new();
    let url = "https://school.example/";
    let good = json!({"url": url, "checked_at": "2022-10-13T00:00:00Z", "http_status": 200});
    let bad = json!({"url": url, "checked_at": "2022-10-13T00:00:00Z"});
    let mut earlier = note(LINK, "site_link.verified", &good);
    earlier["occurred_on"] = json!("2022-10-11");
    for told in [note(LINK, "site_link.verified", &good), note(LINK, "site_link.lost", &bad), earlier] {
        world.does(&coordinator(), Act::NoteFact, &told, october(13)).unwrap();
    }
    let checks = [LinkCheck { on: october(11), made: 1, good: 1 }, LinkCheck { on: october(13), made: 2, good: 1 }];
    assert_eq!(world.of(LINK).matters().checks, checks);
    assert_eq!(world.of(LINK).matters().link_checks(), (3, 2));
}

#[test]
fn a_cancelled_methodical_day_waits_for_another_date() {
    let mut world = Small::new();
    let dated = |due: &str| on(METHODICAL, &json!({"due": due, "basis": "график"}));
    world.does(&ministry(), Act::Schedule, &dated("2022-10-20"), october(3)).unwrap();
    let cancel = |day: u8| note(METHODICAL, "methodical_day.cancelled", &json!({"day_no": day, "reason": "р"}));
    assert_eq!(places(world.does(&ministry(), Act::NoteFact, &cancel(2), october(13))), ["/details/day_no"]);
    assert_eq!(leads(world.does(&ministry(), Act::NoteFact, &cancel(1), october(13))), "methodical_day.cancelled");
    assert_eq!((world.of(METHODICAL).phase, world.of(METHODICAL).due()), (Phase::Unscheduled, None));
    world.does(&ministry(), Act::Schedule, &dated("2022-11-20"), october(14)).unwrap();
    assert_eq!(world.of(METHODICAL).due(), Some("2022-11-20".parse().unwrap()));
}

#[test]
fn joint_events_are_kept_beside_their_report_once_each() {
    let mut world = Small::new();
    let held = |code: &str, direction: Option<&str>| {
        let details = json!({"activity": code, "title": "t", "participants": 5, "direction": direction});
        note(SCHEDULED, "activity.held", &details)
    };
    for told in [held("b", Some("agro")), held("a", None), held("b", None)] {
        assert_eq!(leads(world.does(&head(), Act::NoteFact, &told, october(13))), "activity.held");
    }
    let activity = |code: &str, direction| Activity { code: code.into(), direction, on: october(13) };
    let known = [activity("b", Some(Direction::Agro)), activity("a", None)];
    assert_eq!(world.of(SCHEDULED).matters().activities, known, "the second telling of b says nothing new");
    assert_eq!(world.of(SCHEDULED).phase, Phase::Unscheduled);
}
