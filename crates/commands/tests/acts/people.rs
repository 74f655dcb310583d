//! Claims about substitutes and second persons.

use crate::common::{SCHOOLS, Town, actor, bytes, checklist, coordinator, id, ministry, request, rules, school};
use commands::{Receipt, Request, SubmitError};
use domain::actor::{Actor, Role, Scope};
use domain::command::{Act, ConfigureRegion};
use domain::event::Envelope;
use serde_json::{Value, json};

const S01: &str = SCHOOLS[0];
const REPORT: &str = "9.2/pogranichny-s01/-";

fn code(answer: &Result<Receipt, SubmitError>) -> &'static str {
    match answer {
        Err(SubmitError::Refused { refusal, .. }) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

/// A deputy who has a role of their own at the next school.
fn deputy() -> Actor {
    actor("deputy", Role::School, Scope::Org(SCHOOLS[1].parse().unwrap()))
}

fn grant(code: &str, to: &str, acts: &[&str], until: &str) -> Value {
    json!({"grant": code, "to": to, "acts": acts, "valid_to": until, "basis": "приказ № 3"})
}

fn under(grant: &str, mut request: Request) -> Request {
    request.grant = Some(grant.parse().unwrap());
    request
}

async fn lent() -> Town {
    let town = Town::in_force().await;
    town.ask(&school(S01), "g1", Act::GrantAuthority, &grant("g-1", "deputy", &["submit"], "2022-10-14"))
        .await
        .unwrap();
    town
}

#[tokio::test]
async fn a_substitute_acts_as_the_lender_and_the_event_names_both() {
    let town = lent().await;
    let report = request(&deputy(), "k", Act::Submit, &checklist(S01, "2022-10-11"));
    assert_eq!(code(&town.gate.submit(report.clone()).await), "forbidden");
    let first = town.gate.submit(under("g-1", report.clone())).await.unwrap();
    let record = town.journal.truth().pop().unwrap();
    let envelope = Envelope::read(&record.payload).unwrap();
    assert_eq!((&*envelope.actor, envelope.onbehalfof.as_deref()), ("deputy", Some("head-pogranichny-s01")));
    assert_eq!((envelope.grantid.as_deref(), envelope.actorrole), (Some("g-1"), Role::School));
    let again = town.gate.submit(under("g-1", report)).await.unwrap();
    assert_eq!(bytes(&again), bytes(&first));
}

#[tokio::test]
async fn a_grant_that_is_not_in_force_gives_nothing() {
    let town = lent().await;
    let report = || request(&deputy(), "k", Act::Submit, &checklist(S01, "2022-10-11"));
    // Somebody else's, unknown, and for another act.
    let stranger = request(&coordinator(), "k", Act::Submit, &checklist(S01, "2022-10-11"));
    assert_eq!(code(&town.gate.submit(under("g-1", stranger)).await), "grant_not_valid");
    assert_eq!(code(&town.gate.submit(under("g-2", report())).await), "grant_not_valid");
    let ask = json!({"obligation": id(REPORT), "wanted": "2022-10-20", "reason": "r"});
    let extension = request(&deputy(), "x", Act::RequestExtension, &ask);
    assert_eq!(code(&town.gate.submit(under("g-1", extension)).await), "grant_not_valid");
    // Its last day is over.
    *town.now.lock().unwrap() = "2022-10-15T02:00:00Z".parse().unwrap();
    assert_eq!(code(&town.gate.submit(under("g-1", report())).await), "grant_not_valid");
    *town.now.lock().unwrap() = "2022-10-14T02:00:00Z".parse().unwrap();
    town.ask(&school(S01), "rv", Act::RevokeAuthority, &json!({"grant": "g-1", "reason": "вернулась"})).await.unwrap();
    assert_eq!(code(&town.gate.submit(under("g-1", report())).await), "grant_not_valid");
}

#[tokio::test]
async fn an_answer_given_under_a_grant_is_given_again_when_it_is_over() {
    let town = lent().await;
    let me = actor("deputy-coordinator", Role::School, Scope::Org(SCHOOLS[1].parse().unwrap()));
    let body = grant("g-c", "deputy-coordinator", &[], "2022-10-14");
    town.ask(&coordinator(), "g", Act::GrantAuthority, &body).await.unwrap();
    let reminders = crate::common::many("remind", &[REPORT], json!({"channel": "email"}));
    let request = under("g-c", request(&me, "m", Act::ApplyToMany, &reminders));
    let first = town.gate.submit(request.clone()).await.unwrap();
    *town.now.lock().unwrap() = "2022-11-01T02:00:00Z".parse().unwrap();
    assert_eq!(bytes(&town.gate.submit(request).await.unwrap()), bytes(&first));
}

/// A region where nobody may claim more than three days back alone.
async fn careful() -> Town {
    let town = Town::in_force().await;
    let rules = domain::region::RegionRules { backdate_days: Some(3), ..rules() };
    let admin = actor("admin", Role::Admin, Scope::All);
    let body = serde_json::to_value(ConfigureRegion { rules }).unwrap();
    town.ask(&admin, "rules", Act::ConfigureRegion, &body).await.unwrap();
    *town.now.lock().unwrap() = "2022-10-20T02:00:00Z".parse().unwrap();
    town.journal.set_now("2022-10-20T02:00:00Z".parse().unwrap());
    town
}

#[tokio::test]
async fn a_claim_too_far_back_waits_for_a_second_person_and_then_counts_as_claimed() {
    let town = careful().await;
    let proposed = town.ask(&coordinator(), "k", Act::Submit, &checklist(S01, "2022-10-12")).await.unwrap();
    assert_eq!(proposed.events[0].event_type, "proposal.made");
    assert_eq!(proposed.obligation.clone().unwrap().phase, "open");
    let confirm = json!({"proposal": proposed.events[0].event_id, "obligation": id(REPORT)});
    assert_eq!(code(&town.ask(&coordinator(), "c0", Act::Confirm, &confirm).await), "same_person");
    let other = actor("second", Role::Coordinator, Scope::Municipality("pogranichny".parse().unwrap()));
    let mut trial = request(&other, "c", Act::Confirm, &confirm);
    trial.dry_run = true;
    assert_eq!(town.gate.submit(trial).await.unwrap().obligation.unwrap().phase, "submitted");
    let first = town.ask(&other, "c", Act::Confirm, &confirm).await.unwrap();
    let after = first.obligation.clone().unwrap();
    assert_eq!((after.phase, after.timeliness), ("submitted", "on_time"));
    let counts = town.replica.read(|s| {
        let obligation = s.register.obligation(s.register.find(&id(REPORT).parse().unwrap()).unwrap());
        obligation.counting().map(|report| report.counts_on.to_string())
    });
    assert_eq!(counts.as_deref(), Some("2022-10-12"));
    // Whoever proposed it sent the report, and may not accept it; whoever confirmed it may.
    let accept = crate::common::about(REPORT);
    assert_eq!(code(&town.ask(&coordinator(), "a0", Act::Accept, &accept).await), "own_report");
    town.ask(&other, "a1", Act::Accept, &accept).await.unwrap();
    let again = town.ask(&other, "c", Act::Confirm, &confirm).await.unwrap();
    assert_eq!(bytes(&again), bytes(&first));
    assert_eq!(code(&town.ask(&other, "c2", Act::Confirm, &confirm).await), "proposal_not_found");
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_moved_by_two() {
    let town = careful().await;
    let body = json!({"obligation": id(REPORT), "due": "2022-10-25", "basis": "№ 9"});
    let proposed = town.ask(&ministry(), "k", Act::MoveDeadline, &body).await.unwrap();
    assert_eq!(proposed.events[0].event_type, "proposal.made");
    let confirm = json!({"proposal": proposed.events[0].event_id, "obligation": id(REPORT)});
    assert_eq!(code(&town.ask(&coordinator(), "c", Act::Confirm, &confirm).await), "forbidden");
    let second = actor("deputy-minister", Role::Ministry, Scope::All);
    let told = town.ask(&second, "c", Act::Confirm, &confirm).await.unwrap();
    assert_eq!(told.obligation.unwrap().timeliness, "due_soon");
    assert_eq!(bytes(&town.ask(&ministry(), "k", Act::MoveDeadline, &body).await.unwrap()), bytes(&proposed));
}
