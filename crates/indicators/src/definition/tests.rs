//! Definitions that hold, and every mistake that a file can have.

use super::*;

const TEXT: &str = include_str!("../../data/indicators.toml");

#[test]
fn the_standard_definitions_hold() {
    let catalogue = Catalogue::load(TEXT).unwrap();
    let weights: Vec<(&str, f64)> = catalogue.definitions().iter().map(|d| (d.id.as_str(), d.weight)).collect();
    assert_eq!(weights.len(), 19, "I12 stands twice");
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    assert_eq!((sum - 4.0).to_bits(), 100.0_f64.to_bits());
    assert!(catalogue.knows("A") && catalogue.knows("I06") && !catalogue.knows("I99"));
}

#[test]
fn an_indicator_that_is_told_nowhere_else_may_have_any_number() {
    let more = TEXT.replace("id = \"I06\"", "id = \"I96\"");
    assert!(Catalogue::load(&more).unwrap().knows("I96"));
}

#[track_caller]
fn check(from: &str, to: &str, expect: &str) {
    assert!(TEXT.contains(from), "{from}");
    let error = Catalogue::load(&TEXT.replacen(from, to, 1)).unwrap_err();
    let said = error.to_string();
    assert!(said.contains(expect), "{from} -> {to}: {said}");
}

#[test]
fn a_mistake_names_the_indicator_the_field_and_what_is_wrong() {
    check(
        "sql = \"is_on_time\"",
        "sql = \"is_in_time\"",
        "I01, numerator.sql at 1: the table has no column is_in_time",
    );
    check("sql = \"is_on_time\"", "sql = \"is_on_time AND\"", "I01, numerator.sql: this is no SQL expression");
    check("sql = \"is_on_time\"", "sql = \"done_on\"", "I01, numerator.sql: it gives date, expected a whole number");
    check("sql = \"is_on_time\"", "sql = \"'many'\"", "I01, numerator.sql: it gives str, expected a whole number");
    check("sql = \"is_on_time\"", "sql = \"late_days * 0.5\"", "I01, numerator.sql: it gives f64");
    check("sql = \"is_on_time\"", "sql = \"late_days / 2\"", "I01, numerator.sql at 11: the operator / is not allowed");
    check("sql = \"is_on_time\"", "sql = \"SUM(late_days)\"", "I01, numerator.sql: an aggregate");
    check("sql = \"is_on_time\"", "sql = \"COUNT(*)\"", "I01, numerator.sql: an aggregate");
    check("sql = \"late_days\"", "sql = \"SQRT(late_days)\"", "I03, numerator.sql at 1: the function sqrt");
    check(
        "sql = \"late_days\"",
        "sql = \"late_days + period_end\"",
        "I03, numerator.sql at 13: the table has no column period_end",
    );
    check("where = \"is_checklist\"", "where = \"points\"", "I04, where: it gives i64, expected a condition");
    check(
        "counts_by = \"due_part\"",
        "counts_by = \"done_on\"",
        "I01, counts_by: it gives date, expected a column of periods",
    );
    check("counts_by = \"due_part\"", "counts_by = \"part\"", "I01, counts_by: the table has no column part");
    check("year = \"own\"", "", "I04, counts_by: `year` is");
    check(
        "table = \"obligations\"",
        "table = \"pupils\"",
        "I01, table: there is no table pupils: there are obligations, facts, surveys",
    );
    check("target = 3.0", "target = 0.0", "I03, target: 0 is not a number above 0");
    check("weight = 4", "weight = -4", "I03, weight: -4 is not a number from 0");
    check("id = \"I02\"", "id = \"I01\"", "I01, id: an id");
    check("id = \"I02\"", "id = \"i2\"", "i2, id: an id");
    check(
        "levels = [\"country\", \"direction\", \"municipality\", \"region\", \"school\"]",
        "levels = []",
        "I04, levels: name at least one",
    );
    check("event = 'news.published'", "event = 'news.publishd'", "I10, where at 21: no fact is called news.publishd");
    check("from = 0.7", "from = 0.95", "A, band: bands go from the best down");
    check("enough_weight = 0.5", "enough_weight = 5", "A, enough_weight: 5 is not a share from 0 to 1");
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let text = TEXT.replace("sql = \"is_due\"", "sql = \"due\"").replace("weight = 14", "weight = -1");
    let DefinitionError::Mistakes(mistakes) = Catalogue::load(&text).unwrap_err() else { panic!("not read") };
    assert_eq!(mistakes.len(), 8, "{mistakes:?}");
}

#[test]
fn a_file_of_another_shape_is_refused_with_its_line() {
    for (from, to) in
        [("weight = 4", "weight = \"much\""), ("unit = \"days\"", "unit = \"weeks\""), ("version = 1", "versoin = 1")]
    {
        let error = Catalogue::load(&TEXT.replacen(from, to, 1)).unwrap_err();
        assert!(matches!(&error, DefinitionError::File(source) if source.span().is_some()), "{to}: {error:?}");
    }
}

#[test]
fn achievement_is_held_to_one_and_turns_round_where_less_is_better() {
    let catalogue = Catalogue::standard();
    let of = |id: &str| catalogue.definitions().iter().find(|known| known.id == id).unwrap();
    assert!((of("I01").achievement(0.475, 0.95) - 0.5).abs() < 1e-15);
    assert!((of("I01").achievement(1.0, 0.95) - 1.0).abs() < 1e-15);
    assert!((of("I03").achievement(3.0, 3.0) - 1.0).abs() < 1e-15);
    assert!((of("I03").achievement(6.0, 3.0) - 0.5).abs() < 1e-15);
    assert!(of("I05").achievement(-4.0, 10.0).abs() < 1e-15, "a score that fell reaches nothing");
}
