//! What the head of a school does, each in their own way.

use super::terms::Term;
use super::{Doing, Noted, Teller};
use crate::character::Habits;
use crate::days::{BACKDATE_DAYS, DAY, Day, Local, day_of};
use crate::people::Who;
use crate::world::World;

/// Of a thousand reports: those that are claimed so far back that a second person must agree.
const CLAIMED_BACK: u32 = 8;
/// Of a thousand months with news: those with a second piece.
const NEWS_TWICE: u32 = 90;

impl Teller<'_> {
    /// Tells what a school does about its own obligation.
    pub(super) fn personal(&mut self, school: usize, due: Day, open_from: Local) {
        let school = &self.world.schools[school];
        let term = Term { due, deadline: self.world.days.following(due), open_from };
        let Some(term) = self.term(school.mishap, term) else { return };
        let (holder, open_from) = self.taking_part(term);
        let habits = school.character.habits();
        let Some(on) = self.day_done(&habits, term.deadline, day_of(open_from)) else {
            self.recorded_on_the_way(None, term.deadline, holder, open_from);
            self.unreported(Who::Head, open_from, term.deadline);
            self.left_undone(term.deadline);
            return;
        };
        let on = self.first_event(on, term.deadline, day_of(open_from));
        let on = self.in_its_month(on, term);
        let by = if holder == Who::Head && self.dice.chance(habits.behalf) { Who::Coordinator } else { holder };
        self.recorded_on_the_way(Some(on), term.deadline, by, open_from);
        self.on_the_way(on, by, open_from);
        self.took_place(on, by, open_from);
        let earliest = open_from + 600 + self.dice.between(0, 3000);
        let (on, by) = if self.dice.chance(CLAIMED_BACK) {
            match self.claimed_back(on, by) {
                Some(on) => (on, by),
                None => return,
            }
        } else {
            let at = self.recorded(on, term.deadline, habits.delayed).max(earliest);
            match self.report(at, by, on, 0) {
                Some(on) => (on, by),
                None => return,
            }
        };
        self.base = self.last();
        self.looked_at_early(term.deadline);
        if !self.waits_for_all() {
            self.aftermath(on, by, &habits);
        }
        self.looked_at();
        self.further_events(Who::Head);
        self.further_news();
    }

    /// Reports what was done on a day; the day that is named, which lies no further back than one person may claim.
    pub(super) fn report(&mut self, at: Local, by: Who, on: Day, attempt: u32) -> Option<Day> {
        let at = self.beats.last().map_or(at, |last| at.max(last.at + 30));
        let today = day_of(at);
        let on = if today - on > BACKDATE_DAYS { today } else { on };
        let at = self.push(at, by, Doing::Submit { on, attempt })?;
        self.sent_twice(at, by, 14);
        Some(on)
    }

    /// Reports weeks later what was done on a day, and waits for a second person; without them it is reported anew.
    fn claimed_back(&mut self, on: Day, by: Who) -> Option<Day> {
        let day = self.world.days.following(on + self.dice.between(BACKDATE_DAYS + 1, 24));
        let at = day * DAY + self.office();
        let at = self.beats.last().map_or(at, |last| at.max(last.at + 30));
        self.push(at, by, Doing::Submit { on, attempt: 0 })?;
        if self.second_person(self.confirmer(by), 650) {
            return Some(on);
        }
        let day = self.world.days.plus_working(day_of(self.last()), self.dice.between(1, 2));
        let at = day * DAY + self.office();
        self.report(at, by, day, 1)
    }

    /// News of a month are mostly published in it, even where its last day is put off to the next.
    fn in_its_month(&mut self, on: Day, term: Term) -> Day {
        let put_off = self.event() == "news.published" && on == term.deadline && term.deadline > term.due;
        let day = self.world.days.preceding(term.due);
        if put_off && day > day_of(term.open_from) && self.dice.chance(720) { day } else { on }
    }

    /// A second piece of news in the month, or one that makes up for it.
    fn further_news(&mut self) {
        if self.event() == "news.published" && self.stands() && self.dice.chance(NEWS_TWICE) {
            let at = self.days_later(9);
            self.push(at, Who::Head, Doing::Note(Noted::Further { on: day_of(at), number: 2 }));
        }
    }

    /// Whether the last report is accepted with all others of the municipality.
    fn waits_for_all(&self) -> bool {
        let municipality = self.world.dealing_with(self.org, self.slot);
        let sitting = self.world.accepted_at_once(municipality, self.slot);
        sitting.is_some_and(|sitting| World::awaits_all(&self.beats, sitting))
    }

    /// The day on which it is done, not before `earliest`; none when it never is.
    fn day_done(&mut self, habits: &Habits, deadline: Day, earliest: Day) -> Option<Day> {
        let days = &self.world.days;
        let earliest = earliest.max(self.world.year.0);
        if deadline < earliest {
            // Who joined late makes up for what fell due before.
            let day = days.following(earliest + self.dice.between(0, 15));
            return self.dice.chance(850).then_some(day);
        }
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
            let of = self.last_beat();
            let again = at + self.dice.between(30, 300);
            self.push(again, by, Doing::Repeat { of });
        }
    }
}
