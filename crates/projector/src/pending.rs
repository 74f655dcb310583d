//! What segments need of the events that no sealed segment holds yet: their bytes and subjects.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;
use domain::event::EventId;
use journal::{Record, Seq};

/// The parts of an event that the columns of facts do not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) event: EventId,
    pub(crate) subject: Arc<str>,
    pub(crate) payload: Bytes,
}

/// A run of events without a gap, as long as memory allows.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Position of the first row, or of the next to come.
    first: Seq,
    rows: VecDeque<Raw>,
}

impl Pending {
    pub(crate) fn new(first: Seq, rows: Vec<Raw>) -> Self {
        Self { first, rows: rows.into() }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Position of the first row that is held.
    pub(crate) fn first(&self) -> Seq {
        self.first
    }

    pub(crate) fn push(&mut self, event: EventId, record: &Record) {
        self.rows.push_back(Raw { event, subject: Arc::clone(&record.subject), payload: record.payload.clone() });
    }

    /// Forgets what stands before a position.
    pub(crate) fn forget_before(&mut self, seq: Seq) {
        while self.first < seq && self.rows.pop_front().is_some() {
            self.first = self.first.next();
        }
    }

    /// Forgets everything: it is read from the log again when a segment needs it.
    pub(crate) fn forget(&mut self) {
        self.first = Seq(self.first.get() + u64::try_from(self.rows.len()).unwrap_or(u64::MAX));
        self.rows.clear();
    }

    /// The rows of a range, as far as they are held.
    pub(crate) fn copy(&self, seqs: &RangeInclusive<Seq>) -> Vec<Raw> {
        let at = |seq: Seq| usize::try_from(seq.get().saturating_sub(self.first.get())).unwrap_or(usize::MAX);
        self.rows.range(at(*seqs.start()).min(self.len())..at(seqs.end().next()).min(self.len())).cloned().collect()
    }
}
