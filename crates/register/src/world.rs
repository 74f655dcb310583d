//! The register as the world in which commands are decided.

use domain::decide::{Standing, World};
use domain::id::{ObligationId, OrgCode, PersonCode, PlanCode, RegionCode};
use domain::obligation::PersonIdx;
use domain::payload::OrgKind;
use domain::plan::Plan;
use domain::timeliness::Clockwork;

use crate::{Register, index};

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
            kind: org.kind,
            clockwork: &region.clockwork,
        }
    }
}

impl World for Register {
    fn standing(&self, id: &ObligationId) -> Option<Standing<'_>> {
        self.find(id).map(|ordinal| self.standing_of(ordinal))
    }

    fn org(&self, code: &OrgCode) -> Option<(OrgKind, &RegionCode)> {
        let org = &self.registry.orgs()[index(self.registry.org(code.as_str())?)];
        Some((org.kind, &self.registry.regions()[index(org.region)].code))
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

    fn person(&self, person: PersonIdx) -> Option<&PersonCode> {
        self.persons.list().get(index(person.0))
    }
}
