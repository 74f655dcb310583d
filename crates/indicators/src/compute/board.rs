//! The values of a state, kept so that a change recomputes what changed and only that.

use std::sync::Arc;

use domain::number::Real;
use domain::period::Part;
use register::Register;

use super::ComputeError;
use super::bulk::Bulk;
use super::cells::{Aim, Tally, tell};
use super::subjects::{Subjects, adds_up, heads, layout};
use super::sums::{self, Entry, Sum, Sums};
use crate::definition::{Catalogue, Definition, LEVELS, Level, is_territory, rank};
use crate::index;
use crate::table::{DIRECTIONS, Judged, Numbers, Places, Reader, Tables, Terms, Unit, part_code};
use crate::values::{Cell, Frame, Subject, Values, municipality_of, region_of};

/// What a territory sums.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    pub(super) sum: Sum,
    /// How many of its organisations have a denominator.
    pub(super) with_data: u32,
    /// How many of those must not be shown.
    pub(super) hidden: u32,
}

/// Every value of a state, with the sums behind it.
#[derive(Debug)]
pub struct Board {
    catalogue: Catalogue,
    units: Vec<Unit>,
    numbers: Numbers,
    sums: Sums,
    of_unit: Vec<smallvec::SmallVec<[u32; 8]>>,
    /// By subject, then definition and period; empty for organisations.
    totals: Vec<Vec<Total>>,
    values: Values,
}

/// Rows of one subject that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Number of the subject, for [`Values::rows_at`].
    pub subject: usize,
    /// Places of the rows within it.
    pub rows: Vec<usize>,
}

/// What came of a change.
#[derive(Debug)]
pub enum Updated {
    /// These rows changed.
    Changed(Vec<Change>),
    /// The board does not know one of the organisations: make a new one.
    Unknown,
}

impl Board {
    /// Computes every value.
    ///
    /// # Errors
    /// [`ComputeError`].
    pub fn new(tables: Tables, catalogue: Catalogue) -> Result<Self, ComputeError> {
        let sums = sums::by_unit(&tables, &catalogue)?;
        let Tables { places, units, terms, .. } = tables;
        Ok(Self::made(sums, units, places, terms, catalogue))
    }

    /// Computes every value of a register as it stands: what [`Board::new`] makes of
    /// [`Tables::from_register`], without ever holding all rows.
    ///
    /// # Errors
    /// [`ComputeError`].
    pub fn of_register(register: &Register, judged: Judged, catalogue: Catalogue) -> Result<Self, ComputeError> {
        let reader = Reader::new(register, judged, None, Some(&catalogue));
        let sums = sums::by_unit_of(&reader, &catalogue)?;
        let (units, places) = (reader.units().to_vec(), Arc::new(Places::of(register)));
        Ok(Self::made(sums, units, places, Terms::of(register), catalogue))
    }

    fn made(sums: Sums, units: Vec<Unit>, places: Arc<Places>, terms: Terms, catalogue: Catalogue) -> Self {
        let subjects = Subjects::of(&places, &units);
        let frame = Frame {
            heads: heads(&catalogue, &subjects.years),
            layouts: LEVELS.map(|level| layout(&catalogue, level)),
            bands: catalogue.bands().to_vec(),
            places,
            terms,
            subjects: subjects.list,
            schools: subjects.schools,
            ..Frame::new(&subjects.years)
        };
        let per_subject = catalogue.definitions().len() * Part::ALL.len();
        let territory = |subject: &Subject| if is_territory(subject.level) { per_subject } else { 0 };
        let mut totals: Vec<Vec<Total>> =
            frame.subjects.iter().map(|subject| vec![Total::default(); territory(subject)]).collect();
        let of_unit = subjects.of_unit;
        let bulk = Bulk { catalogue: &catalogue, frame: &frame, units: &units, of_unit: &of_unit, sums: &sums };
        let cells = bulk.run(&mut totals);
        let numbers = Numbers::of(&units);
        let mut board = Self { values: Values::new(frame), of_unit, units, catalogue, numbers, sums, totals };
        board.tell_all(cells);
        board
    }

