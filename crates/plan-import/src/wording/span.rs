//! Finds the stretches of time in a wording: days, months, quarters, semesters, seasons.

use domain::deadline::{Granularity, SchoolYear};
use jiff::ToSpan;
use jiff::civil::Date;

use super::lexicon;
use super::token::Token;

/// What a stretch is named by; its year stands apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// «26.09»: day and month as written, perhaps impossible.
    Day(u32, u32),
    /// «10» of «10-14 октября»: the month is the next stretch's.
    BareDay(u32),
    /// «I» of «I-II квартал».
    BareOrdinal(u8),
    /// «сентябрь».
    Month(i8),
    /// Third of a month, 1 to 3: «первая декада октября», «начало октября».
    TenDays(u8, i8),
    /// Week of a month, 1 to 5.
    Week(u8, i8),
    /// Calendar quarter.
    Quarter(u8),
    /// Semester of the school year.
    Semester(u8),
    /// Three months from this one.
    Season(i8),
    /// «2022-2023 учебный год», by its first year.
    SchoolYear(u32),
    /// «2023 год».
    CalendarYear,
    /// «конец учебного года».
    YearEnd,
    /// «начало учебного года».
    YearStart,
    /// Looks like a date and is none, such as a year of three digits.
    Broken,
}

/// A stretch of time, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// What it is named by.
    pub(super) form: Form,
    /// Its calendar year, where written.
    pub(super) year: Option<u32>,
    /// Its first token.
    pub(super) from: usize,
    /// The token behind it.
    pub(super) to: usize,
}

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

fn word(tokens: &[Token], at: usize) -> Option<&str> {
    tokens.get(at).and_then(Token::word)
}

fn number(tokens: &[Token], at: usize) -> Option<(u32, usize)> {
    tokens.get(at).and_then(Token::number)
}

fn mark(tokens: &[Token], at: usize, mark: char) -> bool {
    tokens.get(at).is_some_and(|token| token.is_mark(mark))
}

fn glued(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| !token.spaced)
}

/// Steps over «г.», «года» and the like.
fn skip_year_word(tokens: &[Token], at: usize) -> usize {
    match word(tokens, at) {
        Some(found) if lexicon::is_year_word(found) => at + 1 + usize::from(mark(tokens, at + 1, '.')),
        _ => at,
    }
}

/// A year of four digits, with «г.» behind it.
fn year(tokens: &[Token], at: usize) -> (Option<u32>, usize) {
    let at_number = at + usize::from(mark(tokens, at, ','));
    match number(tokens, at_number) {
        Some((value, 4)) => (Some(value), skip_year_word(tokens, at_number + 1)),
        _ => (None, at),
    }
}

/// Every stretch of a wording, from left to right.
pub(super) fn stretches(tokens: &[Token]) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match stretch(tokens, at) {
            Some(one) => {
                at = one.to;
                found.push(one);
            }
            None => at += 1,
        }
    }
    found
}

fn stretch(tokens: &[Token], at: usize) -> Option<Stretch> {
    iso(tokens, at)
        .or_else(|| school_year(tokens, at))
        .or_else(|| dotted(tokens, at))
        .or_else(|| spelled(tokens, at))
        .or_else(|| numbered(tokens, at))
        .or_else(|| bare(tokens, at))
        .or_else(|| month_or_part(tokens, at))
        .or_else(|| season(tokens, at))
        .or_else(|| year_edge(tokens, at))
        .or_else(|| calendar_year(tokens, at))
}

/// «2022-09-26».
fn iso(tokens: &[Token], at: usize) -> Option<Stretch> {
    let ((year, 4), (month, 2), (day, 2)) =
        (number(tokens, at)?, number(tokens, at + 2)?, number(tokens, at + 4)?)
    else {
        return None;
    };
    let joined = mark(tokens, at + 1, '-') && mark(tokens, at + 3, '-') && (1..5).all(|i| glued(tokens, at + i));
    joined.then_some(Stretch { form: Form::Day(day, month), year: Some(year), from: at, to: at + 5 })
}

/// «2022-2023 учебный год», «2022/23 уч. г.».
fn school_year(tokens: &[Token], at: usize) -> Option<Stretch> {
    let (first, 4) = number(tokens, at)? else { return None };
    let (second, digits) = number(tokens, at + 2)?;
    let follows = match digits {
        4 => second == first + 1,
        2 => second == (first + 1) % 100 && !mark(tokens, at + 3, '.'),
        _ => false,
    };
    if !follows || !(mark(tokens, at + 1, '-') || mark(tokens, at + 1, '/')) {
        return None;
    }
    let mut to = at + 3;
    if word(tokens, to).is_some_and(lexicon::is_school_word) {
        to += 1 + usize::from(mark(tokens, to + 1, '.'));
    }
    Some(Stretch { form: Form::SchoolYear(first), year: None, from: at, to: skip_year_word(tokens, to) })
}

