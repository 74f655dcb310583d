//! From tables to values: sums for each organisation in polars, then territories by adding up.

mod board;
mod bulk;
pub(crate) mod cells;
mod reading;
pub(crate) mod subjects;
pub(crate) mod sums;

use polars::error::PolarsError;

pub use self::board::{Board, Change, Updated};
use crate::definition::Catalogue;
use crate::table::Tables;
use crate::values::Values;

/// Values cannot be computed. None of these can come from a register with the standard definitions;
/// show the previous values with their position, and look at the definitions.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    /// A definition reads a table that is not there.
    #[error("{indicator} reads the table {table}, which is not there")]
    NoTable {
        /// The indicator.
        indicator: String,
        /// The table.
        table: String,
    },
    /// A row belongs to nobody.
    #[error("the table {table} has a row of unit {unit}, there are {units} units")]
    NoUnit {
        /// The table.
        table: String,
        /// The number in the row.
        unit: u64,
        /// How many units there are.
        units: usize,
    },
    /// Polars refused a query.
    #[error("the table {table} cannot be summed")]
    Query {
        /// The table.
        table: String,
        /// Why.
        #[source]
        source: PolarsError,
    },
}

/// Computes every value of a catalogue: each organisation and territory, each period, each indicator
/// and the composite.
///
/// Rows of the result: for each level, each organisation or territory with rows at that level, each
/// period and each indicator that is told there; the composite for every period.
///
/// # Errors
/// [`ComputeError`].
pub fn compute(tables: Tables, catalogue: &Catalogue) -> Result<Values, ComputeError> {
    Ok(Board::new(tables, catalogue.clone())?.values().clone())
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
