//! The indicator job: register to numerators, denominators, values and roll-ups.
//!
//! [`Tables`] are frames made of the register's columns at one instant; [`Catalogue`] holds the
//! indicators as data; [`compute()`] brings them together into [`Values`], schools first, territories
//! by adding up their schools. Sums are of whole numbers, so they are exact and do not depend on the
//! order of rows. Polars runs on the CPU and may panic on data that nobody thought of: whoever calls
//! [`compute()`] isolates it. This crate never reads a clock, a file, a socket or a random number.

pub mod compute;
pub mod definition;
pub mod explain;
mod parallel;
pub mod table;
pub mod values;

pub use compute::{Board, Change, ComputeError, Updated, compute};
pub use definition::{Catalogue, Definition, DefinitionError, Level};
pub use polars::error::PolarsError;
pub use table::{DIRECTIONS, Judged, Tables};
pub use values::{COUNTRY, Lang, Selection, Status, ValueRow, Values, Versions, direction_names};

/// An index of a vector; numbers of organisations, places and units are 32 bits wide.
fn index(number: u32) -> usize {
    usize::try_from(number).expect("a machine of at least 32 bits")
}
