//! Files are read back cell by cell, by readers that did not write them.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use polars::prelude::{ParquetReader, SerReader};

use super::parquet::parquet_in_groups;
use super::xlsx::xlsx_within;
use super::{Dialect, Passport, WriteError, csv, parquet, xlsx};
use crate::contract::{Kind, Set, contract};
use crate::frame::{Cell, Frame};

const DAY: Date = date(2026, 9, 1);

/// A frame of `rows` rows with something in every cell; `text` stands in texts that are not codes.
fn frame(set: &'static Set, rows: usize, text: &str) -> Frame {
    let mut frame = Frame::new(set);
    let at: Timestamp = "2026-09-01T06:00:00.25Z".parse().unwrap();
    for row in 0..rows {
        let code = format!("c-{:05}", rows - row);
        let cells = set.columns.iter().map(|column| {
            let cell = match column.kind {
                _ if column.nullable && row % 2 == 1 => Cell::Empty,
                Kind::Text if column.name.ends_with("_code") || column.name == "due_period" => Cell::Text(&code),
                Kind::Text => Cell::Text(text),
                Kind::Int => Cell::Int(i64::try_from(row).unwrap() - 1),
                Kind::Double => Cell::Double(-0.25 * f64::from(u32::try_from(row).unwrap())),
                Kind::Bool => Cell::Bool(row % 3 == 0),
                Kind::Date => Cell::Day(DAY),
                Kind::Instant => Cell::Moment(at),
            };
            (column.name.as_str(), cell)
        });
        frame.push(&cells.collect::<Vec<_>>());
    }
    frame
}

fn set(name: &str) -> &'static Set {
    contract().set(name).unwrap()
}

fn passport() -> Passport {
    Passport {
        epoch: "e-1".into(),
        seq: 7,
        as_of: "2026-09-02T00:00:00Z".parse().unwrap(),
        filters: vec![("period_code".into(), "2026/2027-1".into())],
    }
}

fn csv_of(set: &'static Set, dialect: Dialect, frames: Vec<Frame>) -> String {
    let mut out = Vec::new();
    csv(frames, set, dialect, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn csv_reads_back_cell_by_cell() {
    for set in &contract().sets {
        let frame = frame(set, 3, "a \"b\", c; d\r\ne");
        let text = csv_of(set, Dialect::Plain, vec![frame.clone(), frame.clone()]);
        let mut reader = ::csv::Reader::from_reader(text.strip_prefix('\u{feff}').unwrap().as_bytes());
        let names: Vec<&str> = set.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), names);
        let mut rows = 0;
        for record in reader.records() {
            for (at, told) in record.unwrap().iter().enumerate() {
                let wanted = match frame.cell(rows % 3, at) {
                    Cell::Empty => String::new(),
                    Cell::Text(text) => text.to_owned(),
                    Cell::Int(number) => number.to_string(),
                    Cell::Double(number) => {
                        assert_eq!(told.parse::<f64>().unwrap().to_bits(), number.to_bits());
                        continue;
                    }
                    Cell::Bool(it) => it.to_string(),
                    Cell::Day(day) => day.to_string(),
                    Cell::Moment(at) => at.to_string(),
                };
                assert_eq!(told, wanted, "{}.{}", set.name, names[at]);
            }
            rows += 1;
        }
        assert_eq!(rows, 6, "{}", set.name);
    }
}

#[test]
fn csv_ends_lines_as_the_rfc_says_and_quotes_what_must_be() {
    let text = csv_of(set("v_period"), Dialect::Plain, vec![frame(set("v_period"), 1, "a \"b\",\nc")]);
    assert!(text.starts_with("\u{feff}period_key,period_code,"), "{text}");
    assert!(text.ends_with(",2026-09-01,2026-09-01\r\n"), "{text}");
    assert!(text.contains(",\"a \"\"b\"\",\nc\","), "{text}");
}

