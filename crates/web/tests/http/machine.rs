//! The whole life of an obligation over HTTP: bulk facts, substitutes, second persons, what its page shows.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::common::{SCHOOLS, Town, about, checklist, id, many, sent_to_all};
use crate::service::Service;

const S01: &str = "pogranichny-s01";
const REPORT: &str = "9.2/pogranichny-s01/-";
const ORDER: &str = "13.1/pogranichny-s01/-";

fn page(short: &str) -> String {
    format!("/api/v1/obligations/{}", id(short))
}

async fn done(service: &Service, act: &str, who: &str, body: Value) -> Value {
    let key = format!("{act}-{}", service.town.events());
    let answer = service.post(&format!("/{act}"), who, &key, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{act}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_bulk_fact_is_seen_at_once_everywhere_it_belongs() {
    let service = Service::new().await;
    let before = service.get(&page(ORDER), "ministry").await.json()["version"].to_string();
    let sent = service.post("/record-for-all", "coordinator", "all", &sent_to_all("pogranichny")).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    assert_eq!(sent.json()["items"][0]["outcome"], "applied");
    let seq = sent.json()["events"][0]["seq"].clone();
    let told = service.get(&format!("{}?min_seq={seq}&wait=2000", page(ORDER)), "school").await.json();
    assert_eq!((&told["phase"], &told["version"]), (&json!("accepted"), &seq));
    assert_eq!(told["history"][0]["type"], "bulk.recorded");
    assert_eq!(told["history"][0]["summary"], "Записано для многих: строка 13.1, организаций 3");
    assert_eq!(
        (&told["history"][0]["row"], &told["history"][0]["evidence"][0]["number"]),
        (&json!("13.1"), &json!("17"))
    );
    // The list of acts about a school, a row, a municipality.
    for query in
        ["org=pogranichny-s02", "within=pogranichny", "row=13.1", "org=pogranichny-s02&plan=clusters-2022-2023"]
    {
        let rows = service.rows(&format!("/api/v1/audit?type=bulk.recorded&{query}"), "auditor").await;
        assert_eq!((rows.len(), &rows[0]["seq"]), (1, &seq), "{query}");
        assert_eq!((&rows[0]["plan"], &rows[0]["org"]), (&json!("clusters-2022-2023"), &Value::Null));
    }
    for query in ["org=mo-pk", "row=9.2", "org=pogranichny-s02&actor=minister"] {
        assert!(
            service.rows(&format!("/api/v1/audit?type=bulk.recorded&{query}"), "auditor").await.is_empty(),
            "{query}"
        );
    }
    // Whoever has none of the schools sees nothing of it.
    assert!(service.rows("/api/v1/audit?type=bulk.recorded", "stranger").await.is_empty());
    assert!(!service.get("/api/v1/feed?limit=10000", "stranger").await.text().contains("bulk.recorded"));
    let headers = [("idempotency-key", "late"), ("if-match", before.as_str())];
    let reminder = json!({"obligation": id(ORDER), "channel": "email"}).to_string();
    let stale = service.post_with("/remind", "ministry", &headers, reminder).await;
    assert_eq!((stale.status, stale.problem().as_str()), (StatusCode::PRECONDITION_FAILED, "stale"));
    assert_eq!(stale.json()["since"][0]["type"], "bulk.recorded");
    let undo = json!({"event": sent.json()["events"][0]["event_id"], "reason": "не тот приказ"});
    done(&service, "undo", "coordinator", undo).await;
    let told = service.get(&page(ORDER), "school").await.json();
    let history: Vec<&str> =
        told["history"].as_array().unwrap().iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!((&told["phase"], history), (&json!("open"), vec!["bulk.recorded", "bulk.retracted"]));
    let rows = service.rows("/api/v1/audit?org=pogranichny-s03", "school").await;
    assert!(rows.iter().all(|row| row["row"] == "13.1"), "of another school only what was its own too: {rows:?}");
}

#[tokio::test]
async fn one_act_on_many_has_an_outcome_for_each() {
    let service = Service::new().await;
    done(&service, "submit", "school", checklist(S01, "2022-10-11")).await;
    let all: Vec<String> = SCHOOLS.iter().map(|code| format!("9.2/{code}/-")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut body = many("accept", &all, json!({}));
    body["all_or_nothing"] = json!(true);
    let whole = service.post("/apply-to-many", "coordinator", "k", &body).await;
    assert_eq!((whole.status, whole.problem().as_str()), (StatusCode::CONFLICT, "not_all"));
    assert_eq!(whole.json()["refused"][0]["code"], "not_allowed_in_phase");
    body["all_or_nothing"] = json!(false);
    let first = service.post("/apply-to-many", "coordinator", "l", &body).await;
    let outcomes: Vec<Value> =
        first.json()["items"].as_array().unwrap().iter().map(|item| item["outcome"].clone()).collect();
    assert_eq!(
        (first.status, outcomes),
        (StatusCode::CREATED, vec![json!("applied"), json!("refused"), json!("refused")])
    );
    let again = service.post("/apply-to-many", "coordinator", "l", &body).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    let undo = json!({"event": first.json()["events"][0]["event_id"], "reason": "r"});
    done(&service, "undo", "coordinator", undo.clone()).await;
    let twice = service.post("/undo", "coordinator", "undo-2", &undo).await;
    assert_eq!(twice.status, StatusCode::CREATED, "each has its own outcome: {}", twice.text());
    assert_eq!(twice.json()["items"][0]["outcome"], "refused");
    let stranger = service.post("/undo", "stranger", "undo-3", &undo).await;
    assert_eq!((stranger.status, stranger.problem().as_str()), (StatusCode::FORBIDDEN, "forbidden"));
}

#[tokio::test]
async fn a_substitute_names_the_grant() {
    let service = Service::new().await;
    let grant = json!({
        "grant": "g-1", "to": "auditor", "acts": ["submit", "acknowledge"], "valid_to": "2022-10-14", "basis": "№ 3",
    });
    done(&service, "grant-authority", "school", grant).await;
    let body = checklist(S01, "2022-10-11").to_string();
    let send = async |key: &str, grant: &str| {
        let headers = [("idempotency-key", key), ("x-on-behalf-of", grant)];
        service.post_with("/submit", "auditor", &headers, body.clone()).await
    };
    assert_eq!(service.post("/submit", "auditor", "k", &checklist(S01, "2022-10-11")).await.problem(), "forbidden");
    let unknown = send("k", "g-2").await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (StatusCode::FORBIDDEN, "grant_not_valid"));
    assert_eq!(send("k", "№").await.problem(), "wrong_header");
    assert_eq!(send("k", "g-1").await.status, StatusCode::CREATED);
    let rows = service.rows("/api/v1/audit?type=checklist.submitted", "ministry").await;
    assert_eq!((&rows[0]["actor"], &rows[0]["on_behalf_of"]), (&json!("auditor"), &json!("head-pogranichny-s01")));
    // A line of many names it too.
    let line = |key: &str, grant: &str| {
        json!({"name": "acknowledge", "key": key, "on_behalf_of": grant, "body": about("8.2/pogranichny-s01/-")})
            .to_string()
    };
    let lines = [line("m1", "g-1"), line("m2", "g-2")].join("\n");
    let told = service.post_with("", "auditor", &[], lines).await.lines();
    assert_eq!((&told[0]["status"], &told[1]["code"]), (&json!(201), &json!("grant_not_valid")), "{told:?}");
    done(&service, "revoke-authority", "school", json!({"grant": "g-1", "reason": "вернулась"})).await;
    assert_eq!(send("k9", "g-1").await.problem(), "grant_not_valid");
    assert_eq!(send("k", "g-1").await.status, StatusCode::OK, "an answer once given");
}

#[tokio::test]
async fn only_a_training_service_takes_another_time_than_its_own() {
    let service = Service::new().await;
    let headers = [("idempotency-key", "k"), ("vekha-now", "2022-10-12T12:00:00+10:00")];
    let body = checklist(S01, "2022-10-11").to_string();
    let refused = service.post_with("/submit", "school", &headers, body.clone()).await;
    assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::BAD_REQUEST, "wrong_header"));
    let line =
        json!({"name": "submit", "key": "l", "body": checklist(S01, "2022-10-11"), "now": "2022-10-12T02:00:00Z"});
    let told = service.post_with("", "school", &[], line.to_string()).await.lines();
    assert_eq!((&told[0]["status"], &told[0]["code"]), (&json!(400), &json!("unreadable")));
    let training = Service::training(Town::in_force().await);
    *training.town.now.lock().unwrap() = "2022-09-01T00:00:00Z".parse().unwrap();
    let early = training.post("/submit", "school", "k0", &checklist(S01, "2022-10-11")).await;
    assert_eq!(early.problem(), "invalid", "that day has not come");
    let told = training.post_with("/submit", "school", &headers, body.clone()).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text());
    let bad = [("idempotency-key", "k2"), ("vekha-now", "tomorrow")];
    assert_eq!(training.post_with("/submit", "school", &bad, body).await.problem(), "wrong_header");
    let told = training.post_with("", "ministry", &[], line.to_string()).await.lines();
    assert_eq!(told[0]["status"], 409, "it is reported: {told:?}");
}

