//! The story, loaded as an earlier system's history.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::Context;
use commands::{Deed, Import, Loaded};
use domain::actor::{Actor, Role, Scope};
use domain::event::CommandId;
use domain::id::PersonCode;
use domain::plan::Plan;
use indicatif::{ProgressBar, ProgressStyle};
use scenario::{Settings, Step, World};
use tracing::info;

use crate::wiring::Core;

/// Between two log lines of a long load where there is no terminal.
const TOLD_EVERY: Duration = Duration::from_secs(5);
/// Events of one atomic batch.
const BATCH_EVENTS: usize = 1_000;

/// What was told.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// Schools of the story.
    pub(crate) schools: usize,
    /// Commands, sent twice or not.
    pub(crate) commands: u64,
    /// Commands whose first answer was given again.
    pub(crate) repeated: u64,
    /// Events that this run stored.
    pub(crate) events: u64,
    /// From the first command until the last event was visible.
    pub(crate) took: Duration,
    /// What its people are called.
    pub(crate) names: Vec<(PersonCode, String)>,
}

/// The plan of the story, read from its document.
///
/// # Errors
/// None, unless the embedded document and its profile do not fit.
pub(crate) fn plan() -> anyhow::Result<Plan> {
    let profile = plan_import::Profile::parse(scenario::PLAN_PROFILE).context("the embedded profile is damaged")?;
    plan_import::import(scenario::PLAN_TEXT, Some(&profile), None).context("the embedded plan cannot be read")
}

/// The world of a story.
///
/// # Errors
/// See [`plan`].
pub(crate) fn world(schools: u32, seed: u64) -> anyhow::Result<World> {
    Ok(scenario::world(&Settings { schools, seed, ..Settings::default() }, &plan()?))
}

/// Tells one year or several into the log and waits until all of it is visible.
///
/// # Errors
/// What stopped the load; run again, it goes on where it stopped.
pub(crate) async fn tell(core: &Core, settings: &Settings) -> anyhow::Result<Story> {
    let start = Instant::now();
    let mut story = Story { schools: 0, commands: 0, repeated: 0, events: 0, took: Duration::ZERO, names: Vec::new() };
    for (nth, world) in scenario::years(settings, &plan()?).enumerate() {
        let loaded = load(core, settings, nth, &world).await?;
        story.schools = story.schools.max(world.schools());
        story.commands += loaded.deeds;
        story.repeated += loaded.repeated;
        story.events += loaded.events;
        story.names.extend(world.directory());
    }
    core.caught_up().await?;
    story.names.sort();
    story.names.dedup();
    story.took = start.elapsed();
    Ok(story)
}

/// Loads one year.
async fn load(core: &Core, settings: &Settings, nth: usize, world: &World) -> anyhow::Result<Loaded> {
    let Settings { seed, schools, .. } = settings;
    let deeds = world.setup().chain(scenario::year(world)).map(deed);
    let importer = Actor::new("importer".parse()?, Role::Importer, Scope::All);
    let year = if nth == 0 { String::new() } else { format!("-{}", nth + 1) };
    let import = Import {
        importer,
        source: "vekha demo".to_owned(),
        key: format!("demo-{seed}-{schools}{year}"),
        batch_events: BATCH_EVENTS,
    };
    let bar = progress_bar(world);
    let mut told_at = Instant::now();
    let loaded = core
        .gate()
        .load(&import, deeds, |progress| {
            bar.set_position(progress.deeds);
            if bar.is_hidden() && told_at.elapsed() > TOLD_EVERY {
                told_at = Instant::now();
                info!("told {} commands, {} events stored", progress.deeds, progress.events);
            }
        })
        .await
        .context("the story could not be told to its end")?;
    bar.finish_and_clear();
    Ok(loaded)
}

fn progress_bar(world: &World) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // About one command and a half for each obligation: the bar ends near its end.
    let expected = u64::try_from(world.obligations()).unwrap_or(u64::MAX).saturating_mul(3) / 2;
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos} commands, {per_sec}, {eta}");
    let bar = ProgressBar::new(expected).with_message("telling the year");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn deed(step: Step) -> Deed {
    Deed {
        actor: step.actor,
        grant: step.grant,
        key: CommandId::new(&step.command_id).expect("the story's keys are short and visible ASCII"),
        command: step.command,
        claimed_at: step.at,
        today: step.today,
    }
}
