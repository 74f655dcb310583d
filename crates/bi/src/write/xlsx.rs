//! XLSX for people: the rows under their Russian labels, what every column means, and where the rows come from.

use std::io::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use register::day_of_date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Passport, WriteError};
use crate::contract::{Additivity, Kind, Set, contract};
use crate::frame::{Cell, Frame};

/// Rows that fit into a sheet, below the header.
pub const XLSX_ROWS_MAX: u32 = 1_048_575;

/// Excel's number of 01.01.1970.
const EPOCH_DAY: i32 = 25_569;
const DAY_SECONDS: f64 = 86_400.0;

/// Writes rows as a workbook of three sheets: the rows, the dictionary, the passport. Returns how many rows there were.
/// Rows wait in a file for temporary things, not in memory.
///
/// # Errors
/// [`WriteError::TooManyRows`] before anything is written to `out`; [`WriteError::Workbook`].
pub fn xlsx(
    passport: &Passport,
    set: &Set,
    frames: impl IntoIterator<Item = Frame>,
    out: impl Write + Send,
) -> Result<u64, WriteError> {
    xlsx_within(XLSX_ROWS_MAX, passport, set, frames, out)
}

/// The same with another limit of rows, which a test can reach.
pub(super) fn xlsx_within(
    rows_max: u32,
    passport: &Passport,
    set: &Set,
    frames: impl IntoIterator<Item = Frame>,
    out: impl Write + Send,
) -> Result<u64, WriteError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title(&set.ru).set_creation_datetime(&created(passport.as_of)?));
    let rows = data(book.add_worksheet_with_constant_memory()?.set_name("Данные")?, set, frames, rows_max)?;
    dictionary(book.add_worksheet().set_name("Словарь")?, set)?;
    told(book.add_worksheet().set_name("Паспорт")?, passport, set, rows)?;
    book.save_to_writer(out)?;
    Ok(rows.into())
}

/// The same rows give the same bytes: the workbook was made when its rows were.
fn created(as_of: Timestamp) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_timestamp(as_of.as_second())
}

fn data(
    sheet: &mut Worksheet,
    set: &Set,
    frames: impl IntoIterator<Item = Frame>,
    rows_max: u32,
) -> Result<u32, WriteError> {
    let day = Format::new().set_num_format("dd.mm.yyyy");
    let moment = Format::new().set_num_format("dd.mm.yyyy hh:mm:ss");
    sheet.set_freeze_panes(1, 0)?;
    for (at, column) in (0..).zip(&set.columns) {
        sheet.set_column_width(at, width(column.kind))?;
        sheet.write_string_with_format(0, at, &column.ru, &header())?;
    }
    let mut rows = 0;
    for frame in frames {
        for row in 0..frame.height() {
            if rows == rows_max {
                return Err(WriteError::TooManyRows { set: set.name.clone() });
            }
            rows += 1;
            for (at, cell) in (0..).zip(frame.row(row)) {
                match cell {
                    Cell::Empty => continue,
                    Cell::Text(text) => sheet.write_string(rows, at, text)?,
                    Cell::Int(number) => sheet.write(rows, at, number)?,
                    Cell::Double(number) => sheet.write_number(rows, at, number)?,
                    Cell::Bool(it) => sheet.write_boolean(rows, at, it)?,
                    Cell::Day(it) => sheet.write_number_with_format(rows, at, day_number(it), &day)?,
                    Cell::Moment(it) => sheet.write_number_with_format(rows, at, moment_number(it), &moment)?,
                };
            }
        }
    }
    let last = u16::try_from(set.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, rows, last)?;
    Ok(rows)
}

fn header() -> Format {
    Format::new().set_bold().set_text_wrap()
}

/// In characters: a guess that shows most cells whole.
fn width(kind: Kind) -> f64 {
    match kind {
        Kind::Text => 24.0,
        Kind::Int | Kind::Double | Kind::Bool | Kind::Date => 12.0,
        Kind::Instant => 19.0,
    }
}

