//! Units by organisation and school year.

use smallvec::SmallVec;

use super::Unit;
use crate::index;

/// Finds the number of a unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// By organisation: its school years.
    by_org: Vec<SmallVec<[(i16, u32); 2]>>,
}

impl Numbers {
    pub(crate) fn of(units: &[Unit]) -> Self {
        let mut numbers = Self::default();
        for (at, unit) in units.iter().enumerate() {
            numbers.enter(*unit, || at);
        }
        numbers
    }

    /// The number of a unit, which gets the next one where it is new.
    pub(crate) fn enter(&mut self, unit: Unit, next: impl FnOnce() -> usize) -> usize {
        let (org, year) = (index(unit.org), unit.school_year.first_year());
        if self.by_org.len() <= org {
            self.by_org.resize_with(org + 1, SmallVec::new);
        }
        let years = &mut self.by_org[org];
        let known = years.iter().find(|(known, _)| *known == year).map(|(_, number)| *number);
        index(known.unwrap_or_else(|| {
            let number = u32::try_from(next()).expect("there are no more units than obligations");
            years.push((year, number));
            number
        }))
    }

    pub(crate) fn find(&self, unit: Unit) -> Option<usize> {
        let years = self.by_org.get(index(unit.org))?;
        years.iter().find(|(year, _)| *year == unit.school_year.first_year()).map(|(_, number)| index(*number))
    }
}
