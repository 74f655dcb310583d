//! From the register to rows: every obligation looked at once, some organisations after the others.

use std::collections::HashMap;
use std::ops::Range;

use domain::deadline::SchoolYear;
use domain::plan::Plan;
use polars::error::PolarsError;
use polars::prelude::DataFrame;
use register::{Block, Register};

use super::asked::{Asked, METHODICAL_DAY, asked};
use super::beside::{Activities, Checks, Facts, Participation, Recommendations, Surveys};
use super::block::{One, Rare, Stands};
use super::calendar::YearDays;
use super::held::{Held, HeldDay};
use super::numbers::Numbers;
use super::obligations::{Owner, Rows};
use super::spec::{
    ACTIVITIES, FACTS, LINK_CHECKS, OBLIGATIONS, PARTICIPATION, RECOMMENDATIONS, SURVEYS, TABLES, TableSpec,
};
use super::wanted::Wanted;
use super::{Judged, Unit};
use crate::definition::Catalogue;
use crate::{index, parallel};

/// Organisations whose rows are made at once, at least; a multiple of the pieces that sums are kept in.
const BATCH: usize = crate::compute::sums::PIECE;
/// Batches that one batch may be made of: more rows for each query, and still near the processor.
const BATCHES_MAX: usize = 4;
/// Batches so that every thread has some.
const BATCHES_WANTED: usize = 16;

/// Rows of every table.
#[derive(Debug, Default)]
pub(crate) struct Built {
    pub(super) rows: Rows,
    pub(super) facts: Facts,
    pub(super) surveys: Surveys,
    pub(super) checks: Checks,
    pub(super) activities: Activities,
    pub(super) recommendations: Recommendations,
    pub(super) participation: Participation,
}

impl Built {
    /// The frames of every table, in the order of [`TABLES`].
    fn into_frames(self) -> Result<[(&'static str, DataFrame); TABLES.len()], PolarsError> {
        Ok([
            (OBLIGATIONS.name, self.rows.into_frame()?),
            (FACTS.name, self.facts.into_frame()?),
            (SURVEYS.name, self.surveys.into_frame()?),
            (LINK_CHECKS.name, self.checks.into_frame()?),
            (ACTIVITIES.name, self.activities.into_frame()?),
            (RECOMMENDATIONS.name, self.recommendations.into_frame()?),
            (PARTICIPATION.name, self.participation.into_frame()?),
        ])
    }
}

/// A register that is read: whose rows in which order, and what is found out once for all of them.
#[derive(Debug)]
pub(crate) struct Reader<'r> {
    register: &'r Register,
    judged: Judged,
    obligations: Wanted,
    /// Every fact is a row, so they are left out where nobody asks for them.
    has_facts: bool,
    units: Vec<Unit>,
    /// Blocks with their units, in the order of these.
    blocks: Vec<(&'r Block, u32)>,
    templates: HashMap<(usize, Option<u32>), Vec<Asked>>,
    held: HashMap<(usize, usize), Held<'r>>,
}

/// What one thread keeps from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct Hands<'r> {
    days: HashMap<(usize, i16), YearDays<'r>>,
}

impl<'r> Reader<'r> {
    /// Of every organisation, or of some; for the definitions of a catalogue, or with every column.
    pub(crate) fn new(
        register: &'r Register,
        judged: Judged,
        orgs: Option<&[u32]>,
        catalogue: Option<&Catalogue>,
    ) -> Self {
        let wanted = |table: &TableSpec| catalogue.map_or_else(Wanted::default, |known| Wanted::by(known, table));
        let mut reader = Self {
            register,
            judged,
            obligations: wanted(&OBLIGATIONS),
            has_facts: !wanted(&FACTS).is_nothing(),
            units: Vec::new(),
            blocks: Vec::new(),
            templates: HashMap::new(),
            held: HashMap::new(),
        };
        match orgs {
            None => reader.take(register.blocks().iter()),
            Some(orgs) => reader.take(orgs.iter().flat_map(|org| register.blocks_of(*org))),
        }
        reader.hold();
        reader
    }

    /// Numbers the units, and puts their blocks in that order.
    fn take(&mut self, blocks: impl Iterator<Item = &'r Block>) {
        let mut numbers = Numbers::default();
        for block in blocks {
            let plan = &self.register.plans()[block.plan];
            let unit = Unit { org: block.org, school_year: plan.plan.school_year };
            let number = numbers.enter(unit, || {
                self.units.push(unit);
                self.units.len() - 1
            });
            self.blocks.push((block, u32::try_from(number).expect("there are no more units than obligations")));
            self.templates.entry((block.plan, block.authority)).or_insert_with(|| {
                let expansion = &plan.expansion;
                let template = block.authority.map_or(&expansion.school, |at| &expansion.authorities[index(at)].1);
                asked(&plan.plan, expansion, template)
            });
        }
        self.blocks.sort_by_key(|(_, unit)| *unit);
    }

    /// Notes the methodical days that authorities held for the schools that are read.
    fn hold(&mut self) {
        let mut hands = Hands::default();
        let mut last = None;
        for (block, _) in self.blocks.iter().filter(|(block, _)| block.school) {
            let place = (block.plan, block.region);
            if last.replace(place) != Some(place) && !self.held.contains_key(&place) {
                let held = self.held_in(place, &mut hands);
                self.held.insert(place, held);
            }
        }
    }

