//! `GET /api/v1/me`: who asks, over what, and how that stands.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::command::Act;
use domain::obligation::Phase;
use domain::timeliness::Timeliness;
use register::Register;
use serde_json::json;

use crate::Face;
use crate::answer::json;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Query;

/// How the obligations of a territory stand.
#[derive(Default)]
struct Counters {
    all: u64,
    phases: BTreeMap<&'static str, u64>,
    timeliness: BTreeMap<&'static str, u64>,
}

pub(crate) async fn me(State(face): State<Face>, caller: Caller, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let now = face.gate.now();
    let (counters, seq) =
        face.gate.replica().read(|state| (Counters::of(&state.register, &caller, now), state.watermark));
    let acts = Act::ALL.iter().filter(|act| act.is_open_to(caller.role()));
    json(&json!({
        "person": caller.actor.person,
        "name": face.names.get(&caller.actor.person),
        "role": caller.role(),
        "territory": caller.actor.scope,
        "commands": acts.map(|act| act.as_str()).collect::<Vec<_>>(),
        "counters": {
            "obligations": counters.all,
            "phase": counters.phases,
            "timeliness": counters.timeliness,
        },
        "seq": seq,
        "as_of": now.to_string(),
    }))
}

impl Counters {
    fn of(register: &Register, caller: &Caller, now: jiff::Timestamp) -> Self {
        let mut counters = Self {
            phases: Phase::ALL.iter().map(|phase| (phase.as_str(), 0)).collect(),
            timeliness: Timeliness::NAMES.iter().map(|name| (*name, 0)).collect(),
            all: 0,
        };
        for block in register.blocks().iter().filter(|block| caller.sees_org(register, block.org)) {
            let clockwork = &register.regions()[block.region].clockwork;
            let day = clockwork.day_of(now);
            for ordinal in block.base..block.base + block.len {
                let obligation = register.obligation(ordinal);
                let timeliness = clockwork.timeliness(&obligation, day).as_str();
                counters.all += 1;
                *counters.phases.entry(obligation.phase.as_str()).or_default() += 1;
                *counters.timeliness.entry(timeliness).or_default() += 1;
            }
        }
        counters
    }
}
