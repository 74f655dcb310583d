//! `GET /api/v1/explain`: the arithmetic of one value, down to obligations, facts and events.

mod words;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use board::Shown;
use domain::id::{ObligationId, Seq};
use domain::period::PeriodCode;
use domain::timeliness::Reckoning;
use indicators::definition::is_territory;
use indicators::explain::{Member, Share, shares};
use indicators::{Catalogue, Definition, Judged, Lang, Level, Selection, Tables, ValueRow, Versions};
use jiff::civil::Date;
use register::{Register, date_of_day};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Face;
use crate::answer::{inside, json};
use crate::auth::Caller;
use crate::past::Moment;
use crate::problem::Problem;
use crate::query::{AS_OF, LEVEL, ON, Param, Query, param};
use crate::territory::at;
use crate::values::{known_indicator, known_period, level};

pub(crate) const PARAMS: [Param; 8] = [
    param("org", "code of an organisation, a municipality, a region, a direction or the country"),
    param("period", "2022-2023, 2022-2023.H1, 2022-2023.H2 or 2022-2023.T0"),
    param("indicator", "id of an indicator, or of the composite"),
    LEVEL,
    param("region", "code of the region, where several have what `org` names"),
    param("version", "a version of the definition; without it, the official one"),
    AS_OF,
    ON,
];

/// Events of obligations that are named by id in one answer; further ones by position only.
const EVENTS_NAMED: usize = 2_000;

/// What is asked for.
struct Asked {
    org: String,
    period: PeriodCode,
    indicator: String,
    level: Option<Level>,
    region: Option<String>,
    versions: Versions,
}

/// What one obligation or fact adds to a value.
#[derive(Debug, Serialize)]
struct Part {
    obligation: ObligationId,
    item_name: String,
    item_name_en: String,
    /// The day of the fact, where it is not the obligation itself that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Date>,
    numerator: i64,
    denominator: i64,
    phase: &'static str,
    timeliness: &'static str,
    done_on: Option<Date>,
    due: Value,
    sentence: Option<String>,
    sentence_en: Option<String>,
    events: Vec<Event>,
}

/// An event behind an obligation.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the members of the answer")]
struct Event {
    seq: Seq,
    #[serde(rename = "type")]
    event_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
}

pub(crate) async fn one(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &PARAMS);
    let (as_of, on) = (query.instant("as_of"), query.parsed::<Date>("on"));
    let asked = face.gate.replica().read(|state| Asked::read(&mut query, &state.register));
    let moment = face.moment(as_of).await?;
    let shown = face.shown_at(&moment, on).await?;
    if let Some(asked) = &asked {
        known_indicator(&mut query, &shown.catalogue, &asked.indicator);
    }
    query.done()?;
    let Some(asked) = asked else { return Err(inside(&"a question without a mistake has its parts")) };
    let home = face.gate.replica().read(|state| caller.home(&state.register));
    let rows = |lang| -> Vec<ValueRow<'_>> { shown.values.select(&asked.selection(lang)).collect() };
    let (ru, en) = (asked.only(&rows(Lang::Ru))?, asked.only(&rows(Lang::En))?);
    if !caller.sees_value(&home, &ru) {
        return Err(Problem::outside_territory());
    }
    let mut told = serde_json::to_value(ru).map_err(|error| inside(&error))?;
    let definition = shown
        .catalogue
        .definitions()
        .iter()
        .find(|known| known.id == ru.indicator && known.version == ru.version && known.levels.contains(&ru.level));
    let sentence = words::sentence(&ru, &en, definition, &asked.period);
    told["org_name_en"] = json!(en.org_name);
    told["sentence"] = json!(sentence.ru);
    told["sentence_en"] = json!(sentence.en);
    told["formula"] = definition.map_or(Value::Null, formula);
    let judged = Judged { as_of: moment.as_of, on };
    match definition {
        None => told["indicators"] = indicators(&asked, &shown, &ru)?,
        Some(_) if ru.status == indicators::Status::Suppressed => {}
        Some(definition) if is_territory(ru.level) => {
            let of = Of { face: face.clone(), moment: moment.clone(), judged, definition: definition.clone() };
            let (told_of, period, home) = (Place::of(&ru), asked.period.clone(), home.clone());
            let (catalogue, who) = (Arc::clone(&shown.catalogue), caller.clone());
            let found = tokio::task::spawn_blocking(move || of.members(&catalogue, &told_of, &period, &who, &home));
            told["members"] = Value::Array(found.await.map_err(|error| inside(&error))??);
        }
        Some(definition) => {
            let of = Of { face: face.clone(), moment: moment.clone(), judged, definition: definition.clone() };
            let (org, period) = (ru.org.to_owned(), asked.period.clone());
            let found = tokio::task::spawn_blocking(move || of.parts(&org, &period)).await;
            let (parts, last) = found.map_err(|error| inside(&error))??;
            told["shares"] = face.shares(parts, last).await?;
        }
    }
    told["seq"] = json!(shown.seq);
    told["as_of"] = json!(moment.as_of.to_string());
    json(&told)
}

