//! Connections: where to, and how long one is waited for.

use std::future::Future;
use std::pin::{Pin, pin};
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::Host;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

use crate::error::{Doing as _, MartError};

/// The oldest server with views that ask as their reader.
const OLDEST: i32 = 150_000;
/// How long a connection is waited for, unless the address says.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// When a silent line is asked whether it lives, and after how long it is given up.
const SILENT: Duration = Duration::from_secs(30);

/// Address of a database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; the host may be the folder of a socket,
/// percent-encoded. Its `Display` has no password.
#[derive(Clone, Debug)]
pub struct Address(Config);

impl FromStr for Address {
    type Err = MartError;

    fn from_str(url: &str) -> Result<Self, MartError> {
        let mut config: Config = url.parse().map_err(|source| MartError::Address(Box::new(source)))?;
        if config.get_application_name().is_none() {
            config.application_name("vekha");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WITHIN);
        }
        config.keepalives_idle(SILENT).tcp_user_timeout(2 * SILENT);
        Ok(Self(config))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let port = self.0.get_ports().first().copied().unwrap_or(5432);
        let host = self.0.get_hosts().first().map_or_else(
            || "localhost".to_owned(),
            |host| match host {
                Host::Tcp(name) => name.clone(),
                Host::Unix(folder) => folder.display().to_string(),
            },
        );
        let database = self.0.get_dbname().or(self.0.get_user()).unwrap_or_default();
        write!(f, "{host}:{port}/{database} as {}", self.0.get_user().unwrap_or("the system's user"))
    }
}

impl Address {
    /// Connects. Both parts go together: nothing comes through unless [`Line::drive`] is awaited.
    ///
    /// # Errors
    /// There is no connection.
    pub(crate) async fn connect(&self) -> Result<(Client, Line), MartError> {
        let connected = self.0.connect(NoTls).await;
        let (client, connection) =
            connected.map_err(|source| MartError::Connect { at: self.to_string(), source: Box::new(source) })?;
        Ok((client, Line { at: self.to_string(), connection: Box::pin(connection) }))
    }
}

/// The wire of a connection.
pub(crate) struct Line {
    at: String,
    connection: Pin<Box<Connection<Socket, NoTlsStream>>>,
}

impl Line {
    /// Does something over the connection, and ends with that. May be dropped at any await: a transaction that is not
    /// committed is rolled back by the server.
    pub(crate) async fn drive<T>(mut self, work: impl Future<Output = Result<T, MartError>>) -> Result<T, MartError> {
        let mut work = pin!(work);
        tokio::select! {
            // An error that the work sees says what was being done.
            biased;
            done = &mut work => done,
            ended = &mut self.connection => match ended {
                Err(source) => Err(MartError::Connect { at: self.at, source: Box::new(source) }),
                // The connection only ends well when nobody holds its client any more.
                Ok(()) => work.await,
            },
        }
    }
}

/// Refuses a server that is too old.
pub(crate) async fn check_version(client: &Client) -> Result<(), MartError> {
    let version = client.query_one("SELECT current_setting('server_version_num')::int", &[]).await;
    let version: i32 = version.doing("tell its version")?.get(0);
    if version < OLDEST { Err(MartError::TooOld { found: (version / 10_000).to_string() }) } else { Ok(()) }
}
