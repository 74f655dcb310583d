//! Acts on the registry, on plans and on the log as a whole.

mod members;

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{World, checks, wrong};
use crate::actor::{Actor, Scope};
use crate::command::{ActivatePlan, Command, RegisterOrganisations};
use crate::event::{Data, Event, Target};
use crate::expand::{EXPANDER_VERSION, Expansion, Template, expand};
use crate::id::{OrgCode, PlanCode};
use crate::limits::{ORGANISATIONS_PER_COMMAND_MAX, SCHOOLS_MAX};
use crate::payload::{AnomalyResolved, OrgKind, PlanActivated, PlanApproved, PlanImported, RegionConfigured};
use crate::plan::{DueRule, Plan};
use crate::refusal::{Invalid, Missing, Refusal, Words};
use crate::region::RegionRules;
use crate::timeliness::Clockwork;

/// Decides an act that is not about one obligation.
pub(super) fn decide(command: &Command, actor: &Actor, world: &dyn World, today: Date) -> Result<Vec<Event>, Refusal> {
    let act = command.act();
    if actor.scope != Scope::All || !act.is_open_to(actor.role) {
        return Err(Refusal::Forbidden { act, role: actor.role });
    }
    let one = |target, data| Ok(vec![Event { target, occurred_on: today, data }]);
    match command {
        Command::ConfigureRegion(body) => configure(&body.rules, today),
        Command::RegisterOrganisations(body) => register(body, world, today),
        Command::ImportPlan(body) => import(&body.plan, world, today),
        Command::ActivatePlan(body) => activate(body, world, today),
        Command::ApprovePlan(body) => approve(body, world).and_then(|(target, data)| one(target, data)),
        Command::ResolveAnomaly(body) => resolve(body, world).and_then(|(target, data)| one(target, data)),
        Command::AmendPlan(body) => members::amend(body, world, today),
        Command::ClosePlan(body) => members::close(body, world).and_then(|(target, data)| one(target, data)),
        Command::EnrolSchool(body) => members::enrol(body, world).and_then(|(target, data)| one(target, data)),
        Command::WithdrawSchool(body) => members::withdraw(body, world).and_then(|(target, data)| one(target, data)),
        Command::OpenImport(mark) => one(Target::Log, Data::ImportOpened(mark.clone())),
        Command::CloseImport(mark) => one(Target::Log, Data::ImportClosed(mark.clone())),
        _ => Err(Refusal::Forbidden { act, role: actor.role }),
    }
}

/// Notes the order that approved a plan.
fn approve(body: &PlanApproved, world: &dyn World) -> Result<(Target, Data), Refusal> {
    known_plan(&body.plan, world)?;
    if world.ledger().approval(&body.plan).is_some() {
        return Err(Refusal::Exists(Words::new(
            format!("План {} уже утверждён.", body.plan),
            format!("The plan {} is approved already.", body.plan),
        )));
    }
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/order", &body.order);
    wrong(mistakes, (Target::Plan(body.plan.clone()), Data::PlanApproved(body.clone())))
}

/// Settles what the importer found odd.
fn resolve(body: &AnomalyResolved, world: &dyn World) -> Result<(Target, Data), Refusal> {
    let plan = known_plan(&body.plan, world)?;
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/rule", &body.rule);
    if let Some(row) = body.row.as_ref().filter(|row| plan.row(row).is_none()) {
        mistakes.push(Invalid::at("/row", format!("Строки {row} в плане нет."), format!("The plan has no row {row}.")));
    }
    wrong(mistakes, (Target::Plan(body.plan.clone()), Data::AnomalyResolved(body.clone())))
}

fn known_plan<'w>(plan: &PlanCode, world: &'w dyn World) -> Result<&'w Plan, Refusal> {
    world.plan(plan).ok_or_else(|| Refusal::Missing(Missing::Plan(plan.clone())))
}

