//! Connections: where to, and how long one is waited for.

use std::pin::pin;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use crate::error::{Doing as _, MartError};

/// The oldest server with views that ask as their reader.
const OLDEST: i32 = 150_000;
/// How long a connection is waited for, unless the address says.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// When a silent line is asked whether it lives, and after how long it is given up.
const SILENT: Duration = Duration::from_secs(30);

/// Address of a database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or a folder of a socket as host, percent-encoded.
/// Its `Display` has no password.
#[derive(Clone, Debug)]
pub struct Address(Config);

impl FromStr for Address {
    type Err = MartError;

    fn from_str(url: &str) -> Result<Self, MartError> {
        let mut config: Config = url.parse().map_err(MartError::Address)?;
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
    /// Connects, and does something with the connection; it ends with that.
    ///
    /// # Errors
    /// No connection, or what the work says.
    pub(crate) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut Client) -> Result<T, MartError>,
    ) -> Result<T, MartError> {
        let connect = |source| MartError::Connect { at: self.to_string(), source };
        let (mut client, connection) = self.0.connect(NoTls).await.map_err(connect)?;
        let mut connection = pin!(connection);
        let mut work = pin!(async {
            let version = client.query_one("SELECT current_setting('server_version_num')::int", &[]).await;
            let version: i32 = version.doing("tell its version")?.get(0);
            if version < OLDEST {
                return Err(MartError::TooOld { at: self.to_string(), found: (version / 10_000).to_string() });
            }
            work(&mut client).await
        });
        // Both may be dropped at any await: a transaction that is not committed is rolled back by the server.
        tokio::select! {
            done = &mut work => done,
            ended = &mut connection => match ended {
                Err(source) => Err(connect(source)),
                // The connection only ends well when nobody holds its client any more.
                Ok(()) => work.await,
            },
        }
    }
}
