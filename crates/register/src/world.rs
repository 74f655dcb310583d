//! The register as the world in which commands are decided.

use domain::command::Selection;
use domain::decide::{OrgPlace, Standing, World};
use domain::id::{ItemCode, MunicipalityCode, ObligationId, OrgCode, PersonCode, PlanCode, RegionCode, RowNo};
use domain::ledger::Ledger;
use domain::obligation::{PersonIdx, Phase};
use domain::plan::Plan;
use domain::timeliness::Clockwork;
use jiff::civil::Date;

use crate::{Block, Register, index, number};

impl Register {
    /// An obligation and where it stands in the world.
    ///
    /// # Panics
    /// When `ordinal` is not below [`Register::len`].
    #[must_use]
    pub fn standing_of(&self, ordinal: u32) -> Standing<'_> {
        let block = self.block_of(ordinal);
        let org = &self.registry.orgs()[index(block.org)];
        let region = &self.registry.regions()[block.region];
        let (slot, share) = self.slot_of(ordinal);
        Standing {
            id: self.id_of(ordinal),
            obligation: self.obligation(ordinal),
            slot,
            share,
            region: &region.code,
            municipality: self.registry.municipality_of(org),
            home: self.registry.home_of(org),
            kind: org.kind,
            clockwork: &region.clockwork,
        }
    }
}

impl World for Register {
    fn standing(&self, id: &ObligationId) -> Option<Standing<'_>> {
        self.find(id).map(|ordinal| self.standing_of(ordinal))
    }

    fn org(&self, code: &OrgCode) -> Option<OrgPlace<'_>> {
        let org = &self.registry.orgs()[index(self.registry.org(code.as_str())?)];
        let region = &self.registry.regions()[index(org.region)].code;
        Some(OrgPlace { kind: org.kind, region, municipality: self.registry.municipality_of(org) })
    }

    fn plan(&self, code: &PlanCode) -> Option<&Plan> {
        self.plans.plan(code.as_str()).map(|at| &self.plans.plans()[at].plan)
    }

    fn is_active(&self, plan: &PlanCode, region: &RegionCode) -> bool {
        let plan = self.plans.plan(plan.as_str());
        let region = self.registry.region(region.as_str());
        plan.zip(region).is_some_and(|(plan, region)| self.plans.is_active(plan, index(region)))
    }

    fn region(&self, code: &RegionCode) -> Option<&Clockwork> {
        self.registry.region(code.as_str()).map(|at| &self.registry.regions()[index(at)].clockwork)
    }

    fn has_municipality(&self, region: &RegionCode, code: &MunicipalityCode) -> bool {
        let region = self.registry.region(region.as_str());
        self.registry.municipalities().iter().any(|known| Some(known.region) == region && known.code == *code)
    }

    fn person(&self, person: PersonIdx) -> Option<&PersonCode> {
        self.persons.list().get(index(person.0))
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn owing(&self, plan: &PlanCode, row: &RowNo, item: &ItemCode, within: Option<&str>) -> Vec<OrgCode> {
        let Some(plan) = self.plans.plan(plan.as_str()) else { return Vec::new() };
        let mut owing = Vec::new();
        for block in self.plans.blocks().iter().filter(|block| block.plan == plan && self.lies_in(block, within)) {
            let slots = self.plans.slots(block);
            let slot = slots.iter().position(|slot| slot.row == *row && slot.item == *item);
            if slot.is_some_and(|slot| !self.is_gone(block.base + number(slot))) {
                owing.push(self.registry.orgs()[index(block.org)].code.clone());
            }
        }
        owing
    }

    fn select(&self, selection: &Selection, today: Date) -> Vec<ObligationId> {
        let Some(plan) = self.plans.plan(selection.plan.as_str()) else { return Vec::new() };
        let blocks = self.plans.blocks().iter();
        blocks
            .filter(|block| block.plan == plan && self.lies_in(block, Some(&selection.within)))
            .flat_map(|block| block.base..block.base + block.len)
            .filter(|ordinal| self.phase_on(*ordinal, today) == selection.phase)
            .filter(|ordinal| selection.row.as_ref().is_none_or(|row| self.slot_of(*ordinal).0.row == *row))
            .map(|ordinal| self.id_of(ordinal))
            .collect()
    }
}

impl Register {
    /// Whether a block's organisation has a code, or lies in the municipality or region of that code.
    fn lies_in(&self, block: &Block, within: Option<&str>) -> bool {
        let Some(code) = within else { return true };
        let org = &self.registry.orgs()[index(block.org)];
        org.code.as_str() == code
            || self.registry.regions()[block.region].code.as_str() == code
            || self.registry.municipality_of(org).is_some_and(|of| of.as_str() == code)
    }

    /// The phase of an obligation on a day; only one that is released has to be looked at closely.
    fn phase_on(&self, ordinal: u32, day: Date) -> Phase {
        match self.columns.phase[index(ordinal)] {
            Phase::Excused => self.columns.gather(ordinal).on(day).phase,
            phase => phase,
        }
    }

    /// Whether an obligation is owed no more, or never was.
    fn is_gone(&self, ordinal: u32) -> bool {
        matches!(self.columns.phase[index(ordinal)], Phase::Cancelled | Phase::NotApplicable)
    }
}
