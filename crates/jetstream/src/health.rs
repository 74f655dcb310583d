//! Whether the log can be written to, and if not, why.

use std::fmt;

use crate::guard::GuardViolation;

/// State of the log as this process sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The connection to the broker stands.
    pub connected: bool,
    /// The stream answers and has a leader.
    pub leader: bool,
    /// What the guard found; empty when the log is as it must be.
    pub violations: Vec<GuardViolation>,
    /// What was seen last when the stream does not answer.
    pub reason: Option<String>,
}

impl Health {
    /// Tells whether appends can succeed.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.connected && self.leader && self.violations.is_empty()
    }

    /// Tells why appends cannot succeed; `None` when they can.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        if !self.connected {
            Some("the broker cannot be reached".to_owned())
        } else if !self.violations.is_empty() {
            Some(crate::guard::describe(&self.violations))
        } else if !self.leader {
            let reason = self.reason.as_deref().unwrap_or("there is no leader");
            Some(format!("the stream does not answer: {reason}"))
        } else {
            None
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.trouble().as_deref().unwrap_or("ready"))
    }
}
