//! What holds for every request: room, time, a measure and a line in the service's own log.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::{Instant, timeout};

use crate::Face;
use crate::problem::Problem;

/// Refuses what there is no room for, and ends what takes too long.
pub(crate) async fn guarded(State(face): State<Face>, request: Request, next: Next) -> Result<Response, Problem> {
    let started = Instant::now();
    let path = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let _room = face.room.try_acquire().map_err(|_| Problem::overloaded())?;
    let answered = timeout(face.settings.answer_within, next.run(request)).await;
    let answer = answered.map_err(|_| Problem::timed_out());
    let status = answer.as_ref().map_or_else(Problem::status, Response::status).as_u16();
    let labels = [("method", method.clone()), ("path", path.clone()), ("status", status.to_string())];
    metrics::counter!("vekha_http_requests_total", &labels).increment(1);
    metrics::histogram!("vekha_http_seconds", "method" => method.clone(), "path" => path.clone())
        .record(started.elapsed());
    tracing::debug!(method, path, status, "answered {method} {path} with {status}");
    answer
}
