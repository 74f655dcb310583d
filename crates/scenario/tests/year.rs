//! The year as a whole: allowed step by step, whole in its shapes, the same in every telling.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Loader, plan, settings};
use domain::actor::{Role, Scope};
use domain::command::{Act, Command};
use domain::evolve::Effect;
use domain::obligation::Phase;
use domain::timeliness::Timeliness;
use jiff::Timestamp;
use jiff::civil::date;
use register::Register;
use scenario::{Settings, Step, World, world, year};

fn everything(world: &World) -> Vec<u8> {
    let mut bytes = Vec::new();
    for step in world.setup().chain(year(world)) {
        let head = format!("{} {} {} {:?} {}\n", step.at, step.today, step.command_id, step.actor, step.repeat);
        bytes.extend(head.into_bytes());
        bytes.extend(step.body());
    }
    bytes
}

#[test]
fn the_same_seed_tells_the_same_story_to_the_last_byte() {
    let told = |seed| everything(&world(&Settings { schools: 10, seed, ..Settings::default() }, &plan()));
    assert_eq!(told(2022), told(2022));
    assert_ne!(told(2022), told(2023));
}

/// Loads a world, or one half of it; what was seen on the way, by name.
fn loaded(
    settings: &Settings,
    takes: impl Fn(&Step) -> bool,
) -> (Register, BTreeMap<&'static str, usize>, BTreeSet<String>) {
    let world = world(settings, &plan());
    let mut loader = Loader::new();
    let (mut seen, mut rows) = (BTreeMap::new(), BTreeSet::new());
    let mut answers: BTreeMap<(String, String), Vec<u8>> = BTreeMap::new();
    let mut last = Timestamp::MIN;
    for step in world.setup().chain(year(&world).filter(takes)) {
        assert!(step.at >= last, "{} runs backwards", step.command_id);
        last = step.at;
        let mut count = |what| *seen.entry(what).or_insert(0) += 1;
        let key = (step.actor.person.to_string(), step.command_id.clone());
        if step.repeat {
            assert_eq!(answers.get(&key), Some(&step.body()), "{} is no repeat", step.command_id);
            count("repeat");
            continue;
        }
        assert!(answers.insert(key, step.body()).is_none(), "{} comes twice", step.command_id);
        count(step.command.act().as_str());
        let read = Command::read(step.command.act(), &step.body()).unwrap();
        assert_eq!(read.obligation(), step.command.obligation());
        if let Command::RecordForAll(body) = &step.command {
            rows.insert(body.row.to_string());
        }
        if let Command::Submit(body) = &step.command {
            rows.insert(body.obligation.row.to_string());
            if body.occurred_on < step.today {
                count("recorded later");
            }
        }
        loader.take(&step);
    }
    assert_eq!(loader.register.len(), world.obligations());
    (loader.register, seen, rows)
}

/// How many obligations ended how.
fn shapes(register: &Register) -> BTreeMap<&'static str, usize> {
    let mut shapes = BTreeMap::new();
    for ordinal in 0..u32::try_from(register.len()).unwrap() {
        let standing = register.standing_of(ordinal);
        let obligation = &standing.obligation;
        let timeliness = standing.clockwork.timeliness(obligation, date(2023, 8, 31));
        *shapes.entry(timeliness.as_str()).or_insert(0) += 1;
        *shapes.entry(obligation.phase.as_str()).or_insert(0) += 1;
        if timeliness == Timeliness::OnTime
            && standing.clockwork.done_on(obligation) == standing.clockwork.effective_due(obligation)
        {
            *shapes.entry("last day").or_insert(0) += 1;
        }
        if let Some(report) = obligation.counting().filter(|_| obligation.returns > 0) {
            let in_time = report.counts_on != report.occurred_on;
            *shapes.entry(if in_time { "rework in time" } else { "rework late" }).or_insert(0) += 1;
        }
        if obligation.moves > 0 {
            *shapes.entry("moved").or_insert(0) += 1;
        }
    }
    shapes
}

