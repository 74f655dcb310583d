//! Claims about the files of the feed for external tools and the rows in them.

use std::collections::BTreeMap;
use std::io::Cursor;

use axum::http::StatusCode;
use bi::{Cell, Frame, Question, Set, Stored, contract};
use calamine::{Data, Reader as _, Xlsx};
use serde_json::json;

use crate::common::{about, checklist};
use crate::service::{Answer, Service, aside};

/// A self-diagnosis handed in by each of two schools, one of them accepted.
pub(crate) async fn lived() -> Service {
    let service = Service::new().await;
    live(&service).await;
    service
}

pub(crate) async fn live(service: &Service) {
    service.post("/submit", "school", "r1", &checklist("pogranichny-s01", "2022-10-11")).await;
    service.post("/accept", "coordinator", "r2", &about("9.2/pogranichny-s01/-")).await;
    service.post("/submit", "coordinator", "r3", &checklist("pogranichny-s02", "2022-10-12")).await;
}

fn set(name: &str) -> &'static Set {
    contract().set(name).unwrap()
}

/// A file of the feed, as somebody.
pub(crate) async fn file(service: &Service, name: &str, who: &str) -> Answer {
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
