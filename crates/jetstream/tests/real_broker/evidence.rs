//! Evidence files on a real broker: beside the log, stricter than the client library's object store.

use async_nats::jetstream as nats;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use domain::actor::Scope;
use domain::limits::EVIDENCE_CHUNK_BYTES;
use jetstream::{EvidenceBucket, JetStream};
use journal::Journal;
use journal::evidence::{EvidenceError, EvidenceFile, EvidenceStore, FileHash, MediaType, Put, Uploader, conformance};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::rig::{NEW, Rig, record};

const STREAM: &str = "OBJ_VEKHA_EVIDENCE";

async fn bucket(rig: &Rig) -> (JetStream, EvidenceBucket) {
    let log = rig.log().await;
    let bucket = log.evidence();
    bucket.ensure().await.unwrap();
    (log, bucket)
}

fn head() -> Uploader {
    let scope = Scope::Org("pogranichny-s01".parse().unwrap());
    Uploader { person: "head-pogranichny-s01".parse().unwrap(), scope }
}

fn text(content: impl Into<Bytes>) -> EvidenceFile {
    EvidenceFile::new(MediaType::Text, content.into()).unwrap()
}

/// Subject of a file's description.
fn described_on(hash: &FileHash) -> String {
    format!("$O.VEKHA_EVIDENCE.M.{}", URL_SAFE.encode(hash.to_string()))
}

async fn description(rig: &Rig, hash: &FileHash) -> Value {
    let asked = json!({"last_by_subj": described_on(hash)}).to_string();
    let answer = rig.admin(&format!("STREAM.MSG.GET.{STREAM}"), asked).await;
    let data = answer["message"]["data"].as_str().unwrap();
    serde_json::from_slice(&STANDARD.decode(data).unwrap()).unwrap()
}

/// Puts other bytes under a file's name, as somebody with the service's password could.
async fn forge(rig: &Rig, hash: &FileHash, change: impl FnOnce(&mut Value)) {
    let mut forged = description(rig, hash).await;
    let client = rig.client().await;
    let size = usize::try_from(forged["size"].as_u64().unwrap()).unwrap();
    client.request("$O.VEKHA_EVIDENCE.C.forged", vec![b'?'; size].into()).await.unwrap();
    forged["nuid"] = "forged".into();
    change(&mut forged);
    client.request(described_on(hash), forged.to_string().into()).await.unwrap();
}

#[tokio::test]
async fn the_bucket_conforms() {
    let rig = Rig::start().await;
    let (_log, bucket) = bucket(&rig).await;
    conformance::run_all(&bucket, async |hash| forge(&rig, hash, |_| {}).await).await;
    rig.stop().await;
}

#[tokio::test]
async fn any_object_store_reads_what_was_put_and_finds_codes_only() {
    let rig = Rig::start().await;
    let (_log, bucket) = bucket(&rig).await;
    let file = text(vec![b'x'; 3 * EVIDENCE_CHUNK_BYTES + 7]);
    assert_eq!(bucket.put(&file, &head()).await, Ok(Put::New));
    let store = nats::new(rig.client().await).get_object_store("VEKHA_EVIDENCE").await.unwrap();
    let mut object = store.get(file.hash().to_string()).await.unwrap();
    assert_eq!((object.info.chunks, object.info.size), (4, file.bytes().len()));
    let told: std::collections::BTreeMap<_, _> = object.info.metadata.clone().into_iter().collect();
    let expected =
        [("media-type", "text/plain"), ("person", "head-pogranichny-s01"), ("scope", "organisation pogranichny-s01")];
    assert_eq!(told, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    let mut bytes = Vec::new();
    object.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes == *file.bytes(), "the library checks the digest and gives the same bytes");
    rig.stop().await;
}

#[tokio::test]
async fn what_was_stored_can_be_neither_replaced_nor_removed() {
    let rig = Rig::start().await;
    let (_log, bucket) = bucket(&rig).await;
    let file = text("an order");
    bucket.put(&file, &head()).await.unwrap();
    let store = nats::new(rig.client().await).get_object_store("VEKHA_EVIDENCE").await.unwrap();
    let name = file.hash().to_string();
    store.delete(&name).await.unwrap_err();
    store.put(name.as_str(), &mut b"another".as_slice()).await.unwrap_err();
    let purged = rig.admin(&format!("STREAM.PURGE.{STREAM}"), String::new()).await;
    assert!(purged["error"]["description"].as_str().unwrap().contains("purge"), "{purged}");
    let deleted = rig.admin(&format!("STREAM.MSG.DELETE.{STREAM}"), json!({"seq": 1}).to_string()).await;
    assert!(deleted["error"].is_object(), "{deleted}");
    assert_eq!(bucket.get(file.hash()).await, Ok(Some(file)));
    rig.stop().await;
}

#[tokio::test]
async fn forged_descriptions_are_damage_and_never_served() {
    let rig = Rig::start().await;
    let (_log, bucket) = bucket(&rig).await;
    let forgeries: [fn(&mut Value); 5] = [
        |forged| forged["nuid"] = "nowhere".into(),
        |forged| forged["size"] = 1.into(),
        |forged| forged["size"] = 1_000_000_000_000_u64.into(),
        |forged| forged["metadata"] = json!({"media-type": "text/html"}),
        |forged| *forged = json!("?"),
    ];
    for (at, forgery) in forgeries.into_iter().enumerate() {
        let file = text(format!("order {at}"));
        bucket.put(&file, &head()).await.unwrap();
        forge(&rig, file.hash(), forgery).await;
        let got = bucket.get(file.hash()).await;
        assert!(matches!(got, Err(EvidenceError::Damaged { .. })), "{at}: {got:?}");
        assert_eq!(bucket.put(&file, &head()).await, Ok(Put::New), "{at}");
        assert_eq!(bucket.get(file.hash()).await, Ok(Some(file)), "{at}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn files_do_not_disturb_the_log() {
    let rig = Rig::start().await;
    let (log, bucket) = bucket(&rig).await;
    log.append(vec![record("a", "a", NEW)]).await.unwrap();
    bucket.put(&text(vec![b'x'; EVIDENCE_CHUNK_BYTES + 1]), &head()).await.unwrap();
    log.append(vec![record("b", "b", NEW)]).await.unwrap();
    assert_eq!(log.guard().check().await, Ok(()));
    assert_eq!(log.tip().await.unwrap().last.get(), 2);
    // Nor does the bucket's loss stop the log; files are then told as unavailable.
    rig.admin(&format!("STREAM.DELETE.{STREAM}"), String::new()).await;
    assert_eq!(log.guard().check().await, Ok(()));
    log.append(vec![record("c", "c", NEW)]).await.unwrap();
    let put = bucket.put(&text("late"), &head()).await;
    assert!(matches!(put, Err(EvidenceError::Unavailable { .. })), "{put:?}");
    bucket.ensure().await.unwrap();
    assert_eq!(bucket.put(&text("late"), &head()).await, Ok(Put::New));
    rig.stop().await;
}
