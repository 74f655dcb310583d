//! Finds the stretches of time in a wording: days, months, quarters, semesters, seasons.

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
    /// Half of a calendar year: «I полугодие 2023 года».
    CalendarHalf(u8),
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
    let ((year, 4), (month, 2), (day, 2)) = (number(tokens, at)?, number(tokens, at + 2)?, number(tokens, at + 4)?)
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

/// «26.09.2022», «26.09.22», «26.09», «26/09/2022», «26-09-2022», «09.2022».
fn dotted(tokens: &[Token], at: usize) -> Option<Stretch> {
    let (day, 1..=2) = number(tokens, at)? else { return None };
    let of = |form, year, to| Stretch { form, year, from: at, to: skip_year_word(tokens, to) };
    let (month, digits) = number(tokens, at + 2)?;
    if digits == 4 && mark(tokens, at + 1, '.') && (1..=2).all(|i| glued(tokens, at + i)) {
        let number = i8::try_from(day).ok().filter(|n| (1..=12).contains(n));
        return Some(of(number.map_or(Form::Broken, Form::Month), Some(month), at + 3));
    }
    let separator = ['.', '/', '-', ','].into_iter().find(|sep| mark(tokens, at + 1, *sep))?;
    let full = mark(tokens, at + 3, separator);
    if digits > 2 {
        return None;
    }
    if matches!(separator, '-' | ',') {
        let whole = full && (1..=4).all(|i| glued(tokens, at + i));
        let (year, 4) = number(tokens, at + 4)? else { return None };
        return whole.then(|| of(Form::Day(day, month), Some(year), at + 5));
    }
    if !full {
        // «в 15.00» is a time of day.
        let hour = at > 0 && word(tokens, at - 1) == Some("в") && digits == 2 && day <= 24;
        let time = hour && (month == 0 || (13..60).contains(&month));
        return (separator == '.' && !time).then(|| of(Form::Day(day, month), None, at + 3));
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
        return Stretch {
            form: Form::Semester(n),
            year: Some(if n == 1 { first } else { first + 1 }),
            from,
            to: of.to,
        };
    }
    if let (Some(year), to) = year(tokens, after) {
        return Stretch { form: Form::CalendarHalf(n), year: Some(year), from, to };
    }
    let school = word(tokens, after).is_some_and(lexicon::is_school_word);
    let to = if school { skip_year_word(tokens, after + 1) } else { after };
    Stretch { form: Form::Semester(n), year: None, from, to }
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
/// stretches without a year the year of their neighbours («10.10-14.10.2022»).
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
    for at in 1..found.len() {
        let before = found[at - 1];
        let this = &mut found[at];
        if this.year.is_none()
            && let (Some(year), Some(earlier), Some(mine)) = (before.year, month_of(before.form), month_of(this.form))
        {
            this.year = Some(if mine < earlier { year.saturating_add(1) } else { year });
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
