//! The simulated broker itself: what is stored, what is visible, what it answers.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Dialect, SimFaults};
use crate::{AppendError, Epoch, Expect, NewRecord, ReadError, Record, Refused, Seq, Tip, check_shape};

/// 2022-09-01T00:00:00Z, the first day of a school year.
const START_SECOND: i64 = 1_661_990_400;
/// The clock moves this far with every append.
const STEP: SignedDuration = SignedDuration::from_millis(1);
/// A stale replica lacks this many records.
const STALE_RECORDS: u64 = 8;

#[derive(Debug)]
pub(super) struct State {
    epoch: Epoch,
    /// Record of sequence n at n-1; `None` is a lost record.
    records: Vec<Option<Record>>,
    last_on: HashMap<Arc<str>, Seq>,
    by_id: HashMap<Box<str>, Seq>,
    /// Readers see this many records; the rest is revealed at the next operation.
    visible: usize,
    /// Batches without an answer that a restart may complete.
    limbo: Vec<Vec<NewRecord>>,
    now: Timestamp,
    faults: SimFaults,
    rng: ChaCha8Rng,
    full: bool,
    down: bool,
    guarded: Option<String>,
    /// Operations that still fail for want of a leader.
    outage: u32,
}

/// What a reader finds at its place.
pub(super) enum Look {
    /// Records, and how many wait behind them.
    Records(Vec<Record>, u64),
    /// Nothing yet.
    Nothing,
    /// A reason to stop.
    Stop(ReadError),
}

impl State {
    pub(super) fn new(epoch: Epoch, faults: SimFaults) -> Self {
        Self {
            epoch,
            records: Vec::new(),
            last_on: HashMap::new(),
            by_id: HashMap::new(),
            visible: 0,
            limbo: Vec::new(),
            now: Timestamp::from_second(START_SECOND).expect("a second of 2022 is in range"),
            faults,
            rng: ChaCha8Rng::seed_from_u64(faults.seed),
            full: false,
            down: false,
            guarded: None,
            outage: 0,
        }
    }

    pub(super) fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    pub(super) fn advance(&mut self, by: SignedDuration) {
        self.now = self.now.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    pub(super) fn set_full(&mut self, full: bool) {
        self.full = full;
    }

    pub(super) fn set_down(&mut self, down: bool) {
        self.down = down;
    }

    pub(super) fn set_guarded(&mut self, difference: Option<String>) {
        self.guarded = difference;
    }

    pub(super) fn restart(&mut self) {
        for batch in std::mem::take(&mut self.limbo) {
            let new = batch.iter().all(|record| !self.by_id.contains_key(record.id.as_str()));
            if new && self.conflict(&batch).is_none() {
                self.store(&batch);
            }
        }
        self.visible = self.records.len();
    }

    pub(super) fn inject(&mut self, subject: &str, payload: Bytes) -> Seq {
        let foreign = NewRecord { subject: subject.into(), id: String::new(), payload, expect: Expect::Any };
        let seqs = self.store(std::slice::from_ref(&foreign));
        self.visible = self.records.len();
        seqs.last().copied().unwrap_or_default()
    }

    pub(super) fn lose(&mut self, seq: Seq) {
        if let Some(slot) = self.slot(seq) {
            self.records[slot] = None;
        }
    }

    pub(super) fn replace(&mut self, epoch: Epoch) {
        let now = self.now;
        let rng = self.rng.clone();
        *self = Self { now, rng, ..Self::new(epoch, self.faults) };
    }

    pub(super) fn truth(&self) -> Vec<Record> {
        self.records.iter().flatten().cloned().collect()
    }

    pub(super) fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    pub(super) fn last(&self) -> Seq {
        seq_of(self.records.len())
    }

    pub(super) fn append(&mut self, records: &[NewRecord]) -> Result<Vec<Seq>, AppendError> {
        check_shape(records)?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        self.enter().map_err(|reason| AppendError::Unavailable { reason })?;
        if let Some(difference) = self.guarded.clone() {
            return Err(AppendError::Guarded { difference });
        }
        if self.full {
            return Err(AppendError::Unavailable { reason: "no space is left".into() });
        }
        if self.chance(self.faults.lost_before) {
            return Err(unknown("the request was lost"));
        }
        let atomic = records.len() > 1;
        if atomic && self.chance(self.faults.batch_at_restart) {
            self.limbo.push(records.to_vec());
            return Err(unknown("the broker stopped before it answered"));
        }
        let outcome = self.decide(records);
        if self.chance(self.faults.lost_after) {
            return Err(unknown("the answer was lost"));
        }
        outcome
    }

    fn decide(&mut self, records: &[NewRecord]) -> Result<Vec<Seq>, AppendError> {
        let known: Option<Vec<Seq>> =
            records.iter().map(|record| self.by_id.get(record.id.as_str()).copied()).collect();
        let conflict = self.conflict(records);
        match (self.faults.dialect, known, conflict) {
            (Dialect::R3, Some(seqs), _) | (Dialect::R1, Some(seqs), None) => return Ok(seqs),
            (_, _, Some(refused)) => return Err(refused.into()),
            (_, None, None) => {}
        }
        if let Some(record) = records.iter().find(|r| self.by_id.contains_key(r.id.as_str())) {
            let reason = "it is already in the log".to_owned();
            return Err(Refused::Id { id: record.id.clone(), reason }.into());
        }
        let before = self.records.len();
        let seqs = self.store(records);
        self.visible = self.records.len();
        if records.len() > 1 && self.chance(self.faults.half_batch) {
            self.visible = self.rng.random_range(before..self.records.len());
        }
        Ok(seqs)
    }

    fn conflict(&self, records: &[NewRecord]) -> Option<Refused> {
        records.iter().find_map(|record| match record.expect {
            Expect::Any => None,
            Expect::LastOnSubject(expected) => {
                let last = self.last_on.get(record.subject.as_str()).copied().unwrap_or_default();
                let subject = record.subject.clone();
                (last != expected).then_some(Refused::Conflict { subject, last })
            }
        })
    }

    fn store(&mut self, records: &[NewRecord]) -> Vec<Seq> {
        self.advance(STEP);
        let mut seqs = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            let seq = self.last().next();
            let subject: Arc<str> = record.subject.as_str().into();
            let id: Option<Box<str>> = (!record.id.is_empty()).then(|| record.id.as_str().into());
            self.last_on.insert(Arc::clone(&subject), seq);
            if let Some(id) = &id {
                self.by_id.insert(id.clone(), seq);
            }
            self.records.push(Some(Record {
                seq,
                subject,
                id,
                recorded_at: self.now,
                payload: record.payload.clone(),
                batch_end: index + 1 == records.len(),
            }));
            seqs.push(seq);
        }
        seqs
    }

