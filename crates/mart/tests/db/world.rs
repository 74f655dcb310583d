//! Ten schools and their year: a part told already, the rest still to come, act by act.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bi::Feed;
use board::{Follower, Latest};
use bytes::Bytes;
use commands::{Deed, Gate, Import, Request};
use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::event::{Cause, CommandId, Data, Event, Target};
use domain::id::Seq;
use domain::payload::LogOpened;
use indicators::Catalogue;
use jiff::Timestamp;
use jiff::civil::date;
use journal::sim::SimJournal;
use journal::{Expect, Journal, NewRecord};
use mart::{Address, Live, Sink};
use projector::{Config, Projector, Replica};
use scenario::Step;
use serde_json::Value;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::postgres::Postgres;
use crate::rows;

/// How long anything may take on a busy machine before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A state that lives, and what is still to happen to it.
pub(crate) struct World {
    pub(crate) journal: SimJournal,
    pub(crate) replica: Replica,
    pub(crate) gate: Gate,
    pub(crate) feed: Arc<Feed>,
    pub(crate) rest: std::vec::IntoIter<Step>,
    now: Arc<Mutex<Timestamp>>,
    stop: CancellationToken,
    _tasks: JoinSet<()>,
    _dir: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    /// Schools whose year was told up to the last so many acts.
    pub(crate) async fn told(schools: u32, seed: u64, rest: usize) -> Self {
        let world = Self::opened("e1").await;
        world.tell(schools, seed, rest).await
    }

    /// A log with its first event.
    pub(crate) async fn opened(epoch: &str) -> Self {
        let journal = SimJournal::new(epoch.parse().unwrap());
        let begin: Timestamp = "2022-08-29T00:00:00Z".parse().unwrap();
        journal.set_now(begin);
        open_log(&journal, epoch).await;
        Self::over(journal, begin).await
    }

