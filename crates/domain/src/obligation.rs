//! One obligation: what people did about it. Lateness is not stored here, it is computed.

mod matters;

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use self::matters::NOTHING;
pub(crate) use self::matters::insert;
pub use self::matters::{
    Activity, Answers, Asked, Attendance, Co, Counted, Delegate, EventReport, LinkCheck, Matters, Recommended, Spent,
    Tenure,
};
use crate::calendar::days_between;
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
    /// For whom, where a substitute sent it.
    pub behalf: Option<PersonIdx>,
    /// Points, where the row asks for a checklist.
    pub score: Option<Score>,
    /// It came with evidence, or some was attached later.
    pub evidenced: bool,
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

/// A release from an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excuse {
    /// The phase to come back to.
    pub back_to: Phase,
    /// First day on hold.
    pub from: Date,
    /// Last day on hold, after which the term goes on; `None`: for good.
    pub until: Option<Date>,
    /// Its days are added to the term; no longer so once the issuer names the whole term meanwhile.
    pub puts_off: bool,
}

/// How a controller dealt with the last report: their term counts from its arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// When the report that waits, or waited, came in.
    pub since: Option<Timestamp>,
    /// When it was accepted or returned; `None` while it waits.
    pub decided: Option<Timestamp>,
    /// Who decided.
    pub by: Option<PersonIdx>,
    /// Position of the report that stands accepted.
    pub report: Option<Seq>,
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
    /// How often it was moved: the version of its deadline.
    pub moves: u16,
    /// How often it was returned.
    pub returns: u16,
    /// Calendar days on hold that are over, added to its term.
    pub held_days: u16,
    /// Live reports in the order of the log: the first counts, others are kept and flagged.
    pub live: SmallVec<[Submission; 1]>,
    /// The last return for rework; it stays known after the rework came, for the day that is retracted.
    pub rework: Option<Rework>,
    /// The release in force.
    pub excuse: Option<Excuse>,
    /// How its controller dealt with the last report.
    pub control: Control,
    /// What few obligations have: requests, co-executors, delegates, facts that accompany.
    pub matters: Option<Box<Matters>>,
    /// Last event that touched it, whatever its subject.
    pub version: Seq,
    /// Last event on its own subject: what the broker's expectation names.
    pub own: Seq,
}

impl Obligation {
    /// The deadline before the weekend rule: as stated, or as moved, and put off by the days on hold.
    #[must_use]
    pub fn due(&self) -> Option<Date> {
        let due = self.moved_due.or(self.stated_due)?;
        // Beyond the calendar's end it stays where it is.
        Some(due.checked_add(Span::new().days(i64::from(self.held_days))).unwrap_or(due))
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

    /// How it stands on a day: a hold that is over by then has ended.
    #[must_use]
    pub fn on(&self, day: Date) -> Cow<'_, Self> {
        let mut stands = Cow::Borrowed(self);
        if self.excuse.is_some_and(|excuse| excuse.is_over(day)) {
            stands.to_mut().resume(day);
        }
        stands
    }

    /// Ends a hold that is over by a day.
    pub(crate) fn resume(&mut self, day: Date) {
        if let Some(excuse) = self.excuse.filter(|excuse| excuse.is_over(day)) {
            self.end_hold(excuse, excuse.until.unwrap_or(day));
        }
    }

    /// Ends a hold whose last day is given: its days are added to a term that had not run out before it.
    pub(crate) fn end_hold(&mut self, excuse: Excuse, last: Date) {
        let ran = self.due().is_none_or(|due| due < excuse.from);
        if !ran && excuse.puts_off {
            let days = u16::try_from(days_between(excuse.from, last) + 1).unwrap_or(0);
            self.held_days = self.held_days.saturating_add(days);
        }
        self.phase = excuse.back_to;
        self.excuse = None;
    }

    /// The phase, or the one that a release will end in.
    #[must_use]
    pub fn owed_as(&self) -> Phase {
        self.excuse.filter(|_| self.phase == Phase::Excused).map_or(self.phase, |excuse| excuse.back_to)
    }

    /// The same, to be changed.
    pub(crate) fn owed_as_mut(&mut self) -> &mut Phase {
        match &mut self.excuse {
            Some(excuse) if self.phase == Phase::Excused => &mut excuse.back_to,
            Some(_) | None => &mut self.phase,
        }
    }

    /// The rare part, made where there is none.
    pub(crate) fn matters_mut(&mut self) -> &mut Matters {
        self.matters.get_or_insert_default()
    }

    /// The rare part; an empty one where there is none.
    #[must_use]
    pub fn matters(&self) -> &Matters {
        self.matters.as_deref().unwrap_or(&NOTHING)
    }
}

impl Excuse {
    /// Whether its last day lies before a day.
    #[must_use]
    pub fn is_over(&self, day: Date) -> bool {
        self.until.is_some_and(|until| until < day)
    }
}
