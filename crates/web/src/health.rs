//! Liveness, readiness, measures, and the answer where there is nothing.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::actor::Role;
use domain::refusal::Words;
use projector::Status;
use serde_json::json;

use crate::Face;
use crate::answer::{json as answer, stamp, typed};
use crate::auth::{Caller, actor_of};
use crate::problem::Problem;
use crate::query::Query;

/// `GET /healthz`: the process lives.
pub(crate) async fn live(RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    answer(&json!({"status": "live"}))
}

/// `GET /readyz`: the state has caught up with the log.
pub(crate) async fn ready(State(face): State<Face>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let status = face.gate.replica().status();
    let position = face.gate.replica().position();
    let mut told = serde_json::Map::new();
    told.insert("seq".into(), json!(position.seq));
    told.insert("lag_events".into(), json!(status.lag_events));
    told.insert("lag_ms".into(), json!(status.lag_ms));
    if let Some((reason, trouble)) = not_ready(&face, &status) {
        told.insert("reason".into(), json!(trouble));
        return Err(Problem::not_ready(&reason, told));
    }
    told.insert("status".into(), json!("ready"));
    let mut response = answer(&told)?;
    stamp(&face, &position, response.headers_mut());
    Ok(response)
}

/// `GET /metrics`: Prometheus text, for administrators.
pub(crate) async fn metrics(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    caller.only(&[Role::Admin])?;
    metrics::gauge!("vekha_watermark_seq").set(measure(face.gate.replica().position().seq.get()));
    Ok(typed("text/plain; version=0.0.4; charset=utf-8", (face.metrics)()))
}

/// Whatever has no route.
pub(crate) async fn nothing_here(State(face): State<Face>, headers: HeaderMap) -> Response {
    // Strangers do not learn which paths there are.
    match actor_of(&face, &headers) {
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Why the service cannot vouch for what it shows, or cannot take acts, in words for people and in words for the
/// operator; `None` while it can.
fn not_ready(face: &Face, status: &Status) -> Option<(Words, String)> {
    if let Some(failure) = &status.failure {
        return Some((Words::new("чтение журнала остановлено", "reading the log has stopped"), failure.clone()));
    }
    if let Some(trouble) = (face.log_trouble)() {
        return Some((Words::new("журнал не принимает записи", "the log takes no acts"), trouble));
    }
    let behind = || format!("{} events behind", status.lag_events);
    (!status.caught_up)
        .then(|| (Words::new("состояние догоняет журнал", "the state is catching up with the log"), behind()))
}

/// A position as a measure: exact to 2^53.
fn measure(seq: u64) -> f64 {
    let high = u32::try_from(seq >> 32).unwrap_or(u32::MAX);
    let low = u32::try_from(seq & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}
