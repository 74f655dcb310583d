//! Writing segments and checkpoints, beside the projection.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::expand::hex;
use journal::{Epoch, Seq};
use polars::error::PolarsError;
use thiserror::Error;

use crate::checkpoint::{Manifest, Versions};
use crate::files;
use crate::milestones::{self, Milestone, Shelf};
use crate::segment::{self, Chunk, SegmentRef};

/// Why the caches could not be written. The projection goes on; it is tried again later.
#[derive(Debug, Error)]
pub(crate) enum SaveError {
    /// No space, no permission, no folder.
    #[error("{file} cannot be written to {}", dir.display())]
    File {
        dir: PathBuf,
        file: String,
        #[source]
        source: io::Error,
    },
    /// Parquet could not be made.
    #[error("the segment {file} cannot be made")]
    Parquet {
        file: String,
        #[source]
        source: PolarsError,
    },
    /// The snapshot could not be made.
    #[error("the register cannot be written as bytes")]
    Snapshot(#[source] postcard::Error),
    /// The log did not give events again whose bytes were no longer held.
    #[error("events of a segment cannot be read from the log again")]
    Log(#[source] journal::ReadError),
    /// A task of ours panicked.
    #[error("writing the caches failed")]
    Panicked(#[source] tokio::task::JoinError),
}

/// The register as bytes, with what a checkpoint says of it.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) seq: Seq,
    pub(crate) last_hash: [u8; 32],
    pub(crate) register: Vec<u8>,
    pub(crate) tail: Option<Chunk>,
    /// A period was closed behind the checkpoint before it.
    pub(crate) closing: bool,
}

/// Everything that one run writes.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) dir: PathBuf,
    pub(crate) epoch: Epoch,
    pub(crate) versions: Versions,
    pub(crate) type_names: Vec<Box<str>>,
    /// Segments that are sealed already.
    pub(crate) sealed: Vec<SegmentRef>,
    /// Segments to be sealed, in their order behind those.
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) shelf: Arc<Shelf>,
}

/// What was written; what was written before an error counts too.
#[derive(Debug)]
pub(crate) struct Saved {
    /// All sealed segments.
    pub(crate) sealed: Vec<SegmentRef>,
    /// How far the new checkpoint reaches.
    pub(crate) checkpoint: Option<Seq>,
    pub(crate) error: Option<SaveError>,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Job {
    /// Writes, in an order that leaves a whole checkpoint at every moment.
    pub(crate) fn run(mut self) -> Saved {
        let started = std::time::Instant::now();
        let outcome = self.write();
        let (checkpoint, error) = match outcome {
            Ok(checkpoint) => (checkpoint, None),
            Err(error) => (None, Some(error)),
        };
        Saved { sealed: self.sealed, checkpoint, error, took: started.elapsed() }
    }

    fn write(&mut self) -> Result<Option<Seq>, SaveError> {
        for chunk in std::mem::take(&mut self.chunks) {
            let segment = self.segment(&chunk, &segment::sealed_name(&chunk.seqs))?;
            self.sealed.push(segment);
        }
        let Some(snapshot) = self.snapshot.take() else { return Ok(None) };
        let tail =
            snapshot.tail.as_ref().map(|tail| self.segment(tail, &segment::tail_name(&tail.seqs))).transpose()?;
        let name = format!("register-{:012}.bin", snapshot.seq.get());
        let register = files::write(&self.dir, &name, &snapshot.register).map_err(|source| self.file(&name, source))?;
        let manifest = Manifest {
            versions: self.versions,
            epoch: self.epoch.to_string(),
            seq: snapshot.seq,
            last_event_sha256: hex(&snapshot.last_hash),
            register,
            segments: self.sealed.clone(),
            tail,
        };
        manifest.write(&self.dir).map_err(|source| self.file(crate::checkpoint::MANIFEST, source))?;
        // The register's file of an earlier checkpoint stays where it is a milestone.
        let milestone = milestone(&manifest, snapshot.closing);
        self.shelf.add(milestone).map_err(|source| self.file(milestones::LIST, source))?;
        files::sweep(&self.dir, |file| manifest.names(file) || self.shelf.names(file));
        Ok(Some(snapshot.seq))
    }

    fn segment(&self, chunk: &Chunk, name: &str) -> Result<SegmentRef, SaveError> {
        let bytes = segment::encode(chunk, &self.type_names);
        let bytes = bytes.map_err(|source| SaveError::Parquet { file: name.to_owned(), source })?;
        let file = files::write(&self.dir, name, &bytes).map_err(|source| self.file(name, source))?;
        Ok(SegmentRef { file, first: *chunk.seqs.start(), last: *chunk.seqs.end() })
    }

    fn file(&self, file: &str, source: io::Error) -> SaveError {
        SaveError::File { dir: self.dir.clone(), file: file.to_owned(), source }
    }
}

/// What a checkpoint's register is as a milestone: the same file.
fn milestone(checkpoint: &Manifest, closing: bool) -> Milestone {
    Milestone {
        versions: checkpoint.versions,
        epoch: checkpoint.epoch.clone(),
        seq: checkpoint.seq,
        last_event_sha256: checkpoint.last_event_sha256.clone(),
        register: checkpoint.register.clone(),
        closing,
    }
}
