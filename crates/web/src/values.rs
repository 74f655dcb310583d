//! `GET /api/v1/values`: the indicators' values.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::Response;
use domain::actor::Scope;
use domain::id::Seq;
use domain::period::PeriodCode;
use indicators::{Catalogue, Lang, Level, Selection, Tables, ValueRow, Values, compute};
use jiff::Timestamp;
use register::Register;
use tokio::sync::mpsc;

use crate::Face;
use crate::answer::{inside, json, typed};
use crate::auth::Caller;
use crate::page::{List, Page};
use crate::past::{Moment, View};
use crate::problem::Problem;
use crate::query::{AS_OF, CURSOR, LANG, LIMIT, Param, Query, WITHIN, param};
use crate::territory::is_place;

pub(crate) const PARAMS: [Param; 9] = [
    param("period", "2022-2023, 2022-2023.H1, 2022-2023.H2 or 2022-2023.T0"),
    param("level", "region, municipality, school, direction or publisher"),
    WITHIN,
    param("indicator", "id of an indicator, or of the composite"),
    AS_OF,
    param("format", "json, csv or ndjson; or by Accept. csv and ndjson hold all rows, json is in pages"),
    LANG,
    CURSOR,
    LIMIT,
];

/// Tables that are kept: the newest, and those that somebody still pages through.
const KEPT: usize = 6;
/// Bytes of one piece of a long answer.
const PIECE: usize = 256 * 1024;

/// Computed values by state and as-of days.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: Mutex<Vec<(Key, Arc<Values>)>>,
    making: tokio::sync::Mutex<()>,
}

/// Values depend on the state and on the local days, and on nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    seq: Seq,
    days: Vec<jiff::civil::Date>,
}

impl Key {
    fn of(register: &Register, seq: Seq, as_of: Timestamp) -> Self {
        Self { seq, days: register.regions().iter().map(|region| region.clockwork.day_of(as_of)).collect() }
    }
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    Ndjson,
}

/// What is asked for, checked.
struct Asked {
    period: Option<PeriodCode>,
    level: Option<Level>,
    /// A level of the contract that no indicator of this version is told at: it has no rows.
    no_rows: bool,
    within: Option<String>,
    indicator: Option<String>,
    lang: Lang,
    home: (Option<String>, Option<String>),
}

pub(crate) async fn list(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &PARAMS);
    let format = format(&mut query, &headers);
    let page = Page::read(&mut query, face.gate.replica().epoch())?;
    let as_of = query.instant("as_of");
    let asked = face.gate.replica().read(|state| Asked::read(&mut query, &state.register, &face.catalogue, &caller));
    query.done()?;
    let moment = face.moment(as_of).await?;
    let (seq, values) = face.values_at(&moment, page.seq.map(Seq)).await?;
    match format {
        Format::Json => {
            let rows = asked.rows(&values, &caller).skip(index(page.from)).take(page.limit.saturating_add(1));
            let mut data: Vec<ValueRow<'_>> = rows.collect();
            let more = data.len() > page.limit;
            data.truncate(page.limit);
            let end = page.from + u64::try_from(data.len()).unwrap_or(0);
            let next = more.then(|| Page::cursor(face.gate.replica().epoch(), seq.get(), end));
            json(&List { data, next, seq: seq.get(), as_of: moment.as_of.to_string() })
        }
        Format::Csv => Ok(typed("text/csv; charset=utf-8", long(asked, values, caller, format))),
        Format::Ndjson => Ok(typed("application/x-ndjson", long(asked, values, caller, format))),
    }
}

impl Asked {
    fn read(query: &mut Query, register: &Register, catalogue: &Catalogue, caller: &Caller) -> Self {
        let period = query.parsed::<PeriodCode>("period");
        if let Some(period) = &period {
            let years: Vec<String> = register
                .regions()
                .iter()
                .flat_map(|region| {
                    region.clockwork.rules().school_years.iter().map(|year| year.school_year.to_string())
                })
                .collect();
            if !years.is_empty() && !years.contains(&period.school_year.to_string()) {
                query.not_one_of(
                    "period",
                    &period.to_string(),
                    &format!("учебные годы / school years {}", years.join(", ")),
                );
            }
        }
        let level = query.one_of("level", &["region", "municipality", "school", "direction", "publisher"]);
        let no_rows = level.is_some_and(|name| Level::from_name(name).is_none());
        let indicator = query.text("indicator");
        if let Some(id) = indicator.as_ref().filter(|id| !catalogue.knows(id)) {
            let ids = catalogue.definitions().iter().map(|definition| definition.id.as_str());
            let ids: Vec<&str> = ids.chain([catalogue.composite().id.as_str()]).collect();
            query.not_one_of("indicator", id, &ids.join(", "));
        }
        let within = query.text("within");
        if let Some(code) = within.as_ref().filter(|code| !is_place(register, code)) {
            query.not_one_of("within", code, "коды организаций, муниципалитетов и регионов / codes of /api/v1/orgs");
        }
        let lang = if query.one_of("lang", &["ru", "en"]) == Some("en") { Lang::En } else { Lang::Ru };
        let home = caller.home(register);
        Self { period, level: level.and_then(Level::from_name), no_rows, within, indicator, lang, home }
    }

