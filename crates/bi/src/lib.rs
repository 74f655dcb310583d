//! The data contract for external tools, and its rows: what `vekha_bi`, the HTTP feed and the exports promise.
//!
//! [`Contract`] says which sets there are and what every column means; [`Source`] makes the rows of a set from a state;
//! a [`Frame`] holds them; [`csv()`], [`xlsx()`] and [`parquet()`] write them, [`Ocel`] writes the log. Nothing here opens a socket, and no file but
//! a workbook's temporary one.

mod beside;
mod contract;
mod feed;
mod frame;
mod ocel;
mod reckoned;
mod source;
mod words;
mod write;

pub use beside::Beside;
pub use contract::{Additivity, Column, Contract, Kind, Set, contract};
pub use feed::{Feed, FeedError, Ready};
pub use frame::{Cell, Frame};
pub use ocel::{EventTime, Ocel, OcelError};
pub use reckoned::Reckoned;
pub use source::{FRAME_ROWS, Source};
pub use words::{group_of, role_ru, said};
pub use write::{Dialect, Passport, WriteError, XLSX_ROWS_MAX, csv, parquet, xlsx};
