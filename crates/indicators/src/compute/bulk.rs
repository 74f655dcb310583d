//! All units at once: what territories sum, and the cells of organisations.

use std::collections::HashMap;
use std::sync::Arc;

use domain::payload::OrgKind;
use domain::period::Part;
use smallvec::SmallVec;

use super::board::Total;
use super::cells::{Tally, tell};
use super::subjects::adds_up;
use super::sums::{Cells, PIECE, Piece, Sum, Sums, Tied};
use crate::definition::{Catalogue, Level, rank};
use crate::table::{DIRECTIONS, Unit};
use crate::values::{Cell, Frame};
use crate::{index, parallel};

/// Organisations of one kind that count for the same territories.
#[derive(Debug)]
struct Group {
    kind: OrgKind,
    subjects: SmallVec<[u32; 8]>,
}

/// What a group sums for one definition in one period.
#[derive(Clone, Copy, Debug, Default)]
struct Together {
    all: Sum,
    tied: Tied,
    /// How many have a denominator, in all and in each direction.
    with_data: u32,
    with_data_in: [u32; DIRECTIONS.len()],
    hidden: u32,
}

/// What one worker found.
#[derive(Default)]
struct Found {
    /// By group, then definition and period; empty where it met nobody of the group.
    together: Vec<Vec<Together>>,
    /// Cells of organisations, each with the number of its subject.
    cells: Vec<(u32, Arc<[Cell]>)>,
}

/// Everything that all units come to.
pub(super) struct Bulk<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) frame: &'a Frame,
    pub(super) units: &'a [Unit],
    pub(super) of_unit: &'a [SmallVec<[u32; 8]>],
    pub(super) sums: &'a Sums,
}

impl Bulk<'_> {
    /// Adds up territories into `totals`, and gives back the cells of organisations with the numbers of their subjects.
    pub(super) fn run(&self, totals: &mut [Vec<Total>]) -> Vec<(u32, Arc<[Cell]>)> {
        let (groups, group_of) = self.groups();
        let pieces = self.sums.pieces();
        let fresh = || Found { together: vec![Vec::new(); groups.len()], cells: Vec::new() };
        let found = parallel::fold(pieces.len(), fresh, |found, at| {
            self.piece(at, &pieces[at], &groups, &group_of, found);
            Ok::<(), std::convert::Infallible>(())
        });
        let mut cells = Vec::with_capacity(self.units.len());
        for worker in found.unwrap_or_else(|never| match never {}) {
            for (group, together) in groups.iter().zip(&worker.together) {
                for (place, together) in together.iter().enumerate() {
                    group.subjects.iter().for_each(|subject| {
                        together.add_to(&mut totals[index(*subject)][place], self.direction(*subject));
                    });
                }
            }
            cells.extend(worker.cells);
        }
        cells
    }

    /// The cluster direction that a subject is, by its place in [`DIRECTIONS`].
    fn direction(&self, subject: u32) -> Option<usize> {
        let subject = &self.frame.subjects[index(subject)];
        (subject.level == Level::Direction).then(|| index(subject.place) % DIRECTIONS.len())
    }

    fn groups(&self) -> (Vec<Group>, Vec<usize>) {
        let mut groups = Vec::new();
        let mut known: HashMap<(&[u32], bool), usize> = HashMap::new();
        let mut last: Option<((&[u32], bool), usize)> = None;
        let mut of_unit = Vec::with_capacity(self.units.len());
        for (unit, subjects) in self.units.iter().zip(self.of_unit) {
            let kind = self.frame.places.orgs[index(unit.org)].kind;
            let key = (&subjects[1..], kind == OrgKind::School);
            // Neighbours mostly belong together.
            let group = match last {
                Some((of, group)) if of == key => group,
                _ => *known.entry(key).or_insert_with(|| {
                    groups.push(Group { kind, subjects: key.0.into() });
                    groups.len() - 1
                }),
            };
            last = Some((key, group));
            of_unit.push(group);
        }
        (groups, of_unit)
    }

    fn piece(&self, at: usize, piece: &Piece, groups: &[Group], group_of: &[usize], found: &mut Found) {
        let definitions = self.catalogue.definitions();
        let parts = piece.iter().enumerate().flat_map(|(definition, parts)| {
            parts
                .iter()
                .enumerate()
                .filter(|(_, cells)| !cells.is_empty())
                .map(move |(part, cells)| (definition, part, cells))
        });
        let parts: Vec<(usize, usize, &Cells)> = parts.collect();
        let first = at * PIECE;
        let mut own = Vec::new();
        for unit in first..(first + PIECE).min(self.units.len()) {
            let group = &groups[group_of[unit]];
            let together = &mut found.together[group_of[unit]];
            if together.is_empty() {
                together.resize(definitions.len() * Part::ALL.len(), Together::default());
            }
            for (definition, part, cells) in &parts {
                if adds_up(definitions[*definition].of, group.kind) {
                    together[definition * Part::ALL.len() + part].count(cells, unit - first);
                }
            }
            let subject = self.of_unit[unit][0];
            self.tell(subject, piece, unit - first, &mut own);
            found.cells.push((subject, own.as_slice().into()));
        }
    }

    /// The cells of an organisation.
    fn tell(&self, subject: u32, piece: &Piece, unit: usize, into: &mut Vec<Cell>) {
        let subject = &self.frame.subjects[index(subject)];
        let tally = |definition: usize, part: Part| {
            let cells = piece.get(definition).map(|parts| &parts[usize::from(crate::table::part_code(part))]);
            cells.map_or_else(Tally::default, |cells| cells.tally(unit))
        };
        let aim = |head: usize, definition: &crate::Definition, part: Part| {
            self.frame.aim(subject, head, definition.weight, part)
        };
        tell(self.catalogue, &self.frame.layouts[rank(subject.level)], tally, aim, into);
    }
}

impl Together {
    /// Counts one unit.
    fn count(&mut self, cells: &Cells, unit: usize) {
        let all = cells.all.get(unit).copied().unwrap_or_default();
        self.all.add(all);
        self.hidden += u32::from(cells.hidden.get(unit).copied().unwrap_or_default());
        let has_data = u32::from(all.denominator != 0.0);
        self.with_data += has_data;
        if cells.tied.is_empty() {
            self.with_data_in.iter_mut().for_each(|count| *count += has_data);
            return;
        }
        let entry = cells.get(unit);
        for (direction, count) in self.with_data_in.iter_mut().enumerate() {
            *count += u32::from(entry.in_direction(direction).denominator != 0.0);
            self.tied[direction].add(entry.tied[direction]);
        }
    }

    /// Adds the group to a territory, or what of it counts for a cluster direction.
    fn add_to(&self, total: &mut Total, direction: Option<usize>) {
        let others = |at: usize| self.tied.iter().enumerate().filter(move |(other, _)| *other != at);
        total.sum.add(direction.map_or(self.all, |at| others(at).fold(self.all, |sum, (_, tied)| sum.minus(*tied))));
        total.with_data += direction.map_or(self.with_data, |at| self.with_data_in[at]);
        total.hidden += self.hidden;
    }
}
