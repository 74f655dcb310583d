//! Evidence files: stored once under their hash, in one piece or in parts, read by those who may.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use commands::evidence::{EvidenceStore, FileHash};
use domain::limits::{
    EVIDENCE_FILE_BYTES_MAX, EVIDENCE_PART_BYTES_MAX, EVIDENCE_TOGETHER_MAX, EVIDENCE_UPLOAD_IDLE_MINUTES,
};
use jiff::SignedDuration;
use serde_json::json;
use tower::ServiceExt;

use crate::service::{Answer, PEOPLE, Service};

const ORDER: &[u8] = b"%PDF-1.7\nprikaz";

async fn upload(service: &Service, query: &str, who: &str, media_type: &str, body: &[u8]) -> Answer {
    let request = Request::post(format!("/api/v1/evidence{query}"))
        .header("authorization", format!("Bearer token-of-{who}-0123456789"))
        .header("content-type", media_type)
        .header("content-length", body.len());
    service.send(request.body(Body::from(body.to_vec())).unwrap()).await
}

async fn part(service: &Service, who: &str, file: &[u8], offset: usize, part: &[u8]) -> Answer {
    let query = format!("?sha256={}&bytes={}&offset={offset}", FileHash::of(file), file.len());
    upload(service, &query, who, "text/plain", part).await
}

