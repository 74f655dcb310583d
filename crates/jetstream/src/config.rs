//! Settings of the log on JetStream.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use journal::Epoch;

/// How to reach the log and how hard to try.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the broker, `nats://host:port`; several are separated by commas.
    pub url: String,
    /// Who we are to the broker.
    pub auth: Auth,
    /// Name of the stream.
    pub stream: String,
    /// First tokens of every subject of the log, without a dot at the end.
    pub subject_prefix: String,
    /// Copies of the stream when it is created: 1, or 3 in a cluster.
    pub replicas: usize,
    /// Epoch of the log when it is created; `None`: a random one.
    pub new_epoch: Option<Epoch>,
    /// How long to wait at start for a broker that is starting or recovering.
    pub connect_within: Duration,
    /// How long to wait for one answer.
    pub request_timeout: Duration,
    /// How long an append of unknown outcome is repeated before it is told so.
    pub settle_within: Duration,
    /// Most appends in flight, counted in records of up to 16 KiB.
    pub in_flight_max: usize,
    /// So many waiting records are stored as one atomic batch; fewer one by one.
    pub group_from: usize,
    /// How often the guard looks at the stream's configuration and state.
    pub watch_every: Duration,
}

impl Config {
    /// Returns the default settings for a broker at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>, auth: Auth) -> Self {
        Self {
            url: url.into(),
            auth,
            stream: "VEKHA".to_owned(),
            subject_prefix: "vekha.ev".to_owned(),
            replicas: 1,
            new_epoch: None,
            connect_within: Duration::from_mins(1),
            request_timeout: Duration::from_secs(5),
            settle_within: Duration::from_secs(30),
            in_flight_max: 4096,
            group_from: 16,
            watch_every: Duration::from_secs(2),
        }
    }
}

/// Credentials; their text is never shown by `Debug`.
#[derive(Clone)]
pub enum Auth {
    /// None are needed.
    None,
    /// A user and a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A token.
    Token(String),
    /// A NATS credentials file (JWT and key).
    CredentialsFile(PathBuf),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Password { user, .. } => write!(f, "Password({user}, …)"),
            Self::Token(_) => f.write_str("Token(…)"),
            Self::CredentialsFile(path) => write!(f, "CredentialsFile({})", path.display()),
        }
    }
}
