//! What the story must know about each slot of the plan, worked out once.

use crate::days::{Day, Days};
use crate::dice::{count, hash};
use crate::people::Who;
use domain::expand::{Expansion, Slot, Template};
use domain::plan::{Acceptance, DueRule, Holder, ShareOf};

/// Who does what a slot asks for, and in which manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// The head of each school, on their own.
    Personal,
    /// One person for all schools of a municipality in one sitting.
    Mailing(Who),
    /// An authority for itself.
    Authority,
}

/// Where the date of a slot comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dating {
    /// The plan states it.
    Stated(Day),
    /// A schedule sets it, between these days.
    Scheduled(Day, Day),
    /// So many days after the delivery of another slot.
    After(usize, i32),
    /// Nothing dates it.
    Undated,
}

/// One slot as the story sees it.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// Seed of the slot: its row and item.
    pub(crate) seed: u64,
    /// Seed of its row: what one sitting does is thrown once.
    pub(crate) row_seed: u64,
    pub(crate) task: Task,
    pub(crate) dating: Dating,
    /// First day of its window.
    pub(crate) start: Option<Day>,
    /// Place among the slots of its row and share, and how many there are.
    pub(crate) place: (u32, u32),
    /// A controller takes it off control.
    pub(crate) controlled: bool,
    /// Others wait for it: it is never taken back.
    pub(crate) delivers: bool,
}

/// The row that the ministries move in June, and its new last day.
pub(crate) const AMENDED_ROW: &str = "20.1";
pub(crate) const AMENDED_TO: (i8, i8) = (8, 10);

/// Notes on every slot of a template.
pub(crate) fn notes(expansion: &Expansion, template: &Template, days: &Days) -> Vec<Note> {
    template.slots.iter().enumerate().map(|(at, slot)| note(expansion, template, days, at, slot)).collect()
}

fn note(expansion: &Expansion, template: &Template, days: &Days, at: usize, slot: &Slot) -> Note {
    let share = &expansion.shares[slot.share].1;
    let mates = || template.slots.iter().enumerate().filter(|(_, mate)| mate.share == slot.share);
    let place = (count(mates().filter(|(mate, _)| *mate < at).count()), count(mates().count()));
    let task = match (&share.of, &share.holder) {
        (ShareOf::Org(_), _) => Task::Authority,
        (ShareOf::Schools, Holder::SchoolHead) => Task::Personal,
        (ShareOf::Schools, Holder::Org(_)) => Task::Mailing(Who::Ministry),
        (ShareOf::Schools, Holder::Person(_)) => Task::Mailing(Who::Coordinator),
    };
    let dating = match (&share.due, slot.due) {
        (DueRule::Scheduled, _) => scheduled(slot, place, days),
        (DueRule::AfterDelivery { row, days }, _) => {
            let delivery = template.slots.iter().position(|other| other.row == *row);
            delivery.map_or(Dating::Undated, |delivery| Dating::After(delivery, i32::from(*days)))
        }
        (_, Some(_)) if slot.row.as_str() == AMENDED_ROW => Dating::Stated(days.on(AMENDED_TO)),
        (_, Some(due)) => Dating::Stated(days.of(due)),
        (_, None) => Dating::Undated,
    };
    Note {
        seed: hash(&format!("{}/{}", slot.row, slot.item)),
        row_seed: hash(slot.row.as_str()),
        task,
        dating,
        start: slot.start_on.map(|day| days.of(day)),
        place,
        controlled: share.acceptance == Acceptance::Controller,
        delivers: slot.publication.is_some(),
    }
}

/// When a row without a date may be scheduled for: each semester's items before its end, others spread
/// over the year.
fn scheduled(slot: &Slot, place: (u32, u32), days: &Days) -> Dating {
    let between = |from, to| Dating::Scheduled(days.on(from), days.on(to));
    match slot.item.as_str() {
        "h1" => between((11, 28), (12, 26)),
        "h2" => between((3, 27), (5, 24)),
        _ => {
            let (first, last) = (days.on((11, 14)), days.on((5, 15)));
            let step = (last - first) / i32::try_from(place.1.max(1)).unwrap_or(1);
            let from = first + step * i32::try_from(place.0).unwrap_or(0);
            Dating::Scheduled(from, from + step / 2)
        }
    }
}
