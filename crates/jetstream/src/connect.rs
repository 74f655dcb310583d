//! Reaching the broker, and finding or making the stream.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event};
use journal::{Epoch, Seq};
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use crate::append::Publisher;
use crate::guard::GuardViolation;
use crate::stream::{Api, ApiError, StreamInfo, wanted};
use crate::{Auth, Config, Core, Health};

/// Oldest broker that is taken: older ones sync every message of an atomic batch, and have lost
/// acknowledged writes.
pub const SERVER_VERSION_MIN: (u64, u64, u64) = (2, 15, 1);

/// Records that may wait in a subscription: more than two pulls bring, so none is dropped.
const SUBSCRIPTION_CAPACITY: usize = 128 * 1024;

/// Why the log could not be reached or opened.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The credentials file cannot be read. Fix the configuration.
    #[error("the credentials file {path} cannot be read")]
    Credentials {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The broker refuses our credentials. Fix the configuration.
    #[error("the broker at {url} refuses the credentials")]
    Unauthorised {
        /// The address.
        url: String,
    },
    /// Nobody answered in time. Try again, or start the broker.
    #[error("the broker at {url} was not reached within {} s: {reason}", within.as_secs())]
    Unreachable {
        /// The address.
        url: String,
        /// How long it was tried.
        within: Duration,
        /// What was seen last.
        reason: String,
    },
    /// The broker is too old. Install a newer one.
    #[error("the broker is nats-server {found}, 2.15.1 or newer is needed")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// The broker refuses to create or show the stream. Fix its configuration.
    #[error("the stream {stream} cannot be used: {reason}")]
    Stream {
        /// Its name.
        stream: String,
        /// The broker's words.
        reason: String,
    },
    /// The stream exists but is not a log of ours: it has no epoch. Use another name.
    #[error("the stream {stream} is not a log of Vekha: its metadata has no epoch")]
    NotOurs {
        /// Its name.
        stream: String,
    },
}

/// Why the first record could not be ensured.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The log does not answer, or will not store. Try again.
    #[error("the log cannot be opened now: {reason}")]
    Unavailable {
        /// What is wrong.
        reason: String,
    },
    /// The log is not what it must be. An operator must act.
    #[error("the log is not as it must be: {}", crate::guard::describe(.0))]
    Violated(Vec<GuardViolation>),
}

/// Called with true when a connection is made, with false when it is lost.
type OnLink = Arc<dyn Fn(bool) + Send + Sync>;

fn follow_health(health: &Arc<watch::Sender<Health>>) -> OnLink {
    let health = Arc::clone(health);
    Arc::new(move |up| health.send_modify(|health| health.connected = up))
}

/// Connects twice, checks the broker, finds or creates the stream.
pub(crate) async fn connect(config: Config) -> Result<Core, ConnectError> {
    let until = Instant::now() + config.connect_within;
    let healthy = Health { connected: true, leader: true, violations: Vec::new(), reason: None };
    let health = Arc::new(watch::Sender::new(healthy));
    let write = dial(&config, "vekha-write", until, follow_health(&health)).await?;
    let (connections, reconnects) = watch::channel(0_u64);
    let count: OnLink = Arc::new(move |up| connections.send_modify(|n| *n += u64::from(up)));
    let read = dial(&config, "vekha-read", until, count).await?;
    let version = write.server_info().version;
    if !is_new_enough(&version) {
        return Err(ConnectError::TooOld { found: version });
    }
    let api = Api::new(write.clone(), config.stream.clone());
    let info = find_or_create(&config, &api, until).await?;
    let epoch = info.epoch().and_then(|raw| raw.parse::<Epoch>().ok());
    let epoch = epoch.ok_or_else(|| ConnectError::NotOurs { stream: config.stream.clone() })?;
    let publisher = Publisher::new(write.clone(), config.stream.clone());
    let highest = AtomicU64::new(info.state.last_seq);
    let core = Core { config, write, read, publisher, api, epoch, health, reconnects, highest };
    let violations = crate::guard::violations(&core, &info, Seq::NONE);
    if !violations.is_empty() {
        warn!("writing is stopped: {}", crate::guard::describe(&violations));
        core.health.send_modify(|health| health.violations = violations);
    }
    info!(
        server.version = %core.write.server_info().version, stream = %core.config.stream,
        epoch = %core.epoch, seq = info.state.last_seq, "connected to the log",
    );
    Ok(core)
}

