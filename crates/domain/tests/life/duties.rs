//! Separation of duties: nobody decides on what is their own, on either side of a substitution.

use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::decide::under_grant;
use domain::obligation::Phase;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::world::*;

/// Lends the authority of somebody to another person for October.
fn lend(world: &mut Small, lender: &Actor, grant: &str, to: &str, more: &Value) {
    let mut body = more.clone();
    body["grant"] = json!(grant);
    body["to"] = json!(to);
    body["valid_from"] = json!("2022-10-01");
    body["valid_to"] = json!("2022-10-31");
    body["basis"] = json!("приказ № 5");
    assert_eq!(leads(world.does(lender, Act::GrantAuthority, &body, date(2022, 9, 30))), "authority.granted");
}

/// Somebody with nothing of their own.
fn substitute(person: &str) -> Actor {
    Actor { scope: Scope::Org("s03".parse().unwrap()), ..actor(person, Role::School) }
}

fn report(day: i32) -> Value {
    for_head(&checklist(october(day), 4))
}

fn decisions() -> [(Act, Value); 3] {
    [
        (Act::Accept, on(CHECKLIST, &json!({}))),
        (Act::Return, on(CHECKLIST, &json!({"reason": "incomplete"}))),
        (Act::RejectEvidence, on(CHECKLIST, &json!({"reason": "incomplete"}))),
    ]
}

#[test]
fn nobody_decides_on_the_own_report() {
    for (act, body) in decisions() {
        let mut world = Small::new();
        world.does(&coordinator(), Act::Submit, &report(12), october(12)).unwrap();
        assert_eq!(code(world.does(&coordinator(), act, &body, october(13))), "own_report", "{act}");
        world.does(&ministry(), act, &body, october(13)).unwrap();
    }
}

#[test]
fn a_substitute_does_not_decide_on_what_they_sent_for_another() {
    for (act, body) in decisions() {
        let mut world = Small::new();
        lend(&mut world, &coordinator(), "g1", "sub", &json!({}));
        // The substitute reports for the coordinator: neither of the two decides, under whichever grant.
        world.does_under("g1", &substitute("sub"), Act::Submit, &report(12), october(12)).unwrap();
        let sent = world.of(CHECKLIST).live[0];
        assert!(sent.behalf.is_some_and(|lender| lender != sent.actor));
        assert_eq!(code(world.does(&coordinator(), act, &body, october(13))), "own_report", "{act}: the lender");
        let again = world.does_under("g1", &substitute("sub"), act, &body, october(13));
        assert_eq!(code(again), "own_report", "{act}: the substitute");
        lend(&mut world, &ministry(), "g2", "sub", &json!({}));
        let other = world.does_under("g2", &substitute("sub"), act, &body, october(13));
        assert_eq!(code(other), "own_report", "{act}: the substitute, for somebody else");
        lend(&mut world, &coordinator(), "g3", "third", &json!({}));
        let third = world.does_under("g3", &substitute("third"), act, &body, october(13));
        assert_eq!(code(third), "own_report", "{act}: another substitute of the lender");
        lend(&mut world, &ministry(), "g4", "third", &json!({}));
        world.does_under("g4", &substitute("third"), act, &body, october(13)).unwrap();
    }
}

#[test]
fn a_substitute_does_not_decide_for_whom_the_report_is() {
    let mut world = Small::new();
    world.does(&coordinator(), Act::Submit, &report(12), october(12)).unwrap();
    lend(&mut world, &coordinator(), "g1", "sub", &json!({}));
    let accept = on(CHECKLIST, &json!({}));
    assert_eq!(code(world.does_under("g1", &substitute("sub"), Act::Accept, &accept, october(13))), "own_report");
}

