//! The data contract for external tools, and its rows: what `vekha_bi`, the HTTP feed and the exports promise.
//!
//! [`Contract`] says which sets there are and what every column means; [`Source`] makes the rows of a set from a state;
//! a [`Frame`] holds them; a [`Stored`] file of them answers a [`Question`]. Nothing here writes to the state or opens
//! a socket.

mod beside;
mod contract;
mod feed;
mod frame;
mod question;
mod reckoned;
mod sight;
mod source;
mod stored;
mod words;

pub use beside::Beside;
pub use contract::{Additivity, Column, Contract, Kind, Set, contract};
pub use feed::{Feed, FeedError, Held, Ready};
pub use frame::{Cell, Frame};
pub use question::{Compare, Direction, Filter, Part, Question, Value};
pub use reckoned::Reckoned;
pub use sight::Sight;
pub use source::{FRAME_ROWS, Source};
pub use stored::Stored;
pub use words::{group_of, role_ru, said};