async fn dial(config: &Config, name: &'static str, until: Instant, on_link: OnLink) -> Result<Client, ConnectError> {
    let mut pause = Duration::from_millis(50);
    loop {
        let options = options(config, name, Arc::clone(&on_link)).await?;
        let servers: Vec<String> = config.url.split(',').map(|url| url.trim().to_owned()).collect();
        match options.connect(servers).await {
            Ok(client) => return Ok(client),
            Err(error) if error.kind() == async_nats::ConnectErrorKind::AuthorizationViolation => {
                return Err(ConnectError::Unauthorised { url: config.url.clone() });
            }
            Err(error) if Instant::now() + pause > until => {
                let (url, within) = (config.url.clone(), config.connect_within);
                let reason = error.to_string();
                return Err(ConnectError::Unreachable { url, within, reason });
            }
            Err(error) => debug!("the broker is not there yet: {error}"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

async fn options(config: &Config, name: &'static str, on_link: OnLink) -> Result<ConnectOptions, ConnectError> {
    let options = ConnectOptions::new()
        .name(name)
        .max_reconnects(None)
        .request_timeout(Some(config.request_timeout))
        .connection_timeout(config.request_timeout)
        .subscription_capacity(SUBSCRIPTION_CAPACITY)
        .ping_interval(Duration::from_secs(10))
        .reconnect_delay_callback(|attempts| {
            let attempts = u32::try_from(attempts.min(20)).unwrap_or(20);
            Duration::from_millis(50) * attempts
        })
        .event_callback(move |event| {
            match &event {
                Event::Connected => {
                    on_link(true);
                    info!(connection = name, "connected to the broker");
                }
                Event::Disconnected => {
                    on_link(false);
                    warn!(connection = name, "lost the broker");
                }
                Event::SlowConsumer(id) => {
                    // The reader notices the gap and reads again from its place.
                    warn!(connection = name, subscription = id, "records were dropped unread");
                }
                other => debug!(connection = name, "the connection reports: {other}"),
            }
            std::future::ready(())
        });
    Ok(match &config.auth {
        Auth::None => options,
        Auth::Password { user, password } => options.user_and_password(user.clone(), password.clone()),
        Auth::Token(token) => options.token(token.clone()),
        Auth::CredentialsFile(path) => {
            let path_text = path.display().to_string();
            let with_file = options.credentials_file(path).await;
            with_file.map_err(|source| ConnectError::Credentials { path: path_text, source })?
        }
    })
}

/// Waits until the stream can be seen; a broker that recovers answers later.
async fn find_or_create(config: &Config, api: &Api, until: Instant) -> Result<StreamInfo, ConnectError> {
    let mut pause = Duration::from_millis(50);
    loop {
        let reason = match api.info().await {
            Ok(info) => return Ok(info),
            Err(ApiError::NoStream) => match api.create(&wanted(config, &new_epoch(config))).await {
                // What counts is what stands there now: another process may have been first.
                Ok(()) => {
                    info!(stream = %config.stream, "created the stream of the log");
                    continue;
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        if let ApiError::Refused { .. } = reason {
            let (stream, reason) = (config.stream.clone(), reason.to_string());
            return Err(ConnectError::Stream { stream, reason });
        }
        if Instant::now() + pause > until {
            let (url, within) = (config.url.clone(), config.connect_within);
            return Err(ConnectError::Unreachable { url, within, reason: reason.to_string() });
        }
        debug!("the stream does not answer yet: {reason}");
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

fn new_epoch(config: &Config) -> Epoch {
    config.new_epoch.clone().unwrap_or_else(|| {
        let random = format!("{:016x}", rand::random::<u64>());
        random.parse().expect("sixteen hexadecimal digits are an epoch")
    })
}

/// Whether a version such as `2.15.1` or `2.16.0-beta` is new enough.
pub(crate) fn is_new_enough(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split(['.', '-']).map(|part| part.parse().ok());
    let mut part = || parts.next().flatten().unwrap_or(0);
    (part(), part(), part()) >= SERVER_VERSION_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_brokers_are_recognised() {
        for old in ["2.9.25", "2.15.0", "v2.12.3", "1.99.99", ""] {
            assert!(!is_new_enough(old), "{old} was taken");
        }
        for new in ["2.15.1", "v2.15.2", "2.16.0-RC.1", "3.0.0"] {
            assert!(is_new_enough(new), "{new} was refused");
        }
    }
}
