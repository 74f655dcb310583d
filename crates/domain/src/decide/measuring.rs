//! Acts on what is measured: definitions of indicators, targets, the municipality of an organisation; and the events
//! of a snapshot.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{World, checks, wrong};
use crate::actor::{Actor, Scope};
use crate::command::Command;
use crate::event::{Data, Entity, Event, Target};
use crate::id::{EntityCode, Seq};
use crate::indicator::is_indicator_id;
use crate::limits::SNAPSHOT_ROWS_PER_EVENT;
use crate::payload::{IndicatorDefined, OrgTransferred, SnapshotRow, SnapshotTaken, TargetSet};
use crate::period::{BadPeriod, PeriodCode};
use crate::refusal::{Invalid, Missing, Refusal, Words};

/// Decides an act on what is measured; `None` when it is no such act.
pub(super) fn decide(
    command: &Command,
    actor: &Actor,
    world: &dyn World,
    today: Date,
) -> Option<Result<Vec<Event>, Refusal>> {
    let act = command.act();
    let decided = match command {
        Command::DefineIndicator(body) => define(body, world),
        Command::SetTarget(body) => set_target(body, world),
        Command::TransferOrg(body) => transfer(body, world),
        _ => return None,
    };
    Some(match decided {
        _ if actor.scope != Scope::All => Err(Refusal::Forbidden { act, role: actor.role }),
        decided => decided.map(|(target, data)| vec![Event { target, occurred_on: today, data }]),
    })
}

/// Defines a version of an indicator: it never changes, a change is another version. Whether its SQL works is judged
/// by whoever computes.
fn define(body: &IndicatorDefined, world: &dyn World) -> Result<(Target, Data), Refusal> {
    let definition = &body.definition;
    let (id, version) = (&definition.id, definition.version);
    if world.ledger().definition(id, version).is_some() {
        return Err(Refusal::Exists(Words::new(
            format!("Показатель {id} версии {version} уже определён: изменение — это новая версия."),
            format!("The indicator {id} is defined in version {version} already: a change is a new version."),
        )));
    }
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    indicator(&mut mistakes, "/definition/id", id);
    if version == 0 {
        mistakes.push(Invalid::at("/definition/version", "Версии считают от 1.", "Versions count from 1."));
    }
    let code = code(&format!("{id}-v{version}"), "/definition/id")?;
    wrong(mistakes, (Target::Entity(Entity::Indicator, None, code), Data::IndicatorDefined(Box::new(body.clone()))))
}

/// Sets what is to be reached, and how much it weighs. Whether there is such an indicator is known to whoever computes.
fn set_target(body: &TargetSet, world: &dyn World) -> Result<(Target, Data), Refusal> {
    if world.region(&body.region).is_none() {
        return Err(Refusal::Missing(Missing::Region(body.region.to_string())));
    }
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    indicator(&mut mistakes, "/indicator", &body.indicator);
    if let Some(Err(bad)) = body.period.as_deref().map(str::parse::<PeriodCode>) {
        mistakes.push(not_a_period(body.period.as_deref().unwrap_or_default(), &bad));
    }
    if let Some(code) = body.municipality.as_ref().filter(|code| !world.has_municipality(&body.region, code)) {
        mistakes.push(Invalid::at(
            "/municipality",
            format!("Муниципалитета {code} в регионе {} нет.", body.region),
            format!("The region {} has no municipality {code}.", body.region),
        ));
    }
    if body.target.is_some_and(|target| target.get() <= 0.0) {
        mistakes.push(Invalid::at("/target", "Целевое значение больше 0.", "A target is above 0."));
    }
    if body.weight.is_some_and(|weight| weight.get() < 0.0) {
        mistakes.push(Invalid::at("/weight", "Вес — 0 или больше.", "A weight is 0 or more."));
    }
    if body.target.is_none() && body.weight.is_none() {
        mistakes.push(Invalid::at(
            "/target",
            "Укажите целевое значение, вес или то и другое.",
            "Give a target, a weight or both.",
        ));
    }
    let code = code(&body.indicator, "/indicator")?;
    let target = Target::Entity(Entity::Target, Some(body.region.clone()), code);
    wrong(mistakes, (target, Data::TargetSet(body.clone())))
}

/// Lets an organisation belong to another municipality of its region.
fn transfer(body: &OrgTransferred, world: &dyn World) -> Result<(Target, Data), Refusal> {
    let place = world.org(&body.org).ok_or_else(|| Refusal::Missing(Missing::Org(body.org.clone())))?;
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    match place.municipality {
        None => mistakes.push(Invalid::at(
            "/org",
            format!("{} — орган всего региона: муниципалитета у него нет.", body.org),
            format!("{} is an authority of the whole region and belongs to no municipality.", body.org),
        )),
        Some(now) if *now == body.municipality.code => mistakes.push(Invalid::at(
            "/municipality/code",
            format!("{} и сейчас в муниципалитете {now}.", body.org),
            format!("{} belongs to the municipality {now} already.", body.org),
        )),
        Some(_) => {}
    }
    wrong(mistakes, (Target::Org(body.org.clone()), Data::OrgTransferred(body.clone())))
}

/// The events of a snapshot behind the closing of its period: as many parts as its values need, none without any.
/// `at` is the position of the state that was judged, `as_of` the moment.
#[must_use]
pub fn snapshots(closing: &Event, rows: &[SnapshotRow], at: Seq, as_of: Timestamp) -> Vec<Event> {
    let Data::PeriodClosed(closed) = &closing.data else { return Vec::new() };
    let parts = rows.chunks(SNAPSHOT_ROWS_PER_EVENT);
    let count = u16::try_from(parts.len()).unwrap_or(u16::MAX);
    let taken = |(part, rows): (u16, &[SnapshotRow])| Event {
        target: closing.target.clone(),
        occurred_on: closing.occurred_on,
        data: Data::SnapshotTaken(SnapshotTaken {
            region: closed.region.clone(),
            period: closed.period.clone(),
            at,
            as_of,
            part,
            parts: count,
            rows: rows.to_vec(),
        }),
    };
    (1..).zip(parts).map(taken).collect()
}

/// A text that names no period.
pub(super) fn not_a_period(period: &str, bad: &BadPeriod) -> Invalid {
    let ru = format!("«{period}» — не период: нужен, например, 2022-2023.H1.");
    Invalid::at("/period", ru, bad.to_string())
}

fn indicator(mistakes: &mut Vec<Invalid>, pointer: &str, id: &str) {
    if !is_indicator_id(id) {
        mistakes.push(no_id(pointer, id));
    }
}

fn no_id(pointer: &str, id: &str) -> Invalid {
    let id: String = id.chars().take(40).collect();
    Invalid::at(
        pointer,
        format!("«{id}» — не номер показателя: нужны прописная латинская буква и две цифры, например I19."),
        format!("\"{id}\" is no id of an indicator: a capital letter and two digits, such as I19."),
    )
}

/// An id as the code of an entity; what cannot be one is no id.
fn code(id: &str, pointer: &str) -> Result<EntityCode, Refusal> {
    id.to_lowercase().parse().map_err(|_| Refusal::Invalid(vec![no_id(pointer, id)]))
}
