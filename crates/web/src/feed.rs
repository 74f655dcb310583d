//! `GET /api/v1/feed`: the ordered, replayable change feed, one event a line.

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use commands::{ReadError, Reader, Record};
use domain::id::Seq;
use jiff::Timestamp;

use crate::Face;
use crate::answer::{position, typed};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::{Param, Query, param};

pub(crate) const PARAMS: [Param; 2] = [
    param("after", "position behind which to begin, `<seq>` or `<epoch>:<seq>`; 0 is the beginning"),
    param("limit", "events at most, 1 to 10000"),
];

/// Events of one answer when the request does not say.
const EVENTS: u64 = 1_000;
/// Events of one answer at most.
const EVENTS_MAX: u64 = 10_000;
/// Records that are read from the log at a time.
const CHUNK: usize = 500;

/// Where a feed stands.
struct Running {
    face: Face,
    caller: Caller,
    reader: Box<dyn Reader>,
    /// The last event that the state held when the feed began: it goes no further.
    until: Seq,
    at: Seq,
    left: u64,
}

pub(crate) async fn feed(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &PARAMS);
    let after = position(&mut query, "after", &face)?.unwrap_or_default();
    let left = query.number("limit", 1, EVENTS_MAX).unwrap_or(EVENTS);
    query.done()?;
    let until = face.gate.replica().watermark();
    if after >= until {
        return Ok(typed("application/x-ndjson", Body::empty()));
    }
    let reader = face.gate.journal().read(after.next());
    let running = Running { face, caller, reader, until, at: after, left };
    let lines = futures::stream::try_unfold(running, |mut running| async move {
        Ok::<_, ReadError>(running.next().await?.map(|lines| (lines, running)))
    });
    Ok(typed("application/x-ndjson", Body::from_stream(lines)))
}

impl Running {
    /// The next lines; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, ReadError> {
        while self.left > 0 && self.at < self.until {
            let most = usize::try_from(self.until.get() - self.at.get()).unwrap_or(CHUNK).min(CHUNK);
            let batch = self.reader.next(most).await?;
            let mut lines = Vec::new();
            for record in &batch.records {
                self.at = record.seq;
                if self.left > 0 && record.seq <= self.until {
                    self.write(&mut lines, record);
                }
            }
            if !lines.is_empty() {
                return Ok(Some(lines.into()));
            }
        }
        Ok(None)
    }

    fn write(&mut self, lines: &mut Vec<u8>, record: &Record) {
        let caller = &self.caller;
        let recorded_at = self.face.gate.replica().read(|state| {
            let fact = state.facts.get(record.seq)?;
            caller.sees_fact(&state.register, &fact).then_some(fact.recorded_at)
        });
        if let Some(recorded_at) = recorded_at {
            line(lines, record, recorded_at);
            self.left -= 1;
        }
    }
}

/// The stored event with its position and time put before its own members.
fn line(lines: &mut Vec<u8>, record: &Record, recorded_at: Timestamp) {
    let stored = record.payload.strip_prefix(b"{").unwrap_or(&record.payload);
    lines.extend_from_slice(format!("{{\"seq\":{},\"recordedat\":\"{recorded_at}\",", record.seq).as_bytes());
    lines.extend_from_slice(stored);
    lines.push(b'\n');
}
