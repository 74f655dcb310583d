//! Rows of an entity set in pages, one entity, and how many there are.

use std::sync::Arc;

use ::bi::{Column, Frame, Question, Set};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::id::Seq;

use super::form::{Form, Metadata};
use super::json::Page;
use super::options::{Options, Resume};
use super::{ROOT, base, filter};
use crate::Face;
use crate::answer::inside;
use crate::auth::Caller;
use crate::bi::shelf::Snapshot;
use crate::bi::snapshots::Tag;
use crate::problem::Problem;

/// Rows of a page when the client does not say.
const ROWS: u64 = 5_000;
/// Rows of a page at most.
const ROWS_MAX: u64 = 10_000;

/// Rows of a set.
pub(super) async fn rows(
    face: &Face,
    caller: &Caller,
    headers: &HeaderMap,
    set: &'static Set,
    raw: Option<&str>,
) -> Result<Response, Problem> {
    let options = Options::read(raw, Some(set))?;
    let form = Form::of_rows(options.format.as_deref(), headers)?;
    let root = format!("{}{ROOT}", base(face, headers)?);
    let snapshot = match &options.token {
        Some(token) => {
            let kept = face.kept_snapshot(caller, set, &token.snapshot).filter(|kept| kept.id == token.snapshot);
            kept.ok_or_else(|| Problem::snapshot_gone(&token.snapshot, set.short()))?
        }
        None => face.snapshot(caller, set, Seq::NONE).await?,
    };
    let page_size = page_size(headers);
    let tag = tag(&snapshot, headers, &root, &format!("{} {raw:?} {page_size:?}", set.short()));
    if let Some(unchanged) = tag.unchanged(face, &snapshot, headers) {
        return Ok(unchanged);
    }
    let made = {
        let snapshot = Arc::clone(&snapshot);
        work(face, move || page(&snapshot, &options, form, &root, page_size.unwrap_or(ROWS))).await?
    };
    let mut response = form.answer(made);
    if let Some(size) = page_size {
        let applied = HeaderValue::from_str(&format!("odata.maxpagesize={size}")).map_err(|error| inside(&error))?;
        response.headers_mut().insert("preference-applied", applied);
    }
    tag.stamp(face, &snapshot, response.headers_mut());
    Ok(response)
}

