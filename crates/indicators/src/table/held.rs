//! Methodical days, and the schools that took part in them.

use std::collections::BTreeSet;

use domain::id::OrgCode;
use domain::period::Part;
use smallvec::SmallVec;

use super::beside::{Of, Participation};

/// Methodical days that were held for the schools of one plan in one region.
#[derive(Debug, Default)]
pub(super) struct Held<'r> {
    pub(super) days: Vec<HeldDay<'r>>,
}

#[derive(Debug)]
pub(super) struct HeldDay<'r> {
    pub(super) obligation: u32,
    pub(super) part: Option<Part>,
    pub(super) schools: SmallVec<[&'r BTreeSet<OrgCode>; 1]>,
}

impl Held<'_> {
    /// A row for each period in which days were held.
    pub(super) fn participate(&self, participation: &mut Participation, unit: u32, org: &OrgCode) {
        let came: SmallVec<[bool; 8]> =
            self.days.iter().map(|day| day.schools.iter().any(|schools| schools.contains(org))).collect();
        for part in [Part::H1, Part::H2, Part::Y] {
            let in_part = |day: &HeldDay<'_>| part == Part::Y || day.part == Some(part);
            let mut days = self.days.iter().zip(&came).filter(|(day, _)| in_part(day)).peekable();
            let Some(first) = days.peek().map(|(day, _)| day.obligation) else { continue };
            let own = days.find(|(_, came)| **came).map(|(day, _)| day.obligation);
            let of = Of { unit, obligation: own.unwrap_or(first), part: Some(part) };
            participation.push(of, own.is_some());
        }
    }
}
