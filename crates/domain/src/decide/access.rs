//! Who may do what, and in which phase (`workflow.md` b).

use jiff::civil::Date;

use super::{Standing, World, proposals};
use crate::actor::{Actor, Role, Scope};
use crate::command::Act;
use crate::obligation::{Phase, Submission};
use crate::payload::OrgKind;
use crate::plan::Holder;

/// The acts that a phase allows, whoever asks.
#[must_use]
pub fn by_phase(phase: Phase) -> &'static [Act] {
    match phase {
        Phase::Unscheduled => UNSCHEDULED,
        Phase::Open | Phase::Returned => OPEN,
        Phase::Submitted => SUBMITTED,
        Phase::Accepted => ACCEPTED,
        Phase::Excused => &[Act::RevokeExcuse, Act::MoveDeadline, Act::Confirm, Act::DeclineProposal],
        Phase::Cancelled | Phase::NotApplicable => &[Act::DeclineProposal],
    }
}

/// The acts of a phase and those that every phase with work left has.
macro_rules! while_owed {
    ($name:ident: $( $act:ident ),*) => {
        const $name: &[Act] = &[
            $( Act::$act, )*
            Act::Excuse, Act::RequestExcuse, Act::DeclineExcuse, Act::Acknowledge, Act::ReportInterim, Act::NoteFact,
            Act::Reassign, Act::ProposeReassignment, Act::AddCo, Act::RemoveCo, Act::ReportPart, Act::Delegate,
            Act::EndDelegation, Act::Remind, Act::NoticeDeadline, Act::Escalate, Act::Confirm, Act::DeclineProposal,
        ];
    };
}

while_owed!(UNSCHEDULED: Schedule);
while_owed!(OPEN: Submit, RequestExtension, DeclineExtension, MoveDeadline);
while_owed!(SUBMITTED: Accept, Return, Withdraw, Correct, Retract, AttachEvidence, RejectEvidence, RequestExtension,
    DeclineExtension, MoveDeadline);

const ACCEPTED: &[Act] = &[
    Act::Reopen,
    Act::Correct,
    Act::Retract,
    Act::AttachEvidence,
    Act::RejectEvidence,
    Act::NoteFact,
    Act::MoveDeadline,
    Act::Confirm,
    Act::DeclineProposal,
];

/// The acts that the phase of an obligation allows to somebody with this role and territory on a day.
#[must_use]
pub fn allowed(standing: &Standing<'_>, actor: &Actor, world: &dyn World, today: Date) -> Vec<Act> {
    let matters = standing.obligation.matters();
    let by = |fact: Option<&Submission>| fact.is_some_and(|fact| is_author(actor, world, fact));
    let of_first = by(standing.obligation.counting());
    let of_last = by(standing.obligation.latest());
    let waiting = || world.ledger().proposals().iter().filter(|one| one.obligation.as_ref() == Some(&standing.id));
    by_phase(standing.phase_on(today))
        .iter()
        .copied()
        .filter(|act| match act {
            Act::MoveDeadline => standing.obligation.on(today).owed_as() != Phase::Unscheduled,
            Act::DeclineExtension => matters.extension.is_some(),
            Act::DeclineExcuse => matters.excuse.is_some(),
            Act::RemoveCo | Act::ReportPart => !matters.co.is_empty(),
            Act::EndDelegation => !matters.delegates.is_empty(),
            Act::Confirm => waiting().any(|one| proposals::is_second(actor, world, one)),
            Act::DeclineProposal => waiting().next().is_some(),
            _ => true,
        })
        .filter(|act| {
            let author = match act {
                Act::Withdraw => of_last,
                Act::DeclineProposal => waiting().any(|one| proposals::is_own(actor, world, one)),
                _ => of_first,
            };
            permitted(actor, *act, standing, author, today)
        })
        .collect()
}

/// Whether a report is a person's own, sent by them or for them.
pub(super) fn is_author(actor: &Actor, world: &dyn World, fact: &Submission) -> bool {
    let people = [Some(fact.actor), fact.behalf];
    people.into_iter().flatten().filter_map(|person| world.person(person)).any(|person| actor.is(person))
}

/// Whether role and territory allow an act; `author`: the report that it is about is the actor's own.
pub(super) fn permitted(actor: &Actor, act: Act, standing: &Standing<'_>, author: bool, today: Date) -> bool {
    if !act.is_open_to(actor.role) {
        return false;
    }
    let covers = actor.scope.covers(&standing.id.org, standing.municipality);
    match act {
        Act::Submit
        | Act::Schedule
        | Act::Acknowledge
        | Act::ReportInterim
        | Act::RequestExtension
        | Act::RequestExcuse
        | Act::ProposeReassignment => holds(actor, standing, covers) || stands_in(actor, act, standing, today),
        Act::Delegate | Act::EndDelegation => holds(actor, standing, covers),
        Act::ReportPart => covers && actor.role != Role::School || is_co(actor, standing),
        // One's own, or anybody's as an auditor.
        Act::Correct | Act::Retract => author || covers && actor.role == Role::Auditor,
        Act::Withdraw => author,
        Act::NoteFact => covers || stands_in(actor, Act::Submit, standing, today),
        Act::AttachEvidence => author || covers && actor.role != Role::School || holds(actor, standing, covers),
        // Whoever controls the territory, or made the proposal.
        Act::DeclineProposal => covers || author,
        act if act.is_about_obligation() || act == Act::Confirm => covers,
        _ => false,
    }
}

/// Whether somebody is the holder, or controls the territory and reports for anybody in it.
fn holds(actor: &Actor, standing: &Standing<'_>, covers: bool) -> bool {
    let named = standing.obligation.matters().holder.as_ref();
    if actor.role != Role::School {
        return covers || named.is_some_and(|holder| is_holder(actor, holder));
    }
    match named.unwrap_or(&standing.share.holder) {
        Holder::SchoolHead => covers && standing.kind == OrgKind::School,
        holder => is_holder(actor, holder),
    }
}

fn is_holder(actor: &Actor, holder: &Holder) -> bool {
    match holder {
        Holder::Person(person) => actor.is(person),
        Holder::Org(org) => actor.scope == Scope::Org(org.clone()),
        Holder::SchoolHead => false,
    }
}

/// Whether the holder lets somebody act for them on a day.
fn stands_in(actor: &Actor, act: Act, standing: &Standing<'_>, today: Date) -> bool {
    let lent =
        matches!(act, Act::Submit | Act::Acknowledge | Act::ReportInterim | Act::RequestExtension | Act::RequestExcuse);
    lent && standing.obligation.matters().delegates_to(&actor.person, today)
}

fn is_co(actor: &Actor, standing: &Standing<'_>) -> bool {
    standing.obligation.matters().co.iter().any(|co| is_holder(actor, &co.who))
}
