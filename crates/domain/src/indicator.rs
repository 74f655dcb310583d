//! What an indicator is, as data: the shape of an entry of the indicator file and of `indicator.defined` alike.
//!
//! The language says what a definition looks like; whether its SQL works is judged by whoever computes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::Real;
use crate::period::Part;

/// One version of an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorDefinition {
    /// A letter and two digits: `I01`.
    pub id: String,
    /// Version of the definition, from 1.
    pub version: u16,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// What it is measured in.
    pub unit: Unit,
    /// The value to be reached, above 0; none where none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Real>,
    /// Which way a value should go.
    pub better: Better,
    /// Its weight in the composite, 0 or more.
    pub weight: Real,
    /// The periods that it is told for.
    pub periods: Vec<Part>,
    /// The levels that it is told at.
    pub levels: Vec<Level>,
    /// The table that it reads.
    pub table: String,
    /// Which rows of the table are looked at, as SQL; all of them without it.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The column with the period in which a row counts; without it every row counts in each period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_by: Option<String>,
    /// Which rows the whole year takes; with `counts_by`, and absent without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<YearTakes>,
    /// What a denominator of 0 means.
    pub when_empty: WhenEmpty,
    /// Whose rows add up in territories.
    #[serde(default, skip_serializing_if = "SumOf::is_usual")]
    pub of: SumOf,
    /// A condition, as SQL: a school with such a row is suppressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hide: Option<String>,
    /// The numerator.
    pub numerator: Measure,
    /// The denominator.
    pub denominator: Measure,
    /// The school year, or the period, from which on this version is the official one (`2022-2023`); always without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// A numerator or a denominator: in words, and as what each row of the table adds to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
    /// As SQL over the columns of the table: a number, or a condition, which counts 1 where it holds.
    pub sql: String,
}

/// A list of words: the enum, all of them in order, and their texts in files, events and answers.
macro_rules! listed {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$vdoc:meta])* $variant:ident = $text:literal ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
            pub enum $name { $( $(#[$vdoc])* #[serde(rename = $text)] $variant ),* }

            impl $name {
                /// All of them, in order.
                pub const ALL: &'static [Self] = &[ $( Self::$variant ),* ];

                /// The word in files, events and answers.
                #[must_use]
                pub fn as_str(self) -> &'static str {
                    match self { $( Self::$variant => $text ),* }
                }

                /// The one of a word; `None` where there is none.
                #[must_use]
                pub fn from_name(name: &str) -> Option<Self> {
                    match name { $( $text => Some(Self::$variant), )* _ => None }
                }
            }
        )*
    };
}

listed! {
    /// Where an indicator is told. The order is that of the words.
    Level {
        /// All regions together.
        Country = "country",
        /// The schools of one region that have a cluster direction, with what concerns it.
        Direction = "direction",
        /// The schools of one municipality together.
        Municipality = "municipality",
        /// One authority, with what it owes itself.
        Publisher = "publisher",
        /// The schools of one region together.
        Region = "region",
        /// One school.
        School = "school",
    }
    /// What a value is measured in.
    Unit {
        /// A part of one: 0 to 1.
        Share = "share",
        /// Calendar days.
        Days = "days",
        /// Percentage points.
        Points = "points",
    }
    /// Which way a value should go.
    Better {
        /// The higher, the better.
        Up = "up",
        /// The lower, the better.
        Down = "down",
    }
    /// What a denominator of 0 means.
    WhenEmpty {
        /// There is nothing to tell.
        NoData = "no_data",
        /// The value is 0: no delay is no delay.
        Zero = "zero",
    }
    /// Which rows the whole year takes.
    YearTakes {
        /// All rows of the year.
        All = "all",
        /// Those that name the year itself.
        Own = "own",
    }
    /// Whose rows add up in territories.
    SumOf {
        /// Those of schools.
        Schools = "schools",
        /// Those of authorities.
        Authorities = "authorities",
    }
}

#[expect(clippy::derivable_impls, reason = "the words come from a macro, and one of them is the usual one")]
impl Default for SumOf {
    fn default() -> Self {
        Self::Schools
    }
}

impl SumOf {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_usual(&self) -> bool {
        *self == Self::Schools
    }
}

/// Whether a text is an id of an indicator: a capital letter and two digits.
#[must_use]
pub fn is_indicator_id(text: &str) -> bool {
    matches!(text.as_bytes(), [b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry() -> serde_json::Value {
        json!({
            "id": "I19", "version": 2, "name_ru": "Н", "name_en": "N", "unit": "share", "target": 0.95, "better": "up",
            "weight": 4.0, "periods": ["H1", "Y"], "levels": ["region", "school"], "table": "obligations",
            "where": "counts", "counts_by": "due_part", "year": "all", "when_empty": "no_data",
            "numerator": {"ru": "ч", "en": "n", "sql": "is_done"}, "denominator": {"ru": "з", "en": "d", "sql": "is_due"}
        })
    }

    #[test]
    fn a_definition_is_written_as_it_was_read() {
        let definition: IndicatorDefinition = serde_json::from_value(entry()).unwrap();
        assert_eq!((definition.of, definition.levels.len()), (SumOf::Schools, 2));
        assert_eq!(serde_json::to_value(&definition).unwrap(), entry());
    }

    #[test]
    fn an_unknown_field_or_word_is_refused() {
        for (field, value) in [("wheree", json!("x")), ("unit", json!("metres")), ("levels", json!(["village"]))] {
            let mut wrong = entry();
            wrong[field] = value;
            assert!(serde_json::from_value::<IndicatorDefinition>(wrong).is_err(), "{field}");
        }
    }

    #[test]
    fn levels_stand_in_the_order_of_their_words() {
        assert!(Level::ALL.is_sorted() && Level::ALL.is_sorted_by_key(|level| level.as_str()));
        assert!(Level::ALL.iter().all(|level| Level::from_name(level.as_str()) == Some(*level)));
        assert_eq!(Level::from_name("village"), None);
    }

    #[test]
    fn ids_are_a_letter_and_two_digits() {
        assert!(is_indicator_id("I01") && is_indicator_id("Z99"));
        assert!(["", "A", "i01", "I1", "I001", "И01"].iter().all(|bad| !is_indicator_id(bad)));
    }
}
