//! Columns of Rust as columns of frames.

use domain::period::Part;
use polars::prelude::{
    BooleanChunked, Column, Int32Chunked, Int64Chunked, IntoColumn, NewChunkedArray, UInt8Chunked, UInt32Chunked,
};

use super::part_code;

pub(super) fn indexes(name: &'static str, cells: Vec<u32>) -> Column {
    UInt32Chunked::from_vec(name.into(), cells).into_column()
}

pub(super) fn optional_indexes(name: &'static str, cells: Vec<Option<u32>>) -> Column {
    UInt32Chunked::from_iter_options(name.into(), cells.into_iter()).into_column()
}

pub(super) fn conditions(name: &'static str, cells: impl Iterator<Item = bool>) -> Column {
    BooleanChunked::from_iter_values(name.into(), cells).into_column()
}

pub(super) fn wholes(name: &'static str, cells: Vec<i64>) -> Column {
    Int64Chunked::from_vec(name.into(), cells).into_column()
}

pub(super) fn codes(name: &'static str, cells: Vec<u8>) -> Column {
    UInt8Chunked::from_vec(name.into(), cells).into_column()
}

pub(super) fn parts(name: &'static str, cells: &[Option<Part>]) -> Column {
    UInt8Chunked::from_iter_options(name.into(), cells.iter().map(|part| part.map(part_code))).into_column()
}

pub(super) fn days(name: &'static str, cells: Vec<i32>) -> Column {
    Int32Chunked::from_vec(name.into(), cells).into_date().into_column()
}

pub(super) fn optional_days(name: &'static str, cells: Vec<Option<i32>>) -> Column {
    Int32Chunked::from_iter_options(name.into(), cells.into_iter()).into_date().into_column()
}
