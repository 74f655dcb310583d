//! `vekha export`: files of a running service's log, and what it refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tests::{Demo, vekha};

const SETS: [&str; 10] = [
    "indicator",
    "indicator_published",
    "obligation",
    "event",
    "org",
    "period",
    "indicator_def",
    "plan_row",
    "control_total",
    "watermark",
];
const AS_OF: &str = "2030-01-01T00:00:00Z";

fn export(data: &Path, into: &Path, flags: &[&str]) -> Output {
    let [data, into] = [data, into].map(|path| path.to_str().unwrap());
    vekha(&[&["export", into, "--data", data, "--log-level", "warn"], flags].concat())
}

fn exported(data: &Path, into: &Path, flags: &[&str]) -> Value {
    let told = export(data, into, flags);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&std::fs::read(into.join("manifest.json")).unwrap()).unwrap()
}

fn refused(told: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&told.stderr);
    assert_eq!(told.status.code(), Some(code), "{said}");
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
}

fn rows(manifest: &Value) -> BTreeMap<&str, u64> {
    let files = manifest["files"].as_array().unwrap();
    files.iter().map(|file| (file["set"].as_str().unwrap(), file["rows"].as_u64().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_hold_what_the_service_holds() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("files");

    let first = exported(demo.data(), &into, &["--format", "csv", "--as-of", AS_OF]);
    let counted = rows(&first);
    assert_eq!(counted.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from(SETS));
    let events = demo.feed().await;
    assert_eq!(counted["event"], u64::try_from(events.len()).unwrap());
    assert_eq!(first["seq"].as_u64(), Some(counted["event"]));
    let obligations = demo.rows("/api/v1/obligations", "ministry").await;
    assert_eq!(counted["obligation"], u64::try_from(obligations.len()).unwrap());
    for file in first["files"].as_array().unwrap() {
        let path = into.join(file["name"].as_str().unwrap());
        assert_eq!(std::fs::metadata(path).unwrap().len(), file["bytes"].as_u64().unwrap());
    }

    // An earlier export is replaced as a whole; the same moment gives the same bytes.
    let again = exported(demo.data(), &into, &["--format", "csv", "--as-of", AS_OF]);
    assert_eq!(first, again);
    for form in ["parquet", "xlsx"] {
        let told = exported(demo.data(), &into, &["--format", form, "--as-of", AS_OF]);
        assert_eq!(rows(&told), counted, "{form}");
        assert!(!into.join("event.csv").exists(), "files of another form stayed");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something was left beside the folder");

    let told = exported(demo.data(), &into, &["--format", "ocel", "--as-of", AS_OF]);
    assert_eq!(rows(&told), BTreeMap::from([("ocel", counted["event"])]));
    ocel_tells_every_event(&into.join("vekha.ocel.json"), &events, obligations.len());
    refusals(demo.data(), folder.path());
}

/// Events by type are the log's, links lead somewhere, and no person is told.
fn ocel_tells_every_event(file: &Path, log: &[Value], obligations: usize) {
    let text = std::fs::read_to_string(file).unwrap();
    let ocel: Value = serde_json::from_str(&text).unwrap();
    let count = |events: &[Value]| {
        let mut types = BTreeMap::new();
        for event in events {
            *types.entry(event["type"].as_str().unwrap().to_owned()).or_insert(0_u32) += 1;
        }
        types
    };
    let events = ocel["events"].as_array().unwrap();
    assert_eq!(count(events), count(log));
    let declared = |name: &str| -> BTreeSet<&str> {
        ocel[name].as_array().unwrap().iter().map(|of| of["name"].as_str().unwrap()).collect()
    };
    assert_eq!(declared("eventTypes"), count(events).keys().map(String::as_str).collect());
    let objects = ocel["objects"].as_array().unwrap();
    let ids: BTreeSet<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), objects.len(), "an object stands twice");
    let types = declared("objectTypes");
    assert!(objects.iter().all(|object| types.contains(object["type"].as_str().unwrap())));
    assert_eq!(objects.iter().filter(|object| object["type"] == "obligation").count(), obligations);
    for one in events.iter().chain(objects) {
        for link in one["relationships"].as_array().unwrap() {
            assert!(ids.contains(link["objectId"].as_str().unwrap()), "{link} leads nowhere");
        }
    }
    // Who acts for the system is called as the product or as the role, which are no persons.
    let named = |field: &str| -> BTreeSet<&str> { log.iter().filter_map(|event| event[field].as_str()).collect() };
    let roles = named("actorrole");
    for actor in named("actor").into_iter().filter(|actor| *actor != "vekha" && !roles.contains(actor)) {
        for told in [format!("\"{actor}\""), format!("@{actor}"), format!(":{actor}\"")] {
            assert!(!text.contains(&told), "{actor} is told");
        }
    }
}

fn refusals(data: &Path, folder: &Path) {
    let foreign = folder.join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("letter.txt"), "mine").unwrap();
    refused(&export(data, &foreign, &["--format", "csv"]), 1, &["foreign", "not empty", "manifest.json"]);
    refused(&export(data, &foreign.join("letter.txt"), &["--format", "csv"]), 1, &["letter.txt", "no folder"]);
    assert_eq!(std::fs::read_to_string(foreign.join("letter.txt")).unwrap(), "mine");
    let into = folder.join("new");
    refused(&export(data, &into, &["--format", "csv", "--set", "nothing"]), 2, &["nothing", "indicator_def"]);
    refused(&export(data, &into, &["--format", "xlsx", "--dialect", "excel-ru"]), 2, &["--format csv"]);
    refused(&export(data, &into, &["--format", "ocel", "--set", "event"]), 2, &["--set"]);
    refused(&export(data, &into, &["--format", "csv", "--as-of", "1999-01-01T00:00:00Z"]), 1, &["1999"]);
    refused(&export(&folder.join("nowhere"), &into, &["--format", "csv"]), 1, &["nowhere", "--data"]);
    assert!(!into.exists(), "a refused export left files");
}
