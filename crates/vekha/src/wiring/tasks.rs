//! Named tasks: every one is known, awaited, and missed when it ends by itself.

use std::collections::HashMap;
use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// The tasks of the process.
#[derive(Default)]
pub(crate) struct Tasks {
    set: JoinSet<anyhow::Result<()>>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// Starts a task under a name.
    pub(crate) fn spawn(
        &mut self,
        name: &'static str,
        work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let id = self.set.spawn(work).id();
        self.names.insert(id, name);
    }

    /// Waits for the next task that ends, and says which and why: none should.
    pub(crate) async fn ended(&mut self) -> anyhow::Error {
        match self.set.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, outcome))) => {
                let name = self.names.remove(&id).unwrap_or("a task");
                match outcome {
                    Ok(()) => anyhow::anyhow!("{name} ended by itself"),
                    Err(error) => error.context(format!("{name} failed")),
                }
            }
            Some(Err(broken)) => {
                let name = self.names.remove(&broken.id()).unwrap_or("a task");
                anyhow::anyhow!("{name} broke: {broken}")
            }
        }
    }

    /// Waits for a task that was told to stop.
    pub(crate) async fn join(&mut self, name: &str) {
        while self.names.values().any(|known| *known == name) && !self.set.is_empty() {
            self.join_one().await;
        }
    }

    /// Waits for all of them.
    pub(crate) async fn join_all(&mut self) {
        while !self.set.is_empty() {
            self.join_one().await;
        }
    }

    async fn join_one(&mut self) {
        match self.set.join_next_with_id().await {
            None => {}
            Some(Ok((id, outcome))) => {
                let name = self.names.remove(&id).unwrap_or("a task");
                if let Err(failure) = outcome {
                    error!("{name} ended with trouble: {failure:#}");
                }
            }
            Some(Err(broken)) => {
                let name = self.names.remove(&broken.id()).unwrap_or("a task");
                error!("{name} broke: {broken}");
            }
        }
    }
}

/// A token that the first SIGINT or SIGTERM cancels; the second one ends the process at once.
#[expect(
    clippy::disallowed_methods,
    reason = "signals outlive every task, and the second one ends the process without waiting for any"
)]
pub(crate) fn on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            error!("signals cannot be caught: stop with kill -9 and trust the log");
            return;
        };
        let mut next = async || {
            tokio::select! { _ = interrupt.recv() => (), _ = terminate.recv() => () }
        };
        next().await;
        info!("stopping: finishing requests, writing the checkpoint (a second signal ends at once)");
        told.cancel();
        next().await;
        std::process::exit(1);
    });
    stop
}
