//! What is measured, in the register: transferred organisations, definitions, closed periods.

use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::decide::World;
use domain::event::EventId;
use domain::evolve::Effect;
use domain::id::{MunicipalityCode, RegionCode, RowNo};
use jiff::civil::date;
use serde_json::json;

use super::golden::snapshot_rows;
use super::play::{Play, october, on, person};
use super::support::{Log, PLAN, replay};
use crate::Register;

const PLACE: &str = "9.2/pogranichny-s01/-";

fn transferred(play: &mut Play) -> crate::Applied {
    let khanka = json!({"code": "khanka", "name_ru": "Ханкайский", "name_en": "Khankaisky"});
    let body = json!({"org": "pogranichny-s01", "municipality": khanka, "basis": "№ 40"});
    play.act(&person("admin-1", Role::Admin), Act::TransferOrg, &body, october(8)).unwrap()[0]
}

fn owing(register: &Register, within: &str) -> usize {
    let (row, item): (RowNo, _) = ("9.2".parse().unwrap(), "-".parse().unwrap());
    register.owing(&PLAN.parse().unwrap(), &row, &item, Some(within)).len()
}

#[test]
fn a_transferred_organisation_is_elsewhere_and_its_subjects_stay() {
    let mut play = Play::behind(Log::in_force());
    let subject = |play: &Play| play.register().standing_of(play.log.ordinal(PLACE)).target().subject(EventId(1));
    let before = subject(&play);
    assert_eq!(owing(play.register(), "pogranichny"), 3);
    let khanka: MunicipalityCode = "khanka".parse().unwrap();
    let primorye: RegionCode = "primorye".parse().unwrap();
    assert!(!play.register().has_municipality(&primorye, &khanka));

    let applied = transferred(&mut play);
    let register = play.register();
    assert_eq!((applied.effect, applied.obligation), (Effect::Changed, None));
    assert_eq!(applied.org, register.org_index("pogranichny-s01"), "whom it is about is told");
    let org = &register.orgs()[usize::try_from(applied.org.unwrap()).unwrap()];
    let code = |of: Option<u32>| register.municipalities()[usize::try_from(of.unwrap()).unwrap()].code.as_str();
    assert_eq!((code(org.municipality), code(org.home)), ("khanka", "pogranichny"));
    assert!(register.has_municipality(&primorye, &khanka));
    assert_eq!((owing(register, "pogranichny"), owing(register, "khanka")), (2, 1));
    assert_eq!(subject(&play), before, "the expectation names the same subject");

    // Permissions follow the organisation: who coordinates it now, reports for it.
    let body = on(
        "8.2/pogranichny-s01/-",
        &json!({
            "occurred_on": "2022-10-10", "comment": "по поручению",
            "details": {"survey": "s", "audiences": ["pupils"], "channels": ["site"]}
        }),
    );
    let of =
        |code: &str| Actor { scope: Scope::Municipality(code.parse().unwrap()), ..person(code, Role::Coordinator) };
    assert!(play.would(&of("pogranichny"), Act::Submit, &body, october(10)).is_err());
    play.act(&of("khanka"), Act::Submit, &body, october(10)).unwrap();
    assert_eq!(replay(&play.log.events).digest(), play.register().digest());
}

#[test]
fn a_transfer_to_where_an_organisation_is_changes_nothing() {
    let mut play = Play::behind(Log::in_force());
    transferred(&mut play);
    let mut twice = play.clone();
    let event = twice.would(
        &person("admin-1", Role::Admin),
        Act::TransferOrg,
        &json!({
            "org": "pogranichny-s01", "basis": "№ 41",
            "municipality": {"code": "pogranichny", "name_ru": "П", "name_en": "P"}
        }),
        october(9),
    );
    let event = event.unwrap().remove(0);
    let cause = twice.cause(&person("admin-1", Role::Admin));
    assert_eq!(twice.push(&event, &cause, 0, october(9)).effect, Effect::Changed);
    assert_eq!(twice.push(&event, &cause, 1, october(9)).effect, Effect::Duplicate);
    let known = twice.register().municipalities().len();
    assert_eq!(known, play.register().municipalities().len(), "a municipality is known by its code");
}

#[test]
fn definitions_targets_and_closings_outlive_a_snapshot_and_are_in_the_digest() {
    let mut play = Play::behind(Log::in_force());
    let mut seen = std::collections::BTreeSet::from([play.register().digest()]);
    let ministry = person("ministry-1", Role::Ministry);
    let day = date(2023, 1, 9);
    let third = json!({"region": "primorye", "indicator": "I01", "target": 1.0 / 3.0, "basis": "№ 42"});
    play.act(&ministry, Act::SetTarget, &third, day).unwrap();
    assert!(seen.insert(play.register().digest()));
    let closed = play.close_period("2022-2023.H1", &snapshot_rows(), day);
    assert_eq!(closed.iter().map(|one| one.effect).collect::<Vec<_>>(), [Effect::Changed; 2]);
    assert!(seen.insert(play.register().digest()));
    transferred(&mut play);
    assert!(seen.insert(play.register().digest()));

    let register = play.register();
    let read: Register = postcard::from_bytes(&postcard::to_stdvec(register).unwrap()).unwrap();
    assert_eq!(read.ledger(), register.ledger());
    assert_eq!(read.digest(), register.digest());
    let set = &read.ledger().targets()[0].set;
    assert_eq!(set.target.unwrap().get().to_bits(), (1.0_f64 / 3.0).to_bits(), "bits survive");
    let closing = &read.ledger().closings()[0];
    assert_eq!(
        (closing.seq, closing.at, &closing.snapshots[..]),
        (closed[0].seq, closed[0].seq.prev(), &[closed[1].seq][..])
    );
}