async fn progress(service: &Service, who: &str, file: &[u8]) -> serde_json::Value {
    let answer = service.get(&format!("/api/v1/evidence/uploads/{}", FileHash::of(file)), who).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

fn path(file: &[u8]) -> String {
    format!("/api/v1/evidence/{}", FileHash::of(file))
}

#[tokio::test]
async fn a_file_is_stored_once_and_comes_back_as_it_was() {
    let service = Service::new().await;
    let first = upload(&service, "", "school", "application/pdf", ORDER).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let told =
        json!({"sha256": FileHash::of(ORDER).to_string(), "bytes": ORDER.len(), "media_type": "application/pdf"});
    assert_eq!(first.json(), told);
    let again = upload(&service, "", "school", "application/pdf; name=x", ORDER).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, told));

    let got = service.get(&path(ORDER), "coordinator").await;
    assert_eq!((got.status, got.body.as_slice()), (StatusCode::OK, ORDER));
    let hash = FileHash::of(ORDER);
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-length", "15"),
        ("content-disposition", &format!("attachment; filename=\"{hash}.pdf\"")),
        ("x-content-type-options", "nosniff"),
        ("etag", &format!("\"{hash}\"")),
    ] {
        assert_eq!(got.header(name), value, "{name}");
    }
    assert!(!got.header("vekha-seq").is_empty());
    let known = [("if-none-match", got.header("etag"))];
    let same = service.get_with(&path(ORDER), "coordinator", &known).await;
    assert_eq!((same.status, same.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(service.get_with(&path(ORDER), "bi", &known).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn files_are_read_by_role_and_by_whoever_uploaded_them() {
    let service = Service::new().await;
    upload(&service, "", "ministry", "application/pdf", ORDER).await;
    for (who, _, _) in PEOPLE {
        let expected = match who {
            "ministry" | "coordinator" | "auditor" => StatusCode::OK,
            _ => StatusCode::FORBIDDEN,
        };
        assert_eq!(service.get(&path(ORDER), who).await.status, expected, "{who}");
        let may = matches!(who, "ministry" | "coordinator" | "school");
        let other = upload(&service, "", who, "text/plain", who.as_bytes()).await;
        assert_eq!(other.status == StatusCode::CREATED, may, "{who}: {}", other.text());
        if !may {
            assert_eq!(other.problem(), "forbidden", "{who}");
        }
    }
    assert_eq!(service.get(&path(ORDER), "school").await.problem(), "forbidden");
    // The same order uploaded by the school too is the school's own as well.
    assert_eq!(upload(&service, "", "school", "application/pdf", ORDER).await.status, StatusCode::OK);
    assert_eq!(service.get(&path(ORDER), "school").await.body, ORDER);
    assert_eq!(service.get(&path(b"never"), "school").await.problem(), "evidence_not_found");
    assert_eq!(service.get("/api/v1/evidence/no-hash", "ministry").await.problem(), "evidence_not_found");
    assert_eq!(service.get(&path(ORDER), "thief").await.problem(), "token_unknown");
}

#[tokio::test]
async fn what_is_no_evidence_is_refused_with_a_reason() {
    let service = Service::new().await;
    let larger = vec![b'x'; EVIDENCE_FILE_BYTES_MAX + 1];
    let cases: [(&str, &[u8], StatusCode, &str); 6] = [
        ("text/html", b"<script>", StatusCode::UNSUPPORTED_MEDIA_TYPE, "evidence_type"),
        ("", b"x", StatusCode::UNSUPPORTED_MEDIA_TYPE, "evidence_type"),
        ("application/pdf", b"MZ\x90", StatusCode::UNPROCESSABLE_ENTITY, "evidence_unfit"),
        ("text/plain", b"\x7fELF\x00", StatusCode::UNPROCESSABLE_ENTITY, "evidence_unfit"),
        ("text/plain", b"", StatusCode::UNPROCESSABLE_ENTITY, "evidence_unfit"),
        ("text/plain", &larger, StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
    ];
    for (media_type, body, status, code) in cases {
        let answer = upload(&service, "", "school", media_type, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{media_type}");
    }
    let largest = upload(&service, "", "school", "text/plain", &larger[1..]).await;
    assert_eq!(largest.status, StatusCode::CREATED, "{}", largest.text());
    let got = service.get(&path(&larger[1..]), "school").await;
    assert!(got.body == larger[1..], "the largest file comes back");
}

#[tokio::test]
async fn an_upload_goes_on_after_a_broken_line() {
    let service = Service::new().await;
    let file = b"first second third".as_slice();
    assert_eq!(progress(&service, "school", file).await["state"], "unknown");
    let first = part(&service, "school", file, 0, &file[..6]).await;
    assert_eq!((first.status, &first.json()["received"]), (StatusCode::ACCEPTED, &json!(6)));
    let told = progress(&service, "school", file).await;
    assert_eq!((&told["received"], &told["bytes"], &told["state"]), (&json!(6), &json!(18), &json!("unfinished")));
    // Another person's upload of the same file is another upload.
    assert_eq!(progress(&service, "coordinator", file).await["received"], 0);
    let wrong = part(&service, "school", file, 9, &file[9..]).await;
    assert_eq!((wrong.status, wrong.problem().as_str()), (StatusCode::CONFLICT, "upload_offset"));
    assert_eq!(wrong.json()["received"], 6);
    let last = part(&service, "school", file, 6, &file[6..]).await;
    assert_eq!(last.status, StatusCode::CREATED, "{}", last.text());
    assert_eq!(last.json()["bytes"], 18);
    // The answer to the last part was lost: the repetition finds the file.
    let again = part(&service, "school", file, 6, &file[6..]).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, last.json()));
    let told = progress(&service, "school", file).await;
    assert_eq!((&told["received"], &told["state"]), (&json!(18), &json!("stored")));
    assert_eq!(progress(&service, "coordinator", file).await["state"], "unknown", "nobody else learns of it");
    assert_eq!(service.get(&path(file), "school").await.body, file);
}

#[tokio::test]
async fn parts_that_make_another_file_are_refused_and_told() {
    let service = Service::new().await;
    let file = b"announced".as_slice();
    part(&service, "school", file, 0, &file[..3]).await;
    let wrong = part(&service, "school", file, 3, b"other!").await;
    assert_eq!((wrong.status, wrong.problem().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "evidence_hash"));
    assert_eq!(wrong.json()["found"], FileHash::of(b"annother!").to_string());
    assert_eq!(progress(&service, "school", file).await["state"], "unknown", "it begins anew");
    assert_eq!(service.get(&path(file), "ministry").await.problem(), "evidence_not_found");
    let whole = part(&service, "school", file, 0, file).await;
    assert_eq!(whole.status, StatusCode::CREATED, "{}", whole.text());
}

#[tokio::test]
async fn what_is_said_of_a_part_is_checked() {
    let service = Service::new().await;
    let hash = FileHash::of(b"x");
    for query in ["?sha256=abc&bytes=1&offset=0", "?bytes=1", "?offset=0&bytes=1", "?planet=1"] {
        assert_eq!(upload(&service, query, "school", "text/plain", b"x").await.problem(), "bad_query", "{query}");
    }
    let beyond = format!("?sha256={hash}&bytes={}&offset=0", EVIDENCE_FILE_BYTES_MAX + 1);
    assert_eq!(upload(&service, &beyond, "school", "text/plain", b"x").await.problem(), "bad_query");
    let large = vec![b'x'; EVIDENCE_PART_BYTES_MAX + 1];
    assert_eq!(part(&service, "school", &large, 0, &large).await.problem(), "too_large");
    assert_eq!(part(&service, "bi", b"x", 0, b"x").await.problem(), "forbidden");
    assert_eq!(service.get(&format!("/api/v1/evidence/uploads/{hash}"), "bi").await.problem(), "forbidden");
}

#[tokio::test]
async fn an_upload_that_nobody_goes_on_with_is_forgotten() {
    let service = Service::new().await;
    let file = b"first second".as_slice();
    part(&service, "school", file, 0, &file[..6]).await;
    *service.town.now.lock().unwrap() += SignedDuration::from_mins(EVIDENCE_UPLOAD_IDLE_MINUTES);
    assert_eq!(progress(&service, "school", file).await["received"], 0);
    let late = part(&service, "school", file, 6, &file[6..]).await;
    assert_eq!((late.problem().as_str(), &late.json()["received"]), ("upload_offset", &json!(0)));
}

#[tokio::test]
async fn a_damaged_file_is_never_served_and_heals_by_another_upload() {
    let service = Service::new().await;
    upload(&service, "", "school", "application/pdf", ORDER).await;
    service.evidence.damage(&FileHash::of(ORDER));
    let got = service.get(&path(ORDER), "ministry").await;
    assert_eq!((got.status, got.problem().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "evidence_damaged"));
    assert_eq!(upload(&service, "", "school", "application/pdf", ORDER).await.status, StatusCode::CREATED);
    assert_eq!(service.get(&path(ORDER), "ministry").await.body, ORDER);
    assert!(service.evidence.get(&FileHash::of(ORDER)).await.is_ok());
}

#[tokio::test]
async fn readers_who_do_not_read_on_keep_others_out_and_no_more_memory() {
    let service = Service::new().await;
    upload(&service, "", "school", "application/pdf", ORDER).await;
    let mut unread = Vec::new();
    for _ in 0..EVIDENCE_TOGETHER_MAX {
        let request = Request::get(path(ORDER)).header("authorization", "Bearer token-of-school-0123456789");
        unread.push(service.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap());
    }
    assert!(unread.iter().all(|answer| answer.status() == StatusCode::OK));
    assert_eq!(service.get(&path(ORDER), "school").await.problem(), "overloaded");
    drop(unread.pop());
    assert_eq!(service.get(&path(ORDER), "school").await.body, ORDER);
    let other = upload(&service, "", "school", "text/plain", b"another way").await;
    assert_eq!(other.status, StatusCode::CREATED, "uploads have room of their own");
}
