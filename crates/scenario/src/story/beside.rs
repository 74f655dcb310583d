//! What happens beside the obligations: leave and its substitutes, classes, coordinators, waves, schools that come
//! and go.

use super::many::regional;
use super::{Beat, Beside, Doing};
use crate::days::{DAY, Day, Local, day_of};
use crate::dice::Dice;
use crate::org::Org;
use crate::people::Who;
use crate::world::World;

impl World {
    /// The story beside the slots of an organisation, a municipality or a region.
    pub(super) fn beside(&self, org: Org) -> Vec<Beat> {
        match org {
            Org::School(at) => self.of_school(at),
            Org::Authority(_) => Vec::new(),
            Org::Municipality(at) => {
                let number = i32::try_from(at % 60).unwrap_or(0);
                let day = self.days.on((9, 27));
                let doing = Doing::Beside(Beside::Coordinator);
                vec![Beat { at: day * DAY + 11 * 3600 + number * 60, by: Who::Ministry, doing }]
            }
            Org::Region(at) => regional(self, at),
        }
    }

    fn of_school(&self, school: usize) -> Vec<Beat> {
        let mut dice = Dice::of(self.luck, &[self.schools[school].seed, 0xc1]);
        let mut beats = Vec::new();
        let (from, until) = self.bounds_of(Org::School(school));
        // In later years some of them take a new class in.
        let classes = if self.nth == 0 || dice.chance(350) { self.classes(school).len() } else { 0 };
        for nth in 0..classes {
            let day = self.days.following(self.year.0 + dice.between(0, 18));
            let at = (day * DAY + dice.between(9 * 3600, 17 * 3600)).max(from);
            beats.push(Beat { at, by: Who::Ministry, doing: Doing::Beside(Beside::Class { nth }) });
        }
        if let Some((first, last)) = self.leave_of(school) {
            let at = self.days.preceding(first - 1) * DAY + dice.between(14 * 3600, 17 * 3600);
            beats.push(Beat { at, by: Who::Head, doing: Doing::Beside(Beside::Grant { first, last }) });
        }
        beats.retain(|beat| (from..until).contains(&beat.at));
        beats.sort_by_key(|beat| beat.at);
        beats
    }

    /// First and last day on which the head of a school is on leave, and their deputy acts under a grant.
    pub(crate) fn leave_of(&self, school: usize) -> Option<(Day, Day)> {
        let of = &self.schools[school];
        let mut dice = Dice::of(self.luck, &[of.seed, 0x1e]);
        let home = self.municipalities[of.municipality].is_home();
        // Somebody at home is away when the first self-diagnosis ends.
        let first = if home && of.number == 2 {
            self.days.on((10, 12))
        } else if dice.chance(250) {
            self.year.0 + dice.between(20, 300)
        } else {
            return None;
        };
        let (from, until) = self.bounds_of(Org::School(school));
        let fits = first > day_of(from) + 3 && (first - 4) * DAY < until - DAY;
        fits.then(|| (first, first + dice.between(6, 18)))
    }

    /// Whether the head of a school is on leave at a moment.
    pub(crate) fn is_away(&self, org: Org, at: Local) -> bool {
        let Org::School(school) = org else { return false };
        self.leave_of(school).is_some_and(|(first, last)| (first..=last).contains(&day_of(at)))
    }
}
