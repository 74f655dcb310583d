//! What the job reads: the register's columns as frames, and the registry behind their numbers.

mod calendar;
pub mod obligations;
mod spec;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::deadline::SchoolYear;
use domain::payload::OrgKind;
use domain::period::Part;
use jiff::Timestamp;
use polars::error::PolarsError;
use polars::prelude::DataFrame;
use register::Register;

pub use self::obligations::{Asked, Owner, Rows, Standing};
pub use self::spec::{ColumnKind, ColumnSpec, H1_END, OBLIGATIONS, PERIOD_END, TableSpec, UNIT, YEAR_END};

/// The code of a part of the school year in columns of the kind [`ColumnKind::Part`].
#[must_use]
pub const fn part_code(part: Part) -> u8 {
    match part {
        Part::T0 => 0,
        Part::H1 => 1,
        Part::H2 => 2,
        Part::Y => 3,
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// Its code.
    pub code: String,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// What it is.
    pub kind: OrgKind,
    /// Number of its region.
    pub region: u32,
    /// Number of its municipality; authorities of a whole region have none.
    pub municipality: Option<u32>,
}

/// A municipality or a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its code.
    pub code: String,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// Number of its region; a region's own.
    pub region: u32,
}

/// The registry that the numbers in frames refer to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Organisations, by number.
    pub orgs: Vec<Org>,
    /// Municipalities, by number.
    pub municipalities: Vec<Place>,
    /// Regions, by number.
    pub regions: Vec<Place>,
}

/// An organisation in one school year: what every row of a table belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Number of the organisation.
    pub org: u32,
    /// The school year.
    pub school_year: SchoolYear,
}

/// Everything that [`crate::compute()`] reads.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// The registry.
    pub places: Arc<Places>,
    /// Who has rows: each organisation in each school year once.
    pub units: Vec<Unit>,
    /// The frames, by the name of their [`TableSpec`].
    pub frames: BTreeMap<String, DataFrame>,
}

impl Tables {
    /// The tables of a register as it stands, judged at the end of the as-of day of each region.
    ///
    /// The register holds the state; for an earlier instant, pass the register of that instant.
    ///
    /// # Errors
    /// When polars refuses the columns, which no register can cause.
    pub fn from_register(register: &Register, as_of: Timestamp) -> Result<Self, PolarsError> {
        let (units, rows) = obligations::of_register(register, as_of);
        let frames = [(OBLIGATIONS.name.to_owned(), rows.into_frame()?)].into();
        Ok(Self { places: Arc::new(places(register)), units, frames })
    }
}

fn places(register: &Register) -> Places {
    let orgs = register.orgs().iter().map(|org| Org {
        code: org.code.as_str().to_owned(),
        name_ru: org.name_ru.clone(),
        name_en: org.name_en.clone(),
        kind: org.kind,
        region: org.region,
        municipality: org.municipality,
    });
    let municipalities = register.municipalities().iter().map(|place| Place {
        code: place.code.as_str().to_owned(),
        name_ru: place.name_ru.clone(),
        name_en: place.name_en.clone(),
        region: place.region,
    });
    let regions = register.regions().iter().zip(0..).map(|(region, number)| Place {
        code: region.code.as_str().to_owned(),
        name_ru: region.clockwork.rules().name_ru.clone(),
        name_en: region.clockwork.rules().name_en.clone(),
        region: number,
    });
    Places { orgs: orgs.collect(), municipalities: municipalities.collect(), regions: regions.collect() }
}

#[cfg(test)]
mod tests;