/// «26.09.2022», «26.09.22», «26.09», «26/09/2022».
fn dotted(tokens: &[Token], at: usize) -> Option<Stretch> {
    let (day, 1..=2) = number(tokens, at)? else { return None };
    let (month, 1..=2) = number(tokens, at + 2)? else { return None };
    let separator = ['.', '/'].into_iter().find(|sep| mark(tokens, at + 1, *sep))?;
    let of = |form, year, to| Stretch { form, year, from: at, to: skip_year_word(tokens, to) };
    if !mark(tokens, at + 3, separator) {
        return (separator == '.').then(|| of(Form::Day(day, month), None, at + 3));
    }
    Some(match number(tokens, at + 4) {
        Some((year, 4)) => of(Form::Day(day, month), Some(year), at + 5),
        Some((year, 2)) if glued(tokens, at + 4) => of(Form::Day(day, month), Some(2000 + year), at + 5),
        Some(_) if glued(tokens, at + 4) => of(Form::Broken, None, at + 5),
        _ => of(Form::Day(day, month), None, at + 4),
    })
}

/// «26 сентября 2022 г.», «26-го сентября».
fn spelled(tokens: &[Token], at: usize) -> Option<Stretch> {
    let (day, 1..=2) = number(tokens, at)? else { return None };
    let mut next = at + 1;
    if mark(tokens, next, '-') && word(tokens, next + 1).is_some_and(|w| matches!(w, "го" | "е" | "му")) {
        next += 2;
    }
    let month = lexicon::month(word(tokens, next)?)?;
    let after = next + 1 + usize::from(mark(tokens, next + 1, '.'));
    let (year, to) = year(tokens, after);
    Some(Stretch { form: Form::Day(day, month.unsigned_abs().into()), year, from: at, to })
}

/// The ordinal at a token, with the token behind it: «I», «1-й», «первое», «2».
fn ordinal(tokens: &[Token], at: usize) -> Option<(u8, usize)> {
    if let Some(found) = word(tokens, at) {
        return lexicon::ordinal(found).map(|n| (n, at + 1));
    }
    let (value, 1) = number(tokens, at)? else { return None };
    let value = u8::try_from(value).ok().filter(|n| (1..=5).contains(n))?;
    let ending = |w: &str| matches!(w, "й" | "я" | "е" | "ый" | "ая" | "ое" | "го" | "м" | "ом" | "ой" | "ю");
    let tail = mark(tokens, at + 1, '-') && word(tokens, at + 2).is_some_and(ending);
    Some((value, if tail { at + 3 } else { at + 1 }))
}

/// «I квартал 2023 г.», «первое полугодие», «вторая декада октября», «3-я неделя мая».
fn numbered(tokens: &[Token], at: usize) -> Option<Stretch> {
    let (n, next) = ordinal(tokens, at)?;
    let noun = word(tokens, next)?;
    let after = next + 1;
    if noun.starts_with("квартал") || noun == "кв" {
        let (year, to) = year(tokens, after + usize::from(noun == "кв" && mark(tokens, after, '.')));
        return (n <= 4).then_some(Stretch { form: Form::Quarter(n), year, from: at, to });
    }
    if noun.starts_with("полугоди") || noun.starts_with("семестр") {
        return (n <= 2).then(|| semester(tokens, n, at, after));
    }
    let month = lexicon::month(word(tokens, after)?)?;
    let (year, to) = year(tokens, after + 1);
    let form = match noun {
        _ if noun.starts_with("декад") && n <= 3 => Form::TenDays(n, month),
        _ if noun.starts_with("недел") => Form::Week(n, month),
        _ => return None,
    };
    Some(Stretch { form, year, from: at, to })
}

/// A semester, with the school or calendar year that may follow it.
fn semester(tokens: &[Token], n: u8, from: usize, after: usize) -> Stretch {
    if let Some(of) = school_year(tokens, after)
        && let Form::SchoolYear(first) = of.form
    {
        return Stretch { form: Form::Semester(n), year: Some(if n == 1 { first } else { first + 1 }), from, to: of.to };
    }
    match year(tokens, after) {
        // «I полугодие 2023 года» is half of a calendar year: two quarters from its first.
        (Some(year), to) => Stretch { form: Form::BareOrdinal(n), year: Some(year), from, to },
        (None, _) => {
            let school = word(tokens, after).is_some_and(lexicon::is_school_word);
            let to = if school { skip_year_word(tokens, after + 1) } else { after };
            Stretch { form: Form::Semester(n), year: None, from, to }
        }
    }
}

