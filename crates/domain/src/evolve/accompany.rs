//! Events that leave the phase alone: facts that accompany, people, requests, notices.

use super::{Effect, Ground, Happening};
use crate::event::Data;
use crate::id::Seq;
use crate::obligation::{Activity, Asked, Co, Counted, Delegate, LinkCheck, Matters, Obligation, Phase, Recommended};
use crate::payload::{ActivityHeld, PartnerReleased, Recommendation, RecommendationClosed, ResponsesCounted};
use crate::plan::Holder;

/// Applies a fact that completes nothing here.
pub(super) fn fact(obligation: &mut Obligation, happening: &Happening<'_>) -> Effect {
    if !obligation.phase.counts() {
        return Effect::Void(Ground::Phase);
    }
    match happening.data {
        Data::PartnerReleased(fact) => release(obligation, &fact.details),
        Data::SiteLinkVerified(_) => checked(obligation, happening, 1),
        Data::SiteLinkLost(_) => checked(obligation, happening, 0),
        Data::ResponsesCounted(fact) => count(obligation, &fact.details),
        Data::RecommendationClosed(fact) => close(obligation, &fact.details, happening),
        Data::ActivityHeld(fact) => hold(obligation, &fact.details, happening),
        Data::MethodicalDayCancelled(_) => unschedule(obligation),
        // An order behind a delivery, a survey that closed: kept for the reader.
        _ => Effect::Changed,
    }
}

/// Applies an event about people, requests or notices.
pub(super) fn matter(obligation: &mut Obligation, happening: &Happening<'_>) -> Effect {
    match happening.data {
        Data::ObligationAcknowledged(_) => {
            let (by, on) = (happening.actor, happening.occurred_on);
            obligation.matters_mut().acknowledged.get_or_insert((by, on));
            Effect::Changed
        }
        Data::ReportInterim(_) => {
            let told = &mut obligation.matters_mut().interim;
            *told = told.saturating_add(1);
            Effect::Changed
        }
        Data::EvidenceAttached(attached) => {
            let Some(at) = super::place(obligation, &attached.target_id) else {
                return Effect::Void(Ground::Report);
            };
            obligation.live[at].evidenced |= !attached.evidence.is_empty();
            let pieces = u16::try_from(attached.evidence.len()).unwrap_or(u16::MAX);
            let count = &mut obligation.matters_mut().attached;
            *count = count.saturating_add(pieces);
            Effect::Changed
        }
        Data::ReminderSent(notice) => noticed(obligation, notice.deadline_version),
        Data::DeadlinePassedNoticed(notice) => noticed(obligation, notice.deadline_version),
        Data::EscalationRaised(notice) => noticed(obligation, notice.deadline_version),
        // What waits for a second person is kept beside the obligations.
        Data::ProposalMade(_) | Data::ProposalDeclined(_) => Effect::Changed,
        Data::Unknown(_) => Effect::Void(Ground::Unknown),
        data => people(obligation, happening, data),
    }
}

fn people(obligation: &mut Obligation, happening: &Happening<'_>, data: &Data) -> Effect {
    if !obligation.phase.counts() && obligation.phase != Phase::Excused {
        return Effect::Void(Ground::Phase);
    }
    let matters = obligation.matters_mut();
    match data {
        Data::ObligationReassigned(named) => {
            matters.holder = Some(named.holder.clone());
            matters.reassignment = None;
            // Who stood in for the old holder does not stand in for the new one.
            matters.delegates.clear();
            Effect::Changed
        }
        Data::ReassignmentProposed(_) => {
            matters.reassignment = Some(Asked { event: happening.event, by: happening.actor, day: None });
            Effect::Changed
        }
        Data::CoAdded(added) => {
            if matters.co.iter().any(|co| co.who == added.who) {
                return Effect::Duplicate;
            }
            matters.co.push(Co { who: added.who.clone(), due: added.due, gave: None });
            Effect::Changed
        }
        Data::CoRemoved(removed) => retain(&mut matters.co, |co| co.who != removed.who),
        Data::CoReported(report) => give(matters, &report.who, happening),
        Data::ObligationDelegated(to) => {
            matters.delegates.retain(|one| one.to != to.to);
            matters.delegates.push(Delegate { to: to.to.clone(), from: to.from, until: to.until });
            Effect::Changed
        }
        Data::DelegationEnded(ended) => retain(&mut matters.delegates, |one| one.to != ended.to),
        _ => Effect::Void(Ground::Unknown),
    }
}

