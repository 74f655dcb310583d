//! `vekha bench`: what this machine does, each rate beside a baseline of the same run.

mod served;

use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use commands::Request;
use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::event::CommandId;
use domain::id::ObligationId;
use domain::obligation::Phase;
use futures::stream::{self, StreamExt, TryStreamExt};
use jetstream::JetStream;
use journal::{Expect, Journal, NewRecord, Seq};
use tempfile::TempDir;

use crate::cli::BenchArgs;
use crate::config::Settings;
use crate::demo;
use crate::out::Out;
use crate::replay;
use crate::table;
use crate::wiring::{Core, Writer};

/// Bytes of a measured event: the mean of a told year.
const EVENT_BYTES: usize = 600;
/// Appends one by one, in all.
const SINGLES: u64 = 4_000;
/// Appends in flight where each is a write of its own.
const WRITERS: usize = 16;
/// Records of an atomic batch.
const BATCH: usize = 1_000;

/// Obligations of one transition.
const MANY: usize = 1_000;

/// One measured line.
struct Line {
    what: String,
    figure: String,
    note: String,
}

/// `vekha bench`.
pub(crate) async fn run(args: &BenchArgs, out: &mut Out) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("vekha-bench-").context("cannot make a temporary folder")?;
    let mut lines = vec![fsync(&folder)?];
    let settings = Settings::local(folder.path().to_owned(), 0);
    let mut core = Core::start(&settings).await?;
    let story =
        demo::tell(&core, &scenario::Settings { schools: args.schools, ..scenario::Settings::default() }).await?;
    lines.push(line(
        "history loaded, decided and stored",
        rate(story.events, story.took),
        format!("{} events of {} schools in atomic batches", story.events, args.schools),
    ));
    lines.extend(replays(&core).await?);
    lines.extend(recompute(&core)?);
    lines.extend(visible(&core, args.commands).await?);
    lines.extend(many(&core).await?);
    let open = open(&core, args.commands);
    lines.extend(served::run(&mut core, &settings, &open).await?);
    core.stop().await;

    // A log of its own: what is appended below is no event.
    let folder = TempDir::with_prefix("vekha-bench-").context("cannot make a temporary folder")?;
    lines.extend(appends(&folder, args.events).await?);
    let mut shown = table::fresh(["what", "figure", "how"]);
    for line in lines {
        shown.add_row([line.what, line.figure, line.note]);
    }
    out.line(shown.to_string())
}

fn line(what: &str, figure: String, note: impl Into<String>) -> Line {
    Line { what: what.to_owned(), figure, note: note.into() }
}

fn rate(count: u64, took: Duration) -> String {
    let per_second = count * 1_000 / u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    format!("{per_second} /s")
}

/// The disk's own pace: without it no append rate means anything.
fn fsync(folder: &TempDir) -> anyhow::Result<Line> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.path().join("fsync"))?;
    let mut took = Vec::new();
    for _ in 0..200 {
        file.write_all(&[0; 4_096])?;
        let start = Instant::now();
        file.sync_data()?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    Ok(line("fsync of 4 KiB, median", format!("{:?}", took[took.len() / 2]), "same disk, 200 times"))
}

async fn appends(folder: &TempDir, events: u64) -> anyhow::Result<Vec<Line>> {
    use jetstream::broker::{BrokerOptions, LocalBroker};
    let broker = LocalBroker::start(folder.path(), BrokerOptions::default()).await?;
    let mut config = jetstream::Config::new(broker.url(), broker.auth());
    config.group_from = usize::MAX;
    let alone = Writer::start(config).await?;
    let grouping = Writer::start(jetstream::Config::new(broker.url(), broker.auth())).await?;

    let mut lines = Vec::new();
    let took = append_each(&alone.log, "one", SINGLES, WRITERS).await?;
    lines.push(line(
        "append, one by one",
        rate(SINGLES, took),
        format!("{WRITERS} in flight, {EVENT_BYTES} B, fsync each"),
    ));
    let singles = took.as_secs_f64() / f64::from(u32::try_from(SINGLES)?);
    let took = append_each(&grouping.log, "group", events, BATCH * 2).await?;
    let grouped = took.as_secs_f64() / f64::from(u32::try_from(events)?);
    lines.push(line(
        "append, group commit",
        rate(events, took),
        format!("{} waiting; {:.1} times one by one", BATCH * 2, singles / grouped),
    ));
    let took = append_batches(&grouping.log, events).await?;
    lines.push(line("append, atomic batches", rate(events, took), format!("{BATCH} records a batch, one in flight")));
    alone.stop().await;
    grouping.stop().await;
    broker.stop().await;
    Ok(lines)
}

fn record(kind: &str, n: u64) -> NewRecord {
    NewRecord {
        subject: format!("vekha.ev.bench.{kind}.o{n}.p.1-1._"),
        id: format!("{kind}-{n}"),
        payload: Bytes::from(vec![b'x'; EVENT_BYTES]),
        expect: Expect::LastOnSubject(Seq::NONE),
    }
}

async fn append_each(log: &JetStream, kind: &str, count: u64, in_flight: usize) -> anyhow::Result<Duration> {
    let start = Instant::now();
    stream::iter(0..count)
        .map(|n| log.append(vec![record(kind, n)]))
        .buffer_unordered(in_flight)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    Ok(start.elapsed())
}

