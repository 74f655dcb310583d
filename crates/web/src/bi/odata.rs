//! `/bi/v1/odata/`: the data sets by `OData` 4.01, read-only and small.
//!
//! What is answered: `$filter`, `$select`, `$orderby`, `$top`, `$skip`, `$count` of one entity set, one entity by its
//! key. Everything else of the standard is refused by name, never ignored. The crate `odata-params` was weighed for the
//! options: it names no position, bounds no depth and knows no columns, so that most of what is here would stay.

mod filter;
mod form;
mod json;
mod lexer;
mod metadata;
mod options;
mod page;
#[cfg(test)]
mod tests;

use ::bi::{Set, contract};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use self::form::Form;
use self::options::Options;
use crate::Face;
use crate::answer::typed;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::{Param, param};

pub(super) use self::json::cell;

/// Which rows.
pub(super) const FILTER: Param = param(
    "$filter",
    "eq ne gt ge lt le in, and or not, parentheses, contains startswith endswith; of one column and a literal each",
);

/// The options of a read of rows.
pub(super) const PARAMS: [Param; 8] = [
    FILTER,
    param("$select", "columns, with commas; *: all"),
    param("$orderby", "columns, each with asc or desc"),
    param("$top", "rows at most"),
    param("$skip", "rows before the first one"),
    param("$count", "true: how many rows the filter takes, too"),
    param("$skiptoken", "where the page begins: @odata.nextLink has it"),
    param("$format", "json, or application/json with odata.metadata=minimal, none or full"),
];

/// The path of the service.
const ROOT: &str = "/bi/v1/odata";

/// The service document: which entity sets there are.
pub(crate) async fn service(
    State(face): State<Face>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let options = Options::read(raw.as_deref(), None)?;
    let form = Form::of_rows(options.format.as_deref(), &headers)?;
    let root = format!("{}{ROOT}", base(&face, &headers)?);
    Ok(form.answer(json::service(&root, form)))
}

/// Whatever lies below.
pub(crate) async fn resource(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    Path(path): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let raw = raw.as_deref();
    if path == "$metadata" {
        let options = Options::read(raw, None)?;
        form::wants_xml(options.format.as_deref(), &headers)?;
        return Ok(typed("application/xml", metadata::document(form::version(&headers)?)));
    }
    let (name, key, rest) = parts(&path).ok_or_else(|| Problem::no_entity_set(&path))?;
    if name.starts_with('$') {
        return Err(Problem::not_supported(name));
    }
    let set = set(name).ok_or_else(|| Problem::no_entity_set(name))?;
    match (key, rest) {
        (None, "") => page::rows(&face, &caller, &headers, set, raw).await,
        (Some(key), "") => page::entity(&face, &caller, &headers, (set, key), raw).await,
        (None, "$count") => page::count(&face, &caller, &headers, set, raw).await,
        (_, rest) => Err(Problem::not_supported(&format!("/{rest}"))),
    }
}

/// Name, key and what follows; `None` where a key has no end.
fn parts(path: &str) -> Option<(&str, Option<&str>, &str)> {
    let at = path.find(['(', '/']).unwrap_or(path.len());
    let (name, rest) = path.split_at(at);
    // A key may hold slashes and parentheses in quotes: it ends at the last one.
    let (key, rest) = match rest.strip_prefix('(') {
        Some(rest) => rest.rsplit_once(')').map(|(key, rest)| (Some(key), rest))?,
        None => (None, rest),
    };
    Some((name, key, rest.strip_prefix('/').unwrap_or(rest)))
}

/// An entity set by its name.
fn set(name: &str) -> Option<&'static Set> {
    contract().sets.iter().find(|set| set.short() == name)
}

/// Says problems as `OData` clients read them, and the version of everything.
pub(crate) async fn spoken(request: Request, next: Next) -> Response {
    let version = form::version(request.headers());
    let mut response = match &version {
        Ok(_) => next.run(request).await,
        Err(problem) => problem.clone().into_response(),
    };
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| Problem::of_status(status));
        response.extensions_mut().insert(problem.in_odata());
    }
    let version = HeaderValue::from_static(version.unwrap_or("4.01"));
    response.headers_mut().insert("odata-version", version);
    response
}

/// Where this service is for its clients, without a slash at the end: the public address of the settings, else what the
/// client calls us.
///
/// # Errors
/// The request names no host, or nonsense.
pub(super) fn base(face: &Face, headers: &HeaderMap) -> Result<String, Problem> {
    if let Some(public) = &face.settings.public_url {
        return Ok(public.trim_end_matches('/').to_owned());
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let fits = host.len() <= 255 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b));
    let known = host.parse::<Authority>().is_ok_and(|it| it.as_str() == host);
    if fits && known { Ok(format!("http://{host}")) } else { Err(Problem::header("Host", "host or host:port")) }
}

impl Form {
    /// A body in this form.
    fn answer(self, body: Vec<u8>) -> Response {
        let mut response = (StatusCode::OK, body).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.media()));
        response
    }
}
