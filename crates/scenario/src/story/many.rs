//! What a coordinator, or the ministry, does for all schools of a municipality at once.

use domain::payload::Wave;

use super::{Beat, Beside, Doing, Teller};
use crate::days::{BACKDATE_DAYS, DAY, Local, day_of};
use crate::dice::Dice;
use crate::note::{AMENDED_ROW, Dating, Task};
use crate::org::Org;
use crate::people::Who;
use crate::world::World;

/// When the ministries close the first semester, and the year, as month and day.
pub(super) const CLOSED_H1: (i8, i8) = (2, 15);
pub(super) const CLOSED_YEAR: (i8, i8) = (7, 14);

/// A report must be in so long before the coordinator accepts all of them.
const LOOKED_AT: i32 = 900;

impl Teller<'_> {
    /// Tells what is done about a slot for all schools of a municipality.
    pub(super) fn municipal(&mut self, municipality: usize) {
        match self.note.task {
            Task::Mailing(sender) => self.for_all(municipality, sender),
            Task::Personal => {
                if let Some(at) = self.world.reminded(municipality, self.slot)
                    && !self.world.lacking(municipality, self.slot, at).is_empty()
                {
                    self.push(at, Who::Coordinator, Doing::RemindAll);
                }
                if let Some(at) = self.world.accepted_at_once(municipality, self.slot)
                    && !self.world.waiting(municipality, self.slot, at).is_empty()
                {
                    self.push(at, Who::Coordinator, Doing::AcceptAll);
                }
            }
            Task::Authority => {}
        }
    }

    fn for_all(&mut self, municipality: usize, sender: Who) {
        let Some(sitting) = self.world.sitting(municipality, self.slot).filter(|sitting| sitting.for_all) else {
            return;
        };
        let at = sitting.first_moment(self.note);
        let moved = sitting.moved.filter(|(at, _)| !self.world.concerned(municipality, self.slot, *at).is_empty());
        if let Some((at, due)) = moved.filter(|_| self.note.place.0 == 0) {
            self.push(at, Who::Ministry, Doing::MoveAll { due });
        }
        if self.world.recipients(municipality, self.slot, at).is_empty() {
            return;
        }
        let sent = self.push(at, sender, Doing::ForAll { on: sitting.on, attempt: 0 });
        if sent.is_some() && sitting.again.is_some() {
            let of = self.last_beat();
            self.push(sitting.undone(self.note), sender, Doing::Undo { of });
            let (on, at) = sitting.rightly(self.note);
            self.push(at, sender, Doing::ForAll { on, attempt: 1 });
        }
    }
}

impl World {
    /// The schools of a municipality whose deadline moves at a moment: those that take part by then.
    pub(crate) fn concerned(&self, municipality: usize, slot: usize, at: Local) -> Vec<usize> {
        let joined = |school: usize| self.joins(school).is_none_or(|joins| (joins.told + 1) * DAY < at);
        let left = |school: usize| self.leaves(school).is_some_and(|leaves| leaves.told * DAY <= at);
        self.dealt_with(municipality, slot, at).filter(|school| joined(*school) && !left(*school)).collect()
    }

    /// When a coordinator reminds of a self-diagnosis: two working days before its end.
    fn reminded(&self, municipality: usize, slot: usize) -> Option<Local> {
        let note = &self.school_notes[slot];
        let Dating::Stated(due) = note.dating else { return None };
        let share = self.share_of(Org::Municipality(municipality), slot);
        let number = i32::try_from(municipality % 60).unwrap_or(0);
        let day = self.days.preceding(self.days.following(due) - 2);
        (share.event == "checklist.submitted").then_some(day * DAY + 10 * 3600 + number * 60)
    }

    /// The schools that have not reported a slot by a moment.
    pub(crate) fn lacking(&self, municipality: usize, slot: usize, at: Local) -> Vec<usize> {
        let lacks = |school: &usize| {
            let story = self.story(Org::School(*school), slot);
            let reported = story.iter().any(|beat| matches!(beat.doing, Doing::Submit { .. }) && beat.at < at);
            self.gets(*school, slot, at) && !reported
        };
        self.dealt_with(municipality, slot, at).filter(lacks).collect()
    }

