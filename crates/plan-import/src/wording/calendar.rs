//! Puts the stretches of a wording on the calendar.

use domain::deadline::{Granularity, SchoolYear};
use jiff::ToSpan;
use jiff::civil::Date;

use super::span::{Form, Stretch};

/// A stretch of time on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    /// First day.
    pub(super) start: Date,
    /// Last day.
    pub(super) end: Date,
    /// How exactly it is named.
    pub(super) granularity: Granularity,
    /// The year was taken from the school year.
    pub(super) year_assumed: bool,
}

/// Puts a stretch on the calendar.
///
/// # Errors
/// Why there is no such time, in English and in Russian.
pub(super) fn resolve(one: &Stretch, frame: Option<SchoolYear>) -> Result<Days, (String, String)> {
    let no_year = || {
        (
            "the wording names no year and no school year was given".to_owned(),
            "год не указан, и учебный год не задан".to_owned(),
        )
    };
    let in_year = |month: i8| -> Result<i16, (String, String)> {
        match one.year {
            Some(year) => i16::try_from(year).map_err(|_| no_such_year(year)),
            None => frame.map(|f| f.year_of_month(month)).ok_or_else(no_year),
        }
    };
    let months = |first: i8, count: i64, granularity| {
        let start = day(1, first, in_year(first)?)?;
        let end = start.saturating_add((count - 1).months()).last_of_month();
        Ok(Days { start, end, granularity, year_assumed: one.year.is_none() })
    };
    let whole = |start, end| Days { start, end, granularity: Granularity::Year, year_assumed: false };
    match one.form {
        Form::Day(d, m) => {
            let month = i8::try_from(m).ok().filter(|m| (1..=12).contains(m)).ok_or_else(|| no_such_month(m))?;
            let only = day(i8::try_from(d).unwrap_or(0), month, in_year(month)?)?;
            let granularity = Granularity::Day;
            Ok(Days { start: only, end: only, granularity, year_assumed: one.year.is_none() })
        }
        Form::Month(month) => months(month, 1, Granularity::Month),
        Form::Quarter(n) => months(ith(n) * 3 - 2, 3, Granularity::Quarter),
        Form::Season(first) => months(first, 3, Granularity::Season),
        Form::CalendarHalf(n) => months(ith(n) * 6 - 5, 6, Granularity::HalfYear),
        Form::TenDays(n, month) => {
            let all = months(month, 1, Granularity::TenDays)?;
            let start = all.start.saturating_add((i64::from(n) * 10 - 10).days());
            Ok(Days { start, end: if n == 3 { all.end } else { start.saturating_add(9.days()) }, ..all })
        }
        Form::Week(n, month) => {
            let all = months(month, 1, Granularity::Week)?;
            let start = all.start.saturating_add((i64::from(n) * 7 - 7).days());
            Ok(Days { start: start.min(all.end), end: start.saturating_add(6.days()).min(all.end), ..all })
        }
        Form::Semester(n) => {
            let year = semester_year(n, one.year, frame).ok_or_else(no_year)?;
            let (start, end) = if n == 1 {
                (year.start(), year.second_semester_start().saturating_sub(1.days()))
            } else {
                (year.second_semester_start(), year.end())
            };
            Ok(Days { granularity: Granularity::HalfYear, year_assumed: one.year.is_none(), ..whole(start, end) })
        }
        Form::SchoolYear(first) => {
            let year = i16::try_from(first).ok().and_then(SchoolYear::starting).ok_or_else(|| no_such_year(first))?;
            Ok(whole(year.start(), year.end()))
        }
        Form::CalendarYear => {
            let year = in_year(1)?;
            Ok(whole(day(1, 1, year)?, day(31, 12, year)?))
        }
        Form::YearEnd | Form::YearStart => {
            let end = one.form == Form::YearEnd;
            let named = one.year.and_then(|y| i16::try_from(y).ok()).map(|y| if end { y - 1 } else { y });
            let year = named.and_then(SchoolYear::starting).or(frame).ok_or_else(no_year)?;
            let edge = if end { year.end() } else { year.start() };
            Ok(Days { granularity: Granularity::Day, ..whole(edge, edge) })
        }
        Form::BareDay(_) | Form::BareOrdinal(_) | Form::Broken => Err((
            "a number that looks like a part of a date is none".to_owned(),
            "число похоже на часть даты, но датой не является".to_owned(),
        )),
    }
}

fn ith(n: u8) -> i8 {
    i8::try_from(n).unwrap_or(1)
}

fn semester_year(n: u8, year: Option<u32>, frame: Option<SchoolYear>) -> Option<SchoolYear> {
    match year {
        Some(year) => i16::try_from(year).ok().and_then(|y| SchoolYear::starting(if n == 1 { y } else { y - 1 })),
        None => frame,
    }
}

fn no_such_year(year: u32) -> (String, String) {
    (format!("there is no year {year}"), format!("нет такого года: {year}"))
}

fn no_such_month(month: u32) -> (String, String) {
    (format!("there is no month {month}"), format!("нет такого месяца: {month}"))
}

fn day(day: i8, month: i8, year: i16) -> Result<Date, (String, String)> {
    Date::new(year, month, day).map_err(|_| {
        let last = Date::new(year, month, 1).map_or(0, Date::days_in_month);
        (
            format!("there is no such day: month {month} of {year} has {last} days, not {day}"),
            format!("нет такого дня: в {month}-м месяце {year} года {last} дн., а не {day}"),
        )
    })
}
