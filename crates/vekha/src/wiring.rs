//! Puts the parts together, starts them, and stops them in order. The only place that spawns.

mod log;
mod tasks;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bi::Feed;
use board::{Follower, Latest};
use commands::Gate;
use domain::id::PersonCode;
use jetstream::JetStream;
use jiff::Timestamp;
use journal::Journal;
use mart::{Live, Sink};
use metrics_exporter_prometheus::PrometheusHandle;
use projector::{Projector, Replica};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use web::auth::TokenStore;

use self::log::{Opened, Sharing};
use self::tasks::Tasks;
use crate::cli::ServeArgs;
use crate::config::{self, Settings};
use crate::out::Out;
use crate::telemetry;

/// Where a data folder keeps its tokens.
pub(crate) fn tokens_file(data: &Path) -> PathBuf {
    data.join("tokens.json")
}

/// The tokens of a data folder; none while there is no file.
///
/// # Errors
/// A file that cannot be read as what it should be.
pub(crate) fn tokens(data: &Path) -> anyhow::Result<TokenStore> {
    TokenStore::load(&tokens_file(data)).context("cannot read the access tokens")
}

/// What persons are called: `names.json` of a data folder, code to name. Names stand outside the log, so that they
/// can change and be forgotten; without the file, codes are shown.
///
/// # Errors
/// A file that cannot be read as what it should be.
pub(crate) fn names(data: &Path) -> anyhow::Result<HashMap<PersonCode, String>> {
    let path = data.join("names.json");
    if !path.exists() {
        return Ok(HashMap::new());
    }
    let read = || Ok::<_, std::io::Error>(serde_json::from_slice(&std::fs::read(&path)?)?);
    read().with_context(|| format!("cannot read the directory of names {}", path.display()))
}

/// The wall clock, read here and nowhere below.
pub(crate) fn clock() -> Timestamp {
    Timestamp::now()
}

/// Everything that runs below the web: broker, log, projector. Stopped in the order of the data's way.
pub(crate) struct Core {
    pub(crate) log: JetStream,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) replica: Replica,
    broker: Option<log::Local>,
    metrics: PrometheusHandle,
    tasks: Tasks,
    stop_values: CancellationToken,
    stop_projector: CancellationToken,
    stop_log: CancellationToken,
    stop_broker: CancellationToken,
}

impl Core {
    /// Starts broker, log and projector.
    ///
    /// # Errors
    /// What could not be started, and what to do about it.
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let metrics = telemetry::measure()?;
        let mut tasks = Tasks::default();
        let (stop_projector, stop_log, stop_broker) =
            (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
        let opened = Opened::open(settings, Sharing::Refused, &mut tasks, &stop_log, &stop_broker).await?;
        let journal: Arc<dyn Journal> = Arc::new(opened.log.clone());
        let config = projector::Config {
            segment_events: settings.segment_events,
            ..projector::Config::new(settings.data.join("projection"))
        };
        let (projector, replica) =
            Projector::open(config, Arc::clone(&journal)).await.context("cannot open the projection")?;
        let stop = stop_projector.clone();
        tasks.spawn("projector", async move {
            // Its failure is told by readiness; reads go on with the watermark they have.
            if let Err(failure) = projector.run(stop.clone()).await {
                error!("the projector stopped, reads stay at their position: {:#}", anyhow::Error::new(failure));
                stop.cancelled().await;
            }
            Ok(())
        });
        let Opened { log, broker } = opened;
        let stop_values = CancellationToken::new();
        Ok(Self { log, journal, replica, broker, metrics, tasks, stop_values, stop_projector, stop_log, stop_broker })
    }

    /// Waits until the projection has caught up with the log.
    ///
    /// # Errors
    /// The projector's failure.
    pub(crate) async fn caught_up(&self) -> anyhow::Result<()> {
        let tip = self.journal.tip().await.context("the log does not answer")?.last;
        loop {
            if self.replica.wait_for(tip, Duration::from_secs(5)).await.is_ok() {
                return Ok(());
            }
            let status = self.replica.status();
            if let Some(failure) = status.failure {
                anyhow::bail!("the projector stopped: {failure}");
            }
            info!(lag = status.lag_events, "catching up, {} events to go", status.lag_events);
        }
    }

    /// Process id of the local broker, where there is one.
    pub(crate) fn broker_pid(&self) -> Option<u32> {
        self.broker.as_ref().map(|broker| broker.pid)
    }

    /// Address of the local broker; empty where another one is used.
    pub(crate) fn broker_url(&self) -> &str {
        self.broker.as_ref().map_or("", |broker| &broker.url)
    }

    /// The way of commands.
    pub(crate) fn gate(&self) -> Gate {
        let settings = commands::Settings::default();
        let appraiser = board::appraiser(indicators::Catalogue::standard());
        Gate::new(Arc::clone(&self.journal), self.replica.clone(), Arc::new(clock), appraiser, settings)
    }

