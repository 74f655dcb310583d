//! The service over a town, and requests to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use board::{Follower, Latest};
use commands::evidence::MemoryEvidence;
use domain::actor::{Role, Scope};
use indicators::Catalogue;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use web::{Parts, Settings, Shelf, TokenStore};

use crate::common::Town;

/// Everybody who may come in: token, person, role, territory.
pub(crate) const PEOPLE: [(&str, &str, Role); 7] = [
    ("ministry", "minister", Role::Ministry),
    ("coordinator", "coordinator", Role::Coordinator),
    ("school", "head-pogranichny-s01", Role::School),
    ("auditor", "auditor", Role::Auditor),
    ("bi", "dashboard", Role::Bi),
    ("admin", "admin", Role::Admin),
    ("importer", "loader", Role::Importer),
];

/// Bytes of snapshots: every one of a town, for a while.
const SHELF_BYTES: u64 = 64 * 1024 * 1024;

/// The whole service.
pub(crate) struct Service {
    pub(crate) town: Town,
    pub(crate) router: Router,
    pub(crate) evidence: Arc<MemoryEvidence>,
    pub(crate) trouble: Arc<Mutex<Option<String>>>,
    pub(crate) stop: CancellationToken,
    _values: JoinSet<()>,
    shelf: tempfile::TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem, which must be one in every respect.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.text());
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        for member in ["type", "title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {body}");
        }
        body["code"].as_str().unwrap().to_owned()
    }
}

impl Service {
    pub(crate) async fn new() -> Self {
        Self::over(Town::in_force().await)
    }

    pub(crate) fn over(town: Town) -> Self {
        Self::with(town, Settings::default())
    }

    /// One whose gate knows the indicators.
    pub(crate) async fn counting() -> Self {
        let appraiser = board::appraiser(aside(Catalogue::standard));
        let town = Town::appraised(journal::sim::SimFaults::none(), appraiser).await;
        town.lay_out().await;
        Self::over(town)
    }

    /// One that takes the time from its clients.
    pub(crate) fn training(town: Town) -> Self {
        Self::with(town, Settings { training: true, ..Settings::default() })
    }

    /// One whose feed keeps so many bytes of snapshots.
    pub(crate) fn with_shelf(town: Town, bytes: u64) -> Self {
        Self::made(town, Settings::default(), tokens(), bytes)
    }

    /// One that other tokens open.
    pub(crate) fn of_tokens(town: Town, tokens: TokenStore) -> Self {
        Self::made(town, Settings::default(), tokens, SHELF_BYTES)
    }

    pub(crate) fn with(town: Town, settings: Settings) -> Self {
        Self::made(town, settings, tokens(), SHELF_BYTES)
    }

    /// How many snapshots are on disk.
    pub(crate) fn snapshots(&self) -> usize {
        std::fs::read_dir(self.shelf.path()).unwrap().count()
    }

    fn made(town: Town, settings: Settings, tokens: TokenStore, shelf_bytes: u64) -> Self {
        let trouble = Arc::new(Mutex::new(None));
        let told = Arc::clone(&trouble);
        let evidence = Arc::new(MemoryEvidence::default());
        let latest = Arc::new(Latest::default());
        let follower = Follower::new(town.gate.clone(), aside(Catalogue::standard), Arc::clone(&latest));
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(folder.path(), shelf_bytes, Duration::ZERO).unwrap();
        let router = web::service(Parts {
            gate: town.gate.clone(),
            evidence: evidence.clone(),
            tokens: Arc::new(tokens),
            catalogue: aside(Catalogue::standard),
            latest,
            shelf,
            link_key: [7; 32],
            names: Arc::new(HashMap::from([("minister".parse().unwrap(), "Иванова А.И.".to_owned())])),
            metrics: Arc::new({
                let told = Arc::clone(&trouble);
                move || match &*told.lock().unwrap() {
                    Some(secret) => panic!("{secret}"),
                    None => "vekha_up 1\n".to_owned(),
                }
            }),
            log_trouble: Arc::new(move || told.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            settings,
        });
        let (stop, mut values) = (CancellationToken::new(), JoinSet::new());
        values.spawn(follower.run(stop.clone()));
        Self { town, router, evidence, trouble, stop, _values: values, shelf: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Answer { status, headers, body }
    }

    /// Gets a path as somebody.
    pub(crate) async fn get(&self, path: &str, who: &str) -> Answer {
        self.get_with(path, who, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, who: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.send(request.header("authorization", bearer(who)).body(Body::empty()).unwrap()).await
    }

    /// Sends a command as somebody.
    pub(crate) async fn post(&self, act: &str, who: &str, key: &str, body: &Value) -> Answer {
        self.post_with(act, who, &[("idempotency-key", key)], body.to_string()).await
    }

    pub(crate) async fn post_with(
        &self,
        act: &str,
        who: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::post(format!("/api/v1/commands{act}")).header("authorization", bearer(who));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Every row of a list, page by page.
    pub(crate) async fn rows(&self, path: &str, who: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{cursor}"), who).await;
            assert_eq!(page.status, StatusCode::OK, "{path}{cursor}: {}", page.text());
            let page = page.json();
            rows.extend(page["data"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { return rows };
            cursor = format!("{}cursor={next}", if path.contains('?') { "&" } else { "?" });
        }
    }
}

/// Runs polars away from the test's runtime: it wants a thread that it may block.
pub(crate) fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

pub(crate) fn bearer(who: &str) -> String {
    format!("Bearer token-of-{who}-0123456789")
}

pub(crate) fn tokens() -> TokenStore {
    let mut tokens = TokenStore::default();
    for (name, person, role) in PEOPLE {
        let scope = match role {
            Role::Coordinator => Scope::Municipality("pogranichny".parse().unwrap()),
            Role::School => Scope::Org("pogranichny-s01".parse().unwrap()),
            _ => Scope::All,
        };
        tokens.insert(&format!("token-of-{name}-0123456789"), person.parse().unwrap(), role, scope);
    }
    let elsewhere = Scope::Municipality("elsewhere".parse().unwrap());
    tokens.insert("token-of-stranger-0123456789", "stranger".parse().unwrap(), Role::Coordinator, elsewhere);
    tokens
}

/// A request without a token, with some headers.
pub(crate) async fn bare(service: &Service, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    service.send(request.body(Body::empty()).unwrap()).await
}
