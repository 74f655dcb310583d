//! What holds for every request: room, time, a measure and a line in the service's own log.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::{Instant, timeout};

use domain::limits::{BODY_BYTES_MAX, EVIDENCE_FILE_BYTES_MAX};
use futures::StreamExt as _;

use crate::Face;
use crate::problem::Problem;

/// Refuses what there is no room for, and ends what takes too long.
pub(crate) async fn guarded(State(face): State<Face>, request: Request, next: Next) -> Result<Response, Problem> {
    let started = Instant::now();
    let path = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let is_read = request.method().is_safe();
    let method = request.method().as_str().to_owned();
    let _room = face.room.try_acquire().map_err(|_| Problem::overloaded())?;
    let answered = timeout(face.settings.answer_within, next.run(request)).await;
    let answer = answered.map_err(|_| Problem::timed_out(is_read));
    let status = answer.as_ref().map_or_else(Problem::status, Response::status).as_u16();
    let labels = [("method", method.clone()), ("path", path.clone()), ("status", status.to_string())];
    metrics::counter!("vekha_http_requests_total", &labels).increment(1);
    metrics::histogram!("vekha_http_seconds", "method" => method.clone(), "path" => path.clone())
        .record(started.elapsed());
    tracing::debug!(method, path, status, "answered {method} {path} with {status}");
    answer
}

/// A body that is too large is read to its end (to this many times the limit) before it is refused: a client that is
/// still sending would otherwise see a broken connection instead of the answer.
const DRAINED_TIMES: usize = 16;

/// Refuses a command's body that says it is too large.
pub(crate) async fn small_enough(request: Request, next: Next) -> Result<Response, Problem> {
    sized(request, next, BODY_BYTES_MAX).await.unwrap_or_else(|| Err(Problem::too_large()))
}

/// Refuses a file that says it is too large.
pub(crate) async fn small_file(request: Request, next: Next) -> Result<Response, Problem> {
    let most = EVIDENCE_FILE_BYTES_MAX;
    sized(request, next, most).await.unwrap_or_else(|| Err(Problem::larger_than(most)))
}

async fn sized(request: Request, next: Next, most: usize) -> Option<Result<Response, Problem>> {
    let told = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if told.is_none_or(|bytes| bytes <= most) {
        return Some(Ok(next.run(request).await));
    }
    let mut body = request.into_body().into_data_stream();
    let mut left = BODY_BYTES_MAX * DRAINED_TIMES;
    while let Some(Ok(piece)) = body.next().await {
        left = left.saturating_sub(piece.len());
        if left == 0 {
            break;
        }
    }
    None
}
