//! Claims about one command on its way from request to receipt.

use crate::common::{Lose, Town, about, checklist, coordinator, ministry, request, school};
use commands::SubmitError;
use domain::command::Act;
use domain::id::Seq;
use domain::refusal::Refusal;
use journal::sim::{Dialect, SimFaults};
use serde_json::json;

const S01: &str = "pogranichny-s01";

#[tokio::test]
async fn a_report_is_stored_and_seen() {
    let town = Town::in_force().await;
    let before = town.events();
    let receipt = town.ask(&school(S01), "k1", Act::Submit, &checklist(S01, "2022-10-11")).await.unwrap();
    assert_eq!(town.events(), before + 1);
    assert_eq!(receipt.events.len(), 1);
    assert_eq!(receipt.events[0].event_type, "checklist.submitted");
    let after = receipt.obligation.unwrap();
    assert_eq!((after.phase, after.timeliness), ("submitted", "on_time"));
    assert_eq!(Some(after.version), receipt.events[0].seq);
    assert!(receipt.visible && !receipt.repeated);
    assert_eq!(town.version("9.2/pogranichny-s01/-"), after.version);
}

#[tokio::test]
async fn the_same_key_and_body_give_the_first_answer_for_ever() {
    let town = Town::in_force().await;
    let body = checklist(S01, "2022-10-11");
    let first = town.ask(&school(S01), "k1", Act::Submit, &body).await.unwrap();
    town.ask(&coordinator(), "k2", Act::Accept, &about("9.2/pogranichny-s01/-")).await.unwrap();
    let events = town.events();
    let again = town.ask(&school(S01), "k1", Act::Submit, &body).await.unwrap();
    assert!(again.repeated);
    assert_eq!((&again.events, &again.obligation), (&first.events, &first.obligation));
    assert_eq!(town.events(), events);
}

#[tokio::test]
async fn a_command_of_many_events_is_answered_alike_again() {
    let town = Town::in_force().await;
    let (admin, act, body) = crate::common::setup().remove(1);
    let again = town.ask(&admin, "setup-1", act, &body).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.events.len(), 8);
    assert_eq!(again.events[0].seq.map(|seq| Seq(seq.get() + 7)), again.last_seq());
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let town = Town::in_force().await;
    town.ask(&school(S01), "k1", Act::Submit, &checklist(S01, "2022-10-11")).await.unwrap();
    let events = town.events();
    let other = town.ask(&school(S01), "k1", Act::Submit, &checklist(S01, "2022-10-12")).await;
    assert!(matches!(other, Err(SubmitError::KeyReused)), "{other:?}");
    // Another person's key of the same text is another command.
    let mine = town.ask(&ministry(), "k1", Act::Submit, &checklist("pogranichny-s02", "2022-10-11")).await;
    assert!(mine.is_ok(), "{mine:?}");
    assert_eq!(town.events(), events + 1);
}

#[tokio::test]
async fn two_at_once_on_one_obligation_store_one() {
    for _ in 0..20 {
        let town = Town::in_force().await;
        let body = checklist(S01, "2022-10-11");
        let (one, two) = (school(S01), coordinator());
        let (one, two) = tokio::join!(town.ask(&one, "a", Act::Submit, &body), town.ask(&two, "b", Act::Submit, &body));
        let (stored, refused) = if one.is_ok() { (one, two) } else { (two, one) };
        assert!(stored.is_ok(), "{stored:?}");
        let Err(SubmitError::Refused { refusal: Refusal::Phase { .. }, allowed }) = refused else {
            panic!("{refused:?}")
        };
        assert!(!allowed.contains(&Act::Submit));
    }
}

#[tokio::test]
async fn the_same_command_twice_at_once_is_one_event_with_one_answer() {
    for dialect in [Dialect::R1, Dialect::R3] {
        for _ in 0..10 {
            let town = Town::with(SimFaults { dialect, ..SimFaults::none() }).await;
            town.lay_out().await;
            let events = town.events();
            let body = checklist(S01, "2022-10-11");
            let me = school(S01);
            let (one, two) =
                tokio::join!(town.ask(&me, "a", Act::Submit, &body), town.ask(&me, "a", Act::Submit, &body));
            let (one, two) = (one.unwrap(), two.unwrap());
            assert_eq!((&one.events, &one.obligation), (&two.events, &two.obligation));
            assert_eq!(town.events(), events + 1);
        }
    }
}

