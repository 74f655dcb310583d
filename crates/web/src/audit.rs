//! `GET /api/v1/audit`: who did what and when; and one event as it is stored.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use commands::Record;
use domain::actor::{Role, Scope};
use domain::event::{Envelope, EventId};
use domain::id::{PersonCode, PlanCode, RowNo, Seq};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use projector::{Fact, FactFilter, State as Projected};
use register::Register;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::Face;
use crate::answer::{inside, json, position, typed};
use crate::auth::Caller;
use crate::page::{List, Page};
use crate::problem::Problem;
use crate::query::{CURSOR, LIMIT, Param, Query, WITHIN, param};
use crate::sentence;
use crate::speech::Speech;
use crate::territory::Within;

pub(crate) const PARAMS: [Param; 11] = [
    param("actor", "code of a person"),
    param("org", "code of an organisation"),
    WITHIN,
    param("type", "type of event, such as report.accepted"),
    param("plan", "code of a plan"),
    param("row", "number of a row, such as 9.2"),
    param("from", "recorded on this day or at this instant, or later"),
    param("to", "recorded on this day (included) or before this instant"),
    param("after", "events behind this position only"),
    CURSOR,
    LIMIT,
];

/// One event, as a row of the list.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the columns of the contract")]
pub(crate) struct Row {
    seq: u64,
    event_id: String,
    #[serde(rename = "type")]
    event_type: String,
    occurred_on: Date,
    recorded_at: Timestamp,
    actor: String,
    actor_name: Option<String>,
    role: &'static str,
    on_behalf_of: Option<String>,
    org: Option<String>,
    plan: Option<String>,
    row: Option<String>,
    obligation: Option<String>,
    summary: String,
    reason: Option<String>,
    evidence: Option<Box<RawValue>>,
}

/// Which events are asked for.
struct Asked {
    filter: FactFilter,
    /// A person or type that the log has never seen: nothing fits.
    nothing: bool,
    within: Within,
    plan: Option<PlanCode>,
    row: Option<RowNo>,
}

pub(crate) async fn list(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &PARAMS);
    let epoch = face.gate.replica().epoch().clone();
    let page = Page::read(&mut query, &epoch)?;
    let after = position(&mut query, "after", &face)?.unwrap_or_default().max(Seq(page.from));
    let (seqs, seq) = face.gate.replica().read(|state| {
        let asked = Asked::read(&mut query, &state.register);
        (asked.find(state, &caller, after, page.limit + 1), state.watermark.get())
    });
    query.done()?;
    let more = seqs.len() > page.limit;
    let shown = &seqs[..seqs.len().min(page.limit)];
    let next = shown.last().filter(|_| more).map(|last| Page::cursor(&epoch, seq, last.get()));
    let records = face.gate.events_at(shown).await?;
    let data = face.rows(&records, &caller, Speech::of(&headers))?;
    json(&List { data, next, seq, as_of: face.gate.now().to_string() })
}

/// One event, byte for byte.
pub(crate) async fn event(
    State(face): State<Face>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let missing = || {
        let id: String = id.chars().take(80).collect();
        Problem::not_found(format!("События {id} нет в журнале."), format!("The log has no event {id}."))
    };
    let event: EventId = id.parse().map_err(|_| missing())?;
    let seqs = face.gate.replica().read(|state| state.facts.find_event(event).collect::<Vec<Seq>>());
    for record in face.gate.events_at(&seqs).await? {
        let envelope = Envelope::read(&record.payload).map_err(|error| inside(&error))?;
        if envelope.id == id {
            let seen = face
                .gate
                .replica()
                .read(|state| state.facts.get(record.seq).is_some_and(|fact| caller.sees_fact(&state.register, &fact)));
            return if seen {
                Ok(typed("application/cloudevents+json", record.payload))
            } else {
                Err(Problem::outside_territory())
            };
        }
    }
    Err(missing())
}

impl Asked {
    fn read(query: &mut Query, register: &Register) -> Self {
        let within = Within::read(query, register);
        let actor = query.parsed::<PersonCode>("actor").map(|code| register.person_index(code.as_str()));
        let event_type = query.text("type").map(|name| {
            if !domain::event::Data::TYPES.contains(&name.as_str()) && register.type_of(&name).is_none() {
                query.not_one_of("type", &name, &domain::event::Data::TYPES.join(", "));
            }
            register.type_of(&name)
        });
        let plan = query.parsed::<PlanCode>("plan");
        if let Some(plan) = plan.as_ref().filter(|plan| register.plan_index(plan.as_str()).is_none()) {
            let plans: Vec<&str> = register.plans().iter().map(|known| known.code().as_str()).collect();
            query.not_one_of("plan", plan.as_str(), &plans.join(", "));
        }
        let nothing = actor == Some(None) || event_type == Some(None);
        let filter = FactFilter {
            event_type: event_type.flatten(),
            obligation: None,
            org: within.only(),
            actor: actor.flatten(),
            recorded_from: edge(query, register, "from", false),
            recorded_before: edge(query, register, "to", true),
        };
        Self { filter, nothing, within, plan, row: query.parsed("row") }
    }

