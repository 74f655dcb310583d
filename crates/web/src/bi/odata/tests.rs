//! Claims about what is read: options, filters, the model.

use std::path::PathBuf;

use ::bi::{Compare, Direction, Filter, Part, Set, Value, contract};
use proptest::prelude::*;

use super::metadata::document;
use super::options::Options;
use super::{filter, set};
use crate::problem::Problem;
use crate::speech::Speech;

fn obligations() -> &'static Set {
    set("obligation").unwrap()
}

fn is(name: &str, compare: Compare, value: Value) -> Filter {
    Filter::Is(obligations().column(name).unwrap(), compare, value)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn status(problem: &Problem) -> u16 {
    problem.status().as_u16()
}

/// What is told of a filter that cannot be read, in English, with its status.
fn trouble(text: &str) -> (u16, String) {
    let problem = filter::read(obligations(), text).unwrap_err();
    let body = problem.body(Speech::En);
    (status(&problem), body["detail"].as_str().unwrap().to_owned())
}

#[test]
fn filters_are_read_as_they_are_meant() {
    let phase = |value| is("phase", Compare::Eq, text(value));
    let moves = is("moves", Compare::Gt, Value::Int(0));
    let table = [
        ("phase eq 'open'", phase("open")),
        ("'open' eq phase", phase("open")),
        ("phase eq 'it''s'", phase("it's")),
        ("3 lt lateness_days", is("lateness_days", Compare::Gt, Value::Int(3))),
        ("lateness_days ge -1.5", is("lateness_days", Compare::Ge, Value::Double(-1.5))),
        ("due_period ne null", is("due_period", Compare::Ne, Value::Null)),
        ("is_overdue", is("is_overdue", Compare::Eq, Value::Bool(true))),
        ("is_overdue eq false", is("is_overdue", Compare::Eq, Value::Bool(false))),
        ("not is_overdue", Filter::Not(Box::new(is("is_overdue", Compare::Eq, Value::Bool(true))))),
        ("done_on le 2022-10-12", is("done_on", Compare::Le, Value::Day("2022-10-12".parse().unwrap()))),
        (
            "recorded_at lt 2022-10-12T00:00:00 10:00",
            is("recorded_at", Compare::Lt, Value::Moment("2022-10-11T14:00:00Z".parse().unwrap())),
        ),
        (
            "phase eq 'open' or phase eq 'returned' and moves gt 0",
            Filter::Any(vec![phase("open"), Filter::All(vec![phase("returned"), moves.clone()])]),
        ),
        (
            "(phase eq 'open' or phase eq 'returned') and moves gt 0",
            Filter::All(vec![Filter::Any(vec![phase("open"), phase("returned")]), moves.clone()]),
        ),
        (
            "phase in ('open','returned')",
            Filter::In(obligations().column("phase").unwrap(), vec![text("open"), text("returned")]),
        ),
        (
            "startswith(org_code,'pog') and not contains(org_name, 'Школа')",
            Filter::All(vec![
                Filter::Has(obligations().column("org_code").unwrap(), Part::Start, "pog".to_owned()),
                Filter::Not(Box::new(Filter::Has(
                    obligations().column("org_name").unwrap(),
                    Part::Inside,
                    "Школа".to_owned(),
                ))),
            ]),
        ),
    ];
    for (written, meant) in table {
        assert_eq!(filter::read(obligations(), written).map_err(|it| it.body(Speech::En)), Ok(meant), "{written}");
    }
}

#[test]
fn nonsense_is_told_with_its_place() {
    let table = [
        ("", 400, "character 1"),
        ("phase", 400, "character 6"),
        ("phase eq", 400, "character 9"),
        ("phase eq 'open", 400, "no closing quote"),
        ("phase eq open", 400, "\"open\" is no column"),
        ("phse eq 'open'", 400, "character 1: \"phse\" is no column"),
        ("phase eq 5", 400, "phase wants a text in quotes"),
        ("moves gt 'x'", 400, "moves wants a number"),
        ("done_on eq '2022-10-12'", 400, "without quotes"),
        ("done_on eq 2022-13-40", 400, "no number, no day"),
        ("moves gt 5 phase", 400, "out of place"),
        ("moves gt 5)", 400, "character 11"),
        ("(moves gt 5", 400, ") is expected"),
        ("moves ; 5", 400, "\";\" is not expected"),
        ("moves in 5", 400, "( is expected"),
        ("contains(moves,'5')", 400, "moves is no text"),
        ("contains(phase,5)", 400, "a text in quotes is expected"),
    ];
    for (written, expected, words) in table {
        let (status, told) = trouble(written);
        assert!(status == expected && told.contains(words), "{written}: {status} {told}");
    }
}

#[test]
fn what_the_standard_has_and_we_have_not_is_named() {
    let table = [
        "tolower(phase) eq 'open'",
        "year(done_on) eq 2022",
        "moves add 1 gt 5",
        "phase eq org_code",
        "org/name eq 'x'",
        "items/any(d:d/x eq 1)",
        "phase has 'x'",
        "phase eq @p",
        "contains(tolower(phase),'x')",
        "phase eq tolower('X')",
    ];
    for written in table {
        let (status, told) = trouble(written);
        assert!(status == 501 && told.contains("is not supported"), "{written}: {status} {told}");
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| format!("{}moves gt 5{}", "(".repeat(depth), ")".repeat(depth));
    assert!(filter::read(obligations(), &nested(32)).is_ok());
    assert!(trouble(&nested(33)).1.contains("nested deeper than 32"));
    assert!(trouble(&"not ".repeat(500)).1.contains("nested deeper"));
    assert!(trouble(&"x".repeat(9_000)).1.contains("longer than 8000"));
    let many = vec!["moves gt 5"; 500].join(" or ");
    assert!(matches!(filter::read(obligations(), &many), Ok(Filter::Any(any)) if any.len() == 500));
}

#[test]
fn keys_are_read_by_name_or_alone() {
    let period = set("period").unwrap();
    assert!(filter::read_key(period, "20221").is_ok());
    assert!(filter::read_key(period, "period_key=20221").is_ok());
    assert!(filter::read_key(obligations(), "'a/1=2/b/-'").is_ok());
    let total = set("control_total").unwrap();
    let whole = "data_set='v_event',total_code='rows',period_code='-',indicator_code='-'";
    assert!(matches!(filter::read_key(total, whole), Ok(Filter::All(all)) if all.len() == 4));
    for wrong in ["", "'x'", "data_set='v_event'", &format!("{whole},total=5"), "data_set"] {
        assert_eq!(status(&filter::read_key(total, wrong).unwrap_err()), 400, "{wrong}");
    }
}

#[test]
fn options_are_checked_and_none_is_ignored() {
    let read = |raw: &str| Options::read(Some(raw), Some(obligations()));
    let options = read("$orderby=moves%20desc,phase&select=phase,moves&%24TOP=5&$skip=2&$count=true").unwrap();
    let names: Vec<&str> = options.select.iter().map(|column| column.name.as_str()).collect();
    assert_eq!((names, options.top, options.skip, options.count), (vec!["phase", "moves"], Some(5), 2, true));
    assert_eq!(
        options.order.iter().map(|(_, it)| *it).collect::<Vec<_>>(),
        [Direction::Descending, Direction::Ascending]
    );
    assert_eq!(read("$top=99999999999999999999999").unwrap().top, Some(u64::MAX));
    assert!(read("$select=*").unwrap().select.is_empty());
    let wrong = [
        ("$top=-1", 400),
        ("$top=", 400),
        ("$skip=x", 400),
        ("$count=yes", 400),
        ("$orderby=nothing", 400),
        ("$orderby=moves up", 400),
        ("$orderby=moves desc phase", 400),
        ("$orderby=", 400),
        ("$orderby=length(phase)", 501),
        ("$select=nothing", 400),
        ("$select=org/name", 501),
        ("$skiptoken=7", 400),
        ("$skiptoken=a/b.1.all", 400),
        ("$top=1&top=2", 400),
        ("period=2022-2023.H1", 400),
        ("$filter=%FF", 400),
        ("$expand=org", 501),
        ("$apply=aggregate(moves)", 501),
        ("$search=x", 501),
        ("$compute=moves", 501),
        ("$nonsense=1", 501),
        ("@p=1", 501),
    ];
    for (raw, expected) in wrong {
        assert_eq!(status(&read(raw).unwrap_err()), expected, "{raw}");
    }
    assert_eq!(status(&Options::read(Some("$top=1"), None).unwrap_err()), 501);
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read_or_refused(written in "\\PC{0,60}") {
        let told = filter::read(obligations(), &written).map_err(|problem| status(&problem));
        prop_assert!(matches!(told, Ok(_) | Err(400 | 501)));
        let told = Options::read(Some(&written), Some(obligations())).map_err(|problem| status(&problem));
        prop_assert!(matches!(told, Ok(_) | Err(400 | 501)));
    }

    #[test]
    fn words_of_the_language_in_any_order_are_read_or_refused(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "moves", "phase", "is_overdue", "done_on", "eq", "ne", "gt", "in", "and", "or", "not", "(", ")", ",", "'x'",
            "5", "-1.5", "2022-10-12", "2022-10-12T00:00:00Z", "null", "true", "contains(", "contains", "year(",
        ]), 0..14),
    ) {
        let written = words.join(" ");
        let told = filter::read(obligations(), &written).map_err(|problem| status(&problem));
        prop_assert!(matches!(told, Ok(_) | Err(400 | 501)), "{written}");
        let key = filter::read_key(obligations(), &written).map_err(|problem| status(&problem));
        prop_assert!(matches!(key, Ok(_) | Err(400 | 404 | 501)), "{written}");
    }
}

