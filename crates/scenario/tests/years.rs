//! School years one behind the other: each is a story of its own about the same places.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod common;

use std::collections::BTreeSet;

use common::{Loader, plan, settings};
use domain::command::Command;
use domain::obligation::Obligation;
use jiff::Timestamp;
use register::Register;
use scenario::{Settings, World, year, years};

fn three_years(schools: u32) -> Settings {
    Settings { years: 3, ..settings(schools) }
}

/// Every obligation as it stands, in the order in which the log made them.
fn state(register: &Register) -> Vec<Obligation> {
    (0..u32::try_from(register.len()).unwrap()).map(|at| register.standing_of(at).obligation).collect()
}

#[test]
fn a_year_touches_no_obligation_of_the_years_before() {
    let mut loader = Loader::new();
    let (mut last, mut keys) = (Timestamp::MIN, BTreeSet::new());
    let mut before: Vec<Obligation> = Vec::new();
    for (nth, world) in years(&three_years(12), &plan()).enumerate() {
        let code = format!("clusters-{}-{}", 2022 + nth, 2023 + nth);
        for step in world.setup().chain(year(&world)) {
            assert!(step.at >= last, "{} runs backwards", step.command_id);
            last = step.at;
            if step.repeat {
                continue;
            }
            assert!(keys.insert((step.actor.person.to_string(), step.command_id.clone())), "{}", step.command_id);
            assert!(step.command.obligation().is_none_or(|id| id.plan.as_str() == code), "{}", step.command_id);
            loader.take(&step);
        }
        let now = state(&loader.register);
        assert_eq!(now.len(), before.len() + world.obligations());
        assert!(now[..before.len()] == before[..], "year {nth} changed an obligation of a year before");
        before = now;
    }
    assert_eq!(before.len(), 3 * (51 * 12 + 46));
    assert!(last > "2025-08-01T00:00:00Z".parse().unwrap() && last < "2025-09-01T00:00:00Z".parse().unwrap());
}

#[test]
fn years_differ_and_the_first_is_the_one_that_is_told_alone() {
    let told = |world: &World| -> Vec<(Timestamp, String)> {
        year(world).map(|step| (step.at, format!("{:?}", step.command))).collect()
    };
    let alone = told(&scenario::world(&settings(6), &plan()));
    let all: Vec<_> = years(&three_years(6), &plan()).map(|world| told(&world)).collect();
    // The last days of August belong to whoever lays out the next year.
    let shared = all[0].len();
    assert!(alone.len() - shared < 20 && alone[..shared] == all[0][..], "{} and {shared}", alone.len());
    let moments = |nth: usize| -> BTreeSet<i64> {
        let start = all[nth][0].0.as_second() / 86_400 * 86_400;
        all[nth].iter().map(|(at, _)| at.as_second() - start).collect()
    };
    assert!(moments(1).intersection(&moments(2)).count() < all[1].len() / 10);
}

#[test]
fn plans_of_later_years_have_their_own_days() {
    let worlds: Vec<World> = years(&three_years(3), &plan()).collect();
    let plans: Vec<_> = worlds
        .iter()
        .flat_map(World::setup)
        .filter_map(|step| match step.command {
            Command::ImportPlan(body) => Some(body.plan),
            _ => None,
        })
        .collect();
    for (plan, by) in plans.iter().zip(0_i16..) {
        assert_eq!((plan.school_year.first_year(), plan.rows().count()), (2022 + by, 33));
        for (row, first) in plan.rows().zip(plans[0].rows()) {
            let moved = first.deadline.end.map(|day| day.checked_add(jiff::Span::new().years(by)).unwrap());
            assert_eq!(row.deadline.end, moved, "{}", row.row);
        }
    }
    let text = serde_json::to_string(&plans[2]).unwrap();
    assert!(text.contains("10.10.2024") && !text.contains("2022"), "a date of 2022 is left");
}
