//! Facts about many organisations at once: which obligations each touched, and what it did to them.

use domain::event::EventId;
use domain::evolve::Effect;
use domain::id::Seq;
use serde::{Deserialize, Serialize};

/// One bulk fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkAct {
    /// Position of its event.
    pub seq: Seq,
    /// Id of its event.
    pub event: EventId,
    /// It was taken back.
    pub retracted: bool,
    /// The obligations that it is about, ascending, and what it did to each.
    pub obligations: Vec<(u32, Effect)>,
    /// Positions of the events that took it back.
    pub taken_back: Option<Seq>,
}

impl BulkAct {
    /// Whether it is about an obligation.
    #[must_use]
    pub fn has(&self, ordinal: u32) -> bool {
        self.obligations.binary_search_by_key(&ordinal, |(of, _)| *of).is_ok()
    }
}

/// Every bulk fact, in the order of the log: few, each of many obligations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct BulkActs {
    acts: Vec<BulkAct>,
}

impl BulkActs {
    pub(crate) fn acts(&self) -> &[BulkAct] {
        &self.acts
    }

    pub(crate) fn add(&mut self, seq: Seq, event: EventId, mut obligations: Vec<(u32, Effect)>) {
        obligations.sort_unstable_by_key(|(ordinal, _)| *ordinal);
        self.acts.push(BulkAct { seq, event, retracted: false, obligations, taken_back: None });
    }

    /// Marks a bulk fact as taken back, and tells which it was; `None` when there is none to take back.
    pub(crate) fn retract(&mut self, target: &str, by: Seq) -> Option<BulkAct> {
        let id: EventId = target.parse().ok()?;
        let act = self.acts.iter_mut().find(|act| act.event == id && !act.retracted)?;
        act.retracted = true;
        act.taken_back = Some(by);
        Some(act.clone())
    }

    pub(crate) fn at(&self, seq: Seq) -> Option<&BulkAct> {
        self.acts.binary_search_by_key(&seq, |act| act.seq).ok().map(|at| &self.acts[at])
    }

    /// The bulk fact that an event recorded or took back.
    pub(crate) fn behind(&self, seq: Seq) -> Option<&BulkAct> {
        self.at(seq).or_else(|| self.acts.iter().find(|act| act.taken_back == Some(seq)))
    }

    pub(crate) fn of(&self, ordinal: u32) -> impl Iterator<Item = &BulkAct> {
        self.acts.iter().filter(move |act| act.has(ordinal))
    }
}
