//! From attempts to a verdict: unknown outcomes are repeated with the same ids and looked up.

use std::time::Duration;

use async_nats::connection::State;
use journal::{AppendError, Expect, NewRecord, ReadError, Refused, Seq};
use tokio::time::{Instant, sleep};

use super::Published;
use crate::Core;

type Outcome = Result<Vec<Seq>, AppendError>;

/// First pause between attempts; doubled up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// A free record (without expectation) is looked for among this many of its subject.
const LOOK_MAX: usize = 2_000;

/// Records of one append with what was known when it began.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) records: Vec<NewRecord>,
    /// The log reached at least this far before the first attempt.
    pub(super) floor: Seq,
    /// An earlier attempt may have been stored.
    pub(super) in_doubt: bool,
}

/// Stores one append as it is, until there is a verdict or the time is over.
pub(super) async fn settle(core: &Core, unit: &mut Unit) -> Outcome {
    let deadline = Instant::now() + core.config.settle_within;
    let mut pause = PAUSE_MIN;
    let mut reason = "the broker cannot be reached".to_owned();
    loop {
        if core.write.connection_state() == State::Connected {
            match attempt(core, unit).await {
                Ok(outcome) => return outcome,
                Err(why) => reason = why,
            }
        } else if !unit.in_doubt {
            return Err(AppendError::Unavailable { reason });
        }
        if Instant::now() + pause > deadline {
            let doubt = unit.in_doubt;
            return Err(if doubt { AppendError::Unknown { reason } } else { AppendError::Unavailable { reason } });
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// One attempt: a verdict, or why there is none yet.
async fn attempt(core: &Core, unit: &mut Unit) -> Result<Outcome, String> {
    let published = match unit.records.as_slice() {
        [record] => core.publisher.single(record).await,
        records => core.publisher.batch(&records.iter().collect::<Vec<_>>()).await,
    };
    match published {
        Published::Stored(seqs) => Ok(Ok(seqs)),
        Published::Later(reason) => Err(reason),
        Published::Unknown(reason) => {
            unit.in_doubt = true;
            Err(reason)
        }
        Published::NotNow(reason) if unit.in_doubt => Err(reason),
        Published::NotNow(reason) => Ok(Err(AppendError::Unavailable { reason })),
        Published::Refused { code, description } => Ok(Err(Refused::Other { code, description }.into())),
        Published::Conflict(last) => {
            // After an unknown attempt the record that is in the way may be our own.
            if unit.in_doubt
                && let Some(seqs) = look(core, unit).await.map_err(|e| e.to_string())?
            {
                return Ok(Ok(seqs));
            }
            name_conflict(core, unit, last).await.map(Err).map_err(|e| e.to_string())
        }
        Published::KnownId => match look(core, unit).await.map_err(|e| e.to_string())? {
            Some(seqs) => Ok(Ok(seqs)),
            None => Ok(Err(known_id(unit))),
        },
    }
}

/// Looks for the records of an append in the log; a batch is found whole or not at all.
async fn look(core: &Core, unit: &Unit) -> Result<Option<Vec<Seq>>, ReadError> {
    // A record with an expectation is decisive: ours is the next on its subject, or nowhere.
    let decisive = unit.records.iter().position(|record| record.expect != Expect::Any);
    let index = decisive.unwrap_or(0);
    let Some(record) = unit.records.get(index) else { return Ok(None) };
    let (mut after, steps) = match record.expect {
        Expect::LastOnSubject(seq) => (seq, 1),
        Expect::Any => (unit.floor, LOOK_MAX),
    };
    for _ in 0..steps {
        let Some(found) = core.next_on(&record.subject, after).await? else { return Ok(None) };
        let ours = match found.id.as_deref() {
            Some(id) => id == record.id,
            None => record.id.is_empty() && found.payload == record.payload,
        };
        if ours {
            let index = u64::try_from(index).expect("a batch is small");
            let count = u64::try_from(unit.records.len()).expect("a batch is small");
            let first = found.seq.get().saturating_sub(index);
            return Ok(Some((first..first + count).map(Seq).collect()));
        }
        after = found.seq;
    }
    Ok(None)
}

/// Names the subject of a conflict; in a batch the broker only tells a number.
async fn name_conflict(core: &Core, unit: &Unit, last: Seq) -> Result<AppendError, ReadError> {
    if let [record] = unit.records.as_slice() {
        return Ok(Refused::Conflict { subject: record.subject.clone(), last }.into());
    }
    for record in &unit.records {
        let Expect::LastOnSubject(expected) = record.expect else { continue };
        let last = core.last_on(&record.subject).await?.map_or(Seq::NONE, |found| found.seq);
        if last != expected {
            return Ok(Refused::Conflict { subject: record.subject.clone(), last }.into());
        }
    }
    // The subject moved there and back cannot be; it moved on between the two questions.
    let description = format!("an expectation did not hold, the broker names sequence {last}");
    Ok(Refused::Other { code: 10_071, description }.into())
}

fn known_id(unit: &Unit) -> AppendError {
    let id = unit.records.first().map(|record| record.id.clone()).unwrap_or_default();
    let reason = "this or another id of the append was used before".to_owned();
    Refused::Id { id, reason }.into()
}
