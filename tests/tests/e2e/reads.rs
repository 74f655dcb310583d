//! The read API as scripts and dashboards rely on it.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::Demo;

const VALUE_COLUMNS: &str = "level,org,org_name,region,municipality,period,indicator,numerator,denominator,value,target,\
                             achievement,weight,status";

fn sum(rows: &[Value], indicator: &str, column: &str) -> f64 {
    rows.iter().filter(|row| row["indicator"] == indicator).filter_map(|row| row[column].as_f64()).sum()
}

#[tokio::test]
async fn schools_add_up_to_municipalities_and_these_to_the_region() {
    let demo = Demo::start().await;
    let mut told = Vec::new();
    for level in ["school", "municipality", "region"] {
        let rows = demo.rows(&format!("/api/v1/values?level={level}&period=2022-2023.H1"), "ministry").await;
        let keys: Vec<(String, String)> = rows
            .iter()
            .map(|row| (row["org"].as_str().unwrap().to_owned(), row["indicator"].as_str().unwrap().to_owned()))
            .collect();
        let sorted: BTreeSet<_> = keys.iter().cloned().collect();
        assert_eq!(keys, sorted.into_iter().collect::<Vec<_>>(), "{level} is sorted and unique");
        let sums: Vec<(f64, f64)> = ["I01", "I02", "I03", "I04", "I06"]
            .map(|id| (sum(&rows, id, "numerator"), sum(&rows, id, "denominator")))
            .to_vec();
        told.push(sums);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[1], told[2]);
    assert!(told[2][0].1 > 0.0);
}

#[tokio::test]
async fn csv_holds_the_rows_of_json_in_the_columns_of_the_contract() {
    let demo = Demo::start().await;
    let path = "/api/v1/values?level=school&period=2022-2023.H1";
    let rows = demo.rows(path, "ministry").await;
    let csv = demo.read(&format!("{path}&format=csv"), "bi").await;
    let text = String::from_utf8(csv.body.clone()).unwrap();
    let text = text.trim_start_matches('\u{feff}');
    assert!(text.starts_with(VALUE_COLUMNS), "{}", &text[..200]);
    assert_eq!(text.lines().count() - 1, rows.len());
}

#[tokio::test]
async fn nothing_but_health_answers_without_a_token() {
    let demo = Demo::start().await;
    for path in ["values", "obligations", "audit", "feed", "orgs", "plans", "indicators", "me", "digest"] {
        for role in ["", "wrong-token"] {
            let answer = demo.read(&format!("/api/v1/{path}"), role).await;
            assert_eq!(answer.status, 401, "{path} as {role}");
            assert!(answer.header("content-type").contains("problem+json"), "{path}");
            assert!(answer.header("www-authenticate").contains("Bearer"), "{path}");
        }
    }
    assert_eq!(demo.read("/healthz", "").await.status, 200);
    assert_eq!(demo.read("/readyz", "").await.status, 200);
    assert_eq!(demo.read("/openapi.json", "").await.status, 401);
    assert_ne!(demo.read("/metrics", "").await.status, 200);
    let metrics = demo.read("/metrics", "admin").await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("vekha_"), "{metrics:?}");
}

