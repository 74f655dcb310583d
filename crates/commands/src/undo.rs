//! What a command did, found again in the log so that it can be taken back.

use domain::actor::Actor;
use domain::command::{Act, Undo};
use domain::decide::{Undoing, World, may_undo};
use domain::event::{Data, Event, EventId};
use domain::id::{ObligationId, Seq};
use domain::payload::FreeText;
use domain::refusal::{Missing, Refusal, Words};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use journal::Record;
use register::Register;

use crate::error::SubmitError;
use crate::gate::Gate;
use crate::history::{fetch, of_many, read};

/// Obligations whose earlier life is told at a time.
const TOGETHER: usize = 16;

/// The events of a command that is to be taken back.
pub(crate) struct Undone {
    transitions: Vec<Transition>,
    /// Retractions of its bulk facts.
    facts: Vec<Event>,
    reason: FreeText,
}

struct Transition {
    id: ObligationId,
    seq: Seq,
    event: EventId,
    data: Data,
    due_before: Option<Date>,
}

/// What one event of the command is to its undoing.
enum Found {
    Transition(Box<Transition>),
    Fact(Box<Event>, Taken),
    Nothing,
}

/// Whether a bulk fact was taken back before.
#[derive(PartialEq, Eq)]
enum Taken {
    Back,
    NotYet,
}

impl Gate {
    /// Finds what a command did. `opened`: the obligations that an earlier attempt of this undoing named; it goes on
    /// with those.
    ///
    /// # Errors
    /// There is no such event; it is somebody else's; too long ago; or there is nothing to take back.
    pub(crate) async fn find_undone(
        &self,
        body: &Undo,
        acting: &Actor,
        now: Timestamp,
        opened: Option<&Vec<ObligationId>>,
    ) -> Result<Undone, SubmitError> {
        let refused = |refusal| SubmitError::Refused { refusal, allowed: Vec::new() };
        let records = self.events_of_undone(body, acting, now).await?;
        let one = |record: Record| async move { self.found(&record, &body.reason, now).await };
        let found: Vec<Found> = stream::iter(records.into_iter().map(one)).buffered(TOGETHER).try_collect().await?;
        let mut undone = Undone { transitions: Vec::new(), facts: Vec::new(), reason: body.reason.clone() };
        let mut left = false;
        for one in found {
            match one {
                Found::Transition(transition) => {
                    left = true;
                    undone.transitions.push(*transition);
                }
                Found::Fact(event, taken) => {
                    left |= taken == Taken::NotYet;
                    undone.facts.push(*event);
                }
                Found::Nothing => {}
            }
        }
        if let Some(ids) = opened {
            undone.transitions.retain(|one| ids.contains(&one.id));
        } else if !left {
            let nothing = Words::new(
                "Отменять нечего: эта команда ничего не изменила или уже отменена.",
                "There is nothing to take back: that command changed nothing, or was undone.",
            );
            return Err(refused(Refusal::NotUndoable(nothing)));
        }
        Ok(undone)
    }

    /// The events of the command that is to be taken back.
    async fn events_of_undone(&self, body: &Undo, acting: &Actor, now: Timestamp) -> Result<Vec<Record>, SubmitError> {
        let refused = |refusal| SubmitError::Refused { refusal, allowed: Vec::new() };
        let told: String = body.event.chars().take(80).collect();
        let missing = || refused(Refusal::Missing(Missing::Event(told.clone())));
        let target: EventId = body.event.parse().map_err(|_| missing())?;
        let seqs = self.replica.read(|state| of_many(state, target.fingerprint()));
        let mut records = fetch(&self.journal, &seqs).await?;
        let whose = records.iter().find_map(|record| {
            let envelope = read(record).ok()?;
            (envelope.id == *target.to_string())
                .then(|| (envelope.commandid.clone().into_owned(), envelope.actor.clone().into_owned(), record.seq))
        });
        let (command, actor, seq) = whose.ok_or_else(missing)?;
        records.retain(|record| read(record).is_ok_and(|one| one.commandid == command && one.actor == actor));
        if !actor.parse().is_ok_and(|author| may_undo(acting, &author)) {
            return Err(refused(Refusal::Forbidden { act: Act::Undo, role: acting.role }));
        }
        self.check_age(seq, now).map_err(refused)?;
        Ok(records)
    }

