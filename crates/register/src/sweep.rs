//! Events about many obligations at once: bulk facts, schools that join or leave, rows that move; and acts that a
//! second person confirmed.

use std::collections::BTreeSet;

use domain::event::Data;
use domain::evolve::{Effect, Ground, Happening, amend, join, leave};
use domain::expand::EXPANDER_VERSION;
use domain::id::{OrgCode, PlanCode, RegionCode, Seq};
use domain::ledger::Proposal;
use domain::obligation::Obligation;
use domain::payload::{BulkRecorded, Direction, FactRetracted, FreeText, PlanAmended, SchoolEnrolled, SchoolWithdrawn};

use crate::apply::{Touched, Who, delivered};
use crate::stored::{ApplyError, Parsed};
use crate::{Register, index, number};

impl Register {
    /// One fact about many: each obligation evolves as by an event of its own, but its subject stays where it is.
    pub(crate) fn record_for_all(
        &mut self,
        parsed: &Parsed<'_>,
        fact: &BulkRecorded,
        who: Who,
    ) -> Result<Touched, ApplyError> {
        let seq = parsed.stored.seq;
        let Some(Ok(data)) = Data::from_payload(&fact.event_type, &fact.payload) else {
            return Ok(Touched::nothing_more(Effect::Void(Ground::Unknown)));
        };
        let mut ordinals = Vec::with_capacity(fact.recipients.len());
        for org in &fact.recipients {
            let found = self.locate(fact.plan.as_str(), fact.row.as_str(), org.as_str(), fact.item.as_str());
            ordinals.push(found.ok_or_else(|| ApplyError::UnknownObligation {
                seq,
                subject: format!("{}/{}/{org}/{}", fact.plan, fact.row, fact.item),
            })?);
        }
        let happening = who.happening(parsed, &data);
        let effects: Vec<(u32, Effect)> =
            ordinals.into_iter().map(|at| (at, self.evolve_at(at, seq, false, &happening))).collect();
        let changed = effects.iter().any(|(_, effect)| *effect == Effect::Changed);
        let further = effects.iter().any(|(_, effect)| *effect == Effect::Duplicate);
        self.bulk.add(seq, parsed.event, effects);
        Ok(Touched::nothing_more(match (changed, further) {
            (true, _) => Effect::Changed,
            (false, true) => Effect::Duplicate,
            (false, false) => Effect::Void(Ground::Phase),
        }))
    }

    /// A bulk fact never happened.
    pub(crate) fn retract_for_all(&mut self, parsed: &Parsed<'_>, target: &str, who: Who) -> Touched {
        let seq = parsed.stored.seq;
        let Some(act) = self.bulk.retract(target, seq) else {
            return Touched::nothing_more(Effect::Void(Ground::Matter));
        };
        let data = retraction(act.seq, target);
        let happening = who.happening(parsed, &data);
        for (ordinal, _) in act.obligations {
            self.evolve_at(ordinal, seq, false, &happening);
        }
        Touched::nothing_more(Effect::Changed)
    }

    /// A school joined a plan in force.
    pub(crate) fn enrol(&mut self, seq: Seq, enrolled: &SchoolEnrolled) -> Result<Touched, ApplyError> {
        let (plan, region) = self.in_force(seq, &enrolled.plan, &enrolled.region)?;
        let org = self.org_number(seq, &enrolled.school)?;
        let taken = self.plans.blocks_of(org).iter().any(|at| {
            let block = &self.plans.blocks()[index(*at)];
            block.plan == plan && block.region == region
        });
        if taken {
            return Ok(Touched { effect: Effect::Duplicate, obligation: None, org: Some(org) });
        }
        if enrolled.expander != EXPANDER_VERSION {
            return Err(ApplyError::Expander { seq, found: enrolled.expander, ours: EXPANDER_VERSION });
        }
        let expansion = &self.plans.plans()[plan].expansion;
        let ours = expansion.fingerprint_of_school(&enrolled.plan, &enrolled.school);
        if ours.count != enrolled.count || ours.sha256 != enrolled.sha256 {
            return Err(ApplyError::Expansion {
                seq,
                plan: enrolled.plan.clone(),
                count: enrolled.count,
                sha256: enrolled.sha256.clone(),
                our_count: ours.count,
                our_sha256: ours.sha256,
            });
        }
        let base = number(self.columns.len());
        let at = self.plans.enrol(plan, region, org, base, mask(&enrolled.directions));
        let block = self.plans.blocks()[index(at)].clone();
        self.columns.extend(at, org, self.plans.slots(&block), seq);
        self.plans.sweep(seq, plan, region, Some(org), Vec::new());
        self.change(base..base + block.len, seq, |obligation| {
            join(obligation, enrolled.joined_on);
            Effect::Changed
        });
        Ok(Touched { effect: Effect::Changed, obligation: None, org: Some(org) })
    }

    /// A school left a plan.
    pub(crate) fn withdraw(&mut self, seq: Seq, withdrawn: &SchoolWithdrawn) -> Result<Touched, ApplyError> {
        let (plan, region) = self.in_force(seq, &withdrawn.plan, &withdrawn.region)?;
        let org = self.org_number(seq, &withdrawn.school)?;
        self.plans.sweep(seq, plan, region, Some(org), Vec::new());
        let mut effect = Effect::Void(Ground::Matter);
        for range in self.ranges(plan, region, Some(org)) {
            let changed = self.change(range, seq, |obligation| leave(obligation, withdrawn.left_on));
            effect = if changed { Effect::Changed } else { effect };
        }
        Ok(Touched { effect, obligation: None, org: Some(org) })
    }

