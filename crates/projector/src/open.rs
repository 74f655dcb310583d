//! Opening: find the newest checkpoint that is of this log and this program, or begin anew.

use std::sync::Arc;
use std::time::Duration;

use domain::expand::hex;
use journal::{Journal, ReadError, Record, Seq, Tip};
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::checkpoint::{Manifest, Rejected, Restored, Versions};
use crate::error::OpenError;
use crate::milestones::Shelf;
use crate::pending::Pending;
use crate::replica::{Replica, State};
use crate::run::Projector;
use crate::{Config, files};

/// Pause between two questions to a log that does not answer.
const RETRY_EVERY: Duration = Duration::from_millis(200);

impl Projector {
    /// Opens the caches of a folder and holds them to the log.
    ///
    /// A checkpoint that is torn, or of another version, is removed with a warning, and the state is
    /// built from the log by [`Projector::run`]. The replica answers at once, as of the checkpoint.
    ///
    /// # Errors
    /// [`OpenError`]; most of all [`OpenError::LogDiverged`], when the log is not the one behind the
    /// checkpoint.
    pub async fn open(config: Config, journal: Arc<dyn Journal>) -> Result<(Self, Replica), OpenError> {
        let deadline = Instant::now() + config.open_within;
        let tip = tip(&*journal, deadline).await?;
        if tip.first > Seq::FIRST {
            return Err(OpenError::Cut { first: tip.first });
        }
        let restored = match restore(&config, &*journal, &tip, deadline).await? {
            Ok(restored) => restored,
            Err(rejected) if rejected.heals() => {
                warn!(dir = %config.dir.display(), "{rejected}: the caches are removed and built anew from the log");
                files::sweep(&config.dir, |_| false);
                None
            }
            Err(rejected) => return Err(OpenError::LogDiverged { dir: config.dir, rejected }),
        };
        let (state, pending, segments) = match restored {
            Some(Restored { register, facts, raw, segments }) => {
                let watermark = register.last_seq();
                let first = segments.last().map_or(Seq::FIRST, |segment| segment.last.next());
                info!(seq = watermark.get(), tip = tip.last.get(), "the checkpoint at {watermark} is of this log");
                (State { register, facts, watermark }, Pending::new(first, raw), segments)
            }
            None => (State::default(), Pending::new(Seq::FIRST, Vec::new()), Vec::new()),
        };
        let shelf = shelf(&config, &tip, state.watermark).await?;
        let replica = Replica::new(tip.epoch, state, tip.last, shelf);
        Ok((Self::new(config, journal, replica.clone(), pending, segments), replica))
    }
}

/// The checkpoint's state, when there is one that can be used.
async fn restore(
    config: &Config,
    journal: &dyn Journal,
    tip: &Tip,
    deadline: Instant,
) -> Result<Result<Option<Restored>, Rejected>, OpenError> {
    let (dir, ours) = (config.dir.clone(), Versions::ours(config.segment_events));
    let manifest = blocking(move || Manifest::read(&dir, ours)).await?;
    let manifest = match manifest {
        Ok(Some(manifest)) => manifest,
        Ok(None) => return Ok(Ok(None)),
        Err(rejected) => return Ok(Err(rejected)),
    };
    if manifest.epoch != tip.epoch.as_str() {
        return Ok(Err(Rejected::OtherEpoch { found: manifest.epoch, log: tip.epoch.to_string() }));
    }
    if manifest.seq > tip.last {
        return Ok(Err(Rejected::AheadOfLog { checkpoint: manifest.seq, log: tip.last }));
    }
    let record = record(journal, manifest.seq, deadline).await?;
    if hex(&Sha256::digest(&record.payload)) != manifest.last_event_sha256 {
        return Ok(Err(Rejected::Diverged { seq: manifest.seq }));
    }
    let dir = config.dir.clone();
    Ok(blocking(move || manifest.restore(&dir)).await?.map(Some))
}

/// The milestones before the place that was reached.
async fn shelf(config: &Config, tip: &Tip, reached: Seq) -> Result<Shelf, OpenError> {
    let (dir, spacing) = (config.dir.clone(), config.milestone_events);
    let (ours, epoch) = (Versions::ours(config.segment_events), tip.epoch.clone());
    blocking(move || Shelf::open(&dir, spacing, ours, &epoch, reached)).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, OpenError> {
    spawn_blocking(work).await.map_err(OpenError::Panicked)
}

async fn tip(journal: &dyn Journal, deadline: Instant) -> Result<Tip, OpenError> {
    loop {
        match journal.tip().await {
            Err(ReadError::Unavailable { .. }) if Instant::now() < deadline => sleep(RETRY_EVERY).await,
            answer => return answer.map_err(OpenError::Unavailable),
        }
    }
}

/// A record that the log holds, though a replica of it may not have it yet.
async fn record(journal: &dyn Journal, seq: Seq, deadline: Instant) -> Result<Record, OpenError> {
    loop {
        match journal.get(seq).await {
            Ok(Some(record)) => return Ok(record),
            Ok(None) | Err(ReadError::Unavailable { .. }) if Instant::now() < deadline => sleep(RETRY_EVERY).await,
            Ok(None) => {
                let reason = format!("it does not give the record {seq} that it holds");
                return Err(OpenError::Unavailable(ReadError::Unavailable { reason }));
            }
            Err(error) => return Err(OpenError::Unavailable(error)),
        }
    }
}
