//! One command on many obligations: events in atomic batches, an outcome for each, taken up again where it stopped.
//!
//! `bulk.opened` names the obligations before anything is written on them and `bulk.closed` says how it ended, so
//! that a repeated command gives the first answer and an interrupted one goes on with the same obligations. What
//! the log holds under the command's key is looked at anew whenever somebody was faster: it may have been another
//! attempt of the same command.

mod batch;
mod items;
mod logged;

use domain::command::Command;
use domain::decide::{CLOSED_PART, World, item_part, resolve_many, single, under_grant};
use domain::event::Target;
use domain::evolve::Effect;
use domain::id::{ObligationId, RegionCode, Seq};
use domain::limits::BULK_BATCH_EVENTS;
use domain::payload::BulkRefused;
use domain::refusal::{Invalid, Missing, Refusal};
use register::Register;

use self::batch::Batch;
use self::items::{Many, Work, outcome_of};
use self::logged::Logged;
use crate::error::SubmitError;
use crate::gate::Gate;
use crate::request::{EventNote, ItemOutcome, Receipt, Request};
use crate::standing::local_day;

/// Items of one batch: `bulk.opened` and `bulk.closed` may stand beside them.
const BATCH_ITEMS: usize = BULK_BATCH_EVENTS - 2;
/// Tries of a batch as a whole before its events go one by one: somebody works on one of its obligations.
const WHOLE_TRIES: u32 = 3;

impl Gate {
    /// Carries a command on many.
    pub(crate) async fn carry_many(
        &self,
        request: &Request,
        command: &Command,
        sha256: &str,
    ) -> Result<Receipt, SubmitError> {
        let logged = self.logged(request, sha256).await?;
        if let Some((_, ids)) = logged.opened.as_ref().filter(|_| logged.closed.is_some()) {
            return Ok(self.many_receipt(request, ids, &logged, true, true));
        }
        let mut many = self.open_many(request, command, sha256, logged).await?;
        if request.dry_run {
            return Ok(self.try_many(&many));
        }
        self.check_all_or_nothing(&many)?;
        self.store_many(&mut many).await?;
        let last = many.logged.closed.as_ref().map_or(Seq::NONE, |(seq, _)| *seq);
        let visible = self.replica.wait_for(last, self.settings.visible_within).await.is_ok();
        if visible {
            // The log has the last word: what was counted here may have been overtaken unseen.
            many.logged = self.logged(request, sha256).await?;
        }
        Ok(self.many_receipt(request, &many.ids, &many.logged, false, visible))
    }

