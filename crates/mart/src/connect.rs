//! Connections: where to, and how long one is waited for.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::str::FromStr;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Doing as _, MartError};
use crate::tls::{Roots, client_config};

/// The oldest server with views that ask as their reader.
const OLDEST: i32 = 150_000;
/// How long a connection is waited for, unless the address says.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// When a silent line is asked whether it lives, and after how long it is given up.
const SILENT: Duration = Duration::from_secs(30);

/// Address of a database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; the host may be the folder of a socket,
/// percent-encoded. Its `Display` has no password.
///
/// `?sslmode=verify-full` speaks TLS and checks the server's certificate and name, by the system's certificates or those
/// of `&sslrootcert=FILE`. `require` does the same: a line that is encrypted to whoever answers protects nothing.
/// Without it, or with `disable` and `prefer`, TLS is not spoken.
#[derive(Clone, Debug)]
pub struct Address {
    config: Config,
    tls: Option<Roots>,
}

impl FromStr for Address {
    type Err = MartError;

    fn from_str(url: &str) -> Result<Self, MartError> {
        let (url, file) = take_root_file(url);
        let mut config: Config = url.parse().map_err(|source| MartError::Address(Some(Box::new(source))))?;
        if config.get_hosts().is_empty() {
            return Err(MartError::Address(None));
        }
        if config.get_application_name().is_none() {
            config.application_name("vekha");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WITHIN);
        }
        config.keepalives_idle(SILENT).tcp_user_timeout(2 * SILENT);
        let tls = config.get_ssl_mode() == SslMode::Require;
        if !tls && file.is_some() {
            return Err(MartError::RootFileAlone);
        }
        Ok(Self { config, tls: tls.then(|| file.map_or(Roots::System, Roots::File)) })
    }
}

/// An address as the driver knows it, which has neither `verify-full` nor `sslrootcert`; and the latter's file.
fn take_root_file(url: &str) -> (String, Option<PathBuf>) {
    let Some((place, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (mut file, mut rest) = (None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslrootcert", path)) => {
                file = Some(PathBuf::from(percent_decode_str(path).decode_utf8_lossy().into_owned()));
            }
            Some(("sslmode", "verify-full")) => rest.push("sslmode=require"),
            _ => rest.push(pair),
        }
    }
    let sign = if rest.is_empty() { "" } else { "?" };
    (format!("{place}{sign}{}", rest.join("&")), file)
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        let host = self.config.get_hosts().first().map_or_else(
            || "localhost".to_owned(),
            |host| match host {
                Host::Tcp(name) => name.clone(),
                Host::Unix(folder) => folder.display().to_string(),
            },
        );
        let database = self.config.get_dbname().or(self.config.get_user()).unwrap_or_default();
        write!(f, "{host}:{port}/{database} as {}", self.config.get_user().unwrap_or("the system's user"))?;
        if self.tls.is_some() { f.write_str(" over TLS") } else { Ok(()) }
    }
}

impl Address {
    /// Connects. Both parts go together: nothing comes through unless [`Line::drive`] is awaited.
    ///
    /// # Errors
    /// There is no connection.
    pub(crate) async fn connect(&self) -> Result<(Client, Line), MartError> {
        let failed = |source| MartError::Connect { at: self.to_string(), source: Box::new(source) };
        let (client, connection) = match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
                (client, connection.boxed())
            }
            Some(roots) => {
                let tls = MakeRustlsConnect::new(client_config(roots)?);
                let (client, connection) = self.config.connect(tls).await.map_err(failed)?;
                (client, connection.boxed())
            }
        };
        Ok((client, Line { at: self.to_string(), connection }))
    }
}

/// The wire of a connection.
pub(crate) struct Line {
    at: String,
    connection: BoxFuture<'static, Result<(), tokio_postgres::Error>>,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(url: &str) -> Option<Roots> {
        url.parse::<Address>().unwrap().tls
    }

    #[test]
    fn tls_is_spoken_when_the_address_asks_for_it() {
        for plain in ["postgres://u@h/d", "postgres://u@h/d?sslmode=disable", "postgres://u@h/d?sslmode=prefer"] {
            assert!(tls(plain).is_none(), "{plain}");
        }
        for checked in ["postgres://u@h/d?sslmode=require", "postgres://u@h/d?connect_timeout=3&sslmode=verify-full"] {
            assert!(matches!(tls(checked), Some(Roots::System)), "{checked}");
        }
        let own = tls("postgres://u:p@h/d?sslmode=verify-full&sslrootcert=%2Fetc%2Four%20ca.pem");
        assert!(matches!(own, Some(Roots::File(path)) if path.as_os_str() == "/etc/our ca.pem"));
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address: Address = "postgres://u:hidden@h:6432/d?sslmode=verify-full".parse().unwrap();
        assert_eq!(address.to_string(), "h:6432/d as u over TLS");
        let socket: Address = "postgres://u:hidden@%2Frun%2Fpg/d".parse().unwrap();
        assert_eq!(socket.to_string(), "/run/pg:5432/d as u");
    }

    #[test]
    fn what_is_no_address_or_protects_nothing_is_refused() {
        for bad in ["", "mysql://h/d", "postgres://u@h/d?sslmode=perhaps", "postgres://u@h/d?sslrootcert=/etc/ca.pem"] {
            let refused = bad.parse::<Address>();
            assert!(refused.is_err(), "{bad}");
        }
        let alone = "postgres://u@h/d?sslrootcert=/etc/ca.pem".parse::<Address>().unwrap_err();
        assert!(alone.advice().contains("sslmode=verify-full"), "{}", alone.advice());
    }
}
