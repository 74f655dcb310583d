//! Acts of people through the service: the right answer, once, to everybody.

use serde_json::{Value, json};
use tests::Demo;

/// An open obligation of a school, told by row.
async fn open(demo: &Demo, row: &str) -> String {
    let rows = demo.rows(&format!("/api/v1/obligations?row={row}&phase=open"), "ministry").await;
    let id = rows.first().unwrap_or_else(|| panic!("every {row} is done: choose another seed"))["id"].as_str();
    id.unwrap().to_owned()
}

/// News of today, told by a coordinator for the head: what is claimed further back waits for a second person.
fn news(obligation: &str) -> Value {
    json!({
        "obligation": obligation, "occurred_on": tests::today(), "comment": "Со слов руководителя школы.",
        "details": {"url": "https://school.example/news/1", "title": "Новость проекта", "published_on": "2023-06-01"}
    })
}

#[tokio::test]
async fn a_command_is_carried_out_once_however_often_it_is_sent() {
    let demo = Demo::start().await;
    let id = open(&demo, "6.2").await;
    let before = demo.feed().await.len();
    let first = demo.command("submit", "coordinator", "k-1", &news(&id)).await;
    assert_eq!(first.status, 201, "{}", first.json());
    let receipt = first.json();
    assert_eq!(receipt["obligation"]["phase"], "accepted");
    assert_eq!(receipt["events"][0]["type"], "news.published");
    let again = demo.command("submit", "coordinator", "k-1", &news(&id)).await;
    assert_eq!((again.status, &again.json()), (200, &receipt));
    let mut other = news(&id);
    other["details"]["title"] = "Другая".into();
    let reused = demo.command("submit", "coordinator", "k-1", &other).await;
    assert_eq!((reused.status, &reused.json()["code"]), (422, &json!("idempotency_key_reused")));
    let late = demo.command("submit", "coordinator", "k-2", &news(&id)).await;
    assert_eq!((late.status, &late.json()["code"]), (409, &json!("not_allowed_in_phase")));
    assert!(late.json()["allowed"].is_array());
    assert_eq!(demo.feed().await.len(), before + 1);
    // It is visible in the values at once.
    let seq = receipt["events"][0]["seq"].as_u64().unwrap();
    let answer = demo.read(&format!("/api/v1/values?min_seq={seq}&wait=2000&limit=1"), "ministry").await;
    assert!(answer.header("vekha-seq").parse::<u64>().unwrap() >= seq);
}

#[tokio::test]
async fn of_two_at_once_one_is_stored() {
    let demo = Demo::start().await;
    let id = open(&demo, "6.2").await;
    let before = demo.feed().await.len();
    let body = news(&id);
    let (one, two) = tokio::join!(
        demo.command("submit", "coordinator", "race-1", &body),
        demo.command("submit", "ministry", "race-2", &body),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let body = news(&open(&demo, "6.2").await);
    let same = tokio::join!(
        demo.command("submit", "coordinator", "same", &body),
        demo.command("submit", "coordinator", "same", &body),
    );
    assert_eq!(same.0.json(), same.1.json());
    assert_eq!(demo.feed().await.len(), before + 2);
}

#[tokio::test]
async fn a_stale_version_is_told_with_what_happened_since() {
    let demo = Demo::start().await;
    let id = open(&demo, "6.2").await;
    demo.command("submit", "coordinator", "s-1", &news(&id)).await;
    let body = json!({"obligation": id, "reason": "не то"});
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v1/commands/retract", demo.url))
        .bearer_auth(demo.token("coordinator"))
        .header("Idempotency-Key", "s-2")
        .header("If-Match", "\"1\"")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 412);
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["since"][0]["type"], "news.published");
    assert!(told["allowed"].as_array().unwrap().contains(&json!("retract")));
}

#[tokio::test]
async fn bad_input_gets_a_clear_answer_and_changes_nothing() {
    let demo = Demo::start().await;
    let id = open(&demo, "6.2").await;
    let before = demo.feed().await.len();
    let unknown = id.replace("pogranichny-s", "pogranichny-x");
    let mut wrong_day = news(&id);
    wrong_day["occurred_on"] = "2023-02-31".into();
    let mut typo = news(&id);
    typo["details"]["titel"] = "x".into();
    let bodies = [
        ("an unknown school", news(&unknown), 404, "obligation_not_found"),
        ("no such day", wrong_day, 422, "invalid"),
        ("a misspelt field", typo, 422, "invalid"),
        ("an empty body", json!({}), 422, "invalid"),
    ];
    for (at, (what, body, status, code)) in bodies.into_iter().enumerate() {
        let answer = demo.command("submit", "coordinator", &format!("bad-{at}"), &body).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{what}: {}", answer.json());
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{what}");
    }
    let big = format!("{{\"x\":\"{}\"}}", "я".repeat(1_000_000));
    let answer = demo.request("POST", "/api/v1/commands/submit", "coordinator", Some(("big", big.into_bytes()))).await;
    assert_eq!(answer.unwrap().status, 413);
    let cases = [
        ("/api/v1/commands/no-such-act", "ministry", "{}", 404),
        ("/api/v1/commands/submit", "coordinator", "{not json", 400),
        ("/api/v1/commands/submit", "bi", "{}", 403),
        ("/api/v1/commands/submit", "auditor", "{}", 403),
        ("/api/v1/commands/activate-plan", "school", "{}", 403),
        ("/api/v1/commands/submit", "wrong-token", "{}", 401),
    ];
    for (path, role, body, status) in cases {
        let answer = demo.request("POST", path, role, Some(("case", body.as_bytes().to_vec()))).await.unwrap();
        assert_eq!(answer.status, status, "{path} as {role}: {}", answer.json());
    }
    let foreign = demo.command("submit", "school", "foreign", &news(&id.replace("-s0", "-s1"))).await;
    assert!(matches!(foreign.status, 403 | 404), "{}", foreign.json());
    assert_eq!(demo.feed().await.len(), before, "nothing was stored");
}

#[tokio::test]
async fn many_commands_get_an_outcome_a_line() {
    let demo = Demo::start().await;
    let ids: Vec<String> = demo
        .rows("/api/v1/obligations?row=6.2&phase=open", "ministry")
        .await
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    let mut lines: Vec<String> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| json!({"name": "submit", "key": format!("many-{at}"), "body": news(id)}).to_string())
        .collect();
    lines.push(json!({"name": "submit", "key": "many-bad", "body": {}}).to_string());
    let body = lines.join("\n").into_bytes();
    let answer = demo.request("POST", "/api/v1/commands", "coordinator", Some(("", body))).await.unwrap();
    let outcomes: Vec<Value> =
        String::from_utf8(answer.body).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(outcomes.len(), ids.len() + 1);
    assert!(outcomes[..ids.len()].iter().all(|outcome| outcome["status"] == 201), "{outcomes:?}");
    assert_eq!(outcomes[ids.len()]["status"], 422);
}
