//! What is measured: definitions, targets, closed periods with their snapshots, organisations that are transferred.

use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::decide::snapshots;
use domain::event::{Data, Event};
use domain::evolve::{Effect, Ground};
use domain::id::{RegionCode, Seq};
use domain::ledger::{Closing, Goal, goal};
use domain::limits::SNAPSHOT_ROWS_PER_EVENT;
use domain::number::Real;
use domain::payload::SnapshotRow;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::*;

const PERIOD: &str = "2022-2023.H1";

fn definition(id: &str, version: u16) -> Value {
    json!({
        "definition": {
            "id": id, "version": version, "name_ru": "Полнота", "name_en": "Completeness", "unit": "share",
            "target": 0.95, "better": "up", "weight": 4, "periods": ["H1"], "levels": ["region", "school"],
            "table": "obligations", "when_empty": "no_data",
            "numerator": {"ru": "ч", "en": "n", "sql": "is_done"}, "denominator": {"ru": "з", "en": "d", "sql": "is_due"}
        },
        "basis": "№ 30"
    })
}

fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}

fn target(more: &Value) -> Value {
    let mut body = json!({"region": "primorye", "indicator": "I01", "basis": "№ 31"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn real(number: f64) -> Option<Real> {
    Real::new(number)
}

fn primorye() -> RegionCode {
    "primorye".parse().unwrap()
}

#[test]
fn a_version_of_an_indicator_is_defined_once() {
    let mut world = Small::new();
    let define = definition("I19", 1);
    let event = world.would(&ministry(), Act::DefineIndicator, &define, october(3)).unwrap().remove(0);
    assert!(event.is_first_on_subject());
    assert_eq!(event.target.subject(domain::event::EventId(1)), "_._._._.indicator.i19-v1");
    let admin = actor("admin", Role::Admin);
    assert_eq!(leads(world.does(&admin, Act::DefineIndicator, &define, october(3))), "indicator.defined");
    assert_eq!(code(world.does(&ministry(), Act::DefineIndicator, &define, october(4))), "exists_already");
    world.does(&ministry(), Act::DefineIndicator, &definition("I19", 2), october(5)).unwrap();
    let ledger = domain::decide::World::ledger(&world);
    let known: Vec<_> = ledger.definitions().iter().map(|one| (one.definition.version, one.basis.as_str())).collect();
    assert_eq!(known, [(1, "№ 30"), (2, "№ 30")]);
    assert_eq!(ledger.definition("I19", 2).unwrap().definition.weight, Real::from(4_u32));
    assert_eq!(ledger.definition("I19", 3), None);
}

#[test]
fn a_definition_has_an_id_a_version_and_a_basis() {
    let mut world = Small::new();
    let mut wrong = |body: &Value| places(world.does(&ministry(), Act::DefineIndicator, body, october(3)));
    assert_eq!(wrong(&definition("I19", 0)), ["/definition/version"]);
    assert_eq!(wrong(&definition("i19", 1)), ["/definition/id"]);
    assert_eq!(wrong(&definition("Показатель", 1)), ["/definition/id"]);
    assert_eq!(wrong(&with(&definition("I19", 1), "basis", json!(" "))), ["/basis"]);
}

#[test]
fn what_is_measured_is_set_by_the_ministry_and_by_administrators_over_all() {
    let world = Small::new();
    let moved = json!({"org": "s01", "municipality": {"code": "khanka", "name_ru": "Х", "name_en": "K"}, "basis": "б"});
    for (act, body) in [
        (Act::DefineIndicator, definition("I19", 1)),
        (Act::SetTarget, target(&json!({"target": 0.9}))),
        (Act::TransferOrg, moved),
    ] {
        for role in Role::ALL {
            let may = matches!(role, Role::Ministry | Role::Admin);
            let over_all = Actor { scope: Scope::All, ..actor("somebody", role) };
            assert_eq!(world.would(&over_all, act, &body, october(3)).is_ok(), may, "{role}: {act}");
            let here = Actor { scope: Scope::Municipality("pogranichny".parse().unwrap()), ..over_all };
            assert_eq!(
                code(world.would(&here, act, &body, october(3))),
                "forbidden",
                "{role} of a municipality: {act}"
            );
        }
    }
}

#[test]
fn a_target_says_what_where_and_why() {
    let mut world = Small::new();
    let mut wrong = |more: &Value| places(world.does(&ministry(), Act::SetTarget, &target(more), october(3)));
    assert_eq!(wrong(&json!({})), ["/target"], "nothing is set");
    assert_eq!(wrong(&json!({"target": 0, "weight": -1})), ["/target", "/weight"]);
    assert_eq!(wrong(&json!({"target": 1, "indicator": "01"})), ["/indicator"]);
    assert_eq!(wrong(&json!({"target": 1, "period": "2022"})), ["/period"]);
    assert_eq!(wrong(&json!({"target": 1, "municipality": "tynda"})), ["/municipality"], "it lies in another region");
    assert_eq!(wrong(&json!({"target": 1, "basis": ""})), ["/basis"]);
    let elsewhere = target(&json!({"target": 1, "region": "sakhalin"}));
    assert_eq!(code(world.does(&ministry(), Act::SetTarget, &elsewhere, october(3))), "region_not_found");
    assert_eq!(
        leads(world.does(&ministry(), Act::SetTarget, &target(&json!({"weight": 0})), october(3))),
        "indicator.target_set"
    );
}

#[test]
fn the_newest_target_holds_a_municipalitys_before_its_regions_and_a_periods_before_the_general_one() {
    let mut world = Small::new();
    let mut set = |more: Value| world.does(&ministry(), Act::SetTarget, &target(&more), october(3)).unwrap();
    set(json!({"target": 0.5, "period": PERIOD, "municipality": "khanka"}));
    set(json!({"target": 0.6, "municipality": "khanka", "weight": 3}));
    set(json!({"target": 0.7, "period": PERIOD}));
    set(json!({"target": 0.8, "weight": 9}));
    set(json!({"target": 0.9}));
    set(json!({"target": 0.1, "region": "amur"}));
    let ledger = domain::decide::World::ledger(&world);
    assert_eq!(ledger.targets().len(), 6);
    let holds = |municipality, period| goal(ledger.targets(), "primorye", municipality, "I01", period);
    let expected = |target, weight| Goal { target: real(target), weight: real(weight) };
    assert_eq!(holds(Some("khanka"), PERIOD), expected(0.5, 3.0), "each of the two is looked for by itself");
    assert_eq!(holds(Some("khanka"), "2022-2023"), expected(0.6, 3.0));
    assert_eq!(holds(Some("pogranichny"), PERIOD), expected(0.7, 9.0));
    assert_eq!(holds(None, PERIOD), expected(0.7, 9.0));
    assert_eq!(holds(None, "2022-2023.H2"), expected(0.9, 9.0));
    assert_eq!(goal(ledger.targets(), "primorye", None, "I02", PERIOD), Goal::default());
}

#[test]
fn an_organisation_is_transferred_to_another_municipality() {
    let mut world = Small::new();
    let to = |org: &str, code: &str| json!({"org": org, "municipality": {"code": code, "name_ru": "Х", "name_en": "K"}, "basis": "№ 32"});
    assert_eq!(leads(world.does(&ministry(), Act::TransferOrg, &to("s01", "new-one"), october(3))), "org.transferred");
    let mut does = |body: &Value| world.does(&ministry(), Act::TransferOrg, body, october(3));
    assert_eq!(code(does(&to("nobody", "khanka"))), "organisation_not_found");
    assert_eq!(places(does(&to("mo", "khanka"))), ["/org"], "an authority of the whole region");
    assert_eq!(places(does(&to("s03", "khanka"))), ["/municipality/code"], "it is there already");
    assert_eq!(places(does(&with(&to("s01", "khanka"), "basis", json!("")))), ["/basis"]);
}

fn row(n: usize) -> SnapshotRow {
    let (level, org, indicator, status) = ("school".into(), format!("s{n}"), "I01".into(), "ok".into());
    let (numerator, denominator, value) = (real(1.0), real(3.0), real(1.0 / 3.0));
    let (target, achievement, weight) = (None, None, None);
    SnapshotRow {
        level,
        org,
        indicator,
        version: 1,
        numerator,
        denominator,
        value,
        target,
        achievement,
        weight,
        status,
    }
}

/// Closes the period with a snapshot of so many values, and gives back what its parts did.
fn close(world: &mut Small, rows: usize, day: i32) -> Vec<Effect> {
    let body = json!({"region": "primorye", "period": PERIOD, "basis": "№ 33"});
    let closing = world.would(&ministry(), Act::ClosePeriod, &body, october(day)).unwrap().remove(0);
    let rows: Vec<SnapshotRow> = (0..rows).map(row).collect();
    let parts = snapshots(&closing, &rows, Seq(7), moment());
    std::iter::once(&closing).chain(&parts).map(|event| world.beside(event, october(day))).collect()
}

fn moment() -> Timestamp {
    "2022-10-05T01:00:00Z".parse().unwrap()
}

#[test]
fn a_snapshot_comes_in_parts_on_the_subject_of_its_period() {
    let world = Small::new();
    let body = json!({"region": "primorye", "period": PERIOD, "basis": "№ 33"});
    let closing = world.would(&ministry(), Act::ClosePeriod, &body, october(5)).unwrap().remove(0);
    let rows: Vec<SnapshotRow> = (0..=SNAPSHOT_ROWS_PER_EVENT).map(row).collect();
    let parts: Vec<Event> = snapshots(&closing, &rows, Seq(7), moment());
    let mut told = Vec::new();
    for event in &parts {
        assert_eq!((&event.target, event.occurred_on), (&closing.target, closing.occurred_on));
        let Data::SnapshotTaken(taken) = &event.data else { panic!("{event:?}") };
        assert_eq!((taken.period.as_str(), taken.at, taken.as_of), (PERIOD, Seq(7), moment()));
        told.push((taken.part, taken.parts, taken.rows.len()));
    }
    assert_eq!(told, [(1, 2, SNAPSHOT_ROWS_PER_EVENT), (2, 2, 1)]);
    assert_eq!(snapshots(&closing, &[], Seq(7), moment()), []);
}

#[test]
fn closings_are_kept_with_their_snapshots_and_a_period_is_closed_anew_after_it_was_reopened() {
    let mut world = Small::new();
    let before = world.next();
    assert_eq!(close(&mut world, SNAPSHOT_ROWS_PER_EVENT + 1, 5), [Effect::Changed; 3]);
    let reopen = json!({"region": "primorye", "period": PERIOD, "reason": "уточнение"});
    world.does(&ministry(), Act::ReopenPeriod, &reopen, october(6)).unwrap();
    let ledger = domain::decide::World::ledger(&world);
    assert!(!ledger.is_period_closed(&primorye(), PERIOD));
    assert_eq!(close(&mut world, 0, 7), [Effect::Changed]);
    let ledger = domain::decide::World::ledger(&world);
    let [first, second] = ledger.closings() else { panic!("{:?}", ledger.closings()) };
    let at = |n: u64| Seq(before.get() + n);
    let expected = Closing {
        region: primorye(),
        period: PERIOD.into(),
        seq: at(0),
        at: Seq(7),
        as_of: moment(),
        snapshots: vec![at(1), at(2)],
        reopened: Some(at(3)),
        basis: "№ 33".into(),
    };
    assert_eq!(*first, expected);
    assert_eq!((second.seq, second.at, second.snapshots.len(), second.reopened), (at(4), at(3), 0, None));
    assert_eq!(ledger.closing(&primorye(), PERIOD), Some(second));
    assert_eq!(ledger.closing(&primorye(), "2022-2023.H2"), None);
}

#[test]
fn a_part_of_a_snapshot_without_its_closing_is_void() {
    let mut world = Small::new();
    let body = json!({"region": "primorye", "period": PERIOD, "basis": "№ 33"});
    let closing = world.would(&ministry(), Act::ClosePeriod, &body, october(5)).unwrap().remove(0);
    let parts = snapshots(&closing, &[row(0)], Seq(7), moment());
    let void = Effect::Void(Ground::Matter);
    assert_eq!(world.beside(&parts[0], october(5)), void);
    assert_eq!(world.beside(&closing, october(5)), Effect::Changed);
    assert_eq!(world.beside(&closing, october(5)), Effect::Duplicate);
    assert_eq!(world.beside(&parts[0], october(5)), Effect::Changed);
    assert_eq!(world.beside(&parts[0], october(5)), void, "the same part again");
    let rows: Vec<SnapshotRow> = (0..=SNAPSHOT_ROWS_PER_EVENT).map(row).collect();
    let other = snapshots(&closing, &rows, Seq(8), moment());
    assert_eq!(
        other.iter().map(|part| world.beside(part, october(5))).collect::<Vec<_>>(),
        [void; 2],
        "of another state"
    );
}
