//! Who acts in the story, and what they are called.

use domain::actor::{Actor, Role, Scope};
use domain::id::PersonCode;

use crate::codes::code;
use crate::days::Local;
use crate::dice::{Dice, hash};
use crate::org::Org;
use crate::world::{HOME_MUNICIPALITY, Municipality, Region, World};

/// A person by the part that they play about one organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Head of the school; their deputy under a grant while they are on leave.
    Head,
    /// The head's deputy, in their own name.
    Vice,
    /// Coordinator of the municipality.
    Coordinator,
    /// The region's ministry.
    Ministry,
    /// Another person of the ministry: accepts what the first one reports.
    Deputy,
    /// The region's auditor.
    Auditor,
    /// Whoever reports for an authority.
    Body,
}

/// The role of the plan that the region's ministry plays.
const MINISTRY: &str = "mo-pk";

impl World {
    /// The person who plays a part about an organisation at a moment, with role and territory.
    pub(crate) fn actor(&self, org: Org, who: Who, at: Local) -> Actor {
        let region = self.region_of(org);
        let actor = |person: String, role, scope| Actor::new(code(&person), role, scope);
        match (who, org) {
            (Who::Head | Who::Vice, _) => {
                let org = self.org_code(org);
                let part = if who == Who::Head { "head" } else { "vice" };
                actor(format!("{part}-{org}"), Role::School, Scope::Org(org))
            }
            (Who::Coordinator, Org::School(_) | Org::Municipality(_)) => {
                let municipality = match org {
                    Org::School(school) => self.municipality_at(school, at),
                    _ => self.municipality_of(org),
                };
                let municipality = &self.municipalities[municipality];
                let scope = Scope::Municipality(municipality.code.clone());
                actor(coordinator_code(municipality), Role::Coordinator, scope)
            }
            (Who::Body, Org::Authority(one)) if self.role_of(one) != MINISTRY => {
                actor(self.body_code(one), Role::Coordinator, Scope::Org(self.org_code(org)))
            }
            (Who::Ministry | Who::Body | Who::Coordinator, _) => {
                actor(ministry_code(region), Role::Ministry, Scope::All)
            }
            (Who::Deputy, _) => actor(deputy_code(region), Role::Ministry, Scope::All),
            (Who::Auditor, _) => actor(format!("auditor-{}", region.code), Role::Auditor, Scope::All),
        }
    }

    /// The municipality that a school lies in, or that it is.
    pub(crate) fn municipality_of(&self, org: Org) -> usize {
        match org {
            Org::School(at) => self.schools[at].municipality,
            Org::Municipality(at) => at,
            Org::Authority(_) | Org::Region(_) => unreachable!("they lie in no municipality"),
        }
    }

    /// Every person of the story with the name that people read: codes stand in the log, names do not.
    pub fn directory(&self) -> impl Iterator<Item = (PersonCode, String)> + '_ {
        let regions = self
            .regions
            .iter()
            .flat_map(|region| [ministry_code(region), deputy_code(region), format!("auditor-{}", region.code)]);
        let coordinators = self.municipalities.iter().map(coordinator_code);
        let bodies =
            (0..self.authorities.len()).filter(|at| self.role_of(*at) != MINISTRY).map(|at| self.body_code(at));
        let heads = (0..self.schools.len()).flat_map(|at| {
            let org = self.org_code(Org::School(at));
            [format!("head-{org}"), format!("vice-{org}")]
        });
        let all = regions.chain(coordinators).chain(bodies).chain([crate::setup::ADMIN.to_owned()]).chain(heads);
        all.map(|person| {
            let person: PersonCode = code(&person);
            let name = self.name_of(&person);
            (person, name)
        })
    }

    /// Surname and initials of a person in Russian: as the plan writes them, or made up.
    #[must_use]
    pub fn name_of(&self, person: &PersonCode) -> String {
        const WOMEN: [char; 12] = ['А', 'В', 'Г', 'Е', 'И', 'Л', 'М', 'Н', 'О', 'С', 'Т', 'Ю'];
        const MEN: [char; 10] = ['А', 'В', 'Д', 'Е', 'И', 'К', 'М', 'Н', 'П', 'С'];
        if let Some(known) = self.plan.persons.iter().find(|known| known.code == *person) {
            return known.canonical.clone();
        }
        let mut dice = Dice::of(self.settings.seed, &[hash(person.as_str()), 0x2f]);
        let words = &self.places.words;
        let (surnames, first) =
            if dice.chance(830) { (&words.surnames_women, &WOMEN[..]) } else { (&words.surnames_men, &MEN[..]) };
        format!("{} {}.{}.", dice.pick(surnames), dice.pick(first), dice.pick(&MEN))
    }

    fn role_of(&self, authority: usize) -> &str {
        self.expansion.authorities[self.authorities[authority].role].0.as_str()
    }

    /// In the home region the person whom the plan seems to mean, unless they coordinate a municipality.
    fn body_code(&self, authority: usize) -> String {
        let one = &self.authorities[authority];
        let known =
            self.plan.persons.iter().find(|person| {
                person.inferred_org.as_ref() == Some(&one.code) && person.code.as_str() != HOME_COORDINATOR
            });
        known.map_or_else(|| format!("head-{}", one.code), |person| person.code.to_string())
    }
}

/// The coordinator of Pogranichny, whom the plan names in two thirds of its rows.
const HOME_COORDINATOR: &str = "tretyakova-tv";

pub(crate) fn coordinator_code(municipality: &Municipality) -> String {
    if municipality.code.as_str() == HOME_MUNICIPALITY {
        HOME_COORDINATOR.to_owned()
    } else {
        format!("coord-{}", municipality.code)
    }
}

/// Who acts for a region's ministry; in the home region the chair whom the plan names.
pub(crate) fn ministry_code(region: &Region) -> String {
    if region.is_home() { "shkuratskaya-mv".to_owned() } else { format!("min-{}", region.code) }
}

fn deputy_code(region: &Region) -> String {
    if region.is_home() { format!("min-{}", region.code) } else { format!("min-{}-2", region.code) }
}
