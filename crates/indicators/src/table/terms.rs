//! Targets and weights that regions and municipalities set for themselves.

use domain::ledger::{Goal, Targeted, goal};
use register::Register;

/// Everything that was set, in the order of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms(pub Vec<Targeted>);

impl Terms {
    /// What the log says.
    pub(crate) fn of(register: &Register) -> Self {
        Self(register.ledger().targets().to_vec())
    }

    /// What holds in a place.
    pub(crate) fn goal(&self, region: &str, municipality: Option<&str>, indicator: &str, period: &str) -> Goal {
        goal(&self.0, region, municipality, indicator, period)
    }

    /// Whether nothing was set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