async fn append_batches(log: &JetStream, count: u64) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let numbers: Vec<u64> = (0..count).collect();
    for chunk in numbers.chunks(BATCH) {
        log.append(chunk.iter().map(|n| record("batch", *n)).collect()).await?;
    }
    Ok(start.elapsed())
}

/// The same stream read bare, read and parsed, and read and applied.
async fn replays(core: &Core) -> anyhow::Result<Vec<Line>> {
    let count = core.journal.tip().await?.last.get();
    let bare = core.log.bare_replay(count).await?;
    let start = Instant::now();
    let register = replay::register(&*core.journal, Seq(count)).await?;
    let took = start.elapsed();
    let ratio = took.as_secs_f64() / bare.elapsed.as_secs_f64();
    Ok(vec![
        line("replay, bare consumer", rate(count, bare.elapsed), "the client library alone, nothing decoded"),
        line(
            "replay into the register",
            rate(count, took),
            format!(
                "decoded, checked, applied; {ratio:.2} times the bare consumer's time; {} obligations",
                register.len()
            ),
        ),
    ])
}

/// From a command's request until a reader's recomputed values hold it.
async fn visible(core: &Core, commands: u32) -> anyhow::Result<Vec<Line>> {
    let gate = core.gate();
    let actor = Actor::new("bench".parse()?, Role::Ministry, Scope::All);
    let open = open(core, commands);
    anyhow::ensure!(!open.is_empty(), "every obligation of the story is done: nothing to command");
    let (mut receipts, mut values) = (Vec::new(), Vec::new());
    for (at, id) in open.iter().enumerate() {
        let body = serde_json::json!({"obligation": id.to_string(), "due": "2023-08-30", "basis": "bench"});
        let request = request(&actor, &format!("bench-{at}"), Act::MoveDeadline, &body)?;
        let start = Instant::now();
        gate.submit(request).await?;
        receipts.push(start.elapsed());
        core.replica.read(|state| replay::values(&state.register))?;
        values.push(start.elapsed());
    }
    let told = |mut took: Vec<Duration>| {
        took.sort_unstable();
        format!("p50 {:?}, p99 {:?}", took[took.len() / 2], took[(took.len() - 1) * 99 / 100])
    };
    let note = format!("{} commands, one after the other, fsync each", open.len());
    Ok(vec![
        line("command to receipt (stored and visible)", told(receipts), note.clone()),
        line("command to visible value", told(values), format!("{note}; all indicators recomputed each time")),
    ])
}

/// Some obligations that nobody fulfilled.
fn open(core: &Core, most: u32) -> Vec<ObligationId> {
    core.replica.read(|state| {
        let register = &state.register;
        let all = (0..).zip(&register.columns().phase).filter(|(_, phase)| **phase == Phase::Open);
        all.take(usize::try_from(most).unwrap_or(usize::MAX)).map(|(at, _)| register.id_of(at)).collect()
    })
}

/// A command as it would have come at the beginning of the story, when no deadline had passed.
fn request(actor: &Actor, key: &str, act: Act, body: &serde_json::Value) -> anyhow::Result<Request> {
    Ok(Request {
        actor: actor.clone(),
        grant: None,
        key: CommandId::new(key)?,
        act,
        body: body.to_string().into(),
        if_match: None,
        dry_run: false,
        training: Some("2022-09-02T00:00:00Z".parse()?),
    })
}

/// One act on many: a fact for every school of the region, and a transition of a thousand obligations.
async fn many(core: &Core) -> anyhow::Result<Vec<Line>> {
    let gate = core.gate();
    let actor = Actor::new("bench".parse()?, Role::Ministry, Scope::All);
    let (plan, some) = core.replica.read(|state| {
        let register = &state.register;
        let all = (0..).zip(&register.columns().phase).filter(|(_, phase)| **phase == Phase::Accepted);
        let some: Vec<String> = all.take(MANY).map(|(at, _)| register.id_of(at).to_string()).collect();
        (register.plans()[0].code().to_string(), some)
    });
    let fact = serde_json::json!({
        "plan": plan, "row": "18.3", "within": "primorye", "occurred_on": "2022-09-02", "details": {"note": "bench"},
    });
    let mut lines = Vec::new();
    let moved = serde_json::json!({
        "act": "move-deadline", "obligations": some, "body": {"due": "2023-08-30", "basis": "bench"},
    });
    for (what, act, body) in [
        ("one fact for all schools of the region", Act::RecordForAll, fact),
        ("one transition of many obligations", Act::ApplyToMany, moved),
    ] {
        let start = Instant::now();
        let receipt = gate.submit(request(&actor, &format!("bench-{act}"), act, &body)?).await?;
        let took = start.elapsed();
        let changed = receipt.items.iter().filter(|item| item.outcome != "refused").count();
        let note = format!("{changed} of {} obligations, stored and visible, an outcome each", receipt.items.len());
        lines.push(line(what, format!("{took:?}"), note));
    }
    Ok(lines)
}

fn recompute(core: &Core) -> anyhow::Result<Vec<Line>> {
    let mut took = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        core.replica.read(|state| replay::values(&state.register))?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    let obligations = core.replica.read(|state| state.register.len());
    Ok(vec![line(
        "all indicators recomputed, median",
        format!("{:?}", took[2]),
        format!("{obligations} obligations, every level and period"),
    )])
}
