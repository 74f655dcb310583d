//! Wordings that name no day: recurring, relative, on demand, by another document, all the time.

use domain::deadline::{Every, Recurrence, Relative, TermUnit};

use super::lexicon;
use super::token::Token;

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).and_then(Token::word).unwrap_or_default()
}

fn any(tokens: &[Token], starts: &[&str]) -> bool {
    tokens.iter().filter_map(Token::word).any(|word| starts.iter().any(|start| word.starts_with(start)))
}

/// Whether the work goes on all the time: «постоянно», «в течение года», «весь период».
pub(super) fn is_continuous(tokens: &[Token]) -> bool {
    if any(tokens, &["постоянн", "систематич", "регулярн", "непрерывн", "круглогодич"])
    {
        return true;
    }
    let frame = |w: &str| lexicon::is_year_word(w) || w.starts_with("период") || w == "срока" || w == "срок";
    (0..tokens.len()).any(|at| {
        let long = matches!(word(tokens, at), "течение" | "течении" | "протяжении" | "весь" | "всего");
        let school = lexicon::is_school_word(word(tokens, at)) && at < 4;
        let reach = if long { 6 } else { 1 };
        let mut ahead = tokens.iter().skip(at + 1).take(reach).map_while(|token| {
            // A month or a semester in between makes it «в течение I полугодия 2022 года».
            let w = token.word().unwrap_or_default();
            (lexicon::month(w).is_none() && !w.starts_with("полугод") && !w.starts_with("квартал")).then_some(w)
        });
        (long || (school && !edge_before(tokens, at))) && ahead.any(frame)
    })
}

/// «конец», «начало», «окончание» stand before the words «учебного года».
fn edge_before(tokens: &[Token], at: usize) -> bool {
    tokens[..at]
        .iter()
        .filter_map(Token::word)
        .any(|w| ["конец", "конц", "начал", "окончани", "полугод"].iter().any(|edge| w.starts_with(edge)))
}

/// Whether somebody's asking makes it due: «по запросу», «по мере необходимости».
pub(super) fn is_on_demand(tokens: &[Token]) -> bool {
    (0..tokens.len()).any(|at| {
        let next = word(tokens, at + 1);
        let starts = |list: &[&str]| list.iter().any(|start| next.starts_with(start));
        match word(tokens, at) {
            "по" => {
                next == "мере"
                    || starts(&["запрос", "требован", "заявк", "заявлен", "обращен", "необходим", "желани", "факт"])
            }
            "при" => starts(&["необходим", "наличи", "поступлен", "возникновен", "обращен", "потребност"]),
            _ => false,
        }
    })
}

/// How it comes back, where it does: «ежемесячно до 10 числа», «2 раза в год», «по пятницам».
pub(super) fn recurrence(tokens: &[Token]) -> Option<Recurrence> {
    let by_day = day_of_month(tokens);
    let step = (0..tokens.len()).find_map(|at| step_at(tokens, at));
    let (every, times, weekday) = match (step, by_day) {
        (Some(step), _) => step,
        (None, Some(_)) => (Every::Month, 1, None),
        (None, None) => return None,
    };
    let weekday = weekday.or_else(|| match every {
        Every::Week => tokens.iter().filter_map(Token::word).find_map(lexicon::weekday),
        _ => None,
    });
    Some(Recurrence { every, times, by_day: by_day.or(weekday) })
}

/// «до 10 числа», «к 5-му числу», «не позднее 25 числа»; «последний день месяца» is 31.
fn day_of_month(tokens: &[Token]) -> Option<u8> {
    let noun = tokens.iter().position(|token| token.word().is_some_and(|w| w.starts_with("числ")));
    if let Some(noun) = noun {
        let before = tokens[..noun].iter().rev().take(4).find_map(Token::number);
        return before.and_then(|(day, _)| u8::try_from(day).ok()).filter(|day| (1..=31).contains(day));
    }
    let last = (0..tokens.len()).any(|at| {
        word(tokens, at).starts_with("последн")
            && (1..=2).any(|i| word(tokens, at + i).starts_with("день") || word(tokens, at + i) == "дня")
            && (2..=3).any(|i| word(tokens, at + i).starts_with("месяц"))
    });
    last.then_some(31)
}

type Step = (Every, u8, Option<u8>);

fn step_at(tokens: &[Token], at: usize) -> Option<Step> {
    let this = word(tokens, at);
    if let Some(rest) = this.strip_prefix("еже") {
        return unit_of(rest).map(|every| (every, 1, None));
    }
    if this.starts_with("кажд") {
        let next = (1..=2).map(|i| word(tokens, at + i));
        return next.into_iter().find_map(|w| {
            unit_of(w).map(|every| (every, 1, None)).or_else(|| Some((Every::Week, 1, Some(lexicon::weekday(w)?))))
        });
    }
    if this == "по"
        && let Some(day) = lexicon::weekday(word(tokens, at + 1))
        && (word(tokens, at + 1).ends_with("ам") || word(tokens, at + 1).ends_with("ям"))
    {
        return Some((Every::Week, 1, Some(day)));
    }
    let twice = matches!(this, "дважды");
    if (twice || matches!(this, "раз" | "раза")) && matches!(word(tokens, at + 1), "в" | "за") {
        let every = unit_of(word(tokens, at + 2))?;
        let before = at.checked_sub(1).and_then(|i| tokens.get(i));
        let counted = before.and_then(|t| {
            t.number()
                .and_then(|(n, _)| u8::try_from(n).ok())
                .or_else(|| t.word().and_then(lexicon::count).and_then(|n| u8::try_from(n).ok()))
        });
        return Some((every, if twice { 2 } else { counted.unwrap_or(1).max(1) }, None));
    }
    None
}

