//! What is true beside the obligations: grants, checklists, monitorings, classes, what is measured, and acts that wait
//! for a second person.

mod measuring;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::measuring::Measuring;
pub use self::measuring::{Closing, Defined, Goal, Targeted, goal};
use crate::actor::{Actor, Behalf};
use crate::event::{Data, EventId};
use crate::evolve::{Effect, Ground};
use crate::id::{EntityCode, ObligationId, PersonCode, PlanCode, RegionCode, Seq};
use crate::obligation::PersonIdx;
use crate::payload::{
    AnomalyResolved, AuthorityGranted, ChecklistApproved, ClassOpened, CoordinatorAppointed, MonitoringOpened,
    PlanApproved, PlanClosed, ProposalMade,
};

/// A grant of authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What was granted.
    pub granted: AuthorityGranted,
    /// It was taken back.
    pub revoked: bool,
}

/// An act that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Position of its event.
    pub seq: Seq,
    /// Id of its event.
    pub event: EventId,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who proposed it.
    pub actor: PersonIdx,
    /// For whom.
    pub behalf: Option<PersonIdx>,
    /// The obligation that it is about; `None` where it is about a plan.
    pub obligation: Option<ObligationId>,
    /// What it will be.
    pub made: ProposalMade,
}

/// An event as the ledger sees it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its position.
    pub seq: Seq,
    /// Its id.
    pub event: EventId,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who acted.
    pub actor: PersonIdx,
    /// For whom.
    pub behalf: Option<PersonIdx>,
    /// The obligation of its subject.
    pub obligation: Option<&'a ObligationId>,
    /// What it says.
    pub data: &'a Data,
}

/// What is true beside the obligations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    grants: BTreeMap<EntityCode, Grant>,
    checklists: BTreeMap<EntityCode, ChecklistApproved>,
    monitorings: BTreeMap<EntityCode, MonitoringOpened>,
    classes: BTreeMap<EntityCode, ClassOpened>,
    coordinators: BTreeMap<PersonCode, CoordinatorAppointed>,
    approvals: BTreeMap<PlanCode, PlanApproved>,
    resolved: Vec<AnomalyResolved>,
    closed_plans: Vec<PlanClosed>,
    measuring: Measuring,
    proposals: Vec<Proposal>,
}

impl Ledger {
    /// Notes an event; `None` when it is no matter of the ledger's.
    pub fn note(&mut self, entry: &Entry<'_>) -> Option<Effect> {
        Some(match entry.data {
            Data::AuthorityGranted(granted) => {
                let grant = Grant { granted: (**granted).clone(), revoked: false };
                fresh(self.grants.insert(granted.grant.clone(), grant).is_none())
            }
            Data::AuthorityRevoked(revoked) => match self.grants.get_mut(&revoked.grant) {
                Some(grant) if !grant.revoked => {
                    grant.revoked = true;
                    Effect::Changed
                }
                _ => Effect::Void(Ground::Matter),
            },
            Data::ChecklistApproved(list) => {
                fresh(self.checklists.insert(list.checklist.clone(), list.clone()).is_none())
            }
            Data::MonitoringOpened(wave) => {
                fresh(self.monitorings.insert(wave.monitoring.clone(), wave.clone()).is_none())
            }
            Data::ClassOpened(class) => fresh(self.classes.insert(class.class.clone(), class.clone()).is_none()),
            Data::CoordinatorAppointed(named) => {
                self.coordinators.insert(named.person.clone(), named.clone());
                Effect::Changed
            }
            Data::PlanApproved(approved) => {
                self.approvals.insert(approved.plan.clone(), approved.clone());
                Effect::Changed
            }
            Data::AnomalyResolved(resolved) => {
                self.resolved.push(resolved.clone());
                Effect::Changed
            }
            Data::PlanClosed(closed) => {
                self.closed_plans.push(closed.clone());
                Effect::Changed
            }
            Data::ProposalMade(made) => {
                self.proposals.push(Proposal {
                    seq: entry.seq,
                    event: entry.event,
                    recorded_at: entry.recorded_at,
                    actor: entry.actor,
                    behalf: entry.behalf,
                    obligation: entry.obligation.cloned(),
                    made: (**made).clone(),
                });
                Effect::Changed
            }
            Data::ProposalDeclined(declined) => found(self.take(&declined.proposal).is_some()),
            _ => return self.measuring.note(entry),
        })
    }

    /// Takes a proposal off the list: it is confirmed or declined.
    pub fn take(&mut self, proposal: &str) -> Option<Proposal> {
        let id = proposal.parse().ok()?;
        let at = self.proposals.iter().position(|waiting| waiting.event == id)?;
        Some(self.proposals.remove(at))
    }

    /// A proposal that waits.
    #[must_use]
    pub fn proposal(&self, proposal: &str) -> Option<&Proposal> {
        let id = proposal.parse().ok()?;
        self.proposals.iter().find(|waiting| waiting.event == id)
    }

    /// The proposals that wait, oldest first.
    #[must_use]
    pub fn proposals(&self) -> &[Proposal] {
        &self.proposals
    }

    /// A grant, whether it is in force or not.
    #[must_use]
    pub fn grant(&self, code: &EntityCode) -> Option<&Grant> {
        self.grants.get(code)
    }

    /// All grants.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values()
    }

    /// A version of a checklist.
    #[must_use]
    pub fn checklist(&self, code: &str) -> Option<&ChecklistApproved> {
        self.checklists.get(code)
    }

    /// All versions of checklists.
    pub fn checklists(&self) -> impl Iterator<Item = &ChecklistApproved> {
        self.checklists.values()
    }

    /// A monitoring.
    #[must_use]
    pub fn monitoring(&self, code: &EntityCode) -> Option<&MonitoringOpened> {
        self.monitorings.get(code)
    }

    /// A specialised class.
    #[must_use]
    pub fn class(&self, code: &EntityCode) -> Option<&ClassOpened> {
        self.classes.get(code)
    }

    /// All specialised classes.
    pub fn classes(&self) -> impl Iterator<Item = &ClassOpened> {
        self.classes.values()
    }

    /// The order that approved a plan.
    #[must_use]
    pub fn approval(&self, plan: &PlanCode) -> Option<&PlanApproved> {
        self.approvals.get(plan)
    }

    /// When a plan was closed in a region.
    #[must_use]
    pub fn closed(&self, plan: &PlanCode, region: &RegionCode) -> Option<Date> {
        let closed = self.closed_plans.iter().find(|one| one.plan == *plan && one.region == *region);
        closed.map(|closed| closed.closed_on)
    }
}

impl Grant {
    /// The person as they act under it, if it is theirs and in force on a day.
    #[must_use]
    pub fn lend(&self, person: &PersonCode, day: Date) -> Option<Actor> {
        let granted = &self.granted;
        let holds = !self.revoked && granted.to == *person && granted.valid_from <= day && day <= granted.valid_to;
        holds.then(|| Actor {
            person: person.clone(),
            role: granted.role,
            scope: granted.scope.clone(),
            behalf: Some(Behalf { person: granted.from.clone(), grant: granted.grant.clone() }),
        })
    }
}

fn fresh(new: bool) -> Effect {
    if new { Effect::Changed } else { Effect::Duplicate }
}

fn found(there: bool) -> Effect {
    if there { Effect::Changed } else { Effect::Void(Ground::Matter) }
}
