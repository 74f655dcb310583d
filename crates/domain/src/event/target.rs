//! What events are about, and the subjects that they are stored on.

use crate::id::{ItemCode, MunicipalityCode, ObligationId, OrgCode, PlanCode, RegionCode};

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
    /// One obligation; region and municipality stand in the subject, for permissions and filters.
    Obligation(RegionCode, Option<MunicipalityCode>, ObligationId),
}

impl Target {
    /// The subject behind `vekha.ev.`: `<region>.<municipality>.<organisation>.<plan>.<row>.<item>`,
    /// `_` for what is absent (`architecture.md` 2).
    #[must_use]
    pub fn subject(&self) -> String {
        let six = |parts: [&str; 6]| parts.join(".");
        match self {
            Self::Log => six(["_"; 6]),
            Self::Region(region) => six([region.as_str(), "_", "_", "_", "_", "_"]),
            Self::Org(org) => six(["_", "_", org.as_str(), "_", "_", "_"]),
            Self::Plan(plan) => six(["_", "_", "_", plan.as_str(), "_", "_"]),
            Self::Activation(region, plan) => six([region.as_str(), "_", "_", plan.as_str(), "_", "_"]),
            Self::Obligation(region, municipality, id) => {
                let item = if id.item == ItemCode::none() { "_" } else { id.item.as_str() };
                let municipality = municipality.as_ref().map_or("_", MunicipalityCode::as_str);
                six([region.as_str(), municipality, id.org.as_str(), id.plan.as_str(), &id.row.token(), item])
            }
        }
    }

    /// The CloudEvents `subject`: the obligation's id, or what else the event is about.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Log => "log".to_owned(),
            Self::Region(region) => format!("region/{region}"),
            Self::Org(org) => format!("org/{org}"),
            Self::Plan(plan) => format!("plan/{plan}"),
            Self::Activation(region, plan) => format!("activation/{region}/{plan}"),
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
            Target::Obligation("primorye".parse().unwrap(), Some(municipality), id).subject()
        };
        assert_eq!(subject("p/5.1/pogranichny-s01/7"), "primorye.pogranichny.pogranichny-s01.p.5-1.7");
        assert_eq!(subject("p/8.3p/pogranichny-s01/-"), "primorye.pogranichny.pogranichny-s01.p.8-3p._");
        assert_eq!(Target::Log.subject(), "_._._._._._");
    }
}
