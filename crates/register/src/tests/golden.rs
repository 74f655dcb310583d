//! The golden history: a year in which every type of event happens, made by commands, and the state it leads to.
//!
//! A file is written once, where it is missing and `UPDATE_GOLDEN=1`; what is there is never changed.

#![expect(clippy::disallowed_methods, reason = "golden files are read and written")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::actor::Role;
use domain::command::Act;
use domain::event::{Data, Envelope};
use domain::evolve::FOLD_VERSION;
use domain::expand::hex;
use domain::obligation::Phase;
use domain::payload::SnapshotRow;
use domain::plan::{Acceptance, DueRule};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::play::{Play, head_of, october, on, person};
use super::support::{Bytes, Log, PLAN, details, replay, rules};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

fn updates() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// Writes a file that is missing.
fn keep(name: &str, bytes: &[u8]) {
    let path = folder().join(name);
    if updates() && !path.exists() {
        std::fs::write(path, bytes).unwrap();
    }
}

/// Does what must succeed.
fn does(play: &mut Play, role: Role, act: Act, body: &Value, today: Date) -> crate::Applied {
    let who = person(&format!("{role}-1"), role);
    play.act(&who, act, body, today).unwrap_or_else(|refusal| panic!("{act} {body}: {refusal:?}"))[0]
}

fn report(play: &Play, short: &str, day: Date) -> Value {
    let ordinal = play.log.ordinal(short);
    let (slot, share) = play.register().slot_of(ordinal);
    on(
        short,
        &json!({
            "occurred_on": day, "details": details(&share.event, slot.item.as_str()), "comment": "по поручению № 4",
            "evidence": [{"kind": "letter", "number": "7", "date": day, "url": "https://school.example/e"}]
        }),
    )
}

fn submits(play: &mut Play, role: Role, short: &str, day: Date) -> crate::Applied {
    let body = report(play, short, day);
    does(play, role, Act::Submit, &body, day)
}

/// What stands beside obligations, and who takes part.
fn beginning(play: &mut Play) {
    let day = date(2022, 9, 5);
    let mut rules = rules();
    rules.backdate_days = Some(30);
    does(play, Role::Admin, Act::ConfigureRegion, &json!({"rules": rules}), day);
    let new = json!({
        "code": "pogranichny-s04", "kind": "school", "name_ru": "Школа 4", "name_en": "School 4", "region": "primorye",
        "municipality": {"code": "pogranichny", "name_ru": "Пограничный", "name_en": "Pogranichny"}
    });
    does(play, Role::Admin, Act::RegisterOrganisations, &json!({"organisations": [new]}), day);
    for (act, body) in [
        (Act::ApprovePlan, json!({"plan": PLAN, "order": "№ 1064-а"})),
        (
            Act::ResolveAnomaly,
            json!({"plan": PLAN, "row": "6.2", "field": "deadline", "found": "постоянно", "value": "по месяцам", "rule": "регламент"}),
        ),
        (Act::AppointCoordinator, json!({"person": "coordinator-1", "municipality": "pogranichny", "basis": "№ 1"})),
        (
            Act::OpenClass,
            json!({"class": "s01-10a", "school": "pogranichny-s01", "grade": 10, "direction": "agro", "pupils": 21}),
        ),
        (Act::OpenMonitoring, json!({"monitoring": "t0-2022", "region": "primorye", "wave": "t0", "checklist": "v1"})),
        (
            Act::GrantAuthority,
            json!({"grant": "leave-1", "to": "substitute", "valid_from": "2022-10-01", "valid_to": "2022-10-31", "basis": "№ 5"}),
        ),
        (
            Act::AmendPlan,
            json!({"plan": PLAN, "region": "primorye", "ops": [{"row": "20.1", "change": "move", "due": "2023-08-10"}], "basis": "№ 6"}),
        ),
    ] {
        does(play, Role::Ministry, act, &body, day);
    }
    let ministry = person("ministry-1", Role::Ministry);
    let joins = json!({"plan": PLAN, "region": "primorye", "school": "pogranichny-s04", "joined_on": "2022-10-12", "basis": "№ 7"});
    play.act(&ministry, Act::EnrolSchool, &joins, day).unwrap();
}