fn configure(rules: &RegionRules, today: Date) -> Result<Vec<Event>, Refusal> {
    let mut mistakes = Vec::new();
    if let Err(bad) = Clockwork::new(rules.clone()) {
        let ru = format!("Часовой пояс «{}» неизвестен: нужен IANA, например Asia/Vladivostok.", bad.zone);
        mistakes.push(Invalid::at("/rules/zone", ru, bad.to_string()));
    }
    if rules.school_years.is_empty() {
        mistakes.push(Invalid::at(
            "/rules/school_years",
            "Нужен хотя бы один учебный год: без него ни один день не подойдёт.",
            "At least one school year is needed: without it no day fits.",
        ));
    }
    for (at, year) in rules.school_years.iter().enumerate() {
        if !(year.h1_start < year.h1_end && year.h1_end < year.h2_end) {
            mistakes.push(Invalid::at(
                format!("/rules/school_years/{at}"),
                "Даты идут по порядку: h1_start, h1_end, h2_end.",
                "The days come in order: h1_start, h1_end, h2_end.",
            ));
        }
    }
    if rules.lateness_cap_days == 0 {
        mistakes.push(Invalid::at(
            "/rules/lateness_cap_days",
            "Предел просрочки — от 1 дня.",
            "The cap of lateness is at least 1 day.",
        ));
    }
    let target = Target::Region(rules.region.clone());
    let data = Data::RegionConfigured(Box::new(RegionConfigured { rules: rules.clone() }));
    wrong(mistakes, vec![Event { target, occurred_on: today, data }])
}

fn register(body: &RegisterOrganisations, world: &dyn World, today: Date) -> Result<Vec<Event>, Refusal> {
    let mut mistakes = Vec::new();
    if body.organisations.is_empty() || body.organisations.len() > ORGANISATIONS_PER_COMMAND_MAX {
        mistakes.push(Invalid::at(
            "/organisations",
            format!("От 1 до {ORGANISATIONS_PER_COMMAND_MAX} организаций на команду."),
            format!("1 to {ORGANISATIONS_PER_COMMAND_MAX} organisations a command."),
        ));
    }
    let mut seen = BTreeSet::new();
    for (at, org) in body.organisations.iter().enumerate() {
        if world.org(&org.code).is_some() || !seen.insert(&org.code) {
            mistakes.push(Invalid::at(
                format!("/organisations/{at}/code"),
                format!("Код {} уже занят.", org.code),
                format!("The code {} is taken.", org.code),
            ));
        }
        if world.region(&org.region).is_none() {
            mistakes.push(Invalid::at(
                format!("/organisations/{at}/region"),
                format!("Регион {} не настроен.", org.region),
                format!("The region {} is not configured.", org.region),
            ));
        }
        if org.kind == OrgKind::School && org.municipality.is_none() {
            mistakes.push(Invalid::at(
                format!("/organisations/{at}/municipality"),
                "У школы есть муниципалитет: укажите его.",
                "A school belongs to a municipality: name it.",
            ));
        }
    }
    let event = |org: &crate::payload::OrgRegistered| Event {
        target: Target::Org(org.code.clone()),
        occurred_on: today,
        data: Data::OrgRegistered(org.clone()),
    };
    wrong(mistakes, body.organisations.iter().map(event).collect())
}

fn import(plan: &Plan, world: &dyn World, today: Date) -> Result<Vec<Event>, Refusal> {
    let Some(code) = plan.code.clone() else {
        return Err(Refusal::Invalid(vec![Invalid::at(
            "/plan/code",
            "У плана нет кода: задайте его в профиле или при импорте.",
            "The plan has no code: give one in the profile or at import.",
        )]));
    };
    if world.plan(&code).is_some() {
        return Err(Refusal::Exists(Words::new(
            format!("План {code} уже загружен."),
            format!("The plan {code} was imported already."),
        )));
    }
    let mut mistakes = Vec::new();
    for (row, share) in plan.shares() {
        if !Data::names_fact(&share.event) {
            mistakes.push(Invalid::at(
                format!("/plan/rows/{}", row.row),
                format!("Событие {} строки {} не входит в каталог.", share.event, row.row),
                format!("The event {} of row {} is not in the catalogue.", share.event, row.row),
            ));
        }
    }
    let expansion = expand(plan);
    if expansion.shares.is_empty() {
        mistakes.push(Invalid::at(
            "/plan/activities",
            "План не создаёт ни одного обязательства.",
            "The plan makes no obligation.",
        ));
    }
    let templates = expansion.authorities.iter().map(|(_, template)| template).chain([&expansion.school]);
    for slot in templates.clone().flat_map(Template::doubled) {
        mistakes.push(Invalid::at(
            format!("/plan/rows/{}", slot.row),
            format!("Строка {} дважды создаёт позицию {} у одного владельца.", slot.row, slot.item),
            format!("Row {} makes the item {} twice for one owner.", slot.row, slot.item),
        ));
    }
    for (_, share) in &expansion.shares {
        if let DueRule::AfterDelivery { row, .. } = &share.due
            && !templates.clone().any(|template| template.slots.iter().any(|slot| slot.row == *row))
        {
            mistakes.push(Invalid::at(
                format!("/plan/rows/{}", share.row),
                format!("Размещение {} ждёт доставки по строке {row}, которой нет.", share.row),
                format!("The publication {} waits for a delivery of row {row}, which is not there.", share.row),
            ));
        }
    }
    let data = Data::PlanImported(Box::new(PlanImported { plan: plan.without_names() }));
    wrong(mistakes, vec![Event { target: Target::Plan(code), occurred_on: today, data }])
}

