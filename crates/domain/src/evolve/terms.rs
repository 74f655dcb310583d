//! Events that move, stop and start the term of an obligation.

use jiff::civil::Date;

use super::{Effect, Ground, Happening};
use crate::event::Data;
use crate::id::Seq;
use crate::obligation::{Asked, Excuse, Obligation, Phase};
use crate::payload::{ExcuseGranted, ExtensionRequested};

/// Applies an event on the term; `None` when it is no such event.
pub(super) fn change(obligation: &mut Obligation, happening: &Happening<'_>, data: &Data) -> Option<Effect> {
    Some(match data {
        Data::ScheduleSet(set) => schedule(obligation, set.due),
        Data::DeadlineMoved(moved) => move_deadline(obligation, moved.due),
        Data::ExtensionRequested(request) => ask_extension(obligation, request, happening),
        Data::ExtensionDeclined(_) => decline(obligation, |obligation| obligation.matters_mut().extension.take()),
        Data::ExcuseGranted(granted) => excuse(obligation, granted, happening.occurred_on),
        Data::ExcuseRequested(request) => ask_excuse(obligation, request.until, happening),
        Data::ExcuseDeclined(_) => decline(obligation, |obligation| obligation.matters_mut().excuse.take()),
        Data::ExcuseRevoked(_) => revoke_excuse(obligation, happening.occurred_on),
        _ => return None,
    })
}

/// Dates a publication that is due so many days after its document was delivered; `delivered` is the
/// counting report of the delivery, `None` when it was taken back.
pub fn follow_delivery(publication: &mut Obligation, delivered: Option<Date>, days: u16, seq: Seq) {
    let due = delivered.and_then(|day| day.checked_add(jiff::Span::new().days(i32::from(days))).ok());
    if publication.stated_due == due {
        return;
    }
    publication.stated_due = due;
    publication.version = seq;
    // Released meanwhile: it comes back dated, or without a date.
    let stands = publication.owed_as_mut();
    match (*stands, due) {
        (Phase::Unscheduled, Some(_)) => *stands = Phase::Open,
        (Phase::Open, None) => *stands = Phase::Unscheduled,
        _ => {}
    }
}

fn is_owed(phase: Phase) -> bool {
    matches!(phase, Phase::Unscheduled | Phase::Open | Phase::Submitted | Phase::Returned)
}

fn schedule(obligation: &mut Obligation, due: Date) -> Effect {
    if obligation.phase != Phase::Unscheduled {
        return Effect::Void(Ground::Phase);
    }
    obligation.stated_due = Some(due);
    obligation.phase = Phase::Open;
    Effect::Changed
}

fn move_deadline(obligation: &mut Obligation, due: Date) -> Effect {
    match *obligation.owed_as_mut() {
        Phase::Unscheduled | Phase::Cancelled | Phase::NotApplicable => Effect::Void(Ground::Phase),
        Phase::Open | Phase::Submitted | Phase::Returned | Phase::Accepted | Phase::Excused => {
            obligation.moved_due = Some(due);
            // The issuer names the whole term: days on hold are in it.
            obligation.held_days = 0;
            if let Some(excuse) = &mut obligation.excuse {
                excuse.puts_off = false;
            }
            obligation.moves = obligation.moves.saturating_add(1);
            if let Some(matters) = &mut obligation.matters {
                matters.extension = None;
            }
            Effect::Changed
        }
    }
}

fn ask_extension(obligation: &mut Obligation, request: &ExtensionRequested, happening: &Happening<'_>) -> Effect {
    if !is_owed(obligation.phase) || obligation.phase == Phase::Unscheduled {
        return Effect::Void(Ground::Phase);
    }
    let asked = Asked { event: happening.event, by: happening.actor, day: Some(request.wanted) };
    obligation.matters_mut().extension = Some(asked);
    Effect::Changed
}

fn ask_excuse(obligation: &mut Obligation, until: Option<Date>, happening: &Happening<'_>) -> Effect {
    if !is_owed(obligation.phase) {
        return Effect::Void(Ground::Phase);
    }
    obligation.matters_mut().excuse = Some(Asked { event: happening.event, by: happening.actor, day: until });
    Effect::Changed
}

fn decline(obligation: &mut Obligation, take: impl Fn(&mut Obligation) -> Option<Asked>) -> Effect {
    if take(obligation).is_some() { Effect::Changed } else { Effect::Void(Ground::Matter) }
}

fn excuse(obligation: &mut Obligation, granted: &ExcuseGranted, today: Date) -> Effect {
    if !is_owed(obligation.phase) {
        return Effect::Void(Ground::Phase);
    }
    let from = granted.from.unwrap_or(today);
    obligation.excuse =
        Some(Excuse { back_to: obligation.phase, from, until: granted.until, puts_off: granted.until.is_some() });
    obligation.phase = Phase::Excused;
    if let Some(matters) = &mut obligation.matters {
        matters.excuse = None;
    }
    Effect::Changed
}

fn revoke_excuse(obligation: &mut Obligation, today: Date) -> Effect {
    let Some(excuse) = obligation.excuse.filter(|_| obligation.phase == Phase::Excused) else {
        return Effect::Void(Ground::Phase);
    };
    // The day of the revocation is worked again; a hold that had not begun yet lasted no day.
    obligation.end_hold(excuse, today.yesterday().unwrap_or(today));
    Effect::Changed
}
