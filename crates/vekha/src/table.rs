//! Tables for people.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use domain::plan::Anomaly;
use serde_json::Value;

/// An empty table in the house's look.
pub(crate) fn fresh<T: Into<Cell>>(header: impl IntoIterator<Item = T>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// A number, right-aligned.
pub(crate) fn number(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// JSON rows, some of their columns.
pub(crate) fn of_rows(rows: &[Value], columns: &[&str]) -> String {
    let mut table = fresh(columns.iter().copied());
    for row in rows {
        table.add_row(columns.iter().map(|name| match &row[*name] {
            value @ Value::Number(_) => number(cell(value)),
            value => Cell::new(cell(value)),
        }));
    }
    format!("{table}\n{} rows", rows.len())
}

/// A JSON value as a cell.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number
            .as_f64()
            .filter(|value| value.fract() != 0.0)
            .map_or_else(|| number.to_string(), |value| format!("{value:.4}")),
        other => other.to_string(),
    }
}

/// What is odd about a plan document.
pub(crate) fn anomalies(anomalies: &[Anomaly]) -> String {
    let mut table = fresh(["строка / row", "поле / field", "найдено / found", "прочитано / read as", "почему / why"]);
    for anomaly in anomalies {
        let row = anomaly.row.as_ref().map_or("-", |row| row.as_str());
        table.add_row([row, &anomaly.field, &anomaly.found, &anomaly.reading, &anomaly.reason]);
    }
    table.to_string()
}
