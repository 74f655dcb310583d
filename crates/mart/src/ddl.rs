//! The schema, made from the data contract: tables of a generation, the promised views over them, who may read what.
//!
//! Base tables lie in `vekha_bi_1`, the major version, and are nobody's promise. A rebuild makes the tables of a new
//! generation and then points the views at them. Numbers with a fraction are `double precision` in the tables too: our
//! figures are doubles, and a way through `numeric` would not give back the same bits.

mod guard;

use std::fmt::Write as _;

use bi::{Column, Contract, Kind, Set};
use sha2::{Digest as _, Sha256};

pub(crate) use self::guard::{READERS, ROLE};

/// The schema of the views.
pub const PROMISE: &str = "vekha_bi";
/// The name of the feed in the watermark.
pub(crate) const FEED: &str = "vekha";
/// The set that is the watermark itself.
pub(crate) const WATERMARK: &str = "v_watermark";
/// The set that is only added to.
pub(crate) const EVENTS: &str = "v_event";
/// The set that is made when there is time for it.
pub(crate) const TOTALS: &str = "v_control_total";

/// Sets whose rows all hold as of the same moment: it stands in the watermark once, so that a step does not write all
/// rows anew.
const AS_OF_FEED: [&str; 3] = ["v_indicator", "v_obligation", TOTALS];

/// The schema of the base tables: the contract's major version.
#[must_use]
pub fn base(contract: &Contract) -> String {
    format!("vekha_bi_{}", contract.version.split('.').next().unwrap_or("0"))
}

/// The sets that have tables: all but the watermark.
pub(crate) fn tables(contract: &Contract) -> impl Iterator<Item = &Set> {
    contract.sets.iter().filter(|set| set.name != WATERMARK)
}

/// A column that a table holds.
pub(crate) struct Stored<'c> {
    /// Its place in the set, and so in a frame.
    pub(crate) at: usize,
    pub(crate) column: &'c Column,
}

/// The columns that a set's table holds as the frames give them: all but those that the sink itself knows.
pub(crate) fn stored(set: &Set) -> Vec<Stored<'_>> {
    let ours = |column: &Column| column.name == "updated_seq" || is_of_feed(set, column);
    set.columns.iter().enumerate().filter(|(_, it)| !ours(it)).map(|(at, column)| Stored { at, column }).collect()
}

fn is_of_feed(set: &Set, column: &Column) -> bool {
    column.name == "as_of" && AS_OF_FEED.contains(&set.name.as_str())
}

/// The table of a set in a generation, without its schema.
pub(crate) fn table_name(set: &Set, generation: i64) -> String {
    format!("{}_g{generation}", set.short())
}

/// The same names, one after the other.
pub(crate) fn list(names: impl IntoIterator<Item: AsRef<str>>) -> String {
    names.into_iter().map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}

/// What a table is made of; its key comes after the rows, which is faster by a quarter.
#[must_use]
pub fn table(contract: &Contract, set: &Set, generation: i64) -> String {
    let mut text = format!("CREATE TABLE {}.{} (\n", base(contract), table_name(set, generation));
    text.push_str(&columns(set));
    text.push_str("    is_deleted boolean NOT NULL DEFAULT false,\n    updated_seq bigint NOT NULL\n);\n");
    text
}

/// The columns of rows as they come, each with a comma behind it.
pub(crate) fn columns(set: &Set) -> String {
    let mut text = String::new();
    for Stored { column, .. } in stored(set) {
        let null = if column.nullable { "" } else { " NOT NULL" };
        // Writing to a String does not fail.
        _ = writeln!(text, "    {} {}{null},", column.name, type_of(column.kind));
    }
    text
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Int => "bigint",
        Kind::Double => "double precision",
        Kind::Bool => "boolean",
        Kind::Date => "date",
        Kind::Instant => "timestamptz",
    }
}

/// The key of a table.
#[must_use]
pub fn key(contract: &Contract, set: &Set, generation: i64) -> String {
    let (table, key) = (table_name(set, generation), list(&set.key));
    format!("ALTER TABLE {}.{table} ADD PRIMARY KEY ({key});\n", base(contract))
}

/// Who may read a table, and which rows of it.
#[must_use]
pub fn guard(contract: &Contract, set: &Set, generation: i64) -> String {
    guard::of_table(contract, set, generation)
}

