//! Who answers, who helps and who knows: acts that change no phase.

use super::terms::Term;
use super::{Doing, Teller};
use crate::days::{DAY, Day, Local, day_of};
use crate::people::Who;

impl Teller<'_> {
    /// Tells who takes part before a report; who sends it, and from when on.
    pub(super) fn taking_part(&mut self, term: Term) -> (Who, Local) {
        let mut open_from = term.open_from;
        if self.event() == "work_plan.developed" && self.dice.chance(90) {
            open_from = self.helped(term).unwrap_or(open_from);
        }
        if self.note.controlled && self.dice.chance(120) {
            let at = self.days_before(term.deadline, (9, 14));
            if at > open_from + 600 {
                self.push(at, Who::Head, Doing::Acknowledge);
            }
        }
        let at = self.days_before(term.deadline, (6, 9));
        let free = at > open_from + 600 && !self.world.is_away(self.org, at);
        match self.dice.below(1000) {
            0..5 if free => {
                let named = self.push(at, Who::Ministry, Doing::Reassign);
                named.map_or((Who::Head, open_from), |at| (Who::Vice, at))
            }
            5..13 if free => {
                let until = (term.deadline + 20).min(self.world.year.1);
                let to = self.push(at, Who::Head, Doing::Delegate { until });
                to.map_or((Who::Head, open_from), |at| (Who::Vice, at))
            }
            _ => (Who::Head, open_from),
        }
    }

    /// A co-executor is added and gives a part; when that was.
    fn helped(&mut self, term: Term) -> Option<Local> {
        let at = self.days_before(term.deadline, (16, 20));
        if at <= term.open_from + 600 {
            return None;
        }
        let at = self.push(at, Who::Ministry, Doing::AddCo)?;
        let day = self.world.days.following(day_of(at) + self.dice.between(1, 4));
        let given = day * DAY + self.office();
        self.push(given, Who::Vice, Doing::GivePart)
    }

    /// Tells what is said before a report of a day comes.
    pub(super) fn on_the_way(&mut self, on: Day, by: Who, open_from: Local) {
        if self.note.controlled && self.dice.chance(40) {
            let at = self.days_before(on, (1, 5));
            let percent = *self.dice.pick(&[40, 50, 60, 75, 80, 90]);
            if at > open_from + 600 {
                self.push(at, by, Doing::Interim { percent });
            }
        }
    }

    fn days_before(&mut self, day: Day, (least, most): (i32, i32)) -> Local {
        let day = self.world.days.preceding(day - self.dice.between(least, most));
        day * DAY + self.office()
    }
}
