//! `GET /api/v1/values`: the indicators' values.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::Response;
use board::{Shown, days_of};
use domain::actor::Scope;
use domain::id::Seq;
use domain::period::PeriodCode;
use indicators::values::Spread;
use indicators::{Board, Catalogue, Judged, Lang, Level, Selection, ValueRow, Values, Versions};
use jiff::Timestamp;
use jiff::civil::Date;
use register::Register;
use tokio::sync::mpsc;

use crate::Face;
use crate::answer::{inside, typed};
use crate::auth::Caller;
use crate::page::{List, Page};
use crate::past::{Moment, View};
use crate::problem::Problem;
use crate::query::{AS_OF, CURSOR, LANG, LEVEL, LIMIT, ON, Param, Query, WITHIN, param};
use crate::territory::is_place;

pub(crate) const PARAMS: [Param; 14] = [
    param("period", "2022-2023, 2022-2023.H1, 2022-2023.H2 or 2022-2023.T0"),
    LEVEL,
    param("org", "code of an organisation or territory: only its own rows"),
    WITHIN,
    param("indicator", "id of an indicator, or of the composite"),
    param("version", "a version of the definitions, or all; without it, the official one of each school year"),
    AS_OF,
    ON,
    param("spread", "true: schools, min, q1, median, q3, max and mean of the schools behind each territory's value"),
    param("rating", "true: 0 to 100 for municipalities, the best of the region being 100"),
    param("format", "json, csv or ndjson; or by Accept. csv and ndjson hold all rows, json is in pages"),
    LANG,
    CURSOR,
    LIMIT,
];

/// Values of earlier states that are kept.
const KEPT: usize = 6;
/// Bytes of answers that are kept for whoever asks the same of the same state.
const ANSWERS_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of one piece of a long answer.
const PIECE: usize = 256 * 1024;

/// Computed values of earlier states, and answers of the newest one.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: Mutex<Vec<(Key, Arc<Shown>)>>,
    making: tokio::sync::Mutex<()>,
    answers: Mutex<Answers>,
}

/// Answers of one state.
#[derive(Debug, Default)]
struct Answers {
    of: Option<Key>,
    bodies: HashMap<String, (&'static str, Bytes)>,
    bytes: usize,
}

/// Values depend on the state and on the local days, and on nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    seq: Seq,
    days: Vec<Date>,
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
    org: Option<String>,
    within: Option<String>,
    indicator: Option<String>,
    versions: Versions,
    with_spread: bool,
    with_rating: bool,
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
    let on = query.parsed::<Date>("on");
    let live = as_of.is_none() && on.is_none();
    let shown = if live { Some(face.shown_now(page.seq.map(Seq)).await?) } else { None };
    let question = live.then(|| format!("{format:?} {} {}", raw.as_deref().unwrap_or_default(), caller.sight()));
    if let Some((shown, question)) = shown.as_ref().zip(question.as_ref())
        && let Some((media, body)) = face.values.answer(&Key::of(shown), question)
    {
        return Ok(typed(media, body));
    }
    let catalogue = shown.as_ref().map_or_else(|| Arc::clone(&face.catalogue), |shown| Arc::clone(&shown.catalogue));
    let asked = face.gate.replica().read(|state| Asked::read(&mut query, &state.register, &catalogue, &caller));
    query.done()?;
    let moment = face.moment(as_of).await?;
    let shown = match shown {
        Some(shown) => shown,
        None => face.shown_at(&moment, on).await?,
    };
    let (key, seq) = (Key::of(&shown), shown.seq);
    let (media, body) = match format {
        Format::Json => {
            let rows = asked.rows(&shown.values, &caller).skip(index(page.from)).take(page.limit.saturating_add(1));
            let mut data: Vec<ValueRow<'_>> = rows.collect();
            let more = data.len() > page.limit;
            data.truncate(page.limit);
            let end = page.from + u64::try_from(data.len()).unwrap_or(0);
            let next = more.then(|| Page::cursor(face.gate.replica().epoch(), seq.get(), end));
            let list = List { data, next, seq: seq.get(), as_of: moment.as_of.to_string() };
            ("application/json", serde_json::to_vec(&list).map_err(|error| inside(&error))?)
        }
        Format::Csv => return Ok(typed("text/csv; charset=utf-8", long(asked, shown, caller, format))),
        Format::Ndjson => return Ok(typed("application/x-ndjson", long(asked, shown, caller, format))),
    };
    let body = Bytes::from(body);
    if let Some(question) = question {
        face.values.keep(key, question, media, body.clone());
    }
    Ok(typed(media, body))
}

