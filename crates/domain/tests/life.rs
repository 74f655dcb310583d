//! The life of one obligation: what people may do, what it leads to, and what always holds.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

use std::collections::BTreeMap;

use domain::actor::{Actor, Role, Scope};
use domain::command::{Act, Command};
use domain::decide::{Standing, World, allowed};
use domain::event::{Data, EventId};
use domain::evolve::{Effect, Happening};
use domain::expand::{Expansion, expand};
use domain::id::{MunicipalityCode, ObligationId, OrgCode, PersonCode, PlanCode, RegionCode, Seq};
use domain::obligation::{Obligation, PersonIdx, Phase};
use domain::payload::OrgKind;
use domain::plan::Plan;
use domain::refusal::Refusal;
use domain::region::RegionRules;
use domain::timeliness::{Clockwork, Timeliness};
use domain::{decide, evolve};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use proptest::prelude::*;
use serde_json::json;

/// A region with one plan, one school and one authority; persons are numbered as they first act.
struct Small {
    plan: Plan,
    expansion: Expansion,
    region: RegionCode,
    municipality: MunicipalityCode,
    clockwork: Clockwork,
    persons: Vec<PersonCode>,
    state: BTreeMap<ObligationId, Obligation>,
    seq: u64,
}

fn row(no: &str, deadline: &serde_json::Value, shares: &serde_json::Value) -> serde_json::Value {
    json!({
        "row": no, "source_line": 1, "result": "r", "result_raw": "r", "deadline": deadline,
        "responsible": [], "responsible_raw": "", "responsible_inherited": false,
        "evidence_kind": "report", "shares": shares
    })
}

fn share(
    no: &str,
    of: &serde_json::Value,
    event: &str,
    acceptance: &str,
    due: &serde_json::Value,
) -> serde_json::Value {
    json!({
        "row": no, "of": of, "holder": "school_head", "event": event, "acceptance": acceptance, "due": due,
        "evidence_kind": "report"
    })
}

fn plan() -> Plan {
    let window = json!({
        "raw": "", "kind": "window", "start": "2022-10-10", "end": "2022-10-15", "granularity": "day",
        "recurrence": null, "schedule_ref": null, "continuous": false, "note": null
    });
    let none = json!({
        "raw": "", "kind": "by_schedule", "start": null, "end": null, "granularity": null,
        "recurrence": null, "schedule_ref": null, "continuous": false, "note": null
    });
    let schools = json!("schools");
    let after = json!({"after_delivery": {"row": "3.1", "days": 10}});
    let rows = [
        row("1.1", &window, &json!([share("1.1", &schools, "checklist.submitted", "controller", &json!("plan"))])),
        row("2.1", &none, &json!([share("2.1", &schools, "event_report.published", "auto", &json!("scheduled"))])),
        row(
            "3.1",
            &window,
            &json!([
                share("3.1", &schools, "survey.report_sent", "auto", &json!("plan")),
                share("3.1p", &schools, "document.published_on_site", "auto", &after),
            ]),
        ),
    ];
    serde_json::from_value(json!({
        "code": "p", "title": "t", "school_year": "2022-2023", "region": null, "municipality": null,
        "source_sha256": "", "anomalies": [],
        "activities": rows.iter().map(|row| json!({"no": 1, "title": "a", "rows": [row]})).collect::<Vec<_>>()
    }))
    .unwrap()
}

fn rules() -> RegionRules {
    serde_json::from_value(json!({
        "region": "primorye", "name_ru": "Приморский край", "name_en": "Primorye", "zone": "Asia/Vladivostok",
        "weekend_rule": "following", "due_soon_days": 5, "lateness_cap_days": 60, "rework_working_days": 3,
        "calendar": {"days_off": ["2022-11-04"]},
        "school_years": [{"school_year": "2022-2023", "h1_start": "2022-09-01", "h1_end": "2022-12-31", "h2_end": "2023-08-31"}]
    }))
    .unwrap()
}

