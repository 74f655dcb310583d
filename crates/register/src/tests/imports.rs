//! The two clocks: the broker's, made monotone, and an importer's claims.

use domain::event::{Data, Target};
use domain::payload::ImportMark;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use super::support::{Log, event};

fn mark(open: bool) -> domain::event::Event {
    let mark = ImportMark { source: "old".into() };
    event(Target::Log, date(2023, 1, 1), if open { Data::ImportOpened(mark) } else { Data::ImportClosed(mark) })
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

#[test]
fn a_brokers_clock_that_runs_backwards_is_held() {
    let mut log = Log::in_force();
    let before = log.submit("5.1/pogranichny-s01/1", date(2022, 10, 10)).recorded_at;
    log.now -= SignedDuration::from_hours(1);
    let after = log.submit("5.1/pogranichny-s01/2", date(2022, 10, 10)).recorded_at;
    assert_eq!(after, before);
    assert_eq!(log.register.last_recorded_at(), Some(before));
}

#[test]
fn a_claim_counts_within_an_import_only() {
    let mut log = Log::in_force();
    log.now = at("2023-08-31T00:00:00Z");
    let letter = |log: &Log, n: u8| {
        let short = format!("5.1/pogranichny-s01/{n}");
        log.about(&short, date(2022, 10, 10), super::support::fact("letter.sent", &n.to_string()))
    };
    let outside = letter(&log, 1);
    assert_eq!(log.claim(&outside, "2022-10-10T00:00:00Z").recorded_at, log.now);
    log.push(&mark(true));
    let inside = letter(&log, 2);
    assert_eq!(log.claim(&inside, "2022-10-11T00:00:00Z").recorded_at, at("2022-10-11T00:00:00Z"));
    let backwards = letter(&log, 3);
    assert_eq!(log.claim(&backwards, "2022-10-09T00:00:00Z").recorded_at, at("2022-10-11T00:00:00Z"));
    let future = letter(&log, 4);
    assert_eq!(log.claim(&future, "2042-10-09T00:00:00Z").recorded_at, log.now);
    let silent = letter(&log, 5);
    assert_eq!(log.push(&silent).recorded_at, log.now);
    log.push(&mark(false));
    let closed = letter(&log, 6);
    assert_eq!(log.claim(&closed, "2022-10-12T00:00:00Z").recorded_at, log.now);

    let [span] = log.register.import_spans() else { panic!("one import") };
    assert_eq!(span.source, "old");
    assert_eq!(span.closed.unwrap().get() - span.opened.get(), 5);
    assert_eq!(span.first_claim, Some(at("2022-10-11T00:00:00Z")));
    assert_eq!(span.last_claim, Some(at("2023-08-31T00:00:05Z")));
    assert_eq!(
        log.register.obligation(log.ordinal("5.1/pogranichny-s01/2")).counting().unwrap().recorded_at,
        span.first_claim.unwrap()
    );
}
