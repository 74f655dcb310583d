//! Commands by chance: persons of every role, grants, acts that make sense now and then, days that go on.

use domain::actor::{Actor, Role};
use domain::command::Act;
use domain::decide::{allowed, under_grant};
use domain::obligation::Obligation;
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::play::{Play, head_of, october, on, person};
use super::support::{Log, PLAN, details, rules};

/// A delivery with its publication, reports with a controller, accompanied rows, rows without a date, an authority's.
pub(super) const PLACES: [&str; 11] = [
    "8.3/pogranichny-s01/-",
    "8.3p/pogranichny-s01/-",
    "9.2/pogranichny-s01/-",
    "8.2/pogranichny-s01/-",
    "10.1/pogranichny-s01/-",
    "2.1/pogranichny-s01/industrial",
    "12.1/pogranichny-s01/h1",
    "15.1/mo-pk/1",
    "9.2/pogranichny-s02/-",
    "8.2/pogranichny-s02/-",
    "6.1/pogranichny-s01/-",
];

/// What people do; what happens often stands often.
const ACTS: [Act; 52] = [
    Act::Submit,
    Act::Submit,
    Act::Submit,
    Act::Submit,
    Act::Submit,
    Act::Submit,
    Act::Accept,
    Act::Accept,
    Act::Accept,
    Act::Return,
    Act::Return,
    Act::Withdraw,
    Act::Reopen,
    Act::RejectEvidence,
    Act::Correct,
    Act::Retract,
    Act::Retract,
    Act::AttachEvidence,
    Act::Acknowledge,
    Act::ReportInterim,
    Act::RequestExtension,
    Act::DeclineExtension,
    Act::MoveDeadline,
    Act::RequestExcuse,
    Act::DeclineExcuse,
    Act::Excuse,
    Act::Excuse,
    Act::RevokeExcuse,
    Act::Schedule,
    Act::Schedule,
    Act::Reassign,
    Act::ProposeReassignment,
    Act::AddCo,
    Act::RemoveCo,
    Act::ReportPart,
    Act::Delegate,
    Act::EndDelegation,
    Act::NoteFact,
    Act::NoteFact,
    Act::Remind,
    Act::NoticeDeadline,
    Act::Escalate,
    Act::Confirm,
    Act::Confirm,
    Act::DeclineProposal,
    Act::GrantAuthority,
    Act::RevokeAuthority,
    Act::RecordForAll,
    Act::RecordForAll,
    Act::Undo,
    Act::AmendPlan,
    Act::WithdrawSchool,
];

/// One turn: who does what where, how many days later, with which numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) who: usize,
    pub(super) act: usize,
    pub(super) place: usize,
    pub(super) gap: i32,
    pub(super) n: i32,
}

pub(super) fn turn() -> impl Strategy<Value = Turn> {
    (0..10usize, 0..ACTS.len(), 0..PLACES.len(), 0..6i32, 0..40i32).prop_map(|(who, act, place, gap, n)| Turn {
        who,
        act,
        place,
        gap,
        n,
    })
}

pub(super) fn turns() -> impl Strategy<Value = Vec<Turn>> {
    proptest::collection::vec(turn(), 1..40)
}

/// Ten persons; the last three act under grants of others where there are any.
pub(super) fn people(who: usize) -> (Actor, Option<&'static str>) {
    match who {
        0 | 1 => (head_of("pogranichny-s01"), None),
        2 => (head_of("pogranichny-s02"), None),
        3 => (person("coordinator-1", Role::Coordinator), None),
        4 => (person("ministry-1", Role::Ministry), None),
        5 => (person("ministry-2", Role::Ministry), None),
        6 => (person("auditor-1", Role::Auditor), None),
        7 => (person("admin-1", Role::Admin), None),
        8 => (head_of("pogranichny-s03"), Some("g-0")),
        _ => (person("coordinator-1", Role::Coordinator), Some("g-1")),
    }
}

/// A world for chance: five days back are one person's own word.
pub(super) fn world() -> Play {
    static FRESH: std::sync::LazyLock<Play> = std::sync::LazyLock::new(|| {
        let mut play = Play::behind(Log::in_force());
        let mut rules = rules();
        rules.backdate_days = Some(5);
        let admin = person("admin-1", Role::Admin);
        play.act(&admin, Act::ConfigureRegion, &json!({"rules": rules}), "2022-09-02".parse().unwrap()).unwrap();
        play
    });
    FRESH.clone()
}

