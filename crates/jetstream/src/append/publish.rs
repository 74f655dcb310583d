//! One attempt to store records: the message on the wire, and what the answer means.

use async_nats::{Client, HeaderMap, Message, Request, RequestErrorKind};
use journal::{Expect, NewRecord, Seq};
use serde::Deserialize;

use crate::stream::ApiProblem;

const MSG_ID: &str = "Nats-Msg-Id";
const EXPECTED_ON_SUBJECT: &str = "Nats-Expected-Last-Subject-Sequence";
const EXPECTED_IN_STREAM: &str = "Nats-Expected-Last-Sequence";
const BATCH_ID: &str = "Nats-Batch-Id";
const BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
const BATCH_COMMIT: &str = "Nats-Batch-Commit";

/// Sends records to the stream, once.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    client: Client,
    stream: String,
}

/// What one attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Published {
    /// Stored at these sequences.
    Stored(Vec<Seq>),
    /// Not stored: an expectation does not hold; the number is the broker's.
    Conflict(Seq),
    /// Not stored now: an id of an atomic batch is known to the broker already.
    KnownId,
    /// Not stored: a moment later it may be.
    Later(String),
    /// Not stored: the broker cannot store now.
    NotNow(String),
    /// Not stored: repeating does not help.
    Refused { code: u64, description: String },
    /// Stored or not.
    Unknown(String),
}

#[derive(Deserialize)]
struct Ack {
    #[serde(default)]
    stream: String,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    error: Option<ApiProblem>,
}

impl Publisher {
    pub(crate) fn new(client: Client, stream: String) -> Self {
        Self { client, stream }
    }

    /// Stores one record: one durable write.
    pub(crate) async fn single(&self, record: &NewRecord) -> Published {
        self.request(record, headers(record), 1).await
    }

    /// Stores the first record of an empty log, and only of an empty one.
    pub(crate) async fn very_first(&self, record: &NewRecord) -> Published {
        let mut headers = headers(record);
        headers.insert(EXPECTED_IN_STREAM, "0");
        self.request(record, headers, 1).await
    }

    /// Stores records as one atomic batch of the broker, under a new unguessable id.
    pub(crate) async fn batch(&self, records: &[&NewRecord]) -> Published {
        let Some((last, front)) = records.split_last() else {
            return Published::Stored(Vec::new());
        };
        let id = format!("{:032x}", rand::random::<u128>());
        let numbered = |record: &NewRecord, number: usize| {
            let mut headers = headers(record);
            headers.insert(BATCH_ID, id.as_str());
            headers.insert(BATCH_SEQUENCE, number.to_string().as_str());
            headers
        };
        for (index, record) in front.iter().enumerate() {
            let headers = numbered(record, index + 1);
            let subject = record.subject.clone();
            let sent = self.client.publish_with_headers(subject, headers, record.payload.clone()).await;
            if let Err(error) = sent {
                // The commit mark was not sent: the broker forgets the batch after ten seconds.
                return Published::Later(format!("the batch could not be sent: {error}"));
            }
        }
        let mut headers = numbered(last, records.len());
        headers.insert(BATCH_COMMIT, "1");
        self.request(last, headers, records.len()).await
    }

    async fn request(&self, record: &NewRecord, headers: HeaderMap, count: usize) -> Published {
        let request = Request::new().headers(headers).payload(record.payload.clone());
        match self.client.send_request(record.subject.clone(), request).await {
            Ok(answer) => self.judge(&answer, count),
            Err(error) if error.kind() == RequestErrorKind::MaxPayloadExceeded => {
                Published::Refused { code: 0, description: error.to_string() }
            }
            Err(error) => Published::Unknown(error.to_string()),
        }
    }

    fn judge(&self, answer: &Message, count: usize) -> Published {
        let ack: Ack = match serde_json::from_slice(&answer.payload) {
            Ok(ack) => ack,
            Err(error) => return Published::Unknown(format!("an unreadable answer: {error}")),
        };
        match ack.error {
            Some(problem) => judge_problem(problem),
            None if ack.stream != self.stream || ack.seq == 0 => {
                Published::Unknown(format!("stream \"{}\" answered instead of \"{}\"", ack.stream, self.stream))
            }
            None => {
                let count = u64::try_from(count).expect("a batch is small");
                let first = ack.seq.saturating_sub(count - 1);
                Published::Stored((first..=ack.seq).map(Seq).collect())
            }
        }
    }
}

/// Meaning of the broker's error codes (server 2.15.1).
fn judge_problem(problem: ApiProblem) -> Published {
    let ApiProblem { code, err_code, description } = problem;
    match err_code {
        // "wrong last sequence: N".
        10_071 => Published::Conflict(Seq(trailing_number(&description))),
        // A conflict that only exists until another proposal is through, or too many batches open.
        10_164 | 10_210 | 10_211 => Published::Later(description),
        // A duplicate id in a batch.
        10_201 => Published::KnownId,
        // A batch that was interrupted, a proposal without a verdict.
        10_176 | 10_158 => Published::Unknown(description),
        _ if code == 503 || code == 507 => Published::NotNow(description),
        _ => Published::Refused { code: err_code, description },
    }
}

fn trailing_number(text: &str) -> u64 {
    text.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn headers(record: &NewRecord) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !record.id.is_empty() {
        headers.insert(MSG_ID, record.id.as_str());
    }
    match record.expect {
        Expect::Any => {}
        Expect::LastOnSubject(seq) => {
            headers.insert(EXPECTED_ON_SUBJECT, seq.to_string().as_str());
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(code: u64, err_code: u64, description: &str) -> Published {
        judge_problem(ApiProblem { code, err_code, description: description.into() })
    }

    #[test]
    fn broker_answers_mean_one_of_the_fates() {
        let conflict = problem(400, 10_071, "wrong last sequence: 42");
        assert_eq!(conflict, Published::Conflict(Seq(42)));
        assert!(matches!(problem(400, 10_164, "x"), Published::Later(_)));
        assert!(matches!(problem(400, 10_176, "x"), Published::Unknown(_)));
        assert!(matches!(problem(503, 10_023, "insufficient resources"), Published::NotNow(_)));
        assert!(matches!(problem(400, 10_054, "too big"), Published::Refused { .. }));
    }

    #[test]
    fn number_at_the_end_is_found() {
        assert_eq!(trailing_number("wrong last sequence: 7"), 7);
        assert_eq!(trailing_number("nothing"), 0);
    }
}
