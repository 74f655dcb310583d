//! Facts that accompany: surveys that are counted, partners that leave, days that are cancelled.

use domain::payload::{Audience, ReopenReason};

use super::mailing::Sitting;
use super::terms::Term;
use super::{Doing, Noted, Teller};
use crate::days::{DAY, day_of};
use crate::org::Org;
use crate::people::Who;

/// Of a thousand surveys: never counted, counted among pupils alone (up to this number), counted once more.
const NEVER_COUNTED: u32 = 40;
const PUPILS_ONLY: u32 = 60;
const COUNTED_AGAIN: u32 = 50;

impl Teller<'_> {
    /// Tells how many answered a survey, before its report is sent.
    pub(super) fn before_report(&mut self, sitting: &Sitting) {
        let Org::School(school) = self.org else { return };
        if self.event() != "survey.report_sent" {
            return;
        }
        let number = i32::try_from(self.world.schools[school].number).unwrap_or(0);
        let day = self.world.days.preceding(sitting.on - 1);
        let at = day * DAY + 13 * 3600 + number * 90;
        if at <= self.bounds.0 || at + 3600 > sitting.at {
            return;
        }
        let audiences: &[Audience] = match self.dice.below(1000) {
            0..NEVER_COUNTED => return,
            NEVER_COUNTED..PUPILS_ONLY => &[Audience::Pupils],
            _ => &[Audience::Pupils, Audience::Parents],
        };
        let count = |audience, again| Doing::Note(Noted::Counted { audience, again });
        for (nth, audience) in (0..).zip(audiences) {
            self.push(at + nth * 40, Who::Coordinator, count(*audience, false));
        }
        self.push(at + 120, Who::Coordinator, Doing::Note(Noted::SurveyClosed));
        // Answers on paper come in behind: the latest count is the one that holds.
        if self.dice.chance(COUNTED_AGAIN) && at + 2 * 3600 < sitting.at {
            self.push(at + 3600, Who::Coordinator, count(Audience::Pupils, true));
        }
    }

    /// A partner leaves: in autumn another one is assigned, later nobody is found; whether that is so.
    pub(super) fn partner_changes(&mut self, by: Who) -> bool {
        let at = if self.dice.chance(600) { self.days_later(25) } else { self.days_later(230) };
        let (day, late) = (day_of(at), self.world.days.on((12, 1)));
        self.push(at, by, Doing::Note(Noted::Released { on: day, attempt: 0 }));
        if day > late {
            return true;
        }
        self.push(at + 1800, by, Doing::Reopen { reason: ReopenReason::Audit });
        let on = self.world.days.plus_working(day, self.dice.between(1, 3));
        let at = on * DAY + self.office();
        self.push(at, by, Doing::Submit { on, attempt: 1 });
        true
    }

    /// A methodical day is cancelled before it comes, and gets another date.
    pub(super) fn cancelled(&mut self, term: Term) -> Term {
        let home = self.world.region_of(self.org).is_home();
        let hit = self.event() == "methodical_day.held" && self.note.place.0 == 3;
        if !hit || !self.dice.chance(if home { 1000 } else { 400 }) {
            return term;
        }
        let day = self.world.days.preceding(term.due - self.dice.between(2, 5));
        let at = day * DAY + self.office();
        if at <= term.open_from + DAY {
            return term;
        }
        self.push(at, Who::Ministry, Doing::Note(Noted::DayCancelled));
        let due = self.world.days.preceding(term.due + self.dice.between(14, 24)).min(self.world.year.1);
        let at = self.days_later(2);
        match self.push(at, Who::Ministry, Doing::Schedule { due }) {
            Some(open_from) => Term { due, deadline: self.world.days.following(due), open_from },
            None => term,
        }
    }
}
