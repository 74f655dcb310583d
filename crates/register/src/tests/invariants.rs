//! The invariants of the machine (`workflow.md` b), held against people who act by chance.

use domain::actor::Role;
use domain::command::Act;
use domain::event::Data;
use domain::id::Seq;
use domain::obligation::{Control, Obligation, PersonIdx, Phase};
use domain::timeliness::Timeliness;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::chance::{PLACES, Turn, take, take_all, turn, turns, world};
use super::play::{Play, october, person};
use super::support::{Bytes, PLAN, apply};
use crate::{Parsed, Register, Stored, parse};

fn snapshot(register: &Register) -> (Vec<u8>, Register) {
    let bytes = postcard::to_stdvec(register).unwrap();
    let read = postcard::from_bytes(&bytes).unwrap();
    (bytes, read)
}

/// An obligation apart from positions in the log and moments of recording.
pub(super) fn normal(obligation: &Obligation) -> Obligation {
    let mut one = obligation.clone();
    let past = Timestamp::UNIX_EPOCH;
    (one.version, one.own) = (Seq::NONE, Seq::NONE);
    for report in &mut one.live {
        (report.seq, report.recorded_at) = (Seq::NONE, past);
    }
    if let Some(rework) = &mut one.rework {
        rework.keeps_recorded = past;
    }
    let control = one.control;
    one.control = Control {
        since: control.since.map(|_| past),
        decided: control.decided.map(|_| past),
        by: control.by,
        report: control.report.map(|_| Seq::NONE),
    };
    if let Some(matters) = &mut one.matters {
        matters.partners.iter_mut().for_each(|tenure| tenure.seq = Seq::NONE);
        for given in &mut matters.recommendations {
            given.seq = Seq::NONE;
            given.also.iter_mut().for_each(|(seq, _)| *seq = Seq::NONE);
        }
        matters.answers.iter_mut().for_each(|one| one.seq = Seq::NONE);
        matters.event_reports.iter_mut().for_each(|one| one.seq = Seq::NONE);
        matters.attended.iter_mut().for_each(|one| one.seq = Seq::NONE);
        matters.spent.iter_mut().for_each(|one| one.seq = Seq::NONE);
    }
    one
}

/// What a retelling says: persons are not told apart.
fn impersonal(obligation: &Obligation) -> Obligation {
    let mut one = obligation.clone();
    one.live.iter_mut().for_each(|report| (report.actor, report.behalf) = (PersonIdx(0), None));
    one.control.by = one.control.by.map(|_| PersonIdx(0));
    if let Some(matters) = &mut one.matters {
        matters.acknowledged = matters.acknowledged.map(|(_, day)| (PersonIdx(0), day));
        for asked in [&mut matters.extension, &mut matters.excuse, &mut matters.reassignment].into_iter().flatten() {
            asked.by = PersonIdx(0);
        }
    }
    one
}

fn parsed(seq: u64, (recorded_at, payload): &Bytes) -> Parsed<'_> {
    parse(&Stored { seq: Seq(seq), recorded_at: *recorded_at, payload }).unwrap()
}

/// Whether an event belongs to the life of an obligation: on its subject or its delivery's, or from afar.
fn touches(register: &Register, ordinal: u32, event: &Parsed<'_>) -> bool {
    let own = register.subject_obligation(event);
    own == Some(ordinal)
        || own.is_some() && own == register.delivery_of(ordinal)
        || register.touched_from_afar(ordinal).contains(&event.seq())
}

fn check_retelling(register: &Register, events: &[Bytes], places: &[&str]) -> Result<(), TestCaseError> {
    let events: Vec<Parsed<'_>> = events.iter().zip(1..).map(|(bytes, seq)| parsed(seq, bytes)).collect();
    for place in places {
        let ordinal = register.find(&format!("{PLAN}/{place}").parse().unwrap()).unwrap();
        let told = events.iter().filter(|event| touches(register, ordinal, event));
        let told = told.map(|event| (event, event.stored.recorded_at));
        let (retold, _) = register.retell(ordinal, told);
        prop_assert_eq!(impersonal(&retold), impersonal(&register.obligation(ordinal)), "{}", place);
    }
    Ok(())
}

/// Who sent and who accepted, both sides of every substitution told.
fn people_of(play: &Play, seq: Seq) -> Vec<PersonIdx> {
    let applied = play.applied.iter().find(|one| one.seq == seq).unwrap();
    [Some(applied.actor), applied.on_behalf_of].into_iter().flatten().collect()
}

