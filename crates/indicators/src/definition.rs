//! What an indicator is: data, read and checked once.

mod check;
mod file;

use std::collections::BTreeSet;

use domain::deadline::SchoolYear;
use domain::indicator::IndicatorDefinition;
use domain::period::Part;
use polars::prelude::Expr;
use register::Register;
use serde::Deserialize;

pub use domain::indicator::{Better, Level, SumOf, Unit, WhenEmpty};

pub use self::check::{Mistake, Problem};
use crate::table::{DIRECTION, H1_END, IS_YEAR, PERIOD_END, TABLES, TableSpec, UNIT, YEAR_END};

/// The levels, in order.
pub(crate) const LEVELS: [Level; 6] =
    [Level::Country, Level::Direction, Level::Municipality, Level::Publisher, Level::Region, Level::School];

/// The place of a level in [`LEVELS`].
pub(crate) fn rank(level: Level) -> usize {
    LEVELS.iter().position(|known| *known == level).unwrap_or_default()
}

/// Whether a level sums organisations.
#[must_use]
pub fn is_territory(level: Level) -> bool {
    !matches!(level, Level::Publisher | Level::School)
}

/// Which rows count in which period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountsBy {
    /// The rows that name the period in this column; the year takes all rows of the year.
    Part(String),
    /// The rows that name the period in this column, for the year too.
    OwnPart(String),
    /// Every row, as it stood at the period's end.
    Standing,
}

/// A numerator or a denominator: in words, and as what each row of the table adds to it.
#[derive(Clone, Debug)]
pub struct Measure {
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
    /// As SQL over the columns of the table.
    pub sql: String,
    /// The SQL, read.
    pub(crate) expr: Expr,
}

/// One indicator.
#[derive(Clone, Debug)]
pub struct Definition {
    /// `I01`.
    pub id: String,
    /// Version of the definition, from 1.
    pub version: u16,
    /// The first school year that tells it as the official version; `None`: always.
    pub from: Option<SchoolYear>,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// What it is measured in.
    pub unit: Unit,
    /// The value to be reached, above 0; `None`: none is set.
    pub target: Option<f64>,
    /// Which way it should go.
    pub better: Better,
    /// Its weight in the composite, 0 or more.
    pub weight: f64,
    /// The periods that it is told for, in the order of time.
    pub periods: Vec<Part>,
    /// The levels that it is told at, in order.
    pub levels: Vec<Level>,
    /// The table that it reads.
    pub table: String,
    /// Which rows of the table it looks at, as SQL.
    pub condition: Option<String>,
    /// Which rows count in which period.
    pub counts_by: CountsBy,
    /// What a denominator of 0 means.
    pub when_empty: WhenEmpty,
    /// Whose rows add up in territories.
    pub of: SumOf,
    /// Rows because of which a school is not shown, as SQL.
    pub hide: Option<String>,
    /// The numerator.
    pub numerator: Measure,
    /// The denominator.
    pub denominator: Measure,
    pub(crate) condition_expr: Option<Expr>,
    pub(crate) hide_expr: Option<Expr>,
    /// The SQL names [`crate::table::IS_YEAR`].
    pub(crate) asks_for_year: bool,
}

impl Definition {
    /// How far a value reaches a target above 0, from 0 to 1.
    #[must_use]
    pub fn achievement(&self, value: f64, target: f64) -> f64 {
        match self.better {
            Better::Up => (value / target).clamp(0.0, 1.0),
            Better::Down if value <= target => 1.0,
            Better::Down => target / value,
        }
    }

    /// Adds the columns of its table that it names.
    fn name_columns(&self, named: &mut BTreeSet<String>) {
        let exprs = [Some(&self.numerator.expr), Some(&self.denominator.expr), self.condition_expr.as_ref()];
        for node in exprs.into_iter().flatten().chain(&self.hide_expr).flat_map(IntoIterator::into_iter) {
            match node {
                Expr::Column(name) if name == PERIOD_END => named.extend([H1_END, YEAR_END].map(str::to_owned)),
                Expr::Column(name) if name != IS_YEAR => drop(named.insert(name.to_string())),
                _ => {}
            }
        }
        if let CountsBy::Part(column) | CountsBy::OwnPart(column) = &self.counts_by {
            named.insert(column.clone());
        }
    }

    /// Whether it is told at that level for that period.
    #[must_use]
    pub fn is_told(&self, level: Level, part: Part) -> bool {
        self.levels.contains(&level) && self.periods.contains(&part)
    }
}

