//! Acts that rows ask for, their correction and their retraction.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::lifecycle::{check_text, event, in_phase};
use super::{Standing, wrong};
use crate::command::{Act, Correct, Retract, Submit};
use crate::event::{Data, Event};
use crate::limits::{CHECKLIST_ITEMS_MAX, EVIDENCE_MAX};
use crate::obligation::Submission;
use crate::payload::{ChecklistItem, Evidence, FactCorrected, FactRetracted};
use crate::refusal::{Invalid, Missing, Refusal};

/// Reports the act that a row asks for.
pub(super) fn submit(standing: &Standing<'_>, body: &Submit, today: Date) -> Result<Event, Refusal> {
    in_phase(standing, Act::Submit)?;
    let mut mistakes = Vec::new();
    check_day(&mut mistakes, "/occurred_on", standing, body.occurred_on, today);
    check_evidence(&mut mistakes, &body.evidence);
    check_text(&mut mistakes, "/comment", body.comment.as_ref());
    let expected = &standing.share.event;
    let data = Data::fact_from_details(expected, &body.details, body.evidence.clone(), body.comment.clone());
    match data {
        None => mistakes.push(Invalid::at(
            "/obligation",
            format!("План требует события {expected}, которого нет в каталоге."),
            format!("The plan asks for the event {expected}, which the catalogue does not have."),
        )),
        Some(Err(error)) => mistakes.push(Invalid::at(
            "/details",
            format!("Подробности не подходят к событию {expected}: {error}."),
            format!("The details do not fit the event {expected}: {error}."),
        )),
        Some(Ok(data)) => {
            check_unknown_fields(&mut mistakes, &body.details, &data);
            check_details(&mut mistakes, standing, &data);
            return wrong(mistakes, event(standing, body.occurred_on, data));
        }
    }
    Err(Refusal::Invalid(mistakes))
}

/// Corrects the content of a fact.
pub(super) fn correct(standing: &Standing<'_>, body: &Correct, today: Date) -> Result<Event, Refusal> {
    in_phase(standing, Act::Correct)?;
    let fact = live_fact(standing, body.event.as_deref())?;
    let mut mistakes = Vec::new();
    check_text(&mut mistakes, "/reason", Some(&body.reason));
    if let Some(day) = body.occurred_on {
        check_day(&mut mistakes, "/occurred_on", standing, day, today);
    }
    if let Some(items) = &body.items {
        check_items(&mut mistakes, "/items", items);
        if fact.score.is_none() {
            mistakes.push(Invalid::at("/items", "У этого факта нет чек-листа.", "This fact has no checklist."));
        }
    }
    if body.occurred_on.is_none() && body.items.is_none() {
        mistakes.push(Invalid::at(
            "",
            "Укажите, что исправить: occurred_on или items.",
            "Say what to correct: occurred_on or items.",
        ));
    }
    let data = Data::FactCorrected(FactCorrected {
        target: fact.seq,
        target_id: fact.event.to_string(),
        occurred_on: body.occurred_on,
        items: body.items.clone(),
        reason: body.reason.clone(),
    });
    wrong(mistakes, event(standing, today, data))
}

/// Takes back a fact that never happened.
pub(super) fn retract(standing: &Standing<'_>, body: &Retract, today: Date) -> Result<Event, Refusal> {
    in_phase(standing, Act::Retract)?;
    let fact = live_fact(standing, body.event.as_deref())?;
    let mut mistakes = Vec::new();
    check_text(&mut mistakes, "/reason", Some(&body.reason));
    let data = Data::FactRetracted(FactRetracted {
        target: fact.seq,
        target_id: fact.event.to_string(),
        reason: body.reason.clone(),
    });
    wrong(mistakes, event(standing, today, data))
}

