//! Who may know whom: the table of `ARCHITECTURE.md`, held.

use crate::repo::{Broken, crates, read};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// The crates and the crates that each may know. The same table stands in `ARCHITECTURE.md`.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("plan-import", &["domain"]),
    ("register", &["domain"]),
    ("indicators", &["domain", "register"]),
    ("scenario", &["domain"]),
    ("journal", &["domain"]),
    ("jetstream", &["domain", "journal"]),
    ("projector", &["domain", "register", "journal"]),
    ("commands", &["domain", "register", "journal", "projector"]),
    ("board", &["domain", "register", "indicators", "projector", "commands"]),
    ("bi", &["domain", "register", "indicators", "projector", "commands", "board"]),
    ("mart", &["domain", "register", "indicators", "journal", "projector", "commands", "board", "bi"]),
    ("web", &["domain", "register", "indicators", "projector", "commands", "board", "bi"]),
    ("vekha", ALL),
];

/// The binary knows every crate.
const ALL: &[&str] = &[
    "domain",
    "plan-import",
    "register",
    "indicators",
    "scenario",
    "journal",
    "jetstream",
    "projector",
    "commands",
    "board",
    "bi",
    "mart",
    "web",
];

/// The crates without network, files, clock and unseeded randomness.
pub(crate) const PURE: &[&str] = &["domain", "plan-import", "register", "indicators", "scenario", "journal"];

/// What no crate of the pure ring may depend on.
const NOT_PURE: &[&str] = &[
    "async-nats",
    "axum",
    "env_logger",
    "figment",
    "getrandom",
    "hyper",
    "log",
    "metrics",
    "metrics-exporter-prometheus",
    "nix",
    "reqwest",
    "tempfile",
    "tokio",
    "tokio-util",
    "tower",
    "tower-http",
    "tracing",
    "tracing-subscriber",
    "ureq",
    "utoipa",
];

/// Dependencies that one crate of the pure ring has for a reason.
const EXCEPTIONS: &[(&str, &str)] = &[("journal", "tokio")]; // its channels only; `source.rs` holds that

/// Dependencies that only some crates may have: a wall that is worth more than the convenience.
const WALLS: &[(&str, &[&str])] = &[
    ("async-nats", &["jetstream"]),
    ("axum", &["web"]),
    ("anyhow", &["vekha"]),
    ("clap", &["vekha"]),
    ("figment", &["vekha"]),
    ("tracing-subscriber", &["vekha"]),
    ("polars", &["indicators", "projector", "bi"]),
];

#[test]
fn crates_know_only_whom_the_table_allows() {
    let mut broken = Broken::rule(
        "Turn the arrow round, or move the code; the table is in tests/tests/tidy/arrows.rs and ARCHITECTURE.md.",
    );
    let here: BTreeSet<String> = crates().into_iter().collect();
    for name in &here {
        let file = format!("crates/{name}/Cargo.toml");
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(krate, _)| krate == name) else {
            broken.at(&file, 0, "this crate is not in the table");
            continue;
        };
        for (section, dependency) in dependencies(name) {
            let pure_in_tests = section == "dev-dependencies" && PURE.contains(&dependency.as_str());
            if here.contains(&dependency) && !allowed.contains(&dependency.as_str()) && !pure_in_tests {
                broken.at(&file, line_of(&file, &dependency), &format!("{name} may not know {dependency}"));
            }
        }
    }
    for (name, _) in MAY_KNOW.iter().filter(|(name, _)| !here.contains(*name)) {
        broken.at("tests/tests/tidy/arrows.rs", 0, &format!("there is no crate {name}"));
    }
    broken.report();
}

#[test]
fn the_table_of_the_architecture_page_is_the_table_held_here() {
    let mut broken =
        Broken::rule("Make the table of ARCHITECTURE.md and the one in tests/tests/tidy/arrows.rs say the same.");
    let page = read("ARCHITECTURE.md").unwrap_or_default();
    let table = page.lines().enumerate().skip_while(|(_, line)| !(line.starts_with('|') && line.contains("may know")));
    for (at, line) in table.take_while(|(_, line)| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let (name, last) = (cells[0].trim_matches('`'), cells[cells.len() - 1].replace('`', ""));
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(krate, _)| *krate == name) else {
            continue;
        };
        let said: BTreeSet<&str> =
            last.split(',').map(str::trim).filter(|word| !matches!(*word, "–" | "-" | "")).collect();
        let held: BTreeSet<&str> = allowed.iter().copied().collect();
        if said != held && !said.contains("all") {
            broken.at("ARCHITECTURE.md", at + 1, &format!("{name}: the page says {said:?}, the test holds {held:?}"));
        }
    }
    broken.report();
}

