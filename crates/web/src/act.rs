//! `POST /api/v1/commands/{name}` and `POST /api/v1/commands`: acts.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use commands::{Receipt, Request};
use domain::command::Act;
use domain::event::CommandId;
use domain::id::{EntityCode, Seq};
use futures::StreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::Face;
use crate::answer::{inside, json as answer, stamp, typed};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::{Param, Query, param};
use crate::speech::Speech;

pub(crate) const PARAMS: [Param; 1] = [param("dry_run", "true: only say what would happen")];

/// Lines of one request at most.
const LINES_MAX: usize = 1_000;
/// Commands on different obligations that are on their way together: the log groups their writes.
const TOGETHER: usize = 32;

/// One line of many.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    key: String,
    body: Box<RawValue>,
    #[serde(default)]
    if_match: Option<Seq>,
    #[serde(default)]
    dry_run: bool,
    /// Code of the grant under which a substitute acts.
    #[serde(default)]
    on_behalf_of: Option<EntityCode>,
    /// What a training service takes for now.
    #[serde(default)]
    now: Option<Timestamp>,
}

/// One act.
pub(crate) async fn one(
    State(face): State<Face>,
    caller: Caller,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let grant = grant(&headers)?;
    let act = open_act(&caller, &name, grant.as_ref())?;
    let mut query = Query::read(raw.as_deref(), &PARAMS);
    let dry_run = query.one_of("dry_run", &["true", "false"]) == Some("true");
    query.done()?;
    let request = Request {
        key: key(&headers)?,
        grant,
        if_match: if_match(&headers)?,
        training: training(&face, &headers)?,
        actor: caller.actor,
        act,
        body,
        dry_run,
    };
    let receipt = face.gate.submit(request).await?;
    respond(&face, &receipt)
}

/// Many acts: a line each, an outcome each, in order.
pub(crate) async fn many(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let speech = Speech::of(&headers);
    let text = std::str::from_utf8(&body)
        .map_err(|_| Problem::unreadable("Тело запроса — не текст UTF-8.", "The body is not UTF-8 text."))?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > LINES_MAX {
        return Err(Problem::unreadable(
            format!("В запросе {} строк, допустимо не больше {LINES_MAX}.", lines.len()),
            format!("The request has {} lines, at most {LINES_MAX} are taken.", lines.len()),
        ));
    }
    let read: Vec<Result<Request, Problem>> = lines.iter().map(|line| of_line(&face, &caller, line)).collect();
    let mut outcomes = Vec::with_capacity(body.len());
    let mut rest = read.into_iter().peekable();
    while rest.peek().is_some() {
        // Acts on one obligation wait for each other: their order is the client's.
        let mut about = std::collections::HashSet::new();
        let mut wave = Vec::new();
        while wave.len() < TOGETHER && rest.peek().is_some_and(|next| about.insert(place(next, wave.len()))) {
            wave.extend(rest.next());
        }
        let together = wave.into_iter().map(|request| carry(&face, request, speech));
        let told: Vec<Value> = futures::stream::iter(together).buffered(TOGETHER).collect().await;
        for outcome in &told {
            serde_json::to_writer(&mut outcomes, outcome).map_err(|error| inside(&error))?;
            outcomes.push(b'\n');
        }
    }
    let mut response = typed("application/x-ndjson", outcomes);
    stamp(&face, &face.gate.replica().position(), response.headers_mut());
    Ok(response)
}

/// The act of a name, if it is open to the caller's role at all: asked before a body is looked at. A substitute acts
/// in the role of whoever lent it, which the gate looks at.
fn open_act(caller: &Caller, name: &str, grant: Option<&EntityCode>) -> Result<Act, Problem> {
    let act = Act::from_name(name).ok_or_else(|| Problem::unknown_act(&name.chars().take(80).collect::<String>()))?;
    if grant.is_some() || act.is_open_to(caller.role()) { Ok(act) } else { Err(Problem::role(caller.role())) }
}

fn key(headers: &HeaderMap) -> Result<CommandId, Problem> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let key = key.and_then(|key| CommandId::new(key.trim_matches('"')).ok());
    key.ok_or_else(|| Problem::header("Idempotency-Key", "1-128 visible ASCII characters, such as a UUID"))
}

