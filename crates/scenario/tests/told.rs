//! What each indicator needs is told, and with variety: some schools good, some bad, some missing.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Loader, plan, settings};
use domain::decide::World as _;
use domain::event::{Data, Event, Target};
use domain::id::ObligationId;
use domain::payload::{ChecklistItem, score_of};
use jiff::civil::{Date, date};
use scenario::{Density, Settings, Step, world, year};

/// The closing of the first semester.
const CLOSED: Date = date(2023, 2, 15);

/// A year as it was stored: each event with the day on which it was recorded.
struct Told {
    loader: Loader,
    events: Vec<(Date, Event)>,
}

impl Told {
    fn of(settings: &Settings) -> Self {
        let world = world(settings, &plan());
        let (mut loader, mut events) = (Loader::new(), Vec::new());
        let first = |step: &Step| !step.repeat;
        for step in world.setup().chain(year(&world)).filter(first) {
            events.extend(loader.take(&step).into_iter().map(|event| (step.today, event)));
        }
        Self { loader, events }
    }

    /// The events about obligations.
    fn about(&self) -> impl Iterator<Item = (Date, &ObligationId, &Event)> {
        self.events.iter().filter_map(|(today, event)| match &event.target {
            Target::Obligation(_, _, id) => Some((*today, id, event)),
            _ => None,
        })
    }

    fn count(&self, name: &str) -> usize {
        self.events.iter().filter(|(_, event)| event.data.type_name() == name).count()
    }
}

/// One krai for all of them: it takes its time to load.
#[test]
fn a_krai_tells_what_each_indicator_needs() {
    let told = Told::of(&settings(110));
    events_take_place_and_most_but_not_all_are_reported_promptly(&told);
    recommendations_are_closed_in_time_late_or_never(&told);
    methodical_days_name_schools_of_several_municipalities(&told);
    news_come_in_their_month_outside_it_twice_or_never(&told);
    surveys_are_counted_in_both_semesters_for_most_and_a_few_are_small(&told);
    links_are_looked_at_before_their_deadline_and_behind_it(&told);
    self_diagnoses_compare_item_by_item_and_most_schools_grow(&told);
    most_reports_come_with_evidence_and_some_get_it_later(&told);
    a_closed_semester_meets_late_data_corrections_retractions_and_schools_that_come_and_go(&told);
}

/// So many of a hundred.
fn percent(part: usize, whole: usize) -> usize {
    part * 100 / whole.max(1)
}

fn events_take_place_and_most_but_not_all_are_reported_promptly(told: &Told) {
    let (mut held, mut reported) = (BTreeMap::new(), BTreeMap::<&str, Vec<Date>>::new());
    for (_, id, event) in told.about() {
        match &event.data {
            Data::ActivityHeld(fact) => {
                let fresh =
                    held.insert(fact.details.activity.as_str(), (event.occurred_on, id, fact.details.direction));
                assert!(fresh.is_none(), "{} twice", fact.details.activity);
            }
            Data::EventReportPublished(fact) => {
                reported.entry(fact.details.activity.as_deref().unwrap_or("")).or_default().push(event.occurred_on);
            }
            _ => {}
        }
    }
    let prompt = |activity: &str, on: Date| {
        let mut days = reported.get(activity).into_iter().flatten();
        days.any(|day| (0..=10).contains(&(*day - on).get_days()))
    };
    let good = held.iter().filter(|(activity, (on, ..))| prompt(activity, *on)).count();
    let never = held.keys().filter(|activity| !reported.contains_key(**activity)).count();
    assert!((70..92).contains(&percent(good, held.len())), "{good} of {}", held.len());
    assert!((1..12).contains(&percent(never, held.len())), "{never} of {} never", held.len());
    let directed = held.values().filter(|(.., direction)| direction.is_some()).count();
    assert!((30..75).contains(&percent(directed, held.len())), "{directed} with a direction");
    // One to four a semester, of schools and of the three publishers among the authorities.
    let mut each: BTreeMap<&ObligationId, usize> = BTreeMap::new();
    for (_, id, _) in held.values() {
        *each.entry(*id).or_default() += 1;
    }
    assert!(each.values().all(|count| (1..=4).contains(count)));
    assert!([1, 2, 3, 4].iter().all(|wanted| each.values().any(|count| count == wanted)));
    let owners: BTreeSet<&str> = each.keys().map(|id| id.org.as_str()).collect();
    assert!(["mo-pk", "pk-iro", "rmc"].iter().all(|owner| owners.contains(owner)));
}