/// The composite achievement: the mean of achievements by weight, over the indicators that have data.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Composite {
    /// `A`.
    pub id: String,
    /// Version of the definition, from 1.
    pub version: u16,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// Its numerator in Russian.
    pub numerator_ru: String,
    /// Its numerator in English.
    pub numerator_en: String,
    /// Its denominator in Russian.
    pub denominator_ru: String,
    /// Its denominator in English.
    pub denominator_en: String,
    /// The periods that have a composite; in the others it has no data.
    pub periods: Vec<Part>,
    /// The share of the weight that applies, below which there is no number.
    pub enough_weight: f64,
}

/// A band of achievements.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Its code in answers.
    pub code: String,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// The lowest achievement in it.
    pub from: f64,
}

/// Every indicator of a deployment, in the order of id, version and levels, and the composite.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(crate) composite: Composite,
    pub(crate) bands: Vec<Band>,
    pub(crate) definitions: Vec<Definition>,
}

/// A catalogue cannot be used: correct the file.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// Not TOML, or a field is missing, unknown or of another type.
    #[error("the indicator file cannot be read")]
    File(#[source] Box<toml::de::Error>),
    /// What the fields say does not work; every mistake of the file is listed.
    #[error("{} of the indicator file: {}", if .0.len() == 1 { "a mistake" } else { "mistakes" }, list(.0))]
    Mistakes(Vec<Mistake>),
}

fn list(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("; ")
}

/// The indicators that come with the service.
const STANDARD: &str = include_str!("../data/indicators.toml");

impl Catalogue {
    /// Reads definitions over the tables of the register.
    ///
    /// # Errors
    /// [`DefinitionError`]: each mistake names the indicator, the field and what is wrong.
    pub fn load(text: &str) -> Result<Self, DefinitionError> {
        Self::load_over(text, &TABLES)
    }

    /// Reads definitions over the given tables.
    ///
    /// # Errors
    /// [`DefinitionError`]: each mistake names the indicator, the field and what is wrong.
    pub fn load_over(text: &str, tables: &[TableSpec]) -> Result<Self, DefinitionError> {
        let file = toml::from_str(text).map_err(|error| DefinitionError::File(Box::new(error)))?;
        check::catalogue(file, tables).map_err(DefinitionError::Mistakes)
    }

    /// The definitions that come with the service.
    ///
    /// # Panics
    /// Never: a test loads the same text.
    #[must_use]
    pub fn standard() -> Self {
        Self::load(STANDARD).expect("the standard definitions are part of the program and tested with it")
    }

    /// The indicators of a state: these, and those that the log defines beside them.
    ///
    /// # Errors
    /// [`DefinitionError`]: a definition of the log that this version cannot read.
    pub fn of(&self, register: &Register) -> Result<Self, DefinitionError> {
        let defined = register.ledger().definitions();
        let mut catalogue = self.clone();
        for one in defined {
            catalogue = catalogue.with(&one.definition)?;
        }
        Ok(catalogue)
    }

    /// These, and one more.
    ///
    /// # Errors
    /// [`DefinitionError`]: every mistake of it.
    pub fn with(&self, definition: &IndicatorDefinition) -> Result<Self, DefinitionError> {
        check::one_more(self.clone(), definition.clone(), &TABLES).map_err(DefinitionError::Mistakes)
    }

    /// The indicators, by id.
    #[must_use]
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The composite.
    #[must_use]
    pub fn composite(&self) -> &Composite {
        &self.composite
    }

    /// The bands of achievements, from the best down.
    #[must_use]
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// The band of an achievement.
    #[must_use]
    pub fn band(&self, achievement: f64) -> Option<&Band> {
        self.bands.iter().find(|band| achievement >= band.from)
    }

    /// Whether a version is the official one in a school year: the newest that holds by then.
    #[must_use]
    pub fn is_official(&self, definition: &Definition, year: SchoolYear) -> bool {
        let holds = |from: Option<SchoolYear>| from.is_none_or(|from| from.first_year() <= year.first_year());
        let versions = self.definitions.iter().filter(|known| known.id == definition.id && holds(known.from));
        versions.map(|known| known.version).max() == Some(definition.version)
    }

    /// The columns of a table that definitions name, and those that say whose its rows are; none where nobody reads it.
    #[must_use]
    pub fn columns_of(&self, table: &str) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        for definition in self.definitions.iter().filter(|definition| definition.table == table) {
            definition.name_columns(&mut named);
        }
        if let Some(spec) = TABLES.iter().find(|spec| spec.name == table && !named.is_empty()) {
            named.extend([UNIT, DIRECTION].into_iter().filter(|name| spec.column(name).is_some()).map(str::to_owned));
        }
        named
    }

    /// Whether an indicator or the composite has that id.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.composite.id == id || self.definitions.iter().any(|definition| definition.id == id)
    }
}

#[cfg(test)]
mod tests;
