//! Acts that rows ask for, facts that accompany them, their correction and their retraction.

use jiff::civil::Date;
use serde_json::Value;
use serde_json::value::RawValue;

use super::lifecycle::live;
use super::{Case, Standing, by_phase, checks, proposals, wrong};
use crate::actor::Role;
use crate::calendar::days_between;
use crate::command::{Act, AttachEvidence, Correct, NoteFact, Retract, Submit};
use crate::event::{Data, Event};
use crate::obligation::Phase;
use crate::payload::{
    ChecklistSubmitted, Evidence, EvidenceAttached, FactCorrected, FactRetracted, FreeText, OrgKind, ResponsesCounted,
    score_of,
};
use crate::plan::{EvidenceField, Holder};
use crate::refusal::{Invalid, Refusal};

/// Reports the act that a row asks for; a day further back than the region allows waits for a second person.
pub(super) fn submit(case: Case<'_>, body: &Submit) -> Result<Event, Refusal> {
    case.in_phase(Act::Submit)?;
    let standing = case.standing;
    let mut mistakes = Vec::new();
    check_day(&mut mistakes, case, body.occurred_on);
    let event = standing.share.event.as_str();
    let data = fact(&mut mistakes, event, &body.details, &body.evidence, body.comment.as_ref());
    if let Some(data) = &data {
        check_details(&mut mistakes, standing, data);
        check_required(&mut mistakes, standing, data);
    }
    let for_the_head = standing.share.holder == Holder::SchoolHead && case.actor.role != Role::School;
    if for_the_head && body.comment.as_ref().is_none_or(|text| text.0.trim().is_empty()) {
        mistakes.push(Invalid::at(
            "/comment",
            "За руководителя школы сдают с основанием: укажите его в comment.",
            "Whoever reports for the head of a school gives the ground: name it in comment.",
        ));
    }
    if let Some(Data::ChecklistSubmitted(fact)) = &data {
        check_checklist(&mut mistakes, case, &fact.details);
    }
    let Some(data) = data else { return Err(Refusal::Invalid(mistakes)) };
    let event = wrong(mistakes, case.event(body.occurred_on, data))?;
    Ok(second_person(case, Act::Submit, event, body.occurred_on))
}

/// Records a fact that accompanies the one that the row asks for.
pub(super) fn note(case: Case<'_>, body: &NoteFact) -> Result<Event, Refusal> {
    case.in_phase(Act::NoteFact)?;
    let share = case.standing.share;
    let mut mistakes = Vec::new();
    let fits = share.also_events.contains(&body.event) || companions(&share.event).contains(&body.event.as_str());
    if !fits {
        let known = companions(&share.event).iter().map(|name| (*name).to_owned());
        let known = known.chain(share.also_events.iter().cloned()).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "-".to_owned() } else { known };
        mistakes.push(Invalid::at(
            "/event",
            format!("Факт {} не сопровождает {}; сопровождают: {known}.", body.event, share.event),
            format!("The fact {} does not accompany {}; these do: {known}.", body.event, share.event),
        ));
        return Err(Refusal::Invalid(mistakes));
    }
    let phase = case.phase();
    let misplaced = body.event == "methodical_day.cancelled" && phase != Phase::Open
        || body.event == share.event && !phase.is_done();
    if misplaced {
        return Err(Refusal::Phase {
            act: Act::NoteFact,
            phase: case.phase(),
            allowed: by_phase(case.phase()).to_vec(),
        });
    }
    let of_school = ["activity.held", "recommendation.closed"].contains(&body.event.as_str());
    if case.actor.role == Role::School && case.standing.share.holder != Holder::SchoolHead && !of_school {
        return Err(Refusal::Forbidden { act: Act::NoteFact, role: case.actor.role });
    }
    check_day(&mut mistakes, case, body.occurred_on);
    let data = fact(&mut mistakes, &body.event, &body.details, &body.evidence, body.comment.as_ref());
    if let Some(data) = &data {
        check_note(&mut mistakes, case, data);
        if body.event == share.event {
            check_details(&mut mistakes, case.standing, data);
        }
    }
    let Some(data) = data else { return Err(Refusal::Invalid(mistakes)) };
    wrong(mistakes, case.event(body.occurred_on, data))
}