#[tokio::test]
async fn the_page_of_an_obligation_shows_who_works_on_it() {
    let service = Service::new().await;
    let co = json!({"obligation": id(REPORT), "who": {"org": "rmc"}});
    done(&service, "add-co-executor", "ministry", co).await;
    let delegate = json!({"obligation": id(REPORT), "to": "zavuch", "until": "2022-10-14", "basis": "№ 4"});
    done(&service, "delegate", "school", delegate).await;
    done(
        &service,
        "request-extension",
        "school",
        json!({"obligation": id(REPORT), "wanted": "2022-10-20", "reason": "r"}),
    )
    .await;
    let told = service.get(&page(REPORT), "ministry").await.json();
    assert_eq!(told["co_executors"][0]["who"], "rmc");
    assert_eq!((&told["delegates"][0]["to"], &told["delegates"][0]["until"]), (&json!("zavuch"), &json!("2022-10-14")));
    assert_eq!(told["extension_requested"]["by"], "head-pogranichny-s01");
    assert!(told["control"].is_null(), "nothing waits for the controller: {told}");
    done(&service, "submit", "school", checklist(S01, "2022-10-11")).await;
    let parts = service.post("/accept", "coordinator", "a", &about(REPORT)).await;
    assert_eq!((parts.status, parts.problem().as_str()), (StatusCode::CONFLICT, "parts_missing"));
    assert!(parts.json()["allowed"].as_array().unwrap().contains(&json!("return")));
    let told = service.get(&page(REPORT), "ministry").await.json();
    assert_eq!((&told["control"]["due"], &told["control"]["days_late"]), (&json!("2022-10-19"), &json!(0)));
    let declined = json!({"obligation": id(REPORT), "reason": "r"});
    let nothing = service.post("/decline-excuse", "ministry", "d", &declined).await;
    assert_eq!((nothing.status, nothing.problem().as_str()), (StatusCode::CONFLICT, "nothing_waits"));
}

