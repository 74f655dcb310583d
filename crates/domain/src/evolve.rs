//! How an event changes an obligation: total over phases, never refusing, the same in every replay.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::event::{Data, EventId};
use crate::id::Seq;
use crate::limits::SUBMISSIONS_MAX;
use crate::obligation::{Obligation, PersonIdx, Phase, Rework, Score, Submission};
use crate::payload::score_of;
use crate::plan::Acceptance;

/// Version of the fold: a checkpoint made by another one is discarded.
pub const FOLD_VERSION: u32 = 1;

/// An event as `evolve` sees it.
#[derive(Clone, Copy, Debug)]
pub struct Happening<'a> {
    /// Its position.
    pub seq: Seq,
    /// Its id.
    pub event: EventId,
    /// When the log took it (monotone), or when an importer claims that it was taken.
    pub recorded_at: Timestamp,
    /// The local day that its actor claims.
    pub occurred_on: Date,
    /// Who acted.
    pub actor: PersonIdx,
    /// What happened.
    pub data: &'a Data,
}

/// What an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The state changed.
    Changed,
    /// A further report of what was reported already: kept, it does not count.
    Duplicate,
    /// Recorded without effect: the phase had no room for it.
    Void,
}

/// Applies one event on an obligation's own subject.
pub fn evolve(obligation: &mut Obligation, acceptance: Acceptance, happening: &Happening<'_>) -> Effect {
    obligation.version = happening.seq;
    obligation.own = happening.seq;
    match happening.data {
        data if data.is_fact() => report(obligation, acceptance, happening, score(data)),
        Data::ReportAccepted(_) => accept(obligation),
        Data::ReportReturned(returned) => send_back(obligation, returned.rework_due),
        Data::ExcuseGranted(_) => excuse(obligation),
        Data::ScheduleSet(set) => schedule(obligation, set.due),
        Data::DeadlineMoved(moved) => move_deadline(obligation, moved.due),
        Data::FactCorrected(fact) => {
            correct(obligation, fact.target, fact.occurred_on, fact.items.as_deref().map(score_of))
        }
        Data::FactRetracted(fact) => retract(obligation, acceptance, fact.target),
        _ => Effect::Void,
    }
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
    match (publication.phase, due) {
        (Phase::Unscheduled, Some(_)) => publication.phase = Phase::Open,
        (Phase::Open, None) => publication.phase = Phase::Unscheduled,
        _ => {}
    }
}

fn score(data: &Data) -> Option<Score> {
    match data {
        Data::ChecklistSubmitted(fact) => Some(score_of(&fact.details.items)),
        Data::SiteAnalysed(fact) => Some(fact.details.quality),
        _ => None,
    }
}

fn report(
    obligation: &mut Obligation,
    acceptance: Acceptance,
    happening: &Happening<'_>,
    score: Option<Score>,
) -> Effect {
    let (counts_on, recorded_at) = counting(obligation, happening.occurred_on, happening.recorded_at);
    let submission = Submission {
        seq: happening.seq,
        event: happening.event,
        occurred_on: happening.occurred_on,
        recorded_at,
        counts_on,
        actor: happening.actor,
        score,
    };
    match obligation.phase {
        Phase::Unscheduled | Phase::Open | Phase::Returned => {
            obligation.live.push(submission);
            obligation.phase = match acceptance {
                Acceptance::Auto => Phase::Accepted,
                Acceptance::Controller => Phase::Submitted,
            };
            Effect::Changed
        }
        Phase::Submitted | Phase::Accepted => {
            if obligation.live.len() < SUBMISSIONS_MAX {
                obligation.live.push(submission);
            }
            Effect::Duplicate
        }
        Phase::Excused | Phase::Cancelled | Phase::NotApplicable => Effect::Void,
    }
}

