//! The broker is killed, stopped and filled under load.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use jetstream::JetStream;
use jetstream::broker::BrokerOptions;
use journal::{AppendError, Expect, Fate, Journal, Reader, Record, Seq};

use crate::rig::{NEW, Rig, options, read_all, record};

const WRITERS: usize = 24;

/// One person's acts on one subject, each on the ground of the one before; every third act has a
/// second record elsewhere.
async fn write_chain(log: &JetStream, who: usize, until: Instant) -> Vec<(String, Seq)> {
    let mut acknowledged = Vec::new();
    let mut last = Seq::NONE;
    for step in 0.. {
        if Instant::now() > until {
            break;
        }
        let id = format!("{who}-{step}");
        let mut batch = vec![record(&format!("w{who}"), &id, Expect::LastOnSubject(last))];
        if step % 3 == 0 {
            batch.push(record(&format!("side{who}.{step}"), &format!("{id}-side"), NEW));
        }
        match append_until_known(log, &batch).await {
            Ok(seqs) => {
                for (record, seq) in batch.iter().zip(&seqs) {
                    acknowledged.push((record.id.clone(), *seq));
                }
                last = seqs[0];
            }
            Err(error) => panic!("writer {who} step {step}: {error}"),
        }
    }
    acknowledged
}

/// Repeats what is known not to be stored; after an unknown outcome looks for its own record.
async fn append_until_known(log: &JetStream, batch: &[journal::NewRecord]) -> Result<Vec<Seq>, AppendError> {
    loop {
        match log.append(batch.to_vec()).await {
            Err(AppendError::Refused(refused)) => return Err(refused.into()),
            Err(error) if error.fate() == Fate::NotStored => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}

async fn follow(reader: &mut dyn Reader, until: &str) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let batch = reader.next(1000).await.unwrap();
        let done = batch.records.iter().any(|record| record.id.as_deref() == Some(until));
        records.extend(batch.records);
        if done {
            return records;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_broker_loses_and_doubles_nothing_and_readers_go_on() {
    let rig = Rig::start().await;
    let log = rig.log_with(|config| config.request_timeout = Duration::from_secs(2)).await;
    let mut reader = log.read(Seq::FIRST);
    let until = Instant::now() + Duration::from_secs(6);
    let write = async {
        let written = join_all((0..WRITERS).map(|who| write_chain(&log, who, until))).await;
        append_until_known(&log, &[record("end", "end", NEW)]).await.unwrap();
        written
    };
    let kill = async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(1200)).await;
            rig.kill_broker();
        }
    };
    let (seen, (written, ())) = join(follow(&mut *reader, "end"), join(write, kill)).await;
    let records = read_all(&log).await;
    assert_eq!(seen, records, "the live reader saw the log as it is");
    let mut by_id: HashMap<&str, Seq> = HashMap::new();
    for record in &records {
        let id = record.id.as_deref().unwrap();
        assert_eq!(by_id.insert(id, record.seq), None, "{id} is stored twice");
    }
    let acknowledged: Vec<(String, Seq)> = written.into_iter().flatten().collect();
    for (id, seq) in &acknowledged {
        assert_eq!(by_id.get(id.as_str()), Some(seq), "{id} was acknowledged");
    }
    println!("{} acknowledged over three kills", acknowledged.len());
    assert!(acknowledged.len() > WRITERS * 3);
    log.guard().check().await.unwrap();
    rig.stop().await;
}

#[tokio::test]
async fn broker_that_is_down_gives_a_clear_error_and_comes_back_by_itself() {
    let rig = Rig::start().await;
    let log = rig.log_with(|config| config.watch_every = Duration::from_millis(50)).await;
    rig.watch(&log);
    log.append(vec![record("a", "a", NEW)]).await.unwrap();
    assert!(log.health().ready());
    let mut health = log.health_changes();
    rig.kill_broker();
    let down = health.wait_for(|health| !health.ready()).await.unwrap().clone();
    assert!(down.trouble().is_some());
    health.wait_for(jetstream::Health::ready).await.unwrap();
    assert_eq!(log.append(vec![record("b", "b", NEW)]).await, Ok(vec![Seq(2)]));
    rig.stop().await;
}

#[tokio::test]
async fn stopped_broker_refuses_at_once_and_says_that_nothing_is_stored() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    log.append(vec![record("a", "a", NEW)]).await.unwrap();
    rig.stop().await;
    while log.health().connected {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = log.append(vec![record("b", "b", NEW)]).await.unwrap_err();
    assert_eq!(error.fate(), Fate::NotStored);
    assert!(matches!(error, AppendError::Unavailable { .. }), "{error}");
    assert!(log.health().trouble().unwrap().contains("cannot be reached"));
}

#[tokio::test]
async fn store_that_is_full_refuses_clearly_and_keeps_what_it_has() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    log.append(vec![record("a", "a", NEW)]).await.unwrap();
    // The stream's own limit stands for the disk's: the broker's answer is of the same kind.
    rig.reconfigure(serde_json::json!({"max_bytes": 4096})).await;
    let mut big = record("b", "b", NEW);
    big.payload = vec![b'x'; 8192].into();
    let error = log.append(vec![big.clone()]).await.unwrap_err();
    assert_eq!(error.fate(), Fate::NotStored);
    assert!(matches!(error, AppendError::Unavailable { .. }), "{error}");
    rig.reconfigure(serde_json::json!({"max_bytes": -1})).await;
    assert_eq!(log.append(vec![big]).await, Ok(vec![Seq(2)]));
    rig.stop().await;
}

#[tokio::test]
async fn reader_whose_consumer_is_deleted_goes_on_at_the_next_record() {
    let rig = Rig::start().await;
    let log = rig.log().await;
    let mut reader = log.read(Seq::FIRST);
    for n in 1..=3_u64 {
        let id = format!("c{n}");
        log.append(vec![record(&id, &id, NEW)]).await.unwrap();
        let batch = reader.next(10).await.unwrap();
        assert_eq!(batch.records.iter().map(|r| r.seq).collect::<Vec<_>>(), [Seq(n)]);
        let names = rig.admin("CONSUMER.NAMES.VEKHA", String::new()).await;
        for name in names["consumers"].as_array().unwrap() {
            let what = format!("CONSUMER.DELETE.VEKHA.{}", name.as_str().unwrap());
            rig.admin(&what, String::new()).await;
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn disk_full_up_to_the_reserve_refuses_clearly_and_is_cured_by_space() {
    let data = tempfile::tempdir().unwrap();
    let disk = nix::sys::statvfs::statvfs(data.path()).unwrap();
    let free = disk.blocks_available() * disk.fragment_size();
    let reserve_bytes = free - 32 * 1024 * 1024;
    let rig = Rig::start_in(data, BrokerOptions { reserve_bytes, ..options() }).await;
    let log = rig.log().await;
    let big = |n: u64| {
        let mut big = record(&format!("b{n}"), &format!("b{n}"), NEW);
        big.payload = vec![b'x'; 900_000].into();
        vec![big]
    };
    let mut stored = 0;
    let error = loop {
        match log.append(big(stored)).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1000, "the limit is not kept");
    };
    assert!(matches!(error, AppendError::Unavailable { .. }), "{error}");
    assert_eq!(log.tip().await.unwrap().last, Seq(stored), "reads still answer");
    let data = rig.stop().await;
    let rig = Rig::start_in(data, options()).await;
    let log = rig.log().await;
    assert_eq!(log.append(big(stored)).await, Ok(vec![Seq(stored + 1)]));
    assert_eq!(u64::try_from(read_all(&log).await.len()).unwrap(), stored + 1);
    rig.stop().await;
}
