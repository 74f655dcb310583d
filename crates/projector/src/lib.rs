//! Journal to register: reads the log in order, keeps the register and the facts of one process, and
//! tells everybody how far they reach.
//!
//! All that it writes is a cache: segments of facts in Parquet and a snapshot of the register, bound
//! together by a checkpoint; some older snapshots beside it, from which [`History`] folds the state as
//! it was. Delete the folder and it comes back from the log, bit for bit. Nothing is
//! skipped: an event that cannot be applied stops the projector with its position and reason, and
//! reads go on with the watermark that was reached. This crate never writes to the log.

mod batch;
mod checkpoint;
mod error;
mod facts;
mod files;
mod history;
mod kept;
mod latest;
mod milestones;
mod open;
mod pending;
mod replica;
mod run;
mod save;
mod saving;
mod segment;

use std::path::PathBuf;
use std::time::Duration;

pub use checkpoint::{Rejected, Versions};
pub use error::{HistoryError, OpenError, ProjectorError, chain};
pub use facts::{Fact, FactFilter, Facts};
pub use history::History;
pub use replica::{NotYet, Replica, State, Status};
pub use run::Projector;

/// Where the caches are, and how often they are written.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of segments, snapshots and the checkpoint; made when it is missing. It is this
    /// projector's own.
    pub dir: PathBuf,
    /// Events of one sealed segment. Two replicas with the same number have the same bytes.
    pub segment_events: u32,
    /// Events after which a new checkpoint is due, at the latest: half as many as there are obligations will do. One
    /// is also written at a clean stop.
    pub checkpoint_events: u64,
    /// Fewest events between two milestones, the snapshots that are kept for reads of the past; more as the log
    /// grows.
    pub milestone_events: u64,
    /// Most events that are applied while readers wait: some milliseconds.
    pub batch_events: usize,
    /// How long [`Projector::open`] waits for a log that does not answer.
    pub open_within: Duration,
}

impl Config {
    /// The defaults, for a folder.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            segment_events: 65_536,
            checkpoint_events: 262_144,
            milestone_events: 4_096,
            batch_events: 2_000,
            open_within: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests;