proptest! {
    // A snapshot or a digest of the whole world at every cut is dear.
    #![proptest_config(ProptestConfig { cases: 20, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn as_of_a_moment_is_the_prefix_of_the_log_that_ends_there(turns in turns()) {
        let mut play = world();
        let (base, fresh) = (play.log.events.len(), play.log.register.clone());
        let (mut today, mut lived) = (october(8), vec![fresh.digest()]);
        for turn in turns {
            today = today.saturating_add(jiff::Span::new().days(turn.gap));
            if take(&mut play, turn, today) {
                lived.push(play.register().digest());
            }
        }
        let mut replayed = fresh;
        let mut told = vec![replayed.digest()];
        for event in &play.log.events[base..] {
            apply(&mut replayed, event).unwrap();
            told.push(replayed.digest());
        }
        // A turn may be several events: what was lived after it is one of the prefixes, in their order.
        let mut prefixes = told.iter();
        prop_assert!(lived.iter().all(|digest| prefixes.any(|prefix| prefix == digest)));
        prop_assert_eq!(told.last(), lived.last());
    }

    #[test]
    fn snapshot_plus_tail_is_full_replay_at_every_cut(turns in turns()) {
        let mut play = world();
        let (base, mut register) = (play.log.events.len(), play.log.register.clone());
        take_all(&mut play, &turns);
        // From a snapshot at every cut on, one register goes on: it must stay the replay's equal.
        let mut from_snapshot = register.clone();
        for event in &play.log.events[base..] {
            apply(&mut register, event).unwrap();
            let (bytes, read) = snapshot(&from_snapshot);
            from_snapshot = read;
            prop_assert_eq!(bytes, snapshot(&from_snapshot).0);
            apply(&mut from_snapshot, event).unwrap();
            prop_assert_eq!(register.digest(), from_snapshot.digest());
        }
        prop_assert_eq!(register.digest(), play.register().digest());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_retelling_says_what_the_register_said_at_every_prefix(turns in turns()) {
        let mut play = world();
        let mut today = october(8);
        for turn in turns {
            today = today.saturating_add(jiff::Span::new().days(turn.gap));
            if take(&mut play, turn, today) {
                let near = [turn.place, 1, (turn.place + turn.act) % 10].map(|at| PLACES[at]);
                check_retelling(play.register(), &play.log.events, &near)?;
            }
        }
        check_retelling(play.register(), &play.log.events, &PLACES)?;
    }

    #[test]
    fn a_register_is_sound_whatever_people_do(turns in turns()) {
        let mut play = world();
        let mut today = october(8);
        for turn in turns {
            let before: Vec<Obligation> = PLACES.iter().map(|place| play.log.obligation(place)).collect();
            today = today.saturating_add(jiff::Span::new().days(turn.gap));
            let events = play.log.events.len();
            take(&mut play, turn, today);
            let last = play.log.events.len();
            for (place, before) in PLACES.iter().zip(before) {
                let after = play.log.obligation(place);
                // (1) Nothing changes without an event.
                prop_assert!(last > events || before == after);
                // (4) Done means that a live report is in.
                let gone = matches!(after.phase, Phase::Cancelled | Phase::NotApplicable);
                prop_assert!(gone || after.owed_as().is_done() != after.live.is_empty(), "{}: {:?}", place, after);
                prop_assert!(after.live.windows(2).all(|two| two[0].seq < two[1].seq));
                // (3) A stated day is rewritten only by the schedule, the plan, a cancelled day or a delivery.
                if before.stated_due != after.stated_due {
                    let event = parsed(u64::try_from(last).unwrap(), &play.log.events[last - 1]);
                    let lawful = matches!(
                        event.data(),
                        Data::ScheduleSet(_) | Data::PlanAmended(_) | Data::ProposalConfirmed(_) | Data::MethodicalDayCancelled(_)
                    ) || place.starts_with("8.3p");
                    prop_assert!(lawful, "{}: {:?}", place, event.data());
                }
                // (2, 9) Timeliness is total and pure; what does not count has none.
                let standing = play.register().standing_of(play.log.ordinal(place));
                let verdict = standing.clockwork.timeliness(&after, today);
                prop_assert_eq!(verdict, standing.clockwork.timeliness(&after, today));
                let stands = after.on(today);
                let counts = stands.phase.counts() && stands.phase != Phase::Unscheduled && stands.due().is_some();
                prop_assert_eq!(verdict == Timeliness::None, !counts, "{}: {:?}", place, after);
            }
        }
    }

    #[test]
    fn who_submitted_does_not_accept_under_any_grant(turns in turns()) {
        let mut play = world();
        take_all(&mut play, &turns);
        for (bytes, seq) in play.log.events.iter().zip(1..) {
            let event = parsed(seq, bytes);
            let report = match event.data() {
                Data::ReportAccepted(accepted) => &accepted.report,
                Data::ReportReturned(returned) => &returned.report,
                _ => continue,
            };
            let sent = play.applied.iter().find(|one| one.event.to_string() == *report).unwrap();
            let senders = people_of(&play, sent.seq);
            for person in people_of(&play, Seq(seq)) {
                prop_assert!(!senders.contains(&person), "{:?} decided on the own report", person);
            }
        }
        // Nor does who proposed an act confirm it.
        for (bytes, seq) in play.log.events.iter().zip(1..) {
            if let Data::ProposalConfirmed(confirmed) = parsed(seq, bytes).data() {
                let made = play.applied.iter().find(|one| one.event.to_string() == confirmed.proposal).unwrap();
                let authors = people_of(&play, made.seq);
                prop_assert!(people_of(&play, Seq(seq)).iter().all(|person| !authors.contains(person)));
            }
        }
    }

    #[test]
    fn acts_on_different_obligations_commute_in_any_interleaving(
        first in proptest::collection::vec(turn(), 1..14),
        second in proptest::collection::vec(turn(), 1..14),
        order in proptest::collection::vec(any::<bool>(), 28),
    ) {
        // What stands beside obligations is everybody's, and so are bulk acts: they are left out here.
        let at = |turns: Vec<Turn>, place: usize| turns.into_iter().map(move |turn| Turn { place, act: turn.act % 42, ..turn });
        let first: Vec<Turn> = at(first, 2).collect();
        let second: Vec<Turn> = at(second, 9).collect();
        let run = |order: &[bool]| {
            let mut play = world();
            let (mut left, mut right) = (first.iter(), second.iter());
            let mut effects = [Vec::new(), Vec::new()];
            let mut days = [october(8), october(8)];
            for turn in order.iter().map(|of_first| usize::from(!of_first)) {
                let next = if turn == 0 { left.next() } else { right.next() };
                let Some(next) = next else { continue };
                days[turn] = days[turn].saturating_add(jiff::Span::new().days(next.gap));
                effects[turn].push(take(&mut play, *next, days[turn]));
            }
            (play, effects)
        };
        let one_by_one: Vec<bool> = (0..28).map(|at| at < 14).collect();
        let mixed: Vec<bool> = order.iter().copied().chain(one_by_one.iter().copied()).collect();
        let ((one, said), (other, also)) = (run(&one_by_one), run(&mixed));
        prop_assert_eq!(said, also);
        for place in PLACES {
            let known = |play: &Play| named(play, &normal(&play.log.obligation(place)));
            prop_assert_eq!(known(&one), known(&other), "{}", place);
        }
    }

    #[test]
    fn a_dry_run_of_an_amendment_is_its_committed_effect(turns in turns(), row in 0..4usize, n in 0..40i32) {
        let mut play = world();
        take_all(&mut play, &turns);
        let ministry = person("ministry-1", Role::Ministry);
        let op = if n < 10 { json!({"row": ROWS[row], "change": "remove"}) } else {
            json!({"row": ROWS[row], "change": "move", "due": "2023-05-01"})
        };
        let body = json!({"plan": PLAN, "region": "primorye", "ops": [op], "basis": "б"});
        let today = "2023-02-01".parse().unwrap();
        let before = play.register().digest();
        let mut preview = play.clone();
        let told = preview.act(&ministry, Act::AmendPlan, &body, today).unwrap();
        prop_assert_eq!(play.register().digest(), before, "a dry run changes nothing");
        let done = play.act(&ministry, Act::AmendPlan, &body, today).unwrap();
        prop_assert_eq!(told, done.clone());
        prop_assert_eq!(preview.register().digest(), play.register().digest());
        // Confirmed by a second person it is the same amendment as decided by one alone.
        let made = done[0].event.to_string();
        if play.register().ledger().proposal(&made).is_some() {
            let second = person("ministry-2", Role::Ministry);
            play.act(&second, Act::Confirm, &json!({"proposal": made}), today).unwrap();
            prop_assert!(play.register().ledger().proposal(&made).is_none());
        }
        for place in PLACES.iter().filter(|place| place.split('/').next() == Some(ROWS[row])) {
            let after = play.log.obligation(place);
            let stays = matches!(after.phase, Phase::Accepted | Phase::Cancelled | Phase::NotApplicable);
            prop_assert!(stays || n >= 10 && after.stated_due == Some("2023-05-01".parse().unwrap()), "{:?}", after);
        }
    }
}

