//! Ordered reading: one consumer without a filter, pulled in large batches, watched.
//!
//! A consumer is never trusted to go on: a new one is made from the next sequence when the
//! connection was made anew, when the broker drops it, and when the log is seen to be ahead for
//! five seconds without a record (ordered consumers that never resumed: nats.go 1729,
//! nats.py 1005).

mod session;

use std::sync::Arc;
use std::time::Duration;

use async_nats::Message;
use futures::future::{BoxFuture, FutureExt};
use journal::{Epoch, ReadBatch, ReadError, Reader, Seq};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{debug, warn};

use session::{Arrival, Session, arrival};

use crate::Core;
use crate::stream::{Api, ApiError};

/// How often a silent reader compares itself with the log.
const WATCH_EVERY: Duration = Duration::from_secs(2);
/// A reader that is behind for so long without a record makes a new consumer.
const BEHIND_MAX: Duration = Duration::from_secs(5);
/// Pause before a consumer is made again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct StreamReader {
    core: Arc<Core>,
    api: Api,
    reconnects: watch::Receiver<u64>,
    next: Seq,
    /// The epoch at the first look.
    epoch: Option<Epoch>,
    session: Option<Session>,
    /// Received while waiting, not yet returned.
    stash: Option<Message>,
    behind_since: Option<Instant>,
    /// What ended this reader for good.
    failed: Option<ReadError>,
}

/// What the reader does when there is no record to return.
enum Step {
    Wait,
    Renew(&'static str),
}

impl StreamReader {
    pub(crate) fn new(core: Arc<Core>, from: Seq) -> Self {
        let api = Api::new(core.read.clone(), core.config.stream.clone());
        let reconnects = core.reconnects.clone();
        Self {
            core,
            api,
            reconnects,
            next: from.max(Seq::FIRST),
            epoch: None,
            session: None,
            stash: None,
            behind_since: None,
            failed: None,
        }
    }

    async fn next_batch(&mut self, max: usize) -> Result<ReadBatch, ReadError> {
        loop {
            if let Some(error) = &self.failed {
                return Err(error.clone());
            }
            let outcome = self.turn(max.max(1)).await;
            match outcome {
                Ok(Some(batch)) => return Ok(batch),
                Ok(None) => {}
                Err(ReadError::Unavailable { reason }) => {
                    debug!(seq = %self.next, "the reader waits for the log: {reason}");
                    sleep(RETRY_AFTER).await;
                }
                Err(error) => self.failed = Some(error),
            }
        }
    }

    /// One turn: see that there is a consumer, take what is there, or wait for it.
    ///
    /// Cancel-safe: between taking a message and returning or stashing it there is no await.
    async fn turn(&mut self, max: usize) -> Result<Option<ReadBatch>, ReadError> {
        if self.session.is_none() {
            self.open().await?;
        }
        let Some(session) = self.session.as_mut() else { return Ok(None) };
        session.refill(&self.core.read).await?;
        let mut batch = ReadBatch::default();
        match self.drain(max, &mut batch) {
            _ if !batch.records.is_empty() => {
                self.behind_since = None;
                return Ok(Some(batch));
            }
            Step::Renew(why) => {
                debug!(seq = %self.next, "a new consumer is made: {why}");
                self.close();
                sleep(RETRY_AFTER).await;
            }
            Step::Wait => self.wait().await?,
        }
        Ok(None)
    }

