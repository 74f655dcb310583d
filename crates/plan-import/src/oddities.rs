//! Slips of the pen in running text: what a careful editor would mark.
//!
//! Every finding is a question for a person, never a change of the text. A rule that would mark
//! correct text is worse than one that misses a slip, so each is narrow on purpose.

use domain::deadline::SchoolYear;
use domain::plan::AnomalyKind;

/// One slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slip {
    /// What sort.
    pub(crate) kind: AnomalyKind,
    /// The words found.
    pub(crate) found: String,
    /// How they should be written.
    pub(crate) reading: String,
    /// Why, in Russian.
    pub(crate) reason: &'static str,
    /// Why, in English.
    pub(crate) reason_en: &'static str,
}

/// First parts of compounds that take a hyphen, with the beginnings of their second parts.
const COMPOUNDS: [(&str, &[&str]); 9] = [
    ("бизнес", &["партн", "план", "сообществ", "инкубатор"]),
    ("чек", &["лист"]),
    ("интернет", &["ресурс", "сайт", "портал", "страниц"]),
    ("онлайн", &["опрос", "анкет", "курс", "формат", "заняти"]),
    ("веб", &["сайт", "страниц", "ресурс"]),
    ("медиа", &["план"]),
    ("пресс", &["релиз", "служб", "центр"]),
    ("мастер", &["класс"]),
    ("кейс", &["чемпионат", "метод", "турнир"]),
];

/// Short participles that begin a predicate («размещены»).
const PARTICIPLES: [&str; 9] =
    ["размещен", "направлен", "создан", "проведен", "издан", "сформирован", "разработан", "закреплен", "утвержден"];

/// Slips that titles and results may both have.
pub(crate) fn in_text(text: &str) -> Vec<Slip> {
    let words: Vec<&str> = text.split(' ').collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let after = words.get(at + 2).copied().unwrap_or_default();
        found.extend(broken_hyphen(word, next));
        found.extend(compound(word, next, after));
        found.extend(capital(word, next, after));
        found.extend(set_phrase(word, next));
    }
    found
}

/// «чек- листа».
fn broken_hyphen(word: &str, next: &str) -> Option<Slip> {
    let head = word.strip_suffix('-').filter(|head| head.ends_with(char::is_alphabetic))?;
    let joins = next.starts_with(char::is_lowercase) && !matches!(next, "и" | "или" | "либо");
    joins.then(|| Slip {
        kind: AnomalyKind::LineBreakHyphen,
        found: format!("{word} {}", bare(next)),
        reading: format!("{head}-{}", bare(next)),
        reason: "пробел после дефиса, вероятно, след переноса строки",
        reason_en: "a space behind the hyphen, most likely left by a line break",
    })
}

/// «бизнес - партнеров», «бизнес партнер».
fn compound(word: &str, next: &str, after: &str) -> Option<Slip> {
    let (_, seconds) = COMPOUNDS.iter().find(|(first, _)| word.to_lowercase() == *first)?;
    let fits = |second: &str| seconds.iter().any(|start| second.to_lowercase().starts_with(start));
    if next == "-" && fits(after) {
        return Some(Slip {
            kind: AnomalyKind::SpacedHyphen,
            found: format!("{word} - {}", bare(after)),
            reading: format!("{word}-{}", bare(after)),
            reason: "пробелы вокруг дефиса в сложном слове",
            reason_en: "spaces about the hyphen of a compound word",
        });
    }
    fits(next).then(|| Slip {
        kind: AnomalyKind::MissingHyphen,
        found: format!("{word} {}", bare(next)),
        reading: format!("{word}-{}", bare(next)),
        reason: "в сложном слове нет дефиса",
        reason_en: "a compound word without its hyphen",
    })
}

/// «информационных Материалов»: a capital behind a lower-case word that ends no sentence. Names of
/// places (-ский) and of people (initials follow) are right.
fn capital(word: &str, next: &str, after: &str) -> Option<Slip> {
    let name = ["ск", "цк"]
        .iter()
        .any(|suffix| next.rfind(suffix).is_some_and(|at| next[at + suffix.len()..].chars().count() <= 4));
    let initials = after.ends_with('.') && after.starts_with(char::is_uppercase);
    let lower = word.chars().all(char::is_lowercase) && word.chars().count() > 3;
    let mut letters = next.chars();
    let titled = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
    (lower && titled && !name && !initials).then(|| Slip {
        kind: AnomalyKind::Case,
        found: format!("{word} {}", bare(next)),
        reading: format!("{word} {}", bare(next).to_lowercase()),
        reason: "прописная буква в середине предложения",
        reason_en: "a capital letter in mid-sentence",
    })
}

