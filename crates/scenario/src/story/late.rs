//! What comes when the period is closed already: late data, corrections, reports that are taken back.

use super::many::{CLOSED_H1, CLOSED_YEAR};
use super::{Doing, Teller};
use crate::days::{BACKDATE_DAYS, DAY, Day, Local, day_of};
use crate::org::Org;
use crate::people::Who;

/// Of a thousand obligations that were never reported in time: those that are entered after the closing.
const ENTERED: u32 = 320;
/// Of a thousand corrections and retractions: those that come after the closing.
const AFTERWARDS: u32 = 220;

/// How a report is put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mended {
    Corrected,
    Retracted,
}

impl Teller<'_> {
    /// Tells what becomes of something that a school left undone: it is released, or entered after the closing.
    pub(super) fn left_undone(&mut self, deadline: Day) {
        if self.dice.chance(150) {
            self.released_afterwards(deadline);
        } else if self.dice.chance(ENTERED) {
            self.entered_late(deadline);
        }
    }

    /// What was done in time is entered after the closing, if a second person agrees; or it is done only now.
    fn entered_late(&mut self, deadline: Day) {
        let Some(at) = self.after_closing(deadline, 40) else { return };
        let in_time = self.world.days.preceding(deadline - self.dice.between(0, 3)).max(day_of(self.bounds.0));
        let now = day_of(at);
        let was_done = now - in_time > BACKDATE_DAYS && self.dice.chance(550);
        let held = self.beats.iter().any(|beat| matches!(beat.doing, Doing::Excuse { .. }));
        let on = if was_done && !held { in_time } else { now };
        let holder = if self.beats.iter().any(|beat| beat.doing == Doing::Reassign) { Who::Vice } else { Who::Head };
        if self.push(at, holder, Doing::Submit { on, attempt: 0 }).is_none() {
            return;
        }
        let stored = on == now || self.second_person(self.confirmer(holder), 700);
        if stored && self.note.controlled {
            self.controlled(on, holder, 0, 0);
        }
    }

    /// When something about a report is put right, and by whom: within days by somebody, or by the auditor after the
    /// period was closed.
    pub(super) fn put_right(&mut self, within: i32, on: Day, by: Who) -> (Local, Who) {
        // What goes on after its report must not wait for the auditor.
        let goes_on = matches!(
            self.event(),
            "site_link.published" | "event_report.published" | "protocol.sent" | "partner.assigned"
        );
        if !goes_on
            && (self.dice.chance(AFTERWARDS) || self.mended_at_home().is_some())
            && let Some(at) = self.after_closing(on, 45)
        {
            return (at, Who::Auditor);
        }
        let at = self.days_later(within);
        // Who sent it is not there any more where the school changed its municipality meanwhile.
        let moved = |school| self.world.municipality_at(school, self.last()) != self.world.municipality_at(school, at);
        let by = if matches!(self.org, Org::School(school) if moved(school)) { Who::Auditor } else { by };
        (at, by)
    }

    /// What the auditor puts right at home, whatever the dice say: everybody who looks at the demo finds it there.
    pub(super) fn mended_at_home(&self) -> Option<Mended> {
        let Org::School(school) = self.org else { return None };
        let of = &self.world.schools[school];
        let slot = &self.world.template_of(self.org).slots[self.slot];
        let home = self.world.nth == 0 && self.world.municipalities[of.municipality].is_home();
        match (of.number, slot.row.as_str(), slot.item.as_str()) {
            (2, "13.2", _) if home => Some(Mended::Corrected),
            (5, "6.2", "2022-11") if home => Some(Mended::Retracted),
            _ => None,
        }
    }

    /// Working hours of a day after the closing of the period that a day belongs to; none where it is later anyway.
    fn after_closing(&mut self, day: Day, most: i32) -> Option<Local> {
        let days = &self.world.days;
        let closed = days.on(if day <= days.on((12, 31)) { CLOSED_H1 } else { CLOSED_YEAR });
        let on = days.following(closed + 1 + self.dice.between(0, most));
        let at = on * DAY + self.office();
        (at > self.last() + 3600 && on > day && on > closed).then_some(at)
    }
}
