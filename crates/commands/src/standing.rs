//! What a command finds in the state: the obligation it is about, the local day, what is allowed.

use domain::actor::Actor;
use domain::command::{Act, ApplyToMany, Command};
use domain::decide::{World, allowed};
use domain::event::{Event, EventId};
use domain::id::{OrgCode, PlanCode, Seq};
use domain::ledger::Proposal;
use domain::obligation::Obligation;
use domain::refusal::Refusal;
use domain::timeliness::Clockwork;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use projector::State;
use register::Register;

use crate::error::SubmitError;
use crate::request::{EventNote, ObligationAfter, Request};

/// An obligation as it was decided on.
pub(crate) struct Before {
    pub(crate) ordinal: u32,
    pub(crate) obligation: Obligation,
    /// The proposal that the command confirms.
    pub(crate) waiting: Option<Proposal>,
}

/// An obligation that is not at the version that the client saw.
pub(crate) struct Stale {
    pub(crate) ordinal: u32,
    pub(crate) expected: Seq,
    pub(crate) current: Seq,
    pub(crate) allowed: Vec<Act>,
}

/// An obligation as answers tell it; its timeliness on the local day of an instant.
pub(crate) fn obligation_after(
    register: &Register,
    ordinal: u32,
    obligation: &Obligation,
    at: Timestamp,
) -> ObligationAfter {
    let standing = register.standing_of(ordinal);
    let timeliness = standing.clockwork.timeliness(obligation, standing.clockwork.day_of(at));
    ObligationAfter {
        id: standing.id,
        version: obligation.version,
        phase: obligation.phase.as_str(),
        timeliness: timeliness.as_str(),
    }
}

/// The local day of whoever a command is about.
pub(crate) fn local_day(register: &Register, command: &Command, now: Timestamp) -> Date {
    if let Command::ConfigureRegion(body) = command {
        let zone = TimeZone::get(&body.rules.zone).unwrap_or(TimeZone::UTC);
        return zone.to_datetime(now).date();
    }
    let of_obligation = command.obligation().and_then(|id| Some(register.standing(id)?.clockwork));
    let named = match command {
        Command::ActivatePlan(body) => register.region(&body.region),
        Command::AmendPlan(body) => register.region(&body.region),
        Command::ClosePlan(body) => register.region(&body.region),
        Command::EnrolSchool(body) => register.region(&body.region),
        Command::WithdrawSchool(body) => register.region(&body.region),
        Command::OpenMonitoring(body) => register.region(&body.region),
        Command::ClosePeriod(body) => register.region(&body.region),
        Command::ReopenPeriod(body) => register.region(&body.region),
        Command::SetTarget(body) => register.region(&body.region),
        Command::TransferOrg(body) => region_of_org(register, &body.org),
        Command::OpenClass(body) => region_of_org(register, &body.school),
        Command::RecordForAll(body) => region_of_plan(register, &body.plan),
        Command::ApplyToMany(body) => region_of_many(register, body),
        Command::RegisterOrganisations(body) => body.organisations.first().and_then(|org| register.region(&org.region)),
        _ => None,
    };
    let any = || register.regions().first().map(|region| &region.clockwork);
    let clockwork: Option<&Clockwork> = of_obligation.or(named).or_else(any);
    clockwork.map_or_else(|| TimeZone::UTC.to_datetime(now).date(), |clockwork| clockwork.local_day(now))
}

fn region_of_org<'r>(register: &'r Register, org: &OrgCode) -> Option<&'r Clockwork> {
    register.region(register.org(org)?.region)
}

/// The region of the first obligation, or the first that has the plan of the filter in force.
fn region_of_many<'r>(register: &'r Register, body: &ApplyToMany) -> Option<&'r Clockwork> {
    let first = body.obligations.first().and_then(|id| Some(register.standing(id)?.clockwork));
    first.or_else(|| region_of_plan(register, &body.filter.as_ref()?.plan))
}

/// The first region that has a plan in force.
fn region_of_plan<'r>(register: &'r Register, plan: &PlanCode) -> Option<&'r Clockwork> {
    let plan = register.plan_index(plan.as_str())?;
    let activation = register.activations().iter().find(|activation| activation.plan == plan)?;
    Some(&register.regions()[activation.region].clockwork)
}

/// The obligation that a command is about, as it stands.
pub(crate) fn before(register: &Register, command: &Command) -> Option<Before> {
    let ordinal = register.find(command.obligation()?)?;
    let waiting = match command {
        Command::Confirm(body) => register.ledger().proposal(&body.proposal).cloned(),
        _ => None,
    };
    Some(Before { ordinal, obligation: register.obligation(ordinal), waiting })
}

/// Whether the client saw another version than the one there is.
pub(crate) fn stale(state: &State, request: &Request, acting: &Actor, command: &Command, today: Date) -> Option<Stale> {
    let expected = request.if_match?;
    let ordinal = state.register.find(command.obligation()?)?;
    let current = state.register.obligation(ordinal).version;
    let allowed = || allowed_now(state, acting, command, today);
    (current != expected).then(|| Stale { ordinal, expected, current, allowed: allowed() })
}

/// A refusal, with what is allowed in place of the command.
pub(crate) fn refused(state: &State, acting: &Actor, command: &Command, today: Date, refusal: Refusal) -> SubmitError {
    let allowed = match &refusal {
        Refusal::Phase { .. }
        | Refusal::OwnReport
        | Refusal::SamePerson
        | Refusal::PartsMissing
        | Refusal::NothingWaits(_) => allowed_now(state, acting, command, today),
        Refusal::Missing(_)
        | Refusal::Forbidden { .. }
        | Refusal::Grant(_)
        | Refusal::NotUndoable(_)
        | Refusal::Exists(_)
        | Refusal::Invalid(_) => Vec::new(),
    };
    SubmitError::Refused { refusal, allowed }
}

fn allowed_now(state: &State, acting: &Actor, command: &Command, today: Date) -> Vec<Act> {
    let Some(standing) = command.obligation().and_then(|id| state.register.standing(id)) else { return Vec::new() };
    allowed(&standing, acting, &state.register, today)
}

/// An event as receipts tell it.
pub(crate) fn note(event: &Event, id: EventId, seq: Option<Seq>) -> EventNote {
    EventNote { event_id: id.to_string(), event_type: event.data.type_name().to_owned(), seq, effect: None }
}
