//! How an event changes an obligation: total over phases, never refusing, the same in every replay.

mod accompany;
mod membership;
mod terms;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::membership::{amend, join, leave};
pub use self::terms::follow_delivery;
use crate::event::{Data, EventId};
use crate::id::Seq;
use crate::limits::SUBMISSIONS_MAX;
use crate::obligation::{
    Answers, Attendance, Control, EventReport, Obligation, PersonIdx, Phase, Rework, Score, Spent, Submission, Tenure,
    insert,
};
use crate::payload::{FactCorrected, score_of};
use crate::plan::{Acceptance, Share};

/// Version of the fold: a checkpoint made by another one is discarded.
pub const FOLD_VERSION: u32 = 3;

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
    /// For whom, where a substitute acted.
    pub behalf: Option<PersonIdx>,
    /// What happened.
    pub data: &'a Data,
}

/// What the plan says of an obligation, as far as events change it.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Who takes it off control.
    pub acceptance: Acceptance,
    /// The fact that completes it; others accompany.
    pub event: &'a str,
}

impl<'a> From<&'a Share> for Policy<'a> {
    fn from(share: &'a Share) -> Self {
        Self { acceptance: share.acceptance, event: &share.event }
    }
}

/// What an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// The state changed.
    Changed,
    /// A further report of what was reported already: kept, it does not count.
    Duplicate,
    /// Recorded without effect: what it was decided on was gone when the log took it.
    Void(Ground),
}

/// What a void event stood on, and did not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ground {
    /// The phase has no room for it.
    Phase,
    /// The report that it names is not live.
    Report,
    /// The request, proposal, person or thing that it names is not there.
    Matter,
    /// This version does not know its type.
    Unknown,
}

impl Effect {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Changed,
        Self::Duplicate,
        Self::Void(Ground::Phase),
        Self::Void(Ground::Report),
        Self::Void(Ground::Matter),
        Self::Void(Ground::Unknown),
    ];

    /// The name in answers and columns.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Duplicate => "duplicate",
            Self::Void(Ground::Phase) => "void_phase",
            Self::Void(Ground::Report) => "void_report",
            Self::Void(Ground::Matter) => "void_matter",
            Self::Void(Ground::Unknown) => "void_unknown",
        }
    }

    /// Whether it changed nothing.
    #[must_use]
    pub fn is_void(self) -> bool {
        matches!(self, Self::Void(_))
    }
}

/// Applies one event to an obligation that it is about. The caller notes its position.
pub fn evolve(obligation: &mut Obligation, policy: Policy<'_>, happening: &Happening<'_>) -> Effect {
    obligation.resume(happening.occurred_on);
    let effect = change(obligation, policy, happening);
    if obligation.matters.as_ref().is_some_and(|matters| matters.is_empty()) {
        obligation.matters = None;
    }
    effect
}

fn change(obligation: &mut Obligation, policy: Policy<'_>, happening: &Happening<'_>) -> Effect {
    match happening.data {
        data if data.is_fact() && data.type_name() == policy.event => report(obligation, policy, happening),
        data if data.is_fact() => accompany::fact(obligation, happening),
        Data::ReportAccepted(accepted) => accept(obligation, &accepted.report, happening),
        Data::ReportReturned(returned) => {
            rework(obligation, policy, &[Phase::Submitted], &returned.report, returned.rework_due, happening)
        }
        Data::ReportWithdrawn(withdrawn) => withdraw(obligation, &withdrawn.report),
        Data::AcceptanceRevoked(revoked) => revoke_acceptance(obligation, policy, &revoked.report),
        Data::ObligationReopened(reopened) => {
            rework(obligation, policy, &[Phase::Accepted], &reopened.report, reopened.rework_due, happening)
        }
        Data::EvidenceRejected(rejected) => rework(
            obligation,
            policy,
            &[Phase::Submitted, Phase::Accepted],
            &rejected.target_id,
            rejected.rework_due,
            happening,
        ),
        Data::FactCorrected(fact) => correct(obligation, fact),
        Data::FactRetracted(fact) => retract(obligation, policy.acceptance, fact.target, happening),
        data => terms::change(obligation, happening, data).unwrap_or_else(|| accompany::matter(obligation, happening)),
    }
}

fn score(data: &Data) -> Option<Score> {
    match data {
        Data::ChecklistSubmitted(fact) => Some(score_of(&fact.details.items)),
        Data::SiteAnalysed(fact) => Some(fact.details.quality),
        _ => None,
    }
}

