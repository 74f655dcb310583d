//! `GET /api/v1/orgs`: the registry.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::payload::OrgKind;
use register::Register;
use serde_json::{Value, json};

use crate::Face;
use crate::answer::json;
use crate::auth::Caller;
use crate::page::{List, Page};
use crate::problem::Problem;
use crate::query::{CURSOR, LIMIT, Param, Query, WITHIN, param};
use crate::territory::{Within, at};

pub(crate) const PARAMS: [Param; 5] =
    [param("org", "code of one organisation"), WITHIN, param("kind", "school or authority"), CURSOR, LIMIT];

pub(crate) async fn list(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &PARAMS);
    let epoch = face.gate.replica().epoch().clone();
    let page = Page::read(&mut query, &epoch)?;
    let kind = query.one_of("kind", &[OrgKind::School.as_str(), OrgKind::Authority.as_str()]);
    let as_of = face.gate.now().to_string();
    face.gate.replica().read(|state| {
        let within = Within::read(&mut query, &state.register);
        query.done()?;
        let fits = |number: &u32| {
            let org = &state.register.orgs()[at(*number)];
            within.has(*number)
                && caller.sees_entry(&state.register, *number)
                && kind.is_none_or(|kind| org.kind.as_str() == kind)
        };
        let from = u32::try_from(page.from).unwrap_or(u32::MAX);
        let all = u32::try_from(state.register.orgs().len()).unwrap_or(u32::MAX);
        let numbers: Vec<u32> = (from..all).filter(fits).take(page.limit + 1).collect();
        let seq = state.watermark.get();
        let next = numbers.get(page.limit).map(|number| Page::cursor(&epoch, seq, u64::from(*number)));
        let data = numbers.iter().take(page.limit).map(|number| row(&state.register, *number)).collect();
        json(&List { data, next, seq, as_of })
    })
}

fn row(register: &Register, number: u32) -> Value {
    let org = &register.orgs()[at(number)];
    let municipality = org.municipality.map(|of| &register.municipalities()[at(of)]);
    let region = &register.regions()[at(org.region)];
    json!({
        "org": org.code.as_str(),
        "kind": org.kind.as_str(),
        "name_ru": org.name_ru,
        "name_en": org.name_en,
        "region": region.code.as_str(),
        "region_name": region.clockwork.rules().name_ru,
        "municipality": municipality.map(|of| of.code.as_str()),
        "municipality_name": municipality.map(|of| of.name_ru.as_str()),
        "obligations": register.ordinals_of(number).count(),
        "registered_seq": org.registered_seq.get(),
    })
}