fn live_fact(standing: &Standing<'_>, id: Option<&str>) -> Result<Submission, Refusal> {
    let live = &standing.obligation.live;
    let found = match id {
        None => live.first(),
        Some(id) => live.iter().find(|fact| fact.event.to_string() == id),
    };
    let missing = || Refusal::Missing(Missing::Event(id.unwrap_or("-").to_owned()));
    found.copied().ok_or_else(missing)
}

fn check_day(mistakes: &mut Vec<Invalid>, pointer: &str, standing: &Standing<'_>, day: Date, today: Date) {
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

fn check_evidence(mistakes: &mut Vec<Invalid>, evidence: &[Evidence]) {
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
        if let Some(url) = &piece.url {
            check_url(mistakes, &format!("/evidence/{at}/url"), url);
        }
    }
}

fn check_url(mistakes: &mut Vec<Invalid>, pointer: &str, url: &str) {
    let web = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if web.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) || url.contains(char::is_whitespace) {
        mistakes.push(Invalid::at(
            pointer,
            "Ссылка должна начинаться с http:// или https:// и не содержать пробелов.",
            "A link begins with http:// or https:// and has no spaces.",
        ));
    }
}

fn check_items(mistakes: &mut Vec<Invalid>, pointer: &str, items: &[ChecklistItem]) {
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
fn check_unknown_fields(mistakes: &mut Vec<Invalid>, given: &RawValue, data: &Data) {
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

/// Holds the details to the item of the obligation, and to what the row needs.
fn check_details(mistakes: &mut Vec<Invalid>, standing: &Standing<'_>, data: &Data) {
    let item = standing.slot.item.as_str();
    let (field, said) = match data {
        Data::LetterSent(fact) => ("letter_no", fact.details.letter_no.to_string()),
        Data::MethodicalDayHeld(fact) => ("day_no", fact.details.day_no.to_string()),
        Data::DirectionPlanSent(fact) => ("direction", word(fact.details.direction)),
        Data::PartnerAssigned(fact) => ("kind", word(fact.details.kind)),
        Data::ProgrammePublished(fact) => {
            ("kind", format!("{}-{}", word(fact.details.kind), word(fact.details.direction)))
        }
        _ => ("", item.to_owned()),
    };
    if said != item {
        mistakes.push(Invalid::at(
            format!("/details/{field}"),
            format!("Обязательство требует «{item}», а в подробностях «{said}»."),
            format!("The obligation asks for \"{item}\", the details say \"{said}\"."),
        ));
    }
    match data {
        Data::ChecklistSubmitted(fact) => check_items(mistakes, "/details/items", &fact.details.items),
        Data::SiteLinkPublished(fact) => check_url(mistakes, "/details/url", &fact.details.url),
        Data::NewsPublished(fact) => check_url(mistakes, "/details/url", &fact.details.url),
        Data::ProgrammePublished(fact) => check_url(mistakes, "/details/url", &fact.details.url),
        Data::QuestionnaireSent(fact) => check_url(mistakes, "/details/form_url", &fact.details.form_url),
        Data::DocumentPublished(fact) => check_url(mistakes, "/details/url", &fact.details.url),
        Data::EventReportPublished(fact) => check_url(mistakes, "/details/url", &fact.details.url),
        Data::SiteAnalysed(fact)
            if fact.details.quality.max == 0 || fact.details.quality.points > fact.details.quality.max =>
        {
            mistakes.push(Invalid::at(
                "/details/quality",
                "Баллы — от 0 до максимума, максимум больше 0.",
                "Points go from 0 to the maximum, and the maximum is above 0.",
            ));
        }
        Data::PlanCorrected(fact) => match &fact.details.url {
            Some(url) => check_url(mistakes, "/details/url", url),
            None if standing.kind == crate::payload::OrgKind::School => mistakes.push(Invalid::at(
                "/details/url",
                "Школа размещает скорректированный план на сайте: укажите ссылку.",
                "A school publishes the corrected plan on its site: give the link.",
            )),
            None => {}
        },
        _ => {}
    }
}

/// The word of a value that is one word in JSON.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