/// Takes a turn; gives back whether something happened. Where the person may not, whoever may does; and where nobody
/// may, every other time something else that somebody may do at that place.
pub(super) fn take(play: &mut Play, turn: Turn, today: Date) -> bool {
    let act = ACTS[turn.act];
    if (0..10).any(|more| attempt(play, act, Turn { who: (turn.who + more) % 10, ..turn }, today)) {
        return true;
    }
    if turn.n % 2 == 0 {
        return false;
    }
    let who = people(turn.who).0;
    let standing = play.register().standing_of(play.log.ordinal(PLACES[turn.place]));
    let mut offered = allowed(&standing, &who, play.register(), today);
    offered.retain(|act| !matches!(act, Act::Confirm | Act::DeclineProposal));
    drop(standing);
    !offered.is_empty() && attempt(play, offered[turn.act % offered.len()], turn, today)
}

fn attempt(play: &mut Play, act: Act, turn: Turn, today: Date) -> bool {
    let (who, grant) = people(turn.who);
    let grant = grant.map(|grant| grant.parse().unwrap());
    let Ok(who) = under_grant(&who, grant.as_ref(), act, play.register(), today) else { return false };
    if act == Act::Undo {
        let facts = play.applied.iter().filter(|one| play.register().bulk_act(one.seq).is_some_and(|it| !it.retracted));
        let Some(fact) = facts.copied().last() else { return false };
        return play.undo(&who, &fact, today).is_ok();
    }
    let body = body(play, act, turn, today);
    play.act(&who, act, &body, today).is_ok()
}

/// Takes turns from the first day of October on; gives back how many led to something.
pub(super) fn take_all(play: &mut Play, turns: &[Turn]) -> usize {
    let mut today = october(8);
    let mut done = 0;
    for turn in turns {
        today = today.saturating_add(jiff::Span::new().days(turn.gap));
        done += usize::from(take(play, *turn, today));
    }
    done
}

/// The body of an act as somebody might send it.
pub(super) fn body(play: &Play, act: Act, turn: Turn, today: Date) -> Value {
    let place = PLACES[turn.place];
    let later = |days: i32| today.saturating_add(jiff::Span::new().days(days));
    match act {
        Act::GrantAuthority => {
            let grant = format!("g-{}", turn.n % 4);
            return json!({"grant": grant, "to": people(8 + turn.who % 2).0.person, "valid_to": later(turn.n), "basis": "б"});
        }
        Act::RevokeAuthority => return json!({"grant": format!("g-{}", turn.n % 4), "reason": "р"}),
        Act::RecordForAll => return for_all(turn.n, later(-turn.n % 7)),
        Act::AmendPlan => {
            let row = ["8.2", "9.2", "8.3p", "12.1"][turn.place % 4];
            let op = if turn.n < 8 {
                json!({"row": row, "change": "remove"})
            } else {
                json!({"row": row, "change": "move", "due": later(turn.n)})
            };
            return json!({"plan": PLAN, "region": "primorye", "ops": [op, {"row": row, "change": "move", "due": later(turn.n)}], "basis": "б"});
        }
        Act::WithdrawSchool => {
            return json!({"plan": PLAN, "region": "primorye", "school": "pogranichny-s02", "left_on": later(turn.n - 20), "basis": "б"});
        }
        Act::Confirm | Act::DeclineProposal => {
            let waiting = play.register().ledger().proposals();
            let one = waiting.get(turn.place % waiting.len().max(1));
            let mut body = json!({"proposal": one.map_or_else(|| "none".to_owned(), |one| one.event.to_string())});
            if let Some(id) = one.and_then(|one| one.obligation.as_ref()) {
                body["obligation"] = json!(id);
            }
            if act == Act::DeclineProposal {
                body["reason"] = json!("р");
            }
            return body;
        }
        _ => {}
    }
    let obligation = play.log.obligation(place);
    let mut body = on(place, &about(play, act, turn, &obligation, today));
    if turn.n % 3 == 0
        && matches!(act, Act::Correct | Act::Retract | Act::RejectEvidence | Act::AttachEvidence)
        && let Some(report) = obligation.latest()
    {
        body["event"] = json!(report.event.to_string());
    }
    body
}

/// A fact for all schools of a municipality.
fn for_all(n: i32, day: Date) -> Value {
    let (row, event) = [("8.2", "survey.announced"), ("8.3", "survey.report_sent"), ("10.1", "protocol.sent")]
        [usize::try_from(n % 3).unwrap()];
    json!({
        "plan": PLAN, "row": row, "within": "pogranichny", "occurred_on": day, "comment": "рассылка",
        "details": details(event, "-")
    })
}

