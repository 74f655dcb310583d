//! Who may read: a login for each person or tool, and what it sees.

use std::fmt;

use bi::Contract;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient};

use crate::connect::{Address, check_version};
use crate::ddl;
use crate::error::{Doing as _, MartError};

/// Connections of one reader: a tool opens some for each of its users.
const CONNECTIONS: u32 = 20;
/// How long one question may take, and how long a transaction may idle: it would hold up a rebuild.
const PATIENCE: &str = "5min";

/// What a reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sees {
    /// All rows.
    All,
    /// Rows of one region.
    Region(String),
    /// Rows of one municipality, and of the territories above it.
    Municipality {
        /// Its region; needed only where several have a municipality of that code.
        region: Option<String>,
        /// Its code.
        municipality: String,
    },
    /// Rows of one organisation, and of the territories above it.
    Org {
        /// Its region; needed only where several have an organisation of that code.
        region: Option<String>,
        /// Its code.
        org: String,
    },
}

impl fmt::Display for Sees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |region: &Option<String>| region.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
        match self {
            Self::All => f.write_str("all"),
            Self::Region(code) => write!(f, "region {code}"),
            Self::Municipality { region, municipality } => write!(f, "municipality {municipality}{}", place(region)),
            Self::Org { region, org } => write!(f, "organisation {org}{}", place(region)),
        }
    }
}

/// A login that may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The login.
    pub login: String,
    /// What it sees.
    pub sees: Sees,
}

/// Lets somebody in, who must not be there yet; tells what they see.
///
/// The password goes to the server as a verifier only, so that no log of it shows it.
///
/// # Errors
/// The login is taken, the territory is unknown, or what the database says.
pub async fn add(address: &Address, login: &str, password: &str, sees: Sees) -> Result<Reader, MartError> {
    check_login(login)?;
    let (mut client, line) = address.connect().await?;
    line.drive(async {
        let contract = bi::contract();
        stands(&client, contract).await?;
        let transaction = client.transaction().await.doing("begin")?;
        let sees = located(&transaction, sees).await?;
        let name = ddl::name(login);
        let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
        let text = format!(
            "CREATE ROLE {name} LOGIN PASSWORD {} CONNECTION LIMIT {CONNECTIONS} IN ROLE {};\n\
             ALTER ROLE {name} SET default_transaction_read_only = on;\n\
             ALTER ROLE {name} SET statement_timeout = '{PATIENCE}';\n\
             ALTER ROLE {name} SET idle_in_transaction_session_timeout = '{PATIENCE}';\n\
             ALTER ROLE {name} SET search_path = {};\n",
            ddl::literal(&verifier),
            ddl::ROLE,
            ddl::PROMISE,
        );
        let made = transaction.batch_execute(&text).await;
        if made.as_ref().is_err_and(|error| error.code() == Some(&SqlState::DUPLICATE_OBJECT)) {
            let taken =
                format!("there is a login {login} already: choose another, or `vekha mart reader remove {login}`");
            return Err(MartError::Reader(taken));
        }
        made.doing("make a login")?;
        let (region, municipality, org) = match &sees {
            Sees::All => (None, None, None),
            Sees::Region(region) => (Some(region.as_str()), None, None),
            Sees::Municipality { region, municipality } => (region.as_deref(), Some(municipality.as_str()), None),
            Sees::Org { region, org } => (region.as_deref(), None, Some(org.as_str())),
        };
        let base = ddl::base(contract);
        let text = format!(
            "INSERT INTO {base}.{} (login, region_code, municipality_code, org_code) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (login) DO UPDATE SET (region_code, municipality_code, org_code) = ROW($2, $3, $4)",
            ddl::READERS
        );
        transaction.execute(&text, &[&login, &region, &municipality, &org]).await.doing("note a reader")?;
        transaction.commit().await.doing("commit")?;
        Ok(Reader { login: login.to_owned(), sees })
    })
    .await
}

/// The readers, by login.
///
/// # Errors
/// What the database says.
pub async fn list(address: &Address) -> Result<Vec<Reader>, MartError> {
    let (client, line) = address.connect().await?;
    line.drive(async {
        let contract = bi::contract();
        stands(&client, contract).await?;
        all(&client, contract).await
    })
    .await
}