const CHECKLIST: &str = "9.2/pogranichny-s01/-";

/// One checklist to which everything happens.
fn long_life(play: &mut Play) {
    let requests = [
        (Role::School, Act::Acknowledge, json!({})),
        (Role::School, Act::ReportInterim, json!({"text": "собираем ответы", "percent": 40})),
        (Role::School, Act::RequestExtension, json!({"wanted": "2022-10-25", "reason": "карантин"})),
        (Role::Ministry, Act::DeclineExtension, json!({"reason": "рано"})),
        (Role::School, Act::RequestExcuse, json!({"reason": "quarantine", "basis": "№ 11", "until": "2022-10-13"})),
        (Role::Ministry, Act::DeclineExcuse, json!({"reason": "не подтверждено"})),
        (Role::Ministry, Act::Excuse, json!({"reason": "quarantine", "basis": "№ 12", "until": "2022-10-13"})),
        (Role::Ministry, Act::RevokeExcuse, json!({"reason": "карантин снят"})),
        (Role::School, Act::ProposeReassignment, json!({"holder": {"org": "pogranichny-s02"}, "reason": "ремонт"})),
        (Role::Ministry, Act::Reassign, json!({"holder": "school_head", "basis": "№ 13"})),
        (Role::Ministry, Act::AddCo, json!({"who": {"person": "helper"}})),
        (Role::Ministry, Act::AddCo, json!({"who": {"org": "pogranichny-s02"}})),
        (Role::Ministry, Act::RemoveCo, json!({"who": {"org": "pogranichny-s02"}, "reason": "не нужен"})),
        (Role::Coordinator, Act::ReportPart, json!({"who": {"person": "helper"}, "text": "раздел 2"})),
        (Role::School, Act::Delegate, json!({"to": "deputy", "until": "2022-10-20", "basis": "№ 14"})),
        (Role::School, Act::EndDelegation, json!({"to": "deputy", "reason": "вернулся"})),
        (Role::Ministry, Act::MoveDeadline, json!({"due": "2022-10-20", "basis": "№ 15"})),
        (Role::Coordinator, Act::Remind, json!({"channel": "email"})),
    ];
    for (role, act, body) in requests {
        does(play, role, act, &on(CHECKLIST, &body), october(11));
    }
    does(play, Role::Admin, Act::NoticeDeadline, &on(CHECKLIST, &json!({"deadline_version": 1})), october(21));
    does(play, Role::Admin, Act::Escalate, &on(CHECKLIST, &json!({"to": {"org": "mo-pk"}, "level": 1})), october(21));
    let incomplete = json!({"reason": "incomplete", "comment": "нет пункта 2"});
    for (day, act, body) in [
        (21, Act::Withdraw, json!({})),
        (22, Act::Return, incomplete.clone()),
        (24, Act::Retract, json!({"reason": "не то"})),
        (25, Act::RejectEvidence, incomplete),
    ] {
        submits(play, Role::School, CHECKLIST, october(day));
        let role = if matches!(act, Act::Withdraw | Act::Retract) { Role::School } else { Role::Coordinator };
        does(play, role, act, &on(CHECKLIST, &body), october(day));
    }
    submits(play, Role::School, CHECKLIST, october(26));
    let attach =
        json!({"evidence": [{"kind": "scan", "url": "https://school.example/scan", "sha256": "0".repeat(64)}]});
    does(play, Role::School, Act::AttachEvidence, &on(CHECKLIST, &attach), october(26));
    let items = json!([{"item": "1", "points": 5, "max": 5}, {"item": "2", "points": 4, "max": 5}]);
    let correct = json!({"items": items, "reason": "описка"});
    does(play, Role::School, Act::Correct, &on(CHECKLIST, &correct), october(26));
    does(play, Role::Coordinator, Act::Accept, &on(CHECKLIST, &json!({"comment": "принято"})), october(27));
    does(play, Role::Auditor, Act::Reopen, &on(CHECKLIST, &json!({"reason": "audit"})), october(28));
    submits(play, Role::School, CHECKLIST, october(31));
    let substitute = head_of("pogranichny-s03");
    let substitute = domain::actor::Actor { person: "substitute".parse().unwrap(), ..substitute };
    play.act_under("leave-1", &substitute, Act::Accept, &on(CHECKLIST, &json!({})), october(31)).unwrap();
    let revoke = json!({"grant": "leave-1", "reason": "вышел"});
    does(play, Role::Ministry, Act::RevokeAuthority, &revoke, date(2022, 11, 1));
}