    /// Rows of a plan in force moved or went.
    pub(crate) fn amend(&mut self, seq: Seq, amended: &PlanAmended) -> Result<Effect, ApplyError> {
        let (plan, region) = self.in_force(seq, &amended.plan, &amended.region)?;
        self.plans.sweep(seq, plan, region, None, amended.ops.iter().map(|op| op.row.clone()).collect());
        let mut changed = false;
        for range in self.ranges(plan, region, None) {
            for ordinal in range {
                let row = self.slot_of(ordinal).0.row.clone();
                for op in amended.ops.iter().filter(|op| op.row == row) {
                    changed |= self.change(ordinal..=ordinal, seq, |obligation| amend(obligation, op));
                }
            }
        }
        Ok(if changed { Effect::Changed } else { Effect::Void(Ground::Matter) })
    }

    /// A second person agreed: the act holds as if made when it was proposed.
    pub(crate) fn confirm(&mut self, parsed: &Parsed<'_>, proposal: &str) -> Result<Touched, ApplyError> {
        let seq = parsed.stored.seq;
        let Some(waiting) = self.ledger.proposal(proposal).cloned() else {
            return Ok(self.nothing_confirmed(parsed, Ground::Matter));
        };
        let Some(Ok(data)) = Data::from_payload(&waiting.made.event_type, &waiting.made.payload) else {
            return Ok(self.nothing_confirmed(parsed, Ground::Unknown));
        };
        let touched = match (waiting.obligation.as_ref().and_then(|id| self.find(id)), &data) {
            (Some(ordinal), data) => self.happen(ordinal, seq, &as_proposed(&waiting, data)),
            (None, Data::PlanAmended(amended)) => Touched::nothing_more(self.amend(seq, amended)?),
            (None, _) => Touched::nothing_more(Effect::Void(Ground::Unknown)),
        };
        self.ledger.take(proposal);
        Ok(touched)
    }

    /// A confirmation that had nothing to confirm: its subject moves on all the same.
    fn nothing_confirmed(&mut self, parsed: &Parsed<'_>, ground: Ground) -> Touched {
        let Some(ordinal) = self.subject_obligation(parsed) else {
            return Touched::nothing_more(Effect::Void(ground));
        };
        let (at, seq) = (index(ordinal), parsed.stored.seq);
        self.columns.version[at] = seq.get();
        self.columns.own[at] = seq.get();
        Touched { effect: Effect::Void(ground), obligation: Some(ordinal), org: Some(self.columns.org[at]) }
    }

    /// Notes that a proposal about a plan waits: its history belongs to every obligation of the plan.
    pub(crate) fn note_sweep(&mut self, seq: Seq, data: &Data) {
        let Data::ProposalMade(made) = data else { return };
        if let Some(Ok(Data::PlanAmended(amended))) = Data::from_payload(&made.event_type, &made.payload)
            && let Ok((plan, region)) = self.in_force(seq, &amended.plan, &amended.region)
        {
            self.plans.sweep(seq, plan, region, None, amended.ops.iter().map(|op| op.row.clone()).collect());
        }
    }

    /// Changes obligations one by one; tells whether any of them changed.
    fn change(
        &mut self,
        ordinals: impl Iterator<Item = u32>,
        seq: Seq,
        change: impl Fn(&mut Obligation) -> Effect,
    ) -> bool {
        let mut any = false;
        for ordinal in ordinals {
            let mut obligation = self.columns.gather(ordinal);
            let before = delivered(&obligation);
            if change(&mut obligation) == Effect::Changed {
                obligation.version = seq;
                any = true;
                self.follow(ordinal, before, delivered(&obligation), seq);
                self.columns.scatter(ordinal, &mut obligation);
            }
        }
        any
    }

    /// The obligations of an activation, or of one organisation in it.
    fn ranges(&self, plan: usize, region: usize, org: Option<u32>) -> Vec<std::ops::Range<u32>> {
        let blocks = self.plans.blocks().iter();
        blocks
            .filter(|block| block.plan == plan && block.region == region && org.is_none_or(|org| block.org == org))
            .map(|block| block.base..block.base + block.len)
            .collect()
    }

    fn in_force(&self, seq: Seq, plan: &PlanCode, region: &RegionCode) -> Result<(usize, usize), ApplyError> {
        let unknown = || ApplyError::UnknownPlan { seq, plan: plan.clone() };
        let at = self.plans.plan(plan.as_str()).ok_or_else(unknown)?;
        let of = self.registry.region(region.as_str());
        let of = of.ok_or_else(|| ApplyError::UnknownRegion { seq, region: region.clone() })?;
        if self.plans.is_active(at, index(of)) { Ok((at, index(of))) } else { Err(unknown()) }
    }

    pub(crate) fn org_number(&self, seq: Seq, org: &OrgCode) -> Result<u32, ApplyError> {
        self.registry.org(org.as_str()).ok_or_else(|| ApplyError::UnknownOrg { seq, org: org.clone() })
    }
}

/// Directions as one number.
fn mask(directions: &BTreeSet<Direction>) -> u8 {
    directions.iter().fold(0, |mask, direction| mask | direction.bit())
}

/// A confirmed act as the fold sees it: when and by whom it was proposed decides.
pub(crate) fn as_proposed<'a>(waiting: &Proposal, data: &'a Data) -> Happening<'a> {
    Happening {
        seq: waiting.seq,
        event: waiting.event,
        recorded_at: waiting.recorded_at,
        occurred_on: waiting.made.occurred_on,
        actor: waiting.actor,
        behalf: waiting.behalf,
        data,
    }
}

/// A bulk retraction as each of its obligations sees it.
pub(crate) fn retraction(target: Seq, target_id: &str) -> Data {
    let reason = FreeText::default();
    Data::FactRetracted(FactRetracted { target, target_id: target_id.to_owned(), reason })
}
