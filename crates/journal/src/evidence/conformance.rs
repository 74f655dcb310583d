//! One suite for every store of evidence files, seen only through [`EvidenceStore`].

use bytes::Bytes;
use domain::actor::Scope;
use domain::limits::{EVIDENCE_CHUNK_BYTES, EVIDENCE_FILE_BYTES_MAX};

use super::{About, EvidenceError, EvidenceFile, EvidenceStore, FileHash, MediaType, Put, Uploader};

/// Runs every case on one empty store; `damage` changes a stored byte of a file behind the store's back.
///
/// # Panics
/// When the store does not behave; the message names the claim.
pub async fn run_all(store: &dyn EvidenceStore, damage: impl AsyncFn(&FileHash)) {
    what_is_not_there_is_none(store).await;
    what_is_put_is_got(store).await;
    a_repeated_put_is_known_and_remembers_both(store).await;
    files_of_every_size_come_back(store).await;
    puts_at_the_same_time_are_all_answered(store).await;
    damage_is_told_and_healed_by_another_put(store, damage).await;
}

fn uploader(person: &str) -> Uploader {
    let org = "pogranichny-s01".parse().expect("a code");
    Uploader { person: person.parse().expect("a code"), scope: Scope::Org(org) }
}

fn text(content: impl Into<Bytes>) -> EvidenceFile {
    EvidenceFile::new(MediaType::Text, content.into()).expect("a text")
}

async fn what_is_not_there_is_none(store: &dyn EvidenceStore) {
    let hash = FileHash::of(b"never put");
    assert_eq!(store.about(&hash).await, Ok(None));
    assert_eq!(store.get(&hash).await, Ok(None));
    assert_eq!(store.is_from(&hash, &uploader("one").person).await, Ok(false));
}

async fn what_is_put_is_got(store: &dyn EvidenceStore) {
    let file = EvidenceFile::new(MediaType::Pdf, Bytes::from_static(b"%PDF-1.7 order")).expect("a PDF");
    assert_eq!(store.put(&file, &uploader("one")).await, Ok(Put::New));
    assert_eq!(store.get(file.hash()).await, Ok(Some(file.clone())));
    let about = About { media_type: MediaType::Pdf, bytes: file.bytes().len() };
    assert_eq!(store.about(file.hash()).await, Ok(Some(about)));
    assert_eq!(store.is_from(file.hash(), &uploader("one").person).await, Ok(true));
    assert_eq!(store.is_from(file.hash(), &uploader("two").person).await, Ok(false));
}

async fn a_repeated_put_is_known_and_remembers_both(store: &dyn EvidenceStore) {
    let file = text("a,b\n1,2\n");
    assert_eq!(store.put(&file, &uploader("one")).await, Ok(Put::New));
    // The same bytes as another type are the same file: the first type stays.
    let same = EvidenceFile::new(MediaType::Csv, file.bytes().clone()).expect("a table");
    for person in ["one", "two", "two"] {
        assert_eq!(store.put(&same, &uploader(person)).await, Ok(Put::Known), "{person}");
    }
    assert_eq!(store.get(file.hash()).await, Ok(Some(file.clone())));
    for person in ["one", "two"] {
        assert_eq!(store.is_from(file.hash(), &uploader(person).person).await, Ok(true), "{person}");
    }
    assert_eq!(store.is_from(file.hash(), &uploader("three").person).await, Ok(false));
}

async fn files_of_every_size_come_back(store: &dyn EvidenceStore) {
    let chunk = EVIDENCE_CHUNK_BYTES;
    for size in [1, chunk - 1, chunk, chunk + 1, 2 * chunk, EVIDENCE_FILE_BYTES_MAX] {
        let content: Vec<u8> = (0..size).map(|at| b'a' + u8::try_from(at % 23).expect("it is small")).collect();
        let file = text(content);
        assert_eq!(store.put(&file, &uploader("one")).await, Ok(Put::New), "{size}");
        assert!(store.get(file.hash()).await == Ok(Some(file)), "{size} bytes do not come back");
    }
}

async fn puts_at_the_same_time_are_all_answered(store: &dyn EvidenceStore) {
    let file = text("uploaded by four at once");
    let people = ["one", "two", "three", "four"].map(uploader);
    let puts = futures::future::join_all(people.iter().map(|by| store.put(&file, by))).await;
    assert!(puts.iter().all(Result::is_ok), "{puts:?}");
    assert!(puts.contains(&Ok(Put::New)), "{puts:?}");
    assert_eq!(store.get(file.hash()).await, Ok(Some(file.clone())));
    for by in &people {
        assert_eq!(store.is_from(file.hash(), &by.person).await, Ok(true), "{by:?}");
    }
}

async fn damage_is_told_and_healed_by_another_put(store: &dyn EvidenceStore, damage: impl AsyncFn(&FileHash)) {
    let file = text("will be damaged");
    assert_eq!(store.put(&file, &uploader("one")).await, Ok(Put::New));
    damage(file.hash()).await;
    let got = store.get(file.hash()).await;
    assert!(matches!(&got, Err(EvidenceError::Damaged { hash, .. }) if hash == file.hash()), "{got:?}");
    assert_eq!(store.put(&file, &uploader("two")).await, Ok(Put::New));
    assert_eq!(store.get(file.hash()).await, Ok(Some(file.clone())));
    assert_eq!(store.put(&file, &uploader("two")).await, Ok(Put::Known));
    for person in ["one", "two"] {
        assert_eq!(store.is_from(file.hash(), &uploader(person).person).await, Ok(true), "{person}");
    }
}