/// Acts that wait for a second person, and acts on many.
fn second_persons_and_many(play: &mut Play) {
    let second = person("ministry-2", Role::Ministry);
    let late = date(2022, 12, 1);
    let backdated = |play: &mut Play, short: &str| {
        let mut body = report(play, short, late);
        body["occurred_on"] = json!(october(14));
        does(play, Role::Coordinator, Act::Submit, &body, late).event.to_string()
    };
    let (school, other) = ("9.2/pogranichny-s02/-", "9.2/pogranichny-s04/-");
    let agreed = json!({"proposal": backdated(play, school), "comment": "подтверждаю"});
    play.act(&second, Act::Confirm, &on(school, &agreed), late).unwrap();
    let refused = json!({"proposal": backdated(play, other), "reason": "не доказано"});
    play.act(&second, Act::DeclineProposal, &on(other, &refused), late).unwrap();
    let amend =
        json!({"plan": PLAN, "region": "primorye", "ops": [{"row": "8.1", "change": "remove"}], "basis": "№ 16"});
    let made = does(play, Role::Ministry, Act::AmendPlan, &amend, late);
    play.act(&second, Act::Confirm, &json!({"proposal": made.event.to_string()}), late).unwrap();

    let coordinator = person("coordinator-1", Role::Coordinator);
    let told = json!({
        "plan": PLAN, "row": "8.2", "within": "pogranichny", "occurred_on": late, "comment": "рассылка № 17",
        "details": {"survey": "s", "audiences": ["pupils", "parents"], "channels": ["site"]}
    });
    let wrong = does(play, Role::Coordinator, Act::RecordForAll, &told, late);
    play.undo(&coordinator, &wrong, late).unwrap();
    does(play, Role::Coordinator, Act::RecordForAll, &told, late);
    let ids: Vec<String> = (1..4)
        .map(|n| format!("{PLAN}/8.2/pogranichny-s0{n}/-"))
        .chain([format!("{PLAN}/9.3/pogranichny-s01/-")])
        .collect();
    let accept = json!({"act": "accept", "obligations": ids, "body": {}});
    let done = play.many(&person("ministry-1", Role::Ministry), &accept, late).unwrap();
    assert_eq!(done.len(), 5, "three of four, between the marks");
    play.undo(&person("ministry-1", Role::Ministry), &done[1], late).unwrap();
}

/// Every row by its own event.
fn rest_of_the_year(play: &mut Play) {
    let waits = |play: &Play| {
        let ordinals = 0..u32::try_from(play.register().len()).unwrap();
        let owed = ordinals.filter(|at| {
            let phase = play.register().obligation(*at).phase;
            matches!(phase, Phase::Unscheduled | Phase::Open)
        });
        owed.map(|at| {
            let id = play.register().id_of(at);
            (at, format!("{}/{}/{}", id.row, id.org, id.item))
        })
        .filter(|(_, short)| !short.contains("-s03") && !short.contains("-s04"))
        .collect::<Vec<_>>()
    };
    let day = date(2022, 12, 5);
    for (at, short) in waits(play) {
        if play.register().slot_of(at).1.due == DueRule::Scheduled {
            does(
                play,
                Role::Ministry,
                Act::Schedule,
                &on(&short, &json!({"due": "2022-12-20", "basis": "график"})),
                day,
            );
        }
    }
    let cancel =
        json!({"event": "methodical_day.cancelled", "occurred_on": day, "details": {"day_no": 7, "reason": "мороз"}});
    does(play, Role::Ministry, Act::NoteFact, &on("15.1/mo-pk/7", &cancel), day);
    does(
        play,
        Role::Ministry,
        Act::Schedule,
        &on("15.1/mo-pk/7", &json!({"due": "2022-12-22", "basis": "график"})),
        day,
    );
    for _ in 0..2 {
        for (at, short) in waits(play) {
            if play.register().obligation(at).phase == Phase::Open {
                submits(play, Role::Ministry, &short, day);
                if play.register().slot_of(at).1.acceptance == Acceptance::Controller {
                    does(play, Role::Coordinator, Act::Accept, &on(&short, &json!({})), day);
                }
            }
        }
    }
}

