//! Acts on what stands beside obligations: grants, checklists, monitorings, classes, coordinators, periods.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::measuring::not_a_period;
use super::{World, checks, wrong};
use crate::actor::{Actor, Role, Scope};
use crate::command::{Act, Command, GrantAuthority, RevokeAuthority};
use crate::event::{Data, Entity, Event, Target};
use crate::id::{EntityCode, RegionCode};
use crate::limits::{CHECKLIST_ITEMS_MAX, GRANT_DAYS_MAX};
use crate::payload::{
    AuthorityGranted, AuthorityRevoked, ChecklistApproved, ClassOpened, CoordinatorAppointed, MonitoringOpened,
    OrgKind, PeriodClosed, PeriodReopened,
};
use crate::period::{BadPeriod, PeriodCode};
use crate::refusal::{Invalid, Missing, Refusal, Words};

/// Decides an act on an entity; `None` when it is no such act.
pub(super) fn decide(
    command: &Command,
    actor: &Actor,
    world: &dyn World,
    today: Date,
) -> Option<Result<Vec<Event>, Refusal>> {
    let act = command.act();
    let over_all = |decided: Result<(Target, Data), Refusal>| {
        if actor.scope == Scope::All { decided } else { Err(Refusal::Forbidden { act, role: actor.role }) }
    };
    let decided = match command {
        Command::GrantAuthority(body) => grant(body, actor, world, today),
        Command::RevokeAuthority(body) => revoke(body, actor, world),
        Command::ApproveChecklist(body) => over_all(checklist(body, world)),
        Command::OpenMonitoring(body) => over_all(monitoring(body, world)),
        Command::OpenClass(body) => over_all(class(body, world)),
        Command::AppointCoordinator(body) => over_all(coordinator(body, world)),
        Command::ClosePeriod(body) => over_all(close_period(body, world)),
        Command::ReopenPeriod(body) => over_all(reopen_period(body, world)),
        _ => return None,
    };
    Some(decided.map(|(target, data)| vec![Event { target, occurred_on: today, data }]))
}

/// Lends one's own role and territory, or a part of it, for some days (замещение).
fn grant(body: &GrantAuthority, actor: &Actor, world: &dyn World, today: Date) -> Result<(Target, Data), Refusal> {
    if world.ledger().grant(&body.grant).is_some() {
        return Err(taken(&body.grant));
    }
    let mut mistakes = Vec::new();
    let from = body.valid_from.unwrap_or(today);
    checks::basis(&mut mistakes, "/basis", &body.basis);
    checks::span(&mut mistakes, "/valid_to", from.max(today), body.valid_to);
    if crate::calendar::days_between(from, body.valid_to) > GRANT_DAYS_MAX {
        mistakes.push(Invalid::at(
            "/valid_to",
            format!("Полномочия передают не больше чем на {GRANT_DAYS_MAX} дней."),
            format!("Authority is lent for at most {GRANT_DAYS_MAX} days."),
        ));
    }
    if actor.is(&body.to) {
        mistakes.push(Invalid::at("/to", "Полномочия передают другому лицу.", "Authority is lent to somebody else."));
    }
    let scope = body.scope.clone().unwrap_or_else(|| actor.scope.clone());
    if !lies_within(&scope, &actor.scope, world) {
        mistakes.push(Invalid::at(
            "/scope",
            "Передать можно только свою территорию или её часть.",
            "Only one's own territory, or a part of it, can be lent.",
        ));
    }
    for name in &body.acts {
        if !Act::from_name(name).is_some_and(|act| act.is_open_to(actor.role)) {
            mistakes.push(Invalid::at(
                "/acts",
                format!("Действия {name} нет у роли {}.", actor.role),
                format!("The role {} has no act {name}.", actor.role),
            ));
        }
    }
    let data = AuthorityGranted {
        grant: body.grant.clone(),
        from: actor.person.clone(),
        to: body.to.clone(),
        role: actor.role,
        scope,
        acts: body.acts.clone(),
        valid_from: from,
        valid_to: body.valid_to,
        basis: body.basis.clone(),
    };
    wrong(mistakes, (entity(Entity::Grant, None, &body.grant), Data::AuthorityGranted(Box::new(data))))
}

fn lies_within(part: &Scope, whole: &Scope, world: &dyn World) -> bool {
    match (part, whole) {
        (_, Scope::All) => true,
        (Scope::Org(org), whole) => {
            *part == *whole || world.org(org).is_some_and(|place| whole.covers(org, place.municipality))
        }
        (part, whole) => part == whole,
    }
}

/// Takes a grant back: whoever lent it, or the ministry.
fn revoke(body: &RevokeAuthority, actor: &Actor, world: &dyn World) -> Result<(Target, Data), Refusal> {
    let missing = || Refusal::Missing(Missing::Entity("grant", body.grant.to_string()));
    let grant = world.ledger().grant(&body.grant).filter(|grant| !grant.revoked).ok_or_else(missing)?;
    let own = actor.is(&grant.granted.from);
    if !own && (actor.role != Role::Ministry || actor.scope != Scope::All) {
        return Err(Refusal::Forbidden { act: Act::RevokeAuthority, role: actor.role });
    }
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    let data = AuthorityRevoked { grant: body.grant.clone(), reason: body.reason.clone() };
    wrong(mistakes, (entity(Entity::Grant, None, &body.grant), Data::AuthorityRevoked(data)))
}