const ROWS: [&str; 4] = ["8.2", "9.2", "8.3p", "12.1"];

/// What happened, with persons by code and without event ids that hang on the order of commands.
fn named(play: &Play, obligation: &Obligation) -> String {
    let mut one = impersonal(obligation);
    one.live.iter_mut().for_each(|report| report.event = domain::event::EventId(0));
    if let Some(matters) = &mut one.matters {
        for asked in [&mut matters.extension, &mut matters.excuse, &mut matters.reassignment].into_iter().flatten() {
            asked.event = domain::event::EventId(0);
        }
    }
    let sent = obligation.live.iter().map(|report| {
        let code = |person: PersonIdx| &play.register().persons()[usize::try_from(person.0).unwrap()];
        (code(report.actor), report.behalf.map(code))
    });
    format!("{one:?} by {:?}", sent.collect::<Vec<_>>())
}

#[test]
fn chance_does_something() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut done, mut seen) = (0, std::collections::BTreeSet::new());
    for _ in 0..200 {
        let mut play = world();
        done += take_all(&mut play, &turns().new_tree(&mut runner).unwrap().current());
        let names = play.applied.iter().filter_map(|one| play.register().type_name(one.event_type).map(str::to_owned));
        seen.extend(names);
    }
    assert!(done > 1_000, "only {done} acts of chance led to an event");
    assert!(seen.len() > 38, "only {seen:?}");
}
