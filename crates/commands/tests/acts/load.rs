//! Claims about loading an earlier system's history.

use crate::common::{Lose, Town, about, checklist, coordinator, importer, school, setup};
use commands::{Deed, Import, LoadError};
use domain::actor::Actor;
use domain::command::{Act, Command};
use domain::event::CommandId;
use jiff::Timestamp;
use serde_json::{Value, json};

const S01: &str = "pogranichny-s01";
const S02: &str = "pogranichny-s02";

fn deed(actor: &Actor, key: &str, act: Act, body: &Value, at: &str) -> Deed {
    let claimed_at: Timestamp = at.parse().unwrap();
    Deed {
        actor: actor.clone(),
        grant: None,
        key: CommandId::new(key).unwrap(),
        command: Command::read(act, body.to_string().as_bytes()).unwrap(),
        claimed_at,
        today: jiff::tz::TimeZone::get("Asia/Vladivostok").unwrap().to_datetime(claimed_at).date(),
    }
}

fn import(batch_events: usize) -> Import {
    Import { importer: importer(), source: "old registry".into(), key: "load".into(), batch_events }
}

/// The town laid out and a school year begun, as deeds.
fn history() -> Vec<Deed> {
    let mut deeds: Vec<Deed> = setup()
        .iter()
        .enumerate()
        .map(|(n, (actor, act, body))| deed(actor, &format!("setup-{n}"), *act, body, "2022-08-29T00:00:00Z"))
        .collect();
    let report = checklist(S01, "2022-10-11");
    let place = about("9.2/pogranichny-s01/-");
    let returned = json!({"obligation": place["obligation"], "reason": "incomplete"});
    deeds.extend([
        deed(&school(S01), "d1", Act::Submit, &report, "2022-10-11T02:00:00Z"),
        deed(&school(S01), "d1", Act::Submit, &report, "2022-10-11T02:00:05Z"),
        deed(&coordinator(), "d2", Act::Return, &returned, "2022-10-12T02:00:00Z"),
        deed(&school(S01), "d3", Act::Submit, &report, "2022-10-13T02:00:00Z"),
        deed(&coordinator(), "d4", Act::Accept, &place, "2022-10-14T02:00:00Z"),
        deed(&school(S02), "d5", Act::Submit, &checklist(S02, "2022-10-17"), "2022-10-17T02:00:00Z"),
    ]);
    deeds
}

/// Phase, days and reports of every obligation, without positions.
fn life(town: &Town) -> Vec<String> {
    town.replica.read(|state| {
        let register = &state.register;
        let ordinals = 0..u32::try_from(register.len()).unwrap();
        ordinals
            .map(|ordinal| {
                let it = register.obligation(ordinal);
                let days: Vec<_> = it.live.iter().map(|report| (report.occurred_on, report.counts_on)).collect();
                format!("{} {:?} {:?} {} {days:?}", register.id_of(ordinal), it.phase, it.due(), it.returns)
            })
            .collect()
    })
}

#[tokio::test]
async fn a_loaded_history_is_the_history_that_was_lived() {
    let lived = Town::in_force().await;
    for one in history().into_iter().skip(5) {
        *lived.now.lock().unwrap() = one.claimed_at;
        lived.journal.set_now(one.claimed_at);
        let body = match &one.command {
            Command::Submit(body) => serde_json::to_value(body).unwrap(),
            Command::Return(body) => serde_json::to_value(body).unwrap(),
            Command::Accept(body) => serde_json::to_value(body).unwrap(),
            other => panic!("{other:?}"),
        };
        lived.ask(&one.actor, one.key.as_str(), one.command.act(), &body).await.unwrap();
    }
    for batch_events in [1, 3, 500] {
        let loaded = Town::empty().await;
        let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        *loaded.now.lock().unwrap() = now;
        loaded.journal.set_now(now);
        let mut last = 0;
        let done = loaded.gate.load(&import(batch_events), history(), |p| last = p.events).await.unwrap();
        assert_eq!((done.deeds, done.repeated, done.events), (11, 1, 17));
        assert_eq!(last, done.events);
        assert_eq!(life(&loaded), life(&lived), "batches of {batch_events}");
        let claimed =
            loaded.replica.read(|state| state.facts.get(journal::Seq(done.last.get() - 1)).unwrap().recorded_at);
        assert_eq!(claimed, "2022-10-17T02:00:00Z".parse().unwrap());
        let span = loaded.replica.read(|state| state.register.import_spans().to_vec());
        assert_eq!((span.len(), span[0].closed), (1, Some(done.last)));
    }
}