fn retain<T>(list: &mut Vec<T>, keep: impl Fn(&T) -> bool) -> Effect {
    let before = list.len();
    list.retain(keep);
    if list.len() == before { Effect::Void(Ground::Matter) } else { Effect::Changed }
}

fn give(matters: &mut Matters, who: &Holder, happening: &Happening<'_>) -> Effect {
    match matters.co.iter_mut().find(|co| co.who == *who) {
        Some(co) if co.gave.is_some() => Effect::Duplicate,
        Some(co) => {
            co.gave = Some(happening.occurred_on);
            Effect::Changed
        }
        None => Effect::Void(Ground::Matter),
    }
}

/// A notice holds for the deadline that it was sent about.
fn noticed(obligation: &Obligation, deadline_version: u16) -> Effect {
    if obligation.moves == deadline_version { Effect::Changed } else { Effect::Void(Ground::Matter) }
}

fn release(obligation: &mut Obligation, released: &PartnerReleased) -> Effect {
    let tenures = obligation.matters_mut().partners.iter_mut();
    let mut touched = false;
    for tenure in tenures.filter(|tenure| tenure.partner == released.partner) {
        tenure.to = Some(tenure.to.map_or(released.released_on, |to| to.min(released.released_on)));
        touched = true;
    }
    if touched { Effect::Changed } else { Effect::Void(Ground::Matter) }
}

/// One more check of a link on its day; `good` of them found it.
fn checked(obligation: &mut Obligation, happening: &Happening<'_>, good: u16) -> Effect {
    let (checks, on) = (&mut obligation.matters_mut().checks, happening.occurred_on);
    let at = checks.partition_point(|day| day.on < on);
    if checks.get(at).is_none_or(|day| day.on != on) {
        checks.insert(at, LinkCheck { on, made: 0, good: 0 });
    }
    checks[at].made = checks[at].made.saturating_add(1);
    checks[at].good = checks[at].good.saturating_add(good);
    Effect::Changed
}

/// A joint event stands once, however often it is told.
fn hold(obligation: &mut Obligation, held: &ActivityHeld, happening: &Happening<'_>) -> Effect {
    let known = &mut obligation.matters_mut().activities;
    if known.iter().any(|one| one.code == held.activity) {
        return Effect::Duplicate;
    }
    known.push(Activity { code: held.activity.clone(), direction: held.direction, on: happening.occurred_on });
    Effect::Changed
}

/// The latest count of an audience holds: counts are totals, not additions.
fn count(obligation: &mut Obligation, told: &ResponsesCounted) -> Effect {
    let counted = Counted { audience: told.audience, eligible: told.eligible, responded: told.responded };
    let counts = &mut obligation.matters_mut().counts;
    match counts.iter_mut().find(|known| known.audience == told.audience) {
        Some(known) => *known = counted,
        None => counts.push(counted),
    }
    counts.sort_by_key(|known| known.audience);
    Effect::Changed
}

/// Keeps the recommendations of a protocol; one that another report names too stands once, and as long as any does.
pub(super) fn recommend(obligation: &mut Obligation, seq: Seq, given: &[Recommendation]) {
    let known = &mut obligation.matters_mut().recommendations;
    for one in given {
        match known.iter_mut().find(|earlier| earlier.id == one.id) {
            Some(earlier) if earlier.seq == seq => {}
            Some(earlier) => earlier.also.push((seq, one.due)),
            None => {
                known.push(Recommended { seq, also: Vec::new(), id: one.id.clone(), due: one.due, closed_on: None });
            }
        }
    }
}

fn close(obligation: &mut Obligation, closed: &RecommendationClosed, happening: &Happening<'_>) -> Effect {
    let given = &mut obligation.matters_mut().recommendations;
    match given.iter_mut().find(|one| one.id == closed.recommendation) {
        Some(one) if one.closed_on.is_some() => Effect::Duplicate,
        Some(one) => {
            one.closed_on = Some(happening.occurred_on);
            Effect::Changed
        }
        None => Effect::Void(Ground::Matter),
    }
}

/// A day that does not take place waits for another date.
fn unschedule(obligation: &mut Obligation) -> Effect {
    if obligation.phase != Phase::Open {
        return Effect::Void(Ground::Phase);
    }
    obligation.stated_due = None;
    obligation.moved_due = None;
    obligation.phase = Phase::Unscheduled;
    Effect::Changed
}
