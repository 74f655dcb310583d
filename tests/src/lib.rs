//! Harness of the end-to-end tests: the real binary, a real broker, a folder of its own for each.
//!
//! The gate names the binary in `VEKHA_BIN` and the broker in `VEKHA_NATS_SERVER`; a test without
//! them fails, it is never skipped.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test stops at its first surprise"
)]

/// A database of a test's own, as the tests of crate `mart` have it.
#[path = "../../crates/mart/tests/db/postgres.rs"]
pub mod postgres;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take on a busy machine before the test gives up.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// The binary under test.
#[must_use]
pub fn binary() -> PathBuf {
    let path = std::env::var_os("VEKHA_BIN").map(PathBuf::from);
    path.unwrap_or_else(|| panic!("VEKHA_BIN does not name the binary: run `make nextest`"))
}

/// Runs `vekha` to its end.
#[must_use]
pub fn vekha(args: &[&str]) -> Output {
    Command::new(binary()).args(args).stdin(Stdio::null()).output().unwrap()
}

/// A `vekha demo` that serves.
pub struct Demo {
    child: Child,
    data: PathBuf,
    /// Removed at the end, unless a test named a folder of its own.
    folder: Option<TempDir>,
    /// Address of the service.
    pub url: String,
    tokens: Value,
    http: reqwest::Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl Demo {
    /// Starts a demo of ten schools in a folder of its own.
    pub async fn start() -> Self {
        let folder = TempDir::with_prefix("vekha-e2e-").unwrap();
        let data = folder.path().to_owned();
        Self::start_on(data, Some(folder)).await
    }

    /// Starts a demo with further arguments in a folder of its own.
    pub async fn start_with(args: &[&str]) -> Self {
        let folder = TempDir::with_prefix("vekha-e2e-").unwrap();
        let data = folder.path().to_owned();
        Self::launch(data, Some(folder), args).await
    }

    /// Starts a demo on a folder, perhaps again.
    pub async fn start_on(data: PathBuf, folder: Option<TempDir>) -> Self {
        Self::launch(data, folder, &[]).await
    }

    async fn launch(data: PathBuf, folder: Option<TempDir>, args: &[&str]) -> Self {
        // What an earlier run told must not be taken for this one's.
        drop(std::fs::remove_file(data.join("demo.json")));
        let log = std::fs::File::options().create(true).append(true).open(data.join("vekha.log")).unwrap();
        let child = Command::new(binary())
            .args(["demo", "--port", "0", "--data"])
            .arg(&data)
            .args(args)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut demo =
            Self { child, data, folder, url: String::new(), tokens: Value::Null, http: reqwest::Client::new() };
        demo.described().await;
        demo.until_ready().await;
        demo
    }

    async fn described(&mut self) {
        let start = Instant::now();
        let path = self.data.join("demo.json");
        while !path.exists() {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the demo ended with {status}: {}", self.log());
            }
            assert!(start.elapsed() < PATIENCE, "demo.json never came: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let described: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        described["url"].as_str().unwrap().clone_into(&mut self.url);
        self.tokens = described["tokens"].clone();
    }

    /// Waits until the service says that it is ready.
    pub async fn until_ready(&self) {
        self.until("ready", async || self.get("/readyz", "").await.is_some_and(|answer| answer.status == 200)).await;
    }

    /// Waits until something holds.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let start = Instant::now();
        while !holds().await {
            assert!(start.elapsed() < PATIENCE, "never {what}: {}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The folder of the demo.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The end of what the service logged.
    #[must_use]
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.data.join("vekha.log")).unwrap_or_default();
        let from = log.char_indices().rev().nth(20_000).map_or(0, |(at, _)| at);
        log[from..].to_owned()
    }

    /// The token of a role.
    #[must_use]
    pub fn token(&self, role: &str) -> &str {
        self.tokens[role].as_str().unwrap_or_default()
    }

    /// Address and credentials of the demo's broker.
    #[must_use]
    pub fn broker(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.data.join("broker/broker.json")).unwrap()).unwrap()
    }

    /// Sends a request as a role; an empty role sends no token. `None` when nobody answers.
    pub async fn request(&self, method: &str, path: &str, role: &str, body: Option<(&str, Vec<u8>)>) -> Option<Answer> {
        let method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).timeout(Duration::from_mins(1));
        if !role.is_empty() {
            let token = self.tokens[role].as_str().unwrap_or(role);
            request = request.bearer_auth(token);
        }
        if let Some((key, body)) = body {
            request = request.header("Idempotency-Key", key).header("Content-Type", "application/json").body(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        Some(Answer { status, headers, body: answer.bytes().await.ok()?.to_vec() })
    }

    /// Gets a path as a role.
    pub async fn get(&self, path: &str, role: &str) -> Option<Answer> {
        self.request("GET", path, role, None).await
    }

    /// Gets a path as a role; somebody must answer.
    pub async fn read(&self, path: &str, role: &str) -> Answer {
        self.get(path, role).await.unwrap_or_else(|| panic!("no answer to {path}: {}", self.log()))
    }

    /// Sends a command as a role.
    pub async fn command(&self, name: &str, role: &str, key: &str, body: &Value) -> Answer {
        self.try_command(name, role, key, body).await.unwrap_or_else(|| panic!("no answer to {name}: {}", self.log()))
    }

    /// Sends a command as a role; `None` when nobody answers.
    pub async fn try_command(&self, name: &str, role: &str, key: &str, body: &Value) -> Option<Answer> {
        let path = format!("/api/v1/commands/{name}");
        self.request("POST", &path, role, Some((key, body.to_string().into_bytes()))).await
    }

    /// Every row of a list.
    pub async fn rows(&self, path: &str, role: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = self.read(&format!("{path}{cursor}"), role).await;
            assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
            let page = answer.json();
            rows.extend(page["data"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { return rows };
            cursor = format!("{}cursor={next}", if path.contains('?') { '&' } else { '?' });
        }
    }

    /// The whole change feed.
    pub async fn feed(&self) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let after = events.last().map_or(0, |event| event["seq"].as_u64().unwrap());
            let answer = self.read(&format!("/api/v1/feed?after={after}&limit=5000"), "auditor").await;
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
            let page: Vec<Value> = answer
                .body
                .split(|b| *b == b'\n')
                .filter(|l| !l.is_empty())
                .map(|l| serde_json::from_slice(l).unwrap())
                .collect();
            if page.is_empty() {
                return events;
            }
            events.extend(page);
        }
    }

    /// Process id of the service.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the service at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts a service that was killed again, on its folder.
    pub async fn again(mut self, args: &[&str]) -> Self {
        let (data, folder) = (self.data.clone(), self.folder.take());
        drop(self);
        Self::launch(data, folder, args).await
    }

    /// Ends the service as an operator does, and gives the folder back.
    pub async fn stop(mut self) -> (PathBuf, Option<TempDir>) {
        signal("TERM", self.child.id());
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "it does not end: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (self.data.clone(), self.folder.take())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// The day in the demo's regions, as they all have it or had it within the last day.
#[must_use]
pub fn today() -> String {
    // tidy-ok(clock): the service under test lives in the real day, and so does its user
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// Sends a signal to a process.
pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap();
    assert!(sent.success(), "kill -{name} {pid}");
}
