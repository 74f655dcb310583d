//! Commands over HTTP.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::common::{Lose, about, checklist, id};
use crate::service::Service;

const S01: &str = "pogranichny-s01";

#[tokio::test]
async fn a_command_is_stored_once_and_answered_alike_for_ever() {
    let service = Service::new().await;
    let body = checklist(S01, "2022-10-11");
    let first = service.post("/submit", "school", "k1", &body).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let told = first.json();
    assert_eq!(told["events"][0]["type"], "checklist.submitted");
    assert_eq!(told["obligation"]["phase"], "submitted");
    assert_eq!(first.header("etag"), format!("\"{}\"", told["obligation"]["version"]));
    assert_eq!(
        service.post("/accept", "coordinator", "k2", &about("9.2/pogranichny-s01/-")).await.status,
        StatusCode::CREATED
    );
    let again = service.post("/submit", "school", "k1", &body).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, told));
    let other = service.post("/submit", "school", "k1", &checklist(S01, "2022-10-12")).await;
    assert_eq!((other.status, other.problem().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"));
}

#[tokio::test]
async fn refusals_have_their_own_statuses_and_say_what_is_allowed() {
    let service = Service::new().await;
    let place = about("9.2/pogranichny-s01/-");
    let early = service.post("/accept", "coordinator", "k1", &place).await;
    assert_eq!((early.status, early.problem().as_str()), (StatusCode::CONFLICT, "not_allowed_in_phase"));
    assert!(early.json()["allowed"].as_array().unwrap().contains(&json!("submit")));
    let mut wrong = checklist(S01, "2030-01-01");
    wrong["details"]["items"][0]["points"] = json!(9);
    wrong["details"]["typo"] = json!(1);
    let invalid = service.post("/submit", "school", "k2", &wrong).await;
    assert_eq!((invalid.status, invalid.problem().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"));
    assert_eq!(invalid.json()["errors"].as_array().unwrap().len(), 3, "{}", invalid.text());
    let mut unknown = checklist(S01, "2022-10-11");
    unknown["obligation"] = json!(id("9.2/nobody/-"));
    let missing = service.post("/submit", "ministry", "k3", &unknown).await;
    assert_eq!((missing.status, missing.problem().as_str()), (StatusCode::NOT_FOUND, "obligation_not_found"));
    // The same person who reported may not accept.
    service.post("/submit", "coordinator", "k4", &checklist(S01, "2022-10-11")).await;
    assert_eq!(service.post("/accept", "coordinator", "k5", &place).await.problem(), "own_report");
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_events_since() {
    let service = Service::new().await;
    let path = format!("/api/v1/obligations/{}", id("9.2/pogranichny-s01/-"));
    let seen = service.get(&path, "ministry").await.json()["version"].to_string();
    service.post("/submit", "school", "k1", &checklist(S01, "2022-10-11")).await;
    let excuse = json!({"obligation": id("9.2/pogranichny-s01/-"), "reason": "quarantine", "basis": "№ 5"}).to_string();
    let send = |version: String, key: &'static str| {
        let (service, excuse) = (&service, excuse.clone());
        async move {
            let headers = [("idempotency-key", key), ("if-match", version.as_str())];
            service.post_with("/excuse", "ministry", &headers, excuse).await
        }
    };
    let stale = send(format!("\"{seen}\""), "k2").await;
    assert_eq!((stale.status, stale.problem().as_str()), (StatusCode::PRECONDITION_FAILED, "stale"));
    assert_eq!(stale.json()["since"][0]["type"], "checklist.submitted");
    let current = stale.json()["current"].to_string();
    assert_eq!(send(current, "k3").await.status, StatusCode::CREATED);
    assert_eq!(send("\"soon\"".into(), "k4").await.problem(), "wrong_header");
}

#[tokio::test]
async fn bad_input_of_every_kind_gets_a_clear_answer() {
    let service = Service::new().await;
    let key = [("idempotency-key", "k")];
    let unknown = service.post("/no-such-act", "ministry", "k", &json!({})).await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (StatusCode::NOT_FOUND, "unknown_command"));
    let broken = service.post_with("/submit", "ministry", &key, "{not json").await;
    assert_eq!((broken.status, broken.problem().as_str()), (StatusCode::BAD_REQUEST, "unreadable"));
    let shape = service.post("/submit", "ministry", "k", &json!({"obligation": 1})).await;
    assert_eq!((shape.status, shape.problem().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"));
    let big = service.post_with("/submit", "ministry", &key, "x".repeat(2_000_000)).await;
    assert_eq!((big.status, big.problem().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    for headers in [&[][..], &[("idempotency-key", "")][..], &[("idempotency-key", "a b")][..]] {
        let answer = service.post_with("/submit", "ministry", headers, "{}").await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::BAD_REQUEST, "idempotency_key_missing"));
    }
    let query = service.post("/submit?dry=true", "ministry", "k", &json!({})).await;
    assert_eq!(query.problem(), "bad_query");
    assert_eq!(service.town.events(), service.rows("/api/v1/audit", "auditor").await.len());
}

#[tokio::test]
async fn trouble_with_the_log_says_whether_to_repeat() {
    let service = Service::new().await;
    let body = checklist(S01, "2022-10-11");
    service.town.lose_next(Lose::After);
    let unknown = service.post("/submit", "school", "k", &body).await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown"));
    assert!(!unknown.header("retry-after").is_empty());
    assert_eq!(service.post("/submit", "school", "k", &body).await.status, StatusCode::OK);
    service.town.journal.set_guarded(Some("secret detail".into()));
    let guarded = service.post("/submit", "coordinator", "k", &checklist("pogranichny-s02", "2022-10-11")).await;
    assert_eq!(guarded.problem(), "log_guarded");
    assert!(!guarded.text().contains("secret detail"));
    assert_eq!(service.get("/api/v1/values", "bi").await.status, StatusCode::OK, "reads go on");
}

#[tokio::test]
async fn a_dry_run_stores_nothing() {
    let service = Service::new().await;
    let events = service.town.events();
    let trial = service.post("/submit?dry_run=true", "school", "k", &checklist(S01, "2022-10-11")).await;
    assert_eq!(trial.status, StatusCode::OK);
    assert_eq!((&trial.json()["dry_run"], &trial.json()["events"][0]["seq"]), (&json!(true), &Value::Null));
    assert_eq!(service.town.events(), events);
}

#[tokio::test]
async fn many_commands_have_an_outcome_a_line_in_their_order() {
    let service = Service::new().await;
    let line = |name: &str, key: &str, body: Value| json!({"name": name, "key": key, "body": body}).to_string();
    let lines = [
        line("submit", "m1", checklist(S01, "2022-10-11")),
        line("submit", "m2", checklist("pogranichny-s02", "2022-10-11")),
        line(
            "move-deadline",
            "m3",
            json!({"obligation": id("9.2/pogranichny-s02/-"), "due": "2022-10-25", "basis": "№ 1"}),
        ),
        "{broken".to_owned(),
        line("dance", "m4", json!({})),
        line("submit", "m1", checklist(S01, "2022-10-11")),
        line("submit", "m1", checklist(S01, "2022-10-12")),
        line("open-import", "m5", json!({"source": "x"})),
    ];
    let answer = service.post_with("", "ministry", &[], lines.join("\n\n")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let outcomes = answer.lines();
    let told: Vec<u64> = outcomes.iter().map(|outcome| outcome["status"].as_u64().unwrap()).collect();
    assert_eq!(told, [201, 201, 201, 400, 404, 200, 422, 403], "{outcomes:?}");
    assert_eq!(outcomes[0]["key"], "m1");
    assert_eq!(outcomes[2]["obligation"]["phase"], "submitted");
    assert_eq!(service.post_with("", "bi", &[], lines[0].clone()).await.lines()[0]["status"], 403);
}
