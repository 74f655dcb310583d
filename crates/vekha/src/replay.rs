//! `vekha replay`: everything again, from the log alone.

use std::time::{Duration, Instant};

use anyhow::Context;
use domain::id::Seq;
use indicators::{Board, Catalogue, Judged, Values};
use journal::Journal;
use register::{Register, Stored};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tracing::info;

use crate::cli::{Format, ReplayArgs};
use crate::config::Settings;
use crate::out::Out;
use crate::wiring::LogOnly;

/// Records of one read.
const READ: usize = 4_096;
/// Between two log lines of a long replay.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// `vekha replay --digest`.
pub(crate) async fn run(args: &ReplayArgs, out: &mut Out) -> anyhow::Result<()> {
    anyhow::ensure!(args.data.is_dir(), "there is no data folder {}", args.data.display());
    let log = LogOnly::open(&Settings::local(args.data.clone(), 0)).await?;
    let outcome = digest(&log.log).await;
    log.stop().await;
    let (seq, sha256) = outcome?;
    if args.format == Format::Json {
        return out.line(json!({"seq": seq, "events": seq, "sha256": sha256}).to_string());
    }
    out.line(format!("seq     {seq}\nevents  {seq}\nsha256  {sha256}"))
}

async fn digest(log: &dyn Journal) -> anyhow::Result<(u64, String)> {
    let tip = log.tip().await.context("the log does not answer")?.last;
    let register = register(log, tip).await?;
    Ok((tip.get(), of(&register)?))
}

/// SHA-256 over the register and every value at the instant of the last event, hexadecimal.
///
/// # Errors
/// The indicators could not be computed.
pub(crate) fn of(register: &Register) -> anyhow::Result<String> {
    let values = values(register)?;
    let both = Sha256::new().chain_update(register.digest()).chain_update(values.digest()).finalize();
    Ok(domain::expand::hex(&both))
}

/// Every value at the instant of the last event.
///
/// # Errors
/// The indicators could not be computed.
pub(crate) fn values(register: &Register) -> anyhow::Result<Values> {
    let as_of = register.last_recorded_at().context("the log is empty")?;
    let catalogue = Catalogue::standard().of(register).context("the definitions of the log cannot be read")?;
    let board =
        Board::of_register(register, Judged::at(as_of), catalogue).context("the indicators cannot be computed")?;
    Ok(board.values().clone())
}

/// Applies the log from its beginning to `tip`.
///
/// # Errors
/// An event that cannot be applied, or a log that does not answer.
pub(crate) async fn register(log: &dyn Journal, tip: Seq) -> anyhow::Result<Register> {
    let mut register = Register::new();
    let mut reader = log.read(Seq::FIRST);
    let mut pace = Pace::default();
    while register.last_seq() < tip {
        let batch = reader.next(READ).await.context("the log cannot be read")?;
        for record in batch.records.iter().take_while(|record| record.seq <= tip) {
            let stored = Stored { seq: record.seq, recorded_at: record.recorded_at, payload: &record.payload };
            register.apply(&register::parse(&stored)?)?;
        }
        pace.tell(register.last_seq(), tip);
    }
    Ok(register)
}

/// Tells how far a long reading of the log is, a line every few seconds.
pub(crate) struct Pace(Instant);

impl Default for Pace {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Pace {
    /// Tells it, when it is time again.
    pub(crate) fn tell(&mut self, reached: Seq, tip: Seq) {
        if self.0.elapsed() > TOLD_EVERY {
            self.0 = Instant::now();
            info!(seq = reached.get(), "read {reached} of {tip} events");
        }
    }
}
