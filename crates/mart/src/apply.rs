//! One step: rows into the tables and the watermark behind them, in one transaction.

use std::fmt::Write as _;

use bi::{Contract, Set};
use bytes::Bytes;
use futures::SinkExt as _;
use tokio_postgres::{Client, Transaction};

use crate::ddl;
use crate::encode::{HEAD, TAIL};
use crate::error::{Doing as _, MartError};
use crate::load::{Load, Part};
use crate::place::{Place, whole};

/// Rows from which on the planner is told how many there are.
const MANY: u64 = 10_000;

/// Makes the tables that rows come into; they last as long as the connection.
pub(crate) async fn make_entrance(client: &Client, contract: &Contract) -> Result<(), MartError> {
    let mut text = String::new();
    for set in ddl::tables(contract) {
        let columns = ddl::columns(set);
        let columns = columns.trim_end().trim_end_matches(',');
        // Writing to a String does not fail.
        _ = writeln!(text, "CREATE TEMP TABLE in_{} (\n{columns}\n) ON COMMIT DELETE ROWS;", set.short());
    }
    client.batch_execute(&text).await.doing("make temporary tables")
}

/// Writes a load behind a place; tells the new place and how many rows were written.
///
/// # Errors
/// [`MartError::Moved`] or [`MartError::Changed`] when the database does not stand there; what the database says
/// otherwise. Nothing is written then, unless the commit itself was not answered: the place is read anew in either case.
pub(crate) async fn step(
    client: &mut Client,
    contract: &Contract,
    place: &Place,
    load: &mut Load,
) -> Result<(Place, u64), MartError> {
    let transaction = client.transaction().await.doing("begin")?;
    place.check(Place::hold(&transaction, contract).await?.as_ref(), contract)?;
    let mut written = 0;
    for part in load.parts.clone() {
        written += write(&transaction, contract, place.generation, load, &part).await?;
    }
    let stamp = load.stamp.clone();
    let next = place.moved(&stamp);
    next.write(&transaction, contract, &stamp).await?;
    transaction.commit().await.doing("commit")?;
    Ok((next, written))
}

/// Writes a part into the tables of a generation; tells how many rows differed.
pub(crate) async fn write(
    transaction: &Transaction<'_>,
    contract: &Contract,
    generation: i64,
    load: &mut Load,
    part: &Part,
) -> Result<u64, MartError> {
    let entrance = format!("pg_temp.in_{}", part.set.short());
    if part.rows > 0 || part.whole {
        // It is empty, unless the set came twice in this load; TRUNCATE would write to the catalogue every time.
        transaction.batch_execute(&format!("DELETE FROM {entrance}")).await.doing("empty a temporary table")?;
        copy(transaction, &format!("COPY {entrance} FROM STDIN WITH (FORMAT binary)"), load, part).await?;
    }
    if part.rows > MANY {
        transaction.batch_execute(&format!("ANALYZE {entrance}")).await.doing("count rows")?;
    }
    let seq = whole(load.stamp.seq.get());
    let mut written = 0;
    if part.rows > 0 {
        let text = upsert(contract, part.set, generation, &entrance);
        written += transaction.execute(&text, &[&seq]).await.doing("write rows")?;
    }
    if part.whole {
        let text = vanish(contract, part.set, generation, &entrance);
        written += transaction.execute(&text, &[&seq]).await.doing("mark rows as vanished")?;
    }
    Ok(written)
}

/// Copies the rows of a part into a table.
pub(crate) async fn copy(
    transaction: &Transaction<'_>,
    text: &str,
    load: &mut Load,
    part: &Part,
) -> Result<(), MartError> {
    let sink = transaction.copy_in::<_, Bytes>(text).await.doing("take rows")?;
    let mut sink = std::pin::pin!(sink);
    sink.feed(Bytes::from_static(HEAD)).await.doing("take rows")?;
    let mut done = 0;
    loop {
        let bytes = load.chunk(part, done).await?;
        if bytes.is_empty() {
            break;
        }
        done += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        sink.feed(bytes).await.doing("take rows")?;
    }
    sink.feed(Bytes::from_static(TAIL)).await.doing("take rows")?;
    sink.finish().await.doing("take rows")?;
    Ok(())
}

/// Writes what differs: a row that is the same already costs no new version of it.
fn upsert(contract: &Contract, set: &Set, generation: i64, entrance: &str) -> String {
    let table = ddl::table_name(set, generation);
    let names: Vec<&str> = ddl::stored(set).iter().map(|stored| stored.column.name.as_str()).collect();
    let rest: Vec<&str> = names.iter().copied().filter(|name| !set.key.iter().any(|key| key == name)).collect();
    let of = |table: &str| ddl::list(rest.iter().map(|name| format!("{table}.{name}")));
    let (ours, theirs) = (of("t"), of("excluded"));
    format!(
        "INSERT INTO {}.{table} AS t ({}, updated_seq) SELECT {}, $1::bigint FROM {entrance} \
         ON CONFLICT ({}) DO UPDATE SET ({}, is_deleted, updated_seq) = ROW({theirs}, false, excluded.updated_seq) \
         WHERE ({ours}, t.is_deleted) IS DISTINCT FROM ({theirs}, false)",
        ddl::base(contract),
        ddl::list(&names),
        ddl::list(&names),
        ddl::list(&set.key),
        ddl::list(&rest),
    )
}

/// Marks the rows that are not among those that came.
fn vanish(contract: &Contract, set: &Set, generation: i64, entrance: &str) -> String {
    let table = ddl::table_name(set, generation);
    let key = |table: &str| ddl::list(set.key.iter().map(|name| format!("{table}.{name}")));
    format!(
        "UPDATE {}.{table} t SET is_deleted = true, updated_seq = $1 WHERE NOT t.is_deleted \
         AND NOT EXISTS (SELECT FROM {entrance} i WHERE ({}) = ({}))",
        ddl::base(contract),
        key("i"),
        key("t"),
    )
}
