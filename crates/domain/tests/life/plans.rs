//! A plan in force: approved, amended, joined, left, closed. What that does to obligations, the register's tests tell.

use domain::actor::{Role, Scope};
use domain::command::Act;
use domain::event::Data;
use serde_json::{Value, json};

use crate::world::*;

fn over_all(world: &Small, act: Act, body: &Value) {
    let local = domain::actor::Actor { scope: Scope::Municipality("pogranichny".parse().unwrap()), ..ministry() };
    assert_eq!(code(world.would(&local, act, body, october(3))), "forbidden", "{act} is for all");
    for role in Role::ALL.into_iter().filter(|role| !act.is_open_to(*role)) {
        assert_eq!(code(world.would(&actor("x", role), act, body, october(3))), "forbidden", "{act} {role}");
    }
}

#[test]
fn a_plan_is_approved_once() {
    let mut world = Small::new();
    let body = json!({"plan": "p", "order": "№ 1064-а"});
    over_all(&world, Act::ApprovePlan, &body);
    assert_eq!(
        places(world.would(&ministry(), Act::ApprovePlan, &json!({"plan": "p", "order": ""}), october(3))),
        ["/order"]
    );
    assert_eq!(leads(world.does(&ministry(), Act::ApprovePlan, &body, october(3))), "plan.approved");
    assert_eq!(code(world.does(&ministry(), Act::ApprovePlan, &body, october(3))), "exists_already");
    let other = json!({"plan": "q", "order": "№ 1"});
    assert_eq!(code(world.does(&ministry(), Act::ApprovePlan, &other, october(3))), "plan_not_found");
}

#[test]
fn an_anomaly_is_settled_by_a_rule() {
    let mut world = Small::new();
    let body = json!({"plan": "p", "row": "1.1", "field": "deadline", "found": "15.10", "value": "2022-10-15", "rule": "год плана"});
    over_all(&world, Act::ResolveAnomaly, &body);
    assert_eq!(leads(world.does(&ministry(), Act::ResolveAnomaly, &body, october(3))), "plan.anomaly_resolved");
    for (field, value, place) in [("row", "99.1", "/row"), ("rule", " ", "/rule")] {
        let mut body = body.clone();
        body[field] = json!(value);
        assert_eq!(places(world.does(&ministry(), Act::ResolveAnomaly, &body, october(3))), [place]);
    }
}

#[test]
fn a_school_of_the_region_joins_once() {
    let mut world = Small::new();
    let body = |school: &str| json!({"plan": "p", "region": "primorye", "school": school, "joined_on": "2022-10-20", "basis": "№ 2"});
    over_all(&world, Act::EnrolSchool, &body("new"));
    let done = world.does(&ministry(), Act::EnrolSchool, &body("new"), october(20)).unwrap();
    let Data::SchoolEnrolled(enrolled) = &done[0] else { panic!("{done:?}") };
    assert_eq!(enrolled.count, u32::try_from(world.expansion.school.slots.len()).unwrap());
    assert_eq!(code(world.does(&ministry(), Act::EnrolSchool, &body("s01"), october(20))), "exists_already");
    for stranger in ["s09", "mo", "nobody"] {
        let done = world.does(&ministry(), Act::EnrolSchool, &body(stranger), october(20));
        assert_eq!(code(done), "organisation_not_found", "{stranger}");
    }
}

#[test]
fn a_school_that_takes_part_leaves() {
    let mut world = Small::new();
    let body = |school: &str| json!({"plan": "p", "region": "primorye", "school": school, "left_on": "2022-10-20", "basis": "№ 3"});
    over_all(&world, Act::WithdrawSchool, &body("s01"));
    assert_eq!(leads(world.does(&ministry(), Act::WithdrawSchool, &body("s01"), october(20))), "school.withdrawn");
    assert_eq!(code(world.does(&ministry(), Act::WithdrawSchool, &body("new"), october(20))), "organisation_not_found");
    let elsewhere = json!({"plan": "p", "region": "amur", "school": "s09", "left_on": "2022-10-20", "basis": "№ 3"});
    assert_eq!(code(world.does(&ministry(), Act::WithdrawSchool, &elsewhere, october(20))), "plan_not_found");
}

