//! Every released event shape, frozen: one file for each type and version.
//!
//! A file here is never changed. A new type gets a file of its own, taken from a real log
//! (`GET /api/v1/feed`, one line, without `seq` and `recordedat`).

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::event::{Data, Envelope};
use serde_json::Value;

fn golden() -> BTreeMap<String, Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn every_type_of_the_catalogue_has_its_golden_file() {
    let files = golden();
    let missing: Vec<&&str> = Data::TYPES.iter().filter(|name| !files.contains_key(&format!("{name}.v1"))).collect();
    assert!(missing.is_empty(), "no tests/golden/<type>.v1.json for {missing:?}: add one from a real log");
}

#[test]
fn golden_events_are_read_whole_and_written_back_the_same() {
    for (name, bytes) in golden() {
        let envelope = Envelope::read(&bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(format!("{}.v1", envelope.event_type), name, "the file is named for its type");
        let data = envelope.data().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(!matches!(data, Data::Unknown(_)), "{name} is not in the catalogue");
        let written: Value = serde_json::from_str(data.to_json().unwrap().get()).unwrap();
        let stored: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(written, stored["data"], "{name}: the payload's JSON changed; that needs a new version");
        let mut again = serde_json::to_value(&envelope).unwrap();
        again["data"] = stored["data"].clone();
        assert_eq!(again, stored, "{name}: the envelope's JSON changed");
    }
}
