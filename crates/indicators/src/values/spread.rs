//! How schools spread behind a territory's value, and the rating of municipalities.

use std::collections::HashMap;

use domain::period::Part;
use serde::Serialize;

use super::{Status, Values, region_of};
use crate::definition::{Level, rank};
use crate::index;

/// How the values of a territory's schools spread; schools without a value, and those that are not shown, are left
/// out. Quartiles are interpolated linearly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// How many schools have a value.
    pub schools: usize,
    /// The lowest value.
    pub min: f64,
    /// A quarter of the schools lie below.
    pub q1: f64,
    /// Half of them lie below.
    pub median: f64,
    /// Three quarters lie below.
    pub q3: f64,
    /// The highest value.
    pub max: f64,
    /// The mean of schools, each with the same weight: not the territory's value.
    pub mean: f64,
}

impl Spread {
    /// Of one row; `None` where no school has a value.
    pub(super) fn of(values: &Values, subject: usize, row: usize) -> Option<Self> {
        let frame = values.frame();
        let (part, head) = frame.layouts[rank(frame.subjects[subject].level)][row];
        let (id, version) = (&frame.heads[head].id, frame.heads[head].version);
        // The same indicator may be defined for schools apart.
        let alike = |(_, (of, head)): &(usize, &(Part, usize))| {
            *of == part && frame.heads[*head].id == *id && frame.heads[*head].version == version
        };
        let place = frame.layouts[rank(Level::School)].iter().enumerate().find(alike)?.0;
        let cells = frame.schools[subject].iter().map(|school| &values.cells[index(*school)][place]);
        let mut told: Vec<f64> = cells.filter(|cell| cell.status == Status::Ok).map(|cell| cell.value).collect();
        told.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*told.first()?, *told.last()?);
        let count = f64::from(u32::try_from(told.len()).unwrap_or(u32::MAX));
        Some(Self {
            schools: told.len(),
            min,
            q1: quantile(&told, 1),
            median: quantile(&told, 2),
            q3: quantile(&told, 3),
            max,
            mean: told.iter().sum::<f64>() / count,
        })
    }
}

/// The value below which so many quarters of a sorted list lie, interpolated between its neighbours.
fn quantile(sorted: &[f64], quarters: usize) -> f64 {
    let at = (sorted.len() - 1) * quarters;
    let (low, rest) = (at / 4, at % 4);
    let high = sorted.get(low + 1).copied().unwrap_or(sorted[low]);
    let share = f64::from(u8::try_from(rest).unwrap_or_default()) / 4.0;
    sorted[low] + (high - sorted[low]) * share
}

/// The best achievement among the municipalities of each region, by region, year and row.
#[derive(Debug, Default)]
pub(super) struct Ratings(HashMap<(u32, usize, usize), f64>);

impl Ratings {
    pub(super) fn of(values: &Values) -> Self {
        let frame = values.frame();
        let mut best: HashMap<(u32, usize, usize), f64> = HashMap::new();
        for (at, subject) in frame.subjects.iter().enumerate().filter(|(_, known)| known.level == Level::Municipality) {
            let region = region_of(&frame.places, subject).unwrap_or_default();
            for (row, cell) in values.cells[at].iter().enumerate().filter(|(_, cell)| cell.status == Status::Ok) {
                let achieved = cell.achievement.unwrap_or_default();
                let known = best.entry((region, subject.year, row)).or_default();
                *known = known.max(achieved);
            }
        }
        Self(best)
    }

    /// The rating of one row; `None` where it has no achievement, or where the best is nothing.
    pub(super) fn of_row(&self, values: &Values, at: usize, row: usize) -> Option<f64> {
        let frame = values.frame();
        let (subject, cell) = (&frame.subjects[at], &values.cells[at][row]);
        if subject.level != Level::Municipality || cell.status != Status::Ok {
            return None;
        }
        let region = region_of(&frame.places, subject)?;
        let best = self.0.get(&(region, subject.year, row)).copied().filter(|best| *best > 0.0)?;
        cell.achievement.map(|achieved| 100.0 * achieved / best)
    }
}
