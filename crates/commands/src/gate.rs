//! The gate that every act goes through: look whether it was done, decide, append, wait until it is seen.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::actor::Actor;
use domain::command::Command;
use domain::decide::{decide, permit, under_grant};
use domain::event::{Cause, Claim, Data, Event, EventId, Target};
use domain::evolve::{Effect, Happening, Policy, evolve};
use domain::id::Seq;
use domain::ledger::Proposal;
use domain::obligation::PersonIdx;
use jiff::Timestamp;
use journal::{AppendError, Expect, NewRecord, ReadError, Refused, SharedJournal};
use projector::Replica;
use tokio::time::Instant;

use crate::body::fingerprint_of_body;
use crate::error::SubmitError;
use crate::history;
use crate::request::{ObligationAfter, Receipt, Request};
use crate::standing::{Before, Stale, before, local_day, note, obligation_after, refused, stale};

/// The writer's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How patient the gate is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What stands before the six tokens of a subject.
    pub subject_prefix: String,
    /// How often a command is decided anew because others were faster.
    pub attempts: u32,
    /// How long an answer waits until this process sees the event.
    pub visible_within: Duration,
    /// A process further behind than this refuses commands: half of the broker's duplicate window.
    pub lag_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            subject_prefix: "vekha.ev.".to_owned(),
            attempts: 5,
            visible_within: Duration::from_secs(2),
            lag_max: Duration::from_mins(5),
        }
    }
}

/// Where acts become events. Clones are handles to the same gate.
#[derive(Clone)]
pub struct Gate {
    pub(crate) journal: SharedJournal,
    pub(crate) replica: Replica,
    pub(crate) clock: Clock,
    pub(crate) settings: Arc<Settings>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What a look at the state leads to.
enum Step {
    /// Events that may be this very command's.
    Look(Vec<Seq>),
    /// The obligation is not at the version that the client saw.
    Stale(Stale),
    /// It is to be stored.
    Store(Decided),
}

/// A decision that is not stored yet.
pub(crate) struct Decided {
    pub(crate) events: Vec<Event>,
    /// As whom its person acted.
    pub(crate) acting: Actor,
    pub(crate) at: Seq,
    pub(crate) now: Timestamp,
    pub(crate) before: Option<Before>,
}

/// What became of an append.
enum Appended {
    /// Stored at these positions.
    Stored(Vec<(EventId, Seq)>),
    /// Somebody was faster, perhaps an earlier attempt of the same command: look from here.
    Overtaken(Seq),
}

impl Gate {
    /// Puts a gate before a log.
    #[must_use]
    pub fn new(journal: SharedJournal, replica: Replica, clock: Clock, settings: Settings) -> Self {
        Self { journal, replica, clock, settings: Arc::new(settings) }
    }

    /// The state that commands are decided from.
    #[must_use]
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// The log behind the gate.
    #[must_use]
    pub fn journal(&self) -> &SharedJournal {
        &self.journal
    }

    /// The writer's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Carries one command, and answers when this process sees its events (or after
    /// [`Settings::visible_within`]).
    ///
    /// The same key with the same body gives the first answer again, whatever happened since.
    ///
    /// # Errors
    /// [`SubmitError`]; only [`SubmitError::OutcomeUnknown`] leaves open whether it was stored.
    pub async fn submit(&self, request: Request) -> Result<Receipt, SubmitError> {
        let started = Instant::now();
        let act = request.act;
        let answer = self.carry(&request).await;
        let outcome = match &answer {
            Ok(receipt) if receipt.dry_run => "trial",
            Ok(receipt) if receipt.repeated => "repeated",
            Ok(_) => "stored",
            Err(error) => error.outcome(),
        };
        metrics::counter!("vekha_commands_total", "act" => act.as_str(), "outcome" => outcome).increment(1);
        metrics::histogram!("vekha_command_seconds", "act" => act.as_str()).record(started.elapsed());
        let key = request.key.as_str();
        match &answer {
            Ok(receipt) => {
                let seq = receipt.last_seq().unwrap_or_default().get();
                tracing::debug!(seq, command.id = key, %act, outcome, "command {key} ended as {outcome} at {seq}");
            }
            Err(SubmitError::Inside { reason }) => {
                tracing::error!(command.id = key, %act, reason, "command {key} failed inside: {reason}");
            }
            Err(error) => {
                tracing::debug!(command.id = key, %act, outcome, "command {key} was not carried out: {error}");
            }
        }
        answer
    }

