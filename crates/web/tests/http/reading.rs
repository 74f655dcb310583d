//! What the reads tell.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::common::{SCHOOLS, about, checklist, id};
use crate::service::{Service, aside};

const VALUE_COLUMNS: [&str; 14] = [
    "level",
    "org",
    "org_name",
    "region",
    "municipality",
    "period",
    "indicator",
    "numerator",
    "denominator",
    "value",
    "target",
    "achievement",
    "weight",
    "status",
];

async fn lived() -> Service {
    let service = Service::new().await;
    service.post("/submit", "school", "r1", &checklist("pogranichny-s01", "2022-10-11")).await;
    service.post("/accept", "coordinator", "r2", &about("9.2/pogranichny-s01/-")).await;
    service.post("/submit", "coordinator", "r3", &checklist("pogranichny-s02", "2022-10-12")).await;
    let moved = json!({"obligation": id("9.2/pogranichny-s03/-"), "due": "2022-10-20", "basis": "№ 12"});
    service.post("/move-deadline", "ministry", "r4", &moved).await;
    service
}

#[tokio::test]
async fn csv_and_ndjson_hold_the_rows_of_all_pages() {
    let service = lived().await;
    let rows = service.rows("/api/v1/values?level=school&limit=7", "bi").await;
    let csv = service.get("/api/v1/values?level=school&format=csv", "bi").await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    let text = csv.text();
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(head[..14], VALUE_COLUMNS);
    assert_eq!(lines.count(), rows.len());
    let ndjson = service.get("/api/v1/values?level=school&format=ndjson", "bi").await;
    assert_eq!(ndjson.lines(), rows);
    let accepted = service.get_with("/api/v1/values?level=school", "bi", &[("accept", "text/csv")]).await;
    assert_eq!(accepted.text(), text);
}

#[tokio::test]
async fn values_are_sorted_unique_and_add_up() {
    let service = lived().await;
    let mut sums: Vec<(String, f64, f64)> = Vec::new();
    for level in ["school", "municipality", "region"] {
        let rows = service.rows(&format!("/api/v1/values?level={level}&period=2022-2023.H1"), "ministry").await;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let keys: Vec<_> = rows.iter().map(|row| (text(row, "org"), text(row, "indicator"))).collect();
        let mut sorted = keys.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(keys, sorted, "{level}");
        let of = |name: &str| {
            let rows = rows.iter().filter(|row| row["indicator"] == "I01");
            rows.filter_map(|row| row[name].as_f64()).sum::<f64>()
        };
        sums.push((level.to_owned(), of("numerator"), of("denominator")));
    }
    assert!(
        sums[0].2 > 0.0 && sums.windows(2).all(|pair| pair[0].1.eq(&pair[1].1) && pair[0].2.eq(&pair[1].2)),
        "{sums:?}"
    );
}

#[tokio::test]
async fn obligations_are_told_with_their_days_and_filtered() {
    let service = lived().await;
    let rows = service.rows("/api/v1/obligations?row=9.2", "ministry").await;
    assert_eq!(rows.len(), SCHOOLS.len());
    let first = &rows[0];
    assert_eq!(first["id"], id("9.2/pogranichny-s01/-"));
    assert_eq!((&first["phase"], &first["timeliness"]), (&json!("accepted"), &json!("on_time")));
    assert_eq!((&first["stated_due_on"], &first["effective_due_on"]), (&json!("2022-10-15"), &json!("2022-10-17")));
    assert_eq!((&first["done_on"], &first["lateness_days"]), (&json!("2022-10-11"), &json!(0)));
    assert_eq!((&first["due_period"], &first["measures_period"]), (&json!("2022-2023.H1"), &json!("2022-2023.T0")));
    assert_eq!((&first["holder"], &first["municipality"]), (&json!("school-head"), &json!("pogranichny")));
    let count = |query: &'static str| {
        let service = &service;
        async move { service.rows(&format!("/api/v1/obligations?row=9.2&{query}"), "ministry").await.len() }
    };
    assert_eq!(count("phase=submitted").await, 1);
    assert_eq!(count("timeliness=on_time").await, 2);
    assert_eq!(count("due_from=2022-10-18").await, 1);
    assert_eq!(count("due_to=2022-10-17").await, 2);
    assert_eq!(count("within=pogranichny-s03").await, 1);
    assert_eq!(count("org=pogranichny-s03&within=primorye").await, 1);
}

