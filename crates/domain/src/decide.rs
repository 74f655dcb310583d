//! What a command leads to: events, or a refusal. Pure: the world is read, never changed.

mod access;
mod bulk;
mod checks;
mod entities;
mod facts;
mod lifecycle;
mod many;
mod measuring;
mod notes;
mod people;
mod plans;
mod proposals;
mod terms;

use jiff::civil::Date;

pub use self::access::{allowed, by_phase};
pub use self::bulk::{Single, Undoing, may_undo, resolve_many, single};
use self::checks::wrong;
pub use self::many::{CLOSED_PART, carry_many, carry_undo, decide_one, item_part, told_refused};
pub use self::measuring::snapshots;
use crate::actor::Actor;
use crate::command::{Act, Command, Selection};
use crate::event::{Data, Event, Target};
use crate::expand::Slot;
use crate::id::{
    EntityCode, ItemCode, MunicipalityCode, ObligationId, OrgCode, PersonCode, PlanCode, RegionCode, RowNo,
};
use crate::ledger::Ledger;
use crate::obligation::{Obligation, PersonIdx, Phase};
use crate::payload::OrgKind;
use crate::plan::{Plan, Share};
use crate::refusal::{Missing, Refusal};
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
    /// The municipality that its organisation belongs to.
    pub municipality: Option<&'a MunicipalityCode>,
    /// The municipality that its organisation was registered in: that one stands in the subjects of its events.
    pub home: Option<&'a MunicipalityCode>,
    /// What its organisation is.
    pub kind: OrgKind,
    /// The rules of the region.
    pub clockwork: &'a Clockwork,
}

impl Standing<'_> {
    /// Its phase on a day: a hold that is over by then has ended.
    #[must_use]
    pub fn phase_on(&self, day: Date) -> Phase {
        self.obligation.on(day).phase
    }

    /// What its events are about, and so the subject that they stand on.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::Obligation(self.region.clone(), self.home.cloned(), self.id.clone())
    }
}

/// What `decide` must know; the register is one, a test's small world another.
pub trait World {
    /// An obligation, if there is one of that id.
    fn standing(&self, id: &ObligationId) -> Option<Standing<'_>>;
    /// What an organisation is, its region, and its municipality.
    fn org(&self, code: &OrgCode) -> Option<OrgPlace<'_>>;
    /// A plan that was imported.
    fn plan(&self, code: &PlanCode) -> Option<&Plan>;
    /// Whether a region has the plan in force.
    fn is_active(&self, plan: &PlanCode, region: &RegionCode) -> bool;
    /// The rules of a region.
    fn region(&self, code: &RegionCode) -> Option<&Clockwork>;
    /// Whether a region has a municipality of that code.
    fn has_municipality(&self, region: &RegionCode, code: &MunicipalityCode) -> bool;
    /// The code of a numbered person.
    fn person(&self, index: PersonIdx) -> Option<&PersonCode>;
    /// What is true beside the obligations.
    fn ledger(&self) -> &Ledger;
    /// The organisations of a scope that owe a row's item under a plan, in the order of their numbers.
    fn owing(&self, plan: &PlanCode, row: &RowNo, item: &ItemCode, within: Option<&str>) -> Vec<OrgCode>;
    /// The obligations that a selection finds, as they stand on a day.
    fn select(&self, selection: &Selection, today: Date) -> Vec<ObligationId>;
}

/// Where an organisation stands.
#[derive(Clone, Copy, Debug)]
pub struct OrgPlace<'a> {
    /// What it is.
    pub kind: OrgKind,
    /// Its region.
    pub region: &'a RegionCode,
    /// Its municipality; authorities of a whole region have none.
    pub municipality: Option<&'a MunicipalityCode>,
}

/// A command about an obligation, with all that decides it.
#[derive(Clone, Copy)]
struct Case<'a> {
    standing: &'a Standing<'a>,
    actor: &'a Actor,
    world: &'a dyn World,
    today: Date,
}

impl Case<'_> {
    fn phase(&self) -> Phase {
        self.standing.phase_on(self.today)
    }

    /// The event of an act on the obligation.
    fn event(&self, occurred_on: Date, data: Data) -> Event {
        let standing = self.standing;
        Event { target: standing.target(), occurred_on, data }
    }

    /// The event of an act that happens now.
    fn now(&self, data: Data) -> Event {
        self.event(self.today, data)
    }

    /// Refuses an act that the phase does not allow.
    fn in_phase(&self, act: Act) -> Result<(), Refusal> {
        let phase = self.phase();
        let allowed = by_phase(phase);
        if allowed.contains(&act) { Ok(()) } else { Err(Refusal::Phase { act, phase, allowed: allowed.to_vec() }) }
    }
}

/// Puts a person under the grant that they name: they act in the lender's role and territory.
///
/// # Errors
/// [`Refusal::Grant`]: it is not theirs, not in force on that day, or not for this act.
pub fn under_grant(
    actor: &Actor,
    grant: Option<&EntityCode>,
    act: Act,
    world: &dyn World,
    today: Date,
) -> Result<Actor, Refusal> {
    let Some(code) = grant else { return Ok(actor.clone()) };
    let lent = world.ledger().grant(code).filter(|grant| {
        let acts = &grant.granted.acts;
        // Authority that was lent is not lent on.
        !matches!(act, Act::GrantAuthority | Act::RevokeAuthority) && (acts.is_empty() || acts.contains(act.as_str()))
    });
    lent.and_then(|grant| grant.lend(&actor.person, today)).ok_or_else(|| Refusal::Grant(code.clone()))
}