#[test]
fn ten_schools_live_a_whole_year_and_every_shape_of_life_occurs() {
    let (register, seen, rows) = loaded(&settings(10), |_| true);
    let shapes = shapes(&register);
    let wanted = ["on_time", "early", "late", "overdue", "last day", "rework in time", "rework late", "moved"];
    for shape in wanted.into_iter().chain(["accepted", "submitted", "excused", "open"]) {
        assert!(shapes.contains_key(shape), "no {shape} in {shapes:?}");
    }
    let told = [Act::Schedule, Act::MoveDeadline, Act::Accept, Act::Return, Act::Excuse, Act::Correct, Act::Retract];
    for act in told.into_iter().chain([Act::RecordForAll, Act::ApplyToMany, Act::NoteFact, Act::GrantAuthority]) {
        assert!(seen.contains_key(act.as_str()), "no {act} in {seen:?}");
    }
    assert!(seen.contains_key("repeat") && seen.contains_key("recorded later"));
    // 33 rows of the plan and three publications that follow from it.
    assert_eq!(rows.len(), 36, "{rows:?}");
    let cancelled = register.columns().phase.iter().filter(|phase| **phase == Phase::Cancelled).count();
    let not_applicable = register.columns().phase.iter().filter(|phase| **phase == Phase::NotApplicable).count();
    assert!((2..20).contains(&cancelled) && (15..40).contains(&not_applicable), "{cancelled} {not_applicable}");
}

#[test]
fn a_hundred_schools_do_whatever_people_can_do() {
    let (register, seen, _) = loaded(&settings(100), |_| true);
    // What only a later year, or the service itself, asks for.
    let untold = [
        Act::ProposeReassignment,
        Act::RemoveCo,
        Act::EndDelegation,
        Act::Remind,
        Act::NoticeDeadline,
        Act::Escalate,
        Act::ClosePlan,
        Act::ReopenPeriod,
        Act::DefineIndicator,
        Act::RevokeAuthority,
        Act::OpenImport,
        Act::CloseImport,
    ];
    for act in Act::ALL.iter().filter(|act| !untold.contains(act)) {
        assert!(seen.contains_key(act.as_str()), "no {act} in {seen:?}");
    }
    let all = || 0..u32::try_from(register.len()).unwrap();
    let held = all().filter(|ordinal| register.columns().held_days[usize::try_from(*ordinal).unwrap()] > 0).count();
    assert!(held > 2, "{held} on hold for a while");
    let acts = register.bulk_acts();
    let met = acts.iter().flat_map(|act| &act.obligations).filter(|(_, effect)| *effect == Effect::Duplicate).count();
    assert!(met > 5 && acts.iter().any(|act| act.retracted), "{met} bulk facts met what was there");
    let substitutes = register.columns().report_behalf.iter().filter(|person| **person != u32::MAX).count();
    assert!(substitutes > 10, "{substitutes} reports by substitutes");
    let small = all().filter_map(|ordinal| register.columns().matters(ordinal));
    assert!(small.flat_map(|matters| &matters.counts).any(|count| count.eligible < 5));
}

#[test]
fn schools_grow_from_one_self_diagnosis_to_the_next() {
    let (register, ..) = loaded(&settings(10), |_| true);
    let mut waves: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for ordinal in 0..u32::try_from(register.len()).unwrap() {
        let standing = register.standing_of(ordinal);
        let score = standing.obligation.counting().and_then(|report| report.score);
        if let (Some(wave), Some(score)) = (standing.slot.measures, score) {
            let sum = waves.entry(wave.to_string()).or_default();
            *sum = (sum.0 + score.points, sum.1 + score.max);
        }
    }
    let share = |wave: &str| waves[wave].0 * 1000 / waves[wave].1;
    assert!(share("T0") + 50 < share("H1") && share("H1") < share("Y"), "{waves:?}");
}

#[test]
fn a_last_day_is_a_storm_that_goes_on_into_the_evening() {
    let world = world(&settings(60), &plan());
    let deadline = date(2022, 10, 17);
    let (mut by_day, mut evening) = (BTreeMap::new(), 0);
    for step in year(&world).filter(|step| step.actor.role == Role::School && step.command.act() == Act::Submit) {
        *by_day.entry(step.today).or_insert(0) += 1;
        let hour = step.at.in_tz("Asia/Vladivostok").unwrap().hour();
        evening += i32::from(step.today == deadline && hour >= 18);
    }
    let storm = by_day[&deadline];
    assert!(storm >= 40 && evening * 4 > storm, "{storm} on the last day, {evening} in its evening");
    let mut reports: Vec<i32> = by_day.into_values().collect();
    reports.sort_unstable();
    assert!(reports[reports.len() / 2] * 5 < storm, "{reports:?}");
}

#[test]
fn every_seed_is_allowed() {
    // In the last ones a school that is sent something early joins later, and the only one of its municipality leaves.
    for (schools, seed) in [(4, 0), (4, 1), (4, 7), (4, u64::MAX), (64, 38), (64, 79)] {
        loaded(&Settings { schools, seed, ..Settings::default() }, |_| true);
    }
}

