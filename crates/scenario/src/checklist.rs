//! The checklists of self-diagnosis: what their versions ask, and what schools answer.

use domain::id::{EntityCode, ItemCode};
use domain::payload::{ChecklistApproved, ChecklistItem, ChecklistLine};
use domain::period::Part;

use crate::codes::code;
use crate::dice::Dice;
use crate::org::Org;
use crate::world::World;

/// Items of the autumn's version, five points each.
const ITEMS: u32 = 20;
const POINTS: u32 = 5;
/// The winter's version asks one item at another maximum, drops the last and brings a new one: these do not compare.
const OTHER: (u32, u32) = (19, 10);
const DROPPED: u32 = 20;
const BROUGHT: u32 = 21;

/// A version of the year's checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    /// Of the input monitoring.
    Autumn,
    /// Of the monitorings behind it.
    Winter,
}

impl Edition {
    /// The version by which a wave is measured.
    pub(crate) fn of(wave: Option<Part>) -> Self {
        match wave {
            Some(Part::H1 | Part::H2 | Part::Y) => Self::Winter,
            Some(Part::T0) | None => Self::Autumn,
        }
    }

    /// Its items with their maxima.
    fn items(self) -> impl Iterator<Item = (ItemCode, u32)> {
        let numbers = (1..=BROUGHT).filter(move |item| match self {
            Self::Autumn => *item <= ITEMS,
            Self::Winter => *item != DROPPED,
        });
        numbers.map(move |item| {
            let max = if self == Self::Winter && item == OTHER.0 { OTHER.1 } else { POINTS };
            (code(&format!("i{item:02}")), max)
        })
    }
}

impl World {
    /// The code of a version in this year.
    pub(crate) fn checklist(&self, edition: Edition) -> EntityCode {
        let year = self.plan.school_year.first_year();
        code(&match edition {
            Edition::Autumn => format!("checklist-{year}"),
            Edition::Winter => format!("checklist-{year}-2"),
        })
    }

    /// A version as the ministry approves it.
    pub(crate) fn approved_checklist(&self, edition: Edition) -> ChecklistApproved {
        let year = self.plan.school_year.first_year();
        let line = |(item, max): (ItemCode, u32)| ChecklistLine {
            text: format!(
                "Критерий {} самодиагностики специализированного класса",
                item.as_str().trim_start_matches('i')
            ),
            item,
            max,
            maps_to: None,
        };
        let basis = match edition {
            Edition::Autumn => format!("Приказ министерства образования Приморского края от 26.09.{year} № 1064-а"),
            Edition::Winter => format!("Приказ министерства образования Приморского края от 20.12.{year} № 1411-а"),
        };
        ChecklistApproved {
            checklist: self.checklist(edition),
            title: "Чек-лист самодиагностики общеобразовательной организации".to_owned(),
            items: edition.items().map(line).collect(),
            replaces: (edition == Edition::Winter).then(|| self.checklist(Edition::Autumn)),
            basis,
        }
    }

    /// The answers of a wave in an attempt: most schools grow from one self-diagnosis to the next, some do not.
    pub(crate) fn answers(&self, org: Org, wave: Option<Part>, attempt: u32, dice: &mut Dice) -> Vec<ChecklistItem> {
        let (level, gain) = match org {
            Org::School(at) => (self.schools[at].level, self.gain_of(at)),
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => (600, 80),
        };
        let waves = match wave {
            Some(Part::H1 | Part::H2) => 1,
            Some(Part::Y) => 2,
            Some(Part::T0) | None => 0,
        };
        // A rework finds a few points more.
        let again = i32::try_from(attempt).unwrap_or(0) * 20;
        let level = (level + gain * waves + again + dice.between(-15, 15)).clamp(50, 980);
        let level = u32::try_from(level).unwrap_or(500);
        let items = Edition::of(wave).items();
        items
            .map(|(item, max)| {
                let points = (0..max).filter(|_| dice.chance(level)).count();
                ChecklistItem { item, points: u32::try_from(points).unwrap_or(0), max }
            })
            .collect()
    }

    /// What a school gains from one self-diagnosis to the next, in thousandths of the points.
    fn gain_of(&self, school: usize) -> i32 {
        let of = &self.schools[school];
        let mut dice = Dice::of(self.luck, &[of.seed, 0x6a]);
        of.character.gain() + dice.between(-55, 45)
    }
}
