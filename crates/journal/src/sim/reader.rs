//! A reader of the simulated log.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use tokio::sync::watch;

use super::Shared;
use super::state::Look;
use crate::{Epoch, ReadBatch, ReadError, Reader, Seq};

#[derive(Debug)]
pub(super) struct SimReader {
    shared: Arc<Shared>,
    changed: watch::Receiver<u64>,
    /// The epoch at the first call.
    epoch: Option<Epoch>,
    next: Seq,
}

impl SimReader {
    pub(super) fn new(shared: Arc<Shared>, from: Seq) -> Self {
        let changed = shared.changed.subscribe();
        Self { shared, changed, epoch: None, next: from.max(Seq::FIRST) }
    }

    /// Looks once, at what is visible or (revealing) at all there is; `None`: nothing yet.
    fn look(&mut self, max: usize, revealing: bool) -> Option<Result<ReadBatch, ReadError>> {
        let mut state = self.shared.lock();
        match &self.epoch {
            None => {
                if self.next > state.last().next() {
                    return Some(Err(ReadError::Beyond { from: self.next, last: state.last() }));
                }
                self.epoch = Some(state.epoch().clone());
            }
            Some(expected) if expected != state.epoch() => {
                let (expected, found) = (expected.clone(), state.epoch().to_string());
                return Some(Err(ReadError::Epoch { expected, found }));
            }
            Some(_) => {}
        }
        match state.look(self.next, max, revealing) {
            Look::Stop(error) => Some(Err(error)),
            Look::Nothing => None,
            Look::Records(records, pending) => {
                self.next = records.last().map_or(self.next, |record| record.seq.next());
                Some(Ok(ReadBatch { records, pending }))
            }
        }
    }
}

impl Reader for SimReader {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<ReadBatch, ReadError>> {
        async move {
            loop {
                self.changed.mark_unchanged();
                // Half a batch first, the rest by the next call.
                if let Some(outcome) = self.look(max, false).or_else(|| self.look(max, true)) {
                    return outcome;
                }
                // Cancel-safe: nothing was taken. The sender lives in `shared`, which we hold.
                if self.changed.changed().await.is_err() {
                    return Err(ReadError::Unavailable { reason: "the log is gone".into() });
                }
            }
        }
        .boxed()
    }
}