    pub(super) fn get(&mut self, seq: Seq) -> Result<Option<Record>, ReadError> {
        self.enter().map_err(|reason| ReadError::Unavailable { reason })?;
        let stale = self.chance(self.faults.stale_get);
        if stale && seq.get() + STALE_RECORDS > self.last().get() {
            return Ok(None);
        }
        Ok(self.slot(seq).and_then(|slot| self.records[slot].clone()))
    }

    pub(super) fn last_on(&mut self, subject: &str) -> Result<Option<Record>, ReadError> {
        self.enter().map_err(|reason| ReadError::Unavailable { reason })?;
        let last = self.last_on.get(subject).copied();
        Ok(last.and_then(|seq| self.slot(seq)).and_then(|slot| self.records[slot].clone()))
    }

    pub(super) fn tip(&mut self) -> Result<Tip, ReadError> {
        self.enter().map_err(|reason| ReadError::Unavailable { reason })?;
        let first = self.records.iter().position(Option::is_some);
        let first = first.map_or(Seq::NONE, |index| seq_of(index + 1));
        Ok(Tip { epoch: self.epoch.clone(), first, last: self.last() })
    }

    /// Looks at the records from a sequence on, for a reader.
    pub(super) fn look(&mut self, from: Seq, max: usize, revealing: bool) -> Look {
        if self.down {
            return Look::Nothing;
        }
        if revealing {
            self.visible = self.records.len();
        }
        let seen = &self.records[..self.visible];
        let rest = usize::try_from(from.prev().get()).ok().and_then(|skip| seen.get(skip..));
        let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
            return Look::Nothing;
        };
        let mut there: Vec<Record> = rest.iter().map_while(Clone::clone).take(max.max(1)).collect();
        if there.is_empty() {
            let found = rest.iter().flatten().next().map_or(self.last().next(), |r| r.seq);
            return Look::Stop(ReadError::Gap { expected: from, found });
        }
        if there.len() > 1 && self.chance(self.faults.short_read) {
            there.truncate(self.rng.random_range(1..there.len()));
        }
        let last = there.last().map_or(Seq::NONE, |record| record.seq);
        Look::Records(there, self.last().get() - last.get())
    }

    /// Begins an operation on the leader: the hidden is revealed, the broker may fail or restart.
    fn enter(&mut self) -> Result<(), String> {
        self.visible = self.records.len();
        if self.down {
            return Err("there is no leader".into());
        }
        if self.outage > 0 {
            self.outage -= 1;
            return Err("there is no leader for the moment".into());
        }
        if self.chance(self.faults.no_leader) {
            self.outage = self.rng.random_range(0..=self.faults.no_leader_operations_max);
            return Err("the leader was lost".into());
        }
        if self.chance(self.faults.restart) {
            self.restart();
        }
        Ok(())
    }

    fn chance(&mut self, probability: f64) -> bool {
        // No draw without a fault: a log without faults has the same history for every seed.
        probability > 0.0 && self.rng.random_bool(probability.min(1.0))
    }

    fn slot(&self, seq: Seq) -> Option<usize> {
        let slot = usize::try_from(seq.get().checked_sub(1)?).ok()?;
        (slot < self.records.len()).then_some(slot)
    }
}

fn unknown(reason: &str) -> AppendError {
    AppendError::Unknown { reason: reason.to_owned() }
}

fn seq_of(count: usize) -> Seq {
    Seq(u64::try_from(count).expect("a log in memory has fewer than 2^64 records"))
}
