//! Claims about what is measured: definitions, targets, closed periods and their snapshots, transfers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use commands::{Appraiser, Deed, Fault, Import, Receipt, SubmitError};
use domain::actor::{Actor, Role, Scope};
use domain::command::{Act, Command};
use domain::event::{CommandId, Data, Envelope};
use domain::id::{RegionCode, Seq};
use domain::indicator::IndicatorDefinition;
use domain::ledger::Closing;
use domain::limits::{EVENT_BYTES_MAX, SNAPSHOT_ROWS_PER_EVENT};
use domain::number::Real;
use domain::payload::{SnapshotRow, SnapshotTaken};
use domain::refusal::Refusal;
use jiff::Timestamp;
use journal::sim::SimFaults;
use register::Register;
use serde_json::{Value, json};

use crate::common::{Lose, NOW, Town, Way, about, actor, bytes, checklist, importer, ministry, request, school, setup};

const S01: &str = "pogranichny-s01";
const PERIOD: &str = "2022-2023.H1";

/// Somebody who knows the indicators I01 to I18, tells so many values, and counts how often they are asked.
struct Fake {
    rows: usize,
    asked: AtomicUsize,
}

impl Appraiser for Fake {
    fn check(&self, _: &Register, definition: &IndicatorDefinition) -> Vec<Fault> {
        let fault = |field: &str| Fault {
            field: field.to_owned(),
            message_ru: "так нельзя".to_owned(),
            message_en: "not like this".to_owned(),
        };
        let parts = [("numerator.sql", &definition.numerator), ("denominator.sql", &definition.denominator)];
        parts.into_iter().filter(|(_, part)| part.sql == "bad").map(|(field, _)| fault(field)).collect()
    }

    fn knows(&self, register: &Register, indicator: &str) -> bool {
        let built_in = ("I01"..="I18").contains(&indicator);
        built_in || register.ledger().definitions().iter().any(|one| one.definition.id == indicator)
    }

    /// The values tell which state and which moment was judged.
    fn snapshot(
        &self,
        register: &Register,
        region: &RegionCode,
        period: &str,
        as_of: Timestamp,
    ) -> Result<Vec<SnapshotRow>, String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if period != PERIOD {
            return Err(format!("{region} has no {period}"));
        }
        let seen = u32::try_from(register.last_seq().get()).unwrap();
        let second = i32::try_from(as_of.as_second()).unwrap();
        let row = |_| SnapshotRow {
            level: "municipality".into(),
            org: "x".repeat(64),
            indicator: "I01".into(),
            version: 1,
            numerator: Some(Real::from(seen)),
            denominator: Some(Real::from(second)),
            value: Real::new(1.0 / 3.0),
            target: Real::new(0.95),
            achievement: Real::new(0.350_877_192_982_456_1),
            weight: Some(Real::from(14_u32)),
            status: "suppressed".into(),
        };
        Ok((0..self.rows).map(row).collect())
    }
}

/// The plan in force, and somebody who tells so many values.
async fn town(rows: usize) -> (Town, Arc<Fake>) {
    let fake = Arc::new(Fake { rows, asked: AtomicUsize::new(0) });
    let town = Town::appraised(SimFaults::none(), fake.clone()).await;
    town.lay_out().await;
    (town, fake)
}

fn close() -> Value {
    json!({"region": "primorye", "period": PERIOD, "basis": "№ 19"})
}

fn reopen() -> Value {
    json!({"region": "primorye", "period": PERIOD, "reason": "уточнение"})
}

fn definition(sql: &str) -> Value {
    json!({
        "definition": {
            "id": "I19", "version": 1, "name_ru": "Полнота", "name_en": "Completeness", "unit": "share", "better": "up",
            "weight": 4, "periods": ["H1"], "levels": ["school"], "table": "obligations", "when_empty": "no_data",
            "numerator": {"ru": "ч", "en": "n", "sql": sql}, "denominator": {"ru": "з", "en": "d", "sql": sql}
        },
        "basis": "№ 30"
    })
}

fn types(receipt: &Receipt) -> Vec<&str> {
    receipt.events.iter().map(|event| event.event_type.as_str()).collect()
}

/// The snapshots that the log holds.
fn taken(town: &Town) -> Vec<SnapshotTaken> {
    let truth = town.journal.truth();
    let read = truth.iter().map(|record| Envelope::read(&record.payload).unwrap().data().unwrap());
    read.filter_map(|data| if let Data::SnapshotTaken(taken) = data { Some(taken) } else { None }).collect()
}