/// The version that the client saw: `"123"`, with or without quotes, alone or behind its epoch.
fn if_match(headers: &HeaderMap) -> Result<Option<Seq>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_start_matches("W/").trim_matches('"');
    let version = text.rsplit(':').next().and_then(|version| version.parse().ok()).map(Seq);
    version.map(Some).ok_or_else(|| Problem::header("If-Match", "the version of the obligation, such as \"123\""))
}

/// The grant under which a substitute acts.
pub(crate) fn grant(headers: &HeaderMap) -> Result<Option<EntityCode>, Problem> {
    let Some(value) = headers.get("x-on-behalf-of") else { return Ok(None) };
    let grant = value.to_str().ok().and_then(|code| code.trim().parse().ok());
    grant.map(Some).ok_or_else(|| Problem::header("X-On-Behalf-Of", "the code of a grant: see grant-authority"))
}

/// The moment that a training service takes for now; no other service takes one.
fn training(face: &Face, headers: &HeaderMap) -> Result<Option<Timestamp>, Problem> {
    let Some(value) = headers.get("vekha-now") else { return Ok(None) };
    if !face.settings.training {
        return Err(Problem::header("Vekha-Now", "nothing: only a training service takes another time than its own"));
    }
    let moment = value.to_str().ok().and_then(|moment| moment.parse().ok());
    moment.map(Some).ok_or_else(|| Problem::header("Vekha-Now", "an RFC 3339 instant with offset"))
}

fn of_line(face: &Face, caller: &Caller, line: &str) -> Result<Request, Problem> {
    let line: Line = serde_json::from_str(line).map_err(|error| {
        Problem::unreadable(
            format!("Строка не читается: {error}. Ожидается {{\"name\", \"key\", \"body\"}}."),
            format!("The line cannot be read: {error}. Expected is {{\"name\", \"key\", \"body\"}}."),
        )
    })?;
    let act = open_act(caller, &line.name, line.on_behalf_of.as_ref())?;
    if line.now.is_some() && !face.settings.training {
        return Err(Problem::unreadable(
            "Поле now принимает только учебная служба.",
            "Only a training service takes the field now.",
        ));
    }
    let key = CommandId::new(&line.key).map_err(|error| Problem::unreadable(error.to_string(), error.to_string()))?;
    Ok(Request {
        actor: caller.actor.clone(),
        grant: line.on_behalf_of,
        training: line.now,
        key,
        act,
        body: Bytes::from(String::from(Box::<str>::from(line.body))),
        if_match: line.if_match,
        dry_run: line.dry_run,
    })
}

/// What a line is about, as far as order matters; lines that are refused already are about themselves.
fn place(line: &Result<Request, Problem>, at: usize) -> String {
    #[derive(Deserialize)]
    struct About {
        obligation: String,
    }
    match line {
        Err(_) => format!("line {at}"),
        Ok(request) => serde_json::from_slice::<About>(&request.body).map_or(String::new(), |about| about.obligation),
    }
}

async fn carry(face: &Face, request: Result<Request, Problem>, speech: Speech) -> Value {
    let (key, outcome) = match request {
        Ok(request) => {
            let key = request.key.as_str().to_owned();
            (Some(key), face.gate.submit(request).await.map_err(Problem::from))
        }
        Err(problem) => (None, Err(problem)),
    };
    let mut told = match &outcome {
        Ok(receipt) => {
            let mut told = serde_json::to_value(receipt).unwrap_or_default();
            told["status"] = json!(status(receipt).as_u16());
            told
        }
        Err(problem) => problem.body(speech),
    };
    told["key"] = json!(key);
    told
}

fn status(receipt: &Receipt) -> StatusCode {
    if receipt.repeated || receipt.dry_run { StatusCode::OK } else { StatusCode::CREATED }
}

fn respond(face: &Face, receipt: &Receipt) -> Result<Response, Problem> {
    let mut response = (status(receipt), answer(receipt)?).into_response();
    let headers = response.headers_mut();
    // The version to send as If-Match next.
    let version = receipt.obligation.as_ref().map(|after| after.version).or(receipt.last_seq());
    if let Some(tag) = version.and_then(|version| HeaderValue::from_str(&format!("\"{version}\"")).ok()) {
        headers.insert(ETAG, tag);
    }
    stamp(face, &face.gate.replica().position(), headers);
    Ok(response)
}
