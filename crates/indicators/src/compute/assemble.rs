//! From the sums of organisations to rows: roll-ups, values, achievements, the composite.

use domain::deadline::SchoolYear;
use domain::payload::OrgKind;
use domain::period::Part;

use super::sums::{Sum, Sums};
use crate::definition::{Catalogue, Composite, Definition, Level, WhenEmpty};
use crate::index;
use crate::table::Tables;
use crate::values::{Cell, Head, Layout, Status, Subject, Values};

/// Who is told about: level, place, and which of the years.
type Key = (Level, u32, usize);

pub(super) fn values(tables: &Tables, catalogue: &Catalogue, sums: &Sums) -> Values {
    let mut years: Vec<SchoolYear> = tables.units.iter().map(|unit| unit.school_year).collect();
    years.sort_by_key(|year| year.first_year());
    years.dedup();
    let mut counted: Vec<(Key, usize)> =
        (0..tables.units.len()).flat_map(|unit| keys(tables, &years, unit).map(move |key| (key, unit))).collect();
    counted.sort_unstable();
    let mut groups: Vec<&[(Key, usize)]> = counted.chunk_by(|a, b| a.0 == b.0).collect();
    groups.sort_by_cached_key(|group| order(tables, group[0].0));
    let layouts = Level::ALL.map(|level| layout(catalogue, level));
    let mut subjects = Vec::with_capacity(groups.len());
    let mut cells = Vec::new();
    for group in groups {
        let (level, place, year) = group[0].0;
        subjects.push(Subject { level, place, year, first: cells.len() });
        tell(catalogue, sums, group, &layouts[level.rank()], &mut cells);
    }
    Values::new(tables.places.clone(), heads(catalogue), layouts, &years, subjects, cells)
}

/// Whom an organisation counts for: itself, and as a school its municipality and its region.
fn keys(tables: &Tables, years: &[SchoolYear], unit: usize) -> impl Iterator<Item = Key> + use<> {
    let unit = &tables.units[unit];
    let org = &tables.places.orgs[index(unit.org)];
    let year = years.iter().position(|year| *year == unit.school_year).unwrap_or_default();
    let (own, territories) = match org.kind {
        OrgKind::Authority => (Level::Publisher, None),
        OrgKind::School => (Level::School, Some((org.region, org.municipality))),
    };
    let region = territories.map(|(region, _)| (Level::Region, region, year));
    let municipality = territories.and_then(|(_, at)| Some((Level::Municipality, at?, year)));
    [Some((own, unit.org, year)), region, municipality].into_iter().flatten()
}

/// The order of rows: level, code, region (codes of municipalities are unique within one), year.
fn order(tables: &Tables, (level, place, year): Key) -> (Level, &str, &str, usize) {
    let places = &tables.places;
    let (code, region) = match level {
        Level::Municipality => (&places.municipalities[index(place)].code, places.municipalities[index(place)].region),
        Level::Region => (&places.regions[index(place)].code, place),
        Level::School | Level::Publisher => (&places.orgs[index(place)].code, places.orgs[index(place)].region),
    };
    (level, code, &places.regions[index(region)].code, year)
}

/// Periods in the order of their codes (`2022-2023` before `2022-2023.H1`), in each the composite and
/// the indicators in the order of their ids.
fn layout(catalogue: &Catalogue, level: Level) -> Layout {
    let composite = (catalogue.composite().id.as_str(), catalogue.definitions().len());
    let mut rows = Vec::new();
    for part in [Part::Y, Part::H1, Part::H2, Part::T0] {
        let told = catalogue.definitions().iter().enumerate().filter(|(_, known)| known.is_told(level, part));
        let mut ids: Vec<(&str, usize)> = told.map(|(at, known)| (known.id.as_str(), at)).chain([composite]).collect();
        ids.sort_unstable();
        rows.extend(ids.into_iter().map(|(_, head)| (part, head)));
    }
    rows
}

/// What rows say of each definition, the composite last.
fn heads(catalogue: &Catalogue) -> Vec<Head> {
    let mut heads: Vec<Head> = catalogue
        .definitions()
        .iter()
        .map(|known| Head {
            id: known.id.clone(),
            version: known.version,
            target: Some(known.target),
            weight: Some(known.weight),
        })
        .collect();
    let composite = catalogue.composite();
    heads.push(Head { id: composite.id.clone(), version: composite.version, target: None, weight: None });
    heads
}

/// The cells of one organisation or territory, which is the sum of its members.
fn tell(catalogue: &Catalogue, sums: &Sums, members: &[(Key, usize)], layout: &Layout, cells: &mut Vec<Cell>) {
    let first = cells.len();
    for (part, head) in layout {
        cells.push(catalogue.definitions().get(*head).map_or_else(Cell::default, |definition| {
            let mut sum = Sum::default();
            for (_, unit) in members {
                sum.add(sums.of(*head, *part, *unit));
            }
            cell(definition, sum)
        }));
    }
    for (at, (part, head)) in layout.iter().enumerate() {
        if *head == catalogue.definitions().len() {
            let of_part = layout.iter().zip(&cells[first..]).filter(|((other, _), _)| other == part);
            let told = of_part.filter_map(|((_, head), cell)| Some((catalogue.definitions().get(*head)?, cell)));
            cells[first + at] = composite(catalogue.composite(), *part, told);
        }
    }
}

fn cell(definition: &Definition, sum: Sum) -> Cell {
    let Sum { numerator, denominator } = sum;
    let value = match definition.when_empty {
        _ if denominator > 0.0 => numerator / denominator,
        WhenEmpty::Zero => 0.0,
        WhenEmpty::NoData => return Cell { numerator, denominator, ..Cell::default() },
    };
    let achievement = definition.achievement(value);
    Cell { numerator, denominator, value, achievement, weight: definition.weight, status: Status::Ok }
}

/// The composite from the indicators of the same organisation or territory, never from other composites.
fn composite<'a>(composite: &Composite, part: Part, told: impl Iterator<Item = (&'a Definition, &'a Cell)>) -> Cell {
    let mut cell = Cell::default();
    if !composite.periods.contains(&part) {
        return cell;
    }
    for (definition, of) in told {
        cell.weight += definition.weight;
        if of.status == Status::Ok {
            cell.numerator += definition.weight * of.achievement;
            cell.denominator += definition.weight;
        }
    }
    if cell.denominator > 0.0 && cell.denominator >= composite.enough_weight * cell.weight {
        cell.value = cell.numerator / cell.denominator;
        cell.achievement = cell.value;
        cell.status = Status::Ok;
    }
    cell
}
