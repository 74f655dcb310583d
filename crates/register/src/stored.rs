//! One stored event on its way into the register: bytes, parsed, applied.

use domain::actor::Role;
use domain::event::{BadEventId, Data, DecodeError, Envelope, EventId};
use domain::evolve::Effect;
use domain::id::{BadCode, OrgCode, PlanCode, RegionCode, Seq};
use domain::obligation::PersonIdx;
use domain::timeliness::UnknownZone;
use jiff::Timestamp;
use jiff::civil::Date;
use thiserror::Error;

/// An event as the log holds it.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Its position.
    pub seq: Seq,
    /// The broker's time, which may run backwards.
    pub recorded_at: Timestamp,
    /// The bytes.
    pub payload: &'a [u8],
}

/// An event whose bytes were understood; no state was needed for that.
#[derive(Clone, Debug)]
pub struct Parsed<'a> {
    pub(crate) stored: Stored<'a>,
    pub(crate) envelope: Envelope<'a>,
    pub(crate) event: EventId,
    pub(crate) data: Data,
}

impl Parsed<'_> {
    /// Its position.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.stored.seq
    }

    /// Its id.
    #[must_use]
    pub fn event(&self) -> EventId {
        self.event
    }

    /// What it says.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }
}

/// Understands an event's bytes.
///
/// # Errors
/// [`ApplyError::Decode`] or [`ApplyError::EventId`]: the log holds what is no event of this version.
pub fn parse<'a>(stored: &Stored<'a>) -> Result<Parsed<'a>, ApplyError> {
    let seq = stored.seq;
    let envelope = Envelope::read(stored.payload).map_err(|source| ApplyError::Decode { seq, source })?;
    let event = envelope.id.parse().map_err(|source| ApplyError::EventId { seq, source })?;
    let data = envelope.data().map_err(|source| ApplyError::Decode { seq, source })?;
    Ok(Parsed { stored: *stored, envelope, event, data })
}

/// What an event did, with everything that a column of facts needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its position.
    pub seq: Seq,
    /// Its id; [`EventId::fingerprint`] is that of its command.
    pub event: EventId,
    /// Its type: a number of [`crate::Register::event_types`].
    pub event_type: u16,
    /// What it did to the state.
    pub effect: Effect,
    /// The obligation that it is about; row and item follow from it.
    pub obligation: Option<u32>,
    /// The organisation that it is about.
    pub org: Option<u32>,
    /// Who acted.
    pub actor: PersonIdx,
    /// In which role.
    pub role: Role,
    /// For whom, where a substitute acted.
    pub on_behalf_of: Option<PersonIdx>,
    /// The local day that the actor claims.
    pub occurred_on: Date,
    /// The broker's time made monotone, or the importer's claim within an import.
    pub recorded_at: Timestamp,
}

/// An event cannot be applied: the projector stops, nothing is skipped. An operator must look at the
/// log or run another version; the register is as it was before the event.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The bytes are no event that this version understands.
    #[error("event {seq} cannot be decoded")]
    Decode {
        /// Its position.
        seq: Seq,
        /// What did not fit.
        #[source]
        source: DecodeError,
    },
    /// The event's id is none.
    #[error("event {seq} has no proper id")]
    EventId {
        /// Its position.
        seq: Seq,
        /// What is expected.
        #[source]
        source: BadEventId,
    },
    /// A person's code is none.
    #[error("event {seq} names nobody")]
    Person {
        /// Its position.
        seq: Seq,
        /// What is expected.
        #[source]
        source: BadCode,
    },
    /// A position is missing or came twice.
    #[error("event {found} came where {expected} was expected")]
    OutOfOrder {
        /// The position that should have come.
        expected: Seq,
        /// The position that came.
        found: Seq,
    },
    /// The first event is not `log.opened`.
    #[error("the log begins with {found} at {seq}, expected log.opened at 1")]
    NotOpened {
        /// Its position.
        seq: Seq,
        /// Its type.
        found: String,
    },
    /// A second `log.opened`.
    #[error("event {seq} opens a log that is open")]
    OpenedTwice {
        /// Its position.
        seq: Seq,
    },
    /// An event is about an obligation that does not exist.
    #[error("event {seq} is about \"{subject}\", which is no obligation of an activated plan")]
    UnknownObligation {
        /// Its position.
        seq: Seq,
        /// Its subject.
        subject: String,
    },
    /// A plan is activated that was never imported.
    #[error("event {seq} activates the plan {plan}, which was not imported")]
    UnknownPlan {
        /// Its position.
        seq: Seq,
        /// The plan.
        plan: PlanCode,
    },
    /// A plan without a code was imported.
    #[error("event {seq} imports a plan without a code")]
    PlanWithoutCode {
        /// Its position.
        seq: Seq,
    },
    /// A region is named that was never configured.
    #[error("event {seq} names the region {region}, which was not configured")]
    UnknownRegion {
        /// Its position.
        seq: Seq,
        /// The region.
        region: RegionCode,
    },
    /// An organisation is named that was never registered.
    #[error("event {seq} names the organisation {org}, which was not registered")]
    UnknownOrg {
        /// Its position.
        seq: Seq,
        /// The organisation.
        org: OrgCode,
    },
    /// A plan was activated with an expansion that this version does not have.
    #[error("event {seq} was expanded by version {found}, this program has version {ours}")]
    Expander {
        /// Its position.
        seq: Seq,
        /// The version in the event.
        found: u16,
        /// The version here.
        ours: u16,
    },
    /// Our own expansion of a plan differs from the event's.
    #[error(
        "event {seq} counts {count} obligations of hash {sha256}, the plan {plan} gives {our_count} of {our_sha256}"
    )]
    Expansion {
        /// Its position.
        seq: Seq,
        /// The plan.
        plan: PlanCode,
        /// The count in the event.
        count: u32,
        /// The hash in the event.
        sha256: String,
        /// The count here.
        our_count: u32,
        /// The hash here.
        our_sha256: String,
    },
    /// A region's time zone is unknown here.
    #[error("event {seq} configures a region that cannot be computed with")]
    Zone {
        /// Its position.
        seq: Seq,
        /// Which zone.
        #[source]
        source: UnknownZone,
    },
    /// More event types, obligations of one organisation or obligations than the columns can number.
    #[error("event {seq} brings more {what} than can be numbered")]
    TooMany {
        /// Its position.
        seq: Seq,
        /// Of what.
        what: &'static str,
    },
}

impl ApplyError {
    /// Position of the event that could not be applied.
    #[must_use]
    pub fn seq(&self) -> Seq {
        match self {
            Self::OutOfOrder { found, .. } => *found,
            Self::Decode { seq, .. }
            | Self::EventId { seq, .. }
            | Self::Person { seq, .. }
            | Self::NotOpened { seq, .. }
            | Self::OpenedTwice { seq }
            | Self::UnknownObligation { seq, .. }
            | Self::UnknownPlan { seq, .. }
            | Self::PlanWithoutCode { seq }
            | Self::UnknownRegion { seq, .. }
            | Self::UnknownOrg { seq, .. }
            | Self::Expander { seq, .. }
            | Self::Expansion { seq, .. }
            | Self::Zone { seq, .. }
            | Self::TooMany { seq, .. } => *seq,
        }
    }
}
