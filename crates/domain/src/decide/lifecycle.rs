//! Acts on the life of an obligation: who may, when, and which event they make (`workflow.md` b).

use jiff::civil::Date;

use super::{Standing, World, wrong};
use crate::actor::{Actor, Role};
use crate::command::{Accept, Act, Excuse, MoveDeadline, Return, Schedule};
use crate::event::{Data, Event, Target};
use crate::id::PersonCode;
use crate::limits::TEXT_CHARS_MAX;
use crate::obligation::{Phase, Submission};
use crate::payload::{DeadlineMoved, ExcuseGranted, FreeText, OrgKind, ReportAccepted, ReportReturned, ScheduleSet};
use crate::plan::{DueRule, Holder};
use crate::refusal::{Invalid, Refusal};

/// The acts that a phase allows, whoever asks.
pub(super) fn by_phase(phase: Phase) -> &'static [Act] {
    match phase {
        Phase::Unscheduled => &[Act::Schedule, Act::Excuse],
        Phase::Open | Phase::Returned => &[Act::Submit, Act::Excuse, Act::MoveDeadline],
        Phase::Submitted => &[Act::Accept, Act::Return, Act::Excuse, Act::MoveDeadline, Act::Correct, Act::Retract],
        Phase::Accepted => &[Act::Correct, Act::Retract],
        Phase::Excused | Phase::Cancelled | Phase::NotApplicable => &[],
    }
}

/// Whether role and territory allow an act; `author` sent the report that counts.
pub(super) fn permitted(actor: &Actor, act: Act, standing: &Standing<'_>, author: Option<&PersonCode>) -> bool {
    let own_school = standing.kind == OrgKind::School && standing.share.holder == Holder::SchoolHead;
    actor.scope.covers(&standing.id.org, standing.municipality)
        && act.is_open_to(actor.role)
        && match act {
            // A school's head reports what the head holds; who controls a territory reports for anybody in it.
            Act::Submit | Act::Schedule => actor.role != Role::School || own_school,
            // One's own fact, or anybody's as an auditor.
            Act::Correct | Act::Retract => actor.role == Role::Auditor || author == Some(&actor.person),
            Act::Accept | Act::Return | Act::Excuse | Act::MoveDeadline => true,
            Act::ConfigureRegion
            | Act::RegisterOrganisations
            | Act::ImportPlan
            | Act::ActivatePlan
            | Act::OpenImport
            | Act::CloseImport => false,
        }
}

/// Refuses an act that the phase does not allow.
pub(super) fn in_phase(standing: &Standing<'_>, act: Act) -> Result<(), Refusal> {
    let phase = standing.obligation.phase;
    let allowed = by_phase(phase);
    if allowed.contains(&act) { Ok(()) } else { Err(Refusal::Phase { act, phase, allowed: allowed.to_vec() }) }
}

/// The event of an act on an obligation.
pub(super) fn event(standing: &Standing<'_>, occurred_on: Date, data: Data) -> Event {
    let target = Target::Obligation(standing.region.clone(), standing.municipality.cloned(), standing.id.clone());
    Event { target, occurred_on, data }
}

/// Takes a report off control ("снять с контроля").
pub(super) fn accept(
    standing: &Standing<'_>,
    actor: &Actor,
    world: &dyn World,
    body: &Accept,
    today: Date,
) -> Result<Event, Refusal> {
    in_phase(standing, Act::Accept)?;
    let report = foreign_report(standing, actor, world, Act::Accept)?.event.to_string();
    let mut mistakes = Vec::new();
    check_text(&mut mistakes, "/comment", body.comment.as_ref());
    let data = Data::ReportAccepted(ReportAccepted { report, comment: body.comment.clone() });
    wrong(mistakes, event(standing, today, data))
}

/// Sends a report back for rework ("на доработку").
pub(super) fn send_back(
    standing: &Standing<'_>,
    actor: &Actor,
    world: &dyn World,
    body: &Return,
    today: Date,
) -> Result<Event, Refusal> {
    in_phase(standing, Act::Return)?;
    let report = foreign_report(standing, actor, world, Act::Return)?.event.to_string();
    let rules = standing.clockwork.rules();
    let rework_due =
        body.rework_due.unwrap_or_else(|| rules.calendar.plus_working_days(today, rules.rework_working_days));
    let mut mistakes = Vec::new();
    check_text(&mut mistakes, "/comment", body.comment.as_ref());
    if rework_due < today {
        mistakes.push(Invalid::at(
            "/rework_due",
            "Срок доработки уже прошёл: укажите сегодняшний день или позже.",
            "The rework is due in the past: give today or a later day.",
        ));
    }
    let returned = ReportReturned { report, reason: body.reason, comment: body.comment.clone(), rework_due };
    wrong(mistakes, event(standing, today, Data::ReportReturned(returned)))
}

