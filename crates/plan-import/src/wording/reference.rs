//! Wordings that leave the date to another document: which one, in its nominative.

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

#[derive(Clone, Copy)]
enum Gender {
    Masculine,
    Feminine,
    Neuter,
    Plural,
}

/// Stem, endings with nominative and gender, and what sort of document it is.
type Noun = (&'static str, &'static [(&'static [&'static str], &'static str, Gender)], Source);

const MASCULINE: &[(&[&str], &str, Gender)] =
    &[(&["", "у", "а", "ом", "е"], "", Gender::Masculine), (&["и", "ы", "ам", "ами", "ов"], "ы", Gender::Plural)];
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
        let term = matches!(this, "четверть" | "четверти" | "четвертью" | "четвертей");
        if term || this.starts_with("каникул") || this.starts_with("триместр") {
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
            let joined = tokens.get(at + 1).is_some_and(|t| t.is_mark('-'));
            if stem == "план" && joined && word(tokens, at + 2).starts_with("график") {
                let ending = if *nominative == "ы" { "и" } else { "" };
                return Some((source, format!("план{nominative}-график{ending}")));
            }
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