    /// The days that were held for the schools of one plan in one region.
    fn held_in(&self, (plan, region): (usize, usize), hands: &mut Hands<'r>) -> Held<'r> {
        let mut held = Held::default();
        let of_place = self.register.activations().iter().filter(|one| one.plan == plan && one.region == region);
        for activation in of_place {
            let blocks = index(activation.first_block)..index(activation.first_block + activation.blocks);
            let all = self.register.blocks().get(blocks).unwrap_or_default();
            // Authorities stand behind the schools.
            let first = all.partition_point(|block| block.authority.is_none());
            all[first..].iter().for_each(|block| self.held_by(block, hands, &mut held));
        }
        held
    }

    fn held_by(&self, block: &Block, hands: &mut Hands<'r>, held: &mut Held<'r>) {
        let imported = &self.register.plans()[block.plan];
        let Some(at) = block.authority else { return };
        let expansion = &imported.expansion;
        let slots = expansion.authorities[index(at)].1.slots.iter().zip(block.base..block.base + block.len);
        let columns = self.register.columns();
        let days = self.days(hands, block.region, &imported.plan);
        for (_, ordinal) in slots.filter(|(slot, _)| expansion.shares[slot.share].1.event == METHODICAL_DAY) {
            let clockwork = &self.register.regions()[block.region].clockwork;
            let stands = Stands::of(self.register, ordinal, clockwork, days);
            if stands.done_on.is_none() || !stands.phase.counts() {
                continue;
            }
            let rare = Rare::of(columns, ordinal..ordinal + 1);
            for (seq, on) in rare.live(columns, ordinal).filter(|(_, on)| *on <= days.today) {
                let came = rare.matters(ordinal).into_iter().flat_map(|matters| &matters.attended);
                let schools = came.filter(|came| came.seq == seq).map(|came| &came.schools).collect();
                held.days.push(HeldDay { obligation: ordinal, part: days.part(on), schools });
            }
        }
    }

    fn days<'h>(&self, hands: &'h mut Hands<'r>, region: usize, plan: &Plan) -> &'h mut YearDays<'r> {
        let year: SchoolYear = plan.school_year;
        let clockwork = &self.register.regions()[region].clockwork;
        hands.days.entry((region, year.first_year())).or_insert_with(|| YearDays::new(clockwork, year, self.judged))
    }

    /// Who is read, in the order of their numbers.
    pub(crate) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// In how many batches rows are best made, each of some units.
    pub(crate) fn batches(&self) -> usize {
        self.units.len().div_ceil(self.batch())
    }

    /// Units of one batch.
    fn batch(&self) -> usize {
        let pieces = self.units.len().div_ceil(BATCH);
        BATCH * (pieces / BATCHES_WANTED).clamp(1, BATCHES_MAX)
    }

    /// The frames of one batch, table by table, in the order of [`TABLES`].
    ///
    /// # Errors
    /// When polars refuses the columns, which no register can cause.
    pub(crate) fn frames(
        &self,
        hands: &mut Hands<'r>,
        batch: usize,
    ) -> Result<[(&'static str, DataFrame); TABLES.len()], PolarsError> {
        let units = batch * self.batch()..(batch + 1) * self.batch();
        let place = |unit: usize| self.blocks.partition_point(|(_, of)| index(*of) < unit);
        let mut built = Built { rows: Rows::of(self.obligations.clone()), ..Built::default() };
        for (block, unit) in &self.blocks[place(units.start)..place(units.end)] {
            self.add(&mut built, hands, block, *unit);
        }
        built.into_frames()
    }

    /// The frames of all batches, one below the other.
    ///
    /// # Errors
    /// When polars refuses the columns, which no register can cause.
    pub(crate) fn all_frames(&self) -> Result<Vec<(&'static str, DataFrame)>, PolarsError> {
        let batches = parallel::map(self.batches().max(1), 1, |range: Range<usize>| {
            let mut hands = Hands::default();
            range.map(|batch| self.frames(&mut hands, batch)).collect::<Result<Vec<_>, _>>()
        });
        let mut batches = batches.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
        let mut all = batches.next().map(Vec::from).unwrap_or_default();
        for batch in batches {
            for ((_, frame), (_, more)) in all.iter_mut().zip(batch) {
                frame.vstack_mut_owned(more)?;
            }
        }
        Ok(all)
    }

    fn add(&self, built: &mut Built, hands: &mut Hands<'r>, block: &Block, unit: u32) {
        let register = self.register;
        let asked = &self.templates[&(block.plan, block.authority)];
        let days = self.days(hands, block.region, &register.plans()[block.plan].plan);
        let org = &register.orgs()[index(block.org)];
        let owner = Owner {
            unit,
            org: block.org,
            municipality: org.municipality,
            region: org.region,
            kind: org.kind,
            h1_end: days.h1_end,
            year_end: days.year_end,
        };
        let clockwork = &register.regions()[block.region].clockwork;
        let range = block.base..block.base + block.len;
        let stands: Vec<Stands> = range.clone().map(|ordinal| Stands::of(register, ordinal, clockwork, days)).collect();
        let rare = Rare::of(register.columns(), range.clone());
        let one = One { columns: register.columns(), block, asked, stands: &stands, days, rare: &rare };
        built.rows.extend(&owner, range.clone().zip(0..).map(|(ordinal, nth)| one.row(ordinal, nth)));
        if self.has_facts {
            range.for_each(|ordinal| one.facts(&mut built.facts, unit, ordinal));
        }
        one.beside(built, unit, self.has_facts);
        if block.school
            && let Some(held) = self.held.get(&(block.plan, block.region))
        {
            held.participate(&mut built.participation, unit, &org.code);
        }
    }
}
