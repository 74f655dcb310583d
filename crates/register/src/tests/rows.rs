//! Every row of the real plan: its event fulfils it, on time and late, in its semester.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Data;
use domain::evolve::Effect;
use domain::id::RowNo;
use domain::obligation::Phase;
use domain::payload::ScheduleSet;
use domain::period::Part;
use domain::plan::{Acceptance, DueRule};
use domain::timeliness::Timeliness;
use jiff::civil::{Date, date};

use super::support::{AUTHORITIES, Log, SCHOOLS, rules};

/// A row, the year, month and day that it states, the semesters it counts in.
type Row = (&'static str, Option<(i16, i8, i8)>, &'static [Part]);

/// Row, its stated day where all its items share one, the semesters of its effective days
/// (`domain.md` 1). Rows that a schedule dates are dated here on 30.11.2022 and 31.05.2023.
const ROWS: [Row; 36] = [
    ("1.1", Some((2022, 9, 26)), &[Part::H1]),
    ("2.1", Some((2022, 9, 30)), &[Part::H1]),
    ("3.1", Some((2022, 10, 30)), &[Part::H1]),
    ("4.1", Some((2022, 10, 10)), &[Part::H1]),
    ("5.1", Some((2022, 10, 14)), &[Part::H1]),
    ("6.1", Some((2022, 10, 17)), &[Part::H1]),
    ("6.2", None, &[Part::H1, Part::H2]),
    ("7.1", Some((2022, 11, 15)), &[Part::H1]),
    ("8.1", Some((2022, 10, 10)), &[Part::H1]),
    ("8.2", Some((2022, 10, 14)), &[Part::H1]),
    ("8.3", Some((2022, 10, 21)), &[Part::H1]),
    ("8.3p", None, &[Part::H1]),
    ("9.1", Some((2022, 10, 10)), &[Part::H1]),
    ("9.2", Some((2022, 10, 15)), &[Part::H1]),
    ("9.3", Some((2022, 10, 30)), &[Part::H1]),
    ("9.3p", None, &[Part::H1]),
    ("10.1", Some((2022, 11, 5)), &[Part::H1]),
    ("11.1", Some((2022, 11, 10)), &[Part::H1]),
    ("12.1", None, &[Part::H1, Part::H2]),
    ("13.1", Some((2023, 1, 15)), &[Part::H2]),
    ("13.2", Some((2023, 1, 20)), &[Part::H2]),
    ("13.3", Some((2023, 1, 31)), &[Part::H2]),
    ("14.1", Some((2023, 2, 5)), &[Part::H2]),
    ("15.1", None, &[Part::H1, Part::H2]),
    ("16.1", Some((2023, 3, 15)), &[Part::H2]),
    ("16.2", Some((2023, 3, 30)), &[Part::H2]),
    ("16.3", Some((2023, 3, 31)), &[Part::H2]),
    ("17.1", Some((2023, 5, 1)), &[Part::H2]),
    ("17.2", Some((2023, 5, 5)), &[Part::H2]),
    ("17.3", Some((2023, 5, 15)), &[Part::H2]),
    ("17.3p", Some((2023, 5, 15)), &[Part::H2]),
    ("18.1", Some((2023, 6, 15)), &[Part::H2]),
    ("18.2", Some((2023, 6, 20)), &[Part::H2]),
    ("18.3", Some((2023, 6, 30)), &[Part::H2]),
    ("19.1", Some((2023, 7, 5)), &[Part::H2]),
    ("20.1", Some((2023, 8, 1)), &[Part::H2]),
];

/// The stated days and the semesters of a row's obligations.
type Seen = (BTreeSet<Option<Date>>, BTreeSet<Part>);

fn short(log: &Log, ordinal: u32) -> String {
    let id = log.register.id_of(ordinal);
    format!("{}/{}/{}", id.row, id.org, id.item)
}