/// The facts that may accompany a fact (`domain.md` 7).
fn companions(event: &str) -> &'static [&'static str] {
    match event {
        // Another partner of the kind, once the first is in: the row is done already.
        "partner.assigned" => &["partner.released", "partner.assigned"],
        "site_link.published" => &["site_link.verified", "site_link.lost"],
        "questionnaire.sent" | "survey.announced" | "survey.report_sent" => {
            &["survey.responses_counted", "survey.closed"]
        }
        "protocol.sent" => &["recommendation.closed"],
        "event_report.published" => &["activity.held"],
        "methodical_day.held" => &["methodical_day.cancelled"],
        "order.sent" => &["order.issued"],
        _ => &[],
    }
}

/// Adds evidence to a fact.
pub(super) fn attach(case: Case<'_>, body: &AttachEvidence) -> Result<Event, Refusal> {
    case.in_phase(Act::AttachEvidence)?;
    let target_id = live(case, body.event.as_deref())?.event.to_string();
    let mut mistakes = Vec::new();
    checks::evidence(&mut mistakes, &body.evidence);
    if body.evidence.is_empty() {
        mistakes.push(Invalid::at("/evidence", "Приложите хотя бы одно подтверждение.", "Attach at least one piece."));
    }
    let data = EvidenceAttached { target_id, evidence: body.evidence.clone() };
    wrong(mistakes, case.now(Data::EvidenceAttached(data)))
}