impl Asked {
    fn read(query: &mut Query, register: &Register, catalogue: &Catalogue, caller: &Caller) -> Self {
        let period = query.parsed::<PeriodCode>("period");
        if let Some(period) = &period {
            known_period(query, register, period);
        }
        let level = level(query);
        let indicator = query.text("indicator");
        if let Some(id) = &indicator {
            known_indicator(query, catalogue, id);
        }
        let within = query.text("within");
        if let Some(code) = within.as_ref().filter(|code| !is_place(register, code)) {
            query.not_one_of("within", code, "коды организаций, муниципалитетов и регионов / codes of /api/v1/orgs");
        }
        let versions = match query.text("version").as_deref() {
            None => Versions::Official,
            Some("all") => Versions::All,
            Some(_) => query
                .number("version", 1, u64::from(u16::MAX))
                .map_or(Versions::Official, |version| Versions::Only(u16::try_from(version).unwrap_or(u16::MAX))),
        };
        let with_spread = query.one_of("spread", &["true", "false"]) == Some("true");
        let with_rating = query.one_of("rating", &["true", "false"]) == Some("true");
        let lang = if query.one_of("lang", &["ru", "en"]) == Some("en") { Lang::En } else { Lang::Ru };
        let (org, home) = (query.text("org"), caller.home(register));
        Self { period, level, org, within, indicator, versions, with_spread, with_rating, lang, home }
    }

    /// The rows that are asked for and may be seen.
    fn rows<'v>(&'v self, values: &'v Values, caller: &'v Caller) -> impl Iterator<Item = ValueRow<'v>> + 'v {
        let selection = Selection {
            level: self.level,
            period: self.period.clone(),
            indicator: self.indicator.as_deref(),
            versions: self.versions,
            org: self.org.as_deref(),
            within: self.within.as_deref(),
            lang: self.lang,
            with_spread: self.with_spread,
            with_rating: self.with_rating,
        };
        values.select(&selection).filter(move |row| caller.sees_value(&self.home, row))
    }

    /// The columns of a table without names for its fields.
    fn columns(&self) -> String {
        let mut columns = indicators::values::COLUMNS.to_vec();
        if self.with_spread {
            columns.extend(indicators::values::SPREAD_COLUMNS);
        }
        if self.with_rating {
            columns.push(indicators::values::RATING_COLUMN);
        }
        columns.join(",")
    }
}

/// Reads `level`.
pub(crate) fn level(query: &mut Query) -> Option<Level> {
    let names: Vec<&'static str> = Level::ALL.iter().map(|level| level.as_str()).collect();
    query.one_of("level", &names).and_then(Level::from_name)
}

/// Notes a period of a school year that no region has.
pub(crate) fn known_period(query: &mut Query, register: &Register, period: &PeriodCode) {
    let regions = register.regions().iter();
    let years: BTreeSet<String> = regions
        .flat_map(|region| region.clockwork.rules().school_years.iter().map(|year| year.school_year.to_string()))
        .collect();
    if !years.is_empty() && !years.contains(&period.school_year.to_string()) {
        let years: Vec<String> = years.into_iter().collect();
        query.not_one_of("period", &period.to_string(), &format!("учебные годы / school years {}", years.join(", ")));
    }
}