    /// A state over a log that is there.
    pub(crate) async fn over(journal: SimJournal, at: Timestamp) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shared: Arc<dyn Journal> = Arc::new(journal.clone());
        let (projector, replica) = Projector::open(Config::new(dir.path()), Arc::clone(&shared)).await.unwrap();
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let stopped = stop.clone();
        tasks.spawn(async move { projector.run(stopped).await.unwrap() });
        let now = Arc::new(Mutex::new(at));
        let clock = Arc::clone(&now);
        let clock: commands::Clock = Arc::new(move || *clock.lock().unwrap());
        let appraiser = board::appraiser(aside(Catalogue::standard));
        let gate = Gate::new(shared, replica.clone(), clock, appraiser, commands::Settings::default());
        let latest = Arc::new(Latest::default());
        let follower = Follower::new(gate.clone(), aside(Catalogue::standard), Arc::clone(&latest));
        tasks.spawn(follower.run(stop.clone()));
        let feed = Arc::new(Feed::new(gate.clone(), latest));
        let rest = Vec::new().into_iter();
        Self { journal, replica, gate, feed, rest, now, stop, _tasks: tasks, _dir: dir }
    }

    async fn tell(mut self, schools: u32, seed: u64, rest: usize) -> Self {
        let settings = scenario::Settings { schools, seed, ..scenario::Settings::default() };
        let (told, last, rest) = aside(|| {
            let world = scenario::world(&settings, &plan());
            let mut steps: Vec<Step> = world.setup().chain(scenario::year(&world)).collect();
            let rest = steps.split_off(steps.len().saturating_sub(rest));
            let last = steps.last().unwrap().at;
            (steps.into_iter().map(deed).collect::<Vec<_>>(), last, rest)
        });
        let importer = Actor::new("importer".parse().unwrap(), Role::Importer, Scope::All);
        let import = Import { importer, source: "test".into(), key: "test".into(), batch_events: 1_000 };
        self.at(last);
        let loaded = self.gate.load(&import, told, |_| {}).await.unwrap();
        let tip = self.journal.tip().await.unwrap().last;
        self.replica.wait_for(tip, PATIENCE).await.unwrap();
        assert!(loaded.events > 0);
        self.rest = rest.into_iter();
        self
    }

    /// Puts the clocks forward.
    pub(crate) fn at(&self, at: Timestamp) {
        self.journal.set_now(at);
        *self.now.lock().unwrap() = at;
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    /// Lets the next acts of the year happen; tells how many there were.
    pub(crate) async fn act(&mut self, acts: usize) -> usize {
        let mut done = 0;
        for step in self.rest.by_ref().take(acts).collect::<Vec<_>>() {
            self.at(step.at.max(self.now()));
            let request = Request {
                actor: step.actor.clone(),
                grant: step.grant.clone(),
                key: CommandId::new(&step.command_id).unwrap(),
                act: step.command.act(),
                body: Bytes::from(step.body()),
                if_match: None,
                dry_run: false,
                training: None,
            };
            if let Err(error) = self.gate.submit(request).await {
                panic!("{}: {error:?}", step.command_id);
            }
            done += 1;
        }
        done
    }

    /// Sends one command of somebody's.
    pub(crate) async fn ask(&self, actor: &Actor, key: &str, act: Act, body: &Value) {
        let request = Request {
            actor: actor.clone(),
            grant: None,
            key: CommandId::new(key).unwrap(),
            act,
            body: Bytes::from(body.to_string()),
            if_match: None,
            dry_run: false,
            training: None,
        };
        self.gate.submit(request).await.unwrap();
    }

    /// Starts to keep a database up.
    pub(crate) fn keep_up(&self, server: &Postgres) -> Keeper {
        self.keep_up_at(&server.url("vekha", "vekha"))
    }

    #[expect(clippy::disallowed_methods, reason = "its handle is kept: a test kills it or stops it")]
    pub(crate) fn keep_up_at(&self, url: &str) -> Keeper {
        let address: Address = url.parse().unwrap();
        let sink = Sink::new(address, Live::new(Arc::clone(&self.feed), self.replica.clone()));
        let stop = CancellationToken::new();
        Keeper { task: Some(tokio::spawn(sink.run(stop.clone()))), stop }
    }

    /// Waits until every row of every view is what the state says.
    pub(crate) async fn until_equal(&self, server: &Postgres) {
        let start = Instant::now();
        loop {
            let Some(differs) = self.difference(server).await else { return };
            assert!(start.elapsed() < PATIENCE, "never equal: {differs}\n{}", server.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What differs between the views and the state; nothing where they are the same.
    pub(crate) async fn difference(&self, server: &Postgres) -> Option<String> {
        let ready = self.feed.ready().await.unwrap();
        let feed = Arc::clone(&self.feed);
        let ours = tokio::task::spawn_blocking(move || feed.look(&ready, rows::of_source)).await.unwrap();
        let theirs = match rows::of_database(&server.url("vekha", "vekha")).await {
            Ok(theirs) => theirs,
            Err(error) => return Some(format!("{error:?}")),
        };
        rows::difference(&ours, &theirs)
    }
}

/// A sink that runs.
pub(crate) struct Keeper {
    task: Option<JoinHandle<()>>,
    stop: CancellationToken,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Keeper {
    /// Ends it wherever it is, as a killed process does.
    pub(crate) async fn kill(mut self) {
        let task = self.task.take().unwrap();
        task.abort();
        drop(task.await);
    }

    /// Tells it to stop.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.task.take().unwrap().await.unwrap();
    }
}

fn deed(step: Step) -> Deed {
    Deed {
        actor: step.actor,
        grant: step.grant,
        key: CommandId::new(&step.command_id).unwrap(),
        command: step.command,
        claimed_at: step.at,
        today: step.today,
    }
}

/// The real plan.
fn plan() -> domain::plan::Plan {
    let profile = plan_import::Profile::parse(scenario::PLAN_PROFILE).unwrap();
    plan_import::import(scenario::PLAN_TEXT, Some(&profile), None).unwrap()
}

/// Runs polars away from the test's runtime: it wants a thread that it may block.
pub(crate) fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

async fn open_log(journal: &SimJournal, epoch: &str) {
    let cause = Cause {
        command: CommandId::new("open").unwrap(),
        sha256: "0".repeat(64),
        person: "vekha".parse().unwrap(),
        role: Role::Admin,
        behalf: None,
        decided_at: Seq::NONE,
        claim: None,
    };
    let data = Data::LogOpened(LogOpened { epoch: epoch.to_owned(), schema: 1 });
    let event = Event { target: Target::Log, occurred_on: date(2022, 8, 29), data };
    let (id, bytes) = event.encode(&cause, 0, "2022-08-29T00:00:00Z".parse().unwrap()).unwrap();
    let record = NewRecord {
        subject: format!("vekha.ev.{}", event.target.subject(id)),
        id: id.to_string(),
        payload: bytes.into(),
        expect: Expect::LastOnSubject(Seq::NONE),
    };
    journal.append(vec![record]).await.unwrap();
}
