//! Checks of content that several acts share: each notes a mistake, with its place and words.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::Standing;
use crate::event::Data;
use crate::limits::{CHECKLIST_ITEMS_MAX, EVIDENCE_MAX, TEXT_CHARS_MAX};
use crate::payload::{ChecklistItem, Evidence, FreeText};
use crate::refusal::{Invalid, Refusal};

/// The value, or every mistake.
pub(super) fn wrong<T>(mistakes: Vec<Invalid>, value: T) -> Result<T, Refusal> {
    if mistakes.is_empty() { Ok(value) } else { Err(Refusal::Invalid(mistakes)) }
}

/// A day that an actor claims: it has come, and lies in a school year.
pub(super) fn day(mistakes: &mut Vec<Invalid>, pointer: &str, standing: &Standing<'_>, day: Date, today: Date) {
    if day > today {
        mistakes.push(Invalid::at(
            pointer,
            format!("{day} ещё не наступило: сегодня {today}."),
            format!("{day} has not come yet: today is {today}."),
        ));
    }
    let years = &standing.clockwork.rules().school_years;
    if years.iter().all(|year| day < year.h1_start) {
        mistakes.push(Invalid::at(
            pointer,
            format!("{day} раньше начала учебного года плана."),
            format!("{day} lies before the plan's school year."),
        ));
    }
}

/// A deadline: it lies in a school year of the region.
pub(super) fn due(mistakes: &mut Vec<Invalid>, pointer: &str, standing: &Standing<'_>, due: Date) {
    let years = &standing.clockwork.rules().school_years;
    if !years.iter().any(|year| year.semester_of(due).is_some()) {
        mistakes.push(Invalid::at(
            pointer,
            format!("{due} не входит ни в один учебный год региона."),
            format!("{due} lies in no school year of the region."),
        ));
    }
}

/// Two days in their order.
pub(super) fn span(mistakes: &mut Vec<Invalid>, pointer: &str, from: Date, until: Date) {
    if until < from {
        mistakes.push(Invalid::at(
            pointer,
            format!("{until} раньше первого дня, {from}."),
            format!("{until} lies before the first day, {from}."),
        ));
    }
}

/// The document behind an act.
pub(super) fn basis(mistakes: &mut Vec<Invalid>, pointer: &str, basis: &str) {
    if basis.trim().is_empty() || basis.chars().count() > TEXT_CHARS_MAX {
        mistakes.push(Invalid::at(
            pointer,
            "Укажите документ-основание (номер и дату).",
            "Name the document behind it (number and date).",
        ));
    }
}

/// A free text that may be missing.
pub(super) fn text(mistakes: &mut Vec<Invalid>, pointer: &str, text: Option<&FreeText>) {
    if text.is_some_and(|text| text.0.chars().count() > TEXT_CHARS_MAX) {
        mistakes.push(Invalid::at(
            pointer,
            format!("Текст длиннее {TEXT_CHARS_MAX} знаков: сократите или приложите файл."),
            format!("The text is longer than {TEXT_CHARS_MAX} characters: shorten it or attach a file."),
        ));
    }
}

/// A free text that must say something.
pub(super) fn reason(mistakes: &mut Vec<Invalid>, pointer: &str, reason: &FreeText) {
    text(mistakes, pointer, Some(reason));
    if reason.0.trim().is_empty() {
        mistakes.push(Invalid::at(pointer, "Укажите причину.", "Give a reason."));
    }
}

/// Pieces of evidence: not too many, and each well formed.
pub(super) fn evidence(mistakes: &mut Vec<Invalid>, evidence: &[Evidence]) {
    if evidence.len() > EVIDENCE_MAX {
        mistakes.push(Invalid::at(
            "/evidence",
            format!("Не больше {EVIDENCE_MAX} подтверждений на действие."),
            format!("At most {EVIDENCE_MAX} pieces of evidence an act."),
        ));
    }
    for (at, piece) in evidence.iter().enumerate() {
        if piece.sha256.as_ref().is_some_and(|sum| sum.len() != 64 || !sum.bytes().all(|b| b.is_ascii_hexdigit())) {
            mistakes.push(Invalid::at(
                format!("/evidence/{at}/sha256"),
                "SHA-256 — это 64 шестнадцатеричных знака.",
                "A SHA-256 has 64 hexadecimal digits.",
            ));
        }
        if let Some(link) = &piece.url {
            url(mistakes, &format!("/evidence/{at}/url"), link);
        }
    }
}

/// A link.
pub(super) fn url(mistakes: &mut Vec<Invalid>, pointer: &str, url: &str) {
    let web = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if web.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) || url.contains(char::is_whitespace) {
        mistakes.push(Invalid::at(
            pointer,
            "Ссылка должна начинаться с http:// или https:// и не содержать пробелов.",
            "A link begins with http:// or https:// and has no spaces.",
        ));
    }
}

/// Answers of a checklist, as far as they can be judged alone.
pub(super) fn items(mistakes: &mut Vec<Invalid>, pointer: &str, items: &[ChecklistItem]) {
    if items.is_empty() || items.len() > CHECKLIST_ITEMS_MAX {
        mistakes.push(Invalid::at(
            pointer,
            format!("В чек-листе от 1 до {CHECKLIST_ITEMS_MAX} пунктов."),
            format!("A checklist has 1 to {CHECKLIST_ITEMS_MAX} items."),
        ));
    }
    let mut seen = BTreeSet::new();
    for (at, line) in items.iter().enumerate() {
        if line.points > line.max || line.max == 0 || !seen.insert(&line.item) {
            mistakes.push(Invalid::at(
                format!("{pointer}/{at}"),
                format!("Пункт {}: баллы от 0 до максимума, максимум больше 0, пункты не повторяются.", line.item),
                format!("Item {}: points from 0 to the maximum, a maximum above 0, no item twice.", line.item),
            ));
        }
    }
}

/// A misspelt field would be lost in silence.
pub(super) fn unknown_fields(mistakes: &mut Vec<Invalid>, given: &RawValue, data: &Data) {
    let Ok(serde_json::Value::Object(given)) = serde_json::from_str(given.get()) else { return };
    let known = data.details_fields();
    for name in given.iter().filter(|(name, value)| !value.is_null() && !known.contains(*name)).map(|(name, _)| name) {
        mistakes.push(Invalid::at(
            format!("/details/{name}"),
            format!("Поле {name} событию {} неизвестно.", data.type_name()),
            format!("The event {} has no field {name}.", data.type_name()),
        ));
    }
}
