//! The service as its readers feel it: from a command to every level's values, answers a second, reads of the past.

use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use commands::Gate;
use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::id::ObligationId;
use futures::stream::{self, StreamExt as _};
use reqwest::Client;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::auth::TokenStore;

use super::{Line, line, request};
use crate::config::Settings;
use crate::wiring::{self, Core};

/// Commands a second while what changes is followed.
const PER_SECOND: u32 = 50;
/// Answers on their way together.
const TOGETHER: usize = 16;
/// How long answers are counted.
const COUNTED: Duration = Duration::from_secs(3);
/// Every municipality and indicator, one page.
const MUNICIPALITIES: &str = "/api/v1/values?level=municipality&limit=10000";
/// The token of the measuring client, valid in its own folder only.
const TOKEN: &str = "bench-0123456789abcdef0123456789abcdef";

/// Measures over HTTP on loopback.
pub(super) async fn run(core: &mut Core, settings: &Settings, open: &[ObligationId]) -> anyhow::Result<Vec<Line>> {
    let mut tokens = TokenStore::default();
    tokens.insert(TOKEN, "bench".parse()?, Role::Ministry, Scope::All);
    tokens.save(&wiring::tokens_file(&settings.data)).context("cannot write the token")?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (gate, stop) = (core.gate(), CancellationToken::new());
    let served = core.serve(listener, settings, stop.clone());
    let measured = async {
        let lines = measure(&gate, &url, open).await;
        stop.cancel();
        lines
    };
    let (served, lines) = tokio::join!(served, measured);
    served?;
    lines
}

async fn measure(gate: &Gate, url: &str, open: &[ObligationId]) -> anyhow::Result<Vec<Line>> {
    let client = Client::new();
    let warm = fetch(&client, url, MUNICIPALITIES).await?;
    let mut lines = vec![followed(gate, &client, url, open).await?];
    lines.extend(answered(&client, url, &warm).await?);
    for (what, query) in [
        ("as of a past instant, values of all municipalities", "&as_of=2023-01-31T12:00:00Z"),
        ("the same again, kept", "&as_of=2023-01-31T12:00:00Z"),
        ("judged on another day", "&on=2023-01-31"),
    ] {
        let start = Instant::now();
        let answer = fetch(&client, url, &format!("{MUNICIPALITIES}{query}")).await?;
        lines.push(line(what, format!("{:?}", start.elapsed()), format!("{} bytes", answer.len())));
    }
    let start = Instant::now();
    fetch(&client, url, "/api/v1/explain?org=primorye&level=region&period=2022-2023&indicator=I01").await?;
    lines.push(line("a region's value explained by its schools", format!("{:?}", start.elapsed()), "cold"));
    Ok(lines)
}

async fn fetch(client: &Client, url: &str, path: &str) -> anyhow::Result<Bytes> {
    let answer = client.get(format!("{url}{path}")).bearer_auth(TOKEN).send().await?.error_for_status()?;
    answer.bytes().await.context("the answer broke off")
}