#[tokio::test]
async fn a_history_loaded_again_stores_nothing_and_an_interrupted_one_goes_on() {
    let town = Town::empty().await;
    *town.now.lock().unwrap() = "2026-11-01T00:00:00Z".parse().unwrap();
    town.gate.load(&import(4), history().into_iter().take(7), |_| ()).await.unwrap();
    let events = town.events();
    let again = town.gate.load(&import(4), history().into_iter().take(7), |_| ()).await.unwrap();
    assert_eq!((again.events, again.repeated), (0, 7));
    assert_eq!(town.events(), events);
    let rest = town.gate.load(&import(4), history(), |_| ()).await.unwrap();
    assert_eq!((rest.events, rest.repeated), (4, 7));
    town.lose_next(Lose::Before);
    let more =
        [deed(&school(S02), "d6", Act::Submit, &checklist("pogranichny-s03", "2022-10-11"), "2022-10-18T00:00:00Z")];
    let refused = town.gate.load(&import(4), more, |_| ()).await;
    assert!(matches!(refused, Err(LoadError::Refused { deed: 1, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_deed_that_breaks_the_rules_is_named() {
    let town = Town::empty().await;
    *town.now.lock().unwrap() = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut deeds = history();
    deeds.push(deed(&coordinator(), "d9", Act::Accept, &about("9.2/pogranichny-s01/-"), "2022-10-20T00:00:00Z"));
    let error = town.gate.load(&import(500), deeds, |_| ()).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("deed 12 (accept on clusters-2022-2023/9.2/pogranichny-s01/-, key d9)"), "{told}");
    let mut deeds = history();
    deeds.push(deed(&school(S01), "d1", Act::Submit, &checklist(S01, "2022-10-12"), "2022-10-20T00:00:00Z"));
    let error = town.gate.load(&import(500), deeds, |_| ()).await.unwrap_err();
    assert!(matches!(error, LoadError::KeyReused { deed: 12, .. }), "{error}");
}

#[tokio::test]
async fn acts_on_many_and_their_undoing_are_loaded_within_one_batch() {
    let town = Town::empty().await;
    *town.now.lock().unwrap() = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut deeds: Vec<Deed> = history().into_iter().take(4).collect();
    let begun = town.gate.load(&import(500), deeds.clone(), |_| ()).await.unwrap();
    let sent = json!({
        "plan": "clusters-2022-2023", "row": "5.1", "item": "3", "within": "pogranichny", "occurred_on": "2022-10-18",
        "details": {"letter_no": 3, "document": "d"},
    });
    let key = CommandId::new("d6").unwrap();
    let undone = json!({"event": key.event_id(&coordinator().person, 0).to_string(), "reason": "a draft"});
    let ids = [S01, S02].map(|school| format!("clusters-2022-2023/8.2/{school}/-"));
    let told = json!({
        "obligation": ids[0], "occurred_on": "2022-10-12",
        "details": {"survey": "s", "audiences": ["pupils"], "channels": ["site"]},
    });
    let many = json!({"act": "accept", "obligations": ids, "body": {}});
    deeds.extend([
        deed(&school(S01), "d5", Act::Submit, &told, "2022-10-12T02:00:00Z"),
        deed(&coordinator(), "d6", Act::RecordForAll, &sent, "2022-10-18T02:00:00Z"),
        deed(&coordinator(), "d7", Act::Undo, &undone, "2022-10-18T03:00:00Z"),
        deed(&coordinator(), "d8", Act::ApplyToMany, &many, "2022-10-18T04:00:00Z"),
    ]);
    let done = town.gate.load(&import(500), deeds.clone(), |_| ()).await.unwrap();
    // A report and a mailing; opened, taken back, closed; opened, one accepted and one refused, closed.
    assert_eq!((done.repeated, done.events, begun.events > 0), (4, 2 + 3 + 3, true));
    town.replica.read(|state| {
        assert!(state.register.bulk_acts().iter().all(|act| act.retracted));
        let phase = |id: &str| state.register.obligation(state.register.find(&id.parse().unwrap()).unwrap()).phase;
        assert_eq!([phase(&ids[0]), phase(&ids[1])].map(domain::obligation::Phase::as_str), ["accepted", "open"]);
    });
    let again = town.gate.load(&import(500), deeds, |_| ()).await.unwrap();
    assert_eq!((again.events, again.repeated), (0, 8));
}
