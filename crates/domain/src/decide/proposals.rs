//! Acts that need a second person: they wait, and hold as if made when they were proposed.

use jiff::civil::Date;

use super::{Case, World, wrong};
use crate::actor::{Actor, Role, Scope};
use crate::command::Act;
use crate::decide::checks;
use crate::event::{Data, Event, Target};
use crate::ledger::Proposal;
use crate::payload::{FreeText, ProposalConfirmed, ProposalDeclined, ProposalMade};
use crate::refusal::{Missing, Refusal};

/// Turns the event of an act into the proposal of it.
pub(super) fn propose(act: Act, event: Event, today: Date) -> Event {
    // Every payload of the catalogue is JSON: it came as JSON.
    let Ok(payload) = event.data.to_payload() else { return event };
    let made = ProposalMade {
        act: act.as_str().to_owned(),
        event_type: event.data.type_name().to_owned(),
        occurred_on: event.occurred_on,
        payload,
    };
    Event { target: event.target, occurred_on: today, data: Data::ProposalMade(Box::new(made)) }
}

/// Confirms a proposal as its second person.
pub(super) fn confirm(
    case: Option<Case<'_>>,
    actor: &Actor,
    world: &dyn World,
    id: &str,
    comment: Option<FreeText>,
    today: Date,
) -> Result<Event, Refusal> {
    let waiting = find(case, world, id)?;
    in_phase(case, Act::Confirm)?;
    still_possible(case, waiting)?;
    if !may_confirm(actor.role, &waiting.made.act) || !reaches(case, actor) {
        return Err(Refusal::Forbidden { act: Act::Confirm, role: actor.role });
    }
    if is_own(actor, world, waiting) {
        return Err(Refusal::SamePerson);
    }
    let mut mistakes = Vec::new();
    checks::text(&mut mistakes, "/comment", comment.as_ref());
    let data = Data::ProposalConfirmed(ProposalConfirmed { proposal: id.to_owned(), comment });
    wrong(mistakes, Event { target: target(case, world, waiting)?, occurred_on: today, data })
}

/// Declines a proposal, or takes one's own back.
pub(super) fn decline(
    case: Option<Case<'_>>,
    actor: &Actor,
    world: &dyn World,
    id: &str,
    reason: &FreeText,
    today: Date,
) -> Result<Event, Refusal> {
    let waiting = find(case, world, id)?;
    in_phase(case, Act::DeclineProposal)?;
    let second = may_confirm(actor.role, &waiting.made.act) && reaches(case, actor);
    if !second && !is_own(actor, world, waiting) {
        return Err(Refusal::Forbidden { act: Act::DeclineProposal, role: actor.role });
    }
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", reason);
    let data = Data::ProposalDeclined(ProposalDeclined { proposal: id.to_owned(), reason: reason.clone() });
    wrong(mistakes, Event { target: target(case, world, waiting)?, occurred_on: today, data })
}

/// The proposal of an id, if it is about what the command is about.
fn find<'w>(case: Option<Case<'_>>, world: &'w dyn World, id: &str) -> Result<&'w Proposal, Refusal> {
    let about = case.map(|case| &case.standing.id);
    let waiting = world.ledger().proposal(id).filter(|waiting| waiting.obligation.as_ref() == about);
    waiting.ok_or_else(|| Refusal::Missing(Missing::Proposal(id.chars().take(80).collect())))
}

/// Whose word makes an act hold: the controller's for what is claimed, the issuer's for what only the issuer may do.
fn may_confirm(role: Role, act: &str) -> bool {
    match Act::from_name(act) {
        Some(Act::Submit | Act::Correct) => matches!(role, Role::Coordinator | Role::Ministry),
        Some(_) => role == Role::Ministry,
        None => false,
    }
}

/// Whether a person may be the second one of a proposal.
pub(super) fn is_second(actor: &Actor, world: &dyn World, waiting: &Proposal) -> bool {
    may_confirm(actor.role, &waiting.made.act) && !is_own(actor, world, waiting)
}

/// What is about one obligation is held to its phase.
fn in_phase(case: Option<Case<'_>>, act: Act) -> Result<(), Refusal> {
    case.map_or(Ok(()), |case| case.in_phase(act))
}

/// What was proposed must have something left to change; a report may come as a further one.
fn still_possible(case: Option<Case<'_>>, waiting: &Proposal) -> Result<(), Refusal> {
    match (case, Act::from_name(&waiting.made.act)) {
        (Some(case), Some(Act::Submit)) if case.phase().counts() => Ok(()),
        (Some(case), Some(act)) => case.in_phase(act),
        (Some(_) | None, _) => Ok(()),
    }
}

/// A plan is everybody's: only who is over all of them decides on it.
fn reaches(case: Option<Case<'_>>, actor: &Actor) -> bool {
    case.is_some() || actor.scope == Scope::All
}

pub(super) fn is_own(actor: &Actor, world: &dyn World, waiting: &Proposal) -> bool {
    let people = [Some(waiting.actor), waiting.behalf];
    people.into_iter().flatten().filter_map(|person| world.person(person)).any(|person| actor.is(person))
}

fn target(case: Option<Case<'_>>, world: &dyn World, waiting: &Proposal) -> Result<Target, Refusal> {
    if let Some(case) = case {
        return Ok(case.now(Data::Unknown("".into())).target);
    }
    match Data::from_payload(&waiting.made.event_type, &waiting.made.payload) {
        Some(Ok(Data::PlanAmended(amended))) if world.is_active(&amended.plan, &amended.region) => {
            Ok(Target::Activation(amended.region, amended.plan))
        }
        _ => Err(Refusal::Missing(Missing::Proposal(waiting.event.to_string()))),
    }
}
