//! A plan in force: schools that join and leave, rows that move or go, and its end.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::known_plan;
use crate::command::{Act, EnrolSchool};
use crate::decide::{World, checks, proposals, wrong};
use crate::event::{Data, Event, Target};
use crate::expand::{EXPANDER_VERSION, Expansion, expand};
use crate::id::{ItemCode, ObligationId, PlanCode, RegionCode, RowNo};
use crate::payload::{AmendChange, OrgKind, PlanAmended, PlanClosed, SchoolEnrolled, SchoolWithdrawn};
use crate::plan::DueRule;
use crate::refusal::{Invalid, Missing, Refusal, Words};

/// Lets a school join: its obligations are those of every other, the earlier ones not applicable.
pub(super) fn enrol(body: &EnrolSchool, world: &dyn World) -> Result<(Target, Data), Refusal> {
    in_force(&body.plan, &body.region, world)?;
    let plan = known_plan(&body.plan, world)?;
    let fits = world.org(&body.school).is_some_and(|org| org.kind == OrgKind::School && *org.region == body.region);
    if !fits {
        return Err(Refusal::Missing(Missing::Org(body.school.clone())));
    }
    let expansion = expand(plan);
    let owes = expansion.school.slots.iter().any(|slot| world.standing(&slot.id(&body.plan, &body.school)).is_some());
    if owes {
        return Err(Refusal::Exists(Words::new(
            format!("Школа {} уже участвует в плане {}.", body.school, body.plan),
            format!("The school {} takes part in the plan {} already.", body.school, body.plan),
        )));
    }
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    let fingerprint = expansion.fingerprint_of_school(&body.plan, &body.school);
    let data = SchoolEnrolled {
        plan: body.plan.clone(),
        region: body.region.clone(),
        school: body.school.clone(),
        directions: body.directions.clone(),
        joined_on: body.joined_on,
        basis: body.basis.clone(),
        expander: EXPANDER_VERSION,
        count: fingerprint.count,
        sha256: fingerprint.sha256,
    };
    wrong(mistakes, (activation(&body.plan, &body.region), Data::SchoolEnrolled(Box::new(data))))
}

/// Lets a school leave.
pub(super) fn withdraw(body: &SchoolWithdrawn, world: &dyn World) -> Result<(Target, Data), Refusal> {
    in_force(&body.plan, &body.region, world)?;
    let rows = expand(known_plan(&body.plan, world)?).school.slots;
    let owes = rows.iter().any(|slot| world.standing(&slot.id(&body.plan, &body.school)).is_some());
    if !owes {
        return Err(Refusal::Missing(Missing::Org(body.school.clone())));
    }
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    wrong(mistakes, (activation(&body.plan, &body.region), Data::SchoolWithdrawn(body.clone())))
}

/// Moves or removes rows; a day that has passed needs a second person, since the past would change.
pub(super) fn amend(body: &PlanAmended, world: &dyn World, today: Date) -> Result<Vec<Event>, Refusal> {
    in_force(&body.plan, &body.region, world)?;
    let plan = known_plan(&body.plan, world)?;
    let clockwork = world.region(&body.region);
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    if body.ops.is_empty() {
        mistakes.push(Invalid::at("/ops", "Укажите хотя бы одно изменение.", "Name at least one change."));
    }
    let expansion = expand(plan);
    let mut retroactive = false;
    for (at, op) in body.ops.iter().enumerate() {
        let share = plan.shares().find(|(_, share)| share.row == op.row);
        let Some((_, share)) = share else {
            mistakes.push(Invalid::at(
                format!("/ops/{at}/row"),
                format!("Строки {} в плане нет.", op.row),
                format!("The plan has no row {}.", op.row),
            ));
            continue;
        };
        let years = clockwork.map(|clockwork| &clockwork.rules().school_years);
        let in_year = |day| years.is_some_and(|years| years.iter().any(|year| year.semester_of(day).is_some()));
        if op.change == AmendChange::Move && share.due == DueRule::EachMonthEnd {
            mistakes.push(Invalid::at(
                format!("/ops/{at}/row"),
                format!("У позиций строки {} свои сроки: переносите сроки обязательств.", op.row),
                format!("The items of row {} have days of their own: move the obligations' deadlines.", op.row),
            ));
        }
        match (op.change, op.due) {
            (AmendChange::Move, Some(due)) if in_year(due) => retroactive |= due < today,
            (AmendChange::Remove, None) => {}
            _ => mistakes.push(Invalid::at(
                format!("/ops/{at}/due"),
                "Перенос называет новый день учебного года, удаление — никакого.",
                "A move names a new day of the school year, a removal none.",
            )),
        }
        retroactive |= has_fallen_due(body, &op.row, &expansion, world, today);
    }
    let target = activation(&body.plan, &body.region);
    let event = Event { target, occurred_on: today, data: Data::PlanAmended(body.clone()) };
    let event = wrong(mistakes, event)?;
    let event = if retroactive { proposals::propose(Act::AmendPlan, event, today) } else { event };
    Ok(vec![event])
}

/// Whether somebody's obligation of a row fell due before today: to change the row changes what was reported.
fn has_fallen_due(body: &PlanAmended, row: &RowNo, expansion: &Expansion, world: &dyn World, today: Date) -> bool {
    let templates = expansion.authorities.iter().map(|(_, template)| template).chain([&expansion.school]);
    let slots = templates.flat_map(|template| &template.slots).filter(|slot| slot.row == *row);
    let items: BTreeSet<&ItemCode> = slots.map(|slot| &slot.item).collect();
    items.into_iter().any(|item| {
        let owing = world.owing(&body.plan, row, item, Some(body.region.as_str()));
        owing.into_iter().any(|org| {
            let id = ObligationId { plan: body.plan.clone(), row: row.clone(), org, item: item.clone() };
            let due = world.standing(&id).and_then(|standing| standing.obligation.due());
            due.is_some_and(|due| due < today)
        })
    })
}

/// Ends a plan.
pub(super) fn close(body: &PlanClosed, world: &dyn World) -> Result<(Target, Data), Refusal> {
    in_force(&body.plan, &body.region, world)?;
    if world.ledger().closed(&body.plan, &body.region).is_some() {
        return Err(Refusal::Exists(Words::new(
            format!("План {} уже закрыт.", body.plan),
            format!("The plan {} is closed already.", body.plan),
        )));
    }
    let mut mistakes = Vec::new();
    checks::basis(&mut mistakes, "/basis", &body.basis);
    wrong(mistakes, (activation(&body.plan, &body.region), Data::PlanClosed(body.clone())))
}

fn in_force(plan: &PlanCode, region: &RegionCode, world: &dyn World) -> Result<(), Refusal> {
    if world.region(region).is_none() {
        return Err(Refusal::Missing(Missing::Region(region.to_string())));
    }
    if world.is_active(plan, region) { Ok(()) } else { Err(Refusal::Missing(Missing::Plan(plan.clone()))) }
}

fn activation(plan: &PlanCode, region: &RegionCode) -> Target {
    Target::Activation(region.clone(), plan.clone())
}
