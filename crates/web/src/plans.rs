//! `GET /api/v1/plans` and `GET /api/v1/plans/{plan}`: plans and where they are in force.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use register::{ImportedPlan, Register};
use serde_json::{Value, json};

use crate::Face;
use crate::answer::{inside, json};
use crate::page::List;
use crate::problem::Problem;
use crate::query::Query;

pub(crate) async fn list(State(face): State<Face>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    let as_of = face.gate.now().to_string();
    let (data, seq) = face.gate.replica().read(|state| {
        let plans = state.register.plans().iter().enumerate();
        (plans.map(|(at, plan)| brief(&state.register, at, plan)).collect(), state.watermark.get())
    });
    json(&List { data, next: None, seq, as_of })
}

pub(crate) async fn one(
    State(face): State<Face>,
    Path(code): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[]).done()?;
    face.gate.replica().read(|state| {
        let found = state.register.plan_index(&code);
        let at = found.ok_or_else(|| {
            let code: String = code.chars().take(80).collect();
            Problem::not_found(format!("Плана {code} нет."), format!("There is no plan {code}."))
        })?;
        let plan = &state.register.plans()[at];
        let mut body = brief(&state.register, at, plan);
        body["activities"] = serde_json::to_value(&plan.plan.activities).map_err(|error| inside(&error))?;
        body["anomalies"] = serde_json::to_value(&plan.plan.anomalies).map_err(|error| inside(&error))?;
        body["organisations"] = serde_json::to_value(&plan.plan.organisations).map_err(|error| inside(&error))?;
        json(&body)
    })
}

fn brief(register: &Register, at: usize, imported: &ImportedPlan) -> Value {
    let plan = &imported.plan;
    let activations: Vec<Value> = register
        .activations()
        .iter()
        .filter(|activation| activation.plan == at)
        .map(|activation| {
            json!({
                "region": register.regions()[activation.region].code.as_str(),
                "basis": activation.basis,
                "organisations": activation.blocks,
                "obligations": activation.count,
                "sha256": activation.sha256,
                "expander": activation.expander,
                "seq": activation.seq.get(),
            })
        })
        .collect();
    json!({
        "plan": imported.code().as_str(),
        "title": plan.title,
        "title_en": plan.title_en,
        "school_year": plan.school_year.to_string(),
        "rows": plan.rows().count(),
        "version_seq": imported.seq.get(),
        "source_sha256": plan.source_sha256,
        "activations": activations,
    })
}
