//! Signed links: the address of one file for a while, for tools that can send no header. They end in logs and in
//! mailboxes, so that a link opens nothing but its file, with the rows of whoever made it.

use std::fmt;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::actor::Actor;
use domain::expand::hex;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use super::files::{Asked, named};
use super::odata::base;
use crate::Face;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::decoded;

/// What stands in a link beside the file's own parameters.
const OURS: [&str; 3] = ["expires", "token", "signature"];
/// Where files are.
const FILES: &str = "/bi/v1/";
/// Seconds for which a link holds when the request does not say.
const SECONDS: i64 = 3_600;

/// Signs links and knows its own.
pub(crate) struct Links {
    key: [u8; 32],
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Links")
    }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The file with its filters: `/bi/v1/indicator.csv?period=2022-2023.H1`.
    path: String,
    /// For how long.
    seconds: Option<i64>,
}

impl Links {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The code of a link; `None` only where the key does not fit, which it does.
    fn code(&self, path: &str, raw: &str, expires: &str, token: &str) -> Option<Hmac<Sha256>> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        let mut parameters = parameters(raw);
        // Clients sort and encode parameters as they like: what they mean is signed.
        parameters.sort_unstable();
        let parameters = parameters.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        for part in [path, expires, token].into_iter().chain(parameters) {
            code.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            code.update(part.as_bytes());
        }
        Some(code)
    }
}

/// Name and value of what is not ours.
fn parameters(raw: &str) -> Vec<(String, String)> {
    let pairs = raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let read = |text: &str| decoded(text).unwrap_or_else(|| text.to_owned());
    pairs.map(|(name, value)| (read(name), read(value))).filter(|(name, _)| !OURS.contains(&name.as_str())).collect()
}

/// A query without what makes it a link; that of any other request as it is.
pub(super) fn unsigned(raw: &str) -> String {
    if !raw.split('&').any(|pair| pair.starts_with("signature=")) {
        return raw.to_owned();
    }
    let ours = |pair: &&str| OURS.contains(&pair.split('=').next().unwrap_or_default());
    raw.split('&').filter(|pair| !ours(pair)).collect::<Vec<_>>().join("&")
}

/// Whom a signed link stands for; `None` where the request is none.
pub(super) fn signed(face: &Face, request: &Request) -> Option<Result<Actor, Problem>> {
    let raw = request.uri().query()?;
    let of = |name: &str| {
        let mut found = raw.split('&').filter_map(|pair| pair.split_once('=')).filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| value)
    };
    let signature = of("signature")?;
    Some(check(face, request, raw, [of("expires").unwrap_or_default(), of("token").unwrap_or_default(), signature]))
}

fn check(face: &Face, request: &Request, raw: &str, [expires, token, signature]: [&str; 3]) -> Result<Actor, Problem> {
    let path = request.uri().path();
    let file = path.strip_prefix(FILES).is_some_and(|name| named(name).is_ok());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let code = face.bi.links.code(path, raw, expires, token);
    let given = unhex(signature).unwrap_or_default();
    // The comparison takes the same time wherever the codes differ.
    if !file || !reads || code.is_none_or(|code| code.verify_slice(&given).is_err()) {
        return Err(Problem::wrong_link());
    }
    let until = expires.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    if until.is_none_or(|until| until <= face.gate.now()) {
        return Err(Problem::link_over());
    }
    face.tokens.holder_of_mark(token).cloned().ok_or_else(Problem::wrong_token)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
}

/// `POST /bi/v1/links`: a link to one file, for whoever asks.
pub(crate) async fn make(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| Problem::bad_body(&error))?;
    let token = face.tokens.mark_of(&caller.actor).ok_or_else(Problem::no_token)?.to_owned();
    let most = i64::try_from(face.settings.link_max.as_secs()).unwrap_or(i64::MAX);
    let seconds = wanted.seconds.unwrap_or(SECONDS.min(most));
    if !(1..=most).contains(&seconds) {
        return Err(Problem::link_seconds(most));
    }
    let (path, raw) = wanted.path.split_once('?').unwrap_or((&wanted.path, ""));
    let name = path.strip_prefix(FILES).ok_or_else(|| Problem::no_data_set(path))?;
    // What could not be answered is told now, not to whoever opens the link.
    Asked::read(&face, &caller, named(name)?, Some(raw)).await?;
    let until = face.gate.now().as_second().saturating_add(seconds);
    let expires = until.to_string();
    let code = face.bi.links.code(path, raw, &expires, &token).ok_or_else(Problem::inside)?;
    let signature = hex(&code.finalize().into_bytes());
    let join = if raw.is_empty() { "" } else { "&" };
    let base = base(&face, &headers)?;
    let url = format!("{base}{path}?{raw}{join}expires={expires}&token={token}&signature={signature}");
    let expires_at = Timestamp::from_second(until).map(|at| at.to_string()).unwrap_or_default();
    let mut response = (StatusCode::CREATED, Json(json!({"url": url, "expires_at": expires_at}))).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
