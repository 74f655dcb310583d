//! The story of one obligation: what people do about it, and when.
//!
//! A story depends on the seed, the organisation and the slot alone, so that it can be told again at any
//! time and in any order. What it says is always allowed: it knows the phases of `workflow.md` b.

mod accompany;
mod activities;
mod aftermath;
mod authority;
mod beside;
mod late;
mod links;
mod mailing;
mod many;
mod people;
mod personal;
mod recommend;
mod record;
mod terms;

use domain::payload::{Audience, ExcuseReason, ReopenReason, ReturnReason, Wave};

use crate::days::{DAY, Day, Local, day_of};
use crate::dice::Dice;
use crate::note::{Dating, Note, Task};
use crate::org::{Org, Passage};
use crate::people::Who;
use crate::transfer::Transfer;
use crate::world::World;

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
    /// A later day is asked for.
    AskExtension { wanted: Day },
    /// It is not given.
    DeclineExtension,
    /// Its deadline moves.
    Move { due: Day },
    /// A release is asked for.
    AskExcuse { reason: ExcuseReason, until: Option<Day> },
    /// It is not given.
    DeclineExcuse,
    /// It is released, for good or until a day.
    Excuse { reason: ExcuseReason, until: Option<Day> },
    /// The release is taken back.
    RevokeExcuse,
    /// Somebody knows of it.
    Acknowledge,
    /// How far it is.
    Interim { percent: u8 },
    /// Whoever answers for it is told of the deadline.
    Remind,
    /// The head's deputy answers for it from now on.
    Reassign,
    /// The head's deputy gives a part.
    AddCo,
    /// Here is the part.
    GivePart,
    /// The head's deputy may report it until a day.
    Delegate { until: Day },
    /// It is reported, for the so-manieth time from 0.
    Submit { on: Day, attempt: u32 },
    /// The command of an earlier beat comes a second time.
    Repeat { of: usize },
    /// A second person agrees to what an earlier beat proposed.
    Confirm { of: usize },
    /// A second person does not agree.
    DeclineProposal { of: usize },
    /// Its sender takes the report back.
    Withdraw,
    /// It is taken off control.
    Accept,
    /// It is sent back.
    Return { reason: ReturnReason },
    /// It is put under control again.
    Reopen { reason: ReopenReason },
    /// Further evidence comes.
    Attach,
    /// The evidence shows nothing.
    RejectEvidence { reason: ReturnReason },
    /// The day of the report was wrong.
    CorrectDay { on: Day },
    /// Answers of the checklist were wrong.
    CorrectItems { attempt: u32 },
    /// The report should not have been there.
    Retract,
    /// Something that accompanies it happened.
    Note(Noted),
    /// It is recorded for all schools of a municipality.
    ForAll { on: Day, attempt: u32 },
    /// An earlier beat for all was wrong.
    Undo { of: usize },
    /// Its deadline moves for all schools of a municipality.
    MoveAll { due: Day },
    /// The reports that wait are taken off control.
    AcceptAll,
    /// Whoever has not reported is told of the deadline.
    RemindAll,
    /// What happens beside the obligations.
    Beside(Beside),
}

/// A fact that accompanies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// The partner of a report left.
    Released { on: Day, attempt: u32 },
    /// So many answered.
    Counted { audience: Audience, again: bool },
    /// Nobody can answer any more.
    SurveyClosed,
    /// The link was looked at.
    Link { good: bool },
    /// A joint event took place, the so-manieth of the semester from 1.
    Activity { on: Day, number: i32 },
    /// A further report of a series: of the so-manieth event, or one more piece of news.
    Further { on: Day, number: i32 },
    /// What the protocol recommended was done: the so-manieth recommendation, from 1.
    Recommendation { number: u8 },
    /// The methodical day does not take place.
    DayCancelled,
}

/// What is done to no obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// The head lends their authority to their deputy.
    Grant { first: Day, last: Day },
    /// The school opens one of its specialised classes.
    Class { nth: usize },
    /// The municipality's coordinator is appointed.
    Coordinator,
    /// Another version of the checklist is approved.
    Checklist,
    /// A wave of monitoring begins.
    Monitoring(Wave),
    /// A school joins.
    Enrol { school: usize, passage: Passage },
    /// A school leaves.
    Leave { school: usize, passage: Passage },
    /// A row of the plan moves.
    Amend,
    /// The ministry sets a target: for the region, or for its first municipality.
    Target { municipality: bool },
    /// A school changes its municipality.
    Transfer(Transfer),
    /// The figures of the first semester, or of the year, are reported.
    ClosePeriod { semester: bool },
}

/// Tells one story.
pub(crate) struct Teller<'w> {
    world: &'w World,
    org: Org,
    slot: usize,
    note: &'w Note,
    dice: Dice,
    beats: Vec<Beat>,
    /// The moment that an act without one of its own in this story follows.
    base: Local,
    /// First moment of the story, and the one from which on nothing is told.
    bounds: (Local, Local),
    /// The school year ended, or the school left: nothing more is told.
    over: bool,
}

