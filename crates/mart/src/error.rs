//! What can go wrong, and what a person does about it.

use std::error::Error as _;
use std::io;

use tokio_postgres::error::SqlState;

use crate::rows::NoRows;

/// Why the database could not be kept up. The sink tries again after each of them but [`MartError::Address`].
#[derive(Debug, thiserror::Error)]
pub enum MartError {
    /// The address is none: give up, correct it.
    #[error(
        "the address of the database cannot be read; expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, over a network \
             with ?sslmode=verify-full"
    )]
    Address(#[source] Option<Box<tokio_postgres::Error>>),
    /// Certificates are named, but TLS is not asked for.
    #[error("the address names sslrootcert, but does not ask for TLS: add sslmode=verify-full")]
    RootFileAlone,
    /// No certificate to check the server's by.
    #[error("TLS is asked for, but there are no certificates to believe in {0}")]
    Roots(String),
    /// There is no connection.
    #[error("no connection to {at}")]
    Connect {
        /// The server, without the password.
        at: String,
        /// Why.
        #[source]
        source: Box<tokio_postgres::Error>,
    },
    /// The database is older than what we need.
    #[error("the database is PostgreSQL {found}; 15 or newer is needed, for views that ask as their reader")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// Somebody else writes.
    #[error("another service keeps this database up: it holds the lock")]
    Busy,
    /// The database said no.
    #[error("the database cannot {doing}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<tokio_postgres::Error>,
    },
    /// The database is not where we left it: begin anew from where it is.
    #[error("somebody moved the watermark: it was put back, or restored")]
    Moved,
    /// The schema is not the one that we made.
    #[error("a hand changed or dropped tables, or asked for a rebuild")]
    Changed,
    /// There are no rows to write.
    #[error("there are no rows to write")]
    Rows(#[from] NoRows),
    /// The rows on their way cannot be kept.
    #[error("the rows on their way cannot be kept in the folder for temporary files")]
    Spool(#[from] io::Error),
    /// A reader cannot be let in as asked.
    #[error("{0}")]
    Reader(String),
}

/// Gives what was being done to an error of the database.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, MartError>;
}

impl<T> Doing<T> for Result<T, tokio_postgres::Error> {
    fn doing(self, doing: &'static str) -> Result<T, MartError> {
        self.map_err(|source| MartError::Database { doing, source: Box::new(source) })
    }
}

/// Whether the certificate was not good, or something else about TLS.
fn is_tls(error: &tokio_postgres::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()?.get_ref());
    cause.and_then(|cause| cause.downcast_ref::<rustls::Error>()).is_some()
}

impl MartError {
    /// The database's own word on it.
    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Connect { source, .. } | Self::Database { source, .. } => source.code(),
            Self::Address(_)
            | Self::RootFileAlone
            | Self::Roots(_)
            | Self::TooOld { .. }
            | Self::Busy
            | Self::Moved
            | Self::Changed
            | Self::Rows(_)
            | Self::Spool(_)
            | Self::Reader(_) => None,
        }
    }

    /// Whether a hand changed the schema or its rows, so that only a rebuild helps: something is not there, is of
    /// another kind, or forbids what the contract allows.
    #[must_use]
    pub fn is_broken_schema(&self) -> bool {
        let Some(state) = self.state().filter(|_| matches!(self, Self::Database { .. })) else { return false };
        // 42: names and kinds, without 42501, a right that is missing; 3F: schemas; 23: rules on rows.
        let class = &state.code()[..2];
        *state != SqlState::INSUFFICIENT_PRIVILEGE && ["42", "3F", "23"].contains(&class)
    }

    /// Somebody holds a lock.
    pub(crate) fn is_locked(&self) -> bool {
        let state = self.state();
        state == Some(&SqlState::LOCK_NOT_AVAILABLE) || state == Some(&SqlState::T_R_DEADLOCK_DETECTED)
    }

    /// Something else stands on what should be dropped.
    pub(crate) fn is_needed(&self) -> bool {
        self.state() == Some(&SqlState::DEPENDENT_OBJECTS_STILL_EXIST)
    }

    /// One word for counting.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Address(_) | Self::RootFileAlone => "address",
            Self::Roots(_) => "certificates",
            Self::Connect { .. } => "connect",
            Self::TooOld { .. } => "version",
            Self::Busy => "busy",
            Self::Database { .. } if self.is_broken_schema() => "schema",
            Self::Database { .. } => "database",
            Self::Moved => "moved",
            Self::Changed => "schema",
            Self::Rows(_) => "rows",
            Self::Spool(_) => "spool",
            Self::Reader(_) => "reader",
        }
    }

    /// What an operator can do.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        let state = self.state();
        let is = |one: &SqlState| state == Some(one);
        match self {
            Self::Address(_) => "correct mart_url",
            Self::RootFileAlone => "add sslmode=verify-full to mart_url, or take sslrootcert away",
            Self::Roots(_) => "name a file of PEM certificates: sslrootcert=FILE in mart_url, percent-encoded",
            Self::TooOld { .. } => "upgrade the database server",
            Self::Busy => "stop the other service; this one takes over by itself",
            Self::Changed => "nothing: the tables are built anew",
            Self::Moved => "nothing: the feed goes on from there",
            Self::Rows(_) => "see the log above for the indicators or the projector",
            Self::Spool(_) => "free space in TMPDIR",
            Self::Reader(_) => "",
            Self::Connect { .. } | Self::Database { .. } if is(&SqlState::INVALID_PASSWORD) => {
                "correct user and password of mart_url"
            }
            _ if is(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
                "let the user of mart_url in: check the role and pg_hba.conf; where that asks for hostssl, add \
                 ?sslmode=verify-full to mart_url"
            }
            _ if is(&SqlState::UNDEFINED_DATABASE) || is(&SqlState::INVALID_CATALOG_NAME) => {
                "make the database that mart_url names: CREATE DATABASE …"
            }
            _ if is(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                "as a superuser: GRANT CREATE ON DATABASE … TO the user of mart_url; CREATE ROLE vekha_bi_reader NOLOGIN; \
                 what another user made in vekha_bi must be given to this one or dropped"
            }
            _ if self.is_needed() => "drop or change what stands on it; the database's message names it",
            _ if is(&SqlState::DISK_FULL) => "free space on the database's disk; the feed goes on by itself",
            _ if is(&SqlState::TOO_MANY_CONNECTIONS) => "raise max_connections, or end connections that idle",
            Self::Connect { source, .. } if is_tls(source) => {
                "name the server in mart_url as its certificate does, and the certificate's own authority by sslrootcert=FILE"
            }
            Self::Connect { .. } => "start the database, or correct mart_url",
            Self::Database { .. } if self.is_broken_schema() => "nothing: the feed is built anew",
            Self::Database { .. } => "see the database's log; the feed tries again",
        }
    }
}
