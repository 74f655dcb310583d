//! The work calendar of a region, and how a deadline meets it.

mod day;
mod terms;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::day::{DayKind, SpecialDay, Week};
pub use self::terms::{BadDay, DayOfMonth, DefaultTerms, Wording, YearlyDay, half_term};

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

/// A plain week, and the days that differ from it by decree.
///
/// A day is looked up in `days` first, which says why; then in `days_off` and `working_weekends`, which do not;
/// then in the week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkCalendar {
    /// The decrees behind it, for the reader.
    #[serde(default)]
    pub basis: Vec<String>,
    /// Weekdays without work, where the calendar does not say why.
    #[serde(default)]
    #[schemars(with = "BTreeSet<String>")]
    pub days_off: BTreeSet<Date>,
    /// Days of the weekend with work, where the calendar does not say why.
    #[serde(default)]
    #[schemars(with = "BTreeSet<String>")]
    pub working_weekends: BTreeSet<Date>,
    /// Days of work in a week without special days.
    #[serde(default, skip_serializing_if = "Week::is_plain")]
    pub week: Week,
    /// Special days with their reasons.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, SpecialDay>")]
    pub days: BTreeMap<Date, SpecialDay>,
}

impl WorkCalendar {
    /// The production calendar of Russia for 2022 and 2023, with its transfers and their decrees.
    ///
    /// # Panics
    /// Never: the embedded data has its shape, and a test counts its days.
    #[must_use]
    pub fn russia() -> Self {
        serde_json::from_str(include_str!("../data/calendar_russia.json")).expect("embedded: a test counts its days")
    }

    /// What is special about a day; nothing where its act came after it.
    #[must_use]
    pub fn special(&self, day: Date) -> Option<&SpecialDay> {
        self.days.get(&day).filter(|special| special.is_in_time_for(day))
    }

    /// What a day is.
    #[must_use]
    pub fn kind_of(&self, day: Date) -> DayKind {
        if let Some(special) = self.special(day) {
            return special.kind();
        }
        let weekend = match self.week {
            Week::FiveDay => matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
            Week::SixDay => day.weekday() == Weekday::Sunday,
        };
        match weekend {
            true if self.working_weekends.contains(&day) => DayKind::WorkingWeekend,
            true => DayKind::Weekend,
            false if self.days_off.contains(&day) => DayKind::DayOff,
            false => DayKind::Working,
        }
    }

