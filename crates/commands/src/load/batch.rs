//! Makes batches: decides each deed, encodes and numbers its events, and applies them ahead of their
//! storage.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use domain::event::Event;
use domain::event::Target;
use domain::id::Seq;
use journal::{Expect, NewRecord, limits};
use register::{Register, Stored, parse};

use domain::actor::Actor;

use super::{Deed, Import, LoadError, Loaded, Progress, cause, decided, reused, sha256_of};
use crate::gate::Gate;

/// Deeds between two chances for the append that is on its way.
const BREATH: u64 = 64;
/// Bytes of one batch at most: plans and activations are large, and the broker holds a batch in memory.
const BATCH_BYTES_MAX: usize = 4_000_000;

/// Events that are ready to be stored.
#[derive(Debug, Default)]
pub(super) struct Batch {
    first: Seq,
    records: Vec<NewRecord>,
    bytes: usize,
    subjects: HashSet<String>,
    /// The deeds behind the records, kept while they may have to be made again.
    deeds: Vec<(u64, Deed, String)>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(super) fn first(&self) -> Seq {
        self.first
    }

    pub(super) fn take_records(&mut self) -> Vec<NewRecord> {
        self.deeds.clear();
        std::mem::take(&mut self.records)
    }
}

/// The state of one load.
pub(super) struct Loader<'g> {
    gate: &'g Gate,
    import: &'g Import,
    register: Register,
    /// Sequence of the next event, and the last on each subject that has no obligation of its own.
    next: Seq,
    singles: HashMap<String, Seq>,
    /// Commands of this load: fingerprint and hash of each.
    done: HashMap<u64, String>,
    held: Option<(u64, Deed, String)>,
    count: Loaded,
}

impl<'g> Loader<'g> {
    /// Begins where this process stands, which must be the end of the log.
    pub(super) fn new(gate: &'g Gate, import: &'g Import) -> Self {
        let register = gate.replica.read(|state| state.register.clone());
        Self {
            gate,
            import,
            next: register.last_seq().next(),
            register,
            singles: HashMap::new(),
            done: HashMap::new(),
            held: None,
            count: Loaded::default(),
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { deeds: self.count.deeds, events: self.count.events }
    }

    pub(super) fn stored(&mut self, events: usize) {
        self.count.events += u64::try_from(events).unwrap_or(0);
    }

    pub(super) fn loaded(&self) -> Loaded {
        Loaded { last: self.next.prev(), ..self.count }
    }

    /// Makes the next batch; an empty one when the history is at its end. With `many` false it holds one
    /// deed's events only: enough to know that there is something to load.
    pub(super) async fn next_batch(
        &mut self,
        deeds: &mut impl Iterator<Item = Deed>,
        many: bool,
    ) -> Result<Batch, LoadError> {
        let mut batch = Batch { first: self.next, ..Batch::default() };
        loop {
            let (number, deed, sha256) = match self.held.take() {
                Some(held) => held,
                None => match deeds.next() {
                    Some(deed) => match self.admit(deed).await? {
                        Some(admitted) => admitted,
                        None => continue,
                    },
                    None => return Ok(batch),
                },
            };
            let (events, acting) = decided(number, &deed, &self.register, &*self.gate.appraiser)?;
            let room = self.import.batch_events.clamp(1, limits::BATCH_RECORDS_MAX);
            let full = batch.records.len() + events.len() > room || batch.bytes > BATCH_BYTES_MAX;
            if full && !batch.is_empty() {
                // Decided again with the next batch: nothing was applied in between, so alike.
                self.held = Some((number, deed, sha256));
                return Ok(batch);
            }
            self.add(&mut batch, (number, deed, sha256), &acting, &events).await?;
            if !many {
                return Ok(batch);
            }
            if number.is_multiple_of(BREATH) {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Makes a batch again after the import was opened: the register and the numbers moved on.
    pub(super) async fn renew(&mut self, batch: Batch) -> Result<Batch, LoadError> {
        self.register = self.gate.replica.read(|state| state.register.clone());
        self.next = self.register.last_seq().next();
        self.singles.clear();
        let mut renewed = Batch { first: self.next, ..Batch::default() };
        for (number, deed, sha256) in batch.deeds {
            let (events, acting) = decided(number, &deed, &self.register, &*self.gate.appraiser)?;
            self.add(&mut renewed, (number, deed, sha256), &acting, &events).await?;
        }
        Ok(renewed)
    }

    /// Counts a deed, and says whether it is new.
    async fn admit(&mut self, deed: Deed) -> Result<Option<(u64, Deed, String)>, LoadError> {
        self.count.deeds += 1;
        let number = self.count.deeds;
        let sha256 = sha256_of(&deed.command).map_err(|source| LoadError::Json { deed: number, source })?;
        let fingerprint = deed.key.fingerprint(&deed.actor.person);
        let known = match self.done.get(&fingerprint) {
            Some(done) if *done == sha256 => true,
            Some(_) => return Err(reused(number, &deed)),
            None => self.gate.is_stored(number, &deed, &sha256).await?,
        };
        if known {
            self.count.repeated += 1;
            return Ok(None);
        }
        self.done.insert(fingerprint, sha256.clone());
        Ok(Some((number, deed, sha256)))
    }

    async fn add(
        &mut self,
        batch: &mut Batch,
        (number, deed, sha256): (u64, Deed, String),
        acting: &Actor,
        events: &[(u16, Event)],
    ) -> Result<(), LoadError> {
        let importer = &self.import.importer.person;
        let cause = cause(&deed, acting, sha256.clone(), importer, self.register.last_seq());
        for (part, event) in events {
            let encoded = event.encode(&cause, *part, deed.claimed_at);
            let (id, bytes) = encoded.map_err(|source| LoadError::Json { deed: number, source })?;
            let subject = format!("{}{}", self.gate.settings.subject_prefix, event.target.subject(id));
            // Behind the first of a batch on its subject the batch itself keeps the order.
            let expect = if batch.subjects.insert(subject.clone()) {
                Expect::LastOnSubject(self.last_on(event, &subject).await?)
            } else {
                Expect::Any
            };
            let seq = self.next;
            let claimed = deed.claimed_at.max(self.gate.now());
            let stored = Stored { seq, recorded_at: claimed, payload: &bytes };
            let applied = parse(&stored).and_then(|parsed| self.register.apply(&parsed));
            applied.map_err(|source| LoadError::Apply { deed: number, source })?;
            if !matches!(event.target, Target::Obligation(..)) {
                self.singles.insert(subject.clone(), seq);
            }
            self.next = seq.next();
            batch.bytes += bytes.len();
            // Imports carry no id: their expectations protect them.
            batch.records.push(NewRecord { subject, id: String::new(), payload: Bytes::from(bytes), expect });
        }
        if batch.records.len() == events.len() {
            batch.deeds.push((number, deed, sha256));
        }
        Ok(())
    }

    async fn last_on(&self, event: &Event, subject: &str) -> Result<Seq, LoadError> {
        Ok(match &event.target {
            Target::Obligation(_, _, id) => {
                self.register.find(id).map_or(Seq::NONE, |ordinal| self.register.obligation(ordinal).own)
            }
            _ if event.is_first_on_subject() => Seq::NONE,
            _ => {
                // What an earlier batch put there may still be on its way: the journal would not know it.
                if let Some(seq) = self.singles.get(subject) {
                    return Ok(*seq);
                }
                let last = self.gate.journal.last_on(subject).await;
                let last = last.map_err(|error| LoadError::Mark(crate::gate::no_answer(error)))?;
                last.map_or(Seq::NONE, |record| record.seq)
            }
        })
    }
}