/// Approves a version of a checklist: it never changes, a change is another version.
fn checklist(body: &ChecklistApproved, world: &dyn World) -> Result<(Target, Data), Refusal> {
    let ledger = world.ledger();
    if ledger.checklist(body.checklist.as_str()).is_some() {
        return Err(taken(&body.checklist));
    }
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    if body.items.is_empty() || body.items.len() > CHECKLIST_ITEMS_MAX {
        mistakes.push(Invalid::at(
            "/items",
            format!("В чек-листе от 1 до {CHECKLIST_ITEMS_MAX} пунктов."),
            format!("A checklist has 1 to {CHECKLIST_ITEMS_MAX} items."),
        ));
    }
    let before = body.replaces.as_ref().map(|code| (code, ledger.checklist(code.as_str())));
    if let Some((code, None)) = before {
        mistakes.push(Invalid::at(
            "/replaces",
            format!("Чек-листа {code} нет."),
            format!("There is no checklist {code}."),
        ));
    }
    let mut seen = BTreeSet::new();
    for (at, line) in body.items.iter().enumerate() {
        if line.max == 0 || !seen.insert(&line.item) {
            mistakes.push(Invalid::at(
                format!("/items/{at}"),
                format!("Пункт {}: максимум больше 0, пункты не повторяются.", line.item),
                format!("Item {}: a maximum above 0, no item twice.", line.item),
            ));
        }
        let known =
            |item| before.and_then(|(_, list)| list).is_some_and(|list| list.items.iter().any(|l| l.item == item));
        if line.maps_to.clone().is_some_and(|item| !known(item)) {
            mistakes.push(Invalid::at(
                format!("/items/{at}/maps_to"),
                "Такого пункта нет в прежней версии.",
                "The version before has no such item.",
            ));
        }
    }
    wrong(mistakes, (entity(Entity::Checklist, None, &body.checklist), Data::ChecklistApproved(body.clone())))
}

fn monitoring(body: &MonitoringOpened, world: &dyn World) -> Result<(Target, Data), Refusal> {
    known_region(&body.region, world)?;
    if world.ledger().monitoring(&body.monitoring).is_some() {
        return Err(taken(&body.monitoring));
    }
    if let Some(code) = body.checklist.as_ref().filter(|code| world.ledger().checklist(code.as_str()).is_none()) {
        return Err(Refusal::Missing(Missing::Entity("checklist", code.to_string())));
    }
    let target = entity(Entity::Monitoring, Some(&body.region), &body.monitoring);
    Ok((target, Data::MonitoringOpened(body.clone())))
}

fn class(body: &ClassOpened, world: &dyn World) -> Result<(Target, Data), Refusal> {
    if world.ledger().class(&body.class).is_some() {
        return Err(taken(&body.class));
    }
    let school = world.org(&body.school).filter(|place| place.kind == OrgKind::School);
    let school = school.ok_or_else(|| Refusal::Missing(Missing::Org(body.school.clone())))?;
    let mut mistakes = Vec::new();
    if !(1..=11).contains(&body.grade) {
        mistakes.push(Invalid::at("/grade", "Класс — от 1 до 11.", "A grade is 1 to 11."));
    }
    let target = entity(Entity::Class, Some(school.region), &body.class);
    wrong(mistakes, (target, Data::ClassOpened(body.clone())))
}

fn coordinator(body: &CoordinatorAppointed, world: &dyn World) -> Result<(Target, Data), Refusal> {
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    if let Some(org) = body.org.as_ref().filter(|org| world.org(org).is_none()) {
        return Err(Refusal::Missing(Missing::Org(org.clone())));
    }
    // A person's code is a code: both have the same form.
    let Ok(code) = body.person.as_str().parse::<EntityCode>() else {
        return Err(Refusal::Missing(Missing::Entity("person", body.person.to_string())));
    };
    wrong(mistakes, (entity(Entity::Coordinator, None, &code), Data::CoordinatorAppointed(body.clone())))
}

fn close_period(body: &PeriodClosed, world: &dyn World) -> Result<(Target, Data), Refusal> {
    let target = period(&body.region, &body.period, world)?;
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    if world.ledger().is_period_closed(&body.region, &body.period) {
        return Err(Refusal::Exists(Words::new(
            format!("Период {} уже закрыт.", body.period),
            format!("The period {} is closed already.", body.period),
        )));
    }
    wrong(mistakes, (target, Data::PeriodClosed(body.clone())))
}

fn reopen_period(body: &PeriodReopened, world: &dyn World) -> Result<(Target, Data), Refusal> {
    let target = period(&body.region, &body.period, world)?;
    let mut mistakes = Vec::new();
    checks::reason(&mut mistakes, "/reason", &body.reason);
    if !world.ledger().is_period_closed(&body.region, &body.period) {
        return Err(Refusal::NothingWaits(Words::new(
            format!("Период {} не закрыт.", body.period),
            format!("The period {} is not closed.", body.period),
        )));
    }
    wrong(mistakes, (target, Data::PeriodReopened(body.clone())))
}

/// The entity that a period of a region is.
fn period(region: &RegionCode, period: &str, world: &dyn World) -> Result<Target, Refusal> {
    known_region(region, world)?;
    let bad = |error: BadPeriod| Refusal::Invalid(vec![not_a_period(period, &error)]);
    let code: PeriodCode = period.parse().map_err(bad)?;
    Ok(entity(Entity::Period, Some(region), &code.entity()))
}

fn known_region(region: &RegionCode, world: &dyn World) -> Result<(), Refusal> {
    let missing = || Refusal::Missing(Missing::Region(region.to_string()));
    world.region(region).map(|_| ()).ok_or_else(missing)
}

fn entity(kind: Entity, region: Option<&RegionCode>, code: &EntityCode) -> Target {
    Target::Entity(kind, region.cloned(), code.clone())
}

fn taken(code: &EntityCode) -> Refusal {
    Refusal::Exists(Words::new(format!("Код {code} уже занят."), format!("The code {code} is taken.")))
}