    async fn open_many<'a>(
        &self,
        request: &'a Request,
        command: &'a Command,
        sha256: &'a str,
        logged: Logged,
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
        let opened = logged.opened.as_ref().map(|(_, ids)| ids);
        let (work, ids) = match command {
            Command::Undo(body) => {
                let undone = self.find_undone(body, &acting, now, opened).await?;
                let ids = undone.ids();
                (Work::Undo(undone), ids)
            }
            Command::ApplyToMany(body) => {
                let ids = match opened {
                    Some(ids) => ids.clone(),
                    None => self.replica.read(|state| resolve_many(body, &state.register, today)).map_err(refused)?,
                };
                // A body that fits none of them is a mistake of the command, not an outcome of each.
                ids.first().map_or(Ok(()), |id| single(body, id).map(drop)).map_err(refused)?;
                (Work::Apply(body), ids)
            }
            _ => return Err(SubmitError::Inside { reason: format!("{} is not about many", request.act) }),
        };
        let region = self.replica.read(|state| region_of(&state.register, &ids, &work)).map_err(refused)?;
        Ok(Many::new(request, sha256, (acting, work, ids), region, (now, today), logged))
    }

    /// Only says what would happen.
    fn try_many(&self, many: &Many<'_>) -> Receipt {
        let decided = self.replica.read(|state| many.decide_all(&state.register));
        let items = decided.into_iter().filter_map(|(at, decision)| {
            let id = many.ids.get(at)?;
            Some(match decision {
                Ok(_) => outcome(id, "applied", None, None),
                Err(refused) => outcome(id, outcome_of(&refused), None, Some(&refused)),
            })
        });
        let items = items.collect();
        Receipt { events: Vec::new(), obligation: None, items, dry_run: true, repeated: false, visible: true }
    }

    fn check_all_or_nothing(&self, many: &Many<'_>) -> Result<(), SubmitError> {
        if !many.must_be_whole() || many.logged.opened.is_some() {
            return Ok(());
        }
        if many.ids.len() > BATCH_ITEMS {
            let mistake = Invalid::at(
                "/all_or_nothing",
                format!("Всё или ничего — не больше {BATCH_ITEMS} обязательств."),
                format!("All or nothing takes at most {BATCH_ITEMS} obligations."),
            );
            let refusal = Refusal::Invalid(vec![mistake]);
            return Err(SubmitError::Refused { refusal, allowed: Vec::new() });
        }
        let decided = self.replica.read(|state| many.decide_all(&state.register));
        let refused: Vec<BulkRefused> =
            decided.into_iter().filter_map(|(_, decision)| Some(*decision.err()?)).collect();
        if refused.is_empty() { Ok(()) } else { Err(SubmitError::NotAll { refused }) }
    }

    async fn store_many(&self, many: &mut Many<'_>) -> Result<(), SubmitError> {
        let pending: Vec<usize> = (0..many.len()).filter(|at| !many.is_settled(*at)).collect();
        let mut chunks = pending.chunks(BATCH_ITEMS).peekable();
        while let Some(chunk) = chunks.next() {
            self.store_chunk(many, chunk, chunks.peek().is_none()).await?;
        }
        self.close_many(many).await
    }

    /// Stores the events of some items in one atomic batch; decided anew when somebody was faster, and one by one
    /// when that goes on.
    async fn store_chunk(&self, many: &mut Many<'_>, chunk: &[usize], last: bool) -> Result<(), SubmitError> {
        let tries = if many.must_be_whole() { self.settings.attempts } else { WHOLE_TRIES };
        for _ in 0..tries {
            if many.logged.closed.is_some() || self.store_items(many, chunk, last).await? {
                return Ok(());
            }
            self.check_all_or_nothing(many)?;
        }
        if many.must_be_whole() {
            return Err(SubmitError::Contended { attempts: tries });
        }
        for at in chunk {
            for _ in 0..self.settings.attempts {
                if many.logged.closed.is_some() || self.store_items(many, &[*at], false).await? {
                    break;
                }
            }
            many.give_up(*at);
        }
        Ok(())
    }

    /// Says how it ended, if that was not said yet.
    async fn close_many(&self, many: &mut Many<'_>) -> Result<(), SubmitError> {
        for _ in 0..self.settings.attempts.max(1) {
            if many.logged.closed.is_some() || self.store_items(many, &[], true).await? {
                return Ok(());
            }
        }
        Err(SubmitError::Contended { attempts: self.settings.attempts })
    }

    /// Stores what is not settled of some items; `false` when somebody was faster, and the log was looked at anew.
    async fn store_items(&self, many: &mut Many<'_>, items: &[usize], last: bool) -> Result<bool, SubmitError> {
        let batch = self.replica.read(|state| Batch::make(self, many, items, last, &state.register))?;
        match batch.store(self, many).await? {
            None => Ok(true),
            Some(overtaken) => {
                self.catch_up(overtaken).await?;
                let logged = self.logged(many.request, many.sha256).await?;
                many.look_again(logged);
                Ok(false)
            }
        }
    }

    /// The answer, made of what the log holds under the command's key.
    fn many_receipt(
        &self,
        request: &Request,
        ids: &[ObligationId],
        logged: &Logged,
        repeated: bool,
        visible: bool,
    ) -> Receipt {
        let event = |part: u16, event_type: &str, seq: Option<Seq>| EventNote {
            event_id: request.key.event_id(&request.actor.person, part).to_string(),
            event_type: event_type.to_owned(),
            seq,
            effect: None,
        };
        let mut events = vec![event(0, "bulk.opened", logged.opened.as_ref().map(|(seq, _)| *seq))];
        // Behind the obligations come the bulk facts that were taken back.
        let facts = logged.parts.range(item_part(ids.len())..CLOSED_PART);
        events.extend(facts.map(|(part, (seq, name))| event(*part, name, Some(*seq)).doing(self.effect_of(*seq))));
        let closed = logged.closed.as_ref();
        events.push(event(CLOSED_PART, "bulk.closed", closed.map(|(seq, _)| *seq)));
        let refused = logged.refused();
        let items = ids.iter().enumerate().filter_map(|(at, id)| match logged.parts.get(&item_part(at)) {
            Some((seq, _)) => {
                let void = self.effect_of(*seq).is_some_and(Effect::is_void);
                Some(outcome(id, if void { "void" } else { "applied" }, Some(*seq), None))
            }
            None => refused.get(id).map(|refused| outcome(id, outcome_of(refused), None, Some(refused))),
        });
        Receipt { events, obligation: None, items: items.collect(), dry_run: false, repeated, visible }
    }

    /// What became of each recipient of bulk facts at these positions.
    pub(crate) fn outcomes_of_bulk(&self, seqs: &[Seq]) -> Vec<ItemOutcome> {
        self.replica.read(|state| {
            let acts = seqs.iter().filter_map(|seq| state.register.bulk_act(*seq));
            acts.flat_map(|act| act.obligations.iter().map(move |(ordinal, effect)| (act.seq, *ordinal, *effect)))
                .map(|(seq, ordinal, effect)| {
                    let word = match effect {
                        Effect::Changed => "applied",
                        Effect::Duplicate => "already",
                        Effect::Void(_) => "void",
                    };
                    outcome(&state.register.id_of(ordinal), word, Some(seq), None)
                })
                .collect()
        })
    }
}

fn outcome(id: &ObligationId, outcome: &'static str, seq: Option<Seq>, refused: Option<&BulkRefused>) -> ItemOutcome {
    // Words that did not fit into the log are not told either: a repeated answer would lack them.
    let told = |words: fn(&BulkRefused) -> &String| refused.map(words).filter(|text| !text.is_empty()).cloned();
    ItemOutcome {
        obligation: id.clone(),
        outcome,
        seq,
        code: refused.map(|refused| refused.code.clone()),
        detail: told(|refused| &refused.ru),
        detail_en: told(|refused| &refused.en),
    }
}

/// The region of a command on many: that of its first obligation, or of its first bulk fact.
fn region_of(register: &Register, ids: &[ObligationId], work: &Work<'_>) -> Result<RegionCode, Refusal> {
    if let Work::Undo(undone) = work
        && let Some(Target::Bulk(region)) = undone.bulk_facts().first().map(|event| &event.target)
    {
        return Ok(region.clone());
    }
    let missing = |id: Option<&ObligationId>| {
        Refusal::Missing(Missing::Obligation(id.map_or_else(|| "-".to_owned(), ToString::to_string)))
    };
    let found = ids.iter().find_map(|id| register.standing(id).map(|standing| standing.region.clone()));
    found.ok_or_else(|| missing(ids.first()))
}