/// What accompanies some of them.
fn beside_the_rows(play: &mut Play) {
    let day = date(2022, 12, 5);
    let url = "https://s.example/";
    for (short, event, details) in [
        (
            "2.1/pogranichny-s01/industrial",
            "partner.released",
            json!({"partner": "pk-iro", "kind": "industrial", "released_on": day, "basis": "№ 18"}),
        ),
        (
            "6.1/pogranichny-s01/-",
            "site_link.verified",
            json!({"url": url, "checked_at": "2022-12-05T00:00:00Z", "http_status": 200}),
        ),
        ("6.1/pogranichny-s01/-", "site_link.lost", json!({"url": url, "checked_at": "2022-12-05T01:00:00Z"})),
        (
            "8.2/pogranichny-s01/-",
            "survey.responses_counted",
            json!({"survey": "s", "audience": "pupils", "eligible": 50, "responded": 40, "counted_on": day}),
        ),
        ("8.2/pogranichny-s01/-", "survey.closed", json!({"survey": "s", "closed_on": day})),
        ("10.1/pogranichny-s01/-", "recommendation.closed", json!({"recommendation": "1"})),
        (
            "12.1/pogranichny-s01/h1",
            "activity.held",
            json!({"activity": "fair", "title": "Ярмарка", "direction": "agro", "partners": ["pk-iro"], "participants": 90}),
        ),
    ] {
        let body = on(short, &json!({"event": event, "occurred_on": day, "details": details}));
        does(play, Role::Coordinator, Act::NoteFact, &body, day);
    }
}

/// Values as a snapshot has them: one of a school, and one that there is nothing to tell of.
pub(super) fn snapshot_rows() -> Vec<SnapshotRow> {
    let rows = json!([
        {
            "level": "school", "org": "pogranichny-s01", "indicator": "I01", "version": 1, "numerator": 27.0,
            "denominator": 31.0, "value": 27.0 / 31.0, "target": 0.95, "achievement": 27.0 / 31.0 / 0.95, "weight": 14.0,
            "status": "ok"
        },
        {"level": "region", "org": "primorye", "indicator": "I07", "version": 1, "weight": 8.0, "status": "no_data"}
    ]);
    serde_json::from_value(rows).unwrap()
}

/// What is measured, what is to be reached, and where a school belongs.
fn measuring(play: &mut Play) {
    let day = date(2022, 12, 7);
    let measure = |sql: &str| json!({"ru": "Сколько", "en": "How many", "sql": sql});
    let definition = json!({
        "id": "I19", "version": 1, "name_ru": "Полнота", "name_en": "Completeness", "unit": "share", "target": 0.95,
        "better": "up", "weight": 4, "periods": ["H1", "H2", "Y"], "levels": ["region", "municipality", "school"],
        "table": "obligations", "where": "in_execution AND counts", "counts_by": "due_part", "year": "all",
        "when_empty": "no_data", "numerator": measure("is_done"), "denominator": measure("is_due"), "from": "2023-2024"
    });
    for (act, body) in [
        (Act::DefineIndicator, json!({"definition": definition, "basis": "№ 22"})),
        (
            Act::SetTarget,
            json!({
                "region": "primorye", "indicator": "I01", "period": "2022-2023.H1", "municipality": "pogranichny",
                "target": 0.9, "weight": 15, "basis": "№ 23"
            }),
        ),
        (Act::SetTarget, json!({"region": "primorye", "indicator": "I19", "weight": 0, "basis": "№ 24"})),
        (
            Act::TransferOrg,
            json!({
                "org": "pogranichny-s02", "basis": "№ 25",
                "municipality": {"code": "khanka", "name_ru": "Ханкайский", "name_en": "Khankaisky"}
            }),
        ),
    ] {
        does(play, Role::Ministry, act, &body, day);
    }
    // It goes on where it was registered.
    let news = "6.2/pogranichny-s02/2023-01";
    does(play, Role::Ministry, Act::Reopen, &on(news, &json!({"reason": "audit"})), day);
    let body = report(play, news, day);
    does(play, Role::Ministry, Act::Submit, &body, day);
}

