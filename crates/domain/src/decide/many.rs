//! A command on many as events: its opening, an event or a refusal for each, its closing. How they reach the log, in
//! batches and against rivals, is not told here.

use jiff::civil::Date;

use super::{World, decide, resolve_many, single};
use crate::actor::Actor;
use crate::command::{Act, ApplyToMany, Undo};
use crate::event::{Data, Event, EventId, Target};
use crate::id::{ObligationId, RegionCode};
use crate::limits::BULK_BATCH_EVENTS;
use crate::obligation::Phase;
use crate::payload::{BulkClosed, BulkOpened, BulkRefused, BulkRetracted, FreeText};
use crate::refusal::{Invalid, Missing, Refusal, Words};

/// The part of `bulk.closed` among the command's events; `bulk.opened` has 0, the items have 1 and the following.
pub const CLOSED_PART: u16 = u16::MAX;

/// The part of an item's event among the command's.
#[must_use]
pub fn item_part(at: usize) -> u16 {
    // The limits of a command on many keep it below the last part.
    u16::try_from(at + 1).unwrap_or(CLOSED_PART - 1)
}

/// Decides a command on many for one of its obligations.
///
/// # Errors
/// [`Refusal`]: of this one; the others go on.
pub fn decide_one(
    body: &ApplyToMany,
    id: &ObligationId,
    actor: &Actor,
    world: &dyn World,
    today: Date,
) -> Result<Event, Refusal> {
    let one = single(body, id)?;
    let events = decide(&one.command, actor, world, today)?;
    events.into_iter().next().ok_or_else(|| Refusal::Missing(Missing::Obligation(id.to_string())))
}

/// What `bulk.closed` tells of an obligation that was not changed.
#[must_use]
pub fn told_refused(id: &ObligationId, refusal: &Refusal) -> BulkRefused {
    let words = refusal.words();
    let code = if is_so_already(refusal) { "already_so" } else { refusal.code() };
    BulkRefused { obligation: id.clone(), code: code.to_owned(), ru: words.ru, en: words.en }
}

/// Whether the obligation stands already where the act would bring it.
fn is_so_already(refusal: &Refusal) -> bool {
    let Refusal::Phase { act, phase, .. } = refusal else { return false };
    let goal = match act {
        Act::Accept => Phase::Accepted,
        Act::Return | Act::Reopen => Phase::Returned,
        Act::Excuse => Phase::Excused,
        Act::Schedule => Phase::Open,
        _ => return false,
    };
    *phase == goal
}

/// All events of a command on many, each with its part, as they follow from one state of the world: for whoever
/// writes alone, and all of them in one batch.
///
/// # Errors
/// What refuses the command as a whole; more obligations than one batch holds; under `all_or_nothing` the first
/// refusal of one.
pub fn carry_many(
    body: &ApplyToMany,
    actor: &Actor,
    world: &dyn World,
    today: Date,
) -> Result<Vec<(u16, Event)>, Refusal> {
    let act = open_to(Act::ApplyToMany, actor)?;
    let ids = resolve_many(body, world, today)?;
    fits_a_batch(ids.len())?;
    let region = ids.iter().find_map(|id| world.standing(id).map(|standing| standing.region.clone()));
    let region = region.ok_or_else(|| Refusal::Missing(Missing::Obligation(act.as_str().to_owned())))?;
    let bulk = |data| Event { target: Target::Bulk(region.clone()), occurred_on: today, data };
    let opened = BulkOpened { act: body.act.clone(), obligations: ids.clone() };
    let mut events = vec![(0, bulk(Data::BulkOpened(opened)))];
    let mut refused = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        match decide_one(body, id, actor, world, today) {
            Ok(event) => events.push((item_part(at), event)),
            Err(refusal) if body.all_or_nothing => return Err(refusal),
            Err(refusal) => refused.push(told_refused(id, &refusal)),
        }
    }
    let applied = u32::try_from(events.len() - 1).unwrap_or(u32::MAX);
    events.push((CLOSED_PART, bulk(Data::BulkClosed(BulkClosed { applied, refused }))));
    Ok(events)
}

/// All events that take bulk facts back, each with its part; `facts` are those of the command that `undo` names.
///
/// # Errors
/// [`Refusal::NotUndoable`]: there are none.
pub fn carry_undo(
    undo: &Undo,
    facts: &[(EventId, RegionCode)],
    actor: &Actor,
    today: Date,
) -> Result<Vec<(u16, Event)>, Refusal> {
    let act = open_to(Act::Undo, actor)?;
    fits_a_batch(facts.len())?;
    let Some((_, region)) = facts.first() else {
        let words = Words::new("Отменять нечего: массового факта нет.", "There is no bulk fact to take back.");
        return Err(Refusal::NotUndoable(words));
    };
    let bulk = |data| Event { target: Target::Bulk(region.clone()), occurred_on: today, data };
    let opened = BulkOpened { act: act.as_str().to_owned(), obligations: Vec::new() };
    let mut events = vec![(0, bulk(Data::BulkOpened(opened)))];
    let retractions = facts.iter().map(|(fact, region)| retraction(*fact, region, &undo.reason, today));
    events.extend(retractions.enumerate().map(|(at, event)| (item_part(at), event)));
    let applied = u32::try_from(facts.len()).unwrap_or(u32::MAX);
    events.push((CLOSED_PART, bulk(Data::BulkClosed(BulkClosed { applied, refused: Vec::new() }))));
    Ok(events)
}

/// The event that takes a bulk fact back.
pub(super) fn retraction(fact: EventId, region: &RegionCode, reason: &FreeText, today: Date) -> Event {
    let data = BulkRetracted { target_id: fact.to_string(), reason: reason.clone() };
    Event { target: Target::Bulk(region.clone()), occurred_on: today, data: Data::BulkRetracted(data) }
}

fn open_to(act: Act, actor: &Actor) -> Result<Act, Refusal> {
    if act.is_open_to(actor.role) { Ok(act) } else { Err(Refusal::Forbidden { act, role: actor.role }) }
}

fn fits_a_batch(items: usize) -> Result<(), Refusal> {
    let most = BULK_BATCH_EVENTS - 2;
    if items <= most {
        return Ok(());
    }
    Err(Refusal::Invalid(vec![Invalid::at(
        "/obligations",
        format!("За один раз — не больше {most} обязательств, а здесь {items}."),
        format!("At once at most {most} obligations, here are {items}."),
    )]))
}
