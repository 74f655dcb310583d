//! What the plan asks for in one row of the table `obligations`.

use domain::expand::{Expansion, Slot, Template};
use domain::id::RowNo;
use domain::payload::Direction;
use domain::period::Part;
use domain::plan::{EvidenceKind, Month, Plan, Share};
use register::day_of_date;

use super::spec::event_code;

/// The fact that a self-diagnosis is.
const CHECKLIST: &str = "checklist.submitted";
/// The fact that a methodical day is.
pub(super) const METHODICAL_DAY: &str = "methodical_day.held";

/// The cluster directions by the code of columns, from 1.
pub const DIRECTIONS: [(Direction, &str); 4] = [
    (Direction::Agro, "agro"),
    (Direction::Pedagogical, "pedagogical"),
    (Direction::Technological, "technological"),
    (Direction::NaturalScience, "natural-science"),
];

/// The code of a direction in columns.
#[must_use]
pub fn direction_code(direction: Direction) -> u8 {
    let at = DIRECTIONS.iter().position(|(known, _)| *known == direction);
    at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or_default()
}

/// What the plan asks for in one row of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
pub struct Asked {
    /// Activity × 1000 + row.
    pub row_code: u32,
    /// The fact that completes it, by [`event_code`].
    pub event: u8,
    /// The cluster direction that its item names, by [`direction_code`]; 0: none.
    pub direction: u8,
    /// A derived publication.
    pub is_publication: bool,
    /// A self-diagnosis by checklist completes it.
    pub is_checklist: bool,
    /// A partner of one kind is to be assigned.
    pub is_partner: bool,
    /// It counts in the execution of the plan.
    pub in_execution: bool,
    /// The period that it measures.
    pub measures: Option<Part>,
    /// First and last day of the month that its item names, days since 1970-01-01.
    pub month: Option<(i32, i32)>,
    /// Its place in the control loop.
    pub link: Option<Link>,
    /// The slot of the input monitoring's checklist that a later one grows from.
    pub grows_from: Option<usize>,
}

/// A link of the control loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The slot of the link before it; the first has none.
    pub before: Option<usize>,
}

/// What a template of a plan asks for, slot by slot.
pub(super) fn asked(plan: &Plan, expansion: &Expansion, template: &Template) -> Vec<Asked> {
    let wave = |slot: &Slot| expansion.shares[slot.share].1.event == CHECKLIST;
    let first = template.slots.iter().position(|slot| wave(slot) && slot.measures == Some(Part::T0));
    let steps = Steps { plan, expansion, template };
    let one = |slot: &Slot| {
        let share = &expansion.shares[slot.share].1;
        let later = share.event == CHECKLIST && slot.measures != Some(Part::T0);
        Asked { link: steps.link(slot), grows_from: first.filter(|_| later), ..Asked::new(slot, share) }
    };
    template.slots.iter().map(one).collect()
}

impl Asked {
    fn new(slot: &Slot, share: &Share) -> Self {
        let (activity, number, is_publication) = slot.row.sort_key();
        let item = slot.item.as_str();
        let named = DIRECTIONS.iter().find(|(_, code)| {
            let kind = item.strip_suffix(code);
            kind.is_some_and(|kind| kind.is_empty() || kind.ends_with('-'))
        });
        let month = item.parse::<Month>().ok();
        Self {
            row_code: u32::from(activity) * 1000 + u32::from(number),
            event: event_code(&share.event).unwrap_or(u8::MAX),
            direction: named.map_or(0, |(direction, _)| direction_code(*direction)),
            is_publication,
            is_checklist: share.event == CHECKLIST,
            is_partner: share.evidence_kind == EvidenceKind::PartnerList,
            in_execution: share.in_execution,
            measures: slot.measures,
            month: month.map(|month| (day_of_date(month.last_day().first_of_month()), day_of_date(month.last_day()))),
            link: None,
            grows_from: None,
        }
    }
}

/// Finds the links of the control loop: order, checklist, note, protocol, correction, each in a row that depends
/// on the row before it (`domain.md` 4).
struct Steps<'a> {
    plan: &'a Plan,
    expansion: &'a Expansion,
    template: &'a Template,
}

/// The facts of the loop, in order.
const LOOP: [&[&str]; 5] = [
    &["order.sent"],
    &[CHECKLIST],
    &["analytic_note.sent"],
    &["protocol.sent"],
    &["plan.corrected", "work_plan.developed"],
];

impl Steps<'_> {
    fn link(&self, slot: &Slot) -> Option<Link> {
        let event = self.expansion.shares[slot.share].1.event.as_str();
        let step = LOOP.iter().position(|facts| facts.contains(&event))?;
        match step {
            0 => {
                let checklists = self.template.slots.iter().filter(|slot| self.is(slot, 1));
                let leads = checklists.into_iter().any(|next| self.depends(&next.row, &slot.row));
                leads.then_some(Link { before: None })
            }
            1 => Some(Link { before: self.before(slot, 0) }),
            _ => {
                // A note about something else than a self-diagnosis stands outside the loop, and so does what follows it.
                let before = self.before(slot, step - 1)?;
                self.link(&self.template.slots[before]).map(|_| Link { before: Some(before) })
            }
        }
    }

    fn is(&self, slot: &Slot, step: usize) -> bool {
        LOOP[step].contains(&self.expansion.shares[slot.share].1.event.as_str())
    }

    fn depends(&self, row: &RowNo, on: &RowNo) -> bool {
        self.plan.row(row).is_some_and(|row| row.profile.depends_on.contains(on))
    }

    fn before(&self, slot: &Slot, step: usize) -> Option<usize> {
        let slots = self.template.slots.iter();
        let mut fitting =
            slots.enumerate().filter(|(_, before)| self.is(before, step) && self.depends(&slot.row, &before.row));
        fitting.find(|(_, before)| step == 0 || self.link(before).is_some()).map(|(at, _)| at)
    }
}
