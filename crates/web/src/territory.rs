//! What lies where, and who may see it.

use std::collections::HashSet;

use domain::actor::Scope;
use domain::payload::OrgKind;
use domain::plan::Holder;
use register::{Org, Register};

use crate::auth::Caller;
use crate::query::Query;

/// Number of an entry as an index.
pub(crate) fn at(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The part of the registry that a filter names; without a filter, all of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Within {
    orgs: Option<HashSet<u32>>,
}

impl Within {
    /// Reads `org` and `within`; a code that nothing has is a mistake.
    pub(crate) fn read(query: &mut Query, register: &Register) -> Self {
        let org = query.text("org").map(|code| {
            let found = register.org_index(&code);
            if found.is_none() {
                let told: String = code.chars().take(80).collect();
                query.wrong(
                    "org",
                    &format!("организации «{told}» нет"),
                    &format!("there is no organisation \"{told}\""),
                );
            }
            found.into_iter().collect::<HashSet<u32>>()
        });
        let within = query.text("within").map(|code| {
            if !is_place(register, &code) {
                let told: String = code.chars().take(80).collect();
                query.wrong(
                    "within",
                    &format!("ни организации, ни муниципалитета, ни региона «{told}» нет"),
                    &format!("there is no organisation, municipality or region \"{told}\""),
                );
            }
            inside(register, &code)
        });
        let orgs = match (org, within) {
            (Some(org), Some(within)) => Some(org.intersection(&within).copied().collect()),
            (org, within) => org.or(within),
        };
        Self { orgs }
    }

    pub(crate) fn has(&self, org: u32) -> bool {
        self.orgs.as_ref().is_none_or(|orgs| orgs.contains(&org))
    }

    /// The only organisation in it, if there is one only.
    pub(crate) fn only(&self) -> Option<u32> {
        self.orgs.as_ref().filter(|orgs| orgs.len() == 1)?.iter().next().copied()
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.orgs.is_none()
    }
}

/// Whether a code names an organisation, a municipality or a region.
pub(crate) fn is_place(register: &Register, code: &str) -> bool {
    register.org_index(code).is_some()
        || register.region_index(code).is_some()
        || register.municipalities().iter().any(|place| place.code.as_str() == code)
}

fn inside(register: &Register, code: &str) -> HashSet<u32> {
    let fits = |org: &Org| {
        org.code.as_str() == code
            || register.regions()[at(org.region)].code.as_str() == code
            || org.municipality.is_some_and(|of| register.municipalities()[at(of)].code.as_str() == code)
    };
    (0..).zip(register.orgs()).filter(|(_, org)| fits(org)).map(|(number, _)| number).collect()
}

impl Caller {
    /// Whether the caller's territory holds an organisation.
    pub(crate) fn sees_org(&self, register: &Register, org: u32) -> bool {
        let Some(org) = register.orgs().get(at(org)) else { return false };
        let municipality = org.municipality.map(|of| &register.municipalities()[at(of)].code);
        self.actor.scope.covers(&org.code, municipality)
    }

    /// Whether an obligation may be shown: it lies in the territory, or its holder was named, helps or is stood in
    /// for by the caller.
    pub(crate) fn sees(&self, register: &Register, ordinal: u32) -> bool {
        if self.sees_org(register, register.block_of(ordinal).org) {
            return true;
        }
        let named = |holder: &Holder| match holder {
            Holder::Person(person) => self.actor.is(person),
            Holder::Org(org) => self.actor.scope == Scope::Org(org.clone()),
            Holder::SchoolHead => false,
        };
        register.columns().matters(ordinal).is_some_and(|matters| {
            matters.holder.as_ref().is_some_and(named)
                || matters.co.iter().any(|co| named(&co.who))
                || matters.delegates.iter().any(|one| one.to == self.actor.person)
        })
    }

    /// Whether the registry's entry may be shown: one's own territory, and the authorities above it.
    pub(crate) fn sees_entry(&self, register: &Register, org: u32) -> bool {
        self.sees_org(register, org) || register.orgs().get(at(org)).is_some_and(|org| org.kind == OrgKind::Authority)
    }

    /// Codes of the caller's municipality and region, where the territory is a part of one.
    pub(crate) fn home(&self, register: &Register) -> (Option<String>, Option<String>) {
        let municipality = |number: u32| register.municipalities()[at(number)].code.as_str().to_owned();
        let region = |number: u32| register.regions()[at(number)].code.as_str().to_owned();
        match &self.actor.scope {
            Scope::All => (None, None),
            Scope::Municipality(own) => {
                let place = register.municipalities().iter().find(|place| place.code == *own);
                (Some(own.as_str().to_owned()), place.map(|place| region(place.region)))
            }
            Scope::Org(own) => match register.org_index(own.as_str()).map(|number| &register.orgs()[at(number)]) {
                Some(org) => (org.municipality.map(municipality), Some(region(org.region))),
                None => (None, None),
            },
        }
    }
}
