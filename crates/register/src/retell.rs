//! The life of one obligation told again from the events that touched it: what an answer said once, it says for ever.

use domain::event::{Data, EventId};
use domain::evolve::{Effect, Ground, Happening, Policy, amend, evolve, join, leave};
use domain::id::Seq;
use domain::ledger::Proposal;
use domain::obligation::{Obligation, PersonIdx};
use domain::plan::DueRule;
use jiff::Timestamp;

use crate::stored::Parsed;
use crate::sweep::{as_proposed, retraction};
use crate::{Register, index};

impl Register {
    /// Positions of events that touched an obligation and stand on other subjects than its own: bulk facts,
    /// their retractions, changes of its plan or its school; ascending.
    #[must_use]
    pub fn touched_from_afar(&self, ordinal: u32) -> Vec<Seq> {
        let bulk = self.bulk.of(ordinal).flat_map(|act| [Some(act.seq), act.taken_back]).flatten();
        let mut seqs: Vec<Seq> = bulk.chain(self.plans.sweeping_of(self.columns.block[index(ordinal)])).collect();
        seqs.sort_unstable();
        seqs
    }

    /// Tells the life of an obligation from the events that touched it, in the order of the log; each with the
    /// moment at which it was recorded. Persons are not told apart.
    ///
    /// # Panics
    /// When `ordinal` is not below [`Register::len`].
    pub fn retell<'a>(
        &self,
        ordinal: u32,
        events: impl IntoIterator<Item = (&'a Parsed<'a>, Timestamp)>,
    ) -> (Obligation, Effect) {
        let (slot, share) = self.slot_of(ordinal);
        let mut obligation = slot.fresh();
        if matches!(share.due, DueRule::AfterDelivery { .. }) {
            // Its day came from the delivery of another obligation.
            obligation.stated_due = self.obligation(ordinal).stated_due;
        }
        let mut told = Retelling { register: self, ordinal, obligation, waiting: Vec::new() };
        let mut last = Effect::Void(Ground::Matter);
        for (parsed, recorded_at) in events {
            last = told.tell(parsed, recorded_at);
        }
        (told.obligation, last)
    }
}

struct Retelling<'r> {
    register: &'r Register,
    ordinal: u32,
    obligation: Obligation,
    waiting: Vec<Proposal>,
}

impl Retelling<'_> {
    fn tell(&mut self, parsed: &Parsed<'_>, recorded_at: Timestamp) -> Effect {
        let own = self.register.subject_obligation(parsed) == Some(self.ordinal);
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
                if own { Effect::Changed } else { return Effect::Void(Ground::Matter) }
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
        let mut effect = Effect::Void(Ground::Matter);
        for op in amended.ops.iter().filter(|op| op.row == *row) {
            effect = amend(&mut self.obligation, op);
        }
        effect
    }

    fn confirm(&mut self, proposal: &str) -> Effect {
        let id = proposal.parse::<EventId>().ok();
        let at = self.waiting.iter().position(|waiting| Some(waiting.event) == id);
        let Some(waiting) = at.map(|at| self.waiting.remove(at)) else { return Effect::Void(Ground::Matter) };
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
