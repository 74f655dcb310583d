//! One act on many: facts as one event, transitions one by one, and what takes each back.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::Value;

use super::access::by_phase;
use super::many::retraction;
use super::{Standing, World, facts, wrong};
use crate::actor::{Actor, Role, Scope};
use crate::command::{Act, ApplyToMany, Command, RecordForAll};
use crate::event::{Data, Event, Target};
use crate::id::{ItemCode, ObligationId, OrgCode};
use crate::limits::{BULK_OBLIGATIONS_MAX, BULK_RECIPIENTS_PER_EVENT};
use crate::obligation::Phase;
use crate::payload::{AcceptanceRevoked, BulkRecorded, DeadlineMoved, ExcuseRevoked, FactRetracted, FreeText, Payload};
use crate::plan::Holder;
use crate::refusal::{Invalid, Missing, Refusal, Words};

/// Decides one fact for all of a scope: one event a thousand recipients.
pub(super) fn record(
    body: &RecordForAll,
    actor: &Actor,
    world: &dyn World,
    today: Date,
) -> Result<Vec<Event>, Refusal> {
    world.plan(&body.plan).ok_or_else(|| Refusal::Missing(Missing::Plan(body.plan.clone())))?;
    let item = body.item.clone().unwrap_or_else(ItemCode::none);
    let recipients = recipients(body, &item, world)?;
    let mut mistakes = Vec::new();
    let mut region = None;
    let mut first: Option<Standing<'_>> = None;
    for org in &recipients {
        let id = ObligationId { plan: body.plan.clone(), row: body.row.clone(), org: org.clone(), item: item.clone() };
        let missing = || Refusal::Missing(Missing::Obligation(id.to_string()));
        let standing = world.standing(&id).ok_or_else(missing)?;
        if !actor.scope.covers(org, standing.municipality) {
            return Err(Refusal::Forbidden { act: Act::RecordForAll, role: actor.role });
        }
        match region {
            None => region = Some(standing.region.clone()),
            Some(ref known) if known != standing.region => mistakes.push(Invalid::at(
                "/within",
                "Один массовый факт — одного региона: отправьте по команде на регион.",
                "One bulk fact is of one region: send a command for each.",
            )),
            Some(_) => {}
        }
        first.get_or_insert(standing);
    }
    let (Some(standing), Some(region)) = (first, region) else {
        return Err(Refusal::Invalid(vec![Invalid::at(
            "/within",
            format!("По строке {} (позиция {item}) никому ничего не поручено: получателей нет.", body.row),
            format!("Nobody in the scope owes row {} (item {item}): there are no recipients.", body.row),
        )]));
    };
    check_fact(&mut mistakes, body, &standing, today);
    let data = facts::fact(&mut mistakes, &standing.share.event, &body.details, &body.evidence, body.comment.as_ref());
    let Some(data) = data else { return Err(Refusal::Invalid(mistakes)) };
    facts::check_details(&mut mistakes, &standing, &data);
    facts::check_required(&mut mistakes, &standing, &data);
    let payload = data.to_payload().unwrap_or(Payload(Value::Null));
    let event_type = standing.share.event.clone();
    let events = recipients.chunks(BULK_RECIPIENTS_PER_EVENT).map(|some| Event {
        target: Target::Bulk(region.clone()),
        occurred_on: body.occurred_on,
        data: Data::BulkRecorded(Box::new(BulkRecorded {
            plan: body.plan.clone(),
            region: region.clone(),
            row: body.row.clone(),
            item: item.clone(),
            event_type: event_type.clone(),
            recipients: some.to_vec(),
            payload: payload.clone(),
        })),
    });
    wrong(mistakes, events.collect())
}

fn recipients(body: &RecordForAll, item: &ItemCode, world: &dyn World) -> Result<Vec<OrgCode>, Refusal> {
    if body.recipients.is_empty() == body.within.is_none() {
        return Err(Refusal::Invalid(vec![Invalid::at(
            "/within",
            "Укажите либо within, либо recipients.",
            "Give either within or recipients.",
        )]));
    }
    if body.recipients.is_empty() {
        return Ok(world.owing(&body.plan, &body.row, item, body.within.as_deref()));
    }
    let mut seen = BTreeSet::new();
    Ok(body.recipients.iter().filter(|org| seen.insert(*org)).cloned().collect())
}

