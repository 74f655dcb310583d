//! What a store of small evidence files is: content-addressed, never overwritten, checked on every read.
//!
//! A file is named by the SHA-256 of its bytes, which is also what an event says of it. The event is the fact; the
//! file beside it can be lost or damaged without touching any number, and is then told as such.

pub mod conformance;
mod file;
mod memory;

use std::sync::Arc;

use domain::actor::Scope;
use domain::id::PersonCode;
use futures::future::BoxFuture;
use thiserror::Error;

pub use file::{BadHash, EvidenceFile, FileHash, MediaType, Unfit};
pub use memory::MemoryEvidence;

/// A store shared by the parts of one process.
pub type SharedEvidence = Arc<dyn EvidenceStore>;

/// Files by their hash. What is stored is never changed.
pub trait EvidenceStore: Send + Sync + 'static {
    /// Stores a file unless it is there, and remembers who uploaded it. A stored file that has been damaged is stored
    /// anew beside the damaged one.
    ///
    /// # Errors
    /// [`EvidenceError::Unavailable`]: it may be stored or not, and putting it again is harmless.
    fn put<'a>(&'a self, file: &'a EvidenceFile, by: &'a Uploader) -> BoxFuture<'a, Result<Put, EvidenceError>>;

    /// Tells of a file without reading it.
    ///
    /// # Errors
    /// [`EvidenceError`].
    fn about<'a>(&'a self, hash: &'a FileHash) -> BoxFuture<'a, Result<Option<About>, EvidenceError>>;

    /// Tells whether a person has uploaded a file; several may have uploaded the same one.
    ///
    /// # Errors
    /// [`EvidenceError`].
    fn is_from<'a>(&'a self, hash: &'a FileHash, person: &'a PersonCode) -> BoxFuture<'a, Result<bool, EvidenceError>>;

    /// Reads a file and checks that it is the one of its name.
    ///
    /// # Errors
    /// [`EvidenceError`]; damaged bytes are never handed out.
    fn get<'a>(&'a self, hash: &'a FileHash) -> BoxFuture<'a, Result<Option<EvidenceFile>, EvidenceError>>;
}

/// Who uploaded a file: codes, no names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploader {
    /// Who.
    pub person: PersonCode,
    /// Over which part of the world, at that time.
    pub scope: Scope,
}

/// What became of a file that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was not there.
    New,
    /// The same bytes were there already.
    Known,
}

/// What a store says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// What it was uploaded as first.
    pub media_type: MediaType,
    /// Its size.
    pub bytes: usize,
}

/// Why a store does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvidenceError {
    /// The store cannot be reached or takes nothing now. Try again.
    #[error("the evidence store is unavailable: {reason}")]
    Unavailable {
        /// What is wrong.
        reason: String,
    },
    /// What is stored under a hash is not the file of that hash. Restore it, or put it again.
    #[error("the evidence file {hash} is damaged: {reason}")]
    Damaged {
        /// The file.
        hash: FileHash,
        /// What is wrong with it.
        reason: String,
    },
}
