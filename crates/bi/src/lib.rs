//! The data contract for external tools, and its rows: what `vekha_bi`, the HTTP feed and the exports promise.
//!
//! [`Contract`] says which sets there are and what every column means; [`Source`] makes the rows of a set from a state;
//! a [`Frame`] holds them. Nothing here opens a file or a socket.

mod beside;
mod contract;
mod feed;
mod frame;
mod reckoned;
mod source;
mod words;

pub use beside::Beside;
pub use contract::{Additivity, Column, Contract, Kind, Set, contract};
pub use feed::{Feed, FeedError, Ready};
pub use frame::{Cell, Frame};
pub use reckoned::Reckoned;
pub use source::{FRAME_ROWS, Overdue, Source, Tally};
pub use words::{group_of, role_ru, said};
