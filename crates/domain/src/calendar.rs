//! The work calendar of a region, and how a deadline meets it.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way a deadline moves off a day without work. Regional policy, never a constant
/// (`none`: the stated day stands; regulations found say `preceding`, this plan's region `following`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeekendRule {
    /// The stated day stands.
    None,
    /// The last working day before it.
    Preceding,
    /// The first working day after it.
    #[default]
    Following,
}

/// Days that differ from the plain five-day week, by decree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkCalendar {
    /// The decrees behind it, for the reader.
    #[serde(default)]
    pub basis: Vec<String>,
    /// Weekdays without work: public holidays and transferred days off.
    #[schemars(with = "BTreeSet<String>")]
    pub days_off: BTreeSet<Date>,
    /// Saturdays and Sundays with work, by transfer.
    #[serde(default)]
    #[schemars(with = "BTreeSet<String>")]
    pub working_weekends: BTreeSet<Date>,
}

impl WorkCalendar {
    /// Whether people work on that day.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        if weekend { self.working_weekends.contains(&day) } else { !self.days_off.contains(&day) }
    }

    /// The day that a deadline stated for `day` really ends on.
    #[must_use]
    pub fn roll(&self, day: Date, rule: WeekendRule) -> Date {
        let step = match rule {
            WeekendRule::None => return day,
            WeekendRule::Preceding => Date::yesterday,
            WeekendRule::Following => Date::tomorrow,
        };
        let mut rolled = day;
        while !self.is_working(rolled) {
            match step(rolled) {
                Ok(next) => rolled = next,
                // The end of representable time: the stated day stands.
                Err(_) => return day,
            }
        }
        rolled
    }

    /// The day that lies `days` working days after `day`.
    #[must_use]
    pub fn plus_working_days(&self, day: Date, days: u16) -> Date {
        let mut left = days;
        let mut at = day;
        while left > 0 {
            let Ok(next) = at.tomorrow() else { return at };
            at = next;
            if self.is_working(at) {
                left -= 1;
            }
        }
        at
    }
}

/// The last day of the first half of a term, in calendar days, rounded down; never before its start.
#[must_use]
pub fn half_term(start: Date, due: Date) -> Date {
    let half = days_between(start, due).max(0) / 2;
    start.checked_add(jiff::Span::new().days(half)).unwrap_or(start)
}

/// Whole days from `from` to `to`; negative when `to` lies before.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn russia() -> WorkCalendar {
        WorkCalendar {
            basis: Vec::new(),
            days_off: [date(2022, 11, 4), date(2023, 5, 1), date(2023, 5, 8), date(2023, 5, 9)].into(),
            working_weekends: [date(2022, 3, 5)].into(),
        }
    }

    #[test]
    fn the_plans_weekend_deadlines_roll_to_the_next_working_day() {
        let check = |stated, effective| {
            assert_eq!(russia().roll(stated, WeekendRule::Following), effective, "{stated}");
        };
        check(date(2022, 9, 26), date(2022, 9, 26)); // 1.1, a Monday: the day is included
        check(date(2022, 10, 30), date(2022, 10, 31)); // 3.1 and 9.3, a Sunday
        check(date(2022, 10, 15), date(2022, 10, 17)); // 9.2, a Saturday
        check(date(2022, 11, 5), date(2022, 11, 7)); // 10.1, Saturday of a holiday weekend
        check(date(2023, 5, 1), date(2023, 5, 2)); // 17.1, a holiday
    }

    #[test]
    fn preceding_and_none_are_policies_too() {
        assert_eq!(russia().roll(date(2022, 11, 5), WeekendRule::Preceding), date(2022, 11, 3));
        assert_eq!(russia().roll(date(2022, 11, 5), WeekendRule::None), date(2022, 11, 5));
    }

    #[test]
    fn a_transferred_saturday_is_worked() {
        assert!(russia().is_working(date(2022, 3, 5)));
        assert_eq!(russia().roll(date(2022, 3, 5), WeekendRule::Following), date(2022, 3, 5));
    }

    #[test]
    fn three_working_days_after_a_friday_is_wednesday() {
        assert_eq!(russia().plus_working_days(date(2022, 10, 14), 3), date(2022, 10, 19));
    }

    proptest! {
        #[test]
        fn a_rolled_deadline_is_a_working_day_and_rolling_again_changes_nothing(offset in 0..730i32) {
            let day = date(2022, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap();
            for rule in [WeekendRule::Preceding, WeekendRule::Following] {
                let rolled = russia().roll(day, rule);
                prop_assert!(russia().is_working(rolled));
                prop_assert_eq!(russia().roll(rolled, rule), rolled);
                prop_assert!(days_between(day, rolled).abs() <= 4);
            }
        }
    }
}
