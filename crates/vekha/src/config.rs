//! Settings: read once, every mistake told together, with key, value and what is expected.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

/// The settings as they stand in the file, before they are checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Raw {
    /// Folder for broker, caches and tokens.
    data: String,
    /// Where the service listens.
    listen: String,
    /// Address of the broker; empty starts a local one.
    log_url: String,
    /// User of the broker.
    log_user: String,
    /// Password of the broker.
    log_password: String,
    /// Credentials file of the broker.
    log_credentials: String,
    /// Name of the stream.
    log_stream: String,
    /// Copies of the stream when it is created: 1, or 3 in a cluster.
    log_replicas: usize,
    /// Port of the local broker; 0 takes a free one.
    broker_port: u16,
    /// Events of one sealed segment.
    segment_events: u32,
    /// Seconds that requests may finish in after a stop.
    grace_seconds: u64,
    /// Commands may say what is "now": for training, never for real.
    training: bool,
    /// Address of the `PostgreSQL` that is kept up for external tools; empty: none.
    mart_url: String,
    /// Where clients find the service, such as `https://vekha.example`; empty: what they call it themselves.
    public_url: String,
    /// MiB of snapshots that the feed for external tools keeps on disk.
    feed_cache_mib: u64,
    /// Seconds for which a snapshot of the feed answers although the state has gone on.
    feed_age_seconds: u64,
    /// Hours for which a signed link of the feed may hold, 1 to 24.
    feed_link_hours: u64,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            data: ".vekha".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            log_url: String::new(),
            log_user: String::new(),
            log_password: String::new(),
            log_credentials: String::new(),
            log_stream: "VEKHA".to_owned(),
            log_replicas: 1,
            broker_port: 0,
            segment_events: 65_536,
            grace_seconds: 10,
            training: false,
            mart_url: String::new(),
            public_url: String::new(),
            feed_cache_mib: 2_048,
            feed_age_seconds: 2,
            feed_link_hours: 24,
        }
    }
}

/// Settings that hold.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) log: Log,
    pub(crate) segment_events: u32,
    pub(crate) grace: Duration,
    pub(crate) training: bool,
    pub(crate) mart: Option<mart::Address>,
    pub(crate) public_url: Option<String>,
    pub(crate) feed: Feed,
}

/// Limits of the feed for external tools.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    /// Bytes of snapshots that are kept on disk.
    pub(crate) cache_bytes: u64,
    /// For how long a snapshot answers although the state has gone on.
    pub(crate) age_max: Duration,
    /// For how long a signed link may hold.
    pub(crate) link_max: Duration,
}

/// Which log to use.
#[derive(Clone, Debug)]
pub(crate) enum Log {
    /// A broker of our own on loopback.
    Local {
        /// Its port; 0 takes a free one.
        port: u16,
    },
    /// A broker elsewhere.
    Remote {
        /// Its address.
        url: String,
        /// Who we are to it.
        auth: jetstream::Auth,
        /// Name of the stream.
        stream: String,
        /// Copies of the stream when it is created.
        replicas: usize,
    },
}

/// Reads file and environment.
///
/// # Errors
/// Every mistake, a line each.
pub(crate) fn read(file: Option<&Path>) -> anyhow::Result<(Raw, Settings)> {
    let mut figment = Figment::from(Serialized::defaults(Raw::default()));
    if let Some(file) = file {
        anyhow::ensure!(file.is_file(), "there is no configuration file {}", file.display());
        figment = figment.merge(Toml::file_exact(file));
    }
    let figment = figment.merge(Env::prefixed("VEKHA_").only(&KEYS));
    let raw: Raw = figment.extract().map_err(|errors| {
        let lines: Vec<String> = errors.into_iter().map(|error| format!("  {error}")).collect();
        anyhow::anyhow!("the configuration is wrong:\n{}", lines.join("\n"))
    })?;
    let settings = check(&raw)?;
    Ok((raw, settings))
}

const KEYS: [&str; 17] = [
    "data",
    "listen",
    "log_url",
    "log_user",
    "log_password",
    "log_credentials",
    "log_stream",
    "log_replicas",
    "broker_port",
    "segment_events",
    "grace_seconds",
    "training",
    "mart_url",
    "public_url",
    "feed_cache_mib",
    "feed_age_seconds",
    "feed_link_hours",
];

