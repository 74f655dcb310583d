//! Numerators and denominators of every organisation, kept in pieces of some units each.

use domain::period::Part;

use super::ComputeError;
use super::cells::Tally;
use super::reading::{Plan, Trouble};
use crate::definition::Catalogue;
use crate::parallel;
use crate::table::{DIRECTIONS, Hands, OBLIGATIONS, Reader, TABLES, Tables, part_code};

/// Units of one piece: a power of two, so that a piece is found by a shift.
pub(crate) const PIECE: usize = 256;

/// Rows of a frame that are looked at in one query: few enough to stay near the processor.
const ROWS: usize = 16_384;

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
    pub(crate) tied: Tied,
    /// There are rows because of which the organisation is not shown.
    pub(crate) is_hidden: bool,
}

/// Sums by cluster direction.
pub(crate) type Tied = [Sum; DIRECTIONS.len()];

impl Entry {
    /// What counts for one direction: everything but what is tied to another.
    pub(crate) fn in_direction(&self, direction: usize) -> Sum {
        let others = self.tied.iter().enumerate().filter(|(at, _)| *at != direction);
        others.fold(self.all, |sum, (_, tied)| sum.minus(*tied))
    }
}

/// Sums of one definition in one period, by unit of a piece. A list that holds nothing but nothings is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    pub(crate) all: Vec<Sum>,
    pub(crate) tied: Vec<Tied>,
    pub(crate) hidden: Vec<bool>,
}

impl Cells {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.tied.is_empty() && self.hidden.is_empty()
    }

    /// What is told of one unit.
    pub(crate) fn tally(&self, unit: usize) -> Tally {
        Tally {
            sum: self.all.get(unit).copied().unwrap_or_default(),
            is_hidden: self.hidden.get(unit).copied().unwrap_or_default(),
        }
    }

    pub(crate) fn get(&self, unit: usize) -> Entry {
        Entry {
            all: self.all.get(unit).copied().unwrap_or_default(),
            tied: self.tied.get(unit).copied().unwrap_or_default(),
            is_hidden: self.hidden.get(unit).copied().unwrap_or_default(),
        }
    }

    fn merge(&mut self, other: &Self) {
        for (unit, sum) in other.all.iter().enumerate() {
            grown(&mut self.all)[unit].add(*sum);
        }
        for (unit, tied) in other.tied.iter().enumerate() {
            grown(&mut self.tied)[unit].iter_mut().zip(tied).for_each(|(sum, more)| sum.add(*more));
        }
        for (unit, hidden) in other.hidden.iter().enumerate() {
            grown(&mut self.hidden)[unit] |= hidden;
        }
    }
}

fn grown<T: Clone + Default>(cells: &mut Vec<T>) -> &mut Vec<T> {
    if cells.is_empty() {
        cells.resize(PIECE, T::default());
    }
    cells
}

/// A column that holds nothing but nothings takes no room.
fn put<T: Copy + Default + PartialEq>(cells: &mut Vec<T>, unit: usize, cell: T) {
    if unit < cells.len() || cell != T::default() {
        grown(cells)[unit] = cell;
    }
}

/// The sums of some units, by definition and period.
pub(crate) type Piece = Vec<[Cells; Part::ALL.len()]>;

/// Sums by unit, definition (in the order of the catalogue) and period.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    definitions: usize,
    pieces: Vec<Piece>,
}

impl Sums {
    pub(crate) fn new(definitions: usize, units: usize) -> Self {
        Self { definitions, pieces: vec![Piece::new(); units.div_ceil(PIECE)] }
    }

