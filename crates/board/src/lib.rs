//! The values of the live state, kept up with it: what an event changed is computed anew, and only that.
//!
//! Somebody runs the [`Follower`]; everybody else asks [`Latest`], or follows the [`Step`]s that it takes. This
//! crate decides nothing and writes nothing.

mod appraiser;
mod dirty;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use commands::Gate;
use domain::id::Seq;
use indicators::{Board, Catalogue, Change, Judged, Tables, Updated, Values};
use jiff::Timestamp;
use jiff::civil::Date;
use register::Register;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::appraiser::appraiser;
use self::dirty::Dirty;

/// Changes that are kept for whoever comes back after a broken connection.
const KEPT: usize = 512;
/// Changes that wait for one slow reader, before it is told to begin anew.
const WAITING: usize = 256;
/// How often the day is looked at, and a failure tried again.
const TICK: Duration = Duration::from_millis(500);
/// How long a reader waits for values that are being computed.
const PATIENCE: Duration = Duration::from_secs(30);

/// There are no values to show; an operator finds the reason in the log too.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotComputed(String);

/// The values of one state on one day.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The state.
    pub seq: Seq,
    days: Vec<Date>,
    /// Its values.
    pub values: Values,
    /// The definitions that they were computed by.
    pub catalogue: Arc<Catalogue>,
}

impl Shown {
    /// The values of a state at the end of the given local days.
    #[must_use]
    pub fn new(seq: Seq, days: Vec<Date>, values: Values, catalogue: Arc<Catalogue>) -> Self {
        Self { seq, days, values, catalogue }
    }

    /// The local days of the regions at whose end is judged.
    #[must_use]
    pub fn days(&self) -> &[Date] {
        &self.days
    }
}

/// What one step changed.
#[derive(Clone, Debug)]
pub struct Step {
    /// The state before it.
    pub from: Seq,
    /// The state that it led to.
    pub to: Seq,
    /// The values after it.
    pub values: Values,
    /// The rows that differ; `None`: so many, or others, that a reader begins anew.
    pub rows: Option<Vec<Change>>,
    /// The obligations that were touched.
    pub obligations: Vec<u32>,
}

/// Where readers find the values, and what changes in them.
#[derive(Debug)]
pub struct Latest {
    shown: watch::Sender<Option<Arc<Shown>>>,
    wanted: watch::Sender<Seq>,
    steps: broadcast::Sender<Arc<Step>>,
    kept: Mutex<VecDeque<Arc<Step>>>,
    failure: Mutex<Option<String>>,
    /// The service ends: nothing will change any more.
    closed: CancellationToken,
}

impl Default for Latest {
    fn default() -> Self {
        Self {
            shown: watch::Sender::new(None),
            wanted: watch::Sender::new(Seq::NONE),
            steps: broadcast::Sender::new(WAITING),
            kept: Mutex::default(),
            failure: Mutex::default(),
            closed: CancellationToken::new(),
        }
    }
}

impl Latest {
    /// The values of a state not older than a position, on the given days; waits while they are computed.
    ///
    /// # Errors
    /// They cannot be computed, or not in time.
    pub async fn at_least(&self, seq: Seq, days: &[Date]) -> Result<Arc<Shown>, NotComputed> {
        let fits = |shown: &Option<Arc<Shown>>| shown.as_ref().is_some_and(|it| it.seq >= seq && it.days == days);
        if let Some(shown) = self.shown.borrow().as_ref().filter(|it| it.seq >= seq && it.days == days) {
            return Ok(Arc::clone(shown));
        }
        self.wanted.send_if_modified(|wanted| {
            let more = *wanted < seq;
            *wanted = seq.max(*wanted);
            more
        });
        let mut shown = self.shown.subscribe();
        let found = tokio::time::timeout(PATIENCE, shown.wait_for(|it| fits(it) || self.failed().is_some())).await;
        let found = found.map_err(|_| NotComputed("the values were not computed in time".to_owned()))?;
        let found = found.map_err(|error| NotComputed(error.to_string()))?.clone();
        found
            .filter(|it| it.seq >= seq && it.days == days)
            .ok_or_else(|| NotComputed(self.failed().unwrap_or_else(|| "the values cannot be computed".to_owned())))
    }

    /// Follows what changes from now on.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<Arc<Step>> {
        self.steps.subscribe()
    }

    /// What a future gives, unless the service ends before.
    pub async fn until_closed<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.closed.run_until_cancelled(future).await
    }

    /// The steps behind a state, where all of them are still kept.
    #[must_use]
    pub fn since(&self, seq: Seq) -> Option<Vec<Arc<Step>>> {
        let kept = self.kept();
        if kept.back().is_none_or(|last| last.to <= seq) {
            return Some(Vec::new());
        }
        let first = kept.iter().position(|step| step.from <= seq && seq < step.to)?;
        Some(kept.iter().skip(first).cloned().collect())
    }

    /// What keeps the values from being computed.
    #[must_use]
    pub fn failed(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<Step>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, shown: Shown, step: Option<Step>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(step) = step {
            let step = Arc::new(step);
            let mut kept = self.kept();
            kept.push_back(Arc::clone(&step));
            if kept.len() > KEPT {
                kept.pop_front();
            }
            drop(kept);
            // Nobody may be listening.
            drop(self.steps.send(step));
        }
        self.shown.send_replace(Some(Arc::new(shown)));
    }

    fn fail(&self, told: &str) {
        tracing::error!("the indicators cannot be computed, reads of values fail until they can: {told}");
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(told.to_owned());
        self.shown.send_modify(|_| {});
    }
}

