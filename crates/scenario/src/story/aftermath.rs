//! What follows a report: acceptance, rework, correction, retraction.

use domain::payload::ReturnReason;

use super::{Doing, Teller};
use crate::character::Habits;
use crate::days::{DAY, Day, Local, day_of};
use crate::people::Who;
use crate::world::Org;

/// How a report stands when its control is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// A live report is there: done on that day, in that attempt.
    Live { on: Day, attempt: u32 },
    /// It was sent back and never came again.
    Gone,
}

impl Teller<'_> {
    /// Tells what follows the report that was just pushed: done on a day, sent by somebody.
    pub(super) fn aftermath(&mut self, on: Day, by: Who, habits: &Habits) {
        let outcome = if self.note.controlled {
            self.controlled(on, by, habits.returned, 0)
        } else {
            Outcome::Live { on, attempt: 0 }
        };
        let Outcome::Live { on, attempt } = outcome else { return };
        if self.note.delivers {
            return;
        }
        let auditor = self.dice.chance(250);
        let mender = if auditor { Who::Auditor } else { by };
        if self.dice.chance(habits.corrected) {
            self.corrected(on, mender, attempt);
        } else if self.dice.chance(habits.retracted) {
            self.retracted(by, mender, attempt);
        }
    }

    /// Tells how a controller deals with the last report until it rests.
    fn controlled(&mut self, on: Day, by: Who, returned: u32, attempt: u32) -> Outcome {
        let live = Outcome::Live { on, attempt };
        // A few wait on the controller's table until the year ends.
        if self.dice.chance(30) {
            return live;
        }
        let controller = match (by, self.org) {
            (_, Org::Authority(_)) => Who::Deputy,
            (Who::Coordinator, _) => Who::Ministry,
            _ => Who::Coordinator,
        };
        let seen = self.seen();
        if attempt >= 2 || !self.dice.chance(returned >> attempt) {
            self.push(seen, controller, Doing::Accept);
            return live;
        }
        let reasons = [
            ReturnReason::Incomplete,
            ReturnReason::Unreadable,
            ReturnReason::WrongDocument,
            ReturnReason::Contradiction,
        ];
        let reason = *self.dice.pick(&reasons[..]);
        let Some(back) = self.push(seen, controller, Doing::Return { reason }) else { return live };
        let days = &self.world.days;
        let (from, until) = (day_of(back), days.plus_working(day_of(back), 3));
        let on = match self.dice.below(100) {
            0..62 => days.plus_working(from, self.dice.between(0, 3)),
            62..91 => days.following(until + self.dice.between(1, 15)),
            _ => return Outcome::Gone,
        };
        let second = if on == until { self.rush() } else { self.office() };
        let attempt = attempt + 1;
        if self.push(on * DAY + second, by, Doing::Submit { on, attempt }).is_none() {
            return Outcome::Gone;
        }
        self.controlled(on, by, returned, attempt)
    }

    /// The moment at which a controller looks at the last report, at their own pace.
    fn seen(&mut self) -> Local {
        let pace = match self.org {
            Org::School(at) => self.world.municipalities[self.world.schools[at].municipality].climate.pace,
            Org::Authority(_) => 3,
        };
        let last = self.last();
        let day = self.world.days.following(day_of(last) + self.dice.between(0, pace));
        let at = day * DAY + self.office();
        // Looked at the same day: later than it came in, tomorrow morning where that is night.
        if at > last + 600 { at } else { self.world.days.following(day + 1) * DAY + self.office() }
    }

    fn last(&self) -> Local {
        self.beats.last().map_or(0, |beat| beat.at)
    }

    /// Working hours of a day some days behind the last act.
    fn days_later(&mut self, most: i32) -> Local {
        let day = day_of(self.last()) + self.dice.between(1, most);
        self.world.days.following(day) * DAY + self.office()
    }

    fn corrected(&mut self, on: Day, by: Who, attempt: u32) {
        let at = self.days_later(9);
        if self.event() == "checklist.submitted" && self.dice.chance(600) {
            self.push(at, by, Doing::CorrectItems { attempt });
            return;
        }
        let wrong_by = self.dice.between(1, 3);
        let right = if self.dice.chance(500) { on - wrong_by } else { on + wrong_by };
        let right = right.clamp(self.world.year.0, day_of(at));
        if right != on {
            self.push(at, by, Doing::CorrectDay { on: right });
        }
    }

    fn retracted(&mut self, author: Who, by: Who, attempt: u32) {
        let at = self.days_later(12);
        let Some(at) = self.push(at, by, Doing::Retract) else { return };
        if !self.dice.chance(650) {
            return;
        }
        let on = self.world.days.plus_working(day_of(at), self.dice.between(1, 8));
        let again = on * DAY + self.office();
        let attempt = attempt + 1;
        if self.push(again, author, Doing::Submit { on, attempt }).is_some() && self.note.controlled {
            self.controlled(on, author, 0, attempt);
        }
    }
}
