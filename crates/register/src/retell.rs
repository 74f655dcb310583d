//! The life of one obligation told again from the events that touched it: what an answer said once, it says for ever.

use domain::event::{Data, EventId};
use domain::evolve::{Effect, Ground, Happening, Policy, amend, evolve, follow_delivery, join, leave};
use domain::expand::Slot;
use domain::id::Seq;
use domain::ledger::Proposal;
use domain::obligation::{Obligation, PersonIdx};
use jiff::Timestamp;

use crate::apply::delivered;
use crate::stored::Parsed;
use crate::sweep::{as_proposed, retraction};
use crate::{Register, index, number};

impl Register {
    /// Positions of events that touched an obligation and stand on other subjects than its own: bulk facts,
    /// their retractions, changes of its plan or its school; ascending. Of a publication, those that touched its
    /// delivery belong to it.
    #[must_use]
    pub fn touched_from_afar(&self, ordinal: u32) -> Vec<Seq> {
        let both = [Some(ordinal), self.delivery_of(ordinal)];
        let acts = both.into_iter().flatten().flat_map(|ordinal| self.bulk.of(ordinal));
        let bulk = acts.flat_map(|act| [Some(act.seq), act.taken_back]).flatten();
        let mut seqs: Vec<Seq> = bulk.chain(self.sweeping_of(ordinal)).collect();
        seqs.sort_unstable();
        seqs.dedup();
        seqs
    }

    /// The delivery that dates an obligation, where it is a publication: the events on its subject belong to the
    /// life of both.
    ///
    /// # Panics
    /// When `ordinal` is not below [`Register::len`].
    #[must_use]
    pub fn delivery_of(&self, ordinal: u32) -> Option<u32> {
        let block = self.block_of(ordinal);
        let slot = usize::from(self.columns.slot[index(ordinal)]);
        let dates = |slots: &[Slot]| slots.iter().position(|one| one.publication.is_some_and(|(at, _)| at == slot));
        dates(self.plans.slots(block)).map(|at| block.base + number(at))
    }

    /// Tells the life of an obligation from the events that touched it, in the order of the log; each with the
    /// moment at which it was recorded. Persons are not told apart. A publication whose delivery is not told has
    /// the day that it has now.
    ///
    /// # Panics
    /// When `ordinal` is not below [`Register::len`].
    pub fn retell<'a>(
        &self,
        ordinal: u32,
        events: impl IntoIterator<Item = (&'a Parsed<'a>, Timestamp)>,
    ) -> (Obligation, Effect) {
        let events: Vec<_> = events.into_iter().collect();
        let mut told = Retelling { register: self, ordinal, obligation: self.fresh(ordinal), waiting: Vec::new() };
        let delivery = self.delivery_of(ordinal);
        let is_told = |of| events.iter().any(|(parsed, _)| self.is_about(parsed, of));
        let mut sent = delivery.filter(|of| is_told(*of)).map(|of| Retelling {
            register: self,
            ordinal: of,
            obligation: self.fresh(of),
            waiting: Vec::new(),
        });
        if sent.is_none() && delivery.is_some() {
            let (due, seq) = (self.obligation(ordinal).stated_due, told.obligation.version);
            follow_delivery(&mut told.obligation, due, 0, seq);
        }
        let mut last = Effect::Void(Ground::Matter);
        for (parsed, recorded_at) in events {
            let only_sent = sent.is_some() && !self.is_about(parsed, ordinal) && !is_sweep(parsed);
            if !only_sent {
                last = told.tell(parsed, recorded_at);
            }
            if let Some(sent) = &mut sent {
                let before = delivered(&sent.obligation);
                sent.tell(parsed, recorded_at);
                let after = delivered(&sent.obligation);
                if let Some((_, days)) = self.slot_of(sent.ordinal).0.publication.filter(|_| before != after) {
                    follow_delivery(&mut told.obligation, after, days, parsed.seq());
                }
            }
        }
        (told.obligation, last)
    }

    /// An obligation as it was made.
    fn fresh(&self, ordinal: u32) -> Obligation {
        let block = self.columns.block[index(ordinal)];
        let made = self
            .plans
            .activations()
            .iter()
            .find(|one| (one.first_block..one.first_block + one.blocks).contains(&block));
        let version = made.map_or(Seq::NONE, |made| made.seq);
        Obligation { version, ..self.slot_of(ordinal).0.fresh() }
    }

    /// Whether an event stands on an obligation's subject, or is a bulk fact about it or its retraction.
    fn is_about(&self, parsed: &Parsed<'_>, ordinal: u32) -> bool {
        let seq = Some(parsed.seq());
        self.subject_obligation(parsed) == Some(ordinal)
            || self.bulk.of(ordinal).any(|act| Some(act.seq) == seq || act.taken_back == seq)
    }
}

