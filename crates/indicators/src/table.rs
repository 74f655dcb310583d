//! What the job reads: the register's columns as frames, and the registry behind their numbers.

mod asked;
mod beside;
mod block;
mod build;
mod calendar;
mod frame;
mod held;
mod numbers;
mod obligations;
mod spec;
mod state;
mod terms;
mod wanted;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::deadline::SchoolYear;
use domain::payload::OrgKind;
use domain::period::Part;
use domain::timeliness::Clockwork;
use jiff::Timestamp;
use jiff::civil::Date;
use polars::error::PolarsError;
use polars::prelude::DataFrame;
use register::Register;

pub use self::asked::{Asked, DIRECTIONS, Link, direction_code};
pub(crate) use self::build::{Hands, Reader};
pub(crate) use self::numbers::Numbers;
pub use self::obligations::{Owner, Rows, Standing};
pub use self::spec::{
    ACTIVITIES, ColumnKind, ColumnSpec, DIRECTION, FACTS, H1_END, IS_YEAR, LINK_CHECKS, OBLIGATION, OBLIGATIONS, ON,
    PARTICIPATION, PERIOD_END, RECOMMENDATIONS, SURVEYS, TABLES, TableSpec, UNIT, YEAR_END, event_code,
};
pub use self::terms::Terms;

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
    /// Its cluster directions, bit by bit in the order of [`DIRECTIONS`]; 0: none is named, and it counts for all.
    pub directions: u8,
}

impl Org {
    /// Whether it counts for a direction, by its place in [`DIRECTIONS`].
    pub(crate) fn has_direction(&self, at: usize) -> bool {
        self.directions == 0 || self.directions & (1 << at) != 0
    }
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

/// The day at whose end is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The instant whose day it is in each region.
    pub as_of: Timestamp,
    /// Another day, the same in every region.
    pub on: Option<Date>,
}

impl Judged {
    /// At the end of an instant's day.
    #[must_use]
    pub fn at(as_of: Timestamp) -> Self {
        Self { as_of, on: None }
    }

    /// The day in a region.
    #[must_use]
    pub fn day(&self, clockwork: &Clockwork) -> Date {
        self.on.unwrap_or_else(|| clockwork.day_of(self.as_of))
    }
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
    /// Targets and weights of regions and municipalities.
    pub terms: Terms,
}

impl Tables {
    /// The tables of a register as it stands.
    ///
    /// The register holds the state; for what was known at an earlier instant, pass the register of that instant.
    ///
    /// # Errors
    /// When polars refuses the columns, which no register can cause.
    pub fn from_register(register: &Register, judged: Judged) -> Result<Self, PolarsError> {
        Self::read(register, judged, None)
    }

    /// The tables of some organisations, by number; units are numbered within them.
    ///
    /// # Errors
    /// When polars refuses the columns, which no register can cause.
    pub fn of_orgs(register: &Register, judged: Judged, orgs: &[u32]) -> Result<Self, PolarsError> {
        Self::read(register, judged, Some(orgs))
    }

    /// The tables of a region's organisations, with the whole registry.
    ///
    /// # Errors
    /// When polars refuses the columns, which no register can cause.
    pub fn of_region(register: &Register, judged: Judged, region: u32) -> Result<Self, PolarsError> {
        let orgs: Vec<u32> =
            (0..).zip(register.orgs()).filter(|(_, org)| org.region == region).map(|(number, _)| number).collect();
        Ok(Self { places: Arc::new(Places::of(register)), ..Self::read(register, judged, Some(&orgs))? })
    }

    fn read(register: &Register, judged: Judged, orgs: Option<&[u32]>) -> Result<Self, PolarsError> {
        let reader = Reader::new(register, judged, orgs, None);
        let frames = reader.all_frames()?.into_iter().map(|(name, frame)| (name.to_owned(), frame)).collect();
        let places = if orgs.is_some() { Places::default() } else { Places::of(register) };
        Ok(Self { places: Arc::new(places), units: reader.units().to_vec(), frames, terms: Terms::of(register) })
    }
}

impl Places {
    /// The registry of a register.
    pub(crate) fn of(register: &Register) -> Self {
        let directions = register.directions();
        let orgs = register.orgs().iter().zip(directions).map(|(org, directions)| Org {
            code: org.code.as_str().to_owned(),
            name_ru: org.name_ru.clone(),
            name_en: org.name_en.clone(),
            kind: org.kind,
            region: org.region,
            municipality: org.municipality,
            directions,
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
        Self { orgs: orgs.collect(), municipalities: municipalities.collect(), regions: regions.collect() }
    }
}

#[cfg(test)]
pub(crate) mod tests;
