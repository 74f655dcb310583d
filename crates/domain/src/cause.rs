//! Why a figure that was reported differs from the one that is known now, by the kind of the events since.

use serde::{Deserialize, Serialize};

/// A cause of a restatement, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// What was recorded later: facts, decisions, terms, releases.
    LateData,
    /// What was recorded was wrong, or not enough.
    Corrections,
    /// Who belongs to it: schools, places, directions, plans.
    Membership,
    /// How it is counted: definitions, rules of the region.
    Formula,
    /// What is to be reached, and what it weighs.
    Target,
}

impl Cause {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::LateData, Self::Corrections, Self::Membership, Self::Formula, Self::Target];

    /// The cause that an event of a type is.
    #[must_use]
    pub fn of(event_type: &str) -> Self {
        match event_type {
            "fact.corrected"
            | "fact.retracted"
            | "bulk.retracted"
            | "report.withdrawn"
            | "report.returned"
            | "obligation.reopened"
            | "evidence.rejected"
            | "acceptance.revoked" => Self::Corrections,
            "org.registered" | "org.transferred" | "school.enrolled" | "school.withdrawn" | "class.opened"
            | "plan.imported" | "plan.activated" | "plan.amended" => Self::Membership,
            "indicator.defined" | "region.configured" => Self::Formula,
            "indicator.target_set" => Self::Target,
            _ => Self::LateData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Data;

    #[test]
    fn every_cause_but_late_data_is_named_by_events_of_the_catalogue() {
        let count = |cause| Data::TYPES.iter().filter(|name| Cause::of(name) == cause).count();
        assert_eq!(count(Cause::Corrections), 8);
        assert!(count(Cause::Membership) >= 7 && count(Cause::Formula) >= 1);
    }
}
