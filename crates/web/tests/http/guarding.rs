//! Who comes in, and how trouble is told.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::common::{about, checklist};
use crate::service::{PEOPLE, Service};

const READS: [&str; 11] = [
    "/api/v1/indicators",
    "/api/v1/values",
    "/api/v1/obligations",
    "/api/v1/obligations/clusters-2022-2023/9.2/pogranichny-s01/-",
    "/api/v1/orgs",
    "/api/v1/plans",
    "/api/v1/plans/clusters-2022-2023",
    "/api/v1/audit",
    "/api/v1/feed",
    "/api/v1/me",
    "/openapi.json",
];

#[tokio::test]
async fn without_a_token_nothing_but_health_answers() {
    let service = Service::new().await;
    for path in READS.iter().chain(&["/metrics", "/api/v1/digest", "/nothing", "/api/v1/audit/events/x"]) {
        let answer = service.send(Request::get(*path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_missing"), "{path}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        assert_eq!(service.get(path, "thief").await.problem(), "token_unknown", "{path}");
    }
    let post = service.post("/submit", "thief", "k", &json!({})).await;
    assert_eq!(post.status, StatusCode::UNAUTHORIZED);
    for path in ["/healthz", "/readyz"] {
        let answer = service.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn every_role_reads_and_every_answer_says_its_position() {
    let service = Service::new().await;
    for (who, _, _) in PEOPLE {
        for path in READS {
            let answer = service.get(path, who).await;
            assert_eq!(answer.status, StatusCode::OK, "{who} {path}: {}", answer.text());
            if path != "/openapi.json" {
                for name in ["etag", "vekha-seq", "vekha-lag-ms"] {
                    assert!(!answer.header(name).is_empty(), "{path} has no {name}");
                }
                let again = service.get_with(path, who, &[("if-none-match", answer.header("etag"))]).await;
                assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
            }
        }
        let may = |allowed: &[&str]| if allowed.contains(&who) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(service.get("/metrics", who).await.status, may(&["admin"]), "{who}");
        assert_eq!(service.get("/api/v1/digest", who).await.status, may(&["admin", "auditor"]), "{who}");
    }
}

#[tokio::test]
async fn an_etag_is_for_one_reader_one_question_and_one_state() {
    let service = Service::new().await;
    let tag = service.get("/api/v1/values", "ministry").await.header("etag").to_owned();
    let same = [("if-none-match", tag.as_str())];
    assert_eq!(service.get_with("/api/v1/values", "school", &same).await.status, StatusCode::OK);
    assert_eq!(service.get_with("/api/v1/values?limit=5", "ministry", &same).await.status, StatusCode::OK);
    let report = checklist("pogranichny-s01", "2022-10-11");
    assert_eq!(service.post("/submit", "school", "k", &report).await.status, StatusCode::CREATED);
    assert_eq!(service.get_with("/api/v1/values", "ministry", &same).await.status, StatusCode::OK);
}

#[tokio::test]
async fn acts_are_refused_by_role_before_their_body_is_read() {
    let service = Service::new().await;
    let allowed: [(&str, &[&str]); 8] = [
        ("submit", &["ministry", "coordinator", "school"]),
        ("accept", &["ministry", "coordinator"]),
        ("return", &["ministry", "coordinator"]),
        ("excuse", &["ministry"]),
        ("retract", &["ministry", "coordinator", "school", "auditor"]),
        ("activate-plan", &["ministry"]),
        ("configure-region", &["ministry", "admin"]),
        ("open-import", &["importer"]),
    ];
    for (act, roles) in allowed {
        for (who, _, _) in PEOPLE {
            let answer = service.post_with(&format!("/{act}"), who, &[("idempotency-key", "k")], "{not json").await;
            let expected = if roles.contains(&who) { "unreadable" } else { "forbidden" };
            assert_eq!(answer.problem(), expected, "{who} {act}");
        }
    }
}

#[tokio::test]
async fn rows_outside_a_territory_are_left_out_and_single_ones_refused() {
    let service = Service::new().await;
    let all = service.rows("/api/v1/obligations", "ministry").await;
    let own = service.rows("/api/v1/obligations", "school").await;
    assert!(!own.is_empty() && own.len() < all.len());
    assert!(own.iter().all(|row| row["org"] == "pogranichny-s01"));
    let schools = service.rows("/api/v1/obligations", "coordinator").await;
    assert!(schools.iter().all(|row| row["municipality"] == "pogranichny"));
    assert!(service.rows("/api/v1/obligations", "stranger").await.is_empty());

    let mine = "/api/v1/obligations/clusters-2022-2023/9.2/pogranichny-s01/-";
    let other = "/api/v1/obligations/clusters-2022-2023%2F9.2%2Fpogranichny-s02%2F-";
    assert_eq!(service.get(mine, "school").await.status, StatusCode::OK);
    assert_eq!(service.get(other, "school").await.problem(), "forbidden");
    assert_eq!(service.get(other, "coordinator").await.status, StatusCode::OK);
    assert_eq!(service.get(mine, "stranger").await.status, StatusCode::FORBIDDEN);

    let values = service.rows("/api/v1/values?period=2022-2023.H1", "school").await;
    assert!(
        values.iter().any(|row| row["level"] == "region") && values.iter().any(|row| row["level"] == "municipality")
    );
    assert!(values.iter().filter(|row| row["level"] == "school").all(|row| row["org"] == "pogranichny-s01"));
    let audit = service.rows("/api/v1/audit", "stranger").await;
    assert!(audit.iter().all(|row| row["obligation"].is_null() && row["org"] != "pogranichny-s01"), "{audit:?}");

    service.post("/submit", "coordinator", "k", &checklist("pogranichny-s02", "2022-10-11")).await;
    let outside = service.post("/accept", "stranger", "k", &about("9.2/pogranichny-s02/-")).await;
    assert_eq!((outside.status, outside.problem().as_str()), (StatusCode::FORBIDDEN, "forbidden"));
    let feed = service.get("/api/v1/feed?limit=10000", "school").await.lines();
    assert!(feed.iter().all(|event| !event["subject"].as_str().unwrap().contains("pogranichny-s02")));
}

#[tokio::test]
async fn names_of_persons_are_shown_to_people_and_not_to_dashboards() {
    let service = Service::new().await;
    let named = service.get("/api/v1/audit?type=plan.activated", "ministry").await.json();
    assert_eq!(named["data"][0]["actor_name"], "Иванова А.И.");
    let rows = service.rows("/api/v1/audit", "bi").await;
    assert!(!rows.is_empty() && rows.iter().all(|row| row["actor_name"].is_null()));
}

#[tokio::test]
async fn what_cannot_be_answered_is_a_problem_in_the_readers_language() {
    let service = Service::new().await;
    let nothing = service.get("/api/v1/nothing-here", "ministry").await;
    assert_eq!((nothing.status, nothing.problem().as_str()), (StatusCode::NOT_FOUND, "unknown_path"));
    assert_eq!(nothing.header("content-language"), "ru");
    let english = service.get_with("/api/v1/nothing-here", "ministry", &[("accept-language", "en")]).await;
    assert_eq!(english.json()["detail"], nothing.json()["detail_en"]);
    let method = Request::delete("/api/v1/values").header("authorization", "Bearer token-of-admin-0123456789");
    let method = service.send(method.body(Body::empty()).unwrap()).await;
    assert_eq!((method.status, method.problem().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
    assert!(method.header("allow").contains("GET"));
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_without_inside_text() {
    let service = Service::new().await;
    *service.trouble.lock().unwrap() = Some("inside text".into());
    let answer = service.get("/metrics", "admin").await;
    assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    assert!(!answer.text().contains("inside text"));
    assert_eq!(service.get("/api/v1/values", "bi").await.status, StatusCode::OK, "the service lives on");
}

#[tokio::test]
async fn a_service_that_cannot_vouch_for_itself_is_not_ready() {
    let service = Service::new().await;
    *service.trouble.lock().unwrap() = Some("max_msgs is 5, expected -1".into());
    let answer = service.send(Request::get("/readyz").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not_ready"));
    assert_eq!(answer.json()["reason"], "max_msgs is 5, expected -1");
    *service.trouble.lock().unwrap() = None;
    let answer = service.send(Request::get("/readyz").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(service.get("/api/v1/values", "ministry").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_described_path_is_there_and_every_read_is_described() {
    let service = Service::new().await;
    let document = service.get("/openapi.json", "ministry").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths {
        let real = path
            .replace("events/{id}", "events/01234567-89ab-8cde-8f01-23456789abcd")
            .replace("{snapshot}", "latest")
            .replace("{set}", "indicator")
            .replace("{sha256}", &"0".repeat(64))
            .replace("{plan}", "clusters-2022-2023")
            .replace("{id}", "clusters-2022-2023/9.2/pogranichny-s01/-");
        for method in methods.as_object().unwrap().keys() {
            if path == "/api/v1/live" {
                // Its answer has no end: it is read elsewhere.
                continue;
            }
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(real.as_str());
            let request = request.header("authorization", "Bearer token-of-admin-0123456789");
            let answer = service.send(request.body(Body::empty()).unwrap()).await;
            let known = answer.status != StatusCode::NOT_FOUND || answer.problem() != "unknown_path";
            assert!(known && answer.status != StatusCode::METHOD_NOT_ALLOWED, "{method} {path}: {}", answer.text());
        }
    }
    for path in READS.iter().filter(|path| !path.contains("clusters-2022-2023")) {
        assert!(paths.contains_key(*path), "{path} is not described");
    }
}
