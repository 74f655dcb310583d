//! One suite for every log: what an implementation must do, seen only through [`Journal`].
//!
//! The cases need a log without injected faults; each gets an empty log of its own. A case that
//! waits for ever is a failure too: run the suite under a time limit.

mod appending;
mod reading;

use std::sync::Arc;

use bytes::Bytes;

use crate::{Expect, Journal, NewRecord, ReadError, Reader, Record, Seq, SharedJournal};

/// Runs every case, each on a new empty log.
///
/// # Panics
/// When the log does not behave; the message names the case's claim.
pub async fn run_all(make: impl AsyncFn() -> Arc<dyn Journal>) {
    appending::reads_back_in_order(&*make().await).await;
    appending::empty_append_stores_nothing(&*make().await).await;
    appending::second_first_record_on_a_subject_conflicts(&*make().await).await;
    appending::right_expectation_stores_and_wrong_one_tells_the_last(&*make().await).await;
    appending::batch_with_one_bad_expectation_stores_nothing(&*make().await).await;
    appending::own_record_is_recognised_after_a_repeat(&*make().await).await;
    appending::own_batch_is_recognised_after_a_repeat(&*make().await).await;
    appending::subject_may_come_twice_in_a_batch_with_one_expectation(&*make().await).await;
    appending::what_cannot_be_stored_is_refused_before(&*make().await).await;
    appending::largest_batch_is_stored_and_a_larger_one_refused(&*make().await).await;
    appending::concurrent_appenders_keep_each_chain(make().await).await;
    appending::concurrent_batches_and_singles_are_all_stored_once(make().await).await;
    appending::concurrent_rivals_leave_one_winner(make().await).await;
    reading::reader_sees_from_any_sequence(&*make().await).await;
    reading::live_tail_wakes(&*make().await).await;
    reading::reading_beyond_the_end_is_an_error(&*make().await).await;
    reading::dropped_wait_loses_nothing(&*make().await).await;
    reading::batch_ends_are_marked(&*make().await).await;
    reading::get_and_last_on_answer(&*make().await).await;
    reading::tip_follows(&*make().await).await;
}

const NEW: Expect = Expect::LastOnSubject(Seq::NONE);

fn record(subject: &str, id: &str, expect: Expect) -> NewRecord {
    let payload = Bytes::from(format!("{{\"id\":\"{id}\"}}"));
    NewRecord { subject: format!("vekha.ev.test.{subject}"), id: id.to_owned(), payload, expect }
}

/// Reads exactly `count` records.
async fn take(reader: &mut dyn Reader, count: usize) -> Result<Vec<Record>, ReadError> {
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        let batch = reader.next(count - all.len()).await?;
        assert!(!batch.records.is_empty(), "a reader never returns an empty batch");
        all.extend(batch.records);
    }
    assert_eq!(all.len(), count, "a reader returns at most what is asked for");
    Ok(all)
}

/// Reads the whole log.
async fn all(log: &dyn Journal) -> Vec<Record> {
    let last = log.tip().await.expect("the tip is known").last;
    let count = usize::try_from(last.get()).expect("the log is small");
    let records = take(&mut *log.read(Seq::FIRST), count).await.expect("the log can be read");
    for (index, record) in records.iter().enumerate() {
        let seq = u64::try_from(index).expect("the log is small") + 1;
        assert_eq!(record.seq, Seq(seq), "records come in order, without a gap");
    }
    records
}

fn ids(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.id.as_deref().unwrap_or_default()).collect()
}

/// Appends in a loop as a patient client does: a full queue is waited out.
async fn append_patiently(log: &SharedJournal, records: Vec<NewRecord>) -> Result<Vec<Seq>, crate::AppendError> {
    loop {
        match log.append(records.clone()).await {
            Err(crate::AppendError::Overloaded { .. }) => tokio::task::yield_now().await,
            outcome => return outcome,
        }
    }
}
