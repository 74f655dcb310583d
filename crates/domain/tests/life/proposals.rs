//! Acts that need a second person: they wait, and hold as if made when they were proposed.

use domain::command::Act;
use domain::obligation::Phase;
use domain::timeliness::Timeliness;
use serde_json::{Value, json};

use crate::world::*;

fn confirm(world: &Small) -> Value {
    on(CHECKLIST, &json!({"proposal": world.latest()}))
}

/// A report that claims a day further back than one person alone may.
fn backdated() -> Small {
    let mut world = Small::with(Some(5));
    let done = world.does(&head(), Act::Submit, &checklist(october(14), 4), october(20));
    assert_eq!(leads(done), "proposal.made");
    assert_eq!(world.of(CHECKLIST).phase, Phase::Open, "nothing holds yet");
    world
}

#[test]
fn a_day_far_back_needs_a_second_person() {
    let mut world = Small::with(Some(5));
    assert_eq!(leads(world.does(&head(), Act::Submit, &checklist(october(15), 4), october(20))), "checklist.submitted");
    let mut world = backdated();
    assert_eq!(code(world.does(&head(), Act::Confirm, &confirm(&world), october(21))), "forbidden");
    let body = confirm(&world);
    assert_eq!(leads(world.does(&coordinator(), Act::Confirm, &body, october(21))), "proposal.confirmed");
    let obligation = world.of(CHECKLIST);
    assert_eq!((obligation.phase, obligation.live[0].occurred_on), (Phase::Submitted, october(14)));
    assert_eq!(world.timeliness(CHECKLIST, october(31)), Timeliness::OnTime);
    assert_eq!(code(world.does(&ministry(), Act::Confirm, &body, october(22))), "proposal_not_found", "only once");
    // The head sent it, not who confirmed.
    world.does(&coordinator(), Act::Accept, &on(CHECKLIST, &json!({})), october(22)).unwrap();
}

#[test]
fn a_second_person_is_neither_author_nor_lender_nor_substitute() {
    let mut world = Small::with(Some(5));
    let lend = |grant: &str, to: &str| json!({"grant": grant, "to": to, "valid_from": "2022-10-01", "valid_to": "2022-10-31", "basis": "б"});
    world.does(&coordinator(), Act::GrantAuthority, &lend("g1", "sub"), october(1)).unwrap();
    world.does(&coordinator(), Act::GrantAuthority, &lend("g2", "third"), october(1)).unwrap();
    world.does(&ministry(), Act::GrantAuthority, &lend("g3", "sub"), october(1)).unwrap();
    let report = for_head(&checklist(october(12), 4));
    let substitute =
        |person| domain::actor::Actor { scope: head().scope, ..actor(person, domain::actor::Role::School) };
    world.does_under("g1", &substitute("sub"), Act::Submit, &report, october(20)).unwrap();
    let body = confirm(&world);
    assert_eq!(code(world.does(&coordinator(), Act::Confirm, &body, october(21))), "same_person", "the lender");
    for (grant, who) in [("g1", "sub"), ("g2", "third"), ("g3", "sub")] {
        let done = world.does_under(grant, &substitute(who), Act::Confirm, &body, october(21));
        assert_eq!(code(done), "same_person", "{who} under {grant}");
    }
    world.does(&ministry(), Act::Confirm, &body, october(21)).unwrap();
}

#[test]
fn a_proposal_is_declined_by_a_second_person_or_taken_back_by_its_author() {
    let decline = |world: &Small| on(CHECKLIST, &json!({"proposal": world.latest(), "reason": "не доказано"}));
    for who in [head(), coordinator(), ministry()] {
        let mut world = backdated();
        let body = decline(&world);
        assert_eq!(leads(world.does(&who, Act::DeclineProposal, &body, october(21))), "proposal.declined");
        assert_eq!(code(world.does(&who, Act::DeclineProposal, &body, october(21))), "proposal_not_found");
        assert_eq!(world.of(CHECKLIST).phase, Phase::Open);
    }
    let mut world = backdated();
    let body = decline(&world);
    let other = actor("another", domain::actor::Role::School);
    assert_eq!(code(world.does(&other, Act::DeclineProposal, &body, october(21))), "forbidden");
    let silent = on(CHECKLIST, &json!({"proposal": world.latest(), "reason": ""}));
    assert_eq!(places(world.does(&coordinator(), Act::DeclineProposal, &silent, october(21))), ["/reason"]);
}

