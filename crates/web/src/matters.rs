//! What few obligations have, as a reader is told it: people, requests, control, holds, accompanying facts.

use domain::decide::Standing;
use domain::obligation::{Asked, Counted, Obligation, PersonIdx};
use domain::plan::Holder;
use jiff::civil::Date;
use register::Register;
use serde_json::{Value, json};

use crate::ledger;

/// Cells of a survey with fewer people than this are not shown (`domain.md` 8, aggregation 5).
const SHOWN_FROM: u32 = 5;

/// Adds to an obligation what is rare about it; what it does not have is left out.
pub(crate) fn tell(told: &mut Value, register: &Register, standing: &Standing<'_>, day: Date) {
    let obligation = &standing.obligation;
    let matters = obligation.matters();
    let person = |index: PersonIdx| register.persons().get(crate::territory::at(index.0)).map(ToString::to_string);
    let mut add = |name: &str, value: Value| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            told[name] = value;
        }
    };
    let asked = |asked: &Option<Asked>| {
        asked.as_ref().map(|one| json!({"event_id": one.event.to_string(), "by": person(one.by), "day": one.day}))
    };
    add("excuse", hold(obligation));
    add("control", control(standing, &person, day));
    add("acknowledged", json!(matters.acknowledged.as_ref().map(|(by, on)| json!({"by": person(*by), "on": on}))));
    add("extension_requested", json!(asked(&matters.extension)));
    add("excuse_requested", json!(asked(&matters.excuse)));
    add("reassignment_proposed", json!(asked(&matters.reassignment)));
    let co = matters.co.iter().map(|co| json!({"who": name(&co.who), "due": co.due, "gave_on": co.gave}));
    add("co_executors", co.collect());
    let delegates = matters.delegates.iter();
    add("delegates", delegates.map(|one| json!({"to": one.to, "from": one.from, "until": one.until})).collect());
    let partners = matters.partners.iter();
    add("partners", partners.map(|one| json!({"partner": one.partner, "from": one.from, "to": one.to})).collect());
    let given = matters.recommendations.iter();
    add(
        "recommendations",
        given.map(|one| json!({"id": one.id, "due": one.due, "closed_on": one.closed_on})).collect(),
    );
    add("survey", matters.counts.iter().map(count).collect());
    let (made, good) = matters.link_checks();
    if made > 0 {
        add("link_checks", json!({"made": made, "good": good}));
    }
    if matters.interim > 0 {
        add("interim_reports", json!(matters.interim));
    }
    if !matters.activities.is_empty() {
        add("activities", json!(matters.activities.len()));
    }
    let waiting = register.ledger().proposals().iter().filter(|one| one.obligation.as_ref() == Some(&standing.id));
    add("waits_for_second_person", waiting.map(|one| ledger::proposal(register, one)).collect());
}

fn hold(obligation: &Obligation) -> Value {
    match obligation.excuse {
        Some(excuse) => json!({"from": excuse.from, "until": excuse.until, "back_to": excuse.back_to.as_str()}),
        None if obligation.held_days > 0 => json!({"held_days": obligation.held_days}),
        None => Value::Null,
    }
}

/// The controller's own term: how long the last report waited, and whether that was too long.
fn control(standing: &Standing<'_>, person: &dyn Fn(PersonIdx) -> Option<String>, day: Date) -> Value {
    let control = standing.obligation.control;
    let Some(since) = control.since else { return Value::Null };
    let term = standing.clockwork.control(since, control.decided, day);
    json!({
        "waits_since": since.to_string(), "due": term.due, "decided_on": term.decided_on,
        "days_late": term.days_late, "by": control.by.and_then(person),
    })
}

/// A count of answers; a small one is kept back, since it could name somebody.
fn count(counted: &Counted) -> Value {
    if counted.eligible < SHOWN_FROM {
        return json!({"audience": counted.audience, "suppressed": true});
    }
    json!({
        "audience": counted.audience, "eligible": counted.eligible, "responded": counted.responded, "suppressed": false,
    })
}

fn name(holder: &Holder) -> String {
    match holder {
        Holder::SchoolHead => "school-head".to_owned(),
        Holder::Org(org) => org.to_string(),
        Holder::Person(person) => person.to_string(),
    }
}
