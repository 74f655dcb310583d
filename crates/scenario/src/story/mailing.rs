//! What is sent to all schools of a municipality in one sitting: mostly as one act, sometimes school by school.

use domain::limits::BULK_BATCH_EVENTS;

use super::{Doing, Teller};
use crate::character::{Character, Habits};
use crate::days::{BACKDATE_DAYS, DAY, Day, Local, day_of};
use crate::dice::{Dice, index};
use crate::note::{Dating, Note, Task};
use crate::org::Org;
use crate::people::Who;
use crate::world::World;

/// What may be recorded for all as one act: the same for each.
const FOR_ALL: [&str; 7] = [
    "order.sent",
    "letter.sent",
    "direction_plan.sent",
    "questionnaire.sent",
    "analytic_note.sent",
    "protocol.sent",
    "survey.report_sent",
];

/// From a wrong act for all to its undoing, seconds.
const UNDONE_AFTER: i32 = 2400;

/// One sitting of a sender: the same for every school and item of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sitting {
    /// The ministry moves the deadline first: when, and to which day.
    pub(super) moved: Option<(Local, Day)>,
    /// The day that the sender names.
    pub(super) on: Day,
    /// When the first is recorded.
    pub(super) at: Local,
    /// It is one act for all schools.
    pub(super) for_all: bool,
    /// That act is wrong at first, and undone; this is the day on which the right one comes.
    pub(super) again: Option<Day>,
}

/// How a school fares in a sitting for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Forgotten for good.
    Never,
    /// Forgotten, and sent to later.
    Later,
    /// Sent to before, and once more with all.
    Before,
    /// Sent to with all.
    Included,
}

impl Sitting {
    /// When an item is recorded for all, rightly in the end, and the day that is named.
    pub(super) fn rightly(&self, note: &Note) -> (Day, Local) {
        let at = self.first_moment(note);
        self.again.map_or((self.on, at), |again| (again, at + (again - day_of(at)) * DAY))
    }

    /// When an item is recorded for all at first.
    pub(super) fn first_moment(&self, note: &Note) -> Local {
        self.at + i32::try_from(note.place.0).unwrap_or(0) * 240
    }

    /// When a wrong act for all is undone.
    pub(super) fn undone(&self, note: &Note) -> Local {
        self.first_moment(note) + UNDONE_AFTER
    }
}

impl World {
    /// How a school fares when a slot is recorded for all.
    pub(super) fn fate(&self, school: usize, slot: usize) -> Fate {
        let mut dice = Dice::of(self.luck, &[self.schools[school].seed, self.school_notes[slot].seed, 0x0f]);
        match dice.below(1000) {
            0..3 => Fate::Never,
            3..12 => Fate::Later,
            12..24 => Fate::Before,
            _ => Fate::Included,
        }
    }

    /// When a school got a slot with all others and not by itself, and the day that was named.
    pub(crate) fn included(&self, school: usize, slot: usize) -> Option<(Day, Local)> {
        let sitting = self.sitting(self.dealing(school, slot), slot).filter(|sitting| sitting.for_all)?;
        let (on, at) = sitting.rightly(&self.school_notes[slot]);
        let there = self.municipality_at(school, at) == self.dealing(school, slot);
        let gets = there && self.gets(school, slot, at) && self.fate(school, slot) == Fate::Included;
        gets.then_some((on, at))
    }

    /// Whether a school is among those that are sent a slot at a moment.
    pub(super) fn gets(&self, school: usize, slot: usize, at: Local) -> bool {
        let org = Org::School(school);
        let (from, until) = self.bounds_of(org);
        let owes = !matches!(self.school_notes[slot].dating, Dating::Stated(due) if self.is_before_joining(org, due));
        owes && (from..until).contains(&at)
    }

    /// The schools that an act for all names; none where it names the whole municipality.
    pub(crate) fn recipients(&self, municipality: usize, slot: usize, at: Local) -> Vec<usize> {
        let forgotten = [Fate::Never, Fate::Later];
        let gets = |school: &usize| self.gets(*school, slot, at) && !forgotten.contains(&self.fate(*school, slot));
        self.dealt_with(municipality, slot, at).filter(gets).collect()
    }