#[tokio::test]
async fn what_waits_for_a_second_person_is_shown_and_confirmed() {
    let service = Service::new().await;
    *service.town.now.lock().unwrap() = "2022-10-20T02:00:00Z".parse().unwrap();
    let moved = json!({"obligation": id(REPORT), "due": "2022-10-25", "basis": "№ 9"});
    let proposed = done(&service, "move-deadline", "ministry", moved).await;
    assert_eq!(
        (&proposed["events"][0]["type"], &proposed["obligation"]["phase"]),
        (&json!("proposal.made"), &json!("open"))
    );
    let told = service.get(&page(REPORT), "ministry").await.json();
    let waiting = &told["waits_for_second_person"][0];
    assert_eq!((&waiting["act"], &waiting["payload"]["due"]), (&json!("move-deadline"), &json!("2022-10-25")));
    let confirm = json!({"proposal": waiting["proposal"], "obligation": id(REPORT)});
    let own = service.post("/confirm", "ministry", "c", &confirm).await;
    assert_eq!((own.status, own.problem().as_str()), (StatusCode::CONFLICT, "same_person"));
    assert!(own.json()["allowed"].is_array());
    let second = crate::common::actor("second-minister", domain::actor::Role::Ministry, domain::actor::Scope::All);
    service.town.ask(&second, "c", domain::command::Act::Confirm, &confirm).await.unwrap();
    let told = service.get(&page(REPORT), "ministry").await.json();
    assert_eq!((&told["due"]["effective"], &told["due"]["moves"][0]["basis"]), (&json!("2022-10-25"), &json!("№ 9")));
    assert!(told["waits_for_second_person"].is_null());
    let gone = service.post("/confirm", "ministry", "c2", &confirm).await;
    assert_eq!((gone.status, gone.problem().as_str()), (StatusCode::NOT_FOUND, "proposal_not_found"));
}

