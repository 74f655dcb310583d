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

/// The cells of one organisation or territory.
pub(crate) fn tell(
    catalogue: &Catalogue,
    layout: &Layout,
    tally: impl Fn(usize, Part) -> Tally,
    aim: impl Fn(usize, &Definition, Part) -> Aim,
) -> Vec<Cell> {
    let definitions = catalogue.definitions();
    let mut cells: Vec<Cell> = Vec::with_capacity(layout.len());
    let mut aims: Vec<bool> = Vec::with_capacity(layout.len());
    for (part, head) in layout {
        let told = definitions.get(*head).map(|definition| (definition, aim(*head, definition, *part)));
        cells.push(told.map_or_else(Cell::default, |(definition, aim)| cell(definition, tally(*head, *part), aim)));
        aims.push(told.is_some_and(|(_, aim)| aim.is_official));
    }
    for (at, (part, head)) in layout.iter().enumerate() {
        if *head == definitions.len() {
            let told = layout.iter().zip(&aims).zip(&cells);
            let told = told.filter(|(((other, _), official), _)| other == part && **official).map(|(_, cell)| cell);
            cells[at] = composite(catalogue.composite(), *part, told);
        }
    }
    cells
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

/// The composite from the indicators of the same organisation or territory, never from other composites.
fn composite<'a>(composite: &Composite, part: Part, told: impl Iterator<Item = &'a Cell>) -> Cell {
    let mut cell = Cell::default();
    if !composite.periods.contains(&part) {
        return cell;
    }
    for of in told {
        cell.weight += of.weight;
        if let (Status::Ok, Some(achievement)) = (of.status, of.achievement) {
            cell.numerator += of.weight * achievement;
            cell.denominator += of.weight;
        }
    }
    if cell.denominator > 0.0 && cell.denominator >= composite.enough_weight * cell.weight {
        cell.value = cell.numerator / cell.denominator;
        cell.achievement = Some(cell.value);
        cell.status = Status::Ok;
    }
    cell
}
