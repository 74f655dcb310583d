//! What a command did, found again in the log so that it can be taken back.

use domain::actor::Actor;
use domain::command::Undo;
use domain::decide::{Undoing, World, may_undo};
use domain::event::{Data, Event, EventId};
use domain::id::{ObligationId, Seq};
use domain::payload::FreeText;
use domain::refusal::{Missing, Refusal, Words};
use jiff::Timestamp;
use jiff::civil::Date;
use journal::Record;
use register::Register;

use crate::error::SubmitError;
use crate::gate::Gate;
use crate::history::{fetch, of_command, read};

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

impl Gate {
    /// Finds what a command did.
    ///
    /// # Errors
    /// There is no such event; it is somebody else's; or too long ago.
    pub(crate) async fn find_undone(&self, body: &Undo, acting: &Actor, now: Timestamp) -> Result<Undone, SubmitError> {
        let refused = |refusal| SubmitError::Refused { refusal, allowed: Vec::new() };
        let told: String = body.event.chars().take(80).collect();
        let missing = || refused(Refusal::Missing(Missing::Event(told.clone())));
        let target: EventId = body.event.parse().map_err(|_| missing())?;
        let seqs = self.replica.read(|state| of_command(state, target.fingerprint()));
        let mut records = fetch(&self.journal, &seqs).await?;
        let whose = records.iter().find_map(|record| {
            let envelope = read(record).ok()?;
            (envelope.id == *target.to_string())
                .then(|| (envelope.commandid.clone().into_owned(), envelope.actor.clone().into_owned(), record.seq))
        });
        let (command, actor, seq) = whose.ok_or_else(missing)?;
        records.retain(|record| read(record).is_ok_and(|one| one.commandid == command && one.actor == actor));
        let allowed = actor.parse().is_ok_and(|author| may_undo(acting, &author));
        if !allowed {
            return Err(refused(Refusal::Forbidden { act: domain::command::Act::Undo, role: acting.role }));
        }
        self.check_age(seq, now).map_err(refused)?;
        let mut undone = Undone { transitions: Vec::new(), facts: Vec::new(), reason: body.reason.clone() };
        for record in &records {
            self.collect(record, &mut undone, now).await?;
        }
        if undone.len() == 0 {
            let nothing =
                Words::new("Отменять нечего: эта команда ничего не изменила.", "That command changed nothing.");
            return Err(refused(Refusal::NotUndoable(nothing)));
        }
        Ok(undone)
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

    async fn collect(&self, record: &Record, undone: &mut Undone, now: Timestamp) -> Result<(), SubmitError> {
        let envelope = read(record)?;
        let inside = |error: &dyn std::fmt::Display| SubmitError::Inside { reason: error.to_string() };
        let data = envelope.data().map_err(|error| inside(&error))?;
        let event: EventId = envelope.id.parse().map_err(|error: domain::event::BadEventId| inside(&error))?;
        if let Data::BulkRecorded(_) = data {
            let today =
                self.replica.read(|state| state.register.regions().first().map(|region| region.clockwork.day_of(now)));
            let today = today.unwrap_or(envelope.occurredon);
            let undoing = Undoing { seq: record.seq, event, data: &data, due_before: None, reason: &undone.reason };
            undone.facts.extend(undoing.of_bulk(today));
            return Ok(());
        }
        let Some(id) = envelope.obligation() else { return Ok(()) };
        let due_before = match data {
            Data::DeadlineMoved(_) => self.due_before(&id, record.seq).await?,
            _ => None,
        };
        undone.transitions.push(Transition { id, seq: record.seq, event, data, due_before });
        Ok(())
    }

    /// The deadline that an obligation had before a position.
    async fn due_before(&self, id: &ObligationId, seq: Seq) -> Result<Option<Date>, SubmitError> {
        let Some(ordinal) = self.replica.read(|state| state.register.find(id)) else { return Ok(None) };
        let mut due = self.replica.read(|state| state.register.obligation(ordinal).stated_due);
        for record in self.events_of(ordinal).await?.iter().filter(|record| record.seq < seq) {
            if let Ok(Data::DeadlineMoved(moved)) = read(record)?.data() {
                due = Some(moved.due);
            }
        }
        Ok(due)
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

    pub(crate) fn decide(&self, at: usize, register: &Register, today: Date) -> Result<Event, Refusal> {
        let one = &self.transitions[at];
        let standing = register.standing(&one.id);
        let standing = standing.ok_or_else(|| Refusal::Missing(Missing::Obligation(one.id.to_string())))?;
        let (seq, event, data, due_before) = (one.seq, one.event, &one.data, one.due_before);
        Undoing { seq, event, data, due_before, reason: &self.reason }.of_obligation(&standing, today)
    }
}