    /// Serves until `stop`, or until a part ends by itself.
    ///
    /// # Errors
    /// The part that ended and why.
    pub(crate) async fn serve(
        &mut self,
        listener: TcpListener,
        settings: &Settings,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let log = self.log.clone();
        let metrics = self.metrics.clone();
        let (gate, latest) = (self.gate(), Arc::new(Latest::default()));
        let follower = Follower::new(gate.clone(), indicators::Catalogue::standard(), Arc::clone(&latest));
        let feed = Arc::new(Feed::new(gate.clone(), Arc::clone(&latest)));
        let folder = settings.data.join("feed");
        let snapshots = web::Shelf::open(&folder, settings.feed.cache_bytes, settings.feed.age_max)
            .with_context(|| format!("cannot empty the folder of the feed's snapshots, {}", folder.display()))?;
        let app = web::service(web::Parts {
            gate,
            evidence: Arc::new(self.log.evidence()),
            tokens: Arc::new(tokens(&settings.data)?),
            catalogue: indicators::Catalogue::standard(),
            latest,
            shelf: snapshots,
            link_key: rand::random(),
            names: Arc::new(names(&settings.data)?),
            metrics: Arc::new(move || metrics.render()),
            log_trouble: Arc::new(move || log.health().trouble()),
            settings: web::Settings {
                training: settings.training,
                public_url: settings.public_url.clone(),
                link_max: settings.feed.link_max,
                ..web::Settings::default()
            },
        });
        // Who follows the values is told that the service ends as soon as it does; the task ends in its turn.
        let (stopped, ended) = (stop.clone(), self.stop_values.clone());
        self.tasks.spawn("values", async move {
            follower.run(stopped).await;
            ended.cancelled().await;
            Ok(())
        });
        if let Some(address) = settings.mart.clone() {
            let sink = Sink::new(address, Live::new(feed, self.replica.clone()));
            let (stopped, ended) = (stop.clone(), self.stop_values.clone());
            self.tasks.spawn("mart", async move {
                sink.run(stopped).await;
                ended.cancelled().await;
                Ok(())
            });
        }
        tokio::select! {
            served = web::serve(listener, app, stop, settings.grace) => served.context("cannot serve"),
            ended = self.tasks.ended() => Err(ended),
        }
    }

    /// Stops everything, the projector first: it writes its checkpoint while the log still answers.
    pub(crate) async fn stop(mut self) {
        self.stop_values.cancel();
        self.tasks.join("values").await;
        self.tasks.join("mart").await;
        self.stop_projector.cancel();
        self.tasks.join("projector").await;
        self.stop_log.cancel();
        self.tasks.join("engine").await;
        self.stop_broker.cancel();
        self.tasks.join_all().await;
    }
}

/// The log alone, for a command that only reads it: over the broker that runs on the folder, or one of our own.
pub(crate) struct LogOnly {
    pub(crate) log: JetStream,
    tasks: Tasks,
    stop: CancellationToken,
}

impl LogOnly {
    /// Opens the log of a data folder.
    ///
    /// # Errors
    /// What is wrong with broker or log.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let (mut tasks, stop) = (Tasks::default(), CancellationToken::new());
        let opened = Opened::open(settings, Sharing::Allowed, &mut tasks, &stop, &stop).await?;
        Ok(Self { log: opened.log, tasks, stop })
    }

    /// Stops what `open` started.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.tasks.join_all().await;
    }
}

/// A connection that writes, for measuring.
pub(crate) struct Writer {
    pub(crate) log: JetStream,
    tasks: Tasks,
    stop: CancellationToken,
}

impl Writer {
    /// Connects.
    ///
    /// # Errors
    /// What is wrong with the broker.
    pub(crate) async fn start(config: jetstream::Config) -> anyhow::Result<Self> {
        let (log, engine) = JetStream::connect(config).await?;
        let (mut tasks, stop) = (Tasks::default(), CancellationToken::new());
        let stopped = stop.clone();
        tasks.spawn("engine", async move {
            engine.run(stopped).await;
            Ok(())
        });
        Ok(Self { log, tasks, stop })
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.tasks.join_all().await;
    }
}

/// `vekha serve`.
pub(crate) async fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    let (raw, settings) = config::read(args.config.as_deref())?;
    if args.print {
        return Out::new().line(raw.print()?);
    }
    std::fs::create_dir_all(&settings.data)
        .with_context(|| format!("cannot make the data folder {}", settings.data.display()))?;
    let listener = listen(&settings).await?;
    let stop = tasks::on_signal();
    let mut core = Core::start(&settings).await?;
    info!("serving on http://{}", listener.local_addr()?);
    let outcome = core.serve(listener, &settings, stop).await;
    core.stop().await;
    outcome
}

/// Takes the port before anything else starts, so that a taken one is told at once.
///
/// # Errors
/// The address and why it cannot be had.
pub(crate) async fn listen(settings: &Settings) -> anyhow::Result<TcpListener> {
    let address = settings.listen;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is the port taken? Choose another with --port or listen"))
}

/// A token that a signal cancels; the second signal ends the process at once.
pub(crate) fn on_signal() -> CancellationToken {
    tasks::on_signal()
}
