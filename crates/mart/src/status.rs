//! How a database stands, for an operator.

use std::fmt;

use bi::Contract;
use tokio_postgres::Client;

use crate::connect::Address;
use crate::ddl;
use crate::error::{Doing as _, MartError};
use crate::place::Place;
use crate::readers::{all, stands};

/// A database as it stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// The log.
    pub epoch: String,
    /// The last event that is contained.
    pub last_seq: u64,
    /// The moment for which the rows hold, as PostgreSQL writes it in UTC.
    pub as_of: String,
    /// Rows of all sets together, as the watermark tells.
    pub rows_total: i64,
    /// Number of the tables' generation.
    pub generation: i64,
    /// The tables are those that this version makes, and nobody changed them.
    pub is_ours: bool,
    /// Somebody keeps it up now.
    pub is_kept_up: bool,
    /// Bytes of the tables with their indexes.
    pub bytes: i64,
    /// How many may read.
    pub readers: usize,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let say = |yes: bool, good: &'static str, bad: &'static str| if yes { good } else { bad };
        writeln!(f, "as of event   {} of the log {}", self.last_seq, self.epoch)?;
        writeln!(f, "as of         {}", self.as_of)?;
        writeln!(f, "rows          {}", self.rows_total)?;
        writeln!(f, "generation    {}, {} MB", self.generation, self.bytes / 1_000_000)?;
        writeln!(
            f,
            "tables        {}",
            say(self.is_ours, "as this version makes them", "of another version, or changed")
        )?;
        writeln!(f, "kept up       {}", say(self.is_kept_up, "yes", "no: nobody holds the writer's lock"))?;
        write!(f, "readers       {}", self.readers)
    }
}

/// How a database stands.
///
/// # Errors
/// Nothing was filled yet, or what the database says.
pub async fn status(address: &Address) -> Result<Status, MartError> {
    let (client, line) = address.connect().await?;
    line.drive(async {
        let contract = bi::contract();
        stands(&client, contract).await?;
        let Some(place) = Place::read(&client, contract).await? else { return Err(nothing()) };
        let text = format!(
            "SELECT to_char(as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"'), rows_total FROM {}.watermark",
            ddl::base(contract)
        );
        let row = client.query_one(&text, &[]).await.doing("tell its watermark")?;
        Ok(Status {
            epoch: place.epoch.clone(),
            last_seq: place.seq.get(),
            as_of: row.get(0),
            rows_total: row.get(1),
            generation: place.generation,
            is_ours: place.is_ours(&client, contract).await?,
            is_kept_up: is_kept_up(&client).await?,
            bytes: bytes(&client, contract).await?,
            readers: all(&client, contract).await?.len(),
        })
    })
    .await
}

/// Asks whoever keeps the database up to build everything anew; it does within some seconds.
///
/// # Errors
/// Nothing was filled yet, or what the database says.
pub async fn ask_rebuild(address: &Address) -> Result<(), MartError> {
    let (client, line) = address.connect().await?;
    line.drive(async {
        let contract = bi::contract();
        stands(&client, contract).await?;
        let text = format!("UPDATE {}.watermark SET ddl = ''", ddl::base(contract));
        let asked = client.execute(&text, &[]).await.doing("note that")?;
        if asked == 0 { Err(nothing()) } else { Ok(()) }
    })
    .await
}

fn nothing() -> MartError {
    MartError::Reader("the database is being filled for the first time: wait".to_owned())
}

async fn is_kept_up(client: &Client) -> Result<bool, MartError> {
    let text = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted \
                AND ((classid::bigint << 32) | objid::bigint) = $1 \
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
    Ok(client.query_one(text, &[&crate::sink::WRITER]).await.doing("show locks")?.get(0))
}

async fn bytes(client: &Client, contract: &Contract) -> Result<i64, MartError> {
    let text = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class \
                WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'";
    Ok(client.query_one(text, &[&ddl::base(contract)]).await.doing("tell its size")?.get(0))
}
