//! Reports of what brings people together: joint events, methodical days.

use std::collections::BTreeSet;

use domain::payload::{EventReportPublished, MethodicalDayHeld};

use super::{FURTHER, Report};
use crate::character::Character;
use crate::org::Org;
use crate::world::World;

/// Of a thousand municipalities: those that are invited to a methodical day of another.
const INVITED: u32 = 420;

impl Report<'_> {
    pub(super) fn event_report(&mut self) -> EventReportPublished {
        // A few do not say which event they are about.
        let number = self.attempt.checked_sub(FURTHER).unwrap_or(1);
        let named = !self.dice.chance(25);
        EventReportPublished {
            activity: named.then(|| self.world.activity_code(self.org, self.at, number)),
            title: self.dice.pick(&self.world.places.words.activities).clone(),
            url: self.url(&format!("events/{}", self.item())),
            participants: 15 + self.dice.below(140),
        }
    }

    pub(super) fn methodical_day(&mut self) -> MethodicalDayHeld {
        let world = self.world;
        let region = world.region_of(self.org);
        let host = region.municipalities.start + self.below(region.municipalities.len());
        let mut schools = BTreeSet::new();
        for at in region.municipalities.clone() {
            if at == host || self.dice.chance(INVITED) {
                let invited = self.world.municipalities[at].schools.clone();
                let present = invited.filter(|school| self.comes(*school));
                schools.extend(present.map(|school| world.org_code(Org::School(school))));
            }
        }
        let place = self.world.municipalities[host].place_ru.clone();
        MethodicalDayHeld { day_no: self.item().parse().unwrap_or(1), place, schools }
    }

    /// Whether a school that is invited to a methodical day takes part.
    fn comes(&mut self, school: usize) -> bool {
        let permille = match self.world.schools[school].character {
            Character::Diligent => 930,
            Character::Steady => 820,
            Character::LastDay => 760,
            Character::Late => 640,
            Character::Chaotic => 560,
            Character::Struggling => 380,
        };
        self.dice.chance(permille) && self.world.takes_part(school, self.world.days.of(self.on))
    }
}

impl World {
    /// The code of an event of row 12.1: the so-manieth of a publisher's semester.
    pub(crate) fn activity_code(&self, org: Org, slot: usize, number: u32) -> String {
        let item = &self.template_of(org).slots[slot].item;
        format!("activity-{}-{item}-{number}{}", self.code_of(org), self.suffix())
    }
}
