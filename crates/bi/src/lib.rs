//! The data contract for external tools, and its rows: what `vekha_bi`, the HTTP feed and the exports promise.
//!
//! [`Contract`] says which sets there are and what every column means; [`Source`] makes the rows of a set from a state;
//! a [`Frame`] holds them and writes them as what a tool reads. Nothing here opens a file or a socket.

mod contract;
mod frame;

pub use contract::{Additivity, Column, Contract, Kind, Set, contract};
pub use frame::{Cell, Frame};
