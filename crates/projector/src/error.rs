//! Why a projector cannot be opened, and why it stops.

use std::path::PathBuf;

use journal::{Epoch, ReadError, Seq};
use register::ApplyError;
use thiserror::Error;

use crate::checkpoint::Rejected;

/// Why a projector cannot start.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The checkpoint is of another log, or the log lost what the checkpoint saw. An operator must
    /// act: where the log was restored on purpose, delete the folder; otherwise find the right log.
    #[error(
        "log_diverged: the log is not the one behind the caches in {}; if it was restored on purpose, delete that \
         folder and start again",
        dir.display()
    )]
    LogDiverged {
        /// The folder of the caches.
        dir: PathBuf,
        /// How they differ.
        #[source]
        rejected: Rejected,
    },
    /// The log does not answer. Start again when it does.
    #[error("the log does not answer")]
    Unavailable(#[source] ReadError),
    /// The log does not begin at 1: it was cut. An operator must act.
    #[error("the log begins at sequence {first}, expected 1")]
    Cut {
        /// The first sequence that it holds.
        first: Seq,
    },
    /// A task of ours panicked. Report it; start again.
    #[error("reading the caches failed")]
    Panicked(#[source] tokio::task::JoinError),
}

/// Why a projector stopped before it was told to. Reads go on with the watermark that was reached.
#[derive(Debug, Error)]
pub enum ProjectorError {
    /// An event cannot be applied. Nothing is skipped: an operator must look at it, or run the
    /// version that wrote it.
    #[error("the event {seq} on {subject} cannot be applied")]
    Event {
        /// Its position.
        seq: Seq,
        /// Its subject in the log.
        subject: String,
        /// What is wrong with it.
        #[source]
        source: Box<ApplyError>,
    },
    /// The log cannot vouch for order and completeness: a gap, a cut, another log.
    #[error("the log behind {after} cannot be trusted")]
    Log {
        /// The last position that was read.
        after: Seq,
        /// What was seen.
        #[source]
        source: ReadError,
    },
    /// The first event names another epoch than the log itself.
    #[error("the log says that it is of epoch {log}, its first event says {event}")]
    Epoch {
        /// The epoch of the log.
        log: Epoch,
        /// The epoch of `log.opened`.
        event: String,
    },
    /// An atomic batch has no end. The log is broken.
    #[error("the atomic batch behind {after} has no end within {records} records")]
    EndlessBatch {
        /// The last position outside it.
        after: Seq,
        /// How many records of it were read.
        records: usize,
    },
    /// A task of ours panicked. Report it; start again.
    #[error("applying events failed")]
    Panicked(#[source] tokio::task::JoinError),
}

/// Why an earlier state cannot be told.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// The state has not reached the position. Ask again later.
    #[error("the position {seq} is asked for, the state reaches {watermark}")]
    Ahead {
        /// The position.
        seq: Seq,
        /// How far the state reaches.
        watermark: Seq,
    },
    /// The log does not give its events. Ask again; if it stays, the projector tells more.
    #[error("the log behind {after} cannot be read again")]
    Log {
        /// The last position that was read.
        after: Seq,
        /// What was seen.
        #[source]
        source: ReadError,
    },
    /// An event cannot be applied again. Report it: the projector had applied it.
    #[error("the log cannot be folded again")]
    Event(#[source] Box<ApplyError>),
    /// A task of ours panicked. Report it; ask again.
    #[error("folding the log failed")]
    Panicked(#[source] tokio::task::JoinError),
}

/// An error with its causes, on one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