#[test]
fn a_grant_holds_for_its_person_days_and_acts() {
    let mut world = Small::new();
    lend(&mut world, &coordinator(), "g1", "sub", &json!({"acts": ["accept"]}));
    let try_on = |world: &Small, who: &str, act, day: Date| {
        under_grant(&substitute(who), Some(&"g1".parse().unwrap()), act, world, day)
    };
    let lent = try_on(&world, "sub", Act::Accept, october(1)).unwrap();
    assert_eq!((lent.role, &lent.scope), (Role::Coordinator, &coordinator().scope));
    assert!(lent.is(&"coord".parse().unwrap()) && lent.is(&"sub".parse().unwrap()));
    try_on(&world, "sub", Act::Accept, october(31)).unwrap();
    for (who, act, day) in [
        ("sub", Act::Accept, date(2022, 9, 30)),
        ("sub", Act::Accept, october(32)),
        ("sub", Act::Return, october(5)),
        ("sub", Act::GrantAuthority, october(5)),
        ("other", Act::Accept, october(5)),
    ] {
        assert_eq!(code(try_on(&world, who, act, day)), "grant_not_valid", "{who} {act} {day}");
    }
    let unknown = under_grant(&substitute("sub"), Some(&"g9".parse().unwrap()), Act::Accept, &world, october(5));
    assert_eq!(code(unknown), "grant_not_valid");
    let revoke = json!({"grant": "g1", "reason": "вышел"});
    assert_eq!(code(world.does(&head(), Act::RevokeAuthority, &revoke, october(6))), "forbidden");
    assert_eq!(leads(world.does(&coordinator(), Act::RevokeAuthority, &revoke, october(6))), "authority.revoked");
    assert_eq!(code(try_on(&world, "sub", Act::Accept, october(7))), "grant_not_valid");
    assert_eq!(code(world.does(&ministry(), Act::RevokeAuthority, &revoke, october(7))), "code_not_found");
}

#[test]
fn nobody_lends_more_than_they_have() {
    let mut world = Small::new();
    let base = json!({"grant": "g1", "to": "sub", "valid_to": "2022-10-31", "basis": "б"});
    let mut told = |field: &str, value: Value| {
        let mut body = base.clone();
        body[field] = value;
        places(world.does(&coordinator(), Act::GrantAuthority, &body, october(1)))
    };
    assert_eq!(told("scope", json!("all")), ["/scope"]);
    assert_eq!(told("scope", json!({"municipality": "khanka"})), ["/scope"]);
    assert_eq!(told("scope", json!({"org": "s03"})), ["/scope"], "it lies in another municipality");
    assert_eq!(told("acts", json!(["move-deadline"])), ["/acts"]);
    assert_eq!(told("to", json!("coord")), ["/to"]);
    assert_eq!(told("valid_to", json!("2022-09-30")), ["/valid_to"]);
    assert_eq!(told("valid_to", json!("2023-10-31")), ["/valid_to"]);
    assert_eq!(told("basis", json!(" ")), ["/basis"]);
    let mut part = base.clone();
    part["scope"] = json!({"org": "s02"});
    world.does(&coordinator(), Act::GrantAuthority, &part, october(1)).unwrap();
    assert_eq!(code(world.does(&coordinator(), Act::GrantAuthority, &part, october(1))), "exists_already");
    let lent = under_grant(&substitute("sub"), Some(&"g1".parse().unwrap()), Act::Submit, &world, october(2)).unwrap();
    assert_eq!(code(world.does(&lent, Act::Submit, &report(12), october(12))), "forbidden", "s01 was not lent");
}

#[test]
fn a_substitute_of_a_head_is_the_head() {
    let mut world = Small::new();
    lend(&mut world, &head(), "g1", "sub", &json!({}));
    world.does_under("g1", &substitute("sub"), Act::Submit, &checklist(october(12), 4), october(12)).unwrap();
    // The report is the head's own as well: both may take it back.
    world.would(&head(), Act::Withdraw, &on(CHECKLIST, &json!({})), october(13)).unwrap();
    world.does(&substitute("sub"), Act::Withdraw, &on(CHECKLIST, &json!({})), october(13)).unwrap();
    assert_eq!(world.of(CHECKLIST).phase, Phase::Open);
}