/// The report that a controller decides on, if somebody else sent it: separation of duties.
fn foreign_report<'s>(
    standing: &'s Standing<'_>,
    actor: &Actor,
    world: &dyn World,
    act: Act,
) -> Result<&'s Submission, Refusal> {
    let phase = standing.obligation.phase;
    let report = standing.obligation.latest();
    let report = report.ok_or_else(|| Refusal::Phase { act, phase, allowed: by_phase(phase).to_vec() })?;
    let own = standing.obligation.live.iter().any(|sent| world.person(sent.actor) == Some(&actor.person));
    if own { Err(Refusal::OwnReport) } else { Ok(report) }
}

/// Releases from an obligation, with a basis.
pub(super) fn excuse(standing: &Standing<'_>, body: &Excuse, today: Date) -> Result<Event, Refusal> {
    in_phase(standing, Act::Excuse)?;
    let data = Data::ExcuseGranted(ExcuseGranted { reason: body.reason, basis: body.basis.clone() });
    let mut mistakes = Vec::new();
    check_basis(&mut mistakes, &body.basis);
    wrong(mistakes, event(standing, today, data))
}

/// Gives a row without a date its date.
pub(super) fn schedule(standing: &Standing<'_>, body: &Schedule, today: Date) -> Result<Event, Refusal> {
    in_phase(standing, Act::Schedule)?;
    let mut mistakes = Vec::new();
    if standing.share.due != DueRule::Scheduled {
        mistakes.push(Invalid::at(
            "/obligation",
            "Срок этой строки назначается не графиком: он наступит после отправки документа.",
            "This row is not dated by a schedule: its term begins when the document is delivered.",
        ));
    }
    check_basis(&mut mistakes, &body.basis);
    check_year(&mut mistakes, standing, body.due);
    let data = Data::ScheduleSet(ScheduleSet { due: body.due, basis: body.basis.clone() });
    wrong(mistakes, event(standing, today, data))
}

/// Moves a deadline; by the issuer only, which `permitted` sees to.
pub(super) fn move_deadline(standing: &Standing<'_>, body: &MoveDeadline, today: Date) -> Result<Event, Refusal> {
    in_phase(standing, Act::MoveDeadline)?;
    let mut mistakes = Vec::new();
    check_basis(&mut mistakes, &body.basis);
    check_year(&mut mistakes, standing, body.due);
    let data = Data::DeadlineMoved(DeadlineMoved { due: body.due, basis: body.basis.clone() });
    wrong(mistakes, event(standing, today, data))
}

fn check_year(mistakes: &mut Vec<Invalid>, standing: &Standing<'_>, due: Date) {
    let years = &standing.clockwork.rules().school_years;
    if !years.iter().any(|year| year.semester_of(due).is_some()) {
        mistakes.push(Invalid::at(
            "/due",
            format!("{due} не входит ни в один учебный год региона."),
            format!("{due} lies in no school year of the region."),
        ));
    }
}

fn check_basis(mistakes: &mut Vec<Invalid>, basis: &str) {
    if basis.trim().is_empty() || basis.chars().count() > TEXT_CHARS_MAX {
        mistakes.push(Invalid::at(
            "/basis",
            "Укажите документ-основание (номер и дату).",
            "Name the document behind it (number and date).",
        ));
    }
}

/// Holds a free text to its limit.
pub(super) fn check_text(mistakes: &mut Vec<Invalid>, pointer: &str, text: Option<&FreeText>) {
    if text.is_some_and(|text| text.0.chars().count() > TEXT_CHARS_MAX) {
        mistakes.push(Invalid::at(
            pointer,
            format!("Текст длиннее {TEXT_CHARS_MAX} знаков: сократите или приложите файл."),
            format!("The text is longer than {TEXT_CHARS_MAX} characters: shorten it or attach a file."),
        ));
    }
}