    fn find(&self, state: &Projected, caller: &Caller, after: Seq, most: usize) -> Vec<Seq> {
        if self.nothing {
            return Vec::new();
        }
        let register = &state.register;
        let facts = state.facts.matching(after, self.filter);
        let mut seqs: Vec<Seq> =
            facts.filter(|fact| self.fits(register, caller, fact)).take(most).map(|fact| fact.seq).collect();
        if self.filter.org.is_some() {
            // The columns know of no organisation of a fact about many.
            let filter = FactFilter { org: None, ..self.filter };
            let acts = register.bulk_acts().iter().flat_map(|act| [Some(act.seq), act.taken_back]).flatten();
            let facts = acts.filter(|seq| *seq > after).filter_map(|seq| state.facts.get(seq));
            let fits = |fact: &Fact| filter.takes(fact) && self.fits(register, caller, fact);
            seqs.extend(facts.filter(fits).map(|fact| fact.seq));
            seqs.sort_unstable();
            seqs.truncate(most);
        }
        seqs
    }

    fn fits(&self, register: &Register, caller: &Caller, fact: &Fact) -> bool {
        let within = self.within.is_everything()
            || fact.org.is_some_and(|org| self.within.has(org))
            || orgs_of_many(register, fact.seq).any(|org| self.within.has(org));
        within && caller.sees_fact(register, fact) && self.fits_plan(register, fact)
    }

    fn fits_plan(&self, register: &Register, fact: &Fact) -> bool {
        if self.plan.is_none() && self.row.is_none() {
            return true;
        }
        let many = || first_of_many(register, fact.seq);
        let Some(ordinal) = fact.obligation.or_else(many) else { return false };
        let plan = self.plan.as_ref();
        plan.is_none_or(|plan| register.plans()[register.block_of(ordinal).plan].code() == plan)
            && self.row.as_ref().is_none_or(|row| register.slot_of(ordinal).0.row == *row)
    }
}

/// The organisations of a fact about many, or of its retraction.
fn orgs_of_many(register: &Register, seq: Seq) -> impl Iterator<Item = u32> {
    let act = register.bulk_act_behind(seq);
    act.into_iter().flat_map(|act| &act.obligations).map(|(ordinal, _)| register.block_of(*ordinal).org)
}

/// An obligation of a fact about many: plan and row are the same for all.
fn first_of_many(register: &Register, seq: Seq) -> Option<u32> {
    register.bulk_act_behind(seq)?.obligations.first().map(|(ordinal, _)| *ordinal)
}

impl Caller {
    /// Whether an event lies in the caller's territory; events on regions and plans are everybody's. A fact about
    /// many is seen by everybody whom it is about, a command on many as a whole and the values of a whole region by who
    /// may see all of them. Dashboards do not see the counts of surveys, whose small cells could name somebody.
    pub(crate) fn sees_fact(&self, register: &Register, fact: &Fact) -> bool {
        if self.actor.role == Role::Bi && register.type_name(fact.event_type) == Some("survey.responses_counted") {
            return false;
        }
        match (fact.obligation, fact.org) {
            (Some(_), Some(org)) => self.sees_org(register, org),
            (None, Some(org)) => self.sees_entry(register, org),
            (_, None) if register.bulk_act_behind(fact.seq).is_some() => {
                orgs_of_many(register, fact.seq).any(|org| self.sees_org(register, org))
            }
            (_, None) => {
                let of_many = matches!(
                    register.type_name(fact.event_type),
                    Some("bulk.opened" | "bulk.closed" | "indicator.snapshot_taken")
                );
                !of_many
                    || self.actor.scope == Scope::All
                    || register.person_index(self.actor.person.as_str()) == Some(fact.actor)
            }
        }
    }
}

