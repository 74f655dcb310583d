//! The service's face: commands and reads over HTTP, who may see what, problems in words, OpenAPI.
//!
//! A handler reads the question, calls one thing and writes the answer. Statuses are chosen in
//! `problem`, nowhere else. This crate decides nothing about obligations and never waits for anything
//! but the log and its own limits.

pub mod auth;

mod act;
mod answer;
mod audit;
mod closings;
mod digest;
mod evidence;
mod explain;
mod feed;
mod guard;
mod health;
mod indicators;
mod ledger;
mod live;
mod matters;
mod me;
mod obligations;
mod openapi;
mod orgs;
mod page;
mod past;
mod plans;
mod problem;
mod query;
mod sentence;
mod serve;
mod speech;
mod territory;
mod values;
mod whatif;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::indicators::Catalogue;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use board::Latest;
use commands::Gate;
use commands::evidence::SharedEvidence;
use domain::id::PersonCode;
use domain::limits::{BODY_BYTES_MAX, EVIDENCE_FILE_BYTES_MAX};
use projector::History;
use tokio::sync::Semaphore;

pub use auth::TokenStore;
pub use digest::{Digest, DigestError, digest_of};
pub use serve::{serve, unchanging};

/// Limits of the service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests that are answered at the same time; one more is told to come back.
    pub in_flight_max: usize,
    /// Connections that follow what changes at the same time.
    pub watching_max: usize,
    /// How long an answer may take to begin.
    pub answer_within: Duration,
    /// How long a reader may wait for a position (`min_seq`).
    pub wait_max: Duration,
    /// Commands may say what is "now" (`Vekha-Now`): for training and for telling a history over HTTP.
    pub training: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            in_flight_max: 512,
            watching_max: 2_000,
            answer_within: Duration::from_mins(1),
            wait_max: Duration::from_secs(2),
            training: false,
        }
    }
}

/// What the service is made of.
pub struct Parts {
    /// Where commands go, with the state, the log and the clock behind it.
    pub gate: Gate,
    /// Where evidence files are.
    pub evidence: SharedEvidence,
    /// Who may ask.
    pub tokens: Arc<TokenStore>,
    /// The indicators.
    pub catalogue: Catalogue,
    /// The values of the live state; who serves runs their follower beside the service.
    pub latest: Arc<Latest>,
    /// Names of persons, kept outside the log; a person without one is shown by code.
    pub names: Arc<HashMap<PersonCode, String>>,
    /// The process's measures in Prometheus' text form.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// What keeps the log from taking acts now, if anything does.
    pub log_trouble: Arc<dyn Fn() -> Option<String> + Send + Sync>,
    /// Limits.
    pub settings: Settings,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("gate", &self.gate).field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What handlers share; clones are handles.
#[derive(Clone)]
pub(crate) struct Face {
    pub(crate) gate: Gate,
    pub(crate) evidence: Arc<evidence::Desk>,
    pub(crate) tokens: Arc<TokenStore>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) names: Arc<HashMap<PersonCode, String>>,
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) log_trouble: Arc<dyn Fn() -> Option<String> + Send + Sync>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) room: Arc<Semaphore>,
    pub(crate) values: Arc<values::Cache>,
    pub(crate) latest: Arc<Latest>,
    pub(crate) watching: Arc<Semaphore>,
    pub(crate) restated: Arc<closings::Cache>,
    pub(crate) history: History,
}

impl Face {
    fn new(parts: Parts) -> Self {
        let history = History::new(parts.gate.replica().clone(), Arc::clone(parts.gate.journal()));
        Self {
            gate: parts.gate,
            evidence: Arc::new(evidence::Desk::new(parts.evidence)),
            tokens: parts.tokens,
            catalogue: Arc::new(parts.catalogue),
            names: parts.names,
            metrics: parts.metrics,
            log_trouble: parts.log_trouble,
            room: Arc::new(Semaphore::new(parts.settings.in_flight_max)),
            watching: Arc::new(Semaphore::new(parts.settings.watching_max)),
            settings: Arc::new(parts.settings),
            values: Arc::default(),
            latest: parts.latest,
            restated: Arc::default(),
            history,
        }
    }
}

/// Builds the service. It starts nothing: whoever serves it starts and stops it.
pub fn service(parts: Parts) -> Router {
    let face = Face::new(parts);
    let reads = Router::new()
        .route("/api/v1/indicators", get(indicators::list))
        .route("/api/v1/values", get(values::list))
        .route("/api/v1/explain", get(explain::one))
        .route("/api/v1/closings", get(closings::list))
        .route("/api/v1/restated", get(closings::restated))
        .route("/api/v1/obligations", get(obligations::list))
        .route("/api/v1/obligations/{*id}", get(obligations::one))
        .route("/api/v1/proposals", get(ledger::proposals))
        .route("/api/v1/grants", get(ledger::grants))
        .route("/api/v1/checklists", get(ledger::checklists))
        .route("/api/v1/orgs", get(orgs::list))
        .route("/api/v1/plans", get(plans::list))
        .route("/api/v1/plans/{plan}", get(plans::one))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/audit/events/{id}", get(audit::event))
        .route("/api/v1/feed", get(feed::feed))
        .route("/api/v1/me", get(me::me))
        .route("/api/v1/digest", get(digest::digest))
        .layer(from_fn_with_state(face.clone(), answer::positioned));
    let acts = Router::new()
        .route("/api/v1/commands/{name}", post(act::one))
        .route("/api/v1/commands", post(act::many))
        .route("/api/v1/what-if", post(whatif::ask))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(guard::small_enough));
    let files = Router::new()
        .route("/api/v1/evidence", post(evidence::put))
        .layer(DefaultBodyLimit::max(EVIDENCE_FILE_BYTES_MAX))
        .layer(from_fn_with_state(face.clone(), evidence::roomy))
        .layer(from_fn(guard::small_file))
        .route("/api/v1/evidence/uploads/{sha256}", get(evidence::received))
        .route("/api/v1/evidence/{sha256}", get(evidence::get));
    let closed = reads
        .merge(acts)
        .merge(files)
        .route("/api/v1/live", get(live::follow))
        .route("/openapi.json", get(openapi::document))
        .route("/metrics", get(health::metrics))
        .layer(from_fn_with_state(face.clone(), auth::authenticated));
    closed
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(health::nothing_here)
        .layer(from_fn_with_state(face.clone(), guard::guarded))
        .layer(from_fn(problem::spoken))
        .with_state(face)
}
