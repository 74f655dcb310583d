//! The real plan, a year of acts on it, and what the table makes of them.

pub(crate) mod support;

use domain::timeliness::Timeliness;
use jiff::Timestamp;
use polars::prelude::DataFrame;
use register::{Register, date_of_day, day_of_date};

use self::support::Log;
use super::*;
use crate::compute::{Board, compute};
use crate::definition::{Catalogue, Level};
use crate::values::Selection;

fn frame(register: &Register, as_of: Timestamp) -> DataFrame {
    Tables::from_register(register, Judged::at(as_of)).unwrap().frames.remove("obligations").unwrap()
}

#[test]
fn the_frame_has_the_documented_columns() {
    let frame = frame(&Log::in_force().register, support::at("2022-12-01T00:00:00Z"));
    assert_eq!(**frame.schema(), OBLIGATIONS.schema());
    assert_eq!(frame.height(), Log::in_force().register.len());
}

#[test]
fn every_row_is_judged_as_the_domain_judges_it() {
    let mut log = Log::in_force();
    log.live_through(7, 600);
    for as_of in ["2022-10-20T00:00:00Z", "2023-02-01T00:00:00Z", "2023-09-30T00:00:00Z"].map(support::at) {
        let frame = frame(&log.register, as_of);
        let condition = |name: &str| frame.column(name).unwrap().bool().unwrap().clone();
        let (due, done, on_time, late) =
            (condition("is_due"), condition("is_done"), condition("is_on_time"), condition("is_late"));
        let days = frame.column("late_days").unwrap().i64().unwrap();
        for ordinal in 0..u32::try_from(log.register.len()).unwrap() {
            let at = usize::try_from(ordinal).unwrap();
            let clockwork = &log.register.regions()[0].clockwork;
            let obligation = log.register.obligation(ordinal);
            // What was done after the day is not done yet on it.
            let later = clockwork.done_on(&obligation).is_some_and(|done| done > clockwork.day_of(as_of));
            if clockwork.effective_due(&obligation).is_none() || later {
                continue;
            }
            let expect = match clockwork.timeliness(&obligation, clockwork.day_of(as_of)) {
                Timeliness::Overdue(days) => (true, false, false, true, days),
                Timeliness::Early | Timeliness::OnTime => (true, true, true, false, 0),
                Timeliness::Late(days) => (true, true, false, true, days),
                _ => (false, false, false, false, 0),
            };
            let cell = |column: &polars::prelude::BooleanChunked| column.get(at).unwrap();
            let found = (cell(&due), cell(&done), cell(&on_time), cell(&late), days.get(at).unwrap());
            let cap = u32::from(clockwork.rules().lateness_cap_days);
            let expect = (expect.0, expect.1, expect.2, expect.3, i64::from(expect.4.min(cap)));
            assert_eq!(found, expect, "{} {obligation:?}", log.register.id_of(ordinal));
        }
    }
}

#[test]
fn a_day_begins_at_midnight_of_the_region() {
    let log = Log::in_force();
    let overdue = |as_of| {
        let frame = frame(&log.register, support::at(as_of));
        frame.column("is_late").unwrap().bool().unwrap().iter().flatten().filter(|late| *late).count()
    };
    // Row 1.1 is due on 26.09.2022, in Vladivostok.
    assert_eq!((overdue("2022-09-26T13:59:59Z"), overdue("2022-09-26T14:00:00Z")), (0, 1));
}

#[test]
fn an_empty_register_has_no_values() {
    let tables = Tables::from_register(&Register::new(), Judged::at(support::at("2022-12-01T00:00:00Z"))).unwrap();
    assert!(compute(tables, &Catalogue::standard()).unwrap().is_empty());
}

#[test]
fn a_register_read_in_one_go_has_the_values_of_its_tables() {
    let mut log = Log::in_force();
    log.live_through(3, 900);
    for as_of in ["2022-11-20T00:00:00Z", "2023-09-30T00:00:00Z"].map(support::at) {
        let judged = Judged::at(as_of);
        let by_tables = compute(Tables::from_register(&log.register, judged).unwrap(), &Catalogue::standard()).unwrap();
        let board = Board::of_register(&log.register, judged, Catalogue::standard()).unwrap();
        assert_eq!(board.values().digest(), by_tables.digest());
    }
}

#[test]
fn what_authorities_owe_is_told_apart_for_each() {
    let log = Log::in_force();
    let tables = Tables::from_register(&log.register, Judged::at(support::at("2023-10-01T00:00:00Z"))).unwrap();
    let values = compute(tables, &Catalogue::standard()).unwrap();
    let selection = Selection {
        level: Some(Level::Publisher),
        period: Some("2022-2023".parse().unwrap()),
        indicator: Some("I02"),
        ..Selection::default()
    };
    let own: Vec<_> = values.select(&selection).map(|row| (row.org, row.denominator.unwrap())).collect();
    assert_eq!(own.iter().map(|(org, _)| *org).collect::<Vec<_>>(), ["mo-pk", "oo-apmo", "pk-iro", "rcod", "rmc"]);
    let owed =
        log.register.blocks().iter().filter(|block| !block.school).map(|block| f64::from(block.len)).sum::<f64>();
    assert_eq!(own.iter().map(|(_, n)| n).sum::<f64>().to_bits(), owed.to_bits());
    assert_eq!(date_of_day(day_of_date(log.today())), Some(log.today()));
}
