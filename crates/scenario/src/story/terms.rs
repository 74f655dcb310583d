//! What becomes of a term before anything is reported: releases, holds, later days.

use domain::payload::ExcuseReason;

use super::{Doing, Teller};
use crate::character::Mishap;
use crate::days::{DAY, Day, Local, day_of};
use crate::org::Org;
use crate::people::Who;

/// A term as it stands: the stated or moved day, the day that it ends on, and since when it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub(super) due: Day,
    pub(super) deadline: Day,
    pub(super) open_from: Local,
}

impl Teller<'_> {
    /// Tells what mishap and mercy make of a school's term; none when it is released for good.
    pub(super) fn term(&mut self, mishap: Option<Mishap>, term: Term) -> Option<Term> {
        match mishap.and_then(|mishap| self.hit(mishap, term.deadline).map(|reason| (mishap, reason))) {
            Some((mishap, reason)) => self.released(mishap, reason, term),
            None => Some(self.moved(term, Who::Head, 30)),
        }
    }

    /// Whether a mishap releases the school from what is due then.
    fn hit(&mut self, mishap: Mishap, deadline: Day) -> Option<ExcuseReason> {
        let within = |first: Day, length: Day| (first..first + length).contains(&deadline);
        let (hit, reason, permille) = match mishap {
            Mishap::Quarantine(first) => (within(first, 35), ExcuseReason::Quarantine, 850),
            Mishap::Emergency(first) => (within(first, 12), ExcuseReason::Emergency, 900),
            Mishap::Renovation => (deadline >= self.world.year.1 - 90, ExcuseReason::Renovation, 650),
        };
        (hit && self.dice.chance(permille)).then_some(reason)
    }

    /// Asks for a release, mostly; grants it for good or as a hold, or declines it; now and then takes it back.
    fn released(&mut self, mishap: Mishap, reason: ExcuseReason, term: Term) -> Option<Term> {
        let day = self.world.days.preceding(term.deadline - self.dice.between(1, 4));
        let at = (day * DAY + self.office()).max(term.open_from + 3600);
        if day_of(at) >= term.deadline {
            return Some(term);
        }
        let hold = match mishap {
            Mishap::Quarantine(first) => Some((first + 20).max(day_of(at) + 5)),
            Mishap::Emergency(first) => Some((first + 10).max(day_of(at) + 4)),
            Mishap::Renovation => None,
        };
        let until = hold.filter(|_| self.dice.chance(650));
        let asked = self.dice.chance(800);
        if asked && self.push(at, Who::Head, Doing::AskExcuse { reason, until }).is_none() {
            return None;
        }
        let answer = at + self.dice.between(1800, 4 * 3600);
        if asked && self.dice.chance(170) {
            let at = self.push(answer, Who::Ministry, Doing::DeclineExcuse)?;
            return Some(Term { open_from: at, ..term });
        }
        let granted = self.push(answer, Who::Ministry, Doing::Excuse { reason, until })?;
        let since = day_of(granted);
        if let Some(until) = until {
            let put_off = if term.due >= since { until - since + 1 } else { 0 };
            let due = term.due + put_off;
            let open_from = (until + 1) * DAY + 8 * 3600;
            return Some(Term { due, deadline: self.world.days.following(due), open_from });
        }
        if !self.dice.chance(200) {
            return None;
        }
        let day = self.world.days.plus_working(since, self.dice.between(2, 7));
        let revoked = day * DAY + self.office();
        let at = self.push(revoked, Who::Ministry, Doing::RevokeExcuse)?;
        Some(Term { open_from: at, ..term })
    }

    /// Moves the deadline now and then before it passes, mostly because somebody asked; or declines to.
    pub(super) fn moved(&mut self, term: Term, holder: Who, permille: u32) -> Term {
        if !self.dice.chance(permille) {
            return term;
        }
        let days = &self.world.days;
        let day = days.preceding(term.deadline - self.dice.between(1, 3));
        let at = day * DAY + self.office();
        let later = (term.due + 7 * self.dice.between(1, 2)).min(self.world.year.1);
        if at <= term.open_from + 3600 || later <= term.due {
            return term;
        }
        let asked = self.world.days.preceding(day - self.dice.between(1, 3)) * DAY + self.office();
        let asks = self.dice.chance(700) && asked > term.open_from + 600;
        if asks {
            self.push(asked, holder, Doing::AskExtension { wanted: later });
            if self.dice.chance(350) {
                let declined = self.push(at, Who::Ministry, Doing::DeclineExtension);
                return Term { open_from: declined.unwrap_or(term.open_from), ..term };
            }
        }
        match self.push(at, Who::Ministry, Doing::Move { due: later }) {
            Some(open_from) => Term { due: later, deadline: self.world.days.following(later), open_from },
            None => term,
        }
    }

    /// Releases a school afterwards from what it never did: by one person of the ministry and another.
    pub(super) fn released_afterwards(&mut self, deadline: Day) {
        if !self.dice.chance(150) {
            return;
        }
        let reason = *self.dice.pick(&[ExcuseReason::Renovation, ExcuseReason::Emergency, ExcuseReason::NotApplicable]);
        let day = self.world.days.following(deadline + self.dice.between(8, 40));
        let at = day * DAY + self.office();
        if self.push(at, Who::Ministry, Doing::Excuse { reason, until: None }).is_some() {
            self.second_person(Who::Deputy, 600);
        }
    }

    /// Lets a second person decide on the last act, some days later; whether they agree.
    pub(super) fn second_person(&mut self, by: Who, permille: u32) -> bool {
        let of = self.last_beat();
        let at = self.days_later(5);
        let agrees = self.dice.chance(permille);
        let doing = if agrees { Doing::Confirm { of } } else { Doing::DeclineProposal { of } };
        self.push(at, by, doing).is_some() && agrees
    }

    /// Who confirms as a second person what somebody claims.
    pub(super) fn confirmer(&self, claimant: Who) -> Who {
        match (claimant, self.org) {
            (Who::Head | Who::Vice | Who::Auditor, Org::School(_)) => Who::Coordinator,
            (Who::Coordinator, _) => Who::Ministry,
            _ => Who::Deputy,
        }
    }
}
