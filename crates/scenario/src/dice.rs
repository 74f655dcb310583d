//! Chance that depends on what it is about, never on who asks first.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Dice of one matter: the same seed and parts throw the same numbers, whatever was thrown elsewhere.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of the matter that `parts` name.
    pub(crate) fn of(seed: u64, parts: &[u64]) -> Self {
        Self(ChaCha8Rng::seed_from_u64(mixed(seed, parts)))
    }

    /// A number from 0 to `bound - 1`; 0 where `bound` is 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        // The upper half of the product is the number: no division, and the bias is far below one in a million.
        let product = (self.0.next_u64() >> 32) * u64::from(bound);
        u32::try_from(product >> 32).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included; `low` where `high` lies below it.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = u32::try_from(high.saturating_sub(low)).map_or(0, |width| width.saturating_add(1));
        low.saturating_add(i32::try_from(self.below(width)).unwrap_or(0))
    }

    /// Whether something happens that happens `permille` times in a thousand.
    pub(crate) fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < permille
    }

    /// One of several.
    ///
    /// # Panics
    /// On an empty list: all lists here are data of this crate, and none is empty.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let count = u32::try_from(of.len()).unwrap_or(u32::MAX);
        &of[index(self.below(count))]
    }

    /// Sixty-four bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// A count as an index.
pub(crate) fn index(count: u32) -> usize {
    usize::try_from(count).expect("a usize holds 32 bits on every platform that we build for")
}

/// An index as a count; a list longer than `u32::MAX` cannot be here.
pub(crate) fn count(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Hash of a text, the same on every machine and in every release: FNV-1a with a final mix.
pub(crate) fn hash(text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    mixed(fnv, &[])
}

/// Mixes the seed with the parts, in their order (the finaliser of `SplitMix64` after each).
fn mixed(seed: u64, parts: &[u64]) -> u64 {
    let finish = |mut sum: u64| {
        sum = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        sum = (sum ^ (sum >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        sum ^ (sum >> 31)
    };
    parts.iter().fold(finish(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)), |sum, part| {
        finish((sum ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_matter_throws_the_same_numbers_and_another_one_does_not() {
        let throws = |parts: &[u64]| {
            let mut dice = Dice::of(2022, parts);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(&[1, 2]), throws(&[1, 2]));
        assert_ne!(throws(&[1, 2]), throws(&[2, 1]));
        assert_ne!(hash("pogranichny-s01"), hash("pogranichny-s10"));
    }

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut dice = Dice::of(1, &[7]);
        let thrown: Vec<i32> = (0..400).map(|_| dice.between(-2, 3)).collect();
        assert_eq!((thrown.iter().min(), thrown.iter().max()), (Some(&-2), Some(&3)));
        assert_eq!((dice.below(0), dice.between(5, 1)), (0, 5));
        let happened = (0..10_000).filter(|_| dice.chance(250)).count();
        assert!((2300..2700).contains(&happened), "{happened}");
    }
}
