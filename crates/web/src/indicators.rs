//! `GET /api/v1/indicators`: the definitions.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use indicators::{Catalogue, Definition, Level};
use serde_json::{Value, json};

use crate::Face;
use crate::answer::{inside, json};
use crate::page::List;
use crate::problem::Problem;
use crate::query::Query;

pub(crate) async fn list(State(face): State<Face>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let work = face.clone();
    // Definitions of the log are read by polars, which wants a thread that it may block.
    let told = tokio::task::spawn_blocking(move || work.catalogue_now().map(|catalogue| rows(&catalogue))).await;
    let data = told.map_err(|error| inside(&error))??;
    let seq = face.gate.replica().position().seq.get();
    let as_of = face.gate.now().to_string();
    json(&List { data, next: None, seq, as_of })
}

/// A row for each version of each indicator; where it is defined anew for some levels, those stand in `variants`.
fn rows(catalogue: &Catalogue) -> Vec<Value> {
    let versions = catalogue.definitions().chunk_by(|a, b| a.id == b.id && a.version == b.version);
    let mut rows: Vec<Value> = versions.map(version).collect();
    let it = catalogue.composite();
    let bands = catalogue.bands().iter();
    let bands: Vec<Value> = bands
        .map(|band| json!({"code": band.code, "name_ru": band.name_ru, "name_en": band.name_en, "from": band.from}))
        .collect();
    rows.push(json!({
        "id": it.id,
        "name_ru": it.name_ru,
        "name_en": it.name_en,
        "numerator": it.numerator_ru,
        "numerator_en": it.numerator_en,
        "denominator": it.denominator_ru,
        "denominator_en": it.denominator_en,
        "unit": "share",
        "target": null,
        "better": "up",
        "weight": null,
        "levels": Level::ALL.iter().map(|level| level.as_str()).collect::<Vec<_>>(),
        "periods": it.periods.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "version": it.version,
        "from": null,
        "bands": bands,
    }));
    rows
}

fn version(variants: &[Definition]) -> Value {
    let Some((it, others)) = variants.split_first() else { return Value::Null };
    let mut levels: Vec<&str> = variants.iter().flat_map(|known| &known.levels).map(|level| level.as_str()).collect();
    levels.sort_unstable();
    let mut told = words(it);
    told["id"] = json!(it.id);
    told["name_ru"] = json!(it.name_ru);
    told["name_en"] = json!(it.name_en);
    told["unit"] = json!(it.unit.as_str());
    told["target"] = json!(it.target);
    told["better"] = json!(it.better.as_str());
    told["weight"] = json!(it.weight);
    told["periods"] = json!(it.periods.iter().map(ToString::to_string).collect::<Vec<_>>());
    told["version"] = json!(it.version);
    told["from"] = json!(it.from.map(|year| year.to_string()));
    told["levels"] = json!(levels);
    if !others.is_empty() {
        told["variants"] = variants.iter().map(words).collect();
    }
    told
}

/// What a definition counts, in words and as it is computed.
fn words(it: &Definition) -> Value {
    json!({
        "numerator": it.numerator.ru,
        "numerator_en": it.numerator.en,
        "numerator_sql": it.numerator.sql,
        "denominator": it.denominator.ru,
        "denominator_en": it.denominator.en,
        "denominator_sql": it.denominator.sql,
        "table": it.table,
        "where": it.condition,
        "levels": it.levels.iter().map(|level| level.as_str()).collect::<Vec<_>>(),
    })
}
