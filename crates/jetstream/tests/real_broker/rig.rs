//! A real broker in a temporary folder, and logs on it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_nats::{Client, ConnectOptions};
use bytes::Bytes;
use jetstream::broker::{BrokerOptions, LocalBroker, Running};
use jetstream::{Auth, Config, JetStream};
use journal::{Expect, Journal, NewRecord, Record, Seq};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) const NEW: Expect = Expect::LastOnSubject(Seq::NONE);

pub(crate) struct Rig {
    pub(crate) data: TempDir,
    url: String,
    auth: Auth,
    stop: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

/// The project's own broker, where `make` puts it.
pub(crate) fn options() -> BrokerOptions {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tools: Vec<PathBuf> = vec![root.join(".tools/nats")];
    BrokerOptions { tools, reserve_bytes: 0, ..BrokerOptions::default() }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), options()).await
    }

    pub(crate) async fn start_in(data: TempDir, options: BrokerOptions) -> Self {
        let broker = match LocalBroker::start(data.path(), options).await {
            Ok(broker) => broker,
            Err(error) => panic!("these tests need the real broker: {error}"),
        };
        let (url, auth) = (broker.url().to_owned(), broker.auth());
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(broker.run(stop.clone()));
        Self { data, url, auth, stop, tasks: Mutex::new(tasks) }
    }

    pub(crate) fn config(&self) -> Config {
        Config::new(&self.url, self.auth.clone())
    }

    pub(crate) async fn log(&self) -> JetStream {
        self.log_with(|_| {}).await
    }

    pub(crate) async fn log_with(&self, change: impl FnOnce(&mut Config)) -> JetStream {
        let mut config = self.config();
        change(&mut config);
        let (log, engine) = JetStream::connect(config).await.unwrap();
        self.tasks.lock().unwrap().spawn(engine.run(self.stop.clone()));
        log
    }

    pub(crate) fn watch(&self, log: &JetStream) {
        self.tasks.lock().unwrap().spawn(log.guard().run(self.stop.clone()));
    }

    /// A client with all rights, as an administrator has.
    pub(crate) async fn client(&self) -> Client {
        let Auth::Password { user, password } = self.auth.clone() else { unreachable!() };
        let options = ConnectOptions::new().user_and_password(user, password);
        options.connect(&self.url).await.unwrap()
    }

    /// Asks the broker's API and returns its answer.
    pub(crate) async fn admin(&self, what: &str, body: String) -> serde_json::Value {
        let answer = self.client().await.request(format!("$JS.API.{what}"), body.into()).await;
        serde_json::from_slice(&answer.unwrap().payload).unwrap()
    }

    /// Changes settings of the stream, as an administrator can.
    pub(crate) async fn reconfigure(&self, change: serde_json::Value) {
        let info = self.admin("STREAM.INFO.VEKHA", String::new()).await;
        let mut config = info["config"].clone();
        for (name, value) in change.as_object().unwrap() {
            config[name] = value.clone();
        }
        let answer = self.admin("STREAM.UPDATE.VEKHA", config.to_string()).await;
        assert!(answer.get("error").is_none(), "{answer}");
    }

    pub(crate) async fn delete_stream(&self) {
        self.admin("STREAM.DELETE.VEKHA", String::new()).await;
    }

    /// The broker that runs now.
    pub(crate) fn running(&self) -> Option<Running> {
        LocalBroker::running(self.data.path())
    }

    /// Kills the broker, as a crash does.
    pub(crate) fn kill_broker(&self) {
        let pid = i32::try_from(self.running().unwrap().pid).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL).unwrap();
    }

    /// Stops everything and leaves the data.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.cancel();
        let tasks = self.tasks.into_inner().unwrap();
        tasks.join_all().await;
        self.data
    }
}

pub(crate) fn record(subject: &str, id: &str, expect: Expect) -> NewRecord {
    let payload = Bytes::from(format!("{{\"id\":\"{id}\"}}"));
    NewRecord { subject: format!("vekha.ev.test.{subject}"), id: id.into(), payload, expect }
}

pub(crate) async fn read_all(log: &JetStream) -> Vec<Record> {
    let last = log.tip().await.unwrap().last;
    let mut reader = log.read(Seq::FIRST);
    let mut records: Vec<Record> = Vec::new();
    while records.last().map_or(Seq::NONE, |record| record.seq) < last {
        records.extend(reader.next(10_000).await.unwrap().records);
    }
    records
}
