//! Files beside acts: uploaded by a school, named by its report, read by the coordinator.

use std::path::Path;

use serde_json::{Value, json};
use tests::{Demo, vekha};

/// Runs `vekha evidence …` against a demo as a role, and returns what it printed.
fn evidence(demo: &Demo, role: &str, args: &[&str]) -> String {
    let all = [&["evidence"], args, &["--url", &demo.url, "--token", demo.token(role)]].concat();
    let told = vekha(&all);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap()
}

fn stored(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_shows_what_it_reports_and_the_coordinator_reads_it() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("news.jpg");
    // Several parts, and several messages of the bucket.
    let content: Vec<u8> =
        b"\xff\xd8\xff".iter().copied().chain((0..1_500_000_u32).map(|n| u8::try_from(n % 251).unwrap())).collect();
    std::fs::write(&photo, &content).unwrap();

    let printed = evidence(&demo, "school", &["put", photo.to_str().unwrap(), "--kind", "photo"]);
    let (hash, snippet) = printed.trim_end().split_once('\n').unwrap();
    let snippet: Value = serde_json::from_str(snippet).unwrap();
    assert_eq!(snippet, json!({"evidence": [{"kind": "photo", "sha256": hash}]}));
    let again = evidence(&demo, "school", &["put", photo.to_str().unwrap(), "--kind", "photo"]);
    assert_eq!(again, printed, "another try finds it there");

    // This school reported all of its news: one report is taken back, so that it can be made anew.
    let rows = demo.rows("/api/v1/obligations?row=6.2&phase=accepted&org=pogranichny-s01", "school").await;
    let obligation = rows.first().unwrap_or_else(|| panic!("no 6.2 is done: choose another seed"))["id"].clone();
    let retract = json!({"obligation": obligation, "reason": "Ссылка вела на чужой сайт."});
    let retracted = demo.command("retract", "auditor", "anew", &retract).await;
    assert_eq!(retracted.status, 201, "{}", retracted.json());
    let report = json!({
        "obligation": obligation, "occurred_on": tests::today(), "evidence": snippet["evidence"],
        "details": {"url": "https://school.example/news/1", "title": "Новость проекта", "published_on": "2023-06-01"},
    });
    let receipt = demo.command("submit", "school", "with-evidence", &report).await;
    assert_eq!(receipt.status, 201, "{}", receipt.json());
    let events = demo.rows("/api/v1/audit?org=pogranichny-s01&type=news.published", "coordinator").await;
    assert!(events.iter().any(|event| event["evidence"] == snippet["evidence"]), "{events:?}");

    let copy = folder.path().join("copy.jpg");
    evidence(&demo, "coordinator", &["get", hash, "--out", copy.to_str().unwrap()]);
    assert!(stored(&copy) == content, "the coordinator gets the same bytes");
    let path = format!("/api/v1/evidence/{hash}");
    for (role, status) in [("ministry", 200), ("auditor", 200), ("school", 200), ("bi", 403), ("admin", 403)] {
        assert_eq!(demo.read(&path, role).await.status, status, "{role}");
    }
    // Beside the log, not in it: the guard is content, and a restart finds the file.
    assert_eq!(demo.read("/readyz", "").await.status, 200);
    let (data, folder) = demo.stop().await;
    let demo = Demo::start_on(data, folder).await;
    assert!(demo.read(&path, "coordinator").await.body == content, "it outlives the process");
}