#[tokio::test]
async fn answers_name_their_position_and_are_not_sent_twice() {
    let demo = Demo::start().await;
    let answer = demo.read("/api/v1/values", "ministry").await;
    let tag = answer.header("etag").to_owned();
    assert!(!tag.is_empty() && !answer.header("vekha-lag-ms").is_empty());
    assert!(answer.header("vekha-seq").parse::<u64>().unwrap() > 100);
    let again = reqwest::Client::new()
        .get(format!("{}/api/v1/values", demo.url))
        .bearer_auth(demo.token("ministry"))
        .header("If-None-Match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn a_wrong_question_is_answered_with_a_problem() {
    let demo = Demo::start().await;
    for query in [
        "values?period=2022-2023.H9",
        "values?level=planet",
        "values?indicator=I99",
        "values?format=docx",
        "values?as_of=yesterday",
        "values?unknown=1",
        "values?within=nowhere",
        "obligations?phase=lost",
        "obligations?row=x",
        "audit?type=no.such",
        "feed?after=-1",
        "feed?limit=100001",
        "nothing-here",
        "plans/none",
        "obligations/none",
        "audit/events/none",
    ] {
        let answer = demo.read(&format!("/api/v1/{query}"), "auditor").await;
        assert!((400..500).contains(&answer.status), "{query}: {}", answer.status);
        assert!(answer.header("content-type").contains("problem+json"), "{query}");
        assert!(answer.json()["code"].as_str().is_some_and(|code| !code.is_empty()), "{query}");
    }
    let english = reqwest::Client::new()
        .get(format!("{}/api/v1/values?level=planet", demo.url))
        .bearer_auth(demo.token("bi"))
        .header("Accept-Language", "en")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(english.is_ascii(), "{english}");
}

#[tokio::test]
async fn a_school_sees_itself_and_bi_sees_no_names() {
    let demo = Demo::start().await;
    let own = demo.rows("/api/v1/obligations", "school").await;
    let orgs: BTreeSet<&str> = own.iter().map(|row| row["org"].as_str().unwrap()).collect();
    assert_eq!(orgs.into_iter().collect::<Vec<_>>(), ["pogranichny-s01"]);
    let foreign = demo.read("/api/v1/obligations/clusters-2022-2023%2F6.1%2Fpogranichny-s02%2F-", "school").await;
    assert_eq!(foreign.status, 403);
    let all = demo.rows("/api/v1/obligations", "ministry").await;
    let rows: BTreeSet<&str> = all.iter().map(|row| row["row"].as_str().unwrap()).collect();
    assert!(rows.len() == 36 && all.len() == 556, "{} rows, {} obligations", rows.len(), all.len());
    let audit = demo.rows("/api/v1/audit?limit=50", "bi").await;
    assert!(audit.iter().all(|row| row["actor_name"].is_null()));
    let audit = demo.read("/api/v1/audit?limit=50", "auditor").await.json();
    assert!(audit["data"].as_array().unwrap().iter().any(|row| row["actor_name"].is_string()));
}

#[tokio::test]
async fn the_feed_is_the_log_in_order_and_goes_on_anywhere() {
    let demo = Demo::start().await;
    let events = demo.feed().await;
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    let last = u64::try_from(events.len()).unwrap();
    assert_eq!(seqs, (1..=last).collect::<Vec<_>>());
    let ids: BTreeSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len());
    let middle = &events[events.len() / 2];
    let one = demo.read(&format!("/api/v1/audit/events/{}", middle["id"].as_str().unwrap()), "auditor").await.json();
    for (name, value) in one.as_object().unwrap() {
        assert_eq!(value, &middle[name], "{name}");
    }
    // No personal names in the log: the plan's people are codes there.
    let text = serde_json::to_string(&events).unwrap();
    for name in ["Третьякова", "Шкуратская", "Мельникова", "Гумбатов", "Ланская", "Петухов"]
    {
        assert!(!text.contains(name), "{name} stands in the log");
    }
}

#[tokio::test]
async fn the_past_is_answered_as_it_was_known() {
    let demo = Demo::start().await;
    let value = async |as_of: &str| {
        let path = format!("/api/v1/values?level=region&period=2022-2023.H1&indicator=I02&as_of={as_of}");
        let rows = demo.rows(&path, "ministry").await;
        rows.iter().find(|row| row["org"] == "primorye").and_then(|row| row["numerator"].as_f64()).unwrap_or(0.0)
    };
    let october = value("2022-10-11T00:00:00%2B10:00").await;
    let december = value("2022-12-31T23:59:59%2B10:00").await;
    let now = value("").await;
    assert!(0.0 < october && october < december && december <= now, "{october} {december} {now}");
    assert_eq!(value("2022-12-31T23:59:59%2B10:00").await.to_bits(), december.to_bits());
}
