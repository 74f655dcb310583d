//! The story of one obligation: what people do about it, and when.
//!
//! A story depends on the seed, the organisation and the slot alone, so that it can be told again at any
//! time and in any order. What it says is always allowed: it knows the phases of `workflow.md` b.

mod aftermath;
mod authority;
mod mailing;
mod personal;

use domain::payload::{ExcuseReason, ReturnReason};

use crate::days::{DAY, Day, Local, day_of};
use crate::dice::Dice;
use crate::note::{Dating, Note, Task};
use crate::people::Who;
use crate::world::{Org, World};

/// One act of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beat {
    /// When it is recorded, by the clock of the region.
    pub(crate) at: Local,
    /// Who does it.
    pub(crate) by: Who,
    pub(crate) doing: Doing,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// The row gets its date.
    Schedule { due: Day },
    /// Its deadline moves.
    Move { due: Day },
    /// It is released.
    Excuse { reason: ExcuseReason },
    /// It is reported, for the so-manieth time from 0.
    Submit { on: Day, attempt: u32 },
    /// The command of an earlier beat comes a second time.
    Repeat { of: usize },
    /// It is taken off control.
    Accept,
    /// It is sent back.
    Return { reason: ReturnReason },
    /// The day of the report was wrong.
    CorrectDay { on: Day },
    /// Answers of the checklist were wrong.
    CorrectItems { attempt: u32 },
    /// The report should not have been there.
    Retract,
}

/// Tells one story.
pub(crate) struct Teller<'w> {
    world: &'w World,
    org: Org,
    slot: usize,
    note: &'w Note,
    dice: Dice,
    beats: Vec<Beat>,
    /// The school year ended: nothing more is told.
    over: bool,
}

impl World {
    /// The story of an organisation's slot: its acts in the order of time, the last day of the school
    /// year being the last.
    pub(crate) fn story(&self, org: Org, slot: usize) -> Vec<Beat> {
        let note = &self.notes_of(org)[slot];
        let dice = Dice::of(self.settings.seed, &[self.seed_of(org), note.seed, 0x01]);
        let mut teller = Teller { world: self, org, slot, note, dice, beats: Vec::new(), over: false };
        teller.tell();
        teller.beats
    }
}

impl Teller<'_> {
    fn tell(&mut self) {
        let start = self.world.year.0 * DAY;
        let (due, open_from) = match self.note.dating {
            Dating::Stated(due) => (due, start),
            Dating::Undated => return,
            Dating::Scheduled(from, to) => match self.scheduled(from, to) {
                Some(dated) => dated,
                None => return,
            },
            Dating::After(delivery, days) => match self.delivered(delivery) {
                Some((on, at)) => (on + days, at),
                None => return,
            },
        };
        match (self.note.task, self.org) {
            (Task::Mailing(sender), Org::School(at)) => self.mailing(sender, at, due),
            (Task::Personal, Org::School(at)) => self.personal(at, due, open_from),
            _ => self.authority(due, open_from),
        }
    }

    /// When the delivery that this publication waits for was recorded, and the day it happened.
    fn delivered(&self, delivery: usize) -> Option<(Day, Local)> {
        let story = self.world.story(self.org, delivery);
        story.iter().find_map(|beat| match beat.doing {
            Doing::Submit { on, .. } => Some((on, beat.at)),
            _ => None,
        })
    }

    /// Sets the date of a row without one; none where nobody thought of it.
    fn scheduled(&mut self, from: Day, to: Day) -> Option<(Day, Local)> {
        let days = &self.world.days;
        let (due, at, by) = match self.org {
            Org::School(school) => {
                if self.dice.chance(8) {
                    return None;
                }
                // One schedule for the municipality, but some schools set their own.
                let own = self.dice.chance(120);
                let number = i32::try_from(self.world.schools[school].number).unwrap_or(0);
                let municipality = &self.world.municipalities[self.world.schools[school].municipality];
                let mut common = Dice::of(self.world.settings.seed, &[municipality.seed, self.note.seed, 0x5d]);
                let dice = if own { &mut self.dice } else { &mut common };
                let due = days.preceding(dice.between(from, to)).max(from);
                let day = days.following(from - 30 - dice.between(0, 12));
                let minute = 9 * 3600 + dice.between(0, 5 * 3600) + if own { 0 } else { number * 7 };
                (due, day * DAY + minute, if own { Who::Head } else { Who::Coordinator })
            }
            Org::Authority(_) => {
                let day = days.following(from - 20 - self.dice.between(0, 10));
                let due = days.preceding(self.dice.between(from, to)).max(from);
                (due, day * DAY + self.office(), Who::Ministry)
            }
        };
        let at = at.max(self.world.year.0 * DAY + 9 * 3600);
        self.push(at, by, Doing::Schedule { due }).map(|at| (due, at))
    }

    /// Adds an act, behind the last one at the earliest; none when the school year is over.
    fn push(&mut self, at: Local, by: Who, doing: Doing) -> Option<Local> {
        let at = self.beats.last().map_or(at, |last| at.max(last.at + 30));
        self.over |= day_of(at) > self.world.year.1;
        if self.over {
            return None;
        }
        self.beats.push(Beat { at, by, doing });
        Some(at)
    }

    /// The type of the event that the row asks for.
    fn event(&self) -> &str {
        self.world.share_of(self.org, self.slot).event.as_str()
    }

    /// Seconds into a day at which an office works.
    fn office(&mut self) -> i32 {
        8 * 3600 + 1800 + self.dice.between(0, 9 * 3600)
    }

    /// Seconds into a last day: half of it comes after hours.
    fn rush(&mut self) -> i32 {
        match self.dice.below(20) {
            0..5 => self.dice.between(9 * 3600, 15 * 3600),
            5..11 => self.dice.between(15 * 3600, 18 * 3600),
            11..17 => self.dice.between(18 * 3600, 22 * 3600),
            _ => self.dice.between(22 * 3600, DAY - 60),
        }
    }
}
