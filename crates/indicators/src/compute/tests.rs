//! The worked example, the state rules and the sums, held.

use std::sync::Arc;

use domain::deadline::SchoolYear;
use domain::obligation::Phase;
use domain::payload::OrgKind;
use domain::period::Part;
use polars::prelude::{Column, DataFrame};

use super::*;
use crate::definition::Level;
use crate::table::{Asked, Org, Owner, Place, Places, Rows, Standing, TABLES, UNIT, Unit};
use crate::values::{Lang, Selection, Status, ValueRow, Values};

pub(super) const STANDARD: &str = include_str!("../../data/indicators.toml");
/// The last day of the first semester, of the year, and the as-of day, in days of no real calendar.
pub(super) const H1_END: i32 = 2_000;
pub(super) const YEAR_END: i32 = 3_000;
pub(super) const TODAY: i32 = 1_000;

pub(super) fn year() -> SchoolYear {
    "2022-2023".parse().unwrap()
}

pub(super) fn asked() -> Asked {
    Asked { row_code: 5_001, in_execution: true, ..Asked::default() }
}

/// An obligation of the first semester.
pub(super) fn standing(phase: Phase, due: i32, done_on: Option<i32>) -> Standing {
    Standing { phase, due_part: Some(Part::H1), due, done_on, today: TODAY, cap: 60, ..Standing::default() }
}

/// Schools of one region, each in the municipality of that number.
pub(super) fn places(municipality_of_school: &[u32]) -> Arc<Places> {
    let place =
        |code: String, region| Place { name_ru: format!("{code} ru"), name_en: format!("{code} en"), code, region };
    let municipalities = municipality_of_school.iter().max().map_or(0, |most| most + 1);
    let org = |(at, municipality): (usize, &u32)| Org {
        code: format!("s{at:02}"),
        name_ru: format!("Школа {at}"),
        name_en: format!("School {at}"),
        kind: OrgKind::School,
        region: 0,
        municipality: Some(*municipality),
        directions: 0,
    };
    Arc::new(Places {
        orgs: municipality_of_school.iter().enumerate().map(org).collect(),
        municipalities: (0..municipalities).map(|at| place(format!("m{at}"), 0)).collect(),
        regions: vec![place("primorye".to_owned(), 0)],
    })
}

pub(super) fn owner(places: &Places, org: u32) -> Owner {
    let known = &places.orgs[usize::try_from(org).unwrap()];
    Owner {
        unit: org,
        org,
        municipality: known.municipality,
        region: known.region,
        kind: known.kind,
        h1_end: H1_END,
        year_end: YEAR_END,
    }
}

pub(super) fn tables(places: Arc<Places>, rows: Rows) -> Tables {
    let units = (0..u32::try_from(places.orgs.len()).unwrap()).map(|org| Unit { org, school_year: year() }).collect();
    let mut frames: std::collections::BTreeMap<String, DataFrame> =
        TABLES.iter().map(|spec| (spec.name.to_owned(), DataFrame::empty_with_schema(&spec.schema()))).collect();
    frames.insert("obligations".to_owned(), rows.into_frame().unwrap());
    Tables { places, units, frames, ..Tables::default() }
}

impl Tables {
    /// The tables with one unit only, numbered as if there were no other.
    pub(super) fn only(mut self, org: u32) -> Self {
        use polars::prelude::{IntoLazy, col, lit};
        self.units = vec![Unit { org, school_year: year() }];
        for frame in self.frames.values_mut() {
            let own = frame.clone().lazy().filter(col(UNIT).eq(lit(org)));
            *frame = own.with_columns([lit(0_u32).alias(UNIT)]).collect().unwrap();
        }
        self
    }
}

#[track_caller]
pub(super) fn row<'v>(
    values: &'v Values,
    level: Level,
    org: &'v str,
    period: &str,
    indicator: &'v str,
) -> ValueRow<'v> {
    let selection = Selection {
        level: Some(level),
        org: Some(org),
        period: Some(period.parse().unwrap()),
        indicator: Some(indicator),
        ..Selection::default()
    };
    let found: Vec<_> = values.select(&selection).collect();
    assert_eq!(found.len(), 1, "{org} {period} {indicator}");
    found[0]
}

/// Only these indicators of the standard ones.
fn catalogue(ids: &[&str]) -> Catalogue {
    let mut text = STANDARD.split("[[indicator]]").next().unwrap().to_owned();
    for entry in STANDARD.split("[[indicator]]").skip(1) {
        if ids.iter().any(|id| entry.contains(&format!("id = \"{id}\""))) {
            text.push_str("[[indicator]]");
            text.push_str(entry);
        }
    }
    Catalogue::load(&text).unwrap()
}

