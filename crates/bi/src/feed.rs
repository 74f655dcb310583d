//! Where a consistent state to tell is had from: register, values and what stands beside them, at one position.

use std::sync::{Arc, Mutex, PoisonError};

use board::{Latest, NotComputed, Shown, days_of};
use commands::Gate;
use domain::event::DecodeError;
use domain::id::Seq;
use jiff::Timestamp;
use projector::State;
use register::Register;

use crate::beside::Beside;
use crate::source::Source;

/// Why there are no rows to tell.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The values cannot be computed.
    #[error("the values cannot be computed")]
    Values(#[from] NotComputed),
    /// The log does not give what stands beside the state.
    #[error("the log does not give the transfers and closings: {0}")]
    Log(String),
    /// A transfer or closing of the log cannot be read.
    #[error("a transfer or closing of the log cannot be read")]
    Event(#[from] DecodeError),
}

/// Makes [`Source`]s of the live state.
#[derive(Debug)]
pub struct Feed {
    gate: Gate,
    latest: Arc<Latest>,
    known: Mutex<Known>,
}

/// What was read beside the state, and how far the log was looked through for more.
#[derive(Clone, Debug, Default)]
struct Known {
    beside: Arc<Beside>,
    transfers: Vec<Seq>,
    to: Seq,
}

/// What a [`Source`] is made of, beside the state itself.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The values.
    pub shown: Arc<Shown>,
    beside: Arc<Beside>,
    /// The moment at which timeliness is judged.
    pub as_of: Timestamp,
}

/// A copy of the state, with its values.
#[derive(Debug)]
pub struct Held {
    state: State,
    ready: Ready,
}

impl Held {
    /// Its rows.
    #[must_use]
    pub fn source(&self) -> Source<'_> {
        Source::new(&self.state, &self.ready.shown, &self.ready.beside, self.ready.as_of)
    }

    /// What is known of every obligation, for whoever decides who sees it.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.state.register
    }
}

impl Feed {
    /// A feed of a gate's state and the values that are kept up with it.
    #[must_use]
    pub fn new(gate: Gate, latest: Arc<Latest>) -> Self {
        Self { gate, latest, known: Mutex::default() }
    }

    /// Waits for the values of the present state, and reads what is new beside it.
    ///
    /// # Errors
    /// [`FeedError`].
    pub async fn ready(&self) -> Result<Ready, FeedError> {
        let as_of = self.gate.now();
        let (seq, days) = self.gate.replica().read(|state| (state.watermark, days_of(&state.register, as_of)));
        let shown = self.latest.at_least(seq, &days).await?;
        self.beside_of(shown, as_of).await
    }

    /// The same for values that somebody has already.
    ///
    /// # Errors
    /// [`FeedError`].
    pub async fn beside_of(&self, shown: Arc<Shown>, as_of: Timestamp) -> Result<Ready, FeedError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let wanted = self.gate.replica().read(|state| {
            known.transfers.extend(Beside::transfers_after(state, known.to));
            known.to = state.watermark;
            Beside::wanted(state, &known.transfers)
        });
        if !known.beside.is_of(&wanted) {
            let records = self.gate.events_at(&wanted).await.map_err(|error| FeedError::Log(error.to_string()))?;
            let records = || records.iter().map(|record| (record.seq, &*record.payload));
            known.beside = Arc::new(self.gate.replica().read(|state| Beside::of(state, records()))?);
        }
        let beside = Arc::clone(&known.beside);
        let mut kept = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Who asked at the same time may have looked further.
        if kept.to <= known.to {
            *kept = known;
        }
        Ok(Ready { shown, beside, as_of })
    }

    /// Looks at the rows; the state waits for whoever looks, so a long look takes them in pieces.
    pub fn look<R>(&self, ready: &Ready, look: impl FnOnce(&Source<'_>) -> R) -> R {
        let seen = |state: &State| look(&Source::new(state, &ready.shown, &ready.beside, ready.as_of));
        self.gate.replica().read(seen)
    }

    /// Copies the state, so that whoever reads long holds nobody up: the projector waits for the copying alone, some
    /// hundred bytes for each obligation and event. All rows of the copy are of one position.
    #[must_use]
    pub fn hold(&self, ready: Ready) -> Held {
        let copy = |state: &State| State {
            register: state.register.clone(),
            facts: state.facts.clone(),
            watermark: state.watermark,
        };
        Held { state: self.gate.replica().read(copy), ready }
    }

    /// How far the state reaches.
    #[must_use]
    pub fn watermark(&self) -> Seq {
        self.gate.replica().watermark()
    }

    /// What is kept up with the state.
    #[must_use]
    pub fn latest(&self) -> &Arc<Latest> {
        &self.latest
    }
}
