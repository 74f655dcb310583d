//! `GET /api/v1/closings` and `GET /api/v1/restated`: what was reported, what is known now, and why they differ.

mod steps;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::cause::Cause;
use domain::event::{Data, Envelope};
use domain::id::{RegionCode, Seq};
use domain::ledger::Closing;
use domain::payload::SnapshotRow;
use domain::period::PeriodCode;
use indicators::{Judged, Lang, Selection, ValueRow};
use serde::Serialize;
use serde_json::json;

use self::steps::Steps;
use crate::Face;
use crate::answer::{inside, json};
use crate::auth::Caller;
use crate::page::{List, Page};
use crate::problem::Problem;
use crate::query::{CURSOR, LANG, LEVEL, LIMIT, Param, Query, WITHIN, param};
use crate::values::{known_indicator, known_period, level};

pub(crate) const CLOSINGS: [Param; 2] =
    [param("region", "code of a region"), param("period", "2022-2023, 2022-2023.H1 or another period")];

pub(crate) const RESTATED: [Param; 9] = [
    param("period", "a closed period: 2022-2023.H1"),
    param("region", "code of the region that closed it; not needed where there is one region"),
    LEVEL,
    param("org", "code of an organisation or territory: only its own rows"),
    WITHIN,
    param("indicator", "id of an indicator, or of the composite"),
    LANG,
    CURSOR,
    LIMIT,
];

/// One closing of a period.
#[derive(Debug, Serialize)]
struct Told<'c> {
    region: &'c RegionCode,
    period: &'c str,
    seq: Seq,
    at: Seq,
    as_of: String,
    basis: &'c str,
    snapshots: &'c [Seq],
    reopened: Option<Seq>,
    in_force: bool,
}

pub(crate) async fn list(State(face): State<Face>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &CLOSINGS);
    let (region, period) = (query.text("region"), query.parsed::<PeriodCode>("period"));
    query.done()?;
    let period = period.map(|period| period.to_string());
    let now = face.gate.now().to_string();
    face.gate.replica().read(|state| {
        let closings = state.register.ledger().closings();
        let fits = |closing: &&Closing| {
            region.as_ref().is_none_or(|code| closing.region.as_str() == code)
                && period.as_ref().is_none_or(|period| closing.period == *period)
        };
        let in_force = |closing: &Closing| {
            let later = closings.iter().filter(|one| one.region == closing.region && one.period == closing.period);
            closing.reopened.is_none() && later.map(|one| one.seq).max() == Some(closing.seq)
        };
        let data: Vec<Told<'_>> = closings
            .iter()
            .filter(fits)
            .map(|closing| Told {
                region: &closing.region,
                period: &closing.period,
                seq: closing.seq,
                at: closing.at,
                as_of: closing.as_of.to_string(),
                basis: &closing.basis,
                snapshots: &closing.snapshots,
                reopened: closing.reopened,
                in_force: in_force(closing),
            })
            .collect();
        json(&List { data, next: None, seq: state.watermark.get(), as_of: now })
    })
}

/// The figures of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Side {
    numerator: Option<f64>,
    denominator: Option<f64>,
    value: Option<f64>,
    target: Option<f64>,
    achievement: Option<f64>,
    weight: Option<f64>,
    version: Option<u16>,
}

/// A difference by cause; the parts add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Difference {
    total: Option<f64>,
    late_data: Option<f64>,
    corrections: Option<f64>,
    membership: Option<f64>,
    formula: Option<f64>,
    target: Option<f64>,
}

/// One value as it was reported and as it is known now.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the members of the answer")]
struct Restated {
    level: &'static str,
    org: String,
    org_name: String,
    municipality: Option<String>,
    indicator: String,
    reported: Side,
    restated: Side,
    value_difference: Difference,
    achievement_difference: Difference,
}

pub(crate) async fn restated(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &RESTATED);
    let page = Page::read(&mut query, face.gate.replica().epoch())?;
    let period = query.parsed::<PeriodCode>("period");
    if query.text("period").is_none() {
        query.wrong("period", "укажите закрытый период", "name a closed period");
    }
    let (level, org, within) = (level(&mut query), query.text("org"), query.text("within"));
    let (region, indicator) = (query.text("region"), query.text("indicator"));
    let lang = if query.one_of("lang", &["ru", "en"]) == Some("en") { Lang::En } else { Lang::Ru };
    let home = face.gate.replica().read(|state| {
        if let Some(period) = &period {
            known_period(&mut query, &state.register, period);
        }
        caller.home(&state.register)
    });
    let closing = period.as_ref().map(|period| face.closing(region.as_deref(), period));
    if let Some(id) = &indicator {
        known_indicator(&mut query, &face.catalogue_now()?, id);
    }
    query.done()?;
    let Some((period, closing)) = period.zip(closing) else { return Err(inside(&"a period that was read is there")) };
    let closing = closing?;
    let steps = face.restatement(&closing).await?;
    let reported = face.reported(&closing).await?;
    let selection = Selection {
        level,
        period: Some(period),
        indicator: indicator.as_deref(),
        org: org.as_deref(),
        within: within.as_deref(),
        lang,
        ..Selection::default()
    };
    let rows = steps.rows(&selection, &closing, &reported);
    let seen = rows.into_iter().filter(|(row, _)| caller.sees_value(&home, row)).map(|(_, told)| told);
    let from = usize::try_from(page.from).unwrap_or(usize::MAX);
    let mut data: Vec<Restated> = seen.skip(from).take(page.limit.saturating_add(1)).collect();
    let more = data.len() > page.limit;
    data.truncate(page.limit);
    let end = page.from + u64::try_from(data.len()).unwrap_or(0);
    let next = more.then(|| Page::cursor(face.gate.replica().epoch(), steps.seq.get(), end));
    json(&json!({
        "data": data,
        "next": next,
        "region": closing.region,
        "period": closing.period,
        "closed_seq": closing.seq,
        "reported_at": closing.at,
        "reported_as_of": closing.as_of.to_string(),
        "seq": steps.seq,
        "as_of": face.gate.now().to_string(),
    }))
}

