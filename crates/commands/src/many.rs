//! One command on many obligations: events in atomic batches, an outcome for each, taken up again where it stopped.
//!
//! `bulk.opened` names the obligations before anything is written on them and `bulk.closed` says how it ended, so
//! that a repeated command gives the first answer and an interrupted one goes on with the same obligations.

use std::collections::HashMap;

use bytes::Bytes;
use domain::actor::Actor;
use domain::command::{ApplyToMany, Command};
use domain::decide::{CLOSED_PART, World, decide_one, item_part, resolve_many, told_refused, under_grant};
use domain::event::{Cause, Data, Event, EventId, Target};
use domain::evolve::Effect;
use domain::id::{ObligationId, RegionCode, Seq};
use domain::limits::BULK_BATCH_EVENTS;
use domain::payload::{BulkClosed, BulkOpened, BulkRefused};
use domain::refusal::{Invalid, Missing, Refusal};
use jiff::Timestamp;
use jiff::civil::Date;
use journal::{Expect, NewRecord};
use register::Register;

use crate::error::SubmitError;
use crate::gate::Gate;
use crate::history::{fetch, of_command, read};
use crate::request::{EventNote, ItemOutcome, Receipt, Request};
use crate::standing::{local_day, note};
use crate::undo::Undone;

/// Tries of a batch as a whole before its events go one by one: somebody works on one of its obligations.
const WHOLE_TRIES: u32 = 3;

/// What is done to each.
pub(crate) enum Work<'a> {
    Apply(&'a ApplyToMany),
    Undo(Undone),
}

/// A command on many, under way.
pub(crate) struct Many<'a> {
    pub(crate) request: &'a Request,
    pub(crate) sha256: &'a str,
    pub(crate) acting: Actor,
    pub(crate) work: Work<'a>,
    pub(crate) ids: Vec<ObligationId>,
    region: RegionCode,
    now: Timestamp,
    today: Date,
    opened: Option<Seq>,
    closed: Option<Seq>,
    done: HashMap<usize, Done>,
}

/// What became of one item.
enum Done {
    Stored(EventId, Seq),
    Refused(BulkRefused),
}

/// What an earlier attempt left in the log.
#[derive(Default)]
struct Earlier {
    opened: Option<(Seq, Vec<ObligationId>)>,
    closed: Option<(Seq, BulkClosed)>,
    stored: HashMap<EventId, Seq>,
}

impl Gate {
    /// Carries a command on many.
    pub(crate) async fn carry_many(
        &self,
        request: &Request,
        command: &Command,
        sha256: &str,
    ) -> Result<Receipt, SubmitError> {
        let earlier = self.earlier(request, sha256).await?;
        let repeated = earlier.closed.is_some();
        let mut many = self.open_many(request, command, sha256, &earlier).await?;
        many.take_up(earlier);
        if request.dry_run {
            return Ok(self.try_many(&many));
        }
        if !repeated {
            self.check_all_or_nothing(&many)?;
            self.store_many(&mut many).await?;
        }
        let last = many.closed.unwrap_or_default();
        let visible = self.replica.wait_for(last, self.settings.visible_within).await.is_ok();
        Ok(self.many_receipt(&many, repeated, visible))
    }

    /// What an earlier attempt of the same command stored.
    async fn earlier(&self, request: &Request, sha256: &str) -> Result<Earlier, SubmitError> {
        let fingerprint = request.key.fingerprint(&request.actor.person);
        let seqs = self.replica.read(|state| of_command(state, fingerprint));
        let mut earlier = Earlier::default();
        for record in fetch(&self.journal, &seqs).await? {
            let envelope = read(&record)?;
            if envelope.commandid != request.key.as_str() || envelope.actor != request.actor.person.as_str() {
                continue;
            }
            if envelope.commandsha256 != sha256 {
                return Err(SubmitError::KeyReused);
            }
            let data = envelope.data().map_err(|error| SubmitError::Inside { reason: error.to_string() })?;
            match data {
                Data::BulkOpened(opened) => earlier.opened = Some((record.seq, opened.obligations)),
                Data::BulkClosed(closed) => earlier.closed = Some((record.seq, closed)),
                _ => {
                    if let Ok(id) = envelope.id.parse() {
                        earlier.stored.insert(id, record.seq);
                    }
                }
            }
        }
        Ok(earlier)
    }