#[tokio::test]
async fn one_obligation_comes_with_its_history_and_what_may_be_done() {
    let service = lived().await;
    let path = format!("/api/v1/obligations/{}", id("9.2/pogranichny-s01/-"));
    let told = service.get(&path, "ministry").await.json();
    let history: Vec<&str> =
        told["history"].as_array().unwrap().iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(history, ["checklist.submitted", "report.accepted"]);
    assert_eq!(told["history"][0]["summary"], "Сдан чек-лист самодиагностики: строка 9.2, pogranichny-s01");
    assert_eq!(told["allowed_commands"][0], "reopen", "{told}");
    assert_eq!(told["due"]["rule"], "plan");
    assert_eq!(told["due"]["steps"]["verdict"], json!({"timeliness": "on_time", "days": 0}));
    assert_eq!(told["due"]["steps"]["before_roll"], json!({"on": "2022-10-15", "kind": "weekend"}));
    assert_eq!(told["timeliness_occurred"], "on_time");
    assert_eq!((&told["timeliness_recorded"], &told["reported_on"]), (&json!("on_time"), &json!("2022-10-12")));
    let moved = service.get(&format!("/api/v1/obligations/{}", id("9.2/pogranichny-s03/-")), "ministry").await.json();
    assert_eq!(moved["due"]["moves"][0]["basis"], "№ 12");
    assert_eq!(moved["due"]["effective"], "2022-10-20");
    assert_eq!(moved["due"]["steps"]["moves"][0], json!({"from": "2022-10-15", "to": "2022-10-20", "basis": "№ 12"}));
    let words = moved["due"]["sentence"].as_str().unwrap();
    assert!(words.starts_with("Срок по плану 15.10.2022; перенесён (№ 12) на 20.10.2022 (четверг); "), "{words}");
    assert!(
        moved["due"]["sentence_en"].as_str().unwrap().starts_with("Due by the plan on 2022-10-15; moved (№ 12) to ")
    );
    assert!(moved["allowed_commands"].as_array().unwrap().contains(&json!("submit")));
}

