//! The log against a real `nats-server`: what the simulator only claims.
//!
//! Without the binary the tests fail and say how to get it; they are never skipped.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

#[path = "real_broker/rig.rs"]
mod rig;

#[path = "real_broker/brokers.rs"]
mod brokers;
#[path = "real_broker/evidence.rs"]
mod evidence;
#[path = "real_broker/guarding.rs"]
mod guarding;
#[path = "real_broker/storms.rs"]
mod storms;

use std::sync::Arc;

use bytes::Bytes;
use journal::{Expect, Journal, NewRecord, Seq, conformance};

use rig::Rig;

#[tokio::test]
async fn jetstream_conforms() {
    let rig = Rig::start().await;
    let make = async || {
        rig.delete_stream().await;
        Arc::new(rig.log().await) as Arc<dyn Journal>
    };
    conformance::run_all(make).await;
    rig.stop().await;
}

#[tokio::test]
async fn log_is_opened_once_with_the_epoch_of_the_stream() {
    let rig = Rig::start().await;
    let opened = |epoch: &journal::Epoch| NewRecord {
        subject: "vekha.ev.test._._._._._".into(),
        id: "opened".into(),
        payload: Bytes::from(epoch.to_string()),
        expect: Expect::Any,
    };
    let (one, two) = (rig.log().await, rig.log().await);
    let (first, second) = tokio::join!(one.ensure_opened(opened), two.ensure_opened(opened));
    let epoch = first.unwrap();
    assert_eq!(second.unwrap(), epoch);
    assert_eq!(one.ensure_opened(opened).await.unwrap(), epoch);
    let tip = one.tip().await.unwrap();
    assert_eq!((tip.first, tip.last, &tip.epoch), (Seq(1), Seq(1), &epoch));
    let record = one.get(Seq(1)).await.unwrap().unwrap();
    assert_eq!(record.payload, epoch.to_string().as_bytes());
    rig.stop().await;
}

#[tokio::test]
async fn waiting_appends_are_stored_in_groups() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    let appends = (0..400).map(|n| {
        let record = rig::record(&format!("g{n}"), &format!("g{n}"), rig::NEW);
        log.append(vec![record])
    });
    let outcomes = futures::future::join_all(appends).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let records = rig::read_all(&log).await;
    assert_eq!(records.len(), 400);
    let ends = records.iter().filter(|record| record.batch_end).count();
    assert!(ends < 40, "400 appends made {ends} writes");
    rig.stop().await;
}

#[tokio::test]
async fn refused_group_is_stored_as_its_parts() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    log.append(vec![rig::record("p7", "rival", rig::NEW)]).await.unwrap();
    let appends = (0..100).map(|n| {
        let record = rig::record(&format!("p{n}"), &format!("p{n}"), rig::NEW);
        log.append(vec![record])
    });
    let outcomes = futures::future::join_all(appends).await;
    for (n, outcome) in outcomes.iter().enumerate() {
        let conflict = outcome.as_ref().err().and_then(journal::AppendError::conflict);
        assert_eq!(conflict, (n == 7).then_some(Seq(1)), "append {n}: {outcome:?}");
    }
    assert_eq!(rig::read_all(&log).await.len(), 100);
    rig.stop().await;
}

#[tokio::test]
async fn foreign_message_is_read_without_an_id() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    rig.client().await.request("vekha.ev.what", "?".into()).await.unwrap();
    let records = rig::read_all(&log).await;
    assert_eq!((records[0].id.as_deref(), records[0].batch_end), (None, true));
    assert_eq!(&records[0].payload[..], b"?");
    rig.stop().await;
}

#[tokio::test]
async fn too_many_appends_are_refused_before_they_are_sent() {
    let rig = Rig::start().await;
    let log = rig.log_with(|config| config.in_flight_max = 8).await;
    let appends = (0..20).map(|n| log.append(vec![rig::record(&format!("f{n}"), &format!("f{n}"), rig::NEW)]));
    let outcomes = futures::future::join_all(appends).await;
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused =
        outcomes.iter().filter(|outcome| matches!(outcome, Err(journal::AppendError::Overloaded { .. }))).count();
    assert_eq!((stored, refused), (8, 12));
    assert_eq!(rig::read_all(&log).await.len(), 8);
    rig.stop().await;
}
