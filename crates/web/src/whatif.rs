//! `POST /api/v1/what-if`: acts tried on a copy of the state, and what the values would be; nothing is written.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use commands::Sandbox;
use domain::command::Act;
use domain::period::PeriodCode;
use indicators::{Judged, Lang, Level, Selection, ValueRow, Values};
use jiff::civil::Date;
use register::Register;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Face;
use crate::answer::{inside, json};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::speech::Speech;

/// Acts of one question at most.
const ACTS_MAX: usize = 1_000;

/// What is asked: acts and changes of rules in their order, and which values are told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// Acts, as for `POST /api/v1/commands`.
    #[serde(default)]
    commands: Vec<Tried>,
    /// Changes of the rules of regions, as JSON merge patches (RFC 7396), tried before the acts.
    #[serde(default)]
    rules: Vec<Rules>,
    #[serde(default)]
    values: Wanted,
}

/// One act.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tried {
    name: String,
    body: Box<RawValue>,
}

/// A change of a region's rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    region: String,
    change: Value,
}

/// Which values are told.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    period: Option<String>,
    level: Option<Level>,
    within: Option<String>,
    indicator: Option<String>,
    /// Judge at the end of this day; today without it.
    on: Option<Date>,
    /// Rows that stay as they are, too.
    #[serde(default)]
    all: bool,
}

