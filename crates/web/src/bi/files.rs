//! `GET /bi/v1/{set}.csv`, `.xlsx`, `.parquet`: a whole data set, or what filters take of it.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use ::bi::{Dialect, Filter, Frame, Passport, Set, WriteError, contract};
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::id::Seq;

use super::body::{PARQUET, XLSX, of_file, piped};
use super::filters::{Filters, params};
use super::links;
use super::shelf::Snapshot;
use super::snapshots::{Tag, stored};
use crate::Face;
use crate::answer::{inside, position, wait};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Query;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// RFC 4180.
    Csv,
    /// A workbook.
    Xlsx,
    /// Columns.
    Parquet,
}

impl Form {
    const ALL: [(Self, &str); 3] = [(Self::Csv, "csv"), (Self::Xlsx, "xlsx"), (Self::Parquet, "parquet")];

    fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => XLSX,
            Self::Parquet => PARQUET,
        }
    }
}

/// The set and the form that the name of a file says.
///
/// # Errors
/// There is no such file: which sets and forms there are.
pub(super) fn named(file: &str) -> Result<(&'static Set, Form), Problem> {
    let found = file.rsplit_once('.').and_then(|(set, ending)| {
        let set = contract().sets.iter().find(|known| known.short() == set)?;
        let (form, _) = Form::ALL.into_iter().find(|(_, known)| *known == ending)?;
        Some((set, form))
    });
    found.ok_or_else(|| Problem::no_data_set(file))
}

/// What a file is asked for with.
pub(super) struct Asked {
    pub(super) filters: Filters,
    dialect: Dialect,
    least: Seq,
}

impl Asked {
    /// Reads and checks the parameters of a file.
    ///
    /// # Errors
    /// Every mistake; a place outside the caller's territory.
    pub(super) async fn read(
        face: &Face,
        caller: &Caller,
        (set, form): (&'static Set, Form),
        raw: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut query = Query::read(raw, &params(set, form));
        let excel = query.one_of("dialect", &["plain", "excel-ru"]) == Some("excel-ru");
        let dialect = if excel { Dialect::ExcelRu } else { Dialect::Plain };
        let least = position(&mut query, "min_seq", face)?.unwrap_or_default();
        let filters = Filters::read(&mut query, face, set).await?;
        query.done()?;
        filters.check(face, caller)?;
        Ok(Self { filters, dialect, least })
    }
}

/// One file of a set.
pub(crate) async fn file(
    State(face): State<Face>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let raw = raw.as_deref().map(links::unsigned);
    let raw = raw.as_deref();
    let (set, form) = named(&name)?;
    wait(&face, raw).await?;
    let asked = Asked::read(&face, &caller, (set, form), raw).await?;
    let snapshot = face.snapshot(&caller, set, asked.least).await?;
    if form == Form::Parquet && asked.filters.filter.is_none() {
        return stored(&face, &snapshot, &method, &headers, &Tag::whole(&snapshot));
    }
    let tag = Tag::of(&snapshot, &[&name, raw.unwrap_or_default()]);
    if let Some(unchanged) = tag.unchanged(&face, &snapshot, &headers) {
        return Ok(unchanged);
    }
    let (body, bytes) = match method {
        Method::HEAD => (unsized_body(), None),
        _ => written(&face, &snapshot, asked, form).await?,
    };
    let mut response = (StatusCode::OK, body).into_response();
    let told = response.headers_mut();
    told.insert(CONTENT_TYPE, HeaderValue::from_static(form.media()));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    told.insert(CONTENT_DISPOSITION, disposition.map_err(|error| inside(&error))?);
    if let Some(bytes) = bytes {
        told.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    }
    tag.stamp(&face, &snapshot, told);
    Ok(response)
}

/// Nothing, of a length that is not told: a reader must not take the file for empty.
fn unsized_body() -> Body {
    Body::from_stream(futures::stream::empty::<Result<Bytes, Infallible>>())
}

/// The body of a file, and its length where that is known before.
async fn written(
    face: &Face,
    snapshot: &Arc<Snapshot>,
    asked: Asked,
    form: Form,
) -> Result<(Body, Option<u64>), Problem> {
    let room = Arc::clone(&face.bi.writing).try_acquire_owned().map_err(|_| Problem::overloaded())?;
    let (Asked { filters, dialect, .. }, set) = (asked, snapshot.stored.set());
    match form {
        Form::Csv => {
            let told = Arc::clone(snapshot);
            let write = move |out: &mut super::body::Pipe| {
                pieces(&told, filters.filter.as_ref(), |frames| ::bi::csv(frames, set, dialect, out))?;
                Ok(())
            };
            Ok((piped(room, write), None))
        }
        Form::Xlsx | Form::Parquet => {
            let (making, told) = (face.clone(), Arc::clone(snapshot));
            let made = tokio::task::spawn_blocking(move || {
                let _room = room;
                whole(&making, &told, &filters, form)
            });
            let (file, bytes) = made.await.map_err(|error| inside(&error))??;
            Ok((of_file(file, 0, bytes), Some(bytes)))
        }
    }
}

/// Gives the pieces of a snapshot to a writer; what reading them fails by is the writer's failure.
fn pieces<R, E: From<io::Error>>(
    snapshot: &Snapshot,
    filter: Option<&Filter>,
    write: impl FnOnce(&mut dyn Iterator<Item = Frame>) -> Result<R, E>,
) -> Result<R, E> {
    let mut broken = None;
    let mut frames = snapshot.stored.frames(filter).map_while(|piece| piece.map_err(|error| broken = Some(error)).ok());
    let written = write(&mut frames);
    drop(frames);
    match broken {
        Some(error) => Err(io::Error::other(error).into()),
        None => written,
    }
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("the rows cannot be read or written")]
    Io(#[from] io::Error),
    #[error("the file cannot be made")]
    Write(#[from] WriteError),
}

/// A file that is only known when it is whole.
fn whole(face: &Face, snapshot: &Snapshot, filters: &Filters, form: Form) -> Result<(File, u64), Problem> {
    let made = || {
        let (set, filter) = (snapshot.stored.set(), filters.filter.as_ref());
        let mut file = face.bi.shelf.scratch()?;
        let mut out = BufWriter::new(&mut file);
        if form == Form::Xlsx {
            let passport = Passport {
                epoch: snapshot.epoch.clone(),
                seq: snapshot.seq.get(),
                as_of: snapshot.as_of,
                filters: filters.given.clone(),
            };
            pieces(snapshot, filter, |frames| Ok::<_, Unwritten>(::bi::xlsx(&passport, set, frames, &mut out)?))?;
        } else {
            pieces(snapshot, filter, |frames| Ok::<_, Unwritten>(::bi::parquet(set, frames, &mut out)?))?;
        }
        out.flush()?;
        drop(out);
        let bytes = file.seek(SeekFrom::End(0))?;
        Ok((file, bytes))
    };
    made().map_err(|error| match error {
        Unwritten::Write(WriteError::TooManyRows { .. }) => Problem::too_many_rows(),
        Unwritten::Io(error) => inside(&error),
        Unwritten::Write(error) => inside(&error),
    })
}
