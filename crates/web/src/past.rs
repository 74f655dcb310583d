//! The register as it was: the beginning of the log folded again, a few of them kept.

use std::sync::{Arc, Mutex, PoisonError};

use domain::id::Seq;
use jiff::Timestamp;
use projector::State;
use register::{Register, Stored, parse};

use crate::Face;
use crate::answer::inside;
use crate::problem::Problem;

/// How many earlier registers are kept: a nation's is some hundred megabytes.
const KEPT: usize = 3;
/// Events that are folded at one go, away from the threads that answer.
const CHUNK: usize = 5_000;

/// Earlier registers, the last used at the end.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: Mutex<Vec<(Seq, Arc<Register>)>>,
    /// One is made at a time: making it takes the whole log's reading.
    making: tokio::sync::Mutex<()>,
}

/// A state to answer from: the live one, or an earlier one.
#[derive(Clone)]
pub(crate) enum View {
    /// As it is.
    Live,
    /// As it was.
    Past(Arc<Register>),
}

/// The instant that an answer tells of, and the state at it.
#[derive(Clone)]
pub(crate) struct Moment {
    pub(crate) view: View,
    pub(crate) as_of: Timestamp,
}

impl Face {
    /// The state at an instant; now when none is given.
    pub(crate) async fn moment(&self, as_of: Option<Timestamp>) -> Result<Moment, Problem> {
        let Some(as_of) = as_of else { return Ok(Moment { view: View::Live, as_of: self.gate.now() }) };
        let (until, last) = self.gate.replica().read(|state| (prefix(state, as_of), state.watermark));
        let view = if until >= last { View::Live } else { View::Past(self.register_at(until).await?) };
        Ok(Moment { view, as_of })
    }

    /// Looks at the state of a moment.
    pub(crate) fn look<R>(&self, moment: &Moment, look: impl FnOnce(&Register) -> R) -> R {
        match &moment.view {
            View::Live => self.gate.replica().read(|state| look(&state.register)),
            View::Past(register) => look(register),
        }
    }

    async fn register_at(&self, until: Seq) -> Result<Arc<Register>, Problem> {
        let _turn = self.past.making.lock().await;
        if let Some(known) = self.past.get(until) {
            return Ok(known);
        }
        let mut register = Register::new();
        let mut reader = self.gate.journal().read(Seq::FIRST);
        while register.last_seq() < until {
            let left = usize::try_from(until.get() - register.last_seq().get()).unwrap_or(usize::MAX);
            let batch = reader.next(left.min(CHUNK)).await.map_err(|error| inside(&error))?;
            let fold = move || {
                for record in &batch.records {
                    let stored = Stored { seq: record.seq, recorded_at: record.recorded_at, payload: &record.payload };
                    parse(&stored).and_then(|parsed| register.apply(&parsed))?;
                }
                Ok::<_, register::ApplyError>(register)
            };
            let folded = tokio::task::spawn_blocking(fold).await.map_err(|error| inside(&error))?;
            register = folded.map_err(|error| inside(&error))?;
        }
        let register = Arc::new(register);
        self.past.put(until, Arc::clone(&register));
        Ok(register)
    }
}

impl Cache {
    fn get(&self, seq: Seq) -> Option<Arc<Register>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| *known == seq)?;
        let entry = kept.remove(found);
        let register = Arc::clone(&entry.1);
        kept.push(entry);
        Some(register)
    }

    fn put(&self, seq: Seq, register: Arc<Register>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((seq, register));
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }
}

/// How far the log reaches that was recorded (or is claimed to have been) by an instant. The marks of
/// the log itself have no time of their own: they belong to what follows.
fn prefix(state: &State, as_of: Timestamp) -> Seq {
    let marks = ["log.opened", "import.opened", "import.closed"].map(|name| state.register.type_of(name));
    let mut until = Seq::NONE;
    for fact in state.facts.after(Seq::NONE) {
        if marks.contains(&Some(fact.event_type)) {
            continue;
        }
        if fact.recorded_at > as_of {
            return until;
        }
        until = fact.seq;
    }
    state.watermark
}