/// Corrects the content of a fact.
pub(super) fn correct(case: Case<'_>, body: &Correct) -> Result<Event, Refusal> {
    case.in_phase(Act::Correct)?;
    let fact = live(case, body.event.as_deref())?;
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    if let Some(day) = body.occurred_on {
        checks::day(&mut mistakes, "/occurred_on", case.standing, day, case.today);
    }
    if let Some(items) = &body.items {
        let before = mistakes.len();
        checks::items(&mut mistakes, "/items", items);
        let sound = mistakes.len() == before;
        match fact.score {
            None => mistakes.push(Invalid::at("/items", "У этого факта нет чек-листа.", "This fact has no checklist.")),
            Some(score) if sound && score.max != score_of(items).max => mistakes.push(Invalid::at(
                "/items",
                format!("Нужны ответы на все пункты чек-листа: их максимум вместе — {}.", score.max),
                format!("Answers to all items of the checklist are needed: their maxima add up to {}.", score.max),
            )),
            Some(_) => {}
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
    let event = wrong(mistakes, case.now(data))?;
    Ok(match body.occurred_on.filter(|day| *day < fact.occurred_on) {
        Some(day) => second_person(case, Act::Correct, event, day),
        None => event,
    })
}

/// Takes back a fact that never happened.
pub(super) fn retract(case: Case<'_>, body: &Retract) -> Result<Event, Refusal> {
    case.in_phase(Act::Retract)?;
    let fact = live(case, body.event.as_deref())?;
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    let data = Data::FactRetracted(FactRetracted {
        target: fact.seq,
        target_id: fact.event.to_string(),
        reason: body.reason.clone(),
    });
    wrong(mistakes, case.now(data))
}

/// Lets an act wait for a second person when it claims a day too far back.
fn second_person(case: Case<'_>, act: Act, event: Event, claimed: Date) -> Event {
    if is_backdated(case.standing, claimed, case.today) { proposals::propose(act, event, case.today) } else { event }
}

/// Whether a day lies further back than the region lets one person claim.
pub(super) fn is_backdated(standing: &Standing<'_>, claimed: Date, today: Date) -> bool {
    let most = standing.clockwork.rules().backdate_days;
    most.is_some_and(|most| days_between(claimed, today) > i32::from(most))
}

/// Reads a fact from a command, noting what does not fit.
pub(super) fn fact(
    mistakes: &mut Vec<Invalid>,
    event: &str,
    details: &RawValue,
    evidence: &[Evidence],
    comment: Option<&FreeText>,
) -> Option<Data> {
    checks::evidence(mistakes, evidence);
    checks::text(mistakes, "/comment", comment);
    match Data::fact_from_details(event, details, evidence.to_vec(), comment.cloned()) {
        None => mistakes.push(Invalid::at(
            "/obligation",
            format!("Нужно событие {event}, которого нет в каталоге."),
            format!("The event {event} is asked for, which the catalogue does not have."),
        )),
        Some(Err(error)) => mistakes.push(Invalid::at(
            "/details",
            format!("Подробности не подходят к событию {event}: {error}."),
            format!("The details do not fit the event {event}: {error}."),
        )),
        Some(Ok(data)) => {
            checks::unknown_fields(mistakes, details, &data);
            return Some(data);
        }
    }
    None
}

/// A claimed day on which the obligation was not on hold.
fn check_day(mistakes: &mut Vec<Invalid>, case: Case<'_>, claimed: Date) {
    checks::day(mistakes, "/occurred_on", case.standing, claimed, case.today);
    if !case.standing.phase_on(claimed).counts() {
        mistakes.push(Invalid::at(
            "/occurred_on",
            format!("{claimed} обязательство было приостановлено: укажите день после приостановки."),
            format!("On {claimed} the obligation was on hold: give a day behind the hold."),
        ));
    }
}

/// What the row requires must be with the evidence or among the details.
pub(super) fn check_required(mistakes: &mut Vec<Invalid>, standing: &Standing<'_>, data: &Data) {
    let details = data.to_payload().map(|payload| payload.0["details"].clone()).unwrap_or_default();
    let told = |names: &[&str]| names.iter().any(|name| details.get(name).is_some_and(|value| *value != Value::Null));
    let shown = |has: fn(&Evidence) -> bool| data.evidence().iter().any(has);
    for field in &standing.share.required {
        let (given, ru, en) = match field {
            EvidenceField::Number => (
                shown(|piece| piece.number.is_some()) || told(&["number"]),
                "номер документа",
                "the number of a document",
            ),
            EvidenceField::Date => (
                shown(|piece| piece.date.is_some())
                    || told(&["date", "published_on", "valid_from", "day_no", "meeting"]),
                "дату документа",
                "the date of a document",
            ),
            EvidenceField::Url => {
                (shown(|piece| piece.url.is_some()) || told(&["url", "form_url"]), "ссылку", "a link")
            }
            // The shape of the details asks for these.
            EvidenceField::Title
            | EvidenceField::Partner
            | EvidenceField::Score
            | EvidenceField::Audience
            | EvidenceField::Recommendations => continue,
        };
        if !given {
            mistakes.push(Invalid::at(
                "/evidence",
                format!("Строка требует {ru}: укажите в подтверждении."),
                format!("The row requires {en}: give it with the evidence."),
            ));
        }
    }
}

/// Answers must be those of the approved version, item by item.
fn check_checklist(mistakes: &mut Vec<Invalid>, case: Case<'_>, given: &ChecklistSubmitted) {
    let Some(list) = case.world.ledger().checklist(&given.checklist) else {
        let known: Vec<&str> = case.world.ledger().checklists().map(|list| list.checklist.as_str()).collect();
        let known = if known.is_empty() { "-".to_owned() } else { known.join(", ") };
        mistakes.push(Invalid::at(
            "/details/checklist",
            format!("Чек-лист «{}» не утверждён; утверждены: {known}.", given.checklist),
            format!("The checklist \"{}\" is not approved; these are: {known}.", given.checklist),
        ));
        return;
    };
    for line in &list.items {
        let answer = given.items.iter().find(|answer| answer.item == line.item);
        if answer.is_none_or(|answer| answer.max != line.max) {
            mistakes.push(Invalid::at(
                "/details/items",
                format!("Пункт {}: нужен ответ с максимумом {}.", line.item, line.max),
                format!("Item {}: an answer with the maximum {} is needed.", line.item, line.max),
            ));
        }
    }
    for (at, answer) in given.items.iter().enumerate() {
        if !list.items.iter().any(|line| line.item == answer.item) {
            mistakes.push(Invalid::at(
                format!("/details/items/{at}"),
                format!("Пункта {} в чек-листе нет.", answer.item),
                format!("The checklist has no item {}.", answer.item),
            ));
        }
    }
}

/// Holds an accompanying fact to what it accompanies.
fn check_note(mistakes: &mut Vec<Invalid>, case: Case<'_>, data: &Data) {
    let matters = case.standing.obligation.matters();
    match data {
        Data::PartnerReleased(fact) if !matters.partners.iter().any(|one| one.partner == fact.details.partner) => {
            mistakes.push(Invalid::at(
                "/details/partner",
                format!("Партнёр {} здесь не закреплён.", fact.details.partner),
                format!("The partner {} is not assigned here.", fact.details.partner),
            ));
        }
        Data::RecommendationClosed(fact)
            if !matters.recommendations.iter().any(|one| one.id == fact.details.recommendation) =>
        {
            mistakes.push(Invalid::at(
                "/details/recommendation",
                format!("Рекомендации {} в протоколе нет.", fact.details.recommendation),
                format!("The protocol has no recommendation {}.", fact.details.recommendation),
            ));
        }
        Data::ResponsesCounted(fact) => check_counts(mistakes, &fact.details),
        Data::SiteLinkVerified(fact) => checks::url(mistakes, "/details/url", &fact.details.url),
        Data::SiteLinkLost(fact) => checks::url(mistakes, "/details/url", &fact.details.url),
        Data::MethodicalDayCancelled(fact) if fact.details.day_no.to_string() != case.standing.slot.item.as_str() => {
            mistakes.push(other_item("day_no", case.standing.slot.item.as_str(), &fact.details.day_no.to_string()));
        }
        _ => {}
    }
}

fn check_counts(mistakes: &mut Vec<Invalid>, counts: &ResponsesCounted) {
    if counts.responded > counts.eligible {
        mistakes.push(Invalid::at(
            "/details/responded",
            format!("Ответивших ({}) больше, чем опрашиваемых ({}).", counts.responded, counts.eligible),
            format!("More answered ({}) than were asked ({}).", counts.responded, counts.eligible),
        ));
    }
}

fn other_item(field: &str, item: &str, said: &str) -> Invalid {
    Invalid::at(
        format!("/details/{field}"),
        format!("Обязательство требует «{item}», а в подробностях «{said}»."),
        format!("The obligation asks for \"{item}\", the details say \"{said}\"."),
    )
}

/// Holds the details to the item of the obligation, and to what the row needs.
pub(super) fn check_details(mistakes: &mut Vec<Invalid>, standing: &Standing<'_>, data: &Data) {
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
        mistakes.push(other_item(field, item, &said));
    }
    let link = match data {
        Data::SiteLinkPublished(fact) => Some(("/details/url", &fact.details.url)),
        Data::NewsPublished(fact) => Some(("/details/url", &fact.details.url)),
        Data::ProgrammePublished(fact) => Some(("/details/url", &fact.details.url)),
        Data::QuestionnaireSent(fact) => Some(("/details/form_url", &fact.details.form_url)),
        Data::DocumentPublished(fact) => Some(("/details/url", &fact.details.url)),
        Data::EventReportPublished(fact) => Some(("/details/url", &fact.details.url)),
        Data::PlanCorrected(fact) => fact.details.url.as_ref().map(|url| ("/details/url", url)),
        _ => None,
    };
    if let Some((pointer, url)) = link {
        checks::url(mistakes, pointer, url);
    }
    match data {
        Data::ChecklistSubmitted(fact) => checks::items(mistakes, "/details/items", &fact.details.items),
        Data::SiteAnalysed(fact)
            if fact.details.quality.max == 0 || fact.details.quality.points > fact.details.quality.max =>
        {
            mistakes.push(Invalid::at(
                "/details/quality",
                "Баллы — от 0 до максимума, максимум больше 0.",
                "Points go from 0 to the maximum, and the maximum is above 0.",
            ));
        }
        Data::PlanCorrected(fact) if fact.details.url.is_none() && standing.kind == OrgKind::School => {
            mistakes.push(Invalid::at(
                "/details/url",
                "Школа размещает скорректированный план на сайте: укажите ссылку.",
                "A school publishes the corrected plan on its site: give the link.",
            ));
        }
        Data::PartnerAssigned(fact) => {
            if let Some(to) = fact.details.valid_to {
                checks::span(mistakes, "/details/valid_to", fact.details.valid_from, to);
            }
        }
        _ => {}
    }
}

/// The word of a value that is one word in JSON.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
