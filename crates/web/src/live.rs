//! `GET /api/v1/live`: server-sent events, what changed in values and obligations.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use board::Step;
use domain::id::{ObligationId, Seq};
use domain::period::PeriodCode;
use futures::stream::{self, Stream, StreamExt as _};
use indicators::{Lang, Level, ValueRow};
use register::Register;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;

use crate::Face;
use crate::answer::inside;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::{LANG, LEVEL, Param, Query, WITHIN, param};
use crate::territory::{Within, at};
use crate::values::{known_indicator, known_period, level};

pub(crate) const PARAMS: [Param; 6] = [
    param("period", "2022-2023, 2022-2023.H1, 2022-2023.H2 or 2022-2023.T0"),
    LEVEL,
    WITHIN,
    param("indicator", "id of an indicator, or of the composite"),
    param("org", "code of an organisation"),
    LANG,
];

/// How soon a broken connection should be made again.
const RETRY: Duration = Duration::from_secs(1);
/// How often a silent connection says that it lives.
const ALIVE: Duration = Duration::from_secs(15);

/// What one connection is told.
struct Watch {
    face: Face,
    caller: Caller,
    period: Option<PeriodCode>,
    level: Option<Level>,
    indicator: Option<String>,
    place: Option<String>,
    within: Within,
    lang: Lang,
    home: (Option<String>, Option<String>),
    /// The last state that was told.
    told: Seq,
    _room: OwnedSemaphorePermit,
}

/// An obligation that was touched, as it stands now.
#[derive(Debug, Serialize)]
struct Touched {
    id: ObligationId,
    version: Seq,
    phase: &'static str,
    timeliness: &'static str,
}

/// Rows of values that changed.
#[derive(Debug, Serialize)]
struct Rows<'v> {
    seq: Seq,
    rows: Vec<ValueRow<'v>>,
}

pub(crate) async fn follow(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &PARAMS);
    let shown = face.shown_now(None).await?;
    let (period, level, indicator) = (query.parsed::<PeriodCode>("period"), level(&mut query), query.text("indicator"));
    if let Some(id) = &indicator {
        known_indicator(&mut query, &shown.catalogue, id);
    }
    let place = query.text("org").or_else(|| query.text("within"));
    let lang = if query.one_of("lang", &["ru", "en"]) == Some("en") { Lang::En } else { Lang::Ru };
    let (within, home) = face.gate.replica().read(|state| {
        if let Some(period) = &period {
            known_period(&mut query, &state.register, period);
        }
        (Within::read(&mut query, &state.register), caller.home(&state.register))
    });
    query.done()?;
    let room = Arc::clone(&face.watching).try_acquire_owned().map_err(|_| Problem::overloaded())?;
    // Subscribed before what is kept is read: a step may come twice, and is then told once.
    let steps = face.latest.follow();
    let last = last_told(&face, &headers);
    let known = match last {
        Some(seq) => face.latest.since(seq),
        None => Some(Vec::new()),
    };
    let told = last.filter(|_| known.is_some()).unwrap_or(shown.seq);
    let watch = Watch { face, caller, period, level, indicator, place, within, lang, home, told, _room: room };
    let hello = if known.is_some() && last.is_some() {
        Vec::new()
    } else {
        vec![watch.event(
            if known.is_none() { "reset" } else { "hello" },
            shown.seq,
            &serde_json::json!({"seq": shown.seq}),
        )]
    };
    let answer = Sse::new(watch.stream(hello, known.unwrap_or_default(), steps));
    Ok(answer.keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}

/// The state that a client saw last, as its `Last-Event-ID` says; one of another log is unknown.
fn last_told(face: &Face, headers: &HeaderMap) -> Option<Seq> {
    let id = headers.get("last-event-id")?.to_str().ok()?;
    let (epoch, seq) = id.rsplit_once(':')?;
    let seq = seq.parse().ok().map(Seq)?;
    // Of another epoch nothing is kept: the first state asks for what never was.
    Some(if epoch == face.gate.replica().epoch().as_str() { seq } else { Seq::NONE })
}

