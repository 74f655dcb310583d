//! Whoever has a story: schools, authorities, municipalities, regions, by number and by code.

use domain::expand::Template;
use domain::id::OrgCode;
use domain::plan::Share;
use jiff::civil::{Date, date};

use crate::codes::{code, school_code};
use crate::days::Day;
use crate::dice::{count, hash, index};
use crate::note::Note;
use crate::world::{Region, World};

/// Whose story it is: an organisation's, or that of a municipality or a region as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Org {
    School(usize),
    Authority(usize),
    Municipality(usize),
    Region(usize),
}

/// The school that joins late and the one that leaves early: their places among the schools of the home region.
const JOINING: usize = 7;
const LEAVING: usize = 8;
/// The fewest schools of a world in which schools come and go.
const COMING_AND_GOING_MIN: u32 = 10;
/// The day on which the late school joins, the one on which the other leaves, and the new day of row 20.1.
const JOINS_ON: Date = date(2022, 11, 14);
const LEAVES_ON: Date = date(2023, 6, 1);

impl World {
    /// Everybody who has a story: schools, authorities, municipalities, regions.
    pub(crate) fn orgs(&self) -> impl Iterator<Item = Org> + use<> {
        let (schools, authorities) = (0..self.schools.len(), 0..self.authorities.len());
        let (municipalities, regions) = (0..self.municipalities.len(), 0..self.regions.len());
        let orgs = schools.map(Org::School).chain(authorities.map(Org::Authority));
        orgs.chain(municipalities.map(Org::Municipality)).chain(regions.map(Org::Region))
    }

    /// The number of whoever has a story, from 0.
    pub(crate) fn number(&self, org: Org) -> u32 {
        let (schools, authorities) = (self.schools.len(), self.authorities.len());
        match org {
            Org::School(at) => count(at),
            Org::Authority(at) => count(schools + at),
            Org::Municipality(at) => count(schools + authorities + at),
            Org::Region(at) => count(schools + authorities + self.municipalities.len() + at),
        }
    }

    /// Whoever has that number.
    pub(crate) fn org(&self, number: u32) -> Org {
        let at = index(number);
        let authorities = self.schools.len();
        let municipalities = authorities + self.authorities.len();
        let regions = municipalities + self.municipalities.len();
        if at < authorities {
            Org::School(at)
        } else if at < municipalities {
            Org::Authority(at - authorities)
        } else if at < regions {
            Org::Municipality(at - municipalities)
        } else {
            Org::Region(at - regions)
        }
    }

    /// The day on which a school joins the plan, where it was not there from the beginning.
    pub(crate) fn joins(&self, school: usize) -> Option<Day> {
        self.is_passing(school, JOINING).then(|| self.days.of(JOINS_ON))
    }

    /// The day on which a school leaves the plan.
    pub(crate) fn leaves(&self, school: usize) -> Option<Day> {
        self.is_passing(school, LEAVING).then(|| self.days.of(LEAVES_ON))
    }

    fn is_passing(&self, school: usize, place: usize) -> bool {
        let region = self.region_of(Org::School(school));
        self.settings.schools >= COMING_AND_GOING_MIN && region.is_home() && school == region.schools.start + place
    }

    /// The code of an organisation, a municipality or a region.
    pub(crate) fn code_of(&self, org: Org) -> String {
        match org {
            Org::School(at) => {
                let school = &self.schools[at];
                school_code(self.municipalities[school.municipality].code.as_str(), school.number)
            }
            Org::Authority(at) => self.authorities[at].code.to_string(),
            Org::Municipality(at) => self.municipalities[at].code.to_string(),
            Org::Region(at) => self.regions[at].code.to_string(),
        }
    }

    /// The code of an organisation.
    pub(crate) fn org_code(&self, org: Org) -> OrgCode {
        code(&self.code_of(org))
    }

    /// The region of whoever has a story.
    pub(crate) fn region_of(&self, org: Org) -> &Region {
        let at = match org {
            Org::School(at) => self.municipalities[self.schools[at].municipality].region,
            Org::Authority(at) => self.authorities[at].region,
            Org::Municipality(at) => self.municipalities[at].region,
            Org::Region(at) => at,
        };
        &self.regions[at]
    }

    /// How many stories an organisation has: one a slot, and one beside them.
    pub(crate) fn stories_of(&self, org: Org) -> usize {
        match org {
            Org::School(_) | Org::Municipality(_) => self.school_notes.len() + 1,
            Org::Authority(_) => self.notes_of(org).len(),
            Org::Region(_) => 1,
        }
    }

    /// The notes on the slots of an organisation, or on those of a municipality's schools.
    pub(crate) fn notes_of(&self, org: Org) -> &[Note] {
        match org {
            Org::School(_) | Org::Municipality(_) => &self.school_notes,
            Org::Authority(at) => &self.authority_notes[self.authorities[at].role],
            Org::Region(_) => &[],
        }
    }

    /// What an organisation owes by the plan; for a municipality, what each of its schools does.
    pub(crate) fn template_of(&self, org: Org) -> &Template {
        match org {
            Org::School(_) | Org::Municipality(_) | Org::Region(_) => &self.expansion.school,
            Org::Authority(at) => &self.expansion.authorities[self.authorities[at].role].1,
        }
    }

    /// The share of the plan behind a slot.
    pub(crate) fn share_of(&self, org: Org, slot: usize) -> &Share {
        &self.expansion.shares[self.template_of(org).slots[slot].share].1
    }

    /// The seed of somebody's own dice.
    pub(crate) fn seed_of(&self, org: Org) -> u64 {
        match org {
            Org::School(at) => self.schools[at].seed,
            Org::Authority(at) => self.authorities[at].seed,
            Org::Municipality(at) => self.municipalities[at].seed,
            Org::Region(at) => hash(self.regions[at].code.as_str()),
        }
    }
}
