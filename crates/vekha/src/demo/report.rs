//! What a newcomer sees first: the indicators of the year, per municipality and semester.

use std::fmt::Write as _;

use anyhow::Context;
use comfy_table::Cell;
use domain::expand::hex;
use domain::obligation::Phase;
use indicators::{Level, Selection, Status, Values};

use projector::Replica;

use super::{Story, seconds};
use crate::out::Out;
use crate::replay;
use crate::table;
use crate::wiring::Core;

/// What a report looks at; it outlives the loan of the core to the service.
#[derive(Clone)]
pub(crate) struct Seen {
    replica: Replica,
    broker: Option<u32>,
}

impl Seen {
    /// Looks at a core.
    pub(crate) fn of(core: &Core) -> Self {
        Self { replica: core.replica.clone(), broker: core.broker_pid() }
    }
}

/// More municipalities than this are told by region.
const MUNICIPALITIES_MAX: usize = 60;
/// More schools than this are told by municipality.
const SCHOOLS_MAX: usize = 20;
/// The periods of the table.
const PERIODS: [(&str, &str); 2] =
    [("2022-2023.H1", "I полугодие 2022-2023 / semester I"), ("2022-2023.H2", "II полугодие 2022-2023 / semester II")];
/// The columns of the table.
const INDICATORS: [&str; 6] = ["I01", "I02", "I03", "I04", "I06", "A"];

/// Prints the year: what happened, the indicators, what it cost.
///
/// # Errors
/// The indicators cannot be computed, or nobody reads.
pub(crate) fn print(seen: &Seen, told: &Story, out: &mut Out) -> anyhow::Result<()> {
    headline(seen, told, out)?;
    let (values, municipalities, as_of) = seen.replica.read(|state| {
        let values = replay::values(&state.register)?;
        let as_of = state.register.last_recorded_at().context("the log is empty")?;
        anyhow::Ok((values, state.register.municipalities().len(), as_of))
    })?;
    let levels: &[Level] = if municipalities > MUNICIPALITIES_MAX {
        &[Level::Region]
    } else if told.schools > SCHOOLS_MAX {
        &[Level::Municipality, Level::Region]
    } else {
        &[Level::School, Level::Municipality, Level::Region]
    };
    for (period, title) in PERIODS {
        out.line(format!("\n{title}"))?;
        out.line(indicators(&values, levels, period))?;
    }
    let top = if told.schools > 600 { Level::Country } else { Level::Region };
    out.line("\nвсе показатели / all indicators")?;
    out.line(everything(&values, top))?;
    out.line(format!("по состоянию на / as of {}", as_of.strftime("%Y-%m-%dT%H:%MZ")))?;
    out.line(LEGEND)?;
    out.line(format!(
        "sha256 {} (значения; то же зерно — то же число / values; same seed, same number)",
        hex(&values.digest())
    ))?;
    out.line(format!("\n{}", cost(seen, told)))
}

const LEGEND: &str = "I01 своевременность / on time   I02 полнота / complete   I03 средняя просрочка, дней / mean delay, days\n\
I04 балл чек-листа / checklist score   I06 партнёры трёх видов / partners of three kinds   A достижение / achievement\n\
A: ● ≥ 0,90 достигнут / reached   ◐ 0,70–0,90 частично / partly   ○ < 0,70 не достигнут / not reached   – нет данных / no data";

/// Prints who and what the story is about.
///
/// # Errors
/// Nobody reads.
pub(crate) fn headline(seen: &Seen, told: &Story, out: &mut Out) -> anyhow::Result<()> {
    let (text, phases) = seen.replica.read(|state| {
        let register = &state.register;
        let mut text = String::new();
        for imported in register.plans() {
            let plan = &imported.plan;
            // Writing into a String never fails.
            let _written = writeln!(
                text,
                "{}\n{} мероприятий / activities, {} строк / rows, {} особенностей документа / anomalies",
                plan.title,
                plan.activities.len(),
                plan.rows().count(),
                plan.anomalies.len()
            );
        }
        let _written = write!(
            text,
            "школ / schools {}   муниципалитетов / municipalities {}   регионов / regions {}   \
             обязательств / obligations {}   событий / events {}",
            told.schools,
            register.municipalities().len(),
            register.regions().len(),
            register.len(),
            register.events()
        );
        (text, happened(state))
    });
    out.line(text)?;
    out.line(phases)
}

