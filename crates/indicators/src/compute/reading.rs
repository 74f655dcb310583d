//! How definitions read a table: which expressions are asked, by polars, and what is added up where.

use domain::period::Part;
use polars::error::{PolarsError, PolarsResult};
use polars::prelude::{
    BooleanChunked, ChunkFillNullValue, Column, DataFrame, DataType, Expr, Int64Chunked, IntoLazy, OptFlags, col, lit,
};

use super::ComputeError;
use super::sums::{Sum, Sums};
use crate::definition::{CountsBy, Definition};
use crate::index;
use crate::table::{DIRECTION, DIRECTIONS, H1_END, IS_YEAR, PERIOD_END, UNIT, YEAR_END, part_code};

/// The code that stands for "no period".
const NO_PART: u8 = 4;
/// Four periods and none.
const PARTS: usize = 5;
/// Four directions and none.
const TIES: usize = DIRECTIONS.len() + 1;

/// Why a table cannot be summed.
#[derive(Debug)]
pub(crate) enum Trouble {
    Query(PolarsError),
    NoUnit(u64),
}

impl From<PolarsError> for Trouble {
    fn from(source: PolarsError) -> Self {
        Self::Query(source)
    }
}

/// How all definitions of a catalogue read their tables.
#[derive(Debug)]
pub(crate) struct Plan {
    readings: Vec<Reading>,
}

/// How one table is read: its expressions, each once, and what is summed over which rows.
#[derive(Debug)]
pub(crate) struct Reading {
    table: String,
    /// The first definition that reads it.
    first: usize,
    exprs: Vec<Expr>,
    scans: Vec<Scan>,
}

/// Definitions that look at the same rows in the same way.
#[derive(Debug, PartialEq)]
struct Scan {
    counts: Counts,
    /// Places in the expressions.
    condition: Option<usize>,
    hide: Option<usize>,
    measures: Vec<Measures>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measures {
    definition: usize,
    numerator: usize,
    denominator: usize,
}

/// In which periods a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// In the one that it names, by the place of that expression; in the year, where that takes all rows, too.
    Named { by: usize, year: Year },
    /// In this one.
    In(Part),
}

/// What the whole year takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Year {
    /// Every row.
    All,
    /// The rows that name it.
    Own,
    /// Nothing here: it is asked by itself.
    Apart,
}

impl Plan {
    pub(crate) fn of(definitions: &[Definition]) -> Self {
        let mut readings: Vec<Reading> = Vec::new();
        for (at, definition) in definitions.iter().enumerate() {
            let known = readings.iter().position(|reading| reading.table == definition.table);
            let known = known.unwrap_or_else(|| {
                readings.push(Reading {
                    table: definition.table.clone(),
                    first: at,
                    exprs: Vec::new(),
                    scans: Vec::new(),
                });
                readings.len() - 1
            });
            readings[known].take(at, definition);
        }
        Self { readings }
    }

    pub(crate) fn readings(&self) -> &[Reading] {
        &self.readings
    }
}

impl Reading {
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    pub(crate) fn no_table(&self, definitions: &[Definition]) -> ComputeError {
        ComputeError::NoTable { indicator: definitions[self.first].id.clone(), table: self.table.clone() }
    }

    /// Adds what a definition asks.
    fn take(&mut self, at: usize, definition: &Definition) {
        match &definition.counts_by {
            CountsBy::Part(column) if definition.asks_for_year => {
                let is_year = |is: bool| move |expr: &Expr| named(expr, IS_YEAR, &lit(is));
                let by = self.part(column);
                self.scan(at, definition, Counts::Named { by, year: Year::Apart }, is_year(false));
                self.scan(at, definition, Counts::In(Part::Y), is_year(true));
            }
            CountsBy::Part(column) => {
                let by = self.part(column);
                self.scan(at, definition, Counts::Named { by, year: Year::All }, Expr::clone);
            }
            CountsBy::OwnPart(column) => {
                let by = self.part(column);
                self.scan(at, definition, Counts::Named { by, year: Year::Own }, Expr::clone);
            }
            CountsBy::Standing => {
                for part in &definition.periods {
                    let end = if matches!(part, Part::T0 | Part::H1) { H1_END } else { YEAR_END };
                    self.scan(at, definition, Counts::In(*part), |expr| named(expr, PERIOD_END, &col(end)));
                }
            }
        }
    }

