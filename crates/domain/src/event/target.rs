//! What events are about, and the subjects that they are stored on.

use super::EventId;
use crate::id::{EntityCode, ItemCode, MunicipalityCode, ObligationId, OrgCode, PlanCode, RegionCode};

/// What kind of thing an entity is: its name stands in the place of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A grant of authority.
    Grant,
    /// A version of a checklist.
    Checklist,
    /// A monitoring.
    Monitoring,
    /// A specialised class.
    Class,
    /// A coordinator, by person.
    Coordinator,
    /// A period of a region.
    Period,
    /// A version of an indicator.
    Indicator,
    /// What a region sets for an indicator.
    Target,
}

impl Entity {
    /// Its name in subjects.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Checklist => "checklist",
            Self::Monitoring => "monitoring",
            Self::Class => "class",
            Self::Coordinator => "coordinator",
            Self::Period => "period",
            Self::Indicator => "indicator",
            Self::Target => "target",
        }
    }
}

/// What an event is about: it names the subject that the event is stored on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The log as a whole.
    Log,
    /// A region's rules.
    Region(RegionCode),
    /// An entry of the registry.
    Org(OrgCode),
    /// A plan as a document.
    Plan(PlanCode),
    /// A plan in one region.
    Activation(RegionCode, PlanCode),
    /// Something else with a code; of one region, or of all.
    Entity(Entity, Option<RegionCode>, EntityCode),
    /// An act on many obligations of a region: its own event names it.
    Bulk(RegionCode),
    /// One obligation; region and municipality stand in the subject, for permissions and filters.
    Obligation(RegionCode, Option<MunicipalityCode>, ObligationId),
}

impl Target {
    /// The subject behind `vekha.ev.`: `<region>.<municipality>.<organisation>.<plan>.<row>.<item>`,
    /// `_` for what is absent (`architecture.md` 2).
    #[must_use]
    pub fn subject(&self, event: EventId) -> String {
        let six = |parts: [&str; 6]| parts.join(".");
        match self {
            Self::Log => six(["_"; 6]),
            Self::Region(region) => six([region.as_str(), "_", "_", "_", "_", "_"]),
            Self::Org(org) => six(["_", "_", org.as_str(), "_", "_", "_"]),
            Self::Plan(plan) => six(["_", "_", "_", plan.as_str(), "_", "_"]),
            Self::Activation(region, plan) => six([region.as_str(), "_", "_", plan.as_str(), "_", "_"]),
            Self::Entity(kind, region, code) => {
                let region = region.as_ref().map_or("_", RegionCode::as_str);
                six([region, "_", "_", "_", kind.as_str(), code.as_str()])
            }
            Self::Bulk(region) => six([region.as_str(), "_", "_", "_", "bulk", &event.to_string()]),
            Self::Obligation(region, municipality, id) => {
                let item = if id.item == ItemCode::none() { "_" } else { id.item.as_str() };
                let municipality = municipality.as_ref().map_or("_", MunicipalityCode::as_str);
                six([region.as_str(), municipality, id.org.as_str(), id.plan.as_str(), &id.row.token(), item])
            }
        }
    }

    /// The CloudEvents `subject`: the obligation's id, or what else the event is about.
    #[must_use]
    pub fn name(&self, event: EventId) -> String {
        match self {
            Self::Log => "log".to_owned(),
            Self::Region(region) => format!("region/{region}"),
            Self::Org(org) => format!("org/{org}"),
            Self::Plan(plan) => format!("plan/{plan}"),
            Self::Activation(region, plan) => format!("activation/{region}/{plan}"),
            Self::Entity(kind, None, code) => format!("{}/{code}", kind.as_str()),
            Self::Entity(kind, Some(region), code) => format!("{}/{region}/{code}", kind.as_str()),
            Self::Bulk(_) => format!("bulk/{event}"),
            Self::Obligation(_, _, id) => id.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_obligation_has_a_literal_subject_of_its_own() {
        let subject = |id: &str| {
            let id = id.parse().unwrap();
            let municipality = "pogranichny".parse().unwrap();
            Target::Obligation("primorye".parse().unwrap(), Some(municipality), id).subject(EventId(7))
        };
        assert_eq!(subject("p/5.1/pogranichny-s01/7"), "primorye.pogranichny.pogranichny-s01.p.5-1.7");
        assert_eq!(subject("p/8.3p/pogranichny-s01/-"), "primorye.pogranichny.pogranichny-s01.p.8-3p._");
        assert_eq!(Target::Log.subject(EventId(7)), "_._._._._._");
        let grant = Target::Entity(Entity::Grant, None, "leave-7".parse().unwrap());
        assert_eq!(grant.subject(EventId(7)), "_._._._.grant.leave-7");
        let bulk = Target::Bulk("primorye".parse().unwrap());
        assert_eq!(bulk.subject(EventId(7)), "primorye._._._.bulk.00000000-0000-0000-0000-000000000007");
    }
}
