//! Rows of a state and of a database, to compare.

use std::collections::{BTreeMap, BTreeSet};

use bi::{Cell, Kind, Set, Source};
use register::day_of_date;
use tokio_postgres::{Client, NoTls, Row};

/// The rows of every view, each row as text.
pub(crate) type All = BTreeMap<String, BTreeSet<String>>;

/// Columns that tell when a row was written, not what it says.
const WHEN: [&str; 2] = ["as_of", "updated_seq"];

fn compared(set: &Set) -> impl Iterator<Item = (usize, &bi::Column)> {
    let closing = set.name == "v_indicator_published";
    set.columns.iter().enumerate().filter(move |(_, it)| closing || !WHEN.contains(&it.name.as_str()))
}

/// What a state says.
pub(crate) fn of_source(source: &Source<'_>) -> All {
    let rows = |set: &'static Set| {
        let mut rows = BTreeSet::new();
        for frame in source.frames(set) {
            for row in 0..frame.height() {
                let cells = compared(set).map(|(at, _)| of_cell(frame.cell(row, at)));
                rows.insert(cells.collect::<Vec<_>>().join("|"));
            }
        }
        rows
    };
    bi::contract().sets.iter().map(|set| (set.name.clone(), rows(set))).collect()
}

fn of_cell(cell: Cell<'_>) -> String {
    match cell {
        Cell::Empty => "∅".to_owned(),
        Cell::Text(text) => format!("{text:?}"),
        Cell::Int(number) => number.to_string(),
        Cell::Double(number) => format!("{number:?}"),
        Cell::Bool(it) => it.to_string(),
        Cell::Day(day) => day_of_date(day).to_string(),
        Cell::Moment(at) => at.as_microsecond().to_string(),
    }
}

/// A connection that goes with the test.
#[expect(clippy::disallowed_methods, reason = "the wire ends with its client, or with the test")]
pub(crate) async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// What the views of a database say, in one snapshot.
pub(crate) async fn of_database(url: &str) -> Result<All, tokio_postgres::Error> {
    let mut client = connect(url).await?;
    let transaction =
        client.build_transaction().isolation_level(tokio_postgres::IsolationLevel::RepeatableRead).start().await?;
    let mut all = All::new();
    for set in &bi::contract().sets {
        let columns: Vec<String> = compared(set)
            .map(|(_, column)| match column.kind {
                Kind::Date => format!("({} - date '1970-01-01')::bigint", column.name),
                Kind::Instant => format!("(extract(epoch FROM {}) * 1000000)::bigint", column.name),
                Kind::Text | Kind::Int | Kind::Double | Kind::Bool => column.name.clone(),
            })
            .collect();
        let rows = transaction.query(&format!("SELECT {} FROM vekha_bi.{}", columns.join(", "), set.name), &[]).await?;
        let count = rows.len();
        let rows: BTreeSet<String> = rows.iter().map(|row| of_row(set, row)).collect();
        assert_eq!(rows.len(), count, "{} has a row twice", set.name);
        all.insert(set.name.clone(), rows);
    }
    Ok(all)
}

fn of_row(set: &Set, row: &Row) -> String {
    let cell = |(at, kind): (usize, Kind)| match kind {
        Kind::Text => row.get::<_, Option<&str>>(at).map(|text| format!("{text:?}")),
        Kind::Double => row.get::<_, Option<f64>>(at).map(|number| format!("{number:?}")),
        Kind::Bool => row.get::<_, Option<bool>>(at).map(|it| it.to_string()),
        Kind::Int | Kind::Date | Kind::Instant => row.get::<_, Option<i64>>(at).map(|number| number.to_string()),
    };
    let kinds = compared(set).map(|(_, column)| column.kind).enumerate();
    kinds.map(|it| cell(it).unwrap_or_else(|| "∅".to_owned())).collect::<Vec<_>>().join("|")
}

/// The first differences, for people.
pub(crate) fn difference(ours: &All, theirs: &All) -> Option<String> {
    for (set, ours) in ours {
        let theirs = &theirs[set];
        let missing: Vec<&String> = ours.difference(theirs).take(3).collect();
        let surplus: Vec<&String> = theirs.difference(ours).take(3).collect();
        if !missing.is_empty() || !surplus.is_empty() {
            let (ours, theirs) = (ours.len(), theirs.len());
            return Some(format!("{set}: {ours} and {theirs} rows; only here {missing:#?}; only there {surplus:#?}"));
        }
    }
    None
}