    /// Whether people work on that day.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        self.kind_of(day).is_working()
    }

    /// Whether it is a working day before a holiday, an hour shorter.
    #[must_use]
    pub fn is_shortened(&self, day: Date) -> bool {
        matches!(self.special(day), Some(SpecialDay::Shortened | SpecialDay::WorkingWeekend { shortened: true, .. }))
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
        WorkCalendar::russia()
    }

    fn days_of(year: i16) -> impl Iterator<Item = Date> {
        date(year, 1, 1).series(jiff::Span::new().days(1)).take_while(move |day| day.year() == year)
    }

    /// The two years as events stored them before a calendar could tell why.
    fn stored() -> WorkCalendar {
        let golden = include_str!("../../../tests/golden/region.configured.v1.json");
        let event: serde_json::Value = serde_json::from_str(golden).unwrap();
        serde_json::from_value(event["data"]["rules"]["calendar"].clone()).unwrap()
    }

    #[test]
    fn the_production_calendars_of_2022_and_2023_have_247_working_days_each() {
        let check = |year, quarters: [usize; 4]| {
            for (quarter, expect) in (0..).zip(quarters) {
                let within = |day: &Date| (day.month() - 1) / 3 == quarter && russia().is_working(*day);
                assert_eq!(days_of(year).filter(within).count(), expect, "quarter {} of {year}", quarter + 1);
            }
            assert_eq!(quarters.iter().sum::<usize>(), 247);
        };
        check(2022, [57, 60, 66, 64]);
        check(2023, [57, 61, 65, 64]);
    }

    #[test]
    fn the_calendar_with_reasons_works_on_the_same_days_as_the_stored_one() {
        for day in days_of(2022).chain(days_of(2023)) {
            assert_eq!(russia().is_working(day), stored().is_working(day), "{day}");
        }
    }

    #[test]
    fn a_stored_calendar_is_written_back_as_it_was() {
        let golden = include_str!("../../../tests/golden/region.configured.v1.json");
        let event: serde_json::Value = serde_json::from_str(golden).unwrap();
        assert_eq!(serde_json::to_value(stored()).unwrap(), event["data"]["rules"]["calendar"]);
        let rich: WorkCalendar = serde_json::from_value(serde_json::to_value(russia()).unwrap()).unwrap();
        assert_eq!(rich, russia());
    }

    #[test]
    fn every_kind_of_day_is_told() {
        let check = |day, kind| assert_eq!(russia().kind_of(day), kind, "{day}");
        check(date(2022, 3, 4), DayKind::Working);
        check(date(2022, 3, 5), DayKind::WorkingWeekend);
        check(date(2022, 3, 6), DayKind::Weekend);
        check(date(2022, 3, 7), DayKind::TransferredDayOff);
        check(date(2022, 3, 8), DayKind::PublicHoliday);
        check(date(2022, 11, 3), DayKind::Shortened);
        assert_eq!(stored().kind_of(date(2022, 3, 7)), DayKind::DayOff);
    }

    #[test]
    fn days_before_a_holiday_are_shorter() {
        let shorter: Vec<Date> = days_of(2022).chain(days_of(2023)).filter(|day| russia().is_shortened(*day)).collect();
        let expect = [(2022, 2, 22), (2022, 3, 5), (2022, 11, 3), (2023, 2, 22), (2023, 3, 7), (2023, 11, 3)];
        assert_eq!(shorter, expect.map(|(year, month, day)| date(year, month, day)));
        assert!(shorter.iter().all(|day| russia().is_working(*day)));
    }

    #[test]
    fn a_transfer_names_a_day_that_was_off_anyway_or_is_worked_instead() {
        for (day, special) in &russia().days {
            if let SpecialDay::TransferredDayOff { from, .. } = special {
                let weekend = matches!(from.weekday(), Weekday::Saturday | Weekday::Sunday);
                assert!(weekend && !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday), "{day}");
            }
        }
    }

    #[test]
    fn a_school_of_six_days_works_on_saturday_but_not_on_a_holiday() {
        let school = WorkCalendar { week: Week::SixDay, ..russia() };
        assert_eq!(school.roll(date(2022, 10, 15), WeekendRule::Following), date(2022, 10, 15));
        assert_eq!(school.roll(date(2022, 10, 30), WeekendRule::Following), date(2022, 10, 31));
        assert_eq!(school.roll(date(2022, 11, 4), WeekendRule::Following), date(2022, 11, 5));
        assert!(!school.is_working(date(2022, 1, 1)), "a Saturday, and New Year");
    }

    #[test]
    fn a_transfer_decreed_in_the_middle_of_a_year_does_not_rewrite_what_has_passed() {
        let monday = date(2022, 10, 31);
        let decreed = |on| {
            let mut calendar = russia();
            let basis = "Указ".to_owned();
            let off = SpecialDay::TransferredDayOff { from: date(2022, 10, 29), basis, decreed_on: Some(on) };
            calendar.days.insert(monday, off);
            calendar.roll(date(2022, 10, 30), WeekendRule::Following)
        };
        assert_eq!(decreed(date(2022, 10, 20)), date(2022, 11, 1), "known before the day: it moves on");
        assert_eq!(decreed(monday), date(2022, 11, 1), "known on the day itself");
        assert_eq!(decreed(date(2022, 11, 1)), monday, "the deadline had passed");
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
        check(date(2023, 1, 15), date(2023, 1, 16)); // 13.1, a Sunday
        check(date(2023, 2, 5), date(2023, 2, 6)); // 14.1, a Sunday
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
                prop_assert!(days_between(day, rolled).abs() <= 10);
            }
        }
    }
}