#[tokio::test]
async fn a_stale_version_is_told_with_what_happened_since() {
    let town = Town::in_force().await;
    let seen = town.version("9.2/pogranichny-s01/-");
    let stored = town.ask(&school(S01), "k1", Act::Submit, &checklist(S01, "2022-10-11")).await.unwrap();
    let mut late = request(
        &ministry(),
        "k2",
        Act::MoveDeadline,
        &json!({
            "obligation": crate::common::id("9.2/pogranichny-s01/-"), "due": "2022-10-20", "basis": "№ 7",
        }),
    );
    late.if_match = Some(seen);
    let Err(SubmitError::Stale { current, since, allowed }) = town.gate.submit(late.clone()).await else {
        panic!("a stale version was taken")
    };
    assert_eq!(Some(current), stored.last_seq());
    assert_eq!(since.len(), 1);
    assert_eq!(
        (since[0].event_type.as_str(), since[0].actor.as_str()),
        ("checklist.submitted", "head-pogranichny-s01")
    );
    assert!(allowed.contains(&Act::Accept));
    late.if_match = Some(current);
    let moved = town.gate.submit(late.clone()).await.unwrap();
    // The repeat names the version that it saw then, and is answered alike.
    assert_eq!(town.gate.submit(late).await.unwrap().events, moved.events);
}

#[tokio::test]
async fn an_unknown_outcome_repeated_is_one_event() {
    for lose in [Lose::Before, Lose::After] {
        let town = Town::in_force().await;
        let events = town.events();
        let body = checklist(S01, "2022-10-11");
        let me = school(S01);
        town.lose_next(lose);
        let first = town.ask(&me, "k", Act::Submit, &body).await;
        assert!(matches!(first, Err(SubmitError::OutcomeUnknown { .. })), "{first:?}");
        let again = town.ask(&me, "k", Act::Submit, &body).await.unwrap();
        assert_eq!(again.repeated, lose == Lose::After);
        assert_eq!(town.events(), events + 1);
    }
}

#[tokio::test]
async fn a_log_in_trouble_is_told_by_name() {
    let town = Town::in_force().await;
    let ask =
        |key: &'static str| town.gate.submit(request(&school(S01), key, Act::Submit, &checklist(S01, "2022-10-11")));
    town.journal.set_full(true);
    assert!(matches!(ask("a").await, Err(SubmitError::Unavailable { .. })));
    town.journal.set_full(false);
    town.journal.set_guarded(Some("max_msgs is 5".into()));
    assert!(matches!(ask("a").await, Err(SubmitError::Guarded { difference }) if difference.contains("max_msgs")));
    town.journal.set_guarded(None);
    town.journal.set_down(true);
    assert!(matches!(ask("a").await, Err(SubmitError::Unavailable { .. })));
    town.journal.set_down(false);
    assert!(ask("a").await.is_ok());
}

#[tokio::test]
async fn a_trial_stores_nothing_and_says_what_would_be() {
    let town = Town::in_force().await;
    let events = town.events();
    let mut trial = request(&school(S01), "k", Act::Submit, &checklist(S01, "2022-10-11"));
    trial.dry_run = true;
    let told = town.gate.submit(trial).await.unwrap();
    assert!(told.dry_run && told.events[0].seq.is_none());
    assert_eq!(told.obligation.unwrap().phase, "submitted");
    assert_eq!(town.events(), events);
}

#[tokio::test]
async fn bodies_and_versions_that_make_no_sense_are_refused_early() {
    let town = Town::in_force().await;
    let me = school(S01);
    for body in ["{not json", "", "[]", "{}", r#"{"obligation":"x"}"#] {
        let mut bad = request(&me, "k", Act::Submit, &json!(null));
        bad.body = body.into();
        let answer = town.gate.submit(bad).await;
        assert!(matches!(answer, Err(SubmitError::Body { .. })), "{body}: {answer:?}");
    }
    let (admin, act, body) = crate::common::setup().remove(0);
    let mut versioned = request(&admin, "k", act, &body);
    versioned.if_match = Some(Seq(3));
    assert!(matches!(town.gate.submit(versioned).await, Err(SubmitError::NoVersion { .. })));
    let missing = town.ask(&me, "k", Act::Submit, &checklist("nobody", "2022-10-11")).await;
    let Err(SubmitError::Refused { refusal, .. }) = missing else { panic!("{missing:?}") };
    assert_eq!(refusal.code(), "obligation_not_found");
}

#[tokio::test]
async fn settings_of_a_region_change_behind_each_other() {
    let town = Town::in_force().await;
    let (admin, act, mut body) = crate::common::setup().remove(0);
    for (n, days) in [3, 9].into_iter().enumerate() {
        body["rules"]["due_soon_days"] = json!(days);
        town.ask(&admin, &format!("rules-{n}"), act, &body).await.unwrap();
    }
    let days = town.replica.read(|state| state.register.regions()[0].clockwork.rules().due_soon_days);
    assert_eq!(days, 9);
}
