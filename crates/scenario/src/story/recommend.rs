//! What protocols recommend, and what schools do about it.

use super::{Doing, Noted, Teller};
use crate::character::Character;
use crate::days::{DAY, Day, day_of};
use crate::dice::Dice;
use crate::note::Dating;
use crate::people::Who;
use crate::world::World;

impl World {
    /// What the protocol of a row recommends to a municipality's schools: one entry a recommendation, each with
    /// the day until which it is to be done, where the protocol names one.
    pub(crate) fn recommended(&self, municipality: usize, slot: usize) -> Vec<Option<Day>> {
        let note = &self.school_notes[slot];
        let Dating::Stated(due) = note.dating else { return Vec::new() };
        let mut dice = Dice::of(self.luck, &[self.municipalities[municipality].seed, note.seed, 0x4e]);
        let count = *dice.pick(&[1, 2, 2, 3, 3]);
        let day = |_| {
            let day = self.days.preceding(due + dice.between(20, 60)).min(self.year.1);
            Some(day).filter(|_| dice.chance(600))
        };
        (0..count).map(day).collect()
    }
}

impl Teller<'_> {
    /// Tells which of a protocol's recommendations a school closes, and when.
    pub(super) fn closes_recommendations(&mut self, school: usize) {
        if self.event() != "protocol.sent" {
            return;
        }
        let of = &self.world.schools[school];
        // Of a thousand: done in time, done late; the rest is never done.
        let (in_time, late) = match of.character {
            Character::Diligent => (930, 50),
            Character::Steady => (840, 100),
            Character::LastDay => (800, 120),
            Character::Late => (470, 330),
            Character::Chaotic => (520, 200),
            Character::Struggling => (310, 220),
        };
        let received = day_of(self.last());
        let first = received < self.world.days.on((12, 31));
        let semester_end = if first { self.world.days.on((12, 31)) } else { self.world.year.1 };
        let mut closed = Vec::new();
        for (number, due) in (1_u8..).zip(self.world.recommended(self.world.dealing(school, self.slot), self.slot)) {
            let due = due.unwrap_or(semester_end);
            let thrown = self.dice.below(1000);
            let day = if thrown < in_time {
                let first = received + 2;
                self.dice.between(first, due.min(first + 60))
            } else if thrown < in_time + late {
                due + self.dice.between(1, 30)
            } else {
                continue;
            };
            let day = self.world.days.preceding(day).max(received + 1);
            closed.push((day * DAY + self.office(), number));
        }
        closed.sort_unstable();
        for (at, number) in closed {
            self.push(at, Who::Head, Doing::Note(Noted::Recommendation { number }));
        }
    }
}
