//! Whose values an event may have changed.

use std::collections::BTreeSet;

use domain::id::Seq;
use projector::{Fact, State};
use register::Register;

/// Types of events that may change the values of everybody: rules, plans, membership, places, definitions.
const ALL: [&str; 10] = [
    "region.configured",
    "plan.activated",
    "plan.amended",
    "school.enrolled",
    "school.withdrawn",
    "class.opened",
    "org.transferred",
    "indicator.defined",
    "indicator.target_set",
    "proposal.confirmed",
];

/// The fact that schools' participation is counted from.
const METHODICAL_DAY: &str = "methodical_day.held";

/// Obligations that are told one by one; where more were touched, a reader begins anew.
const TOLD_MAX: usize = 5_000;

/// What must be computed anew.
pub(super) struct Dirty {
    /// The organisations; `None`: all.
    pub(super) orgs: Option<Vec<u32>>,
    /// The obligations that were touched; `None`: too many to tell.
    pub(super) obligations: Option<Vec<u32>>,
}

impl Dirty {
    pub(super) fn all() -> Self {
        Self { orgs: None, obligations: None }
    }

    /// What the events behind a position touched.
    pub(super) fn since(state: &State, seq: Seq) -> Self {
        let register = &state.register;
        let every: Vec<u16> = ALL.iter().filter_map(|name| register.type_of(name)).collect();
        let (mut obligations, mut whole) = (BTreeSet::new(), false);
        for fact in state.facts.after(seq) {
            touched(register, &fact, &mut obligations);
            whole |= every.contains(&fact.event_type) && !(fact.obligation.is_some() && is_confirmed(register, &fact));
        }
        whole |= obligations.iter().any(|ordinal| register.slot_of(*ordinal).1.event == METHODICAL_DAY);
        let orgs: BTreeSet<u32> = obligations.iter().map(|ordinal| register.columns().org[index(*ordinal)]).collect();
        // From a third of them on, one pass over all is the shorter way.
        whole |= orgs.len() > register.orgs().len() / 3 && orgs.len() > 8;
        let few = obligations.len() <= TOLD_MAX;
        Self {
            orgs: (!whole).then(|| orgs.into_iter().collect()),
            obligations: few.then(|| obligations.into_iter().collect()),
        }
    }
}

/// The confirmation of an act on one obligation changes that one only.
fn is_confirmed(register: &Register, fact: &Fact) -> bool {
    register.type_of("proposal.confirmed") == Some(fact.event_type)
}

fn touched(register: &Register, fact: &Fact, obligations: &mut BTreeSet<u32>) {
    obligations.extend(fact.obligation);
    if fact.obligation.is_none()
        && let Some(act) = register.bulk_act_behind(fact.seq)
    {
        obligations.extend(act.obligations.iter().map(|(ordinal, _)| *ordinal));
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