/// A bulk act states what was sent, issued, published or held; what each school answers for itself is its own.
fn check_fact(mistakes: &mut Vec<Invalid>, body: &RecordForAll, standing: &Standing<'_>, today: Date) {
    if matches!(standing.share.event.as_str(), "checklist.submitted" | "site.analysed" | "partner.assigned") {
        mistakes.push(Invalid::at(
            "/row",
            format!("{} у каждой организации свой: сдаётся по одному.", standing.share.event),
            format!("{} differs from one organisation to the next: report it one by one.", standing.share.event),
        ));
    }
    super::checks::day(mistakes, "/occurred_on", standing, body.occurred_on, today);
    if facts::is_backdated(standing, body.occurred_on, today) {
        mistakes.push(Invalid::at(
            "/occurred_on",
            "Так давно — только по одному, с подтверждением второго лица.",
            "So far back only one by one, each confirmed by a second person.",
        ));
    }
    let for_heads = standing.share.holder == Holder::SchoolHead;
    if for_heads && body.comment.as_ref().is_none_or(|text| text.0.trim().is_empty()) {
        mistakes.push(Invalid::at(
            "/comment",
            "За руководителей школ сдают с основанием: укажите его в comment.",
            "Whoever reports for heads of schools gives the ground: name it in comment.",
        ));
    }
}

/// The obligations that a command on many is about, in the order in which they are carried.
///
/// # Errors
/// [`Refusal::Invalid`]: none, too many, both ways of naming them, or an act that is not for many.
pub fn resolve_many(body: &ApplyToMany, world: &dyn World, today: Date) -> Result<Vec<ObligationId>, Refusal> {
    let one = |pointer: &str, ru: String, en: String| Refusal::Invalid(vec![Invalid::at(pointer, ru, en)]);
    if act_for_many(&body.act).is_none() {
        let known = MANY.iter().map(|act| act.as_str()).collect::<Vec<_>>().join(", ");
        let ru = format!("Действие {} не массовое; массовые: {known}.", body.act);
        return Err(one("/act", ru, format!("The act {} is not for many; these are: {known}.", body.act)));
    }
    let mut seen = BTreeSet::new();
    let obligations: Vec<ObligationId> = match (&body.filter, body.obligations.is_empty()) {
        (Some(filter), true) => world.select(filter, today),
        (None, false) => body.obligations.iter().filter(|id| seen.insert(*id)).cloned().collect(),
        _ => {
            let ru = "Укажите либо obligations, либо filter.".to_owned();
            return Err(one("/obligations", ru, "Give either obligations or filter.".to_owned()));
        }
    };
    if obligations.is_empty() || obligations.len() > BULK_OBLIGATIONS_MAX {
        let ru = format!("Обязательств {}; в одной команде от 1 до {BULK_OBLIGATIONS_MAX}.", obligations.len());
        let en = format!("{} obligations; one command takes 1 to {BULK_OBLIGATIONS_MAX}.", obligations.len());
        return Err(one("/obligations", ru, en));
    }
    Ok(obligations)
}

/// The acts that may be done on many at once: each can be judged without looking into a report.
const MANY: [Act; 16] = [
    Act::Accept,
    Act::Return,
    Act::Reopen,
    Act::Excuse,
    Act::RevokeExcuse,
    Act::DeclineExcuse,
    Act::MoveDeadline,
    Act::DeclineExtension,
    Act::Schedule,
    Act::Reassign,
    Act::AddCo,
    Act::RemoveCo,
    Act::Acknowledge,
    Act::Remind,
    Act::NoticeDeadline,
    Act::Escalate,
];

fn act_for_many(name: &str) -> Option<Act> {
    Act::from_name(name).filter(|act| MANY.contains(act))
}

/// A command on many, for one of its obligations.
#[derive(Clone, Debug)]
pub struct Single {
    /// Its act.
    pub act: Act,
    /// The command.
    pub command: Command,
}