/// The shapes of real life in the story, counted.
fn happened(state: &projector::State) -> String {
    let register = &state.register;
    let count = |phase: Phase| (0..register.len()).filter(|at| register.columns().phase[*at] == phase).count();
    let events = |name: &str| {
        let Some(wanted) = register.type_of(name) else { return 0 };
        state.facts.after(domain::id::Seq::NONE).filter(|fact| fact.event_type == wanted).count()
    };
    let reported = register.columns().report_seq.iter().filter(|seq| **seq != 0).count();
    format!(
        "сдано / submitted {reported}   принято / accepted {}   возвращено / returned {}   исправлено / corrected {}   \
         отозвано / retracted {}\nосвобождено / excused {}   срок перенесён / moved {}   на приёмке / waiting {}   \
         не сделано / open {}",
        count(Phase::Accepted),
        events("report.returned"),
        events("fact.corrected"),
        events("fact.retracted"),
        count(Phase::Excused),
        events("deadline.moved"),
        count(Phase::Submitted),
        count(Phase::Open) + count(Phase::Returned) + count(Phase::Unscheduled),
    )
}

/// Every indicator of a level's only place, a column for each period.
fn everything(values: &Values, level: Level) -> String {
    let names = indicators::Catalogue::standard();
    let mut shown = table::fresh(["показатель / indicator", "T0", "I", "II", "год / year"]);
    let mut ids: Vec<&str> = names.definitions().iter().map(|known| known.id.as_str()).collect();
    ids.dedup();
    for id in ids.into_iter().chain([names.composite().id.as_str()]) {
        let name = names
            .definitions()
            .iter()
            .find(|known| known.id == id)
            .map_or(&names.composite().name_ru, |it| &it.name_ru);
        let cells = ["2022-2023.T0", "2022-2023.H1", "2022-2023.H2", "2022-2023"].map(|period| {
            let selection = Selection {
                level: Some(level),
                period: period.parse().ok(),
                indicator: Some(id),
                ..Selection::default()
            };
            let row = values.select(&selection).next();
            table::number(row.map_or_else(String::new, |row| figure(&row)))
        });
        shown.add_row([Cell::new(format!("{id} {name}"))].into_iter().chain(cells));
    }
    shown.to_string()
}

fn indicators(values: &Values, levels: &[Level], period: &str) -> String {
    let mut shown = table::fresh(["территория / territory"].into_iter().chain(INDICATORS));
    for level in levels {
        let selection = Selection { level: Some(*level), period: period.parse().ok(), ..Selection::default() };
        let rows: Vec<_> = values.select(&selection).collect();
        for of_one in rows.chunk_by(|a, b| a.org == b.org) {
            let cells = INDICATORS.iter().map(|id| {
                let row = of_one.iter().find(|row| row.indicator == *id);
                table::number(row.map_or_else(|| "–".to_owned(), figure))
            });
            let name = of_one[0].org_name;
            let name = match level {
                Level::Region if levels.len() > 1 => name.to_uppercase(),
                Level::Municipality if levels.contains(&Level::School) => name.to_uppercase(),
                _ => name.to_owned(),
            };
            shown.add_row([Cell::new(name)].into_iter().chain(cells));
        }
    }
    shown.to_string()
}

fn figure(row: &indicators::ValueRow<'_>) -> String {
    let Some(value) = row.value.filter(|_| row.status == Status::Ok) else { return "–".to_owned() };
    match row.indicator {
        "I03" => format!("{value:.1}"),
        "A" if value >= 0.9 => format!("● {value:.3}"),
        "A" if value >= 0.7 => format!("◐ {value:.3}"),
        "A" => format!("○ {value:.3}"),
        _ => format!("{value:.3}"),
    }
}

/// What the story cost: time and memory of both processes.
fn cost(seen: &Seen, told: &Story) -> String {
    let peak = |pid: Option<u32>| {
        let path = pid.map_or_else(|| "/proc/self/status".to_owned(), |pid| format!("/proc/{pid}/status"));
        let status = std::fs::read_to_string(path).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(format!("{} MiB", kib / 1_024))
    };
    let unknown = || "?".to_owned();
    let broker = seen.broker.and_then(|pid| peak(Some(pid))).unwrap_or_else(unknown);
    format!(
        "{} команд / commands, {} повторов / repeated, {} событий / events за / in {}; память / memory vekha {}, nats-server {broker}",
        told.commands,
        told.repeated,
        told.events,
        seconds(told.took),
        peak(None).unwrap_or_else(unknown),
    )
}
