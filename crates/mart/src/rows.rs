//! Where the rows come from.

use std::future::Future;

use domain::id::Seq;

use crate::load::Load;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// All rows of all sets.
    Everything,
    /// All rows of all sets, of the events only those behind a position.
    Current {
        /// The last event that is known.
        after: Seq,
    },
    /// What changed behind a position; where that is not known, [`Ask::Current`].
    Since {
        /// The state that is known.
        after: Seq,
    },
    /// The same with the control totals, which look at every row.
    Totals {
        /// The state that is known.
        after: Seq,
    },
}

/// Whether a database fits to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The log holds the position, and the state has reached it.
    Held,
    /// The log holds less: it was put back, or it is another one that took the name.
    Beyond,
    /// The log is another one.
    OtherEpoch,
}

/// There are no rows now; try again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoRows(pub String);

/// Makes the rows. The service's state does, and the tests' stories, which no state can tell that fast.
pub trait Rows: Send {
    /// Whether the log is the one that a database was filled from; waits until the state has reached the position.
    fn reach(&mut self, epoch: &str, seq: Seq, last_event: &str) -> impl Future<Output = Result<Reach, NoRows>> + Send;

    /// Makes rows, of one state.
    fn load(&mut self, ask: Ask) -> impl Future<Output = Result<Load, NoRows>> + Send;

    /// Waits until there may be something new. May be dropped at any time.
    fn changed(&mut self) -> impl Future<Output = ()> + Send;

    /// Whether the rows are all that the log holds, as far as is known: then they hold for now.
    fn is_current(&self) -> bool;

    /// How many events the log is ahead of a position.
    fn lag(&self, seq: Seq) -> u64;
}