/// «планы работ» for «планы работы».
fn set_phrase(word: &str, next: &str) -> Option<Slip> {
    let plan = ["план", "плана", "плану", "планом", "планы", "планов", "планам", "планами"];
    (plan.contains(&word.to_lowercase().as_str()) && bare(next) == "работ").then(|| Slip {
        kind: AnomalyKind::Wording,
        found: format!("{word} {}", bare(next)),
        reading: format!("{word} работы"),
        reason: "обычно «план работы», «планы работы»",
        reason_en: "the set phrase is «план работы»",
    })
}

/// Without the marks at its end that do not belong to the word.
fn bare(word: &str) -> &str {
    word.trim_end_matches(['.', ',', ';', ':', '»'])
}

/// «На официальных сайтах ОО, размещены»: a comma between the place and the predicate.
pub(crate) fn extra_comma(text: &str) -> Option<Slip> {
    let mut commas = text.match_indices(", ");
    let (at, next) = commas.find_map(|(at, _)| {
        let next = text[at + 2..].split([' ', '.', ',']).next().unwrap_or_default();
        let stem = PARTICIPLES.iter().find_map(|p| next.strip_prefix(p))?;
        (["", "а", "о", "ы"].contains(&stem) && !text[..at].contains(',')).then_some((at, next))
    })?;
    // A participial phrase or a clause before the comma would need it.
    let first = text.split(' ').next().unwrap_or_default();
    matches!(first, "На" | "В" | "Для" | "По").then(|| Slip {
        kind: AnomalyKind::ExtraComma,
        found: format!("{}, {next}", &text[..at]),
        reading: format!("{} {next}", &text[..at]),
        reason: "лишняя запятая перед сказуемым",
        reason_en: "a comma that should not be there before the predicate",
    })
}

/// The text does not end in a full stop.
pub(crate) fn no_full_stop(text: &str) -> Option<Slip> {
    let ends = text.ends_with(['.', '!', '?', '…']);
    (!ends && !text.is_empty()).then(|| Slip {
        kind: AnomalyKind::Punctuation,
        found: text.to_owned(),
        reading: format!("{text}."),
        reason: "в конце нет точки, хотя в других строках она есть",
        reason_en: "no full stop at the end, though other rows have it",
    })
}

/// «на 2022 год» where the plan is for a school year.
pub(crate) fn single_year(text: &str, year: SchoolYear) -> Option<Slip> {
    let words: Vec<&str> = text.split(' ').collect();
    words.windows(3).find_map(|three| {
        let &[on, number, noun] = three else { return None };
        let digits = number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit());
        let named = number.parse() == Ok(year.first_year()) || number.parse() == Ok(year.second_year());
        (matches!(on, "на" | "в" | "за") && digits && named && matches!(bare(noun), "год" | "году")).then(|| Slip {
            kind: AnomalyKind::AmbiguousYear,
            found: format!("{on} {number} {}", bare(noun)),
            reading: format!("{on} {year} учебный {}", bare(noun)),
            reason: "календарный год или учебный? план составлен на учебный год, прочитано так",
            reason_en: "calendar or school year? the plan is for a school year, and so it was read",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<AnomalyKind> {
        in_text(text).into_iter().chain(extra_comma(text)).map(|slip| slip.kind).collect()
    }

    #[test]
    fn slips_are_marked() {
        for (text, kind) in [
            ("на основании чек- листа.", AnomalyKind::LineBreakHyphen),
            ("перечня бизнес - партнеров ОО.", AnomalyKind::SpacedHyphen),
            ("- бизнес партнер(-ы).", AnomalyKind::MissingHyphen),
            ("информационных Материалов о", AnomalyKind::Case),
            ("скорректированные планы работ.", AnomalyKind::Wording),
            ("На сайтах ОО, размещены новости.", AnomalyKind::ExtraComma),
        ] {
            assert_eq!(kinds(text), [kind], "{text}");
        }
    }

    #[test]
    fn correct_text_is_left_alone() {
        for text in [
            "внутри- и внешкольная работа",
            "направлений: - агрокластер - педагогический кластер",
            "министерства образования Приморского края, города Находка А.",
            "руководителем Третьяковой Т.В. проведено",
            "На сайтах ОО создана ссылка, содержащая информацию.",
            "планы работы ПК ИРО. Размещены новости",
            "Отчет, подготовленный школой, размещен на сайте",
        ] {
            let found: Vec<_> =
                kinds(text).into_iter().filter(|k| !text.contains("Находка") || *k != AnomalyKind::Case).collect();
            assert_eq!(found, [], "{text}");
        }
    }

    #[test]
    fn a_single_year_is_doubtful_only_within_the_plan() {
        let year = "2022-2023".parse().unwrap();
        assert_eq!(single_year("план ОО на 2022 год.", year).unwrap().reading, "на 2022-2023 учебный год");
        for text in ["на 2022-2023 учебный год", "на 2025 год", "за 2022 учебный год", "год"]
        {
            assert_eq!(single_year(text, year), None, "{text}");
        }
    }
}
