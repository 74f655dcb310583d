//! The read side in a terminal: tables for people, JSON and CSV for scripts.

use domain::command::Act;
use domain::event::Data;
use serde_json::Value;

use crate::cli::{AuditArgs, Format, IndicatorsArgs, ObligationsArgs, SchemaArgs, SchemaOf, WrongUse};
use crate::client::Api;
use crate::out::Out;
use crate::table;

/// Rows that a table on a terminal shows at most.
const ROWS_MAX: usize = 100_000;

/// `vekha indicators`.
pub(crate) async fn indicators(args: &IndicatorsArgs, out: &mut Out) -> anyhow::Result<()> {
    let api = Api::new(&args.api)?;
    let mut query = given(&[
        ("period", &args.period),
        ("level", &args.which.level),
        ("within", &args.which.within),
        ("indicator", &args.which.indicator),
        ("as_of", &args.as_of),
        ("on", &args.on),
        ("version", &args.version),
    ]);
    query.extend(args.spread.then(|| ("spread", "true".to_owned())));
    query.extend(args.rating.then(|| ("rating", "true".to_owned())));
    if args.format == Format::Csv {
        let query: Vec<_> = query.into_iter().chain([("format", "csv".to_owned())]).collect();
        return out.text(&api.text("/api/v1/values", &query).await?);
    }
    let mut columns = vec!["level", "org", "org_name", "period", "indicator"];
    columns.extend(["numerator", "denominator", "value", "target", "achievement", "status"]);
    let mut rows = api.rows("/api/v1/values", &query, ROWS_MAX).await?;
    if args.spread {
        let parts = ["min", "q1", "median", "q3", "max"];
        columns.extend(parts);
        for row in &mut rows {
            for part in parts {
                row[part] = row["spread"][part].clone();
            }
        }
    }
    columns.extend(args.rating.then_some("rating"));
    show(&rows, &columns, args.format, out)
}

/// `vekha obligations`.
pub(crate) async fn obligations(args: &ObligationsArgs, out: &mut Out) -> anyhow::Result<()> {
    let api = Api::new(&args.api)?;
    let query =
        given(&[("org", &args.org), ("row", &args.row), ("phase", &args.phase), ("timeliness", &args.timeliness)]);
    let columns =
        ["id", "holder", "phase", "timeliness", "stated_due_on", "effective_due_on", "done_on", "lateness_days"];
    show(&api.rows("/api/v1/obligations", &query, ROWS_MAX).await?, &columns, args.format, out)
}

/// `vekha audit`.
pub(crate) async fn audit(args: &AuditArgs, out: &mut Out) -> anyhow::Result<()> {
    let api = Api::new(&args.api)?;
    let mut query =
        given(&[("actor", &args.actor), ("org", &args.org), ("type", &args.event_type), ("row", &args.row)]);
    query.push(("limit", args.limit.to_string()));
    let columns = ["seq", "recorded_at", "occurred_on", "type", "actor", "role", "summary"];
    let most = usize::try_from(args.limit)?;
    show(&api.rows("/api/v1/audit", &query, most).await?, &columns, args.format, out)
}

/// `vekha schema`.
pub(crate) fn schema(args: &SchemaArgs, out: &mut Out) -> anyhow::Result<()> {
    let (all, what) = match args.of {
        SchemaOf::Events => (Data::schemas(), "event type"),
        SchemaOf::Commands => (Act::schemas(), "command"),
    };
    let known: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let only = args.name.as_deref().or(args.event_type.as_deref());
    if let Some(only) = only.filter(|only| !known.contains(only)) {
        return Err(WrongUse(format!("there is no {what} {only}; there are: {}", known.join(", "))).into());
    }
    let wanted: serde_json::Map<String, Value> = all
        .into_iter()
        .filter(|(name, _)| only.is_none_or(|only| only == *name))
        .map(|(name, schema)| Ok((name.to_owned(), serde_json::to_value(schema)?)))
        .collect::<Result<_, serde_json::Error>>()?;
    out.line(serde_json::to_string_pretty(&wanted)?)
}

pub(crate) fn given<'a>(options: &[(&'a str, &Option<String>)]) -> Vec<(&'a str, String)> {
    options.iter().filter_map(|(name, value)| Some((*name, value.as_ref()?.clone()))).collect()
}

pub(crate) fn show(rows: &[Value], columns: &[&str], format: Format, out: &mut Out) -> anyhow::Result<()> {
    match format {
        Format::Json => out.line(serde_json::to_string_pretty(rows)?),
        Format::Table => out.line(table::of_rows(rows, columns)),
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(Vec::new());
            csv.write_record(columns)?;
            for row in rows {
                csv.write_record(columns.iter().map(|name| table::cell(&row[*name])))?;
            }
            out.text(&String::from_utf8(csv.into_inner()?)?)
        }
    }
}
