//! Broker and service killed, changed and lied to: acknowledged acts stay, once, and everything goes on by itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Demo, signal};

/// A client with the rights of an administrator of the broker.
async fn administrator(demo: &Demo) -> async_nats::Client {
    let broker = demo.broker();
    let text = |name: &str| broker[name].as_str().unwrap().to_owned();
    let options = async_nats::ConnectOptions::with_user_and_password(text("user"), text("password"));
    options.connect(text("url")).await.unwrap()
}

/// Asks the broker's own interface.
async fn ask(client: &async_nats::Client, subject: &str, body: &Value) -> Value {
    let answer = client.request(subject.to_owned(), body.to_string().into()).await.unwrap();
    serde_json::from_slice(&answer.payload).unwrap()
}

/// Moves the deadlines of every open obligation there is, one after the other, until told to stop; gives back the
/// keys that were acknowledged.
async fn load(demo: &Demo, stop: Arc<AtomicBool>) -> Vec<String> {
    let rows = demo.rows("/api/v1/obligations?phase=open", "ministry").await;
    let ids: Vec<String> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    let mut acknowledged = Vec::new();
    for (at, id) in ids.iter().cycle().enumerate() {
        if stop.load(Ordering::SeqCst) || at > 20_000 {
            break;
        }
        let key = format!("load-{at}");
        let body = json!({"obligation": id, "due": "2023-08-30", "basis": "приказ 1"});
        match demo.try_command("move-deadline", "ministry", &key, &body).await {
            Some(answer) if answer.status == 201 || answer.status == 200 => acknowledged.push(key),
            // Whatever its fate, nobody was told that it is stored.
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    acknowledged
}

fn keys(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["commandid"].as_str()).filter(|key| key.starts_with("load-")).collect()
}

fn hold(acknowledged: &[String], events: &[Value]) {
    let stored = keys(events);
    let once: HashSet<&str> = stored.iter().copied().collect();
    assert_eq!(once.len(), stored.len(), "an act was doubled");
    let lost: Vec<&String> = acknowledged.iter().filter(|key| !once.contains(key.as_str())).collect();
    assert!(lost.is_empty(), "acknowledged acts were lost: {lost:?}");
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|two| two[1] == two[0] + 1), "the log has a gap");
}

#[tokio::test]
async fn a_killed_broker_loses_and_doubles_nothing() {
    let demo = Demo::start().await;
    let stop = Arc::new(AtomicBool::new(false));
    let (acknowledged, ()) = tokio::join!(load(&demo, Arc::clone(&stop)), async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let pid = u32::try_from(demo.broker()["pid"].as_u64().unwrap()).unwrap();
            signal("KILL", pid);
            demo.until("ready again", async || demo.get("/readyz", "").await.is_some_and(|a| a.status == 200)).await;
        }
        stop.store(true, Ordering::SeqCst);
    });
    assert!(acknowledged.len() > 20, "{} acknowledged", acknowledged.len());
    demo.until_ready().await;
    hold(&acknowledged, &demo.feed().await);
}

#[tokio::test]
async fn a_killed_service_loses_and_doubles_nothing() {
    let mut demo = Demo::start().await;
    let stop = Arc::new(AtomicBool::new(false));
    let pid = demo.pid();
    let (acknowledged, ()) = tokio::join!(load(&demo, Arc::clone(&stop)), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        signal("KILL", pid);
        stop.store(true, Ordering::SeqCst);
    });
    demo.kill();
    assert!(acknowledged.len() > 5, "{} acknowledged", acknowledged.len());
    let again = Demo::start_on(demo.data().to_owned(), None).await;
    hold(&acknowledged, &again.feed().await);
    // A command of before is still known by its key.
    let body = json!({"obligation": "x/1.1/y/-", "due": "2023-08-30", "basis": "другой"});
    let answer = again.command("move-deadline", "ministry", &acknowledged[0], &body).await;
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("idempotency_key_reused")));
    drop(again);
}

