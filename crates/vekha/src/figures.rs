//! Figures in a terminal: why a value is what it is, what became of a reported one, what would be if.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cli::{ExplainArgs, Format, RestatedArgs, WhatIfArgs};
use crate::client::Api;
use crate::out::Out;
use crate::show::{given, show};
use crate::table;

/// Rows that a table on a terminal shows at most.
const ROWS_MAX: usize = 100_000;

/// `vekha explain`.
pub(crate) async fn explain(args: &ExplainArgs, out: &mut Out) -> anyhow::Result<()> {
    let api = Api::new(&args.api)?;
    let mut query =
        given(&[("level", &args.level), ("region", &args.region), ("as_of", &args.as_of), ("on", &args.on)]);
    query.extend([("org", args.org.clone()), ("period", args.period.clone()), ("indicator", args.indicator.clone())]);
    let told: Value =
        serde_json::from_str(&api.text("/api/v1/explain", &query).await?).context("the answer is no JSON")?;
    if args.format == Format::Json {
        return out.line(serde_json::to_string_pretty(&told)?);
    }
    let (rows, columns): (_, &[&str]) = if let Some(rows) = told["shares"].as_array() {
        (rows, &["obligation", "on", "numerator", "denominator", "phase", "timeliness", "done_on", "sentence"])
    } else if let Some(rows) = told["members"].as_array() {
        (rows, &["org", "org_name", "numerator", "denominator"])
    } else if let Some(rows) = told["indicators"].as_array() {
        (rows, &["indicator", "value", "target", "achievement", "weight", "numerator", "denominator", "status"])
    } else {
        return out.line(sentence(&told));
    };
    if args.format == Format::Table {
        out.line(sentence(&told))?;
    }
    show(rows, columns, args.format, out)
}

fn sentence(told: &Value) -> String {
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    format!("{}\n{}", text("sentence"), text("sentence_en"))
}

/// `vekha restated`.
pub(crate) async fn restated(args: &RestatedArgs, out: &mut Out) -> anyhow::Result<()> {
    let api = Api::new(&args.api)?;
    let mut query = given(&[
        ("region", &args.region),
        ("level", &args.which.level),
        ("within", &args.which.within),
        ("indicator", &args.which.indicator),
    ]);
    query.push(("period", args.period.clone()));
    let rows = api.rows("/api/v1/restated", &query, ROWS_MAX).await?;
    if args.format == Format::Json {
        return out.line(serde_json::to_string_pretty(&rows)?);
    }
    let parts = ["late_data", "corrections", "membership", "formula", "target"];
    let flat = |row: &Value| {
        let mut flat = json!({
            "level": row["level"], "org": row["org"], "indicator": row["indicator"],
            "reported": row["reported"]["value"], "restated": row["restated"]["value"],
            "difference": row["value_difference"]["total"],
        });
        for part in parts {
            flat[part] = row["value_difference"][part].clone();
        }
        flat
    };
    let rows: Vec<Value> = rows.iter().map(flat).collect();
    let columns = ["level", "org", "indicator", "reported", "restated", "difference"];
    show(&rows, &columns.into_iter().chain(parts).collect::<Vec<_>>(), args.format, out)
}

/// `vekha what-if`.
pub(crate) async fn what_if(args: &WhatIfArgs, out: &mut Out) -> anyhow::Result<()> {
    let api = Api::new(&args.api)?;
    let text = match &args.file {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => std::io::read_to_string(std::io::stdin()).context("the question is not UTF-8 text")?,
    };
    let mut question: Value = serde_json::from_str(&text).context("the question is no JSON")?;
    let wanted = given(&[
        ("period", &args.period),
        ("level", &args.which.level),
        ("within", &args.which.within),
        ("indicator", &args.which.indicator),
        ("on", &args.on),
    ]);
    for (name, value) in wanted {
        question["values"][name] = json!(value);
    }
    let body = serde_json::to_vec(&question)?;
    let told = api.post_bytes("/api/v1/what-if", &[], "application/json", body).await?;
    if args.format == Format::Json {
        return out.line(serde_json::to_string_pretty(&told)?);
    }
    let flat = |row: &Value| {
        json!({
            "level": row["level"], "org": row["org"], "period": row["period"], "indicator": row["indicator"],
            "before": row["before"]["value"], "after": row["after"]["value"], "difference": row["difference"],
        })
    };
    let rows: Vec<Value> = told["data"].as_array().into_iter().flatten().map(flat).collect();
    if args.format == Format::Table {
        let events = told["events"].as_object().into_iter().flatten();
        let events: Vec<String> = events.map(|(name, count)| format!("{name} × {}", table::cell(count))).collect();
        out.line(format!("ничего не записано / nothing written: {}", events.join(", ")))?;
    }
    show(&rows, &["level", "org", "period", "indicator", "before", "after", "difference"], args.format, out)
}
