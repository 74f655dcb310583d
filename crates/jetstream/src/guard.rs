//! The guard: the stream's live configuration and state are compared with what they must be.
//!
//! An administrator's update of `max_msgs` removed events at once in spite of `deny_delete` and
//! `deny_purge` (measured on 2.15.1), so a difference stops writing until it is put back.

use std::fmt;
use std::sync::Arc;

use journal::Seq;
use serde_json::Value;
use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::Core;
use crate::stream::{ApiError, StreamInfo, expected};

/// One way in which the log is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardViolation {
    /// A setting of the stream differs.
    Setting {
        /// Name of the setting in the broker's words.
        name: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The log does not begin at sequence 1: its beginning was removed.
    FirstSequence {
        /// The first sequence held.
        found: Seq,
    },
    /// Records inside the log are gone.
    Deleted {
        /// How many.
        count: u64,
    },
    /// The log ends before a record that was acknowledged to us.
    CutShort {
        /// Highest sequence acknowledged or seen.
        acknowledged: Seq,
        /// The log's last sequence now.
        last: Seq,
    },
    /// Another log stands in the place of ours.
    Epoch {
        /// The epoch at the start of this process.
        expected: String,
        /// The epoch now; empty for a stream that is not ours.
        found: String,
    },
    /// The stream does not exist any more.
    Gone,
}

impl fmt::Display for GuardViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { name, expected, found } => {
                write!(f, "{name} is {found}, it must be {expected}")
            }
            Self::FirstSequence { found } => {
                write!(f, "the log begins at sequence {found}, it must begin at 1")
            }
            Self::Deleted { count } => write!(f, "{count} records were deleted"),
            Self::CutShort { acknowledged, last } => {
                write!(f, "the log ends at {last}, record {acknowledged} was acknowledged")
            }
            Self::Epoch { expected, found } => {
                write!(f, "the log's epoch is \"{found}\", it was \"{expected}\"")
            }
            Self::Gone => f.write_str("the stream does not exist"),
        }
    }
}

/// Puts violations into one sentence.
#[must_use]
pub fn describe(violations: &[GuardViolation]) -> String {
    let words: Vec<String> = violations.iter().map(ToString::to_string).collect();
    words.join("; ")
}

/// Why the guard could not vouch for the log.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GuardError {
    /// The log is not what it must be. An operator must act.
    #[error("the log is not as it must be: {}", describe(.0))]
    Violated(Vec<GuardViolation>),
    /// The broker does not answer. Try again.
    #[error("the log could not be checked: {0}")]
    NoAnswer(String),
}

/// Watches the stream: its answers turn the health of [`crate::JetStream`].
#[derive(Clone, Debug)]
pub struct Guard {
    core: Arc<Core>,
}

impl Guard {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Compares once and takes the result into the log's health.
    ///
    /// # Errors
    /// [`GuardError::Violated`] with every difference, [`GuardError::NoAnswer`].
    pub async fn check(&self) -> Result<(), GuardError> {
        // Asked before the broker: what is acknowledged meanwhile is no lost record.
        let acknowledged = self.core.highest();
        let answer = self.core.api.info().await;
        let outcome = match &answer {
            Ok(info) => {
                let violations = violations(&self.core, info, acknowledged);
                if violations.is_empty() { Ok(()) } else { Err(GuardError::Violated(violations)) }
            }
            Err(ApiError::NoStream) => Err(GuardError::Violated(vec![GuardViolation::Gone])),
            Err(error) => Err(GuardError::NoAnswer(error.to_string())),
        };
        let leader = answer.is_ok_and(|info| info.has_leader());
        self.note(&outcome, leader);
        outcome
    }

    /// Checks again and again until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = interval(self.core.config.watch_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            // What is found goes into the health; a stop in between loses nothing.
            if stop.run_until_cancelled(self.check()).await.is_none() {
                return;
            }
        }
    }

    fn note(&self, outcome: &Result<(), GuardError>, leader: bool) {
        self.core.health.send_if_modified(|health| {
            let before = health.clone();
            match outcome {
                Ok(()) => {
                    health.violations.clear();
                    health.leader = leader;
                    health.reason = None;
                }
                Err(GuardError::Violated(violations)) => {
                    health.violations.clone_from(violations);
                    health.leader = true;
                }
                // Violations stay: silence does not lift them.
                Err(GuardError::NoAnswer(reason)) => {
                    health.leader = false;
                    health.reason = Some(reason.clone());
                }
            }
            if before.violations.is_empty() && !health.violations.is_empty() {
                error!("writing is stopped: {}", describe(&health.violations));
            } else if !before.violations.is_empty() && health.violations.is_empty() {
                info!("the log is as it must be again, writing goes on");
            }
            if before.leader && !health.leader {
                warn!("the log does not answer: {}", health.reason.as_deref().unwrap_or_default());
            } else if !before.leader && health.leader {
                info!("the log answers again");
            }
            *health != before
        });
    }
}

/// Every difference between the stream and what it must be.
pub(crate) fn violations(core: &Core, info: &StreamInfo, acknowledged: Seq) -> Vec<GuardViolation> {
    let mut found = Vec::new();
    let epoch = info.epoch().unwrap_or_default();
    if epoch != core.epoch.as_str() {
        let expected = core.epoch.to_string();
        found.push(GuardViolation::Epoch { expected, found: epoch.to_owned() });
    }
    let expected = expected(&core.config);
    for (name, wanted) in &expected {
        let actual = info.config.get(name).unwrap_or(&Value::Null);
        if actual != wanted && !(is_neutral(actual) && is_neutral(wanted)) {
            let (expected, found_value) = (wanted.to_string(), actual.to_string());
            found.push(GuardViolation::Setting { name: name.clone(), expected, found: found_value });
        }
    }
    for (name, actual) in &info.config {
        if !expected.contains_key(name) && !is_harmless(name) && !is_neutral(actual) {
            found.push(GuardViolation::Setting {
                name: name.clone(),
                expected: "off".to_owned(),
                found: actual.to_string(),
            });
        }
    }
    let state = &info.state;
    if state.last_seq > 0 && state.first_seq != 1 {
        found.push(GuardViolation::FirstSequence { found: Seq(state.first_seq) });
    }
    let held = state.first_seq.saturating_sub(1).saturating_add(state.messages);
    let deleted = state.num_deleted.max(state.last_seq.saturating_sub(held));
    if deleted > 0 {
        found.push(GuardViolation::Deleted { count: deleted });
    }
    let last = Seq(state.last_seq);
    if last < acknowledged {
        found.push(GuardViolation::CutShort { acknowledged, last });
    }
    found
}

/// Settings that cannot change history.
fn is_harmless(name: &str) -> bool {
    matches!(name, "name" | "description" | "metadata" | "num_replicas" | "placement")
}

/// Values that mean "off": what the broker says of a feature that nobody asked for.
fn is_neutral(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(n) => n.as_i64().is_some_and(|n| n == 0),
        Value::String(text) => matches!(text.as_str(), "" | "none" | "default"),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_neutral),
    }
}
