//! `v_control_total` and `v_watermark`: what lets a reader compare.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use board::Shown;
use domain::period::PeriodCode;
use indicators::Level;

use super::dimensions::label_of;
use super::values::{adds, heads_of};
use super::{FRAME_ROWS, Source, UNKNOWN, index, int, set};
use crate::contract::contract;
use crate::frame::{Cell, Frame};

/// Total, set, period and indicator; the last two are [`UNKNOWN`] where they do not matter.
type Key = (&'static str, &'static str, String, String);

/// Sums by what they are of.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<Key, f64>);

impl Tally {
    /// The totals of values. No state is looked at: they may take their time.
    #[must_use]
    pub fn of_values(shown: &Shown) -> Self {
        let heads = heads_of(shown);
        let mut periods: BTreeMap<&str, Option<PeriodCode>> = BTreeMap::new();
        let (mut rows, mut sums) = (0_u32, BTreeMap::<(&'static str, &str, &str), f64>::new());
        for row in shown.values.rows() {
            rows = rows.saturating_add(1);
            let head = heads.get(&(row.indicator, row.version));
            let period = periods.entry(row.period).or_insert_with(|| row.period.parse().ok());
            let official = head.zip(period.clone()).is_none_or(|(head, period)| (head.official)(period));
            let additive = adds(head.and_then(|head| head.sums), row.level);
            let country = row.level == Level::Country;
            for (code, number, counts) in [
                ("numerator", row.numerator, additive),
                ("denominator", row.denominator, additive),
                ("value", row.value, country),
            ] {
                if let Some(number) = number.filter(|_| official && counts) {
                    sums.entry((code, row.period, row.indicator)).or_default().add_assign(number);
                }
            }
        }
        let mut tally = Self::default();
        if rows > 0 {
            tally.add("v_indicator", "rows", UNKNOWN, UNKNOWN, f64::from(rows));
        }
        for ((code, period, of), sum) in sums {
            tally.add("v_indicator", code, period, of, sum);
        }
        tally
    }

    fn add(&mut self, set: &'static str, code: &'static str, period: &str, indicator: &str, number: f64) {
        self.0.entry((set, code, period.to_owned(), indicator.to_owned())).or_default().add_assign(number);
    }
}

/// Which obligations are overdue, and when they were due: kept by number, so that what changed can be counted anew.
#[derive(Clone, Debug, Default)]
pub struct Overdue {
    periods: Vec<String>,
    /// By number of the obligation: overdue, and the place of its period.
    cells: Vec<(bool, Option<usize>)>,
}

impl Overdue {
    /// Notes the rows of obligations, by their numbers in the order of the frame.
    pub fn note(&mut self, ordinals: impl IntoIterator<Item = u32>, frame: &Frame) {
        let [overdue, period] = ["is_overdue", "due_period"].map(|name| column(frame, name));
        for (row, ordinal) in (0..frame.height()).zip(ordinals) {
            let period = match frame.cell(row, period) {
                Cell::Text(period) => Some(self.place_of(period)),
                _ => None,
            };
            let at = index(ordinal);
            if self.cells.len() <= at {
                self.cells.resize(at + 1, (false, None));
            }
            self.cells[at] = (frame.cell(row, overdue) == Cell::Bool(true), period);
        }
    }

    fn place_of(&mut self, period: &str) -> usize {
        let known = self.periods.iter().position(|known| known == period);
        known.unwrap_or_else(|| {
            self.periods.push(period.to_owned());
            self.periods.len() - 1
        })
    }

    fn count(&self, tally: &mut Tally) {
        let (mut rows, mut all, mut by_period) = (0_u32, 0_u32, vec![0_u32; self.periods.len()]);
        for (overdue, period) in &self.cells {
            rows += 1;
            all += u32::from(*overdue);
            if let Some(period) = period {
                by_period[*period] += u32::from(*overdue);
            }
        }
        if rows > 0 {
            tally.add("v_obligation", "rows", UNKNOWN, UNKNOWN, f64::from(rows));
            tally.add("v_obligation", "overdue", UNKNOWN, UNKNOWN, f64::from(all));
        }
        for (period, overdue) in self.periods.iter().zip(by_period) {
            tally.add("v_obligation", "overdue", period, UNKNOWN, f64::from(overdue));
        }
    }
}

impl Source<'_> {
    /// Sums of what the sets hold, counted from their rows: who reads the rows gets the same.
    pub(super) fn control_totals(&self) -> Frame {
        let mut overdue = Overdue::default();
        let mut from = 0_u32;
        for frame in self.frames(set("obligation")) {
            overdue.note(from.., &frame);
            from = from.saturating_add(u32::try_from(FRAME_ROWS).unwrap_or(u32::MAX));
        }
        self.control_totals_of(Tally::of_values(self.shown), &overdue)
    }

    pub(super) fn control_totals_of(&self, mut totals: Tally, overdue: &Overdue) -> Frame {
        overdue.count(&mut totals);
        let events = f64::from(u32::try_from(self.seq().get()).unwrap_or(u32::MAX));
        totals.add("v_event", "rows", UNKNOWN, UNKNOWN, events);
        let mut frame = Frame::new(set("control_total"));
        for ((of, code, period, indicator), total) in &totals.0 {
            let label = period.parse::<PeriodCode>().ok().map(|period| label_of(&period));
            frame.push(&[
                ("data_set", Cell::Text(of)),
                ("total_code", Cell::Text(code)),
                ("period_code", Cell::Text(period)),
                ("period_label", Cell::Text(label.as_deref().unwrap_or(UNKNOWN))),
                ("indicator_code", Cell::Text(indicator)),
                ("total", Cell::Double(*total)),
                ("as_of", Cell::Moment(self.as_of)),
            ]);
        }
        frame
    }

    pub(super) fn watermark(&self) -> Frame {
        let mut frame = Frame::new(set("watermark"));
        let small = ["org", "period", "indicator_def", "plan_row", "indicator_published"].map(set);
        let small: usize = small.into_iter().flat_map(|set| self.frames(set)).map(|frame| frame.height()).sum();
        frame.push(&[
            ("feed", Cell::Text("vekha")),
            ("schema_version", Cell::Text(&contract().version)),
            ("epoch", Cell::Text(self.epoch())),
            ("last_seq", int(self.seq().get())),
            ("as_of", Cell::Moment(self.as_of)),
            ("rows_total", int(self.large_rows() + small)),
        ]);
        frame
    }
}

/// The place of a column that the contract has.
fn column(frame: &Frame, name: &str) -> usize {
    frame
        .set()
        .columns
        .iter()
        .position(|column| column.name == name)
        .expect("the contract has it: a test makes them all")
}
