//! Group commit: who waits is stored together.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered};
use journal::{AppendError, NewRecord, Seq, limits};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Published;
use super::settle::{Unit, settle};
use crate::Core;

/// Most singles in flight: with more the broker's syncs do not get faster.
const SINGLES_MAX: usize = 16;
/// Most payload bytes of a group, so that a batch is through in a fraction of a second.
const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A record counts once in the bound on appends in flight for each such piece.
const WEIGHT_BYTES: usize = 16 * 1024;

/// An append on its way.
#[derive(Debug)]
struct Job {
    unit: Unit,
    begun: Instant,
    answer: oneshot::Sender<Result<Vec<Seq>, AppendError>>,
    /// Held until the append has a verdict, whether or not somebody still waits for it.
    _room: OwnedSemaphorePermit,
}

/// Entrance to the engine: bounded.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    jobs: mpsc::UnboundedSender<Job>,
    room: Arc<Semaphore>,
    room_max: usize,
}

/// The task that stores appends; run it, or every append waits for ever.
#[derive(Debug)]
pub struct Engine {
    core: Arc<Core>,
    jobs: mpsc::UnboundedReceiver<Job>,
    waiting: VecDeque<Job>,
    flights: FuturesUnordered<BoxFuture<'static, Landed>>,
    singles: usize,
    batches: usize,
}

/// A flight that came back.
#[derive(Debug)]
enum Landed {
    Single,
    Batch,
}

/// Makes the entrance and the engine behind it.
pub(crate) fn gate(core: Arc<Core>) -> (Gate, Engine) {
    let (sender, jobs) = mpsc::unbounded_channel();
    let room_max = core.config.in_flight_max.clamp(1, Semaphore::MAX_PERMITS >> 1);
    let gate = Gate { jobs: sender, room: Arc::new(Semaphore::new(room_max)), room_max };
    let (waiting, flights) = (VecDeque::new(), FuturesUnordered::new());
    (gate, Engine { core, jobs, waiting, flights, singles: 0, batches: 0 })
}

impl Gate {
    /// Hands an append to the engine and waits for the verdict.
    pub(crate) async fn append(&self, core: &Core, records: Vec<NewRecord>) -> Result<Vec<Seq>, AppendError> {
        let weight: usize = records.iter().map(|r| 1 + r.payload.len() / WEIGHT_BYTES).sum();
        let weight = u32::try_from(weight.min(self.room_max)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(weight);
        let room = room.map_err(|_| AppendError::Overloaded { retry_after: Duration::from_secs(1) })?;
        let (answer, verdict) = oneshot::channel();
        let unit = Unit { records, floor: core.highest(), in_doubt: false };
        let job = Job { unit, begun: Instant::now(), answer, _room: room };
        let stopped = || AppendError::Unavailable { reason: "the process is stopping".into() };
        self.jobs.send(job).map_err(|_| stopped())?;
        verdict
            .await
            .unwrap_or_else(|_| Err(AppendError::Unknown { reason: "the process stopped before the answer".into() }))
    }
}

impl Engine {
    /// Stores appends until told to stop; what was taken before is brought to its verdict.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut open = true;
        while open || !self.waiting.is_empty() || !self.flights.is_empty() {
            // All three are cancel-safe: a job or a landing is taken only when it is returned.
            tokio::select! {
                () = stop.cancelled(), if open => {
                    open = false;
                    self.jobs.close();
                }
                Some(landed) = self.flights.next(), if !self.flights.is_empty() => match landed {
                    Landed::Single => self.singles -= 1,
                    Landed::Batch => self.batches -= 1,
                },
                job = self.jobs.recv(), if open => match job {
                    Some(job) => self.waiting.push_back(job),
                    None => open = false,
                },
            }
            // Whoever came meanwhile is stored with the rest.
            while let Ok(job) = self.jobs.try_recv() {
                self.waiting.push_back(job);
            }
            self.launch();
        }
    }