fn recommendations_are_closed_in_time_late_or_never(told: &Told) {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut most = 0;
    for ordinal in 0..u32::try_from(told.loader.register.len()).unwrap() {
        let Some(matters) = told.loader.register.columns().matters(ordinal) else { continue };
        most = most.max(matters.recommendations.len());
        for one in &matters.recommendations {
            *outcomes.entry(if one.due.is_some() { "with a day" } else { "without" }).or_default() += 1;
            let outcome = match (one.closed_on, one.due) {
                (None, _) => "never",
                (Some(closed), Some(due)) if closed > due => "late",
                _ => "in time",
            };
            *outcomes.entry(outcome).or_default() += 1;
        }
    }
    assert_eq!(most, 3);
    for wanted in ["with a day", "without", "never", "late", "in time"] {
        assert!(outcomes.get(wanted).is_some_and(|count| *count > 15), "{wanted}: {outcomes:?}");
    }
}

fn methodical_days_name_schools_of_several_municipalities(told: &Told) {
    let (mut days, mut attended) = (0, BTreeSet::new());
    for (_, _, event) in told.about() {
        if let Data::MethodicalDayHeld(fact) = &event.data {
            let schools = &fact.details.schools;
            let of: BTreeSet<_> =
                schools.iter().map(|code| told.loader.register.org(code).unwrap().municipality).collect();
            assert!(of.len() > 3 && schools.len() < 100, "{} schools of {} municipalities", schools.len(), of.len());
            days += 1;
            attended.extend(schools.iter().cloned());
        }
    }
    assert!(days >= 6 && attended.len() < 110 && attended.len() > 70, "{days} days, {} schools", attended.len());
}

fn news_come_in_their_month_outside_it_twice_or_never(told: &Told) {
    let mut months: BTreeMap<(&str, &str), Vec<Date>> = BTreeMap::new();
    for (_, id, event) in told.about() {
        if matches!(event.data, Data::NewsPublished(_)) {
            months.entry((id.org.as_str(), id.item.as_str())).or_default().push(event.occurred_on);
        }
    }
    let inside = |month: &str, day: &Date| day.to_string().starts_with(month);
    let outside = months.iter().filter(|((_, month), days)| !days.iter().any(|day| inside(month, day))).count();
    let twice = months.values().filter(|days| days.len() > 1).count();
    let missing = 110 * 8 - months.len();
    assert!((5..25).contains(&percent(outside, months.len())), "{outside} of {} outside", months.len());
    assert!((5..20).contains(&percent(twice, months.len())), "{twice} of {} twice", months.len());
    assert!((1..15).contains(&percent(missing, 880)), "{missing} missing");
}

fn surveys_are_counted_in_both_semesters_for_most_and_a_few_are_small(told: &Told) {
    let mut eligible: BTreeMap<(&str, bool), Vec<u32>> = BTreeMap::new();
    for (_, id, event) in told.about() {
        if let Data::ResponsesCounted(fact) = &event.data {
            let first = event.occurred_on <= date(2022, 12, 31);
            eligible.entry((id.org.as_str(), first)).or_default().push(fact.details.eligible);
        }
    }
    for first in [true, false] {
        let of: Vec<_> =
            eligible.iter().filter(|((_, semester), _)| *semester == first).map(|(_, asked)| asked).collect();
        let small = of.iter().filter(|asked| asked.iter().any(|eligible| *eligible < 5)).count();
        assert!((92..110).contains(&of.len()) && (2..20).contains(&small), "{} counted, {small} small", of.len());
        assert!(of.iter().any(|asked| asked.len() == 1) && of.iter().any(|asked| asked.len() == 3));
    }
}

fn links_are_looked_at_before_their_deadline_and_behind_it(told: &Told) {
    let mut looks: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut before = 0;
    for (_, id, event) in told.about() {
        let good = match event.data {
            Data::SiteLinkVerified(_) => 1,
            Data::SiteLinkLost(_) => 0,
            _ => continue,
        };
        before += usize::from(event.occurred_on <= date(2022, 10, 17));
        let of = looks.entry(id.org.as_str()).or_default();
        *of = (of.0 + good, of.1 + 1);
    }
    let whole = looks.values().filter(|(good, made)| good == made).count();
    assert!(before > 3 && looks.len() > 95, "{before} before, {} schools", looks.len());
    assert!((40..95).contains(&percent(whole, looks.len())), "{whole} of {} always answered", looks.len());
}