fn report(obligation: &mut Obligation, policy: Policy<'_>, happening: &Happening<'_>) -> Effect {
    let (counts_on, recorded_at) = counting(obligation, happening.occurred_on, happening.recorded_at);
    let submission = Submission {
        seq: happening.seq,
        event: happening.event,
        occurred_on: happening.occurred_on,
        recorded_at,
        counts_on,
        actor: happening.actor,
        behalf: happening.behalf,
        score: score(happening.data),
        evidenced: !happening.data.evidence().is_empty(),
    };
    match obligation.phase {
        Phase::Unscheduled | Phase::Open | Phase::Returned => {
            keep(obligation, submission);
            bring(obligation, happening);
            obligation.phase = match policy.acceptance {
                Acceptance::Auto => Phase::Accepted,
                Acceptance::Controller => {
                    await_decision(obligation, happening);
                    Phase::Submitted
                }
            };
            Effect::Changed
        }
        Phase::Submitted | Phase::Accepted => {
            if obligation.live.len() < SUBMISSIONS_MAX {
                keep(obligation, submission);
                bring(obligation, happening);
            }
            Effect::Duplicate
        }
        Phase::Excused | Phase::Cancelled | Phase::NotApplicable => Effect::Void(Ground::Phase),
    }
}

/// Keeps a report at its place in the log: a confirmed one stands where it was proposed.
fn keep(obligation: &mut Obligation, report: Submission) {
    let at = obligation.live.partition_point(|earlier| earlier.seq < report.seq);
    obligation.live.insert(at, report);
}

/// From here on a controller's term runs.
fn await_decision(obligation: &mut Obligation, happening: &Happening<'_>) {
    obligation.control = Control { since: Some(happening.recorded_at), ..Control::default() };
}

