//! Applying what was read: understood first, without the lock, then applied under it.

use domain::event::{Data, EventId};
use domain::evolve::Effect;
use journal::{Record, Seq};
use register::{ApplyError, Parsed, Stored, parse};

use crate::error::ProjectorError;
use crate::replica::{Replica, State};

/// What became of a chunk of records.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Ids of the events that were applied, from the first record on.
    pub(crate) events: Vec<EventId>,
    pub(crate) tally: Tally,
    /// Why the rest was not applied.
    pub(crate) failure: Option<ProjectorError>,
}

/// What the events did, for the counters.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) changed: u64,
    pub(crate) duplicate: u64,
    pub(crate) void: u64,
    pub(crate) unknown: u64,
}

/// Applies whole batches, and moves the watermark to the end of the last one. Whatever stands before a
/// bad event is applied.
pub(crate) fn apply(replica: &Replica, records: &[Record]) -> Outcome {
    let mut outcome = Outcome::default();
    let parsed = understand(records, &mut outcome);
    let (watermark, epoch) = {
        let mut state = replica.state_mut();
        let watermark = state.watermark;
        state.watermark = apply_all(&mut state, &parsed, records, &mut outcome).unwrap_or(watermark);
        let epoch = state.register.epoch().filter(|epoch| *epoch != replica.epoch().as_str()).map(str::to_owned);
        (state.watermark, epoch)
    };
    if let Some(event) = epoch {
        outcome.failure = Some(ProjectorError::Epoch { log: replica.epoch().clone(), event });
    }
    replica.announce(watermark);
    replica.condition().saw(watermark, watermark);
    outcome
}

impl State {
    /// Applies the next records of a log, for whoever wants a state of their own without caches; the watermark moves
    /// to the last end of a batch among them.
    ///
    /// # Errors
    /// [`ProjectorError::Event`]: an event that cannot be applied; what stands before it is.
    pub fn fold(&mut self, records: &[Record]) -> Result<(), ProjectorError> {
        let mut outcome = Outcome::default();
        let parsed = understand(records, &mut outcome);
        self.watermark = apply_all(self, &parsed, records, &mut outcome).unwrap_or(self.watermark);
        outcome.failure.map_or(Ok(()), Err)
    }
}

/// Fewer records than these are parsed by one thread: starting another costs as much.
const PARALLEL_FROM: usize = 256;

/// Most threads that parse: beyond that, applying takes longer than parsing.
const THREADS_MAX: usize = 4;

/// Parses the records up to the first that is no event; of its batch nothing is given.
fn understand<'a>(records: &'a [Record], outcome: &mut Outcome) -> Vec<Parsed<'a>> {
    let mut parsed = Vec::with_capacity(records.len());
    for (result, record) in parse_all(records).into_iter().zip(records) {
        match result {
            Ok(event) => parsed.push(event),
            Err(error) => {
                outcome.failure = Some(event_error(record, error));
                let whole = records[..parsed.len()].iter().rposition(|before| before.batch_end);
                parsed.truncate(whole.map_or(0, |at| at + 1));
                break;
            }
        }
    }
    parsed
}

/// Parsing costs twice as much as applying and needs no state: many records are parsed side by side.
pub(crate) fn parse_all(records: &[Record]) -> Vec<Result<Parsed<'_>, ApplyError>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    if threads == 1 || records.len() < PARALLEL_FROM {
        return records.iter().map(parse_one).collect();
    }
    std::thread::scope(|scope| {
        let share = records.len().div_ceil(threads);
        let workers: Vec<_> = records
            .chunks(share)
            .map(|records| scope.spawn(move || records.iter().map(parse_one).collect::<Vec<_>>()))
            .collect();
        let results = workers.into_iter().map(|worker| match worker.join() {
            Ok(results) => results,
            Err(panicked) => std::panic::resume_unwind(panicked),
        });
        results.flatten().collect()
    })
}

fn parse_one(record: &Record) -> Result<Parsed<'_>, ApplyError> {
    parse(&Stored { seq: record.seq, recorded_at: record.recorded_at, payload: &record.payload })
}

/// Applies events in order; gives the last place where the log is consistent.
fn apply_all(state: &mut State, parsed: &[Parsed<'_>], records: &[Record], outcome: &mut Outcome) -> Option<Seq> {
    let mut whole = None;
    for (event, record) in parsed.iter().zip(records) {
        let applied = match state.register.apply(event) {
            Ok(applied) => applied,
            Err(error) => {
                outcome.failure = Some(event_error(record, error));
                break;
            }
        };
        state.facts.push(&applied);
        outcome.events.push(applied.event);
        match applied.effect {
            Effect::Changed => outcome.tally.changed += 1,
            Effect::Duplicate => outcome.tally.duplicate += 1,
            Effect::Void(_) => outcome.tally.void += 1,
        }
        outcome.tally.unknown += u64::from(matches!(event.data(), Data::Unknown(_)));
        if record.batch_end {
            whole = Some(record.seq);
        }
    }
    whole
}

fn event_error(record: &Record, error: ApplyError) -> ProjectorError {
    let source = Box::new(error);
    ProjectorError::Event { seq: record.seq, subject: record.subject.chars().take(300).collect(), source }
}
