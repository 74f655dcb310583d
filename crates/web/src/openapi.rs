//! `GET /openapi.json`: the interface, described from the same tables that check requests.

mod evidence;

use axum::response::Response;
use domain::command::Act;
use domain::event::Data;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::answer::json;
use crate::problem::Problem;
use crate::query::{COMMON, Param};
use crate::{audit, closings, explain, feed, ledger, live, obligations, orgs, values};

/// A read: path, parameters, what it answers, media types.
struct Read<'a> {
    path: &'static str,
    params: &'a [Param],
    about: &'static str,
    media: &'static [&'static str],
}

const JSON: &[&str] = &["application/json"];

/// Every read of the service below `/api/v1`.
const READS: [Read<'static>; 20] = [
    Read { path: "/me", params: &[], about: "Who asks: role and territory", media: JSON },
    Read { path: "/indicators", params: &[], about: "Definitions of the indicators", media: JSON },
    Read {
        path: "/values",
        params: &values::PARAMS,
        about: "One row for each organisation or territory, period and indicator",
        media: &["application/json", "text/csv", "application/x-ndjson"],
    },
    Read {
        path: "/explain",
        params: &explain::PARAMS,
        about: "The arithmetic of one value: what adds to it, down to obligations, facts and events",
        media: JSON,
    },
    Read {
        path: "/live",
        params: &live::PARAMS,
        about: "Server-sent events: hello, values, obligations, reset; Last-Event-ID goes on where it broke",
        media: &["text/event-stream"],
    },
    Read { path: "/closings", params: &closings::CLOSINGS, about: "Closed periods and their snapshots", media: JSON },
    Read {
        path: "/restated",
        params: &closings::RESTATED,
        about: "A closed period's values as reported and as known now, with the causes of the difference",
        media: JSON,
    },
    Read { path: "/obligations", params: &obligations::PARAMS, about: "Obligations as they stand", media: JSON },
    Read {
        path: "/obligations/{id}",
        params: &[],
        about: "One obligation with its history; the id may be given with slashes or percent-encoded",
        media: JSON,
    },
    Read {
        path: "/proposals",
        params: &ledger::PARAMS,
        about: "Acts that wait for a second person, oldest first",
        media: JSON,
    },
    Read { path: "/grants", params: &ledger::PARAMS, about: "Who acts for whom", media: JSON },
    Read { path: "/checklists", params: &ledger::PARAMS, about: "Approved versions of checklists", media: JSON },
    Read { path: "/orgs", params: &orgs::PARAMS, about: "The registry of schools and authorities", media: JSON },
    Read { path: "/plans", params: &[], about: "Plans, and the regions in which they are in force", media: JSON },
    Read { path: "/plans/{plan}", params: &[], about: "One plan, row by row", media: JSON },
    Read { path: "/audit", params: &audit::PARAMS, about: "Who did what and when", media: JSON },
    Read { path: "/audit/events/{id}", params: &[], about: "One event, byte for byte as stored", media: JSON },
    Read {
        path: "/feed",
        params: &feed::PARAMS,
        about: "The ordered change feed: one CloudEvent a line, with its `seq`",
        media: &["application/x-ndjson"],
    },
    Read { path: "/digest", params: &[], about: "One SHA-256 over register and values", media: JSON },
    Read { path: "/openapi.json", params: &[], about: "This document", media: JSON },
];

/// Answers with the document.
pub(crate) async fn document() -> Result<Response, Problem> {
    json(&describe())
}

/// The question of what would be.
fn what_if() -> Value {
    json!({
        "summary": "What the values would be after some acts or changes of rules; nothing is written",
        "requestBody": {"required": true, "content": {"application/json": {"schema": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "commands": {"type": "array", "items": {
                    "type": "object", "required": ["name", "body"],
                    "properties": {"name": {"type": "string"}, "body": {"type": "object"}},
                }},
                "rules": {"type": "array", "items": {
                    "type": "object", "required": ["region", "change"],
                    "properties": {"region": {"type": "string"}, "change": {"type": "object"}},
                }},
                "values": {"type": "object", "properties": {
                    "period": {"type": "string"}, "level": {"type": "string"}, "within": {"type": "string"},
                    "indicator": {"type": "string"}, "on": {"type": "string", "format": "date"},
                    "all": {"type": "boolean"},
                }},
            },
        }}}},
        "responses": {
            "200": {"description": "Values before and after, where they differ"},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    })
}

fn describe() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = Map::new();
    for read in &READS {
        let path = if read.path == "/openapi.json" { read.path.to_owned() } else { format!("/api/v1{}", read.path) };
        paths.insert(path, json!({"get": get(read)}));
    }
    paths.extend(crate::bi::described().iter().map(|read| (read.path.to_owned(), json!({"get": fed(read)}))));
    paths.insert("/bi/v1/links".to_owned(), json!({"post": link()}));
    for act in Act::ALL {
        let body = act.body_schema(&mut generator).to_value();
        paths.insert(format!("/api/v1/commands/{act}"), json!({"post": post(*act, &body)}));
    }
    paths.insert("/api/v1/commands".to_owned(), json!({"post": many()}));
    paths.insert("/api/v1/what-if".to_owned(), json!({"post": what_if()}));
    paths.extend(evidence::paths().map(|(path, methods)| (path.to_owned(), methods)));
    let plain = |about: &str, security: Value| {
        json!({"get": {"summary": about, "security": security, "responses": {
            "200": {"description": "ok"},
            "default": {"$ref": "#/components/responses/Problem"},
        }}})
    };
    paths.insert("/healthz".to_owned(), plain("The process lives", json!([])));
    paths.insert("/readyz".to_owned(), plain("The service is caught up and can take acts", json!([])));
    paths.insert("/metrics".to_owned(), plain("Prometheus text, for administrators", json!([{"bearer": []}])));
    let mut schemas: Map<String, Value> = generator.take_definitions(true).into_iter().collect();
    schemas.insert("Problem".to_owned(), problem());
    let events = events(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vekha",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Work plans as obligations, acts as events, indicators as of any act. \
                Errors are RFC 9457 problems with a stable code, in Russian or English by Accept-Language.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "token": {"type": "http", "scheme": "basic", "description": "User token, password: the access token"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "link": {"type": "apiKey", "in": "query", "name": "signature", "description": "Of a signed link"},
            },
            "schemas": schemas,
            "responses": {"Problem": {
                "description": "What went wrong",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }},
        },
        "x-events": events,
    })
}

