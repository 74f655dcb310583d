//! What follows a report: acceptance, rework, correction, retraction; what is taken back, opened again, added.

use domain::payload::{ReopenReason, ReturnReason};

use super::late::Mended;
use super::{Doing, Teller};
use crate::character::Habits;
use crate::days::{BACKDATE_DAYS, DAY, Day, Local, day_of};
use crate::org::Org;
use crate::people::Who;

/// Of a thousand reports: those with further evidence, or with evidence at all, that comes later, those taken back at once, those put under control
/// again, those whose evidence shows nothing.
const ATTACHED: u32 = 12;
const ATTACHED_TO_BARE: u32 = 300;
const WITHDRAWN: u32 = 18;
const REOPENED: u32 = 15;
const REJECTED: u32 = 10;

/// How a report stands when its control is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A live report is there: done on that day, in that attempt.
    Live { on: Day, attempt: u32 },
    /// It was sent back and never came again.
    Gone,
}

impl Teller<'_> {
    /// Tells what follows the report that was just pushed: done on a day, sent by somebody.
    pub(super) fn aftermath(&mut self, on: Day, by: Who, habits: &Habits) {
        let attempt = self.taken_back(on, by);
        // What came with nothing to show it gets something later, now and then.
        let bare = self.world.is_bare(self.org, self.slot, attempt);
        if self.dice.chance(if bare { ATTACHED_TO_BARE } else { ATTACHED }) {
            let at = self.last() + self.dice.between(1800, 7200);
            self.push(at, by, Doing::Attach);
        }
        let outcome = if self.note.controlled {
            self.controlled(on, by, habits.returned, attempt)
        } else {
            Outcome::Live { on, attempt }
        };
        let Outcome::Live { on, attempt } = outcome else { return };
        if self.note.delivers || self.put_back(by, attempt) {
            return;
        }
        let mender = if self.dice.chance(250) { Who::Auditor } else { by };
        let thrown = if self.dice.chance(habits.corrected) {
            Some(Mended::Corrected)
        } else {
            self.dice.chance(habits.retracted).then_some(Mended::Retracted)
        };
        match self.mended_at_home().or(thrown) {
            Some(Mended::Corrected) => self.corrected(on, mender, attempt),
            Some(Mended::Retracted) => self.retracted(on, by, mender, attempt),
            None => {}
        }
    }

    /// Its sender finds a mistake and takes a report back before anybody looked; the attempt that stands.
    fn taken_back(&mut self, on: Day, by: Who) -> u32 {
        let attempt = self.attempts();
        if !self.note.controlled || !self.dice.chance(WITHDRAWN) {
            return attempt;
        }
        let at = self.last() + self.dice.between(1200, 5400);
        if self.push(at, by, Doing::Withdraw).is_none() {
            return attempt;
        }
        let again = at + self.dice.between(1200, 5400);
        // Nothing is claimed further back than one person may.
        let on = if day_of(again) - on > BACKDATE_DAYS { day_of(again) } else { on };
        self.push(again, by, Doing::Submit { on, attempt: attempt + 1 });
        attempt + 1
    }

    /// How many reports were told before the last one.
    fn attempts(&self) -> u32 {
        let last = self.beats.iter().rev().find_map(|beat| match beat.doing {
            Doing::Submit { attempt, .. } => Some(attempt),
            _ => None,
        });
        last.unwrap_or(0)
    }

    /// What stood accepted is put under control again, or what showed it is rejected; whether that is so.
    fn put_back(&mut self, by: Who, attempt: u32) -> bool {
        let accepted = self.beats.last().is_some_and(|beat| beat.doing == Doing::Accept);
        let shown = matches!(self.event(), "site_link.published" | "news.published");
        let (doing, controller) = if accepted && self.dice.chance(REOPENED) {
            let reasons = [ReopenReason::Audit, ReopenReason::EvidenceRejected];
            let controller = if self.dice.chance(500) { Who::Auditor } else { Who::Ministry };
            (Doing::Reopen { reason: *self.dice.pick(&reasons[..]) }, controller)
        } else if shown && by != Who::Coordinator && self.dice.chance(REJECTED) {
            (Doing::RejectEvidence { reason: ReturnReason::Unreadable }, Who::Coordinator)
        } else {
            return false;
        };
        let at = self.days_later(14);
        let Some(back) = self.push(at, controller, doing) else { return true };
        let on = self.world.days.plus_working(day_of(back), self.dice.between(1, 5));
        let again = on * DAY + self.office();
        let attempt = attempt + 1;
        if self.push(again, by, Doing::Submit { on, attempt }).is_some() && self.note.controlled {
            self.controlled(on, by, 0, attempt);
        }
        true
    }

    /// Tells how a controller deals with the last report until it rests.
    pub(super) fn controlled(&mut self, on: Day, by: Who, returned: u32, attempt: u32) -> Outcome {
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
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => 3,
        };
        let last = self.last();
        let day = self.world.days.following(day_of(last) + self.dice.between(0, pace));
        let at = day * DAY + self.office();
        // Looked at the same day: later than it came in, tomorrow morning where that is night.
        if at > last + 600 { at } else { self.world.days.following(day + 1) * DAY + self.office() }
    }

    fn corrected(&mut self, on: Day, by: Who, attempt: u32) {
        let (at, by) = self.put_right(9, on, by);
        if self.event() == "checklist.submitted" && (self.dice.chance(600) || self.mended_at_home().is_some()) {
            self.push(at, by, Doing::CorrectItems { attempt });
            return;
        }
        let wrong_by = self.dice.between(1, 3);
        let right = if self.dice.chance(500) { on - wrong_by } else { on + wrong_by };
        let right = right.clamp(self.world.year.0, day_of(at));
        if right == on {
            return;
        }
        let claims = right < on && day_of(at) - right > BACKDATE_DAYS;
        if self.push(at, by, Doing::CorrectDay { on: right }).is_some() && claims {
            self.second_person(self.confirmer(by), 700);
        }
    }

    fn retracted(&mut self, on: Day, author: Who, by: Who, attempt: u32) {
        let (at, by) = self.put_right(12, on, by);
        let soon = at <= self.last() + 20 * DAY;
        let Some(at) = self.push(at, by, Doing::Retract) else { return };
        // What is taken back when the period is closed is not made up for.
        if !soon || !self.dice.chance(650) {
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
