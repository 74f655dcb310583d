//! What becomes of an obligation when its school joins or leaves the plan, or its row changes.

use jiff::civil::Date;

use super::{Effect, Ground};
use crate::obligation::{Obligation, Phase};
use crate::payload::{AmendChange, AmendOp};

/// A school joined on a day: what fell due before does not apply to it.
pub fn join(obligation: &mut Obligation, joined_on: Date) {
    if obligation.stated_due.is_some_and(|due| due < joined_on) {
        obligation.phase = Phase::NotApplicable;
    }
}

/// A school left on a day: what falls due from then on is cancelled, unless it was accepted.
pub fn leave(obligation: &mut Obligation, left_on: Date) -> Effect {
    if obligation.on(left_on).due().is_some_and(|due| due < left_on) {
        Effect::Void(Ground::Phase)
    } else {
        cancel(obligation)
    }
}

/// The row of a plan in force changed.
pub fn amend(obligation: &mut Obligation, op: &AmendOp) -> Effect {
    match (op.change, op.due) {
        (AmendChange::Remove, _) => cancel(obligation),
        (AmendChange::Move, Some(due)) => match obligation.phase {
            Phase::Accepted | Phase::Cancelled | Phase::NotApplicable => Effect::Void(Ground::Phase),
            Phase::Unscheduled | Phase::Open | Phase::Submitted | Phase::Returned | Phase::Excused => {
                // The plan states another day; a move of the issuer's for this one obligation stands.
                obligation.stated_due = Some(due);
                obligation.moves = obligation.moves.saturating_add(1);
                let stands = obligation.owed_as_mut();
                if *stands == Phase::Unscheduled {
                    *stands = Phase::Open;
                }
                Effect::Changed
            }
        },
        (AmendChange::Move, None) => Effect::Void(Ground::Matter),
    }
}

fn cancel(obligation: &mut Obligation) -> Effect {
    match obligation.phase {
        Phase::Accepted | Phase::Cancelled | Phase::NotApplicable => Effect::Void(Ground::Phase),
        Phase::Unscheduled | Phase::Open | Phase::Submitted | Phase::Returned | Phase::Excused => {
            obligation.phase = Phase::Cancelled;
            obligation.excuse = None;
            Effect::Changed
        }
    }
}
