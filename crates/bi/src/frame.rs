//! Rows of a set in columns: what the writers of files and tables read.

use jiff::Timestamp;
use jiff::civil::Date;
use polars::prelude::{
    BooleanChunked, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult,
    StringChunked, TimeUnit, TimeZone,
};
use register::{date_of_day, day_of_date};

use crate::contract::{Kind, Set};

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'c> {
    /// There is nothing.
    Empty,
    /// A text.
    Text(&'c str),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// Yes or no.
    Bool(bool),
    /// A day.
    Day(Date),
    /// A moment, to the microsecond.
    Moment(Timestamp),
}

/// Rows of one set.
#[derive(Clone, Debug)]
pub struct Frame {
    set: &'static Set,
    columns: Vec<Cells>,
    height: usize,
}

/// The cells of one column.
#[derive(Clone, Debug)]
enum Cells {
    Text(Texts),
    Int(Vec<Option<i64>>),
    Double(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    Day(Vec<Option<Date>>),
    Moment(Vec<Option<Timestamp>>),
}

/// Texts in one piece of memory.
#[derive(Clone, Debug, Default)]
struct Texts {
    bytes: String,
    /// Where each ends; an empty cell is told apart from an empty text.
    ends: Vec<(usize, bool)>,
}

impl Texts {
    fn push(&mut self, text: Option<&str>) {
        self.bytes.push_str(text.unwrap_or_default());
        self.ends.push((self.bytes.len(), text.is_some()));
    }

    fn get(&self, row: usize) -> Option<&str> {
        let from = row.checked_sub(1).map_or(0, |before| self.ends[before].0);
        let (to, is_some) = self.ends[row];
        is_some.then(|| &self.bytes[from..to])
    }
}

impl Cells {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Texts::default()),
            Kind::Int => Self::Int(Vec::new()),
            Kind::Double => Self::Double(Vec::new()),
            Kind::Bool => Self::Bool(Vec::new()),
            Kind::Date => Self::Day(Vec::new()),
            Kind::Instant => Self::Moment(Vec::new()),
        }
    }

    /// Makes as many empty cells.
    fn fill(&mut self, height: usize) {
        match self {
            Self::Text(texts) => (0..height).for_each(|_| texts.push(None)),
            Self::Int(cells) => cells.resize(height, None),
            Self::Double(cells) => cells.resize(height, None),
            Self::Bool(cells) => cells.resize(height, None),
            Self::Day(cells) => cells.resize(height, None),
            Self::Moment(cells) => cells.resize(height, None),
        }
    }
}

impl Frame {
    /// No rows yet.
    #[must_use]
    pub fn new(set: &'static Set) -> Self {
        Self { set, columns: set.columns.iter().map(|column| Cells::new(column.kind)).collect(), height: 0 }
    }

