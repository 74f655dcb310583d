//! Numerators and denominators of every organisation: the part that polars does.

use domain::period::Part;
use polars::error::{PolarsError, PolarsResult};
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, LazyFrame, col, lit};

use super::ComputeError;
use crate::definition::{Catalogue, CountsBy, Definition};
use crate::table::{H1_END, PERIOD_END, Tables, UNIT, YEAR_END, part_code};

/// A numerator and its denominator. Sums of whole numbers below 2^53 are exact in them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sum {
    pub(super) numerator: f64,
    pub(super) denominator: f64,
}

impl Sum {
    pub(super) fn add(&mut self, other: Self) {
        self.numerator += other.numerator;
        self.denominator += other.denominator;
    }
}

/// Sums by definition (in the order of the catalogue), period and unit.
pub(super) struct Sums(Vec<[Vec<Sum>; 4]>);

impl Sums {
    pub(super) fn of(&self, definition: usize, part: Part, unit: usize) -> Sum {
        self.0[definition][usize::from(part_code(part))].get(unit).copied().unwrap_or_default()
    }
}

/// The code that stands for "no period" in keys.
const NO_PART: u8 = 4;
/// Keys of one unit: four periods and none.
const PARTS: u8 = 5;

/// Sums every definition. Definitions that look at the same rows are summed in one pass.
pub(super) fn by_unit(tables: &Tables, catalogue: &Catalogue) -> Result<Sums, ComputeError> {
    let definitions = catalogue.definitions();
    let mut sums = Sums(definitions.iter().map(|_| Default::default()).collect());
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
    a.table == b.table && a.condition == b.condition && a.counts_by == b.counts_by
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

impl Pass<'_> {
    fn run(&self, sums: &mut Sums) -> Result<(), Trouble> {
        let one = &self.definitions[self.alike[0]];
        let rows = match &one.condition_expr {
            Some(condition) => self.frame.clone().lazy().filter(condition.clone()),
            None => self.frame.clone().lazy(),
        };
        match &one.counts_by {
            CountsBy::Part(column) | CountsBy::OwnPart(column) => {
                let key = col(UNIT).cast(DataType::UInt64) * lit(u64::from(PARTS))
                    + col(column.as_str()).fill_null(lit(NO_PART)).cast(DataType::UInt64);
                let whole_year = matches!(one.counts_by, CountsBy::Part(_));
                let found = self.sum(rows, key, self.alike)?;
                self.take_parts(&found, whole_year, sums)
            }
            CountsBy::Standing => self.alike.iter().try_for_each(|at| self.run_standing(&rows, *at, sums)),
        }
    }

    /// One query for each period that the definition is told for: rows may look at its end.
    fn run_standing(&self, rows: &LazyFrame, at: usize, sums: &mut Sums) -> Result<(), Trouble> {
        let with_end = [H1_END, YEAR_END].iter().all(|name| self.frame.schema().contains(name));
        for part in &self.definitions[at].periods {
            let end = match part {
                Part::T0 | Part::H1 => H1_END,
                Part::H2 | Part::Y => YEAR_END,
            };
            let rows = if with_end { rows.clone().with_columns([col(end).alias(PERIOD_END)]) } else { rows.clone() };
            let found = self.sum(rows, col(UNIT).cast(DataType::UInt64), &[at])?;
            let cells = self.cells(sums, at, *part);
            for (key, line) in found.lines() {
                cells[self.unit(key)?].add(line[0]);
            }
        }
        Ok(())
    }

    fn take_parts(&self, found: &Found, whole_year: bool, sums: &mut Sums) -> Result<(), Trouble> {
        for (place, at) in self.alike.iter().enumerate() {
            for part in Part::ALL {
                self.cells(sums, *at, part);
            }
            for (key, line) in found.lines() {
                let (unit, part) = (self.unit(key / u64::from(PARTS))?, key % u64::from(PARTS));
                let named = Part::ALL.into_iter().find(|known| u64::from(part_code(*known)) == part);
                let year = whole_year.then_some(Part::Y);
                for part in named.filter(|part| !whole_year || *part != Part::Y).into_iter().chain(year) {
                    sums.0[*at][usize::from(part_code(part))][unit].add(line[place]);
                }
            }
        }
        Ok(())
    }

    fn cells<'s>(&self, sums: &'s mut Sums, at: usize, part: Part) -> &'s mut Vec<Sum> {
        let cells = &mut sums.0[at][usize::from(part_code(part))];
        cells.resize(self.units, Sum::default());
        cells
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
        let totals: Vec<Expr> = (0..texts.len()).map(|at| col(name(at)).sum().cast(DataType::Float64)).collect();
        // `with_columns` and not `select`: a measure may be a literal, which must become a row's.
        let frame = rows.with_columns(exprs).group_by([col("key")]).agg(totals).collect()?;
        let keys = frame.column("key")?.u64()?.iter().map(Option::unwrap_or_default).collect();
        let columns: Vec<Vec<f64>> = (0..texts.len())
            .map(|at| Ok(frame.column(&name(at))?.f64()?.iter().map(Option::unwrap_or_default).collect()))
            .collect::<PolarsResult<_>>()?;
        let line = |row: usize| {
            let sum = |n: usize, d: usize| Sum { numerator: columns[n][row], denominator: columns[d][row] };
            places.iter().map(|(n, d)| sum(*n, *d)).collect::<Vec<_>>()
        };
        Ok(Found { sums: (0..frame.height()).flat_map(line).collect(), width: places.len(), keys })
    }
}

/// What a query found: keys, and for each a line with the sums of its definitions.
struct Found {
    keys: Vec<u64>,
    sums: Vec<Sum>,
    width: usize,
}

impl Found {
    fn lines(&self) -> impl Iterator<Item = (u64, &[Sum])> {
        self.keys.iter().copied().zip(self.sums.chunks_exact(self.width))
    }
}

/// The column of a measure; no column of a table has such a name.
fn name(at: usize) -> String {
    format!("measure {at}")
}
