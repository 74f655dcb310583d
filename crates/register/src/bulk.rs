//! Facts about many organisations at once: which obligations each touched, and what it did to them.

use domain::event::EventId;
use domain::evolve::Effect;
use domain::id::Seq;
use serde::{Deserialize, Serialize, Serializer};

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

/// Every bulk fact, in the order of the log, each of many obligations; stored as a list of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<BulkAct>")]
pub(crate) struct BulkActs {
    acts: Vec<BulkAct>,
    /// Position of each event that took one back, ascending, and the place of that one: every row of an event asks.
    taken_back: Vec<(Seq, usize)>,
}

impl Serialize for BulkActs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.acts.serialize(serializer)
    }
}

impl From<Vec<BulkAct>> for BulkActs {
    fn from(acts: Vec<BulkAct>) -> Self {
        let mut taken_back: Vec<_> = acts.iter().zip(0..).filter_map(|(act, at)| Some((act.taken_back?, at))).collect();
        taken_back.sort_unstable();
        Self { acts, taken_back }
    }
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
        let at = self.acts.iter().position(|act| act.event == id && !act.retracted)?;
        let act = &mut self.acts[at];
        act.retracted = true;
        act.taken_back = Some(by);
        self.taken_back.push((by, at));
        Some(act.clone())
    }

    pub(crate) fn at(&self, seq: Seq) -> Option<&BulkAct> {
        self.acts.binary_search_by_key(&seq, |act| act.seq).ok().map(|at| &self.acts[at])
    }

    /// The bulk fact that an event recorded or took back.
    pub(crate) fn behind(&self, seq: Seq) -> Option<&BulkAct> {
        let taken_back = || self.taken_back.binary_search_by_key(&seq, |(by, _)| *by).ok();
        self.at(seq).or_else(|| Some(&self.acts[self.taken_back[taken_back()?].1]))
    }

    pub(crate) fn of(&self, ordinal: u32) -> impl Iterator<Item = &BulkAct> {
        self.acts.iter().filter(move |act| act.has(ordinal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_recorded_or_took_back_is_found_by_its_position() {
        let mut acts = BulkActs::default();
        for seq in [3, 5, 9] {
            acts.add(Seq::from(seq), EventId(u128::from(seq)), Vec::new());
        }
        let taken = |acts: &mut BulkActs, of: u128, by| acts.retract(&EventId(of).to_string(), Seq::from(by));
        assert!(taken(&mut acts, 9, 11).is_some() && taken(&mut acts, 3, 12).is_some());
        assert!(taken(&mut acts, 3, 13).is_none(), "once");
        let read: BulkActs = postcard::from_bytes(&postcard::to_stdvec(&acts).unwrap()).unwrap();
        assert_eq!(read, acts);
        for (behind, of) in
            [(3, Some(3)), (5, Some(5)), (9, Some(9)), (11, Some(9)), (12, Some(3)), (13, None), (4, None)]
        {
            let found = read.behind(Seq::from(behind)).map(|act| act.seq.get());
            assert_eq!(found, of, "behind {behind}");
        }
    }
}