/// School A: 18 on time, 1 four days late, 1 open for 10 days, 2 excused, 5 not yet due. School B: 5 on
/// time, 5 late by 1, 1, 2, 3 and 3 days.
fn worked_example() -> Tables {
    let places = places(&[0, 0]);
    let on_time = |times| vec![standing(Phase::Accepted, 900, Some(900)); times];
    let late = |days: i32| standing(Phase::Accepted, 900, Some(900 + days));
    let mut a = on_time(18);
    a.push(late(4));
    a.push(standing(Phase::Open, TODAY - 10, None));
    a.extend([standing(Phase::Excused, 900, None); 2]);
    a.extend([standing(Phase::Open, TODAY, None); 5]);
    let mut b = on_time(5);
    b.extend([1, 1, 2, 3, 3].map(late));
    let mut rows = Rows::default();
    for (org, standings) in (0..).zip([a, b]) {
        rows.extend(&owner(&places, org), standings.into_iter().map(|standing| (asked(), standing)));
    }
    let mut tables = tables(places, rows);
    let columns = vec![
        Column::new(UNIT.into(), [0_u32, 1]),
        Column::new("obligation".into(), [1_u32, 2]),
        Column::new("part".into(), [1_u8, 1]),
        Column::new("is_parents".into(), [false, false]),
        Column::new("responded".into(), [80_i64, 30]),
        Column::new("eligible".into(), [100_i64, 50]),
    ];
    tables.frames.insert("surveys".to_owned(), DataFrame::new(2, columns).unwrap());
    tables
}

#[test]
fn the_worked_example_comes_out_to_the_last_digit() {
    let tables = worked_example();
    let all = compute(tables.clone(), &catalogue(&["I01", "I02", "I03", "I07"])).unwrap();
    let three = compute(tables, &catalogue(&["I01", "I02", "I07"])).unwrap();
    let check = |values: &Values, indicator, expect: [(f64, f64, &str); 3]| {
        let of = [(Level::School, "s00"), (Level::School, "s01"), (Level::Municipality, "m0")];
        for ((level, org), (numerator, denominator, value)) in of.into_iter().zip(expect) {
            let row = row(values, level, org, "2022-2023.H1", indicator);
            assert_eq!(row.status, Status::Ok);
            assert_eq!(format!("{:.6}", row.value.unwrap()), value, "{org} {indicator}");
            if indicator != "A" {
                assert_eq!((row.numerator, row.denominator), (Some(numerator), Some(denominator)), "{org} {indicator}");
            }
        }
    };
    check(&all, "I01", [(18.0, 20.0, "0.900000"), (5.0, 10.0, "0.500000"), (23.0, 30.0, "0.766667")]);
    check(&all, "I02", [(19.0, 20.0, "0.950000"), (10.0, 10.0, "1.000000"), (29.0, 30.0, "0.966667")]);
    check(&all, "I03", [(14.0, 2.0, "7.000000"), (10.0, 5.0, "2.000000"), (24.0, 7.0, "3.428571")]);
    check(&all, "I07", [(80.0, 100.0, "0.800000"), (30.0, 50.0, "0.600000"), (110.0, 150.0, "0.733333")]);
    check(&three, "A", [(0.0, 31.0, "0.961715"), (0.0, 31.0, "0.786078"), (0.0, 31.0, "0.903169")]);
    let composite = |org| row(&three, Level::School, org, "2022-2023.H1", "A").value.unwrap();
    assert_eq!(format!("{:.6}", f64::midpoint(composite("s00"), composite("s01"))), "0.873896");
}

#[test]
fn a_missing_table_and_a_row_of_nobody_are_told() {
    let mut tables = worked_example();
    tables.units.pop();
    assert!(matches!(
        compute(tables.clone(), &catalogue(&["I01"])),
        Err(ComputeError::NoUnit { unit: 1, units: 1, .. })
    ));
    tables.frames.remove("surveys");
    let error = compute(tables, &catalogue(&["I07"])).unwrap_err();
    assert_eq!(error.to_string(), "I07 reads the table surveys, which is not there");
}

#[test]
fn nothing_due_is_no_data_and_no_delay_is_zero_days() {
    let places = places(&[0]);
    let mut rows = Rows::default();
    rows.extend(&owner(&places, 0), [(asked(), standing(Phase::Open, TODAY, None))]);
    let values = compute(tables(places, rows), &Catalogue::standard()).unwrap();
    let of = |indicator| row(&values, Level::School, "s00", "2022-2023.H1", indicator);
    assert_eq!((of("I01").status, of("I01").value, of("I01").denominator), (Status::NoData, None, Some(0.0)));
    assert_eq!((of("I03").status, of("I03").value, of("I03").achievement), (Status::Ok, Some(0.0), Some(1.0)));
    // 4 of the 97 that are told: too little for a composite, and the row says how much there is.
    assert_eq!(
        (of("A").status, of("A").value, of("A").denominator, of("A").weight),
        (Status::NoData, None, Some(4.0), Some(97.0))
    );
}

#[test]
fn a_row_counts_in_the_period_it_is_due_in_and_in_the_year() {
    let places = places(&[0]);
    let mut rows = Rows::default();
    let done = |due_part| Standing { due_part, ..standing(Phase::Accepted, 900, Some(900)) };
    rows.extend(
        &owner(&places, 0),
        [Some(Part::H1), Some(Part::H2), Some(Part::H2), None].map(|part| (asked(), done(part))),
    );
    let values = compute(tables(places, rows), &Catalogue::standard()).unwrap();
    let denominator = |period: &str| row(&values, Level::School, "s00", period, "I01").denominator;
    assert_eq!(["2022-2023.H1", "2022-2023.H2", "2022-2023"].map(denominator), [Some(1.0), Some(2.0), Some(4.0)]);
}