/// What keeps the values up with the state. It ends when it is told to; somebody must run it beside the service.
#[derive(Debug)]
pub struct Follower {
    gate: Gate,
    base: Catalogue,
    latest: Arc<Latest>,
    seconds: metrics::Histogram,
}

/// The board with what it was made of.
struct Held {
    board: Board,
    catalogue: Arc<Catalogue>,
    seq: Seq,
    days: Vec<Date>,
}

/// Everything, computed.
struct Everything {
    seq: Seq,
    days: Vec<Date>,
    board: Board,
    obligations: Option<Vec<u32>>,
}

/// A look at the state: what there is to compute.
enum Look {
    Nothing,
    Some { seq: Seq, tables: Tables, obligations: Vec<u32> },
    All(Box<Everything>),
}

impl Follower {
    /// A follower of a gate's state, by these definitions and those of the log; it shows what it finds in `latest`.
    #[must_use]
    pub fn new(gate: Gate, base: Catalogue, latest: Arc<Latest>) -> Self {
        Self { gate, base, latest, seconds: metrics::histogram!("vekha_values_seconds", "past" => "false") }
    }

    /// Follows the state until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        let follower = Arc::new(self);
        let mut changed = follower.gate.replica().changed();
        let mut wanted = follower.latest.wanted.subscribe();
        let mut held = None;
        loop {
            let work = Arc::clone(&follower);
            // Polars may panic on data that nobody thought of: the task contains it, and the next look begins anew.
            let stepped = tokio::task::spawn_blocking(move || work.step(held)).await;
            held = match stepped {
                Ok(Ok(held)) => held,
                Ok(Err(told)) => {
                    follower.latest.fail(&told);
                    None
                }
                Err(panicked) => {
                    follower.latest.fail(&panicked.to_string());
                    None
                }
            };
            tokio::select! {
                () = stop.cancelled() => return follower.latest.closed.cancel(),
                _ = changed.changed(), if held.is_some() => {}
                _ = wanted.changed() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    fn step(&self, held: Option<Held>) -> Result<Option<Held>, String> {
        let started = Instant::now();
        let told = |error: &dyn std::error::Error| {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(under) = source {
                text = format!("{text}: {under}");
                source = under.source();
            }
            text
        };
        let look = self.look(held.as_ref()).map_err(|error| told(&error))?;
        let (held, step) = match (look, held) {
            (Look::Nothing, held) => return Ok(held),
            (Look::Some { seq, tables, obligations }, Some(mut held)) => {
                let from = std::mem::replace(&mut held.seq, seq);
                match held.board.update(&tables).map_err(|error| told(&error))? {
                    Updated::Changed(rows) => {
                        let values = held.board.values().clone();
                        (held, Step { from, to: seq, values, rows: Some(rows), obligations })
                    }
                    // The next look finds no board, and makes one.
                    Updated::Unknown => return Ok(None),
                }
            }
            (Look::Some { .. }, None) => return Ok(None),
            (Look::All(everything), before) => {
                let Everything { seq, days, board, obligations } = *everything;
                let values = board.values().clone();
                let rows = before.as_ref().and_then(|before| values.changes_since(before.board.values()));
                let from = before.as_ref().map_or(Seq::NONE, |before| before.seq);
                let rows = rows.filter(|_| obligations.is_some());
                let step = Step { from, to: seq, values, rows, obligations: obligations.unwrap_or_default() };
                (Held { catalogue: Arc::new(board.catalogue().clone()), board, seq, days }, step)
            }
        };
        let (values, catalogue) = (held.board.values().clone(), Arc::clone(&held.catalogue));
        self.latest.show(Shown { seq: held.seq, days: held.days.clone(), values, catalogue }, Some(step));
        self.seconds.record(started.elapsed());
        Ok(Some(held))
    }

    fn look(&self, held: Option<&Held>) -> Result<Look, LookError> {
        let now = self.gate.now();
        self.gate.replica().read(|state| {
            let register = &state.register;
            let (seq, days) = (register.last_seq(), days_of(register, now));
            let importing = register.import_spans().last().is_some_and(|span| span.closed.is_none());
            let wanted = *self.latest.wanted.borrow();
            let dirty = match held {
                // While a history is loaded nobody looks: then it waits.
                Some(held) if importing && wanted <= held.seq && held.days == days => return Ok(Look::Nothing),
                Some(held) if held.seq == seq && held.days == days => return Ok(Look::Nothing),
                Some(held) if held.days == days => Dirty::since(state, held.seq),
                Some(_) | None => Dirty::all(),
            };
            let judged = Judged::at(now);
            if let (Some(orgs), Some(_)) = (dirty.orgs, held) {
                let tables = Tables::of_orgs(register, judged, &orgs)?;
                return Ok(Look::Some { seq, tables, obligations: dirty.obligations.unwrap_or_default() });
            }
            let board = Board::of_register(register, judged, self.base.of(register)?)?;
            Ok(Look::All(Box::new(Everything { seq, days, board, obligations: dirty.obligations })))
        })
    }
}

/// Why the state cannot be looked at.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error("the tables cannot be made")]
    Tables(#[from] indicators::PolarsError),
    #[error("the definitions cannot be read")]
    Definitions(#[from] indicators::DefinitionError),
    #[error("the values cannot be computed")]
    Values(#[from] indicators::ComputeError),
}

/// The local days of all regions at an instant.
#[must_use]
pub fn days_of(register: &Register, at: Timestamp) -> Vec<Date> {
    register.regions().iter().map(|region| region.clockwork.day_of(at)).collect()
}