fn activate(body: &ActivatePlan, world: &dyn World, today: Date) -> Result<Vec<Event>, Refusal> {
    let plan = known_plan(&body.plan, world)?;
    if world.region(&body.region).is_none() {
        return Err(Refusal::Missing(Missing::Region(body.region.to_string())));
    }
    if world.is_active(&body.plan, &body.region) {
        return Err(Refusal::Exists(Words::new(
            format!("План {} в регионе {} уже действует.", body.plan, body.region),
            format!("The plan {} is in force in {} already.", body.plan, body.region),
        )));
    }
    let expansion = expand(plan);
    let mut mistakes = Vec::new();
    if body.schools.is_empty() || body.schools.len() > SCHOOLS_MAX {
        mistakes.push(Invalid::at(
            "/schools",
            format!("От 1 до {SCHOOLS_MAX} школ."),
            format!("1 to {SCHOOLS_MAX} schools."),
        ));
    }
    let mut seen = BTreeSet::new();
    for (at, school) in body.schools.iter().enumerate() {
        let fits = world.org(school).is_some_and(|place| place.kind == OrgKind::School && *place.region == body.region);
        if !fits || !seen.insert(school) {
            mistakes.push(Invalid::at(
                format!("/schools/{at}"),
                format!("Школы {school} нет в реестре региона, или она указана дважды."),
                format!("The school {school} is not in the region's registry, or is named twice."),
            ));
        }
    }
    check_authorities(&mut mistakes, body, &expansion, world);
    let roles: Vec<(OrgCode, OrgCode)> =
        expansion.authorities.iter().map(|(role, _)| (role.clone(), authority(body, role))).collect();
    let fingerprint = expansion.fingerprint(&body.plan, &body.schools, |role| {
        roles.iter().find(|(known, _)| known == role).map_or(role, |(_, org)| org)
    });
    let data = Data::PlanActivated(PlanActivated {
        plan: body.plan.clone(),
        region: body.region.clone(),
        schools: body.schools.clone(),
        authorities: body.authorities.clone(),
        basis: body.basis.clone(),
        expander: EXPANDER_VERSION,
        count: fingerprint.count,
        sha256: fingerprint.sha256,
    });
    let target = Target::Activation(body.region.clone(), body.plan.clone());
    wrong(mistakes, vec![Event { target, occurred_on: today, data }])
}

/// The organisation that plays an authority of the plan in this activation.
fn authority(body: &ActivatePlan, role: &OrgCode) -> OrgCode {
    let named = body.authorities.iter().find(|known| known.role == *role);
    named.map_or_else(|| role.clone(), |known| known.org.clone())
}

/// Each authority of the plan is played by one organisation of the region, and none plays two.
fn check_authorities(mistakes: &mut Vec<Invalid>, body: &ActivatePlan, expansion: &Expansion, world: &dyn World) {
    let mut players = BTreeSet::new();
    for (role, _) in &expansion.authorities {
        let org = authority(body, role);
        let fits =
            world.org(&org).is_some_and(|place| place.kind == OrgKind::Authority && *place.region == body.region);
        if !fits || !players.insert(org.clone()) {
            mistakes.push(Invalid::at(
                "/authorities",
                format!("Органа {org} (в плане — {role}) нет в реестре региона, или он назван дважды."),
                format!("The authority {org} ({role} in the plan) is not in the region's registry, or is named twice."),
            ));
        }
    }
    for (at, named) in body.authorities.iter().enumerate() {
        if !expansion.authorities.iter().any(|(role, _)| *role == named.role) {
            mistakes.push(Invalid::at(
                format!("/authorities/{at}/role"),
                format!("В плане нет органа {}.", named.role),
                format!("The plan names no authority {}.", named.role),
            ));
        }
    }
}