#[test]
fn a_krai_is_allowed_and_its_municipalities_differ() {
    let (register, ..) = loaded(&settings(70), |_| true);
    let mut figures: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for ordinal in 0..u32::try_from(register.len()).unwrap() {
        let standing = register.standing_of(ordinal);
        let org = register.org_index(standing.id.org.as_str()).unwrap();
        let Some(municipality) = register.orgs()[usize::try_from(org).unwrap()].municipality else { continue };
        let timeliness = standing.clockwork.timeliness(&standing.obligation, date(2023, 8, 31));
        let figure = figures.entry(municipality).or_default();
        match timeliness {
            Timeliness::OnTime | Timeliness::Early => *figure = (figure.0 + 1, figure.1 + 1),
            Timeliness::Late(_) | Timeliness::Overdue(_) => figure.1 += 1,
            _ => {}
        }
    }
    let permille: Vec<usize> = figures.values().map(|(in_time, due)| in_time * 1000 / due.max(&1)).collect();
    assert_eq!(permille.len(), 34);
    assert!(*permille.iter().min().unwrap() < 800 && *permille.iter().max().unwrap() > 960, "{permille:?}");
}

#[test]
fn a_krai_of_510_schools_is_told_in_the_order_of_time() {
    let world = world(&settings(510), &plan());
    assert_eq!((world.schools(), world.municipalities(), world.regions().count()), (510, 34, 1));
    // 43·S + 43 of the plan, with the series counted by month and by semester.
    assert_eq!(world.obligations(), 51 * 510 + 46);
    let setup: Vec<_> = world.setup().collect();
    let steps = year(&world);
    assert!(steps.len() > 25_000 && steps.len() < 45_000, "{}", steps.len());
    let mut last = setup.last().unwrap().at;
    for step in steps.step_by(7) {
        assert!(step.at >= last && step.command_id.is_ascii() && step.command_id.len() <= 128);
        last = step.at;
    }
    assert!(last < "2023-09-01T12:00:00Z".parse().unwrap());
}

#[test]
fn a_nation_has_85_regions_and_unique_codes() {
    let world = world(&settings(39_900), &plan());
    assert_eq!((world.schools(), world.regions().count()), (39_900, 85));
    let (mut orgs, mut schools) = (BTreeSet::new(), 0);
    for step in world.setup() {
        match step.command {
            Command::RegisterOrganisations(body) => {
                assert!(body.organisations.len() <= 1000);
                for org in body.organisations {
                    assert!(orgs.insert(org.code.to_string()), "{} twice", org.code);
                }
            }
            Command::ActivatePlan(body) => {
                if body.region.as_str() == "primorye" {
                    assert_eq!(body.schools.len(), 508);
                }
                schools += body.schools.len();
            }
            _ => {}
        }
    }
    // Two schools of the krai join later.
    assert_eq!((orgs.len(), schools), (39_900 + 85 * 5, 39_898));
}

#[test]
fn a_small_nation_loads_in_every_time_zone() {
    let (register, ..) = loaded(&Settings { schools: 660, seed: 3, ..Settings::default() }, |step| {
        step.region.as_str() != "primorye" || step.command.act() == Act::EnrolSchool
    });
    assert_eq!(register.regions().len(), 85);
}

#[test]
fn the_directory_names_everybody_who_acts() {
    let world = world(&settings(10), &plan());
    let directory: BTreeMap<_, _> = world.directory().collect();
    for step in world.setup().chain(year(&world)) {
        assert!(directory.contains_key(&step.actor.person), "{} has no name", step.actor.person);
        match (step.actor.role, &step.actor.scope) {
            (Role::School, Scope::Org(_))
            | (Role::Coordinator, Scope::Municipality(_) | Scope::Org(_))
            | (Role::Ministry | Role::Auditor | Role::Admin, Scope::All) => {}
            odd => panic!("{odd:?}"),
        }
    }
    assert_eq!(directory["tretyakova-tv"], "Третьякова Т.В.");
    assert!(directory.values().all(|name| name.ends_with('.') && name.contains(' ')));
}

#[test]
fn the_order_of_the_first_row_was_issued_on_its_last_day() {
    let world = world(&settings(10), &plan());
    let order = year(&world).find(|step| step.command_id.contains("/1.1/")).unwrap();
    let Command::Submit(body) = order.command else { panic!("{:?}", order.command) };
    assert_eq!(body.occurred_on, date(2022, 9, 26));
    assert!(body.details.get().contains("1064-а"));
    assert_eq!(order.actor.person.as_str(), "shkuratskaya-mv");
}
