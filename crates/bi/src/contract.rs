//! The contract: sets and columns, with what each means, from `data/contract.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What is promised.
#[derive(Debug)]
pub struct Contract {
    /// Major and minor version: a new minor adds columns at the end of sets, a new major stands beside the old one.
    pub version: String,
    /// The sets, in the order of the file.
    pub sets: Vec<Set>,
}

/// A data set: a view, a table, a file.
#[derive(Debug)]
pub struct Set {
    /// `v_indicator`.
    pub name: String,
    /// Its name in Russian.
    pub ru: String,
    /// Its name in English.
    pub en: String,
    /// What one row is, in Russian.
    pub grain_ru: String,
    /// What one row is, in English.
    pub grain_en: String,
    /// The columns that name a row for ever.
    pub key: Vec<String>,
    /// Rows are seen by territory; the others are everybody's.
    pub scoped: bool,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

/// A column of a set. The same name means the same in every set.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
    /// A cell may be empty.
    pub nullable: bool,
    /// How it may be aggregated.
    pub additivity: Additivity,
    /// The unit of numbers; empty for what is not measured.
    pub unit: String,
    /// Its label in Russian.
    pub ru: String,
    /// Its label in English.
    pub en: String,
    /// What it holds, in Russian.
    pub about_ru: String,
    /// What it holds, in English.
    pub about_en: String,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// UTF-8.
    Text,
    /// 64 bits, signed.
    Int,
    /// 64 bits, IEEE 754.
    Double,
    /// True or false.
    Bool,
    /// A day in the region's zone.
    Date,
    /// A moment, to the microsecond.
    Instant,
}

/// How a column may be aggregated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Additivity {
    /// Sums are meant.
    Add,
    /// A state: sums over things, never over time.
    Last,
    /// Neither sum nor mean.
    #[default]
    None,
}

impl Kind {
    /// Its name in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int => "int",
            Self::Double => "double",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Instant => "instant",
        }
    }
}

impl Additivity {
    /// Its name in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Last => "last",
            Self::None => "none",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    columns: BTreeMap<String, FileColumn>,
    sets: Vec<FileSet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileColumn {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    null: bool,
    #[serde(default)]
    additivity: Additivity,
    #[serde(default)]
    unit: String,
    ru: String,
    en: String,
    about_ru: String,
    about_en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSet {
    name: String,
    ru: String,
    en: String,
    grain_ru: String,
    grain_en: String,
    key: Vec<String>,
    #[serde(default)]
    scope: bool,
    /// Columns that may be empty in this set, and nowhere else.
    #[serde(default)]
    nullable: Vec<String>,
    columns: Vec<String>,
}

/// The contract of this version.
///
/// # Panics
/// Never: a test reads the same text.
#[must_use]
pub fn contract() -> &'static Contract {
    static CONTRACT: LazyLock<Contract> =
        LazyLock::new(|| read(include_str!("../data/contract.toml")).expect("the contract is part of the program"));
    &CONTRACT
}

fn read(text: &str) -> Result<Contract, String> {
    let File { version, columns, sets } = toml::from_str(text).map_err(|error| error.to_string())?;
    let column = |set: &FileSet, name: &String| {
        let it = columns.get(name);
        let it = it.ok_or_else(|| format!("{} names the column {name}, which nobody defined", set.name))?;
        Ok::<Column, String>(Column {
            name: name.clone(),
            kind: it.kind,
            nullable: it.null || set.nullable.contains(name),
            additivity: it.additivity,
            unit: it.unit.clone(),
            ru: it.ru.clone(),
            en: it.en.clone(),
            about_ru: it.about_ru.clone(),
            about_en: it.about_en.clone(),
        })
    };
    let sets = sets.into_iter().map(|set| {
        let columns: Result<Vec<Column>, String> = set.columns.iter().map(|name| column(&set, name)).collect();
        let FileSet { name, ru, en, grain_ru, grain_en, key, scope, .. } = set;
        Ok(Set { name, ru, en, grain_ru, grain_en, key, scoped: scope, columns: columns? })
    });
    Ok(Contract { version, sets: sets.collect::<Result<_, String>>()? })
}

impl Contract {
    /// A set by its name, with or without `v_`.
    #[must_use]
    pub fn set(&self, name: &str) -> Option<&Set> {
        self.sets.iter().find(|set| set.name == name || set.short() == name)
    }
}

impl Set {
    /// The name without `v_`: of files and of `OData`'s entity sets.
    #[must_use]
    pub fn short(&self) -> &str {
        self.name.strip_prefix("v_").unwrap_or(&self.name)
    }

    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{File, Kind, contract};

    #[test]
    fn every_set_and_column_is_told_in_both_languages() {
        let latin = |text: &str| text.chars().any(|letter| letter.is_ascii_alphabetic());
        let russian = |text: &str| text.chars().any(|letter| ('а'..='я').contains(&letter.to_ascii_lowercase()));
        for set in &contract().sets {
            assert!(set.name.starts_with("v_"), "{}", set.name);
            assert!(russian(&set.ru) && latin(&set.en), "{}", set.name);
            assert!(russian(&set.grain_ru) && latin(&set.grain_en), "{}", set.name);
            for column in &set.columns {
                let name = format!("{}.{}", set.name, column.name);
                assert!(column.ru.chars().any(char::is_alphabetic) && latin(&column.en), "{name}");
                assert!(!column.about_ru.is_empty() && !column.about_en.is_empty(), "{name}");
                let measured = matches!(column.kind, Kind::Double);
                assert!(!measured || !column.unit.is_empty(), "{name} is a number of no unit");
            }
        }
    }

    #[test]
    fn keys_are_columns_that_are_never_empty() {
        for set in &contract().sets {
            assert!(!set.key.is_empty(), "{}", set.name);
            for name in &set.key {
                let column = set.column(name).unwrap_or_else(|| panic!("{}: {name}", set.name));
                assert!(!column.nullable, "{}: {name}", set.name);
            }
            if set.scoped {
                assert!(set.column("municipality_code").is_some() && set.column("region_code").is_some());
                assert!(set.column("org_code").is_some());
            }
        }
    }

    #[test]
    fn every_column_is_used_and_named_once() {
        let file: File = toml::from_str(include_str!("../data/contract.toml")).unwrap();
        let used: BTreeSet<&String> = file.sets.iter().flat_map(|set| &set.columns).collect();
        assert_eq!(used, file.columns.keys().collect::<BTreeSet<_>>());
        for set in &file.sets {
            let once: BTreeSet<&String> = set.columns.iter().collect();
            assert_eq!(once.len(), set.columns.len(), "{}", set.name);
        }
    }

    #[test]
    fn names_are_no_reserved_words() {
        for column in contract().sets.iter().flat_map(|set| &set.columns) {
            assert!(!["value", "target", "order", "user", "row"].contains(&column.name.as_str()), "{}", column.name);
        }
    }
}
