//! The figures: told again by an independent hand, and again from the log alone.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tests::{Demo, vekha};

fn digest(data: &std::path::Path) -> Value {
    let told = vekha(&["replay", "--digest", "--format", "json", "--data", data.to_str().unwrap()]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

#[tokio::test]
async fn the_oracle_agrees_on_every_value() {
    agrees(&Demo::start().await);
}

/// Every person of the year acts through HTTP, and one command in nine comes with a mistake: the figures are those of
/// the oracle, and those of the year that was loaded.
#[tokio::test]
async fn a_year_acted_over_http_has_the_figures_of_the_oracle_and_of_the_loaded_year() {
    let acted = Demo::start_with(&["--over-http"]).await;
    agrees(&acted);
    let loaded = Demo::start().await;
    let values = async |demo: &Demo| demo.rows("/api/v1/values?level=school", "auditor").await;
    let (acted, loaded) = (values(&acted).await, values(&loaded).await);
    assert!(loaded.len() > 100, "{} rows", loaded.len());
    for (one, other) in acted.iter().zip(&loaded) {
        assert_eq!(one, other);
    }
    assert_eq!(acted.len(), loaded.len());
}

/// Holds a demo's values against the oracle, as of three moments.
fn agrees(demo: &Demo) {
    let oracle = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("oracle/oracle.py");
    for as_of in ["2022-10-20T12:00:00+10:00", "2023-01-31T23:59:59+10:00", ""] {
        let mut run = Command::new("python3");
        run.arg(&oracle).args(["--url", &demo.url, "--token", demo.token("auditor")]);
        if as_of.is_empty() {
            // What was reported and what is known now, cause by cause; with every column that can be asked for.
            run.args(["--restated", "2022-2023.H1", "--query", "spread=true", "--query", "rating=true"]);
        } else {
            run.args(["--as-of", as_of]);
        }
        let told = run.output().unwrap();
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.status.success(), "as of {as_of}: {text}{}", String::from_utf8_lossy(&told.stderr));
        let compared = text.lines().find_map(|line| line.split_once(" values compared")?.0.parse::<usize>().ok());
        assert!(compared > Some(100), "{text}");
    }
}

#[tokio::test]
async fn everything_comes_back_from_the_log_alone() {
    let demo = Demo::start().await;
    let live = demo.read("/api/v1/digest", "auditor").await.json();
    // While it runs: the broker is shared.
    assert_eq!(digest(demo.data())["sha256"], live["sha256"]);
    let (data, folder) = demo.stop().await;
    let (first, second) = (digest(&data), digest(&data));
    assert_eq!((&first, first["sha256"].as_str().map(str::len)), (&second, Some(64)));
    assert_eq!(first["sha256"], live["sha256"]);
    // With every cache gone, and then from the checkpoint that is written anew.
    std::fs::remove_dir_all(data.join("projection")).unwrap();
    assert_eq!(digest(&data)["sha256"], live["sha256"]);
    let again = Demo::start_on(data, folder).await;
    assert_eq!(again.read("/api/v1/digest", "auditor").await.json()["sha256"], live["sha256"]);
}
