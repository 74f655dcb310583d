//! Rows of a set in a Parquet file, asked again and again without touching the state that they were made from.

use std::path::{Path, PathBuf};

use polars::prelude::{
    DataType, IdxSize, LazyFrame, PlRefPath, PolarsResult, ScanArgsParquet, SortMultipleOptions, col, len, polars_err,
};

use crate::contract::Set;
use crate::frame::Frame;
use crate::question::{Direction, Filter, Question};
use crate::source::FRAME_ROWS;

/// A file that [`crate::parquet`] wrote. It is opened for every question anew, and only read.
#[derive(Clone, Debug)]
pub struct Stored {
    path: PathBuf,
    set: &'static Set,
    rows: u64,
}

impl Stored {
    /// The rows of a file; `rows` is how many it has.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, set: &'static Set, rows: u64) -> Self {
        Self { path: path.into(), set, rows }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The set.
    #[must_use]
    pub fn set(&self) -> &'static Set {
        self.set
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many rows a filter takes.
    ///
    /// # Errors
    /// The file is gone or broken.
    pub fn count(&self, filter: Option<&Filter>) -> PolarsResult<u64> {
        let Some(filter) = filter else { return Ok(self.rows) };
        let counted = self.scan()?.filter(filter.expr()).select([len().cast(DataType::UInt64).alias("rows")]);
        Ok(counted.collect()?.column("rows")?.u64()?.get(0).unwrap_or_default())
    }

    /// The part of the rows that is asked for.
    ///
    /// # Errors
    /// The file is gone or broken.
    pub fn ask(&self, question: &Question) -> PolarsResult<Frame> {
        let mut rows = self.scan()?;
        if let Some(filter) = &question.filter {
            rows = rows.filter(filter.expr());
        }
        if !question.order.is_empty() {
            let down = question.order.iter().map(|(_, direction)| *direction == Direction::Descending);
            let down: Vec<bool> = down.collect();
            let by: Vec<_> = question.order.iter().map(|(column, _)| col(&*column.name)).collect();
            let options = SortMultipleOptions::default().with_order_descending_multi(down.clone());
            rows = rows.sort_by_exprs(by, options.with_nulls_last_multi(down).with_maintain_order(true));
        }
        let skip = i64::try_from(question.skip).unwrap_or(i64::MAX);
        rows = rows.slice(skip, IdxSize::try_from(question.top).unwrap_or(IdxSize::MAX));
        if !question.columns.is_empty() {
            let wanted: Vec<_> = question.columns.iter().map(|column| col(&*column.name)).collect();
            rows = rows.select(wanted);
        }
        Frame::of_polars(self.set, &rows.collect()?)
    }

    /// The rows that a filter takes, in pieces, in the order of the file; one piece at least.
    pub fn frames<'f>(&'f self, filter: Option<&'f Filter>) -> impl Iterator<Item = PolarsResult<Frame>> + 'f {
        let step = u64::try_from(FRAME_ROWS).unwrap_or(u64::MAX);
        let starts =
            std::iter::successors(Some(0), move |from: &u64| Some(from + step).filter(|from| *from < self.rows));
        starts.map(move |from| {
            // Cut first, filtered then: each row group is read once.
            let piece = self
                .scan()?
                .slice(i64::try_from(from).unwrap_or(i64::MAX), IdxSize::try_from(step).unwrap_or(IdxSize::MAX));
            let piece = piece.collect()?;
            let piece = match filter {
                Some(filter) => polars::prelude::IntoLazy::lazy(piece).filter(filter.expr()).collect()?,
                None => piece,
            };
            Frame::of_polars(self.set, &piece)
        })
    }

    fn scan(&self) -> PolarsResult<LazyFrame> {
        let path = self.path.to_str();
        let path = path.ok_or_else(|| polars_err!(ComputeError: "the folder's name is no UTF-8"))?;
        let arguments = ScanArgsParquet { glob: false, cache: false, ..ScanArgsParquet::default() };
        LazyFrame::scan_parquet(PlRefPath::new(path), arguments)
    }
}
