//! The log on NATS JetStream, the evidence files beside it, and the supervised local broker.
//!
//! This crate knows subjects, sequences and bytes; it never looks into a payload and never decides
//! what an event means.

mod append;
pub mod broker;
mod config;
mod connect;
mod evidence;
mod fetch;
pub mod guard;
mod health;
mod log;
mod reader;
mod replay;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_nats::Client;
use async_nats::connection::State;
use journal::{Epoch, Seq};
use tokio::sync::watch;

pub use append::Engine;
pub use config::{Auth, Config};
pub use connect::{ConnectError, OpenError, SERVER_VERSION_MIN};
pub use evidence::EvidenceBucket;
pub use guard::{Guard, GuardError, GuardViolation};
pub use health::Health;
pub use log::JetStream;
pub use replay::BareReplay;

/// What the parts of this crate share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) config: Config,
    /// Connection of appends and of reads that decide.
    pub(crate) write: Client,
    /// Connection of readers: a replay does not stand in the way of an append.
    pub(crate) read: Client,
    pub(crate) publisher: append::Publisher,
    /// Management over the write connection.
    pub(crate) api: stream::Api,
    pub(crate) epoch: Epoch,
    pub(crate) health: Arc<watch::Sender<Health>>,
    /// Counts connections made by `read`.
    pub(crate) reconnects: watch::Receiver<u64>,
    highest: AtomicU64,
}

impl Core {
    /// The highest sequence that was acknowledged to us or seen.
    pub(crate) fn highest(&self) -> Seq {
        Seq(self.highest.load(Ordering::Acquire))
    }

    pub(crate) fn raise(&self, seq: Seq) {
        self.highest.fetch_max(seq.get(), Ordering::AcqRel);
    }

    pub(crate) fn health_now(&self) -> Health {
        let mut health = self.health.borrow().clone();
        health.connected = self.write.connection_state() == State::Connected;
        health
    }
}