#[tokio::test]
async fn a_foreign_message_stops_the_projector_and_nothing_else() {
    let demo = Demo::start().await;
    let known = demo.feed().await.len();
    let stored = ask(&administrator(&demo).await, "vekha.ev._._.stranger._._._", &json!("hello")).await;
    assert_eq!(stored["seq"], known + 1);
    let position = (known + 1).to_string();
    let named = async || {
        let told = demo.read("/readyz", "").await;
        told.status == 503 && told.json()["reason"].as_str().is_some_and(|reason| reason.contains(&position))
    };
    demo.until("not ready because of that position", named).await;
    // Reads keep answering from what was reached.
    assert_eq!(demo.read("/api/v1/values?level=region", "ministry").await.status, 200);
    let body = json!({"obligation": "clusters-2022-2023/6.1/pogranichny-s01/-"});
    let answer = demo.command("accept", "coordinator", "after", &body).await;
    assert_eq!(answer.status, 503, "{}", answer.json());
    assert_eq!(demo.read("/healthz", "").await.status, 200);
}

#[tokio::test]
async fn an_administrator_who_changes_the_limits_is_named_and_writing_stops() {
    let demo = Demo::start().await;
    let client = administrator(&demo).await;
    let good = ask(&client, "$JS.API.STREAM.INFO.VEKHA", &json!({})).await["config"].clone();
    let mut changed = good.clone();
    changed["max_age"] = json!(3_600_000_000_000_u64 * 24 * 36_500);
    let updated = ask(&client, "$JS.API.STREAM.UPDATE.VEKHA", &changed).await;
    assert!(updated["error"].is_null(), "{updated}");
    demo.until("not ready", async || demo.get("/readyz", "").await.is_some_and(|answer| answer.status == 503)).await;
    let told = demo.read("/readyz", "").await;
    assert!(told.json()["reason"].as_str().is_some_and(|reason| reason.contains("max_age")), "{}", told.json());
    let rows = demo.rows("/api/v1/obligations?phase=open", "ministry").await;
    let body = json!({"obligation": rows[0]["id"], "due": "2023-08-30", "basis": "приказ 1"});
    let answer = demo.command("move-deadline", "ministry", "guarded", &body).await;
    assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("log_guarded")));
    // Put back, and it goes on by itself.
    let updated = ask(&client, "$JS.API.STREAM.UPDATE.VEKHA", &good).await;
    assert!(updated["error"].is_null(), "{updated}");
    demo.until_ready().await;
    let answer = demo.command("move-deadline", "ministry", "guarded", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
}

#[tokio::test]
async fn a_torn_segment_and_an_unwritable_folder_are_survived() {
    let demo = Demo::start().await;
    let live = demo.read("/api/v1/digest", "auditor").await.json();
    let (data, folder) = demo.stop().await;
    let projection = data.join("projection");
    let mut torn = 0;
    for entry in std::fs::read_dir(&projection).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "parquet" || extension == "bin") {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            torn += 1;
        }
    }
    assert!(torn >= 2, "a checkpoint was written at the stop");
    let again = Demo::start_on(data, folder).await;
    assert_eq!(again.read("/api/v1/digest", "auditor").await.json()["sha256"], live["sha256"]);
    assert!(again.log().to_lowercase().contains("torn"), "it says what it found: {}", again.log());
    // The folder gives way to a file: nothing can be written, and everything else goes on.
    std::fs::remove_dir_all(&projection).unwrap();
    std::fs::write(&projection, "in the way").unwrap();
    let rows = again.rows("/api/v1/obligations?phase=open", "ministry").await;
    let body = json!({"obligation": rows[0]["id"], "due": "2023-08-30", "basis": "приказ 1"});
    assert_eq!(again.command("move-deadline", "ministry", "full", &body).await.status, 201);
}