    /// The pieces, in the order of units; one without rows is empty.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(crate) fn get(&self, definition: usize, part: Part, unit: usize) -> Entry {
        let cells = self.pieces.get(unit / PIECE).and_then(|piece| piece.get(definition));
        cells.map_or_else(Entry::default, |cells| cells[usize::from(part_code(part))].get(unit % PIECE))
    }

    /// Puts an entry in its place.
    pub(crate) fn set(&mut self, definition: usize, part: Part, unit: usize, entry: Entry) {
        let cells = self.cells(definition, part, unit);
        put(&mut cells.all, unit % PIECE, entry.all);
        put(&mut cells.tied, unit % PIECE, entry.tied);
        put(&mut cells.hidden, unit % PIECE, entry.is_hidden);
    }

    /// Adds what some rows of a unit come to; `direction` is the code of the one that they are tied to.
    pub(crate) fn add(&mut self, definition: usize, part: Part, unit: usize, direction: usize, sum: Sum) {
        let cells = self.cells(definition, part, unit);
        grown(&mut cells.all)[unit % PIECE].add(sum);
        if let Some(direction) = direction.checked_sub(1).filter(|at| *at < DIRECTIONS.len()) {
            grown(&mut cells.tied)[unit % PIECE][direction].add(sum);
        }
    }

    pub(crate) fn hide(&mut self, definition: usize, part: Part, unit: usize) {
        grown(&mut self.cells(definition, part, unit).hidden)[unit % PIECE] = true;
    }

    fn cells(&mut self, definition: usize, part: Part, unit: usize) -> &mut Cells {
        let piece = &mut self.pieces[unit / PIECE];
        if piece.is_empty() {
            piece.resize_with(self.definitions, Default::default);
        }
        &mut piece[definition][usize::from(part_code(part))]
    }

    /// Takes over what another worker summed; where both have something, it adds up.
    pub(crate) fn merge(&mut self, other: Self) {
        for (own, piece) in self.pieces.iter_mut().zip(other.pieces) {
            if own.is_empty() {
                *own = piece;
                continue;
            }
            for (own, cells) in own.iter_mut().flatten().zip(piece.iter().flatten()) {
                own.merge(cells);
            }
        }
    }

    /// What several workers summed, together.
    pub(crate) fn together(workers: Vec<Self>) -> Self {
        let mut workers = workers.into_iter();
        let mut sums = workers.next().unwrap_or_default();
        workers.for_each(|other| sums.merge(other));
        sums
    }
}

/// Sums every definition over frames. Every table is read once; definitions that look at the same rows are summed in
/// one go.
pub(crate) fn by_unit(tables: &Tables, catalogue: &Catalogue) -> Result<Sums, ComputeError> {
    let definitions = catalogue.definitions();
    let plan = Plan::of(definitions);
    let mut pieces = Vec::new();
    for reading in plan.readings() {
        let frame = tables.frames.get(reading.table()).ok_or_else(|| reading.no_table(definitions))?;
        pieces.extend((0..frame.height()).step_by(ROWS).map(|from| (reading, frame, from)));
    }
    let units = tables.units.len();
    let fresh = || Sums::new(definitions.len(), units);
    let sums = parallel::fold(pieces.len(), fresh, |sums, at| {
        let (reading, frame, from) = pieces[at];
        let from = i64::try_from(from).unwrap_or(i64::MAX);
        reading.sum(&frame.slice(from, ROWS), units, sums).map_err(|trouble| failed(reading.table(), units, trouble))
    })?;
    Ok(Sums::together(sums))
}

/// Sums every definition over a register: some organisations' rows are made, summed and dropped after the others'.
pub(crate) fn by_unit_of(reader: &Reader<'_>, catalogue: &Catalogue) -> Result<Sums, ComputeError> {
    let definitions = catalogue.definitions();
    let plan = Plan::of(definitions);
    if let Some(reading) = plan.readings().iter().find(|reading| TABLES.iter().all(|spec| spec.name != reading.table()))
    {
        return Err(reading.no_table(definitions));
    }
    let units = reader.units().len();
    let fresh = || (Sums::new(definitions.len(), units), Hands::default());
    let workers = parallel::fold(reader.batches(), fresh, |(sums, hands), batch| {
        let frames = reader.frames(hands, batch);
        let frames = frames.map_err(|source| ComputeError::Query { table: OBLIGATIONS.name.to_owned(), source })?;
        for (name, frame) in frames {
            for reading in plan.readings().iter().filter(|reading| reading.table() == name) {
                reading.sum(&frame, units, sums).map_err(|trouble| failed(name, units, trouble))?;
            }
        }
        Ok(())
    })?;
    Ok(Sums::together(workers.into_iter().map(|(sums, _)| sums).collect()))
}

/// What became of a table, in words.
fn failed(table: &str, units: usize, trouble: Trouble) -> ComputeError {
    let table = table.to_owned();
    match trouble {
        Trouble::Query(source) => ComputeError::Query { table, source },
        Trouble::NoUnit(unit) => ComputeError::NoUnit { table, unit, units },
    }
}