#[test]
fn the_pure_ring_depends_on_no_input_or_output() {
    let mut broken = Broken::rule("Take what is needed as an argument, or move the code to an engine or an edge.");
    for name in PURE {
        let file = format!("crates/{name}/Cargo.toml");
        for (section, dependency) in dependencies(name) {
            let excepted = section == "dev-dependencies" || EXCEPTIONS.contains(&(name, dependency.as_str()));
            if NOT_PURE.contains(&dependency.as_str()) && !excepted {
                broken.at(&file, line_of(&file, &dependency), &format!("{name} depends on {dependency}"));
            }
        }
    }
    broken.report();
}

#[test]
fn walled_dependencies_stay_behind_their_wall() {
    let mut broken = Broken::rule("Use what the crate behind the wall offers, or let it offer more.");
    for name in crates() {
        let file = format!("crates/{name}/Cargo.toml");
        for (section, dependency) in dependencies(&name) {
            let wall = WALLS.iter().find(|(walled, _)| *walled == dependency);
            let outside = wall.is_some_and(|(_, inside)| !inside.contains(&name.as_str()));
            if outside && section != "dev-dependencies" {
                broken.at(&file, line_of(&file, &dependency), &format!("{name} depends on {dependency}"));
            }
        }
    }
    broken.report();
}

#[test]
fn manifests_inherit_from_the_workspace() {
    let mut broken =
        Broken::rule("Write `[lints] workspace = true`, `edition.workspace = true` and so on, and a description.");
    for file in crates().iter().map(|name| format!("crates/{name}/Cargo.toml")).chain(["tests/Cargo.toml".into()]) {
        let manifest = manifest(&file);
        let inherits = |table: Option<&Value>| {
            table.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
        };
        if !inherits(manifest.get("lints")) {
            broken.at(&file, 0, "the lints are not the workspace's");
        }
        let package = manifest.get("package");
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            if !inherits(package.and_then(|package| package.get(key))) {
                broken.at(&file, 0, &format!("{key} is not the workspace's"));
            }
        }
        let described = package.and_then(|package| package.get("description")).and_then(Value::as_str);
        if described.is_none_or(|text| text.len() < 20) {
            broken.at(&file, 0, "there is no description");
        }
        let name = package.and_then(|package| package.get("name")).and_then(Value::as_str).unwrap_or_default();
        if !file.contains(&format!("{name}/Cargo.toml")) {
            broken.at(&file, 0, &format!("the package is called {name}, its folder is not"));
        }
    }
    broken.report();
}

#[test]
fn versions_of_dependencies_stand_in_the_root_manifest() {
    let mut broken = Broken::rule("Put the version into [workspace.dependencies] and write `name.workspace = true`.");
    for name in crates() {
        let file = format!("crates/{name}/Cargo.toml");
        for section in SECTIONS {
            let manifest = manifest(&file);
            let Some(Value::Table(table)) = manifest.get(section) else {
                continue;
            };
            for (dependency, value) in table {
                if value.get("workspace").is_none() {
                    broken.at(&file, line_of(&file, dependency), &format!("{dependency} has a version of its own"));
                }
            }
        }
    }
    broken.report();
}

const SECTIONS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];

fn manifest(file: &str) -> Table {
    let text = read(file).expect("each crate has a manifest");
    text.parse().expect("cargo has read the manifest as TOML")
}

/// What a crate depends on, by section.
fn dependencies(name: &str) -> Vec<(&'static str, String)> {
    let manifest = manifest(&format!("crates/{name}/Cargo.toml"));
    let names = |section: &'static str| {
        let table = manifest.get(section).and_then(Value::as_table);
        table.into_iter().flat_map(Table::keys).map(move |name| (section, name.clone()))
    };
    SECTIONS.into_iter().flat_map(names).collect()
}

fn line_of(file: &str, dependency: &str) -> usize {
    let text = read(file).unwrap_or_default();
    let starts = |line: &str| line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    text.lines().position(starts).map_or(0, |at| at + 1)
}