/// One value as it is and as it would be.
#[derive(Debug, Serialize)]
struct Compared {
    level: &'static str,
    org: String,
    org_name: String,
    period: String,
    indicator: String,
    before: Figures,
    after: Figures,
    difference: Option<f64>,
    achievement_difference: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Figures {
    numerator: Option<f64>,
    denominator: Option<f64>,
    value: Option<f64>,
    target: Option<f64>,
    achievement: Option<f64>,
}

pub(crate) async fn ask(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let question: Question = serde_json::from_slice(&body).map_err(|error| Problem::bad_body(&error))?;
    if question.commands.is_empty() && question.rules.is_empty() {
        return Err(Problem::nothing_asked());
    }
    if question.commands.len() > ACTS_MAX {
        return Err(Problem::too_many(ACTS_MAX));
    }
    let period = match &question.values.period {
        Some(text) => Some(text.parse::<PeriodCode>().map_err(|error| Problem::bad_body(&error))?),
        None => None,
    };
    let lang = if Speech::of(&headers) == Speech::En { Lang::En } else { Lang::Ru };
    let home = face.gate.replica().read(|state| caller.home(&state.register));
    let (tried, asked) = (face.clone(), caller.clone());
    // Polars may panic on data that nobody thought of: the task contains it.
    let made = tokio::task::spawn_blocking(move || tried.tried(&asked, question)).await;
    let (question, before, after, events) = made.map_err(|error| inside(&error))??;
    let wanted = &question.values;
    let selection = Selection {
        level: wanted.level,
        period,
        indicator: wanted.indicator.as_deref(),
        within: wanted.within.as_deref(),
        lang,
        ..Selection::default()
    };
    let seen = |row: &ValueRow<'_>| caller.sees_value(&home, row);
    let data = compared(&before, &after, &selection, wanted.all, seen);
    json(&serde_json::json!({
        "data": data,
        "events": events,
        "written": false,
        "seq": face.gate.replica().watermark(),
        "as_of": face.gate.now().to_string(),
    }))
}

impl Face {
    /// Tries the acts on a copy of the state; the values without and with them, and how many events of each type.
    fn tried(
        &self,
        caller: &Caller,
        question: Question,
    ) -> Result<(Question, Values, Values, BTreeMap<String, usize>), Problem> {
        let now = self.gate.now();
        let register = self.gate.replica().read(|state| state.register.clone());
        let judged = Judged { as_of: now, on: question.values.on };
        let before = self.board_of(&register, judged)?.values().clone();
        let mut rules = Vec::with_capacity(question.rules.len());
        for one in &question.rules {
            rules.push(changed(&register, one)?);
        }
        let mut sandbox = Sandbox::new(register, now);
        let mut events = BTreeMap::new();
        let acts = question.commands.iter().map(|one| {
            let act = Act::from_name(&one.name).ok_or_else(|| Problem::unknown_act(&one.name))?;
            Ok::<_, Problem>((act, Bytes::copy_from_slice(one.body.get().as_bytes())))
        });
        let rules = rules.into_iter().map(|body| Ok((Act::ConfigureRegion, body)));
        for (at, act) in rules.chain(acts).enumerate() {
            let (act, body) = act?;
            let told = sandbox.act(&caller.actor, act, &body);
            for event_type in told.map_err(|error| Problem::from(error).in_item(at))? {
                *events.entry(event_type).or_default() += 1;
            }
        }
        let after = self.board_of(sandbox.register(), judged)?.values().clone();
        Ok((question, before, after, events))
    }
}

/// The body of `configure-region` with a change of the rules that hold.
fn changed(register: &Register, change: &Rules) -> Result<Bytes, Problem> {
    let known = register.regions().iter().find(|region| region.code.as_str() == change.region);
    let Some(region) = known else {
        let told: String = change.region.chars().take(80).collect();
        return Err(Problem::not_found(format!("Региона «{told}» нет."), format!("There is no region \"{told}\".")));
    };
    let mut rules = serde_json::to_value(region.clockwork.rules()).map_err(|error| inside(&error))?;
    merge(&mut rules, &change.change);
    let body = serde_json::to_vec(&serde_json::json!({"rules": rules})).map_err(|error| inside(&error))?;
    Ok(body.into())
}

/// JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = target {
        for (name, value) in patch {
            if value.is_null() {
                members.remove(name);
            } else {
                merge(members.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

fn compared<'v>(
    before: &'v Values,
    after: &'v Values,
    selection: &Selection<'v>,
    all: bool,
    seen: impl Fn(&ValueRow<'_>) -> bool,
) -> Vec<Compared> {
    type Key<'k> = (Level, &'k str, Option<&'k str>, &'k str, &'k str);
    let mut places: BTreeMap<Key<'v>, (Option<ValueRow<'v>>, Option<ValueRow<'v>>)> = BTreeMap::new();
    let key = |row: &ValueRow<'v>| (row.level, row.org, row.region, row.period, row.indicator);
    for row in before.select(selection) {
        places.entry(key(&row)).or_default().0 = Some(row);
    }
    for row in after.select(selection) {
        places.entry(key(&row)).or_default().1 = Some(row);
    }
    let figures = |row: &Option<ValueRow<'_>>| {
        row.as_ref().map_or_else(Figures::default, |row| Figures {
            numerator: row.numerator,
            denominator: row.denominator,
            value: row.value,
            target: row.target,
            achievement: row.achievement,
        })
    };
    let minus = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a - b);
    places
        .into_values()
        .filter_map(|(old, new)| {
            let place = new.or(old)?;
            let (before, after) = (figures(&old), figures(&new));
            let told = seen(&place) && (all || before != after);
            told.then(|| Compared {
                level: place.level.as_str(),
                org: place.org.to_owned(),
                org_name: place.org_name.to_owned(),
                period: place.period.to_owned(),
                indicator: place.indicator.to_owned(),
                before,
                after,
                difference: minus(after.value, before.value),
                achievement_difference: minus(after.achievement, before.achievement),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_merge_patch_changes_what_it_names_and_removes_what_it_nulls() {
        let mut rules = json!({"weekend_rule": "following", "calendar": {"week": "five_day", "days": {"a": 1}}, "cut_off": "18:00"});
        merge(&mut rules, &json!({"weekend_rule": "preceding", "calendar": {"week": "six_day"}, "cut_off": null}));
        assert_eq!(rules, json!({"weekend_rule": "preceding", "calendar": {"week": "six_day", "days": {"a": 1}}}));
    }
}
