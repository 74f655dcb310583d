//! Lists in pages: a cursor says which log and state it was made from, and where the next page begins.

use commands::Epoch;
use serde::Serialize;

use crate::problem::Problem;
use crate::query::Query;

/// Rows of a page when the request does not say.
const ROWS: u64 = 1_000;
/// Rows of a page at most.
const ROWS_MAX: u64 = 10_000;

/// Where a page begins, and how long it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Sequence of the state that the first page was made from.
    pub(crate) seq: Option<u64>,
    /// Key of the first row: what it counts is the list's own affair.
    pub(crate) from: u64,
    /// Rows at most.
    pub(crate) limit: usize,
}

impl Page {
    /// Reads `cursor` and `limit`.
    ///
    /// # Errors
    /// The cursor is of another log.
    pub(crate) fn read(query: &mut Query, epoch: &Epoch) -> Result<Self, Problem> {
        let limit = query.number("limit", 1, ROWS_MAX).unwrap_or(ROWS);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let Some(cursor) = query.text("cursor") else { return Ok(Self { seq: None, from: 0, limit }) };
        let mut parts = cursor.rsplitn(3, '.');
        let from = parts.next().and_then(|part| part.parse().ok());
        let seq = parts.next().and_then(|part| part.parse().ok());
        let (Some(from), Some(seq), Some(of)) = (from, seq, parts.next()) else {
            query.wrong(
                "cursor",
                "это не курсор: возьмите next прошлой страницы",
                "it is no cursor: take next of the page before",
            );
            return Ok(Self { seq: None, from: 0, limit });
        };
        if of == epoch.as_str() {
            Ok(Self { seq: Some(seq), from, limit })
        } else {
            Err(Problem::epoch_changed(epoch.as_str()))
        }
    }

    /// The cursor of the page that begins at `from`.
    pub(crate) fn cursor(epoch: &Epoch, seq: u64, from: u64) -> String {
        format!("{epoch}.{seq}.{from}")
    }
}

/// A page as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct List<T> {
    /// The rows.
    pub(crate) data: Vec<T>,
    /// Cursor of the next page; `null` at the end.
    pub(crate) next: Option<String>,
    /// Position of the state that they were made from.
    pub(crate) seq: u64,
    /// The instant that they tell of.
    pub(crate) as_of: String,
}
