//! `POST /api/v1/evidence`, `GET /api/v1/evidence/{sha256}`: small files that show what an act says.
//!
//! A file comes in one request, or in parts that go on after a broken line. It is stored once under its hash; an act
//! names the hash. Nothing here is an event: the store stands beside the log.

mod uploads;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use commands::evidence::{EvidenceFile, FileHash, MediaType, Put, SharedEvidence, Unfit, Uploader};
use domain::actor::Role;
use domain::command::Act;
use domain::limits::{EVIDENCE_FILE_BYTES_MAX, EVIDENCE_PART_BYTES_MAX, EVIDENCE_TOGETHER_MAX};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::uploads::{Announced, Progress, Uploads};
use crate::Face;
use crate::answer::{inside, json as answer, stamp};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::{Param, Query, param};

pub(crate) const PARAMS: [Param; 3] = [
    param("sha256", "of a part: SHA-256 of the whole file, 64 hexadecimal digits"),
    param("bytes", "of a part: bytes of the whole file"),
    param("offset", "of a part: how many bytes were received before it"),
];

/// Bytes that are handed to the connection at a time.
const PIECE: usize = 64 * 1024;

/// The store, what is on its way to it, and room for files in memory.
pub(crate) struct Desk {
    store: SharedEvidence,
    uploads: Uploads,
    coming: Semaphore,
    going: Arc<Semaphore>,
}

impl Desk {
    pub(crate) fn new(store: SharedEvidence) -> Self {
        let going = Arc::new(Semaphore::new(EVIDENCE_TOGETHER_MAX));
        Self { store, uploads: Uploads::default(), coming: Semaphore::new(EVIDENCE_TOGETHER_MAX), going }
    }
}

/// Lets only so many bodies in at a time, of those who may upload: asked before a body is read.
pub(crate) async fn roomy(
    State(face): State<Face>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    // Whoever may submit may show what it says.
    if !Act::Submit.is_open_to(caller.role()) {
        return Err(Problem::role(caller.role()));
    }
    let _room = face.evidence.coming.try_acquire().map_err(|_| Problem::overloaded())?;
    Ok(next.run(request).await)
}

/// Takes a file, or a part of one.
pub(crate) async fn put(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let part = read_part(raw.as_deref())?;
    let media_type = media_type(&headers)?;
    match part {
        None => store(&face, caller, media_type, body).await,
        Some((hash, bytes, offset)) => {
            let announced = Announced { hash, bytes, media_type };
            take_part(&face, caller, announced, offset, &body).await
        }
    }
}

/// Tells how much of a file was received.
pub(crate) async fn received(
    State(face): State<Face>,
    caller: Caller,
    Path(hash): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    if !Act::Submit.is_open_to(caller.role()) {
        return Err(Problem::role(caller.role()));
    }
    let hash = hash_of(&hash)?;
    let told = match face.evidence.uploads.progress(&caller.actor.person, &hash, face.gate.now()) {
        Some((received, bytes)) => told(&hash, received, Some(bytes), "unfinished"),
        None if face.evidence.store.is_from(&hash, &caller.actor.person).await? => {
            let bytes = face.evidence.store.about(&hash).await?.map(|about| about.bytes);
            told(&hash, bytes.unwrap_or(0), bytes, "stored")
        }
        None => told(&hash, 0, None, "unknown"),
    };
    let mut response = answer(&told)?;
    stamp(&face, &face.gate.replica().position(), response.headers_mut());
    Ok(response)
}

/// Hands a file out.
pub(crate) async fn get(
    State(face): State<Face>,
    caller: Caller,
    Path(hash): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let hash = may_read(&face, &caller, &hash).await?;
    let tag = format!("\"{hash}\"");
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = if known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let room = Arc::clone(&face.evidence.going).try_acquire_owned().map_err(|_| Problem::overloaded())?;
        let file = face.evidence.store.get(&hash).await?.ok_or_else(|| Problem::no_evidence(&hash))?;
        sent(&file, room)?
    };
    let told = response.headers_mut();
    told.insert(ETAG, HeaderValue::from_str(&tag).map_err(|error| inside(&error))?);
    told.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    stamp(&face, &face.gate.replica().position(), told);
    Ok(response)
}

/// The hash, when it names a file that the caller may read.
async fn may_read(face: &Face, caller: &Caller, hash: &str) -> Result<FileHash, Problem> {
    let everything = match caller.role() {
        Role::Ministry | Role::Coordinator | Role::Auditor => true,
        Role::School => false,
        Role::Bi | Role::Admin | Role::Importer => return Err(Problem::role(caller.role())),
    };
    let hash = hash_of(hash)?;
    if face.evidence.store.about(&hash).await?.is_none() {
        return Err(Problem::no_evidence(&hash));
    }
    if everything || face.evidence.store.is_from(&hash, &caller.actor.person).await? {
        Ok(hash)
    } else {
        Err(Problem::foreign_evidence())
    }
}

/// A file to be saved, never to be shown inside a page of ours.
fn sent(file: &EvidenceFile, room: OwnedSemaphorePermit) -> Result<Response, Problem> {
    let name = format!("attachment; filename=\"{}.{}\"", file.hash(), file.media_type().extension());
    let mut response = in_pieces(file.bytes().clone(), room).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type().as_str()));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(file.bytes().len()));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(|error| inside(&error))?);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

/// The bytes as a body that keeps its room until the last of them is taken.
fn in_pieces(bytes: Bytes, room: OwnedSemaphorePermit) -> Body {
    Body::from_stream(futures::stream::unfold((bytes, room), async |(mut rest, room)| {
        let piece = rest.split_to(rest.len().min(PIECE));
        (!piece.is_empty()).then(|| (Ok::<Bytes, std::convert::Infallible>(piece), (rest, room)))
    }))
}

