//! The stream's management: what it must look like, how it is created and asked.
//!
//! Plain JSON on the broker's API subjects, so that the guard sees every key that the broker knows,
//! also those that the client library does not.

use async_nats::{Client, RequestErrorKind, StatusCode};
use bytes::Bytes;
use journal::Epoch;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::Config;

/// Metadata key of the log's epoch.
pub(crate) const EPOCH_KEY: &str = "vekha-epoch";
/// Metadata key of the version of this layout.
const LAYOUT_KEY: &str = "vekha-layout";
/// "stream not found".
const NO_STREAM: u64 = 10_059;
/// "stream name already in use with a different configuration".
const NAME_IN_USE: u64 = 10_058;
/// The broker remembers message ids this long.
const DUPLICATE_WINDOW_NS: u64 = 600 * 1_000_000_000;

/// Handle to the broker's API for one stream.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client,
    stream: String,
}

/// What the broker says of the stream.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StreamInfo {
    pub(crate) config: Map<String, Value>,
    pub(crate) state: StreamState,
    #[serde(default)]
    cluster: Option<Cluster>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StreamState {
    pub(crate) messages: u64,
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    #[serde(default)]
    pub(crate) num_deleted: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Cluster {
    #[serde(default)]
    leader: Option<String>,
}

/// An error object of the broker's API.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ApiProblem {
    #[serde(default)]
    pub(crate) code: u64,
    #[serde(default, rename = "err_code")]
    pub(crate) err_code: u64,
    #[serde(default)]
    pub(crate) description: String,
}

/// Why the API did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ApiError {
    #[error("the stream does not exist")]
    NoStream,
    #[error("the broker answered {code}: {description}")]
    Refused { code: u64, description: String },
    #[error("the broker does not answer: {0}")]
    NoAnswer(String),
}

impl StreamInfo {
    /// The epoch that the stream's metadata names, if it is one of ours.
    pub(crate) fn epoch(&self) -> Option<&str> {
        self.config.get("metadata")?.get(EPOCH_KEY)?.as_str()
    }

    /// Whether somebody leads the stream; a broker alone always does.
    pub(crate) fn has_leader(&self) -> bool {
        self.cluster.as_ref().is_none_or(|c| c.leader.as_ref().is_some_and(|l| !l.is_empty()))
    }
}

impl Api {
    pub(crate) fn new(client: Client, stream: String) -> Self {
        Self { client, stream }
    }

    pub(crate) async fn info(&self) -> Result<StreamInfo, ApiError> {
        self.ask(&format!("STREAM.INFO.{}", self.stream), Value::Null).await
    }

    /// Creates the stream; when it exists already, whatever its configuration, it stays as it is.
    pub(crate) async fn create(&self, wanted: &Value) -> Result<(), ApiError> {
        match self.ask::<Value>(&format!("STREAM.CREATE.{}", self.stream), wanted.clone()).await {
            Err(ApiError::Refused { code: NAME_IN_USE, .. }) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Creates a consumer of everything from a sequence on, and tells how many records wait.
    pub(crate) async fn create_consumer(&self, name: &str, from: u64) -> Result<u64, ApiError> {
        #[derive(Deserialize)]
        struct Created {
            num_pending: u64,
        }
        let wanted = json!({
            "stream_name": self.stream,
            "action": "create",
            "config": {
                "name": name,
                "deliver_policy": "by_start_sequence",
                "opt_start_seq": from,
                "ack_policy": "none",
                "replay_policy": "instant",
                "mem_storage": true,
                "num_replicas": 1,
                "inactive_threshold": 30_000_000_000_u64,
            },
        });
        let subject = format!("CONSUMER.CREATE.{}.{name}", self.stream);
        self.ask::<Created>(&subject, wanted).await.map(|created| created.num_pending)
    }

    /// Subject on which records are pulled from a consumer.
    pub(crate) fn pull_subject(&self, consumer: &str) -> String {
        format!("$JS.API.CONSUMER.MSG.NEXT.{}.{consumer}", self.stream)
    }

    async fn ask<T: for<'de> Deserialize<'de>>(&self, subject: &str, body: Value) -> Result<T, ApiError> {
        #[derive(Deserialize)]
        struct Failed {
            error: ApiProblem,
        }
        let payload = match body {
            Value::Null => Bytes::new(),
            body => body.to_string().into(),
        };
        let answer = self.client.request(format!("$JS.API.{subject}"), payload).await;
        let answer = answer.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => ApiError::NoAnswer("JetStream is not there (yet)".into()),
            _ => ApiError::NoAnswer(error.to_string()),
        })?;
        if answer.status.is_some_and(|status| status != StatusCode::OK) {
            return Err(ApiError::NoAnswer(answer.description.unwrap_or_default()));
        }
        if let Ok(Failed { error }) = serde_json::from_slice::<Failed>(&answer.payload) {
            return Err(match error.err_code {
                NO_STREAM => ApiError::NoStream,
                // JetStream is temporarily unavailable, has no leader yet, or is recovering.
                10_008 | 10_009 | 10_110 => ApiError::NoAnswer(error.description),
                code => ApiError::Refused { code, description: error.description },
            });
        }
        serde_json::from_slice(&answer.payload).map_err(|error| ApiError::Refused {
            code: 0,
            description: format!("an answer that is not understood: {error}"),
        })
    }
}

/// The configuration with which the stream is created.
pub(crate) fn wanted(config: &Config, epoch: &Epoch) -> Value {
    let mut wanted = expected(config);
    wanted.insert("name".into(), json!(config.stream));
    wanted.insert("num_replicas".into(), json!(config.replicas));
    wanted.insert("description".into(), json!("The log of Vekha: append-only, never change or delete anything here"));
    wanted.insert("metadata".into(), json!({ EPOCH_KEY: epoch.as_str(), LAYOUT_KEY: "1" }));
    Value::Object(wanted)
}

/// What the guard insists on: a difference in any of these could change history.
pub(crate) fn expected(config: &Config) -> Map<String, Value> {
    let expected = json!({
        "subjects": [format!("{}.>", config.subject_prefix)],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_age": 0,
        "max_bytes": -1,
        "max_msgs": -1,
        "max_msgs_per_subject": -1,
        "max_msg_size": -1,
        "max_consumers": -1,
        "duplicate_window": DUPLICATE_WINDOW_NS,
        "deny_delete": true,
        "deny_purge": true,
        "allow_direct": true,
        "allow_atomic": true,
    });
    match expected {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
