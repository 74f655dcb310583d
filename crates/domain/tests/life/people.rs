//! Who answers, who helps, who stands in.

use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::obligation::Phase;
use serde_json::{Value, json};

use crate::world::*;

/// A head of another school.
fn neighbour() -> Actor {
    Actor { scope: Scope::Org("s02".parse().unwrap()), ..actor("neighbour", Role::School) }
}

#[test]
fn the_issuer_names_another_holder_and_the_holder_proposes_one() {
    let mut world = Small::new();
    let named = |holder: &Value| on(CHECKLIST, &json!({"holder": holder, "basis": "№ 9"}));
    let other = json!({"org": "s02"});
    assert_eq!(code(world.does(&coordinator(), Act::Reassign, &named(&other), october(3))), "forbidden");
    let ask = on(CHECKLIST, &json!({"holder": other, "reason": "ремонт"}));
    assert_eq!(code(world.does(&neighbour(), Act::ProposeReassignment, &ask, october(3))), "forbidden");
    assert_eq!(leads(world.does(&head(), Act::ProposeReassignment, &ask, october(3))), "reassignment.proposed");
    assert!(world.of(CHECKLIST).matters().reassignment.is_some());
    let nobody = world.does(&ministry(), Act::Reassign, &named(&json!({"org": "nobody"})), october(3));
    assert_eq!(places(nobody), ["/holder"]);
    assert_eq!(leads(world.does(&ministry(), Act::Reassign, &named(&other), october(4))), "obligation.reassigned");
    assert!(world.of(CHECKLIST).matters().reassignment.is_none(), "the request is answered");
    assert_eq!(world.of(CHECKLIST).phase, Phase::Open);
    let report = checklist(october(12), 4);
    assert_eq!(code(world.does(&head(), Act::Submit, &report, october(12))), "forbidden");
    assert_eq!(leads(world.does(&neighbour(), Act::Submit, &report, october(12))), "checklist.submitted");
}

#[test]
fn an_authority_has_no_head_of_school() {
    let mut world = Small::new();
    let body = on(METHODICAL, &json!({"holder": "school_head", "basis": "б"}));
    assert_eq!(places(world.does(&ministry(), Act::Reassign, &body, october(3))), ["/holder"]);
}

#[test]
fn a_co_executor_gives_a_part_by_half_of_the_term() {
    let mut world = Small::new();
    let add = |more: &Value| on(CHECKLIST, more);
    let person = json!({"who": {"person": "helper"}});
    assert_eq!(code(world.does(&head(), Act::AddCo, &add(&person), october(5))), "forbidden");
    assert_eq!(leads(world.does(&ministry(), Act::AddCo, &add(&person), october(5))), "co.added");
    assert_eq!(world.of(CHECKLIST).matters().co[0].due, Some(october(10)));
    assert_eq!(places(world.does(&ministry(), Act::AddCo, &add(&person), october(5))), ["/who"]);
    let late = json!({"who": {"org": "s02"}, "due": "2022-10-16"});
    assert_eq!(places(world.does(&ministry(), Act::AddCo, &add(&late), october(5))), ["/due"]);
    let own = json!({"who": {"org": "s02"}, "due": "2022-10-12"});
    world.does(&ministry(), Act::AddCo, &add(&own), october(5)).unwrap();
    assert_eq!(world.of(CHECKLIST).matters().co[1].due, Some(october(12)));
}

#[test]
fn a_report_is_accepted_with_every_part_or_as_partial() {
    let mut world = Small::new();
    for who in [json!({"person": "helper"}), json!({"org": "s02"})] {
        world.does(&ministry(), Act::AddCo, &on(CHECKLIST, &json!({"who": who})), october(5)).unwrap();
    }
    world.does(&head(), Act::Submit, &checklist(october(12), 4), october(12)).unwrap();
    let accept = on(CHECKLIST, &json!({}));
    let part = on(CHECKLIST, &json!({"text": "раздел 2"}));
    assert_eq!(code(world.does(&coordinator(), Act::Accept, &accept, october(13))), "parts_missing");
    let stranger = Actor { scope: Scope::Org("s03".parse().unwrap()), ..actor("stranger", Role::School) };
    assert_eq!(code(world.does(&stranger, Act::ReportPart, &part, october(13))), "forbidden");
    let helper = Actor { scope: Scope::Org("s03".parse().unwrap()), ..actor("helper", Role::School) };
    let others = on(CHECKLIST, &json!({"who": {"org": "s02"}, "text": "раздел 3"}));
    assert_eq!(code(world.does(&helper, Act::ReportPart, &others, october(13))), "forbidden", "only one's own part");
    assert_eq!(leads(world.does(&helper, Act::ReportPart, &part, october(13))), "co.reported");
    assert_eq!(code(world.does(&coordinator(), Act::Accept, &accept, october(13))), "parts_missing");
    assert_eq!(leads(world.does(&neighbour(), Act::ReportPart, &part, october(13))), "co.reported");
    assert_eq!(leads(world.does(&coordinator(), Act::Accept, &accept, october(14))), "report.accepted");
}

