//! Who is told about: organisations and territories, in the order of answers, and who counts for whom.

use domain::deadline::SchoolYear;
use domain::payload::OrgKind;
use domain::period::Part;
use smallvec::SmallVec;

use crate::definition::{Catalogue, LEVELS, Level, SumOf, is_territory, rank};
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
        let mut found = Found::new(places, years.len());
        let members: Vec<(usize, bool)> = units
            .iter()
            .map(|unit| {
                let year = years.iter().position(|year| *year == unit.school_year).unwrap_or_default();
                let is_school = places.orgs[index(unit.org)].kind == OrgKind::School;
                counts_for(places, *unit).for_each(|of| found.note(of, year, is_school));
                (year, is_school)
            })
            .collect();
        let list = found.sorted(places);
        let mut of_unit: Vec<SmallVec<[u32; 8]>> = Vec::with_capacity(units.len());
        let mut schools: Vec<Vec<u32>> = vec![Vec::new(); list.len()];
        for (unit, (year, is_school)) in units.iter().zip(members) {
            // Its own comes first, and is told in any case.
            let mut all: SmallVec<[u32; 8]> =
                counts_for(places, *unit).filter_map(|of| found.number(of, year)).collect();
            all[1..].sort_unstable();
            if is_school {
                all[1..].iter().for_each(|territory| schools[index(*territory)].push(all[0]));
            }
            of_unit.push(all);
        }
        Self { list, of_unit, schools, years }
    }
}

/// Who has something to tell, level by level, place by place and year by year.
struct Found {
    years: usize,
    /// How many places the levels before each have, in the order of levels.
    before: [usize; LEVELS.len()],
    /// What is known of each, and then its number.
    known: Vec<Known>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Nobody counts for it.
    Nobody,
    /// Some do, but no school.
    NoSchool,
    School,
    Told(u32),
}

impl Found {
    fn new(places: &Places, years: usize) -> Self {
        let mut before = [0; LEVELS.len()];
        let mut count = 0;
        for (level, before) in LEVELS.into_iter().zip(&mut before) {
            *before = count;
            count += match level {
                Level::Country => 1,
                Level::Direction => places.regions.len() * DIRECTIONS.len(),
                Level::Municipality => places.municipalities.len(),
                Level::Region => places.regions.len(),
                Level::Publisher | Level::School => places.orgs.len(),
            };
        }
        Self { years, before, known: vec![Known::Nobody; count * years] }
    }

    fn at(&self, (level, place): (Level, u32), year: usize) -> usize {
        (self.before[rank(level)] + index(place)) * self.years + year
    }

    fn note(&mut self, of: (Level, u32), year: usize, is_school: bool) {
        let at = self.at(of, year);
        if is_school {
            self.known[at] = Known::School;
        } else if self.known[at] == Known::Nobody {
            self.known[at] = Known::NoSchool;
        }
    }

    fn number(&self, of: (Level, u32), year: usize) -> Option<u32> {
        match self.known[self.at(of, year)] {
            Known::Told(number) => Some(number),
            _ => None,
        }
    }

    /// Numbers them in the order of answers.
    fn sorted(&mut self, places: &Places) -> Vec<Subject> {
        let mut told = Vec::new();
        let mut at = 0;
        for (nth_level, level) in LEVELS.into_iter().enumerate() {
            let end = self.before.get(nth_level + 1).map_or(self.known.len(), |before| before * self.years);
            for (known, nth) in self.known[at..end].iter().zip(0..) {
                // A territory without a school has nothing to tell.
                if *known == Known::School || (*known == Known::NoSchool && !is_territory(level)) {
                    let (place, year) = (nth / self.years, nth % self.years);
                    told.push(Subject { level, place: u32::try_from(place).unwrap_or(u32::MAX), year });
                }
            }
            at = end;
        }
        let mut sorted: Vec<_> = told
            .into_iter()
            .map(|subject| {
                let region = region_of(places, &subject).map(|at| places.regions[index(at)].code.as_str());
                (subject.level, code_of(places, &subject), region, subject.year, subject)
            })
            .collect();
        sorted.sort_unstable_by(|a, b| (a.0, a.1, a.2, a.3).cmp(&(b.0, b.1, b.2, b.3)));
        let list: Vec<Subject> = sorted.into_iter().map(|(.., subject)| subject).collect();
        for (subject, number) in list.iter().zip(0..) {
            let at = self.at((subject.level, subject.place), subject.year);
            self.known[at] = Known::Told(number);
        }
        list
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