impl World {
    /// The story of an organisation's slot, or the one beside them: its acts in the order of time, the last day
    /// of the school year being the last.
    pub(crate) fn story(&self, org: Org, slot: usize) -> Vec<Beat> {
        let Some(note) = self.notes_of(org).get(slot) else { return self.beside(org) };
        let dice = Dice::of(self.luck, &[self.seed_of(org), note.seed, 0x01]);
        let bounds = self.bounds_of(org);
        let mut teller = Teller { world: self, org, slot, note, dice, beats: Vec::new(), base: 0, bounds, over: false };
        match org {
            Org::Municipality(at) => teller.municipal(at),
            Org::School(_) | Org::Authority(_) | Org::Region(_) => teller.tell(),
        }
        teller.beats
    }

    /// Whether a school takes part in the plan on a day, as far as the log knows then.
    pub(crate) fn takes_part(&self, school: usize, on: Day) -> bool {
        let (from, until) = self.bounds_of(Org::School(school));
        (from..until).contains(&(on * DAY + 12 * 3600))
    }

    /// When somebody's stories begin and end.
    fn bounds_of(&self, org: Org) -> (Local, Local) {
        let school = if let Org::School(at) = org { Some(at) } else { None };
        let joins = school.and_then(|at| self.joins(at)).map(|joins| joins.told * DAY + 11 * 3600);
        let leaves = school.and_then(|at| self.leaves(at)).map(|leaves| leaves.told * DAY + 8 * 3600);
        (joins.unwrap_or(self.year.0 * DAY), leaves.unwrap_or(self.end))
    }
}

impl Teller<'_> {
    fn tell(&mut self) {
        let start = self.bounds.0;
        let (due, open_from) = match self.note.dating {
            // What fell due before the school joined does not apply to it.
            Dating::Stated(due) if self.world.is_before_joining(self.org, due) => return,
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
            (Task::Mailing(sender), Org::School(at)) => self.mailing(sender, at),
            (Task::Personal, Org::School(at)) => self.personal(at, due, open_from),
            _ => self.authority(due, open_from),
        }
    }

    /// When the delivery that this publication waits for was recorded, and the day it happened.
    fn delivered(&self, delivery: usize) -> Option<(Day, Local)> {
        if let Org::School(school) = self.org
            && let Some(included) = self.world.included(school, delivery)
        {
            return Some(included);
        }
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
                let mut common = Dice::of(self.world.luck, &[municipality.seed, self.note.seed, 0x5d]);
                let dice = if own { &mut self.dice } else { &mut common };
                let due = days.preceding(dice.between(from, to)).max(from);
                let day = days.following(from - 30 - dice.between(0, 12));
                let minute = 9 * 3600 + dice.between(0, 5 * 3600) + if own { 0 } else { number * 7 };
                (due, day * DAY + minute, if own { Who::Head } else { Who::Coordinator })
            }
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => {
                let day = days.following(from - 20 - self.dice.between(0, 10));
                let due = days.preceding(self.dice.between(from, to)).max(from);
                (due, day * DAY + self.office(), Who::Ministry)
            }
        };
        let at = at.max(self.bounds.0 + 9 * 3600);
        self.push(at, by, Doing::Schedule { due }).map(|at| (due, at))
    }

    /// Adds an act, behind the last one at the earliest; none before the story begins and when it is over.
    fn push(&mut self, at: Local, by: Who, doing: Doing) -> Option<Local> {
        let at = self.beats.last().map_or(at, |last| at.max(last.at + 30));
        self.over |= at >= self.bounds.1;
        if self.over || at < self.bounds.0 {
            return None;
        }
        self.beats.push(Beat { at, by, doing });
        Some(at)
    }

    /// The moment of the last act.
    fn last(&self) -> Local {
        self.beats.last().map_or(self.base, |beat| beat.at.max(self.base))
    }

    /// Working hours of a day some days behind the last act.
    fn days_later(&mut self, most: i32) -> Local {
        let day = day_of(self.last()) + self.dice.between(1, most);
        self.world.days.following(day) * DAY + self.office()
    }

    /// The number of the beat that was pushed last.
    fn last_beat(&self) -> usize {
        self.beats.len().saturating_sub(1)
    }

    /// Whether a live report is there at the end of what was told.
    fn stands(&self) -> bool {
        let last = self.beats.iter().rev().find_map(|beat| match beat.doing {
            Doing::Submit { .. } | Doing::Accept => Some(true),
            Doing::Return { .. }
            | Doing::Reopen { .. }
            | Doing::RejectEvidence { .. }
            | Doing::Retract
            | Doing::Withdraw
            | Doing::Excuse { .. } => Some(false),
            _ => None,
        });
        last == Some(true)
    }

    /// Whether the slot is that item of its row.
    fn item_is(&self, item: &str) -> bool {
        self.world.template_of(self.org).slots[self.slot].item.as_str() == item
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