/// Shuts somebody out: at once, also from what they have open; tells whether they were in.
///
/// # Errors
/// What the database says.
pub async fn remove(address: &Address, login: &str) -> Result<bool, MartError> {
    check_login(login)?;
    let (mut client, line) = address.connect().await?;
    line.drive(async {
        let contract = bi::contract();
        stands(&client, contract).await?;
        let transaction = client.transaction().await.doing("begin")?;
        let text = format!("DELETE FROM {}.{} WHERE login = $1", ddl::base(contract), ddl::READERS);
        let gone = transaction.execute(&text, &[&login]).await.doing("forget a reader")? > 0;
        if gone {
            let name = ddl::name(login);
            let text = format!("DROP ROLE IF EXISTS {name}");
            transaction.batch_execute(&text).await.doing("drop a login")?;
        }
        transaction.commit().await.doing("commit")?;
        Ok(gone)
    })
    .await
}

/// The readers of a database.
pub(crate) async fn all(client: &impl GenericClient, contract: &Contract) -> Result<Vec<Reader>, MartError> {
    let text = format!(
        "SELECT login, region_code, municipality_code, org_code FROM {}.{} ORDER BY login",
        ddl::base(contract),
        ddl::READERS
    );
    let rows = client.query(&text, &[]).await.doing("list readers")?;
    let reader = |row: &tokio_postgres::Row| {
        let (region, municipality, org): (Option<String>, Option<String>, Option<String>) =
            (row.get(1), row.get(2), row.get(3));
        let sees = match (region, municipality, org) {
            (region, _, Some(org)) => Sees::Org { region, org },
            (region, Some(municipality), None) => Sees::Municipality { region, municipality },
            (Some(region), None, None) => Sees::Region(region),
            (None, None, None) => Sees::All,
        };
        Reader { login: row.get(0), sees }
    };
    Ok(rows.iter().map(reader).collect())
}

/// Refuses where nothing was filled yet.
pub(crate) async fn stands(client: &Client, contract: &Contract) -> Result<(), MartError> {
    check_version(client).await?;
    let names = format!("{}.v_org", ddl::PROMISE);
    let text = "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL";
    let readers = format!("{}.{}", ddl::base(contract), ddl::READERS);
    let row = client.query_one(text, &[&names, &readers]).await.doing("show its tables")?;
    if row.get(0) {
        return Ok(());
    }
    let told = format!("this database holds no {} yet: start `vekha serve` with mart_url and wait", ddl::PROMISE);
    Err(MartError::Reader(told))
}

/// The region of a place, which must be one.
async fn located(client: &impl GenericClient, sees: Sees) -> Result<Sees, MartError> {
    let (kind, region, code) = match &sees {
        Sees::All => return Ok(sees),
        Sees::Region(code) => ("region", None, code),
        Sees::Municipality { region, municipality } => ("municipality", region.as_ref(), municipality),
        Sees::Org { region, org } => ("organisation", region.as_ref(), org),
    };
    let kinds: &[&str] = match sees {
        Sees::All | Sees::Region(_) => &["region"],
        Sees::Municipality { .. } => &["municipality"],
        Sees::Org { .. } => &["school", "authority"],
    };
    let text = format!(
        "SELECT DISTINCT region_code FROM {}.v_org WHERE org_kind = ANY ($1) AND org_code = $2 \
         AND region_code = coalesce($3, region_code) ORDER BY 1",
        ddl::PROMISE
    );
    let rows = client.query(&text, &[&kinds, code, &region]).await.doing("look for a territory")?;
    let regions: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let region = match regions.as_slice() {
        [] => return Err(MartError::Reader(format!("there is no {kind} {code}; v_org lists what there is"))),
        [one] => Some(one.clone()),
        many => {
            let told = format!("several regions have a {kind} {code}: name one with --region, of {}", many.join(", "));
            return Err(MartError::Reader(told));
        }
    };
    Ok(match sees {
        Sees::All | Sees::Region(_) => sees,
        Sees::Municipality { municipality, .. } => Sees::Municipality { region, municipality },
        Sees::Org { org, .. } => Sees::Org { region, org },
    })
}

/// A login as anybody can type it, and that no other user of the server could be.
fn check_login(login: &str) -> Result<(), MartError> {
    let fits = (1..=63).contains(&login.len());
    let clean = login.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    if fits && clean && !login.starts_with("pg_") && login != ddl::ROLE {
        return Ok(());
    }
    Err(MartError::Reader(format!("the login \"{login}\" will not do: expected 1 to 63 of a-z, 0-9, - and _")))
}