impl World for Small {
    fn standing(&self, id: &ObligationId) -> Option<Standing<'_>> {
        let at = self.expansion.school.find(&id.row, &id.item)?;
        let slot = &self.expansion.school.slots[at];
        let share = &self.expansion.shares[slot.share].1;
        Some(Standing {
            id: id.clone(),
            obligation: self.state.get(id)?.clone(),
            slot,
            share,
            region: &self.region,
            municipality: Some(&self.municipality),
            kind: OrgKind::School,
            clockwork: &self.clockwork,
        })
    }
    fn org(&self, code: &OrgCode) -> Option<(OrgKind, &RegionCode)> {
        (code.as_str() == "s01").then_some((OrgKind::School, &self.region))
    }
    fn plan(&self, code: &PlanCode) -> Option<&Plan> {
        (self.plan.code.as_ref() == Some(code)).then_some(&self.plan)
    }
    fn is_active(&self, _: &PlanCode, _: &RegionCode) -> bool {
        true
    }
    fn region(&self, code: &RegionCode) -> Option<&Clockwork> {
        (*code == self.region).then_some(&self.clockwork)
    }
    fn person(&self, index: PersonIdx) -> Option<&PersonCode> {
        self.persons.get(usize::try_from(index.0).ok()?)
    }
}

fn actor(person: &str, role: Role) -> Actor {
    let scope = match role {
        Role::School => Scope::Org("s01".parse().unwrap()),
        Role::Coordinator => Scope::Municipality("pogranichny".parse().unwrap()),
        _ => Scope::All,
    };
    Actor::new(person.parse().unwrap(), role, scope)
}

impl Small {
    fn new() -> Self {
        let plan = plan();
        let expansion = expand(&plan);
        let code = plan.code.clone().unwrap();
        let org: OrgCode = "s01".parse().unwrap();
        let state = expansion.school.slots.iter().map(|slot| (slot.id(&code, &org), slot.fresh())).collect();
        Self {
            plan,
            expansion,
            region: "primorye".parse().unwrap(),
            municipality: "pogranichny".parse().unwrap(),
            clockwork: Clockwork::new(rules()).unwrap(),
            persons: Vec::new(),
            state,
            seq: 0,
        }
    }

    fn number(&mut self, person: &PersonCode) -> PersonIdx {
        let at = self.persons.iter().position(|known| known == person).unwrap_or_else(|| {
            self.persons.push(person.clone());
            self.persons.len() - 1
        });
        PersonIdx(u32::try_from(at).unwrap())
    }

    /// Decides a command and remembers its events.
    fn does(&mut self, who: &Actor, act: Act, body: &serde_json::Value, today: Date) -> Result<Vec<Data>, Refusal> {
        let command = Command::read(act, body.to_string().as_bytes()).unwrap();
        let events = decide(&command, who, self, today)?;
        let index = self.number(&who.person);
        for event in &events {
            let id = command.obligation().unwrap().clone();
            self.happens(&id, index, event.occurred_on, &event.data);
        }
        Ok(events.into_iter().map(|event| event.data).collect())
    }

    fn happens(&mut self, id: &ObligationId, actor: PersonIdx, occurred_on: Date, data: &Data) -> Effect {
        self.seq += 1;
        let seq = Seq(self.seq);
        let at = self.expansion.school.find(&id.row, &id.item).unwrap();
        let slot = &self.expansion.school.slots[at];
        let acceptance = self.expansion.shares[slot.share].1.acceptance;
        let recorded_at = Timestamp::from_second(1_660_000_000 + i64::try_from(self.seq).unwrap()).unwrap();
        let event = EventId(u128::from(self.seq));
        let happening = Happening { seq, event, recorded_at, occurred_on, actor, data };
        let obligation = self.state.get_mut(id).unwrap();
        let effect = evolve(obligation, acceptance, &happening);
        if let Some((follower, days)) = slot.publication {
            let delivered = obligation.counting().filter(|_| obligation.phase.is_done()).map(|sent| sent.occurred_on);
            let id = self.expansion.school.slots[follower].id(&id.plan, &id.org);
            domain::evolve::follow_delivery(self.state.get_mut(&id).unwrap(), delivered, days, seq);
        }
        effect
    }

