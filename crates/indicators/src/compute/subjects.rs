//! Who is told about: organisations and territories, in the order of answers, and who counts for whom.

use std::collections::BTreeMap;

use domain::deadline::SchoolYear;
use domain::payload::OrgKind;
use domain::period::Part;
use smallvec::SmallVec;

use crate::definition::{Catalogue, Level, SumOf, is_territory};
use crate::index;
use crate::table::{DIRECTIONS, Places, Unit};
use crate::values::{Head, Layout, Subject, code_of, region_of};

/// Subjects, and the units that count for each.
pub(crate) struct Subjects {
    pub(crate) list: Vec<Subject>,
    /// The subjects of each unit, its own first.
    pub(crate) of_unit: Vec<SmallVec<[u32; 8]>>,
    /// The subjects of schools that each subject sums; none for organisations.
    pub(crate) schools: Vec<Vec<u32>>,
    pub(crate) years: Vec<SchoolYear>,
}

impl Subjects {
    pub(crate) fn of(places: &Places, units: &[Unit]) -> Self {
        let mut years: Vec<SchoolYear> = units.iter().map(|unit| unit.school_year).collect();
        years.sort_by_key(|year| year.first_year());
        years.dedup();
        let mut found: BTreeMap<(Level, u32, usize), Vec<usize>> = BTreeMap::new();
        for (at, unit) in units.iter().enumerate() {
            let year = years.iter().position(|year| *year == unit.school_year).unwrap_or_default();
            for (level, place) in counts_for(places, *unit) {
                found.entry((level, place, year)).or_default().push(at);
            }
        }
        // A territory without a school has nothing to tell.
        let is_school = |unit: &usize| places.orgs[index(units[*unit].org)].kind == OrgKind::School;
        found.retain(|(level, _, _), units| !is_territory(*level) || units.iter().any(is_school));
        let mut sorted: Vec<(Subject, Vec<usize>)> =
            found.into_iter().map(|((level, place, year), units)| (Subject { level, place, year }, units)).collect();
        sorted.sort_by_cached_key(|(subject, _)| {
            let region = region_of(places, subject).map(|at| places.regions[index(at)].code.clone());
            (subject.level, code_of(places, subject).to_owned(), region, subject.year)
        });
        let mut of_unit: Vec<SmallVec<[u32; 8]>> = vec![SmallVec::new(); units.len()];
        for ((subject, members), at) in sorted.iter().zip(0_u32..) {
            for unit in members {
                let own = !is_territory(subject.level);
                let all = &mut of_unit[*unit];
                all.insert(if own { 0 } else { all.len() }, at);
            }
        }
        let own = |unit: &usize| of_unit[*unit][0];
        let schools = sorted
            .iter()
            .map(|(subject, members)| {
                let summed = members.iter().filter(|unit| is_territory(subject.level) && is_school(unit));
                summed.map(own).collect()
            })
            .collect();
        Self { list: sorted.into_iter().map(|(subject, _)| subject).collect(), of_unit, schools, years }
    }
}

/// Whom an organisation counts for: itself, its municipality, its directions, its region and the country.
fn counts_for(places: &Places, unit: Unit) -> impl Iterator<Item = (Level, u32)> + use<> {
    let org = &places.orgs[index(unit.org)];
    let own = match org.kind {
        OrgKind::Authority => (Level::Publisher, unit.org),
        OrgKind::School => (Level::School, unit.org),
    };
    let municipality = org.municipality.map(|at| (Level::Municipality, at));
    let directions = (0_u32..).zip(0..DIRECTIONS.len()).filter(|(_, at)| org.has_direction(*at));
    let region = org.region;
    let count = u32::try_from(DIRECTIONS.len()).unwrap_or_default();
    let directions: Vec<_> = directions.map(|(at, _)| (Level::Direction, region * count + at)).collect();
    [Some(own), municipality, Some((Level::Region, region)), Some((Level::Country, 0))]
        .into_iter()
        .flatten()
        .chain(directions)
}

/// Whether an organisation's rows add up in territories for a definition.
pub(crate) fn adds_up(of: SumOf, kind: OrgKind) -> bool {
    matches!((of, kind), (SumOf::Schools, OrgKind::School) | (SumOf::Authorities, OrgKind::Authority))
}

/// Periods in the order of their codes (`2022-2023` before `2022-2023.H1`), in each the composite and
/// the indicators in the order of their ids and versions.
pub(crate) fn layout(catalogue: &Catalogue, level: Level) -> Layout {
    let composite = (catalogue.composite().id.as_str(), 0, catalogue.definitions().len());
    let mut rows = Vec::new();
    for part in [Part::Y, Part::H1, Part::H2, Part::T0] {
        let told = catalogue.definitions().iter().enumerate().filter(|(_, known)| known.is_told(level, part));
        let told = told.map(|(at, known)| (known.id.as_str(), known.version, at));
        let mut ids: Vec<_> = told.chain([composite]).collect();
        ids.sort_unstable();
        rows.extend(ids.into_iter().map(|(_, _, head)| (part, head)));
    }
    rows
}

/// What rows say of each definition, the composite last.
pub(crate) fn heads(catalogue: &Catalogue, years: &[SchoolYear]) -> Vec<Head> {
    let mut heads: Vec<Head> = catalogue
        .definitions()
        .iter()
        .map(|known| Head {
            id: known.id.clone(),
            version: known.version,
            target: known.target,
            weight: Some(known.weight),
            official: years.iter().map(|year| catalogue.is_official(known, *year)).collect(),
        })
        .collect();
    let composite = catalogue.composite();
    heads.push(Head {
        id: composite.id.clone(),
        version: composite.version,
        target: None,
        weight: None,
        official: vec![true; years.len()],
    });
    heads
}