/// Whether an event is about the obligations of an activation as a whole.
fn is_sweep(parsed: &Parsed<'_>) -> bool {
    matches!(
        parsed.data,
        Data::SchoolEnrolled(_)
            | Data::SchoolWithdrawn(_)
            | Data::PlanAmended(_)
            | Data::ProposalMade(_)
            | Data::ProposalConfirmed(_)
            | Data::ProposalDeclined(_)
    )
}

struct Retelling<'r> {
    register: &'r Register,
    ordinal: u32,
    obligation: Obligation,
    waiting: Vec<Proposal>,
}

impl Retelling<'_> {
    fn tell(&mut self, parsed: &Parsed<'_>, recorded_at: Timestamp) -> Effect {
        let of = self.register.subject_obligation(parsed);
        if of.is_some_and(|of| of != self.ordinal) {
            return Effect::Void(Ground::Matter);
        }
        let own = of.is_some();
        let happening = happening(parsed, recorded_at, &parsed.data);
        let effect = match &parsed.data {
            Data::ProposalMade(made) => {
                self.waiting.push(Proposal {
                    seq: happening.seq,
                    event: happening.event,
                    recorded_at,
                    actor: happening.actor,
                    behalf: None,
                    obligation: own.then(|| self.register.id_of(self.ordinal)),
                    made: (**made).clone(),
                });
                if own { self.evolve(&happening) } else { return Effect::Void(Ground::Matter) }
            }
            Data::ProposalDeclined(declined) => {
                let effect = match self.take(&declined.proposal) {
                    Some(_) => Effect::Changed,
                    None => Effect::Void(Ground::Matter),
                };
                if !own {
                    return effect;
                }
                self.evolve(&happening);
                effect
            }
            Data::ProposalConfirmed(confirmed) => self.confirm(&confirmed.proposal),
            Data::BulkRecorded(fact) => match Data::from_payload(&fact.event_type, &fact.payload) {
                Some(Ok(data)) => self.evolve(&Happening { data: &data, ..happening }),
                _ => return Effect::Void(Ground::Unknown),
            },
            Data::BulkRetracted(retracted) => match self.bulk_fact(&retracted.target_id) {
                Some(target) => {
                    let data = retraction(target, &retracted.target_id);
                    self.evolve(&Happening { data: &data, ..happening })
                }
                None => return Effect::Void(Ground::Matter),
            },
            Data::SchoolEnrolled(enrolled) => {
                join(&mut self.obligation, enrolled.joined_on);
                Effect::Changed
            }
            Data::SchoolWithdrawn(withdrawn) => leave(&mut self.obligation, withdrawn.left_on),
            Data::PlanAmended(amended) => self.amend(amended),
            _ => self.evolve(&happening),
        };
        let many = matches!(
            parsed.data,
            Data::SchoolEnrolled(_) | Data::SchoolWithdrawn(_) | Data::PlanAmended(_) | Data::ProposalConfirmed(_)
        );
        if own || !many || effect == Effect::Changed {
            self.obligation.version = parsed.stored.seq;
        }
        if own {
            self.obligation.own = parsed.stored.seq;
        }
        effect
    }

    fn evolve(&mut self, happening: &Happening<'_>) -> Effect {
        evolve(&mut self.obligation, Policy::from(self.register.slot_of(self.ordinal).1), happening)
    }

    fn amend(&mut self, amended: &domain::payload::PlanAmended) -> Effect {
        let row = &self.register.slot_of(self.ordinal).0.row;
        let mut changed = false;
        for op in amended.ops.iter().filter(|op| op.row == *row) {
            changed |= amend(&mut self.obligation, op) == Effect::Changed;
        }
        if changed { Effect::Changed } else { Effect::Void(Ground::Matter) }
    }

    fn take(&mut self, proposal: &str) -> Option<Proposal> {
        let id = proposal.parse::<EventId>().ok()?;
        let at = self.waiting.iter().position(|waiting| waiting.event == id)?;
        Some(self.waiting.remove(at))
    }

    fn confirm(&mut self, proposal: &str) -> Effect {
        let Some(waiting) = self.take(proposal) else { return Effect::Void(Ground::Matter) };
        match Data::from_payload(&waiting.made.event_type, &waiting.made.payload) {
            Some(Ok(Data::PlanAmended(amended))) => self.amend(&amended),
            Some(Ok(data)) => self.evolve(&as_proposed(&waiting, &data)),
            _ => Effect::Void(Ground::Unknown),
        }
    }

    fn bulk_fact(&self, target: &str) -> Option<Seq> {
        let id: EventId = target.parse().ok()?;
        self.register.bulk.of(self.ordinal).find(|act| act.event == id).map(|act| act.seq)
    }
}

fn happening<'a>(parsed: &Parsed<'_>, recorded_at: Timestamp, data: &'a Data) -> Happening<'a> {
    Happening {
        seq: parsed.stored.seq,
        event: parsed.event,
        recorded_at,
        occurred_on: parsed.envelope.occurredon,
        actor: PersonIdx(0),
        behalf: None,
        data,
    }
}
