//! Files of a set: CSV, XLSX and Parquet. The HTTP feed and `vekha export` write the same bytes with these.

mod csv;
mod parquet;
#[cfg(test)]
mod tests;
mod xlsx;

use jiff::Timestamp;
use polars::error::PolarsError;
use rust_xlsxwriter::XlsxError;

pub use self::csv::{Dialect, csv};
pub use self::parquet::parquet;
pub use self::xlsx::{XLSX_ROWS_MAX, xlsx};

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The set has more rows than a sheet: offer Parquet or CSV, or a filter.
    #[error("{set} has more than {XLSX_ROWS_MAX} rows, which a sheet cannot hold: take Parquet or CSV, or filter")]
    TooManyRows {
        /// The set.
        set: String,
    },
    /// The workbook cannot be made: a full disk, mostly, where the sheet waits for the end.
    #[error("the workbook cannot be written")]
    Workbook(#[from] XlsxError),
    /// The columns cannot be made or written: memory or a full disk, mostly.
    #[error("the columns cannot be written")]
    Columns(#[from] PolarsError),
}

/// Where the rows of a file come from: what its reader must know beside the rows.
#[derive(Clone, Debug)]
pub struct Passport {
    /// The log's epoch.
    pub epoch: String,
    /// Everything up to this position of the log is in the rows.
    pub seq: u64,
    /// The moment for which they hold.
    pub as_of: Timestamp,
    /// What was asked for, name and value; empty for a whole set.
    pub filters: Vec<(String, String)>,
}