    /// Tells every subject; the cells of organisations are there.
    fn tell_all(&mut self, of_orgs: Vec<(u32, Arc<[Cell]>)>) {
        let mut all: Vec<Option<Arc<[Cell]>>> = vec![None; self.totals.len()];
        for (subject, cells) in of_orgs {
            all[index(subject)] = Some(cells);
        }
        let mut told = Vec::new();
        for (subject, cells) in all.into_iter().enumerate() {
            let cells = cells.unwrap_or_else(|| {
                self.tell(subject, &mut told);
                told.as_slice().into()
            });
            self.values.push(cells);
        }
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The definitions behind them.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Takes the rows of some organisations anew.
    ///
    /// # Errors
    /// [`ComputeError`].
    pub fn update(&mut self, tables: &Tables) -> Result<Updated, ComputeError> {
        let news = sums::by_unit(tables, &self.catalogue)?;
        let mut touched = Vec::new();
        for (local, unit) in tables.units.iter().enumerate() {
            let Some(unit) = self.numbers.find(*unit) else { return Ok(Updated::Unknown) };
            if self.replace(unit, |definition, part| news.get(definition, part, local)) {
                touched.extend(self.of_unit[unit].iter().copied());
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let (mut changes, mut cells) = (Vec::new(), Vec::new());
        for subject in touched.into_iter().map(index) {
            self.tell(subject, &mut cells);
            let rows = self.values.replace(subject, &cells);
            if !rows.is_empty() {
                changes.push(Change { subject, rows });
            }
        }
        Ok(Updated::Changed(changes))
    }

    /// Puts a unit's entries in the place of the old ones; whether any differs.
    fn replace(&mut self, unit: usize, news: impl Fn(usize, Part) -> Entry) -> bool {
        let mut differs = false;
        for definition in 0..self.catalogue.definitions().len() {
            for part in Part::ALL {
                let (old, new) = (self.sums.get(definition, part, unit), news(definition, part));
                if old != new {
                    differs = true;
                    self.sums.set(definition, part, unit, new);
                    self.count(unit, definition, part, old, new);
                }
            }
        }
        differs
    }

    /// Counts what changed of a unit for its territories.
    fn count(&mut self, unit: usize, definition: usize, part: Part, old: Entry, new: Entry) {
        let kind = self.values.frame().places.orgs[index(self.units[unit].org)].kind;
        if !adds_up(self.catalogue.definitions()[definition].of, kind) {
            return;
        }
        for subject in &self.of_unit[unit][1..] {
            let of = &self.values.frame().subjects[index(*subject)];
            let sum = |entry: Entry| match of.level {
                Level::Direction => entry.in_direction(index(of.place) % DIRECTIONS.len()),
                _ => entry.all,
            };
            let total = &mut self.totals[index(*subject)][definition * Part::ALL.len() + usize::from(part_code(part))];
            let (before, after) = (sum(old), sum(new));
            total.sum.add(after.minus(before));
            let counts = |sum: Sum| u32::from(sum.denominator != 0.0);
            total.with_data = total.with_data + counts(after) - counts(before);
            total.hidden = total.hidden + u32::from(new.is_hidden) - u32::from(old.is_hidden);
        }
    }

    /// Fills in the cells of a subject.
    fn tell(&self, at: usize, cells: &mut Vec<Cell>) {
        let frame = self.values.frame();
        let subject = &frame.subjects[at];
        let own = (!is_territory(subject.level)).then(|| self.unit_of(subject)).flatten();
        let tally = |definition: usize, part: Part| {
            if let Some(unit) = own {
                let entry = self.sums.get(definition, part, unit);
                return Tally { sum: entry.all, is_hidden: entry.is_hidden };
            }
            let place = definition * Part::ALL.len() + usize::from(part_code(part));
            let total = self.totals[at].get(place).copied().unwrap_or_default();
            // What only one school stands behind would show that school.
            Tally { sum: total.sum, is_hidden: total.with_data == 1 && total.hidden == 1 }
        };
        let aim = |head: usize, definition: &Definition, part: Part| frame.aim(subject, head, definition.weight, part);
        tell(&self.catalogue, &frame.layouts[rank(subject.level)], tally, aim, cells);
    }

    fn unit_of(&self, subject: &Subject) -> Option<usize> {
        let school_year = self.values.frame().year(subject);
        self.numbers.find(Unit { org: subject.place, school_year })
    }
}

impl Frame {
    /// The target and the weight that hold for a subject.
    pub(crate) fn aim(&self, subject: &Subject, head: usize, weight: f64, part: Part) -> Aim {
        let told = &self.heads[head];
        let is_official = told.official[subject.year];
        if self.terms.is_empty() {
            return Aim { target: told.target, weight, is_official };
        }
        let places = &*self.places;
        let Some(region) = region_of(places, subject) else { return Aim { target: told.target, weight, is_official } };
        let municipality = municipality_of(places, subject).map(|at| places.municipalities[index(at)].code.as_str());
        let period = &self.years[subject.year].periods[usize::from(part_code(part))];
        let goal = self.terms.goal(&places.regions[index(region)].code, municipality, &told.id, period);
        Aim {
            target: goal.target.map(Real::get).or(told.target),
            weight: goal.weight.map_or(weight, Real::get),
            is_official,
        }
    }
}
