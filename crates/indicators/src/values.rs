//! The answer: one row for each organisation or territory, period and indicator, sorted and ready to
//! be filtered and written.

mod row;
mod spread;

use std::sync::Arc;

use domain::deadline::SchoolYear;
use domain::period::{Part, PeriodCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::row::{COLUMNS, RATING_COLUMN, SPREAD_COLUMNS, ValueRow};
use self::spread::Ratings;
pub use self::spread::Spread;
use crate::compute::Change;
use crate::definition::{Band, LEVELS, Level, rank};
use crate::index;
use crate::table::{DIRECTIONS, Places, Terms, part_code};

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

/// The figures of one row. `value` counts only where the status is `ok`; `weight` is the indicator's, of the
/// composite the weight that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) numerator: f64,
    pub(crate) denominator: f64,
    pub(crate) value: f64,
    pub(crate) achievement: Option<f64>,
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
    /// Whether it is the official version, by year.
    pub(crate) official: Vec<bool>,
}

/// The rows of every subject of a level, in order: period, and number of the head.
pub(crate) type Layout = Vec<(Part, usize)>;

/// An organisation or a territory in a school year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) level: Level,
    /// Number of the organisation, municipality or region; of a region times the directions, and direction; 0 for
    /// the country.
    pub(crate) place: u32,
    /// Which of the years.
    pub(crate) year: usize,
}

/// What stands around the figures.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    pub(crate) places: Arc<Places>,
    pub(crate) terms: Terms,
    pub(crate) heads: Vec<Head>,
    pub(crate) layouts: [Layout; LEVELS.len()],
    pub(crate) bands: Vec<Band>,
    pub(crate) subjects: Vec<Subject>,
    /// The subjects of schools that each subject sums.
    pub(crate) schools: Vec<Vec<u32>>,
    pub(crate) years: Vec<Year>,
}

impl Frame {
    pub(crate) fn new(years: &[SchoolYear]) -> Self {
        let year = |year: &SchoolYear| Year { school_year: *year, periods: Part::ALL.map(|part| part.code(*year)) };
        Self { years: years.iter().map(year).collect(), ..Self::default() }
    }

    /// The school year of a subject.
    pub(crate) fn year(&self, subject: &Subject) -> SchoolYear {
        self.years[subject.year].school_year
    }
}

/// Every value at one instant, sorted by level, code, period and indicator. Clones share what they do not change.
#[derive(Clone, Debug)]
pub struct Values {
    frame: Arc<Frame>,
    /// By subject.
    cells: Vec<Arc<[Cell]>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Year {
    school_year: SchoolYear,
    /// The codes of its periods, by [`part_code`].
    pub(crate) periods: [String; 4],
}

/// Which versions of a definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versions {
    /// The official one of each year.
    #[default]
    Official,
    /// All of them, side by side.
    All,
    /// This one.
    Only(u16),
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
    /// Of which versions.
    pub versions: Versions,
    /// Of one organisation or territory.
    pub org: Option<&'s str>,
    /// Of a region or municipality with this code and of everything in it, or of one organisation.
    pub within: Option<&'s str>,
    /// The language of names.
    pub lang: Lang,
    /// With the spread of schools beside each territory's value.
    pub with_spread: bool,
    /// With the rating of municipalities.
    pub with_rating: bool,
}

impl Values {
    pub(crate) fn new(frame: Frame) -> Self {
        let cells = Vec::with_capacity(frame.subjects.len());
        Self { frame: Arc::new(frame), cells }
    }

    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The cells of the next subject.
    pub(crate) fn push(&mut self, cells: Arc<[Cell]>) {
        self.cells.push(cells);
    }

    /// Puts new cells in the place of a subject's; the rows that differ.
    pub(crate) fn replace(&mut self, subject: usize, cells: &[Cell]) -> Vec<usize> {
        let old = &self.cells[subject];
        let differs: Vec<usize> = (0..cells.len()).filter(|at| old.get(*at) != cells.get(*at)).collect();
        if !differs.is_empty() {
            self.cells[subject] = cells.into();
        }
        differs
    }

