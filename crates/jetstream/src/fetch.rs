//! Single records: from the leader to decide, from anywhere to display.

use std::fmt::Display;

use async_nats::HeaderMap;
use async_nats::header::HeaderName;
use async_nats::jetstream;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{DirectGetErrorKind, RawMessageErrorKind, Stream};
use jiff::Timestamp;
use journal::{ReadError, Record, Seq, Tip};

use crate::Core;

static MSG_ID: HeaderName = HeaderName::from_static("Nats-Msg-Id");
static BATCH_SEQUENCE: HeaderName = HeaderName::from_static("Nats-Batch-Sequence");
static BATCH_COMMIT: HeaderName = HeaderName::from_static("Nats-Batch-Commit");

impl Core {
    pub(crate) async fn tip(&self) -> Result<Tip, ReadError> {
        let info = self.api.info().await.map_err(unavailable)?;
        let (first, last) = (Seq(info.state.first_seq), Seq(info.state.last_seq));
        self.raise(last);
        let first = if last == Seq::NONE { Seq::NONE } else { first };
        Ok(Tip { epoch: self.epoch.clone(), first, last })
    }

    /// Last record on a subject, from the leader.
    pub(crate) async fn last_on(&self, subject: &str) -> Result<Option<Record>, ReadError> {
        let message = self.handle().await?.get_last_raw_message_by_subject(subject).await;
        match message {
            Ok(message) => record(message).map(Some),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// First record on a subject behind a sequence, from the leader.
    pub(crate) async fn next_on(&self, subject: &str, after: Seq) -> Result<Option<Record>, ReadError> {
        let builder = self.handle().await?.raw_message_builder();
        let builder = builder.sequence(after.next().get()).next_by_subject(subject);
        match builder.send().await {
            Ok(message) => record(message).map(Some),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// One record, from any copy of the stream.
    pub(crate) async fn get(&self, seq: Seq) -> Result<Option<Record>, ReadError> {
        if seq == Seq::NONE {
            return Ok(None);
        }
        match self.handle().await?.direct_get(seq.get()).await {
            Ok(message) => record(message).map(Some),
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn handle(&self) -> Result<Stream<()>, ReadError> {
        let mut context = jetstream::new(self.write.clone());
        context.set_timeout(self.config.request_timeout);
        context.get_stream_no_info(&self.config.stream).await.map_err(unavailable)
    }
}

fn record(message: StreamMessage) -> Result<Record, ReadError> {
    let recorded_at = Timestamp::from_nanosecond(message.time.unix_timestamp_nanos())
        .map_err(|_| unavailable("a record without a possible time"))?;
    Ok(Record {
        seq: Seq(message.sequence),
        subject: message.subject.as_str().into(),
        id: id_of(&message.headers),
        recorded_at,
        batch_end: is_batch_end(&message.headers),
        payload: message.payload,
    })
}

/// The writer's id of a record.
pub(crate) fn id_of(headers: &HeaderMap) -> Option<Box<str>> {
    headers.get(MSG_ID.clone()).map(|id| id.as_str().into())
}

/// Whether a record ends its atomic batch, or is none of one.
pub(crate) fn is_batch_end(headers: &HeaderMap) -> bool {
    headers.get(BATCH_SEQUENCE.clone()).is_none() || headers.get(BATCH_COMMIT.clone()).is_some()
}

pub(crate) fn unavailable(error: impl Display) -> ReadError {
    ReadError::Unavailable { reason: error.to_string() }
}
