//! What is sent to all schools of a municipality in one sitting.

use super::{Doing, Teller};
use crate::character::{Character, Habits};
use crate::days::{DAY, Day, Local, day_of};
use crate::dice::Dice;
use crate::people::Who;
use crate::world::{Municipality, World};

/// One sitting of a sender: the same for every school and item of a row.
#[derive(Clone, Copy, Debug)]
struct Sitting {
    /// The ministry moves the deadline first: when, and to which day.
    moved: Option<(Local, Day)>,
    /// The day that the sender names.
    on: Day,
    /// When the first is recorded.
    at: Local,
}

impl Teller<'_> {
    /// Tells what a school is sent, with all others of its municipality or, where it was forgotten, later.
    pub(super) fn mailing(&mut self, sender: Who, school: usize, due: Day) {
        let school = &self.world.schools[school];
        let municipality = &self.world.municipalities[school.municipality];
        let Some(sitting) = sitting(self.world, municipality, self.note.row_seed, sender, (self.note.start, due))
        else {
            return;
        };
        let schools = i32::try_from(municipality.schools.len()).unwrap_or(i32::MAX);
        let number = i32::try_from(school.number).unwrap_or(1) - 1;
        let item = i32::try_from(self.note.place.0).unwrap_or(0);
        let total = i32::try_from(self.note.place.1).unwrap_or(1).saturating_mul(schools).max(1);
        let turn = item * schools + number;
        if let Some((at, due)) = sitting.moved {
            self.push(at + turn * 2, Who::Ministry, Doing::Move { due });
        }
        let (mut on, mut at) = (sitting.on, sitting.at + turn.saturating_mul(pause(total)));
        match self.dice.below(1000) {
            0..3 => return,
            3..12 => {
                on = self.world.days.plus_working(day_of(at), self.dice.between(1, 9));
                at = on * DAY + self.office();
            }
            _ => {}
        }
        if let Some(at) = self.push(at, sender, Doing::Submit { on, attempt: 0 }) {
            self.sent_twice(at, sender, 3);
            let habits = Habits { corrected: 5, retracted: 2, ..Character::Steady.habits() };
            self.aftermath(on, sender, &habits);
        }
    }
}

/// Seconds between two sends, so that a sitting ends within two hours.
fn pause(total: i32) -> i32 {
    (7200 / total).clamp(1, 11)
}

/// Throws the sitting of a row; none where it never takes place.
fn sitting(
    world: &World,
    municipality: &Municipality,
    row_seed: u64,
    sender: Who,
    (start, due): (Option<Day>, Day),
) -> Option<Sitting> {
    let mut dice = Dice::of(world.settings.seed, &[municipality.seed, row_seed, 0x11]);
    let region = &world.regions[municipality.region];
    let late = if sender == Who::Coordinator {
        municipality.climate.late_mailings()
    } else {
        region.climate.late_mailings() / 2
    };
    let days = &world.days;
    let mut deadline = days.following(due);
    let mut moved = None;
    if dice.chance(10) {
        let at = days.preceding(deadline - dice.between(1, 3)) * DAY + dice.between(9 * 3600, 16 * 3600);
        let later = due + 7;
        if later <= world.year.1 && at > world.year.0 * DAY {
            moved = Some((at, later));
            deadline = days.following(later);
        }
    }
    let thrown = dice.below(1000);
    let on = if thrown < late / 30 {
        return None;
    } else if thrown < late {
        days.following(deadline + 1 + dice.between(0, 13).min(dice.between(0, 13)))
    } else if thrown < late + 260 {
        deadline
    } else {
        let first = start.unwrap_or(deadline - 8).max(world.year.0);
        days.preceding(dice.between(first, deadline - 1)).max(first)
    };
    // Who knows that the deadline moves waits for it.
    let on = moved.map_or(on, |(at, _)| on.max(days.following(day_of(at) + 1)));
    let recorded = if dice.chance(40) { days.following(on + dice.between(1, 3)) } else { on };
    let at = recorded * DAY + dice.between(9 * 3600, 16 * 3600);
    Some(Sitting { moved, on, at })
}
