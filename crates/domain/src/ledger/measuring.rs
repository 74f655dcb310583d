//! What the ledger knows of measuring: definitions, targets, closed periods with their snapshots.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entry, Ledger, found, fresh};
use crate::event::Data;
use crate::evolve::{Effect, Ground};
use crate::id::{RegionCode, Seq};
use crate::indicator::IndicatorDefinition;
use crate::number::Real;
use crate::payload::{SnapshotTaken, TargetSet};

/// A version of an indicator that was defined in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defined {
    /// Position of its event.
    pub seq: Seq,
    /// What it is.
    pub definition: IndicatorDefinition,
    /// The document behind it.
    pub basis: String,
}

/// A target, a weight or both, as a region or a municipality set them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targeted {
    /// Position of its event.
    pub seq: Seq,
    /// What was set.
    pub set: TargetSet,
}

/// What is to be reached, and how much it weighs, as far as it was set in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Goal {
    /// The value to be reached.
    pub target: Option<Real>,
    /// The weight in the composite.
    pub weight: Option<Real>,
}

/// A closing of a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The region.
    pub region: RegionCode,
    /// The period, such as `2022-2023.H1`.
    pub period: String,
    /// Position of `period.closed`.
    pub seq: Seq,
    /// Position of the state that was judged; that before the closing where no snapshot was taken.
    pub at: Seq,
    /// When it was judged; when it was recorded where no snapshot was taken.
    pub as_of: Timestamp,
    /// Positions of the parts of its snapshot, in their order.
    pub snapshots: Vec<Seq>,
    /// Position of `period.reopened`; `None` while it stays closed.
    pub reopened: Option<Seq>,
    /// The document behind it.
    pub basis: String,
}

/// What is kept of measuring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Measuring {
    definitions: Vec<Defined>,
    targets: Vec<Targeted>,
    closings: Vec<Closing>,
}

impl Measuring {
    /// Notes an event; `None` when it is not about measuring.
    pub(super) fn note(&mut self, entry: &Entry<'_>) -> Option<Effect> {
        Some(match entry.data {
            Data::IndicatorDefined(defined) => {
                let (definition, basis) = (defined.definition.clone(), defined.basis.clone());
                let new = !self.definitions.iter().any(|known| {
                    (&known.definition.id, known.definition.version) == (&definition.id, definition.version)
                });
                if new {
                    self.definitions.push(Defined { seq: entry.seq, definition, basis });
                }
                fresh(new)
            }
            Data::TargetSet(set) => {
                self.targets.push(Targeted { seq: entry.seq, set: set.clone() });
                Effect::Changed
            }
            Data::PeriodClosed(closed) => {
                let new = self.closed(&closed.region, &closed.period).is_none();
                if new {
                    self.closings.push(Closing {
                        region: closed.region.clone(),
                        period: closed.period.clone(),
                        seq: entry.seq,
                        at: entry.seq.prev(),
                        as_of: entry.recorded_at,
                        snapshots: Vec::new(),
                        reopened: None,
                        basis: closed.basis.clone(),
                    });
                }
                fresh(new)
            }
            Data::PeriodReopened(opened) => {
                let closing = self.closed(&opened.region, &opened.period);
                found(closing.map(|closing| closing.reopened = Some(entry.seq)).is_some())
            }
            Data::SnapshotTaken(taken) => self.take(entry.seq, taken),
            _ => return None,
        })
    }

    /// Notes a part of a snapshot; one that does not follow the part before it, of the same state, belongs to no closing.
    fn take(&mut self, seq: Seq, taken: &SnapshotTaken) -> Effect {
        let next = usize::from(taken.part);
        let follows = |closing: &&mut Closing| {
            closing.snapshots.len() + 1 == next && (next == 1 || (closing.at, closing.as_of) == (taken.at, taken.as_of))
        };
        let closing = self.closed(&taken.region, &taken.period).filter(follows);
        let Some(closing) = closing else { return Effect::Void(Ground::Matter) };
        closing.snapshots.push(seq);
        (closing.at, closing.as_of) = (taken.at, taken.as_of);
        Effect::Changed
    }

    /// The closing of a period that is closed.
    fn closed(&mut self, region: &RegionCode, period: &str) -> Option<&mut Closing> {
        self.closings.iter_mut().find(|one| one.is_of(region, period) && one.reopened.is_none())
    }
}

/// What holds of targets and weights for an indicator in a period, in a region or in one of its municipalities, of
/// those that were set in the order of the log.
///
/// Target and weight are looked for each by itself. What a municipality set for the period holds; else what it set
/// for every period; else what its region set for the period; else what the region set for every period. Among those
/// of one kind the newest holds.
#[must_use]
pub fn goal(sets: &[Targeted], region: &str, municipality: Option<&str>, indicator: &str, period: &str) -> Goal {
    let fits = |set: &&TargetSet| {
        set.region.as_str() == region
            && set.indicator == indicator
            && set.municipality.as_ref().is_none_or(|of| municipality == Some(of.as_str()))
            && set.period.as_deref().is_none_or(|of| of == period)
    };
    let mut sets: Vec<&TargetSet> = sets.iter().map(|one| &one.set).filter(fits).collect();
    // A stable order: of two of one kind the later stays behind.
    sets.sort_by_key(|set| (set.municipality.is_some(), set.period.is_some()));
    let newest = |pick: fn(&TargetSet) -> Option<Real>| sets.iter().rev().find_map(|set| pick(set));
    Goal { target: newest(|set| set.target), weight: newest(|set| set.weight) }
}

impl Closing {
    /// Whether it is about a period of a region.
    #[must_use]
    pub fn is_of(&self, region: &RegionCode, period: &str) -> bool {
        self.region == *region && self.period == period
    }
}

impl Ledger {
    /// The versions of indicators that were defined in the log, in its order.
    #[must_use]
    pub fn definitions(&self) -> &[Defined] {
        &self.measuring.definitions
    }

    /// A version of an indicator, if it was defined in the log.
    #[must_use]
    pub fn definition(&self, id: &str, version: u16) -> Option<&Defined> {
        let known = |one: &&Defined| one.definition.id == id && one.definition.version == version;
        self.measuring.definitions.iter().find(known)
    }

    /// Targets and weights that were set, in the order of the log.
    #[must_use]
    pub fn targets(&self) -> &[Targeted] {
        &self.measuring.targets
    }

    /// Closings of periods, those that were reopened too, in the order of the log.
    #[must_use]
    pub fn closings(&self) -> &[Closing] {
        &self.measuring.closings
    }

    /// The closing that holds for a period of a region; `None` while it is open.
    #[must_use]
    pub fn closing(&self, region: &RegionCode, period: &str) -> Option<&Closing> {
        self.measuring.closings.iter().find(|one| one.is_of(region, period) && one.reopened.is_none())
    }

    /// Whether a period of a region is closed.
    #[must_use]
    pub fn is_period_closed(&self, region: &RegionCode, period: &str) -> bool {
        self.closing(region, period).is_some()
    }
}