    async fn open_many<'a>(
        &self,
        request: &'a Request,
        command: &'a Command,
        sha256: &'a str,
        earlier: &Earlier,
    ) -> Result<Many<'a>, SubmitError> {
        let refused = |refusal| SubmitError::Refused { refusal, allowed: Vec::new() };
        let now = self.now_for(request);
        let (today, acting) = self.replica.read(|state| {
            let register = &state.register;
            let today = local_day(register, command, now);
            let acting = under_grant(&request.actor, request.grant.as_ref(), request.act, register, today);
            acting.map(|acting| (today, acting)).map_err(refused)
        })?;
        if !request.act.is_open_to(acting.role) {
            return Err(refused(Refusal::Forbidden { act: request.act, role: acting.role }));
        }
        let (work, found) = match command {
            Command::Undo(body) => {
                let undone = self.find_undone(body, &acting, now).await?;
                let ids = undone.ids();
                (Work::Undo(undone), ids)
            }
            Command::ApplyToMany(body) => {
                let ids = match &earlier.opened {
                    Some((_, ids)) => ids.clone(),
                    None => self.replica.read(|state| resolve_many(body, &state.register)).map_err(refused)?,
                };
                (Work::Apply(body), ids)
            }
            _ => return Err(SubmitError::Inside { reason: format!("{} is not about many", request.act) }),
        };
        let region = self.replica.read(|state| region_of(&state.register, &found, &work)).map_err(refused)?;
        let (opened, closed, done) = (None, None, HashMap::new());
        Ok(Many { request, sha256, acting, work, ids: found, region, now, today, opened, closed, done })
    }

    /// Only says what would happen.
    fn try_many(&self, many: &Many<'_>) -> Receipt {
        let decided = self.replica.read(|state| many.decide_all(&state.register));
        let items = decided.into_iter().filter_map(|(at, decision)| match decision {
            Ok(_) => many.outcome(at, "applied", None, None),
            Err(refused) => many.outcome(at, outcome_of(&refused), None, Some(&refused)),
        });
        Receipt {
            events: Vec::new(),
            obligation: None,
            items: items.collect(),
            dry_run: true,
            repeated: false,
            visible: true,
        }
    }

    fn check_all_or_nothing(&self, many: &Many<'_>) -> Result<(), SubmitError> {
        let Work::Apply(body) = &many.work else { return Ok(()) };
        if !body.all_or_nothing || many.opened.is_some() {
            return Ok(());
        }
        if many.ids.len() > BULK_BATCH_EVENTS - 2 {
            let most = BULK_BATCH_EVENTS - 2;
            let mistake = Invalid::at(
                "/all_or_nothing",
                format!("Всё или ничего — не больше {most} обязательств."),
                format!("All or nothing takes at most {most} obligations."),
            );
            let refusal = Refusal::Invalid(vec![mistake]);
            return Err(SubmitError::Refused { refusal, allowed: Vec::new() });
        }
        let decided = self.replica.read(|state| many.decide_all(&state.register));
        let refused: Vec<BulkRefused> = decided.into_iter().filter_map(|(_, decision)| decision.err()).collect();
        if refused.is_empty() { Ok(()) } else { Err(SubmitError::NotAll { refused }) }
    }

    async fn store_many(&self, many: &mut Many<'_>) -> Result<(), SubmitError> {
        let pending: Vec<usize> = (0..many.len()).filter(|at| !many.done.contains_key(at)).collect();
        let mut chunks = pending.chunks(BULK_BATCH_EVENTS - 2).peekable();
        while let Some(chunk) = chunks.next() {
            self.store_chunk(many, chunk, chunks.peek().is_none()).await?;
        }
        if many.closed.is_none() {
            self.store_chunk(many, &[], true).await?;
        }
        Ok(())
    }

    /// Stores the events of some items in one atomic batch; decided anew when somebody was faster, and one by one
    /// when that goes on.
    async fn store_chunk(&self, many: &mut Many<'_>, chunk: &[usize], last: bool) -> Result<(), SubmitError> {
        let whole = match &many.work {
            Work::Apply(body) if body.all_or_nothing => self.settings.attempts,
            _ => WHOLE_TRIES,
        };
        for _ in 0..whole {
            let batch = self.make_batch(many, chunk, last)?;
            let Some(overtaken) = self.store_batch(many, batch).await? else { return Ok(()) };
            self.catch_up(overtaken).await?;
            self.check_all_or_nothing(many)?;
        }
        if many.must_be_whole() {
            return Err(SubmitError::Contended { attempts: whole });
        }
        for at in chunk {
            for _ in 0..self.settings.attempts {
                let batch = self.make_batch(many, &[*at], false)?;
                let Some(overtaken) = self.store_batch(many, batch).await? else { break };
                self.catch_up(overtaken).await?;
            }
            if let (false, Some(id)) = (many.done.contains_key(at), many.ids.get(*at)) {
                let words = ("Другие действия опережали это.", "Other acts were faster each time.");
                many.done.insert(*at, Done::Refused(told(id, "contended", words.0, words.1)));
            }
        }
        if last {
            let batch = self.make_batch(many, &[], true)?;
            if self.store_batch(many, batch).await?.is_some() {
                return Err(SubmitError::Contended { attempts: self.settings.attempts });
            }
        }
        Ok(())
    }

    fn make_batch(&self, many: &mut Many<'_>, chunk: &[usize], last: bool) -> Result<Batch, SubmitError> {
        let (decided, at, owns) = self.replica.read(|state| {
            let decided: Vec<_> = chunk.iter().map(|at| (*at, many.decide(*at, &state.register))).collect();
            let own = |id: &ObligationId| state.register.find(id).map(|at| state.register.obligation(at).own);
            let owns: HashMap<usize, Seq> =
                chunk.iter().filter_map(|at| Some((*at, own(many.ids.get(*at)?)?))).collect();
            (decided, state.register.last_seq(), owns)
        });
        let cause = self.cause(many.request, &many.acting, many.sha256, at);
        let mut batch = Batch::default();
        if many.opened.is_none() {
            let opened = BulkOpened { act: many.act_name(), obligations: many.ids.clone() };
            batch.add(
                self,
                &cause,
                0,
                &many.bulk(Data::BulkOpened(opened)),
                many.now,
                Expect::LastOnSubject(Seq::NONE),
            )?;
        }
        for (at, decision) in decided {
            match decision {
                Ok(event) => {
                    let own = owns.get(&at).copied().unwrap_or(Seq::NONE);
                    batch.add(self, &cause, item_part(at), &event, many.now, Expect::LastOnSubject(own))?;
                    batch.items.push(at);
                }
                Err(refused) => batch.refused.push((at, refused)),
            }
        }
        if last {
            let refused: Vec<BulkRefused> =
                many.refused().chain(batch.refused.iter().map(|(_, one)| one)).cloned().collect();
            let stored = many.done.values().filter(|done| matches!(done, Done::Stored(..))).count();
            let applied = u32::try_from(stored + batch.items.len()).unwrap_or(u32::MAX);
            let closed = many.bulk(Data::BulkClosed(BulkClosed { applied, refused }));
            batch.add(self, &cause, CLOSED_PART, &closed, many.now, Expect::LastOnSubject(Seq::NONE))?;
            batch.closes = true;
        }
        Ok(batch)
    }

    /// Stores a batch; the position to look from when somebody was faster.
    async fn store_batch(&self, many: &mut Many<'_>, batch: Batch) -> Result<Option<Seq>, SubmitError> {
        let seqs = match self.journal.append(batch.records).await {
            Ok(seqs) => seqs,
            Err(error) => return self.judge(error).await.map(Some),
        };
        let mut stored = batch.ids.into_iter().zip(seqs);
        if many.opened.is_none() {
            many.opened = stored.next().map(|(_, seq)| seq);
        }
        for at in batch.items {
            if let Some((id, seq)) = stored.next() {
                many.done.insert(at, Done::Stored(id, seq));
            }
        }
        for (at, refused) in batch.refused {
            many.done.insert(at, Done::Refused(refused));
        }
        if batch.closes {
            many.closed = stored.next().map(|(_, seq)| seq);
        }
        Ok(None)
    }

    fn many_receipt(&self, many: &Many<'_>, repeated: bool, visible: bool) -> Receipt {
        let event = |part: u16, event_type: &str, seq: Option<Seq>| EventNote {
            event_id: many.request.key.event_id(&many.acting.person, part).to_string(),
            event_type: event_type.to_owned(),
            seq,
            effect: None,
        };
        let mut events = vec![event(0, "bulk.opened", many.opened)];
        events.extend(many.facts().map(|(data, id, seq)| note(data, id, Some(seq)).doing(self.effect_of(seq))));
        events.push(event(CLOSED_PART, "bulk.closed", many.closed));
        let items = (0..many.len()).filter_map(|at| match many.done.get(&at)? {
            Done::Stored(_, seq) => {
                let void = self.effect_of(*seq).is_some_and(Effect::is_void);
                many.outcome(at, if void { "void" } else { "applied" }, Some(*seq), None)
            }
            Done::Refused(refused) => many.outcome(at, outcome_of(refused), None, Some(refused)),
        });
        Receipt { events, obligation: None, items: items.collect(), dry_run: false, repeated, visible }
    }

    /// What became of each recipient of bulk facts at these positions.
    pub(crate) fn outcomes_of_bulk(&self, seqs: &[Seq]) -> Vec<ItemOutcome> {
        self.replica.read(|state| {
            let acts = seqs.iter().filter_map(|seq| state.register.bulk_act(*seq));
            acts.flat_map(|act| act.obligations.iter().map(move |(ordinal, effect)| (act.seq, *ordinal, *effect)))
                .map(|(seq, ordinal, effect)| ItemOutcome {
                    obligation: state.register.id_of(ordinal),
                    outcome: match effect {
                        Effect::Changed => "applied",
                        Effect::Duplicate => "already",
                        Effect::Void(_) => "void",
                    },
                    seq: Some(seq),
                    code: None,
                    detail: None,
                    detail_en: None,
                })
                .collect()
        })
    }
}

