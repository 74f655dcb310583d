//! What would be if: commands decided and applied on a copy of the state, and never written.

use bytes::Bytes;
use domain::actor::{Actor, Role};
use domain::command::{Act, Command};
use domain::decide::{decide, permit};
use domain::event::{Cause, CommandId, Data, Event};
use domain::payload::ProposalConfirmed;
use jiff::Timestamp;
use register::{Register, Stored, parse};

use crate::error::SubmitError;
use crate::standing::local_day;

/// Commands on many are made of others, item by item: here each is named by itself.
const NOT_HERE: [Act; 2] = [Act::ApplyToMany, Act::Undo];

/// A state of its own, on which acts are tried: the same `decide`, the same encoding and the same fold as everywhere.
#[derive(Debug)]
pub struct Sandbox {
    register: Register,
    now: Timestamp,
    acts: u32,
}

impl Sandbox {
    /// Over a copy of a state, at a moment.
    #[must_use]
    pub fn new(register: Register, now: Timestamp) -> Self {
        Self { register, now, acts: 0 }
    }

    /// The state, with everything that was tried on it.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Tries an act; one that waits for a second person is confirmed at once. The types of its events.
    ///
    /// # Errors
    /// The body is none of the act's, or the act is refused; the state is as it was before.
    pub fn act(&mut self, actor: &Actor, act: Act, body: &Bytes) -> Result<Vec<String>, SubmitError> {
        if NOT_HERE.contains(&act) {
            return Err(SubmitError::NotHere { act });
        }
        let command = Command::read(act, body).map_err(|source| SubmitError::Body { act, source })?;
        let today = local_day(&self.register, &command, self.now);
        let refused = |refusal| SubmitError::Refused { refusal, allowed: Vec::new() };
        permit(&command, actor, &self.register, today).map_err(refused)?;
        let events = decide(&command, actor, &self.register, today).map_err(refused)?;
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            let (target, occurred_on) = (event.target.clone(), event.occurred_on);
            let waits = matches!(event.data, Data::ProposalMade(_));
            told.push(event.data.type_name().to_owned());
            let proposal = self.apply(&event, actor)?;
            if waits {
                let confirmed = ProposalConfirmed { proposal, comment: None };
                let event = Event { target, occurred_on, data: Data::ProposalConfirmed(confirmed) };
                told.push(event.data.type_name().to_owned());
                self.apply(&event, &second_person())?;
            }
        }
        Ok(told)
    }

    /// Applies an event as the next of the log would be; its id.
    fn apply(&mut self, event: &Event, actor: &Actor) -> Result<String, SubmitError> {
        let inside = |reason: &dyn std::fmt::Display| SubmitError::Inside { reason: reason.to_string() };
        self.acts += 1;
        let key = CommandId::new(&format!("what-if-{}", self.acts)).map_err(|error| inside(&error))?;
        let cause = Cause {
            command: key,
            sha256: "0".repeat(64),
            person: actor.person.clone(),
            role: actor.role,
            behalf: actor.behalf.clone(),
            decided_at: self.register.last_seq(),
            claim: None,
        };
        let (id, payload) = event.encode(&cause, 0, self.now).map_err(|error| inside(&error))?;
        let stored = Stored { seq: self.register.last_seq().next(), recorded_at: self.now, payload: &payload };
        let parsed = parse(&stored).map_err(|error| inside(&error))?;
        self.register.apply(&parsed).map_err(|error| inside(&error))?;
        Ok(id.to_string())
    }
}

/// Whoever would confirm: no person of the log.
fn second_person() -> Actor {
    let person = "what-if".parse().expect("a code of small letters");
    Actor::new(person, Role::Ministry, domain::actor::Scope::All)
}