type Steps = tokio::sync::broadcast::Receiver<Arc<Step>>;

impl Watch {
    fn stream(
        self,
        hello: Vec<Event>,
        known: Vec<Arc<Step>>,
        steps: Steps,
    ) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let first = stream::iter(hello);
        let rest = stream::unfold((self, known.into_iter(), steps), |(mut watch, mut known, mut steps)| async move {
            let events = match known.next() {
                Some(step) => watch.tell(&step),
                None => match watch.face.latest.until_closed(steps.recv()).await {
                    Some(Ok(step)) => watch.tell(&step),
                    Some(Err(RecvError::Lagged(_))) => watch.reset(),
                    Some(Err(RecvError::Closed)) | None => return None,
                },
            };
            Some((stream::iter(events), (watch, known, steps)))
        });
        first.chain(rest.flatten()).map(Ok)
    }

    /// The events of one step.
    fn tell(&mut self, step: &Step) -> Vec<Event> {
        if step.to <= self.told && step.from != step.to {
            return Vec::new();
        }
        self.told = step.to;
        let Some(changes) = &step.rows else {
            return vec![self.event("reset", step.to, &serde_json::json!({"seq": step.to}))];
        };
        let rows = changes.iter().flat_map(|change| step.values.rows_at(change.subject, &change.rows, self.lang));
        let rows: Vec<ValueRow<'_>> = rows.filter(|row| self.wants(row)).collect();
        let mut events = Vec::new();
        let touched = self.touched(&step.obligations);
        if !touched.is_empty() {
            events.push(self.event(
                "obligations",
                step.to,
                &serde_json::json!({"seq": step.to, "obligations": touched}),
            ));
        }
        if !rows.is_empty() {
            events.push(self.event("values", step.to, &Rows { seq: step.to, rows }));
        }
        events
    }

    /// The connection was too slow: what it missed is told no more.
    fn reset(&mut self) -> Vec<Event> {
        self.told = self.face.gate.replica().watermark();
        vec![self.event("reset", self.told, &serde_json::json!({"seq": self.told}))]
    }

    fn event(&self, name: &str, seq: Seq, data: &impl Serialize) -> Event {
        let id = format!("{}:{seq}", self.face.gate.replica().epoch());
        let event = Event::default().event(name).id(id).retry(RETRY);
        event.json_data(data).unwrap_or_else(|error| {
            inside(&error);
            Event::default().event("reset")
        })
    }

    fn wants(&self, row: &ValueRow<'_>) -> bool {
        let place = |code: &str| row.org == code || row.region == Some(code) || row.municipality == Some(code);
        self.level.is_none_or(|level| level == row.level)
            && self.period.as_ref().is_none_or(|period| period.to_string() == row.period)
            && self.indicator.as_ref().is_none_or(|id| id == row.indicator)
            && self.place.as_deref().is_none_or(place)
            && self.caller.sees_value(&self.home, row)
    }

    fn touched(&self, ordinals: &[u32]) -> Vec<Touched> {
        let now = self.face.gate.now();
        self.face.gate.replica().read(|state| {
            let register = &state.register;
            let seen = |ordinal: &&u32| {
                let known = at(**ordinal) < register.len();
                known && self.within.has(register.columns().org[at(**ordinal)]) && self.caller.sees(register, **ordinal)
            };
            ordinals.iter().filter(seen).map(|ordinal| touched(register, *ordinal, now)).collect()
        })
    }
}

fn touched(register: &Register, ordinal: u32, now: jiff::Timestamp) -> Touched {
    let standing = register.standing_of(ordinal);
    let day = standing.clockwork.day_of(now);
    let obligation = standing.obligation.on(day);
    Touched {
        version: obligation.version,
        phase: obligation.phase.as_str(),
        timeliness: standing.clockwork.timeliness(&obligation, day).as_str(),
        id: standing.id,
    }
}
