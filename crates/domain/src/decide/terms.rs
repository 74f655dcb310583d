//! Acts on the term: dates, extensions, releases. Whoever gave the order moves its date; the holder asks.

use jiff::civil::Date;

use super::{Case, checks, proposals, wrong};
use crate::calendar::Wording;
use crate::command::{Act, Excuse, MoveDeadline, RequestExtension, Schedule, WithReason};
use crate::event::{Data, Event};
use crate::obligation::Phase;
use crate::payload::{
    DeadlineMoved, ExcuseDeclined, ExcuseGranted, ExcuseRequested, ExcuseRevoked, ExtensionDeclined,
    ExtensionRequested, ScheduleSet,
};
use crate::plan::DueRule;
use crate::refusal::{Invalid, Refusal, Words};

/// Asks the issuer for a later day.
pub(super) fn request_extension(case: Case<'_>, body: &RequestExtension) -> Result<Event, Refusal> {
    case.in_phase(Act::RequestExtension)?;
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    checks::due(&mut mistakes, "/wanted", case.standing, body.wanted);
    if case.standing.obligation.due().is_some_and(|due| body.wanted <= due) {
        mistakes.push(Invalid::at(
            "/wanted",
            "Просят о более позднем дне, чем нынешний срок.",
            "A day behind the present deadline is asked for.",
        ));
    }
    let data = ExtensionRequested { wanted: body.wanted, reason: body.reason.clone() };
    wrong(mistakes, case.now(Data::ExtensionRequested(data)))
}

/// Refuses a later day.
pub(super) fn decline_extension(case: Case<'_>, body: &WithReason) -> Result<Event, Refusal> {
    case.in_phase(Act::DeclineExtension)?;
    if case.standing.obligation.matters().extension.is_none() {
        return Err(no_request());
    }
    with_reason(case, body, Data::ExtensionDeclined(ExtensionDeclined { reason: body.reason.clone() }))
}

/// Moves a deadline; one that has passed needs a second person, since the past would change.
pub(super) fn move_deadline(case: Case<'_>, body: &MoveDeadline) -> Result<Event, Refusal> {
    case.in_phase(Act::MoveDeadline)?;
    if case.standing.obligation.on(case.today).owed_as() == Phase::Unscheduled {
        // Released before it had a date: there is none to move.
        let (phase, allowed) = (case.phase(), super::by_phase(Phase::Unscheduled).to_vec());
        return Err(Refusal::Phase { act: Act::MoveDeadline, phase, allowed });
    }
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    checks::due(&mut mistakes, "/due", case.standing, body.due);
    let data = Data::DeadlineMoved(DeadlineMoved { due: body.due, basis: body.basis.clone() });
    let event = wrong(mistakes, case.now(data))?;
    let changes_the_past = has_passed(case) || body.due < case.today;
    Ok(if changes_the_past { proposals::propose(Act::MoveDeadline, event, case.today) } else { event })
}

/// Asks to be released.
pub(super) fn request_excuse(case: Case<'_>, body: &Excuse) -> Result<Event, Refusal> {
    case.in_phase(Act::RequestExcuse)?;
    let mistakes = excuse_mistakes(case, body);
    let (reason, basis, from, until) = (body.reason, body.basis.clone(), body.from, body.until);
    wrong(mistakes, case.now(Data::ExcuseRequested(ExcuseRequested { reason, basis, from, until })))
}

/// Refuses to release.
pub(super) fn decline_excuse(case: Case<'_>, body: &WithReason) -> Result<Event, Refusal> {
    case.in_phase(Act::DeclineExcuse)?;
    if case.standing.obligation.matters().excuse.is_none() {
        return Err(no_request());
    }
    with_reason(case, body, Data::ExcuseDeclined(ExcuseDeclined { reason: body.reason.clone() }))
}

/// Releases from an obligation, with a basis; after its deadline by two persons.
pub(super) fn excuse(case: Case<'_>, body: &Excuse) -> Result<Event, Refusal> {
    case.in_phase(Act::Excuse)?;
    let mistakes = excuse_mistakes(case, body);
    let (reason, basis, from, until) = (body.reason, body.basis.clone(), body.from, body.until);
    let data = Data::ExcuseGranted(ExcuseGranted { reason, basis, from, until });
    let event = wrong(mistakes, case.now(data))?;
    if has_passed(case) { Ok(proposals::propose(Act::Excuse, event, case.today)) } else { Ok(event) }
}

/// Takes a release back.
pub(super) fn revoke_excuse(case: Case<'_>, body: &WithReason) -> Result<Event, Refusal> {
    case.in_phase(Act::RevokeExcuse)?;
    with_reason(case, body, Data::ExcuseRevoked(ExcuseRevoked { reason: body.reason.clone() }))
}

/// Gives a row without a date its date.
pub(super) fn schedule(case: Case<'_>, body: &Schedule) -> Result<Event, Refusal> {
    case.in_phase(Act::Schedule)?;
    let mut mistakes = Vec::new();
    if case.standing.share.due != DueRule::Scheduled {
        mistakes.push(Invalid::at(
            "/obligation",
            "Срок этой строки назначается не графиком: он наступит после отправки документа.",
            "This row is not dated by a schedule: its term begins when the document is delivered.",
        ));
    }
    checks::basis(&mut mistakes, "/basis", &body.basis);
    if body.due.is_some() && body.term.is_some() {
        mistakes.push(Invalid::at("/term", "Укажите либо due, либо term.", "Give either due or term."));
    }
    let terms = &case.standing.clockwork.rules().terms;
    let due = body.due.unwrap_or_else(|| terms.due(body.term.unwrap_or(Wording::Undated), case.today));
    checks::due(&mut mistakes, "/due", case.standing, due);
    let data = Data::ScheduleSet(ScheduleSet { due, basis: body.basis.clone() });
    wrong(mistakes, case.now(data))
}

fn excuse_mistakes(case: Case<'_>, body: &Excuse) -> Vec<Invalid> {
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    if let Some(from) = body.from.filter(|from| *from > case.today) {
        mistakes.push(Invalid::at(
            "/from",
            format!("{from} ещё не наступило: освобождают с сегодняшнего дня или раньше."),
            format!("{from} has not come yet: a release begins today or earlier."),
        ));
    }
    if let Some(until) = body.until {
        checks::span(&mut mistakes, "/until", body.from.unwrap_or(case.today), until);
    }
    mistakes
}

fn with_reason(case: Case<'_>, body: &WithReason, data: Data) -> Result<Event, Refusal> {
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    wrong(mistakes, case.now(data))
}

/// Whether the effective deadline lies before today: to change it changes what was reported.
fn has_passed(case: Case<'_>) -> bool {
    let due: Option<Date> = case.standing.clockwork.effective_due(&case.standing.obligation);
    due.is_some_and(|due| due < case.today)
}

fn no_request() -> Refusal {
    Refusal::NothingWaits(Words::new(
        "Никто об этом не просил: отказывать не в чем.",
        "Nobody asked for it: there is nothing to decline.",
    ))
}