fn end(play: &mut Play) {
    let day = date(2023, 1, 9);
    play.close_period("2022-2023.H1", &snapshot_rows(), day);
    does(
        play,
        Role::Ministry,
        Act::ReopenPeriod,
        &json!({"region": "primorye", "period": "2022-2023.H1", "reason": "уточнение"}),
        day,
    );
    play.close_period("2022-2023.H1", &snapshot_rows(), day);
    let left = json!({"plan": PLAN, "region": "primorye", "school": "pogranichny-s03", "left_on": "2023-01-01", "basis": "№ 20"});
    does(play, Role::Ministry, Act::WithdrawSchool, &left, day);
    let closed = json!({"plan": PLAN, "region": "primorye", "closed_on": "2023-08-31", "basis": "№ 21"});
    does(play, Role::Ministry, Act::ClosePlan, &closed, date(2023, 8, 31));
    does(play, Role::Importer, Act::OpenImport, &json!({"source": "old"}), date(2023, 9, 1));
    does(play, Role::Importer, Act::CloseImport, &json!({"source": "old"}), date(2023, 9, 1));
}

/// The year, by commands.
fn year() -> Play {
    let mut play = Play::behind(Log::in_force());
    beginning(&mut play);
    long_life(&mut play);
    second_persons_and_many(&mut play);
    rest_of_the_year(&mut play);
    beside_the_rows(&mut play);
    measuring(&mut play);
    end(&mut play);
    play
}

/// Lines of events as a log: each recorded when it says that it was decided.
fn log_of(lines: &[u8]) -> Vec<Bytes> {
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| (Envelope::read(line).unwrap().time, line.to_vec())).collect()
}

fn types(log: &[Bytes]) -> BTreeSet<String> {
    log.iter().map(|(_, bytes)| Envelope::read(bytes).unwrap().event_type.into_owned()).collect()
}

fn missing(seen: &BTreeSet<String>) -> Vec<&'static str> {
    Data::TYPES.iter().copied().filter(|name| !seen.contains(*name)).collect()
}

#[test]
fn golden_events_of_every_type_are_made_by_commands() {
    let play = year();
    let seen = types(&play.log.events);
    assert_eq!(missing(&seen), [""; 0], "the year does not show these");
    for name in seen {
        let of_type = |bytes: &&Bytes| Envelope::read(&bytes.1).unwrap().event_type == name;
        let first = play.log.events.iter().find(of_type).unwrap();
        keep(&format!("{name}.v1.json"), &[&first.1[..], b"\n"].concat());
    }
}

/// The histories, by what each was first told for; the last one has every type of the catalogue.
const HISTORIES: [&str; 2] = ["history", "history-measuring"];

#[test]
fn golden_histories_lead_to_the_digests_that_they_did() {
    let last = HISTORIES[HISTORIES.len() - 1];
    if updates() && !folder().join(format!("{last}.ndjson")).exists() {
        let mut lines = Vec::new();
        for (_, bytes) in year().log.events {
            lines.extend_from_slice(&bytes);
            lines.push(b'\n');
        }
        keep(&format!("{last}.ndjson"), &lines);
    }
    for name in HISTORIES {
        let log = log_of(&std::fs::read(folder().join(format!("{name}.ndjson"))).unwrap());
        assert!(log.len() > 200, "{name}: {} events", log.len());
        let digest = format!("{FOLD_VERSION} {}\n", hex(&replay(&log).digest()));
        keep(&format!("{name}.sha256"), digest.as_bytes());
        // A change of this digest is a change of the fold: raise FOLD_VERSION, and remove the file to write the new one.
        assert_eq!(std::fs::read_to_string(folder().join(format!("{name}.sha256"))).unwrap(), digest, "{name}");
        let lacks = missing(&types(&log));
        assert!(
            name != last || lacks.is_empty(),
            "the histories are of an older catalogue, without {lacks:?}: add one"
        );
    }
}

#[test]
fn a_year_told_twice_is_the_same_year() {
    assert_eq!(year().log.events, year().log.events);
}