/// Decides a command against the world; `today` is the local day of whoever asks.
///
/// # Errors
/// [`Refusal`]: an answer to the person who asked; nothing is to be stored.
pub fn decide(command: &Command, actor: &Actor, world: &dyn World, today: Date) -> Result<Vec<Event>, Refusal> {
    let Some(standing) = permit(command, actor, world, today)? else {
        return beside(command, actor, world, today);
    };
    let case = Case { standing: &standing, actor, world, today };
    let event = match command {
        Command::Submit(body) => facts::submit(case, body),
        Command::NoteFact(body) => facts::note(case, body),
        Command::Correct(body) => facts::correct(case, body),
        Command::Retract(body) => facts::retract(case, body),
        Command::AttachEvidence(body) => facts::attach(case, body),
        Command::Withdraw(_) => lifecycle::withdraw(case),
        Command::Accept(body) => lifecycle::accept(case, body),
        Command::Return(body) => lifecycle::send_back(case, body),
        Command::Reopen(body) => lifecycle::reopen(case, body),
        Command::RejectEvidence(body) => lifecycle::reject_evidence(case, body),
        Command::RequestExtension(body) => terms::request_extension(case, body),
        Command::DeclineExtension(body) => terms::decline_extension(case, body),
        Command::MoveDeadline(body) => terms::move_deadline(case, body),
        Command::RequestExcuse(body) => terms::request_excuse(case, body),
        Command::DeclineExcuse(body) => terms::decline_excuse(case, body),
        Command::Excuse(body) => terms::excuse(case, body),
        Command::RevokeExcuse(body) => terms::revoke_excuse(case, body),
        Command::Schedule(body) => terms::schedule(case, body),
        Command::Reassign(body) => people::reassign(case, body),
        Command::ProposeReassignment(body) => people::propose(case, body),
        Command::AddCo(body) => people::add_co(case, body),
        Command::RemoveCo(body) => people::remove_co(case, body),
        Command::ReportPart(body) => people::report_part(case, body),
        Command::Delegate(body) => people::delegate(case, body),
        Command::EndDelegation(body) => people::end_delegation(case, body),
        Command::Acknowledge(_) => notes::acknowledge(case),
        Command::ReportInterim(body) => notes::interim(case, body),
        Command::Remind(body) => notes::remind(case, body),
        Command::NoticeDeadline(body) => notes::notice(case, body),
        Command::Escalate(body) => notes::escalate(case, body),
        Command::Confirm(body) => {
            proposals::confirm(Some(case), actor, world, &body.proposal, body.comment.clone(), today)
        }
        Command::DeclineProposal(body) => {
            proposals::decline(Some(case), actor, world, &body.proposal, &body.reason, today)
        }
        command => return beside(command, actor, world, today),
    }?;
    Ok(vec![event])
}

/// Decides a command that is not about one obligation.
fn beside(command: &Command, actor: &Actor, world: &dyn World, today: Date) -> Result<Vec<Event>, Refusal> {
    let act = command.act();
    if !act.is_open_to(actor.role) {
        return Err(Refusal::Forbidden { act, role: actor.role });
    }
    match command {
        Command::RecordForAll(body) => bulk::record(body, actor, world, today),
        Command::Confirm(body) => {
            proposals::confirm(None, actor, world, &body.proposal, body.comment.clone(), today).map(|event| vec![event])
        }
        Command::DeclineProposal(body) => {
            proposals::decline(None, actor, world, &body.proposal, &body.reason, today).map(|event| vec![event])
        }
        // One by one, by whoever carries them: each is decided anew.
        Command::ApplyToMany(_) | Command::Undo(_) => Err(Refusal::Forbidden { act, role: actor.role }),
        command => entities::decide(command, actor, world, today)
            .or_else(|| measuring::decide(command, actor, world, today))
            .unwrap_or_else(|| plans::decide(command, actor, world, today)),
    }
}

/// Holds role and territory against a command, before anything of its obligation is told; gives back the
/// obligation that it is about.
///
/// # Errors
/// [`Refusal::Missing`] or [`Refusal::Forbidden`].
pub fn permit<'w>(
    command: &Command,
    actor: &Actor,
    world: &'w dyn World,
    today: Date,
) -> Result<Option<Standing<'w>>, Refusal> {
    let Some(id) = command.obligation() else { return Ok(None) };
    let missing = || Refusal::Missing(Missing::Obligation(id.to_string()));
    let standing = world.standing(id).ok_or_else(missing)?;
    // Whose fact it is: the one that is named, otherwise the one that counts, or for a withdrawal the latest.
    let named = match command {
        Command::Correct(body) => body.event.as_deref(),
        Command::Retract(body) => body.event.as_deref(),
        _ => None,
    };
    let facts = &standing.obligation.live;
    let fact = match (named, command) {
        (Some(name), _) => facts.iter().find(|fact| fact.event.to_string() == name),
        (None, Command::Withdraw(_)) => facts.last(),
        (None, _) => facts.first(),
    };
    let author = match command {
        Command::DeclineProposal(body) => {
            world.ledger().proposal(&body.proposal).is_some_and(|one| proposals::is_own(actor, world, one))
        }
        _ => fact.is_some_and(|fact| access::is_author(actor, world, fact)),
    };
    if access::permitted(actor, command.act(), &standing, author, today) {
        Ok(Some(standing))
    } else {
        Err(Refusal::Forbidden { act: command.act(), role: actor.role })
    }
}
