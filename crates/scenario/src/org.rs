//! Whoever has a story: schools, authorities, municipalities, regions, by number and by code.

use domain::expand::Template;
use domain::id::{EntityCode, OrgCode};
use domain::plan::Share;

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

/// How a school comes into the plan, or leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    /// The day that the order names.
    pub(crate) on: Day,
    /// The day on which the log learns of it.
    pub(crate) told: Day,
}

/// A school of the home region that comes or goes: its place there, the fewest schools of a world in which it
/// does, the day of the order and the day on which the log learns of it, as month and day.
struct Passing {
    place: usize,
    schools_min: u32,
    on: (i8, i8),
    told: (i8, i8),
}

/// Schools that join late; of the second the ministry learns when the first semester is closed.
const JOINING: [Passing; 2] = [
    Passing { place: 7, schools_min: 10, on: (11, 14), told: (11, 14) },
    Passing { place: 27, schools_min: 60, on: (12, 19), told: (2, 27) },
];

/// Schools that leave early; of the second the ministry learns when the first semester is closed.
const LEAVING: [Passing; 2] = [
    Passing { place: 8, schools_min: 10, on: (6, 1), told: (6, 1) },
    Passing { place: 31, schools_min: 60, on: (12, 26), told: (3, 2) },
];

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

    /// How a school joins the plan, where it was not there from the beginning.
    pub(crate) fn joins(&self, school: usize) -> Option<Passage> {
        self.passage(school, &JOINING)
    }

    /// How a school leaves the plan.
    pub(crate) fn leaves(&self, school: usize) -> Option<Passage> {
        self.passage(school, &LEAVING)
    }

    fn passage(&self, school: usize, of: &[Passing]) -> Option<Passage> {
        let region = self.region_of(Org::School(school));
        let passing = of
            .iter()
            .find(|one| self.settings.schools >= one.schools_min && region.schools.start + one.place == school);
        // Who takes part in later years was settled in the first.
        let passing = passing.filter(|_| self.nth == 0 && region.is_home())?;
        Some(Passage { on: self.days.on(passing.on), told: self.days.on(passing.told) })
    }

    /// Whether a day that the plan states lies before a school joined: what is due then does not apply to it.
    pub(crate) fn is_before_joining(&self, org: Org, due: Day) -> bool {
        let joins = if let Org::School(at) = org { self.joins(at) } else { None };
        due < joins.map_or(self.year.0, |joins| joins.on)
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

    /// What the keys of this year's commands begin with.
    pub(crate) fn key(&self) -> String {
        match self.nth {
            0 => self.settings.seed.to_string(),
            nth => format!("{}+{nth}", self.settings.seed),
        }
    }

    /// What tells this year's codes from those of the first.
    pub(crate) fn suffix(&self) -> String {
        if self.nth == 0 { String::new() } else { format!("-{}", self.plan.school_year.first_year()) }
    }

    /// The code of the grant under which a deputy acts while the head is on leave.
    pub(crate) fn leave_code(&self, org: Org) -> EntityCode {
        code(&format!("leave-{}{}", self.code_of(org), self.suffix()))
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