/// Events of one atomic batch.
#[derive(Default)]
struct Batch {
    records: Vec<NewRecord>,
    ids: Vec<EventId>,
    items: Vec<usize>,
    refused: Vec<(usize, BulkRefused)>,
    closes: bool,
}

impl Batch {
    fn add(
        &mut self,
        gate: &Gate,
        cause: &Cause,
        part: u16,
        event: &Event,
        now: Timestamp,
        expect: Expect,
    ) -> Result<(), SubmitError> {
        let encoded = event.encode(cause, part, now);
        let (id, bytes) = encoded.map_err(|error| SubmitError::Inside { reason: error.to_string() })?;
        let subject = format!("{}{}", gate.settings.subject_prefix, event.target.subject(id));
        self.records.push(NewRecord { subject, id: id.to_string(), payload: Bytes::from(bytes), expect });
        self.ids.push(id);
        Ok(())
    }
}

impl Many<'_> {
    fn len(&self) -> usize {
        match &self.work {
            Work::Apply(_) => self.ids.len(),
            Work::Undo(undone) => undone.len(),
        }
    }

    fn must_be_whole(&self) -> bool {
        matches!(&self.work, Work::Apply(body) if body.all_or_nothing)
    }

    fn act_name(&self) -> String {
        match &self.work {
            Work::Apply(body) => body.act.clone(),
            Work::Undo(_) => self.request.act.as_str().to_owned(),
        }
    }

    /// Goes on from what an earlier attempt stored.
    fn take_up(&mut self, earlier: Earlier) {
        self.opened = earlier.opened.map(|(seq, _)| seq);
        for at in 0..self.len() {
            let id = self.request.key.event_id(&self.acting.person, item_part(at));
            if let Some(seq) = earlier.stored.get(&id) {
                self.done.insert(at, Done::Stored(id, *seq));
            }
        }
        let Some((seq, closed)) = earlier.closed else { return };
        self.closed = Some(seq);
        for refused in closed.refused {
            if let Some(at) = self.ids.iter().position(|id| *id == refused.obligation) {
                self.done.insert(at, Done::Refused(refused));
            }
        }
    }

    fn decide_all(&self, register: &Register) -> Vec<(usize, Result<Event, BulkRefused>)> {
        (0..self.len()).map(|at| (at, self.decide(at, register))).collect()
    }

    fn decide(&self, at: usize, register: &Register) -> Result<Event, BulkRefused> {
        let id = match (self.ids.get(at), &self.work) {
            (Some(id), _) => id,
            // Behind the obligations come the bulk facts, which can always be taken back.
            (None, Work::Undo(undone)) => return Ok(undone.bulk_facts()[at - self.ids.len()].clone()),
            (None, Work::Apply(_)) => unreachable!("as many items as obligations"),
        };
        let decided = match &self.work {
            Work::Apply(body) => decide_one(body, id, &self.acting, register, self.today),
            Work::Undo(undone) => undone.decide(at, register, self.today),
        };
        decided.map_err(|refusal| told_refused(id, &refusal))
    }

    fn refused(&self) -> impl Iterator<Item = &BulkRefused> {
        (0..self.len()).filter_map(|at| match self.done.get(&at)? {
            Done::Refused(refused) => Some(refused),
            Done::Stored(..) => None,
        })
    }

    /// The events of this command that are about no single obligation: bulk facts that were taken back.
    fn facts(&self) -> impl Iterator<Item = (&Event, EventId, Seq)> {
        let retractions = match &self.work {
            Work::Undo(undone) => undone.bulk_facts(),
            Work::Apply(_) => &[],
        };
        let first = self.ids.len();
        retractions.iter().enumerate().filter_map(move |(at, event)| match self.done.get(&(first + at))? {
            Done::Stored(id, seq) => Some((event, *id, *seq)),
            Done::Refused(_) => None,
        })
    }

    fn bulk(&self, data: Data) -> Event {
        Event { target: Target::Bulk(self.region.clone()), occurred_on: self.today, data }
    }

    fn outcome(
        &self,
        at: usize,
        outcome: &'static str,
        seq: Option<Seq>,
        refused: Option<&BulkRefused>,
    ) -> Option<ItemOutcome> {
        Some(ItemOutcome {
            obligation: self.ids.get(at)?.clone(),
            outcome,
            seq,
            code: refused.map(|refused| refused.code.clone()),
            detail: refused.map(|refused| refused.ru.clone()),
            detail_en: refused.map(|refused| refused.en.clone()),
        })
    }
}

fn outcome_of(refused: &BulkRefused) -> &'static str {
    if refused.code == "already_so" { "already" } else { "refused" }
}

fn told(id: &ObligationId, code: &str, ru: &str, en: &str) -> BulkRefused {
    BulkRefused { obligation: id.clone(), code: code.to_owned(), ru: ru.to_owned(), en: en.to_owned() }
}

fn nothing(id: &ObligationId) -> Refusal {
    Refusal::Missing(Missing::Obligation(id.to_string()))
}

/// The region of a command on many: that of its first obligation, or of its first bulk fact.
fn region_of(register: &Register, ids: &[ObligationId], work: &Work<'_>) -> Result<RegionCode, Refusal> {
    if let Work::Undo(undone) = work
        && let Some(Target::Bulk(region)) = undone.bulk_facts().first().map(|event| &event.target)
    {
        return Ok(region.clone());
    }
    let first = ids.first().ok_or_else(|| Refusal::Missing(Missing::Obligation("-".to_owned())))?;
    let found = ids.iter().find_map(|id| register.standing(id).map(|standing| standing.region.clone()));
    found.ok_or_else(|| nothing(first))
}
