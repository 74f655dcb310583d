//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use domain::expand::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A file of the caches, and what it must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRef {
    /// Its name within the folder.
    pub(crate) file: String,
    /// How many bytes it has.
    pub(crate) bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub(crate) sha256: String,
}

/// SHA-256 as text.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Writes a file under a temporary name, syncs it and puts it in place.
pub(crate) fn write(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<FileRef> {
    fs::create_dir_all(dir)?;
    let temporary = dir.join(format!("{name}.tmp"));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, dir.join(name))) {
        // What is left of it only takes space; the next sweep looks again.
        fs::remove_file(&temporary).ok();
        return Err(error);
    }
    File::open(dir)?.sync_all()?;
    Ok(FileRef { file: name.to_owned(), bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX), sha256: sha256(bytes) })
}

/// Reads a file that must be whole; `None` when it is not, or not there.
pub(crate) fn read(dir: &Path, expected: &FileRef) -> Option<Vec<u8>> {
    let bytes = fs::read(dir.join(&expected.file)).ok()?;
    (sha256(&bytes) == expected.sha256).then_some(bytes)
}

/// A value as a line of JSON, and a line with the SHA-256 of that.
pub(crate) fn sealed(value: &impl Serialize) -> io::Result<String> {
    let line = serde_json::to_string(value).map_err(io::Error::other)?;
    let seal = seal(&line);
    Ok(format!("{line}\n{seal}"))
}

/// The line of JSON of a sealed text, when it is the one that was sealed.
pub(crate) fn unsealed(text: &str) -> Option<&str> {
    text.split_once('\n').filter(|(line, sum)| *sum == seal(line)).map(|(line, _)| line)
}

fn seal(line: &str) -> String {
    format!("sha256 {}\n", sha256(line.as_bytes()))
}

/// Whether a name is one that this crate gives to its files.
fn is_ours(name: &str) -> bool {
    let name = name.strip_suffix(".tmp").unwrap_or(name);
    let known = |prefix: &str, suffix: &str| name.starts_with(prefix) && name.ends_with(suffix);
    name == crate::checkpoint::MANIFEST
        || name == crate::milestones::LIST
        || known("facts-", ".parquet")
        || known("tail-", ".parquet")
        || known("register-", ".bin")
}

/// Removes our files but those named; what cannot be removed stays, and only takes space.
pub(crate) fn sweep(dir: &Path, keep: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| is_ours(name) && !keep(name))
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::warn!(file = %entry.path().display(), %error, "an old file of the caches cannot be removed");
        }
    }
}