    /// The rows that differ from earlier values of the same organisations and definitions; `None` where those differ.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Option<Vec<Change>> {
        let (own, old) = (&*self.frame, &*before.frame);
        let alike = own.subjects == old.subjects && own.layouts == old.layouts && own.heads == old.heads;
        if !alike || own.terms != old.terms {
            return None;
        }
        let mut changes = Vec::new();
        for (subject, (new, old)) in self.cells.iter().zip(&before.cells).enumerate() {
            let rows: Vec<usize> = (0..new.len()).filter(|at| new[*at] != old[*at]).collect();
            if !rows.is_empty() {
                changes.push(Change { subject, rows });
            }
        }
        Some(changes)
    }

    /// How many rows there are, of all versions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.iter().map(|cells| cells.len()).sum()
    }

    /// Whether no plan is in force.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The school years that have values, in order.
    pub fn school_years(&self) -> impl Iterator<Item = SchoolYear> + '_ {
        self.frame.years.iter().map(|year| year.school_year)
    }

    /// Every row of every version, with Russian names.
    pub fn rows(&self) -> impl Iterator<Item = ValueRow<'_>> {
        self.select(&Selection { versions: Versions::All, ..Selection::default() })
    }

    /// The rows of a selection, in order.
    pub fn select<'v>(&'v self, selection: &Selection<'v>) -> impl Iterator<Item = ValueRow<'v>> + use<'v> {
        let Selection { level, period, org, within, .. } = selection.clone();
        let frame = &*self.frame;
        let from = level.map_or(0, |level| frame.subjects.partition_point(|subject| subject.level < level));
        let to = level.map_or(frame.subjects.len(), |level| frame.subjects.partition_point(|s| s.level <= level));
        let year = period.as_ref().map(|period| period.school_year);
        let ratings = if selection.with_rating { Ratings::of(self) } else { Ratings::default() };
        let selection = selection.clone();
        (from..to)
            .filter(move |at| {
                let subject = &frame.subjects[*at];
                year.is_none_or(|year| frame.year(subject) == year)
                    && org.is_none_or(|org| code_of(&frame.places, subject) == org)
                    && within.is_none_or(|within| self.lies_within(subject, within))
            })
            .flat_map(move |at| {
                let rows: Vec<ValueRow<'v>> = self
                    .wanted(at, &selection)
                    .map(|row| {
                        let mut told = self.row(at, row, selection.lang);
                        if selection.with_spread {
                            told.spread = Spread::of(self, at, row);
                        }
                        told.rating = ratings.of_row(self, at, row);
                        told
                    })
                    .collect();
                rows
            })
    }

    /// Places of a subject's rows that fit a selection.
    fn wanted<'s>(&'s self, at: usize, selection: &'s Selection<'_>) -> impl Iterator<Item = usize> + 's {
        let subject = &self.frame.subjects[at];
        let layout = self.frame.layouts[rank(subject.level)].iter().enumerate();
        let part = selection.period.as_ref().map(|period| period.part);
        let fits = move |(_, (of, head)): &(usize, &(Part, usize))| {
            let head = &self.frame.heads[*head];
            part.is_none_or(|part| part == *of)
                && selection.indicator.is_none_or(|id| head.id == id)
                && match selection.versions {
                    Versions::All => true,
                    Versions::Official => head.official[subject.year],
                    Versions::Only(version) => head.version == version,
                }
        };
        layout.filter(fits).map(|(row, _)| row)
    }

    /// Every row, named as a change names it.
    pub fn every_row(&self) -> impl Iterator<Item = Change> + '_ {
        let layouts = &self.frame.layouts;
        let subjects = self.frame.subjects.iter().enumerate();
        subjects.map(|(subject, it)| Change { subject, rows: (0..layouts[rank(it.level)].len()).collect() })
    }

    /// Rows of one subject, by their places: what a change names.
    pub fn rows_at<'v>(&'v self, subject: usize, rows: &'v [usize], lang: Lang) -> impl Iterator<Item = ValueRow<'v>> {
        rows.iter().map(move |row| self.row(subject, *row, lang))
    }

    /// SHA-256 over every row: the same for the same values, on any machine.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for row in self.rows() {
            let region = row.region.unwrap_or_default();
            for text in [row.level.as_str(), region, row.org, row.period, row.indicator, row.status.as_str()] {
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
        let (ru, en) = names_of(&self.frame.places, subject);
        match lang {
            Lang::Ru => ru,
            Lang::En => en,
        }
    }

    fn lies_within(&self, subject: &Subject, code: &str) -> bool {
        let places = &*self.frame.places;
        code_of(places, subject) == code
            || region_of(places, subject).is_some_and(|at| places.regions[index(at)].code == code)
            || municipality_of(places, subject).is_some_and(|at| places.municipalities[index(at)].code == code)
    }

    fn row(&self, at: usize, row: usize, lang: Lang) -> ValueRow<'_> {
        let frame = &*self.frame;
        let subject = &frame.subjects[at];
        let (part, head) = frame.layouts[rank(subject.level)][row];
        let (cell, told) = (&self.cells[at][row], &frame.heads[head]);
        let (region, municipality) = (region_of(&frame.places, subject), municipality_of(&frame.places, subject));
        let shown = cell.status != Status::Suppressed && cell.status != Status::NotApplicable;
        let ok = cell.status == Status::Ok;
        let achievement = cell.achievement.filter(|_| ok);
        let is_composite = head + 1 == frame.heads.len();
        let achieved = achievement.filter(|_| is_composite);
        let band = achieved.and_then(|achieved| frame.bands.iter().find(|band| achieved >= band.from));
        ValueRow {
            level: subject.level,
            org: code_of(&frame.places, subject),
            org_name: self.name(subject, lang),
            region: region.map(|at| frame.places.regions[index(at)].code.as_str()),
            municipality: municipality.map(|at| frame.places.municipalities[index(at)].code.as_str()),
            period: &frame.years[subject.year].periods[usize::from(part_code(part))],
            indicator: &told.id,
            numerator: shown.then_some(cell.numerator),
            denominator: shown.then_some(cell.denominator),
            value: ok.then_some(cell.value),
            target: told.weight.and_then(|weight| frame.aim(subject, head, weight, part).target),
            achievement,
            weight: Some(cell.weight),
            status: cell.status,
            version: told.version,
            band_code: band.map(|band| band.code.as_str()),
            spread: None,
            rating: None,
        }
    }
}

