//! Where a database stands, and whether its schema is still the one that we made.

use std::time::Duration;

use bi::Contract;
use domain::id::Seq;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient, Transaction};
use tracing::warn;

use crate::ddl;
use crate::error::{Doing as _, MartError};
use crate::load::Stamp;

/// How long a view is waited for while somebody reads it: whoever comes meanwhile waits with us.
const LOCK_WITHIN: &str = "500ms";
/// How long readers are left alone between two tries.
const LEAVE_ALONE: Duration = Duration::from_millis(500);
/// Tries between two log lines: about a minute.
const TRIES_TOLD: u32 = 60;

/// The watermark of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) epoch: String,
    pub(crate) seq: Seq,
    pub(crate) last_event: String,
    pub(crate) generation: i64,
    /// What made the schema.
    ddl: String,
    /// What the tables looked like when they were made.
    tables: String,
}

impl Place {
    pub(crate) fn new(contract: &Contract, stamp: &Stamp, generation: i64, tables: String) -> Self {
        Self {
            epoch: stamp.epoch.clone(),
            seq: stamp.seq,
            last_event: stamp.last_event.clone(),
            generation,
            ddl: ddl::fingerprint(contract),
            tables,
        }
    }

    /// The same tables at another state.
    pub(crate) fn moved(&self, stamp: &Stamp) -> Self {
        let (epoch, last_event) = (stamp.epoch.clone(), stamp.last_event.clone());
        Self { epoch, seq: stamp.seq, last_event, ..self.clone() }
    }

    /// The watermark of a database; `None` where nothing was written yet.
    pub(crate) async fn read(client: &impl GenericClient, contract: &Contract) -> Result<Option<Self>, MartError> {
        Self::select(client, contract, "").await
    }

    /// The same; nobody moves it until the transaction ends.
    pub(crate) async fn hold(client: &Transaction<'_>, contract: &Contract) -> Result<Option<Self>, MartError> {
        Self::select(client, contract, "FOR UPDATE").await
    }

    async fn select(client: &impl GenericClient, contract: &Contract, lock: &str) -> Result<Option<Self>, MartError> {
        let text = format!(
            "SELECT epoch, last_seq, last_event, generation, ddl, tables FROM {}.watermark WHERE feed = '{}' {lock}",
            ddl::base(contract),
            ddl::FEED
        );
        let row = client.query_opt(&text, &[]).await.doing("tell its watermark")?;
        Ok(row.map(|row| Self {
            epoch: row.get(0),
            seq: Seq(u64::try_from(row.get::<_, i64>(1)).unwrap_or_default()),
            last_event: row.get(2),
            generation: row.get(3),
            ddl: row.get(4),
            tables: row.get(5),
        }))
    }

    /// Refuses to go on from another place than this one.
    pub(crate) fn check(&self, found: Option<&Self>, contract: &Contract) -> Result<(), MartError> {
        match found {
            Some(found) if found == self => Ok(()),
            Some(found) if found.is_of(contract) => Err(MartError::Moved),
            Some(_) | None => Err(MartError::Changed),
        }
    }

    /// Moves the watermark.
    pub(crate) async fn write(
        &self,
        transaction: &Transaction<'_>,
        contract: &Contract,
        stamp: &Stamp,
    ) -> Result<(), MartError> {
        let text = format!(
            "INSERT INTO {}.watermark AS w (feed, schema_version, epoch, last_seq, as_of, rows_total, generation, \
             last_event, ddl, tables) VALUES ('{}', $1, $2, $3, $4::text::timestamptz, $5, $6, $7, $8, $9) \
             ON CONFLICT (feed) DO UPDATE SET (schema_version, epoch, last_seq, as_of, rows_total, generation, \
             last_event, ddl, tables) = ROW(excluded.schema_version, excluded.epoch, excluded.last_seq, \
             excluded.as_of, excluded.rows_total, excluded.generation, excluded.last_event, excluded.ddl, \
             excluded.tables)",
            ddl::base(contract),
            ddl::FEED
        );
        let (seq, rows) = (whole(self.seq.get()), whole(stamp.rows_total));
        let as_of = stamp.as_of.to_string();
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
            &contract.version,
            &self.epoch,
            &seq,
            &as_of,
            &rows,
            &self.generation,
            &self.last_event,
            &self.ddl,
            &self.tables,
        ];
        transaction.execute(&text, &values).await.doing("move its watermark")?;
        Ok(())
    }

    /// Whether the tables were made by this version, and nobody asked for a rebuild.
    pub(crate) fn is_of(&self, contract: &Contract) -> bool {
        self.ddl == ddl::fingerprint(contract)
    }

    /// Whether the schema is the one that this version makes, and its tables look as they did then.
    pub(crate) async fn is_ours(&self, client: &impl GenericClient, contract: &Contract) -> Result<bool, MartError> {
        Ok(self.is_of(contract) && self.tables == tables_print(client, contract, self.generation).await?)
    }
}