impl Asked {
    fn read(query: &mut Query, register: &Register) -> Option<Self> {
        let needed = |query: &mut Query, name: &str| {
            let text = query.text(name);
            if text.is_none() {
                query.wrong(name, "укажите его", "give it");
            }
            text
        };
        let org = needed(query, "org");
        let indicator = needed(query, "indicator");
        let period = match query.text("period") {
            Some(_) => query.parsed::<PeriodCode>("period"),
            None => needed(query, "period").and(None),
        };
        if let Some(period) = &period {
            known_period(query, register, period);
        }
        let version = query.number("version", 1, u64::from(u16::MAX)).and_then(|number| u16::try_from(number).ok());
        let (level, region) = (level(query), query.text("region"));
        let versions = version.map_or(Versions::Official, Versions::Only);
        Some(Self { org: org?, period: period?, indicator: indicator?, level, region, versions })
    }

    fn selection(&self, lang: Lang) -> Selection<'_> {
        Selection {
            level: self.level,
            period: Some(self.period.clone()),
            indicator: Some(&self.indicator),
            versions: self.versions,
            org: Some(&self.org),
            lang,
            ..Selection::default()
        }
    }

    /// The only row that fits.
    fn only<'v>(&self, rows: &[ValueRow<'v>]) -> Result<ValueRow<'v>, Problem> {
        let fits = |row: &&ValueRow<'v>| self.region.is_none() || row.region == self.region.as_deref();
        let mut fitting = rows.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(row), None) => Ok(*row),
            (Some(_), Some(_)) => Err(Problem::ambiguous(&self.org)),
            (None, _) => {
                let (org, id, period) = (&self.org, &self.indicator, &self.period);
                Err(Problem::not_found(
                    format!("Для «{org}» значения {id} за {period} нет: проверьте код, уровень и период."),
                    format!("There is no value of {id} for \"{org}\" in {period}: check code, level and period."),
                ))
            }
        }
    }
}

/// What the definition says, in words and as it is computed.
fn formula(definition: &Definition) -> Value {
    json!({
        "name_ru": definition.name_ru,
        "name_en": definition.name_en,
        "numerator_ru": definition.numerator.ru,
        "numerator_en": definition.numerator.en,
        "numerator_sql": definition.numerator.sql,
        "denominator_ru": definition.denominator.ru,
        "denominator_en": definition.denominator.en,
        "denominator_sql": definition.denominator.sql,
        "table": definition.table,
        "where": definition.condition,
        "version": definition.version,
    })
}

/// The indicators behind a composite, each with what it adds.
fn indicators(asked: &Asked, shown: &Shown, of: &ValueRow<'_>) -> Result<Value, Problem> {
    let selection = Selection { indicator: None, level: Some(of.level), ..asked.selection(Lang::Ru) };
    let rows = shown.values.select(&selection).filter(|row| row.indicator != of.indicator && row.region == of.region);
    let parts: Vec<Value> = rows
        .map(|row| {
            let weight = row.weight.filter(|_| row.achievement.is_some());
            json!({
                "indicator": row.indicator,
                "version": row.version,
                "value": row.value,
                "target": row.target,
                "achievement": row.achievement,
                "status": row.status,
                "weight": row.weight,
                "numerator": row.achievement.zip(weight).map(|(achieved, weight)| achieved * weight),
                "denominator": weight,
            })
        })
        .collect();
    serde_json::to_value(parts).map_err(|error| inside(&error))
}

/// A place in the registry, as a row of values names it.
struct Place {
    level: Level,
    org: String,
    region: Option<String>,
}

impl Place {
    fn of(row: &ValueRow<'_>) -> Self {
        Self { level: row.level, org: row.org.to_owned(), region: row.region.map(ToOwned::to_owned) }
    }
}

/// What is explained: polars works on it, away from the threads that answer.
struct Of {
    face: Face,
    moment: Moment,
    judged: Judged,
    definition: Definition,
}

impl Of {
    /// The obligations and facts behind an organisation's value, and the position of the state.
    fn parts(&self, org: &str, period: &PeriodCode) -> Result<(Vec<(u32, Part)>, Seq), Problem> {
        self.face.look(&self.moment, |register| {
            let org = register.org_index(org).ok_or_else(|| inside(&"an organisation with values is registered"))?;
            let tables = Tables::of_orgs(register, self.judged, &[org]).map_err(|error| inside(&error))?;
            let found = shares(&tables, &self.definition, period.part).map_err(|error| inside(&error))?;
            let year = |share: &&Share| tables.units[at(share.unit)].school_year == period.school_year;
            let parts = found.iter().filter(year).map(|share| part(register, share, self.judged)).collect();
            Ok((parts, register.last_seq()))
        })
    }

