//! Claims about one act on many obligations.

use crate::common::{
    Lose, PLAN, SCHOOLS, Town, Way, about, bytes, checklist, coordinator, id, many, ministry, outcomes, request, school,
};
use commands::{Receipt, SubmitError};
use domain::command::Act;
use domain::refusal::Refusal;
use serde_json::{Value, json};

const ALL: [&str; 3] = ["9.2/pogranichny-s01/-", "9.2/pogranichny-s02/-", "9.2/pogranichny-s03/-"];

fn moved() -> Value {
    json!({"due": "2022-10-25", "basis": "№ 9"})
}

fn reminder() -> Value {
    json!({"channel": "email"})
}

/// A town where the first two schools have sent their checklists.
async fn two_sent() -> Town {
    let town = Town::in_force().await;
    for code in &SCHOOLS[..2] {
        town.ask(&school(code), "sent", Act::Submit, &checklist(code, "2022-10-11")).await.unwrap();
    }
    town
}

/// How many events the log holds of each item: of none more than one.
fn doubled(town: &Town, event_type: &str) -> usize {
    let mut subjects: Vec<String> = Vec::new();
    for record in town.journal.truth() {
        let envelope = domain::event::Envelope::read(&record.payload).unwrap();
        if envelope.event_type == event_type {
            subjects.push(envelope.subject.to_string());
        }
    }
    let all = subjects.len();
    subjects.sort_unstable();
    subjects.dedup();
    all - subjects.len()
}

#[tokio::test]
async fn each_obligation_has_its_own_outcome_and_the_answer_is_for_ever() {
    let town = two_sent().await;
    town.ask(&coordinator(), "a1", Act::Accept, &about(ALL[0])).await.unwrap();
    let body = many("accept", &ALL, json!({"comment": "проверено"}));
    let first = town.ask(&coordinator(), "many", Act::ApplyToMany, &body).await.unwrap();
    assert_eq!(outcomes(&first), ["already", "applied", "refused"]);
    assert_eq!(first.items[2].code.as_deref(), Some("not_allowed_in_phase"));
    let types: Vec<&str> = first.events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["bulk.opened", "bulk.closed"]);
    assert_eq!(first.items[1].seq, Some(town.version(ALL[1])));
    // What was refused then is allowed now: the answer stays.
    town.ask(&school(SCHOOLS[2]), "sent", Act::Submit, &checklist(SCHOOLS[2], "2022-10-12")).await.unwrap();
    let events = town.events();
    let again = town.ask(&coordinator(), "many", Act::ApplyToMany, &body).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!((bytes(&again), town.events()), (bytes(&first), events));
    let other = town.ask(&coordinator(), "many", Act::ApplyToMany, &many("accept", &ALL[..1], json!({}))).await;
    assert!(matches!(other, Err(SubmitError::KeyReused)), "{other:?}");
}

#[tokio::test]
async fn deadlines_releases_and_reminders_go_to_many() {
    let town = Town::in_force().await;
    let ask = async |key: &str, act: &str, body: Value| {
        town.ask(&ministry(), key, Act::ApplyToMany, &many(act, &ALL, body)).await.unwrap()
    };
    assert_eq!(outcomes(&ask("m", "move-deadline", moved()).await), ["applied"; 3]);
    assert_eq!(outcomes(&ask("r", "remind", reminder()).await), ["applied"; 3]);
    let excuse = json!({"reason": "quarantine", "basis": "№ 5"});
    assert_eq!(outcomes(&ask("e", "excuse", excuse.clone()).await), ["applied"; 3]);
    assert_eq!(outcomes(&ask("e2", "excuse", excuse).await), ["already"; 3]);
    assert_eq!(outcomes(&ask("m2", "accept", json!({})).await), ["refused"; 3]);
}

#[tokio::test]
async fn a_filter_is_resolved_before_anything_is_written() {
    let town = two_sent().await;
    let body = json!({
        "act": "accept", "body": {},
        "filter": {"plan": PLAN, "row": "9.2", "within": "pogranichny", "phase": "submitted"},
    });
    town.lose_next(Lose::After);
    let lost = town.ask(&coordinator(), "f", Act::ApplyToMany, &body).await;
    assert!(matches!(lost, Err(SubmitError::OutcomeUnknown { .. })), "{lost:?}");
    let told = town.ask(&coordinator(), "f", Act::ApplyToMany, &body).await.unwrap();
    assert_eq!(outcomes(&told), ["applied"; 2]);
    let opened = town.journal.truth().into_iter().find(|record| Some(record.seq) == told.events[0].seq).unwrap();
    let opened: Value = serde_json::from_slice(&opened.payload).unwrap();
    assert_eq!(opened["data"], json!({"act": "accept", "obligations": [id(ALL[0]), id(ALL[1])]}));
    let none = town.ask(&coordinator(), "g", Act::ApplyToMany, &body).await;
    let Err(SubmitError::Refused { refusal: Refusal::Invalid(_), .. }) = none else { panic!("{none:?}") };
}

