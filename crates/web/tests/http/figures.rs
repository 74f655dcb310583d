//! Why values are what they are, what was reported, what would be, what changes.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::common::{about, checklist, id};
use crate::service::Service;

/// A self-diagnosis handed in by each of two schools, one of them accepted.
async fn lived() -> Service {
    let service = Service::counting().await;
    service.post("/submit", "school", "r1", &checklist("pogranichny-s01", "2022-10-11")).await;
    service.post("/accept", "coordinator", "r2", &about("9.2/pogranichny-s01/-")).await;
    service.post("/submit", "coordinator", "r3", &checklist("pogranichny-s02", "2022-10-12")).await;
    service
}

async fn told(service: &Service, path: &str, who: &str) -> Value {
    let answer = service.get(path, who).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

fn sum(parts: &Value, of: &str) -> f64 {
    parts.as_array().unwrap().iter().map(|part| part[of].as_f64().unwrap_or_default()).sum()
}

#[tokio::test]
async fn the_parts_of_an_explanation_add_up_to_the_value() {
    let service = lived().await;
    for (org, indicator, parts) in [
        ("pogranichny-s01", "I01", "shares"),
        ("pogranichny-s01", "I04", "shares"),
        ("pogranichny", "I04", "members"),
        ("primorye", "I01", "members"),
        ("russia", "I01", "members"),
        ("agro", "I01", "members"),
        ("primorye", "A", "indicators"),
    ] {
        let period = if indicator == "I04" { "2022-2023.T0" } else { "2022-2023.H1" };
        let path = format!("/api/v1/explain?org={org}&period={period}&indicator={indicator}");
        let value = told(&service, &path, "ministry").await;
        for of in ["numerator", "denominator"] {
            let (added, whole) = (sum(&value[parts], of), value[of].as_f64().unwrap());
            assert!((added - whole).abs() < 1e-9, "{path}: {of} {added} of {whole}");
        }
        assert!(value["sentence"].as_str().unwrap().contains(indicator), "{value}");
        assert!(!value["sentence_en"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_explanation_goes_down_to_obligations_and_events() {
    let service = lived().await;
    let path = "/api/v1/explain?org=pogranichny-s01&period=2022-2023.T0&indicator=I04";
    let value = told(&service, path, "school").await;
    let share = &value["shares"][0];
    assert_eq!((&share["obligation"], &share["numerator"]), (&json!(id("9.2/pogranichny-s01/-")), &json!(4)));
    let types: Vec<&str> = share["events"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["checklist.submitted", "report.accepted"]);
    assert!(share["events"][0]["event_id"].is_string() && share["due"]["steps"].is_object());
    // What was known before is explained as it was known.
    let before = told(&service, &format!("{path}&as_of=2022-10-01T00:00:00Z"), "school").await;
    assert_eq!((&before["status"], before["shares"].as_array().map(Vec::len)), (&json!("no_data"), Some(0)));
    // Another school's value is not theirs to see; a question without its parts is told what is missing.
    let foreign = service.get(&path.replace("s01", "s02"), "school").await;
    assert_eq!((foreign.status, foreign.problem().as_str()), (StatusCode::FORBIDDEN, "forbidden"));
    assert_eq!(service.get("/api/v1/explain?org=primorye", "ministry").await.problem(), "bad_query");
    let nowhere = service.get("/api/v1/explain?org=atlantis&period=2022-2023&indicator=I01", "ministry").await;
    assert_eq!(nowhere.problem(), "not_found");
}

#[tokio::test]
async fn a_definition_comes_in_as_data_and_its_mistakes_are_told() {
    let service = lived().await;
    let definition = |sql: &str| {
        json!({"basis": "№ 1", "definition": {
            "id": "I19", "version": 1, "name_ru": "Н", "name_en": "N", "unit": "share", "target": 0.5, "better": "up",
            "weight": 2, "periods": ["H1"], "levels": ["region", "school"], "table": "obligations",
            "where": "counts AND event = 'letter.sent'", "counts_by": "due_part", "year": "all",
            "when_empty": "no_data", "numerator": {"ru": "ч", "en": "n", "sql": sql},
            "denominator": {"ru": "з", "en": "d", "sql": "1"}}})
    };
    let bad = service.post("/define-indicator", "ministry", "d1", &definition("is_dne")).await;
    assert_eq!((bad.status, bad.problem().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"));
    assert!(bad.text().contains("/definition/numerator/sql"), "{}", bad.text());
    let good = service.post("/define-indicator", "ministry", "d2", &definition("is_done")).await;
    assert_eq!(good.status, StatusCode::CREATED, "{}", good.text());
    let rows = service.rows("/api/v1/values?indicator=I19&level=region", "ministry").await;
    assert_eq!((rows.len(), &rows[0]["denominator"], &rows[0]["target"]), (1, &json!(21), &json!(0.5)));
    let listed = told(&service, "/api/v1/indicators", "bi").await;
    assert!(listed["data"].as_array().unwrap().iter().any(|one| one["id"] == "I19"));
    // The weight that is told grew by the new one's.
    let path = "/api/v1/values?indicator=A&level=region&period=2022-2023.H1";
    let weight = async || service.rows(path, "ministry").await[0]["weight"].as_f64().unwrap();
    assert!((weight().await - 102.0).abs() < 1e-9);
    let target = json!({"region": "primorye", "indicator": "I19", "weight": 0, "target": 0.25, "basis": "№ 2"});
    assert_eq!(service.post("/set-target", "ministry", "t1", &target).await.status, StatusCode::CREATED);
    assert!((weight().await - 100.0).abs() < 1e-9);
    let unknown = json!({"region": "primorye", "indicator": "I77", "target": 1, "basis": "№ 2"});
    assert_eq!(service.post("/set-target", "ministry", "t2", &unknown).await.problem(), "invalid");
}

#[tokio::test]
async fn a_closed_period_keeps_what_was_reported_and_the_causes_add_up() {
    let service = lived().await;
    let missing = service.get("/api/v1/restated?period=2022-2023.T0", "ministry").await;
    assert_eq!(missing.problem(), "not_found");
    let close = json!({"region": "primorye", "period": "2022-2023.T0", "basis": "№ 3"});
    let closed = service.post("/close-period", "ministry", "c1", &close).await;
    assert_eq!(closed.status, StatusCode::CREATED, "{}", closed.text());
    assert_eq!(closed.json()["events"][1]["type"], "indicator.snapshot_taken");
    let before = told(&service, "/api/v1/restated?period=2022-2023.T0&indicator=I04&level=region", "ministry").await;
    assert_eq!(before["data"][0]["value_difference"]["total"], 0.0, "{before}");
    // Another school's list is accepted later: late data, and what was reported stays.
    service.post("/accept", "ministry", "r4", &about("9.2/pogranichny-s02/-")).await;
    let after = told(&service, "/api/v1/restated?period=2022-2023.T0&indicator=I04&level=region", "ministry").await;
    let row = &after["data"][0];
    assert_eq!((&row["reported"]["denominator"], &row["restated"]["denominator"]), (&json!(5.0), &json!(10.0)));
    let causes = ["late_data", "corrections", "membership", "formula", "target"];
    let added: f64 = causes.iter().map(|cause| row["value_difference"][cause].as_f64().unwrap()).sum();
    assert!((added - row["value_difference"]["total"].as_f64().unwrap()).abs() < 1e-12, "{row}");
    let listed = told(&service, "/api/v1/closings?period=2022-2023.T0", "auditor").await;
    assert_eq!((&listed["data"][0]["in_force"], &listed["data"][0]["region"]), (&json!(true), &json!("primorye")));
    // A school sees its own rows only.
    let own = told(&service, "/api/v1/restated?period=2022-2023.T0&level=school", "school").await;
    assert!(own["data"].as_array().unwrap().iter().all(|row| row["org"] == "pogranichny-s01"));
}

async fn what_if(service: &Service, who: &str, question: &Value) -> (StatusCode, Value) {
    let request = Request::post("/api/v1/what-if").header("authorization", format!("Bearer token-of-{who}-0123456789"));
    let answer = service.send(request.body(question.to_string().into()).unwrap()).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_trial_tells_what_would_be_and_writes_nothing() {
    let service = lived().await;
    let tip = service.town.replica.watermark();
    let accept = json!({"commands": [{"name": "accept", "body": about("9.2/pogranichny-s02/-")}],
        "values": {"indicator": "I04", "level": "region", "period": "2022-2023.T0"}});
    let (status, answer) = what_if(&service, "ministry", &accept).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let row = &answer["data"][0];
    assert_eq!((&row["before"]["denominator"], &row["after"]["denominator"]), (&json!(5.0), &json!(10.0)));
    assert_eq!((&answer["events"]["report.accepted"], &answer["written"]), (&json!(1), &json!(false)));
    assert_eq!(service.town.replica.watermark(), tip);
    // The real act gives what the trial said.
    service.post("/accept", "ministry", "r9", &about("9.2/pogranichny-s02/-")).await;
    let rows = service.rows("/api/v1/values?indicator=I04&level=region&period=2022-2023.T0", "ministry").await;
    assert_eq!(rows[0]["value"], row["after"]["value"]);
    // What would be refused is refused, and named by its place.
    let (status, answer) = what_if(&service, "ministry", &accept).await;
    assert_eq!((status, &answer["item"]), (StatusCode::CONFLICT, &json!(0)));
    for question in [json!({}), json!({"commands": [{"name": "submitt", "body": {}}]}), json!({"comands": []})] {
        assert!(what_if(&service, "ministry", &question).await.0.is_client_error(), "{question}");
    }
    let rules = json!({"rules": [{"region": "primorye", "change": {"lateness_cap_days": 1}}],
        "values": {"on": "2022-12-31", "indicator": "I03", "level": "region", "period": "2022-2023.H1"}});
    let (status, answer) = what_if(&service, "admin", &rules).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["data"][0]["after"]["value"], 1.0);
}

#[tokio::test]
async fn who_follows_is_told_what_changed_and_may_come_back() {
    let service = lived().await;
    let follow = async |last: Option<&str>| {
        let request = Request::get("/api/v1/live?period=2022-2023.T0&indicator=I04&within=pogranichny");
        let request = request.header("authorization", "Bearer token-of-coordinator-0123456789");
        let request = last.iter().fold(request, |request, id| request.header("last-event-id", *id));
        let response = service.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().into_data_stream()
    };
    let until = async |stream: &mut axum::body::BodyDataStream, what: &str| {
        let mut text = String::new();
        while !text.contains(what) {
            let piece = tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("something comes");
            text.push_str(std::str::from_utf8(&piece.unwrap().unwrap()).unwrap());
        }
        text
    };
    let mut stream = follow(None).await;
    let hello = until(&mut stream, "event: hello").await;
    let id = hello.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    service.post("/accept", "ministry", "r5", &about("9.2/pogranichny-s02/-")).await;
    let news = until(&mut stream, "event: values").await;
    assert!(news.contains("event: obligations") && news.contains("9.2/pogranichny-s02/-"), "{news}");
    let line = news.lines().rfind(|line| line.starts_with("data: ")).unwrap();
    let data: Value = serde_json::from_str(&line["data: ".len()..]).unwrap();
    let rows = data["rows"].as_array().unwrap();
    // The school and its municipality: the coordinator does not follow the other levels of this place.
    let orgs: Vec<&str> = rows.iter().map(|row| row["org"].as_str().unwrap()).collect();
    assert_eq!(orgs, ["pogranichny", "pogranichny-s02"]);
    // Come back with the last id, the missed change is told again; with one of another log, to begin anew.
    let mut again = follow(Some(&id)).await;
    assert!(until(&mut again, "event: values").await.contains("pogranichny-s02"));
    let mut other = follow(Some("elsewhere:5")).await;
    until(&mut other, "event: reset").await;
    // The service ends, and so does the stream.
    service.stop.cancel();
    while tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("it ends").is_some() {}
}

#[tokio::test]
async fn as_of_now_is_what_is_live_and_another_day_is_judged_on_it() {
    let service = lived().await;
    // The log's clock runs a little ahead of the writer's.
    let now = *service.town.now.lock().unwrap() + jiff::SignedDuration::from_mins(1);
    let day = now.to_string().split('T').next().unwrap().to_owned();
    let live = service.rows("/api/v1/values", "ministry").await;
    assert!(live.len() > 200, "{}", live.len());
    for same in [format!("as_of={now}"), format!("on={day}")] {
        let rows = service.rows(&format!("/api/v1/values?{same}"), "ministry").await;
        let differs = rows.iter().zip(&live).find(|(row, live)| row != live);
        assert!(rows.len() == live.len() && differs.is_none(), "{same}: {differs:?}");
    }
    // On the last day of the semester everything that nobody did is late.
    let path = "/api/v1/values?level=region&indicator=I02&period=2022-2023.H1";
    let due = async |more: &str| service.rows(&format!("{path}{more}"), "ministry").await[0]["denominator"].clone();
    assert!(due("&on=2022-12-31").await.as_f64() > due("").await.as_f64());
    assert_eq!(due("&as_of=2022-09-01T00:00:00Z&on=2022-12-31").await, due("&on=2022-12-31").await);
    assert_eq!(service.get("/api/v1/values?on=yesterday", "ministry").await.problem(), "bad_query");
}

#[tokio::test]
async fn roll_ups_have_the_spread_of_their_schools_and_municipalities_a_rating() {
    let service = lived().await;
    let path = "/api/v1/values?level=municipality&indicator=I01&period=2022-2023.H1&spread=true&rating=true";
    let rows = service.rows(path, "ministry").await;
    let spread = &rows[0]["spread"];
    assert_eq!((&spread["schools"], &rows[0]["rating"]), (&json!(3), &json!(100.0)), "{}", rows[0]);
    let order = ["min", "q1", "median", "q3", "max"].map(|part| spread[part].as_f64().unwrap());
    assert!(order.is_sorted(), "{order:?}");
    let csv = service.get(&format!("{path}&format=csv"), "ministry").await.text();
    let lines: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(lines, [24, 24], "{csv}");
}
