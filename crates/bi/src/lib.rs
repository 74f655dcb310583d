//! The data contract for external tools, and its rows: what `vekha_bi`, the HTTP feed and the exports promise.
//!
//! [`Contract`] says which sets there are and what every column means; [`Source`] makes the rows of a set from a state;
//! a [`Frame`] holds them; [`csv()`], [`xlsx()`] and [`parquet()`] write them, [`Ocel`] writes the log; a [`Stored`] file
//! answers a [`Question`]. Nothing here opens a socket, and no file but such a one and a workbook's temporary one.

mod beside;
mod contract;
mod feed;
mod frame;
mod ocel;
mod question;
mod reckoned;
mod sight;
mod source;
mod stored;
mod words;
mod write;

pub use beside::Beside;
pub use contract::{Additivity, Column, Contract, Kind, Set, contract};
pub use feed::{Feed, FeedError, Held, Ready};
pub use frame::{Cell, Frame};
pub use ocel::{EventTime, Ocel, OcelError};
pub use polars::error::PolarsError;
pub use question::{Compare, Direction, Filter, Part, Question, Value};
pub use reckoned::Reckoned;
pub use sight::Sight;
pub use source::{FRAME_ROWS, Overdue, Source, Tally};
pub use stored::Stored;
pub use words::{group_of, role_ru, said};
pub use write::{Dialect, Passport, WriteError, XLSX_ROWS_MAX, csv, parquet, xlsx};
