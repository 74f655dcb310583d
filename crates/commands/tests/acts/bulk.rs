//! Claims about one fact for all of a scope.

use crate::beside::{Beside, digests};
use crate::common::{
    Lose, Town, about, bytes, checklist, coordinator, id, ministry, outcomes, request, school, sent_to_all,
};
use commands::SubmitError;
use domain::command::Act;
use serde_json::json;

const S01: &str = "pogranichny-s01";

#[tokio::test]
async fn one_event_reaches_all_of_a_municipality_and_is_answered_alike_for_ever() {
    let town = Town::in_force().await;
    let events = town.events();
    let body = sent_to_all("pogranichny");
    let first = town.ask(&coordinator(), "all", Act::RecordForAll, &body).await.unwrap();
    assert_eq!(town.events(), events + 1);
    assert_eq!((first.events.len(), first.events[0].event_type.as_str()), (1, "bulk.recorded"));
    assert_eq!(outcomes(&first), ["applied"; 3]);
    assert_eq!(first.items[0].obligation.to_string(), id("13.1/pogranichny-s01/-"));
    assert_eq!(Some(town.version("13.1/pogranichny-s02/-")), first.last_seq());
    // A second one for a part of them is a further report, and changes nothing of the first answer.
    let further = town.ask(&ministry(), "part", Act::RecordForAll, &sent_to_all(S01)).await.unwrap();
    assert_eq!((outcomes(&further), further.events[0].effect), (vec!["already"], Some("duplicate")));
    let again = town.ask(&coordinator(), "all", Act::RecordForAll, &body).await.unwrap();
    assert!(again.repeated);
    assert_eq!(bytes(&again), bytes(&first));
    let other = town.ask(&coordinator(), "all", Act::RecordForAll, &sent_to_all(S01)).await;
    assert!(matches!(other, Err(SubmitError::KeyReused)), "{other:?}");
}

#[tokio::test]
async fn each_recipient_has_its_own_outcome() {
    let town = Town::in_force().await;
    let excuse = json!({"obligation": id("13.1/pogranichny-s02/-"), "reason": "quarantine", "basis": "№ 5"});
    town.ask(&ministry(), "excuse", Act::Excuse, &excuse).await.unwrap();
    town.ask(&ministry(), "one", Act::RecordForAll, &sent_to_all("pogranichny-s03")).await.unwrap();
    let told = town.ask(&ministry(), "all", Act::RecordForAll, &sent_to_all("pogranichny")).await.unwrap();
    assert_eq!(outcomes(&told), ["applied", "void", "already"]);
}

#[tokio::test]
async fn a_bulk_fact_is_refused_whole() {
    let town = Town::in_force().await;
    let events = town.events();
    let mut bad = sent_to_all("pogranichny");
    bad["row"] = json!("9.2");
    for (key, body) in [("a", bad), ("b", sent_to_all("nowhere")), ("c", json!({"plan": "x"}))] {
        let refused = town.ask(&ministry(), key, Act::RecordForAll, &body).await;
        assert!(matches!(refused, Err(SubmitError::Refused { .. } | SubmitError::Body { .. })), "{refused:?}");
    }
    let stranger = crate::common::actor(
        "stranger",
        domain::actor::Role::Coordinator,
        domain::actor::Scope::Municipality("elsewhere".parse().unwrap()),
    );
    let refused = town.ask(&stranger, "d", Act::RecordForAll, &sent_to_all("pogranichny")).await;
    let Err(SubmitError::Refused { refusal, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.code(), "forbidden");
    assert_eq!(town.events(), events);
}

#[tokio::test]
async fn more_than_a_thousand_recipients_are_several_events_of_one_batch() {
    let town = Town::large(1_200).await;
    let events = town.events();
    let body = sent_to_all("primorye");
    town.lose_next(Lose::After);
    let unknown = town.ask(&ministry(), "all", Act::RecordForAll, &body).await;
    assert!(matches!(unknown, Err(SubmitError::OutcomeUnknown { .. })), "{unknown:?}");
    let told = town.ask(&ministry(), "all", Act::RecordForAll, &body).await.unwrap();
    assert_eq!(town.events(), events + 2);
    assert_eq!((told.events.len(), told.items.len()), (2, 1_200));
    assert!(outcomes(&told).iter().all(|outcome| *outcome == "applied"));
    let records = town.journal.truth();
    let ends: Vec<bool> = records[events..].iter().map(|record| record.batch_end).collect();
    assert_eq!(ends, [false, true]);
    let undo = json!({"event": told.events[1].event_id, "reason": "не тот приказ"});
    let undone = town.ask(&ministry(), "undo", Act::Undo, &undo).await.unwrap();
    let types: Vec<&str> = undone.events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["bulk.opened", "bulk.retracted", "bulk.retracted", "bulk.closed"]);
    let phase = |short: &str| {
        town.replica.read(|s| s.register.obligation(s.register.find(&id(short).parse().unwrap()).unwrap()).phase)
    };
    assert_eq!(phase("13.1/pogranichny-s01/-").as_str(), "open");
    assert_eq!(phase("13.1/pogranichny-s1200/-").as_str(), "open");
}

