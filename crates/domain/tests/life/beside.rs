//! What stands beside obligations: checklists, monitorings, classes, coordinators, periods.

use domain::actor::{Role, Scope};
use domain::command::Act;
use serde_json::{Value, json};

use crate::world::*;

/// Carries a body that is right, then bodies with one thing wrong.
fn check(world: &mut Small, act: Act, body: &Value, leads_to: &str, wrong: &[(&str, Value, &str)]) {
    for (field, value, place) in wrong {
        let mut body = body.clone();
        body[*field] = value.clone();
        assert_eq!(places(world.would(&ministry(), act, &body, october(3))), [*place], "{act} {field}");
    }
    let local = domain::actor::Actor { scope: Scope::Municipality("pogranichny".parse().unwrap()), ..ministry() };
    if act != Act::OpenMonitoring {
        assert_eq!(code(world.would(&local, act, body, october(3))), "forbidden", "{act} is for all");
    }
    for role in Role::ALL.into_iter().filter(|role| !act.is_open_to(*role)) {
        assert_eq!(code(world.would(&actor("x", role), act, body, october(3))), "forbidden", "{act} {role}");
    }
    assert_eq!(leads(world.does(&ministry(), act, body, october(3))), leads_to);
}

#[test]
fn a_version_of_a_checklist_is_approved_once_and_never_changes() {
    let mut world = Small::new();
    let line = |item: &str, max: u32, maps_to: Option<&str>| {
        let mut line = json!({"item": item, "text": "т", "max": max});
        if let Some(to) = maps_to {
            line["maps_to"] = json!(to);
        }
        line
    };
    let body = json!({
        "checklist": "v2", "title": "t", "replaces": "v1", "basis": "№ 2", "items": [line("i1", 5, Some("i1")), line("i2", 5, None)]
    });
    check(
        &mut world,
        Act::ApproveChecklist,
        &body,
        "checklist.approved",
        &[
            ("basis", json!(" "), "/basis"),
            ("items", json!([]), "/items"),
            ("items", json!([line("i1", 0, None)]), "/items/0"),
            ("items", json!([line("i1", 5, None), line("i1", 5, None)]), "/items/1"),
            ("items", json!([line("i1", 5, Some("nothing"))]), "/items/0/maps_to"),
            ("replaces", json!("v0"), "/replaces"),
        ][..5],
    );
    assert_eq!(code(world.does(&ministry(), Act::ApproveChecklist, &body, october(4))), "exists_already");
    let both = json!({
        "obligation": CHECKLIST, "occurred_on": "2022-10-12",
        "details": {"checklist": "v2", "items": [
            {"item": "i1", "points": 3, "max": 5}, {"item": "i2", "points": 1, "max": 5}
        ]}
    });
    world.does(&head(), Act::Submit, &both, october(12)).unwrap();
    assert_eq!(world.of(CHECKLIST).live[0].score.unwrap().points, 4);
}

#[test]
fn a_version_replaces_one_that_is_there() {
    let world = Small::new();
    let body = json!({
        "checklist": "v2", "title": "t", "replaces": "v0", "basis": "№ 2", "items": [{"item": "i1", "text": "т", "max": 1}]
    });
    assert_eq!(places(world.would(&ministry(), Act::ApproveChecklist, &body, october(3))), ["/replaces"]);
}

#[test]
fn a_monitoring_is_opened_once_with_an_approved_checklist() {
    let mut world = Small::new();
    let body = json!({"monitoring": "t0", "region": "primorye", "wave": "t0", "checklist": "v1"});
    check(&mut world, Act::OpenMonitoring, &body, "monitoring.opened", &[]);
    assert_eq!(code(world.does(&ministry(), Act::OpenMonitoring, &body, october(4))), "exists_already");
    let unknown = json!({"monitoring": "h1", "region": "primorye", "wave": "h1", "checklist": "v9"});
    assert_eq!(code(world.does(&ministry(), Act::OpenMonitoring, &unknown, october(4))), "code_not_found");
    let nowhere = json!({"monitoring": "h1", "region": "nowhere", "wave": "h1"});
    assert_eq!(code(world.does(&ministry(), Act::OpenMonitoring, &nowhere, october(4))), "region_not_found");
}

#[test]
fn a_class_is_a_schools() {
    let mut world = Small::new();
    let body = json!({"class": "s01-10a", "school": "s01", "grade": 10, "direction": "agro", "pupils": 20});
    check(
        &mut world,
        Act::OpenClass,
        &body,
        "class.opened",
        &[("grade", json!(0), "/grade"), ("grade", json!(12), "/grade")],
    );
    assert_eq!(code(world.does(&ministry(), Act::OpenClass, &body, october(4))), "exists_already");
    let mut of_authority = body.clone();
    (of_authority["class"], of_authority["school"]) = (json!("x"), json!("mo"));
    assert_eq!(code(world.does(&ministry(), Act::OpenClass, &of_authority, october(4))), "organisation_not_found");
}

#[test]
fn a_coordinator_is_appointed_by_an_order() {
    let mut world = Small::new();
    let body = json!({"person": "coord", "municipality": "pogranichny", "org": "mo", "basis": "№ 1"});
    check(&mut world, Act::AppointCoordinator, &body, "coordinator.appointed", &[("basis", json!(""), "/basis")]);
    let mut nowhere = body.clone();
    nowhere["org"] = json!("nobody");
    assert_eq!(code(world.does(&ministry(), Act::AppointCoordinator, &nowhere, october(4))), "organisation_not_found");
}

#[test]
fn a_period_is_closed_and_opened_again() {
    let mut world = Small::new();
    let close = json!({"region": "primorye", "period": "2022-2023.H1", "basis": "№ 1"});
    let reopen = json!({"region": "primorye", "period": "2022-2023.H1", "reason": "уточнение"});
    assert_eq!(code(world.does(&ministry(), Act::ReopenPeriod, &reopen, october(3))), "nothing_waits");
    check(
        &mut world,
        Act::ClosePeriod,
        &close,
        "period.closed",
        &[("basis", json!(""), "/basis"), ("period", json!("2022"), "/period")][..1],
    );
    let bad = json!({"region": "primorye", "period": "2022", "basis": "№ 1"});
    assert_eq!(places(world.does(&ministry(), Act::ClosePeriod, &bad, october(3))), ["/period"]);
    assert_eq!(code(world.does(&ministry(), Act::ClosePeriod, &close, october(4))), "exists_already");
    check(&mut world, Act::ReopenPeriod, &reopen, "period.reopened", &[("reason", json!(""), "/reason")]);
    world.does(&ministry(), Act::ClosePeriod, &close, october(5)).unwrap();
}