impl Face {
    /// Stored events as rows of the list.
    ///
    /// # Errors
    /// A stored event cannot be read.
    pub(crate) fn rows(&self, records: &[Record], caller: &Caller, speech: Speech) -> Result<Vec<Row>, Problem> {
        let rows = self
            .gate
            .replica()
            .read(|state| records.iter().map(|record| row(state, record, speech)).collect::<Result<Vec<Row>, _>>());
        let mut rows = rows.map_err(|error| inside(&error))?;
        if caller.reads_names() {
            for row in &mut rows {
                row.actor_name = self.names.get(row.actor.as_str()).cloned();
            }
        }
        Ok(rows)
    }
}

fn row(state: &Projected, record: &Record, speech: Speech) -> Result<Row, domain::event::DecodeError> {
    let envelope = Envelope::read(&record.payload)?;
    let fact = state.facts.get(record.seq);
    let id = envelope.obligation();
    let mut orgs = orgs_of_many(&state.register, record.seq);
    let only = orgs.next().filter(|_| orgs.next().is_none());
    let org = fact.and_then(|fact| fact.org).or(only);
    let org = org.and_then(|org| state.register.orgs().get(crate::territory::at(org)));
    let (reason, evidence) = words_of(envelope.data_json());
    let many = Many::behind(&state.register, record.seq);
    let words = match &many {
        Some(many) => sentence::of_many(&envelope.event_type, &many.row, many.count),
        None => sentence::of(&envelope.event_type, id.as_ref(), &envelope.subject),
    };
    let (plan, row) = match (&id, many) {
        (Some(id), _) => (Some(id.plan.as_str().to_owned()), Some(id.row.as_str().to_owned())),
        (None, Some(many)) => (Some(many.plan), Some(many.row)),
        (None, None) => (plan_of(&envelope.subject), None),
    };
    Ok(Row {
        seq: record.seq.get(),
        event_id: envelope.id.to_string(),
        event_type: envelope.event_type.to_string(),
        occurred_on: envelope.occurredon,
        recorded_at: fact.map_or(record.recorded_at, |fact| fact.recorded_at),
        actor: envelope.actor.to_string(),
        actor_name: None,
        role: envelope.actorrole.as_str(),
        on_behalf_of: envelope.onbehalfof.as_ref().map(ToString::to_string),
        org: org.map(|org| org.code.as_str().to_owned()),
        plan,
        row,
        summary: speech.pick(&words).to_owned(),
        obligation: id.map(|id| id.to_string()),
        reason,
        evidence,
    })
}

/// What a fact about many is about.
struct Many {
    plan: String,
    row: String,
    count: usize,
}

impl Many {
    fn behind(register: &Register, seq: Seq) -> Option<Self> {
        let count = register.bulk_act_behind(seq)?.obligations.len();
        let id = register.id_of(first_of_many(register, seq)?);
        Some(Self { plan: id.plan.as_str().to_owned(), row: id.row.as_str().to_owned(), count })
    }
}

/// The plan in the subject of an event on a plan or an activation.
fn plan_of(subject: &str) -> Option<String> {
    let mut parts = subject.split('/');
    match parts.next() {
        Some("plan") => parts.next().map(ToOwned::to_owned),
        Some("activation") => parts.nth(1).map(ToOwned::to_owned),
        _ => None,
    }
}

/// Why it was done, in the words of whoever did it, and what shows it.
fn words_of(data: &str) -> (Option<String>, Option<Box<RawValue>>) {
    let Ok(data) = serde_json::from_str::<Map<String, Value>>(data) else { return (None, None) };
    // A fact about many carries what a fact of one would.
    let data = match data.get("payload") {
        Some(Value::Object(inside)) => inside,
        _ => &data,
    };
    let said = ["reason", "comment", "basis"].iter().filter_map(|name| data.get(*name)?.as_str());
    let said: Vec<&str> = said.collect();
    let reason = (!said.is_empty()).then(|| said.join("; "));
    let evidence = data.get("evidence").and_then(|evidence| serde_json::value::to_raw_value(evidence).ok());
    (reason, evidence)
}

/// The beginning of a day, or the end of one, or an instant.
fn edge(query: &mut Query, register: &Register, name: &str, included: bool) -> Option<Timestamp> {
    let text = query.text(name)?;
    // An instant begins with a date too: only what is no longer than one is a day.
    let day = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    let Some(day) = day else { return query.instant(name) };
    let zone = register.regions().first().and_then(|region| TimeZone::get(&region.clockwork.rules().zone).ok());
    let day = if included { day.tomorrow().unwrap_or(day) } else { day };
    zone.unwrap_or(TimeZone::UTC).to_timestamp(day.at(0, 0, 0, 0)).ok()
}
