//! What stands beside obligations: acts that wait for a second person, grants of authority, checklists.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::actor::{Role, Scope};
use domain::ledger::{Grant, Proposal};
use domain::obligation::PersonIdx;
use register::Register;
use serde_json::{Value, json};

use crate::Face;
use crate::answer::json;
use crate::auth::Caller;
use crate::page::{List, Page};
use crate::problem::Problem;
use crate::query::{CURSOR, LIMIT, Param, Query};
use crate::territory::at;

pub(crate) const PARAMS: [Param; 2] = [CURSOR, LIMIT];

/// `GET /api/v1/proposals`: acts that wait for a second person, oldest first.
pub(crate) async fn proposals(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    face.list_of(raw.as_deref(), |register| {
        let waiting = register.ledger().proposals().iter();
        let seen = waiting.filter(|one| sees_proposal(&caller, register, one));
        seen.map(|one| proposal(register, one)).collect()
    })
}

/// `GET /api/v1/grants`: who acts for whom; one's own, or all of them for ministry, auditors and administrators.
pub(crate) async fn grants(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    face.list_of(raw.as_deref(), |register| {
        let all = matches!(caller.role(), Role::Ministry | Role::Auditor | Role::Admin);
        let person = &caller.actor.person;
        let seen = register
            .ledger()
            .grants()
            .filter(|grant| all || grant.granted.from == *person || grant.granted.to == *person);
        seen.map(grant).collect()
    })
}

/// `GET /api/v1/checklists`: every approved version, item by item.
pub(crate) async fn checklists(
    State(face): State<Face>,
    _: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    face.list_of(raw.as_deref(), |register| register.ledger().checklists().map(|list| json!(list)).collect())
}

impl Face {
    /// A short list, page by page.
    fn list_of(&self, raw: Option<&str>, rows: impl FnOnce(&Register) -> Vec<Value>) -> Result<Response, Problem> {
        let mut query = Query::read(raw, &PARAMS);
        let epoch = self.gate.replica().epoch().clone();
        let page = Page::read(&mut query, &epoch)?;
        query.done()?;
        let as_of = self.gate.now().to_string();
        let (all, seq) = self.gate.replica().read(|state| (rows(&state.register), state.watermark.get()));
        let from = usize::try_from(page.from).unwrap_or(usize::MAX);
        let end = from.saturating_add(page.limit);
        let next = (end < all.len()).then(|| Page::cursor(&epoch, seq, u64::try_from(end).unwrap_or(u64::MAX)));
        let data: Vec<Value> = all.into_iter().skip(from).take(page.limit).collect();
        json(&List { data, next, seq, as_of })
    }
}

fn sees_proposal(caller: &Caller, register: &Register, one: &Proposal) -> bool {
    match &one.obligation {
        Some(id) => register.org_index(id.org.as_str()).is_some_and(|org| caller.sees_org(register, org)),
        None => caller.actor.scope == Scope::All,
    }
}

/// A proposal, as lists and obligations tell it.
pub(crate) fn proposal(register: &Register, one: &Proposal) -> Value {
    let person = |index: PersonIdx| register.persons().get(at(index.0)).map(ToString::to_string);
    json!({
        "proposal": one.event.to_string(),
        "seq": one.seq,
        "act": one.made.act,
        "type": one.made.event_type,
        "by": person(one.actor),
        "on_behalf_of": one.behalf.and_then(person),
        "occurred_on": one.made.occurred_on,
        "recorded_at": one.recorded_at.to_string(),
        "obligation": one.obligation.as_ref().map(ToString::to_string),
        "payload": one.made.payload.0,
    })
}

fn grant(grant: &Grant) -> Value {
    let mut told = serde_json::to_value(&grant.granted).unwrap_or_default();
    told["revoked"] = json!(grant.revoked);
    told
}