/// From a command's request until a follower has read the changed value of the country.
async fn followed(gate: &Gate, client: &Client, url: &str, open: &[ObligationId]) -> anyhow::Result<Line> {
    let path = format!("{url}/api/v1/live?level=country&indicator=I03");
    let mut news = client.get(path).bearer_auth(TOKEN).send().await?.error_for_status()?;
    let actor = Actor::new("bench".parse()?, Role::Ministry, Scope::All);
    let sent = std::sync::Mutex::new(Vec::new());
    let telling = async {
        let mut beat = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
        for (at, id) in open.iter().enumerate() {
            beat.tick().await;
            // A release takes it out of numerator and denominator: the country's value changes.
            let body = serde_json::json!({"obligation": id.to_string(), "reason": "not-applicable", "basis": "bench"});
            let request = request(&actor, &format!("followed-{at}"), Act::Excuse, &body)?;
            let start = Instant::now();
            let receipt = gate.submit(request).await?;
            let seq = receipt.last_seq().context("it was stored")?.get();
            sent.lock().expect("nobody panics with it").push((seq, start));
        }
        anyhow::Ok(())
    };
    let mut seen: Vec<(u64, Instant)> = Vec::new();
    let read = async {
        let mut text = String::new();
        while let Some(piece) = news.chunk().await? {
            let now = Instant::now();
            text.push_str(&String::from_utf8_lossy(&piece));
            while let Some((event, rest)) = text.split_once("\n\n") {
                let id = event.lines().find_map(|one| one.strip_prefix("id: ")?.rsplit_once(':')?.1.parse().ok());
                if let Some(seq) = id.filter(|_| event.contains("event: values")) {
                    seen.push((seq, now));
                }
                text = rest.to_owned();
            }
        }
        anyhow::Ok(())
    };
    let patience = async {
        let outcome = telling.await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        outcome
    };
    tokio::select! {
        read = read => read?,
        sent = patience => sent?,
    }
    let sent = sent.into_inner().expect("nobody panics with it");
    let visible = |seq: u64| seen.iter().find(|(known, _)| *known >= seq).map(|(_, when)| *when);
    let mut took: Vec<Duration> =
        sent.iter().filter_map(|(seq, start)| Some(visible(*seq)?.duration_since(*start))).collect();
    anyhow::ensure!(took.len() * 10 > sent.len() * 9, "{} of {} changes were told", took.len(), sent.len());
    took.sort_unstable();
    let figure = format!("p50 {:?}, p99 {:?}", took[took.len() / 2], took[(took.len() - 1) * 99 / 100]);
    let note = format!("{} commands, {PER_SECOND} a second; read from /api/v1/live, level country", sent.len());
    Ok(line("command to every level's values, followed", figure, note))
}

/// Answers a second, beside an axum handler that has the same bytes in memory.
async fn answered(client: &Client, url: &str, bytes: &Bytes) -> anyhow::Result<Vec<Line>> {
    let own = count(client, &format!("{url}{MUNICIPALITIES}")).await?;
    let (listener, stop) = (TcpListener::bind(("127.0.0.1", 0)).await?, CancellationToken::new());
    let plain = format!("http://{}/", listener.local_addr()?);
    let router = web::unchanging(bytes.clone());
    let counted = async {
        let counted = count(client, &plain).await;
        stop.cancel();
        counted
    };
    let (served, base) = tokio::join!(web::serve(listener, router, stop.clone(), Duration::from_secs(5)), counted);
    served?;
    let base = base?;
    let ratio = base.per_second / own.per_second;
    Ok(vec![
        line(
            "answers of /values, municipalities × indicators",
            own.told(),
            format!("{} bytes, {TOGETHER} at a time", bytes.len()),
        ),
        line("the same bytes from memory, bare axum", base.told(), format!("{ratio:.2} times as many")),
    ])
}

/// What was counted.
struct Counted {
    per_second: f64,
    p99: Duration,
}

impl Counted {
    fn told(&self) -> String {
        format!("{:.0} /s, p99 {:?}", self.per_second, self.p99)
    }
}

async fn count(client: &Client, address: &str) -> anyhow::Result<Counted> {
    let until = Instant::now() + COUNTED;
    let one = |_| async move {
        let mut took = Vec::new();
        while Instant::now() < until {
            let start = Instant::now();
            client.get(address).bearer_auth(TOKEN).send().await?.error_for_status()?.bytes().await?;
            took.push(start.elapsed());
        }
        anyhow::Ok(took)
    };
    let all: Vec<anyhow::Result<Vec<Duration>>> =
        stream::iter(0..TOGETHER).map(one).buffer_unordered(TOGETHER).collect().await;
    let mut took: Vec<Duration> = all.into_iter().collect::<anyhow::Result<Vec<_>>>()?.concat();
    took.sort_unstable();
    anyhow::ensure!(!took.is_empty(), "nothing was answered in {COUNTED:?}");
    let per_second = f64::from(u32::try_from(took.len())?) / COUNTED.as_secs_f64();
    Ok(Counted { per_second, p99: took[(took.len() - 1) * 99 / 100] })
}
