//! Rows as PostgreSQL's binary COPY takes them.

use bi::{Cell, Frame};
use jiff::civil::date;
use register::day_of_date;

use crate::ddl::Stored;

/// What a stream begins with: signature, no flags, no extension.
pub(crate) const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What a stream ends with: a row of -1 columns.
pub(crate) const TAIL: &[u8] = &[0xff, 0xff];

/// Microseconds from 1970 to PostgreSQL's first day, 2000-01-01.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Adds some rows of a frame, with the columns that a table holds.
pub(crate) fn rows(frame: &Frame, columns: &[Stored<'_>], rows: std::ops::Range<usize>, into: &mut Vec<u8>) {
    let width = i16::try_from(columns.len()).expect("a set has some dozens of columns");
    for row in rows {
        into.extend_from_slice(&width.to_be_bytes());
        for Stored { at, .. } in columns {
            cell(frame.cell(row, *at), into);
        }
    }
}

fn cell(cell: Cell<'_>, into: &mut Vec<u8>) {
    match cell {
        Cell::Empty => into.extend_from_slice(&(-1_i32).to_be_bytes()),
        Cell::Text(text) => write_text(text, into),
        Cell::Int(number) => write_field(&number.to_be_bytes(), into),
        Cell::Double(number) => write_field(&number.to_be_bytes(), into),
        Cell::Bool(it) => write_field(&[u8::from(it)], into),
        Cell::Day(day) => write_field(&(day_of_date(day) - day_of_date(date(2000, 1, 1))).to_be_bytes(), into),
        Cell::Moment(at) => write_field(&(at.as_microsecond() - EPOCH_MICROS).to_be_bytes(), into),
    }
}

/// PostgreSQL's texts cannot hold the character 0; nothing else of UTF-8 is refused.
fn write_text(text: &str, into: &mut Vec<u8>) {
    if text.contains('\0') {
        write_field(text.replace('\0', "\u{fffd}").as_bytes(), into);
    } else {
        write_field(text.as_bytes(), into);
    }
}

fn write_field(bytes: &[u8], into: &mut Vec<u8>) {
    let length = i32::try_from(bytes.len()).expect("a cell is far shorter than 2 GiB");
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(bytes);
}
