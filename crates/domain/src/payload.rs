//! What each event says: one typed payload per type of the catalogue (`domain.md` 7).
//!
//! These shapes are frozen once released: a change is a new type (`letter.sent.v2`) and an upcaster.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text written by a person. A type of its own, so that it can be sealed and forgotten one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FreeText(pub String);

/// What shows that an act happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Kind, as the row's profile names it: `order`, `letter`, `checklist`, …
    pub kind: String,
    /// Registration number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Date of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub date: Option<Date>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// SHA-256 of the file, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// An act on an obligation: what happened, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fact<T> {
    /// What happened, by type.
    pub details: T,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// A remark of the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<FreeText>,
}

macro_rules! details {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$fdoc:meta])* $field:ident : $ty:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
            pub struct $name { $( $(#[$fdoc])* pub $field: $ty, )* }
        )*
    };
}

macro_rules! words {
    ($( $(#[$doc:meta])* $name:ident { $( $variant:ident ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "kebab-case")]
            #[expect(missing_docs, reason = "the variants are the words of the contract")]
            pub enum $name { $( $variant ),* }
        )*
    };
}

mod bulk;
mod facts;
mod life;
mod measuring;
mod people;
mod registry;

pub use self::bulk::*;
pub use self::facts::*;
pub use self::life::*;
pub use self::measuring::*;
pub use self::people::*;
pub use self::registry::*;
