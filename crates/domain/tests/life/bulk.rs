//! One act on many: facts as one event, transitions one by one, and what takes each back.

use domain::actor::{Actor, Role, Scope};
use domain::command::{Act, Command};
use domain::decide::{Undoing, may_undo, resolve_many, single};
use domain::event::{Data, Event, EventId, Target};
use domain::id::{OrgCode, Seq};
use domain::obligation::Phase;
use domain::payload::FreeText;
use domain::refusal::Refusal;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::world::*;

fn told(more: &Value) -> Value {
    let mut body = json!({
        "plan": "p", "row": "9.1", "occurred_on": "2022-10-12", "comment": "рассылка № 4",
        "details": {"survey": "s", "audiences": ["pupils"], "channels": ["site"]}
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn recipients(done: Result<Vec<Event>, Refusal>) -> Vec<String> {
    let events = done.unwrap();
    let Data::BulkRecorded(fact) = &events[0].data else { panic!("{events:?}") };
    assert!(matches!(events[0].target, Target::Bulk(_)));
    assert_eq!((fact.event_type.as_str(), fact.item.as_str()), ("survey.announced", "-"));
    fact.recipients.iter().map(OrgCode::to_string).collect()
}

#[test]
fn a_fact_for_all_names_its_recipients() {
    let world = Small::new();
    let carry = |who: &Actor, more: &Value| world.would(who, Act::RecordForAll, &told(more), october(13));
    assert_eq!(recipients(carry(&ministry(), &json!({"within": "primorye"}))), ["s01", "s02", "s03"]);
    assert_eq!(recipients(carry(&coordinator(), &json!({"within": "pogranichny"}))), ["s01", "s02"]);
    assert_eq!(recipients(carry(&coordinator(), &json!({"recipients": ["s02", "s01", "s02"]}))), ["s02", "s01"]);
    assert_eq!(code(carry(&coordinator(), &json!({"within": "primorye"}))), "forbidden", "s03 lies elsewhere");
    assert_eq!(code(carry(&head(), &json!({"within": "s01"}))), "forbidden");
    assert_eq!(code(carry(&ministry(), &json!({"recipients": ["nobody"]}))), "obligation_not_found");
    assert_eq!(places(carry(&ministry(), &json!({"recipients": ["s01", "s09"]}))), ["/within"], "two regions");
    assert_eq!(places(carry(&ministry(), &json!({}))), ["/within"]);
    assert_eq!(places(carry(&ministry(), &json!({"within": "s01", "recipients": ["s01"]}))), ["/within"]);
    assert_eq!(places(carry(&ministry(), &json!({"within": "nowhere"}))), ["/within"]);
    assert_eq!(code(carry(&ministry(), &json!({"plan": "q", "within": "s01"}))), "plan_not_found");
}

#[test]
fn a_fact_for_all_is_a_fact_that_one_person_can_state() {
    let world = Small::with(Some(5));
    let told = |more: &Value| {
        let mut more = more.clone();
        more["within"] = json!("s01");
        places(world.would(&ministry(), Act::RecordForAll, &told(&more), october(13)))
    };
    assert_eq!(told(&json!({"comment": " "})), ["/comment"]);
    assert_eq!(told(&json!({"occurred_on": "2022-10-14"})), ["/occurred_on"]);
    assert_eq!(told(&json!({"occurred_on": "2022-10-01"})), ["/occurred_on"], "one by one, with a second person");
    assert_eq!(told(&json!({"details": {"survey": 1}})), ["/details"]);
    let items = json!({"row": "1.1", "details": {"checklist": "v1", "items": [{"item": "i1", "points": 1, "max": 5}]}});
    assert_eq!(told(&items), ["/row"], "answers are each school's own");
}

#[test]
fn many_are_named_or_found_and_the_act_is_one_for_many() {
    let world = Small::new();
    let many = |more: Value| {
        let mut body = json!({"act": "remind", "body": {"channel": "email"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let Command::ApplyToMany(body) = Command::read(Act::ApplyToMany, body.to_string().as_bytes()).unwrap() else {
            panic!("another command");
        };
        resolve_many(&body, &world, date(2022, 10, 12))
            .map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(many(json!({"obligations": [SURVEY, CHECKLIST, SURVEY]})).unwrap(), [SURVEY, CHECKLIST]);
    let filter =
        |within: &str, row: &str| json!({"filter": {"plan": "p", "row": row, "within": within, "phase": "open"}});
    assert_eq!(many(filter("pogranichny", "9.1")).unwrap(), ["p/9.1/s01/-", "p/9.1/s02/-"]);
    assert_eq!(places(many(filter("nowhere", "9.1"))), ["/obligations"]);
    assert_eq!(places(many(json!({}))), ["/obligations"]);
    for act in ["submit", "withdraw", "confirm", "retract", "nonsense"] {
        assert_eq!(places(many(json!({"act": act, "obligations": [SURVEY]}))), ["/act"], "{act}");
    }
}

#[test]
fn each_of_many_gets_the_same_body() {
    let one = |act: &str, body: Value| {
        let whole = json!({"act": act, "obligations": [SURVEY], "body": body});
        let Command::ApplyToMany(body) = Command::read(Act::ApplyToMany, whole.to_string().as_bytes()).unwrap() else {
            panic!("another command");
        };
        single(&body, &SURVEY.parse().unwrap())
    };
    let single = one("return", json!({"reason": "incomplete"})).unwrap();
    assert_eq!((single.act, single.command.obligation().unwrap().to_string().as_str()), (Act::Return, SURVEY));
    for (act, body) in [
        ("return", json!({"reason": "x"})),
        ("return", json!([])),
        ("return", json!({"obligation": SURVEY, "reason": "incomplete"})),
        ("return", json!({"reason": "incomplete", "extra": 1})),
        ("submit", json!({})),
    ] {
        assert_eq!(places(one(act, body)), ["/body"]);
    }
}

fn undo(world: &Small, data: &Data, due_before: Option<jiff::civil::Date>) -> Result<Event, Refusal> {
    let reason = FreeText("ошибка".into());
    let undoing = Undoing { seq: Seq(7), event: EventId(7), data, due_before, reason: &reason };
    undoing.of_obligation(&world.stands(CHECKLIST), october(14))
}

#[test]
fn a_transition_is_taken_back_while_nothing_happened_since() {
    let mut world = Small::new();
    world.does(&head(), Act::Submit, &checklist(october(12), 4), october(12)).unwrap();
    let accepted = world.does(&coordinator(), Act::Accept, &on(CHECKLIST, &json!({})), october(13)).unwrap();
    let back = undo(&world, &accepted[0], None).unwrap();
    assert_eq!(back.data.type_name(), "acceptance.revoked");
    let id = CHECKLIST.parse().unwrap();
    world.happen(Some(&id), (domain::obligation::PersonIdx(0), None), october(14), october(14), &back.data).unwrap();
    let obligation = world.of(CHECKLIST);
    assert_eq!(
        (obligation.phase, obligation.control.decided, obligation.control.report),
        (Phase::Submitted, None, None)
    );
    assert_eq!(code(undo(&world, &accepted[0], None)), "not_allowed_in_phase", "something happened since");
}

#[test]
fn a_move_is_taken_back_to_the_day_before_it() {
    let mut world = Small::new();
    let moved = on(CHECKLIST, &json!({"due": "2022-10-31", "basis": "№ 8"}));
    let done = world.does(&ministry(), Act::MoveDeadline, &moved, october(10)).unwrap();
    let back = undo(&world, &done[0], Some(october(15))).unwrap();
    let Data::DeadlineMoved(to) = &back.data else { panic!("{back:?}") };
    assert_eq!(to.due, october(15));
    assert_eq!(code(undo(&world, &done[0], None)), "not_undoable");
    let again = on(CHECKLIST, &json!({"due": "2022-11-30", "basis": "№ 9"}));
    world.does(&ministry(), Act::MoveDeadline, &again, october(11)).unwrap();
    assert_eq!(code(undo(&world, &done[0], Some(october(15)))), "not_undoable", "it was moved since");
}

#[test]
fn a_release_is_taken_back_and_a_reminder_is_not() {
    let mut world = Small::new();
    let reminded =
        world.does(&ministry(), Act::Remind, &on(CHECKLIST, &json!({"channel": "email"})), october(10)).unwrap();
    assert_eq!(code(undo(&world, &reminded[0], None)), "not_undoable");
    let body = on(CHECKLIST, &json!({"reason": "quarantine", "basis": "№ 7"}));
    let done = world.does(&ministry(), Act::Excuse, &body, october(10)).unwrap();
    assert_eq!(undo(&world, &done[0], None).unwrap().data.type_name(), "excuse.revoked");
}

#[test]
fn a_bulk_fact_is_taken_back_as_a_whole() {
    let world = Small::new();
    let done = world.would(&ministry(), Act::RecordForAll, &told(&json!({"within": "primorye"})), october(13)).unwrap();
    let reason = FreeText("ошибка".into());
    let undoing =
        |data| Undoing { seq: Seq(7), event: EventId(7), data, due_before: None, reason: &reason }.of_bulk(october(14));
    let back = undoing(&done[0].data).unwrap();
    let Data::BulkRetracted(retracted) = &back.data else { panic!("{back:?}") };
    assert_eq!(retracted.target_id, EventId(7).to_string());
    assert!(undoing(&Data::Unknown("x".into())).is_none());
}

#[test]
fn a_bulk_command_is_taken_back_by_its_author_or_the_ministry() {
    let author = "coord".parse().unwrap();
    assert!(may_undo(&coordinator(), &author) && may_undo(&ministry(), &author));
    assert!(!may_undo(&actor("another", Role::Coordinator), &author));
    assert!(!may_undo(&Actor { scope: Scope::All, ..head() }, &author));
}
