//! Claims about the feed by `OData`, as clients read it.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::common::checklist;
use crate::feeding::lived;
use crate::service::{Answer, PEOPLE, Service, bearer};

const ROOT: &str = "/bi/v1/odata";

async fn ask(service: &Service, path: &str, who: &str, headers: &[(&str, &str)]) -> Answer {
    service.get_with(&format!("{ROOT}/{}", path.replace(' ', "%20")), who, headers).await
}

/// An answer that must be good, as JSON.
async fn good(service: &Service, path: &str) -> Value {
    let answer = ask(service, path, "ministry", &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    assert_eq!(answer.header("odata-version"), "4.01");
    answer.json()
}

/// Rows of all pages.
async fn pages(service: &Service, path: &str, who: &str, size: &str) -> Vec<Value> {
    let size = format!("odata.maxpagesize={size}");
    let (mut rows, mut next) = (Vec::new(), format!("{ROOT}/{}", path.replace(' ', "%20")));
    loop {
        let page = service.get_with(&next, who, &[("prefer", &size)]).await;
        assert_eq!(page.status, StatusCode::OK, "{next}: {}", page.text());
        assert_eq!(page.header("preference-applied"), size);
        let page = page.json();
        rows.extend(page["value"].as_array().unwrap().clone());
        let Some(link) = page["@odata.nextLink"].as_str() else { return rows };
        link.strip_prefix("http://localhost").expect("an absolute address").clone_into(&mut next);
    }
}

/// The code of an error, which must be one as the standard says.
fn code(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
    assert!(!answer.header("odata-version").is_empty());
    let error = answer.json()["error"].clone();
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    error["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_service_document_and_the_model_name_the_same_sets() {
    let service = lived().await;
    let document = good(&service, "").await;
    assert_eq!(document["@odata.context"], "http://localhost/bi/v1/odata/$metadata");
    let names: Vec<&str> = document["value"].as_array().unwrap().iter().map(|it| it["url"].as_str().unwrap()).collect();
    assert_eq!(names.len(), bi::contract().sets.len());
    let model = ask(&service, "$metadata", "bi", &[("accept", "application/xml"), ("odata-maxversion", "4.0")]).await;
    assert_eq!((model.status, model.header("content-type")), (StatusCode::OK, "application/xml"));
    assert_eq!(model.header("odata-version"), "4.0");
    let golden = include_str!("../../../../docs/odata-metadata.xml");
    assert_eq!(model.text(), golden);
    for name in names {
        assert!(golden.contains(&format!("<EntitySet Name=\"{name}\"")), "{name}");
        let rows = good(&service, &format!("{name}?$top=1")).await;
        assert_eq!(rows["@odata.context"], format!("http://localhost/bi/v1/odata/$metadata#{name}"));
    }
}

#[tokio::test]
async fn rows_have_the_types_of_the_model() {
    let service = lived().await;
    for set in &bi::contract().sets {
        let rows = good(&service, &format!("{}?$count=true", set.short())).await;
        let (count, rows) = (rows["@odata.count"].as_u64().unwrap(), rows["value"].as_array().unwrap().clone());
        assert_eq!(count, u64::try_from(rows.len()).unwrap());
        for row in &rows {
            for column in &set.columns {
                let cell = &row[&column.name];
                let fits = match column.kind {
                    bi::Kind::Text => cell.is_string(),
                    bi::Kind::Int => cell.is_i64(),
                    bi::Kind::Double => cell.is_number(),
                    bi::Kind::Bool => cell.is_boolean(),
                    bi::Kind::Date => cell.as_str().is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok()),
                    bi::Kind::Instant => cell.as_str().is_some_and(|at| at.parse::<jiff::Timestamp>().is_ok()),
                };
                assert!(fits || column.nullable && cell.is_null(), "{}.{}: {cell}", set.name, column.name);
            }
            assert_eq!(row.as_object().unwrap().len(), set.columns.len());
        }
        let csv = service.get(&format!("/bi/v1/{}.csv", set.short()), "ministry").await.text();
        assert_eq!(csv.lines().count(), rows.len() + 1, "{}: no text of the town has a line end", set.name);
    }
}

/// Whether a filter should take a row.
type Fits<'f> = &'f dyn Fn(&Value) -> bool;

#[tokio::test]
async fn filters_orders_and_parts_are_answered() {
    let service = lived().await;
    let all = good(&service, "obligation").await["value"].as_array().unwrap().clone();
    let take =
        async |query: &str| good(&service, &format!("obligation?{query}")).await["value"].as_array().unwrap().clone();
    let some = |fits: Fits<'_>| all.iter().filter(|row| fits(row)).cloned().collect::<Vec<Value>>();
    let table: [(&str, Fits<'_>); 10] = [
        ("phase eq 'submitted'", &|row| row["phase"] == "submitted"),
        ("phase ne 'submitted' and is_done", &|row| row["phase"] != "submitted" && row["is_done"] == true),
        ("done_on eq null", &|row| row["done_on"].is_null()),
        ("done_on ne 2022-10-11", &|row| row["done_on"] != "2022-10-11"),
        ("not (done_on ge 2022-10-11)", &|row| row["done_on"].is_null()),
        ("done_on gt 2022-10-11", &|row| row["done_on"] == "2022-10-12"),
        ("recorded_at gt 2022-10-12T00:00:00Z", &|row| !row["recorded_at"].is_null()),
        ("row_no in ('9.2','13.1') and startswith(org_code,'pog')", &|row| {
            ["9.2", "13.1"].contains(&row["row_no"].as_str().unwrap())
                && row["org_code"].as_str().unwrap().starts_with("pog")
        }),
        ("contains(obligation_id,'/pogranichny-s02/')", &|row| row["org_code"] == "pogranichny-s02"),
        ("2 le version_seq", &|row| row["version_seq"].as_i64() >= Some(2)),
    ];
    for (filter, fits) in table {
        let expected = some(fits);
        assert!(!expected.is_empty(), "{filter} takes nothing: it claims nothing");
        assert_eq!(take(&format!("$filter={filter}")).await, expected, "{filter}");
        let count = ask(&service, &format!("obligation/$count?$filter={filter}"), "ministry", &[]).await;
        assert_eq!(
            (count.text(), count.header("content-type")),
            (expected.len().to_string(), "text/plain"),
            "{filter}"
        );
    }
    let rows = take("$orderby=done_on desc,obligation_id&$top=3&$select=obligation_id,done_on").await;
    let mut sorted = all.clone();
    sorted.sort_by(|left, right| {
        let key = |row: &Value| (row["done_on"].to_string().replace("null", ""), row["obligation_id"].to_string());
        let ((left_day, left_id), (right_day, right_id)) = (key(left), key(right));
        right_day.cmp(&left_day).then(left_id.cmp(&right_id))
    });
    let expected: Vec<Value> = sorted[..3]
        .iter()
        .map(|row| json!({"obligation_id": row["obligation_id"], "done_on": row["done_on"]}))
        .collect();
    assert_eq!(rows, expected);
    let least = take("$orderby=done_on&$top=1").await;
    assert!(least[0]["done_on"].is_null(), "what is empty is the least");
    assert_eq!(take("$skip=2&$top=2").await, all[2..4]);
    assert_eq!(take("$top=0").await, Vec::<Value>::new());
    assert_eq!(take("$skip=1000000").await, Vec::<Value>::new());
    let counted = good(&service, "obligation?$count=true&$top=1&$skip=1").await;
    assert_eq!(counted["@odata.count"], all.len());
    let chosen = good(&service, "obligation?$select=phase,obligation_id&$top=1").await;
    assert!(chosen["@odata.context"].as_str().unwrap().ends_with("#obligation(obligation_id,phase)"));
}

#[tokio::test]
async fn pages_are_of_one_snapshot_whatever_is_written_meanwhile() {
    let service = lived().await;
    let all = good(&service, "obligation?$orderby=org_code").await["value"].as_array().unwrap().clone();
    let first = service
        .get_with(
            &format!("{ROOT}/obligation?$count=true&$orderby=org_code"),
            "ministry",
            &[("prefer", "maxpagesize=7")],
        )
        .await;
    let mut page = first.json();
    let count = page["@odata.count"].as_u64().unwrap();
    let mut rows = page["value"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 7);
    let mut written = 0;
    while let Some(next) = page["@odata.nextLink"].as_str() {
        if written == 0 {
            let report = checklist("pogranichny-s03", "2022-10-11");
            assert_eq!(service.post("/submit", "coordinator", "w", &report).await.status, StatusCode::CREATED);
            written += 1;
        }
        let next = next.strip_prefix("http://localhost").unwrap().to_owned();
        let answer = service.get_with(&next, "ministry", &[("prefer", "maxpagesize=7")]).await;
        assert_eq!(answer.header("vekha-seq"), first.header("vekha-seq"));
        page = answer.json();
        assert_eq!(page["@odata.count"].as_u64(), Some(count));
        rows.extend(page["value"].as_array().unwrap().clone());
    }
    assert_eq!((rows.len(), &rows), (usize::try_from(count).unwrap(), &all));
    let now = good(&service, "obligation?$orderby=org_code").await["value"].as_array().unwrap().clone();
    assert_ne!(now, all, "what was written is in the next snapshot");
}

#[tokio::test]
async fn pages_end_where_they_should() {
    let service = lived().await;
    let all = good(&service, "org").await["value"].as_array().unwrap().clone();
    for size in ["1", "3", "1000"] {
        assert_eq!(pages(&service, "org", "ministry", size).await, all, "{size}");
        assert_eq!(pages(&service, "org?$top=5&$skip=2", "ministry", size).await, all[2..7], "{size}");
        let own: Vec<Value> = all.iter().filter(|row| row["org_kind"] == "direction").cloned().collect();
        assert_eq!(pages(&service, "org?$filter=org_kind eq 'direction'", "ministry", size).await, own, "{size}");
    }
    let keys: BTreeSet<String> =
        pages(&service, "obligation", "bi", "2").await.iter().map(|row| row["obligation_id"].to_string()).collect();
    assert_eq!(keys.len(), pages(&service, "obligation", "bi", "9999").await.len());
    let gone = ask(&service, "org?$skiptoken=1-20220829T000000000Z.5.all", "bi", &[]).await;
    assert_eq!((gone.status, code(&gone).as_str()), (StatusCode::GONE, "snapshot_gone"));
    // The page of another reader is not theirs.
    let first =
        service.get_with(&format!("{ROOT}/obligation"), "ministry", &[("prefer", "maxpagesize=2")]).await.json();
    let next = first["@odata.nextLink"].as_str().unwrap().strip_prefix("http://localhost").unwrap().to_owned();
    assert_eq!(service.get(&next, "school").await.status, StatusCode::GONE);
}

#[tokio::test]
async fn one_entity_is_found_by_its_key() {
    let service = lived().await;
    let answer = good(&service, "obligation('clusters-2022-2023%2F9.2%2Fpogranichny-s01%2F-')?$select=phase").await;
    let context = "http://localhost/bi/v1/odata/$metadata#obligation(phase)/$entity";
    assert_eq!(answer, json!({"@odata.context": context, "phase": "accepted"}));
    let full = ask(
        &service,
        "control_total?$top=3&$select=total",
        "ministry",
        &[("accept", "application/json;odata.metadata=full")],
    )
    .await;
    for row in full.json()["value"].as_array().unwrap() {
        assert_eq!(row["@odata.type"], "#Vekha.control_total");
        let id = row["@odata.id"].as_str().unwrap().strip_prefix("http://localhost").unwrap();
        assert_eq!(service.get(id, "ministry").await.json()["total"], row["total"]);
    }
    let missing = ask(&service, "period(5)", "ministry", &[]).await;
    assert_eq!((missing.status, code(&missing).as_str()), (StatusCode::NOT_FOUND, "not_found"));
    let wrong = ask(&service, "control_total('x')", "ministry", &[]).await;
    assert_eq!((wrong.status, code(&wrong).as_str()), (StatusCode::BAD_REQUEST, "bad_query"));
    let hidden = ask(&service, "obligation('clusters-2022-2023%2F9.2%2Fpogranichny-s02%2F-')", "school", &[]).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND, "outside the territory nothing is there");
}

#[tokio::test]
async fn forms_are_those_that_are_asked_for() {
    let service = lived().await;
    let none = ask(&service, "watermark?$format=application/json;odata.metadata=none", "bi", &[]).await.json();
    assert_eq!(none.as_object().unwrap().keys().collect::<Vec<_>>(), ["value"]);
    let big = [("accept", "application/json;IEEE754Compatible=true")];
    let texts = ask(&service, "watermark?$count=true", "bi", &big).await;
    assert!(texts.header("content-type").contains("IEEE754Compatible=true"));
    assert_eq!((&texts.json()["@odata.count"], texts.json()["value"][0]["last_seq"].is_string()), (&json!("1"), true));
    let full = ask(&service, "event?$top=1&$format=application/json;odata.metadata=full", "bi", &[]).await.json();
    assert_eq!(full["value"][0]["stream_seq@odata.type"], "#Int64");
    assert_eq!(full["value"][0]["recorded_at@odata.type"], "#DateTimeOffset");
    for (path, headers, status) in [
        ("org", [("accept", "application/atom+xml")], StatusCode::NOT_ACCEPTABLE),
        ("org", [("accept", "text/html")], StatusCode::NOT_ACCEPTABLE),
        ("org?$format=atom", [("accept", "*/*")], StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("$metadata", [("accept", "application/json")], StatusCode::NOT_ACCEPTABLE),
        ("$metadata?$format=json", [("accept", "*/*")], StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("org", [("odata-maxversion", "3.0")], StatusCode::BAD_REQUEST),
        ("org", [("host", "evil host/")], StatusCode::BAD_REQUEST),
    ] {
        let answer = ask(&service, path, "bi", &headers).await;
        assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.text());
        code(&answer);
    }
    let older = ask(&service, "org?$top=1", "bi", &[("odata-maxversion", "4.0"), ("host", "vekha.example:8080")]).await;
    assert_eq!(older.header("odata-version"), "4.0");
    assert_eq!(older.json()["@odata.context"], "http://vekha.example:8080/bi/v1/odata/$metadata#org");
    let tag = older.header("etag").to_owned();
    let known = [("if-none-match", &*tag), ("odata-maxversion", "4.0"), ("host", "vekha.example:8080")];
    assert_eq!(ask(&service, "org?$top=1", "bi", &known).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(ask(&service, "org?$top=2", "bi", &known).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_supported_or_makes_no_sense_is_an_error_of_odata() {
    let service = lived().await;
    for (path, status) in [
        ("org?$filter=org_kind eq", StatusCode::BAD_REQUEST),
        ("org?$filter=тарабарщина", StatusCode::BAD_REQUEST),
        ("org?$filter=((((", StatusCode::BAD_REQUEST),
        ("org?$top=ten", StatusCode::BAD_REQUEST),
        ("org?within=pogranichny", StatusCode::BAD_REQUEST),
        ("org?$expand=parent", StatusCode::NOT_IMPLEMENTED),
        ("org?$apply=aggregate(org_key with sum as s)", StatusCode::NOT_IMPLEMENTED),
        ("org?$search=school", StatusCode::NOT_IMPLEMENTED),
        ("org?$filter=tolower(org_kind) eq 'school'", StatusCode::NOT_IMPLEMENTED),
        ("org(5)/org_code", StatusCode::NOT_IMPLEMENTED),
        ("$batch", StatusCode::NOT_IMPLEMENTED),
        ("nothing", StatusCode::NOT_FOUND),
        ("org(5", StatusCode::NOT_FOUND),
    ] {
        let answer = ask(&service, path, "ministry", &[("accept-language", "en")]).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        code(&answer);
    }
    let russian = ask(&service, "org?$filter=org_kind eq", "ministry", &[]).await.json();
    assert!(russian["error"]["message"].as_str().unwrap().contains("знак 12"), "{russian}");
    assert_eq!(russian["error"]["target"], "$filter");
    let post = Request::post(format!("{ROOT}/org")).header("authorization", bearer("ministry"));
    let post = service.send(post.body(Body::empty()).unwrap()).await;
    assert_eq!((post.status, code(&post).as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
    let nobody = service.send(Request::get(format!("{ROOT}/org")).body(Body::empty()).unwrap()).await;
    assert_eq!((nobody.status, code(&nobody).as_str()), (StatusCode::UNAUTHORIZED, "token_missing"));
    assert!(nobody.header("www-authenticate").starts_with("Basic"));
}

#[tokio::test]
async fn every_role_reads_its_own_rows() {
    let service = lived().await;
    for (who, ..) in PEOPLE {
        for set in &bi::contract().sets {
            let answer = ask(&service, set.short(), who, &[]).await;
            assert_eq!(answer.status, StatusCode::OK, "{who} {}: {}", set.name, answer.text());
        }
    }
    let own = ask(&service, "obligation", "school", &[]).await.json()["value"].as_array().unwrap().clone();
    assert!(!own.is_empty() && own.iter().all(|row| row["org_code"] == "pogranichny-s01"));
    let other = ask(&service, "obligation?$filter=org_code eq 'pogranichny-s02'", "school", &[]).await.json();
    assert_eq!(other["value"], json!([]));
}