    fn of(&self, id: &str) -> &Obligation {
        &self.state[&id.parse().unwrap()]
    }

    fn timeliness(&self, id: &str, as_of: Date) -> Timeliness {
        self.clockwork.timeliness(self.of(id), as_of)
    }
}

const CHECKLIST: &str = "p/1.1/s01/-";

fn checklist(occurred_on: &str, points: u32) -> serde_json::Value {
    json!({
        "obligation": CHECKLIST, "occurred_on": occurred_on,
        "details": {"checklist": "v1", "items": [{"item": "i1", "points": points, "max": 5}]}
    })
}

#[test]
fn a_checklist_goes_from_open_to_accepted() {
    let mut world = Small::new();
    let head = actor("head", Role::School);
    world.does(&head, Act::Submit, &checklist("2022-10-12", 4), date(2022, 10, 12)).unwrap();
    assert_eq!(world.of(CHECKLIST).phase, Phase::Submitted);
    let coordinator = actor("coord", Role::Coordinator);
    world.does(&coordinator, Act::Accept, &json!({"obligation": CHECKLIST}), date(2022, 10, 20)).unwrap();
    assert_eq!(world.of(CHECKLIST).phase, Phase::Accepted);
    // The controller's slowness never counts against the school.
    assert_eq!(world.timeliness(CHECKLIST, date(2023, 1, 1)), Timeliness::OnTime);
}

#[test]
fn the_weekend_rule_decides_what_is_late() {
    let late = |day: &str| {
        let mut world = Small::new();
        world.does(&actor("head", Role::School), Act::Submit, &checklist(day, 4), date(2022, 11, 1)).unwrap();
        world.timeliness(CHECKLIST, date(2022, 11, 1))
    };
    assert_eq!(late("2022-10-09"), Timeliness::Early);
    assert_eq!(late("2022-10-15"), Timeliness::OnTime);
    assert_eq!(late("2022-10-17"), Timeliness::OnTime); // Monday after the stated Saturday
    assert_eq!(late("2022-10-19"), Timeliness::Late(2));
    let open = Small::new();
    assert_eq!(open.timeliness(CHECKLIST, date(2022, 9, 1)), Timeliness::Upcoming);
    assert_eq!(open.timeliness(CHECKLIST, date(2022, 10, 17)), Timeliness::DueToday);
    assert_eq!(open.timeliness(CHECKLIST, date(2022, 10, 27)), Timeliness::Overdue(10));
}

#[test]
fn nobody_accepts_the_own_report() {
    let mut world = Small::new();
    let coordinator = actor("coord", Role::Coordinator);
    world.does(&coordinator, Act::Submit, &checklist("2022-10-12", 4), date(2022, 10, 12)).unwrap();
    let refused = world.does(&coordinator, Act::Accept, &json!({"obligation": CHECKLIST}), date(2022, 10, 13));
    assert_eq!(refused.unwrap_err().code(), "own_report");
}

#[test]
fn a_rework_in_time_keeps_the_first_day_and_a_late_one_does_not() {
    let after_rework_on = |day: &str| {
        let mut world = Small::new();
        let (head, coordinator) = (actor("head", Role::School), actor("coord", Role::Coordinator));
        world.does(&head, Act::Submit, &checklist("2022-10-14", 4), date(2022, 10, 14)).unwrap();
        let back = json!({"obligation": CHECKLIST, "reason": "incomplete"});
        world.does(&coordinator, Act::Return, &back, date(2022, 10, 20)).unwrap();
        assert_eq!(world.of(CHECKLIST).phase, Phase::Returned);
        assert_eq!(world.timeliness(CHECKLIST, date(2022, 10, 20)), Timeliness::Overdue(3));
        world.does(&head, Act::Submit, &checklist(day, 5), date(2022, 11, 1)).unwrap();
        world.timeliness(CHECKLIST, date(2022, 11, 1))
    };
    assert_eq!(after_rework_on("2022-10-25"), Timeliness::OnTime); // the third working day
    assert_eq!(after_rework_on("2022-10-26"), Timeliness::Late(9));
}

