//! The broker's process: born with a parent-death signal, ended gently.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::files::Folder;
use super::{BrokerError, find};

/// A broker that did not end so long after SIGTERM is killed; it recovers at the next start.
const STOP_WITHIN: Duration = Duration::from_mins(1);

/// A running broker.
#[derive(Debug)]
pub(super) struct Child {
    pid: u32,
    /// How it ended, once it has.
    ended: watch::Receiver<Option<String>>,
}

impl Child {
    /// Starts the broker.
    ///
    /// A thread of its own starts it and waits for it: the parent-death signal is sent when the
    /// *thread* that started the child ends, so it must not be one of a pool.
    pub(super) fn spawn(server: &Path, folder: &Folder, memory_mib: u64) -> Result<Self, BrokerError> {
        let (log, errors) = (folder.open_log()?, folder.open_log()?);
        let mut command = match find::on_path("setpriv") {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "TERM"]).arg(server);
                command
            }
            // Then a broker left behind by a killed process is ended at the next start.
            None => Command::new(server),
        };
        command.arg("-c").arg(folder.config());
        if env::var_os("GOMEMLIMIT").is_none() {
            command.env("GOMEMLIMIT", format!("{memory_mib}MiB"));
        }
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        let failed = |source: io::Error| BrokerError::Spawn { path: server.to_owned(), source };
        let (started, was_started) = mpsc::sync_channel(1);
        let (end, ended) = watch::channel(None);
        let parent = thread::Builder::new().name("vekha-broker".to_owned());
        let spawned = parent.spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => return drop(started.send(Err(error))),
            };
            drop(started.send(Ok(child.id())));
            let status = child.wait().map_or_else(|e| e.to_string(), |status| status.to_string());
            end.send_replace(Some(status));
        });
        spawned.map_err(failed)?;
        let pid = was_started.recv().map_err(io::Error::other).flatten().map_err(failed)?;
        Ok(Self { pid, ended })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Tells how the broker ended, if it has.
    pub(super) fn status(&self) -> Option<String> {
        self.ended.borrow().clone()
    }

    /// Waits for the broker's end. Cancel-safe.
    pub(super) async fn ended(&mut self) -> String {
        match self.ended.wait_for(Option::is_some).await {
            Ok(status) => status.clone().unwrap_or_default(),
            Err(_) => "it is no longer watched".to_owned(),
        }
    }

    /// Asks the broker to end.
    pub(super) fn terminate(&self) {
        if self.status().is_none() {
            signal(self.pid, Signal::SIGTERM);
        }
    }

    /// Ends the broker and waits for it.
    pub(super) async fn stop(&mut self) {
        self.terminate();
        if timeout(STOP_WITHIN, self.ended()).await.is_err() {
            warn!(broker.pid = self.pid, "the broker does not end, killing it");
            signal(self.pid, Signal::SIGKILL);
            self.ended().await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.terminate();
    }
}

fn signal(pid: u32, signal: Signal) {
    let Ok(pid) = i32::try_from(pid) else { return };
    if let Err(error) = kill(Pid::from_raw(pid), signal) {
        tracing::debug!("the broker was gone before {signal}: {error}");
    }
}

/// Whether a process is a broker on this folder.
pub(super) fn is_ours(pid: u32, folder: &Folder) -> bool {
    let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else { return false };
    let config = folder.config();
    let config = config.as_os_str().as_encoded_bytes();
    line.split(|byte| *byte == 0).any(|argument| argument == config)
}

/// Ends a broker that a killed process left behind on this folder.
pub(super) async fn end_leftover(folder: &Folder) {
    let Some(running) = folder.read_running() else { return };
    if !is_ours(running.pid, folder) {
        return;
    }
    info!(broker.pid = running.pid, "ending a broker that was left behind");
    signal(running.pid, Signal::SIGTERM);
    let begun = Instant::now();
    while is_ours(running.pid, folder) {
        if begun.elapsed() > STOP_WITHIN {
            warn!(broker.pid = running.pid, "it does not end, killing it");
            signal(running.pid, Signal::SIGKILL);
        }
        sleep(Duration::from_millis(50)).await;
    }
}
