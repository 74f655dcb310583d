//! Questions that are wrong, and pages.

use axum::http::StatusCode;

use crate::common::checklist;
use crate::service::Service;

#[tokio::test]
async fn a_wrong_question_is_named_and_never_ignored() {
    let service = Service::new().await;
    for (path, parameter) in [
        ("values?period=2022-2023.H9", "period"),
        ("values?period=2030-2031.H1", "period"),
        ("values?level=planet", "level"),
        ("values?indicator=I99", "indicator"),
        ("values?format=docx", "format"),
        ("values?format=parquet", "format"),
        ("values?as_of=yesterday", "as_of"),
        ("values?as_of=2022-12-31", "as_of"),
        ("values?within=nowhere", "within"),
        ("values?lang=de", "lang"),
        ("values?unknown=1", "unknown"),
        ("values?level=school&level=region", "level"),
        ("values?limit=0", "limit"),
        ("values?limit=many", "limit"),
        ("values?cursor=17", "cursor"),
        ("values?min_seq=soon", "min_seq"),
        ("values?wait=999999", "wait"),
        ("obligations?phase=done", "phase"),
        ("obligations?timeliness=never", "timeliness"),
        ("obligations?row=nine", "row"),
        ("obligations?org=nobody", "org"),
        ("obligations?due_from=31.02.2023", "due_from"),
        ("obligations?due_to=2023-02-31", "due_to"),
        ("obligations?%FF=1", "%FF"),
        ("orgs?kind=kindergarten", "kind"),
        ("audit?type=cake.baked", "type"),
        ("audit?plan=other", "plan"),
        ("audit?actor=%D0%B8", "actor"),
        ("audit?from=then", "from"),
        ("audit?after=-1", "after"),
        ("feed?limit=10001", "limit"),
        ("feed?after=x", "after"),
        ("me?x=1", "x"),
        ("plans?x=1", "x"),
        ("indicators?x=1", "x"),
    ] {
        let answer = service.get(&format!("/api/v1/{path}"), "ministry").await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::BAD_REQUEST, "bad_query"), "{path}");
        let told = answer.json();
        let pointers: Vec<&str> =
            told["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, [format!("?{parameter}")], "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_a_name() {
    let service = Service::new().await;
    for path in [
        "obligations/clusters-2022-2023/9.2/nobody/-",
        "obligations/x",
        "plans/other",
        "audit/events/x",
        "audit/events/01234567-89ab-8cde-8f01-23456789abcd",
    ] {
        let answer = service.get(&format!("/api/v1/{path}"), "ministry").await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::NOT_FOUND, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn pages_put_together_are_the_whole_list() {
    let service = Service::new().await;
    for path in
        ["values?period=2022-2023.H1", "obligations?within=pogranichny", "orgs?kind=school", "audit?from=2022-01-01"]
    {
        let whole = service.rows(&format!("/api/v1/{path}&limit=10000"), "ministry").await;
        let pages = service.rows(&format!("/api/v1/{path}&limit=2"), "ministry").await;
        assert!(whole.len() > 2, "{path}");
        assert_eq!(pages, whole, "{path}");
    }
}

#[tokio::test]
async fn a_list_that_is_paged_through_stays_the_list_it_was() {
    let service = Service::new().await;
    let first = service.get("/api/v1/values?level=school&limit=3", "ministry").await.json();
    let rest = format!("/api/v1/values?level=school&cursor={}", first["next"].as_str().unwrap());
    let before = service.get(&rest, "ministry").await.json();
    let report = checklist("pogranichny-s01", "2022-10-11");
    assert_eq!(service.post("/submit", "school", "k", &report).await.status, StatusCode::CREATED);
    let after = service.get(&rest, "ministry").await.json();
    assert_eq!((&after["data"], &after["seq"]), (&before["data"], &before["seq"]));
}

#[tokio::test]
async fn positions_of_another_log_are_gone() {
    let service = Service::new().await;
    for path in
        ["values?cursor=e0.12.5", "values?min_seq=e0:1", "feed?after=e0:1", "audit?after=e0:1", "orgs?cursor=e0.1.1"]
    {
        let answer = service.get(&format!("/api/v1/{path}"), "auditor").await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::GONE, "epoch_changed"), "{path}");
    }
}

#[tokio::test]
async fn a_reader_waits_for_its_own_write_and_not_for_ever() {
    let service = Service::new().await;
    let stored = service.post("/submit", "school", "k", &checklist("pogranichny-s01", "2022-10-11")).await.json();
    let seq = stored["events"][0]["seq"].as_u64().unwrap();
    for min_seq in [seq.to_string(), format!("e1:{seq}")] {
        let answer = service.get(&format!("/api/v1/obligations?min_seq={min_seq}"), "school").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.json()["seq"].as_u64().unwrap() >= seq);
    }
    let never = service.get("/api/v1/obligations?min_seq=99999&wait=1", "school").await;
    assert_eq!((never.status, never.problem().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not_yet"));
    assert!(!never.header("retry-after").is_empty());
}
