//! `GET /api/v1/indicators`: the definitions.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use indicators::definition::{Better, Unit};
use indicators::{Catalogue, Level};
use serde_json::{Value, json};

use crate::Face;
use crate::answer::json;
use crate::page::List;
use crate::problem::Problem;
use crate::query::Query;

pub(crate) async fn list(State(face): State<Face>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let seq = face.gate.replica().position().seq.get();
    let as_of = face.gate.now().to_string();
    json(&List { data: rows(&face.catalogue), next: None, seq, as_of })
}

fn rows(catalogue: &Catalogue) -> Vec<Value> {
    let definitions = catalogue.definitions().iter().map(|it| {
        json!({
            "id": it.id,
            "name_ru": it.name_ru,
            "name_en": it.name_en,
            "numerator": it.numerator.ru,
            "numerator_en": it.numerator.en,
            "denominator": it.denominator.ru,
            "denominator_en": it.denominator.en,
            "unit": match it.unit { Unit::Share => "share", Unit::Days => "days", Unit::Points => "points" },
            "target": it.target,
            "better": match it.better { Better::Up => "up", Better::Down => "down" },
            "weight": it.weight,
            "levels": it.levels.iter().map(|level| level.as_str()).collect::<Vec<_>>(),
            "periods": it.periods.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "version": it.version,
        })
    });
    let it = catalogue.composite();
    let composite = json!({
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
        "levels": Level::ALL.map(Level::as_str),
        "periods": it.periods.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "version": it.version,
    });
    definitions.chain([composite]).collect()
}
