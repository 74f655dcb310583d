//! What the guard and the readers say when an administrator touches the log.

use jetstream::{GuardError, GuardViolation};
use journal::{AppendError, Journal, ReadError, Seq};
use serde_json::json;

use crate::rig::{NEW, Rig, record};

#[tokio::test]
async fn changed_limit_stops_writing_until_it_is_put_back() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    log.append(vec![record("a", "a", NEW)]).await.unwrap();
    log.guard().check().await.unwrap();
    rig.reconfigure(json!({"max_msgs": 5, "republish": {"src": ">", "dest": "x.>"}})).await;
    let Err(GuardError::Violated(found)) = log.guard().check().await else { panic!("the guard saw nothing") };
    let names: Vec<&str> = found
        .iter()
        .map(|violation| match violation {
            GuardViolation::Setting { name, .. } => name.as_str(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(names, ["max_msgs", "republish"]);
    let refused = log.append(vec![record("b", "b", NEW)]).await.unwrap_err();
    let AppendError::Guarded { difference } = &refused else { panic!("{refused}") };
    assert!(difference.contains("max_msgs is 5, it must be -1"), "{difference}");
    assert!(!log.health().ready());
    assert!(log.health().trouble().unwrap().contains("max_msgs"));
    rig.reconfigure(json!({"max_msgs": -1, "republish": null})).await;
    log.guard().check().await.unwrap();
    assert!(log.health().ready());
    assert_eq!(log.append(vec![record("b", "b", NEW)]).await, Ok(vec![Seq(2)]));
    rig.stop().await;
}

#[tokio::test]
async fn lost_beginning_stays_a_violation_and_is_a_gap_for_readers() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    for n in 0..10 {
        let id = format!("x{n}");
        log.append(vec![record(&id, &id, NEW)]).await.unwrap();
    }
    rig.reconfigure(json!({"max_msgs": 5, "discard": "old"})).await;
    rig.reconfigure(json!({"max_msgs": -1, "discard": "new"})).await;
    let lost = GuardViolation::FirstSequence { found: Seq(6) };
    assert_eq!(log.guard().check().await, Err(GuardError::Violated(vec![lost])));
    assert!(matches!(log.append(vec![record("y", "y", NEW)]).await, Err(AppendError::Guarded { .. })));
    let gap = ReadError::Gap { expected: Seq(1), found: Seq(6) };
    assert_eq!(log.read(Seq::FIRST).next(9).await, Err(gap.clone()));
    assert_eq!(log.read(Seq(8)).next(9).await, Err(gap));
    rig.stop().await;
}

#[tokio::test]
async fn deleted_record_is_found_by_guard_and_reader() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    for n in 0..4 {
        let id = format!("x{n}");
        log.append(vec![record(&id, &id, NEW)]).await.unwrap();
    }
    // The broker keeps `deny_delete` for ever, but a limit per subject removes what it likes.
    rig.reconfigure(json!({"max_msgs_per_subject": 1})).await;
    rig.client().await.request("vekha.ev.test.x1", "later".into()).await.unwrap();
    rig.reconfigure(json!({"max_msgs_per_subject": -1})).await;
    let lost = GuardViolation::Deleted { count: 1 };
    assert_eq!(log.guard().check().await, Err(GuardError::Violated(vec![lost])));
    let mut reader = log.read(Seq::FIRST);
    assert_eq!(reader.next(9).await.unwrap().records.len(), 1);
    let gap = ReadError::Gap { expected: Seq(2), found: Seq(3) };
    assert_eq!(reader.next(9).await, Err(gap.clone()));
    assert_eq!(reader.next(9).await, Err(gap));
    rig.stop().await;
}

#[tokio::test]
async fn replaced_stream_is_another_log() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    log.append(vec![record("a", "a", NEW)]).await.unwrap();
    rig.delete_stream().await;
    assert_eq!(log.guard().check().await, Err(GuardError::Violated(vec![GuardViolation::Gone])));
    let other = rig.log().await;
    other.append(vec![record("a", "a", NEW)]).await.unwrap();
    let Err(GuardError::Violated(found)) = log.guard().check().await else { panic!("the guard saw nothing") };
    assert!(matches!(found[..], [GuardViolation::Epoch { .. }]), "{found:?}");
    let error = log.read(Seq::FIRST).next(1).await.unwrap_err();
    assert!(matches!(error, ReadError::Epoch { .. }), "{error}");
    rig.stop().await;
}
