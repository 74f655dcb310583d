//! The controller's own term: how long a report waits for a decision, which never counts against who sent it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::Clockwork;
use crate::calendar::days_between;

/// How a controller stands to the term for a decision on one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Control {
    /// Last day for the decision.
    pub due: Date,
    /// The day of the decision, once it is made.
    pub decided_on: Option<Date>,
    /// Days by which the decision is late, or has been so far.
    pub days_late: u32,
}

impl Clockwork {
    /// The last day for a decision on a report that was recorded then: so many working days after its day.
    #[must_use]
    pub fn acceptance_due(&self, recorded_at: Timestamp) -> Date {
        self.rules.calendar.plus_working_days(self.day_of(recorded_at), self.rules.acceptance_working_days)
    }

    /// How the controller stood at the end of `as_of` to a report that waits `since` then and was `decided` on
    /// later, or not yet.
    #[must_use]
    pub fn control(&self, since: Timestamp, decided: Option<Timestamp>, as_of: Date) -> Control {
        let due = self.acceptance_due(since);
        let decided_on = decided.map(|at| self.day_of(at)).filter(|day| *day <= as_of);
        let late = days_between(due, decided_on.unwrap_or(as_of));
        Control { due, decided_on, days_late: u32::try_from(late).unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::WorkCalendar;
    use crate::region::RegionRules;

    fn clockwork(days: u16) -> Clockwork {
        let rules = RegionRules::standard("primorye".parse().unwrap(), "Asia/Vladivostok");
        let calendar = WorkCalendar::russia();
        Clockwork::new(RegionRules { acceptance_working_days: days, calendar, ..rules }).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn one_working_day_is_not_24_hours() {
        let friday_evening = at("2022-10-14T17:30:00+10:00");
        assert_eq!(clockwork(1).acceptance_due(friday_evening), date(2022, 10, 17));
        let before_a_long_weekend = at("2022-11-03T09:00:00+10:00");
        assert_eq!(clockwork(1).acceptance_due(before_a_long_weekend), date(2022, 11, 7));
    }

    #[test]
    fn the_controller_has_five_working_days() {
        let since = at("2022-10-14T10:00:00+10:00");
        let control = |decided: Option<&str>, as_of| clockwork(5).control(since, decided.map(at), as_of);
        assert_eq!(control(None, date(2022, 10, 21)).days_late, 0);
        assert_eq!(control(None, date(2022, 10, 24)).days_late, 3);
        let decided = Some("2022-10-22T09:00:00+10:00");
        let expect = Control { due: date(2022, 10, 21), decided_on: Some(date(2022, 10, 22)), days_late: 1 };
        assert_eq!(control(decided, date(2022, 12, 1)), expect);
        assert_eq!(control(decided, date(2022, 10, 21)).decided_on, None, "as of a day before the decision");
    }

    proptest! {
        #[test]
        fn a_controllers_lateness_never_shrinks_with_time(as_of in 0..400i64, more in 0..400i64, decided in proptest::option::of(0..400i64)) {
            let since = at("2022-09-01T00:00:00Z");
            let decided = decided.map(|days| since + (days * 24).hours());
            let day = date(2022, 9, 1).saturating_add(as_of.days());
            let later = day.saturating_add(more.days());
            let late = |day| clockwork(5).control(since, decided, day).days_late;
            prop_assert!(late(day) <= late(later));
        }
    }
}