/// A position or a count as PostgreSQL keeps it.
pub(crate) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Schemas, watermark, readers. A watermark of a shape that nobody knows is put aside: the next rebuild replaces it.
pub(crate) async fn found(client: &mut Client, contract: &Contract) -> Result<(), MartError> {
    let aside = format!("ALTER TABLE {}.watermark RENAME TO watermark_{{}}", ddl::base(contract));
    let transaction = client.transaction().await.doing("begin")?;
    // Two services that begin at once must not trip over one another.
    transaction.batch_execute("SELECT pg_advisory_xact_lock(8243106)").await.doing("lock")?;
    transaction.batch_execute(&ddl::foundation(contract)).await.doing("make its schemas")?;
    transaction.commit().await.doing("commit")?;
    let shape = format!(
        "SELECT feed, schema_version, epoch, last_seq, as_of, rows_total, generation, last_event, ddl, tables \
         FROM {}.watermark LIMIT 0",
        ddl::base(contract)
    );
    match client.batch_execute(&shape).await.doing("show its watermark") {
        Err(error) if error.is_broken_schema() => {
            warn!("the watermark of {} was changed by hand: it is put aside and made anew", ddl::PROMISE);
            let number = "SELECT pg_current_xact_id()::text";
            let number: String = client.query_one(number, &[]).await.doing("count")?.get(0);
            client.batch_execute(&aside.replace("{}", &number)).await.doing("put the watermark aside")?;
            client.batch_execute(&ddl::foundation(contract)).await.doing("make its schemas")
        }
        shown => shown,
    }
}

/// Points the views at the tables of a generation. Waits for readers, a little at a time.
pub(crate) async fn switch(
    transaction: &mut Transaction<'_>,
    contract: &Contract,
    generation: i64,
) -> Result<(), MartError> {
    let mut tries = 0_u32;
    loop {
        let inner = transaction.transaction().await.doing("begin")?;
        let switched = switch_at_once(&inner, contract, generation).await;
        match switched {
            Ok(()) => return inner.commit().await.doing("commit"),
            Err(error) if error.is_locked() => {
                inner.rollback().await.doing("roll back")?;
                tries += 1;
                if tries.is_multiple_of(TRIES_TOLD) {
                    warn!("somebody has been reading {} in one transaction for long: waiting", ddl::PROMISE);
                }
                tokio::time::sleep(LEAVE_ALONE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn switch_at_once(transaction: &Transaction<'_>, contract: &Contract, generation: i64) -> Result<(), MartError> {
    let limit = format!("SET LOCAL lock_timeout = '{LOCK_WITHIN}'");
    transaction.batch_execute(&limit).await.doing("limit a wait")?;
    for set in &contract.sets {
        let text = ddl::view(contract, set, generation) + &ddl::comments(set);
        let save = "SAVEPOINT before_view";
        transaction.batch_execute(save).await.doing("begin")?;
        let made = transaction.batch_execute(&text).await;
        let Err(error) = made else { continue };
        // A hand made something else of it, perhaps another user's, which cannot be replaced; whoever owns the schema
        // may drop it.
        let is = |state: &SqlState| error.code() == Some(state);
        let foreign = is(&SqlState::INVALID_TABLE_DEFINITION) || is(&SqlState::INSUFFICIENT_PRIVILEGE);
        if !foreign && !is(&SqlState::WRONG_OBJECT_TYPE) {
            return Err(error).doing("make its views");
        }
        warn!("{}.{} is not the view that was made: it is dropped and made anew", ddl::PROMISE, set.name);
        transaction.batch_execute("ROLLBACK TO before_view").await.doing("roll back")?;
        let text = format!("{}\n{text}", drop_whatever(&set.name));
        transaction.batch_execute(&text).await.doing("make its views anew")?;
    }
    transaction.batch_execute("SET LOCAL lock_timeout = 0").await.doing("limit a wait")
}

/// Drops a thing of the promised schema, a view or what stands in its place.
fn drop_whatever(name: &str) -> String {
    let schema = ddl::PROMISE;
    format!(
        "DO $$ BEGIN EXECUTE (SELECT format('DROP %s {schema}.{name}', CASE relkind WHEN 'v' THEN 'VIEW' \
         WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END) \
         FROM pg_class WHERE oid = to_regclass('{schema}.{name}')); END $$;"
    )
}

/// What the views look like to the database: another print, and a hand changed them.
pub(crate) async fn views_print(client: &impl GenericClient) -> Result<String, MartError> {
    let text = format!(
        "SELECT coalesce(md5(string_agg(concat_ws('|', c.relname, c.relkind, c.reloptions::text, \
             CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END, \
             has_table_privilege('{}', c.oid, 'SELECT')), E'\\n' ORDER BY c.relname)), '') \
         FROM pg_class c WHERE c.relnamespace = to_regnamespace('{}') AND c.relname LIKE 'v\\_%'",
        ddl::ROLE,
        ddl::PROMISE
    );
    let row = client.query_one(&text, &[]).await.doing("show its views")?;
    Ok(row.get(0))
}

/// What the tables of a generation look like: columns, keys, policies.
pub(crate) async fn tables_print(
    client: &impl GenericClient,
    contract: &Contract,
    generation: i64,
) -> Result<String, MartError> {
    let names: Vec<String> = ddl::tables(contract).map(|set| ddl::table_name(set, generation)).collect();
    let text = format!(
        "SELECT coalesce(md5(string_agg(concat_ws('|', c.relname, c.relrowsecurity, \
             (SELECT string_agg(concat_ws(' ', a.attname, a.atttypid::regtype, a.attnotnull), ',' ORDER BY a.attnum) \
                FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), \
             (SELECT string_agg(pg_get_constraintdef(k.oid), ',' ORDER BY k.conname) \
                FROM pg_constraint k WHERE k.conrelid = c.oid), \
             (SELECT string_agg(pg_get_expr(p.polqual, p.polrelid), ',' ORDER BY p.polname) \
                FROM pg_policy p WHERE p.polrelid = c.oid)), E'\\n' ORDER BY c.relname)), '') \
         FROM pg_class c WHERE c.relnamespace = to_regnamespace('{}') AND c.relkind = 'r' AND c.relname = ANY ($1)",
        ddl::base(contract)
    );
    let row = client.query_one(&text, &[&names]).await.doing("show its tables")?;
    Ok(row.get(0))
}
