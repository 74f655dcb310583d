//! Rules of every text in the repository: whitespace, leftovers, links, and what must not be named.

use crate::repo::{Broken, files, read, root};

/// Texts that people write here.
const WRITTEN: &[&str] = &[".rs", ".md", ".toml", ".py", ".sh", ".yml", ".yaml"];

#[test]
fn lines_end_clean() {
    let mut broken = Broken::rule("Use spaces, end lines with LF and without spaces, and files with one line end.");
    for file in files(WRITTEN) {
        let text = read(&file).unwrap_or_default();
        for (at, line) in text.split('\n').enumerate() {
            if line.contains('\r') {
                broken.at(&file, at + 1, "carriage return");
            } else if line.contains('\t') {
                broken.at(&file, at + 1, "tab");
            } else if line.ends_with(' ') {
                broken.at(&file, at + 1, "space at the end");
            }
        }
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            broken.at(&file, text.lines().count(), "the file must end with one line end");
        }
    }
    broken.report();
}

#[test]
fn nothing_waits_to_be_done() {
    // In pieces, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
    let mut broken = Broken::rule("Do it now, or file an issue and leave no mark here.");
    for file in files(WRITTEN) {
        for (at, line) in read(&file).unwrap_or_default().lines().enumerate() {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if let Some(mark) = words.find(|word| marks.contains(word)) {
                broken.at(&file, at + 1, mark);
            }
        }
    }
    broken.report();
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut broken = Broken::rule("Correct the link: it is looked up from the folder of its page.");
    for file in files(&[".md"]) {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut in_code = false;
        for (at, line) in read(&file).unwrap_or_default().lines().enumerate() {
            in_code ^= line.trim_start().starts_with("```");
            for target in targets(line).filter(|_| !in_code) {
                let path = target.split('#').next().unwrap_or_default();
                let outside = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
                let from_top =
                    path.strip_prefix('/').map_or_else(|| root().join(&folder).join(path), |path| root().join(path));
                if !outside && !from_top.exists() {
                    broken.at(&file, at + 1, &format!("{target} is not there"));
                }
            }
        }
    }
    broken.report();
}

/// The targets of a line's Markdown links.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let inside = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    inside.filter_map(|target| target.split_whitespace().next()).map(|target| target.trim_matches(['<', '>']))
}

#[test]
fn no_place_outside_the_repository_is_named() {
    // In pieces, so that this file does not find itself.
    let foreign = [
        concat!("../sha", "red"),
        concat!("/wo", "rk/"),
        concat!("crates", ".io"),
        concat!("py", "pi.org"),
        concat!("python", "hosted.org"),
        concat!("registry.", "npmjs"),
        concat!("deb.", "debian.org"),
        concat!("static.rust", "-lang.org"),
        concat!("proxy.", "golang.org"),
    ];
    let mut broken =
        Broken::rule("A clone must stand alone: name packages, not places. Put the file into the repository.");
    for file in files(&[""]).iter().filter(|file| *file != "Cargo.lock") {
        for (at, line) in read(file).unwrap_or_default().lines().enumerate() {
            if let Some(name) = foreign.iter().find(|name| line.contains(*name)) {
                broken.at(file, at + 1, name);
            }
        }
    }
    broken.report();
}
