//! Rules of the house as a whole: what lies at the top, and the settings that crates share.

use crate::arrows::PURE;
use crate::repo::{Broken, read, root, top_names};
use std::collections::BTreeSet;

/// What may lie at the top of the repository.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".config",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "clippy.toml",
    "crates",
    "dashboards",
    "deny.toml",
    "deploy",
    "docs",
    "rustfmt.toml",
    "tests",
];

#[test]
fn the_top_of_the_repository_is_tidy() {
    let mut broken = Broken::rule("Put it into the folder it belongs to, or into .gitignore and NOT_OURS.");
    for name in top_names().iter().filter(|name| !TOP.contains(&name.as_str())) {
        broken.at(name, 0, "does not belong at the top");
    }
    broken.report();
}

#[test]
fn the_pure_ring_shares_its_clippy_settings() {
    let mut broken = Broken::rule("ln -s ../domain/clippy.toml crates/NAME/clippy.toml");
    let settings = read("crates/domain/clippy.toml");
    for name in PURE {
        let file = format!("crates/{name}/clippy.toml");
        if settings.is_none() || read(&file) != settings {
            broken.at(&file, 0, "not the settings of the pure ring");
        } else if *name != "domain" && !root().join(&file).is_symlink() {
            broken.at(&file, 0, "a copy, which will differ one day");
        }
    }
    broken.report();
}

#[test]
fn thresholds_of_clippy_are_the_same_in_both_files() {
    let mut broken = Broken::rule(
        "Clippy reads the nearest file only: repeat the line in clippy.toml and crates/domain/clippy.toml.",
    );
    let [root, ring] = ["clippy.toml", "crates/domain/clippy.toml"].map(|file| {
        let table: toml::Table = read(file).unwrap_or_default().parse().expect("clippy has read it as TOML");
        table.into_iter().filter(|(key, _)| key != "disallowed-methods").collect::<toml::Table>()
    });
    let keys: BTreeSet<&String> = root.keys().chain(ring.keys()).collect();
    for key in keys.into_iter().filter(|key| root.get(*key) != ring.get(*key)) {
        broken.at("clippy.toml", 0, &format!("{key} differs from crates/domain/clippy.toml"));
    }
    broken.report();
}

#[cfg(unix)]
#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut broken = Broken::rule("chmod +x");
    for script in [".ci/run", "deploy/tools/get", "deploy/tools/gate"] {
        let runs = root().join(script).metadata().is_ok_and(|data| data.permissions().mode() & 0o111 != 0);
        if !runs {
            broken.at(script, 0, "is not executable");
        }
    }
    broken.report();
}