/// Keeps what a report brings beside itself.
fn bring(obligation: &mut Obligation, happening: &Happening<'_>) {
    let seq = happening.seq;
    match happening.data {
        Data::PartnerAssigned(fact) => {
            let fact = &fact.details;
            let (from, to) = (fact.valid_from, fact.valid_to);
            let tenure = Tenure { seq, partner: fact.partner.clone(), from, to };
            obligation.matters_mut().partners.push(tenure);
        }
        Data::ProtocolSent(fact) => accompany::recommend(obligation, seq, &fact.details.recommendations),
        Data::ChecklistSubmitted(fact) => {
            let (checklist, items) = (fact.details.checklist.clone(), fact.details.items.clone());
            insert(&mut obligation.matters_mut().answers, Answers { seq, checklist, items }, |one| one.seq);
        }
        Data::EventReportPublished(fact) => {
            if let Some(activity) = fact.details.activity.clone() {
                let told = EventReport { seq, activity, on: happening.occurred_on };
                insert(&mut obligation.matters_mut().event_reports, told, |one| one.seq);
            }
        }
        Data::MethodicalDayHeld(fact) => {
            let came = Attendance { seq, schools: fact.details.schools.clone() };
            insert(&mut obligation.matters_mut().attended, came, |one| one.seq);
        }
        _ => {}
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

/// The place of a report among the live ones.
fn place(obligation: &Obligation, report: &str) -> Option<usize> {
    let id = report.parse::<EventId>().ok()?;
    obligation.live.iter().position(|sent| sent.event == id)
}

fn accept(obligation: &mut Obligation, report: &str, happening: &Happening<'_>) -> Effect {
    if obligation.phase != Phase::Submitted {
        return Effect::Void(Ground::Phase);
    }
    let Some(at) = place(obligation, report) else { return Effect::Void(Ground::Report) };
    obligation.phase = Phase::Accepted;
    decided(obligation, happening);
    obligation.control.report = Some(obligation.live[at].seq);
    Effect::Changed
}

fn decided(obligation: &mut Obligation, happening: &Happening<'_>) {
    let (decided, by) = (Some(happening.recorded_at), Some(happening.actor));
    obligation.control = Control { decided, by, report: None, ..obligation.control };
}

/// Puts an obligation back to work: the report that is named and those before it count no longer, a rework in
/// time keeps their day. One that came behind it, and that nobody judged, is such a rework.
fn rework(
    obligation: &mut Obligation,
    policy: Policy<'_>,
    from: &[Phase],
    report: &str,
    until: Date,
    happening: &Happening<'_>,
) -> Effect {
    if !from.contains(&obligation.phase) {
        return Effect::Void(Ground::Phase);
    }
    let (Some(at), Some(first)) = (place(obligation, report), obligation.counting().copied()) else {
        return Effect::Void(Ground::Report);
    };
    obligation.rework = Some(Rework { keeps: first.counts_on, keeps_recorded: first.recorded_at, until });
    let judged: Vec<Submission> = obligation.live.drain(..=at).collect();
    for sent in judged {
        obligation.matters_mut().spend(sent.into());
    }
    obligation.returns = obligation.returns.saturating_add(1);
    if policy.acceptance == Acceptance::Controller {
        decided(obligation, happening);
    }
    for at in 0..obligation.live.len() {
        let sent = obligation.live[at];
        let (counts_on, recorded_at) = counting(obligation, sent.occurred_on, sent.recorded_at);
        obligation.live[at] = Submission { recorded_at, counts_on, ..sent };
    }
    obligation.phase = match (obligation.live.is_empty(), policy.acceptance) {
        (true, _) => Phase::Returned,
        (false, Acceptance::Auto) => Phase::Accepted,
        (false, Acceptance::Controller) => {
            await_decision(obligation, happening);
            Phase::Submitted
        }
    };
    Effect::Changed
}

fn withdraw(obligation: &mut Obligation, report: &str) -> Effect {
    if obligation.phase != Phase::Submitted {
        return Effect::Void(Ground::Phase);
    }
    let Some(at) = place(obligation, report) else { return Effect::Void(Ground::Report) };
    let gone = obligation.live.remove(at);
    obligation.matters_mut().spend(gone.into());
    if obligation.live.is_empty() {
        obligation.phase = unreported(obligation);
        obligation.control = Control::default();
    }
    Effect::Changed
}

/// The phase without a live report.
fn unreported(obligation: &Obligation) -> Phase {
    if obligation.rework.is_some() {
        Phase::Returned
    } else if obligation.due().is_none() {
        Phase::Unscheduled
    } else {
        Phase::Open
    }
}

fn revoke_acceptance(obligation: &mut Obligation, policy: Policy<'_>, report: &str) -> Effect {
    if obligation.phase != Phase::Accepted || policy.acceptance != Acceptance::Controller {
        return Effect::Void(Ground::Phase);
    }
    if place(obligation, report).is_none() {
        return Effect::Void(Ground::Report);
    }
    obligation.phase = Phase::Submitted;
    obligation.control = Control { since: obligation.control.since, ..Control::default() };
    Effect::Changed
}

fn correct(obligation: &mut Obligation, right: &FactCorrected) -> Effect {
    let (target, day) = (right.target, right.occurred_on);
    let Some(at) = obligation.live.iter().position(|s| s.seq == target) else { return Effect::Void(Ground::Report) };
    let counts_on = day.map(|day| counting(obligation, day, obligation.live[at].recorded_at).0);
    let fact = &mut obligation.live[at];
    fact.occurred_on = day.unwrap_or(fact.occurred_on);
    fact.counts_on = counts_on.unwrap_or(fact.counts_on);
    fact.score = right.items.as_deref().map(score_of).or(fact.score);
    let Some(matters) = &mut obligation.matters else { return Effect::Changed };
    for told in matters.event_reports.iter_mut().filter(|told| told.seq == target) {
        told.on = day.unwrap_or(told.on);
    }
    if let Some(items) = &right.items {
        matters.answers.iter_mut().filter(|one| one.seq == target).for_each(|one| one.items.clone_from(items));
    }
    Effect::Changed
}

fn retract(obligation: &mut Obligation, acceptance: Acceptance, target: Seq, happening: &Happening<'_>) -> Effect {
    let Some(at) = obligation.live.iter().position(|s| s.seq == target) else { return Effect::Void(Ground::Report) };
    let gone = obligation.live.remove(at);
    obligation.matters_mut().spend(Spent { retracted: true, ..gone.into() });
    if !obligation.owed_as().is_done() {
        return Effect::Changed;
    }
    if obligation.live.is_empty() {
        // Excused meanwhile: the excuse stands, the report under it is gone.
        let owed = unreported(obligation);
        *obligation.owed_as_mut() = owed;
        // What waited for its controller does so no longer; a decision that was made stays known.
        if obligation.control.decided.is_none() {
            obligation.control = Control::default();
        }
        obligation.control.report = None;
    } else if acceptance == Acceptance::Controller && obligation.control.report == Some(target) {
        // What stood accepted was the retracted report: the next one waits for its controller.
        await_decision(obligation, happening);
        obligation.phase = Phase::Submitted;
    }
    Effect::Changed
}
