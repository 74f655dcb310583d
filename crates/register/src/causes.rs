//! Which cause of a restatement an event is, in the state before it.

use domain::cause::Cause;
use domain::event::Data;

use crate::{Parsed, Register};

impl Register {
    /// The cause that an event is; one that confirms what was proposed is that of the act which it confirms.
    #[must_use]
    pub fn cause_of(&self, parsed: &Parsed<'_>) -> Cause {
        match &parsed.data {
            Data::ProposalConfirmed(confirmed) => {
                let proposed = self.ledger.proposal(&confirmed.proposal);
                proposed.map_or(Cause::LateData, |proposal| Cause::of(&proposal.made.event_type))
            }
            data => Cause::of(data.type_name()),
        }
    }

    /// Applies the next event where it is of a cause up to a given one, and passes over it otherwise; over one that
    /// cannot be applied without what was passed over, too.
    ///
    /// # Errors
    /// It is not the next one.
    pub fn heed(&mut self, parsed: &Parsed<'_>, up_to: Cause) -> Result<(), crate::ApplyError> {
        if self.cause_of(parsed) <= up_to && self.apply(parsed).is_ok() {
            return Ok(());
        }
        self.pass_over(parsed)
    }
}