    fn scan(&mut self, at: usize, definition: &Definition, counts: Counts, read: impl Fn(&Expr) -> Expr) {
        let condition = definition.condition_expr.as_ref().map(|expr| self.place(read(expr)));
        let hide = definition.hide_expr.as_ref().map(|expr| self.place(read(expr)));
        let numerator = self.place(read(&definition.numerator.expr));
        let denominator = self.place(read(&definition.denominator.expr));
        let measures = Measures { definition: at, numerator, denominator };
        let alike = |known: &&mut Scan| known.counts == counts && known.condition == condition && known.hide == hide;
        match self.scans.iter_mut().find(alike) {
            Some(known) => known.measures.push(measures),
            None => self.scans.push(Scan { counts, condition, hide, measures: vec![measures] }),
        }
    }

    fn part(&mut self, column: &str) -> usize {
        self.place(col(column).fill_null(lit(NO_PART)))
    }

    /// The place of an expression, which is asked once however often it is named.
    fn place(&mut self, expr: Expr) -> usize {
        self.exprs.iter().position(|known| *known == expr).unwrap_or_else(|| {
            self.exprs.push(expr);
            self.exprs.len() - 1
        })
    }

    /// Sums some rows of the table.
    pub(crate) fn sum(&self, frame: &DataFrame, units: usize, sums: &mut Sums) -> Result<(), Trouble> {
        if frame.height() == 0 {
            return Ok(());
        }
        let rows = Rows::of(frame)?;
        match ask(frame, &self.exprs) {
            Ok(answers) => self.scans.iter().try_for_each(|scan| scan.sum(&rows, &answers, units, sums)),
            // An expression may fail on rows that its condition leaves out: then each scan asks its own rows.
            Err(_) => self.scans.iter().try_for_each(|scan| {
                let left = match scan.condition {
                    Some(condition) => frame.clone().lazy().filter(self.exprs[condition].clone()).collect()?,
                    None => frame.clone(),
                };
                let unasked = lit(0);
                let needed = |at: usize| if scan.needs(at) { &self.exprs[at] } else { &unasked };
                let exprs: Vec<Expr> = (0..self.exprs.len()).map(|at| needed(at).clone()).collect();
                scan.sum(&Rows::of(&left)?, &ask(&left, &exprs)?, units, sums)
            }),
        }
    }
}

/// An expression with another in the place of a column.
fn named(expr: &Expr, column: &str, other: &Expr) -> Expr {
    expr.clone().map_expr(|node| match &node {
        Expr::Column(name) if name == column => other.clone(),
        _ => node,
    })
}

/// Whose the rows of a frame are.
struct Rows {
    units: Vec<u32>,
    ties: Option<Vec<u8>>,
}

impl Rows {
    fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let units = frame.column(UNIT)?.cast(&DataType::UInt32)?;
        let units = units.u32()?.iter().map(Option::unwrap_or_default).collect();
        let ties = match frame.column(DIRECTION) {
            Ok(ties) => Some(ties.cast(&DataType::UInt8)?.u8()?.iter().map(Option::unwrap_or_default).collect()),
            Err(_) => None,
        };
        Ok(Self { units, ties })
    }
}

/// The answers to one expression, by row. What is empty adds nothing.
enum Answer {
    Same(i64),
    Conditions(BooleanChunked),
    Wholes(Int64Chunked),
}

