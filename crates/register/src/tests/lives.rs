//! Lives of single obligations: return and rework, retraction, correction, excuse, publication dates.

use domain::actor::{Actor, Role, Scope};
use domain::command::{Act, Command, Submit};
use domain::decide;
use domain::event::{Data, Entity, Target};
use domain::evolve::{Effect, Ground};
use domain::obligation::{Phase, Score};
use domain::payload::{
    ChecklistItem, ClassOpened, DeadlineMoved, Direction, Evidence, EvidenceAttached, ExcuseGranted, ExcuseReason,
    FactCorrected, FreeText,
};
use domain::timeliness::Timeliness;
use jiff::civil::date;
use serde_json::json;

use super::play::{Play, person};
use super::support::{Log, PLAN, details, event, org, retracted};

const CHECKLIST: &str = "9.2/pogranichny-s01/-";
const DELIVERY: &str = "8.3/pogranichny-s01/-";
const PUBLICATION: &str = "8.3p/pogranichny-s01/-";
const LETTER: &str = "5.1/pogranichny-s01/3";

#[test]
fn a_rework_in_time_keeps_the_day_of_the_first_report() {
    let mut log = Log::in_force();
    let first = log.submit(CHECKLIST, date(2022, 10, 14));
    assert_eq!(log.obligation(CHECKLIST).counting().unwrap().score, Some(Score { points: 7, max: 10 }));
    log.send_back(CHECKLIST, date(2022, 10, 17), date(2022, 10, 20));
    let standing = log.obligation(CHECKLIST);
    assert_eq!((standing.phase, standing.returns, standing.live.len()), (Phase::Returned, 1, 0));
    log.submit(CHECKLIST, date(2022, 10, 20));
    log.accept(CHECKLIST, date(2022, 10, 21));
    let obligation = log.obligation(CHECKLIST);
    let report = obligation.counting().unwrap();
    assert_eq!((report.occurred_on, report.counts_on), (date(2022, 10, 20), date(2022, 10, 14)));
    assert_eq!(report.recorded_at, first.recorded_at, "the log's clock is kept likewise");
    assert_eq!(obligation.rework.unwrap().until, date(2022, 10, 20), "it stays known for a retraction");
    let standing = log.register.standing_of(log.ordinal(CHECKLIST));
    assert_eq!(standing.clockwork.timeliness(&obligation, date(2022, 12, 1)), Timeliness::OnTime);
}

#[test]
fn a_rework_out_of_time_counts_on_its_own_day() {
    let mut log = Log::in_force();
    log.submit(CHECKLIST, date(2022, 10, 14));
    log.send_back(CHECKLIST, date(2022, 10, 17), date(2022, 10, 20));
    let late = log.submit(CHECKLIST, date(2022, 10, 21));
    assert_eq!(log.obligation(CHECKLIST).counting().unwrap().counts_on, date(2022, 10, 21));
    log.happen(CHECKLIST, date(2022, 10, 22), retracted(late.seq));
    assert_eq!(log.obligation(CHECKLIST).phase, Phase::Returned, "a rework taken back is awaited again");
}

#[test]
fn a_second_report_is_kept_for_the_day_the_first_is_retracted() {
    let mut log = Log::in_force();
    let first = log.submit(LETTER, date(2022, 10, 10));
    let second = log.submit(LETTER, date(2022, 10, 17));
    assert_eq!(second.effect, Effect::Duplicate);
    assert_eq!(log.obligation(LETTER).counting().unwrap().seq, first.seq);
    assert_eq!(log.register.columns().further_reports(log.ordinal(LETTER)), 1);
    log.happen(LETTER, date(2022, 10, 18), retracted(first.seq));
    let obligation = log.obligation(LETTER);
    assert_eq!((obligation.phase, obligation.live.len()), (Phase::Accepted, 1));
    assert_eq!(obligation.counting().unwrap().seq, second.seq);
    log.happen(LETTER, date(2022, 10, 19), retracted(second.seq));
    assert_eq!((log.obligation(LETTER).phase, log.obligation(LETTER).live.len()), (Phase::Open, 0));
    assert_eq!(log.happen(LETTER, date(2022, 10, 19), retracted(second.seq)).effect, Effect::Void(Ground::Report));
}

