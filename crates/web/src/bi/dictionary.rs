//! `GET /bi/v1/dictionary`: what every set and column means, in Russian and English.

use ::bi::{Additivity, Column, Kind, Set, contract};
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
                let (kind, additivity) = (kind(it.kind), additivity(it.additivity));
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
        "type": kind(column.kind),
        "unit": column.unit,
        "nullable": column.nullable,
        "additivity": additivity(column.additivity),
        "label_ru": column.ru,
        "label_en": column.en,
        "about_ru": column.about_ru,
        "about_en": column.about_en,
    })
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Int => "int",
        Kind::Double => "double",
        Kind::Bool => "bool",
        Kind::Date => "date",
        Kind::Instant => "instant",
    }
}

fn additivity(additivity: Additivity) -> &'static str {
    match additivity {
        Additivity::Add => "add",
        Additivity::Last => "last",
        Additivity::None => "none",
    }
}