/// The day and the instant that decide timeliness: those of the returned report when this one is its
/// rework in time, otherwise its own.
fn counting(obligation: &Obligation, occurred_on: Date, recorded_at: Timestamp) -> (Date, Timestamp) {
    match obligation.rework {
        Some(rework) if occurred_on <= rework.until => (rework.keeps, rework.keeps_recorded),
        _ => (occurred_on, recorded_at),
    }
}

fn accept(obligation: &mut Obligation) -> Effect {
    if obligation.phase != Phase::Submitted {
        return Effect::Void;
    }
    obligation.phase = Phase::Accepted;
    Effect::Changed
}

fn send_back(obligation: &mut Obligation, until: Date) -> Effect {
    let (Phase::Submitted, Some(first)) = (obligation.phase, obligation.counting()) else { return Effect::Void };
    obligation.rework = Some(Rework { keeps: first.counts_on, keeps_recorded: first.recorded_at, until });
    obligation.live.clear();
    obligation.returns = obligation.returns.saturating_add(1);
    obligation.phase = Phase::Returned;
    Effect::Changed
}

fn excuse(obligation: &mut Obligation) -> Effect {
    match obligation.phase {
        Phase::Unscheduled | Phase::Open | Phase::Submitted | Phase::Returned => {
            obligation.excused_from = Some(obligation.phase);
            obligation.phase = Phase::Excused;
            Effect::Changed
        }
        Phase::Accepted | Phase::Excused | Phase::Cancelled | Phase::NotApplicable => Effect::Void,
    }
}

fn schedule(obligation: &mut Obligation, due: Date) -> Effect {
    if obligation.phase != Phase::Unscheduled {
        return Effect::Void;
    }
    obligation.stated_due = Some(due);
    obligation.phase = Phase::Open;
    Effect::Changed
}

fn move_deadline(obligation: &mut Obligation, due: Date) -> Effect {
    match obligation.phase {
        Phase::Unscheduled | Phase::Cancelled | Phase::NotApplicable => Effect::Void,
        Phase::Open | Phase::Submitted | Phase::Returned | Phase::Accepted | Phase::Excused => {
            obligation.moved_due = Some(due);
            obligation.moves = obligation.moves.saturating_add(1);
            Effect::Changed
        }
    }
}

fn correct(obligation: &mut Obligation, target: Seq, day: Option<Date>, score: Option<Score>) -> Effect {
    let Some(at) = obligation.live.iter().position(|s| s.seq == target) else { return Effect::Void };
    let counts_on = day.map(|day| counting(obligation, day, obligation.live[at].recorded_at).0);
    let fact = &mut obligation.live[at];
    fact.occurred_on = day.unwrap_or(fact.occurred_on);
    fact.counts_on = counts_on.unwrap_or(fact.counts_on);
    if score.is_some() {
        fact.score = score;
    }
    Effect::Changed
}

fn retract(obligation: &mut Obligation, acceptance: Acceptance, target: Seq) -> Effect {
    let Some(at) = obligation.live.iter().position(|s| s.seq == target) else { return Effect::Void };
    obligation.live.remove(at);
    if !obligation.phase.is_done() {
        // Excused meanwhile: the excuse stands, the report under it is gone.
        if obligation.live.is_empty() && obligation.excused_from.is_some_and(Phase::is_done) {
            obligation.excused_from = Some(Phase::Open);
        }
        return Effect::Changed;
    }
    obligation.phase = match (obligation.live.is_empty(), acceptance) {
        (true, _) if obligation.rework.is_some() => Phase::Returned,
        (true, _) if obligation.stated_due.is_none() => Phase::Unscheduled,
        (true, _) => Phase::Open,
        (false, Acceptance::Auto) => Phase::Accepted,
        // What stood accepted was the retracted report: the next one waits for its controller.
        (false, Acceptance::Controller) => {
            if at == 0 {
                Phase::Submitted
            } else {
                obligation.phase
            }
        }
    };
    Effect::Changed
}
