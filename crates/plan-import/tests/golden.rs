//! The plan of 2022-2023 as it was pasted, held against a transcription checked by hand.

use std::collections::{BTreeMap, BTreeSet};

use domain::deadline::DeadlineKind;
use domain::id::RowNo;
use domain::plan::{AnomalyKind, Holder, Items, Plan, PlanRow, Responsible, Share, ShareOf};
use plan_import::{Profile, import};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../scenario/data/plan_2022_2023.txt");
const PROFILE: &str = include_str!("../../scenario/data/plan_2022_2023.profile.json");
const EXPECTED: &str = include_str!("../../../tests/data/plan_2022_2023.expected.json");

fn profile() -> Profile {
    Profile::parse(PROFILE).expect("the project's own profile is valid")
}

fn plan() -> Plan {
    import(DOCUMENT, Some(&profile()), None).expect("the project's own plan is a whole table")
}

fn expected() -> Value {
    serde_json::from_str(EXPECTED).expect("the transcription is JSON")
}

/// The transcription writes codes with underscores.
fn code(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace('_', "-")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Every row of the transcription with the row that was read.
fn pairs(plan: &Plan, expected: &Value) -> Vec<(PlanRow, Value)> {
    let rows: Vec<Value> =
        list(&expected["activities"]).iter().flat_map(|a| list(&a["rows"]).iter().cloned()).collect();
    assert_eq!(plan.rows().count(), rows.len());
    plan.rows().cloned().zip(rows).collect()
}

#[test]
fn the_frame_is_that_of_the_transcription() {
    let (plan, expected) = (plan(), expected());
    assert_eq!(plan.title, text(&expected, "title_ru"));
    assert_eq!(plan.school_year.to_string(), text(&expected, "school_year"));
    assert_eq!(plan.region.as_deref(), expected["region_ru"].as_str());
    assert_eq!(plan.municipality.as_deref(), expected["municipality_ru"].as_str());
    for (activity, wanted) in plan.activities.iter().zip(list(&expected["activities"])) {
        assert_eq!(u64::from(activity.no), wanted["no"].as_u64().unwrap());
        assert_eq!(activity.title, text(wanted, "title_ru"));
        assert_eq!(activity.title_en, text(wanted, "title_en"));
    }
    let bare = import(DOCUMENT, None, None).unwrap();
    assert_eq!((bare.region, bare.municipality), (plan.region, plan.municipality));
}

#[test]
fn every_row_has_its_number_line_and_text() {
    for (row, wanted) in pairs(&plan(), &expected()) {
        assert_eq!(row.row.as_str(), text(&wanted, "row_id"));
        assert_eq!(u64::from(row.source_line), wanted["source_line"].as_u64().unwrap(), "{}", row.row);
        assert_eq!(row.result_raw, text(&wanted, "result_raw"), "{}", row.row);
        let plain = wanted["result_text"].as_str().unwrap_or_else(|| text(&wanted, "result_raw"));
        assert_eq!(row.result, plain, "{}", row.row);
        assert_eq!(row.profile.result_en, text(&wanted, "result_en"), "{}", row.row);
    }
}

#[test]
fn every_row_has_its_deadline_and_semester() {
    let (plan, expected) = (plan(), expected());
    for (row, wanted) in pairs(&plan, &expected) {
        let deadline = serde_json::to_value(&row.deadline).unwrap();
        for key in ["raw", "kind", "start", "end", "schedule_ref"] {
            assert_eq!(deadline[key], wanted["deadline"][key], "{} {key}", row.row);
        }
        let inferred = wanted["deadline"]["bounds"] == "inferred_school_year";
        assert_eq!(row.deadline.bounds_inferred, inferred, "{}", row.row);
        let continuous = text(&wanted["deadline"], "kind") == "continuous" || wanted["deadline"]["continuous"] == true;
        assert_eq!(row.deadline.continuous, continuous, "{}", row.row);
        let semester = serde_json::to_value(row.deadline.due_semester(plan.school_year)).unwrap();
        assert_eq!(semester, wanted["due_semester"], "{}", row.row);
    }
    let count = |kind| plan.rows().filter(|row| row.deadline.kind == kind).count();
    let counts = [
        ("by_date", DeadlineKind::ByDate),
        ("window", DeadlineKind::Window),
        ("continuous", DeadlineKind::Continuous),
        ("by_schedule", DeadlineKind::BySchedule),
    ];
    for (key, kind) in counts {
        assert_eq!(Some(u64::try_from(count(kind)).unwrap()), expected["counts"][key].as_u64(), "{key}");
    }
}

#[test]
fn every_row_has_its_responsible() {
    for (row, wanted) in pairs(&plan(), &expected()) {
        let found: Vec<(Value, String)> =
            row.responsible.iter().map(|r| (serde_json::to_value(r.kind).unwrap(), r.code.clone())).collect();
        let wanted_list: Vec<(Value, String)> =
            list(&wanted["responsible"]).iter().map(|r| (r["type"].clone(), code(&r["id"]))).collect();
        assert_eq!(found, wanted_list, "{}", row.row);
        assert_eq!(row.responsible_raw, text(&wanted, "responsible_raw"), "{}", row.row);
        assert_eq!(Value::Bool(row.responsible_inherited), wanted["responsible_inherited"], "{}", row.row);
    }
}

#[test]
fn every_row_has_the_meaning_of_its_profile() {
    for (row, wanted) in pairs(&plan(), &expected()) {
        let profile = serde_json::to_value(&row.profile).unwrap();
        assert_eq!(profile["evidence_kind"], wanted["evidence_kind"], "{}", row.row);
        assert_eq!(profile["measures"], wanted["measures_period"], "{}", row.row);
        assert_eq!(profile["depends_on"], wanted["depends_on"], "{}", row.row);
        let codes = |value: &Value| list(value).iter().map(code).collect::<Vec<_>>();
        assert_eq!(codes(&profile["recipients"]), codes(&wanted["recipients"]), "{}", row.row);
        assert_eq!(profile["chair"].as_str().unwrap_or_default(), code(&wanted["chair"]["id"]), "{}", row.row);
        assert_eq!(profile["organiser"].as_str().unwrap_or_default(), code(&wanted["organiser"]["id"]), "{}", row.row);
        let participants: Vec<String> = list(&wanted["participants"]).iter().map(|p| code(&p["id"])).collect();
        assert_eq!(codes(&profile["participants"]), participants, "{}", row.row);
        let what = |targets: &Value| list(targets).iter().map(|t| text(t, "what").to_owned()).collect::<Vec<_>>();
        assert_eq!(what(&profile["targets"]), what(&wanted["targets"]), "{}", row.row);
        let derived: Vec<&str> = list(&wanted["derived"]).iter().map(|d| text(d, "id")).collect();
        let made: Vec<&str> =
            row.profile.shares.iter().map(|s| s.row.as_str()).filter(|r| *r != row.row.as_str()).collect();
        assert_eq!(made, derived, "{}", row.row);
    }
}

fn count(share: &Share) -> usize {
    match &share.items {
        Items::One => 1,
        Items::List(items) => items.len(),
        Items::Months { first, last } => first.through(*last).count(),
        Items::Semesters => 2,
    }
}

#[test]
fn the_fan_out_adds_up() {
    let plan = plan();
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    let mut series: BTreeMap<bool, usize> = BTreeMap::new();
    for (_, share) in plan.shares() {
        let owner = match &share.of {
            ShareOf::Schools => "schools".to_owned(),
            ShareOf::Org(code) => code.to_string(),
        };
        *owners.entry(owner).or_default() += count(share);
        // The design counts a monthly or half-yearly series as one: 43 a school and 43 in all.
        let one = matches!(share.items, Items::Months { .. } | Items::Semesters);
        *series.entry(share.of == ShareOf::Schools).or_default() += if one { 1 } else { count(share) };
    }
    let owned: Vec<(&str, usize)> = owners.iter().map(|(owner, n)| (owner.as_str(), *n)).collect();
    // mo-pk: 1.1, three meetings, 12.1 twice, seven days, roadmap; pk-iro: 20 programmes, 11.1, 12.1 twice, 20.1.
    assert_eq!(owned, [("mo-pk", 14), ("oo-apmo", 2), ("pk-iro", 24), ("rcod", 2), ("rmc", 4), ("schools", 51)]);
    assert_eq!(series, BTreeMap::from([(false, 43), (true, 43)]));
    assert_eq!(plan.shares().filter(|(_, share)| !share.in_execution).count(), 3);
}

#[test]
fn the_fan_out_agrees_with_scopes_and_targets() {
    for (row, wanted) in pairs(&plan(), &expected()) {
        let shares = || row.profile.shares.iter().filter(|share| share.row == row.row);
        let schools: usize = shares().filter(|s| s.of == ShareOf::Schools).map(count).sum();
        let others: usize = shares().filter(|s| s.of != ShareOf::Schools).map(count).sum();
        let month_series = shares().any(|share| matches!(share.items, Items::Months { .. }));
        let counts = match text(&wanted, "scope") {
            "region_once" => (0, usize::try_from(wanted["targets"][0]["count"].as_u64().unwrap_or(1)).unwrap()),
            "per_school" if month_series => (8, 0),
            "per_school" if row.profile.evidence_kind == domain::plan::EvidenceKind::PartnerList => {
                (list(&wanted["targets"]).len(), 0)
            }
            "per_school" => (1, 0),
            "per_school_direction" => (4, 0),
            "per_school_letter" => (7, 0),
            "per_publisher_kind_direction" => (0, 20),
            "region_once_to_schools" => (1, 1),
            "per_planning_organisation" => (1, 4 + usize::from(row.row.as_str() == "20.1")),
            "per_publisher" => (2, 2 * (list(&wanted["publishers"]).len() - 1)),
            scope => panic!("{scope}"),
        };
        assert_eq!((schools, others), counts, "{}", row.row);
        for share in shares().filter(|share| share.of == ShareOf::Schools && share.holder == Holder::SchoolHead) {
            let heads = row.responsible.iter().any(|r| r.code == "school-heads");
            assert!(heads || share.row.as_str() == "12.1", "{}", share.row);
        }
    }
}

#[test]
fn every_anomaly_of_the_transcription_is_found_and_no_other() {
    let plan = plan();
    let field = |wanted: &Value| match text(wanted, "where") {
        "title_ru" => "title",
        "result_raw" => "result",
        "deadline.raw" => "deadline",
        "responsible_raw" => "responsible",
        other => panic!("{other}"),
    };
    let wanted: BTreeSet<(String, String, String, Vec<String>)> = list(&expected()["anomalies"])
        .iter()
        .map(|a| {
            let also = list(&a["also"]).iter().map(code).collect();
            (text(a, "row_id").to_owned(), field(a).to_owned(), text(a, "kind").to_owned(), also)
        })
        .collect();
    let found: BTreeSet<(String, String, String, Vec<String>)> = plan
        .anomalies
        .iter()
        .map(|a| {
            let kind = serde_json::to_value(a.kind).unwrap().as_str().unwrap().to_owned();
            let also = a.also.iter().map(RowNo::to_string).collect();
            (a.row.as_ref().map(RowNo::to_string).unwrap_or_default(), a.field.clone(), kind, also)
        })
        .collect();
    assert_eq!(found, wanted);
    assert_eq!(plan.anomalies.len(), 17);
    for anomaly in &plan.anomalies {
        assert!(
            !anomaly.reason.is_empty() && !anomaly.reason_en.is_empty() && !anomaly.reading.is_empty(),
            "{anomaly:?}"
        );
    }
}

#[test]
fn anomalies_say_what_was_found_and_how_it_reads() {
    let plan = plan();
    let verbatim = [
        "typo_person",
        "missing_dash",
        "space_after_dash",
        "line_break_hyphen",
        "spaced_hyphen",
        "missing_hyphen",
        "case",
        "extra_comma",
        "wording",
        "ambiguous_year",
        "empty_merged_cell",
    ];
    for wanted in list(&expected()["anomalies"]) {
        if !verbatim.contains(&text(wanted, "kind")) {
            continue;
        }
        let same = plan.anomalies.iter().find(|a| {
            a.row.as_ref().map(RowNo::as_str) == wanted["row_id"].as_str()
                && serde_json::to_value(a.kind).unwrap() == wanted["kind"]
        });
        let same = same.unwrap_or_else(|| panic!("{wanted}"));
        assert!(same.found.contains(text(wanted, "found")), "{} / {wanted}", same.found);
        let (reading, expected) = (same.reading.as_str(), text(wanted, "expected"));
        assert!(reading.contains(expected) || expected.contains(reading), "{reading} / {expected}");
    }
}

#[test]
fn the_plan_fits_into_an_event_and_reads_back() {
    let plan = plan();
    let json = serde_json::to_string(&plan).unwrap();
    assert!(json.len() < 200_000, "{} bytes", json.len());
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    let value: Value = serde_json::from_str(&json).unwrap();
    let row = &value["activities"][0]["rows"][0];
    for key in ["row", "result", "deadline", "responsible", "evidence_kind"] {
        assert!(!row[key].is_null(), "{key}");
    }
}

#[test]
fn no_name_goes_into_the_log() {
    let hidden = plan().without_names();
    let json = serde_json::to_string(&hidden).unwrap();
    for surname in ["Третьяков", "Шкурат", "Шкурят", "Мельников", "Гумбатов", "Ланск", "Петухов"]
    {
        assert!(!json.contains(surname), "{surname}");
    }
    assert!(json.contains("tretyakova-tv"));
}

#[test]
fn without_a_profile_the_plan_is_guessed_and_says_so() {
    let plan = import(DOCUMENT, None, None).unwrap();
    assert!(plan.anomalies.iter().any(|a| a.kind == AnomalyKind::NoProfile));
    assert_eq!(plan.code, None);
    for (row, wanted) in pairs(&plan, &expected()) {
        let kind = serde_json::to_value(row.profile.evidence_kind).unwrap();
        assert_eq!(kind, wanted["evidence_kind"], "{}", row.row);
        assert_eq!(row.profile.shares.len(), 1);
    }
    let person = |code: &str| plan.persons.iter().find(|p| p.code.as_str() == code).unwrap();
    assert_eq!(person("tretyakova-tv").variants.len(), 2);
    let codes = |row: &str| -> Vec<String> {
        let row: &Vec<Responsible> = &plan.row(&row.parse().unwrap()).unwrap().responsible;
        row.iter().map(|r| r.code.clone()).collect()
    };
    assert_eq!(codes("6.2"), ["school-heads", "tretyakova-tv", "petukhov-ea"]);
    assert_eq!(codes("1.1"), ["mo-pk"]);
}
