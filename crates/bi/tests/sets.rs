//! Claims about the rows of every set, from a town that lived: acts, a transfer, a closed period.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

#[path = "../../commands/tests/acts/common.rs"]
#[expect(dead_code, reason = "the town of the gate's own tests: some of its parts are for those only")]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bi::{Cell, Feed, Frame, Ready, Set, contract};
use board::{Follower, Latest};
use domain::command::Act;
use indicators::Catalogue;
use journal::sim::SimFaults;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::common::{SCHOOLS, Town, about, checklist, coordinator, ministry, school};

/// A town with the feed of its state.
struct Lived {
    town: Town,
    feed: Feed,
    ready: Ready,
    _values: JoinSet<()>,
}

async fn lived() -> Lived {
    let town = Town::in_force().await;
    let [first, second, _] = SCHOOLS;
    town.ask(&school(first), "s1", Act::Submit, &checklist(first, "2022-10-11")).await.unwrap();
    town.ask(&coordinator(), "a1", Act::Accept, &about(&format!("9.2/{first}/-"))).await.unwrap();
    town.ask(&school(second), "s2", Act::Submit, &checklist(second, "2022-10-12")).await.unwrap();
    let khanka = json!({"code": "khanka", "name_ru": "Ханкайский", "name_en": "Khankaisky"});
    let body = json!({"org": second, "municipality": khanka, "occurred_on": "2022-10-12", "basis": "№ 32"});
    town.ask(&ministry(), "move", Act::TransferOrg, &body).await.unwrap();
    watched(town).await
}

/// The feed of a town's state.
async fn watched(town: Town) -> Lived {
    let latest = Arc::new(Latest::default());
    let follower = Follower::new(town.gate.clone(), Catalogue::standard(), Arc::clone(&latest));
    let mut values = JoinSet::new();
    values.spawn(follower.run(CancellationToken::new()));
    let feed = Feed::new(town.gate.clone(), latest);
    let ready = feed.ready().await.unwrap();
    Lived { town, feed, ready, _values: values }
}

fn all(lived: &Lived, set: &'static Set) -> Vec<Frame> {
    lived.feed.look(&lived.ready, |source| source.frames(set).collect())
}

