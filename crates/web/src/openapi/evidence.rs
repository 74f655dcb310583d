//! The evidence files in the description of the interface.

use commands::evidence::MediaType;
use serde_json::{Map, Value, json};

use crate::evidence::PARAMS;

/// The paths of evidence files and what they take.
pub(super) fn paths() -> [(&'static str, Value); 3] {
    let in_path = json!([{
        "name": "sha256", "in": "path", "required": true,
        "schema": {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"},
    }]);
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let stored = json!({"application/json": {"schema": object(&["sha256", "bytes", "media_type"])}});
    let progress = json!({"application/json": {"schema": object(&["sha256", "received", "bytes", "state"])}});
    let in_query = PARAMS.map(
        |param| json!({"name": param.name, "in": "query", "description": param.about, "schema": {"type": "string"}}),
    );
    let upload = json!({"post": {
        "summary": "Uploads an evidence file of at most 10 MiB; or, with sha256, bytes and offset, a part of at most \
            1 MiB of one",
        "parameters": in_query,
        "requestBody": {"required": true, "content": binary()},
        "responses": {
            "201": {"description": "Stored", "content": stored},
            "200": {"description": "It was there already", "content": stored},
            "202": {"description": "The part was taken, more are awaited", "content": progress},
            "default": problem,
        },
    }});
    let received = json!({"get": {
        "summary": "How much of a file was received from the caller: where to go on after a broken line",
        "parameters": in_path,
        "responses": {"200": {"description": "The answer", "content": progress}, "default": problem},
    }});
    let download = json!({"get": {
        "summary": "An evidence file, to be saved: ministry, coordinator, auditor, and whoever uploaded it",
        "parameters": in_path,
        "responses": {
            "200": {
                "description": "The file",
                "headers": {"ETag": {"schema": {"type": "string"}, "description": "The SHA-256"}},
                "content": binary(),
            },
            "304": {"description": "Not changed since If-None-Match"},
            "default": problem,
        },
    }});
    [
        ("/api/v1/evidence", upload),
        ("/api/v1/evidence/uploads/{sha256}", received),
        ("/api/v1/evidence/{sha256}", download),
    ]
}

/// A body of any of the types that are taken.
fn binary() -> Map<String, Value> {
    MediaType::ALL.iter().map(|media| (media.to_string(), json!({}))).collect()
}

fn object(members: &[&str]) -> Value {
    let schema = |name: &str| match name {
        "bytes" | "received" => json!({"type": ["integer", "null"]}),
        "state" => json!({"type": "string", "enum": ["unfinished", "stored", "unknown"]}),
        _ => json!({"type": "string"}),
    };
    let properties: Map<String, Value> = members.iter().map(|name| ((*name).to_owned(), schema(name))).collect();
    json!({"type": "object", "required": members, "properties": properties})
}