/// The command that a command on many is for one of its obligations.
///
/// # Errors
/// [`Refusal::Invalid`]: the body does not fit the act.
pub fn single(body: &ApplyToMany, id: &ObligationId) -> Result<Single, Refusal> {
    let bad = |error: &dyn std::fmt::Display| {
        let ru = format!("Тело не подходит к действию {}: {error}.", body.act);
        Refusal::Invalid(vec![Invalid::at(
            "/body",
            ru,
            format!("The body does not fit the act {}: {error}.", body.act),
        )])
    };
    let act = act_for_many(&body.act).ok_or_else(|| bad(&"unknown act"))?;
    let mut fields: Value = serde_json::from_str(body.body.get()).map_err(|error| bad(&error))?;
    match fields.as_object_mut() {
        Some(fields) if !fields.contains_key("obligation") => {
            fields.insert("obligation".to_owned(), Value::String(id.to_string()));
        }
        _ => return Err(bad(&"an object without `obligation` is expected")),
    }
    let command = Command::read(act, fields.to_string().as_bytes()).map_err(|error| bad(&error))?;
    Ok(Single { act, command })
}

/// What takes one event of a bulk command back.
#[derive(Clone, Debug)]
pub struct Undoing<'a> {
    /// Position of the event.
    pub seq: crate::id::Seq,
    /// Id of the event.
    pub event: crate::event::EventId,
    /// What it says.
    pub data: &'a Data,
    /// The deadline that held before it, where it moved one.
    pub due_before: Option<Date>,
    /// Why it is taken back.
    pub reason: &'a FreeText,
}

impl Undoing<'_> {
    /// The event that takes a bulk fact back; `None` when this is none.
    #[must_use]
    pub fn of_bulk(&self, today: Date) -> Option<Event> {
        let Data::BulkRecorded(fact) = self.data else { return None };
        Some(retraction(self.event, &fact.region, self.reason, today))
    }

    /// The event that takes a transition of one obligation back.
    ///
    /// # Errors
    /// [`Refusal::Phase`]: something else happened since. [`Refusal::NotUndoable`]: nothing takes it back.
    pub fn of_obligation(&self, standing: &Standing<'_>, today: Date) -> Result<Event, Refusal> {
        let reason = self.reason.clone();
        let (act, phases, data): (Act, &[Phase], Data) = match self.data {
            Data::ReportAccepted(accepted) => {
                // Another report was accepted since: that is another act's.
                if !standing.obligation.live.iter().any(|report| report.event.to_string() == accepted.report) {
                    return Err(not_undoable());
                }
                let revoked = AcceptanceRevoked { report: accepted.report.clone(), reason };
                (Act::Accept, &[Phase::Accepted], Data::AcceptanceRevoked(revoked))
            }
            Data::DeadlineMoved(moved) => {
                let basis = format!("{} / {}", moved.basis, reason.0);
                let due = self.due_before.filter(|_| standing.obligation.moved_due == Some(moved.due));
                let due = due.ok_or_else(not_undoable)?;
                let back = Data::DeadlineMoved(DeadlineMoved { due, basis });
                (Act::MoveDeadline, &[Phase::Open, Phase::Submitted, Phase::Returned, Phase::Excused], back)
            }
            Data::ExcuseGranted(_) => (Act::Excuse, &[Phase::Excused], Data::ExcuseRevoked(ExcuseRevoked { reason })),
            data if data.is_fact() => {
                let retracted = FactRetracted { target: self.seq, target_id: self.event.to_string(), reason };
                (Act::Submit, &[Phase::Submitted, Phase::Accepted], Data::FactRetracted(retracted))
            }
            _ => return Err(not_undoable()),
        };
        let phase = standing.phase_on(today);
        if !phases.contains(&phase) {
            return Err(Refusal::Phase { act, phase, allowed: by_phase(phase).to_vec() });
        }
        let target = standing.target();
        Ok(Event { target, occurred_on: today, data })
    }
}

fn not_undoable() -> Refusal {
    Refusal::NotUndoable(Words::new(
        "Это действие не отменяется: исправьте его отдельным действием.",
        "Nothing takes this act back: mend it by an act of its own.",
    ))
}

/// Whether a person may take another's bulk command back: its author, or the ministry.
#[must_use]
pub fn may_undo(actor: &Actor, author: &crate::id::PersonCode) -> bool {
    actor.is(author) || actor.role == Role::Ministry && actor.scope == Scope::All
}
