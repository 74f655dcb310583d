//! `vekha demo`: a school year told by the real service, from an empty folder to tokens for each role.

mod http;
mod mistakes;
mod report;
mod story;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use domain::actor::{Role, Scope};
use domain::id::Seq;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::info;

use self::report::Seen;
pub(crate) use self::story::{Story, tell};
use crate::cli::{DemoArgs, Density, GenerateArgs};
use crate::config::Settings;
use crate::out::Out;
use crate::token;
use crate::wiring::{self, Core};

/// The folder of a demo: kept where one was named, removed where none was.
enum Folder {
    Named(PathBuf),
    Passing(TempDir),
}

impl Folder {
    fn of(named: Option<&PathBuf>) -> anyhow::Result<Self> {
        match named {
            Some(path) => {
                std::fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))?;
                Ok(Self::Named(path.clone()))
            }
            None => Ok(Self::Passing(TempDir::with_prefix("vekha-demo-").context("cannot make a temporary folder")?)),
        }
    }

    fn path(&self) -> PathBuf {
        match self {
            Self::Named(path) => path.clone(),
            Self::Passing(folder) => folder.path().to_owned(),
        }
    }
}

/// `vekha demo`.
pub(crate) async fn run(args: DemoArgs, out: &mut Out) -> anyhow::Result<()> {
    let folder = Folder::of(args.data.as_ref())?;
    let settings = Settings {
        training: args.over_http,
        mart: args.mart.clone(),
        ..Settings::local(folder.path(), if args.exit { 0 } else { args.port })
    };
    let stop = wiring::on_signal();
    let listener = wiring::listen(&settings).await?;
    let mut core = Core::start(&settings).await?;
    let outcome = if args.over_http {
        acted(&mut core, listener, &settings, &args, stop, out).await
    } else {
        loaded(&mut core, listener, &settings, &args, stop, out).await
    };
    core.stop().await;
    outcome
}

/// Loads the year, then prints or serves it.
async fn loaded(
    core: &mut Core,
    listener: TcpListener,
    settings: &Settings,
    args: &DemoArgs,
    stop: CancellationToken,
    out: &mut Out,
) -> anyhow::Result<()> {
    let told = tokio::select! {
        told = story(core, args) => told?,
        () = stop.cancelled() => return Ok(()),
    };
    let seen = Seen::of(core);
    if args.exit {
        return report::print(&seen, &told, out);
    }
    admit(settings, &told, &listener, core.broker_url(), &seen, out)?;
    core.serve(listener, settings, stop).await
}

/// Serves, and lets every person of the story act; then prints, and goes on serving unless asked to stop.
async fn acted(
    core: &mut Core,
    listener: TcpListener,
    settings: &Settings,
    args: &DemoArgs,
    stop: CancellationToken,
    out: &mut Out,
) -> anyhow::Result<()> {
    let url = format!("http://{}", listener.local_addr()?);
    let cast = http::Cast::of(&url, args.schools, args.seed)?;
    cast.admit(&settings.data)?;
    let printed = print_tokens(settings)?;
    let (seen, broker) = (Seen::of(core), core.broker_url().to_owned());
    let served = core.serve(listener, settings, stop.clone());
    tokio::pin!(served);
    let (told, rates) = tokio::select! {
        ended = &mut served => return ended,
        told = cast.act() => told?,
    };
    if args.exit {
        report::print(&seen, &told, out)?;
        rates.print(out)?;
        stop.cancel();
    } else {
        report::headline(&seen, &told, out)?;
        rates.print(out)?;
        keep_names(settings, &told)?;
        describe(settings, &url, &broker, &printed, out)?;
    }
    served.await
}

/// Tells the year into an empty log; a log that holds one already is taken as it is.
async fn story(core: &Core, args: &DemoArgs) -> anyhow::Result<Story> {
    let known = core.journal.tip().await.context("the log does not answer")?.last;
    if known > Seq::FIRST {
        info!("the log holds {known} events already; an interrupted story goes on where it stopped");
    }
    tell(core, &scenario::Settings { schools: args.schools, seed: args.seed, ..scenario::Settings::default() }).await
}