fn closings(town: &Town) -> Vec<Closing> {
    town.replica.read(|state| state.register.ledger().closings().to_vec())
}

fn invalid(answer: Result<Receipt, SubmitError>) -> Vec<(String, String)> {
    let Err(SubmitError::Refused { refusal: Refusal::Invalid(mistakes), .. }) = answer else { panic!("{answer:?}") };
    assert!(mistakes.iter().all(|mistake| !mistake.words.ru.is_empty()));
    mistakes.into_iter().map(|mistake| (mistake.pointer, mistake.words.en)).collect()
}

fn refused(answer: Result<Receipt, SubmitError>) -> &'static str {
    let Err(SubmitError::Refused { refusal, .. }) = answer else { panic!("{answer:?}") };
    refusal.code()
}

#[tokio::test]
async fn a_period_is_closed_with_what_was_reported_in_one_batch() {
    let (town, fake) = town(SNAPSHOT_ROWS_PER_EVENT + 1).await;
    let before = town.events();
    let receipt = town.ask(&ministry(), "close", Act::ClosePeriod, &close()).await.unwrap();
    assert_eq!(types(&receipt), ["period.closed", "indicator.snapshot_taken", "indicator.snapshot_taken"]);
    assert!(receipt.visible && receipt.obligation.is_none());

    let stored = town.journal.truth().split_off(before);
    assert_eq!(stored.iter().map(|record| record.batch_end).collect::<Vec<_>>(), [false, false, true]);
    assert!(stored.iter().all(|record| record.subject == stored[0].subject), "on the subject of the period");
    assert!(stored.iter().all(|record| record.payload.len() < EVENT_BYTES_MAX), "with the longest codes, too");

    let (judged, moment): (Seq, Timestamp) = (Seq(u64::try_from(before).unwrap()), NOW.parse().unwrap());
    let parts = taken(&town);
    assert_eq!(
        parts.iter().map(|one| (one.part, one.parts, one.rows.len())).collect::<Vec<_>>(),
        [(1, 2, SNAPSHOT_ROWS_PER_EVENT), (2, 2, 1)]
    );
    for part in &parts {
        assert_eq!((part.at, part.as_of), (judged, moment));
        assert_eq!(part.rows[0].numerator, Some(Real::from(u32::try_from(before).unwrap())), "the state decided from");
        assert_eq!(part.rows[0].denominator, Some(Real::from(i32::try_from(moment.as_second()).unwrap())));
    }
    let seqs: Vec<Seq> = receipt.events.iter().map(|event| event.seq.unwrap()).collect();
    let closing = &closings(&town)[0];
    assert_eq!((closing.seq, &closing.snapshots[..], closing.at, closing.as_of), (seqs[0], &seqs[1..], judged, moment));
    assert_eq!(fake.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_repeated_closing_gets_the_first_answer_and_takes_no_other_snapshot() {
    let (town, fake) = town(3).await;
    let first = town.ask(&ministry(), "close", Act::ClosePeriod, &close()).await.unwrap();
    town.ask(&school(S01), "k1", Act::Submit, &checklist(S01, "2022-10-11")).await.unwrap();
    let events = town.events();
    let again = town.ask(&ministry(), "close", Act::ClosePeriod, &close()).await.unwrap();
    assert!(again.repeated);
    assert_eq!(bytes(&again), bytes(&first));
    assert_eq!((town.events(), fake.asked.load(Ordering::SeqCst)), (events, 1));
    assert_eq!(refused(town.ask(&ministry(), "other", Act::ClosePeriod, &close()).await), "exists_already");
}

#[tokio::test]
async fn a_lost_answer_to_a_closing_leaves_one_snapshot() {
    for lose in [Lose::Before, Lose::After] {
        let (town, _) = town(3).await;
        town.lose_next(lose);
        let lost = town.ask(&ministry(), "close", Act::ClosePeriod, &close()).await;
        assert!(matches!(lost, Err(SubmitError::OutcomeUnknown { .. })), "{lost:?}");
        let receipt = town.ask(&ministry(), "close", Act::ClosePeriod, &close()).await.unwrap();
        assert_eq!(types(&receipt), ["period.closed", "indicator.snapshot_taken"]);
        assert_eq!((receipt.repeated, taken(&town).len()), (lose == Lose::After, 1));
    }
}

#[tokio::test]
async fn a_trial_of_a_closing_tells_all_events_and_stores_none() {
    let (town, _) = town(SNAPSHOT_ROWS_PER_EVENT * 2).await;
    let events = town.events();
    let mut trial = request(&ministry(), "close", Act::ClosePeriod, &close());
    trial.dry_run = true;
    let told = town.gate.submit(trial).await.unwrap();
    assert_eq!(types(&told), ["period.closed", "indicator.snapshot_taken", "indicator.snapshot_taken"]);
    assert!(told.dry_run && told.events.iter().all(|event| event.seq.is_none()));
    assert_eq!(town.events(), events);
}

#[tokio::test]
async fn of_two_who_close_a_period_one_does() {
    let (town, fake) = town(3).await;
    let other = actor("minister-2", Role::Ministry, Scope::All);
    town.fares([town.faster(&other, "faster", Act::ClosePeriod, &close())]);
    assert_eq!(refused(town.ask(&ministry(), "close", Act::ClosePeriod, &close()).await), "exists_already");
    assert_eq!((taken(&town).len(), closings(&town).len()), (1, 1));
    assert_eq!(fake.asked.load(Ordering::SeqCst), 2, "each judged what it saw");
}

#[tokio::test]
async fn a_closing_that_was_overtaken_is_judged_anew() {
    let (town, fake) = town(3).await;
    let first = town.ask(&ministry(), "close", Act::ClosePeriod, &close()).await.unwrap();
    town.ask(&ministry(), "reopen", Act::ReopenPeriod, &reopen()).await.unwrap();
    // Somebody closes and opens the period again before ours arrives.
    let meddle = (town.aside.clone(), actor("minister-2", Role::Ministry, Scope::All));
    town.fares([Way::Behind(Box::new(move || {
        Box::pin(async move {
            let (gate, other) = meddle;
            gate.submit(request(&other, "faster", Act::ClosePeriod, &close())).await.unwrap();
            gate.submit(request(&other, "undo", Act::ReopenPeriod, &reopen())).await.unwrap();
        })
    }))]);
    let receipt = town.ask(&ministry(), "again", Act::ClosePeriod, &close()).await.unwrap();
    assert_eq!(fake.asked.load(Ordering::SeqCst), 4);
    let [one, two, three] = &closings(&town)[..] else { panic!("three closings") };
    assert_eq!(Some(one.seq), first.events[0].seq);
    assert!(one.reopened.is_some() && two.reopened.is_some() && three.reopened.is_none());
    assert_eq!(Some(three.seq), receipt.events[0].seq);
    assert_eq!(three.at, three.seq.prev(), "the state of the attempt that was stored");
    assert_eq!(three.snapshots.len(), 1);
}

#[tokio::test]
async fn a_period_without_values_is_not_closed() {
    let (town, _) = town(3).await;
    let events = town.events();
    let mut body = close();
    body["period"] = json!("2022-2023.T0");
    let answer = invalid(town.ask(&ministry(), "close", Act::ClosePeriod, &body).await);
    let why = "The snapshot of the period's values was not made: primorye has no 2022-2023.T0.";
    assert_eq!(answer, [("/period".to_owned(), why.to_owned())]);
    assert_eq!(town.events(), events);
}

#[tokio::test]
async fn faults_of_a_definition_are_told_at_their_place() {
    let (town, _) = town(0).await;
    let events = town.events();
    let answer = invalid(town.ask(&ministry(), "define", Act::DefineIndicator, &definition("bad")).await);
    let told = |place: &str| (format!("/definition/{place}"), "not like this".to_owned());
    assert_eq!(answer, [told("numerator/sql"), told("denominator/sql")]);
    assert_eq!(town.events(), events);
    let receipt = town.ask(&ministry(), "better", Act::DefineIndicator, &definition("is_done")).await.unwrap();
    assert_eq!(types(&receipt), ["indicator.defined"]);
    let again = town.ask(&ministry(), "again", Act::DefineIndicator, &definition("is_due")).await;
    assert_eq!(refused(again), "exists_already");
}

#[tokio::test]
async fn two_who_define_one_version_at_once_store_one() {
    let (town, _) = town(0).await;
    let other = actor("admin-2", Role::Admin, Scope::All);
    town.fares([town.faster(&other, "faster", Act::DefineIndicator, &definition("is_done"))]);
    assert_eq!(
        refused(town.ask(&ministry(), "mine", Act::DefineIndicator, &definition("is_due")).await),
        "exists_already"
    );
}

#[tokio::test]
async fn a_target_is_set_for_an_indicator_that_there_is() {
    let (town, _) = town(0).await;
    let set = |indicator: &str| json!({"region": "primorye", "indicator": indicator, "target": 0.9, "basis": "№ 31"});
    let unknown = invalid(town.ask(&ministry(), "t1", Act::SetTarget, &set("I19")).await);
    assert_eq!(unknown, [("/indicator".to_owned(), "There is no indicator I19.".to_owned())]);
    town.ask(&ministry(), "define", Act::DefineIndicator, &definition("is_done")).await.unwrap();
    town.ask(&ministry(), "t2", Act::SetTarget, &set("I19")).await.unwrap();
    town.ask(&ministry(), "t3", Act::SetTarget, &set("I19")).await.unwrap();
    let targets = town.replica.read(|state| state.register.ledger().targets().len());
    assert_eq!(targets, 2, "it may be set again");
}

#[tokio::test]
async fn where_nobody_computes_indicators_nothing_is_measured() {
    let town = Town::in_force().await;
    let events = town.events();
    let set = json!({"region": "primorye", "indicator": "I01", "target": 0.9, "basis": "№ 31"});
    for (act, body, place) in [
        (Act::DefineIndicator, definition("is_done"), "/definition"),
        (Act::SetTarget, set, "/indicator"),
        (Act::ClosePeriod, close(), "/period"),
    ] {
        let answer = invalid(town.ask(&ministry(), act.as_str(), act, &body).await);
        assert_eq!(answer.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(), [place], "{act}");
    }
    assert_eq!(town.events(), events);
}

#[tokio::test]
async fn a_transferred_school_goes_on_reporting() {
    let (town, _) = town(0).await;
    let khanka = json!({"code": "khanka", "name_ru": "Ханкайский", "name_en": "Khankaisky"});
    let body = json!({"org": S01, "municipality": khanka, "basis": "№ 32"});
    town.ask(&school(S01), "k1", Act::Submit, &checklist(S01, "2022-10-11")).await.unwrap();
    town.ask(&ministry(), "move", Act::TransferOrg, &body).await.unwrap();
    let place = about("9.2/pogranichny-s01/-");
    let of = |code: &str| -> Actor { actor(code, Role::Coordinator, Scope::Municipality(code.parse().unwrap())) };
    assert_eq!(refused(town.ask(&of("pogranichny"), "a1", Act::Accept, &place).await), "forbidden");
    town.ask(&of("khanka"), "a2", Act::Accept, &place).await.unwrap();
    let truth = town.journal.truth();
    let subjects: Vec<&str> = truth.iter().rev().take(3).map(|record| &*record.subject).collect();
    assert_eq!(subjects[0], subjects[2], "the acceptance stands behind the report");
    assert!(subjects[1].ends_with("_._.pogranichny-s01._._._"), "{}", subjects[1]);
}

#[tokio::test]
async fn a_loaded_closing_takes_its_snapshot_at_the_claimed_moment() {
    let fake = Arc::new(Fake { rows: SNAPSHOT_ROWS_PER_EVENT + 1, asked: AtomicUsize::new(0) });
    let town = Town::appraised(SimFaults::none(), fake).await;
    let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    *town.now.lock().unwrap() = now;
    town.journal.set_now(now);
    let deed = |actor: &Actor, key: &str, act: Act, body: &Value, at: &str| Deed {
        actor: actor.clone(),
        grant: None,
        key: CommandId::new(key).unwrap(),
        command: Command::read(act, body.to_string().as_bytes()).unwrap(),
        claimed_at: at.parse().unwrap(),
        today: at[..10].parse().unwrap(),
    };
    let laid = setup().into_iter().enumerate();
    let mut deeds: Vec<Deed> = laid
        .map(|(n, (who, act, body))| deed(&who, &format!("setup-{n}"), act, &body, "2022-08-29T00:00:00Z"))
        .collect();
    deeds.push(deed(&ministry(), "close", Act::ClosePeriod, &close(), "2023-01-10T02:00:00Z"));
    deeds.push(deed(&ministry(), "reopen", Act::ReopenPeriod, &reopen(), "2023-01-11T02:00:00Z"));
    deeds.push(deed(&ministry(), "again", Act::ClosePeriod, &close(), "2023-01-12T02:00:00Z"));
    for batch_events in [2, 500] {
        let import = Import { importer: importer(), source: "old".into(), key: "load".into(), batch_events };
        town.gate.load(&import, deeds.clone(), |_| ()).await.unwrap();
        let told: Vec<_> = closings(&town).iter().map(|one| (one.as_of.to_string(), one.snapshots.len())).collect();
        let expected = [("2023-01-10T02:00:00Z".to_owned(), 2), ("2023-01-12T02:00:00Z".to_owned(), 2)];
        assert_eq!(told, expected);
        assert!(closings(&town).iter().all(|one| one.at == one.seq.prev()));
    }
}