    /// The set that the rows are of.
    #[must_use]
    pub fn set(&self) -> &'static Set {
        self.set
    }

    /// How many rows there are.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// A cell, by its row and the place of its column in the set.
    ///
    /// # Panics
    /// When row or column lie outside.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        match &self.columns[column] {
            Cells::Text(texts) => texts.get(row).map_or(Cell::Empty, Cell::Text),
            Cells::Int(cells) => cells[row].map_or(Cell::Empty, Cell::Int),
            Cells::Double(cells) => cells[row].map_or(Cell::Empty, Cell::Double),
            Cells::Bool(cells) => cells[row].map_or(Cell::Empty, Cell::Bool),
            Cells::Day(cells) => cells[row].map_or(Cell::Empty, Cell::Day),
            Cells::Moment(cells) => cells[row].map_or(Cell::Empty, Cell::Moment),
        }
    }

    /// The cells of a row, in the order of the set's columns.
    pub fn row(&self, row: usize) -> impl Iterator<Item = Cell<'_>> {
        (0..self.columns.len()).map(move |column| self.cell(row, column))
    }

    /// Adds a row: a cell for each column, by name and in the order of the contract.
    ///
    /// # Panics
    /// When a cell is not of its column's kind, is missing or stands in another place: a mistake of the program, which
    /// any row of the set shows.
    pub fn push(&mut self, row: &[(&'static str, Cell<'_>)]) {
        assert_eq!(row.len(), self.columns.len(), "{} has other columns", self.set.name);
        for (at, (name, cell)) in row.iter().enumerate() {
            debug_assert_eq!(*name, self.set.columns[at].name, "in {}", self.set.name);
            match (&mut self.columns[at], *cell) {
                (Cells::Text(cells), Cell::Text(text)) => cells.push(Some(text)),
                (Cells::Text(cells), Cell::Empty) => cells.push(None),
                (Cells::Int(cells), Cell::Int(number)) => cells.push(Some(number)),
                (Cells::Int(cells), Cell::Empty) => cells.push(None),
                (Cells::Double(cells), Cell::Double(number)) => cells.push(Some(number)),
                (Cells::Double(cells), Cell::Empty) => cells.push(None),
                (Cells::Bool(cells), Cell::Bool(it)) => cells.push(Some(it)),
                (Cells::Bool(cells), Cell::Empty) => cells.push(None),
                (Cells::Day(cells), Cell::Day(day)) => cells.push(Some(day)),
                (Cells::Day(cells), Cell::Empty) => cells.push(None),
                (Cells::Moment(cells), Cell::Moment(at)) => cells.push(Some(to_microsecond(at))),
                (Cells::Moment(cells), Cell::Empty) => cells.push(None),
                (_, cell) => unreachable!("{}.{name} cannot hold {cell:?}", self.set.name),
            }
        }
        self.height += 1;
    }

    /// Adds the rows of another frame of the same set that a filter takes.
    pub fn extend_from(&mut self, other: &Self, takes: impl Fn(usize) -> bool) {
        let names: Vec<&'static str> = self.set.columns.iter().map(|column| column.name.as_str()).collect();
        let mut row = Vec::with_capacity(names.len());
        for at in (0..other.height).filter(|at| takes(*at)) {
            row.clear();
            row.extend(names.iter().copied().zip(other.row(at)));
            self.push(&row);
        }
    }

    /// The rows of a data frame whose columns are some of the set's; the cells of the others are empty.
    ///
    /// # Errors
    /// A column of another kind.
    pub fn of_polars(set: &'static Set, frame: &DataFrame) -> PolarsResult<Self> {
        let height = frame.height();
        let columns = set.columns.iter().map(|column| {
            let mut cells = Cells::new(column.kind);
            let Ok(found) = frame.column(&column.name) else {
                cells.fill(height);
                return Ok(cells);
            };
            match &mut cells {
                Cells::Text(texts) => found.str()?.iter().for_each(|text| texts.push(text)),
                Cells::Int(cells) => cells.extend(found.i64()?.iter()),
                Cells::Double(cells) => cells.extend(found.f64()?.iter()),
                Cells::Bool(cells) => cells.extend(found.bool()?.iter()),
                Cells::Day(cells) => cells.extend(found.date()?.physical().iter().map(|day| day.and_then(date_of_day))),
                Cells::Moment(cells) => {
                    let moments = found.datetime()?.physical().iter();
                    cells.extend(moments.map(|at| at.and_then(|at| Timestamp::from_microsecond(at).ok())));
                }
            }
            Ok(cells)
        });
        Ok(Self { set, columns: columns.collect::<PolarsResult<_>>()?, height })
    }

    /// The rows as a data frame, for what computes over columns and for Parquet.
    ///
    /// # Errors
    /// Polars': memory, mostly.
    pub fn to_polars(&self) -> PolarsResult<DataFrame> {
        let columns = self.set.columns.iter().zip(&self.columns).map(|(column, cells)| {
            let name = column.name.as_str().into();
            Ok(match cells {
                Cells::Text(texts) => {
                    StringChunked::from_iter_options(name, (0..self.height).map(|row| texts.get(row))).into_column()
                }
                Cells::Int(cells) => Int64Chunked::from_iter_options(name, cells.iter().copied()).into_column(),
                Cells::Double(cells) => Float64Chunked::from_iter_options(name, cells.iter().copied()).into_column(),
                Cells::Bool(cells) => BooleanChunked::from_iter_options(name, cells.iter().copied()).into_column(),
                Cells::Day(cells) => {
                    let days = cells.iter().map(|day| day.map(day_of_date));
                    Int32Chunked::from_iter_options(name, days).into_date().into_column()
                }
                Cells::Moment(cells) => {
                    let moments = cells.iter().map(|at| at.map(Timestamp::as_microsecond));
                    let moments = Int64Chunked::from_iter_options(name, moments);
                    moments.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
                }
            })
        });
        DataFrame::new_infer_height(columns.collect::<PolarsResult<Vec<_>>>()?)
    }
}

/// All interfaces tell moments alike: PostgreSQL keeps microseconds.
fn to_microsecond(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}