fn unit_of(word: &str) -> Option<Every> {
    const STEMS: [(&str, Every); 11] = [
        ("дневн", Every::Day),
        ("день", Every::Day),
        ("недел", Every::Week),
        ("месяц", Every::Month),
        ("месячн", Every::Month),
        ("квартал", Every::Quarter),
        ("четверт", Every::Quarter),
        ("полугод", Every::HalfYear),
        ("семестр", Every::HalfYear),
        ("годн", Every::Year),
        ("год", Every::Year),
    ];
    STEMS.iter().find(|(stem, _)| word.starts_with(stem)).map(|(_, every)| *every)
}

/// The term counted from an event: «в течение 10 рабочих дней после …», «за 3 дня до …», «после …».
/// Gives also the token at which the term begins.
pub(super) fn relative(tokens: &[Token], text: &str) -> Option<(Relative, usize)> {
    let counted = (0..tokens.len()).find_map(|at| term(tokens, at).map(|(count, unit, to)| (at, count, unit, to)));
    if let Some((at, count, unit, to)) = counted {
        let (before, event) = anchor(tokens, text, to).unwrap_or_default();
        return Some((Relative { count, unit, before, event }, at));
    }
    (0..tokens.len()).find_map(|at| {
        let (before, event) = anchor_at(tokens, text, at)?;
        let numbered = tokens.get(at + 1).is_some_and(|t| t.number().is_some());
        let dated = numbered || lexicon::month(word(tokens, at + 1)).is_some();
        let plain = !before && !event.is_empty() && !dated;
        plain.then_some((Relative { count: 0, unit: TermUnit::Days, before, event }, at))
    })
}

/// «10 рабочих дней», «трех недель», «десятидневный», «10-дневный», «течение месяца».
fn term(tokens: &[Token], at: usize) -> Option<(u16, TermUnit, usize)> {
    let this = word(tokens, at);
    if let Some(stem) = ["дневн", "недельн", "месячн"].iter().find(|stem| this.contains(**stem))
        && !this.starts_with("еже")
    {
        let unit = match *stem {
            "дневн" => TermUnit::Days,
            "недельн" => TermUnit::Weeks,
            _ => TermUnit::Months,
        };
        let prefix = this.split(stem).next().unwrap_or_default();
        let before = if at >= 2 && tokens[at - 1].is_mark('-') { tokens[at - 2].number() } else { None };
        let count = match before {
            Some((n, _)) => u16::try_from(n).ok(),
            None if prefix.is_empty() => Some(1),
            None => lexicon::count(prefix),
        };
        return count.map(|count| (count, unit, at + 1));
    }
    if this == "течение" {
        let unit = match word(tokens, at + 1) {
            next if next.starts_with("недел") => Some(TermUnit::Weeks),
            next if next.starts_with("месяц") => Some(TermUnit::Months),
            "суток" | "дня" => Some(TermUnit::Days),
            _ => None,
        };
        return unit.map(|unit| (1, unit, at + 2));
    }
    if matches!(this, "незамедлительно" | "немедленно" | "безотлагательно") {
        return Some((0, TermUnit::Days, at + 1));
    }
    let count = match tokens[at].number() {
        Some((n, 1..=3)) => u16::try_from(n).ok()?,
        Some(_) => return None,
        None => lexicon::count(this)?,
    };
    let kind = word(tokens, at + 1);
    let (working, named) = (kind.starts_with("рабоч"), kind.starts_with("календарн") || kind.starts_with("учебн"));
    let noun_at = at + 1 + usize::from(working || named);
    let noun = word(tokens, noun_at);
    let unit = match noun {
        "дней" | "дня" | "день" | "дн" | "суток" | "сутки" => {
            if working {
                TermUnit::WorkingDays
            } else {
                TermUnit::Days
            }
        }
        _ if noun.starts_with("недел") => TermUnit::Weeks,
        _ if noun.starts_with("месяц") => TermUnit::Months,
        _ => return None,
    };
    Some((count, unit, noun_at + 1))
}

/// The event from a token on: whether the term ends before it, and its words.
fn anchor(tokens: &[Token], text: &str, from: usize) -> Option<(bool, String)> {
    (from..tokens.len().min(from + 3)).find_map(|at| anchor_at(tokens, text, at))
}

fn anchor_at(tokens: &[Token], text: &str, at: usize) -> Option<(bool, String)> {
    let next = word(tokens, at + 1);
    let (before, width) = match word(tokens, at) {
        "после" => (false, 1),
        "до" | "перед" => (true, 1),
        "со" | "с" if matches!(next, "дня" | "момента" | "даты") => (false, 2),
        "в" if next == "день" => (false, 2),
        "по" if ["окончани", "завершени", "итогам", "результатам"].iter().any(|s| next.starts_with(s)) => {
            (false, 1)
        }
        _ => return None,
    };
    let event = tokens.get(at + width).map_or("", |first| &text[first.from..]);
    Some((before, event.trim().trim_end_matches(['.', ';', ')']).to_owned()))
}