    async fn carry(&self, request: &Request) -> Result<Receipt, SubmitError> {
        let act = request.act;
        let bad = |source| SubmitError::Body { act, source };
        let command = Command::read(act, &request.body).map_err(bad)?;
        let sha256 = fingerprint_of_body(act, &request.body).map_err(bad)?;
        if request.if_match.is_some() && command.obligation().is_none() {
            return Err(SubmitError::NoVersion { act });
        }
        self.check_fresh()?;
        let answer = self.carry_from_here(request, &command, &sha256).await;
        match &answer {
            // Perhaps another process stored this very command, and what refuses it here is what came of it.
            Err(SubmitError::Refused { .. } | SubmitError::NotAll { .. } | SubmitError::Stale { .. })
                if self.see_the_end().await? =>
            {
                self.carry_from_here(request, &command, &sha256).await
            }
            _ => answer,
        }
    }

    /// Catches up with the log; whether there was anything new.
    async fn see_the_end(&self) -> Result<bool, SubmitError> {
        let last = self.journal.tip().await.map_err(no_answer)?.last;
        if last <= self.replica.watermark() {
            return Ok(false);
        }
        self.catch_up(last).await?;
        Ok(true)
    }

    /// Carries a command from the state that this process sees.
    async fn carry_from_here(
        &self,
        request: &Request,
        command: &Command,
        sha256: &str,
    ) -> Result<Receipt, SubmitError> {
        if let Command::ApplyToMany(_) | Command::Undo(_) = command {
            return self.carry_many(request, command, sha256).await;
        }
        let mut strangers = Vec::new();
        for _ in 0..self.settings.attempts.max(1) {
            match self.look(request, command, &strangers)? {
                Step::Look(seqs) => match self.settled(request, sha256, &seqs).await? {
                    Some(receipt) => return Ok(receipt),
                    None => strangers.extend(seqs),
                },
                Step::Stale(Stale { ordinal, expected, current, allowed }) => {
                    let since = self.since(ordinal, expected).await?;
                    return Err(SubmitError::Stale { current, since, allowed });
                }
                Step::Store(decided) if request.dry_run => return Ok(self.trial(request, decided)),
                Step::Store(decided) => match self.append(request, sha256, &decided).await? {
                    Appended::Stored(stored) => return Ok(self.receipt(decided, &stored).await),
                    Appended::Overtaken(last) => self.catch_up(last).await?,
                },
            }
        }
        Err(SubmitError::Contended { attempts: self.settings.attempts })
    }

    /// Refuses while this process cannot vouch for what it does not see.
    pub(crate) fn check_fresh(&self) -> Result<(), SubmitError> {
        let status = self.replica.status();
        if let Some(failure) = &status.failure {
            return Err(SubmitError::Behind { reason: failure.clone() });
        }
        let lag = Duration::from_millis(status.lag_ms);
        if lag > self.settings.lag_max {
            return Err(SubmitError::Behind { reason: format!("{} s behind the log", lag.as_secs()) });
        }
        Ok(())
    }

    /// One look at the state: was it done, may it be done, what would it be.
    fn look(&self, request: &Request, command: &Command, strangers: &[Seq]) -> Result<Step, SubmitError> {
        let now = self.now_for(request);
        self.replica.read(|state| {
            let fingerprint = request.key.fingerprint(&request.actor.person);
            let mut known = history::of_command(state, fingerprint);
            known.retain(|seq| !strangers.contains(seq));
            if !known.is_empty() {
                return Ok(Step::Look(known));
            }
            let today = local_day(&state.register, command, now);
            let acting = under_grant(&request.actor, request.grant.as_ref(), request.act, &state.register, today);
            let acting = acting.map_err(|refusal| SubmitError::Refused { refusal, allowed: Vec::new() })?;
            let told = |refusal| refused(state, &acting, command, today, refusal);
            // Who may not act is told nothing of what happened.
            permit(command, &acting, &state.register, today).map_err(told)?;
            if let Some(stale) = stale(state, request, &acting, command, today) {
                return Ok(Step::Stale(stale));
            }
            let events = decide(command, &acting, &state.register, today).map_err(told)?;
            let before = before(&state.register, command);
            Ok(Step::Store(Decided { events, at: state.register.last_seq(), now, before, acting }))
        })
    }

    /// The moment at which a command is decided.
    pub(crate) fn now_for(&self, request: &Request) -> Timestamp {
        request.training.unwrap_or_else(|| self.now())
    }