fn get(read: &Read<'_>) -> Value {
    let in_path = read
        .path
        .split(['{', '}'])
        .skip(1)
        .step_by(2)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let none = read.path == "/openapi.json" || read.path.contains("/odata/");
    let common: &[Param] = if none { &[] } else { &COMMON };
    let in_query = read.params.iter().chain(common).map(
        |param| json!({"name": param.name, "in": "query", "description": param.about, "schema": {"type": "string"}}),
    );
    let content: Map<String, Value> = read.media.iter().map(|media| ((*media).to_owned(), json!({}))).collect();
    json!({
        "summary": read.about,
        "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
        "responses": {
            "200": {
                "description": "The answer",
                "headers": {
                    "ETag": {"schema": {"type": "string"}},
                    "Vekha-Seq": {"schema": {"type": "integer"}},
                    "Vekha-Lag-Ms": {"schema": {"type": "integer"}},
                },
                "content": content,
            },
            "304": {"description": "Not changed since If-None-Match"},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    })
}

/// A read of the feed: it has ways to come in, headers and parameters of its own.
fn fed(read: &crate::bi::Described) -> Value {
    let mut told = get(&Read { path: read.path, params: &read.params, about: read.about, media: read.media });
    told["security"] = json!([{"bearer": []}, {"token": []}, {"key": []}, {"link": []}]);
    if read.path.contains("/odata/") {
        told["responses"]["default"] = json!({"description": "What went wrong, as OData clients read it"});
    }
    told
}

/// A link to one file.
fn link() -> Value {
    json!({
        "summary": "A signed address of one file of the feed, for whoever can send no header; it ends by itself",
        "security": [{"bearer": []}, {"token": []}, {"key": []}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {
            "type": "object", "required": ["path"], "additionalProperties": false,
            "properties": {
                "path": {"type": "string", "description": "/bi/v1/indicator.csv?period=2022-2023.H1"},
                "seconds": {"type": "integer", "description": "for how long; an hour without it"},
            },
        }}}},
        "responses": {
            "201": {"description": "url and expires_at"},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    })
}

fn post(act: Act, body: &Value) -> Value {
    json!({
        "summary": format!("{} / {act}", act.name_ru()),
        "parameters": [
            {"name": "Idempotency-Key", "in": "header", "required": true, "schema": {"type": "string", "maxLength": 128},
             "description": "Names the command for ever: the same key and body get the first answer"},
            {"name": "If-Match", "in": "header", "schema": {"type": "string"},
             "description": "The version of the obligation that was seen"},
            {"name": "X-On-Behalf-Of", "in": "header", "schema": {"type": "string"},
             "description": "Code of the grant under which a substitute acts"},
            {"name": "Vekha-Now", "in": "header", "schema": {"type": "string", "format": "date-time"},
             "description": "What a training service takes for now; any other service refuses it"},
            {"name": "dry_run", "in": "query", "schema": {"type": "string", "enum": ["true", "false"]},
             "description": "Only say what would happen"},
        ],
        "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
        "responses": {
            "201": {"description": "Carried out"},
            "200": {"description": "Carried out before: the first answer again; or a dry run"},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    })
}

fn many() -> Value {
    json!({
        "summary": "Many commands: {name, key, body, if_match?, dry_run?, on_behalf_of?, now?} a line; an outcome a line, in order",
        "requestBody": {"required": true, "content": {"application/x-ndjson": {}}},
        "responses": {
            "200": {"description": "An outcome a line", "content": {"application/x-ndjson": {}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    })
}

/// The payload of every event type; what they share goes to the schemas of the document.
fn events(schemas: &mut Map<String, Value>) -> Map<String, Value> {
    let mut events = Map::new();
    for (name, schema) in Data::schemas() {
        let text = schema.to_value().to_string().replace("#/$defs/", "#/components/schemas/");
        let mut payload: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(Value::Object(shared)) = payload.as_object_mut().and_then(|payload| payload.remove("$defs")) {
            schemas.extend(shared);
        }
        events.insert(name.to_owned(), payload);
    }
    events
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "code": {"type": "string", "description": "Stable; docs/errors has a page for each"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object", "properties": {
                "pointer": {"type": "string"}, "detail": {"type": "string"}}}},
            "allowed": {"type": "array", "items": {"type": "string"}},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_and_every_reference_is_described() {
        let document = describe();
        assert_eq!(document["openapi"], "3.1.0");
        for act in Act::ALL {
            assert!(document["paths"][format!("/api/v1/commands/{act}")]["post"].is_object(), "{act}");
        }
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer} leads nowhere");
        }
    }
}
