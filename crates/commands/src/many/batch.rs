//! Events of a command on many that are stored together or not at all.

use bytes::Bytes;
use domain::decide::{CLOSED_PART, item_part};
use domain::event::{Cause, Data, Event};
use domain::id::Seq;
use domain::limits::BULK_WORDS_BYTES;
use domain::payload::{BulkClosed, BulkOpened, BulkRefused};
use jiff::Timestamp;
use journal::{Expect, NewRecord};
use register::Register;

use super::items::Many;
use crate::error::SubmitError;
use crate::gate::{Gate, cause_of};

/// Events of one atomic batch.
#[derive(Default)]
pub(super) struct Batch {
    records: Vec<NewRecord>,
    items: Vec<(usize, String)>,
    refused: Vec<(usize, BulkRefused)>,
    opens: bool,
    closes: Option<BulkClosed>,
}

impl Batch {
    /// Decides what is not settled of some items; `bulk.opened` stands before the first of all, and `bulk.closed`
    /// behind the last.
    pub(super) fn make(
        gate: &Gate,
        many: &Many<'_>,
        items: &[usize],
        last: bool,
        register: &Register,
    ) -> Result<Self, SubmitError> {
        let cause = cause_of(many.request, &many.acting, many.sha256, register.last_seq());
        let mut batch = Self::default();
        if many.logged.opened.is_none() {
            let opened = BulkOpened { act: many.act_name(), obligations: many.ids.clone() };
            batch.add(gate, &cause, 0, &many.bulk(Data::BulkOpened(opened)), many.now, Seq::NONE)?;
            batch.opens = true;
        }
        for at in items.iter().copied().filter(|at| !many.is_settled(*at)) {
            match many.decide(at, register) {
                Ok(event) => {
                    let place = many.ids.get(at).and_then(|id| register.find(id));
                    let own = place.map_or(Seq::NONE, |ordinal| register.obligation(ordinal).own);
                    batch.add(gate, &cause, item_part(at), &event, many.now, own)?;
                    batch.items.push((at, event.data.type_name().to_owned()));
                }
                Err(refused) => batch.refused.push((at, *refused)),
            }
        }
        if last {
            let mut refused: Vec<_> = many.refused.iter().map(|(at, one)| (*at, one.clone())).collect();
            refused.extend(batch.refused.iter().cloned());
            refused.sort_by_key(|(at, _)| *at);
            let stored = many.logged.parts.len() + batch.items.len();
            let applied = u32::try_from(stored).unwrap_or(u32::MAX);
            let closed = BulkClosed { applied, refused: spare(refused.into_iter().map(|(_, one)| one).collect()) };
            batch.add(gate, &cause, CLOSED_PART, &many.bulk(Data::BulkClosed(closed.clone())), many.now, Seq::NONE)?;
            batch.closes = Some(closed);
        }
        Ok(batch)
    }

    /// Stores it and notes that in the command; the position to look from when somebody was faster.
    pub(super) async fn store(self, gate: &Gate, many: &mut Many<'_>) -> Result<Option<Seq>, SubmitError> {
        // Everything may have been refused.
        let seqs = if self.records.is_empty() { Ok(Vec::new()) } else { gate.journal.append(self.records).await };
        let mut stored = match seqs {
            Ok(seqs) => seqs.into_iter(),
            Err(error) => return gate.judge(error).await.map(Some),
        };
        if self.opens {
            many.logged.opened = stored.next().map(|seq| (seq, many.ids.clone()));
        }
        for (at, event_type) in self.items {
            if let Some(seq) = stored.next() {
                many.logged.parts.insert(item_part(at), (seq, event_type));
            }
        }
        many.refused.extend(self.refused);
        if let Some(closed) = self.closes {
            many.logged.closed = stored.next().map(|seq| (seq, closed));
        }
        Ok(None)
    }

    fn add(
        &mut self,
        gate: &Gate,
        cause: &Cause,
        part: u16,
        event: &Event,
        now: Timestamp,
        last: Seq,
    ) -> Result<(), SubmitError> {
        let encoded = event.encode(cause, part, now);
        let (id, bytes) = encoded.map_err(|error| SubmitError::Inside { reason: error.to_string() })?;
        let subject = format!("{}{}", gate.settings.subject_prefix, event.target.subject(id));
        let expect = Expect::LastOnSubject(last);
        self.records.push(NewRecord { subject, id: id.to_string(), payload: Bytes::from(bytes), expect });
        Ok(())
    }
}

/// Leaves out the words that would make `bulk.closed` larger than an event may be; the codes stay.
fn spare(mut refused: Vec<BulkRefused>) -> Vec<BulkRefused> {
    let mut room = BULK_WORDS_BYTES;
    for one in &mut refused {
        let words = one.ru.len() + one.en.len();
        if let Some(rest) = room.checked_sub(words) {
            room = rest;
        } else {
            one.ru.clear();
            one.en.clear();
        }
    }
    refused
}