    /// Starts what may start: a batch when enough wait, else singles.
    fn launch(&mut self) {
        while let Some(front) = self.waiting.front() {
            let records: usize = self.waiting.iter().map(|job| job.unit.records.len()).sum();
            let group = front.unit.records.len() > 1 || records >= self.core.config.group_from;
            if group && self.batches == 0 {
                let jobs = self.take_group();
                let core = Arc::clone(&self.core);
                self.batches += 1;
                self.flights.push(Box::pin(async move {
                    fly_group(&core, jobs).await;
                    Landed::Batch
                }));
            } else if !group && self.batches == 0 && self.singles < SINGLES_MAX {
                let Some(job) = self.waiting.pop_front() else { return };
                let core = Arc::clone(&self.core);
                self.singles += 1;
                self.flights.push(Box::pin(async move {
                    fly_alone(&core, job).await;
                    Landed::Single
                }));
            } else {
                return;
            }
        }
    }

    /// Takes waiting appends into one batch, in order, each subject by one append only.
    fn take_group(&mut self) -> Vec<Job> {
        let mut subjects: HashSet<String> = HashSet::new();
        let (mut records, mut bytes) = (0, 0);
        let mut taken: Vec<Job> = Vec::new();
        let mut left = VecDeque::new();
        for job in self.waiting.drain(..) {
            let count = records + job.unit.records.len();
            let size: usize = job.unit.records.iter().map(|r| r.payload.len()).sum();
            let fits = count <= limits::BATCH_RECORDS_MAX && (taken.is_empty() || bytes + size <= GROUP_BYTES_MAX);
            let apart = job.unit.records.iter().all(|r| !subjects.contains(&r.subject));
            // Appends on one subject keep their order: one that waits holds back its subjects.
            subjects.extend(job.unit.records.iter().map(|r| r.subject.clone()));
            if fits && apart {
                records = count;
                bytes += size;
                taken.push(job);
            } else {
                left.push_back(job);
            }
        }
        self.waiting = left;
        taken
    }
}

async fn fly_alone(core: &Core, mut job: Job) {
    metrics::histogram!("vekha_append_batch_size").record(1.0);
    let verdict = settle(core, &mut job.unit).await;
    land(core, job, verdict);
}

/// Stores a group as one atomic batch; whatever is not stored that way is stored as its parts.
async fn fly_group(core: &Core, mut jobs: Vec<Job>) {
    if jobs.len() == 1 {
        let Some(job) = jobs.pop() else { return };
        return fly_alone(core, job).await;
    }
    let records: Vec<&NewRecord> = jobs.iter().flat_map(|job| &job.unit.records).collect();
    let count = u32::try_from(records.len()).expect("a batch is small");
    metrics::histogram!("vekha_append_batch_size").record(f64::from(count));
    match core.publisher.batch(&records).await {
        Published::Stored(seqs) => {
            let mut seqs = seqs.into_iter();
            for job in jobs {
                let own = seqs.by_ref().take(job.unit.records.len()).collect();
                land(core, job, Ok(own));
            }
        }
        // One part spoils the batch for all: each is sent again as it was.
        Published::Conflict(_) | Published::KnownId | Published::Refused { .. } => {
            fly_parts(core, jobs).await;
        }
        Published::Later(_) | Published::NotNow(_) => fly_parts(core, jobs).await,
        Published::Unknown(_) => {
            for job in &mut jobs {
                job.unit.in_doubt = true;
            }
            fly_parts(core, jobs).await;
        }
    }
}

async fn fly_parts(core: &Core, jobs: Vec<Job>) {
    let (singles, batches): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.unit.records.len() == 1);
    let alone = stream::iter(singles).for_each_concurrent(SINGLES_MAX, |job| fly_alone(core, job));
    alone.await;
    for job in batches {
        fly_alone(core, job).await;
    }
}

/// Hands over the verdict and counts it.
fn land(core: &Core, job: Job, verdict: Result<Vec<Seq>, AppendError>) {
    let outcome = match &verdict {
        Ok(seqs) => {
            core.raise(seqs.last().copied().unwrap_or_default());
            "stored"
        }
        Err(AppendError::Refused(_)) => "refused",
        Err(AppendError::Unknown { .. }) => "unknown",
        Err(_) => "unavailable",
    };
    metrics::counter!("vekha_append_outcomes_total", "outcome" => outcome).increment(1);
    metrics::histogram!("vekha_append_seconds").record(job.begun.elapsed().as_secs_f64());
    if job.answer.send(verdict).is_err() {
        tracing::debug!("an append got its verdict, but nobody waits for it any more");
    }
}
