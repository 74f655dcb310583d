//! The year itself: every act of every story, in the order of time, made when it is asked for.

use crate::dice::{count, index};
use crate::step::Step;
use crate::world::World;

/// Bits of an intent, from its lowest: the act within its story, the slot, the organisation; above them
/// stand the seconds.
const BEAT_BITS: u32 = 8;
const SLOT_BITS: u32 = 12;
const ORG_BITS: u32 = 18;

/// The steps of a year in the order of time; see [`year`].
#[derive(Clone, Debug)]
pub struct Year<'w> {
    world: &'w World,
    /// Seconds, organisation, slot and act of every step, sorted: eight bytes each.
    intents: std::vec::IntoIter<u64>,
}

/// Tells the year of a world: the steps of people from September to August, in the order of time.
///
/// Every story is told once to learn its moments, and again act by act as the steps are taken, so that
/// a nation's year needs eight bytes a step and not its commands. Each step can be decided against the
/// state that the steps before it, and [`World::setup`], lead to; none is refused. A step that
/// [repeats](Step::repeat) an earlier one carries the same key and body.
#[must_use]
pub fn year(world: &World) -> Year<'_> {
    let mut intents = Vec::with_capacity(world.obligations() * 3 / 2);
    for org in world.orgs() {
        let offset = world.region_of(org).offset;
        for slot in 0..world.stories_of(org) {
            let story = world.story(org, slot);
            let beats = story.iter().enumerate();
            intents.extend(beats.map(|(at, beat)| pack(world.number(org), slot, at, beat.at - offset)));
        }
    }
    // The act is the lowest part: acts of one story at one moment stay in their order.
    intents.sort_unstable();
    Year { world, intents: intents.into_iter() }
}

fn pack(org: u32, slot: usize, beat: usize, utc: i32) -> u64 {
    let seconds = u64::from(u32::try_from(utc).unwrap_or(0));
    let low = (u64::from(org) << SLOT_BITS | u64::from(count(slot))) << BEAT_BITS | u64::from(count(beat));
    seconds << (ORG_BITS + SLOT_BITS + BEAT_BITS) | low
}

fn unpack(intent: u64) -> (u32, usize, usize) {
    let part = |shift: u32, bits: u32| u32::try_from(intent >> shift & ((1 << bits) - 1)).unwrap_or(0);
    let (beat, slot) = (part(0, BEAT_BITS), part(BEAT_BITS, SLOT_BITS));
    (part(BEAT_BITS + SLOT_BITS, ORG_BITS), index(slot), index(beat))
}

impl Iterator for Year<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let (org, slot, beat) = unpack(self.intents.next()?);
        let org = self.world.org(org);
        let story = self.world.story(org, slot);
        Some(self.world.step_of(org, slot, &story, beat))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.intents.size_hint()
    }
}

impl ExactSizeIterator for Year<'_> {}