#[test]
fn a_correction_changes_day_and_points() {
    let mut log = Log::in_force();
    let report = log.submit(CHECKLIST, date(2022, 10, 14));
    let items = vec![ChecklistItem { item: "1".parse().unwrap(), points: 1, max: 5 }];
    let correction = FactCorrected {
        target: report.seq,
        target_id: report.event.to_string(),
        occurred_on: Some(date(2022, 10, 18)),
        items: Some(items),
        reason: FreeText("опечатка".into()),
    };
    log.happen(CHECKLIST, date(2022, 10, 25), Data::FactCorrected(correction));
    let obligation = log.obligation(CHECKLIST);
    let report = obligation.counting().unwrap();
    assert_eq!((report.occurred_on, report.counts_on), (date(2022, 10, 18), date(2022, 10, 18)));
    assert_eq!(report.score, Some(Score { points: 1, max: 5 }));
    assert_eq!(obligation.matters().answers[0].items.len(), 1, "the answers are the corrected ones");
}

#[test]
fn evidence_of_a_report_stands_in_its_column() {
    let mut log = Log::in_force();
    log.submit(CHECKLIST, date(2022, 10, 14));
    let cell = |log: &Log| log.register.columns().report_evidenced[usize::try_from(log.ordinal(CHECKLIST)).unwrap()];
    assert!(!cell(&log));
    let attached = EvidenceAttached { target_id: log.latest_report(CHECKLIST), evidence: vec![Evidence::default()] };
    log.happen(CHECKLIST, date(2022, 10, 14), Data::EvidenceAttached(attached));
    assert!(cell(&log));
    log.send_back(CHECKLIST, date(2022, 10, 17), date(2022, 10, 20));
    assert!(!cell(&log), "there is no report any more");
    let obligation = log.obligation(CHECKLIST);
    let spent = &obligation.matters().spent;
    assert_eq!((spent.len(), spent[0].evidenced, spent[0].retracted), (1, true, false));
    log.submit(CHECKLIST, date(2022, 10, 18));
    assert!(!cell(&log), "the next report has none of its own");
}

#[test]
fn directions_are_those_of_classes_and_of_the_order_of_joining() {
    let mut log = Log::in_force();
    assert_eq!(log.register.directions(), vec![0; log.register.orgs().len()], "none is named yet");
    let day = date(2022, 9, 5);
    for (class, direction) in [("a", Direction::NaturalScience), ("b", Direction::Agro), ("c", Direction::Agro)] {
        let (class, school) = (class.parse().unwrap(), "pogranichny-s01".parse().unwrap());
        let opened = ClassOpened { class, school, grade: 10, direction, pupils: 20 };
        let target = Target::Entity(Entity::Class, None, opened.class.clone());
        log.push(&event(target, day, Data::ClassOpened(opened)));
    }
    log.push(&event(Target::Org("pogranichny-s04".parse().unwrap()), day, Data::OrgRegistered(org("pogranichny-s04"))));
    let body = json!({
        "plan": PLAN, "region": "primorye", "school": "pogranichny-s04", "directions": ["pedagogical", "technological"],
        "joined_on": "2022-10-12", "basis": "№ 7"
    });
    let mut play = Play::behind(log);
    play.act(&person("ministry-1", Role::Ministry), Act::EnrolSchool, &body, day).unwrap();
    let masks = play.register().directions();
    let of = |org: &str| masks[usize::try_from(play.register().org_index(org).unwrap()).unwrap()];
    assert_eq!((of("pogranichny-s01"), of("pogranichny-s02"), of("pogranichny-s04")), (0b1001, 0, 0b0110));
    assert_eq!(Direction::ALL.map(Direction::bit), [1, 2, 4, 8]);
}

