//! Parquet: sorted, in row groups with statistics, so that a reader of a semester or a school skips the rest.

use std::io::Write;

use polars::prelude::{
    DataFrame, IdxCa, ParquetCompression, ParquetWriter, PolarsResult, SortMultipleOptions, StatisticsOptions,
};

use super::WriteError;
use crate::contract::Set;
use crate::frame::Frame;
use crate::source::FRAME_ROWS;

/// What rows are sorted by where a set has a period, before its key: what people filter by.
const SORTED_BY: [&str; 4] = ["period_code", "due_period", "org_code", "indicator_code"];

/// A column beside those of the set, which have no such name.
const PLACE: &str = "#";

/// Writes rows, sorted by period, organisation and indicator, or by the key where a set has no period; compressed with
/// zstd. Returns how many rows there were. All rows are in memory while they are sorted.
///
/// # Errors
/// [`WriteError::Columns`].
pub fn parquet(
    set: &'static Set,
    frames: impl IntoIterator<Item = Frame>,
    out: &mut impl Write,
) -> Result<u64, WriteError> {
    parquet_in_groups(FRAME_ROWS, set, frames, out)
}

/// The same with row groups of another size, which a test can fill.
pub(super) fn parquet_in_groups(
    group_rows: usize,
    set: &'static Set,
    frames: impl IntoIterator<Item = Frame>,
    out: &mut impl Write,
) -> Result<u64, WriteError> {
    let mut all = Frame::new(set).to_polars()?;
    for frame in frames {
        all.vstack_mut_owned(frame.to_polars()?)?;
    }
    let places = sorted(set, &all)?;
    let mut out = ParquetWriter::new(out)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::default())
        .batched(all.schema())?;
    // A row group at a time is gathered: a sorted copy of everything would double the memory.
    for from in (0..all.height()).step_by(group_rows) {
        let group = places.slice(i64::try_from(from).unwrap_or(i64::MAX), group_rows);
        out.write_batch(all.take(&group)?.rechunk_mut_par())?;
    }
    out.finish()?;
    Ok(u64::try_from(all.height()).unwrap_or(u64::MAX))
}

/// The places of the rows in the order of the file.
fn sorted(set: &Set, all: &DataFrame) -> PolarsResult<IdxCa> {
    let mut names: Vec<&str> = Vec::new();
    if SORTED_BY[..2].iter().any(|name| set.column(name).is_some()) {
        names.extend(SORTED_BY.iter().filter(|name| set.column(name).is_some()));
    }
    for name in &set.key {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let keys = all.select(names.iter().copied())?.with_row_index(PLACE.into(), None)?;
    Ok(keys.sort(names, SortMultipleOptions::default())?.column(PLACE)?.idx()?.clone())
}
