//! What few obligations have: requests that wait, further people, facts that accompany.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::PersonIdx;
use crate::event::EventId;
use crate::id::{ItemCode, OrgCode, PersonCode, Seq};
use crate::payload::Audience;
use crate::plan::Holder;

/// The rare part of an obligation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matters {
    /// Who first said that they know of it, and the day.
    pub acknowledged: Option<(PersonIdx, Date)>,
    /// How many interim reports came.
    pub interim: u16,
    /// The request for a later day that waits for the issuer.
    pub extension: Option<Asked>,
    /// The request for a release that waits for the issuer.
    pub excuse: Option<Asked>,
    /// The proposal of another holder that waits for the issuer.
    pub reassignment: Option<Asked>,
    /// The holder that the issuer named in place of the plan's.
    pub holder: Option<Holder>,
    /// Co-executors, in the order in which they were added.
    pub co: Vec<Co>,
    /// Who may act as the holder for some days.
    pub delegates: Vec<Delegate>,
    /// Partners of the live reports.
    pub partners: Vec<Tenure>,
    /// Recommendations of the live reports.
    pub recommendations: Vec<Recommended>,
    /// Latest count of each audience.
    pub counts: Vec<Counted>,
    /// Checks of a site's link.
    pub link: LinkChecks,
    /// How many joint events were recorded.
    pub activities: u16,
    /// How many pieces of evidence were attached later.
    pub attached: u16,
}

/// A matter with nothing in it.
pub(super) static NOTHING: Matters = Matters {
    acknowledged: None,
    interim: 0,
    extension: None,
    excuse: None,
    reassignment: None,
    holder: None,
    co: Vec::new(),
    delegates: Vec::new(),
    partners: Vec::new(),
    recommendations: Vec::new(),
    counts: Vec::new(),
    link: LinkChecks { made: 0, good: 0 },
    activities: 0,
    attached: 0,
};

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Id of its event.
    pub event: EventId,
    /// Who asks.
    pub by: PersonIdx,
    /// The day that is asked for, where it is about one.
    pub day: Option<Date>,
}

/// A co-executor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Co {
    /// Who.
    pub who: Holder,
    /// Their own last day.
    pub due: Option<Date>,
    /// The day on which they gave their part.
    pub gave: Option<Date>,
}

/// Somebody who may act as the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    /// Who.
    pub to: PersonCode,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// A partnership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenure {
    /// Position of the report that made it.
    pub seq: Seq,
    /// The partner.
    pub partner: OrgCode,
    /// First day.
    pub from: Date,
    /// Last day, as agreed or as released.
    pub to: Option<Date>,
}

/// A recommendation of a protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommended {
    /// Position of the protocol's report.
    pub seq: Seq,
    /// Further reports that recommend the same, each with the day that it names.
    pub also: Vec<(Seq, Option<Date>)>,
    /// Its name within the protocol.
    pub id: ItemCode,
    /// By when, where the protocol says so.
    pub due: Option<Date>,
    /// The day on which it was closed.
    pub closed_on: Option<Date>,
}

/// The latest count of one audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Who was asked.
    pub audience: Audience,
    /// How many could answer.
    pub eligible: u32,
    /// How many did.
    pub responded: u32,
}

/// Checks of a site's link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkChecks {
    /// How many were made.
    pub made: u32,
    /// How many found it.
    pub good: u32,
}

impl Matters {
    /// Whether nothing is in it: then it is not kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == NOTHING
    }

    /// Whether a co-executor's part is missing.
    #[must_use]
    pub fn lacks_parts(&self) -> bool {
        self.co.iter().any(|co| co.gave.is_none())
    }

    /// Whether a person may act as the holder on a day.
    #[must_use]
    pub fn delegates_to(&self, person: &PersonCode, day: Date) -> bool {
        self.delegates.iter().any(|one| one.to == *person && one.from <= day && day <= one.until)
    }

    /// Forgets what a report brought.
    pub(crate) fn forget(&mut self, seq: Seq) {
        self.partners.retain(|tenure| tenure.seq != seq);
        for one in &mut self.recommendations {
            one.also.retain(|(other, _)| *other != seq);
            if one.seq == seq && !one.also.is_empty() {
                (one.seq, one.due) = one.also.remove(0);
            }
        }
        self.recommendations.retain(|one| one.seq != seq);
    }
}