/// Notes an indicator that nobody defined.
pub(crate) fn known_indicator(query: &mut Query, catalogue: &Catalogue, id: &str) {
    if !catalogue.knows(id) {
        let ids = catalogue.definitions().iter().map(|definition| definition.id.as_str());
        let ids: BTreeSet<&str> = ids.chain([catalogue.composite().id.as_str()]).collect();
        query.not_one_of("indicator", id, &ids.into_iter().collect::<Vec<_>>().join(", "));
    }
}

impl Caller {
    /// What part of the values they may see, as a text.
    fn sight(&self) -> String {
        serde_json::to_string(&self.actor.scope).unwrap_or_default()
    }

    /// Whether a value lies in their territory; `home` is its municipality and region.
    pub(crate) fn sees_value(&self, home: &(Option<String>, Option<String>), row: &ValueRow<'_>) -> bool {
        self.sees_place(home, row.level, row.org, row.municipality, row.region)
    }

    /// Whether a place lies in their territory.
    pub(crate) fn sees_place(
        &self,
        (own_municipality, own_region): &(Option<String>, Option<String>),
        level: Level,
        org: &str,
        municipality: Option<&str>,
        region: Option<&str>,
    ) -> bool {
        match (level, &self.actor.scope) {
            (_, Scope::All) => true,
            (Level::Country, _) => false,
            (Level::Region, _) => own_region.as_deref() == Some(org),
            (Level::Direction, _) => own_region.as_deref() == region,
            (Level::Municipality, _) => own_municipality.as_deref() == Some(org),
            (Level::School | Level::Publisher, Scope::Municipality(own)) => municipality == Some(own.as_str()),
            (Level::School | Level::Publisher, Scope::Org(own)) => org == own.as_str(),
        }
    }
}

impl Face {
    /// The values as they are now; those that a cursor was made from, where they are still kept.
    pub(crate) async fn shown_now(&self, wanted: Option<Seq>) -> Result<Arc<Shown>, Problem> {
        let now = self.gate.now();
        let (seq, days) = self.gate.replica().read(|state| (state.watermark, days_of(&state.register, now)));
        if let Some(kept) = wanted.and_then(|seq| self.values.get(&Key { seq, days: days.clone() })) {
            return Ok(kept);
        }
        let shown = self.latest.at_least(seq, &days).await.map_err(|error| inside(&error))?;
        self.values.put(Key::of(&shown), Arc::clone(&shown));
        Ok(shown)
    }

    /// The values as they were known at a moment, judged at the end of its day or of another one.
    pub(crate) async fn shown_at(&self, moment: &Moment, on: Option<Date>) -> Result<Arc<Shown>, Problem> {
        if on.is_none() && matches!(moment.view, View::Live) && self.is_today(moment.as_of) {
            return self.shown_now(None).await;
        }
        let judged = Judged { as_of: moment.as_of, on };
        let key = self.look(moment, |register| {
            let days = register.regions().iter().map(|region| judged.day(&region.clockwork)).collect();
            Key { seq: register.last_seq(), days }
        });
        if let Some(kept) = self.values.get(&key) {
            return Ok(kept);
        }
        let _turn = self.values.making.lock().await;
        if let Some(kept) = self.values.get(&key) {
            return Ok(kept);
        }
        let (face, moment) = (self.clone(), moment.clone());
        // Polars may panic on data that nobody thought of: the task contains it.
        let made = tokio::task::spawn_blocking(move || face.compute(&moment, judged)).await;
        let shown = made.map_err(|error| inside(&error))??;
        self.values.put(Key::of(&shown), Arc::clone(&shown));
        Ok(shown)
    }

    /// Every value of a state.
    pub(crate) fn board_of(&self, register: &Register, judged: Judged) -> Result<Board, Problem> {
        let catalogue = self.catalogue.of(register).map_err(|error| inside(&error))?;
        Board::of_register(register, judged, catalogue).map_err(|error| inside(&error))
    }

    fn is_today(&self, as_of: Timestamp) -> bool {
        let now = self.gate.now();
        self.gate.replica().read(|state| days_of(&state.register, as_of) == days_of(&state.register, now))
    }