#[test]
fn an_amendment_that_changes_the_past_needs_a_second_person() {
    let mut world = Small::new();
    let body = |ops: Value| json!({"plan": "p", "region": "primorye", "ops": ops, "basis": "№ 4"});
    let gone = body(json!([{"row": "9.1", "change": "remove"}]));
    over_all(&world, Act::AmendPlan, &gone);
    let at = |world: &Small, body: &Value, day| {
        leads(
            world
                .would(&ministry(), Act::AmendPlan, body, day)
                .map(|events| events.into_iter().map(|it| it.data).collect()),
        )
    };
    assert_eq!(at(&world, &gone, october(15)), "plan.amended");
    assert_eq!(at(&world, &gone, october(16)), "proposal.made", "it fell due yesterday");
    let back = body(json!([{"row": "2.1", "change": "move", "due": "2022-10-10"}]));
    assert_eq!(at(&world, &back, october(11)), "proposal.made", "the new day has passed");
    let undated = body(json!([{"row": "2.1", "change": "remove"}]));
    assert_eq!(at(&world, &undated, october(20)), "plan.amended");
    let dated = on(SCHEDULED, &json!({"due": "2022-10-10", "basis": "график"}));
    world.does(&head(), Act::Schedule, &dated, october(1)).unwrap();
    assert_eq!(at(&world, &undated, october(20)), "proposal.made", "a school's own day has passed");
    assert_eq!(leads(world.does(&ministry(), Act::AmendPlan, &gone, october(16))), "proposal.made");
    let confirm = json!({"proposal": world.latest()});
    assert_eq!(code(world.would(&ministry(), Act::Confirm, &confirm, october(17))), "same_person");
    assert_eq!(code(world.would(&coordinator(), Act::Confirm, &confirm, october(17))), "forbidden");
    let second = actor("min-2", Role::Ministry);
    let local = domain::actor::Actor { scope: Scope::Municipality("pogranichny".parse().unwrap()), ..second.clone() };
    assert_eq!(code(world.would(&local, Act::Confirm, &confirm, october(17))), "forbidden", "a plan is everybody's");
    let agreed = world.would(&second, Act::Confirm, &confirm, october(17)).unwrap();
    assert_eq!(agreed[0].target.name(domain::event::EventId(1)), "activation/primorye/p");
}

#[test]
fn an_amendment_names_rows_days_and_its_document() {
    let world = Small::new();
    let told = |ops: Value, basis: &str| {
        let body = json!({"plan": "p", "region": "primorye", "ops": ops, "basis": basis});
        places(world.would(&ministry(), Act::AmendPlan, &body, october(3)))
    };
    assert_eq!(told(json!([]), ""), ["/basis", "/ops"]);
    assert_eq!(told(json!([{"row": "99.1", "change": "remove"}]), "б"), ["/ops/0/row"]);
    assert_eq!(told(json!([{"row": "1.1", "change": "move"}]), "б"), ["/ops/0/due"]);
    assert_eq!(told(json!([{"row": "1.1", "change": "move", "due": "2030-01-01"}]), "б"), ["/ops/0/due"]);
    assert_eq!(told(json!([{"row": "1.1", "change": "remove", "due": "2022-12-01"}]), "б"), ["/ops/0/due"]);
}

#[test]
fn a_plan_is_closed_once() {
    let mut world = Small::new();
    let body = json!({"plan": "p", "region": "primorye", "closed_on": "2023-08-31", "basis": "№ 5"});
    over_all(&world, Act::ClosePlan, &body);
    assert_eq!(leads(world.does(&ministry(), Act::ClosePlan, &body, october(3))), "plan.closed");
    assert_eq!(code(world.does(&ministry(), Act::ClosePlan, &body, october(3))), "exists_already");
}

#[test]
fn a_load_is_opened_and_closed_by_an_importer() {
    let mut world = Small::new();
    let importer = actor("loader", Role::Importer);
    let mark = json!({"source": "old"});
    over_all(&world, Act::OpenImport, &mark);
    assert_eq!(leads(world.does(&importer, Act::OpenImport, &mark, october(3))), "import.opened");
    assert_eq!(leads(world.does(&importer, Act::CloseImport, &mark, october(3))), "import.closed");
}
