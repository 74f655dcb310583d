//! `GET /bi/v1/control-totals`: sums to compare a tool's sums with.

use ::bi::{Question, contract};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde_json::{Map, Value};

use super::files;
use super::odata::cell;
use super::snapshots::Tag;
use crate::Face;
use crate::answer::{inside, json as answer, position, wait};
use crate::auth::Caller;
use crate::page::List;
use crate::problem::Problem;
use crate::query::Query;

/// The set.
const SET: &str = "control_total";

/// The totals as JSON: `{data, seq, as_of}`.
pub(crate) async fn json(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &[]);
    let least = position(&mut query, "min_seq", &face)?.unwrap_or_default();
    query.done()?;
    wait(&face, raw.as_deref()).await?;
    let set = contract().set(SET).ok_or_else(|| Problem::no_data_set(SET))?;
    let snapshot = face.snapshot(&caller, set, least).await?;
    let tag = Tag::of(&snapshot, &["json"]);
    if let Some(unchanged) = tag.unchanged(&face, &snapshot, &headers) {
        return Ok(unchanged);
    }
    let stored = snapshot.stored.clone();
    let read = tokio::task::spawn_blocking(move || stored.ask(&Question { top: stored.rows(), ..Question::default() }));
    let frame = read.await.map_err(|error| inside(&error))?.map_err(|error| inside(&error))?;
    let row = |at: usize| {
        let cells = set.columns.iter().zip(frame.row(at));
        cells.map(|(column, it)| (column.name.clone(), cell(it))).collect::<Map<String, Value>>()
    };
    let data = (0..frame.height()).map(row).collect();
    let list = List { data, next: None, seq: snapshot.seq.get(), as_of: snapshot.as_of.to_string() };
    let mut response = answer(&list)?;
    tag.stamp(&face, &snapshot, response.headers_mut());
    Ok(response)
}

/// The totals as CSV: the file of the set.
pub(crate) async fn csv(
    state: State<Face>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
    raw: RawQuery,
) -> Result<Response, Problem> {
    files::file(state, caller, method, headers, Path(format!("{SET}.csv")), raw).await
}