/// Asks all expressions in one query.
fn ask(frame: &DataFrame, exprs: &[Expr]) -> PolarsResult<Vec<Answer>> {
    let asked: Vec<Expr> = exprs.iter().zip(0..).map(|(expr, at)| expr.clone().alias(name(at))).collect();
    // One expression after the other, as they are: rows are few, and other threads have rows of their own.
    let flags = OptFlags::TYPE_COERCION | OptFlags::TYPE_CHECK;
    let rows = frame.clone().lazy().with_optimizations(flags).select_seq(asked).collect()?;
    (0..exprs.len()).map(|at| Answer::of(rows.column(&name(at))?)).collect()
}

/// The column of an expression; no column of a table has such a name.
fn name(at: usize) -> String {
    format!("expression {at}")
}

impl Answer {
    fn of(column: &Column) -> PolarsResult<Self> {
        if let Column::Scalar(same) = column {
            let one = same.as_single_value_series().cast(&DataType::Int64)?;
            return Ok(Self::Same(one.i64()?.get(0).unwrap_or_default()));
        }
        if let Ok(conditions) = column.bool() {
            return Ok(Self::Conditions(conditions.fill_null_with_values(false)?.rechunk().into_owned()));
        }
        let wholes = column.cast(&DataType::Int64)?;
        Ok(Self::Wholes(wholes.i64()?.fill_null_with_values(0)?.rechunk().into_owned()))
    }
}

/// Answers, ready to be read row by row.
enum View<'a, F> {
    Same(i64),
    Conditions(F),
    Wholes(&'a [i64]),
}

impl<F: Fn(usize) -> bool> View<'_, F> {
    fn at(&self, row: usize) -> i64 {
        match self {
            Self::Same(whole) => *whole,
            Self::Conditions(holds) => i64::from(holds(row)),
            Self::Wholes(wholes) => wholes[row],
        }
    }
}

fn view(answer: &Answer) -> PolarsResult<View<'_, impl Fn(usize) -> bool + '_>> {
    Ok(match answer {
        Answer::Same(whole) => View::Same(*whole),
        Answer::Conditions(conditions) => {
            // One array of one chunk, as the caller made sure.
            let mut arrays = conditions.downcast_iter();
            #[expect(clippy::redundant_closure_for_method_calls, reason = "polars does not name the array's type")]
            let bits = arrays.next().map(|array| array.values());
            View::Conditions(move |row| bits.is_some_and(|bits| bits.get_bit(row)))
        }
        Answer::Wholes(wholes) => View::Wholes(wholes.cont_slice()?),
    })
}

impl Scan {
    fn needs(&self, expr: usize) -> bool {
        let by = matches!(self.counts, Counts::Named { by, .. } if by == expr);
        let measured = self.measures.iter().any(|measures| [measures.numerator, measures.denominator].contains(&expr));
        by || measured || self.hide == Some(expr)
    }

    fn sum(&self, rows: &Rows, answers: &[Answer], units: usize, sums: &mut Sums) -> Result<(), Trouble> {
        let parts = match self.counts {
            Counts::Named { by, .. } => Some(view(&answers[by])?),
            Counts::In(_) => None,
        };
        let hide = self.hide.map(|at| view(&answers[at])).transpose()?;
        let measures =
            self.measures.iter().map(|one| Ok((view(&answers[one.numerator])?, view(&answers[one.denominator])?)));
        let measures: Vec<_> = measures.collect::<PolarsResult<_>>()?;
        let mut of_unit = OfUnit::new(measures.len());
        let mut add = |row: usize| {
            if rows.units[row] != of_unit.unit {
                self.flush(&mut of_unit, units, sums)?;
                of_unit.unit = rows.units[row];
            }
            let part = parts.as_ref().map_or(NO_PART.into(), |parts| usize::try_from(parts.at(row)).unwrap_or(PARTS));
            let tie = rows.ties.as_ref().map_or(0, |ties| usize::from(ties[row]));
            let key = part.min(PARTS - 1) * TIES + if tie < TIES { tie } else { 0 };
            of_unit.seen |= 1 << key;
            for ((numerator, denominator), sum) in measures.iter().zip(of_unit.sums(key)) {
                sum[0] = sum[0].wrapping_add(numerator.at(row));
                sum[1] = sum[1].wrapping_add(denominator.at(row));
            }
            if hide.as_ref().is_some_and(|hide| hide.at(row) != 0) {
                of_unit.hidden |= 1 << key;
            }
            Ok::<(), Trouble>(())
        };
        match self.condition.map(|at| &answers[at]) {
            None => (0..rows.units.len()).try_for_each(&mut add)?,
            Some(Answer::Conditions(conditions)) => {
                for array in conditions.downcast_iter() {
                    array.values().true_idx_iter().try_for_each(&mut add)?;
                }
            }
            Some(Answer::Same(holds)) if *holds != 0 => (0..rows.units.len()).try_for_each(&mut add)?,
            Some(Answer::Same(_) | Answer::Wholes(_)) => {}
        }
        self.flush(&mut of_unit, units, sums)
    }