#[test]
fn checklists_count_for_the_wave_they_measure_once_accepted() {
    let places = places(&[0]);
    let mut rows = Rows::default();
    let list = |measures| Asked { is_checklist: true, measures, ..asked() };
    let scored = |phase, points| Standing { score: Some((points, 10)), ..standing(phase, 900, Some(900)) };
    rows.extend(
        &owner(&places, 0),
        [
            (list(Some(Part::T0)), scored(Phase::Accepted, 6)),
            (list(Some(Part::H1)), scored(Phase::Submitted, 9)),
            (list(Some(Part::Y)), scored(Phase::Accepted, 8)),
        ],
    );
    let values = compute(tables(places, rows), &Catalogue::standard()).unwrap();
    let of = |period: &str| {
        let row = row(&values, Level::School, "s00", period, "I04");
        (row.numerator, row.denominator, row.status)
    };
    assert_eq!(of("2022-2023.T0"), (Some(6.0), Some(10.0), Status::Ok));
    assert_eq!(of("2022-2023.H1"), (Some(0.0), Some(0.0), Status::NoData));
    assert_eq!(of("2022-2023"), (Some(8.0), Some(10.0), Status::Ok));
    assert_eq!(row(&values, Level::School, "s00", "2022-2023.T0", "A").status, Status::NoData);
}

#[test]
fn partners_count_as_they_stood_at_the_end_of_the_period() {
    let places = places(&[0, 0]);
    let mut rows = Rows::default();
    let partner = Asked { is_partner: true, ..asked() };
    let partner_at = |partner_at| Standing { partner_at, ..standing(Phase::Accepted, 900, Some(900)) };
    let (always, later, released) = (partner_at([true, true]), partner_at([false, true]), partner_at([true, false]));
    let excused = standing(Phase::Excused, 900, None);
    rows.extend(&owner(&places, 0), [always, later, released].map(|standing| (partner, standing)));
    rows.extend(&owner(&places, 1), [always, excused, later].map(|standing| (partner, standing)));
    let values = compute(tables(places, rows), &Catalogue::standard()).unwrap();
    let of = |level, org, period: &str| {
        let row = row(&values, level, org, period, "I06");
        (row.numerator.unwrap(), row.denominator.unwrap())
    };
    assert_eq!(of(Level::School, "s00", "2022-2023.H1"), (2.0, 3.0));
    assert_eq!(of(Level::School, "s00", "2022-2023.H2"), (2.0, 3.0));
    assert_eq!(of(Level::Region, "primorye", "2022-2023.H1"), (3.0, 5.0)); // the excused kind is not asked for
}

#[test]
fn authorities_are_told_apart_and_enter_no_territory() {
    let mut known = (*places(&[0, 0])).clone();
    known.orgs[1].kind = OrgKind::Authority;
    known.orgs[1].municipality = None;
    let places = Arc::new(known);
    let mut rows = Rows::default();
    for org in 0..2 {
        rows.extend(&owner(&places, org), [(asked(), standing(Phase::Open, TODAY - 1, None))]);
    }
    let values = compute(tables(places, rows), &Catalogue::standard()).unwrap();
    assert_eq!(row(&values, Level::Region, "primorye", "2022-2023", "I01").denominator, Some(1.0));
    let own = Selection { level: Some(Level::Publisher), ..Selection::default() };
    let told: Vec<_> = values.select(&own).map(|row| (row.org, row.period, row.indicator)).collect();
    assert_eq!(told[0], ("s01", "2022-2023", "A"));
    assert!(
        told.iter()
            .all(|(org, _, id)| *org == "s01" && ["A", "I01", "I02", "I03", "I11", "I12", "I14", "I18"].contains(id))
    );
}

#[test]
fn rows_are_sorted_and_written_with_the_columns_of_the_contract() {
    let values = compute(worked_example(), &catalogue(&["I01", "I02", "I03", "I04", "I06", "I07"])).unwrap();
    let keys: Vec<_> = values.rows().map(|row| (row.level.as_str(), row.org, row.period, row.indicator)).collect();
    assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]));
    assert_eq!(keys.len(), values.len());
    let selection = Selection { within: Some("m0"), lang: Lang::En, ..Selection::default() };
    let first = values.select(&selection).find(|row| row.indicator == "I01").unwrap();
    assert_eq!(
        serde_json::to_string(&first).unwrap(),
        r#"{"level":"municipality","org":"m0","org_name":"m0 en","region":"primorye","municipality":"m0","period":"2022-2023","indicator":"I01","numerator":23,"denominator":30,"value":0.7666666666666667,"target":0.95,"achievement":0.8070175438596492,"weight":14,"status":"ok","version":1,"band_code":null}"#
    );
    let json: serde_json::Value = serde_json::to_value(first).unwrap();
    let names: std::collections::BTreeSet<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, crate::values::COLUMNS.into());
}
