//! The answer: one row for each organisation or territory, period and indicator, sorted and ready to
//! be filtered and written.

mod row;

use std::sync::Arc;

use domain::deadline::SchoolYear;
use domain::period::{Part, PeriodCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::row::{COLUMNS, ValueRow};
use crate::definition::Level;
use crate::index;
use crate::table::{Places, part_code};

/// Whether there is a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There is one.
    Ok,
    /// Nothing that counts has happened or fallen due yet, or too little of the weight has data.
    #[default]
    NoData,
    /// Too few people stand behind it to be shown.
    Suppressed,
    /// It is not told here.
    NotApplicable,
}

impl Status {
    /// The name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoData => "no_data",
            Self::Suppressed => "suppressed",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// The language of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

/// The figures of one row. `value` and `achievement` count only where the status is `ok`; `weight` is
/// the indicator's, of the composite the weight that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) numerator: f64,
    pub(crate) denominator: f64,
    pub(crate) value: f64,
    pub(crate) achievement: f64,
    pub(crate) weight: f64,
    pub(crate) status: Status,
}

/// What all rows of an indicator share; the composite's weight stands in its cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) version: u16,
    pub(crate) target: Option<f64>,
    pub(crate) weight: Option<f64>,
}

/// The rows of every subject of a level, in order: period, and number of the head.
pub(crate) type Layout = Vec<(Part, usize)>;

/// An organisation or a territory in a school year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) level: Level,
    /// Number of the organisation, municipality or region.
    pub(crate) place: u32,
    /// Which of the years.
    pub(crate) year: usize,
    /// Its first cell.
    pub(crate) first: usize,
}

/// Every value at one instant, sorted by level, code, period and indicator.
#[derive(Clone, Debug)]
pub struct Values {
    places: Arc<Places>,
    heads: Vec<Head>,
    layouts: [Layout; 4],
    years: Vec<Year>,
    subjects: Vec<Subject>,
    cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
struct Year {
    school_year: SchoolYear,
    /// The codes of its periods, by [`part_code`].
    periods: [String; 4],
}

/// Which rows; everything that is not given matches all.
#[derive(Clone, Debug, Default)]
pub struct Selection<'s> {
    /// Of one level.
    pub level: Option<Level>,
    /// Of one period.
    pub period: Option<PeriodCode>,
    /// Of one indicator.
    pub indicator: Option<&'s str>,
    /// Of one organisation or territory.
    pub org: Option<&'s str>,
    /// Of a region or municipality with this code and of everything in it, or of one organisation.
    pub within: Option<&'s str>,
    /// The language of names.
    pub lang: Lang,
}

impl Values {
    pub(crate) fn new(
        places: Arc<Places>,
        heads: Vec<Head>,
        layouts: [Layout; 4],
        years: &[SchoolYear],
        subjects: Vec<Subject>,
        cells: Vec<Cell>,
    ) -> Self {
        let year = |year: &SchoolYear| Year { school_year: *year, periods: Part::ALL.map(|part| part.code(*year)) };
        let years = years.iter().map(year).collect();
        Self { places, heads, layouts, years, subjects, cells }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether no plan is in force.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The school years that have values, in order.
    pub fn school_years(&self) -> impl Iterator<Item = SchoolYear> + '_ {
        self.years.iter().map(|year| year.school_year)
    }