#[tokio::test]
async fn accompanying_facts_are_shown_and_small_cells_are_not() {
    let service = Service::new().await;
    let survey = "8.1/pogranichny-s01/-";
    let note = |short: &str, event: &str, details: Value| json!({"obligation": id(short), "event": event, "occurred_on": "2022-10-12", "details": details});
    let sent = json!({
        "obligation": id(survey), "occurred_on": "2022-10-10",
        "details": {"survey": "s1", "form_url": "https://forms.example/1"},
    });
    done(&service, "submit", "ministry", sent).await;
    for (audience, eligible, responded) in [("parents", 120, 80), ("pupils", 4, 3)] {
        let counted = json!({
            "survey": "s1", "audience": audience, "eligible": eligible, "responded": responded, "counted_on": "2022-10-12",
        });
        done(&service, "note-fact", "ministry", note(survey, "survey.responses_counted", counted)).await;
    }
    let told = service.get(&page(survey), "ministry").await.json();
    let cells = told["survey"].as_array().unwrap();
    let cell = |audience: &str| cells.iter().find(|cell| cell["audience"] == audience).unwrap();
    assert_eq!((&cell("parents")["responded"], &cell("parents")["suppressed"]), (&json!(80), &json!(false)));
    assert_eq!(*cell("pupils"), json!({"audience": "pupils", "suppressed": true}));
    let counts = "/api/v1/audit?type=survey.responses_counted";
    assert_eq!(service.rows(counts, "ministry").await.len(), 2);
    assert!(service.rows(counts, "bi").await.is_empty(), "raw counts are not for dashboards");
    for (who, seen) in [("ministry", true), ("bi", false)] {
        let events = service.get("/bi/v1/event.csv", who).await.text();
        assert_eq!(events.contains("survey.responses_counted"), seen, "{who}");
    }
    let link = "6.1/pogranichny-s01/-";
    let published = json!({
        "obligation": id(link), "occurred_on": "2022-10-11", "details": {"url": "https://school.example/"},
    });
    done(&service, "submit", "school", published).await;
    let checked = json!({"url": "https://school.example/", "checked_at": "2022-10-12T00:00:00Z", "http_status": 200});
    done(&service, "note-fact", "coordinator", note(link, "site_link.verified", checked)).await;
    assert_eq!(service.get(&page(link), "school").await.json()["link_checks"], json!({"made": 1, "good": 1}));
    let protocol = "10.1/pogranichny-s01/-";
    let sent = json!({
        "obligation": id(protocol), "occurred_on": "2022-10-11",
        "details": {"meeting": "m1", "recommendations": [{"id": "r1", "text": "дополнить план", "due": "2022-11-10"}]},
    });
    done(&service, "submit", "ministry", sent).await;
    done(&service, "note-fact", "ministry", note(protocol, "recommendation.closed", json!({"recommendation": "r1"})))
        .await;
    let told = service.get(&page(protocol), "school").await.json();
    assert_eq!(told["recommendations"], json!([{"id": "r1", "due": "2022-11-10", "closed_on": "2022-10-12"}]));
}
