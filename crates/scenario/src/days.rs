//! Days and moments as small numbers, so that a nation's year fits into memory.

use domain::calendar::WorkCalendar;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

/// A calendar day, counted from 1 August 2022, which is 0.
pub(crate) type Day = i32;

/// A local moment: seconds from the beginning of day 0 on a clock of the place.
pub(crate) type Local = i32;

/// Days that an act may be claimed back without a second person.
pub(crate) const BACKDATE_DAYS: i32 = 10;

/// Seconds of a day.
pub(crate) const DAY: i32 = 86_400;

const FIRST: Date = date(2022, 8, 1);
const LAST: Date = date(2023, 9, 30);
/// Midnight of day 0 in UTC.
const FIRST_UTC: Timestamp = Timestamp::constant(1_659_312_000, 0);

/// The days of the story with their work calendar.
#[derive(Clone, Debug)]
pub(crate) struct Days {
    dates: Vec<Date>,
    working: Vec<bool>,
}

impl Days {
    /// Lays out the days from 1 August 2022 to 30 September 2023.
    pub(crate) fn new(calendar: &WorkCalendar) -> Self {
        let dates: Vec<Date> = FIRST.series(jiff::Span::new().days(1)).take_while(|day| *day <= LAST).collect();
        let working = dates.iter().map(|day| calendar.is_working(*day)).collect();
        Self { dates, working }
    }

    /// The number of a date; dates outside the story count as its first or last day.
    pub(crate) fn of(&self, date: Date) -> Day {
        self.clamp(FIRST.until(date).map_or(0, |span| span.get_days()))
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

/// The instant of a local moment, `offset` seconds ahead of UTC.
pub(crate) fn instant(moment: Local, offset: i32) -> Timestamp {
    FIRST_UTC + SignedDuration::from_secs(i64::from(moment) - i64::from(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days() -> Days {
        Days::new(&WorkCalendar { days_off: [date(2022, 11, 4)].into(), ..WorkCalendar::default() })
    }

    #[test]
    fn days_count_there_and_back() {
        let days = days();
        for day in [date(2022, 8, 1), date(2022, 9, 26), date(2023, 1, 1), date(2023, 8, 31)] {
            assert_eq!(days.date(days.of(day)), day);
        }
        assert_eq!((days.of(date(2020, 1, 1)), days.date(10_000)), (0, LAST));
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
        let moment = days().of(date(2022, 9, 1)) * DAY + 9 * 3600;
        assert_eq!(instant(moment, 10 * 3600).to_string(), "2022-08-31T23:00:00Z");
    }
}