#[tokio::test]
async fn a_personal_act_that_a_bulk_fact_overtook_is_void_and_says_so() {
    let town = Town::in_force().await;
    let beside = Beside::of(&town).await;
    beside.hold();
    town.ask(&coordinator(), "all", Act::RecordForAll, &sent_to_all("pogranichny")).await.unwrap();
    let events = town.events();
    let body = json!({"obligation": id("13.1/pogranichny-s01/-"), "reason": "quarantine", "basis": "№ 5"});
    let excuse = request(&ministry(), "late", Act::Excuse, &body);
    let (first, ()) = tokio::join!(beside.gate.submit(excuse.clone()), beside.release_behind(&town, events));
    let first = first.unwrap();
    assert_eq!(town.events(), events + 1, "its own subject had not moved");
    assert_eq!((first.events[0].event_type.as_str(), first.events[0].effect), ("excuse.granted", Some("void_phase")));
    let after = first.obligation.clone().unwrap();
    assert_eq!((after.phase, Some(after.version)), ("accepted", first.last_seq()));
    for gate in [&town.gate, &beside.gate] {
        let again = gate.submit(excuse.clone()).await.unwrap();
        assert!(again.repeated);
        assert_eq!(bytes(&again), bytes(&first));
    }
    let (one, other) = digests(&town.replica, &beside.replica);
    assert_eq!(one, other);
}

#[tokio::test]
async fn a_report_that_a_bulk_fact_overtook_is_a_further_report() {
    let town = Town::in_force().await;
    let beside = Beside::of(&town).await;
    let body = json!({
        "plan": crate::common::PLAN, "row": "8.2", "within": "pogranichny", "occurred_on": "2022-10-11",
        "details": {"survey": "s1", "audiences": ["parents"], "channels": ["email"]}, "comment": "№ 3",
    });
    let own = json!({
        "obligation": id("8.2/pogranichny-s01/-"), "occurred_on": "2022-10-12",
        "details": {"survey": "s1", "audiences": ["parents"], "channels": ["email"]},
    });
    beside.hold();
    town.ask(&coordinator(), "all", Act::RecordForAll, &body).await.unwrap();
    let events = town.events();
    let sent = request(&school(S01), "own", Act::Submit, &own);
    let (told, ()) = tokio::join!(beside.gate.submit(sent), beside.release_behind(&town, events));
    let told = told.unwrap();
    assert_eq!((told.events[0].effect, told.obligation.unwrap().phase), (Some("duplicate"), "submitted"));
    // The school's own later report is another person's than the coordinator's, who still may not accept their own.
    let accept = town.ask(&coordinator(), "accept", Act::Accept, &about("8.2/pogranichny-s02/-")).await;
    let Err(SubmitError::Refused { refusal, .. }) = accept else { panic!("{accept:?}") };
    assert_eq!(refusal.code(), "own_report");
}

#[tokio::test]
async fn a_bulk_fact_moves_no_subject_and_is_told_among_what_happened_since() {
    let town = Town::in_force().await;
    let seen = town.version("13.1/pogranichny-s01/-");
    let sent = town.ask(&coordinator(), "all", Act::RecordForAll, &sent_to_all("pogranichny")).await.unwrap();
    let mut late = request(
        &ministry(),
        "late",
        Act::Remind,
        &json!({
            "obligation": id("13.1/pogranichny-s01/-"), "channel": "email",
        }),
    );
    late.if_match = Some(seen);
    let Err(SubmitError::Stale { current, since, .. }) = town.gate.submit(late).await else {
        panic!("a stale version was taken")
    };
    assert_eq!(Some(current), sent.last_seq());
    assert_eq!((since.len(), since[0].event_type.as_str()), (1, "bulk.recorded"));
    // The checklist beside it was not touched.
    town.ask(&school(S01), "own", Act::Submit, &checklist(S01, "2022-10-11")).await.unwrap();
}
