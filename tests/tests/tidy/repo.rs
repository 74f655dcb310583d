//! The files of the repository, and the report of what breaks a rule.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source: build results, tools, data of a running service.
const NOT_OURS: &[&str] = &[".git", "target", ".tools", ".vekha", "node_modules", "__pycache__"];

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the package lies one folder below the top").to_path_buf()
}

/// The text of a file below the top, or nothing when there is no such file.
pub(crate) fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// The crates, by their folder's name.
pub(crate) fn crates() -> Vec<String> {
    let mut names: Vec<String> = entries(&root().join("crates"))
        .into_iter()
        .filter(|entry| entry.join("Cargo.toml").is_file())
        .map(|entry| name_of(&entry))
        .collect();
    names.sort();
    names
}

/// Every file whose name ends with one of `endings`, as a path from the top with `/`, sorted.
pub(crate) fn files(endings: &[&str]) -> Vec<String> {
    let top = root();
    let mut found = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder) {
            let name = name_of(&entry);
            if entry.is_symlink() || NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            if entry.is_dir() {
                folders.push(entry);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let path = entry.strip_prefix(&top).expect("found below the top");
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The names of what lies at the top, without what is not ours.
pub(crate) fn top_names() -> Vec<String> {
    let names = entries(&root()).into_iter().map(|entry| name_of(&entry));
    names.filter(|name| !NOT_OURS.contains(&name.as_str())).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(listing) = fs::read_dir(folder) else {
        return Vec::new();
    };
    listing.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The places that break one rule.
pub(crate) struct Broken {
    advice: &'static str,
    places: Vec<String>,
}

impl Broken {
    /// An empty report; `advice` tells the reader what to do about each place.
    pub(crate) fn rule(advice: &'static str) -> Self {
        Self { advice, places: Vec::new() }
    }

    /// Adds a place: a file from the top, its line (from 1; 0 for the whole file), what is there.
    pub(crate) fn at(&mut self, file: &str, line: usize, what: &str) {
        let line = if line == 0 { String::new() } else { format!(":{line}") };
        self.places.push(format!("{file}{line}: {what}"));
    }

    /// Fails the test when there is a place.
    #[track_caller]
    pub(crate) fn report(self) {
        let count = plural(self.places.len());
        let places = self.places.join("\n  ");
        assert!(self.places.is_empty(), "{count} broken\n  {places}\n{}\n", self.advice);
    }
}

fn plural(count: usize) -> String {
    if count == 1 { "1 place".into() } else { format!("{count} places") }
}