/// The first part of a range or list whose noun comes later: «10-14 октября», «I-II квартал».
fn bare(tokens: &[Token], at: usize) -> Option<Stretch> {
    let joins = |i: usize| {
        ['-', ',', ';'].iter().any(|m| mark(tokens, i, *m))
            || word(tokens, i).is_some_and(|w| matches!(w, "по" | "и" | "до"))
    };
    if let Some((day, 1..=2)) = number(tokens, at) {
        let follows = joins(at + 1) && number(tokens, at + 2).is_some_and(|(_, digits)| digits <= 2);
        return follows.then_some(Stretch { form: Form::BareDay(day), year: None, from: at, to: at + 1 });
    }
    let n = lexicon::ordinal(word(tokens, at)?)?;
    let follows = joins(at + 1) && word(tokens, at + 2).is_some_and(|w| lexicon::ordinal(w).is_some());
    follows.then_some(Stretch { form: Form::BareOrdinal(n), year: None, from: at, to: at + 1 })
}

/// «сентябрь 2022», «конец октября», «середина мая».
fn month_or_part(tokens: &[Token], at: usize) -> Option<Stretch> {
    let first = word(tokens, at)?;
    let part = match first {
        _ if first.starts_with("начал") => Some(1),
        _ if first.starts_with("середин") => Some(2),
        _ if first.starts_with("конец") || first.starts_with("конц") => Some(3),
        _ => None,
    };
    let month_at = at + usize::from(part.is_some());
    let month = lexicon::month(word(tokens, month_at)?)?;
    let dotted = word(tokens, month_at).is_some_and(|w| w.chars().count() <= 4) && mark(tokens, month_at + 1, '.');
    let (year, to) = year(tokens, month_at + 1 + usize::from(dotted));
    let form = part.map_or(Form::Month(month), |n| Form::TenDays(n, month));
    Some(Stretch { form, year, from: at, to })
}

fn season(tokens: &[Token], at: usize) -> Option<Stretch> {
    let first = lexicon::season(word(tokens, at)?)?;
    let period = word(tokens, at + 1).is_some_and(|w| w.starts_with("период"));
    let (year, to) = year(tokens, at + 1 + usize::from(period));
    Some(Stretch { form: Form::Season(first), year, from: at, to })
}

/// «конец учебного года», «начало учебного года», «окончание года».
fn year_edge(tokens: &[Token], at: usize) -> Option<Stretch> {
    let edge = word(tokens, at)?;
    let end = edge.starts_with("конец") || edge.starts_with("конц") || edge.starts_with("окончани");
    if !end && !edge.starts_with("начал") {
        return None;
    }
    let form = if end { Form::YearEnd } else { Form::YearStart };
    if let Some(of) = school_year(tokens, at + 1)
        && let Form::SchoolYear(first) = of.form
    {
        return Some(Stretch { form, year: Some(if end { first + 1 } else { first }), from: at, to: of.to });
    }
    let school = word(tokens, at + 1).is_some_and(lexicon::is_school_word);
    let to = skip_year_word(tokens, at + 1 + usize::from(school));
    (to > at + 1 + usize::from(school)).then_some(Stretch { form, year: None, from: at, to })
}

fn calendar_year(tokens: &[Token], at: usize) -> Option<Stretch> {
    let (year @ 1900..3000, 4) = number(tokens, at)? else { return None };
    let to = skip_year_word(tokens, at + 1);
    (to > at + 1).then_some(Stretch { form: Form::CalendarYear, year: Some(year), from: at, to })
}

/// Gives bare days and ordinals the noun and the year of the stretch behind them, and earlier
/// stretches without a year the year of the later ones («10.10-14.10.2022»).
pub(super) fn complete(found: &mut [Stretch]) {
    for at in (0..found.len().saturating_sub(1)).rev() {
        let next = found[at + 1];
        let this = &mut found[at];
        this.form = match (this.form, next.form) {
            (Form::BareDay(day), Form::Day(_, month)) => Form::Day(day, month),
            (Form::BareOrdinal(n), Form::Quarter(_)) => Form::Quarter(n),
            (Form::BareOrdinal(n), Form::Semester(_)) if n <= 2 && this.year.is_none() => Form::Semester(n),
            (form, _) => form,
        };
        if this.year.is_none()
            && let (Some(year), Some(mine), Some(theirs)) = (next.year, month_of(this.form), month_of(next.form))
        {
            this.year = Some(if mine > theirs { year.saturating_sub(1) } else { year });
        }
    }
}

fn month_of(form: Form) -> Option<u32> {
    match form {
        Form::Day(_, month) => Some(month),
        Form::Month(month) | Form::TenDays(_, month) | Form::Week(_, month) => Some(month.unsigned_abs().into()),
        Form::Quarter(n) => Some(u32::from(n) * 3),
        _ => None,
    }
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
        Form::BareOrdinal(n) if one.year.is_some() => months(ith(n) * 6 - 5, 6, Granularity::HalfYear),
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