    /// The organisations behind a territory's value.
    fn members(
        &self,
        catalogue: &Catalogue,
        of: &Place,
        period: &PeriodCode,
        caller: &Caller,
        home: &(Option<String>, Option<String>),
    ) -> Result<Vec<Value>, Problem> {
        self.face.look(&self.moment, |register| {
            let tables = Tables::from_register(register, self.judged).map_err(|error| inside(&error))?;
            let place = (of.level, of.org.as_str(), of.region.as_deref());
            let found = indicators::explain::members(&tables, catalogue, &self.definition, place, period);
            Ok(members(register, caller, home, &found.map_err(|error| inside(&error))?))
        })
    }
}

/// The organisations behind a territory's value, each with what it adds; those that may not be told apart together.
fn members(
    register: &Register,
    caller: &Caller,
    home: &(Option<String>, Option<String>),
    members: &[Member],
) -> Vec<Value> {
    let (mut told, mut rest, mut together) = (Vec::new(), (0.0, 0.0), 0_u32);
    // One that is not shown could be told from the sum and the others: then another one stays with it.
    let lonely = members.iter().filter(|member| member.is_hidden).count() == 1;
    let smallest = members.iter().filter(|member| !member.is_hidden && lonely);
    let smallest = smallest.min_by(|a, b| a.denominator.total_cmp(&b.denominator)).map(|member| member.org);
    for member in members {
        let org = &register.orgs()[at(member.org)];
        let municipality = org.municipality.map(|of| register.municipalities()[at(of)].code.as_str());
        let seen = caller.sees_place(home, Level::School, org.code.as_str(), municipality, None);
        if member.is_hidden || smallest == Some(member.org) || !seen {
            rest = (rest.0 + member.numerator, rest.1 + member.denominator);
            together += 1;
        } else {
            told.push(json!({
                "org": org.code,
                "org_name": org.name_ru,
                "org_name_en": org.name_en,
                "numerator": member.numerator,
                "denominator": member.denominator,
            }));
        }
    }
    if together > 0 {
        told.push(json!({"org": null, "orgs": together, "numerator": rest.0, "denominator": rest.1}));
    }
    told
}

impl Face {
    /// The obligations and facts behind a value, with their events.
    async fn shares(&self, parts: Vec<(u32, Part)>, last: Seq) -> Result<Value, Problem> {
        let mut told = Vec::with_capacity(parts.len());
        let mut named = 0;
        for (ordinal, mut part) in parts {
            part.events = self.events_behind(ordinal, last, &mut named).await?;
            told.push(part);
        }
        serde_json::to_value(told).map_err(|error| inside(&error))
    }

    /// The events on an obligation up to a position, by id while there are not too many.
    async fn events_behind(&self, ordinal: u32, last: Seq, named: &mut usize) -> Result<Vec<Event>, Problem> {
        if *named >= EVENTS_NAMED {
            return Ok(Vec::new());
        }
        let mut events = Vec::new();
        for record in self.gate.events_of(ordinal).await?.into_iter().filter(|record| record.seq <= last) {
            let envelope = domain::event::Envelope::read(&record.payload).map_err(|error| inside(&error))?;
            let (event_type, event_id) = (envelope.event_type.to_string(), Some(envelope.id.to_string()));
            events.push(Event { seq: record.seq, event_type, event_id });
            *named += 1;
        }
        Ok(events)
    }
}

/// One share with its obligation.
fn part(register: &Register, share: &Share, judged: Judged) -> (u32, Part) {
    let mut standing = register.standing_of(share.obligation);
    let day = judged.day(standing.clockwork);
    standing.obligation = standing.obligation.on(day).into_owned();
    let obligation = &standing.obligation;
    let timeliness = standing.clockwork.timeliness(obligation, day);
    let steps = standing.clockwork.reckon(obligation, &standing.share.due, &[], day);
    let words = steps.as_ref().map(Reckoning::sentence);
    let part = Part {
        item_name: standing.slot.item_names.0.clone(),
        item_name_en: standing.slot.item_names.1.clone(),
        on: share.on.and_then(date_of_day),
        numerator: share.numerator,
        denominator: share.denominator,
        phase: obligation.phase.as_str(),
        timeliness: timeliness.as_str(),
        done_on: standing.clockwork.done_on(obligation),
        due: json!({
            "stated": obligation.stated_due,
            "moved": obligation.moved_due,
            "effective": standing.clockwork.effective_due(obligation),
            "steps": steps,
        }),
        sentence: words.as_ref().map(|words| words.ru.clone()),
        sentence_en: words.as_ref().map(|words| words.en.clone()),
        events: Vec::new(),
        obligation: standing.id,
    };
    (share.obligation, part)
}