/// The promised view of a set over the tables of a generation.
#[must_use]
pub fn view(contract: &Contract, set: &Set, generation: i64) -> String {
    let base = base(contract);
    // What a reader may see is decided by the table's policies, so the view must ask as the reader.
    let invoker = if set.scoped { " WITH (security_invoker = true)" } else { "" };
    let mut text = format!("CREATE OR REPLACE VIEW {PROMISE}.{}{invoker} AS\nSELECT\n", set.name);
    let of = |column: &Column| {
        if is_of_feed(set, column) {
            format!("(SELECT w.as_of FROM {base}.watermark w WHERE w.feed = '{FEED}') AS as_of")
        } else {
            format!("t.{}", column.name)
        }
    };
    let columns: Vec<String> = set.columns.iter().map(|column| format!("    {}", of(column))).collect();
    text.push_str(&columns.join(",\n"));
    let from = match set.name.as_str() {
        WATERMARK => format!("\nFROM {base}.watermark t;\n"),
        _ => format!("\nFROM {base}.{} t\nWHERE NOT t.is_deleted;\n", table_name(set, generation)),
    };
    text.push_str(&from);
    // Writing to a String does not fail.
    _ = writeln!(text, "GRANT SELECT ON {PROMISE}.{} TO {ROLE};", set.name);
    text
}

/// What a set and its columns mean, for whoever looks with psql or a BI tool: Russian, then English.
#[must_use]
pub fn comments(set: &Set) -> String {
    let name = format!("{PROMISE}.{}", set.name);
    let told = format!("{} — {} / {} — {}", set.ru, set.grain_ru, set.en, set.grain_en);
    let mut text = format!("COMMENT ON VIEW {name} IS {};\n", literal(&told));
    for column in &set.columns {
        let Column { ru, about_ru, en, about_en, .. } = column;
        let told = literal(&format!("{ru} — {about_ru} / {en} — {about_en}"));
        // Writing to a String does not fail.
        _ = writeln!(text, "COMMENT ON COLUMN {name}.{} IS {told};", column.name);
    }
    text
}

/// Schemas, watermark, readers: what stands below all generations. May run again and again.
#[must_use]
pub fn foundation(contract: &Contract) -> String {
    let base = base(contract);
    format!(
        "CREATE SCHEMA IF NOT EXISTS {base};\n\
         CREATE SCHEMA IF NOT EXISTS {PROMISE};\n\
         CREATE TABLE IF NOT EXISTS {base}.watermark (\n    \
             feed text PRIMARY KEY,\n    \
             schema_version text NOT NULL,\n    \
             epoch text NOT NULL,\n    \
             last_seq bigint NOT NULL,\n    \
             as_of timestamptz NOT NULL,\n    \
             rows_total bigint NOT NULL,\n    \
             generation bigint NOT NULL,\n    \
             last_event text NOT NULL,\n    \
             ddl text NOT NULL,\n    \
             tables text NOT NULL\n);\n{}",
        guard::foundation(contract)
    )
}

/// Everything for one generation, in order: what the golden file shows.
#[must_use]
pub fn whole(contract: &Contract, generation: i64) -> String {
    let mut text = foundation(contract);
    for set in tables(contract) {
        text.push('\n');
        for part in [table, key, guard] {
            text.push_str(&part(contract, set, generation));
        }
    }
    for set in &contract.sets {
        text.push('\n');
        text.push_str(&view(contract, set, generation));
        text.push_str(&comments(set));
    }
    text
}

/// What tells whether a database was made by the same contract and the same rules.
pub(crate) fn fingerprint(contract: &Contract) -> String {
    // A new version may tell the same rows in other words: it builds them anew, once.
    let hash = Sha256::digest(whole(contract, 0) + env!("CARGO_PKG_VERSION"));
    hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A text as SQL takes it.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name as SQL takes it.
pub(crate) fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn golden_ddl_is_what_the_contract_says() {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vekha_bi.sql");
        let head =
            "-- Made from crates/bi/data/contract.toml by `make generate`. A generation of the tables is _gN.\n\n";
        let made = format!("{head}{}", whole(bi::contract(), 1));
        if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            std::fs::write(&file, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(made == kept, "docs/vekha_bi.sql differs from the contract: make generate, and look at the difference");
    }

    #[test]
    fn views_promise_the_columns_of_the_contract_in_order() {
        for set in &bi::contract().sets {
            let text = view(bi::contract(), set, 1);
            let mut from = 0;
            for column in &set.columns {
                let found = text[from..].find(&column.name).unwrap_or_else(|| panic!("{}.{}", set.name, column.name));
                from += found + column.name.len();
            }
        }
    }
}
