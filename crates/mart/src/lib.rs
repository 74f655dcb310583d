//! Keeps the schema `vekha_bi` of a PostgreSQL up with the state, for external tools.
//!
//! [`Sink`] is the task: it takes [`Rows`] and writes them so that whoever reads sees the state before a step or the
//! one after it, never something between. [`Live`] makes the rows from the service's state; [`ddl`] makes the schema
//! from the data contract; [`readers`] lets people and tools in. Nothing is ever read back from the database but how
//! far it is: it decides nothing, and losing it costs a rebuild.

mod apply;
mod connect;
pub mod ddl;
mod encode;
mod error;
mod live;
mod load;
mod place;
pub mod readers;
mod rebuild;
mod rows;
mod sink;
mod status;
mod tls;

pub use self::connect::Address;
pub use self::error::MartError;
pub use self::live::Live;
pub use self::load::{Load, Stamp};
pub use self::rows::{Ask, NoRows, Reach, Rows};
pub use self::sink::Sink;
pub use self::status::{Status, ask_rebuild, status};
