//! A command on many, under way: its items, what is decided of each, what is settled.

use std::collections::BTreeMap;

use domain::actor::Actor;
use domain::command::ApplyToMany;
use domain::decide::{decide_one, item_part, told_refused};
use domain::event::{Data, Event, Target};
use domain::id::{ObligationId, RegionCode};
use domain::payload::BulkRefused;
use jiff::Timestamp;
use jiff::civil::Date;
use register::Register;

use super::logged::Logged;
use crate::request::Request;
use crate::undo::Undone;

/// What is done to each.
pub(super) enum Work<'a> {
    Apply(&'a ApplyToMany),
    Undo(Undone),
}

/// A command on many, under way. Its items are its obligations, and behind them the bulk facts that it takes back.
pub(super) struct Many<'a> {
    pub(super) request: &'a Request,
    pub(super) sha256: &'a str,
    pub(super) acting: Actor,
    pub(super) work: Work<'a>,
    pub(super) ids: Vec<ObligationId>,
    pub(super) now: Timestamp,
    pub(super) logged: Logged,
    /// What was decided against for good, by item.
    pub(super) refused: BTreeMap<usize, BulkRefused>,
    region: RegionCode,
    today: Date,
}

impl<'a> Many<'a> {
    pub(super) fn new(
        request: &'a Request,
        sha256: &'a str,
        (acting, work, ids): (Actor, Work<'a>, Vec<ObligationId>),
        region: RegionCode,
        (now, today): (Timestamp, Date),
        logged: Logged,
    ) -> Self {
        Self { request, sha256, acting, work, ids, now, logged, refused: BTreeMap::new(), region, today }
    }

    pub(super) fn len(&self) -> usize {
        match &self.work {
            Work::Apply(_) => self.ids.len(),
            Work::Undo(undone) => undone.len(),
        }
    }

    pub(super) fn must_be_whole(&self) -> bool {
        matches!(&self.work, Work::Apply(body) if body.all_or_nothing)
    }

    pub(super) fn act_name(&self) -> String {
        match &self.work {
            Work::Apply(body) => body.act.clone(),
            Work::Undo(_) => self.request.act.as_str().to_owned(),
        }
    }

    /// Whether nothing is left to do for an item.
    pub(super) fn is_settled(&self, at: usize) -> bool {
        self.logged.parts.contains_key(&item_part(at)) || self.refused.contains_key(&at)
    }

    /// Takes up what the log holds now: another attempt of the same command may have gone further.
    pub(super) fn look_again(&mut self, logged: Logged) {
        self.refused.retain(|at, _| !logged.parts.contains_key(&item_part(*at)));
        self.logged = logged;
    }

    /// Others were faster each time: that is the item's outcome.
    pub(super) fn give_up(&mut self, at: usize) {
        if let (false, Some(id)) = (self.is_settled(at), self.ids.get(at)) {
            self.refused.insert(
                at,
                BulkRefused {
                    obligation: id.clone(),
                    code: "contended".to_owned(),
                    ru: "Другие действия опережали это.".to_owned(),
                    en: "Other acts were faster each time.".to_owned(),
                },
            );
        }
    }

    pub(super) fn decide_all(&self, register: &Register) -> Vec<(usize, Result<Event, Box<BulkRefused>>)> {
        (0..self.len()).map(|at| (at, self.decide(at, register))).collect()
    }

    pub(super) fn decide(&self, at: usize, register: &Register) -> Result<Event, Box<BulkRefused>> {
        let id = match (self.ids.get(at), &self.work) {
            (Some(id), _) => id,
            // Behind the obligations come the bulk facts, which can always be taken back.
            (None, Work::Undo(undone)) => return Ok(undone.bulk_facts()[at - self.ids.len()].clone()),
            (None, Work::Apply(_)) => unreachable!("as many items as obligations"),
        };
        let decided = match &self.work {
            Work::Apply(body) => decide_one(body, id, &self.acting, register, self.today),
            Work::Undo(undone) => undone.decide(at, &self.acting, register, self.today),
        };
        decided.map_err(|refusal| Box::new(told_refused(id, &refusal)))
    }

    /// An event about the command itself.
    pub(super) fn bulk(&self, data: Data) -> Event {
        Event { target: Target::Bulk(self.region.clone()), occurred_on: self.today, data }
    }
}

/// The word for an obligation that was not changed.
pub(super) fn outcome_of(refused: &BulkRefused) -> &'static str {
    if refused.code == "already_so" { "already" } else { "refused" }
}
