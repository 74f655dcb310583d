//! What a command leads to: events, or a refusal. Pure: the world is read, never changed.

mod facts;
mod lifecycle;
mod planning;

use jiff::civil::Date;

use crate::actor::Actor;
use crate::command::{Act, Command};
use crate::event::Event;
use crate::expand::Slot;
use crate::id::{MunicipalityCode, ObligationId, OrgCode, PersonCode, PlanCode, RegionCode};
use crate::obligation::{Obligation, PersonIdx};
use crate::payload::OrgKind;
use crate::plan::{Plan, Share};
use crate::refusal::{Invalid, Missing, Refusal};
use crate::timeliness::Clockwork;

/// One obligation and where it stands in the world.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// Its id.
    pub id: ObligationId,
    /// Its state.
    pub obligation: Obligation,
    /// Its place in the plan.
    pub slot: &'a Slot,
    /// The share of the plan that makes it.
    pub share: &'a Share,
    /// The region that activated the plan.
    pub region: &'a RegionCode,
    /// The municipality of its organisation.
    pub municipality: Option<&'a MunicipalityCode>,
    /// What its organisation is.
    pub kind: OrgKind,
    /// The rules of the region.
    pub clockwork: &'a Clockwork,
}

/// What `decide` must know; the register is one, a test's small world another.
pub trait World {
    /// An obligation, if there is one of that id.
    fn standing(&self, id: &ObligationId) -> Option<Standing<'_>>;
    /// What an organisation is, and its region.
    fn org(&self, code: &OrgCode) -> Option<(OrgKind, &RegionCode)>;
    /// A plan that was imported.
    fn plan(&self, code: &PlanCode) -> Option<&Plan>;
    /// Whether a region has the plan in force.
    fn is_active(&self, plan: &PlanCode, region: &RegionCode) -> bool;
    /// The rules of a region.
    fn region(&self, code: &RegionCode) -> Option<&Clockwork>;
    /// The code of a numbered person.
    fn person(&self, index: PersonIdx) -> Option<&PersonCode>;
}

/// Decides a command against the world; `today` is the local day of whoever asks.
///
/// # Errors
/// [`Refusal`]: an answer to the person who asked; nothing is to be stored.
pub fn decide(command: &Command, actor: &Actor, world: &dyn World, today: Date) -> Result<Vec<Event>, Refusal> {
    if let Some(standing) = permit(command, actor, world)? {
        let event = match command {
            Command::Submit(body) => facts::submit(&standing, body, today),
            Command::Accept(body) => lifecycle::accept(&standing, actor, world, body, today),
            Command::Return(body) => lifecycle::send_back(&standing, actor, world, body, today),
            Command::Excuse(body) => lifecycle::excuse(&standing, body, today),
            Command::Schedule(body) => lifecycle::schedule(&standing, body, today),
            Command::MoveDeadline(body) => lifecycle::move_deadline(&standing, body, today),
            Command::Correct(body) => facts::correct(&standing, body, today),
            Command::Retract(body) => facts::retract(&standing, body, today),
            Command::ConfigureRegion(_)
            | Command::RegisterOrganisations(_)
            | Command::ImportPlan(_)
            | Command::ActivatePlan(_)
            | Command::OpenImport(_)
            | Command::CloseImport(_) => return planning::decide(command, actor, world, today),
        }?;
        return Ok(vec![event]);
    }
    planning::decide(command, actor, world, today)
}

/// Holds role and territory against a command, before anything of its obligation is told; gives back the
/// obligation that it is about.
///
/// # Errors
/// [`Refusal::Missing`] or [`Refusal::Forbidden`].
pub fn permit<'w>(command: &Command, actor: &Actor, world: &'w dyn World) -> Result<Option<Standing<'w>>, Refusal> {
    let Some(id) = command.obligation() else { return Ok(None) };
    let missing = || Refusal::Missing(Missing::Obligation(id.to_string()));
    let standing = world.standing(id).ok_or_else(missing)?;
    // Whose fact it is: the one that is named, otherwise the one that counts.
    let named = match command {
        Command::Correct(body) => body.event.as_deref(),
        Command::Retract(body) => body.event.as_deref(),
        _ => None,
    };
    let facts = &standing.obligation.live;
    let fact = match named {
        Some(name) => facts.iter().find(|fact| fact.event.to_string() == name),
        None => facts.first(),
    };
    let author = fact.and_then(|fact| world.person(fact.actor));
    if lifecycle::permitted(actor, command.act(), &standing, author) {
        Ok(Some(standing))
    } else {
        Err(Refusal::Forbidden { act: command.act(), role: actor.role })
    }
}

/// The acts that the phase of an obligation allows to somebody with this role and territory.
#[must_use]
pub fn allowed(standing: &Standing<'_>, actor: &Actor, author: Option<&PersonCode>) -> Vec<Act> {
    lifecycle::by_phase(standing.obligation.phase)
        .iter()
        .copied()
        .filter(|act| lifecycle::permitted(actor, *act, standing, author))
        .collect()
}

fn wrong<T>(mistakes: Vec<Invalid>, value: T) -> Result<T, Refusal> {
    if mistakes.is_empty() { Ok(value) } else { Err(Refusal::Invalid(mistakes)) }
}
