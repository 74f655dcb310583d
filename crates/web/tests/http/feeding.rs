//! Claims about the files of the feed for external tools, their snapshots, and who comes in for them.

use std::collections::BTreeMap;
use std::io::Cursor;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use bi::{Cell, Frame, Question, Set, Stored, contract};
use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value, json};

use crate::common::{about, checklist};
use crate::service::{Answer, Service, aside, bearer};

/// A self-diagnosis handed in by each of two schools, one of them accepted.
pub(crate) async fn lived() -> Service {
    let service = Service::new().await;
    live(&service).await;
    service
}

async fn live(service: &Service) {
    service.post("/submit", "school", "r1", &checklist("pogranichny-s01", "2022-10-11")).await;
    service.post("/accept", "coordinator", "r2", &about("9.2/pogranichny-s01/-")).await;
    service.post("/submit", "coordinator", "r3", &checklist("pogranichny-s02", "2022-10-12")).await;
}

fn set(name: &str) -> &'static Set {
    contract().set(name).unwrap()
}

/// A file of the feed, as somebody.
async fn file(service: &Service, name: &str, who: &str) -> Answer {
    let answer = service.get(&format!("/bi/v1/{name}"), who).await;
    assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text());
    answer
}

/// Rows as texts, by the names of their columns.
pub(crate) type Rows = Vec<BTreeMap<String, String>>;

/// A cell as CSV writes it.
fn told(cell: Cell<'_>) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Double(number) => number.to_string(),
        Cell::Bool(it) => it.to_string(),
        Cell::Day(day) => day.to_string(),
        Cell::Moment(at) => at.to_string(),
    }
}

fn of_csv(bytes: &[u8], delimiter: u8) -> Rows {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn of_parquet(name: &'static str, bytes: &[u8]) -> Rows {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.parquet");
    std::fs::write(&path, bytes).unwrap();
    let set = set(name);
    let frame = aside(|| Stored::new(path, set, 0).ask(&Question { top: 1_000_000, ..Question::default() }).unwrap());
    rows_of(&frame)
}

fn rows_of(frame: &Frame) -> Rows {
    let row = |at| {
        let cells = frame.set().columns.iter().zip(frame.row(at));
        cells.map(|(column, cell)| (column.name.clone(), told(cell))).collect()
    };
    (0..frame.height()).map(row).collect()
}

const NAMES: [&str; 10] = [
    "indicator",
    "indicator_published",
    "obligation",
    "event",
    "org",
    "period",
    "indicator_def",
    "plan_row",
    "control_total",
    "watermark",
];

#[tokio::test]
async fn every_form_has_the_same_rows_with_their_types() {
    let service = lived().await;
    assert_eq!(contract().sets.iter().map(Set::short).collect::<Vec<_>>(), NAMES);
    for name in NAMES {
        let parquet = file(&service, &format!("{name}.parquet"), "ministry").await;
        let rows = of_parquet(name, &parquet.body);
        assert!(name == "indicator_published" || !rows.is_empty(), "{name}");
        let csv = file(&service, &format!("{name}.csv"), "ministry").await;
        assert!(csv.header("content-type").starts_with("text/csv; charset=utf-8"));
        assert!(csv.header("content-disposition").contains(&format!("{name}.csv")));
        assert_eq!(of_csv(&csv.body, b','), rows, "{name}");
        let xlsx = file(&service, &format!("{name}.xlsx"), "ministry").await;
        assert_eq!(xlsx.header("content-length"), xlsx.body.len().to_string());
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(xlsx.body)).unwrap();
        assert_eq!(book.sheet_names(), ["Данные", "Словарь", "Паспорт"]);
        let sheet = book.worksheet_range("Данные").unwrap();
        assert_eq!(sheet.height(), rows.len() + 1, "{name}");
        for (at, column) in set(name).columns.iter().enumerate() {
            for (row, cells) in rows.iter().zip(sheet.rows().skip(1)) {
                let (expected, cell) = (&row[&column.name], &cells[at]);
                let same = match cell {
                    Data::Empty => expected.is_empty(),
                    Data::String(text) => text == expected,
                    Data::Float(number) => expected.parse() == Ok(*number),
                    Data::Bool(it) => *expected == it.to_string(),
                    // Days and moments are numbers with a format: the writers' own tests read them.
                    _ => !expected.is_empty(),
                };
                assert!(same, "{name}.{}: {cell:?}, expected {expected}", column.name);
            }
        }
    }
}