#[test]
fn a_retracted_fact_never_happened() {
    let mut world = Small::new();
    let head = actor("head", Role::School);
    world.does(&head, Act::Submit, &checklist("2022-10-12", 4), date(2022, 10, 12)).unwrap();
    let retract = json!({"obligation": CHECKLIST, "reason": "не то"});
    world.does(&actor("stranger", Role::School), Act::Retract, &retract, date(2022, 10, 13)).unwrap_err();
    world.does(&head, Act::Retract, &retract, date(2022, 10, 13)).unwrap();
    assert_eq!(world.of(CHECKLIST).phase, Phase::Open);
    assert!(world.of(CHECKLIST).live.is_empty());
}

#[test]
fn a_retracted_rework_is_awaited_again_and_still_keeps_the_first_day() {
    let mut world = Small::new();
    let (head, coordinator) = (actor("head", Role::School), actor("coord", Role::Coordinator));
    world.does(&head, Act::Submit, &checklist("2022-10-14", 4), date(2022, 10, 14)).unwrap();
    let back = json!({"obligation": CHECKLIST, "reason": "incomplete"});
    world.does(&coordinator, Act::Return, &back, date(2022, 10, 20)).unwrap();
    world.does(&head, Act::Submit, &checklist("2022-10-21", 5), date(2022, 10, 21)).unwrap();
    world.does(&head, Act::Retract, &json!({"obligation": CHECKLIST, "reason": "не то"}), date(2022, 10, 21)).unwrap();
    assert_eq!(world.of(CHECKLIST).phase, Phase::Returned);
    world.does(&head, Act::Submit, &checklist("2022-10-24", 5), date(2022, 10, 24)).unwrap();
    assert_eq!(world.timeliness(CHECKLIST, date(2022, 11, 1)), Timeliness::OnTime);
    // A corrected day of the rework does not touch the kept one.
    let correct = json!({"obligation": CHECKLIST, "occurred_on": "2022-10-25", "reason": "описка"});
    world.does(&head, Act::Correct, &correct, date(2022, 10, 25)).unwrap();
    assert_eq!(world.of(CHECKLIST).counting().unwrap().counts_on, date(2022, 10, 14));
}

#[test]
fn a_correction_changes_the_content_and_nothing_else() {
    let mut world = Small::new();
    let head = actor("head", Role::School);
    world.does(&head, Act::Submit, &checklist("2022-10-12", 4), date(2022, 10, 12)).unwrap();
    let correct = json!({
        "obligation": CHECKLIST, "occurred_on": "2022-10-18", "reason": "описка",
        "items": [{"item": "i1", "points": 2, "max": 5}]
    });
    world.does(&head, Act::Correct, &correct, date(2022, 10, 19)).unwrap();
    let report = world.of(CHECKLIST).counting().copied().unwrap();
    assert_eq!((report.score.unwrap().points, report.counts_on), (2, date(2022, 10, 18)));
    assert_eq!(world.timeliness(CHECKLIST, date(2022, 11, 1)), Timeliness::Late(1));
}

#[test]
fn a_row_by_schedule_waits_for_its_date() {
    let mut world = Small::new();
    let id = "p/2.1/s01/-";
    let head = actor("head", Role::School);
    let report = json!({
        "obligation": id, "occurred_on": "2022-12-01",
        "details": {"title": "t", "url": "https://school.example/report", "participants": 3}
    });
    let refused = world.does(&head, Act::Submit, &report, date(2022, 12, 1)).unwrap_err();
    assert!(matches!(refused, Refusal::Phase { phase: Phase::Unscheduled, .. }));
    world
        .does(
            &head,
            Act::Schedule,
            &json!({"obligation": id, "due": "2022-11-30", "basis": "график"}),
            date(2022, 10, 1),
        )
        .unwrap();
    world.does(&head, Act::Submit, &report, date(2022, 12, 1)).unwrap();
    assert_eq!((world.of(id).phase, world.timeliness(id, date(2022, 12, 31))), (Phase::Accepted, Timeliness::Late(1)));
}