/// Fulfils one obligation so many days after its effective day, and gives that day.
fn fulfil(log: &mut Log, ordinal: u32, days_late: i32) -> Date {
    let short = short(log, ordinal);
    let standing = log.register.standing_of(ordinal);
    let (share, item) = (standing.share.clone(), standing.slot.item.to_string());
    if share.due == DueRule::Scheduled {
        assert_eq!(standing.obligation.phase, Phase::Unscheduled, "{short}");
        let first = matches!(item.as_str(), "h1" | "1" | "-");
        let due = if first { date(2022, 11, 30) } else { date(2023, 5, 31) };
        log.happen(&short, date(2022, 9, 5), Data::ScheduleSet(ScheduleSet { due, basis: "график".into() }));
    }
    let standing = log.register.standing_of(ordinal);
    assert_eq!(standing.obligation.phase, Phase::Open, "{short}");
    let due = standing.clockwork.effective_due(&standing.obligation).unwrap();
    assert!(standing.clockwork.rules().calendar.is_working(due), "{short} is due on a working day");
    let day = due.checked_add(jiff::Span::new().days(days_late)).unwrap();
    let applied = log.submit(&short, day);
    assert_eq!((applied.effect, applied.obligation), (Effect::Changed, Some(ordinal)), "{short}");
    assert_eq!(log.register.type_name(applied.event_type), Some(&*share.event), "{short}");
    let expected = match share.acceptance {
        Acceptance::Auto => Phase::Accepted,
        Acceptance::Controller => {
            assert_eq!(log.register.obligation(ordinal).phase, Phase::Submitted, "{short}");
            assert_eq!(log.accept(&short, day).effect, Effect::Changed, "{short}");
            Phase::Accepted
        }
    };
    let standing = log.register.standing_of(ordinal);
    assert_eq!(standing.obligation.phase, expected, "{short}");
    let late = u32::try_from(days_late).unwrap();
    let timeliness = if late == 0 { Timeliness::OnTime } else { Timeliness::Late(late) };
    assert_eq!(standing.clockwork.timeliness(&standing.obligation, date(2023, 8, 31)), timeliness, "{short}");
    due
}

fn ordinals(log: &Log, org: &str) -> Vec<u32> {
    log.register.ordinals_of(log.register.org_index(org).unwrap()).collect()
}

#[test]
fn every_row_is_fulfilled_by_its_event_in_its_semester() {
    let mut log = Log::in_force();
    let years = rules().school_years;
    let mut seen: BTreeMap<RowNo, Seen> = BTreeMap::new();
    for owner in AUTHORITIES.iter().chain(&SCHOOLS) {
        for ordinal in ordinals(&log, owner) {
            let stated = log.register.slot_of(ordinal).0.due;
            let due = fulfil(&mut log, ordinal, 0);
            let entry = seen.entry(log.register.id_of(ordinal).row).or_default();
            entry.0.insert(stated);
            entry.1.insert(years[0].semester_of(due).unwrap());
        }
    }
    assert_eq!(seen.len(), ROWS.len());
    for (row, stated, semesters) in ROWS {
        let (days, found) = &seen[&row.parse::<RowNo>().unwrap()];
        assert_eq!(found.iter().copied().collect::<Vec<_>>(), semesters, "semesters of {row}");
        if let Some((year, month, day)) = stated {
            assert_eq!(days.iter().copied().collect::<Vec<_>>(), [Some(date(year, month, day))], "day of {row}");
        }
    }
    let open = log.register.columns().phase.iter().filter(|phase| **phase != Phase::Accepted).count();
    assert_eq!(open, 0, "the whole plan is fulfilled");
}

#[test]
fn every_row_can_be_late() {
    let mut log = Log::in_force();
    for owner in AUTHORITIES.iter().chain(&SCHOOLS[..1]) {
        for ordinal in ordinals(&log, owner) {
            fulfil(&mut log, ordinal, 3);
        }
    }
}

#[test]
fn obligations_are_numbered_row_major_by_organisation() {
    let log = Log::in_force();
    let register = &log.register;
    assert_eq!(register.len(), usize::try_from(register.activations()[0].count).unwrap());
    let mut next = 0;
    for block in register.blocks() {
        assert_eq!(block.base, next, "blocks have no gap");
        next += block.len;
        let ids: Vec<String> = (block.base..next).map(|ordinal| register.id_of(ordinal).to_string()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "ids are unique");
        for (ordinal, id) in (block.base..next).zip(&ids) {
            assert_eq!(register.find(&id.parse().unwrap()), Some(ordinal), "{id}");
            assert_eq!(register.columns().org[usize::try_from(ordinal).unwrap()], block.org);
        }
    }
    assert_eq!(register.blocks()[..3].iter().filter(|block| block.school).count(), 3, "schools come first");
    assert_eq!(register.find(&"clusters-2022-2023/5.1/pogranichny-s01/8".parse().unwrap()), None);
    assert_eq!(register.find(&"clusters-2022-2023/1.1/pogranichny-s01/-".parse().unwrap()), None);
}
