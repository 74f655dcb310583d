//! How a plan becomes obligations: pure, versioned, and never stored one by one
//! (`architecture.md` 4, `domain.md` 3).

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::deadline::SchoolYear;
use crate::id::{ItemCode, ObligationId, OrgCode, PlanCode, RowNo};
use crate::obligation::{Obligation, Phase};
use crate::period::Part;
use crate::plan::{DueRule, Item, Items, MeasuredPeriod, Month, Plan, PlanRow, Share, ShareOf};

/// Version of this expansion. A log names the one it was activated with; old ones stay in the binary.
pub const EXPANDER_VERSION: u16 = 1;

/// One obligation of an organisation, before anybody acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The row in its id.
    pub row: RowNo,
    /// The item in its id.
    pub item: ItemCode,
    /// The item's names, Russian and English; empty where the row has one item.
    pub item_names: (String, String),
    /// Which of [`Expansion::shares`] it comes from.
    pub share: usize,
    /// First day of its window.
    pub start_on: Option<Date>,
    /// The day that the plan states.
    pub due: Option<Date>,
    /// The period whose results it measures.
    pub measures: Option<Part>,
    /// The slot of the publication that becomes due so many days after this delivery.
    pub publication: Option<(usize, u16)>,
}

impl Slot {
    /// The obligation as it stands before anybody acted.
    #[must_use]
    pub fn fresh(&self) -> Obligation {
        Obligation {
            phase: if self.due.is_some() { Phase::Open } else { Phase::Unscheduled },
            start_on: self.start_on,
            stated_due: self.due,
            ..Obligation::default()
        }
    }
}

/// The obligations of one organisation, in the order of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The slots.
    pub slots: Vec<Slot>,
}

impl Template {
    /// The slot of a row and item.
    #[must_use]
    pub fn find(&self, row: &RowNo, item: &ItemCode) -> Option<usize> {
        self.slots.iter().position(|slot| slot.row == *row && slot.item == *item)
    }

    /// Slots whose row and item another slot before them has already: a plan must not have any.
    pub fn doubled(&self) -> impl Iterator<Item = &Slot> {
        let first = |slot: &Slot| self.find(&slot.row, &slot.item);
        self.slots.iter().enumerate().filter(move |(at, slot)| first(slot) != Some(*at)).map(|(_, slot)| slot)
    }
}

/// A plan turned into obligations: one template for every school, one for each authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The shares that slots refer to, each with the row of the plan that makes it.
    pub shares: Vec<(RowNo, Share)>,
    /// What every school owes.
    pub school: Template,
    /// What each authority owes, in the order in which the plan first names it.
    pub authorities: Vec<(OrgCode, Template)>,
}

/// What an activation must repeat exactly at every replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// How many obligations.
    pub count: u32,
    /// SHA-256 over the sorted obligation ids, each with a line feed; hexadecimal.
    pub sha256: String,
}

/// Expands a plan (version [`EXPANDER_VERSION`]).
#[must_use]
pub fn expand(plan: &Plan) -> Expansion {
    let mut expansion = Expansion { shares: Vec::new(), school: Template::default(), authorities: Vec::new() };
    for (row, share) in plan.shares() {
        let index = expansion.shares.len();
        expansion.shares.push((row.row.clone(), share.clone()));
        let slots = slots(row, share, index, plan.school_year);
        template_mut(&mut expansion, &share.of).slots.extend(slots);
    }
    let shares = expansion.shares.clone();
    finish(&mut expansion.school, &shares);
    for (_, template) in &mut expansion.authorities {
        finish(template, &shares);
    }
    expansion
}

impl Expansion {
    /// Counts and hashes the obligations of an activation; `authority` names who plays each of the
    /// plan's authorities.
    pub fn fingerprint<'a>(
        &'a self,
        plan: &PlanCode,
        schools: impl IntoIterator<Item = &'a OrgCode>,
        authority: impl Fn(&'a OrgCode) -> &'a OrgCode,
    ) -> Fingerprint {
        let of_schools = schools.into_iter().map(|org| (org, &self.school));
        let of_authorities = self.authorities.iter().map(|(role, template)| (authority(role), template));
        let mut ids: Vec<String> = of_schools
            .chain(of_authorities)
            .flat_map(|(org, template)| template.slots.iter().map(move |slot| slot.id(plan, org).to_string()))
            .collect();
        ids.sort_unstable();
        let mut hash = Sha256::new();
        for id in &ids {
            hash.update(id);
            hash.update(b"\n");
        }
        Fingerprint { count: u32::try_from(ids.len()).unwrap_or(u32::MAX), sha256: hex(&hash.finalize()) }
    }
}

