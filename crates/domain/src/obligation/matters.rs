//! What few obligations have: requests that wait, further people, facts that accompany.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{PersonIdx, Submission};
use crate::event::EventId;
use crate::id::{ItemCode, OrgCode, PersonCode, Seq};
use crate::payload::{Audience, ChecklistItem, Direction};
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
    /// Checks of a site's link, by day.
    pub checks: Vec<LinkCheck>,
    /// Joint events, in the order in which they were recorded; one a code.
    pub activities: Vec<Activity>,
    /// How many pieces of evidence were attached later.
    pub attached: u16,
    /// Answers of the live reports to their checklists, in the order of the reports.
    pub answers: Vec<Answers>,
    /// Live reports that name a joint event, in their order.
    pub event_reports: Vec<EventReport>,
    /// Who came to the methodical days of the live reports, in their order.
    pub attended: Vec<Attendance>,
    /// Reports that are live no longer, in their order.
    pub spent: Vec<Spent>,
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
    checks: Vec::new(),
    activities: Vec::new(),
    attached: 0,
    answers: Vec::new(),
    event_reports: Vec::new(),
    attended: Vec::new(),
    spent: Vec::new(),
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

/// Checks of a site's link on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCheck {
    /// The day.
    pub on: Date,
    /// How many were made.
    pub made: u16,
    /// How many found it.
    pub good: u16,
}

/// A joint event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Its code.
    pub code: String,
    /// Its cluster direction, where it has one.
    pub direction: Option<Direction>,
    /// The day on which it took place.
    pub on: Date,
}

/// The answers of one report to its checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Position of the report.
    pub seq: Seq,
    /// Version of the checklist.
    pub checklist: String,
    /// The answers, as corrected.
    pub items: Vec<ChecklistItem>,
}

/// A report of a joint event that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventReport {
    /// Position of the report.
    pub seq: Seq,
    /// Code of the event.
    pub activity: String,
    /// The day of the report, as corrected.
    pub on: Date,
}

/// Who came to a methodical day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// Position of the report.
    pub seq: Seq,
    /// The schools.
    pub schools: BTreeSet<OrgCode>,
}

/// A report that is live no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Position of the report.
    pub seq: Seq,
    /// Its day, as last corrected.
    pub on: Date,
    /// It came with evidence, or got some while it was live.
    pub evidenced: bool,
    /// It never happened; otherwise it was withdrawn or judged not good enough.
    pub retracted: bool,
}

impl From<Submission> for Spent {
    fn from(report: Submission) -> Self {
        Self { seq: report.seq, on: report.occurred_on, evidenced: report.evidenced, retracted: false }
    }
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

    /// Checks of a site's link over all days: how many were made, and how many found it.
    #[must_use]
    pub fn link_checks(&self) -> (u32, u32) {
        self.checks.iter().fold((0_u32, 0_u32), |(made, good), day| {
            (made.saturating_add(day.made.into()), good.saturating_add(day.good.into()))
        })
    }

    /// Keeps that a report is live no longer, and forgets what it brought.
    pub(crate) fn spend(&mut self, report: Spent) {
        self.forget(report.seq);
        insert(&mut self.spent, report, |one| one.seq);
    }

    /// Forgets what a report brought.
    fn forget(&mut self, seq: Seq) {
        self.partners.retain(|tenure| tenure.seq != seq);
        self.answers.retain(|one| one.seq != seq);
        self.event_reports.retain(|one| one.seq != seq);
        self.attended.retain(|one| one.seq != seq);
        for one in &mut self.recommendations {
            one.also.retain(|(other, _)| *other != seq);
            if one.seq == seq && !one.also.is_empty() {
                (one.seq, one.due) = one.also.remove(0);
            }
        }
        self.recommendations.retain(|one| one.seq != seq);
    }
}

/// Puts what belongs to a report at the report's place in the log.
pub(crate) fn insert<T>(list: &mut Vec<T>, one: T, seq: impl Fn(&T) -> Seq) {
    let at = list.partition_point(|earlier| seq(earlier) < seq(&one));
    list.insert(at, one);
}
