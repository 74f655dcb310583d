//! Wordings that name no day: recurring, relative, on demand, by another document, all the time.

use domain::deadline::{Every, Recurrence, Relative, TermUnit};

use super::lexicon;
use super::token::Token;

/// What sort of document sets the dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A schedule or a plan.
    Schedule,
    /// An order, a statute, a law.
    Regulation,
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).and_then(Token::word).unwrap_or_default()
}

fn any(tokens: &[Token], starts: &[&str]) -> bool {
    tokens.iter().filter_map(Token::word).any(|word| starts.iter().any(|start| word.starts_with(start)))
}

/// Whether the work goes on all the time: «постоянно», «в течение года», «весь период».
pub(super) fn is_continuous(tokens: &[Token]) -> bool {
    if any(tokens, &["постоянн", "систематич", "регулярн", "непрерывн", "круглогодич"]) {
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
    tokens[..at].iter().filter_map(Token::word).any(|w| {
        ["конец", "конц", "начал", "окончани", "полугод"].iter().any(|edge| w.starts_with(edge))
    })
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
            t.number().and_then(|(n, _)| u8::try_from(n).ok()).or_else(|| {
                t.word().and_then(lexicon::count).and_then(|n| u8::try_from(n).ok())
            })
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
        let before = before || (at > 0 && word(tokens, at - 1) == "за" && before);
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
    if this == "течение" && (word(tokens, at + 1).starts_with("недел") || word(tokens, at + 1).starts_with("месяц")) {
        let unit = if word(tokens, at + 1).starts_with("недел") { TermUnit::Weeks } else { TermUnit::Months };
        return Some((1, unit, at + 2));
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
            if working { TermUnit::WorkingDays } else { TermUnit::Days }
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
        "по" if ["окончани", "завершени", "итогам", "результатам"].iter().any(|s| next.starts_with(s)) => (false, 1),
        _ => return None,
    };
    let event = tokens.get(at + width).map_or("", |first| &text[first.from..]);
    Some((before, event.trim().trim_end_matches(['.', ';', ')']).to_owned()))
}

#[derive(Clone, Copy)]
enum Gender {
    Masculine,
    Feminine,
    Neuter,
    Plural,
}

/// Stem, endings with nominative and gender, and what sort of document it is.
type Noun = (&'static str, &'static [(&'static [&'static str], &'static str, Gender)], Source);

const MASCULINE: &[(&[&str], &str, Gender)] = &[
    (&["", "у", "а", "ом", "е"], "", Gender::Masculine),
    (&["и", "ы", "ам", "ами", "ов"], "ы", Gender::Plural),
];
const NEUTER: &[(&[&str], &str, Gender)] =
    &[(&["е", "ю", "я", "ем", "и"], "е", Gender::Neuter), (&["ям", "ями", "й"], "я", Gender::Plural)];
const FEMININE: &[(&[&str], &str, Gender)] = &[(&["а", "ы", "е", "у", "ой"], "а", Gender::Feminine)];

const NOUNS: [Noun; 17] = [
    ("график", MASCULINE, Source::Schedule),
    ("план", MASCULINE, Source::Schedule),
    ("расписани", NEUTER, Source::Schedule),
    ("согласовани", NEUTER, Source::Schedule),
    ("циклограмм", FEMININE, Source::Schedule),
    ("программ", FEMININE, Source::Schedule),
    ("приказ", MASCULINE, Source::Regulation),
    ("регламент", MASCULINE, Source::Regulation),
    ("закон", MASCULINE, Source::Regulation),
    ("устав", MASCULINE, Source::Regulation),
    ("договор", MASCULINE, Source::Regulation),
    ("распоряжени", NEUTER, Source::Regulation),
    ("положени", NEUTER, Source::Regulation),
    ("постановлени", NEUTER, Source::Regulation),
    ("законодательств", &[(&["о", "у", "ом", "а"], "о", Gender::Neuter)], Source::Regulation),
    ("порядк", &[(&["у", "ом", "а", "е"], "", Gender::Masculine)], Source::Regulation),
    ("инструкци", &[(&["я", "и", "ей", "ю"], "я", Gender::Feminine)], Source::Regulation),
];

/// The document that sets the dates, and its name in the nominative («отдельный график»).
pub(super) fn document(tokens: &[Token], text: &str) -> Option<(Source, String)> {
    for at in 0..tokens.len() {
        let this = word(tokens, at);
        if this.starts_with("каникул") || this.starts_with("четверт") || this.starts_with("триместр") {
            return Some((Source::Schedule, "календарный учебный график".to_owned()));
        }
        if this.starts_with("установленн") && word(tokens, at + 1).starts_with("срок") {
            return Some((Source::Regulation, "установленные сроки".to_owned()));
        }
        for (stem, forms, source) in NOUNS {
            let Some(ending) = this.strip_prefix(stem) else { continue };
            let Some((_, nominative, gender)) = forms.iter().find(|(endings, ..)| endings.contains(&ending)) else {
                continue;
            };
            return Some((source, name(tokens, text, at, &noun(stem, nominative), *gender)));
        }
    }
    None
}

fn noun(stem: &str, ending: &str) -> String {
    match (stem, ending) {
        ("порядк", _) => "порядок".to_owned(),
        ("график", "ы") => "графики".to_owned(),
        _ => format!("{stem}{ending}"),
    }
}

/// Adjectives before the noun in its nominative, then the words behind it as they stand.
fn name(tokens: &[Token], text: &str, at: usize, noun: &str, gender: Gender) -> String {
    let mut parts: Vec<String> =
        tokens[..at].iter().rev().map_while(|token| adjective(token.word()?, gender)).collect();
    parts.reverse();
    parts.push(noun.to_owned());
    let tail = &text[tokens[at].to..];
    let tail = tail.split([')', ',', ';', '(']).next().unwrap_or_default().trim().trim_end_matches('.');
    if !tail.is_empty() {
        parts.push(tail.to_owned());
    }
    parts.join(" ")
}

fn adjective(word: &str, gender: Gender) -> Option<String> {
    const ENDINGS: [(&str, bool); 12] = [
        ("ому", false),
        ("ему", true),
        ("ыми", false),
        ("ими", true),
        ("ого", false),
        ("его", true),
        ("ным", false),
        ("ким", true),
        ("ым", false),
        ("им", true),
        ("ный", false),
        ("ной", false),
    ];
    if word.chars().count() < 5 {
        return None;
    }
    let (ending, soft) = ENDINGS.iter().find(|(ending, _)| word.ends_with(ending))?;
    let kept = match *ending {
        "ным" | "ный" | "ной" => "н",
        "ким" => "к",
        _ => "",
    };
    let stem = format!("{}{kept}", word.strip_suffix(ending)?);
    let velar = stem.ends_with(['к', 'г', 'х', 'ж', 'ш', 'щ', 'ч']);
    let nominative = match gender {
        Gender::Masculine if velar || *soft => "ий",
        Gender::Masculine => "ый",
        Gender::Plural if velar || *soft => "ие",
        Gender::Plural => "ые",
        Gender::Neuter if *soft && !stem.ends_with(['к', 'г', 'х']) => "ее",
        Gender::Neuter => "ое",
        Gender::Feminine if *soft && !velar => "яя",
        Gender::Feminine => "ая",
    };
    Some(format!("{stem}{nominative}"))
}
