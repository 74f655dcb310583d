//! The rows of every set, from one state.

mod dimensions;
mod events;
mod obligations;
mod places;
mod totals;
mod values;

use board::Shown;
use domain::id::Seq;
use indicators::{Change, Level};
use jiff::Timestamp;
use projector::{Fact, State};

use self::places::Places;
pub use self::totals::{Overdue, Tally};
use crate::beside::Beside;
use crate::contract::{Set, contract};
use crate::frame::{Cell, Frame};
use crate::sight::Sight;

/// Rows of one frame at most: a piece that fits into memory many times, and a row group of a Parquet file.
pub const FRAME_ROWS: usize = 100_000;

/// A text that stands for what is unknown, where a column may not be empty.
pub(crate) const UNKNOWN: &str = "-";

/// One state, ready to be told as rows.
#[derive(Debug)]
pub struct Source<'s> {
    state: &'s State,
    shown: &'s Shown,
    beside: &'s Beside,
    as_of: Timestamp,
    places: Places<'s>,
    sight: Option<&'s dyn Sight>,
}

impl<'s> Source<'s> {
    /// The rows of a state, with its values and what [`Beside`] read for it; `as_of` is the moment at which
    /// timeliness is judged.
    #[must_use]
    pub fn new(state: &'s State, shown: &'s Shown, beside: &'s Beside, as_of: Timestamp) -> Self {
        let places = Places::of(&state.register, &beside.transfers);
        Self { places, state, shown, beside, as_of, sight: None }
    }

    /// The same rows, but only those that somebody may see; control totals and counts are of these too.
    #[must_use]
    pub fn seen_by(self, sight: &'s dyn Sight) -> Self {
        Self { sight: Some(sight), ..self }
    }

    /// How far the rows reach: everything up to here is in them. Obligations may be ahead of it, where the values were
    /// not computed yet when the state was looked at.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.state.watermark.min(self.shown.seq)
    }

    /// The state itself.
    #[must_use]
    pub fn state(&self) -> &'s State {
        self.state
    }

    /// How many rows the large sets have together: values, obligations, events.
    #[must_use]
    pub fn large_rows(&self) -> usize {
        let all = self.shown.values.len() + self.state.register.len();
        let counted = || ["indicator", "obligation"].map(set).into_iter().flat_map(|set| self.frames(set));
        let seen = self.sight.map_or(all, |_| counted().map(|frame| frame.height()).sum());
        seen + self.count_events()
    }

    /// The moment for which they hold.
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// The log's epoch.
    #[must_use]
    pub fn epoch(&self) -> &str {
        self.state.register.epoch().unwrap_or(UNKNOWN)
    }

    /// The rows of a whole set, in pieces of at most [`FRAME_ROWS`].
    #[must_use]
    pub fn frames(&self, set: &'static Set) -> Box<dyn Iterator<Item = Frame> + '_> {
        match set.short() {
            "indicator" => Box::new(self.all_indicators()),
            "indicator_published" => Box::new(std::iter::once(self.published())),
            "obligation" => Box::new(self.all_obligations()),
            "event" => Box::new(self.events_after(Seq::NONE)),
            "org" => Box::new(std::iter::once(self.orgs())),
            "period" => Box::new(std::iter::once(self.periods())),
            "indicator_def" => Box::new(std::iter::once(self.definitions())),
            "plan_row" => Box::new(std::iter::once(self.plan_rows())),
            "control_total" => Box::new(std::iter::once(self.control_totals())),
            _ => Box::new(std::iter::once(self.watermark())),
        }
    }

    fn sees_place(&self, level: Level, org: &str, municipality: Option<&str>, region: Option<&str>) -> bool {
        self.sight.is_none_or(|sight| sight.sees_place(level, org, municipality, region))
    }

    fn sees_org(&self, org: u32) -> bool {
        self.sight.is_none_or(|sight| sight.sees_org(&self.state.register, org))
    }

    fn sees_obligation(&self, ordinal: u32) -> bool {
        self.sight.is_none_or(|sight| sight.sees_obligation(&self.state.register, ordinal))
    }

    fn sees_event(&self, fact: &Fact) -> bool {
        self.sight.is_none_or(|sight| sight.sees_event(&self.state.register, fact))
    }

    /// The rows of some obligations, by their numbers.
    #[must_use]
    pub fn obligations(&self, ordinals: &[u32]) -> Frame {
        self.obligations_of(ordinals.iter().copied())
    }

    /// The control totals, where the parts of them that take long were counted already.
    #[must_use]
    pub fn totals(&self, values: &Tally, overdue: &Overdue) -> Frame {
        self.control_totals_of(values.clone(), overdue)
    }

    /// The rows of values that changed.
    #[must_use]
    pub fn indicators(&self, changes: &[Change]) -> Frame {
        self.changed_indicators(changes)
    }

    /// The events behind a position, in pieces of at most [`FRAME_ROWS`].
    pub fn events_after(&self, seq: Seq) -> impl Iterator<Item = Frame> + '_ {
        let pieces = std::iter::successors(Some(self.events(seq, FRAME_ROWS)), |(last, _)| {
            (*last < self.seq()).then(|| self.events(*last, FRAME_ROWS))
        });
        pieces.map(|(_, frame)| frame)
    }
}

/// A set of the contract, which has it.
pub(crate) fn set(name: &str) -> &'static Set {
    contract().set(name).expect("the contract has every set that is made here: a test makes them all")
}

/// A text that may be missing.
pub(crate) fn text(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Empty, Cell::Text)
}

/// A number that may be missing.
pub(crate) fn number(number: Option<f64>) -> Cell<'static> {
    number.map_or(Cell::Empty, Cell::Double)
}

/// A whole number that fits.
pub(crate) fn int(number: impl TryInto<i64>) -> Cell<'static> {
    Cell::Int(number.try_into().unwrap_or(i64::MAX))
}

/// A day that may be missing.
pub(crate) fn day(day: Option<jiff::civil::Date>) -> Cell<'static> {
    day.map_or(Cell::Empty, Cell::Day)
}

/// An index of a vector.
pub(crate) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