fn check(raw: &Raw) -> anyhow::Result<Settings> {
    let mut mistakes = Vec::new();
    let listen = raw.listen.parse().unwrap_or_else(|_| {
        mistakes.push(format!("listen = \"{}\": expected an address and a port such as 127.0.0.1:8080", raw.listen));
        SocketAddr::from(([127, 0, 0, 1], 0))
    });
    if !matches!(raw.log_replicas, 1 | 3 | 5) {
        mistakes.push(format!("log_replicas = {}: expected 1, 3 or 5", raw.log_replicas));
    }
    if raw.segment_events < 1_024 {
        mistakes.push(format!("segment_events = {}: expected 1024 or more", raw.segment_events));
    }
    if raw.data.is_empty() {
        mistakes.push("data = \"\": expected a folder".to_owned());
    }
    if raw.log_user.is_empty() != raw.log_password.is_empty() {
        mistakes.push("log_user and log_password: expected both or none".to_owned());
    }
    let mart = (!raw.mart_url.is_empty()).then(|| raw.mart_url.parse()).transpose().unwrap_or_else(|error| {
        mistakes.push(format!("mart_url: {}", projector::chain(&error)));
        None
    });
    let address = raw.public_url.strip_prefix("https://").or_else(|| raw.public_url.strip_prefix("http://"));
    if !raw.public_url.is_empty() && address.is_none_or(|rest| rest.is_empty() || rest.contains(['?', '#', ' '])) {
        mistakes
            .push(format!("public_url = \"{}\": expected an address such as https://vekha.example", raw.public_url));
    }
    if !(1..=24).contains(&raw.feed_link_hours) {
        mistakes.push(format!("feed_link_hours = {}: expected 1 to 24", raw.feed_link_hours));
    }
    if !mistakes.is_empty() {
        anyhow::bail!("the configuration is wrong:\n  {}", mistakes.join("\n  "));
    }
    let auth = if !raw.log_credentials.is_empty() {
        jetstream::Auth::CredentialsFile(PathBuf::from(&raw.log_credentials))
    } else if raw.log_user.is_empty() {
        jetstream::Auth::None
    } else {
        jetstream::Auth::Password { user: raw.log_user.clone(), password: raw.log_password.clone() }
    };
    let log = if raw.log_url.is_empty() {
        Log::Local { port: raw.broker_port }
    } else {
        Log::Remote { url: raw.log_url.clone(), auth, stream: raw.log_stream.clone(), replicas: raw.log_replicas }
    };
    Ok(Settings {
        data: PathBuf::from(&raw.data),
        listen,
        log,
        segment_events: raw.segment_events,
        grace: Duration::from_secs(raw.grace_seconds),
        training: raw.training,
        mart,
        public_url: (!raw.public_url.is_empty()).then(|| raw.public_url.clone()),
        feed: Feed {
            cache_bytes: raw.feed_cache_mib.saturating_mul(1_024 * 1_024),
            age_max: Duration::from_secs(raw.feed_age_seconds),
            link_max: Duration::from_hours(raw.feed_link_hours),
        },
    })
}

impl Raw {
    /// The settings in force as TOML, without secrets.
    ///
    /// # Errors
    /// None in practice: every field is plain.
    pub(crate) fn print(&self) -> anyhow::Result<String> {
        let mut shown = self.clone();
        if !shown.log_password.is_empty() {
            "…".clone_into(&mut shown.log_password);
        }
        if let Ok(address) = shown.mart_url.parse::<mart::Address>() {
            shown.mart_url = address.to_string();
        }
        serde_json::to_string_pretty(&shown).context("cannot print the settings")
    }
}

impl Default for Feed {
    fn default() -> Self {
        let (cache_bytes, age_max) = (2 * 1_024 * 1_024 * 1_024, Duration::from_secs(2));
        Self { cache_bytes, age_max, link_max: Duration::from_hours(24) }
    }
}

impl Settings {
    /// Settings of a laptop: local broker, everything under one folder.
    pub(crate) fn local(data: PathBuf, port: u16) -> Self {
        Self {
            data,
            listen: SocketAddr::from(([127, 0, 0, 1], port)),
            log: Log::Local { port: 0 },
            segment_events: 65_536,
            grace: Duration::from_secs(5),
            training: false,
            mart: None,
            public_url: None,
            feed: Feed::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_together() {
        let raw = Raw {
            listen: "nowhere".into(),
            log_replicas: 2,
            log_user: "u".into(),
            segment_events: 1,
            public_url: "vekha.example".into(),
            feed_link_hours: 48,
            ..Raw::default()
        };
        let told = check(&raw).unwrap_err().to_string();
        for key in ["listen", "log_replicas", "log_user", "segment_events", "public_url", "feed_link_hours"] {
            assert!(told.contains(key), "{told}");
        }
    }

    #[test]
    fn the_defaults_run_a_laptop() {
        let settings = check(&Raw::default()).unwrap();
        assert!(matches!(settings.log, Log::Local { port: 0 }));
        assert!(settings.listen.ip().is_loopback());
    }
}
