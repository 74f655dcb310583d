//! Acts on who answers for an obligation, who helps and who stands in.

use super::{Case, checks, wrong};
use crate::actor::{Role, Scope};
use crate::calendar::half_term;
use crate::command::{Act, AddCo, Delegate, EndDelegation, ProposeReassignment, Reassign, RemoveCo, ReportPart};
use crate::event::{Data, Event};
use crate::limits::PEOPLE_OF_OBLIGATION_MAX;
use crate::payload::{
    CoAdded, CoRemoved, CoReported, DelegationEnded, ObligationDelegated, ObligationReassigned, OrgKind,
    ReassignmentProposed,
};
use crate::plan::Holder;
use crate::refusal::{Invalid, Refusal, Words};

/// Names another holder.
pub(super) fn reassign(case: Case<'_>, body: &Reassign) -> Result<Event, Refusal> {
    case.in_phase(Act::Reassign)?;
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    check_holder(&mut mistakes, case, "/holder", &body.holder);
    let data = ObligationReassigned { holder: body.holder.clone(), basis: body.basis.clone() };
    wrong(mistakes, case.now(Data::ObligationReassigned(data)))
}

/// Asks the issuer to name another holder.
pub(super) fn propose(case: Case<'_>, body: &ProposeReassignment) -> Result<Event, Refusal> {
    case.in_phase(Act::ProposeReassignment)?;
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    check_holder(&mut mistakes, case, "/holder", &body.holder);
    let data = ReassignmentProposed { holder: body.holder.clone(), reason: body.reason.clone() };
    wrong(mistakes, case.now(Data::ReassignmentProposed(data)))
}

/// Adds a co-executor, whose part is due in the first half of the term.
pub(super) fn add_co(case: Case<'_>, body: &AddCo) -> Result<Event, Refusal> {
    case.in_phase(Act::AddCo)?;
    let mut mistakes = Vec::new();
    check_holder(&mut mistakes, case, "/who", &body.who);
    if body.who == Holder::SchoolHead {
        mistakes.push(Invalid::at(
            "/who",
            "Соисполнитель — организация или лицо: назовите код.",
            "A co-executor is an organisation or a person: name the code.",
        ));
    }
    let co = &case.standing.obligation.matters().co;
    check_room(&mut mistakes, "/who", co.len());
    if co.iter().any(|one| one.who == body.who) {
        mistakes.push(Invalid::at("/who", "Этот соисполнитель уже назначен.", "This co-executor is named already."));
    }
    let due = case.standing.obligation.due();
    if let Some(own) = body.due {
        checks::due(&mut mistakes, "/due", case.standing, own);
        if due.is_some_and(|due| own > due) {
            mistakes.push(Invalid::at(
                "/due",
                "Часть сдаётся не позже срока всего обязательства.",
                "A part is due no later than the whole.",
            ));
        }
    }
    let half = || due.map(|due| half_term(case.today, due));
    let data = CoAdded { who: body.who.clone(), due: body.due.or_else(half) };
    wrong(mistakes, case.now(Data::CoAdded(data)))
}

/// Does without a co-executor.
pub(super) fn remove_co(case: Case<'_>, body: &RemoveCo) -> Result<Event, Refusal> {
    case.in_phase(Act::RemoveCo)?;
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    known_co(case, &body.who)?;
    let data = CoRemoved { who: body.who.clone(), reason: body.reason.clone() };
    wrong(mistakes, case.now(Data::CoRemoved(data)))
}

/// Gives one's part.
pub(super) fn report_part(case: Case<'_>, body: &ReportPart) -> Result<Event, Refusal> {
    case.in_phase(Act::ReportPart)?;
    let own = || match (&case.actor.scope, case.actor.role) {
        (Scope::Org(org), Role::School) => {
            let as_org = Holder::Org(org.clone());
            let named = case.standing.obligation.matters().co.iter().any(|co| co.who == as_org);
            if named { as_org } else { Holder::Person(case.actor.person.clone()) }
        }
        _ => Holder::Person(case.actor.person.clone()),
    };
    let who = body.who.clone().unwrap_or_else(own);
    known_co(case, &who)?;
    let is_own = match &who {
        Holder::Person(person) => case.actor.is(person),
        Holder::Org(org) => case.actor.scope == Scope::Org(org.clone()),
        Holder::SchoolHead => false,
    };
    if !is_own && case.actor.role == Role::School {
        return Err(Refusal::Forbidden { act: Act::ReportPart, role: case.actor.role });
    }
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/text", &body.text);
    wrong(mistakes, case.now(Data::CoReported(CoReported { who, text: body.text.clone() })))
}

/// Lets somebody act as the holder for some days.
pub(super) fn delegate(case: Case<'_>, body: &Delegate) -> Result<Event, Refusal> {
    case.in_phase(Act::Delegate)?;
    let mut mistakes = Vec::new();
    let from = body.from.unwrap_or(case.today);
    checks::basis(&mut mistakes, "/basis", &body.basis);
    checks::span(&mut mistakes, "/until", from.max(case.today), body.until);
    check_room(&mut mistakes, "/to", case.standing.obligation.matters().delegates.len());
    if case.actor.is(&body.to) {
        mistakes.push(Invalid::at("/to", "Поручают другому лицу.", "It is delegated to somebody else."));
    }
    let data = ObligationDelegated { to: body.to.clone(), from, until: body.until, basis: body.basis.clone() };
    wrong(mistakes, case.now(Data::ObligationDelegated(data)))
}

/// Ends a delegation.
pub(super) fn end_delegation(case: Case<'_>, body: &EndDelegation) -> Result<Event, Refusal> {
    case.in_phase(Act::EndDelegation)?;
    if !case.standing.obligation.matters().delegates.iter().any(|one| one.to == body.to) {
        return Err(Refusal::NothingWaits(Words::new(
            format!("Этому лицу ({}) обязательство не поручено.", body.to),
            format!("The obligation is not delegated to {}.", body.to),
        )));
    }
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    let data = DelegationEnded { to: body.to.clone(), reason: body.reason.clone() };
    wrong(mistakes, case.now(Data::DelegationEnded(data)))
}

fn known_co(case: Case<'_>, who: &Holder) -> Result<(), Refusal> {
    if case.standing.obligation.matters().co.iter().any(|co| co.who == *who) {
        return Ok(());
    }
    Err(Refusal::NothingWaits(Words::new("Такого соисполнителя нет.", "There is no such co-executor.")))
}

fn check_room(mistakes: &mut Vec<Invalid>, pointer: &str, there: usize) {
    if there >= PEOPLE_OF_OBLIGATION_MAX {
        mistakes.push(Invalid::at(
            pointer,
            format!("Не больше {PEOPLE_OF_OBLIGATION_MAX} на одно обязательство."),
            format!("At most {PEOPLE_OF_OBLIGATION_MAX} on one obligation."),
        ));
    }
}

fn check_holder(mistakes: &mut Vec<Invalid>, case: Case<'_>, pointer: &str, holder: &Holder) {
    match holder {
        Holder::Org(org) if case.world.org(org).is_none() => mistakes.push(Invalid::at(
            pointer,
            format!("Организации {org} нет в реестре."),
            format!("There is no organisation {org} in the registry."),
        )),
        Holder::SchoolHead if case.standing.kind != OrgKind::School => mistakes.push(Invalid::at(
            pointer,
            "У органа нет руководителя школы: назовите организацию или лицо.",
            "An authority has no head of school: name an organisation or a person.",
        )),
        Holder::Org(_) | Holder::SchoolHead | Holder::Person(_) => {}
    }
}
