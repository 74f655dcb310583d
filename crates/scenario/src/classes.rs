//! The specialised classes of schools: their directions, and how many pupils they have.

use domain::payload::Direction;

use crate::dice::Dice;
use crate::org::Org;
use crate::world::World;

/// The cluster directions.
pub(crate) const DIRECTIONS: [Direction; 4] =
    [Direction::Agro, Direction::Pedagogical, Direction::Technological, Direction::NaturalScience];

/// Of a thousand schools: those without a specialised class, those with one so small that an answer could name
/// somebody, those with two classes.
const NONE: u32 = 50;
const SMALL: u32 = 70;
const TWO: u32 = 380;

/// Numbers of the two schools of the home municipality whose classes are known: none, and one of three pupils.
const HOME_NONE: u32 = 6;
const HOME_SMALL: u32 = 4;

/// A specialised class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) direction: Direction,
    pub(crate) grade: u8,
    pub(crate) pupils: u32,
}

impl World {
    /// The specialised classes of a school, the same in every year: none, one or two of different directions.
    pub(crate) fn classes(&self, school: usize) -> Vec<Class> {
        let of = &self.schools[school];
        let mut dice = Dice::of(self.settings.seed, &[of.seed, 0xc1a5]);
        let home = self.municipalities[of.municipality].is_home();
        let thrown = match of.number {
            HOME_NONE if home => 0,
            HOME_SMALL if home => NONE,
            _ if home => NONE + SMALL + dice.below(1000 - NONE - SMALL),
            _ => dice.below(1000),
        };
        let pupils = |dice: &mut Dice| {
            if (NONE..NONE + SMALL).contains(&thrown) { 1 + dice.below(4) } else { 9 + dice.below(17) }
        };
        let count = match thrown {
            0..NONE => 0,
            _ if thrown >= 1000 - TWO => 2,
            _ => 1,
        };
        let first = crate::dice::index(dice.below(4));
        let class = |nth: usize| {
            let grade = if nth == 0 { *dice.pick(&[8, 10, 10]) } else { *dice.pick(&[7, 8, 11]) };
            Class { direction: DIRECTIONS[(first + nth * 3) % 4], grade, pupils: pupils(&mut dice) }
        };
        (0..count).map(class).collect()
    }

    /// How many pupils a survey of a school asks: those of its classes, else those who may enter one.
    pub(crate) fn surveyed(&self, org: Org) -> u32 {
        let classes = if let Org::School(at) = org { self.classes(at) } else { Vec::new() };
        let pupils: u32 = classes.iter().map(|class| class.pupils).sum();
        if pupils > 0 { pupils } else { 14 + Dice::of(self.settings.seed, &[self.seed_of(org), 0x5e]).below(46) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    #[test]
    fn schools_have_none_one_or_two_classes_and_a_few_are_small() {
        let profile = plan_import::Profile::parse(crate::PLAN_PROFILE).unwrap();
        let plan = plan_import::import(crate::PLAN_TEXT, Some(&profile), None).unwrap();
        let world = crate::world(&crate::Settings { schools: 510, ..crate::Settings::default() }, &plan);
        let (mut counts, mut small) = (BTreeMap::new(), 0);
        for school in 0..510 {
            let classes = world.classes(school);
            *counts.entry(classes.len()).or_insert(0) += 1;
            small += i32::from(classes.iter().any(|class| class.pupils < 5));
            assert!(classes.len() < 2 || classes[0].direction != classes[1].direction);
        }
        assert!(counts[&0] > 10 && counts[&1] > 200 && counts[&2] > 120, "{counts:?}");
        assert!((15..60).contains(&small), "{small}");
    }
}