#[test]
fn a_proposal_is_found_on_its_own_obligation_only() {
    let mut world = backdated();
    let elsewhere = on(SURVEY, &json!({"proposal": world.latest()}));
    assert_eq!(code(world.does(&coordinator(), Act::Confirm, &elsewhere, october(21))), "proposal_not_found");
    let nowhere = json!({"proposal": world.latest()});
    assert_eq!(code(world.does(&ministry(), Act::Confirm, &nowhere, october(21))), "proposal_not_found");
}

#[test]
fn what_changes_the_past_of_a_deadline_needs_a_second_person_of_the_ministry() {
    for (act, body, expect) in [
        (Act::MoveDeadline, json!({"due": "2022-10-31", "basis": "№ 8"}), Phase::Open),
        (Act::Excuse, json!({"reason": "quarantine", "basis": "№ 7"}), Phase::Excused),
    ] {
        let mut world = Small::new();
        let before = world.would(&ministry(), act, &on(CHECKLIST, &body), october(17)).unwrap();
        assert_ne!(before[0].data.type_name(), "proposal.made", "its last day is not over");
        assert_eq!(leads(world.does(&ministry(), act, &on(CHECKLIST, &body), october(18))), "proposal.made");
        let body = confirm(&world);
        assert_eq!(code(world.does(&ministry(), Act::Confirm, &body, october(19))), "same_person");
        assert_eq!(code(world.does(&coordinator(), Act::Confirm, &body, october(19))), "forbidden");
        let second = actor("min-2", domain::actor::Role::Ministry);
        world.does(&second, Act::Confirm, &body, october(19)).unwrap();
        assert_eq!(world.of(CHECKLIST).phase, expect);
    }
}

#[test]
fn a_correction_to_an_earlier_day_far_back_needs_a_second_person() {
    let mut world = Small::with(Some(5));
    world.does(&head(), Act::Submit, &checklist(october(20), 4), october(20)).unwrap();
    let to = |day: &str| on(CHECKLIST, &json!({"occurred_on": day, "reason": "описка"}));
    assert_eq!(leads(world.does(&head(), Act::Correct, &to("2022-10-12"), october(21))), "proposal.made");
    let body = confirm(&world);
    world.does(&coordinator(), Act::Confirm, &body, october(21)).unwrap();
    assert_eq!(world.of(CHECKLIST).counting().unwrap().counts_on, october(12));
    assert_eq!(
        leads(world.does(&head(), Act::Correct, &to("2022-10-13"), october(26))),
        "fact.corrected",
        "later than before"
    );
}

#[test]
fn a_confirmed_report_stands_where_it_was_proposed() {
    let mut world = backdated();
    let proposal = confirm(&world);
    world.does(&head(), Act::Submit, &checklist(october(21), 5), october(21)).unwrap();
    world.does(&coordinator(), Act::Confirm, &proposal, october(22)).unwrap();
    let obligation = world.of(CHECKLIST);
    assert_eq!(obligation.live.iter().map(|sent| sent.occurred_on).collect::<Vec<_>>(), [october(14), october(21)]);
    assert!(obligation.live[0].seq < obligation.live[1].seq);
}

#[test]
fn nothing_is_confirmed_on_an_obligation_that_is_gone() {
    let mut world = backdated();
    let proposal = confirm(&world);
    world.state.get_mut(&CHECKLIST.parse().unwrap()).unwrap().phase = Phase::Cancelled;
    assert_eq!(code(world.does(&coordinator(), Act::Confirm, &proposal, october(22))), "not_allowed_in_phase");
    let decline = on(CHECKLIST, &json!({"proposal": world.latest(), "reason": "р"}));
    world.does(&coordinator(), Act::DeclineProposal, &decline, october(22)).unwrap();
}
