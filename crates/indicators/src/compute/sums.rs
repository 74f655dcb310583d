//! Numerators and denominators of every organisation: the part that polars does.

use domain::period::Part;
use polars::error::{PolarsError, PolarsResult};
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, LazyFrame, col, lit};

use super::ComputeError;
use crate::definition::{Catalogue, CountsBy, Definition};
use crate::table::{DIRECTION, DIRECTIONS, H1_END, IS_YEAR, PERIOD_END, Tables, UNIT, YEAR_END, part_code};

/// A numerator and its denominator. Sums of whole numbers below 2^53 are exact in them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) numerator: f64,
    pub(crate) denominator: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, other: Self) {
        self.numerator += other.numerator;
        self.denominator += other.denominator;
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self { numerator: self.numerator - other.numerator, denominator: self.denominator - other.denominator }
    }
}

/// What one organisation's rows come to for one definition in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    /// Everything.
    pub(crate) all: Sum,
    /// What of it is tied to a cluster direction, by its place in [`DIRECTIONS`].
    pub(crate) tied: [Sum; DIRECTIONS.len()],
    /// There are rows because of which the organisation is not shown.
    pub(crate) is_hidden: bool,
}

impl Entry {
    /// What counts for one direction: everything but what is tied to another.
    pub(crate) fn in_direction(&self, direction: usize) -> Sum {
        let others = self.tied.iter().enumerate().filter(|(at, _)| *at != direction);
        others.fold(self.all, |sum, (_, tied)| sum.minus(*tied))
    }
}

/// Sums by period and unit, column by column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    all: [Vec<Sum>; 4],
    tied: [Vec<[Sum; DIRECTIONS.len()]>; 4],
    hidden: [Vec<bool>; 4],
}

impl Column {
    pub(crate) fn get(&self, part: Part, unit: usize) -> Entry {
        let part = usize::from(part_code(part));
        Entry {
            all: self.all[part].get(unit).copied().unwrap_or_default(),
            tied: self.tied[part].get(unit).copied().unwrap_or_default(),
            is_hidden: self.hidden[part].get(unit).copied().unwrap_or_default(),
        }
    }

    /// Puts an entry in its place; `units` is how many there are.
    pub(crate) fn set(&mut self, part: Part, unit: usize, entry: Entry, units: usize) {
        let part = usize::from(part_code(part));
        put(&mut self.all[part], unit, entry.all, units);
        put(&mut self.tied[part], unit, entry.tied, units);
        put(&mut self.hidden[part], unit, entry.is_hidden, units);
    }

    fn add(&mut self, part: Part, unit: usize, units: usize, direction: usize, sum: Sum) {
        let part = usize::from(part_code(part));
        grown(&mut self.all[part], units)[unit].add(sum);
        if let Some(direction) = direction.checked_sub(1).filter(|at| *at < DIRECTIONS.len()) {
            grown(&mut self.tied[part], units)[unit][direction].add(sum);
        }
    }

    fn hide(&mut self, part: Part, unit: usize, units: usize) {
        grown(&mut self.hidden[usize::from(part_code(part))], units)[unit] = true;
    }
}

fn grown<T: Clone + Default>(cells: &mut Vec<T>, units: usize) -> &mut Vec<T> {
    if cells.len() < units {
        cells.resize(units, T::default());
    }
    cells
}

/// A column that holds nothing but nothings takes no room.
fn put<T: Copy + Default + PartialEq>(cells: &mut Vec<T>, unit: usize, cell: T, units: usize) {
    if unit < cells.len() || cell != T::default() {
        grown(cells, units)[unit] = cell;
    }
}

/// Sums by definition (in the order of the catalogue), period and unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums(pub(crate) Vec<Column>);

/// The code that stands for "no period" in keys.
const NO_PART: u64 = 4;
/// Keys of one unit and direction: four periods and none.
const PARTS: u64 = 5;
/// Keys of one unit: four directions and none.
const TIES: u64 = 5;

