//! Why a command was not carried out: each variant is answered differently.

use std::time::Duration;

use domain::command::Act;
use domain::id::Seq;
use domain::payload::BulkRefused;
use domain::refusal::Refusal;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use thiserror::Error;

/// One event that changed an obligation after the client had looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Since {
    /// Its position.
    pub seq: Seq,
    /// Its id.
    pub event_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Who acted, by code.
    pub actor: String,
    /// The local day that the actor claims.
    pub occurred_on: Date,
    /// When the log took it.
    pub recorded_at: Timestamp,
}

/// Why a command was not carried out. Only [`SubmitError::OutcomeUnknown`] leaves open whether it was.
#[derive(Debug, Error)]
pub enum SubmitError {
    /// The body is not what the act asks for. Mend it.
    #[error("the body does not fit the act {act}")]
    Body {
        /// The act.
        act: Act,
        /// What did not fit, and where.
        #[source]
        source: serde_json::Error,
    },
    /// The rules refuse it; nothing was stored, and it may succeed later.
    #[error("refused: {}", refusal.code())]
    Refused {
        /// Why.
        refusal: Refusal,
        /// What the actor may do with the obligation now.
        allowed: Vec<Act>,
    },
    /// Some of many obligations cannot be changed, and the command asked for all or none; nothing was stored.
    #[error("{} of the obligations are refused", refused.len())]
    NotAll {
        /// Which, and why.
        refused: Vec<BulkRefused>,
    },
    /// Not an act that can be tried without writing it.
    #[error("{act} cannot be tried: name the acts that it is made of")]
    NotHere {
        /// The act.
        act: Act,
    },
    /// The obligation changed since the client looked. Look again.
    #[error("the obligation is at version {current}, not at the expected one")]
    Stale {
        /// Its version now.
        current: Seq,
        /// What happened in between.
        since: Vec<Since>,
        /// What the actor may do with it now.
        allowed: Vec<Act>,
    },
    /// An expected version was given for an act that is not about an obligation. Leave it out.
    #[error("the act {act} is not about an obligation and has no version")]
    NoVersion {
        /// The act.
        act: Act,
    },
    /// The key was used before, for another command. Take a new key.
    #[error("the idempotency key was used for another command")]
    KeyReused,
    /// This process does not see the end of the log and will not guess. Try again later.
    #[error("this process is behind the log: {reason}")]
    Behind {
        /// How far, or what stopped it.
        reason: String,
    },
    /// Others were faster each time. Try again.
    #[error("the subject changed during each of {attempts} attempts")]
    Contended {
        /// How many.
        attempts: u32,
    },
    /// No answer from the log: perhaps stored. Repeat with the same key.
    #[error("the outcome is unknown: {reason}")]
    OutcomeUnknown {
        /// What was seen last.
        reason: String,
    },
    /// The log cannot take or give anything now; nothing was stored. Try again later.
    #[error("the log is unavailable: {reason}")]
    Unavailable {
        /// What is wrong.
        reason: String,
    },
    /// Too much is waiting already; nothing was stored. Try again after the time given.
    #[error("too many commands are waiting")]
    Overloaded {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The log is not what it must be, so writing has stopped. An operator must act.
    #[error("writing has stopped: {difference}")]
    Guarded {
        /// Every difference found.
        difference: String,
    },
    /// An event would be larger than the log takes. Make it smaller.
    #[error("an event of {bytes} bytes is larger than {max}")]
    TooBig {
        /// Its size.
        bytes: usize,
        /// The largest taken.
        max: usize,
    },
    /// A mistake of this program or a damaged log. An operator must look.
    #[error("the command failed inside: {reason}")]
    Inside {
        /// What was seen.
        reason: String,
    },
}

impl SubmitError {
    /// A word for the metric `vekha_commands_total`.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Body { .. } | Self::NoVersion { .. } | Self::NotHere { .. } => "bad_body",
            Self::Refused { .. } | Self::NotAll { .. } => "refused",
            Self::Stale { .. } => "stale",
            Self::KeyReused => "key_reused",
            Self::Behind { .. } => "behind",
            Self::Contended { .. } => "contended",
            Self::OutcomeUnknown { .. } => "unknown",
            Self::Unavailable { .. } => "unavailable",
            Self::Overloaded { .. } => "overloaded",
            Self::Guarded { .. } => "guarded",
            Self::TooBig { .. } => "too_big",
            Self::Inside { .. } => "inside",
        }
    }
}