#[test]
fn a_missing_part_can_be_done_without() {
    let mut world = Small::new();
    let helper = json!({"who": {"person": "helper"}});
    world.does(&ministry(), Act::AddCo, &on(CHECKLIST, &helper), october(5)).unwrap();
    world.does(&head(), Act::Submit, &checklist(october(12), 4), october(12)).unwrap();
    let partial = world.would(&coordinator(), Act::Accept, &on(CHECKLIST, &json!({"partial": true})), october(13));
    assert_eq!(partial.unwrap()[0].data.type_name(), "report.accepted");
    let gone = on(CHECKLIST, &json!({"who": {"person": "helper"}, "reason": "не нужен"}));
    assert_eq!(leads(world.does(&ministry(), Act::RemoveCo, &gone, october(13))), "co.removed");
    assert_eq!(code(world.does(&ministry(), Act::RemoveCo, &gone, october(13))), "nothing_waits");
    let part = on(CHECKLIST, &json!({"text": "т"}));
    assert_eq!(code(world.does(&coordinator(), Act::ReportPart, &part, october(13))), "nothing_waits");
    assert_eq!(
        leads(world.does(&coordinator(), Act::Accept, &on(CHECKLIST, &json!({})), october(13))),
        "report.accepted"
    );
}

#[test]
fn a_delegate_acts_as_the_holder_on_the_days_named_only() {
    let mut world = Small::new();
    let lent = json!({"to": "neighbour", "from": "2022-10-11", "until": "2022-10-12", "basis": "№ 3"});
    assert_eq!(code(world.does(&neighbour(), Act::Delegate, &on(CHECKLIST, &lent), october(10))), "forbidden");
    assert_eq!(leads(world.does(&head(), Act::Delegate, &on(CHECKLIST, &lent), october(10))), "obligation.delegated");
    let try_on = |world: &Small, day| world.would(&neighbour(), Act::Submit, &checklist(october(10), 4), october(day));
    assert_eq!(code(try_on(&world, 10)), "forbidden");
    try_on(&world, 11).unwrap();
    try_on(&world, 12).unwrap();
    assert_eq!(code(try_on(&world, 13)), "forbidden");
    let further = json!({"to": "third", "until": "2022-10-12", "basis": "№ 3"});
    let lent_on = world.does(&neighbour(), Act::Delegate, &on(CHECKLIST, &further), october(11));
    assert_eq!(code(lent_on), "forbidden", "what was lent is not lent on");
    let end = on(CHECKLIST, &json!({"to": "neighbour", "reason": "вернулся"}));
    assert_eq!(leads(world.does(&head(), Act::EndDelegation, &end, october(11))), "obligation.delegation_ended");
    assert_eq!(code(world.does(&head(), Act::EndDelegation, &end, october(11))), "nothing_waits");
    assert_eq!(code(try_on(&world, 11)), "forbidden");
}

#[test]
fn a_delegation_is_to_somebody_else_with_days_and_a_document() {
    let mut world = Small::new();
    let mut told = |more| places(world.does(&head(), Act::Delegate, &on(CHECKLIST, &more), october(10)));
    assert_eq!(told(json!({"to": "head", "until": "2022-10-12", "basis": "б"})), ["/to"]);
    assert_eq!(told(json!({"to": "x", "until": "2022-10-09", "basis": "б"})), ["/until"]);
    assert_eq!(told(json!({"to": "x", "until": "2022-10-12", "basis": ""})), ["/basis"]);
}

#[test]
fn a_new_holder_has_no_delegates_of_the_old_one() {
    let mut world = Small::new();
    let lent = on(CHECKLIST, &json!({"to": "third", "until": "2022-10-20", "basis": "№ 3"}));
    world.does(&head(), Act::Delegate, &lent, october(10)).unwrap();
    let named = on(CHECKLIST, &json!({"holder": {"org": "s02"}, "basis": "№ 9"}));
    world.does(&ministry(), Act::Reassign, &named, october(11)).unwrap();
    let third = Actor { scope: Scope::Org("s03".parse().unwrap()), ..actor("third", Role::School) };
    assert_eq!(code(world.does(&third, Act::Submit, &checklist(october(12), 4), october(12))), "forbidden");
}

#[test]
fn few_people_share_one_obligation() {
    let mut world = Small::new();
    for n in 0..20 {
        let who = on(CHECKLIST, &json!({"who": {"person": format!("helper-{n}")}}));
        world.does(&ministry(), Act::AddCo, &who, october(5)).unwrap();
        let to = on(CHECKLIST, &json!({"to": format!("helper-{n}"), "until": "2022-10-12", "basis": "б"}));
        world.does(&head(), Act::Delegate, &to, october(5)).unwrap();
    }
    let who = on(CHECKLIST, &json!({"who": {"person": "one-more"}}));
    assert_eq!(places(world.does(&ministry(), Act::AddCo, &who, october(5))), ["/who"]);
    let to = on(CHECKLIST, &json!({"to": "one-more", "until": "2022-10-12", "basis": "б"}));
    assert_eq!(places(world.does(&head(), Act::Delegate, &to, october(5))), ["/to"]);
}