#[test]
fn a_russian_excel_gets_semicolons_commas_and_dates_that_it_knows() {
    let of = set("v_control_total");
    let text = csv_of(of, Dialect::ExcelRu, vec![frame(of, 3, "a,b;c")]);
    let third = text.lines().nth(3).unwrap();
    assert_eq!(third, "\"a,b;c\";c-00001;c-00001;\"a,b;c\";c-00001;-0,5;2026-09-01 06:00:00");
}

#[test]
fn only_texts_are_guarded_from_being_formulas() {
    let of = set("v_period");
    for (text, told) in [
        ("=1+1", "'=1+1"),
        ("+7", "'+7"),
        ("-7", "'-7"),
        ("@a", "'@a"),
        ("\ta", "'\ta"),
        ("\ra", "\"'\ra\""),
        ("-", "-"),
        ("a=b", "a=b"),
    ] {
        let csv = csv_of(of, Dialect::Plain, vec![frame(of, 1, text)]);
        assert!(csv.contains(&format!("\r\n-1,c-00001,{told},")), "{text:?}: {csv}");
    }
}

#[test]
fn a_russian_excel_makes_no_days_of_codes() {
    let of = set("v_period");
    for (text, told) in [
        ("9.2", "'9.2"),
        ("1.10", "'1.10"),
        ("0012", "'0012"),
        ("2022-2023", "2022-2023"),
        ("2022-2023.H1", "2022-2023.H1"),
        ("9.2p", "9.2p"),
        ("-", "-"),
    ] {
        let csv = csv_of(of, Dialect::ExcelRu, vec![frame(of, 1, text)]);
        assert!(csv.contains(&format!("\r\n-1;c-00001;{told};")), "{text:?}: {csv}");
        let csv = csv_of(of, Dialect::Plain, vec![frame(of, 1, text)]);
        assert!(csv.contains(&format!("\r\n-1,c-00001,{text},")), "{text:?}: {csv}");
    }
}

#[test]
fn workbooks_read_back_cell_by_cell() {
    for set in &contract().sets {
        let frame = frame(set, 3, "=SUM(A1)");
        let mut out = Vec::new();
        assert_eq!(xlsx(&passport(), set, [frame.clone(), frame.clone()], &mut out).unwrap(), 6);
        let mut again = Vec::new();
        xlsx(&passport(), set, [frame.clone(), frame.clone()], &mut again).unwrap();
        assert!(out == again, "{}: the same rows gave other bytes", set.name);
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(out)).unwrap();
        assert_eq!(book.sheet_names(), ["Данные", "Словарь", "Паспорт"]);
        let sheet = book.worksheet_range("Данные").unwrap();
        assert_eq!(sheet.height(), 7);
        for (at, column) in set.columns.iter().enumerate() {
            assert_eq!(sheet.get((0, at)), Some(&Data::String(column.ru.clone())));
            for row in 0..6 {
                let told = sheet.get((row + 1, at)).unwrap_or(&Data::Empty);
                assert!(same(told, frame.cell(row % 3, at)), "{}.{}: {told:?}", set.name, column.name);
            }
        }
        assert!(book.worksheet_formula("Данные").unwrap().is_empty(), "a text became a formula");
        let dictionary = book.worksheet_range("Словарь").unwrap();
        assert_eq!(dictionary.height(), set.columns.len() + 1);
        let told = book.worksheet_range("Паспорт").unwrap();
        let told: Vec<String> = told.rows().map(|row| row[1].to_string()).collect();
        assert_eq!(told[4..8], ["7", "2026-09-02T00:00:00Z", "period_code = 2026/2027-1", "6"]);
    }
}

fn same(told: &Data, cell: Cell<'_>) -> bool {
    match (told, cell) {
        (Data::Empty, Cell::Empty) => true,
        (Data::String(told), Cell::Text(text)) => told == text,
        (Data::Float(told), Cell::Int(number)) => told.to_string() == number.to_string(),
        (Data::Float(told), Cell::Double(number)) => {
            told.to_bits() == number.to_bits() || (*told == 0.0 && number == 0.0)
        }
        (Data::Bool(told), Cell::Bool(it)) => *told == it,
        // 46266 is what LibreOffice shows as 01.09.2026.
        (Data::DateTime(told), Cell::Day(DAY)) => told.as_f64().to_string() == "46266",
        (Data::DateTime(told), Cell::Moment(_)) => (told.as_f64() - 46266.25 - 0.25 / 86_400.0).abs() < 1e-8,
        _ => false,
    }
}

