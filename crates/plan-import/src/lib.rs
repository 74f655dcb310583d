//! Reads plan documents into a [`Plan`](domain::plan::Plan) and a list of anomalies.
//!
//! A document is read as people paste it: a table with tabs, broken by pages, with merged cells,
//! HTML, dates in words and names without separators. What is odd is listed for a person and read
//! the likeliest way; what is not a whole table is refused with its line. What the document does not
//! say comes from a [`Profile`], a data file beside it. This crate opens no file and knows no clock.

mod defaults;
mod document;
mod error;
mod html;
mod import;
mod names;
mod oddities;
mod people;
mod places;
mod profile;
pub mod wording;

pub use error::{ImportError, ProfileError};
pub use import::import;
pub use profile::{ActivityProfile, Profile, Role, RowEntry};
