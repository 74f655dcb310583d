//! What a log is: positions, append and its outcomes, ordered reads with explicit gaps; and the
//! seeded simulator of one. Beside it, what a store of evidence files is ([`evidence`]).
//!
//! This crate never opens a socket or a file and never reads a clock: an implementation on a real
//! broker lives elsewhere, [`sim::SimJournal`] lives here, and [`conformance`] holds both to the
//! same behaviour.

mod append;
pub mod conformance;
pub mod evidence;
pub mod limits;
mod position;
mod read;
pub mod sim;

use std::sync::Arc;

use futures::future::BoxFuture;

pub use append::{AppendError, Expect, Fate, NewRecord, Refused, check_shape};
pub use position::{BadPosition, Epoch, Position, Seq};
pub use read::{ReadBatch, ReadError, Reader, Record, Tip};

/// A log shared by the parts of one process.
pub type SharedJournal = Arc<dyn Journal>;

/// An append-only, totally ordered log of records with optimistic concurrency per subject.
///
/// Sequences start at 1 and have no gaps. What is stored is never changed or removed; whatever
/// looks like it is reported as an error, never passed over.
pub trait Journal: Send + Sync + 'static {
    /// Stores the records in the given order, all or none, and answers with their sequences.
    ///
    /// One record is a single durable write; several (at most [`limits::BATCH_RECORDS_MAX`]) are
    /// atomic. In an atomic append at most one record a subject may carry an expectation.
    /// The records are on disk when the answer is there. An empty list answers with an empty list.
    ///
    /// # Errors
    /// [`AppendError`], which tells the three fates apart: see [`AppendError::fate`]. After
    /// [`AppendError::Unknown`], and after a conflict on a repeated record, the caller asks
    /// [`Journal::last_on`] whether its own record id is there.
    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Seq>, AppendError>>;

    /// Opens an ordered read from a sequence (0 and 1 both mean the beginning): first what is
    /// stored, then live. Nothing happens until [`Reader::next`] is called.
    fn read(&self, from: Seq) -> Box<dyn Reader>;

    /// Gets one record, perhaps from a replica that lags behind: to display, never to decide.
    /// `None` when there is no such record, or the replica does not have it yet.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the log does not answer.
    fn get(&self, seq: Seq) -> BoxFuture<'_, Result<Option<Record>, ReadError>>;

    /// Gets the last record on a literal subject, from the leader: good enough to decide.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the log has no leader or does not answer.
    fn last_on<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, Result<Option<Record>, ReadError>>;

    /// Tells how far the log reaches and which log it is.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the log does not answer.
    fn tip(&self) -> BoxFuture<'_, Result<Tip, ReadError>>;
}
