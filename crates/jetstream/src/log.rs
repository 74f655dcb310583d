//! [`JetStream`]: the journal on a broker.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use journal::{AppendError, Epoch, Journal, NewRecord, ReadError, Reader, Record, Refused, Seq, Tip, check_shape};
use tokio::sync::watch;

use crate::append::{Gate, Published, gate};
use crate::connect::connect;
use crate::reader::StreamReader;
use crate::replay::{BareReplay, bare_replay};
use crate::{Config, ConnectError, Core, Engine, EvidenceBucket, Guard, Health, OpenError};

/// The log on a JetStream stream. Clones are handles to the same connections.
#[derive(Clone, Debug)]
pub struct JetStream {
    core: Arc<Core>,
    gate: Gate,
}

impl JetStream {
    /// Connects, waits for a broker that is starting or recovering, and creates the stream when
    /// there is none. The caller must run the [`Engine`], and should run [`JetStream::guard`].
    ///
    /// # Errors
    /// [`ConnectError`]; only `Unreachable` is worth another try.
    pub async fn connect(config: Config) -> Result<(Self, Engine), ConnectError> {
        let core = Arc::new(connect(config).await?);
        let (gate, engine) = gate(Arc::clone(&core));
        Ok((Self { core, gate }, engine))
    }

    /// Sees to it that the log begins with `first`, which is stored only into an empty log, and
    /// returns the log's epoch: the one in the stream's metadata, which `first` is made from.
    ///
    /// # Errors
    /// [`OpenError::Unavailable`] when that cannot be known now; [`OpenError::Violated`].
    pub async fn ensure_opened(&self, first: impl FnOnce(&Epoch) -> NewRecord) -> Result<Epoch, OpenError> {
        let unavailable = |reason: String| OpenError::Unavailable { reason };
        let violations = self.health().violations;
        if !violations.is_empty() {
            return Err(OpenError::Violated(violations));
        }
        let epoch = self.core.epoch.clone();
        if self.tip().await.map_err(|e| unavailable(e.to_string()))?.last > Seq::NONE {
            return Ok(epoch);
        }
        let record = first(&epoch);
        check_shape(std::slice::from_ref(&record)).map_err(|e| unavailable(e.to_string()))?;
        match self.core.publisher.very_first(&record).await {
            // Stored, or another process (or our own attempt) was first.
            Published::Stored(_) | Published::Conflict(_) | Published::KnownId => Ok(epoch),
            Published::Refused { code, description } => {
                Err(unavailable(format!("the broker answered {code}: {description}")))
            }
            Published::Later(reason) | Published::NotNow(reason) | Published::Unknown(reason) => {
                let tip = self.tip().await.map_err(|e| unavailable(e.to_string()))?;
                if tip.last > Seq::NONE { Ok(epoch) } else { Err(unavailable(reason)) }
            }
        }
    }

    /// Returns the epoch of the log that this handle was connected to.
    #[must_use]
    pub fn epoch(&self) -> &Epoch {
        &self.core.epoch
    }

    /// Returns the store of evidence files beside the log.
    #[must_use]
    pub fn evidence(&self) -> EvidenceBucket {
        EvidenceBucket::new(Arc::clone(&self.core))
    }

    /// Returns the guard over the stream's configuration.
    #[must_use]
    pub fn guard(&self) -> Guard {
        Guard::new(Arc::clone(&self.core))
    }

    /// Tells whether appends can succeed now; cheap, asks nobody.
    #[must_use]
    pub fn health(&self) -> Health {
        self.core.health_now()
    }

    /// Follows the log's health as the guard and the connection report it.
    #[must_use]
    pub fn health_changes(&self) -> watch::Receiver<Health> {
        self.core.health.subscribe()
    }

    /// Reads `count` records as the bare client library does, without looking at them: the measure
    /// for a replay.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the broker does not deliver them.
    pub async fn bare_replay(&self, count: u64) -> Result<BareReplay, ReadError> {
        bare_replay(&self.core, count).await
    }

    async fn checked_append(&self, records: Vec<NewRecord>) -> Result<Vec<Seq>, AppendError> {
        check_shape(&records)?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        for record in &records {
            let prefix = &self.core.config.subject_prefix;
            let rest = record.subject.strip_prefix(prefix.as_str());
            if !rest.is_some_and(|rest| rest.starts_with('.')) {
                let reason = format!("it does not begin with {prefix}");
                return Err(Refused::Subject { subject: record.subject.clone(), reason }.into());
            }
        }
        let health = self.health();
        if !health.violations.is_empty() {
            let difference = crate::guard::describe(&health.violations);
            return Err(AppendError::Guarded { difference });
        }
        if !health.connected {
            let reason = "the broker cannot be reached".to_owned();
            return Err(AppendError::Unavailable { reason });
        }
        self.gate.append(&self.core, records).await
    }
}

impl Journal for JetStream {
    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Seq>, AppendError>> {
        self.checked_append(records).boxed()
    }

    fn read(&self, from: Seq) -> Box<dyn Reader> {
        Box::new(StreamReader::new(Arc::clone(&self.core), from))
    }

    fn get(&self, seq: Seq) -> BoxFuture<'_, Result<Option<Record>, ReadError>> {
        self.core.get(seq).boxed()
    }

    fn last_on<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, Result<Option<Record>, ReadError>> {
        self.core.last_on(subject).boxed()
    }

    fn tip(&self) -> BoxFuture<'_, Result<Tip, ReadError>> {
        self.core.tip().boxed()
    }
}
