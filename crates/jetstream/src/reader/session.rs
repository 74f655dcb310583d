//! One consumer of the broker, pulled by hand, and what arrives from it.

use async_nats::{Client, Message, StatusCode, Subscriber};
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;
use journal::{ReadError, Record, Seq};
use tokio::task::unconstrained;

use crate::fetch::{id_of, is_batch_end, unavailable};
use crate::stream::Api;

/// Messages of one pull.
const PULL: u64 = 8192;
/// Bytes of one pull, so that large records do not fill the memory.
const PULL_BYTES: u64 = 64 * 1024 * 1024;
/// What a pull waits for records, in nanoseconds.
const PULL_EXPIRES_NS: u64 = 30_000_000_000;

#[derive(Debug)]
pub(super) struct Session {
    subscriber: Subscriber,
    inbox: String,
    pull_subject: String,
    /// Messages asked for and not yet arrived.
    pub(super) outstanding: u64,
    /// Nothing arrived yet: a gap now is a gap of the log, not of the way.
    pub(super) fresh: bool,
}

/// What a message of the broker means to a reader.
pub(super) enum Arrival {
    /// A record, and how many wait behind it.
    Record { record: Record, pending: u64 },
    /// A pull has ended before its count.
    Ended { undelivered: u64 },
    /// A sign of life.
    Alive,
    /// The consumer is gone or the message makes no sense.
    Broken(&'static str),
}

impl Session {
    /// Makes a consumer from a sequence on, and tells how many records wait in it.
    pub(super) async fn open(client: &Client, api: &Api, from: Seq) -> Result<(Self, u64), ReadError> {
        let name = format!("vekha-{:016x}", rand::random::<u64>());
        let inbox = client.new_inbox();
        let subscriber = client.subscribe(inbox.clone()).await.map_err(unavailable)?;
        let pending = api.create_consumer(&name, from.get()).await.map_err(unavailable)?;
        let pull_subject = api.pull_subject(&name);
        Ok((Self { subscriber, inbox, pull_subject, outstanding: 0, fresh: true }, pending))
    }

    pub(super) fn wants_refill(&self) -> bool {
        self.outstanding <= PULL / 2
    }

    /// Asks for more when less than half a pull is on its way.
    pub(super) async fn refill(&mut self, client: &Client) -> Result<(), ReadError> {
        if !self.wants_refill() {
            return Ok(());
        }
        let pull = format!("{{\"batch\":{PULL},\"max_bytes\":{PULL_BYTES},\"expires\":{PULL_EXPIRES_NS}}}");
        let (subject, inbox) = (self.pull_subject.clone(), self.inbox.clone());
        client.publish_with_reply(subject, inbox, pull.into()).await.map_err(unavailable)?;
        // Counted after the only await: a dropped future has not asked.
        self.outstanding += PULL;
        Ok(())
    }

    /// Takes a message that is there.
    pub(super) fn poll(&mut self) -> Option<Message> {
        // Unconstrained: the scheduler's budget would end a batch after 128 messages.
        unconstrained(self.subscriber.next()).now_or_never().flatten()
    }

    /// Waits for a message; `None` when the connection was closed for good. Cancel-safe.
    pub(super) async fn receive(&mut self) -> Option<Message> {
        self.subscriber.next().await
    }
}

/// Tells what a message means.
pub(super) fn arrival(message: Message) -> Arrival {
    match message.status {
        None => record(message),
        Some(StatusCode::IDLE_HEARTBEAT) => Arrival::Alive,
        Some(StatusCode::NO_RESPONDERS) => Arrival::Broken("the consumer is gone"),
        Some(StatusCode::TIMEOUT | StatusCode::NOT_FOUND) => ended(&message),
        Some(StatusCode::REQUEST_TERMINATED) => {
            let description = message.description.as_deref().unwrap_or_default();
            if description.contains("Consumer Deleted") || description.contains("Shutdown") {
                Arrival::Broken("the consumer was ended")
            } else {
                ended(&message)
            }
        }
        Some(_) => Arrival::Broken("an unknown status"),
    }
}

fn ended(message: &Message) -> Arrival {
    let header = message.headers.as_ref().and_then(|headers| headers.get("Nats-Pending-Messages"));
    match header.and_then(|value| value.as_str().parse().ok()) {
        Some(undelivered) => Arrival::Ended { undelivered },
        None => Arrival::Broken("a pull ended without a count"),
    }
}

fn record(message: Message) -> Arrival {
    let Some(place) = message.reply.as_ref().and_then(|reply| Place::parse(reply.as_str())) else {
        return Arrival::Broken("a message without its place");
    };
    let headers = message.headers.as_ref();
    let record = Record {
        seq: place.seq,
        subject: message.subject.as_str().into(),
        id: headers.and_then(id_of),
        recorded_at: place.recorded_at,
        payload: message.payload,
        batch_end: headers.is_none_or(is_batch_end),
    };
    Arrival::Record { record, pending: place.pending }
}

/// What the broker writes into the reply subject of a delivered message.
struct Place {
    seq: Seq,
    recorded_at: Timestamp,
    pending: u64,
}

impl Place {
    /// Parses `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<ns>.<pending>`
    /// (nine tokens), or with domain and account before the stream and a random token at the end.
    fn parse(reply: &str) -> Option<Self> {
        let rest = reply.strip_prefix("$JS.ACK.")?;
        let count = rest.split('.').count();
        let skip = match count {
            7 => 3,
            9.. => 5,
            _ => return None,
        };
        let mut tokens = rest.split('.').skip(skip);
        let seq = tokens.next()?.parse().ok()?;
        let _consumer_seq = tokens.next()?;
        let nanosecond: i64 = tokens.next()?.parse().ok()?;
        let pending = tokens.next()?.parse().ok()?;
        let recorded_at = Timestamp::from_nanosecond(i128::from(nanosecond)).ok()?;
        Some(Self { seq: Seq(seq), recorded_at, pending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_read_from_both_forms() {
        let short = Place::parse("$JS.ACK.VEKHA.c1.1.42.40.1661990400000000001.7").unwrap();
        let long = Place::parse("$JS.ACK._.acc.VEKHA.c1.1.42.40.1661990400000000001.7.rnd").unwrap();
        for place in [short, long] {
            assert_eq!((place.seq, place.pending), (Seq(42), 7));
            assert_eq!(place.recorded_at.as_nanosecond(), 1_661_990_400_000_000_001);
        }
    }

    #[test]
    fn nonsense_has_no_place() {
        for reply in ["", "$JS.ACK.", "$JS.ACK.a.b.c", "$JS.ACK.S.c.1.x.1.1.1", "_INBOX.a.b"] {
            assert!(Place::parse(reply).is_none(), "{reply} was read");
        }
    }
}