    /// Every row, with Russian names.
    pub fn rows(&self) -> impl Iterator<Item = ValueRow<'_>> {
        self.select(&Selection::default())
    }

    /// The rows of a selection, in order.
    pub fn select<'v>(&'v self, selection: &Selection<'v>) -> impl Iterator<Item = ValueRow<'v>> + use<'v> {
        let Selection { level, period, indicator, org, within, lang } = selection.clone();
        let from = level.map_or(0, |level| self.subjects.partition_point(|subject| subject.level < level));
        let to = level.map_or(self.subjects.len(), |level| self.subjects.partition_point(|s| s.level <= level));
        let year = period.as_ref().map(|period| period.school_year);
        let part = period.map(|period| period.part);
        let subjects = self.subjects[from..to].iter().filter(move |subject| {
            year.is_none_or(|year| self.years[subject.year].school_year == year)
                && org.is_none_or(|org| self.code(subject) == org)
                && within.is_none_or(|within| self.lies_within(subject, within))
        });
        subjects.flat_map(move |subject| {
            let layout = self.layouts[subject.level.rank()].iter().enumerate();
            let wanted = layout.filter(move |(_, (of, head))| {
                part.is_none_or(|part| part == *of) && indicator.is_none_or(|id| self.heads[*head].id == id)
            });
            wanted.map(move |(at, (part, head))| self.row(subject, *part, *head, at, lang))
        })
    }

    /// SHA-256 over every row: the same for the same values, on any machine.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for row in self.rows() {
            for text in [row.level.as_str(), row.region, row.org, row.period, row.indicator, row.status.as_str()] {
                hash.update(text);
                hash.update([0]);
            }
            hash.update(row.version.to_be_bytes());
            for number in [row.numerator, row.denominator, row.value, row.target, row.achievement, row.weight] {
                hash.update([u8::from(number.is_some())]);
                hash.update(number.unwrap_or_default().to_bits().to_be_bytes());
            }
        }
        hash.finalize().into()
    }

    fn name(&self, subject: &Subject, lang: Lang) -> &str {
        let at = index(subject.place);
        let (ru, en) = match subject.level {
            Level::Municipality => (&self.places.municipalities[at].name_ru, &self.places.municipalities[at].name_en),
            Level::Region => (&self.places.regions[at].name_ru, &self.places.regions[at].name_en),
            Level::School | Level::Publisher => (&self.places.orgs[at].name_ru, &self.places.orgs[at].name_en),
        };
        match lang {
            Lang::Ru => ru,
            Lang::En => en,
        }
    }

    fn code(&self, subject: &Subject) -> &str {
        let at = index(subject.place);
        match subject.level {
            Level::Municipality => &self.places.municipalities[at].code,
            Level::Region => &self.places.regions[at].code,
            Level::School | Level::Publisher => &self.places.orgs[at].code,
        }
    }

    /// Numbers of the subject's region and municipality.
    fn territory(&self, subject: &Subject) -> (u32, Option<u32>) {
        let at = index(subject.place);
        match subject.level {
            Level::Municipality => (self.places.municipalities[at].region, Some(subject.place)),
            Level::Region => (subject.place, None),
            Level::School | Level::Publisher => (self.places.orgs[at].region, self.places.orgs[at].municipality),
        }
    }

    fn lies_within(&self, subject: &Subject, code: &str) -> bool {
        let (region, municipality) = self.territory(subject);
        self.code(subject) == code
            || self.places.regions[index(region)].code == code
            || municipality.is_some_and(|at| self.places.municipalities[index(at)].code == code)
    }

    fn row(&self, subject: &Subject, part: Part, head: usize, at: usize, lang: Lang) -> ValueRow<'_> {
        let (cell, head) = (&self.cells[subject.first + at], &self.heads[head]);
        let (region, municipality) = self.territory(subject);
        let told = cell.status != Status::Suppressed && cell.status != Status::NotApplicable;
        let ok = cell.status == Status::Ok;
        ValueRow {
            level: subject.level,
            org: self.code(subject),
            org_name: self.name(subject, lang),
            region: &self.places.regions[index(region)].code,
            municipality: municipality.map(|at| self.places.municipalities[index(at)].code.as_str()),
            period: &self.years[subject.year].periods[usize::from(part_code(part))],
            indicator: &head.id,
            numerator: told.then_some(cell.numerator),
            denominator: told.then_some(cell.denominator),
            value: ok.then_some(cell.value),
            target: head.target,
            achievement: ok.then_some(cell.achievement),
            weight: head.weight.or(Some(cell.weight)),
            status: cell.status,
            version: head.version,
        }
    }
}
