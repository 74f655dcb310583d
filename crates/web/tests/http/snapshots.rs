//! Claims about the snapshots of the feed: pinned, read in ranges, shared, dropped.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use crate::common::checklist;
use crate::feeding::{file, live, lived};
use crate::service::{Service, bare, bearer};

#[tokio::test]
async fn a_snapshot_of_one_reader_is_not_anothers() {
    let service = lived().await;
    let whole = service.get("/bi/v1/snapshots/latest/obligation.parquet", "ministry").await;
    let own = service.get(whole.header("location"), "school").await;
    assert_eq!((own.status, own.problem().as_str()), (StatusCode::GONE, "snapshot_gone"));
    let tag = service.get("/bi/v1/obligation.parquet", "ministry").await.header("etag").to_owned();
    let known = [("if-none-match", tag.as_str())];
    assert_eq!(
        service.get_with("/bi/v1/obligation.parquet", "ministry", &known).await.status,
        StatusCode::NOT_MODIFIED
    );
    assert_eq!(service.get_with("/bi/v1/obligation.parquet", "school", &known).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_pinned_snapshot_stays_as_it_is_and_is_read_in_ranges() {
    let service = lived().await;
    let latest = "/bi/v1/snapshots/latest/obligation.parquet";
    let leads = service.get(latest, "bi").await;
    assert_eq!(leads.status, StatusCode::TEMPORARY_REDIRECT);
    let pinned = leads.header("location").to_owned();
    let whole = service.get(&pinned, "bi").await;
    assert_eq!((whole.status, whole.header("accept-ranges")), (StatusCode::OK, "bytes"));
    assert!(whole.header("cache-control").contains("immutable"));
    assert_eq!(whole.header("vekha-seq"), service.town.events().to_string());
    let (bytes, tag) = (whole.body.clone(), whole.header("etag").to_owned());
    let end = bytes.len();
    let ranged = async |headers: &[(&str, &str)]| service.get_with(&pinned, "bi", headers).await;
    for (range, part, told) in [
        ("bytes=0-3", &bytes[..4], format!("bytes 0-3/{end}")),
        ("bytes=-8", &bytes[end - 8..], format!("bytes {}-{}/{end}", end - 8, end - 1)),
        ("bytes=100-", &bytes[100..], format!("bytes 100-{}/{end}", end - 1)),
        ("bytes=4-99999999", &bytes[4..], format!("bytes 4-{}/{end}", end - 1)),
    ] {
        let answer = ranged(&[("range", range), ("if-range", &tag)]).await;
        assert_eq!((answer.status, &*answer.body), (StatusCode::PARTIAL_CONTENT, part), "{range}");
        assert_eq!((answer.header("content-range"), answer.header("etag")), (&*told, &*tag));
        assert_eq!(answer.header("content-length"), part.len().to_string());
    }
    // Another file by then, several ranges, no range of bytes: the whole.
    for headers in [
        &[("range", "bytes=0-3"), ("if-range", "\"other\"")][..],
        &[("range", "bytes=0-3"), ("if-range", "Wed, 12 Oct 2022 02:00:00 GMT")],
        &[("range", "bytes=0-3,8-9")],
        &[("range", "rows=0-3")],
    ] {
        let answer = ranged(headers).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, end), "{headers:?}");
    }
    for range in [format!("bytes={end}-"), "bytes=-0".to_owned(), "bytes=99999999-".to_owned()] {
        let beyond = ranged(&[("range", &range)]).await;
        assert_eq!((beyond.status, beyond.problem().as_str()), (StatusCode::RANGE_NOT_SATISFIABLE, "range_beyond"));
        assert_eq!(beyond.header("content-range"), format!("bytes */{end}"));
        assert!(!beyond.header("cache-control").contains("immutable"));
    }
    assert_eq!(ranged(&[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
    let head = Request::head(&pinned).header("authorization", bearer("bi")).header("range", "bytes=0-3");
    let head = service.send(head.body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!((head.header("content-length"), head.header("etag")), (&*end.to_string(), &*tag));
    // The state goes on, the snapshot does not.
    let report = checklist("pogranichny-s03", "2022-10-11");
    assert_eq!(service.post("/submit", "coordinator", "r9", &report).await.status, StatusCode::CREATED);
    assert_eq!(ranged(&[]).await.body, bytes);
    let next = service.get(latest, "bi").await;
    assert_ne!(next.header("location"), pinned);
    let seq = service.get(&format!("/bi/v1/snapshots/{}/obligation.parquet", service.town.events()), "bi").await;
    assert_eq!((seq.status, seq.header("location")), (StatusCode::TEMPORARY_REDIRECT, next.header("location")));
    let gone = service.get("/bi/v1/snapshots/1-20220829T000000000Z/obligation.parquet", "bi").await;
    assert_eq!((gone.status, gone.problem().as_str()), (StatusCode::GONE, "snapshot_gone"));
    assert_eq!(gone.json()["latest"], latest);
}

#[tokio::test]
async fn an_answer_tells_its_position_and_waits_for_another() {
    let service = lived().await;
    for name in ["indicator.csv", "indicator.xlsx", "indicator.parquet", "control-totals", "control-totals.csv"] {
        let answer = file(&service, name, "auditor").await;
        for header in ["etag", "vekha-seq", "vekha-lag-ms", "vekha-epoch", "vekha-snapshot", "vekha-as-of"] {
            assert!(!answer.header(header).is_empty(), "{name} has no {header}");
        }
        let known = [("if-none-match", answer.header("etag"))];
        let again = service.get_with(&format!("/bi/v1/{name}"), "auditor", &known).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{name}");
        let head =
            bare(&service, Method::HEAD, &format!("/bi/v1/{name}"), &[("authorization", &bearer("auditor"))]).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{name}");
        assert_eq!(head.header("etag"), answer.header("etag"), "{name}");
        assert_ne!(head.header("content-length"), "0", "{name}: nobody takes it for empty");
    }
    let ahead = service.get("/bi/v1/indicator.csv?min_seq=999999&wait=0", "auditor").await;
    assert_eq!((ahead.status, ahead.problem().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not_yet"));
    let now = service.town.events();
    assert_eq!(service.get(&format!("/bi/v1/indicator.csv?min_seq={now}"), "auditor").await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_asks_at_the_same_time_shares_one_snapshot() {
    let service = lived().await;
    let asks = (0..8).map(|_| service.get("/bi/v1/obligation.parquet", "bi"));
    let answers = futures::future::join_all(asks).await;
    for answer in &answers {
        assert_eq!((answer.status, answer.header("etag")), (StatusCode::OK, answers[0].header("etag")));
        assert!(answer.body == answers[0].body);
    }
}

#[tokio::test]
async fn a_full_shelf_drops_what_was_not_used_for_long() {
    let service = Service::with_shelf(crate::common::Town::in_force().await, 1);
    live(&service).await;
    let leads = service.get("/bi/v1/snapshots/latest/org.parquet", "bi").await.header("location").to_owned();
    assert_eq!(service.get(&leads, "bi").await.status, StatusCode::OK);
    file(&service, "period.parquet", "bi").await;
    let gone = service.get(&leads, "bi").await;
    assert_eq!((gone.status, gone.problem().as_str()), (StatusCode::GONE, "snapshot_gone"));
    assert_eq!(service.snapshots(), 1, "only one file is left on disk");
}
