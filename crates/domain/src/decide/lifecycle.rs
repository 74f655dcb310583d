//! Acts that move an obligation from phase to phase (`workflow.md` b).

use jiff::civil::Date;

use super::access::is_author;
use super::{Case, checks, wrong};
use crate::command::{Accept, Act, RejectEvidence, Reopen, Return};
use crate::event::{Data, Event};
use crate::obligation::Submission;
use crate::payload::{EvidenceRejected, ObligationReopened, ReportAccepted, ReportReturned, ReportWithdrawn};
use crate::refusal::{Invalid, Missing, Refusal};

/// Takes one's own report back before anybody decided.
pub(super) fn withdraw(case: Case<'_>) -> Result<Event, Refusal> {
    case.in_phase(Act::Withdraw)?;
    let report = latest(case, Act::Withdraw)?.event.to_string();
    Ok(case.now(Data::ReportWithdrawn(ReportWithdrawn { report })))
}

/// Takes a report off control ("снять с контроля").
pub(super) fn accept(case: Case<'_>, body: &Accept) -> Result<Event, Refusal> {
    case.in_phase(Act::Accept)?;
    let report = foreign(case, Act::Accept)?.event.to_string();
    if !body.partial && case.standing.obligation.matters().lacks_parts() {
        return Err(Refusal::PartsMissing);
    }
    let mut mistakes = Vec::new();
    checks::text(&mut mistakes, "/comment", body.comment.as_ref());
    let data = Data::ReportAccepted(ReportAccepted { report, comment: body.comment.clone() });
    wrong(mistakes, case.now(data))
}

/// Sends a report back for rework ("на доработку").
pub(super) fn send_back(case: Case<'_>, body: &Return) -> Result<Event, Refusal> {
    case.in_phase(Act::Return)?;
    let report = foreign(case, Act::Return)?.event.to_string();
    let mut mistakes = Vec::new();
    checks::text(&mut mistakes, "/comment", body.comment.as_ref());
    let rework_due = rework_due(&mut mistakes, case, body.rework_due);
    let returned = ReportReturned { report, reason: body.reason, comment: body.comment.clone(), rework_due };
    wrong(mistakes, case.now(Data::ReportReturned(returned)))
}

/// Puts an accepted obligation under control again.
pub(super) fn reopen(case: Case<'_>, body: &Reopen) -> Result<Event, Refusal> {
    case.in_phase(Act::Reopen)?;
    let report = latest(case, Act::Reopen)?.event.to_string();
    let mut mistakes = Vec::new();
    checks::text(&mut mistakes, "/comment", body.comment.as_ref());
    let rework_due = rework_due(&mut mistakes, case, body.rework_due);
    let reopened = ObligationReopened { report, reason: body.reason, comment: body.comment.clone(), rework_due };
    wrong(mistakes, case.now(Data::ObligationReopened(reopened)))
}

/// Finds that what was to show a fact does not.
pub(super) fn reject_evidence(case: Case<'_>, body: &RejectEvidence) -> Result<Event, Refusal> {
    case.in_phase(Act::RejectEvidence)?;
    foreign(case, Act::RejectEvidence)?;
    let target_id = live(case, body.event.as_deref())?.event.to_string();
    let mut mistakes = Vec::new();
    checks::text(&mut mistakes, "/comment", body.comment.as_ref());
    let rework_due = rework_due(&mut mistakes, case, body.rework_due);
    let rejected = EvidenceRejected { target_id, reason: body.reason, comment: body.comment.clone(), rework_due };
    wrong(mistakes, case.now(Data::EvidenceRejected(rejected)))
}

/// The live report that an act names; the one that counts where it names none.
pub(super) fn live(case: Case<'_>, named: Option<&str>) -> Result<Submission, Refusal> {
    let live = &case.standing.obligation.live;
    let found = match named {
        None => live.first(),
        Some(id) => live.iter().find(|fact| fact.event.to_string() == id),
    };
    found.copied().ok_or_else(|| Refusal::Missing(Missing::Event(named.unwrap_or("-").to_owned())))
}

fn latest(case: Case<'_>, act: Act) -> Result<Submission, Refusal> {
    let phase = case.phase();
    let none = || Refusal::Phase { act, phase, allowed: super::by_phase(phase).to_vec() };
    case.standing.obligation.latest().copied().ok_or_else(none)
}

/// The report that a controller decides on, if somebody else sent it: separation of duties, on both sides of a
/// substitution.
fn foreign(case: Case<'_>, act: Act) -> Result<Submission, Refusal> {
    let report = latest(case, act)?;
    let own = case.standing.obligation.live.iter().any(|sent| is_author(case.actor, case.world, sent));
    if own { Err(Refusal::OwnReport) } else { Ok(report) }
}

/// The last day of a rework: as given, or by the region's term from today.
fn rework_due(mistakes: &mut Vec<Invalid>, case: Case<'_>, given: Option<Date>) -> Date {
    let rules = case.standing.clockwork.rules();
    let due = given.unwrap_or_else(|| rules.calendar.plus_working_days(case.today, rules.rework_working_days));
    if due < case.today {
        mistakes.push(Invalid::at(
            "/rework_due",
            "Срок доработки уже прошёл: укажите сегодняшний день или позже.",
            "The rework is due in the past: give today or a later day.",
        ));
    }
    due
}
