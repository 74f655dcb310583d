//! What the authorities owe themselves: orders, meetings, programmes, methodical days, plans.

use super::terms::Term;
use super::{Doing, Teller};
use crate::character::{Character, Habits};
use crate::days::{DAY, Day, Local, day_of};
use crate::people::Who;

impl Teller<'_> {
    /// Tells what an authority does about an obligation of its own.
    pub(super) fn authority(&mut self, due: Day, open_from: Local) {
        let world = self.world;
        let deadline = world.days.following(due);
        if world.nth == 0 && world.region_of(self.org).is_home() && self.event() == "order.issued" {
            // The order of the ministry was issued on the last day: № 1064-а of 26.09.2022.
            self.push(deadline * DAY + 16 * 3600 + 2400, Who::Body, Doing::Submit { on: deadline, attempt: 0 });
            return;
        }
        let term = self.moved(Term { due, deadline, open_from }, Who::Body, 30);
        let Term { deadline, open_from, .. } = self.cancelled(term);
        let disorder = world.region_of(self.org).climate.late_mailings();
        let (never, late) = if self.event() == "programme.published" {
            (55, 150 + disorder)
        } else {
            ((15 + disorder / 3) / 10, 15 + disorder / 3)
        };
        let thrown = self.dice.below(1000);
        let day = if thrown < never {
            self.unreported(Who::Body, open_from, deadline);
            return;
        } else if thrown < late {
            world.days.following(deadline + 1 + self.dice.between(0, 17).min(self.dice.between(0, 17)))
        } else if thrown < late + 220 {
            deadline
        } else {
            world.days.preceding(deadline - 1 - self.dice.between(0, 6))
        };
        let on = day.max(day_of(open_from)).max(world.year.0);
        let on = self.first_event(on, deadline, day_of(open_from));
        let recorded = if self.dice.chance(90) { world.days.following(on + self.dice.between(1, 3)) } else { on };
        let at = (recorded * DAY + self.office()).max(open_from + 1800);
        self.on_the_way(on, Who::Body, open_from);
        self.took_place(on, Who::Body, open_from);
        if let Some(on) = self.report(at, Who::Body, on, 0) {
            self.base = self.last();
            let habits = Habits { corrected: 15, retracted: 4, ..Character::Steady.habits() };
            self.aftermath(on, Who::Body, &habits);
            self.further_events(Who::Body);
        }
    }
}