#[test]
fn the_model_is_the_golden_one() {
    let file: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs", "odata-metadata.xml"].iter().collect();
    let made = document("4.0");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), made, "run `make generate` and look at the diff");
}

/// Types that a client may meet: the primitive ones of the standard.
const EDM: [&str; 6] = ["Edm.String", "Edm.Int64", "Edm.Double", "Edm.Boolean", "Edm.Date", "Edm.DateTimeOffset"];

#[test]
fn the_model_has_legal_names_types_and_keys() {
    let made = document("4.01");
    let attributes = |name: &str| -> Vec<String> {
        let begins = format!(" {name}=\"");
        let parts = made.split(&begins).skip(1);
        parts.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    assert_eq!(attributes("Version"), ["4.01"]);
    assert!(attributes("Type").iter().all(|it| EDM.contains(&it.as_str())));
    // SimpleIdentifier of the standard: a letter or _, then letters, digits and _, 128 at most.
    for name in attributes("Name") {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        assert!(plain && name.len() <= 128 && !name.as_bytes()[0].is_ascii_digit(), "{name}");
    }
    for set in &contract().sets {
        let begins = format!("<EntityType Name=\"{}\">", set.short());
        let (_, rest) = made.split_once(&begins).unwrap();
        let entity = rest.split("</EntityType>").next().unwrap();
        for key in &set.key {
            assert!(entity.contains(&format!("<PropertyRef Name=\"{key}\"/>")), "{key}");
            let property = entity.split("<Property ").find(|it| it.starts_with(&format!("Name=\"{key}\""))).unwrap();
            assert!(property.contains("Nullable=\"false\""), "a key is never empty: {property}");
        }
        assert!(made.contains(&format!("<EntitySet Name=\"{0}\" EntityType=\"Vekha.{0}\"/>", set.short())));
    }
}