#[test]
fn more_rows_than_a_sheet_has_are_refused_before_a_byte() {
    let of = set("v_watermark");
    let piece = frame(of, 3, "a");
    let mut out = Vec::new();
    assert_eq!(xlsx_within(6, &passport(), of, [piece.clone(), piece.clone()], &mut out).unwrap(), 6);
    let mut out = Vec::new();
    let refused = xlsx_within(5, &passport(), of, [piece.clone(), piece], &mut out);
    assert!(matches!(refused, Err(WriteError::TooManyRows { .. })), "{refused:?}");
    assert!(out.is_empty());
}

#[test]
fn labels_of_a_set_differ() {
    for set in &contract().sets {
        let mut labels: Vec<&str> = set.columns.iter().map(|column| column.ru.as_str()).collect();
        labels.sort_unstable();
        labels.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1], "{}", set.name));
    }
}

#[test]
fn parquet_reads_back_sorted() {
    for set in &contract().sets {
        let frame = frame(set, 5, "text");
        let mut out = Vec::new();
        assert_eq!(parquet(set, [frame.clone()], &mut out).unwrap(), 5);
        let read = ParquetReader::new(Cursor::new(out)).finish().unwrap();
        let by = ["period_code", "due_period"].into_iter().find(|name| set.column(name).is_some());
        let by: Vec<&str> = match by {
            Some(period) => [period, "org_code"].into_iter().filter(|name| set.column(name).is_some()).collect(),
            None => set.key.iter().map(String::as_str).collect(),
        };
        let whole = frame.to_polars().unwrap().sort(by, polars::prelude::SortMultipleOptions::default()).unwrap();
        assert_eq!(read.schema(), whole.schema(), "{}", set.name);
        assert!(read.equals_missing(&whole), "{}: {read} is not {whole}", set.name);
    }
}

#[test]
fn row_groups_follow_each_other_in_order() {
    let of = set("v_obligation");
    let mut out = Vec::new();
    let pieces = [frame(of, 5, "text"), frame(of, 4, "text")];
    assert_eq!(parquet_in_groups(2, of, pieces, &mut out).unwrap(), 9);
    let mut reader = ParquetReader::new(Cursor::new(out));
    let mut groups = Vec::new();
    for group in &reader.get_metadata().unwrap().row_groups {
        groups.push(group.num_rows());
    }
    assert_eq!(groups, [2, 2, 2, 2, 1]);
    let read = reader.finish().unwrap();
    let by = ["due_period", "org_code", "obligation_id"];
    let sorted = read.sort(by, polars::prelude::SortMultipleOptions::default()).unwrap();
    assert!(read.select(by).unwrap().equals_missing(&sorted.select(by).unwrap()));
}

#[test]
fn a_set_without_rows_has_its_columns_in_every_format() {
    let of = set("v_indicator_published");
    let mut out = Vec::new();
    assert_eq!(parquet(of, [Frame::new(of)], &mut out).unwrap(), 0);
    assert_eq!(ParquetReader::new(Cursor::new(out)).finish().unwrap().shape(), (0, of.columns.len()));
    let mut out = Vec::new();
    assert_eq!(parquet(of, [], &mut out).unwrap(), 0);
    assert_eq!(ParquetReader::new(Cursor::new(out)).finish().unwrap().shape(), (0, of.columns.len()));
    let mut out = Vec::new();
    assert_eq!(xlsx(&passport(), of, [], &mut out).unwrap(), 0);
    assert!(csv_of(of, Dialect::Plain, vec![]).ends_with(",as_of\r\n"));
}