/// What a reported row is found by.
type Key = (String, String, String);

impl Face {
    /// The closing of a period that is in force.
    fn closing(&self, region: Option<&str>, period: &PeriodCode) -> Result<Closing, Problem> {
        let code = period.to_string();
        let found: Vec<Closing> = self.gate.replica().read(|state| {
            let mut latest: BTreeMap<RegionCode, Closing> = BTreeMap::new();
            for closing in state.register.ledger().closings() {
                if closing.period == code && region.is_none_or(|region| closing.region.as_str() == region) {
                    latest.insert(closing.region.clone(), closing.clone());
                }
            }
            latest.into_values().filter(|closing| closing.reopened.is_none()).collect()
        });
        match <[Closing; 1]>::try_from(found) {
            Ok([closing]) => Ok(closing),
            Err(none) if none.is_empty() => Err(Problem::not_found(
                format!("Период {code} не закрыт: сданных значений нет."),
                format!("The period {code} is not closed: nothing was reported."),
            )),
            Err(_) => Err(Problem::ambiguous(&code)),
        }
    }

    /// The definitions of the live state.
    pub(crate) fn catalogue_now(&self) -> Result<indicators::Catalogue, Problem> {
        self.gate.replica().read(|state| self.catalogue.of(&state.register)).map_err(|error| inside(&error))
    }

    /// The rows that the events of a closing froze.
    async fn reported(&self, closing: &Closing) -> Result<BTreeMap<Key, SnapshotRow>, Problem> {
        let records = self.gate.events_at(&closing.snapshots).await?;
        let mut rows = BTreeMap::new();
        for record in &records {
            let envelope = Envelope::read(&record.payload).map_err(|error| inside(&error))?;
            if let Data::SnapshotTaken(taken) = envelope.data().map_err(|error| inside(&error))? {
                for row in taken.rows {
                    rows.insert((row.level.clone(), row.org.clone(), row.indicator.clone()), row);
                }
            }
        }
        Ok(rows)
    }

    /// The values of a closing's day, with what is known of each cause since.
    async fn restatement(&self, closing: &Closing) -> Result<Arc<Steps>, Problem> {
        let until = self.gate.replica().watermark();
        if let Some(known) = self.restated.get(closing.seq, until) {
            return Ok(known);
        }
        let _turn = self.restated.making.lock().await;
        if let Some(known) = self.restated.get(closing.seq, until) {
            return Ok(known);
        }
        let base = self.history.register_at(closing.at).await.map_err(|error| inside(&projector::chain(&*error)))?;
        let causes = [Cause::LateData, Cause::Corrections, Cause::Membership, Cause::Target];
        let journal = self.gate.journal();
        let known = projector::heeding(journal, Arc::clone(&base), until, &causes).await;
        let known = known.map_err(|error| inside(&projector::chain(&error)))?;
        let (catalogue, judged) = (Arc::clone(&self.catalogue), Judged::at(closing.as_of));
        let work = move || Steps::of(&catalogue, judged, &base, &known);
        let steps = tokio::task::spawn_blocking(work).await.map_err(|error| inside(&error))?;
        let steps = Arc::new(steps.map_err(|error| inside(&error))?);
        self.restated.put(closing.seq, Arc::clone(&steps));
        Ok(steps)
    }
}

/// Restatements that are kept, by closing.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: std::sync::Mutex<Vec<(Seq, Arc<Steps>)>>,
    making: tokio::sync::Mutex<()>,
}

/// How many are kept.
const KEPT: usize = 4;

impl Cache {
    fn get(&self, closing: Seq, until: Seq) -> Option<Arc<Steps>> {
        let kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let fits = |(known, steps): &&(Seq, Arc<Steps>)| *known == closing && steps.seq >= until;
        kept.iter().find(fits).map(|(_, steps)| Arc::clone(steps))
    }

    fn put(&self, closing: Seq, steps: Arc<Steps>) {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.retain(|(known, _)| *known != closing);
        kept.push((closing, steps));
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }
}

impl Side {
    fn of_row(row: &ValueRow<'_>) -> Self {
        Self {
            numerator: row.numerator,
            denominator: row.denominator,
            value: row.value,
            target: row.target,
            achievement: row.achievement,
            weight: row.weight,
            version: Some(row.version),
        }
    }

    fn of_snapshot(row: &SnapshotRow) -> Self {
        let real = |number: Option<domain::number::Real>| number.map(domain::number::Real::get);
        Self {
            numerator: real(row.numerator),
            denominator: real(row.denominator),
            value: real(row.value),
            target: real(row.target),
            achievement: real(row.achievement),
            weight: real(row.weight),
            version: Some(row.version),
        }
    }
}