fn self_diagnoses_compare_item_by_item_and_most_schools_grow(told: &Told) {
    let mut answers: BTreeMap<(&str, &str), (&str, &[ChecklistItem])> = BTreeMap::new();
    for (_, id, event) in told.about() {
        if let Data::ChecklistSubmitted(fact) = &event.data {
            let given = (fact.details.checklist.as_str(), fact.details.items.as_slice());
            answers.insert((id.org.as_str(), id.row.as_str()), given);
        }
    }
    let (mut grew, mut fell) = (0, 0);
    for ((org, row), (checklist, autumn)) in &answers {
        let Some((other, winter)) = answers.get(&(*org, "13.2")).filter(|_| *row == "9.2") else { continue };
        assert_ne!(checklist, other);
        let same = |a: &&ChecklistItem| winter.iter().any(|b| a.item == b.item && a.max == b.max);
        let comparable: Vec<ChecklistItem> = autumn.iter().filter(same).cloned().collect();
        assert_eq!((comparable.len(), winter.len()), (18, 20));
        let then = score_of(&comparable).points;
        let known = |b: &&ChecklistItem| comparable.iter().any(|a| a.item == b.item);
        let now: u32 = winter.iter().filter(known).map(|item| item.points).sum();
        if now > then { grew += 1 } else { fell += 1 }
    }
    assert!(grew > 4 * fell && fell > 3, "{grew} grew, {fell} did not");
}

fn most_reports_come_with_evidence_and_some_get_it_later(told: &Told) {
    let (mut reports, mut bare) = (0, 0);
    for (_, id, event) in told.about() {
        let asked = told.loader.register.standing(id).is_some_and(|of| of.share.event == event.data.type_name());
        if asked {
            reports += 1;
            bare += usize::from(event.data.evidence().is_empty());
        }
    }
    assert!((20..65).contains(&(bare * 1000 / reports)), "{bare} of {reports} without evidence");
    assert!(told.count("evidence.attached") > bare / 5 && told.count("fact.retracted") > 3);
}

#[test]
fn programmes_are_missing_or_late_here_and_there() {
    let mut shapes = BTreeSet::new();
    for seed in 0..6 {
        let told = Told::of(&Settings { schools: 2, seed, ..Settings::default() });
        let days = told.about().filter(|(_, _, event)| matches!(event.data, Data::ProgrammePublished(_)));
        let days: Vec<Date> = days.map(|(_, _, event)| event.occurred_on).collect();
        shapes.extend((days.len() < 20).then_some("missing"));
        shapes.extend(days.iter().any(|day| *day > date(2022, 11, 15)).then_some("late"));
        assert!(days.len() > 14, "{}", days.len());
    }
    assert_eq!(shapes.len(), 2, "{shapes:?}");
}

fn a_closed_semester_meets_late_data_corrections_retractions_and_schools_that_come_and_go(told: &Told) {
    assert_eq!(told.count("period.closed"), 2);
    let mut after: BTreeMap<&str, usize> = BTreeMap::new();
    for (today, event) in told.events.iter().filter(|(today, _)| *today > CLOSED) {
        let due = match &event.target {
            Target::Obligation(_, _, id) => told.loader.register.standing(id).and_then(|of| of.obligation.due()),
            _ => Some(*today).filter(|today| *today < date(2023, 4, 1)).map(|_| date(2022, 12, 31)),
        };
        if due.is_some_and(|due| due <= date(2022, 12, 31)) {
            *after.entry(event.data.type_name()).or_default() += 1;
        }
    }
    for wanted in ["fact.corrected", "proposal.made", "proposal.confirmed", "news.published"] {
        assert!(after.contains_key(wanted), "no {wanted} in {after:?}");
    }
    assert_eq!((after.get("school.enrolled"), after.get("school.withdrawn")), (Some(&1), Some(&1)));
}

#[test]
fn whoever_looks_at_the_demo_finds_figures_that_changed_behind_the_closing() {
    let told = Told::of(&settings(10));
    let changed = |name: &str, org: &str, row: &str| {
        told.about().any(|(today, id, event)| {
            let here = today > CLOSED && event.data.type_name() == name;
            here && id.org.as_str() == org && id.row.as_str() == row
        })
    };
    assert!(changed("fact.corrected", "pogranichny-s02", "13.2"));
    assert!(changed("fact.retracted", "pogranichny-s05", "6.2"));
}

#[test]
fn a_recorded_year_is_about_twice_as_long_and_as_allowed() {
    for seed in [2022, 5] {
        let asked = Settings { schools: 40, seed, density: Density::Recorded, ..Settings::default() };
        let told = Told::of(&asked);
        let each = told.events.len() / 40;
        assert!((135..185).contains(&each), "{each} events a school");
        for wanted in ["reminder.sent", "obligation.acknowledged", "report.interim"] {
            assert!(told.count(wanted) > 40 * 5, "{} {wanted}", told.count(wanted));
        }
        let looks = told.count("site_link.verified") + told.count("site_link.lost");
        assert!(looks > 40 * 35, "{looks} looks at links");
    }
}

#[test]
fn a_krai_tells_about_as_much_as_a_service_may_keep() {
    let steps = |density| year(&world(&Settings { density, ..settings(510) }, &plan())).len();
    let (told, recorded) = (steps(Density::Told), steps(Density::Recorded));
    assert!((34_000..41_000).contains(&told), "{told}");
    assert!((72_000..82_000).contains(&recorded), "{recorded}");
}
