//! Acts that are remembered and change no phase: acknowledgements, progress, notices.

use super::{Case, checks, wrong};
use crate::calendar::days_between;
use crate::command::{Act, Escalate, InterimReport, NoticeDeadline, Remind};
use crate::event::{Data, Event};
use crate::payload::{DeadlinePassedNoticed, EscalationRaised, ObligationAcknowledged, ReminderSent, ReportInterim};
use crate::refusal::{Invalid, Refusal, Words};

/// Says that one knows of an obligation («ознакомлен»).
pub(super) fn acknowledge(case: Case<'_>) -> Result<Event, Refusal> {
    case.in_phase(Act::Acknowledge)?;
    Ok(case.now(Data::ObligationAcknowledged(ObligationAcknowledged {})))
}

/// Says how far an obligation is; it never ends control.
pub(super) fn interim(case: Case<'_>, body: &InterimReport) -> Result<Event, Refusal> {
    case.in_phase(Act::ReportInterim)?;
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/text", &body.text);
    if body.percent.is_some_and(|percent| percent > 100) {
        mistakes.push(Invalid::at("/percent", "Доля — от 0 до 100 процентов.", "A share is 0 to 100 percent."));
    }
    wrong(mistakes, case.now(Data::ReportInterim(ReportInterim { text: body.text.clone(), percent: body.percent })))
}

/// Tells the holder of a deadline.
pub(super) fn remind(case: Case<'_>, body: &Remind) -> Result<Event, Refusal> {
    case.in_phase(Act::Remind)?;
    let standing = case.standing;
    let deadline_version = version(case, body.deadline_version)?;
    let due = standing.clockwork.effective_due(&standing.obligation);
    let days_left = due.map(|due| days_between(case.today, due));
    let to = standing.obligation.matters().holder.clone().unwrap_or_else(|| standing.share.holder.clone());
    Ok(case.now(Data::ReminderSent(ReminderSent { to, channel: body.channel, days_left, deadline_version })))
}

/// Notices that a deadline passed.
pub(super) fn notice(case: Case<'_>, body: &NoticeDeadline) -> Result<Event, Refusal> {
    case.in_phase(Act::NoticeDeadline)?;
    let deadline_version = version(case, Some(body.deadline_version))?;
    let due = case.standing.clockwork.effective_due(&case.standing.obligation);
    if due.is_none_or(|due| due >= case.today) {
        return Err(Refusal::NothingWaits(Words::new("Срок ещё не прошёл.", "The deadline has not passed.")));
    }
    Ok(case.now(Data::DeadlinePassedNoticed(DeadlinePassedNoticed { deadline_version })))
}

/// Tells somebody above.
pub(super) fn escalate(case: Case<'_>, body: &Escalate) -> Result<Event, Refusal> {
    case.in_phase(Act::Escalate)?;
    let deadline_version = version(case, body.deadline_version)?;
    let (to, level) = (body.to.clone(), body.level);
    let mut mistakes = Vec::new();
    if level == 0 {
        mistakes.push(Invalid::at("/level", "Ступени считаются с 1.", "Steps are counted from 1."));
    }
    wrong(mistakes, case.now(Data::EscalationRaised(EscalationRaised { to, level, deadline_version })))
}

/// The deadline that a notice is about must be the present one: a timer that fires late is stale.
fn version(case: Case<'_>, given: Option<u16>) -> Result<u16, Refusal> {
    let now = case.standing.obligation.moves;
    match given {
        Some(given) if given != now => Err(Refusal::NothingWaits(Words::new(
            format!("Срок с тех пор переносили: его версия теперь {now}."),
            format!("The deadline was moved since: its version is {now} now."),
        ))),
        _ => Ok(now),
    }
}
