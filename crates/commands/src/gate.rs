//! The gate that every act goes through: look whether it was done, decide, append, wait until it is seen.

mod answer;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::actor::Actor;
use domain::command::Command;
use domain::decide::{decide, permit, under_grant};
use domain::event::{Cause, Claim, Event, EventId, Target};
use domain::id::Seq;
use jiff::Timestamp;
use journal::{AppendError, Expect, NewRecord, ReadError, Refused, SharedJournal};
use projector::Replica;
use register::Register;
use tokio::time::Instant;

use crate::appraise::{Appraiser, appraise, snapshot, takes_snapshot};
use crate::body::fingerprint_of_body;
use crate::error::SubmitError;
use crate::history;
use crate::request::{Receipt, Request};
use crate::standing::{Before, Stale, before, local_day, refused, stale};

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
    pub(crate) appraiser: Arc<dyn Appraiser>,
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
    /// It is to be stored, behind a snapshot of the state that it was decided from where there is one.
    Store(Box<Decided>, Option<Box<Register>>),
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
    /// Puts a gate before a log; `appraiser` says what only whoever computes the indicators can.
    #[must_use]
    pub fn new(
        journal: SharedJournal,
        replica: Replica,
        clock: Clock,
        appraiser: Arc<dyn Appraiser>,
        settings: Settings,
    ) -> Self {
        Self { journal, replica, clock, appraiser, settings: Arc::new(settings) }
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
                Step::Store(mut decided, judged) => {
                    if let Some(register) = judged {
                        decided.events.extend(self.snapshot(command, &decided, register).await?);
                    }
                    if request.dry_run {
                        return Ok(self.trial(request, *decided));
                    }
                    match self.append(request, sha256, &decided).await? {
                        Appended::Stored(stored) => return Ok(self.receipt(*decided, &stored).await),
                        Appended::Overtaken(last) => self.catch_up(last).await?,
                    }
                }
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
            appraise(&*self.appraiser, &state.register, command).map_err(told)?;
            let before = before(&state.register, command);
            let at = state.register.last_seq();
            let judged = takes_snapshot(command).then(|| Box::new(state.register.clone()));
            Ok(Step::Store(Box::new(Decided { events, acting, at, now, before }), judged))
        })
    }

    /// The events of a snapshot that follow a decision: values take longer than the projector should wait.
    async fn snapshot(
        &self,
        command: &Command,
        decided: &Decided,
        register: Box<Register>,
    ) -> Result<Vec<Event>, SubmitError> {
        let (appraiser, command, events) = (Arc::clone(&self.appraiser), command.clone(), decided.events.clone());
        let taken_at = (decided.at, decided.now);
        let work = move || snapshot(&*appraiser, &register, &command, &events, taken_at);
        let made = tokio::task::spawn_blocking(work).await;
        made.map_err(|error| SubmitError::Inside { reason: error.to_string() })?
            .map_err(|refusal| SubmitError::Refused { refusal, allowed: Vec::new() })
    }

    /// The moment at which a command is decided.
    pub(crate) fn now_for(&self, request: &Request) -> Timestamp {
        request.training.unwrap_or_else(|| self.now())
    }

    async fn append(&self, request: &Request, sha256: &str, decided: &Decided) -> Result<Appended, SubmitError> {
        let cause = cause_of(request, &decided.acting, sha256, decided.at);
        let mut records = Vec::with_capacity(decided.events.len());
        let mut ids = Vec::with_capacity(decided.events.len());
        let mut subjects = HashSet::new();
        for (part, event) in (0_u16..).zip(&decided.events) {
            let encoded = event.encode(&cause, part, decided.now);
            let (id, bytes) = encoded.map_err(|e| SubmitError::Inside { reason: e.to_string() })?;
            let subject = format!("{}{}", self.settings.subject_prefix, event.target.subject(id));
            let own = decided.before.as_ref().map_or(Seq::NONE, |before| before.obligation.own);
            // Behind the first of a batch on its subject the batch itself keeps the order.
            let expect = if subjects.insert(subject.clone()) {
                match self.expectation(event, &subject, id, own).await? {
                    Ok(expect) => expect,
                    Err(own) => return Ok(Appended::Overtaken(own)),
                }
            } else {
                Expect::Any
            };
            records.push(NewRecord { subject, id: id.to_string(), payload: Bytes::from(bytes), expect });
            ids.push(id);
        }
        match self.journal.append(records).await {
            Ok(seqs) => Ok(Appended::Stored(ids.into_iter().zip(seqs).collect())),
            Err(error) => self.judge(error).await.map(Appended::Overtaken),
        }
    }

    /// What must be true of an event's subject; the position of the command's last event there when it is stored already.
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
                Some(record) if is_of_command(record.id.as_deref(), id) => return Ok(Err(record.seq)),
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
}

/// Whether a record is one of the command's that an event belongs to.
fn is_of_command(record: Option<&str>, event: EventId) -> bool {
    record.and_then(|id| id.parse::<EventId>().ok()).is_some_and(|id| id.is_beside(event))
}

/// What all events of a command say of it.
pub(crate) fn cause_of(request: &Request, acting: &Actor, sha256: &str, decided_at: Seq) -> Cause {
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

/// A read that failed while a command was on its way: nothing is stored yet.
pub(crate) fn no_answer(error: ReadError) -> SubmitError {
    match error {
        ReadError::Unavailable { reason } => SubmitError::Unavailable { reason },
        ReadError::Gap { .. } | ReadError::Beyond { .. } | ReadError::Epoch { .. } => {
            SubmitError::Inside { reason: error.to_string() }
        }
    }
}