    /// When a coordinator accepts all reports of a slot in one sitting; none where they are looked at one by one.
    pub(super) fn accepted_at_once(&self, municipality: usize, slot: usize) -> Option<Local> {
        let note = &self.school_notes[slot];
        let Dating::Stated(due) = note.dating else { return None };
        let share = self.share_of(Org::Municipality(municipality), slot);
        let seed = self.municipalities[municipality].seed;
        let mut dice = Dice::of(self.luck, &[seed, note.row_seed, 0xac]);
        let at_once = share.event == "survey.announced" && dice.chance(750);
        let day = self.days.plus_working(self.days.following(due), dice.between(2, 4));
        at_once.then(|| day * DAY + dice.between(10 * 3600, 16 * 3600))
    }

    /// Whether the first report of a story waits for the sitting in which all are accepted.
    pub(super) fn awaits_all(story: &[Beat], sitting: Local) -> bool {
        let first = story.iter().find_map(|beat| match beat.doing {
            Doing::Submit { on, .. } => Some((beat, on)),
            _ => None,
        });
        first.is_some_and(|(submit, on)| {
            let is_proposal = day_of(submit.at) - on > BACKDATE_DAYS;
            submit.at + LOOKED_AT < sitting && submit.by != Who::Coordinator && !is_proposal
        })
    }

    /// The schools whose reports of a slot wait for that sitting.
    pub(crate) fn waiting(&self, municipality: usize, slot: usize, sitting: Local) -> Vec<usize> {
        let waits = |school: &usize| Self::awaits_all(&self.story(Org::School(*school), slot), sitting);
        self.dealt_with(municipality, slot, sitting).filter(waits).collect()
    }
}

/// What a region does beside its obligations: moments by day and seconds.
pub(super) fn regional(world: &World, region: usize) -> Vec<Beat> {
    let schools = world.regions[region].schools.clone();
    let number = i32::try_from(region % 60).unwrap_or(0);
    let day = |month, day| world.days.on((month, day)) * DAY + 10 * 3600 + number * 60;
    let mut beats = Vec::new();
    let mut add = |at, doing| beats.push(Beat { at, by: Who::Ministry, doing: Doing::Beside(doing) });
    add(day(10, 3), Beside::Monitoring(Wave::T0));
    for school in schools {
        if let Some(joins) = world.joins(school) {
            add(joins.told * DAY + 9 * 3600, Beside::Enrol { school, passage: joins });
        }
        if let Some(leaves) = world.leaves(school) {
            add(leaves.told * DAY + 9 * 3600, Beside::Leave { school, passage: leaves });
        }
    }
    // One version for all regions, by the ministry of the first.
    if region == 0 {
        add(day(12, 20), Beside::Checklist);
    }
    add(day(1, 12), Beside::Monitoring(Wave::H1));
    add(day(CLOSED_H1.0, CLOSED_H1.1), Beside::ClosePeriod { semester: true });
    add(day(3, 13), Beside::Monitoring(Wave::Info));
    if world.nth == 0 {
        add(day(10, 5), Beside::Target { municipality: true });
        add(day(3, 1), Beside::Target { municipality: false });
        if let Some(transfer) = world.transfer.filter(|one| world.regions[region].schools.contains(&one.school)) {
            add(transfer.at(), Beside::Transfer(transfer));
        }
    }
    add(day(6, 13), Beside::Monitoring(Wave::Y));
    add(day(CLOSED_YEAR.0, CLOSED_YEAR.1), Beside::ClosePeriod { semester: false });
    if world.expansion.school.slots.iter().any(|slot| slot.row.as_str() == AMENDED_ROW) {
        add(day(6, 20), Beside::Amend);
    }
    beats.sort_by_key(|beat| beat.at);
    beats
}