#[tokio::test]
async fn all_or_nothing_refuses_whole_and_stores_nothing() {
    let town = two_sent().await;
    let events = town.events();
    let mut body = many("accept", &ALL, json!({}));
    body["all_or_nothing"] = json!(true);
    let refused = town.ask(&coordinator(), "k", Act::ApplyToMany, &body).await;
    let Err(SubmitError::NotAll { refused }) = refused else { panic!("{refused:?}") };
    assert_eq!((refused.len(), refused[0].obligation.to_string()), (1, id(ALL[2])));
    assert_eq!(town.events(), events);
    town.ask(&school(SCHOOLS[2]), "sent", Act::Submit, &checklist(SCHOOLS[2], "2022-10-12")).await.unwrap();
    // Somebody is faster with one of them: then it is none of them.
    let faster = town.faster(&ministry(), "fast", Act::Accept, &about(ALL[1]));
    town.fares([faster]);
    let refused = town.ask(&coordinator(), "k", Act::ApplyToMany, &body).await;
    let Err(SubmitError::NotAll { refused }) = refused else { panic!("{refused:?}") };
    assert_eq!(refused[0].code, "already_so");
    body["obligations"] = json!([id(ALL[0]), id(ALL[2])]);
    let told = town.ask(&coordinator(), "l", Act::ApplyToMany, &body).await.unwrap();
    assert_eq!(outcomes(&told), ["applied"; 2]);
    assert_eq!(bytes(&town.ask(&coordinator(), "l", Act::ApplyToMany, &body).await.unwrap()), bytes(&told));
}

#[tokio::test]
async fn a_trial_and_a_body_that_fits_nothing_store_nothing() {
    let town = two_sent().await;
    let events = town.events();
    let mut trial = request(&coordinator(), "k", Act::ApplyToMany, &many("accept", &ALL, json!({})));
    trial.dry_run = true;
    let told = town.gate.submit(trial).await.unwrap();
    assert!(told.dry_run && told.events.is_empty());
    assert_eq!(outcomes(&told), ["applied", "applied", "refused"]);
    let bodies = [
        many("accept", &ALL, json!({"typo": 1})),
        many("accept", &ALL, json!({"obligation": "x"})),
        many("accept", &ALL, json!([])),
        many("submit", &ALL, json!({})),
        many("accept", &[], json!({})),
    ];
    for body in bodies {
        let refused = town.ask(&coordinator(), "bad", Act::ApplyToMany, &body).await;
        assert!(matches!(refused, Err(SubmitError::Refused { refusal: Refusal::Invalid(_), .. })), "{refused:?}");
    }
    let nobody = town.ask(&school(SCHOOLS[0]), "no", Act::ApplyToMany, &many("accept", &ALL, json!({}))).await;
    assert!(matches!(nobody, Err(SubmitError::Refused { refusal: Refusal::Forbidden { .. }, .. })), "{nobody:?}");
    assert_eq!(town.events(), events);
}

#[tokio::test]
async fn a_hot_obligation_ends_as_its_own_outcome() {
    let town = Town::in_force().await;
    // Eight times somebody writes on the first one just before: three tries together, five alone.
    let hot = (0..8).map(|n| {
        let body = json!({"obligation": id(ALL[0]), "channel": "email"});
        town.faster(&coordinator(), &format!("hot-{n}"), Act::Remind, &body)
    });
    town.fares(hot.collect::<Vec<_>>());
    let body = many("move-deadline", &ALL, moved());
    let told = town.ask(&ministry(), "k", Act::ApplyToMany, &body).await.unwrap();
    assert_eq!(outcomes(&told), ["refused", "applied", "applied"]);
    assert_eq!(told.items[0].code.as_deref(), Some("contended"));
    assert_eq!(bytes(&town.ask(&ministry(), "k", Act::ApplyToMany, &body).await.unwrap()), bytes(&told));
}

#[tokio::test]
async fn the_same_command_twice_at_once_is_one_command() {
    for _ in 0..10 {
        let town = two_sent().await;
        let body = many("accept", &ALL, json!({}));
        let me = coordinator();
        let (one, two) =
            tokio::join!(town.ask(&me, "k", Act::ApplyToMany, &body), town.ask(&me, "k", Act::ApplyToMany, &body));
        assert_eq!(bytes(&one.unwrap()), bytes(&two.unwrap()));
        assert_eq!(doubled(&town, "report.accepted"), 0);
        assert_eq!(doubled(&town, "bulk.opened"), 0);
    }
}

/// The answer without its positions.
fn words(receipt: &Receipt) -> Vec<(String, &'static str, Option<String>)> {
    receipt.items.iter().map(|item| (item.obligation.to_string(), item.outcome, item.code.clone())).collect()
}

