//! What a command is answered with: once it is stored, or when it is only tried.

use domain::event::{Data, EventId};
use domain::evolve::{Effect, Happening, Policy, evolve};
use domain::id::Seq;
use domain::ledger::Proposal;
use domain::obligation::PersonIdx;

use super::{Decided, Gate};
use crate::request::{ObligationAfter, Receipt, Request};
use crate::standing::{Before, note, obligation_after};

impl Gate {
    /// The answer to a command that was stored just now.
    pub(super) async fn receipt(&self, decided: Decided, stored: &[(EventId, Seq)]) -> Receipt {
        let last = stored.last().map_or(Seq::NONE, |(_, seq)| *seq);
        let visible = self.replica.wait_for(last, self.settings.visible_within).await.is_ok();
        let events = decided.events.iter().zip(stored);
        let notes = events.map(|(event, (id, seq))| note(event, *id, Some(*seq)).doing(self.effect_of(*seq))).collect();
        let seqs: Vec<Seq> = stored.iter().map(|(_, seq)| *seq).collect();
        let items = self.outcomes_of_bulk(&seqs);
        let obligation = match (&decided.before, stored.first()) {
            // Something reached the obligation from afar between the decision and the event.
            (Some(before), Some((_, seq))) if visible && self.was_touched(before.ordinal, decided.at, *seq) => {
                self.as_it_was(before.ordinal, *seq, decided.now).await.ok()
            }
            (_, Some((id, seq))) => self.after(decided, *id, *seq),
            (_, None) => None,
        };
        Receipt { events: notes, obligation, items, dry_run: false, repeated: false, visible }
    }

    /// What an event did, once this process has seen it.
    pub(crate) fn effect_of(&self, seq: Seq) -> Option<Effect> {
        self.replica.read(|state| state.facts.get(seq).map(|fact| fact.effect))
    }

    fn was_touched(&self, ordinal: u32, after: Seq, before: Seq) -> bool {
        let afar = self.replica.read(|state| state.register.touched_from_afar(ordinal));
        afar.into_iter().any(|seq| after < seq && seq < before)
    }

    /// The answer to a command that is only tried.
    pub(super) fn trial(&self, request: &Request, decided: Decided) -> Receipt {
        let id = |part| request.key.event_id(&request.actor.person, part);
        let notes = (0_u16..).zip(&decided.events).map(|(part, event)| note(event, id(part), None)).collect();
        let version = decided.before.as_ref().map(|before| before.obligation.version);
        let items = self.trial_of_bulk(&decided.events);
        let mut obligation = self.after(decided, id(0), Seq::NONE);
        if let (Some(after), Some(version)) = (&mut obligation, version) {
            after.version = version;
        }
        Receipt { events: notes, obligation, items, dry_run: true, repeated: false, visible: true }
    }

    /// The obligation right after its event: no other event was on its subject in between.
    fn after(&self, decided: Decided, event: EventId, seq: Seq) -> Option<ObligationAfter> {
        let Before { ordinal, mut obligation, waiting } = decided.before?;
        let happened = decided.events.first()?;
        let mut happening = Happening {
            seq,
            event,
            recorded_at: decided.now,
            occurred_on: happened.occurred_on,
            actor: PersonIdx(0),
            behalf: None,
            data: &happened.data,
        };
        // A confirmed act holds as it was proposed.
        let proposed = waiting.as_ref().and_then(|one| Some((one, as_proposed(one)?)));
        if let Some((waiting, data)) = &proposed {
            happening = Happening {
                seq: waiting.seq,
                event: waiting.event,
                recorded_at: waiting.recorded_at,
                occurred_on: waiting.made.occurred_on,
                data,
                ..happening
            };
        }
        Some(self.replica.read(|state| {
            evolve(&mut obligation, Policy::from(state.register.slot_of(ordinal).1), &happening);
            obligation.version = seq;
            obligation_after(&state.register, ordinal, &obligation, decided.now)
        }))
    }
}

/// The act that a proposal is of.
fn as_proposed(waiting: &Proposal) -> Option<Data> {
    Data::from_payload(&waiting.made.event_type, &waiting.made.payload)?.ok()
}