#[test]
fn a_publication_is_due_ten_days_after_the_delivery() {
    let mut world = Small::new();
    let (delivery, publication) = ("p/3.1/s01/-", "p/3.1p/s01/-");
    assert_eq!(world.of(publication).phase, Phase::Unscheduled);
    let coordinator = actor("coord", Role::Coordinator);
    let sent = json!({"obligation": delivery, "occurred_on": "2022-10-12", "details": {"survey": "s", "report": "r"}});
    world.does(&coordinator, Act::Submit, &sent, date(2022, 10, 12)).unwrap();
    assert_eq!(world.of(publication).stated_due, Some(date(2022, 10, 22)));
    assert_eq!(world.of(publication).phase, Phase::Open);
    let retract = json!({"obligation": delivery, "reason": "не отправлено"});
    world.does(&coordinator, Act::Retract, &retract, date(2022, 10, 13)).unwrap();
    assert_eq!((world.of(publication).stated_due, world.of(publication).phase), (None, Phase::Unscheduled));
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let mut world = Small::new();
    let body = json!({
        "obligation": CHECKLIST, "occurred_on": "2030-01-01", "evidence": [{"kind": "x", "url": "ftp://x", "sha256": "1"}],
        "details": {"checklist": "v1", "items": [{"item": "i1", "points": 9, "max": 5}], "extra": 1}
    });
    let Err(Refusal::Invalid(mistakes)) =
        world.does(&actor("head", Role::School), Act::Submit, &body, date(2022, 10, 12))
    else {
        panic!("accepted");
    };
    let places: Vec<&str> = mistakes.iter().map(|mistake| mistake.pointer.as_str()).collect();
    assert_eq!(places, ["/occurred_on", "/evidence/0/sha256", "/evidence/0/url", "/details/extra", "/details/items/0"]);
    assert!(mistakes.iter().all(|mistake| !mistake.words.ru.is_empty() && !mistake.words.en.is_empty()));
}

#[test]
fn roles_and_territories_are_held() {
    let world = Small::new();
    let standing = world.standing(&CHECKLIST.parse().unwrap()).unwrap();
    let acts = |who: &Actor| allowed(&standing, who, None);
    assert_eq!(acts(&actor("head", Role::School)), [Act::Submit]);
    assert_eq!(acts(&actor("min", Role::Ministry)), [Act::Submit, Act::Excuse, Act::MoveDeadline]);
    assert_eq!(acts(&actor("coord", Role::Coordinator)), [Act::Submit]);
    for role in [Role::Bi, Role::Admin, Role::Auditor, Role::Importer] {
        assert!(acts(&actor("x", role)).is_empty(), "{role}");
    }
    let elsewhere = Actor { scope: Scope::Org("s02".parse().unwrap()), ..actor("head", Role::School) };
    assert!(acts(&elsewhere).is_empty());
}

/// The happenings that could stand in a log, lawful or not: `evolve` is total.
fn happening() -> impl Strategy<Value = (u8, u8, i32)> {
    (0u8..8, 0u8..6, 0i32..60)
}

