//! What a bulk fact does to each of its recipients, before and after it is stored.

use domain::event::{Data, Event};
use domain::id::ObligationId;
use domain::obligation::Phase;

use crate::gate::Gate;
use crate::request::ItemOutcome;

impl Gate {
    /// What bulk facts would do to each recipient.
    pub(crate) fn trial_of_bulk(&self, events: &[Event]) -> Vec<ItemOutcome> {
        self.replica.read(|state| {
            let facts = events.iter().filter_map(|event| match &event.data {
                Data::BulkRecorded(fact) => Some((fact, event.occurred_on)),
                _ => None,
            });
            facts
                .flat_map(|(fact, on)| fact.recipients.iter().map(move |org| (fact, org, on)))
                .filter_map(|(fact, org, on)| {
                    let (plan, row, item) = (fact.plan.clone(), fact.row.clone(), fact.item.clone());
                    let id = ObligationId { plan, row, org: org.clone(), item };
                    let ordinal = state.register.find(&id)?;
                    let outcome = match state.register.obligation(ordinal).on(on).phase {
                        Phase::Unscheduled | Phase::Open | Phase::Returned => "applied",
                        Phase::Submitted | Phase::Accepted => "already",
                        Phase::Excused | Phase::Cancelled | Phase::NotApplicable => "void",
                    };
                    Some(ItemOutcome { obligation: id, outcome, seq: None, code: None, detail: None, detail_en: None })
                })
                .collect()
        })
    }
}