    /// Takes the messages that are there, in order.
    fn drain(&mut self, max: usize, batch: &mut ReadBatch) -> Step {
        let Some(session) = self.session.as_mut() else { return Step::Wait };
        while batch.records.len() < max {
            let Some(message) = self.stash.take().or_else(|| session.poll()) else {
                return Step::Wait;
            };
            match arrival(message) {
                Arrival::Record { record, pending } => {
                    session.outstanding = session.outstanding.saturating_sub(1);
                    if record.seq == self.next {
                        self.next = record.seq.next();
                        batch.pending = pending;
                        batch.records.push(record);
                    } else if record.seq > self.next {
                        // Dropped on the way, or lost in the log: a new consumer tells which.
                        if session.fresh && batch.records.is_empty() {
                            let (expected, found) = (self.next, record.seq);
                            self.failed = Some(ReadError::Gap { expected, found });
                            return Step::Renew("a gap");
                        }
                        return Step::Renew("a sequence is missing");
                    }
                    session.fresh = false;
                }
                Arrival::Ended { undelivered } => {
                    session.outstanding = session.outstanding.saturating_sub(undelivered);
                    return Step::Wait;
                }
                Arrival::Alive => {}
                Arrival::Broken(why) => return Step::Renew(why),
            }
        }
        Step::Wait
    }

    /// Waits for a message, a new connection, or the time to look at the log.
    async fn wait(&mut self) -> Result<(), ReadError> {
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        if session.wants_refill() {
            return Ok(());
        }
        // Each is cancel-safe; a message received here is stashed without another await.
        tokio::select! {
            message = session.receive() => match message {
                Some(message) => self.stash = Some(message),
                None => self.close(),
            },
            changed = self.reconnects.changed() => {
                debug!(seq = %self.next, alive = changed.is_ok(), "the connection was made anew");
                self.close();
            }
            () = sleep(WATCH_EVERY) => self.watch().await?,
        }
        Ok(())
    }

    /// Compares the reader's place with the log.
    async fn watch(&mut self) -> Result<(), ReadError> {
        let info = match self.api.info().await {
            Ok(info) => info,
            Err(error) => {
                debug!("the log does not answer the reader: {error}");
                return Ok(());
            }
        };
        self.check_place(info.epoch(), Seq(info.state.first_seq), Seq(info.state.last_seq))?;
        if Seq(info.state.last_seq) < self.next {
            self.behind_since = None;
            return Ok(());
        }
        let since = *self.behind_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= BEHIND_MAX {
            warn!(
                seq = %self.next, last = info.state.last_seq,
                "the reader is behind and gets nothing, a new consumer is made",
            );
            self.behind_since = None;
            self.close();
        }
        Ok(())
    }

    /// Makes a consumer from the next sequence on.
    async fn open(&mut self) -> Result<(), ReadError> {
        self.reconnects.mark_unchanged();
        let info = self.api.info().await.map_err(gone)?;
        let (first, last) = (Seq(info.state.first_seq), Seq(info.state.last_seq));
        self.check_place(info.epoch(), first, last)?;
        let opened = Session::open(&self.core.read, &self.api, self.next).await;
        let (session, pending) = opened?;
        if pending == 0 && last >= self.next {
            return Err(ReadError::Gap { expected: self.next, found: last.next() });
        }
        self.stash = None;
        self.session = Some(session);
        Ok(())
    }

    /// Checks that the log is the one we read, begins at 1 and reaches our place.
    fn check_place(&mut self, epoch: Option<&str>, first: Seq, last: Seq) -> Result<(), ReadError> {
        let found = epoch.unwrap_or_default();
        let expected = self.epoch.get_or_insert_with(|| self.core.epoch.clone());
        if expected.as_str() != found {
            return Err(ReadError::Epoch { expected: expected.clone(), found: found.to_owned() });
        }
        if self.next > last.next() {
            return Err(ReadError::Beyond { from: self.next, last });
        }
        if last > Seq::NONE && first > Seq::FIRST {
            return Err(ReadError::Gap { expected: Seq::FIRST, found: first });
        }
        Ok(())
    }

    fn close(&mut self) {
        self.session = None;
        self.stash = None;
    }
}

impl Reader for StreamReader {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<ReadBatch, ReadError>> {
        self.next_batch(max).boxed()
    }
}

fn gone(error: ApiError) -> ReadError {
    crate::fetch::unavailable(error)
}