fn data_of(kind: u8, target: u64, day: Date) -> Data {
    let text = match kind {
        0 | 1 => (
            "checklist.submitted",
            json!({"details": {"checklist": "v1", "items": [{"item": "i1", "points": 3, "max": 5}]}}),
        ),
        2 => ("report.accepted", json!({"report": "x"})),
        3 => ("report.returned", json!({"report": "x", "reason": "incomplete", "rework_due": day})),
        4 => ("excuse.granted", json!({"reason": "quarantine", "basis": "b"})),
        5 => ("deadline.moved", json!({"due": day, "basis": "b"})),
        6 => ("fact.retracted", json!({"target": target, "target_id": "x", "reason": "r"})),
        _ => ("fact.corrected", json!({"target": target, "target_id": "x", "occurred_on": day, "reason": "r"})),
    };
    let envelope = json!({
        "specversion": "1.0", "id": "x", "type": text.0, "source": "/vekha", "subject": CHECKLIST, "time": "2022-10-01T00:00:00Z",
        "datacontenttype": "application/json", "occurredon": day, "actor": "head", "actorrole": "school",
        "commandid": "k", "commandsha256": "s", "decidedat": 0, "data": text.1
    });
    let bytes = envelope.to_string();
    domain::event::Envelope::read(bytes.as_bytes()).unwrap().data().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_the_state_stays_sound(history in proptest::collection::vec(happening(), 0..25)) {
        let mut world = Small::new();
        let id: ObligationId = CHECKLIST.parse().unwrap();
        for (kind, target, offset) in history {
            let day = date(2022, 10, 1).checked_add(Span::new().days(offset)).unwrap();
            let before = world.of(CHECKLIST).clone();
            let data = data_of(kind, u64::from(target) + 1, day);
            let effect = world.happens(&id, PersonIdx(0), day, &data);
            let after = world.of(CHECKLIST);
            // A report is in exactly when the phase says so (invariant 4).
            prop_assert_eq!(after.phase.is_done() && after.live.is_empty(), false);
            prop_assert_eq!(matches!(after.phase, Phase::Open | Phase::Returned) && !after.live.is_empty(), false);
            // Reports stand in the order of the log.
            prop_assert!(after.live.windows(2).all(|two| two[0].seq < two[1].seq));
            // What has no effect changes positions only (invariant 1).
            if effect == Effect::Void {
                let seen = Obligation { version: after.version, own: after.own, ..before.clone() };
                prop_assert_eq!(&seen, after);
            }
            // A move or a correction never changes the phase.
            if matches!(data, Data::DeadlineMoved(_) | Data::FactCorrected(_)) {
                prop_assert_eq!(before.phase, after.phase);
            }
            // A stated day is never rewritten by acts of people.
            prop_assert_eq!(before.stated_due, after.stated_due);
            // Timeliness is total, and what does not count has none.
            let verdict = world.timeliness(CHECKLIST, date(2022, 12, 1));
            prop_assert_eq!(verdict == Timeliness::None, !world.of(CHECKLIST).phase.counts());
        }
    }

    #[test]
    fn decide_offers_exactly_what_it_then_grants(history in proptest::collection::vec(happening(), 0..12)) {
        let mut world = Small::new();
        world.persons.push("head".parse().unwrap());
        let id: ObligationId = CHECKLIST.parse().unwrap();
        for (kind, target, offset) in history {
            let day = date(2022, 10, 1).checked_add(Span::new().days(offset)).unwrap();
            world.happens(&id, PersonIdx(0), day, &data_of(kind, u64::from(target) + 1, day));
        }
        let ministry = actor("min", Role::Ministry);
        let offered = allowed(&world.standing(&id).unwrap(), &ministry, Some(&"head".parse().unwrap()));
        let today = date(2022, 12, 1);
        for (act, body) in [
            (Act::Submit, checklist("2022-10-12", 3)),
            (Act::Accept, json!({"obligation": CHECKLIST})),
            (Act::Return, json!({"obligation": CHECKLIST, "reason": "incomplete"})),
            (Act::Excuse, json!({"obligation": CHECKLIST, "reason": "quarantine", "basis": "b"})),
            (Act::MoveDeadline, json!({"obligation": CHECKLIST, "due": "2022-12-20", "basis": "b"})),
        ] {
            let command = Command::read(act, body.to_string().as_bytes()).unwrap();
            prop_assert_eq!(decide(&command, &ministry, &world, today).is_ok(), offered.contains(&act), "{}", act);
        }
    }
}
