//! Milestones: earlier snapshots of the register, from which a read of the past folds on.
//!
//! Each is the register's file of a checkpoint that was not removed when a newer one came. They are thinned, so that
//! few of them stand evenly over a log of any length. None is trusted before its bytes and its log were looked at, and
//! without them everything is folded from the beginning.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::expand::hex;
use journal::{Epoch, Seq};
use register::Register;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::checkpoint::Versions;
use crate::files::{self, FileRef};

/// Name of the list's file: a line of JSON and a line with its SHA-256.
pub(crate) const LIST: &str = "milestones.json";

/// Most milestones that are kept: a nation's has the size of its register.
pub(crate) const KEPT_MAX: usize = 12;

/// The newest snapshots behind the closing of a period, which are kept however near another one is: reports are
/// asked for as of then.
const CLOSINGS_MAX: usize = 3;

/// A snapshot of the register, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Milestone {
    pub(crate) versions: Versions,
    pub(crate) epoch: String,
    pub(crate) seq: Seq,
    pub(crate) last_event_sha256: String,
    pub(crate) register: FileRef,
    /// A period was closed between the checkpoint before it and this one.
    pub(crate) closing: bool,
}

/// Milestones in the order of the log; the last is that of the newest checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Milestones {
    /// Events that lie between two of them, at least.
    pub(crate) spacing: u64,
    pub(crate) kept: Vec<Milestone>,
}

impl Milestones {
    /// Takes the newest one, and lets go of those that stand too near or are too many.
    pub(crate) fn add(&mut self, newest: Milestone) {
        self.kept.retain(|known| known.seq < newest.seq);
        self.kept.push(newest);
        self.thin();
        while self.kept.len() > KEPT_MAX {
            self.spacing = self.spacing.max(1).saturating_mul(2);
            self.thin();
        }
    }

    fn thin(&mut self) {
        let newest = self.kept.last().map(|last| last.seq);
        let closings = self.kept.iter().rev().filter(|known| known.closing).take(CLOSINGS_MAX);
        let stays: Vec<Seq> = closings.map(|known| known.seq).chain(newest).collect();
        let mut next = self.spacing;
        self.kept.retain(|known| {
            let far = known.seq.get() >= next;
            if far {
                next = known.seq.get().saturating_add(self.spacing);
            }
            far || stays.contains(&known.seq)
        });
    }
}

/// The milestones of a folder: the projector adds to them, reads of the past take from them.
#[derive(Debug)]
pub(crate) struct Shelf {
    dir: PathBuf,
    list: Mutex<Milestones>,
}

impl Shelf {
    /// Reads the list of a folder whose checkpoint reaches so far. What cannot be used is told and left out; the next
    /// checkpoint removes it.
    pub(crate) fn open(dir: &Path, spacing: u64, ours: Versions, epoch: &Epoch, reached: Seq) -> Self {
        let mut list = read(dir).unwrap_or_else(|torn| {
            warn!(dir = %dir.display(), "{LIST} is {torn}: the milestones are left out, reads of the past take longer");
            Milestones::default()
        });
        list.spacing = list.spacing.max(spacing);
        list.kept.retain(|known| {
            let fault = known.fault(dir, ours, epoch, reached);
            if let Some(fault) = fault {
                left_out(known, fault);
            }
            fault.is_none()
        });
        list.kept.sort_by_key(|known| known.seq);
        Self { dir: dir.to_owned(), list: Mutex::new(list) }
    }

    /// Adds the snapshot of a checkpoint that was written.
    pub(crate) fn add(&self, newest: Milestone) -> io::Result<()> {
        let mut list = self.list().clone();
        list.add(newest);
        let text = files::sealed(&list)?;
        files::write(&self.dir, LIST, text.as_bytes())?;
        *self.list() = list;
        Ok(())
    }

    /// Whether a file belongs to them.
    pub(crate) fn names(&self, file: &str) -> bool {
        file == LIST || self.list().kept.iter().any(|known| known.register.file == file)
    }

    /// The last one at a position or before it.
    pub(crate) fn nearest(&self, seq: Seq) -> Option<Milestone> {
        self.list().kept.iter().rev().find(|known| known.seq <= seq).cloned()
    }

    /// Reads one; `None` when it is not what the list says, or was let go of meanwhile.
    pub(crate) fn load(&self, milestone: &Milestone) -> Option<Register> {
        let bytes = files::read(&self.dir, &milestone.register)?;
        let register: Register = postcard::from_bytes(&bytes).ok()?;
        let fits = register.last_seq() == milestone.seq
            && register.epoch() == Some(milestone.epoch.as_str())
            && hex(&register.last_hash()) == milestone.last_event_sha256;
        fits.then_some(register)
    }

    /// Lets go of one that proved to be of no use, unless that was done meanwhile.
    pub(crate) fn discard(&self, milestone: &Milestone, why: &'static str) {
        let mut list = self.list();
        let before = list.kept.len();
        list.kept.retain(|known| known != milestone);
        if list.kept.len() < before {
            left_out(milestone, why);
        }
    }

    pub(crate) fn list(&self) -> MutexGuard<'_, Milestones> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Milestone {
    /// Why it cannot be used, as far as that is seen without reading it.
    fn fault(&self, dir: &Path, ours: Versions, epoch: &Epoch, reached: Seq) -> Option<&'static str> {
        let whole = || fs::metadata(dir.join(&self.register.file)).is_ok_and(|file| file.len() == self.register.bytes);
        if self.versions != ours {
            Some("of another version")
        } else if self.epoch != epoch.as_str() {
            Some("of another log")
        } else if self.seq > reached {
            Some("ahead of the checkpoint")
        } else if !whole() {
            Some("missing or damaged")
        } else {
            None
        }
    }
}

/// The list of a folder; empty when there is none.
fn read(dir: &Path) -> Result<Milestones, &'static str> {
    let text = match fs::read_to_string(dir.join(LIST)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Milestones::default()),
        Err(_) => return Err("unreadable"),
    };
    let line = files::unsealed(&text).ok_or("damaged")?;
    serde_json::from_str(line).map_err(|_| "of another version")
}

fn left_out(milestone: &Milestone, why: &'static str) {
    let (seq, file) = (milestone.seq, &milestone.register.file);
    warn!(seq = seq.get(), file, "the milestone at {seq} is {why}: it is left out, reads of the past take longer");
}
