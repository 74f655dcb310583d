//! Rows on their way: made while the state stands still, kept until the database has taken them.
//!
//! The state must not wait for a database, so the rows of a load are made in one go and kept aside: small loads in
//! memory, large ones in a nameless file of the folder for temporary files.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use bi::{Frame, Set};
use bytes::Bytes;
use domain::id::Seq;
use jiff::Timestamp;
use tempfile::SpooledTempFile;

use crate::ddl::stored;
use crate::encode;

/// Bytes of a load that stay in memory: a step has some kilobytes.
const IN_MEMORY: usize = 32 << 20;
/// Bytes of one message to the database.
const CHUNK: usize = 1 << 20;
/// Rows that are encoded before they are written to the file.
const ROWS_AT_ONCE: usize = 4_096;

/// What a load holds for: one state of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The log.
    pub epoch: String,
    /// The last event that is contained.
    pub seq: Seq,
    /// That event's id: a log that was put back and went on another way has another one there.
    pub last_event: String,
    /// The moment for which the rows hold.
    pub as_of: Timestamp,
    /// Rows of all sets together, as a whole, not of this load.
    pub rows_total: u64,
}

/// Rows of some sets, to be written in one transaction.
#[derive(Debug)]
pub struct Load {
    pub(crate) stamp: Stamp,
    pub(crate) parts: Vec<Part>,
    spool: Option<SpooledTempFile>,
    length: u64,
}

/// The rows of one set.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) set: &'static Set,
    /// All rows that there are: what is not among them has vanished.
    pub(crate) whole: bool,
    pub(crate) rows: u64,
    from: u64,
    to: u64,
}

impl Load {
    /// Nothing yet, at a state.
    #[must_use]
    pub fn new(stamp: Stamp) -> Self {
        Self { stamp, parts: Vec::new(), spool: Some(SpooledTempFile::new(IN_MEMORY)), length: 0 }
    }

    /// All rows of a set.
    ///
    /// # Errors
    /// The folder for temporary files is full or cannot be written.
    pub fn whole(&mut self, set: &'static Set, frames: impl IntoIterator<Item = Frame>) -> io::Result<()> {
        self.add(set, true, frames)
    }

    /// Some rows of a set; the others stay as they are.
    ///
    /// # Errors
    /// As for [`Self::whole`].
    pub fn some(&mut self, set: &'static Set, frames: impl IntoIterator<Item = Frame>) -> io::Result<()> {
        self.add(set, false, frames)
    }

    /// The rows of all sets together.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    fn add(&mut self, set: &'static Set, whole: bool, frames: impl IntoIterator<Item = Frame>) -> io::Result<()> {
        let spool = self.spool.as_mut().ok_or_else(lost)?;
        let (columns, from) = (stored(set), self.length);
        let (mut rows, mut bytes) = (0, Vec::new());
        for frame in frames {
            for first in (0..frame.height()).step_by(ROWS_AT_ONCE) {
                let last = frame.height().min(first + ROWS_AT_ONCE);
                bytes.clear();
                encode::rows(&frame, &columns, first..last, &mut bytes);
                spool.write_all(&bytes)?;
                self.length += count(bytes.len());
                rows += count(last - first);
            }
        }
        if rows == 0 && !whole {
            return Ok(());
        }
        self.parts.push(Part { set, whole, rows, from, to: self.length });
        Ok(())
    }

    /// The bytes of a part from a place on, at most a chunk; empty at its end.
    pub(crate) async fn chunk(&mut self, part: &Part, done: u64) -> io::Result<Bytes> {
        let mut spool = self.spool.take().ok_or_else(lost)?;
        let (from, left) = (part.from + done, part.to - part.from - done);
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
        let read = move || {
            let mut bytes = vec![0; length];
            let outcome = spool.seek(SeekFrom::Start(from)).and_then(|_| spool.read_exact(&mut bytes));
            (spool, outcome.map(|()| Bytes::from(bytes)))
        };
        let small = self.length <= count(IN_MEMORY);
        let (spool, bytes) =
            if small { read() } else { tokio::task::spawn_blocking(read).await.map_err(io::Error::other)? };
        self.spool = Some(spool);
        bytes
    }
}

/// A reader of the load was dropped in the middle: nobody goes on with it.
fn lost() -> io::Error {
    io::Error::other("the rows on their way were lost")
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
