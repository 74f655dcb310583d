//! Claims about taking a command back.

use crate::common::{
    SCHOOLS, Town, about, actor, bytes, checklist, coordinator, id, many, ministry, outcomes, school, sent_to_all,
};
use commands::{Receipt, SubmitError};
use domain::actor::{Role, Scope};
use domain::command::Act;
use serde_json::{Value, json};

const ALL: [&str; 3] = ["9.2/pogranichny-s01/-", "9.2/pogranichny-s02/-", "9.2/pogranichny-s03/-"];

fn undo(receipt: &Receipt) -> Value {
    json!({"event": receipt.events[0].event_id, "reason": "ошибка"})
}

fn code(answer: &Result<Receipt, SubmitError>) -> &'static str {
    match answer {
        Err(SubmitError::Refused { refusal, .. }) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

fn phases(town: &Town, shorts: &[&str]) -> Vec<&'static str> {
    let phase = |short: &&str| {
        town.replica
            .read(|s| s.register.obligation(s.register.find(&id(short).parse().unwrap()).unwrap()).phase.as_str())
    };
    shorts.iter().map(phase).collect()
}

async fn all_sent() -> Town {
    let town = Town::in_force().await;
    for code in SCHOOLS {
        town.ask(&school(code), "sent", Act::Submit, &checklist(code, "2022-10-11")).await.unwrap();
    }
    town
}

#[tokio::test]
async fn a_bulk_fact_is_taken_back_for_all_and_the_answer_is_for_ever() {
    let town = Town::in_force().await;
    let rows = ["13.1/pogranichny-s01/-", "13.1/pogranichny-s03/-"];
    let sent = town.ask(&coordinator(), "all", Act::RecordForAll, &sent_to_all("pogranichny")).await.unwrap();
    assert_eq!(phases(&town, &rows), ["accepted"; 2]);
    let first = town.ask(&coordinator(), "undo", Act::Undo, &undo(&sent)).await.unwrap();
    assert_eq!(phases(&town, &rows), ["open"; 2]);
    let again = town.ask(&coordinator(), "undo", Act::Undo, &undo(&sent)).await.unwrap();
    assert!(again.repeated);
    assert_eq!(bytes(&again), bytes(&first));
    assert_eq!(code(&town.ask(&coordinator(), "undo-2", Act::Undo, &undo(&sent)).await), "not_undoable");
    // What was answered once stays answered.
    let told = town.ask(&coordinator(), "all", Act::RecordForAll, &sent_to_all("pogranichny")).await.unwrap();
    assert_eq!(bytes(&told), bytes(&sent));
}

#[tokio::test]
async fn accepting_many_is_revoked_where_nothing_happened_since() {
    let town = all_sent().await;
    let accepted = town.ask(&coordinator(), "m", Act::ApplyToMany, &many("accept", &ALL, json!({}))).await.unwrap();
    let reopened = json!({"obligation": id(ALL[0]), "reason": "audit"});
    town.ask(&ministry(), "reopen", Act::Reopen, &reopened).await.unwrap();
    let first = town.ask(&coordinator(), "undo", Act::Undo, &undo(&accepted)).await.unwrap();
    assert_eq!(outcomes(&first), ["refused", "applied", "applied"]);
    assert_eq!(first.items[0].code.as_deref(), Some("not_undoable"));
    assert_eq!(phases(&town, &ALL), ["returned", "submitted", "submitted"]);
    let again = town.ask(&coordinator(), "undo", Act::Undo, &undo(&accepted)).await.unwrap();
    assert_eq!((again.repeated, bytes(&again)), (true, bytes(&first)));
}