    /// The schools of a municipality at a moment with whose slot it deals.
    pub(crate) fn dealt_with(&self, municipality: usize, slot: usize, at: Local) -> impl Iterator<Item = usize> + '_ {
        self.schools_at(municipality, at).filter(move |school| self.dealing(*school, slot) == municipality)
    }

    /// Throws the sitting of a slot; none where it never takes place, or is none.
    pub(super) fn sitting(&self, municipality: usize, slot: usize) -> Option<Sitting> {
        let note = &self.school_notes[slot];
        let (Task::Mailing(sender), Dating::Stated(due)) = (note.task, note.dating) else { return None };
        let of = &self.municipalities[municipality];
        let mut dice = Dice::of(self.luck, &[of.seed, note.row_seed, 0x11]);
        let order = self.regions[of.region].climate.late_mailings() / 2;
        let late = if sender == Who::Coordinator { of.climate.late_mailings() } else { order };
        let days = &self.days;
        let mut deadline = days.following(due);
        let mut moved = None;
        let many = index(note.place.1) * of.schools.len() > BULK_BATCH_EVENTS - 2;
        if dice.chance(12) && !many {
            let at = days.preceding(deadline - dice.between(1, 3)) * DAY + dice.between(9 * 3600, 16 * 3600);
            let later = due + 7;
            if later <= self.year.1 && at > self.year.0 * DAY {
                moved = Some((at, later));
                deadline = days.following(later);
            }
        }
        let thrown = dice.below(1000);
        let on = if thrown < late / 30 {
            return None;
        } else if thrown < late {
            days.following(deadline + 1 + dice.between(0, 13).min(dice.between(0, 13)))
        } else if thrown < late + 260 {
            deadline
        } else {
            let first = note.start.unwrap_or(deadline - 8).max(self.year.0);
            days.preceding(dice.between(first, deadline - 1)).max(first)
        };
        // Who knows that the deadline moves waits for it.
        let on = moved.map_or(on, |(at, _)| on.max(days.following(day_of(at) + 1)));
        let recorded = if dice.chance(40) { days.following(on + dice.between(1, 3)) } else { on };
        let recorded = if recorded - on > BACKDATE_DAYS { on } else { recorded };
        let at = recorded * DAY + dice.between(9 * 3600, 16 * 3600);
        let event = self.share_of(Org::Municipality(municipality), slot).event.as_str();
        let for_all = sender == Who::Coordinator && FOR_ALL.contains(&event) && dice.chance(900);
        let permille = if of.is_home() { 1000 } else { 40 };
        let is_wrong = for_all && event == "letter.sent" && note.place.0 == 2 && dice.chance(permille);
        let again = is_wrong.then(|| days.following(day_of(at) + 1));
        Some(Sitting { moved, on, at, for_all, again })
    }
}

impl Teller<'_> {
    /// Tells what a school is sent by itself, and what it does about what it was sent.
    pub(super) fn mailing(&mut self, sender: Who, school: usize) {
        let municipality = self.world.dealing(school, self.slot);
        let Some(sitting) = self.world.sitting(municipality, self.slot) else { return };
        self.before_report(&sitting);
        let sent = if sitting.for_all {
            self.with_all(&sitting, sender, school)
        } else {
            self.one_by_one(&sitting, sender, school)
        };
        let Some((on, at)) = sent else { return };
        self.base = at;
        if self.event() == "partner.assigned" && self.dice.chance(50) && self.partner_changes(sender) {
            return;
        }
        // Who was sent to twice has the second report when the first is taken back: nothing is sent anew.
        let twice = sitting.for_all && self.world.fate(school, self.slot) == Fate::Before;
        let retracted = if twice || self.event() == "protocol.sent" { 0 } else { 2 };
        let habits = Habits { corrected: 5, retracted, ..Character::Steady.habits() };
        self.aftermath(on, sender, &habits);
        self.closes_recommendations(school);
    }

    /// The day and the moment at which a school got what was sent to all.
    fn with_all(&mut self, sitting: &Sitting, sender: Who, school: usize) -> Option<(Day, Local)> {
        let (_, moment) = sitting.rightly(self.note);
        match self.world.fate(school, self.slot) {
            Fate::Never => None,
            Fate::Included => self.world.included(school, self.slot),
            Fate::Later => {
                let on = self.world.days.plus_working(day_of(moment), self.dice.between(1, 9));
                let at = on * DAY + self.office();
                self.push(at, sender, Doing::Submit { on, attempt: 0 }).map(|at| (on, at))
            }
            Fate::Before => {
                let at = sitting.first_moment(self.note) - self.dice.between(600, 3500);
                let sent = self.push(at, sender, Doing::Submit { on: sitting.on.min(day_of(at)), attempt: 0 });
                sent.map(|at| (sitting.on, at.max(moment)))
            }
        }
    }

    /// The day and the moment at which a school got what was sent school by school.
    fn one_by_one(&mut self, sitting: &Sitting, sender: Who, school: usize) -> Option<(Day, Local)> {
        let municipality = self.world.dealing(school, self.slot);
        let schools = i32::try_from(self.world.municipalities[municipality].schools.len()).unwrap_or(i32::MAX);
        let number = i32::try_from(self.world.schools[school].number).unwrap_or(1) - 1;
        let item = i32::try_from(self.note.place.0).unwrap_or(0);
        let total = i32::try_from(self.note.place.1).unwrap_or(1).saturating_mul(schools).max(1);
        let turn = item * schools + number;
        if let Some((at, due)) = sitting.moved.filter(|(at, _)| *at > self.bounds.0) {
            self.push(at + turn * 2, Who::Ministry, Doing::Move { due });
        }
        // Seconds between two sends, so that a sitting ends within two hours.
        let pause = (7200 / total).clamp(1, 11);
        let (mut on, mut at) = (sitting.on, sitting.at + turn.saturating_mul(pause));
        match self.dice.below(1000) {
            0..3 => return None,
            3..12 => {
                on = self.world.days.plus_working(day_of(at), self.dice.between(1, 9));
                at = on * DAY + self.office();
            }
            _ => {}
        }
        if at <= self.bounds.0 {
            return None;
        }
        let at = self.push(at, sender, Doing::Submit { on, attempt: 0 })?;
        self.sent_twice(at, sender, 3);
        Some((on, at))
    }
}
