//! One obligation: what people did about it. Lateness is not stored here, it is computed.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::event::EventId;
use crate::id::Seq;

/// Where an obligation stands; changed by events only (`workflow.md` b).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for its date.
    Unscheduled,
    /// Nothing valid is in.
    #[default]
    Open,
    /// A report waits for its controller.
    Submitted,
    /// Sent back for rework.
    Returned,
    /// Off control ("снято с контроля").
    Accepted,
    /// Released, with a basis.
    Excused,
    /// Its row or its school is gone.
    Cancelled,
    /// Fell due before the school joined.
    NotApplicable,
}

impl Phase {
    /// All phases, in the order of their stored ordinals.
    pub const ALL: [Self; 8] = [
        Self::Unscheduled,
        Self::Open,
        Self::Submitted,
        Self::Returned,
        Self::Accepted,
        Self::Excused,
        Self::Cancelled,
        Self::NotApplicable,
    ];

    /// The phase's name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unscheduled => "unscheduled",
            Self::Open => "open",
            Self::Submitted => "submitted",
            Self::Returned => "returned",
            Self::Accepted => "accepted",
            Self::Excused => "excused",
            Self::Cancelled => "cancelled",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// Whether it counts in numerators and denominators at all.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(self, Self::Excused | Self::Cancelled | Self::NotApplicable)
    }

    /// Whether a valid report is in.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::Submitted | Self::Accepted)
    }
}

/// Points of a checklist, in points as the checklist gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// Points reached.
    pub points: u32,
    /// Points that could be reached.
    pub max: u32,
}

/// A person as the register numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonIdx(pub u32);

/// One report of fulfilment that was neither returned nor retracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Position of its event.
    pub seq: Seq,
    /// Id of its event.
    pub event: EventId,
    /// The local day that its actor claims.
    pub occurred_on: Date,
    /// The instant that decides where a region counts by the log's clock: its own, or that of the first
    /// report when this one is its rework in time.
    pub recorded_at: Timestamp,
    /// The day that decides timeliness: `occurred_on`, or that of the first report when this one
    /// is its rework in time.
    pub counts_on: Date,
    /// Who sent it.
    pub actor: PersonIdx,
    /// Points, where the row asks for a checklist.
    pub score: Option<Score>,
}

/// The last return for rework: what a rework in time keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rework {
    /// The day of the returned report, kept by a rework that comes in time.
    pub keeps: Date,
    /// The instant at which the returned report was recorded, kept likewise.
    pub keeps_recorded: Timestamp,
    /// Last day of the rework.
    pub until: Date,
}

/// The state of one obligation: small, and all of it made by `evolve`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// Where it stands.
    pub phase: Phase,
    /// First day of its window, where the plan gives one.
    pub start_on: Option<Date>,
    /// The day that the plan or the schedule states.
    pub stated_due: Option<Date>,
    /// The day after moves, where the issuer moved it.
    pub moved_due: Option<Date>,
    /// How often the issuer moved it.
    pub moves: u16,
    /// How often it was returned.
    pub returns: u16,
    /// Live reports in the order of the log: the first counts, others are kept and flagged.
    pub live: SmallVec<[Submission; 1]>,
    /// The last return for rework; it stays known after the rework came, for the day that is retracted.
    pub rework: Option<Rework>,
    /// The phase to come back to when an excuse is revoked.
    pub excused_from: Option<Phase>,
    /// Last event that touched it, whatever its subject.
    pub version: Seq,
    /// Last event on its own subject: what the broker's expectation names.
    pub own: Seq,
}

impl Obligation {
    /// The deadline before the weekend rule: as stated, or as moved.
    #[must_use]
    pub fn due(&self) -> Option<Date> {
        self.moved_due.or(self.stated_due)
    }

    /// The report that counts: the first live one.
    #[must_use]
    pub fn counting(&self) -> Option<&Submission> {
        self.live.first()
    }

    /// The report that a controller looks at: the latest live one.
    #[must_use]
    pub fn latest(&self) -> Option<&Submission> {
        self.live.last()
    }
}
