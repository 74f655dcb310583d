//! The log, opened: a broker of our own or one elsewhere, and its first event.

use anyhow::Context;
use domain::actor::Role;
use domain::event::{Cause, CommandId, Data, Event, SCHEMA_VERSION, Target};
use domain::payload::LogOpened;
use jetstream::broker::{BrokerOptions, LocalBroker};
use jetstream::{Auth, Config, JetStream};
use journal::{Epoch, Expect, NewRecord, Seq};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::clock;
use super::tasks::Tasks;
use crate::config::{Log, Settings};

/// What every subject of the log begins with.
pub(crate) const SUBJECT_PREFIX: &str = "vekha.ev";

/// A log that answers.
pub(crate) struct Opened {
    pub(crate) log: JetStream,
    pub(crate) broker: Option<Local>,
}

/// Whether the broker of another process on the same folder may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// To read the log.
    Allowed,
    /// To serve: two projectors on one folder would fight.
    Refused,
}

/// The local broker that is used.
pub(crate) struct Local {
    pub(crate) url: String,
    pub(crate) pid: u32,
}

impl Opened {
    /// Opens the log, starting a local broker where none is configured.
    ///
    /// # Errors
    /// What is wrong with broker or log.
    pub(crate) async fn open(
        settings: &Settings,
        sharing: Sharing,
        tasks: &mut Tasks,
        stop_log: &CancellationToken,
        stop_broker: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let (config, broker) = match &settings.log {
            Log::Remote { url, auth, stream, replicas } => {
                let mut config = Config::new(url.clone(), auth.clone());
                config.stream.clone_from(stream);
                config.replicas = *replicas;
                (config, None)
            }
            Log::Local { port } => {
                let (broker, auth) = local(settings, *port, sharing, tasks, stop_broker).await?;
                (Config::new(broker.url.clone(), auth), Some(broker))
            }
        };
        let (log, engine) = JetStream::connect(config).await.context("cannot connect to the log")?;
        let guard = log.guard();
        let stop = stop_log.clone();
        tasks.spawn("engine", async move {
            engine.run(stop).await;
            Ok(())
        });
        let stop = stop_log.clone();
        tasks.spawn("guard", async move {
            guard.run(stop).await;
            Ok(())
        });
        let first = first_event(log.epoch())?;
        log.ensure_opened(|_| first).await.context("cannot open the log")?;
        // Events do not wait for files: without the bucket only these are refused.
        if let Err(error) = log.evidence().ensure().await {
            warn!("evidence files can be neither stored nor read: {error}");
        }
        Ok(Self { log, broker })
    }
}

/// The broker that runs on the folder already, or one that we start and stop.
async fn local(
    settings: &Settings,
    port: u16,
    sharing: Sharing,
    tasks: &mut Tasks,
    stop: &CancellationToken,
) -> anyhow::Result<(Local, Auth)> {
    if sharing == Sharing::Allowed
        && let Some(running) = LocalBroker::running(&settings.data)
    {
        info!(pid = running.pid, "using the broker that runs on {} already", settings.data.display());
        let auth = running.auth();
        return Ok((Local { url: running.url, pid: running.pid }, auth));
    }
    let options = BrokerOptions { port: (port != 0).then_some(port), ..BrokerOptions::default() };
    let broker = LocalBroker::start(&settings.data, options).await.context("cannot start the local broker")?;
    let local = Local { url: broker.url().to_owned(), pid: broker.pid() };
    let auth = broker.auth();
    info!(pid = local.pid, "the local broker serves on {}", local.url);
    let stop = stop.clone();
    tasks.spawn("broker", async move {
        broker.run(stop).await;
        Ok(())
    });
    Ok((local, auth))
}

/// Sequence 1 of every log.
fn first_event(epoch: &Epoch) -> anyhow::Result<NewRecord> {
    let now = clock();
    let opened = LogOpened { epoch: epoch.to_string(), schema: SCHEMA_VERSION };
    let event = Event {
        target: Target::Log,
        occurred_on: jiff::tz::TimeZone::UTC.to_datetime(now).date(),
        data: Data::LogOpened(opened),
    };
    let cause = Cause {
        command: CommandId::new(&format!("log-opened-{epoch}"))?,
        sha256: String::new(),
        person: "vekha".parse()?,
        role: Role::Admin,
        behalf: None,
        decided_at: Seq::NONE,
        claim: None,
    };
    let (id, bytes) = event.encode(&cause, 0, now)?;
    Ok(NewRecord {
        subject: format!("{SUBJECT_PREFIX}.{}", event.target.subject(id)),
        id: id.to_string(),
        payload: bytes.into(),
        expect: Expect::LastOnSubject(Seq::NONE),
    })
}