impl Expansion {
    /// Counts and hashes what one school owes.
    #[must_use]
    pub fn fingerprint_of_school(&self, plan: &PlanCode, school: &OrgCode) -> Fingerprint {
        let alone = Self { shares: Vec::new(), school: self.school.clone(), authorities: Vec::new() };
        alone.fingerprint(plan, [school], |role| role)
    }
}

impl Slot {
    /// The id of this slot's obligation of an organisation.
    #[must_use]
    pub fn id(&self, plan: &PlanCode, org: &OrgCode) -> ObligationId {
        ObligationId { plan: plan.clone(), row: self.row.clone(), org: org.clone(), item: self.item.clone() }
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

fn template_mut<'a>(expansion: &'a mut Expansion, of: &ShareOf) -> &'a mut Template {
    match of {
        ShareOf::Schools => &mut expansion.school,
        ShareOf::Org(org) => {
            let at = expansion.authorities.iter().position(|(known, _)| known == org).unwrap_or_else(|| {
                expansion.authorities.push((org.clone(), Template::default()));
                expansion.authorities.len() - 1
            });
            &mut expansion.authorities[at].1
        }
    }
}

fn slots(row: &PlanRow, share: &Share, index: usize, year: SchoolYear) -> Vec<Slot> {
    items(&share.items)
        .into_iter()
        .map(|item| {
            let (start_on, due) = match &share.due {
                DueRule::Plan => (row.deadline.start, row.deadline.end),
                DueRule::EachMonthEnd => (None, item.code.as_str().parse::<Month>().ok().map(Month::last_day)),
                DueRule::On(day) => (None, Some(*day)),
                DueRule::Scheduled | DueRule::AfterDelivery { .. } => (None, None),
            };
            // A continuous row has a beginning only because the year has one.
            let start_on = start_on.filter(|start| *start != year.start());
            Slot {
                row: share.row.clone(),
                item: item.code,
                item_names: (item.name_ru, item.name_en),
                share: index,
                start_on,
                due,
                measures: row.profile.measures.as_ref().and_then(part),
                publication: None,
            }
        })
        .collect()
}

fn items(items: &Items) -> Vec<Item> {
    let item = |code: &str, name_ru: &str, name_en: &str| {
        let code = code.parse().unwrap_or_else(|_| ItemCode::none());
        Item { code, name_ru: name_ru.to_owned(), name_en: name_en.to_owned() }
    };
    match items {
        Items::One => vec![item("-", "", "")],
        Items::List(list) => list.clone(),
        Items::Months { first, last } => {
            first.through(*last).map(|month| item(&month.to_string(), &month.to_string(), &month.to_string())).collect()
        }
        Items::Semesters => vec![item("h1", "I полугодие", "Semester I"), item("h2", "II полугодие", "Semester II")],
    }
}

fn part(measured: &MeasuredPeriod) -> Option<Part> {
    match measured {
        MeasuredPeriod::T0 => Some(Part::T0),
        MeasuredPeriod::H1 => Some(Part::H1),
        MeasuredPeriod::H2 => Some(Part::H2),
        MeasuredPeriod::Y => Some(Part::Y),
        MeasuredPeriod::Other(_) => None,
    }
}

/// Sorts as in the plan and links deliveries with the publications that follow them.
fn finish(template: &mut Template, shares: &[(RowNo, Share)]) {
    // Stable: the items of a row keep the order of the profile.
    template.slots.sort_by_key(|slot| slot.row.sort_key());
    let followers: Vec<(usize, RowNo, u16)> = template
        .slots
        .iter()
        .enumerate()
        .filter_map(|(at, slot)| match &shares[slot.share].1.due {
            DueRule::AfterDelivery { row, days } => Some((at, row.clone(), *days)),
            _ => None,
        })
        .collect();
    for (at, row, days) in followers {
        if let Some(delivery) = template.slots.iter_mut().find(|slot| slot.row == row) {
            delivery.publication = Some((at, days));
        }
    }
}
