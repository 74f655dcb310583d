//! What every read has in common: it waits for a position, says its own, and is not sent twice.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use commands::Position;
use domain::expand::hex;
use domain::id::Seq;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Duration;

use crate::Face;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Query;

/// Waits for `min_seq`, answers 304 where nothing changed, and stamps the answer with its position.
pub(crate) async fn positioned(
    State(face): State<Face>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    wait(&face, request.uri().query()).await?;
    // Taken before the state is read: an answer may be newer than it says, never older.
    let position = face.gate.replica().position();
    let tag = tag(&face, &position, &caller, &request);
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { next.run(request).await };
    let good = response.status().is_success() || unchanged;
    let headers = response.headers_mut();
    if good && let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(VARY, HeaderValue::from_static("authorization, accept, accept-language"));
    }
    stamp(&face, &position, headers);
    Ok(response)
}

/// Says how far the state reaches, and how far behind the log it is.
pub(crate) fn stamp(face: &Face, position: &Position, headers: &mut HeaderMap) {
    headers.insert("vekha-seq", HeaderValue::from(position.seq.get()));
    headers.insert("vekha-lag-ms", HeaderValue::from(face.gate.replica().status().lag_ms));
    if let Ok(epoch) = HeaderValue::from_str(position.epoch.as_str()) {
        headers.insert("vekha-epoch", epoch);
    }
}

/// Names one representation: the state, the question, who asks and in which form.
fn tag(face: &Face, position: &Position, caller: &Caller, request: &Request) -> String {
    let header = |name| request.headers().get(name).map(HeaderValue::as_bytes).unwrap_or_default();
    let mut hash = Sha256::new();
    let scope = serde_json::to_vec(&caller.actor.scope).unwrap_or_default();
    let uri = request.uri().to_string();
    // Timeliness changes when a day begins somewhere.
    let days = face.today();
    for part in [
        uri.as_bytes(),
        caller.actor.person.as_str().as_bytes(),
        caller.role().as_str().as_bytes(),
        &scope,
        header(ACCEPT),
        header(ACCEPT_LANGUAGE),
        days.as_bytes(),
    ] {
        hash.update(part);
        hash.update([0]);
    }
    format!("\"{position}:{}\"", &hex(&hash.finalize())[..16])
}

impl Face {
    /// The local days of all regions at this moment.
    pub(crate) fn today(&self) -> String {
        let now = self.gate.now();
        self.gate.replica().read(|state| {
            let mut days: Vec<String> =
                state.register.regions().iter().map(|region| region.clockwork.day_of(now).to_string()).collect();
            days.sort_unstable();
            days.dedup();
            days.join(" ")
        })
    }
}

/// Waits for the position of `min_seq`.
///
/// # Errors
/// It is not reached in time, or is none.
pub(crate) async fn wait(face: &Face, raw: Option<&str>) -> Result<(), Problem> {
    if !raw.is_some_and(|raw| raw.contains("min_seq") || raw.contains("wait")) {
        return Ok(());
    }
    // Only these two are looked at here: the handler tells of all others.
    let ours =
        raw.unwrap_or_default().split('&').filter(|pair| pair.starts_with("min_seq=") || pair.starts_with("wait="));
    let mut query = Query::read(Some(&ours.collect::<Vec<_>>().join("&")), &[]);
    let most = u64::try_from(face.settings.wait_max.as_millis()).unwrap_or(u64::MAX);
    let patience = query.number("wait", 0, most).unwrap_or(most);
    let seq = position(&mut query, "min_seq", face)?;
    query.done()?;
    let Some(seq) = seq else { return Ok(()) };
    let reached = face.gate.replica().wait_for(seq, Duration::from_millis(patience)).await;
    reached.map_err(|not_yet| Problem::not_yet(seq.get(), not_yet.watermark.get()))
}

/// Reads a position, `<seq>` or `<epoch>:<seq>`.
///
/// # Errors
/// It is of another log.
pub(crate) fn position(query: &mut Query, name: &str, face: &Face) -> Result<Option<Seq>, Problem> {
    let Some(text) = query.text(name) else { return Ok(None) };
    let (epoch, seq) = text.rsplit_once(':').map_or((None, text.as_str()), |(epoch, seq)| (Some(epoch), seq));
    let ours = face.gate.replica().epoch().as_str();
    if epoch.is_some_and(|epoch| epoch != ours) {
        return Err(Problem::epoch_changed(ours));
    }
    let seq = seq.parse().ok().map(Seq);
    if seq.is_none() {
        query.wrong(name, "ожидается <seq> или <epoch>:<seq>", "<seq> or <epoch>:<seq> is expected");
    }
    Ok(seq)
}

/// An answer in JSON.
///
/// # Errors
/// Never for the rows of this service: all of them are plain.
pub(crate) fn json(value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(|error| inside(&error))?;
    Ok(typed("application/json", body))
}

/// An answer of a media type.
pub(crate) fn typed(media_type: &'static str, body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(media_type))], body.into()).into_response()
}

/// Notes an error of ours in the log, and tells the client no more than that.
pub(crate) fn inside(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!("an answer failed inside: {error}");
    Problem::inside()
}
