//! Rules of the Rust source: purity, length, casts, panics, spawns, docs.

use crate::arrows::PURE;
use crate::repo::{Broken, files, read};
use crate::rust::{functions, mask, without_tests};
use std::collections::BTreeSet;

/// Lines of a file without its tests; 350 is the aim.
const FILE_LINES_MAX: usize = 500;
/// Lines of code in a function, as in clippy.toml.
const FUNCTION_LINES_MAX: usize = 70;

/// One source file.
struct Source {
    path: String,
    raw: String,
    /// Without comments, literals and, line for line, tests.
    code: String,
    /// Comments and literals are gone, tests are not.
    masked: String,
    /// Lines of the file that are not tests.
    lines: usize,
}

impl Source {
    fn is_pure(&self) -> bool {
        PURE.iter().any(|name| self.path.starts_with(&format!("crates/{name}/src/")))
    }

    fn is_root(&self) -> bool {
        self.path.ends_with("/src/lib.rs") || self.path.ends_with("/src/main.rs")
    }

    /// Whether line `line` (from 1), or the one above it, says why it may break `rule`.
    fn is_waived(&self, rule: &str, line: usize) -> bool {
        let mark = format!("tidy-ok({rule}): ");
        let near = self.raw.lines().skip(line.saturating_sub(2)).take(if line == 1 { 1 } else { 2 });
        near.filter_map(|text| text.split_once(&mark)).any(|(_, why)| why.len() >= 10)
    }
}

/// Every Rust file; of files that hold only tests, `code` is empty.
fn sources() -> Vec<Source> {
    let mut all: Vec<Source> = files(&[".rs"]).into_iter().filter_map(load).collect();
    let tests: BTreeSet<String> = all.iter().flat_map(test_modules).collect();
    for source in all.iter_mut().filter(|source| is_test_path(&source.path) || tests.contains(&source.path)) {
        source.code.clear();
        source.lines = 0;
    }
    all
}

fn load(path: String) -> Option<Source> {
    let raw = read(&path)?;
    let masked = mask(&raw);
    let (code, test_lines) = without_tests(&masked);
    let lines = raw.lines().count().saturating_sub(test_lines);
    Some(Source { path, raw, code, masked, lines })
}

fn is_test_path(path: &str) -> bool {
    path.starts_with("tests/")
        || path.ends_with("/tests.rs")
        || ["/tests/", "/benches/"].iter().any(|part| path.contains(part))
}

/// The files of modules that are declared as `#[cfg(test)] mod name;`.
fn test_modules(source: &Source) -> Vec<String> {
    let folder = match source.path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
        _ => source.path.trim_end_matches(".rs").to_owned(),
    };
    let declared = source.masked.split("#[cfg(test)]").skip(1).filter_map(|rest| {
        let name = rest.split(';').next()?.trim().trim_start_matches("pub(crate) ").strip_prefix("mod ")?;
        name.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| name.to_owned())
    });
    declared.map(|name| format!("{folder}/{name}.rs")).collect()
}

/// Reports each line of non-test code in which `find` sees something.
fn scan(rule: &str, advice: &'static str, of: impl Fn(&Source) -> bool, find: impl Fn(&str) -> Option<String>) {
    let mut broken = Broken::rule(advice);
    for source in sources().iter().filter(|source| of(source)) {
        for (at, line) in source.code.lines().enumerate() {
            let Some(what) = find(line) else { continue };
            if !source.is_waived(rule, at + 1) {
                broken.at(&source.path, at + 1, &format!("{what} [{rule}]"));
            }
        }
    }
    broken.report();
}

/// The first of `needles` that stands in the line as words of its own.
fn first_of(line: &str, needles: &[&str]) -> Option<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let stands = |needle: &str| {
        line.match_indices(needle).any(|(at, _)| {
            let before = line[..at].chars().next_back().is_some_and(is_word) && needle.starts_with(is_word);
            let after = line[at + needle.len()..].chars().next().is_some_and(is_word) && needle.ends_with(is_word);
            !before && !after
        })
    };
    needles.iter().find(|needle| stands(needle)).map(|needle| (*needle).to_owned())
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let mut broken =
        Broken::rule("Begin the file with `//!` and one sentence: what it is for; in lib.rs also what it never does.");
    for source in sources() {
        let said = source.raw.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        if said.len() < if source.is_root() { 30 } else { 10 } {
            broken.at(
                &source.path,
                1,
                if said.is_empty() { "no module doc" } else { "the first line says too little" },
            );
        }
    }
    broken.report();
}

#[test]
fn files_are_short() {
    let mut broken = Broken::rule("Split the file where a name exists for the part: `foo.rs` + `foo/part.rs`.");
    for source in sources().iter().filter(|source| source.lines > FILE_LINES_MAX && !source.is_waived("length", 1)) {
        broken.at(&source.path, 0, &format!("{} lines without tests, at most {FILE_LINES_MAX} [length]", source.lines));
    }
    broken.report();
}

