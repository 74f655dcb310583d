//! From sums to figures: values, achievements, the composite.

use domain::period::Part;

use super::sums::Sum;
use crate::definition::{Catalogue, Composite, Definition, WhenEmpty};
use crate::values::{Cell, Layout, Status};

/// What stands in a place for an indicator and a period.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sum: Sum,
    /// It must not be shown.
    pub(crate) is_hidden: bool,
}

/// The target and the weight that hold in a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aim {
    pub(crate) target: Option<f64>,
    pub(crate) weight: f64,
    /// It is the official version there.
    pub(crate) is_official: bool,
}

/// Fills in the cells of one organisation or territory.
pub(crate) fn tell(
    catalogue: &Catalogue,
    layout: &Layout,
    tally: impl Fn(usize, Part) -> Tally,
    aim: impl Fn(usize, &Definition, Part) -> Aim,
    cells: &mut Vec<Cell>,
) {
    cells.clear();
    for period in layout.chunk_by(|(part, _), (next, _)| part == next) {
        let mut mean = Mean::default();
        let mut place = None;
        for (part, head) in period {
            let Some(definition) = catalogue.definitions().get(*head) else {
                place = Some((cells.len(), *part));
                cells.push(Cell::default());
                continue;
            };
            let aim = aim(*head, definition, *part);
            let cell = cell(definition, tally(*head, *part), aim);
            if aim.is_official {
                mean.add(&cell);
            }
            cells.push(cell);
        }
        if let Some((place, part)) = place {
            cells[place] = mean.cell(catalogue.composite(), part);
        }
    }
}

fn cell(definition: &Definition, tally: Tally, aim: Aim) -> Cell {
    let Sum { numerator, denominator } = tally.sum;
    let empty = Cell { numerator, denominator, weight: aim.weight, ..Cell::default() };
    if tally.is_hidden {
        return Cell { status: Status::Suppressed, ..empty };
    }
    let value = match definition.when_empty {
        _ if denominator > 0.0 => numerator / denominator,
        WhenEmpty::Zero => 0.0,
        WhenEmpty::NoData => return empty,
    };
    let achievement = aim.target.map(|target| definition.achievement(value, target));
    Cell { value, achievement, status: Status::Ok, ..empty }
}

/// The composite of a period: from the indicators of the same organisation or territory, never from other composites.
#[derive(Default)]
struct Mean {
    weight: f64,
    numerator: f64,
    denominator: f64,
}

impl Mean {
    fn add(&mut self, of: &Cell) {
        self.weight += of.weight;
        if let (Status::Ok, Some(achievement)) = (of.status, of.achievement) {
            self.numerator += of.weight * achievement;
            self.denominator += of.weight;
        }
    }

    fn cell(self, composite: &Composite, part: Part) -> Cell {
        if !composite.periods.contains(&part) {
            return Cell::default();
        }
        let Self { weight, numerator, denominator } = self;
        let empty = Cell { numerator, denominator, weight, ..Cell::default() };
        if denominator > 0.0 && denominator >= composite.enough_weight * weight {
            let value = numerator / denominator;
            return Cell { value, achievement: Some(value), status: Status::Ok, ..empty };
        }
        empty
    }
}