/// Six hundred schools: two batches, and one obligation of each was done by hand.
async fn six_hundred() -> (Town, Value) {
    let town = Town::large(600).await;
    for (n, school) in [(1, "s07"), (2, "s555")] {
        let one =
            json!({"obligation": id(&format!("9.2/pogranichny-{school}/-")), "reason": "quarantine", "basis": "b"});
        town.ask(&ministry(), &format!("hand-{n}"), Act::Excuse, &one).await.unwrap();
    }
    let shorts: Vec<String> = (1..=600).map(|n| format!("9.2/pogranichny-s{n:02}/-")).collect();
    let shorts: Vec<&str> = shorts.iter().map(String::as_str).collect();
    let body = many("excuse", &shorts, json!({"reason": "renovation", "basis": "№ 8"}));
    (town, body)
}

#[tokio::test]
async fn an_interrupted_command_goes_on_where_it_stopped() {
    let (calm, body) = six_hundred().await;
    let undisturbed = calm.ask(&ministry(), "k", Act::ApplyToMany, &body).await.unwrap();
    let events = calm.events();
    assert_eq!(undisturbed.items.iter().filter(|item| item.outcome == "already").count(), 2);
    let fates: [fn() -> [Way; 2]; 5] = [
        || [Way::Straight, Way::Lost(Lose::Before)],
        || [Way::Straight, Way::Lost(Lose::After)],
        || [Way::Lost(Lose::After), Way::Lost(Lose::After)],
        || [Way::Straight, Way::Refused],
        || [Way::Lost(Lose::Before), Way::Straight],
    ];
    for (n, fate) in fates.iter().enumerate() {
        let (town, body) = six_hundred().await;
        town.fares(fate());
        let mut tries = 0;
        let told = loop {
            match town.ask(&ministry(), "k", Act::ApplyToMany, &body).await {
                Ok(told) => break told,
                Err(_) => tries += 1,
            }
        };
        assert!(tries > 0, "{n}");
        assert_eq!(words(&told), words(&undisturbed), "{n}");
        assert_eq!(town.events(), events, "{n}");
        let again = town.ask(&ministry(), "k", Act::ApplyToMany, &body).await.unwrap();
        assert_eq!((bytes(&again), again.repeated), (bytes(&told), true), "{n}");
        assert_eq!(doubled(&town, "excuse.granted"), 0, "{n}");
    }
}

#[tokio::test]
async fn somebody_else_in_the_middle_changes_one_outcome_and_no_other() {
    let (town, body) = six_hundred().await;
    let one = json!({"obligation": id("9.2/pogranichny-s560/-"), "reason": "quarantine", "basis": "b"});
    let faster = town.faster(&ministry(), "fast", Act::Excuse, &one);
    town.fares([Way::Straight, faster, Way::Lost(Lose::After)]);
    let lost = town.ask(&ministry(), "k", Act::ApplyToMany, &body).await;
    assert!(matches!(lost, Err(SubmitError::OutcomeUnknown { .. })), "{lost:?}");
    let told = town.ask(&ministry(), "k", Act::ApplyToMany, &body).await.unwrap();
    assert_eq!(told.items.iter().filter(|item| item.outcome == "already").count(), 3);
    assert_eq!(told.items[559].outcome, "already");
    assert_eq!(doubled(&town, "excuse.granted"), 0);
}

#[tokio::test]
async fn as_many_as_the_limit_are_answered_in_one_event() {
    let town = Town::large(200).await;
    // Five thousand that are not there: their words do not fit, their codes do.
    let most = domain::limits::BULK_OBLIGATIONS_MAX;
    let mut all: Vec<String> = vec![id(ALL[0])];
    all.extend((1..most).map(|n| id(&format!("9.2/nobody-of-a-long-name-indeed-{n}/-"))));
    let mut body = json!({"act": "remind", "obligations": all, "body": reminder()});
    let told = town.ask(&ministry(), "k", Act::ApplyToMany, &body).await.unwrap();
    assert_eq!((told.items.len(), told.items[0].outcome), (most, "applied"));
    assert!(told.items[1..].iter().all(|item| item.code.as_deref() == Some("obligation_not_found")));
    assert!(told.items[1].detail.is_some() && told.items[most - 1].detail.is_none());
    assert_eq!(bytes(&town.ask(&ministry(), "k", Act::ApplyToMany, &body).await.unwrap()), bytes(&told));
    body["obligations"].as_array_mut().unwrap().push(json!(id("9.2/one-more/-")));
    let refused = town.ask(&ministry(), "l", Act::ApplyToMany, &body).await;
    assert!(matches!(refused, Err(SubmitError::Refused { refusal: Refusal::Invalid(_), .. })));
}