/// `sha256`, `bytes` and `offset`: all of them, or none.
fn read_part(raw: Option<&str>) -> Result<Option<(FileHash, usize, usize)>, Problem> {
    let mut query = Query::read(raw, &PARAMS);
    if PARAMS.iter().all(|param| query.text(param.name).is_none()) {
        query.done()?;
        return Ok(None);
    }
    for param in PARAMS.iter().filter(|param| query.text(param.name).is_none()).collect::<Vec<_>>() {
        query.wrong(
            param.name,
            "нужен вместе с sha256, bytes и offset",
            "it is needed together with sha256, bytes and offset",
        );
    }
    let most = u64::try_from(EVIDENCE_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let hash = query.parsed::<FileHash>("sha256");
    let bytes = query.number("bytes", 1, most).and_then(|bytes| usize::try_from(bytes).ok());
    let offset = query.number("offset", 0, most).and_then(|offset| usize::try_from(offset).ok());
    query.done()?;
    Ok(hash.zip(bytes).zip(offset).map(|((hash, bytes), offset)| (hash, bytes, offset)))
}

fn media_type(headers: &HeaderMap) -> Result<MediaType, Problem> {
    let header = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    MediaType::from_header(header).ok_or_else(Problem::evidence_type)
}

fn hash_of(raw: &str) -> Result<FileHash, Problem> {
    raw.parse().map_err(|_| Problem::no_evidence(&raw.chars().take(80).collect::<String>()))
}

async fn take_part(
    face: &Face,
    caller: Caller,
    announced: Announced,
    offset: usize,
    body: &Bytes,
) -> Result<Response, Problem> {
    if body.len() > EVIDENCE_PART_BYTES_MAX {
        return Err(Problem::larger_than(EVIDENCE_PART_BYTES_MAX));
    }
    let (desk, person, hash) = (&face.evidence, caller.actor.person.clone(), announced.hash);
    match desk.uploads.add(&person, &announced, offset, body, face.gate.now()) {
        Progress::Part { received } => {
            let told = told(&hash, received, Some(announced.bytes), "unfinished");
            let mut response = (StatusCode::ACCEPTED, answer(&told)?).into_response();
            stamp(face, &face.gate.replica().position(), response.headers_mut());
            Ok(response)
        }
        Progress::Whole(bytes) => {
            let file = checked(announced.media_type, bytes).await;
            if !matches!(&file, Ok(file) if *file.hash() == hash) {
                // Bytes that are not what they should be are of no use to anybody.
                desk.uploads.forget(&person, &hash);
            }
            let file = file?;
            if *file.hash() != hash {
                return Err(Problem::evidence_hash(&hash, file.hash()));
            }
            let response = keep(face, caller, &file).await?;
            desk.uploads.forget(&person, &hash);
            Ok(response)
        }
        // The answer to the last part may have been lost: the file is there.
        Progress::Elsewhere { received } if offset > 0 && desk.store.is_from(&hash, &person).await? => {
            match desk.store.about(&hash).await? {
                Some(about) => kept(face, &hash, about.bytes, about.media_type, Put::Known),
                None => Err(Problem::upload_offset(received)),
            }
        }
        Progress::Elsewhere { received } => Err(Problem::upload_offset(received)),
        Progress::Full => Err(Problem::overloaded()),
    }
}

async fn store(face: &Face, caller: Caller, media_type: MediaType, body: Bytes) -> Result<Response, Problem> {
    let file = checked(media_type, body).await?;
    keep(face, caller, &file).await
}

/// Hashes a file away from the workers: ten megabytes take longer than one may be kept.
async fn checked(media_type: MediaType, bytes: Bytes) -> Result<EvidenceFile, Problem> {
    let checked = tokio::task::spawn_blocking(move || EvidenceFile::new(media_type, bytes)).await;
    checked.map_err(|error| inside(&error))?.map_err(Problem::from)
}

async fn keep(face: &Face, caller: Caller, file: &EvidenceFile) -> Result<Response, Problem> {
    let by = Uploader { person: caller.actor.person, scope: caller.actor.scope };
    let put = face.evidence.store.put(file, &by).await?;
    kept(face, file.hash(), file.bytes().len(), file.media_type(), put)
}

fn kept(face: &Face, hash: &FileHash, bytes: usize, media_type: MediaType, put: Put) -> Result<Response, Problem> {
    let told = json!({"sha256": hash.to_string(), "bytes": bytes, "media_type": media_type.as_str()});
    let status = match put {
        Put::New => StatusCode::CREATED,
        Put::Known => StatusCode::OK,
    };
    let mut response = (status, answer(&told)?).into_response();
    stamp(face, &face.gate.replica().position(), response.headers_mut());
    Ok(response)
}

fn told(hash: &FileHash, received: usize, bytes: Option<usize>, state: &'static str) -> Value {
    json!({"sha256": hash.to_string(), "received": received, "bytes": bytes, "state": state})
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Empty => Self::evidence_unfit("Файл пуст.", "The file is empty."),
            Unfit::TooLarge { .. } => Self::larger_than(EVIDENCE_FILE_BYTES_MAX),
            Unfit::OtherType { media_type } => Self::evidence_unfit(
                format!("Содержимое файла не похоже на {media_type}: укажите верный Content-Type."),
                format!("The file does not begin as {media_type} does: give the right Content-Type."),
            ),
        }
    }
}