/// The code of the country in answers, and its names in Russian and English.
pub const COUNTRY: (&str, &str, &str) = ("russia", "Российская Федерация", "Russian Federation");

/// Names of the cluster directions, in the order of [`DIRECTIONS`].
const DIRECTION_NAMES: [(&str, &str); DIRECTIONS.len()] = [
    ("агрокластер", "agricultural cluster"),
    ("педагогический кластер", "pedagogical cluster"),
    ("технологический кластер", "technological cluster"),
    ("естественнонаучный кластер", "natural science cluster"),
];

/// What a cluster direction is called, in Russian and in English, by its code.
#[must_use]
pub fn direction_names(code: &str) -> Option<(&'static str, &'static str)> {
    let at = DIRECTIONS.iter().position(|(_, known)| *known == code)?;
    DIRECTION_NAMES.get(at).copied()
}

pub(crate) fn code_of<'p>(places: &'p Places, subject: &Subject) -> &'p str {
    let at = index(subject.place);
    match subject.level {
        Level::Country => COUNTRY.0,
        Level::Direction => DIRECTIONS[at % DIRECTIONS.len()].1,
        Level::Municipality => &places.municipalities[at].code,
        Level::Region => &places.regions[at].code,
        Level::School | Level::Publisher => &places.orgs[at].code,
    }
}

fn names_of<'p>(places: &'p Places, subject: &Subject) -> (&'p str, &'p str) {
    let at = index(subject.place);
    match subject.level {
        Level::Country => (COUNTRY.1, COUNTRY.2),
        Level::Direction => DIRECTION_NAMES[at % DIRECTIONS.len()],
        Level::Municipality => (&places.municipalities[at].name_ru, &places.municipalities[at].name_en),
        Level::Region => (&places.regions[at].name_ru, &places.regions[at].name_en),
        Level::School | Level::Publisher => (&places.orgs[at].name_ru, &places.orgs[at].name_en),
    }
}

/// Number of a subject's region; the country has none.
pub(crate) fn region_of(places: &Places, subject: &Subject) -> Option<u32> {
    let at = index(subject.place);
    match subject.level {
        Level::Country => None,
        Level::Direction => u32::try_from(at / DIRECTIONS.len()).ok(),
        Level::Municipality => Some(places.municipalities[at].region),
        Level::Region => Some(subject.place),
        Level::School | Level::Publisher => Some(places.orgs[at].region),
    }
}

/// Number of a subject's municipality, where it lies in one.
pub(crate) fn municipality_of(places: &Places, subject: &Subject) -> Option<u32> {
    match subject.level {
        Level::Country | Level::Direction | Level::Region => None,
        Level::Municipality => Some(subject.place),
        Level::School | Level::Publisher => places.orgs[index(subject.place)].municipality,
    }
}