#[tokio::test]
async fn the_past_is_told_as_it_was_known() {
    let service = Service::new().await;
    let path = format!("/api/v1/obligations/{}", id("9.2/pogranichny-s01/-"));
    service.post("/submit", "school", "r1", &checklist("pogranichny-s01", "2022-10-11")).await;
    service.town.journal.set_now("2022-10-14T02:00:00Z".parse().unwrap());
    service.post("/accept", "coordinator", "r2", &about("9.2/pogranichny-s01/-")).await;
    let then = "as_of=2022-10-13T12:00:00%2B10:00";
    assert_eq!(service.get(&format!("{path}?{then}"), "ministry").await.json()["phase"], "submitted");
    assert_eq!(service.get(&path, "ministry").await.json()["phase"], "accepted");
    let before = service.get("/api/v1/obligations?as_of=2022-08-01T00:00:00Z", "ministry").await.json();
    assert_eq!((&before["data"], &before["seq"]), (&json!([]), &json!(0)));
    let values = service.get(&format!("/api/v1/values?level=region&{then}"), "ministry").await;
    assert_eq!(values.json()["as_of"], "2022-10-13T02:00:00Z");
    let late =
        service.get("/api/v1/obligations?row=9.2&timeliness=overdue&as_of=2022-11-30T00:00:00Z", "ministry").await;
    assert_eq!(late.json()["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_audit_list_tells_who_did_what_why() {
    let service = lived().await;
    let all = service.rows("/api/v1/audit", "auditor").await;
    let seqs: Vec<u64> = all.iter().map(|row| row["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=u64::try_from(service.town.events()).unwrap()).collect::<Vec<_>>());
    let moved = service.get("/api/v1/audit?type=deadline.moved", "auditor").await.json();
    let row = &moved["data"][0];
    assert_eq!((&row["actor"], &row["role"], &row["reason"]), (&json!("minister"), &json!("ministry"), &json!("№ 12")));
    assert_eq!((&row["plan"], &row["row"]), (&json!("clusters-2022-2023"), &json!("9.2")));
    let count = |query: &'static str| {
        let service = &service;
        async move { service.rows(&format!("/api/v1/audit?{query}"), "auditor").await.len() }
    };
    assert_eq!(count("actor=head-pogranichny-s01").await, 1);
    assert_eq!(count("actor=nobody-at-all").await, 0);
    assert_eq!(count("org=pogranichny-s01&row=9.2").await, 2);
    assert_eq!(count("plan=clusters-2022-2023").await, 4);
    assert_eq!(count("to=2022-08-28").await, 0);
    assert_eq!(count("from=2022-10-12&to=2022-10-12").await, 4);
    assert_eq!(count("after=3&limit=2").await, all.len() - 3);
}

#[tokio::test]
async fn the_feed_goes_on_from_any_position_byte_for_byte() {
    let service = lived().await;
    let all = service.get("/api/v1/feed?limit=10000", "auditor").await;
    assert_eq!(all.header("content-type"), "application/x-ndjson");
    let events = all.lines();
    assert_eq!(events.len(), service.town.events());
    for (event, seq) in events.iter().zip(1..) {
        assert_eq!((&event["seq"], &event["specversion"]), (&json!(seq), &json!("1.0")));
        assert!(event["recordedat"].as_str().is_some());
    }
    assert!(all.text().lines().all(|line| line.starts_with("{\"seq\":")));
    let rest = service.get("/api/v1/feed?after=e1:10&limit=2", "bi").await.lines();
    assert_eq!(rest, events[10..12]);
    let end = service.get(&format!("/api/v1/feed?after={}", events.len()), "bi").await;
    assert_eq!((end.status, end.body.len()), (StatusCode::OK, 0));
    let stored = service.town.journal.truth();
    let one = service.get(&format!("/api/v1/audit/events/{}", events[4]["id"].as_str().unwrap()), "auditor").await;
    assert_eq!(one.body, stored[4].payload);
}

#[tokio::test]
async fn registry_plans_and_definitions_are_told() {
    let service = lived().await;
    assert_eq!(service.rows("/api/v1/orgs", "ministry").await.len(), 8);
    assert_eq!(service.rows("/api/v1/orgs?kind=school", "school").await.len(), 1);
    let plans = service.rows("/api/v1/plans", "bi").await;
    assert_eq!(plans[0]["plan"], "clusters-2022-2023");
    let plan = service.get("/api/v1/plans/clusters-2022-2023", "bi").await.json();
    let rows: usize =
        plan["activities"].as_array().unwrap().iter().map(|it| it["rows"].as_array().unwrap().len()).sum();
    assert_eq!(rows, 33);
    let indicators = service.rows("/api/v1/indicators", "bi").await;
    assert!(["I01", "I02", "I03", "A"].iter().all(|id| indicators.iter().any(|it| it["id"] == *id)));
}

#[tokio::test]
async fn me_and_the_digest_say_what_is_known() {
    let service = lived().await;
    let me = service.get("/api/v1/me", "school").await.json();
    assert_eq!((&me["role"], &me["territory"]), (&json!("school"), &json!({"org": "pogranichny-s01"})));
    assert_eq!(me["counters"]["phase"]["accepted"], 1);
    let one = service.get("/api/v1/digest", "auditor").await.json();
    let register = service.town.replica.read(|state| state.register.clone());
    let again = aside(|| web::digest_of(&register, &indicators::Catalogue::standard()).unwrap());
    assert_eq!(one, serde_json::to_value(&again).unwrap());
    assert_eq!(again.sha256.len(), 64);
}
