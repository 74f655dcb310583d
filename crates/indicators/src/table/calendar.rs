//! The days of one region in one school year, each deadline rolled once.

use domain::calendar::{WeekendRule, WorkCalendar};
use domain::deadline::SchoolYear;
use domain::period::{Part, SchoolYearPeriods};
use domain::timeliness::Clockwork;
use jiff::civil::Date;
use register::{date_of_day, day_of_date};

use super::Judged;

/// Days before and after the school year that are remembered; others are computed anew.
const MARGIN_DAYS: i32 = 62;

/// What a stated day comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DueDay {
    /// After the weekend rule.
    pub(super) effective: i32,
    /// Its semester, by the day before that rule; none outside the school year.
    pub(super) part: Option<Part>,
}

/// A region's calendar for the rows of one school year.
#[derive(Debug)]
pub(super) struct YearDays<'r> {
    calendar: &'r WorkCalendar,
    rule: WeekendRule,
    periods: SchoolYearPeriods,
    h1_start: i32,
    first: i32,
    known: Vec<Option<DueDay>>,
    /// The as-of day of the region.
    pub(super) today: i32,
    /// The same as a date.
    pub(super) today_date: Option<Date>,
    /// Last day of the first semester.
    pub(super) h1_end: i32,
    /// Last day of the school year.
    pub(super) year_end: i32,
    /// Cap of the delay of one obligation, days.
    pub(super) cap: i32,
}

impl<'r> YearDays<'r> {
    pub(super) fn new(clockwork: &'r Clockwork, year: SchoolYear, judged: Judged) -> Self {
        let rules = clockwork.rules();
        let periods = rules.school_years.iter().find(|periods| periods.school_year == year).cloned();
        let periods = periods.unwrap_or_else(|| by_convention(year));
        let (first, year_end) = (day_of_date(periods.h1_start) - MARGIN_DAYS, day_of_date(periods.h2_end));
        let len = usize::try_from(year_end + MARGIN_DAYS - first).unwrap_or(0);
        let today = day_of_date(judged.day(clockwork));
        Self {
            calendar: &rules.calendar,
            rule: rules.weekend_rule,
            first,
            known: vec![None; len],
            today,
            today_date: date_of_day(today),
            h1_start: day_of_date(periods.h1_start),
            h1_end: day_of_date(periods.h1_end),
            year_end,
            cap: i32::from(rules.lateness_cap_days),
            periods,
        }
    }

    /// The semester of a day; none outside the school year.
    pub(super) fn part(&self, day: i32) -> Option<Part> {
        if day < self.h1_start || day > self.year_end {
            None
        } else if day <= self.h1_end {
            Some(Part::H1)
        } else {
            Some(Part::H2)
        }
    }

    /// The last day of a semester.
    pub(super) fn end_of(&self, part: Option<Part>) -> i32 {
        if part == Some(Part::H1) { self.h1_end } else { self.year_end }
    }

    /// What a stated or moved day comes to.
    pub(super) fn due(&mut self, day: i32) -> DueDay {
        let at = usize::try_from(day - self.first).ok().filter(|at| *at < self.known.len());
        if let Some(known) = at.and_then(|at| self.known[at]) {
            return known;
        }
        let due = self.look_up(day);
        if let Some(at) = at {
            self.known[at] = Some(due);
        }
        due
    }

    fn look_up(&self, day: i32) -> DueDay {
        let Some(date) = date_of_day(day) else { return DueDay { effective: day, part: None } };
        let effective = day_of_date(self.calendar.roll(date, self.rule));
        DueDay { effective, part: self.periods.semester_of(date) }
    }
}

/// The school year where a region does not say otherwise (`domain.md` 5).
fn by_convention(year: SchoolYear) -> SchoolYearPeriods {
    let h2_start = year.second_semester_start();
    SchoolYearPeriods {
        school_year: year,
        h1_start: year.start(),
        h1_end: h2_start.yesterday().unwrap_or(h2_start),
        h2_end: year.end(),
    }
}
