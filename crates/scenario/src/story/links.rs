//! How the branded link on a school's site is looked at, once it stands there.

use super::{Doing, Noted, Teller};
use crate::Density;
use crate::days::{DAY, Day, day_of};
use crate::org::Org;
use crate::people::Who;

/// Months after October in which every link is looked at.
const MONTHS: i32 = 7;
/// Of a thousand links: those that are looked at before their deadline, too.
const BEFORE: u32 = 160;

impl Teller<'_> {
    /// Tells that a link which stands early is looked at before its deadline.
    pub(super) fn looked_at_early(&mut self, deadline: Day) {
        if self.event() != "site_link.published" || !self.dice.chance(BEFORE) {
            return;
        }
        let day = self.world.days.following(day_of(self.last()) + 1);
        let at = day * DAY + self.office();
        if day <= deadline {
            self.look(at);
        }
    }

    /// Tells how the link on a school's site was looked at each month, or each week, while it stood there.
    pub(super) fn looked_at(&mut self) {
        if self.event() != "site_link.published" || !self.stands() {
            return;
        }
        let days = &self.world.days;
        let looks: Vec<Day> = match self.world.settings.density {
            Density::Told => {
                let first = days.on((11, 1));
                (0..MONTHS).map(|month| first + month * 30 + self.dice.between(8, 20)).collect()
            }
            Density::Recorded => {
                let (first, last) = (days.on((10, 17)), day_of(self.world.end));
                (0..(last - first) / 7).map(|week| first + week * 7 + self.dice.between(0, 4)).collect()
            }
        };
        for day in looks {
            let at = self.world.days.following(day) * DAY + self.office();
            if at > self.last() + 3600 {
                self.look(at);
            }
        }
    }

    fn look(&mut self, at: i32) {
        let answers = match self.org {
            Org::School(at) => self.world.schools[at].character.habits().answers,
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => 1000,
        };
        let good = self.dice.chance(answers);
        self.push(at, Who::Coordinator, Doing::Note(Noted::Link { good }));
    }
}