/// One entity, by its key.
pub(super) async fn entity(
    face: &Face,
    caller: &Caller,
    headers: &HeaderMap,
    (set, key): (&'static Set, &str),
    raw: Option<&str>,
) -> Result<Response, Problem> {
    let options = Options::read(raw, Some(set))?;
    let form = Form::of_rows(options.format.as_deref(), headers)?;
    let asked = [options.filter.is_some(), !options.order.is_empty(), options.top.is_some(), options.count];
    if asked.contains(&true) || options.skip > 0 || options.token.is_some() {
        let told = "у одной строки есть только $select и $format";
        return Err(Problem::odata_option("key", told, "one entity takes $select and $format only"));
    }
    let filter = filter::read_key(set, key)?;
    let root = format!("{}{ROOT}", base(face, headers)?);
    let snapshot = face.snapshot(caller, set, Seq::NONE).await?;
    let tag = tag(&snapshot, headers, &root, &format!("{} {key} {raw:?}", set.short()));
    if let Some(unchanged) = tag.unchanged(face, &snapshot, headers) {
        return Ok(unchanged);
    }
    let found = {
        let snapshot = Arc::clone(&snapshot);
        let question = Question { filter: Some(filter), top: 1, ..Question::default() };
        work(face, move || snapshot.stored.ask(&question)).await?
    };
    if found.height() == 0 {
        let (ru, en) = ("Строки с таким ключом нет.", "There is no row with this key.");
        return Err(Problem::not_found(ru, en));
    }
    let (shown, chosen) = (shown(set, &options.select), !options.select.is_empty());
    let mut response = form.answer(Page { root: &root, set, shown: &shown, chosen, form }.entity(&found));
    tag.stamp(face, &snapshot, response.headers_mut());
    Ok(response)
}

/// How many rows a filter takes, as a bare number.
pub(super) async fn count(
    face: &Face,
    caller: &Caller,
    headers: &HeaderMap,
    set: &'static Set,
    raw: Option<&str>,
) -> Result<Response, Problem> {
    let options = Options::read(raw, Some(set))?;
    let more = [!options.select.is_empty(), !options.order.is_empty(), options.top.is_some(), options.count];
    if more.contains(&true) || options.skip > 0 || options.token.is_some() || options.format.is_some() {
        return Err(Problem::odata_option("$count", "здесь бывает только $filter", "only $filter makes sense here"));
    }
    let snapshot = face.snapshot(caller, set, Seq::NONE).await?;
    let tag = tag(&snapshot, headers, "", &format!("{} $count {raw:?}", set.short()));
    if let Some(unchanged) = tag.unchanged(face, &snapshot, headers) {
        return Ok(unchanged);
    }
    let count = {
        let snapshot = Arc::clone(&snapshot);
        work(face, move || snapshot.stored.count(options.filter.as_ref())).await?
    };
    let mut response = (StatusCode::OK, count.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    tag.stamp(face, &snapshot, response.headers_mut());
    Ok(response)
}

/// Asks a snapshot beside the threads that answer.
async fn work<R: Send + 'static>(
    face: &Face,
    ask: impl FnOnce() -> Result<R, ::bi::PolarsError> + Send + 'static,
) -> Result<R, Problem> {
    let room = Arc::clone(&face.bi.writing).try_acquire_owned().map_err(|_| Problem::overloaded())?;
    let asked = tokio::task::spawn_blocking(move || {
        let _room = room;
        ask()
    });
    asked.await.map_err(|error| inside(&error))?.map_err(|error| inside(&error))
}

fn page(
    snapshot: &Snapshot,
    options: &Options,
    form: Form,
    root: &str,
    size: u64,
) -> Result<Vec<u8>, ::bi::PolarsError> {
    let (stored, set) = (&snapshot.stored, snapshot.stored.set());
    let (skip, left) = match &options.token {
        Some(token) => (token.skip, token.left),
        None => (options.skip, options.top),
    };
    let size = left.map_or(size, |left| left.min(size));
    let shown = shown(set, &options.select);
    let mut columns = shown.clone();
    if form.metadata == Metadata::Full {
        columns.extend(set.columns.iter().filter(|it| set.key.contains(&it.name) && !options.select.is_empty()));
        columns.sort_unstable_by_key(|column| &column.name);
        columns.dedup_by_key(|column| &column.name);
    }
    let question = Question {
        filter: options.filter.clone(),
        order: options.order.clone(),
        columns,
        skip,
        // One more tells whether there is another page.
        top: size + 1,
    };
    let frame = if size == 0 { Frame::new(set) } else { stored.ask(&question)? };
    let count = if options.count { Some(stored.count(options.filter.as_ref())?) } else { None };
    let rows = frame.height().min(usize::try_from(size).unwrap_or(usize::MAX));
    let more = frame.height() > rows && left.is_none_or(|left| left > size);
    let next = more.then(|| {
        let left = left.map(|left| left - size);
        let token = Resume { snapshot: snapshot.id.clone(), skip: skip.saturating_add(size), left };
        let mut kept = options.kept.clone();
        kept.push(format!("$skiptoken={}", token.text()));
        format!("{root}/{}?{}", set.short(), kept.join("&"))
    });
    let page = Page { root, set, shown: &shown, chosen: !options.select.is_empty(), form };
    Ok(page.rows(&frame, rows, count, next.as_deref()))
}

/// The columns that are shown: those that were chosen, or all.
fn shown(set: &'static Set, select: &[&'static Column]) -> Vec<&'static Column> {
    if select.is_empty() { set.columns.iter().collect() } else { select.to_vec() }
}

/// The page size that `Prefer: maxpagesize` wants, within ours.
fn page_size(headers: &HeaderMap) -> Option<u64> {
    let wanted = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut sizes = wanted.flat_map(|value| value.split([',', ';'])).filter_map(|one| {
        let (name, size) = one.trim().split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let ours = name.strip_prefix("odata.").unwrap_or(&name) == "maxpagesize";
        ours.then(|| size.trim().trim_matches('"').parse::<u64>().ok())?
    });
    sizes.next().map(|size| size.clamp(1, ROWS_MAX))
}

fn tag(snapshot: &Snapshot, headers: &HeaderMap, root: &str, question: &str) -> Tag {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (accept, version) = (header(ACCEPT.as_str()), header("odata-maxversion"));
    Tag::of(snapshot, &[question, root, &accept, &version])
}
