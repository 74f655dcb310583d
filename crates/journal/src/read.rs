//! What is read and what can go wrong on the way.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use jiff::Timestamp;
use thiserror::Error;

use crate::{Epoch, Seq};

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the log.
    pub seq: Seq,
    /// Its subject.
    pub subject: Arc<str>,
    /// The id that the writer gave it; `None` for a record written without one (an import, or a
    /// foreign message).
    pub id: Option<Box<str>>,
    /// When the log took it: the broker's time, nanoseconds, not necessarily monotone.
    pub recorded_at: Timestamp,
    /// The stored bytes.
    pub payload: Bytes,
    /// True when the log is consistent after this record: false inside an atomic batch before its
    /// last record. A watermark moves only here.
    pub batch_end: bool,
}

/// Records in order, without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadBatch {
    /// At least one record, at most as many as asked for.
    pub records: Vec<Record>,
    /// How many records the log is known to hold behind the last of these: 0 means caught up.
    pub pending: u64,
}

/// How far a log reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Which log.
    pub epoch: Epoch,
    /// First sequence held: 1, or 0 for an empty log; anything else is a damaged log.
    pub first: Seq,
    /// Last sequence; 0 for an empty log.
    pub last: Seq,
}

/// An ordered read that goes on for ever: first what is stored, then live.
pub trait Reader: Send {
    /// Returns the next records, as many as are there but at most `max` (0 counts as 1); waits
    /// while there is none, also through a broker's restart.
    ///
    /// Cancel-safe: a record is taken only when it is returned. After an error other than
    /// [`ReadError::Unavailable`] every further call gives the same error.
    ///
    /// # Errors
    /// [`ReadError`] as soon as order and completeness cannot be vouched for.
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<ReadBatch, ReadError>>;
}

/// Why records cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// A sequence is missing: the log lost records or was cut. Stop, an operator must act.
    #[error("the log has a gap: sequence {expected} is expected, {found} was found")]
    Gap {
        /// The sequence that should have come.
        expected: Seq,
        /// The sequence that came instead.
        found: Seq,
    },
    /// The log ends before the place to read from: it was cut, or a checkpoint is ahead of it.
    #[error("sequence {from} is asked for, the log ends at {last}")]
    Beyond {
        /// The sequence to read from.
        from: Seq,
        /// The log's last sequence.
        last: Seq,
    },
    /// The log was replaced by another one. Discard what was read and start anew.
    #[error("the log is now of epoch {found}, it was of epoch {expected}")]
    Epoch {
        /// The epoch at the beginning of the read.
        expected: Epoch,
        /// The epoch found.
        found: String,
    },
    /// The log does not answer. Try again.
    #[error("the log is unavailable: {reason}")]
    Unavailable {
        /// What is wrong.
        reason: String,
    },
}
