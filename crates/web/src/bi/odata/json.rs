//! Rows as `OData` writes them in JSON.

use ::bi::{Cell, Column, Frame, Kind, Set, contract};
use serde_json::{Value, json};

use super::form::{Form, Metadata};
use super::metadata::{NAMESPACE, edm};

/// What stands around the rows of a page.
#[derive(Debug)]
pub(super) struct Page<'p> {
    /// The address of the service.
    pub(super) root: &'p str,
    pub(super) set: &'static Set,
    /// Columns that are shown, in their order.
    pub(super) shown: &'p [&'static Column],
    /// Whether they were chosen by name.
    pub(super) chosen: bool,
    pub(super) form: Form,
}

/// A cell as a value: numbers that JSON has no word for are texts.
pub(crate) fn cell(it: Cell<'_>) -> Value {
    match it {
        Cell::Empty => Value::Null,
        Cell::Text(text) => text.into(),
        Cell::Int(number) => number.into(),
        Cell::Double(number) if number.is_finite() => number.into(),
        Cell::Double(number) if number.is_nan() => "NaN".into(),
        Cell::Double(number) => if number > 0.0 { "INF" } else { "-INF" }.into(),
        Cell::Bool(it) => it.into(),
        Cell::Day(day) => day.to_string().into(),
        Cell::Moment(at) => at.to_string().into(),
    }
}

/// The service document.
pub(super) fn service(root: &str, form: Form) -> Vec<u8> {
    let sets = contract().sets.iter().map(|set| {
        json!({"name": set.short(), "title": format!("{} / {}", set.ru, set.en), "kind": "EntitySet", "url": set.short()})
    });
    let sets: Vec<Value> = sets.collect();
    let body = match form.metadata {
        Metadata::None => json!({"value": sets}),
        Metadata::Minimal | Metadata::Full => {
            json!({"@odata.context": format!("{root}/$metadata"), "value": sets})
        }
    };
    body.to_string().into_bytes()
}

impl Page<'_> {
    /// A page of rows.
    pub(super) fn rows(&self, frame: &Frame, rows: usize, count: Option<u64>, next: Option<&str>) -> Vec<u8> {
        let mut out = Vec::with_capacity(rows * self.shown.len() * 24 + 256);
        let cells = self.cells();
        out.push(b'{');
        if self.form.metadata != Metadata::None {
            member(&mut out, "@odata.context", &self.context("").into());
        }
        if let Some(count) = count {
            let count = if self.form.big_as_text { count.to_string().into() } else { Value::from(count) };
            member(&mut out, "@odata.count", &count);
        }
        out.extend_from_slice(b"\"value\":[");
        for row in 0..rows {
            if row > 0 {
                out.push(b',');
            }
            out.push(b'{');
            self.row(&mut out, frame, row, &cells);
            close(&mut out);
        }
        out.extend_from_slice(b"],");
        if let Some(next) = next {
            member(&mut out, "@odata.nextLink", &next.into());
        }
        close(&mut out);
        out
    }

    /// One entity.
    pub(super) fn entity(&self, frame: &Frame) -> Vec<u8> {
        let mut out = vec![b'{'];
        if self.form.metadata != Metadata::None {
            member(&mut out, "@odata.context", &self.context("/$entity").into());
        }
        self.row(&mut out, frame, 0, &self.cells());
        close(&mut out);
        out
    }

    fn context(&self, rest: &str) -> String {
        let names = self.shown.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(",");
        let chosen = if self.chosen { format!("({names})") } else { String::new() };
        format!("{}/$metadata#{}{chosen}{rest}", self.root, self.set.short())
    }

    /// The columns that are shown, with their places in the set.
    fn cells(&self) -> Vec<(usize, &'static Column)> {
        let shown = |column: &Column| self.shown.iter().any(|one| one.name == column.name);
        self.set.columns.iter().enumerate().filter(|(_, column)| shown(column)).collect()
    }

    fn row(&self, out: &mut Vec<u8>, frame: &Frame, row: usize, cells: &[(usize, &'static Column)]) {
        let full = self.form.metadata == Metadata::Full;
        if full {
            member(out, "@odata.type", &format!("#{NAMESPACE}.{}", self.set.short()).into());
            member(out, "@odata.id", &self.address(frame, row).into());
        }
        for (at, column) in cells {
            if full && matches!(column.kind, Kind::Int | Kind::Date | Kind::Instant) {
                let kind = edm(column).trim_start_matches("Edm.");
                member(out, &format!("{}@odata.type", column.name), &format!("#{kind}").into());
            }
            match frame.cell(row, *at) {
                Cell::Int(number) if self.form.big_as_text => member(out, &column.name, &number.to_string().into()),
                it => member(out, &column.name, &cell(it)),
            }
        }
    }

    /// Where one entity is: the set with its key.
    fn address(&self, frame: &Frame, row: usize) -> String {
        let part = |name: &String| {
            let at = self.set.columns.iter().position(|column| column.name == *name)?;
            let text = match frame.cell(row, at) {
                Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
                it => cell(it).to_string(),
            };
            let text = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
            Some(if self.set.key.len() == 1 { text.to_string() } else { format!("{name}={text}") })
        };
        let key: Vec<String> = self.set.key.iter().filter_map(part).collect();
        format!("{}/{}({})", self.root, self.set.short(), key.join(","))
    }
}

/// A member and a comma.
fn member(out: &mut Vec<u8>, name: &str, value: &Value) {
    // A text and plain values always become JSON.
    drop(serde_json::to_writer(&mut *out, name));
    out.push(b':');
    drop(serde_json::to_writer(&mut *out, value));
    out.push(b',');
}

/// Ends an object behind its last comma.
fn close(out: &mut Vec<u8>) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b'}');
}