/// The rows of a set as texts by column.
fn rows(lived: &Lived, name: &str) -> Vec<BTreeMap<&'static str, String>> {
    let set = contract().set(name).unwrap();
    let told = |cell: Cell<'_>| match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Double(number) => number.to_string(),
        Cell::Bool(it) => it.to_string(),
        Cell::Day(day) => day.to_string(),
        Cell::Moment(at) => at.to_string(),
    };
    let names = || set.columns.iter().map(|column| column.name.as_str());
    let row = |frame: &Frame, at: usize| names().zip(frame.row(at).map(told)).collect();
    all(lived, set).iter().flat_map(|frame| (0..frame.height()).map(|at| row(frame, at)).collect::<Vec<_>>()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_set_has_rows_with_keys_of_their_own_and_no_hole_where_none_may_be() {
    let lived = lived().await;
    for set in &contract().sets {
        let frames = all(&lived, set);
        let mut keys = BTreeSet::new();
        let place = |name: &String| set.columns.iter().position(|column| column.name == *name).unwrap();
        let key: Vec<usize> = set.key.iter().map(place).collect();
        for frame in &frames {
            assert_eq!(frame.to_polars().unwrap().height(), frame.height(), "{}", set.name);
            for row in 0..frame.height() {
                let told: Vec<String> = key.iter().map(|at| format!("{:?}", frame.cell(row, *at))).collect();
                assert!(keys.insert(told.clone()), "{} has {told:?} twice", set.name);
                for (at, column) in set.columns.iter().enumerate().filter(|(_, column)| !column.nullable) {
                    assert_ne!(frame.cell(row, at), Cell::Empty, "{}.{} of {told:?}", set.name, column.name);
                }
            }
        }
        // Nothing was closed yet.
        assert_eq!(keys.is_empty(), set.name == "v_indicator_published", "{}", set.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_point_at_rows_that_there_are() {
    let lived = lived().await;
    let keys = |set: &str, key: &str| -> Vec<String> {
        rows(&lived, set).into_iter().map(|mut row| row.remove(key).unwrap()).collect()
    };
    for (to, key) in [("v_org", "org_key"), ("v_period", "period_key"), ("v_plan_row", "plan_row_key")] {
        let known: BTreeSet<String> = keys(to, key).into_iter().collect();
        for from in contract().sets.iter().filter(|set| set.name != to && set.column(key).is_some()) {
            for of in keys(&from.name, key) {
                assert!(known.contains(&of), "{}: {key} {of}", from.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_that_moved_has_two_versions_and_the_keys_of_its_acts_say_where_it_was() {
    let lived = lived().await;
    let moved = SCHOOLS[1];
    let versions: Vec<_> = rows(&lived, "v_org").into_iter().filter(|row| row["org_code"] == moved).collect();
    let told: Vec<_> = versions
        .iter()
        .map(|row| (&*row["municipality_code"], &*row["valid_from"], &*row["valid_to"], &*row["is_current"]))
        .collect();
    assert_eq!(told, [("pogranichny", "", "2022-10-11", "false"), ("khanka", "2022-10-12", "", "true")]);
    assert!(versions.iter().all(|row| row["current_municipality_name"] == "Ханкайский"));
    let events = rows(&lived, "v_event");
    let sent = events.iter().find(|row| row["role"] == "school" && row["org_code"] == moved).unwrap();
    // Counted, and seen, where the school is now; the key says where it was.
    assert_eq!((&*sent["municipality_code"], &sent["org_key"]), ("khanka", &versions[0]["org_key"]));
    let owed = rows(&lived, "v_obligation");
    assert!(owed.iter().filter(|row| row["org_code"] == moved).all(|row| row["municipality_code"] == "khanka"));
}

#[tokio::test(flavor = "multi_thread")]
async fn control_totals_are_the_sums_of_the_rows() {
    let lived = lived().await;
    let totals: BTreeMap<(String, String, String, String), f64> = rows(&lived, "v_control_total")
        .into_iter()
        .map(|row| {
            let key = ["data_set", "total_code", "period_code", "indicator_code"].map(|name| row[name].clone());
            let [set, code, period, indicator] = key;
            ((set, code, period, indicator), row["total"].parse().unwrap())
        })
        .collect();
    let total = |set: &str, code: &str, period: &str, indicator: &str| {
        totals.get(&(set.into(), code.into(), period.into(), indicator.into())).copied().unwrap_or_default()
    };
    let close = |found: f64, expect: f64| assert!((found - expect).abs() < 1e-9, "{found} for {expect}");
    let owed = rows(&lived, "v_obligation");
    close(total("v_obligation", "rows", "-", "-"), f64::from(u32::try_from(owed.len()).unwrap()));
    let overdue = owed.iter().filter(|row| row["is_overdue"] == "true").count();
    assert!(overdue > 0);
    close(total("v_obligation", "overdue", "-", "-"), f64::from(u32::try_from(overdue).unwrap()));
    let values = rows(&lived, "v_indicator");
    let additive = values.iter().filter(|row| row["is_additive"] == "true" && row["is_official"] == "true");
    let mut sums: BTreeMap<(String, String), f64> = BTreeMap::new();
    for row in additive.filter(|row| !row["denominator"].is_empty()) {
        let denominator: f64 = row["denominator"].parse().unwrap();
        *sums.entry((row["period_code"].clone(), row["indicator_code"].clone())).or_default() += denominator;
    }
    assert!(sums.len() > 10, "{sums:?}");
    for ((period, indicator), sum) in sums {
        close(total("v_indicator", "denominator", &period, &indicator), sum);
    }
    let events = lived.town.events();
    close(total("v_event", "rows", "-", "-"), f64::from(u32::try_from(events).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_closing_froze_is_published_and_stays() {
    let appraiser = board::appraiser(Catalogue::standard());
    let town = Town::appraised(SimFaults::none(), appraiser).await;
    town.lay_out().await;
    let close = json!({"region": "primorye", "period": "2022-2023.T0", "basis": "№ 3"});
    town.ask(&ministry(), "c1", Act::ClosePeriod, &close).await.unwrap();
    let lived = watched(town).await;
    let published = rows(&lived, "v_indicator_published");
    assert!(!published.is_empty());
    assert!(published.iter().all(|row| row["is_in_force"] == "true" && row["period_code"] == "2022-2023.T0"));
    let now = rows(&lived, "v_indicator");
    for row in published.iter().filter(|row| row["level"] == "region") {
        let same = ["level", "org_code", "period_code", "indicator_code", "indicator_version"];
        let other = now.iter().find(|other| same.iter().all(|name| row[name] == other[name])).unwrap();
        assert_eq!((&row["numerator"], &row["denominator"]), (&other["numerator"], &other["denominator"]));
    }
}