fn day_number(day: Date) -> f64 {
    f64::from(day_of_date(day).saturating_add(EPOCH_DAY))
}

/// A moment in UTC, to the millisecond, as Excel has it.
fn moment_number(at: Timestamp) -> f64 {
    let at = Offset::UTC.to_datetime(at);
    let [hour, minute, second] = [at.hour(), at.minute(), at.second()].map(f64::from);
    let seconds = hour * 3_600.0 + minute * 60.0 + second + f64::from(at.millisecond()) / 1_000.0;
    day_number(at.date()) + seconds / DAY_SECONDS
}

fn dictionary(sheet: &mut Worksheet, set: &Set) -> Result<(), XlsxError> {
    let titles = [
        ("Столбец / Column", 28),
        ("Имя / Name", 26),
        ("Column in English", 28),
        ("Что в нём", 60),
        ("What it holds", 60),
        ("Тип / Type", 22),
        ("Единица / Unit", 14),
        ("Как складывать / Aggregation", 34),
        ("Бывает пусто / May be empty", 14),
    ];
    sheet.set_freeze_panes(1, 0)?;
    for (at, (title, width)) in (0..).zip(titles) {
        sheet.set_column_width(at, width)?;
        sheet.write_string_with_format(0, at, title, &header())?;
    }
    let wrapped = Format::new().set_text_wrap();
    for (row, column) in (1..).zip(&set.columns) {
        let texts: [&str; 9] = [
            &column.ru,
            &column.name,
            &column.en,
            &column.about_ru,
            &column.about_en,
            kind(column.kind),
            &column.unit,
            additivity(column.additivity),
            if column.nullable { "да / yes" } else { "нет / no" },
        ];
        for (at, text) in (0..).zip(texts) {
            sheet.write_string_with_format(row, at, text, &wrapped)?;
        }
    }
    Ok(())
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "текст / text",
        Kind::Int => "целое число / integer",
        Kind::Double => "число / number",
        Kind::Bool => "да или нет / boolean",
        Kind::Date => "день / day",
        Kind::Instant => "момент, UTC / instant, UTC",
    }
}

fn additivity(additivity: Additivity) -> &'static str {
    match additivity {
        Additivity::Add => "сумма / sum",
        Additivity::Last => "сумма по объектам, не по времени / sum over things, not over time",
        Additivity::None => "не складывать и не усреднять / neither sum nor mean",
    }
}

fn told(sheet: &mut Worksheet, passport: &Passport, set: &Set, rows: u32) -> Result<(), XlsxError> {
    let filters: Vec<String> = passport.filters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let filters = if filters.is_empty() { "нет / none".to_owned() } else { filters.join("; ") };
    let (name, grain) = (format!("{} / {} ({})", set.ru, set.en, set.name), &set.grain_ru);
    let lines = [
        ("Набор / Data set", name),
        ("Одна строка / One row", format!("{grain} / {}", set.grain_en)),
        ("Версия договора о данных / Version of the contract", contract().version.clone()),
        ("Эпоха журнала / Epoch of the log", passport.epoch.clone()),
        ("Положение в журнале / Position in the log", passport.seq.to_string()),
        ("По состоянию на / As of", passport.as_of.to_string()),
        ("Отбор / Filters", filters),
        ("Строк / Rows", rows.to_string()),
        ("Часовой пояс моментов / Zone of moments", "UTC".to_owned()),
        (
            "Как проверить / How to verify",
            "Сравните суммы со строками набора v_control_total того же положения в журнале; отношения считайте как \
             сумму числителей к сумме знаменателей. / Compare sums with the rows of v_control_total at the same \
             position; compute ratios as the sum of numerators over the sum of denominators."
                .to_owned(),
        ),
    ];
    sheet.set_column_width(0, 48)?;
    sheet.set_column_width(1, 90)?;
    let wrapped = Format::new().set_text_wrap();
    for (row, (title, text)) in (0..).zip(lines) {
        sheet.write_string_with_format(row, 0, title, &header())?;
        sheet.write_string_with_format(row, 1, text, &wrapped)?;
    }
    Ok(())
}
