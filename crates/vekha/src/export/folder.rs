//! The folder of an export: all of its files or none, and a manifest that says what they are.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// What says that a folder is an export.
const MANIFEST: &str = "manifest.json";

/// A folder beside the one that is wanted, until all files are in it.
pub(super) struct Folder {
    /// Removed with everything in it, unless it was published.
    parent: TempDir,
    /// Where the files are to be, links followed.
    wanted: PathBuf,
}

/// A file of an export, as the manifest tells it.
#[derive(Debug, Serialize)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) set: String,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Folder {
    /// Looks at the wanted folder, and makes one beside it.
    ///
    /// # Errors
    /// The wanted folder holds something else, or nothing can be written there.
    pub(super) fn prepare(wanted: &Path) -> anyhow::Result<Self> {
        if wanted.exists() {
            anyhow::ensure!(wanted.is_dir(), "{} is no folder: name a new or empty one", wanted.display());
            let foreign = !is_empty(wanted)? && !wanted.join(MANIFEST).is_file();
            anyhow::ensure!(
                !foreign,
                "{} is not empty and no earlier export (it has no {MANIFEST}): name a new folder, or empty it yourself",
                wanted.display()
            );
        }
        let wanted = wanted.canonicalize().unwrap_or_else(|_| wanted.to_owned());
        let beside = match wanted.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(beside).with_context(|| format!("cannot make the folder {}", beside.display()))?;
        let parent = tempfile::Builder::new().prefix(".vekha-export-").tempdir_in(beside);
        let parent = parent.with_context(|| format!("cannot write into the folder {}", beside.display()))?;
        let folder = Self { parent, wanted };
        fs::create_dir(folder.path()).with_context(|| format!("cannot make the folder {}", folder.path().display()))?;
        Ok(folder)
    }

    fn path(&self) -> PathBuf {
        self.parent.path().join("files")
    }

    /// A new file.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn create(&self, name: &str) -> anyhow::Result<Writing> {
        let path = self.path().join(name);
        let file = fs::File::create_new(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Writing { name: name.to_owned(), file, bytes: 0, sha256: Sha256::new() })
    }

    /// Writes the manifest, the last file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn manifest(&self, manifest: &Value) -> anyhow::Result<()> {
        let mut writing = self.create(MANIFEST)?;
        let text = serde_json::to_string_pretty(manifest)?;
        writeln!(writing, "{text}").context("cannot write the manifest")?;
        writing.finish("manifest", 1).map(drop)
    }

    /// Puts the folder into its place in one step; an earlier export goes.
    ///
    /// # Errors
    /// The file system refuses; then the earlier export stays as it was.
    pub(super) fn publish(self) -> anyhow::Result<()> {
        let (path, wanted) = (self.path(), self.wanted.as_path());
        let moved = if wanted.exists() && !is_empty(wanted)? {
            let exchange = RenameFlags::RENAME_EXCHANGE;
            renameat2(AT_FDCWD, &path, AT_FDCWD, wanted, exchange).map_err(io::Error::from)
        } else {
            fs::rename(&path, wanted)
        };
        moved.with_context(|| format!("cannot put the files into {}: move it away and try again", wanted.display()))
    }
}

fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    let read = fs::read_dir(folder).with_context(|| format!("cannot look into {}", folder.display()));
    Ok(read?.next().is_none())
}

/// A file that is being written, with its checksum.
pub(super) struct Writing {
    name: String,
    file: fs::File,
    bytes: u64,
    sha256: Sha256,
}

impl Writing {
    /// Makes sure that it is on the disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn finish(self, set: &str, rows: u64) -> anyhow::Result<File> {
        self.file.sync_all().with_context(|| format!("cannot write {}", self.name))?;
        let sha256 = domain::expand::hex(&self.sha256.finalize());
        Ok(File { name: self.name, set: set.to_owned(), rows, bytes: self.bytes, sha256 })
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += u64::try_from(written).unwrap_or(u64::MAX);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
