//! The checkpoint: which files belong together, of which log, up to where, made by which fold.

use std::fmt;
use std::io;
use std::path::Path;

use domain::evolve::FOLD_VERSION;
use domain::expand::{EXPANDER_VERSION, hex};
use journal::Seq;
use register::Register;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::facts::Facts;
use crate::files::{self, FileRef};
use crate::pending::Raw;
use crate::segment::{self, SegmentRef};

/// Name of the checkpoint's file: a line of JSON and a line with its SHA-256.
pub(crate) const MANIFEST: &str = "checkpoint.json";

/// Version of the files' shapes, that of the register's snapshot included.
const FORMAT: u32 = 1;

/// Versions of everything that a checkpoint depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Of the files' shapes.
    pub format: u32,
    /// Of the fold: what events do to obligations.
    pub fold: u32,
    /// Of the expansion of plans.
    pub expander: u16,
    /// Events of a sealed segment.
    pub segment_events: u32,
}

impl Versions {
    /// Those of this program.
    pub(crate) fn ours(segment_events: u32) -> Self {
        Self { format: FORMAT, fold: FOLD_VERSION, expander: EXPANDER_VERSION, segment_events }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, fold, expander, segment_events } = self;
        write!(f, "format {format}, fold {fold}, expander {expander}, {segment_events} events a segment")
    }
}

/// Why a checkpoint is not used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rejected {
    /// A file is missing, cut or changed. The state is built from the log.
    #[error("the checkpoint is torn, its file {file} is missing or damaged")]
    Torn {
        /// Which file.
        file: String,
    },
    /// Another version wrote it. The state is built from the log.
    #[error("the checkpoint is of {found}, this program has {ours}")]
    OlderFold {
        /// The checkpoint's versions.
        found: Versions,
        /// Ours.
        ours: Versions,
    },
    /// It is of another log. The process stops.
    #[error("the checkpoint is of epoch {found}, the log is of epoch {log}")]
    OtherEpoch {
        /// The checkpoint's epoch.
        found: String,
        /// The log's epoch.
        log: String,
    },
    /// The log ends before it. The process stops.
    #[error("the checkpoint reaches {checkpoint}, the log ends at {log}")]
    AheadOfLog {
        /// How far the checkpoint reaches.
        checkpoint: Seq,
        /// How far the log reaches.
        log: Seq,
    },
    /// The log holds another event at its place. The process stops.
    #[error("the event {seq} in the log is not the one that the checkpoint was taken at")]
    Diverged {
        /// The place.
        seq: Seq,
    },
}

impl Rejected {
    /// Whether building from the log is the cure; otherwise an operator must decide.
    pub(crate) fn heals(&self) -> bool {
        match self {
            Self::Torn { .. } | Self::OlderFold { .. } => true,
            Self::OtherEpoch { .. } | Self::AheadOfLog { .. } | Self::Diverged { .. } => false,
        }
    }

    fn torn(file: &str) -> Self {
        Self::Torn { file: file.to_owned() }
    }
}

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) versions: Versions,
    pub(crate) epoch: String,
    pub(crate) seq: Seq,
    pub(crate) last_event_sha256: String,
    pub(crate) register: FileRef,
    pub(crate) segments: Vec<SegmentRef>,
    pub(crate) tail: Option<SegmentRef>,
}

/// What every checkpoint says, whatever its version.
#[derive(Deserialize)]
struct Head {
    versions: Versions,
}

/// The state that a checkpoint holds.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) register: Register,
    pub(crate) facts: Facts,
    pub(crate) raw: Vec<Raw>,
    pub(crate) segments: Vec<SegmentRef>,
}

impl Manifest {
    /// Reads the manifest of a folder; `None` when there is none.
    pub(crate) fn read(dir: &Path, ours: Versions) -> Result<Option<Self>, Rejected> {
        let text = match std::fs::read_to_string(dir.join(MANIFEST)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(Rejected::torn(MANIFEST)),
        };
        let line = files::unsealed(&text).ok_or_else(|| Rejected::torn(MANIFEST))?;
        // The versions first: another format may have other fields behind them.
        let head: Head = serde_json::from_str(line).map_err(|_| Rejected::torn(MANIFEST))?;
        if head.versions != ours {
            return Err(Rejected::OlderFold { found: head.versions, ours });
        }
        serde_json::from_str(line).map(Some).map_err(|_| Rejected::torn(MANIFEST))
    }

    /// Puts the manifest in place of an older one.
    pub(crate) fn write(&self, dir: &Path) -> io::Result<()> {
        files::write(dir, MANIFEST, files::sealed(self)?.as_bytes()).map(drop)
    }

    /// Whether a file belongs to it.
    pub(crate) fn names(&self, file: &str) -> bool {
        let segments = self.segments.iter().chain(&self.tail).map(|segment| &segment.file);
        file == MANIFEST || segments.chain([&self.register]).any(|known| known.file == file)
    }

    /// Reads the state; every byte of every file is held to its hash.
    pub(crate) fn restore(&self, dir: &Path) -> Result<Restored, Rejected> {
        let whole = |file: &FileRef| files::read(dir, file).ok_or_else(|| Rejected::torn(&file.file));
        let register: Register =
            postcard::from_bytes(&whole(&self.register)?).map_err(|_| Rejected::torn(&self.register.file))?;
        let mut facts = Facts::default();
        let mut next = Seq::FIRST;
        for segment in &self.segments {
            let rows = segment::decode(whole(&segment.file)?, segment.first, &register);
            let rows = rows.ok().filter(|_| segment.first == next);
            facts.append(rows.ok_or_else(|| Rejected::torn(&segment.file.file))?);
            next = segment.last.next();
        }
        let mut raw = Vec::new();
        if let Some(tail) = &self.tail {
            let read = segment::decode_whole(whole(&tail.file)?, tail.first, &register);
            let read = read.ok().filter(|_| tail.first == next);
            let (rows, bytes) = read.ok_or_else(|| Rejected::torn(&tail.file.file))?;
            facts.append(rows);
            raw = bytes;
        }
        let reached = u64::try_from(facts.len()) == Ok(self.seq.get()) && register.last_seq() == self.seq;
        if !reached || hex(&register.last_hash()) != self.last_event_sha256 {
            return Err(Rejected::torn(MANIFEST));
        }
        Ok(Restored { register, facts, raw, segments: self.segments.clone() })
    }
}
