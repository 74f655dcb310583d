//! Joint events of row 12.1: what took place, what of it the publisher reported on its site, and when.

use super::{Doing, Noted, Teller};
use crate::character::Character;
use crate::days::{DAY, Day, Local, day_of};
use crate::dice::Dice;
use crate::org::Org;
use crate::people::Who;

/// Days within which a report of an event is prompt.
const PROMPT_DAYS: i32 = 10;

/// How a publisher deals with its events.
#[derive(Clone, Copy, Debug)]
struct Manner {
    /// The fewest and the most events of a semester.
    events: (i32, i32),
    /// Of a thousand events: reported promptly, reported later; the rest never is.
    prompt: u32,
    slow: u32,
}

impl Manner {
    fn of(character: Character) -> Self {
        let manner = |least, most, prompt, slow| Self { events: (least, most), prompt, slow };
        match character {
            Character::Diligent => manner(2, 4, 960, 30),
            Character::Steady => manner(1, 4, 900, 70),
            Character::LastDay => manner(1, 3, 850, 110),
            Character::Late => manner(1, 3, 600, 280),
            Character::Chaotic => manner(1, 4, 620, 200),
            Character::Struggling => manner(1, 2, 520, 210),
        }
    }
}

impl Teller<'_> {
    /// The day of the first report: a publisher with several events does not wait for the last day.
    pub(super) fn first_event(&mut self, on: Day, deadline: Day, open_from: Day) -> Day {
        if !self.is_series() || on > deadline || self.events() < 2 {
            return on;
        }
        let days = &self.world.days;
        days.following(open_from + 3 + self.dice.between(0, 18)).min(on)
    }

    /// Tells of the event that the first report is about, before it.
    pub(super) fn took_place(&mut self, on: Day, by: Who, open_from: Local) {
        if !self.is_series() {
            return;
        }
        let prompt = self.manner().prompt;
        let ago = if self.dice.chance(prompt) {
            self.dice.between(0, PROMPT_DAYS - 2)
        } else {
            self.dice.between(PROMPT_DAYS + 1, 24)
        };
        let day = (on - ago).max(day_of(open_from));
        let at = (day * DAY + 7 * 3600 + self.dice.between(0, 3600)).max(open_from + 600);
        self.push(at, by, Doing::Note(Noted::Activity { on: day, number: 1 }));
    }

    /// Tells of events that nobody ever reported.
    pub(super) fn unreported(&mut self, by: Who, open_from: Local, deadline: Day) {
        if !self.is_series() {
            return;
        }
        for number in 1..=self.events().min(2) {
            let day = day_of(open_from) + 2 + self.dice.between(0, deadline - day_of(open_from) - 4);
            let at = day * DAY + 17 * 3600 + self.dice.between(0, 3600);
            self.push(at, by, Doing::Note(Noted::Activity { on: day, number }));
        }
    }

    /// Tells of the events behind the first, and of their reports.
    pub(super) fn further_events(&mut self, by: Who) {
        if !self.is_series() {
            return;
        }
        let (manner, stands) = (self.manner(), self.stands());
        let until = self.world.days.on(if self.item_is("h1") { (12, 28) } else { (6, 9) });
        let mut day = day_of(self.last());
        let mut told = Vec::new();
        for number in 2..=self.events() {
            day = self.world.days.following(day + self.dice.between(3, 16));
            if day > until {
                break;
            }
            told.push((day * DAY + 15 * 3600 + self.dice.between(0, 7200), Noted::Activity { on: day, number }));
            let later = match self.dice.below(1000) {
                thrown if thrown < manner.prompt => self.dice.between(1, PROMPT_DAYS - 2),
                thrown if thrown < manner.prompt + manner.slow => self.dice.between(PROMPT_DAYS + 2, 30),
                _ => continue,
            };
            let on = self.world.days.following(day + later);
            told.push((on * DAY + self.office(), Noted::Further { on, number }));
        }
        told.sort_by_key(|(at, _)| *at);
        for (at, noted) in told {
            if stands || matches!(noted, Noted::Activity { .. }) {
                self.push(at, by, Doing::Note(noted));
            }
        }
    }

    /// Whether the row asks for a report of each event.
    fn is_series(&self) -> bool {
        self.event() == "event_report.published"
    }

    /// How many events the publisher holds in the semester.
    fn events(&self) -> i32 {
        let (least, most) = self.manner().events;
        let mut dice = Dice::of(self.world.luck, &[self.world.seed_of(self.org), self.note.seed, 0xac7]);
        dice.between(least, most)
    }

    fn manner(&self) -> Manner {
        match self.org {
            Org::School(at) => Manner::of(self.world.schools[at].character),
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => {
                Manner { events: (2, 4), ..Manner::of(Character::Steady) }
            }
        }
    }
}
