//! What people do wrong: before some of their commands they send another that must be refused, and how.

use domain::command::{Act, Command};
use scenario::Step;
use serde_json::{Value, json};

/// One in so many commands is preceded, or followed, by a mistake.
const ONE_IN: u64 = 9;

/// A request that must be refused.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    /// Path behind `/api/v1/commands/`.
    pub(crate) act: String,
    /// Whose token: the step's own, a stranger's, or none that anybody knows.
    pub(crate) whose: Whose,
    /// The idempotency key.
    pub(crate) key: String,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// The version that the sender claims to have seen.
    pub(crate) if_match: Option<&'static str>,
    /// The codes one of which must come back.
    pub(crate) codes: &'static [&'static str],
    /// It is sent behind the step, not before it.
    pub(crate) after: bool,
}

/// Who makes a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The person of the step.
    Own,
    /// The head of another school.
    Foreign,
    /// The dashboards, which may not act.
    Dashboard,
    /// Nobody.
    Nobody,
}

/// The mistake that goes with the so-manieth step, if one does; the same in every telling.
pub(crate) fn beside(number: u64, step: &Step) -> Option<Mistake> {
    if !number.is_multiple_of(ONE_IN) || step.repeat || step.grant.is_some() {
        return None;
    }
    let body: Value = serde_json::from_slice(&step.body()).ok()?;
    let about_one = step.command.obligation().is_some();
    let submit = matches!(step.command, Command::Submit(_));
    let mistake = |what: &str| Mistake {
        act: step.command.act().as_str().to_owned(),
        whose: Whose::Own,
        key: format!("{}!{what}", step.command_id),
        body: body.to_string().into_bytes(),
        if_match: None,
        codes: &[],
        after: false,
    };
    Some(match number / ONE_IN % 8 {
        0 => Mistake { whose: Whose::Nobody, codes: &["token_unknown"], ..mistake("nobody") },
        1 => Mistake { whose: Whose::Dashboard, codes: &["forbidden"], ..mistake("dashboard") },
        2 if about_one && submit => Mistake { whose: Whose::Foreign, codes: &["forbidden"], ..mistake("foreign") },
        3 => Mistake {
            body: json!({"obligatoin": "misspelt"}).to_string().into_bytes(),
            codes: &["invalid"],
            ..mistake("misspelt")
        },
        4 if submit => {
            let mut early = body.clone();
            early["occurred_on"] = json!("2029-01-01");
            let body = early.to_string().into_bytes();
            Mistake { body, codes: &["invalid"], ..mistake("early") }
        }
        5 if about_one => Mistake { if_match: Some("\"1\""), codes: &["stale"], ..mistake("stale") },
        6 => {
            let mut other = body.clone();
            other["comment"] = json!("другое содержание под тем же ключом");
            let (key, body) = (step.command_id.clone(), other.to_string().into_bytes());
            // A body without a comment of its own is refused as such before its key is looked up.
            Mistake { key, body, codes: &["idempotency_key_reused", "invalid"], after: true, ..mistake("reused") }
        }
        7 if submit => Mistake {
            act: Act::Accept.as_str().to_owned(),
            body: json!({"obligation": body["obligation"]}).to_string().into_bytes(),
            codes: &["forbidden", "own_report", "not_allowed_in_phase"],
            after: true,
            ..mistake("own")
        },
        _ => return None,
    })
}
