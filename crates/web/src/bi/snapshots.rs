//! `GET /bi/v1/snapshots/{snapshot}/{set}.parquet`: a file that never changes, in byte ranges; and what every answer
//! made from a snapshot says about it.

use axum::extract::{Path, RawQuery, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, LOCATION,
    RANGE, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::expand::hex;
use sha2::{Digest, Sha256};

use super::body::{PARQUET, of_file};
use super::files::{Form, named};
use super::ranges::Part;
use super::shelf::Snapshot;
use crate::Face;
use crate::answer::{inside, position, stamp, wait};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Query;

/// The name of whatever snapshot is the newest.
const LATEST: &str = "latest";

/// The `ETag` of an answer.
pub(super) struct Tag(String);

impl Tag {
    /// Of the snapshot as it is on disk.
    pub(super) fn whole(snapshot: &Snapshot) -> Self {
        Self(format!("\"{}:{}:{}\"", snapshot.epoch, snapshot.id, snapshot.mark))
    }

    /// Of what a question makes of it.
    pub(super) fn of(snapshot: &Snapshot, question: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in question {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let question = &hex(&hash.finalize())[..16];
        Self(format!("\"{}:{}:{}:{question}\"", snapshot.epoch, snapshot.id, snapshot.mark))
    }

    /// 304 for a reader who has it already.
    pub(super) fn unchanged(&self, face: &Face, snapshot: &Snapshot, headers: &HeaderMap) -> Option<Response> {
        let known = headers.get(IF_NONE_MATCH)?.to_str().ok()?;
        let fits = |one: &str| one == "*" || one.trim_start_matches("W/") == self.0;
        known.split(',').map(str::trim).any(fits).then(|| {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            self.stamp(face, snapshot, response.headers_mut());
            response
        })
    }

    /// Whether a range may be sent: the reader has the beginning of these very bytes, or did not ask.
    fn allows_range(&self, headers: &HeaderMap) -> bool {
        headers.get(IF_RANGE).is_none_or(|known| known.as_bytes() == self.0.as_bytes())
    }

    /// What is said of every answer from a snapshot.
    pub(super) fn stamp(&self, face: &Face, snapshot: &Snapshot, headers: &mut HeaderMap) {
        let mut say = |name: HeaderName, text: &str| {
            headers.extend(HeaderValue::from_str(text).ok().map(|value| (name, value)));
        };
        say(ETAG, &self.0);
        say(CACHE_CONTROL, "private, no-cache");
        say(VARY, "authorization, x-api-key, accept, accept-language");
        say(HeaderName::from_static("vekha-snapshot"), &snapshot.id);
        say(HeaderName::from_static("vekha-as-of"), &snapshot.as_of.to_string());
        stamp(face, &face.gate.replica().position(), headers);
        headers.insert("vekha-seq", HeaderValue::from(snapshot.seq.get()));
    }
}

/// One pinned file; `latest` leads to it.
pub(crate) async fn file(
    State(face): State<Face>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
    Path((id, name)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let (set, form) = named(&name)?;
    if form != Form::Parquet {
        return Err(Problem::no_data_set(&name));
    }
    let mut query = Query::read(raw.as_deref(), &[]);
    let least = position(&mut query, "min_seq", &face)?.unwrap_or_default();
    query.done()?;
    let snapshot = if id == LATEST {
        wait(&face, raw.as_deref()).await?;
        face.snapshot(&caller, set, least).await?
    } else {
        face.kept_snapshot(&caller, set, &id).ok_or_else(|| Problem::snapshot_gone(&id, set.short()))?
    };
    if snapshot.id != id {
        let location = format!("/bi/v1/snapshots/{}/{name}", snapshot.id);
        let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
        let told = response.headers_mut();
        told.insert(LOCATION, HeaderValue::from_str(&location).map_err(|error| inside(&error))?);
        Tag::whole(&snapshot).stamp(&face, &snapshot, told);
        told.remove(ETAG);
        return Ok(response);
    }
    let mut response = stored(&face, &snapshot, &method, &headers, &Tag::whole(&snapshot))?;
    if !response.status().is_client_error() {
        let unchanging = HeaderValue::from_static("private, max-age=86400, immutable");
        response.headers_mut().insert(CACHE_CONTROL, unchanging);
    }
    Ok(response)
}

/// The file of a snapshot, whole or a part of it.
pub(super) fn stored(
    face: &Face,
    snapshot: &Snapshot,
    method: &Method,
    headers: &HeaderMap,
    tag: &Tag,
) -> Result<Response, Problem> {
    if let Some(unchanged) = tag.unchanged(face, snapshot, headers) {
        return Ok(unchanged);
    }
    let bytes = snapshot.bytes;
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
    let range = range.filter(|_| *method == Method::GET && tag.allows_range(headers));
    let (status, from, count) = match range.map_or(Part::Whole, |range| Part::read(range, bytes)) {
        Part::Whole => (StatusCode::OK, 0, bytes),
        Part::Bytes { from, count } => (StatusCode::PARTIAL_CONTENT, from, count),
        Part::Beyond => {
            let mut response = Problem::range_beyond(bytes).into_response();
            let range = HeaderValue::from_str(&format!("bytes */{bytes}")).map_err(|error| inside(&error))?;
            response.headers_mut().insert(CONTENT_RANGE, range);
            return Ok(response);
        }
    };
    let file = std::fs::File::open(snapshot.stored.path()).map_err(|error| inside(&error))?;
    let mut response = (status, of_file(file, from, count)).into_response();
    let told = response.headers_mut();
    told.insert(CONTENT_TYPE, HeaderValue::from_static(PARQUET));
    told.insert(CONTENT_LENGTH, HeaderValue::from(count));
    told.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {from}-{}/{bytes}", from + count - 1);
        told.insert(CONTENT_RANGE, HeaderValue::from_str(&range).map_err(|error| inside(&error))?);
    }
    tag.stamp(face, snapshot, told);
    Ok(response)
}