#[tokio::test]
async fn excel_in_russia_gets_semicolons_and_decimal_commas() {
    let service = lived().await;
    let plain = of_csv(&file(&service, "indicator.csv", "bi").await.body, b',');
    let excel = of_csv(&file(&service, "indicator.csv?dialect=excel-ru", "bi").await.body, b';');
    assert_eq!(plain.len(), excel.len());
    let cells = plain.iter().zip(&excel).flat_map(|(plain, excel)| plain.iter().zip(excel.values()));
    let parts = cells.filter(|((name, plain), _)| plain.contains('.') && *name == "target_ratio");
    let parts: Vec<(&String, &String)> = parts.map(|((_, plain), excel)| (plain, excel)).collect();
    assert!(!parts.is_empty() && parts.iter().all(|(plain, excel)| plain.replace('.', ",") == **excel));
    let wrong = service.get("/bi/v1/indicator.csv?dialect=excel", "bi").await;
    assert_eq!((wrong.status, wrong.problem().as_str()), (StatusCode::BAD_REQUEST, "bad_query"));
    assert_eq!(service.get("/bi/v1/indicator.xlsx?dialect=excel-ru", "bi").await.problem(), "bad_query");
}

#[tokio::test]
async fn filters_take_what_they_say() {
    let service = lived().await;
    let take = async |query: &str| {
        let (csv, parquet) =
            query.split_once('?').map(|(set, rest)| (format!("{set}.csv?{rest}"), (set, rest))).unwrap();
        let rows = of_csv(&file(&service, &csv, "ministry").await.body, b',');
        let bytes = file(&service, &format!("{}.parquet?{}", parquet.0, parquet.1), "ministry").await.body;
        let name = NAMES.into_iter().find(|name| *name == parquet.0).unwrap();
        assert_eq!(of_parquet(name, &bytes), rows, "{query}");
        rows
    };
    let all = of_csv(&file(&service, "indicator.csv", "ministry").await.body, b',');
    let some = |name: &str, value: &str| all.iter().filter(|row| row[name] == value).cloned().collect::<Rows>();
    assert_eq!(take("indicator?period=2022-2023.H1").await, some("period_code", "2022-2023.H1"));
    assert_eq!(take("indicator?indicator=I01").await, some("indicator_code", "I01"));
    assert_eq!(take("indicator?level=municipality").await, some("level", "municipality"));
    assert_eq!(take("indicator?region=primorye").await, some("region_code", "primorye"));
    let school = take("indicator?within=pogranichny-s01&period=2022-2023.H1").await;
    assert!(!school.is_empty() && school.iter().all(|row| row["org_code"] == "pogranichny-s01"));
    let place = take("obligation?within=pogranichny").await;
    assert!(!place.is_empty() && place.iter().all(|row| row["municipality_code"] == "pogranichny"));
    let semester = take("obligation?period=2022-2023.H1").await;
    assert!(!semester.is_empty() && semester.iter().all(|row| row["due_period"] == "2022-2023.H1"));
    let events = service.town.events();
    assert_eq!(take(&format!("event?updated_after={}", events - 3)).await.len(), 3);
    assert_eq!(take(&format!("obligation?updated_after=e1:{}", events - 3)).await.len(), 2);
    assert!(take(&format!("event?updated_after={events}")).await.is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_named_with_what_there_is() {
    let service = lived().await;
    let table = [
        ("indicator.csv?perod=2022-2023.H1", "bad_query", "period, region, within, indicator, level, dialect"),
        ("org.csv?period=2022-2023.H1", "bad_query", "region, within"),
        ("indicator.csv?updated_after=5", "bad_query", "no such parameter"),
        ("indicator.csv?period=2022", "bad_query", "period"),
        ("indicator.csv?period=1999-2000.H1", "bad_query", "2022-2023"),
        ("indicator.csv?indicator=I99", "bad_query", "I01"),
        ("indicator.csv?level=planet", "bad_query", "municipality"),
        ("indicator.csv?region=mars", "bad_query", "primorye"),
        ("indicator.csv?within=nowhere", "bad_query", "nowhere"),
        ("org.csv?token=x", "bad_query", "no such parameter"),
        ("event.csv?updated_after=soon", "bad_query", "<seq>"),
        ("event.csv?updated_after=e0:5", "epoch_changed", "epoch"),
        ("event.csv?updated_after=5&updated_after=6", "bad_query", "twice"),
        ("indicator.pdf", "data_set_not_found", "csv, xlsx, parquet"),
        ("indicators.csv", "data_set_not_found", "indicator_published"),
        ("v_indicator.csv", "data_set_not_found", "indicator_def"),
        ("snapshots/latest/indicator.csv", "data_set_not_found", "parquet"),
        ("snapshots/latest/indicator.parquet?period=2022-2023.H1", "bad_query", "no such parameter"),
        ("dictionary?lang=ru", "bad_query", "no such parameter"),
        ("control-totals?period=2022-2023.H1", "bad_query", "no such parameter"),
    ];
    for (name, code, words) in table {
        let english = [("accept-language", "en")];
        let answer = service.get_with(&format!("/bi/v1/{name}"), "ministry", &english).await;
        assert_eq!(answer.problem(), code, "{name}");
        assert!(answer.text().contains(words), "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn rows_are_of_ones_own_territory_and_other_places_are_refused() {
    let service = lived().await;
    let rows = async |name: &str, who: &str| of_csv(&file(&service, &format!("{name}.csv"), who).await.body, b',');
    let all = rows("obligation", "ministry").await;
    let own = rows("obligation", "school").await;
    assert!(!own.is_empty() && own.len() < all.len());
    assert!(own.iter().all(|row| row["org_code"] == "pogranichny-s01"));
    assert!(rows("obligation", "coordinator").await.iter().all(|row| row["municipality_code"] == "pogranichny"));
    assert!(rows("obligation", "stranger").await.is_empty());
    let values = rows("indicator", "school").await;
    assert!(values.iter().any(|row| row["level"] == "region") && values.iter().all(|row| row["level"] != "country"));
    assert!(values.iter().filter(|row| row["level"] == "school").all(|row| row["org_code"] == "pogranichny-s01"));
    let events = rows("event", "stranger").await;
    assert!(events.iter().all(|row| row["obligation_id"].is_empty() && row["org_code"] != "pogranichny-s01"));
    let schools = rows("org", "school").await;
    assert!(schools.iter().filter(|row| row["org_kind"] == "school").all(|row| row["org_code"] == "pogranichny-s01"));
    // Control totals are of the rows that one sees.
    let overdue = |rows: &Rows| rows.iter().filter(|row| row["is_overdue"] == "true").count();
    for who in ["ministry", "coordinator", "school", "stranger"] {
        let totals = rows("control_total", who).await;
        let total = |set: &str, code: &str| {
            let found = totals
                .iter()
                .find(|row| (&*row["data_set"], &*row["total_code"], &*row["period_code"]) == (set, code, "-"));
            found.map_or(0, |row| row["total"].parse::<usize>().unwrap())
        };
        let obligations = rows("obligation", who).await;
        assert_eq!(total("v_obligation", "rows"), obligations.len(), "{who}");
        assert_eq!(total("v_obligation", "overdue"), overdue(&obligations), "{who}");
        assert_eq!(total("v_indicator", "rows"), rows("indicator", who).await.len(), "{who}");
        assert_eq!(total("v_event", "rows"), rows("event", who).await.len(), "{who}");
    }
    for name in
        ["obligation.csv?within=pogranichny-s02", "event.parquet?within=pogranichny", "indicator.xlsx?region=primorye"]
    {
        let refused = service.get(&format!("/bi/v1/{name}"), "stranger").await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::FORBIDDEN, "forbidden"), "{name}");
    }
    let refused = service.get("/bi/v1/obligation.csv?within=pogranichny-s02", "school").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    for name in
        ["obligation.csv?within=pogranichny-s01", "indicator.csv?within=pogranichny", "indicator.csv?region=primorye"]
    {
        assert_eq!(service.get(&format!("/bi/v1/{name}"), "school").await.status, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn a_snapshot_of_one_reader_is_not_anothers() {
    let service = lived().await;
    let whole = service.get("/bi/v1/snapshots/latest/obligation.parquet", "ministry").await;
    let own = service.get(whole.header("location"), "school").await;
    assert_eq!((own.status, own.problem().as_str()), (StatusCode::GONE, "snapshot_gone"));
    let tag = service.get("/bi/v1/obligation.parquet", "ministry").await.header("etag").to_owned();
    let known = [("if-none-match", tag.as_str())];
    assert_eq!(
        service.get_with("/bi/v1/obligation.parquet", "ministry", &known).await.status,
        StatusCode::NOT_MODIFIED
    );
    assert_eq!(service.get_with("/bi/v1/obligation.parquet", "school", &known).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_pinned_snapshot_stays_as_it_is_and_is_read_in_ranges() {
    let service = lived().await;
    let latest = "/bi/v1/snapshots/latest/obligation.parquet";
    let leads = service.get(latest, "bi").await;
    assert_eq!(leads.status, StatusCode::TEMPORARY_REDIRECT);
    let pinned = leads.header("location").to_owned();
    let whole = service.get(&pinned, "bi").await;
    assert_eq!((whole.status, whole.header("accept-ranges")), (StatusCode::OK, "bytes"));
    assert!(whole.header("cache-control").contains("immutable"));
    assert_eq!(whole.header("vekha-seq"), service.town.events().to_string());
    let (bytes, tag) = (whole.body.clone(), whole.header("etag").to_owned());
    let end = bytes.len();
    let ranged = async |headers: &[(&str, &str)]| service.get_with(&pinned, "bi", headers).await;
    for (range, part, told) in [
        ("bytes=0-3", &bytes[..4], format!("bytes 0-3/{end}")),
        ("bytes=-8", &bytes[end - 8..], format!("bytes {}-{}/{end}", end - 8, end - 1)),
        ("bytes=100-", &bytes[100..], format!("bytes 100-{}/{end}", end - 1)),
        ("bytes=4-99999999", &bytes[4..], format!("bytes 4-{}/{end}", end - 1)),
    ] {
        let answer = ranged(&[("range", range), ("if-range", &tag)]).await;
        assert_eq!((answer.status, &*answer.body), (StatusCode::PARTIAL_CONTENT, part), "{range}");
        assert_eq!((answer.header("content-range"), answer.header("etag")), (&*told, &*tag));
        assert_eq!(answer.header("content-length"), part.len().to_string());
    }
    // Another file by then, several ranges, no range of bytes: the whole.
    for headers in [
        &[("range", "bytes=0-3"), ("if-range", "\"other\"")][..],
        &[("range", "bytes=0-3"), ("if-range", "Wed, 12 Oct 2022 02:00:00 GMT")],
        &[("range", "bytes=0-3,8-9")],
        &[("range", "rows=0-3")],
    ] {
        let answer = ranged(headers).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, end), "{headers:?}");
    }
    for range in [format!("bytes={end}-"), "bytes=-0".to_owned(), "bytes=99999999-".to_owned()] {
        let beyond = ranged(&[("range", &range)]).await;
        assert_eq!((beyond.status, beyond.problem().as_str()), (StatusCode::RANGE_NOT_SATISFIABLE, "range_beyond"));
        assert_eq!(beyond.header("content-range"), format!("bytes */{end}"));
        assert!(!beyond.header("cache-control").contains("immutable"));
    }
    assert_eq!(ranged(&[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
    let head = Request::head(&pinned).header("authorization", bearer("bi")).header("range", "bytes=0-3");
    let head = service.send(head.body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!((head.header("content-length"), head.header("etag")), (&*end.to_string(), &*tag));
    // The state goes on, the snapshot does not.
    let report = checklist("pogranichny-s03", "2022-10-11");
    assert_eq!(service.post("/submit", "coordinator", "r9", &report).await.status, StatusCode::CREATED);
    assert_eq!(ranged(&[]).await.body, bytes);
    let next = service.get(latest, "bi").await;
    assert_ne!(next.header("location"), pinned);
    let seq = service.get(&format!("/bi/v1/snapshots/{}/obligation.parquet", service.town.events()), "bi").await;
    assert_eq!((seq.status, seq.header("location")), (StatusCode::TEMPORARY_REDIRECT, next.header("location")));
    let gone = service.get("/bi/v1/snapshots/1-20220829T000000000Z/obligation.parquet", "bi").await;
    assert_eq!((gone.status, gone.problem().as_str()), (StatusCode::GONE, "snapshot_gone"));
    assert_eq!(gone.json()["latest"], latest);
}

#[tokio::test]
async fn an_answer_tells_its_position_and_waits_for_another() {
    let service = lived().await;
    for name in ["indicator.csv", "indicator.xlsx", "indicator.parquet", "control-totals", "control-totals.csv"] {
        let answer = file(&service, name, "auditor").await;
        for header in ["etag", "vekha-seq", "vekha-lag-ms", "vekha-epoch", "vekha-snapshot", "vekha-as-of"] {
            assert!(!answer.header(header).is_empty(), "{name} has no {header}");
        }
        let known = [("if-none-match", answer.header("etag"))];
        let again = service.get_with(&format!("/bi/v1/{name}"), "auditor", &known).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{name}");
        let head =
            bare(&service, Method::HEAD, &format!("/bi/v1/{name}"), &[("authorization", &bearer("auditor"))]).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{name}");
        assert_eq!(head.header("etag"), answer.header("etag"), "{name}");
        assert_ne!(head.header("content-length"), "0", "{name}: nobody takes it for empty");
    }
    let ahead = service.get("/bi/v1/indicator.csv?min_seq=999999&wait=0", "auditor").await;
    assert_eq!((ahead.status, ahead.problem().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not_yet"));
    let now = service.town.events();
    assert_eq!(service.get(&format!("/bi/v1/indicator.csv?min_seq={now}"), "auditor").await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_asks_at_the_same_time_shares_one_snapshot() {
    let service = lived().await;
    let asks = (0..8).map(|_| service.get("/bi/v1/obligation.parquet", "bi"));
    let answers = futures::future::join_all(asks).await;
    for answer in &answers {
        assert_eq!((answer.status, answer.header("etag")), (StatusCode::OK, answers[0].header("etag")));
        assert!(answer.body == answers[0].body);
    }
}

#[tokio::test]
async fn a_full_shelf_drops_what_was_not_used_for_long() {
    let service = Service::with_shelf(crate::common::Town::in_force().await, 1);
    live(&service).await;
    let leads = service.get("/bi/v1/snapshots/latest/org.parquet", "bi").await.header("location").to_owned();
    assert_eq!(service.get(&leads, "bi").await.status, StatusCode::OK);
    file(&service, "period.parquet", "bi").await;
    let gone = service.get(&leads, "bi").await;
    assert_eq!((gone.status, gone.problem().as_str()), (StatusCode::GONE, "snapshot_gone"));
    assert_eq!(service.snapshots(), 1, "only one file is left on disk");
}

#[tokio::test]
async fn the_dictionary_tells_every_column_in_both_languages() {
    let service = Service::new().await;
    let told = file(&service, "dictionary", "school").await.json();
    assert_eq!(told["version"], contract().version.as_str());
    let lines = file(&service, "dictionary.csv", "school").await;
    let lines = of_csv(&lines.body, b',');
    let columns: usize = contract().sets.iter().map(|set| set.columns.len()).sum();
    assert_eq!(lines.len(), columns);
    for (set, line) in contract().sets.iter().zip(told["sets"].as_array().unwrap()) {
        assert_eq!((&line["name"], &line["label_ru"]), (&json!(set.name), &json!(set.ru)));
        for (column, told) in set.columns.iter().zip(line["columns"].as_array().unwrap()) {
            assert_eq!(
                (&told["name"], &told["label_ru"], &told["about_en"]),
                (&json!(column.name), &json!(column.ru), &json!(column.about_en))
            );
        }
    }
}

#[tokio::test]
async fn control_totals_are_the_same_as_json_and_csv() {
    let service = lived().await;
    let json = file(&service, "control-totals", "ministry").await.json();
    let csv = of_csv(&file(&service, "control-totals.csv", "ministry").await.body, b',');
    let rows = json["data"].as_array().unwrap();
    assert_eq!(rows.len(), csv.len());
    for (row, line) in rows.iter().zip(&csv) {
        assert_eq!(row["data_set"], line["data_set"].as_str());
        assert_eq!(row["total"].as_f64(), line["total"].parse().ok());
    }
    assert_eq!(json["seq"], service.town.events());
}

/// A request without a token, with some headers.
async fn bare(service: &Service, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    service.send(request.body(Body::empty()).unwrap()).await
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn one_comes_in_by_basic_bearer_or_key() {
    let service = Service::new().await;
    let token = "token-of-bi-0123456789";
    let get = async |path: &str, headers: &[(&str, &str)]| bare(&service, Method::GET, path, headers).await;
    for path in [
        "/bi/v1/org.csv",
        "/bi/v1/odata/",
        "/bi/v1/odata/org",
        "/bi/v1/snapshots/latest/org.parquet",
        "/bi/v1/dictionary",
    ] {
        let none = get(path, &[]).await;
        assert_eq!(none.status, StatusCode::UNAUTHORIZED, "{path}");
        let offered: Vec<&str> =
            none.headers.get_all("www-authenticate").iter().map(|it| it.to_str().unwrap()).collect();
        assert_eq!(offered, ["Basic realm=\"vekha\", charset=\"UTF-8\"", "Bearer realm=\"vekha\""], "{path}");
    }
    let (basic_ok, bearer_ok) = (basic("token", token), format!("Bearer {token}"));
    for header in [("authorization", &*basic_ok), ("authorization", &bearer_ok), ("x-api-key", token)] {
        assert_eq!(get("/bi/v1/org.csv", &[header]).await.status, StatusCode::OK, "{header:?}");
        assert_eq!(get("/bi/v1/odata/org", &[header]).await.status, StatusCode::OK, "{header:?}");
    }
    let (thief, other, broken) = (basic("token", "guess"), basic("admin", token), "Basic ???".to_owned());
    for header in [
        ("authorization", &*thief),
        ("authorization", &other),
        ("authorization", &broken),
        ("authorization", "Bearer guess"),
        ("x-api-key", "guess"),
    ] {
        let refused = get("/bi/v1/org.csv", &[header]).await;
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (StatusCode::UNAUTHORIZED, "token_unknown"),
            "{header:?}"
        );
    }
    // Basic is for the feed only.
    assert_eq!(get("/api/v1/orgs", &[("authorization", &basic_ok)]).await.status, StatusCode::UNAUTHORIZED);
}

async fn link(service: &Service, who: &str, wanted: &Value) -> Answer {
    let request = Request::post("/bi/v1/links").header("authorization", bearer(who));
    service.send(request.body(wanted.to_string().into()).unwrap()).await
}

#[tokio::test]
async fn a_signed_link_opens_its_file_and_nothing_else() {
    let service = lived().await;
    let path = "/bi/v1/obligation.csv?period=2022-2023.H1&within=pogranichny-s01";
    let made = link(&service, "school", &json!({"path": path, "seconds": 600})).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::CREATED, "no-store"));
    assert_eq!(made.json()["expires_at"], "2022-10-12T02:10:00Z");
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let url = url.strip_prefix("http://localhost").unwrap();
    let get = async |url: &str| bare(&service, Method::GET, url, &[]).await;
    let opened = get(url).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text());
    assert_eq!(opened.body, service.get(path, "school").await.body);
    assert_eq!(bare(&service, Method::HEAD, url, &[]).await.status, StatusCode::OK);
    // The order and the spelling of parameters are the client's.
    let (file, rest) = url.split_once('?').unwrap();
    let turned = rest.split('&').rev().collect::<Vec<_>>().join("&").replace("2022-2023.H1", "2022%2D2023%2EH1");
    assert_eq!(get(&format!("{file}?{turned}")).await.status, StatusCode::OK);
    for other in [
        url.replace("obligation.csv", "obligation.xlsx"),
        url.replace("obligation.csv", "indicator.csv"),
        url.replace("pogranichny-s01", "pogranichny-s02"),
        url.replace("&within=pogranichny-s01", ""),
        url.replace("signature=", "signature=0"),
        url.replace("expires=1", "expires=2"),
        url.replace("/bi/v1/obligation.csv", "/bi/v1/odata/obligation"),
        format!("{url}&dialect=excel-ru"),
        url[..url.len() - 1].to_owned(),
    ] {
        let refused = get(&other).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{other}: {}", refused.text());
        assert!(refused.text().contains("link_not_valid"), "{other}");
    }
    assert_eq!(bare(&service, Method::POST, url, &[]).await.status, StatusCode::UNAUTHORIZED);
    *service.town.now.lock().unwrap() = "2022-10-12T02:10:00Z".parse().unwrap();
    let over = get(url).await;
    assert_eq!((over.status, over.problem().as_str()), (StatusCode::UNAUTHORIZED, "link_not_valid"));
}

#[tokio::test]
async fn a_link_is_made_for_what_its_maker_may_read_and_for_a_while() {
    let service = lived().await;
    let refused = async |who: &str, wanted: Value| link(&service, who, &wanted).await.problem();
    assert_eq!(refused("school", json!({"path": "/bi/v1/obligation.csv?within=pogranichny-s02"})).await, "forbidden");
    assert_eq!(refused("school", json!({"path": "/bi/v1/obligation.csv?perod=1"})).await, "bad_query");
    assert_eq!(refused("school", json!({"path": "/bi/v1/odata/obligation"})).await, "data_set_not_found");
    assert_eq!(refused("school", json!({"path": "https://elsewhere/"})).await, "data_set_not_found");
    assert_eq!(refused("school", json!({"path": "/bi/v1/org.csv", "seconds": 86_401})).await, "invalid");
    assert_eq!(refused("school", json!({"path": "/bi/v1/org.csv", "seconds": 0})).await, "invalid");
    assert_eq!(refused("school", json!({"paths": "/bi/v1/org.csv"})).await, "invalid");
    assert_eq!(refused("thief", json!({"path": "/bi/v1/org.csv"})).await, "token_unknown");
    let day = link(&service, "school", &json!({"path": "/bi/v1/org.csv", "seconds": 86_400})).await;
    assert_eq!(day.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_link_ends_with_the_token_that_made_it() {
    let service = Service::new().await;
    let made = link(&service, "bi", &json!({"path": "/bi/v1/org.csv"})).await.json();
    let url = made["url"].as_str().unwrap().strip_prefix("http://localhost").unwrap().to_owned();
    let mut tokens = crate::service::tokens();
    assert_eq!(tokens.revoke(&"dashboard".parse().unwrap()), 1);
    let without = Service::of_tokens(crate::common::Town::in_force().await, tokens);
    let refused = bare(&without, Method::GET, &url, &[]).await;
    assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_unknown"));
    assert_eq!(bare(&service, Method::GET, &url, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_text_that_a_spreadsheet_would_run_is_guarded() {
    let service = Service::new().await;
    let registered = json!({"organisations": [{
        "code": "formula", "kind": "school", "name_ru": "=HYPERLINK(\"http://x\")", "name_en": "@formula",
        "region": "primorye", "municipality": {"code": "pogranichny", "name_ru": "+МО", "name_en": "-MO"},
    }]});
    let answer = service.post("/register-organisations", "admin", "formula", &registered).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let rows = of_csv(&file(&service, "org.csv?within=formula", "ministry").await.body, b',');
    assert_eq!(rows[0]["org_name"], "'=HYPERLINK(\"http://x\")");
    assert_eq!(rows[0]["org_name_en"], "'@formula");
    assert_eq!(rows[0]["valid_from"], "", "the unknown stays as it is");
}
