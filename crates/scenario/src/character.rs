//! What schools and municipalities are like, and how that shows in what they do.

use crate::dice::Dice;

/// How a school keeps its dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Character {
    /// Days ahead, nearly always.
    Diligent,
    /// In time, with a slip now and then.
    Steady,
    /// In time, in the evening of the last day.
    LastDay,
    /// Every third report comes late.
    Late,
    /// Early or late, wrong document, wrong date.
    Chaotic,
    /// Too few hands: much is late, much is never done.
    Struggling,
}

/// How often something happens with a school, in a thousand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// Done well before the last day.
    pub(crate) ahead: u32,
    /// Done on the last day; what remains behind `ahead`, `last_day` and `late` is never done.
    pub(crate) last_day: u32,
    /// Done late.
    pub(crate) late: u32,
    /// Of what is done ahead of a window: before it opens.
    pub(crate) early: u32,
    /// Recorded days after it happened.
    pub(crate) delayed: u32,
    /// Sent back by its controller.
    pub(crate) returned: u32,
    /// Corrected later.
    pub(crate) corrected: u32,
    /// Taken back later.
    pub(crate) retracted: u32,
    /// Entered by the coordinator on the school's behalf.
    pub(crate) behalf: u32,
    /// Given without anything that shows it.
    pub(crate) bare: u32,
    /// Of the looks at its link: the link answers.
    pub(crate) answers: u32,
}

impl Character {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Diligent, Self::Steady, Self::LastDay, Self::Late, Self::Chaotic, Self::Struggling];

    /// The stage of the first ten schools of Pogranichny: everybody is there.
    pub(crate) const CAST: [Self; 10] = [
        Self::Diligent,
        Self::Steady,
        Self::LastDay,
        Self::Steady,
        Self::Late,
        Self::Diligent,
        Self::Chaotic,
        Self::Steady,
        Self::Struggling,
        Self::LastDay,
    ];

    /// How it shows.
    pub(crate) fn habits(self) -> Habits {
        let habits = |ahead, last_day, late, returned| Habits {
            ahead,
            last_day,
            late,
            early: 140,
            delayed: 50,
            returned,
            corrected: 20,
            retracted: 7,
            behalf: 0,
            bare: 30,
            answers: 950,
        };
        match self {
            Self::Diligent => Habits { early: 220, delayed: 25, bare: 8, answers: 985, ..habits(700, 296, 4, 40) },
            Self::Steady => habits(480, 490, 25, 90),
            Self::LastDay => Habits { delayed: 30, answers: 940, ..habits(80, 880, 32, 110) },
            Self::Late => Habits { delayed: 90, behalf: 30, bare: 55, answers: 890, ..habits(180, 470, 310, 160) },
            Self::Chaotic => Habits {
                early: 250,
                delayed: 200,
                corrected: 60,
                retracted: 30,
                bare: 120,
                answers: 850,
                ..habits(400, 320, 210, 280)
            },
            Self::Struggling => {
                Habits { delayed: 120, behalf: 90, bare: 150, answers: 780, ..habits(160, 400, 250, 300) }
            }
        }
    }

    /// The least and the most that answer its surveys, in a thousand.
    pub(crate) fn answering(self) -> (i32, i32) {
        match self {
            Self::Diligent => (640, 960),
            Self::Steady => (560, 920),
            Self::LastDay => (520, 890),
            Self::Late => (430, 800),
            Self::Chaotic => (380, 860),
            Self::Struggling => (300, 720),
        }
    }

    /// Level of a school's first self-diagnosis, in thousandths of the points.
    pub(crate) fn level(self, dice: &mut Dice) -> i32 {
        let middle = match self {
            Self::Diligent => 640,
            Self::Steady => 590,
            Self::LastDay => 570,
            Self::Late => 530,
            Self::Chaotic => 510,
            Self::Struggling => 430,
        };
        middle + dice.between(-70, 70)
    }

    /// What it gains from one self-diagnosis to the next, in thousandths of the points.
    pub(crate) fn gain(self) -> i32 {
        match self {
            Self::Diligent => 125,
            Self::Steady => 105,
            Self::LastDay => 90,
            Self::Late | Self::Chaotic => 70,
            Self::Struggling => 40,
        }
    }
}

/// What a municipality is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Climate {
    /// Order of its affairs, 0 to 1000.
    pub(crate) order: u32,
    /// The most days that its coordinator lets a report wait.
    pub(crate) pace: i32,
}

impl Climate {
    /// Throws a climate: most are in fair order, a few are not.
    pub(crate) fn thrown(dice: &mut Dice) -> Self {
        Self::of(dice.below(1001).max(dice.below(1001)), dice)
    }

    /// A climate of a known order.
    pub(crate) fn of(order: u32, dice: &mut Dice) -> Self {
        let slowest = if order > 700 { 4 } else { 7 };
        Self { order, pace: dice.between(1, slowest) }
    }

    /// The character of one of its schools: mixed between the best and the worst municipality.
    pub(crate) fn character(self, dice: &mut Dice) -> Character {
        const BEST: [u32; 6] = [560, 310, 120, 8, 2, 0];
        const WORST: [u32; 6] = [60, 150, 170, 290, 160, 170];
        let order = self.order.min(1000);
        let weight = |at: usize| BEST[at] * order + WORST[at] * (1000 - order);
        let total: u32 = (0..6).map(weight).sum();
        let mut thrown = dice.below(total);
        for (at, character) in Character::ALL.into_iter().enumerate() {
            if thrown < weight(at) {
                return character;
            }
            thrown -= weight(at);
        }
        Character::Steady
    }

    /// How often a mailing of its coordinator comes late, in a thousand: rare until order is lost.
    pub(crate) fn late_mailings(self) -> u32 {
        let disorder = 1000 - self.order.min(1000);
        5 + disorder * disorder * 360 / 1_000_000
    }
}

/// What befell a school in the year; its reports are excused meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// Closed for a quarantine of three weeks from this day on.
    Quarantine(i32),
    /// A typhoon or a frost closed the school for ten days from this day on.
    Emergency(i32),
    /// Under repair in the summer.
    Renovation,
}

impl Mishap {
    /// Six schools of a hundred close for a while.
    pub(crate) fn thrown(dice: &mut Dice) -> Option<Self> {
        match dice.below(1000) {
            0..40 => Some(Self::Quarantine(92 + dice.between(0, 120))),
            40..62 => Some(Self::Emergency(60 + dice.between(0, 200))),
            62..76 => Some(Self::Renovation),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_are_shares_of_a_thousand() {
        for character in Character::ALL {
            let habits = character.habits();
            assert!(habits.ahead + habits.last_day + habits.late <= 1000, "{character:?}");
        }
        assert!(Character::ALL.iter().all(|one| Character::CAST.contains(one)));
    }

    #[test]
    fn order_shows_in_characters_and_mailings() {
        let mut dice = Dice::of(1, &[]);
        let mut diligent = |order| {
            let climate = Climate::of(order, &mut dice);
            (0..1000).filter(|_| climate.character(&mut dice) == Character::Diligent).count()
        };
        assert!(diligent(1000) > 500 && diligent(0) < 120);
        let mut dice = Dice::of(1, &[]);
        assert!(Climate::of(1000, &mut dice).late_mailings() < Climate::of(0, &mut dice).late_mailings());
    }
}
