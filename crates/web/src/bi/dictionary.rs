//! `GET /bi/v1/dictionary`: what every set and column means, in Russian and English.

use ::bi::{Column, Set, contract};
use axum::extract::RawQuery;
use axum::response::Response;
use serde_json::{Value, json as value};

use crate::answer::{inside, json as answer, typed};
use crate::problem::Problem;
use crate::query::Query;

/// The dictionary as JSON.
pub(crate) async fn json(RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let sets: Vec<Value> = contract().sets.iter().map(told).collect();
    answer(&value!({"version": contract().version, "sets": sets}))
}

/// The same, a line a column; texts are ours, so that none needs a guard.
pub(crate) async fn csv(RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let written = || {
        let mut out = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer("\u{feff}".into());
        out.write_record([
            "data_set",
            "data_set_ru",
            "data_set_en",
            "column",
            "type",
            "unit",
            "nullable",
            "additivity",
            "label_ru",
            "label_en",
            "about_ru",
            "about_en",
        ])?;
        for set in &contract().sets {
            for it in &set.columns {
                let nullable = if it.nullable { "true" } else { "false" };
                let (kind, additivity) = (it.kind.as_str(), it.additivity.as_str());
                out.write_record([
                    &set.name,
                    &set.ru,
                    &set.en,
                    &it.name,
                    kind,
                    &it.unit,
                    nullable,
                    additivity,
                    &it.ru,
                    &it.en,
                    &it.about_ru,
                    &it.about_en,
                ])?;
            }
        }
        out.into_inner().map_err(|error| error.into_error().into())
    };
    let written: Result<Vec<u8>, ::csv::Error> = written();
    Ok(typed("text/csv; charset=utf-8; header=present", written.map_err(|error| inside(&error))?))
}

fn told(set: &Set) -> Value {
    value!({
        "name": set.name,
        "file": set.short(),
        "label_ru": set.ru,
        "label_en": set.en,
        "grain_ru": set.grain_ru,
        "grain_en": set.grain_en,
        "key": set.key,
        "by_territory": set.scoped,
        "columns": set.columns.iter().map(column).collect::<Vec<Value>>(),
    })
}

fn column(column: &Column) -> Value {
    value!({
        "name": column.name,
        "type": column.kind.as_str(),
        "unit": column.unit,
        "nullable": column.nullable,
        "additivity": column.additivity.as_str(),
        "label_ru": column.ru,
        "label_en": column.en,
        "about_ru": column.about_ru,
        "about_en": column.about_en,
    })
}
