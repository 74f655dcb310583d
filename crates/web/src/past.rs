//! The state that a question is about: as it is, or as it was at an instant.

use std::sync::Arc;

use jiff::Timestamp;
use projector::chain;
use register::Register;

use crate::Face;
use crate::answer::inside;
use crate::problem::Problem;

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
        let (until, last) = self.gate.replica().read(|state| (state.prefix_until(as_of), state.watermark));
        if until >= last {
            return Ok(Moment { view: View::Live, as_of });
        }
        let register = self.history.register_at(until).await.map_err(|error| inside(&chain(&*error)))?;
        Ok(Moment { view: View::Past(register), as_of })
    }

    /// Looks at the state of a moment.
    pub(crate) fn look<R>(&self, moment: &Moment, look: impl FnOnce(&Register) -> R) -> R {
        match &moment.view {
            View::Live => self.gate.replica().read(|state| look(&state.register)),
            View::Past(register) => look(register),
        }
    }
}
