//! CSV by RFC 4180, in UTF-8 with a byte order mark, so that Excel takes Russian letters for what they are.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use ::csv::{Terminator, WriterBuilder};
use jiff::Timestamp;
use jiff::tz::Offset;

use crate::contract::Set;
use crate::frame::{Cell, Frame};

/// How numbers and moments look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Comma between cells, decimal point, moments as `2026-09-01T06:00:00Z`: for programs.
    #[default]
    Plain,
    /// Semicolon between cells, decimal comma, moments as `2026-09-01 06:00:00` in UTC without fractions: for a Russian
    /// Excel or `LibreOffice`, which take these for numbers and dates when the file is opened by a click.
    ExcelRu,
}

/// What a spreadsheet would run as a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writes rows; the header holds the names of the columns. Returns how many rows there were.
///
/// A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers and the lone dash for what is
/// unknown stay as they are. In [`Dialect::ExcelRu`] a text that Excel would take for a number or a day gets one too. An
/// empty cell and an empty text look alike.
///
/// # Errors
/// Those of `out`.
pub fn csv(
    frames: impl IntoIterator<Item = Frame>,
    set: &Set,
    dialect: Dialect,
    out: &mut impl Write,
) -> io::Result<u64> {
    out.write_all("\u{feff}".as_bytes())?;
    let delimiter = if dialect == Dialect::ExcelRu { b';' } else { b',' };
    let mut out = WriterBuilder::new().delimiter(delimiter).terminator(Terminator::CRLF).from_writer(out);
    out.write_record(set.columns.iter().map(|column| &column.name))?;
    let (mut rows, mut text) = (0, String::new());
    for frame in frames {
        for row in 0..frame.height() {
            for cell in frame.row(row) {
                text.clear();
                tell(cell, dialect, &mut text).map_err(io::Error::other)?;
                out.write_field(&text)?;
            }
            out.write_record(None::<&[u8]>)?;
            rows += 1;
        }
    }
    out.flush()?;
    Ok(rows)
}

fn tell(cell: Cell<'_>, dialect: Dialect, out: &mut String) -> fmt::Result {
    match cell {
        Cell::Empty => Ok(()),
        Cell::Text(text) => {
            let formula = text.len() > 1 && text.starts_with(FORMULA);
            if formula || dialect == Dialect::ExcelRu && is_taken_for_number(text) {
                out.push('\'');
            }
            out.write_str(text)
        }
        Cell::Int(number) => write!(out, "{number}"),
        Cell::Double(number) if dialect == Dialect::ExcelRu => out.write_str(&number.to_string().replacen('.', ",", 1)),
        Cell::Double(number) => write!(out, "{number}"),
        Cell::Bool(it) => write!(out, "{it}"),
        Cell::Day(day) => write!(out, "{day}"),
        Cell::Moment(at) => write!(out, "{}", moment(at, dialect)),
    }
}

/// Whether Excel would make a number or a day of a text: the row 9.2 of a plan would become the ninth of February.
fn is_taken_for_number(text: &str) -> bool {
    let parts = || text.split(['.', '-', '/']);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts().all(digits) && parts().filter(|part| part.len() > 2).count() <= 1
}

fn moment(at: Timestamp, dialect: Dialect) -> String {
    match dialect {
        Dialect::Plain => at.to_string(),
        Dialect::ExcelRu => Offset::UTC.to_datetime(at).strftime("%F %T").to_string(),
    }
}