    /// What all events of a command say of it.
    pub(crate) fn cause(&self, request: &Request, acting: &Actor, sha256: &str, decided_at: Seq) -> Cause {
        Cause {
            command: request.key.clone(),
            sha256: sha256.to_owned(),
            person: acting.person.clone(),
            role: acting.role,
            behalf: acting.behalf.clone(),
            decided_at,
            claim: request.training.map(|recorded_at| Claim { recorded_at, importer: request.actor.person.clone() }),
        }
    }

    async fn append(&self, request: &Request, sha256: &str, decided: &Decided) -> Result<Appended, SubmitError> {
        let cause = self.cause(request, &decided.acting, sha256, decided.at);
        let mut records = Vec::with_capacity(decided.events.len());
        let mut ids = Vec::with_capacity(decided.events.len());
        for (part, event) in (0_u16..).zip(&decided.events) {
            let encoded = event.encode(&cause, part, decided.now);
            let (id, bytes) = encoded.map_err(|e| SubmitError::Inside { reason: e.to_string() })?;
            let subject = format!("{}{}", self.settings.subject_prefix, event.target.subject(id));
            let own = decided.before.as_ref().map_or(Seq::NONE, |before| before.obligation.own);
            let expect = match self.expectation(event, &subject, id, own).await? {
                Ok(expect) => expect,
                Err(own) => return Ok(Appended::Overtaken(own)),
            };
            records.push(NewRecord { subject, id: id.to_string(), payload: Bytes::from(bytes), expect });
            ids.push(id);
        }
        match self.journal.append(records).await {
            Ok(seqs) => Ok(Appended::Stored(ids.into_iter().zip(seqs).collect())),
            Err(error) => self.judge(error).await.map(Appended::Overtaken),
        }
    }

    /// What must be true of an event's subject; the position of the event itself when it is there already.
    /// `own` is the last event on the subject of its obligation.
    pub(crate) async fn expectation(
        &self,
        event: &Event,
        subject: &str,
        id: EventId,
        own: Seq,
    ) -> Result<Result<Expect, Seq>, SubmitError> {
        let last = match &event.target {
            Target::Obligation(..) => own,
            _ if event.is_first_on_subject() => Seq::NONE,
            _ => match self.journal.last_on(subject).await.map_err(no_answer)? {
                Some(record) if record.id.as_deref() == Some(&*id.to_string()) => return Ok(Err(record.seq)),
                record => record.map_or(Seq::NONE, |record| record.seq),
            },
        };
        Ok(Ok(Expect::LastOnSubject(last)))
    }

    /// Turns a failed append into an answer, or into the position to look from.
    pub(crate) async fn judge(&self, error: AppendError) -> Result<Seq, SubmitError> {
        match error {
            AppendError::Refused(Refused::Conflict { last, .. }) => Ok(last),
            // The id or the place was taken, by whom the log does not say: the end of the log tells.
            AppendError::Refused(Refused::Id { .. } | Refused::Other { code: 10_071, .. }) => {
                Ok(self.journal.tip().await.map_err(no_answer)?.last)
            }
            AppendError::Refused(refused) => Err(SubmitError::Inside { reason: refused.to_string() }),
            AppendError::Unknown { reason } => Err(SubmitError::OutcomeUnknown { reason }),
            AppendError::Unavailable { reason } => Err(SubmitError::Unavailable { reason }),
            AppendError::Guarded { difference } => Err(SubmitError::Guarded { difference }),
            AppendError::TooBig { bytes, max } => Err(SubmitError::TooBig { bytes, max }),
            AppendError::Overloaded { retry_after } => Err(SubmitError::Overloaded { retry_after }),
        }
    }

    pub(crate) async fn catch_up(&self, to: Seq) -> Result<(), SubmitError> {
        let seen = self.replica.wait_for(to, self.settings.visible_within).await;
        seen.map_err(|_| SubmitError::Behind { reason: format!("event {to} is stored and not seen here yet") })
    }

    /// The answer to a command that was stored just now.
    async fn receipt(&self, decided: Decided, stored: &[(EventId, Seq)]) -> Receipt {
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
    fn trial(&self, request: &Request, decided: Decided) -> Receipt {
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

/// A read that failed while a command was on its way: nothing is stored yet.
pub(crate) fn no_answer(error: ReadError) -> SubmitError {
    match error {
        ReadError::Unavailable { reason } => SubmitError::Unavailable { reason },
        ReadError::Gap { .. } | ReadError::Beyond { .. } | ReadError::Epoch { .. } => {
            SubmitError::Inside { reason: error.to_string() }
        }
    }
}