    /// Puts what a unit's rows came to where it belongs.
    fn flush(&self, of_unit: &mut OfUnit, units: usize, sums: &mut Sums) -> Result<(), Trouble> {
        if of_unit.seen == 0 {
            return Ok(());
        }
        let unit = index(of_unit.unit);
        if unit >= units {
            return Err(Trouble::NoUnit(of_unit.unit.into()));
        }
        let (seen, hidden) = (of_unit.seen, of_unit.hidden);
        for key in (0..PARTS * TIES).filter(|key| seen & 1 << key != 0) {
            let (part, tie) = (key / TIES, key % TIES);
            for part in self.counts.periods(part) {
                for (place, measures) in self.measures.iter().enumerate() {
                    let [numerator, denominator] = of_unit.sums(key)[place].map(real);
                    sums.add(measures.definition, part, unit, tie, Sum { numerator, denominator });
                    if hidden & 1 << key != 0 {
                        sums.hide(measures.definition, part, unit);
                    }
                }
            }
            of_unit.sums(key).fill([0, 0]);
        }
        (of_unit.seen, of_unit.hidden) = (0, 0);
        Ok(())
    }
}

impl Counts {
    /// The periods of a row that names a part.
    fn periods(self, part: usize) -> impl Iterator<Item = Part> {
        let named = Part::ALL.into_iter().find(|known| usize::from(part_code(*known)) == part);
        let (one, year) = match self {
            Self::In(part) => (Some(part), None),
            Self::Named { year: Year::Own, .. } => (named, None),
            Self::Named { year: Year::Apart, .. } => (named.filter(|part| *part != Part::Y), None),
            Self::Named { year: Year::All, .. } => (named.filter(|part| *part != Part::Y), Some(Part::Y)),
        };
        one.into_iter().chain(year)
    }
}

/// What the rows of one unit come to, until the next unit's begin.
struct OfUnit {
    unit: u32,
    /// The keys that were met, bit by bit.
    seen: u32,
    hidden: u32,
    measures: usize,
    sums: Vec<[i64; 2]>,
}

impl OfUnit {
    fn new(measures: usize) -> Self {
        Self { unit: 0, seen: 0, hidden: 0, measures, sums: vec![[0, 0]; PARTS * TIES * measures] }
    }

    fn sums(&mut self, key: usize) -> &mut [[i64; 2]] {
        &mut self.sums[key * self.measures..(key + 1) * self.measures]
    }
}

/// A whole number as a real one; exact below 2^53, rounded once above.
fn real(whole: i64) -> f64 {
    const HALF: f64 = 4_294_967_296.0;
    let high = i32::try_from(whole >> 32).expect("the upper half of 64 bits has 32");
    let low = u32::try_from(whole & 0xFFFF_FFFF).expect("the lower half of 64 bits has 32");
    f64::from(high) * HALF + f64::from(low)
}