    /// The rows that are asked for and may be seen.
    fn rows<'v>(&'v self, values: &'v Values, caller: &'v Caller) -> impl Iterator<Item = ValueRow<'v>> + 'v {
        let selection = Selection {
            level: self.level,
            period: self.period.clone(),
            indicator: self.indicator.as_deref(),
            org: None,
            within: self.within.as_deref(),
            lang: self.lang,
        };
        values.select(&selection).filter(move |row| !self.no_rows && self.may_see(caller, row))
    }

    fn may_see(&self, caller: &Caller, row: &ValueRow<'_>) -> bool {
        let (municipality, region) = &self.home;
        match (row.level, &caller.actor.scope) {
            (_, Scope::All) => true,
            (Level::Region, _) => region.as_deref() == Some(row.org),
            (Level::Municipality, _) => municipality.as_deref() == Some(row.org),
            (Level::School | Level::Publisher, Scope::Municipality(own)) => row.municipality == Some(own.as_str()),
            (Level::School | Level::Publisher, Scope::Org(own)) => row.org == own.as_str(),
        }
    }
}

impl Face {
    /// The values of a moment; those that a cursor was made from, where they are still kept.
    pub(crate) async fn values_at(&self, moment: &Moment, wanted: Option<Seq>) -> Result<(Seq, Arc<Values>), Problem> {
        let key = |seq: Option<Seq>| {
            self.look(moment, |register| Key::of(register, seq.unwrap_or(register.last_seq()), moment.as_of))
        };
        if let Some(kept) = wanted.and_then(|seq| self.values.get(&key(Some(seq)))) {
            return Ok(kept);
        }
        if let Some(kept) = self.values.get(&key(None)) {
            return Ok(kept);
        }
        let _turn = self.values.making.lock().await;
        if let Some(kept) = self.values.get(&key(None)) {
            return Ok(kept);
        }
        let (face, moment) = (self.clone(), moment.clone());
        // Polars may panic on data that nobody thought of: the task contains it.
        let made = tokio::task::spawn_blocking(move || face.compute(&moment)).await;
        let (key, values) = made.map_err(|error| inside(&error))??;
        self.values.put(key.clone(), Arc::clone(&values));
        Ok((key.seq, values))
    }

    fn compute(&self, moment: &Moment) -> Result<(Key, Arc<Values>), Problem> {
        let started = tokio::time::Instant::now();
        let (key, tables) = self.look(moment, |register| {
            let key = Key::of(register, register.last_seq(), moment.as_of);
            (key, Tables::from_register(register, moment.as_of))
        });
        let values = compute(&tables.map_err(|error| inside(&error))?, &self.catalogue).map_err(|e| inside(&e))?;
        let past = matches!(moment.view, View::Past(_));
        metrics::histogram!("vekha_values_seconds", "past" => past.to_string()).record(started.elapsed());
        Ok((key, Arc::new(values)))
    }
}

impl Cache {
    fn get(&self, key: &Key) -> Option<(Seq, Arc<Values>)> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| known == key)?;
        let entry = kept.remove(found);
        let answer = (entry.0.seq, Arc::clone(&entry.1));
        kept.push(entry);
        Some(answer)
    }

    fn put(&self, key: Key, values: Arc<Values>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((key, values));
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }
}

fn format(query: &mut Query, headers: &HeaderMap) -> Format {
    let all = ["json", "csv", "ndjson", "parquet", "arrow", "xlsx"];
    match query.one_of("format", &all) {
        Some("json") => Format::Json,
        Some("csv") => Format::Csv,
        Some("ndjson") => Format::Ndjson,
        Some(later) => {
            query.wrong(
                "format",
                &format!("«{later}» ещё не отдаётся; допустимы: json, csv, ndjson"),
                &format!("\"{later}\" is not served yet; allowed are: json, csv, ndjson"),
            );
            Format::Json
        }
        None => {
            let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
            if accept.contains("text/csv") {
                Format::Csv
            } else if accept.contains("ndjson") {
                Format::Ndjson
            } else {
                Format::Json
            }
        }
    }
}

/// A long answer, written beside the threads that answer, as fast as the client reads.
fn long(asked: Asked, values: Arc<Values>, caller: Caller, format: Format) -> Body {
    let (pieces, written) = mpsc::channel::<Bytes>(4);
    let write = move || {
        let mut buffer = Vec::with_capacity(PIECE + 1_024);
        if format == Format::Csv {
            buffer.extend_from_slice(indicators::values::COLUMNS.join(",").as_bytes());
            buffer.push(b'\n');
        }
        for row in asked.rows(&values, &caller) {
            if line(&mut buffer, &row, format).is_err() {
                tracing::error!("a row of values cannot be written");
                return;
            }
            if buffer.len() >= PIECE && pieces.blocking_send(std::mem::take(&mut buffer).into()).is_err() {
                return;
            }
        }
        // The client may be gone: then nobody misses the rest.
        drop(pieces.blocking_send(buffer.into()));
    };
    drop(tokio::task::spawn_blocking(write));
    Body::from_stream(futures::stream::unfold(written, |mut written| async move {
        written.recv().await.map(|piece| (Ok::<_, Infallible>(piece), written))
    }))
}

fn line(buffer: &mut Vec<u8>, row: &ValueRow<'_>, format: Format) -> std::io::Result<()> {
    if format == Format::Csv {
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(buffer);
        csv.serialize(row).map_err(std::io::Error::other)?;
        return csv.flush();
    }
    serde_json::to_writer(&mut *buffer, row)?;
    buffer.push(b'\n');
    Ok(())
}

fn index(from: u64) -> usize {
    usize::try_from(from).unwrap_or(usize::MAX)
}