/// Sums every definition. Definitions that look at the same rows are summed in one pass.
pub(crate) fn by_unit(tables: &Tables, catalogue: &Catalogue) -> Result<Sums, ComputeError> {
    let definitions = catalogue.definitions();
    let mut sums = Sums(vec![Column::default(); definitions.len()]);
    let mut done = vec![false; definitions.len()];
    for first in 0..definitions.len() {
        if done[first] {
            continue;
        }
        let alike: Vec<usize> =
            (first..definitions.len()).filter(|at| looks_at_the_same(&definitions[first], &definitions[*at])).collect();
        for at in &alike {
            done[*at] = true;
        }
        let table = &definitions[first].table;
        let frame = tables
            .frames
            .get(table)
            .ok_or_else(|| ComputeError::NoTable { indicator: definitions[first].id.clone(), table: table.clone() })?;
        let pass = Pass { frame, units: tables.units.len(), definitions, alike: &alike };
        pass.run(&mut sums).map_err(|trouble| match trouble {
            Trouble::Query(source) => ComputeError::Query { table: table.clone(), source },
            Trouble::NoUnit(unit) => ComputeError::NoUnit { table: table.clone(), unit, units: tables.units.len() },
        })?;
    }
    Ok(sums)
}

fn looks_at_the_same(a: &Definition, b: &Definition) -> bool {
    a.table == b.table
        && a.condition == b.condition
        && a.counts_by == b.counts_by
        && a.hide == b.hide
        && a.asks_for_year == b.asks_for_year
}

enum Trouble {
    Query(PolarsError),
    NoUnit(u64),
}

impl From<PolarsError> for Trouble {
    fn from(source: PolarsError) -> Self {
        Self::Query(source)
    }
}

/// Definitions that look at the same rows.
struct Pass<'a> {
    frame: &'a DataFrame,
    units: usize,
    definitions: &'a [Definition],
    alike: &'a [usize],
}

/// Which periods a pass is to fill.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Those that rows name, the year too where `true`: all rows of the year.
    Named { year: bool },
    /// One.
    One(Part),
}

