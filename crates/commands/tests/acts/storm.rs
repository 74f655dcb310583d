//! Seeded histories on a log that lies: commands repeated, delayed, reordered and raced between two processes.

use std::collections::{BTreeMap, BTreeSet};

use commands::{Gate, Receipt, Request, SubmitError};
use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use domain::event::Envelope;
use journal::sim::{Dialect, SimFaults};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::beside::{Beside, digests};
use crate::common::{
    PLAN, SCHOOLS, Town, about, actor, bytes, checklist, coordinator, id, many, ministry, request, school, sent_to_all,
};

/// Commands of one history.
const COMMANDS: usize = 24;
/// Tries of a command whose fate the log leaves open.
const TRIES: usize = 400;

fn rework(short: &str) -> Value {
    json!({"obligation": id(short), "reason": "incomplete"})
}

fn basis(short: &str) -> Value {
    json!({"obligation": id(short), "reason": "quarantine", "basis": "№ 5"})
}

/// One command of a believable and quarrelsome history.
fn command(dice: &mut ChaCha8Rng, key: &str) -> Request {
    let code = SCHOOLS[dice.random_range(0..SCHOOLS.len())];
    let report = format!("9.2/{code}/-");
    let order = format!("13.1/{code}/-");
    let all: Vec<String> = SCHOOLS.iter().map(|code| format!("9.2/{code}/-")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let second = actor("second", Role::Coordinator, Scope::Municipality("pogranichny".parse().unwrap()));
    let controller = if dice.random_bool(0.5) { coordinator() } else { second };
    let reason = json!({"obligation": id(&report), "reason": "r"});
    let within = if dice.random_bool(0.5) { "pogranichny" } else { code };
    let phase = ["open", "submitted", "accepted"][dice.random_range(0..3)];
    let filter = json!({"plan": PLAN, "row": "9.2", "within": within, "phase": phase});
    let (who, act, body): (Actor, Act, Value) = match dice.random_range(0..18) {
        0..4 => (school(code), Act::Submit, checklist(code, "2022-10-11")),
        4 => (controller, Act::Submit, checklist(code, "2022-10-12")),
        5 | 6 => (controller, Act::Accept, about(&report)),
        7 => (controller, Act::Return, rework(&report)),
        8 => (school(code), Act::Withdraw, about(&report)),
        9 => (ministry(), Act::Excuse, basis(if dice.random_bool(0.5) { &report } else { &order })),
        10 => (ministry(), Act::RevokeExcuse, reason),
        11 => (ministry(), Act::MoveDeadline, json!({"obligation": id(&report), "due": "2022-10-25", "basis": "b"})),
        12 => (controller, Act::RecordForAll, sent_to_all(within)),
        13 => (controller, Act::ApplyToMany, many("accept", &all, json!({}))),
        14 => (ministry(), Act::ApplyToMany, many("excuse", &all, json!({"reason": "quarantine", "basis": "b"}))),
        15 => (controller, Act::ApplyToMany, json!({"act": "remind", "filter": filter, "body": {"channel": "email"}})),
        16 => (ministry(), Act::ApplyToMany, many("move-deadline", &all, json!({"due": "2022-10-27", "basis": "c"}))),
        _ => {
            // Of a command before: its first event's id follows from its key.
            let before = dice.random_range(0..COMMANDS);
            let whose = [coordinator(), ministry()][dice.random_range(0..2)].person.clone();
            let key = domain::event::CommandId::new(&format!("c{before}")).unwrap();
            (ministry(), Act::Undo, json!({"event": key.event_id(&whose, 0).to_string(), "reason": "r"}))
        }
    };
    request(&who, key, act, &body)
}

/// Whether a client should ask again.
fn is_open(error: &SubmitError) -> bool {
    match error {
        SubmitError::OutcomeUnknown { .. }
        | SubmitError::Unavailable { .. }
        | SubmitError::Contended { .. }
        | SubmitError::Behind { .. } => true,
        SubmitError::Refused { .. } | SubmitError::NotAll { .. } => false,
        other => panic!("{other}"),
    }
}

/// Asks until the answer is one.
async fn insist(gate: &Gate, request: &Request) -> Option<Receipt> {
    for _ in 0..TRIES {
        match gate.submit(request.clone()).await {
            Ok(receipt) => return Some(receipt),
            Err(error) if is_open(&error) => tokio::task::yield_now().await,
            Err(_) => return None,
        }
    }
    panic!("{} was never answered", request.key.as_str())
}

async fn town(faults: SimFaults) -> Town {
    let town = Town::with(faults).await;
    for (n, (who, act, body)) in crate::common::setup().into_iter().enumerate() {
        insist(&town.gate, &request(&who, &format!("setup-{n}"), act, &body)).await.unwrap();
    }
    town.journal.set_now(crate::common::NOW.parse().unwrap());
    town
}

/// What the log holds: no id twice, and for each key and obligation one event at most.
fn check_log(town: &Town, seed: u64) {
    let mut ids = BTreeSet::new();
    let mut of_key: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    for record in town.journal.truth() {
        let envelope = Envelope::read(&record.payload).unwrap();
        assert!(ids.insert(envelope.id.to_string()), "seed {seed}: {} is stored twice", envelope.id);
        let subject = envelope.subject.to_string();
        let key = (envelope.actor.to_string(), envelope.commandid.to_string(), subject);
        let count = of_key.entry(key).or_default();
        *count += 1;
        assert_eq!(*count, 1, "seed {seed}: {} acted twice on {}", envelope.commandid, envelope.subject);
    }
}

async fn history(seed: u64) -> (u64, usize) {
    let dialect = if seed.is_multiple_of(2) { Dialect::R1 } else { Dialect::R3 };
    let town = town(SimFaults { dialect, ..SimFaults::stormy(seed) }).await;
    let beside = Beside::of(&town).await;
    let gates = [town.gate.clone(), beside.gate.clone()];
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut later: Vec<Request> = Vec::new();
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut all = Vec::new();
    for n in 0..COMMANDS {
        let command = command(&mut dice, &format!("c{n}"));
        all.push(command.clone());
        let (one, other) = (&gates[dice.random_range(0..2)], &gates[dice.random_range(0..2)]);
        match dice.random_range(0..4) {
            // Sent once and forgotten for now, whatever came of it.
            0 => drop(one.submit(command).await),
            // At the same time to both.
            1 => drop(tokio::join!(one.submit(command.clone()), other.submit(command))),
            // Behind others.
            2 => later.push(command),
            _ => {
                if let Some(told) = insist(one, &command).await {
                    first.insert(format!("c{n}"), bytes(&told));
                }
            }
        }
        if later.len() > 2 || dice.random_bool(0.2) {
            let at = dice.random_range(0..later.len().max(1));
            if let Some(delayed) = later.get(at).cloned() {
                let (two, three) = (later[0].clone(), &gates[dice.random_range(0..2)]);
                drop(tokio::join!(one.submit(delayed), three.submit(two)));
                later.remove(at);
            }
        }
    }
    town.journal.restart();
    let mut told = 0;
    for command in &all {
        let one = insist(&gates[0], command).await;
        let other = insist(&gates[1], command).await;
        let words = one.as_ref().map(bytes);
        if words.is_some() {
            told += 1;
            assert_eq!(words, other.as_ref().map(bytes), "seed {seed}: {}", command.key.as_str());
        }
        if let Some(before) = first.get(command.key.as_str()) {
            assert_eq!(words.as_ref(), Some(before), "seed {seed}: {}", command.key.as_str());
        }
    }
    town.journal.restart();
    check_log(&town, seed);
    let last = journal::Seq(u64::try_from(town.events()).unwrap());
    town.replica.wait_for(last, std::time::Duration::from_secs(2)).await.unwrap();
    beside.catch_up(&town).await;
    let (one, other) = digests(&town.replica, &beside.replica);
    assert_eq!(one, other, "seed {seed}");
    if !seed.is_multiple_of(5) {
        return (seed, told);
    }
    let anew = Beside::of(&town).await;
    assert_eq!(digests(&anew.replica, &town.replica).0, one, "seed {seed}: replayed");
    (seed, told)
}

/// Several hundred histories, in parts that run beside each other.
async fn histories(seeds: std::ops::Range<u64>) {
    let mut told = 0;
    for seed in seeds {
        told += history(seed).await.1;
    }
    assert!(told > 0);
}

#[tokio::test]
async fn nothing_is_ever_doubled_1() {
    histories(0..50).await;
}

#[tokio::test]
async fn nothing_is_ever_doubled_2() {
    histories(1_000..1_050).await;
}

#[tokio::test]
async fn nothing_is_ever_doubled_3() {
    histories(2_000..2_050).await;
}

#[tokio::test]
async fn nothing_is_ever_doubled_4() {
    histories(3_000..3_050).await;
}
