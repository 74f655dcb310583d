//! The values of one day, step by step from what was known to what is known.

use std::collections::BTreeMap;

use domain::id::Seq;
use domain::ledger::Closing;
use domain::payload::SnapshotRow;
use indicators::{
    Catalogue, ComputeError, DefinitionError, Judged, PolarsError, Selection, Tables, ValueRow, Values, compute,
};
use register::Register;

use super::{Difference, Key, Restated, Side};

/// Values after each step: what was known at the closing, and then each cause heeded too.
#[derive(Debug)]
pub(crate) struct Steps {
    pub(super) seq: Seq,
    /// Known then; late data; corrections; membership; formula; target.
    values: [Values; 6],
}

/// Why the steps cannot be computed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    #[error("the tables cannot be made: {0}")]
    Tables(#[from] PolarsError),
    #[error(transparent)]
    Compute(#[from] ComputeError),
    #[error("the definitions cannot be read: {0}")]
    Definitions(#[from] DefinitionError),
    #[error("a step is missing")]
    Missing,
}

impl Steps {
    /// `known` are the states with late data, corrections, membership, and everything.
    pub(super) fn of(base: &Catalogue, judged: Judged, then: &Register, known: &[Register]) -> Result<Self, StepError> {
        let [late, corrected, belonging, now] = known else { return Err(StepError::Missing) };
        let (before, after) = (base.of(then)?, base.of(now)?);
        let terms = Tables::from_register(then, judged)?.terms;
        let with = |register: &Register, catalogue: &Catalogue| {
            let tables = Tables { terms: terms.clone(), ..Tables::from_register(register, judged)? };
            Ok::<_, StepError>(compute(tables, catalogue)?)
        };
        let values = [
            with(then, &before)?,
            with(late, &before)?,
            with(corrected, &before)?,
            with(belonging, &before)?,
            with(now, &after)?,
            compute(Tables::from_register(now, judged)?, &after)?,
        ];
        Ok(Self { seq: now.last_seq(), values })
    }

    /// The rows of a selection, as reported and as known now; each with the row that says where it belongs.
    pub(super) fn rows<'s>(
        &'s self,
        selection: &Selection<'s>,
        closing: &Closing,
        reported: &BTreeMap<Key, SnapshotRow>,
    ) -> Vec<(ValueRow<'s>, Restated)> {
        let region = closing.region.as_str();
        let steps: Vec<BTreeMap<Key, ValueRow<'s>>> = self
            .values
            .iter()
            .map(|values| {
                values.select(selection).filter(|row| row.region == Some(region)).map(|row| (key(&row), row)).collect()
            })
            .collect();
        // In the order of answers; what is there no more, or was not yet, has its place too.
        let mut places: BTreeMap<Key, ValueRow<'s>> = BTreeMap::new();
        for step in &steps {
            places.extend(step.iter().map(|(key, row)| (key.clone(), *row)));
        }
        let told = |(key, place): (Key, ValueRow<'s>)| {
            let sides: Vec<Side> =
                steps.iter().map(|step| step.get(&key).map(Side::of_row).unwrap_or_default()).collect();
            let first = reported.get(&key).map_or_else(Side::default, Side::of_snapshot);
            let restated = Restated {
                level: place.level.as_str(),
                org: place.org.to_owned(),
                org_name: place.org_name.to_owned(),
                municipality: place.municipality.map(ToOwned::to_owned),
                indicator: place.indicator.to_owned(),
                reported: first,
                restated: sides[5],
                value_difference: difference(&first, &sides, |side| side.value),
                achievement_difference: difference(&first, &sides, |side| side.achievement),
            };
            (place, restated)
        };
        places.into_iter().map(told).collect()
    }
}

fn key(row: &ValueRow<'_>) -> Key {
    (row.level.as_str().to_owned(), row.org.to_owned(), row.indicator.to_owned())
}

/// What each step adds, from the figure that was reported to the one that is known now. Where a step has no figure
/// it adds nothing, and the next one is compared with the last that had one; a difference between the reported
/// figure and what this version makes of the same state belongs to the formula.
fn difference(reported: &Side, steps: &[Side], figure: fn(&Side) -> Option<f64>) -> Difference {
    let (Some(first), Some(last)) = (figure(reported), steps.last().and_then(figure)) else {
        return Difference::default();
    };
    let mut at = figure(&steps[0]).unwrap_or(first);
    let by_version = at - first;
    let mut added = [0.0; 5];
    for (step, part) in steps[1..].iter().zip(&mut added) {
        if let Some(next) = figure(step) {
            *part = next - at;
            at = next;
        }
    }
    let [late_data, corrections, membership, formula, target] = added;
    Difference {
        total: Some(last - first),
        late_data: Some(late_data),
        corrections: Some(corrections),
        membership: Some(membership),
        formula: Some(formula + by_version),
        target: Some(target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(value: Option<f64>) -> Side {
        Side { value, ..Side::default() }
    }

    #[test]
    fn the_causes_add_up_to_the_difference_also_over_a_step_without_a_figure() {
        let steps = [Some(0.5), Some(0.625), None, Some(0.75), Some(0.75), Some(1.0)].map(side);
        let told = difference(&side(Some(0.25)), &steps, |side| side.value);
        let parts = [told.late_data, told.corrections, told.membership, told.formula, told.target];
        assert_eq!(parts, [Some(0.125), Some(0.0), Some(0.125), Some(0.25), Some(0.25)]);
        assert_eq!(parts.into_iter().flatten().sum::<f64>().to_bits(), told.total.unwrap().to_bits());
        assert_eq!(difference(&side(None), &steps, |side| side.value), Difference::default());
    }
}