    fn compute(&self, moment: &Moment, judged: Judged) -> Result<Arc<Shown>, Problem> {
        let started = tokio::time::Instant::now();
        let (seq, days, made) = self.look(moment, |register| {
            let days = register.regions().iter().map(|region| judged.day(&region.clockwork)).collect();
            (register.last_seq(), days, self.board_of(register, judged))
        });
        let board = made?;
        let (values, catalogue) = (board.values().clone(), board.catalogue().clone());
        metrics::histogram!("vekha_values_seconds", "past" => "true").record(started.elapsed());
        Ok(Arc::new(Shown::new(seq, days, values, Arc::new(catalogue))))
    }
}

impl Key {
    fn of(shown: &Shown) -> Self {
        Self { seq: shown.seq, days: shown.days().to_vec() }
    }
}

impl Cache {
    fn get(&self, key: &Key) -> Option<Arc<Shown>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| known == key)?;
        let entry = kept.remove(found);
        let answer = Arc::clone(&entry.1);
        kept.push(entry);
        Some(answer)
    }

    fn put(&self, key: Key, values: Arc<Shown>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.iter().any(|(known, _)| *known == key) {
            return;
        }
        kept.push((key, values));
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }

    /// What was answered to the same question about the same state.
    fn answer(&self, key: &Key, question: &str) -> Option<(&'static str, Bytes)> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = answers.of.as_ref() == Some(key);
        answers.bodies.get(question).filter(|_| known).cloned()
    }

    fn keep(&self, key: Key, question: String, media: &'static str, body: Bytes) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.of.as_ref() != Some(&key) || answers.bytes + body.len() > ANSWERS_BYTES {
            *answers = Answers { of: Some(key), ..Answers::default() };
        }
        answers.bytes += body.len();
        answers.bodies.insert(question, (media, body));
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
fn long(asked: Asked, shown: Arc<Shown>, caller: Caller, format: Format) -> Body {
    let (pieces, written) = mpsc::channel::<Bytes>(4);
    let write = move || {
        let mut buffer = Vec::with_capacity(PIECE + 1_024);
        if format == Format::Csv {
            buffer.extend_from_slice(asked.columns().as_bytes());
            buffer.push(b'\n');
        }
        for row in asked.rows(&shown.values, &caller) {
            if line(&mut buffer, &asked, &row, format).is_err() {
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

fn line(buffer: &mut Vec<u8>, asked: &Asked, row: &ValueRow<'_>, format: Format) -> std::io::Result<()> {
    if format == Format::Csv {
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(buffer);
        let spread = asked.with_spread.then_some(row.spread);
        let rating = asked.with_rating.then_some(row.rating);
        let row = ValueRow { spread: None, rating: None, ..*row };
        // A column that was asked for stands in every line, filled or not.
        match (spread, rating) {
            (None, None) => csv.serialize(row),
            (None, Some(rating)) => csv.serialize((row, rating)),
            (Some(spread), None) => csv.serialize((row, Spreads::of(spread))),
            (Some(spread), Some(rating)) => csv.serialize((row, Spreads::of(spread), rating)),
        }
        .map_err(std::io::Error::other)?;
        return csv.flush();
    }
    serde_json::to_writer(&mut *buffer, row)?;
    buffer.push(b'\n');
    Ok(())
}

/// The columns of a spread, empty where there is none.
#[derive(serde::Serialize)]
struct Spreads(Option<usize>, [Option<f64>; 6]);

impl Spreads {
    fn of(spread: Option<Spread>) -> Self {
        let of = |get: fn(&Spread) -> f64| spread.as_ref().map(get);
        let figures = [of(|it| it.min), of(|it| it.q1), of(|it| it.median), of(|it| it.q3), of(|it| it.max)];
        let [min, q1, median, q3, max] = figures;
        Self(spread.map(|it| it.schools), [min, q1, median, q3, max, of(|it| it.mean)])
    }
}

fn index(from: u64) -> usize {
    usize::try_from(from).unwrap_or(usize::MAX)
}