fn about(play: &Play, act: Act, turn: Turn, obligation: &Obligation, today: Date) -> Value {
    let later = |days: i32| today.saturating_add(jiff::Span::new().days(days));
    let (slot, share) = play.register().slot_of(play.log.ordinal(PLACES[turn.place]));
    let helper = json!({"person": people(turn.who).0.person});
    match act {
        Act::Submit => {
            let mut details = details(&share.event, slot.item.as_str());
            match &*share.event {
                "event_report.published" if turn.n % 2 == 0 => details["activity"] = json!(activity(turn.n)),
                "methodical_day.held" if turn.n % 2 == 0 => details["schools"] = json!(["pogranichny-s01"]),
                _ => {}
            }
            let evidence = if turn.n % 4 == 3 { json!([]) } else { evidence() };
            let day = later(-(turn.n % 9));
            json!({"occurred_on": day, "comment": "по поручению", "details": details, "evidence": evidence})
        }
        Act::Accept => json!({"partial": turn.n % 2 == 0}),
        Act::Return | Act::RejectEvidence => json!({"reason": "incomplete", "rework_due": later(turn.n % 9)}),
        Act::Reopen => json!({"reason": "audit", "rework_due": later(turn.n % 9)}),
        Act::Correct if turn.n % 3 == 1 && share.event == "checklist.submitted" => {
            let points = turn.n % 6;
            json!({"items": [{"item": "1", "points": points, "max": 5}, {"item": "2", "points": 1, "max": 5}], "reason": "р"})
        }
        Act::Correct => json!({"occurred_on": later(-(turn.n % 12)), "reason": "р"}),
        Act::AttachEvidence => json!({"evidence": [{"kind": "scan"}]}),
        Act::ReportInterim => json!({"text": "т"}),
        Act::ReportPart => json!({"text": "т", "who": if turn.n % 2 == 0 { helper } else { Value::Null }}),
        Act::RequestExtension => json!({"wanted": later(turn.n), "reason": "р"}),
        Act::MoveDeadline | Act::Schedule => json!({"due": later(turn.n - 8), "basis": "б"}),
        Act::RequestExcuse | Act::Excuse if turn.n % 3 == 0 => json!({"reason": "quarantine", "basis": "б"}),
        Act::RequestExcuse | Act::Excuse => json!({"reason": "quarantine", "basis": "б", "until": later(turn.n % 10)}),
        Act::Reassign => json!({"holder": holder(turn.n), "basis": "б"}),
        Act::ProposeReassignment => json!({"holder": holder(turn.n), "reason": "р"}),
        Act::AddCo => json!({"who": helper}),
        Act::RemoveCo => json!({"who": helper, "reason": "р"}),
        Act::Delegate => json!({"to": "head-pogranichny-s02", "until": later(turn.n % 10), "basis": "б"}),
        Act::EndDelegation => json!({"to": "head-pogranichny-s02", "reason": "р"}),
        Act::NoteFact => note(turn.n, today),
        Act::Remind => json!({"channel": "email"}),
        Act::NoticeDeadline => json!({"deadline_version": obligation.moves}),
        Act::Escalate => json!({"to": {"org": "mo-pk"}, "level": 1}),
        Act::DeclineExtension | Act::DeclineExcuse | Act::RevokeExcuse | Act::Retract => json!({"reason": "р"}),
        _ => json!({}),
    }
}

fn evidence() -> Value {
    json!([{"kind": "letter", "number": "7", "date": "2022-10-01", "url": "https://school.example/e"}])
}

fn activity(n: i32) -> String {
    format!("a{}", n % 3)
}

fn holder(n: i32) -> Value {
    if n % 2 == 0 { json!("school_head") } else { json!({"org": "pogranichny-s02"}) }
}

fn note(n: i32, day: Date) -> Value {
    let url = "https://s.example/";
    let (event, details) = match n % 7 {
        0 => ("recommendation.closed", json!({"recommendation": "1"})),
        1 => ("partner.released", json!({"partner": "pk-iro", "kind": "industrial", "released_on": day, "basis": "б"})),
        2 => (
            "survey.responses_counted",
            json!({"survey": "s", "audience": "pupils", "eligible": 50, "responded": n, "counted_on": day}),
        ),
        3 => ("methodical_day.cancelled", json!({"day_no": 1, "reason": "р"})),
        4 => ("site_link.verified", json!({"url": url, "checked_at": "2022-10-05T00:00:00Z", "http_status": 200})),
        5 => ("site_link.lost", json!({"url": url, "checked_at": "2022-10-05T00:00:00Z"})),
        _ => ("activity.held", json!({"activity": activity(n), "title": "t", "direction": "agro", "participants": 3})),
    };
    json!({"event": event, "occurred_on": day, "details": details})
}