    /// A command can be taken back for some days only.
    fn check_age(&self, seq: Seq, now: Timestamp) -> Result<(), Refusal> {
        let told = self.replica.read(|state| {
            let recorded = state.facts.get(seq).map(|fact| fact.recorded_at)?;
            let days = state.register.regions().first().map(|region| region.clockwork.rules().undo_days)?;
            Some((recorded, days))
        });
        let Some((recorded, days)) = told else { return Ok(()) };
        let age = now.duration_since(recorded).as_hours() / 24;
        if age <= i64::from(days) {
            return Ok(());
        }
        Err(Refusal::NotUndoable(Words::new(
            format!("Отменить можно в течение {days} дн., прошло {age}: исправьте отдельными действиями."),
            format!("A command can be undone for {days} days, {age} have passed: mend it by acts of their own."),
        )))
    }

    async fn found(&self, record: &Record, reason: &FreeText, now: Timestamp) -> Result<Found, SubmitError> {
        let envelope = read(record)?;
        let inside = |error: &dyn std::fmt::Display| SubmitError::Inside { reason: error.to_string() };
        let data = envelope.data().map_err(|error| inside(&error))?;
        let event: EventId = envelope.id.parse().map_err(|error: domain::event::BadEventId| inside(&error))?;
        let seq = record.seq;
        if let Data::BulkRecorded(_) = data {
            let (today, taken) = self.replica.read(|state| {
                let today = state.register.regions().first().map(|region| region.clockwork.local_day(now));
                let retracted = state.register.bulk_act(seq).is_some_and(|act| act.retracted);
                (today, if retracted { Taken::Back } else { Taken::NotYet })
            });
            let undoing = Undoing { seq, event, data: &data, due_before: None, reason };
            let retraction = undoing.of_bulk(today.unwrap_or(envelope.occurredon));
            return Ok(retraction.map_or(Found::Nothing, |event| Found::Fact(Box::new(event), taken)));
        }
        let Some(id) = envelope.obligation() else { return Ok(Found::Nothing) };
        let due_before = match data {
            Data::DeadlineMoved(_) => self.due_before(&id, seq).await?,
            _ => None,
        };
        Ok(Found::Transition(Box::new(Transition { id, seq, event, data, due_before })))
    }

    /// The deadline that an obligation had before a position, whatever had moved it.
    async fn due_before(&self, id: &ObligationId, seq: Seq) -> Result<Option<Date>, SubmitError> {
        let Some(ordinal) = self.replica.read(|state| state.register.find(id)) else { return Ok(None) };
        // Days on hold are in it: a move names the whole term.
        Ok(self.retold(ordinal, seq.prev()).await?.due())
    }
}

impl Undone {
    pub(crate) fn len(&self) -> usize {
        self.transitions.len() + self.facts.len()
    }

    pub(crate) fn ids(&self) -> Vec<ObligationId> {
        self.transitions.iter().map(|one| one.id.clone()).collect()
    }

    pub(crate) fn bulk_facts(&self) -> &[Event] {
        &self.facts
    }

    /// What takes one transition back.
    pub(crate) fn decide(&self, at: usize, acting: &Actor, register: &Register, today: Date) -> Result<Event, Refusal> {
        let one = &self.transitions[at];
        let standing = register.standing(&one.id);
        let standing = standing.ok_or_else(|| Refusal::Missing(Missing::Obligation(one.id.to_string())))?;
        if !acting.scope.covers(&one.id.org, standing.municipality) {
            return Err(Refusal::Forbidden { act: Act::Undo, role: acting.role });
        }
        let (seq, event, data, due_before) = (one.seq, one.event, &one.data, one.due_before);
        Undoing { seq, event, data, due_before, reason: &self.reason }.of_obligation(&standing, today)
    }
}