/// Lets one person of each role in, and tells where the service is.
fn admit(
    settings: &Settings,
    told: &Story,
    listener: &TcpListener,
    broker: &str,
    seen: &Seen,
    out: &mut Out,
) -> anyhow::Result<()> {
    let url = format!("http://{}", listener.local_addr()?);
    let printed = print_tokens(settings)?;
    keep_names(settings, told)?;
    report::headline(seen, told, out)?;
    describe(settings, &url, broker, &printed, out)
}

/// A token for one person of each role.
fn print_tokens(settings: &Settings) -> anyhow::Result<Map<String, Value>> {
    let mut tokens = wiring::tokens(&settings.data)?;
    let mut printed = Map::new();
    for (person, role, scope) in casts() {
        let secret = token::secret();
        tokens.insert(&secret, person.parse()?, role, scope);
        printed.insert(role.to_string(), Value::String(secret));
    }
    tokens.save(&wiring::tokens_file(&settings.data)).context("cannot keep the tokens")?;
    Ok(printed)
}

fn keep_names(settings: &Settings, told: &Story) -> anyhow::Result<()> {
    let names: std::collections::BTreeMap<_, _> = told.names.iter().cloned().collect();
    write_private(&settings.data.join("names.json"), &serde_json::to_vec(&names)?)
}

fn describe(
    settings: &Settings,
    url: &str,
    broker: &str,
    printed: &Map<String, Value>,
    out: &mut Out,
) -> anyhow::Result<()> {
    out.line(format!("\nСервис / service   {url}"))?;
    out.line(format!("Брокер / broker    {broker}"))?;
    out.line(format!("Папка  / data      {}", settings.data.display()))?;
    out.line("\nТокены / tokens")?;
    for (role, secret) in printed {
        out.line(format!("  {role:<12} {}", secret.as_str().unwrap_or_default()))?;
    }
    let secret = printed["ministry"].as_str().unwrap_or_default();
    out.line(format!(
        "\nПопробуйте / try\n  curl -H 'Authorization: Bearer {secret}' '{url}/api/v1/values?level=municipality&period=2022-2023.H1'\n\
         \x20 vekha indicators --api {url} --level municipality --period 2022-2023.H1 --token {secret}\n\
         \nCtrl-C завершает / ends"
    ))?;
    let told = json!({"url": url, "broker": broker, "tokens": printed});
    write_private(&settings.data.join("demo.json"), &serde_json::to_vec_pretty(&told)?)
}

/// One person of each role.
fn casts() -> Vec<(&'static str, Role, Scope)> {
    let home = "pogranichny".parse().map_or(Scope::All, Scope::Municipality);
    let school = "pogranichny-s01".parse().map_or(Scope::All, Scope::Org);
    vec![
        ("shkuratskaya-mv", Role::Ministry, Scope::All),
        ("tretyakova-tv", Role::Coordinator, home),
        ("head-pogranichny-s01", Role::School, school),
        ("auditor-primorye", Role::Auditor, Scope::All),
        ("bi-dashboards", Role::Bi, Scope::All),
        ("admin", Role::Admin, Scope::All),
    ]
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &std::path::Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let fresh = path.with_extension("json.new");
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// `vekha generate`.
pub(crate) async fn generate(args: &GenerateArgs, out: &mut Out) -> anyhow::Result<()> {
    std::fs::create_dir_all(&args.data).with_context(|| format!("cannot make the folder {}", args.data.display()))?;
    let settings = Settings::local(args.data.clone(), 0);
    let core = Core::start(&settings).await?;
    let density = match args.density {
        Density::Told => scenario::Density::Told,
        Density::Recorded => scenario::Density::Recorded,
    };
    let story = scenario::Settings { schools: args.schools, seed: args.seed, years: args.years, density };
    let told = tell(&core, &story).await;
    let outcome = match told {
        Ok(told) => report::headline(&Seen::of(&core), &told, out),
        Err(error) => Err(error),
    };
    core.stop().await;
    outcome
}

/// How long something took, for a person.
pub(crate) fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