#[test]
fn an_excuse_takes_an_obligation_out_and_later_acts_are_void() {
    let mut log = Log::in_force();
    let excuse = ExcuseGranted { reason: ExcuseReason::Quarantine, basis: "№ 7".into(), from: None, until: None };
    log.happen(CHECKLIST, date(2022, 10, 10), Data::ExcuseGranted(excuse));
    assert_eq!(log.obligation(CHECKLIST).excuse.unwrap().back_to, Phase::Open);
    let late = log.submit(CHECKLIST, date(2022, 10, 14));
    assert_eq!(late.effect, Effect::Void(Ground::Phase));
    let obligation = log.obligation(CHECKLIST);
    assert_eq!((obligation.phase, obligation.version), (Phase::Excused, late.seq));
}

#[test]
fn a_moved_deadline_is_the_deadline() {
    let mut log = Log::in_force();
    let moved = DeadlineMoved { due: date(2022, 10, 31), basis: "№ 8".into() };
    log.happen(LETTER, date(2022, 10, 10), Data::DeadlineMoved(moved));
    log.submit(LETTER, date(2022, 10, 31));
    let standing = log.register.standing_of(log.ordinal(LETTER));
    assert_eq!((standing.obligation.moves, standing.obligation.due()), (1, Some(date(2022, 10, 31))));
    assert_eq!(standing.clockwork.timeliness(&standing.obligation, date(2022, 12, 1)), Timeliness::OnTime);
}

#[test]
fn a_publication_is_dated_by_its_delivery() {
    let mut log = Log::in_force();
    assert_eq!(log.obligation(PUBLICATION).phase, Phase::Unscheduled);
    let delivery = log.submit(DELIVERY, date(2022, 10, 21));
    let publication = log.obligation(PUBLICATION);
    assert_eq!((publication.phase, publication.due()), (Phase::Open, Some(date(2022, 10, 31))));
    assert_eq!((publication.version, publication.own.get()), (delivery.seq, 0), "its own subject has no event");

    let earlier = FactCorrected {
        target: delivery.seq,
        target_id: delivery.event.to_string(),
        occurred_on: Some(date(2022, 10, 20)),
        items: None,
        reason: FreeText::default(),
    };
    log.happen(DELIVERY, date(2022, 10, 24), Data::FactCorrected(earlier));
    assert_eq!(log.obligation(PUBLICATION).due(), Some(date(2022, 10, 30)));

    log.happen(DELIVERY, date(2022, 10, 25), retracted(delivery.seq));
    assert_eq!((log.obligation(PUBLICATION).phase, log.obligation(PUBLICATION).due()), (Phase::Unscheduled, None));

    log.submit(DELIVERY, date(2022, 10, 26));
    log.submit(PUBLICATION, date(2022, 11, 6));
    let standing = log.register.standing_of(log.ordinal(PUBLICATION));
    let effective = standing.clockwork.effective_due(&standing.obligation);
    assert_eq!(effective, Some(date(2022, 11, 7)), "5.11.2022 is a Saturday");
    assert_eq!(standing.clockwork.timeliness(&standing.obligation, date(2022, 12, 1)), Timeliness::OnTime);
}

#[test]
fn commands_are_decided_against_the_register() {
    let mut log = Log::in_force();
    log.approve_checklist();
    let scope = Scope::Org("pogranichny-s01".parse().unwrap());
    let actor = Actor::new("ivanova".parse().unwrap(), Role::School, scope);
    let submit = Command::Submit(Submit {
        obligation: log.register.id_of(log.ordinal(CHECKLIST)),
        occurred_on: date(2022, 10, 14),
        details: serde_json::value::to_raw_value(&details("checklist.submitted", "-")).unwrap(),
        evidence: Vec::new(),
        comment: None,
    });
    let events = decide(&submit, &actor, &log.register, date(2022, 10, 14)).unwrap();
    assert_eq!(events.len(), 1);
    log.push(&events[0]);
    assert_eq!(log.obligation(CHECKLIST).phase, Phase::Submitted);
    let again = decide(&submit, &actor, &log.register, date(2022, 10, 14)).unwrap_err();
    assert_eq!(again.code(), "not_allowed_in_phase");
    let foreign = Actor { scope: Scope::Org("pogranichny-s02".parse().unwrap()), ..actor };
    assert_eq!(decide(&submit, &foreign, &log.register, date(2022, 10, 14)).unwrap_err().code(), "forbidden");
}