#[test]
fn functions_are_short() {
    let mut broken = Broken::rule("Name a part of the function and take it out.");
    for source in sources() {
        for function in functions(&source.code) {
            let attributes: Vec<&str> = source.raw.lines().take(function.line).collect();
            let near = attributes.iter().rev().take(8).any(|line| line.contains("expect(clippy::too_many_lines"));
            if function.lines > FUNCTION_LINES_MAX && !near {
                let what =
                    format!("fn {} has {} lines of code, at most {FUNCTION_LINES_MAX}", function.name, function.lines);
                broken.at(&source.path, function.line, &what);
            }
        }
    }
    broken.report();
}

#[test]
fn files_are_named_for_what_they_hold() {
    let mut broken = Broken::rule("Name the file for what it holds, or put each function beside its caller.");
    for source in sources() {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        if matches!(name, "util.rs" | "utils.rs" | "helpers.rs" | "misc.rs" | "prelude.rs" | "stuff.rs") {
            broken.at(&source.path, 0, "says nothing about what is inside");
        }
    }
    broken.report();
}

#[test]
fn the_pure_ring_touches_nothing_outside() {
    const OUTSIDE: &[&str] = &[
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant",
        "Timestamp::now",
        "Zoned::now",
        "TimeZone::system",
        "rand::rng",
        "rand::random",
        "make_rng",
        "thread_rng",
        "from_os_rng",
        "from_entropy",
        "OsRng",
        "SysRng",
        "RandomState::new",
        "tracing::",
        "log::",
        "println!",
        "eprintln!",
        "print!",
        "eprint!",
        "stdin()",
        "stdout()",
        "stderr()",
    ];
    const ADVICE: &str = "Time, ids, randomness and contents of files are arguments here; the caller brings them.";
    scan("pure", ADVICE, Source::is_pure, |line| {
        let mut tokio = line.match_indices("tokio::").map(|(at, _)| &line[at + 7..]);
        let other = tokio.find(|part| !part.starts_with("sync") && !part.starts_with("task::yield_now"));
        first_of(line, OUTSIDE).or_else(|| other.map(|_| "of tokio, only sync and yield_now".into()))
    });
}

#[test]
fn the_wall_clock_is_read_in_the_binary_only() {
    const CLOCKS: &[&str] = &["Timestamp::now", "Zoned::now", "SystemTime::now", "Utc::now", "Local::now"];
    let elsewhere = |source: &Source| !source.path.starts_with("crates/vekha/") && !source.is_pure();
    scan("clock", "Take the moment, or a clock, as an argument; vekha passes the real one.", elsewhere, |line| {
        first_of(line, CLOCKS)
    });
}

#[test]
fn only_the_wiring_spawns() {
    const SPAWNS: &[&str] = &["tokio::spawn", "task::spawn", "task::spawn_local", "thread::spawn"];
    let elsewhere = |source: &Source| !source.path.starts_with("crates/vekha/src/wiring");
    scan("spawn", "Offer `run(self, stop)` and let vekha::wiring start it in its JoinSet.", elsewhere, |line| {
        first_of(line, SPAWNS)
    });
}

#[test]
fn lints_are_expected_with_a_reason_not_allowed() {
    let mut broken = Broken::rule("Write #[expect(lint, reason = \"why\")]: it complains when it is no longer needed.");
    for source in sources() {
        for (at, line) in source.masked.lines().enumerate() {
            if line.contains("#[allow(") || line.contains("#![allow(") {
                broken.at(&source.path, at + 1, "a lint is allowed");
            }
        }
    }
    broken.report();
}

#[test]
fn nothing_panics_on_data() {
    const PANICS: &[&str] = &[".unwrap()", ".unwrap_err()", ".expect(\"\")", "panic!"];
    scan(
        "panic",
        "Return an error, or write expect(\"why this holds\") for what is proved.",
        |_| true,
        |line| first_of(line, PANICS),
    );
}

#[test]
fn nothing_is_left_unfinished() {
    const LEFT: &[&str] = &["todo!", "unimplemented!", "dbg!"];
    scan("unfinished", "Finish it, or leave it out and say so in the docs.", |_| true, |line| first_of(line, LEFT));
}

#[test]
fn numbers_are_converted_not_cast() {
    const NUMBERS: &[&str] =
        &["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];
    scan(
        "cast",
        "Use From or TryFrom: a cast wraps, cuts and rounds in silence.",
        |_| true,
        |line| {
            let casts = line.match_indices(" as ").map(|(at, _)| &line[at + 4..]);
            let to = casts.map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default());
            to.into_iter().find(|to| NUMBERS.contains(to)).map(|to| format!("as {to}"))
        },
    );
}
