//! Everything anew: tables of a new generation, filled and only then shown.

use bi::Contract;
use tokio_postgres::Client;
use tracing::info;

use crate::apply::{copy, write};
use crate::ddl;
use crate::error::{Doing as _, MartError};
use crate::load::{Load, Part};
use crate::place::{Place, switch, tables_print};

/// Fills the tables of a new generation and points the views at them, all in one transaction: whoever reads sees the
/// old rows until the commit and the new ones behind it, and a rebuild that is broken off leaves nothing behind.
///
/// The rows are frozen as they come: a reader whose snapshot is older than the tables sees them too, not empty ones.
///
/// # Errors
/// What the database says.
pub(crate) async fn rebuild(client: &mut Client, contract: &Contract, load: &mut Load) -> Result<Place, MartError> {
    let generation = next_generation(client, contract).await?;
    info!(generation, rows = load.rows(), "building {} anew, {} rows", ddl::PROMISE, load.rows());
    let base = ddl::base(contract);
    let mut transaction = client.transaction().await.doing("begin")?;
    for set in ddl::tables(contract) {
        transaction.batch_execute(&ddl::table(contract, set, generation)).await.doing("make its tables")?;
        let table = format!("{base}.{}", ddl::table_name(set, generation));
        let seq = load.stamp.seq.get();
        let default = format!("ALTER TABLE {table} ALTER updated_seq SET DEFAULT {seq}");
        transaction.batch_execute(&default).await.doing("make its tables")?;
        let names = ddl::stored(set);
        let names = ddl::list(names.iter().map(|stored| stored.column.name.as_str()));
        let text = format!("COPY {table} ({names}) FROM STDIN WITH (FORMAT binary, FREEZE)");
        let (whole, later): (Vec<Part>, Vec<Part>) =
            load.parts.iter().filter(|part| part.set.name == set.name).cloned().partition(|part| part.whole);
        for part in whole {
            copy(&transaction, &text, load, &part).await?;
        }
        let key = ddl::key(contract, set, generation);
        let key = format!("ALTER TABLE {table} ALTER updated_seq DROP DEFAULT;\n{key}");
        transaction.batch_execute(&key).await.doing("make keys")?;
        // Rows that changed while the others were told.
        for part in later {
            write(&transaction, contract, generation, load, &part).await?;
        }
        let finish = format!("{}ANALYZE {table};", ddl::guard(contract, set, generation));
        transaction.batch_execute(&finish).await.doing("make policies")?;
    }
    let tables = tables_print(&transaction, contract, generation).await?;
    let place = Place::new(contract, &load.stamp, generation, tables);
    place.write(&transaction, contract, &load.stamp).await?;
    switch(&mut transaction, contract, generation).await?;
    transaction.commit().await.doing("commit")?;
    Ok(place)
}

async fn next_generation(client: &Client, contract: &Contract) -> Result<i64, MartError> {
    let known = generations(client, contract).await?;
    Ok(known.iter().map(|(generation, _)| *generation).max().unwrap_or(0) + 1)
}

/// The tables that there are, with their generations.
async fn generations(client: &Client, contract: &Contract) -> Result<Vec<(i64, String)>, MartError> {
    let text = "SELECT substring(c.relname FROM '_g([0-9]{1,15})$')::bigint, c.relname FROM pg_class c \
                WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' AND c.relname ~ '_g[0-9]{1,15}$' \
                ORDER BY 1, 2";
    let rows = client.query(text, &[&ddl::base(contract)]).await.doing("list its tables")?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Drops the tables of other generations, and what else was replaced, unless somebody reads them still; tells whether
/// some are left.
///
/// # Errors
/// What the database says, but for a lock that cannot be had.
pub(crate) async fn sweep(client: &Client, contract: &Contract, generation: i64) -> Result<bool, MartError> {
    let base = ddl::base(contract);
    let mut old: Vec<String> = generations(client, contract)
        .await?
        .into_iter()
        .filter_map(|(of, name)| (of != generation).then_some(name))
        .collect();
    let aside =
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relname ~ '^watermark_[0-9]+$'";
    let aside = client.query(aside, &[&base]).await.doing("list its tables")?;
    old.extend(aside.iter().map(|row| row.get::<_, String>(0)));
    let mut left = false;
    for table in old {
        // One message is one transaction; the wait is short, since readers queue up behind it.
        let text = format!("SET LOCAL lock_timeout = '100ms'; DROP TABLE IF EXISTS {base}.{};", ddl::name(&table));
        match client.batch_execute(&text).await.doing("drop old tables") {
            Err(error) if error.is_locked() || error.is_needed() => left = true,
            other => other?,
        }
    }
    Ok(left)
}