impl Pass<'_> {
    fn run(&self, sums: &mut Sums) -> Result<(), Trouble> {
        let one = &self.definitions[self.alike[0]];
        match &one.counts_by {
            CountsBy::Part(column) if one.asks_for_year => {
                let rows = |is_year: bool| self.frame.clone().lazy().with_columns([lit(is_year).alias(IS_YEAR)]);
                let part = col(column.as_str());
                self.collect(rows(false), part.clone(), self.alike, Wanted::Named { year: false }, sums)?;
                self.collect(rows(true), part, self.alike, Wanted::One(Part::Y), sums)
            }
            CountsBy::Part(column) => {
                let (rows, part) = (self.frame.clone().lazy(), col(column.as_str()));
                self.collect(rows, part, self.alike, Wanted::Named { year: true }, sums)
            }
            CountsBy::OwnPart(column) => {
                let (rows, part) = (self.frame.clone().lazy(), col(column.as_str()));
                self.collect(rows, part, self.alike, Wanted::Named { year: false }, sums)
            }
            CountsBy::Standing => self.alike.iter().try_for_each(|at| self.run_standing(*at, sums)),
        }
    }

    /// One query for each period that the definition is told for: rows may look at its end.
    fn run_standing(&self, at: usize, sums: &mut Sums) -> Result<(), Trouble> {
        let with_end = [H1_END, YEAR_END].iter().all(|name| self.frame.schema().contains(name));
        for part in &self.definitions[at].periods {
            let end = match part {
                Part::T0 | Part::H1 => H1_END,
                Part::H2 | Part::Y => YEAR_END,
            };
            let rows = self.frame.clone().lazy();
            let rows = if with_end { rows.with_columns([col(end).alias(PERIOD_END)]) } else { rows };
            self.collect(rows, lit(u8::try_from(NO_PART).unwrap_or_default()), &[at], Wanted::One(*part), sums)?;
        }
        Ok(())
    }

    /// Sums some definitions over rows, and puts what was found where it belongs.
    fn collect(
        &self,
        rows: LazyFrame,
        part: Expr,
        which: &[usize],
        wanted: Wanted,
        sums: &mut Sums,
    ) -> Result<(), Trouble> {
        let one = &self.definitions[which[0]];
        let rows = match &one.condition_expr {
            Some(condition) => rows.filter(condition.clone()),
            None => rows,
        };
        let wide = |expr: Expr| expr.cast(DataType::UInt64);
        let tie = if self.frame.schema().contains(DIRECTION) { wide(col(DIRECTION)) } else { lit(0_u64) };
        let part = wide(part.fill_null(lit(u8::try_from(NO_PART).unwrap_or_default())));
        let key = (wide(col(UNIT)) * lit(TIES) + tie) * lit(PARTS) + part;
        let found = self.sum(rows, key, which)?;
        for (row, key) in found.keys.iter().enumerate() {
            let (unit, tie, part) = (key / (TIES * PARTS), key / PARTS % TIES, key % PARTS);
            let unit = self.unit(unit)?;
            let tie = usize::try_from(tie).unwrap_or_default();
            let named = Part::ALL.into_iter().find(|known| u64::from(part_code(*known)) == part);
            let (named, year) = match wanted {
                Wanted::Named { year } => (named.filter(|part| !year || *part != Part::Y), year.then_some(Part::Y)),
                Wanted::One(part) => (Some(part), None),
            };
            for part in named.into_iter().chain(year) {
                for (place, at) in which.iter().enumerate() {
                    sums.0[*at].add(part, unit, self.units, tie, found.sum(row, place));
                    if found.hides(row) {
                        sums.0[*at].hide(part, unit, self.units);
                    }
                }
            }
        }
        Ok(())
    }

    fn unit(&self, number: u64) -> Result<usize, Trouble> {
        usize::try_from(number).ok().filter(|unit| *unit < self.units).ok_or(Trouble::NoUnit(number))
    }

    fn sum(&self, rows: LazyFrame, key: Expr, which: &[usize]) -> PolarsResult<Found> {
        let mut texts: Vec<&str> = Vec::new();
        let mut exprs = vec![key.alias("key")];
        let mut places = Vec::with_capacity(which.len());
        for definition in which.iter().map(|at| &self.definitions[*at]) {
            let [n, d] = [&definition.numerator, &definition.denominator].map(|measure| {
                texts.iter().position(|text| *text == measure.sql).unwrap_or_else(|| {
                    exprs.push(measure.expr.clone().cast(DataType::Int64).alias(name(texts.len())));
                    texts.push(&measure.sql);
                    texts.len() - 1
                })
            });
            places.push((n, d));
        }
        let hide = &self.definitions[which[0]].hide_expr;
        let mut totals: Vec<Expr> = (0..texts.len()).map(|at| col(name(at)).sum().cast(DataType::Float64)).collect();
        if let Some(hide) = hide {
            exprs.push(hide.clone().cast(DataType::Int64).alias("hide"));
            totals.push(col("hide").sum().cast(DataType::Float64));
        }
        // `with_columns` and not `select`: a measure may be a literal, which must become a row's.
        let frame = rows.with_columns(exprs).group_by([col("key")]).agg(totals).collect()?;
        let keys = frame.column("key")?.u64()?.iter().map(Option::unwrap_or_default).collect();
        let numbers = |name: &str| -> PolarsResult<Vec<f64>> {
            Ok(frame.column(name)?.f64()?.iter().map(Option::unwrap_or_default).collect())
        };
        let columns = (0..texts.len()).map(|at| numbers(&name(at))).collect::<PolarsResult<_>>()?;
        let hidden = if hide.is_some() { numbers("hide")? } else { Vec::new() };
        Ok(Found { keys, columns, places, hidden })
    }
}

/// What a query found: keys, and the sums of each measure.
struct Found {
    keys: Vec<u64>,
    columns: Vec<Vec<f64>>,
    /// The measures of each definition.
    places: Vec<(usize, usize)>,
    hidden: Vec<f64>,
}

impl Found {
    fn sum(&self, row: usize, place: usize) -> Sum {
        let (numerator, denominator) = self.places[place];
        Sum { numerator: self.columns[numerator][row], denominator: self.columns[denominator][row] }
    }

    fn hides(&self, row: usize) -> bool {
        self.hidden.get(row).is_some_and(|rows| *rows > 0.0)
    }
}

/// The column of a measure; no column of a table has such a name.
fn name(at: usize) -> String {
    format!("measure {at}")
}
