//! What a service records on the way to a report, and a coordinator would not remember of the year.

use super::{Doing, Teller};
use crate::Density;
use crate::days::{DAY, Day, Local};
use crate::people::Who;

/// Of a thousand tasks: acknowledged, reminded of twice before the end, told about on the way.
const ACKNOWLEDGED: u32 = 960;
const REMINDED: [(i32, u32); 2] = [(5, 640), (1, 560)];
const TOLD: u32 = 480;

impl Teller<'_> {
    /// Tells what was recorded before a report of a day, or before the deadline where none came.
    pub(super) fn recorded_on_the_way(&mut self, on: Option<Day>, deadline: Day, by: Who, open_from: Local) {
        if self.world.settings.density != Density::Recorded {
            return;
        }
        let until = on.unwrap_or(deadline);
        let mut told = Vec::new();
        if self.dice.chance(ACKNOWLEDGED) {
            told.push(((deadline - self.dice.between(7, 16)).min(until - 2), by, Doing::Acknowledge));
        }
        for (before, permille) in REMINDED {
            if deadline - before < until && self.dice.chance(permille) {
                told.push((deadline - before, Who::Coordinator, Doing::Remind));
            }
        }
        if self.dice.chance(TOLD) {
            let percent = *self.dice.pick(&[30, 40, 50, 60, 75, 90]);
            told.push((until - self.dice.between(1, 6), by, Doing::Interim { percent }));
        }
        told.sort_by_key(|(day, ..)| *day);
        for (day, by, doing) in told {
            let at = self.world.days.preceding(day) * DAY + self.office();
            if at > open_from.max(self.last()) + 600 && at < until * DAY {
                self.push(at, by, doing);
            }
        }
    }
}
