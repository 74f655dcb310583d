//! Days and moments as small numbers, so that a nation's year fits into memory.

use domain::calendar::WorkCalendar;
use domain::deadline::SchoolYear;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

/// A calendar day, counted from the first of August before the school year, which is 0.
pub(crate) type Day = i32;

/// A local moment: seconds from the beginning of day 0 on a clock of the place.
pub(crate) type Local = i32;

/// Days that an act may be claimed back without a second person.
pub(crate) const BACKDATE_DAYS: i32 = 10;

/// Seconds of a day.
pub(crate) const DAY: i32 = 86_400;

/// Midnight of 1 August 2022 in UTC.
const AUGUST_2022: (Date, Timestamp) = (date(2022, 8, 1), Timestamp::constant(1_659_312_000, 0));

/// The days of a story's school year with their work calendar.
#[derive(Clone, Debug)]
pub(crate) struct Days {
    year: SchoolYear,
    dates: Vec<Date>,
    working: Vec<bool>,
    /// Midnight of day 0 in UTC.
    midnight: Timestamp,
}

impl Days {
    /// Lays out the days from August before a school year to September behind it.
    pub(crate) fn new(year: SchoolYear, calendar: &WorkCalendar) -> Self {
        let (first, last) = (date(year.first_year(), 8, 1), date(year.second_year(), 9, 30));
        let dates: Vec<Date> = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last).collect();
        let working = dates.iter().map(|day| calendar.is_working(*day)).collect();
        let since = AUGUST_2022.0.until(first).map_or(0, |span| span.get_days());
        let midnight = AUGUST_2022.1 + SignedDuration::from_hours(24 * i64::from(since));
        Self { year, dates, working, midnight }
    }

    /// The number of a date; dates outside the story count as its first or last day.
    pub(crate) fn of(&self, date: Date) -> Day {
        self.clamp(self.dates[0].until(date).map_or(0, |span| span.get_days()))
    }

    /// The number of a day of the school year, by month and day: September to December lie in its first
    /// calendar year, January to August in its second.
    pub(crate) fn on(&self, (month, day): (i8, i8)) -> Day {
        let year = if month >= 9 { self.year.first_year() } else { self.year.second_year() };
        self.of(date(year, month, day))
    }

    /// The date of a number.
    pub(crate) fn date(&self, day: Day) -> Date {
        self.dates[self.at(day)]
    }

    /// Whether people work on it.
    pub(crate) fn is_working(&self, day: Day) -> bool {
        self.working[self.at(day)]
    }

    /// The day itself or the first working day behind it.
    pub(crate) fn following(&self, day: Day) -> Day {
        let mut at = self.clamp(day);
        while !self.is_working(at) && at < self.last() {
            at += 1;
        }
        at
    }

    /// The day itself or the last working day before it.
    pub(crate) fn preceding(&self, day: Day) -> Day {
        let mut at = self.clamp(day);
        while !self.is_working(at) && at > 0 {
            at -= 1;
        }
        at
    }

    /// The day that lies so many working days behind it.
    pub(crate) fn plus_working(&self, day: Day, count: i32) -> Day {
        (0..count).fold(day, |at, _| self.following(at + 1))
    }

    /// The instant of a local moment, `offset` seconds ahead of UTC.
    pub(crate) fn instant(&self, moment: Local, offset: i32) -> Timestamp {
        self.midnight + SignedDuration::from_secs(i64::from(moment) - i64::from(offset))
    }

    fn last(&self) -> Day {
        Day::try_from(self.dates.len()).unwrap_or(Day::MAX) - 1
    }

    fn clamp(&self, day: Day) -> Day {
        day.clamp(0, self.last())
    }

    fn at(&self, day: Day) -> usize {
        usize::try_from(self.clamp(day)).unwrap_or(0)
    }
}

/// The day of a local moment.
pub(crate) fn day_of(moment: Local) -> Day {
    moment.div_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days() -> Days {
        let calendar = WorkCalendar { days_off: [date(2022, 11, 4)].into(), ..WorkCalendar::default() };
        Days::new(SchoolYear::starting(2022).unwrap(), &calendar)
    }

    #[test]
    fn days_count_there_and_back() {
        let days = days();
        for day in [date(2022, 8, 1), date(2022, 9, 26), date(2023, 1, 1), date(2023, 8, 31)] {
            assert_eq!(days.date(days.of(day)), day);
        }
        assert_eq!((days.of(date(2020, 1, 1)), days.date(10_000)), (0, date(2023, 9, 30)));
        assert_eq!(days.date(days.on((9, 1))), date(2022, 9, 1));
        assert_eq!(days.date(days.on((8, 31))), date(2023, 8, 31));
    }

    #[test]
    fn rolling_agrees_with_the_calendar() {
        let days = days();
        let friday = days.of(date(2022, 11, 4));
        assert_eq!(days.date(days.following(friday)), date(2022, 11, 7));
        assert_eq!(days.date(days.preceding(friday)), date(2022, 11, 3));
        assert_eq!(days.date(days.plus_working(friday, 3)), date(2022, 11, 9));
    }

    #[test]
    fn a_morning_in_vladivostok_is_the_evening_before_in_utc() {
        let moment = days().on((9, 1)) * DAY + 9 * 3600;
        assert_eq!(days().instant(moment, 10 * 3600).to_string(), "2022-08-31T23:00:00Z");
        let later = Days::new(SchoolYear::starting(2025).unwrap(), &WorkCalendar::default());
        assert_eq!(later.instant(0, 0).to_string(), "2025-08-01T00:00:00Z");
        assert_eq!(later.instant(later.on((3, 1)) * DAY, 0).to_string(), "2026-03-01T00:00:00Z");
    }
}
