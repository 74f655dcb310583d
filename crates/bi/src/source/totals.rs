//! `v_control_total` and `v_watermark`: what lets a reader compare.

use std::collections::BTreeMap;

use domain::id::Seq;
use domain::period::PeriodCode;

use super::dimensions::label_of;
use super::{Source, UNKNOWN, int, set};
use crate::contract::contract;
use crate::frame::{Cell, Frame};

/// Total, set, period and indicator; the last two are [`UNKNOWN`] where they do not matter.
type Key = (&'static str, &'static str, String, String);

impl Source<'_> {
    /// Sums of what the sets hold, counted from their rows: who reads the rows gets the same.
    pub(super) fn control_totals(&self) -> Frame {
        let mut totals: BTreeMap<Key, f64> = BTreeMap::new();
        let mut add = |set: &'static str, code: &'static str, period: &str, indicator: &str, number: f64| {
            *totals.entry((set, code, period.to_owned(), indicator.to_owned())).or_default() += number;
        };
        for frame in self.frames(set("indicator")) {
            let at = |name: &str| column(&frame, name);
            let [period, indicator, additive, official] =
                ["period_code", "indicator_code", "is_additive", "is_official"].map(at);
            let [numerator, denominator, level, ratio] =
                ["numerator", "denominator", "level", "achieved_ratio_row"].map(at);
            for row in 0..frame.height() {
                add("v_indicator", "rows", UNKNOWN, UNKNOWN, 1.0);
                let (Cell::Text(period), Cell::Text(indicator)) = (frame.cell(row, period), frame.cell(row, indicator))
                else {
                    continue;
                };
                if frame.cell(row, official) != Cell::Bool(true) {
                    continue;
                }
                if frame.cell(row, additive) == Cell::Bool(true) {
                    for (code, cell) in [("numerator", numerator), ("denominator", denominator)] {
                        if let Cell::Double(number) = frame.cell(row, cell) {
                            add("v_indicator", code, period, indicator, number);
                        }
                    }
                }
                if let (Cell::Text("country"), Cell::Double(number)) = (frame.cell(row, level), frame.cell(row, ratio))
                {
                    add("v_indicator", "value", period, indicator, number);
                }
            }
        }
        for frame in self.frames(set("obligation")) {
            let [overdue, period] = ["is_overdue", "due_period"].map(|name| column(&frame, name));
            for row in 0..frame.height() {
                add("v_obligation", "rows", UNKNOWN, UNKNOWN, 1.0);
                let count = if frame.cell(row, overdue) == Cell::Bool(true) { 1.0 } else { 0.0 };
                add("v_obligation", "overdue", UNKNOWN, UNKNOWN, count);
                if let Cell::Text(period) = frame.cell(row, period) {
                    add("v_obligation", "overdue", period, UNKNOWN, count);
                }
            }
        }
        add("v_event", "rows", UNKNOWN, UNKNOWN, f64::from(u32::try_from(self.count_events()).unwrap_or(u32::MAX)));
        let mut frame = Frame::new(set("control_total"));
        for ((of, code, period, indicator), total) in &totals {
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

    /// How many events there are to be seen.
    fn count_events(&self) -> usize {
        match self.sight {
            None => usize::try_from(self.seq().get()).unwrap_or(usize::MAX),
            Some(_) => self.events_after(Seq::NONE).map(|frame| frame.height()).sum(),
        }
    }

    pub(super) fn watermark(&self) -> Frame {
        let mut frame = Frame::new(set("watermark"));
        let small = ["org", "period", "indicator_def", "plan_row", "indicator_published"].map(set);
        let small: usize = small.into_iter().flat_map(|set| self.frames(set)).map(|frame| frame.height()).sum();
        let small = small + self.count_events();
        let large = ["indicator", "obligation"].map(set).into_iter();
        let counted = || large.flat_map(|set| self.frames(set)).map(|frame| frame.height()).sum();
        let everything = self.shown.values.len() + self.state.register.len();
        let large = self.sight.map_or_else(|| everything, |_| counted());
        frame.push(&[
            ("feed", Cell::Text("vekha")),
            ("schema_version", Cell::Text(&contract().version)),
            ("epoch", Cell::Text(self.epoch())),
            ("last_seq", int(self.seq().get())),
            ("as_of", Cell::Moment(self.as_of)),
            ("rows_total", int(large + small)),
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