#[tokio::test]
async fn a_deadline_goes_back_to_where_it_was() {
    let town = Town::in_force().await;
    let by_hand = json!({"obligation": id(ALL[0]), "due": "2022-10-18", "basis": "№ 1"});
    town.ask(&ministry(), "hand", Act::MoveDeadline, &by_hand).await.unwrap();
    let body = many("move-deadline", &ALL, json!({"due": "2022-10-25", "basis": "№ 2"}));
    let moved = town.ask(&ministry(), "m", Act::ApplyToMany, &body).await.unwrap();
    let later = json!({"obligation": id(ALL[2]), "due": "2022-10-28", "basis": "№ 3"});
    town.ask(&ministry(), "later", Act::MoveDeadline, &later).await.unwrap();
    let told = town.ask(&ministry(), "undo", Act::Undo, &undo(&moved)).await.unwrap();
    assert_eq!(outcomes(&told), ["applied", "applied", "refused"]);
    let due = |short: &str| {
        town.replica.read(|s| s.register.obligation(s.register.find(&id(short).parse().unwrap()).unwrap()).due())
    };
    let days: Vec<String> = ALL.iter().map(|short| due(short).unwrap().to_string()).collect();
    assert_eq!(days, ["2022-10-18", "2022-10-15", "2022-10-28"]);
}

#[tokio::test]
async fn a_release_is_revoked_and_what_has_no_way_back_is_refused() {
    let town = Town::in_force().await;
    let excuse = many("excuse", &ALL, json!({"reason": "quarantine", "basis": "№ 5"}));
    let excused = town.ask(&ministry(), "e", Act::ApplyToMany, &excuse).await.unwrap();
    let revoked = json!({"obligation": id(ALL[1]), "reason": "сняли карантин"});
    town.ask(&ministry(), "r", Act::RevokeExcuse, &revoked).await.unwrap();
    let told = town.ask(&ministry(), "undo", Act::Undo, &undo(&excused)).await.unwrap();
    assert_eq!(outcomes(&told), ["applied", "refused", "applied"]);
    assert_eq!(phases(&town, &ALL), ["open"; 3]);
    let reminded = many("remind", &ALL, json!({"channel": "email"}));
    let reminded = town.ask(&ministry(), "remind", Act::ApplyToMany, &reminded).await.unwrap();
    let told = town.ask(&ministry(), "undo-2", Act::Undo, &undo(&reminded)).await.unwrap();
    assert_eq!(outcomes(&told), ["refused"; 3]);
}

#[tokio::test]
async fn only_its_author_or_the_ministry_takes_a_command_back_and_only_for_some_days() {
    let town = all_sent().await;
    let body = many("accept", &ALL, json!({}));
    let accepted = town.ask(&coordinator(), "m", Act::ApplyToMany, &body).await.unwrap();
    let other = actor("colleague", Role::Coordinator, Scope::Municipality("pogranichny".parse().unwrap()));
    assert_eq!(code(&town.ask(&other, "u1", Act::Undo, &undo(&accepted)).await), "forbidden");
    assert_eq!(code(&town.ask(&school(SCHOOLS[0]), "u2", Act::Undo, &undo(&accepted)).await), "forbidden");
    let nothing = json!({"event": "01234567-89ab-8cde-8f01-23456789abcd", "reason": "r"});
    assert_eq!(code(&town.ask(&ministry(), "u3", Act::Undo, &nothing).await), "event_not_found");
    *town.now.lock().unwrap() = "2022-10-21T02:00:00Z".parse().unwrap();
    assert_eq!(code(&town.ask(&ministry(), "u4", Act::Undo, &undo(&accepted)).await), "not_undoable");
    *town.now.lock().unwrap() = "2022-10-18T02:00:00Z".parse().unwrap();
    let first = town.ask(&ministry(), "u5", Act::Undo, &undo(&accepted)).await.unwrap();
    assert_eq!(outcomes(&first), ["applied"; 3]);
    // An answer that was given is given again, however late.
    *town.now.lock().unwrap() = "2022-12-01T02:00:00Z".parse().unwrap();
    assert_eq!(bytes(&town.ask(&ministry(), "u5", Act::Undo, &undo(&accepted)).await.unwrap()), bytes(&first));
}

#[tokio::test]
async fn a_single_act_can_be_taken_back_too() {
    let town = all_sent().await;
    let accepted = town.ask(&coordinator(), "a", Act::Accept, &about(ALL[0])).await.unwrap();
    let told = town.ask(&coordinator(), "u", Act::Undo, &undo(&accepted)).await.unwrap();
    assert_eq!((outcomes(&told), phases(&town, &ALL[..1])), (vec!["applied"], vec!["submitted"]));
}
