//! Every command, by everybody, with bodies that make no sense: always a clear answer.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use axum::http::StatusCode;
use domain::command::Act;
use serde_json::{Value, json};

use crate::common::id;
use crate::service::{PEOPLE, Service};

/// Words of small letters that are members of a body, and no codes.
const MEMBERS: [&str; 5] = ["detail_en", "title_en", "message_en", "max_bytes", "max_rows"];

fn errors() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs", "errors"].iter().collect()
}

/// The codes that have a page.
fn pages() -> BTreeSet<String> {
    let files = fs::read_dir(errors()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    files.filter(|name| name != "README.md").map(|name| name.trim_end_matches(".md").to_owned()).collect()
}

fn nonsense() -> Vec<Value> {
    let place = id("9.2/pogranichny-s01/-");
    vec![
        json!({}),
        json!({"no_such_field": 1}),
        json!([]),
        json!(null),
        json!("9.2"),
        json!({"obligation": "no id"}),
        json!({"obligation": place, "no_such_field": 1}),
        json!({"obligation": place, "reason": "", "basis": "", "due": "9999-12-31", "wanted": "0001-01-01"}),
        json!({"obligation": id("9.2/nobody/-"), "reason": "r"}),
        json!({"plan": "no plan", "row": "", "schools": [null], "act": "?", "event": "?", "proposal": "?"}),
    ]
}

#[tokio::test]
async fn nonsense_gets_a_clear_answer_from_every_command_whoever_asks() {
    let service = Service::new().await;
    let pages = pages();
    let events = service.town.events();
    let people: Vec<&str> = PEOPLE.iter().map(|(who, ..)| *who).chain(["stranger"]).collect();
    for act in Act::ALL {
        for who in &people {
            for (n, body) in nonsense().iter().enumerate() {
                let key = format!("{act}-{n}");
                let answer = service.post(&format!("/{act}"), who, &key, body).await;
                assert!(answer.status.is_client_error(), "{act} by {who}: {body}: {} {}", answer.status, answer.text());
                let code = answer.problem();
                assert!(pages.contains(&code), "{code} has no page");
                let expected = match PEOPLE.iter().find(|(name, ..)| name == who) {
                    Some((.., role)) => act.is_open_to(*role),
                    None => act.is_open_to(domain::actor::Role::Coordinator),
                };
                if n < 2 {
                    let told = (answer.status, code.as_str());
                    let (shape, closed) =
                        ((StatusCode::UNPROCESSABLE_ENTITY, "invalid"), (StatusCode::FORBIDDEN, "forbidden"));
                    assert_eq!(told, if expected { shape } else { closed }, "{act} by {who}: {body}");
                }
            }
        }
    }
    assert_eq!(service.town.events(), events);
}

#[tokio::test]
async fn every_code_of_a_refusal_has_its_page_and_the_index_knows_it() {
    let pages = pages();
    let index = fs::read_to_string(errors().join("README.md")).unwrap();
    let told: BTreeSet<String> =
        index.lines().filter_map(|line| Some(line.strip_prefix("| [")?.split_once("](")?.0.to_owned())).collect();
    assert_eq!(told, pages);
    let source = |parts: &[&str]| fs::read_to_string(parts.iter().collect::<PathBuf>()).unwrap();
    let here = env!("CARGO_MANIFEST_DIR");
    let refusal = source(&[here, "..", "domain", "src", "refusal.rs"]);
    let arms =
        refusal.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \"")?.1.split_once("\","));
    let mut codes: BTreeSet<String> = arms.map(|(code, _)| code.to_owned()).collect();
    assert!(codes.len() > 10, "{codes:?}");
    // A code of the edge is the first text of its problem: a word of small letters on a line of its own, or in a call.
    for file in ["problem.rs", "problem/bi.rs", "problem/refusal.rs"] {
        for line in source(&[here, "src", file]).lines() {
            let words = line.split('"').skip(1).step_by(2);
            let code =
                words.filter(|word| word.contains('_') && word.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()));
            codes.extend(code.filter(|word| !MEMBERS.contains(word)).map(ToOwned::to_owned));
        }
    }
    let missing: Vec<&String> = codes.difference(&pages).collect();
    assert!(missing.is_empty(), "no page for {missing:?}");
}
