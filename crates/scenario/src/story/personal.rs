//! What the head of a school does, each in their own way.

use domain::payload::ExcuseReason;

use super::{Doing, Teller};
use crate::character::{Habits, Mishap};
use crate::days::{DAY, Day, Local, day_of};
use crate::people::Who;

impl Teller<'_> {
    /// Tells what a school does about its own obligation.
    pub(super) fn personal(&mut self, school: usize, due: Day, open_from: Local) {
        let school = &self.world.schools[school];
        let deadline = self.world.days.following(due);
        if let Some(reason) = school.mishap.and_then(|mishap| self.released(mishap, deadline)) {
            let day = self.world.days.preceding(deadline - self.dice.between(1, 4));
            let at = (day * DAY + self.office()).max(open_from + 3600);
            self.push(at, Who::Ministry, Doing::Excuse { reason });
            return;
        }
        let (deadline, open_from) = self.moved(due, deadline, open_from, 14);
        let habits = school.character.habits();
        let Some(on) = self.day_done(&habits, deadline, day_of(open_from)) else { return };
        let by = if self.dice.chance(habits.behalf) { Who::Coordinator } else { Who::Head };
        let at = self.recorded(on, deadline, habits.delayed).max(open_from + 600 + self.dice.between(0, 3000));
        if let Some(at) = self.push(at, by, Doing::Submit { on, attempt: 0 }) {
            self.sent_twice(at, by, 14);
            self.aftermath(on, by, &habits);
        }
    }

    /// Moves the deadline now and then, before it passes; the deadline and the moment from then on.
    pub(super) fn moved(&mut self, due: Day, deadline: Day, open_from: Local, permille: u32) -> (Day, Local) {
        let days = &self.world.days;
        if !self.dice.chance(permille) {
            return (deadline, open_from);
        }
        let at = days.preceding(deadline - self.dice.between(1, 3)) * DAY + self.office();
        let later = (due + 7 * self.dice.between(1, 2)).min(self.world.year.1);
        if at <= open_from + 3600 || later <= due {
            return (deadline, open_from);
        }
        let moved = self.push(at, Who::Ministry, Doing::Move { due: later });
        moved.map_or((deadline, open_from), |at| (self.world.days.following(later), at))
    }

    /// Whether a mishap releases the school from what is due then.
    fn released(&mut self, mishap: Mishap, deadline: Day) -> Option<ExcuseReason> {
        let within = |first: Day, length: Day| (first..first + length).contains(&deadline);
        let (hit, reason, permille) = match mishap {
            Mishap::Quarantine(first) => (within(first, 35), ExcuseReason::Quarantine, 850),
            Mishap::Emergency(first) => (within(first, 12), ExcuseReason::Emergency, 900),
            Mishap::Renovation => (deadline >= self.world.year.1 - 90, ExcuseReason::Renovation, 650),
        };
        (hit && self.dice.chance(permille)).then_some(reason)
    }

    /// The day on which it is done, not before `earliest`; none when it never is.
    fn day_done(&mut self, habits: &Habits, deadline: Day, earliest: Day) -> Option<Day> {
        let days = &self.world.days;
        let earliest = earliest.max(self.world.year.0);
        let thrown = self.dice.below(1000);
        let day = if thrown < habits.ahead {
            match self.note.start {
                Some(start) if self.dice.chance(habits.early) => days.preceding(start - self.dice.between(1, 4)),
                Some(start) => days.preceding(self.dice.between(start, deadline - 1)).max(start),
                None => days.preceding(deadline - 1 - self.dice.between(0, 11)),
            }
        } else if thrown < habits.ahead + habits.last_day {
            deadline
        } else if thrown < habits.ahead + habits.last_day + habits.late {
            // Most come within days, a few after more than a month.
            let late = 1 + self.dice.between(0, 39).min(self.dice.between(0, 39)).min(self.dice.between(0, 39));
            days.following(deadline + late)
        } else {
            return None;
        };
        Some(day.max(earliest))
    }

    /// The moment at which something done on a day is recorded.
    fn recorded(&mut self, on: Day, deadline: Day, delayed: u32) -> Local {
        if self.dice.chance(delayed) {
            let day = self.world.days.following(on + self.dice.between(1, 5));
            return day * DAY + self.office();
        }
        let second = if on == deadline { self.rush() } else { self.office() };
        on * DAY + second
    }

    /// A client that got no answer sends the same command again.
    pub(super) fn sent_twice(&mut self, at: Local, by: Who, permille: u32) {
        if self.dice.chance(permille) {
            let of = self.beats.len() - 1;
            let again = at + self.dice.between(30, 300);
            self.push(again, by, Doing::Repeat { of });
        }
    }
}
