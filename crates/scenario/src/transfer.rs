//! A school of the krai changes its municipality in spring, and who deals with it before and behind that.

use crate::days::{DAY, Day, Local};
use crate::note::Dating;
use crate::org::Org;
use crate::world::World;

/// The fewest schools of a world in which one is transferred.
const SCHOOLS_MIN: u32 = 60;
/// The place among the schools of the home region from which on one is looked for: behind those that come and go.
const PLACE: usize = 40;
/// The day, a Saturday on which no office works, as month and day; and the hour.
const ON: (i8, i8) = (4, 1);
const AT: Local = 10 * 3600;

/// A school's way from one municipality to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) school: usize,
    pub(crate) to: usize,
    pub(crate) on: Day,
}

impl Transfer {
    /// The moment from which on the other municipality deals with the school.
    pub(crate) fn at(self) -> Local {
        self.on * DAY + AT
    }
}

impl World {
    /// Finds the school that is transferred in the first year: not at home, and not the only one. In later years it
    /// is where it came to from the beginning.
    pub(crate) fn found_transfer(&self) -> Option<Transfer> {
        let region = self.regions.iter().find(|region| region.is_home())?;
        if self.settings.schools < SCHOOLS_MIN {
            return None;
        }
        let fits = |school: &usize| {
            let from = &self.municipalities[self.schools[*school].municipality];
            !from.is_home() && from.schools.len() > 1
        };
        let school = region.schools.clone().skip(PLACE).find(fits)?;
        let from = self.schools[school].municipality;
        let others = region.municipalities.clone().filter(|at| *at != from && !self.municipalities[*at].is_home());
        let to = others.min_by_key(|at| (at.abs_diff(from), *at))?;
        Some(Transfer { school, to, on: if self.nth == 0 { self.days.on(ON) } else { 0 } })
    }

    /// The municipality of a school at a moment.
    pub(crate) fn municipality_at(&self, school: usize, at: Local) -> usize {
        let moved = self.transfer.filter(|transfer| transfer.school == school && transfer.at() <= at);
        moved.map_or(self.schools[school].municipality, |transfer| transfer.to)
    }

    /// The schools of a municipality at a moment.
    pub(crate) fn schools_at(&self, municipality: usize, at: Local) -> impl Iterator<Item = usize> + '_ {
        let own = self.municipalities[municipality].schools.clone();
        let come = self.transfer.filter(|transfer| transfer.to == municipality).map(|transfer| transfer.school);
        own.chain(come).filter(move |school| self.municipality_at(*school, at) == municipality)
    }

    /// The municipality that deals with a slot of a school: the one in which the school is when it falls due.
    pub(crate) fn dealing(&self, school: usize, slot: usize) -> usize {
        match self.school_notes[slot].dating {
            Dating::Stated(due) => self.municipality_at(school, due * DAY),
            Dating::Scheduled(..) | Dating::After(..) | Dating::Undated => self.schools[school].municipality,
        }
    }

    /// The same for whoever has a story: a municipality deals with its own.
    pub(crate) fn dealing_with(&self, org: Org, slot: usize) -> usize {
        match org {
            Org::School(at) => self.dealing(at, slot),
            Org::Municipality(_) | Org::Authority(_) | Org::Region(_) => self.municipality_of(org),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Who;

    #[test]
    fn a_transferred_school_has_one_coordinator_at_any_moment() {
        let profile = plan_import::Profile::parse(crate::PLAN_PROFILE).unwrap();
        let plan = plan_import::import(crate::PLAN_TEXT, Some(&profile), None).unwrap();
        let world = crate::world(&crate::Settings { schools: 510, ..crate::Settings::default() }, &plan);
        let transfer = world.transfer.unwrap();
        let from = world.schools[transfer.school].municipality;
        assert!(!world.municipalities[from].is_home() && !world.municipalities[transfer.to].is_home());
        assert!(!world.days.is_working(transfer.on) && from != transfer.to);
        for (at, there) in [(transfer.at() - 1, from), (transfer.at(), transfer.to)] {
            assert_eq!(world.municipality_at(transfer.school, at), there);
            let others = world.region_of(Org::School(transfer.school)).municipalities.clone();
            let holders = others.filter(|one| world.schools_at(*one, at).any(|school| school == transfer.school));
            assert_eq!(holders.collect::<Vec<_>>(), [there]);
            let coordinator = world.actor(Org::School(transfer.school), Who::Coordinator, at);
            assert_eq!(coordinator, world.actor(Org::Municipality(there), Who::Coordinator, at));
        }
        let dealt: Vec<usize> =
            (0..world.school_notes.len()).map(|slot| world.dealing(transfer.school, slot)).collect();
        assert!(dealt.contains(&from) && dealt.contains(&transfer.to));
    }
}
