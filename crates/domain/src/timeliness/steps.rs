//! Timeliness with its steps: from the stated day to the verdict, as data for programs and people who ask why.

use jiff::civil::{Date, Time};
use serde::Serialize;

use super::{Clockwork, Timeliness};
use crate::calendar::{DayKind, SpecialDay, WeekendRule, WorkCalendar, days_between};
use crate::obligation::Obligation;
use crate::payload::DeadlineMoved;
use crate::plan::DueRule;
use crate::region::TimelinessBasis;

/// How one obligation came to its timeliness, step by step; told in words by [`Reckoning::sentence`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reckoning {
    /// Where the stated day comes from.
    pub source: DueRule,
    /// The stated day; none where a delivery that set it was taken back after a move.
    pub stated: Option<Date>,
    /// Moves by the issuer, in their order.
    pub moves: Vec<Move>,
    /// Days by which holds lengthened the term.
    pub held_days: u16,
    /// The day before the weekend rule.
    pub before_roll: DayTold,
    /// The region's rule for days without work.
    pub weekend_rule: WeekendRule,
    /// The days without work that the rule passed over, nearest to `before_roll` first.
    pub rolled_over: Vec<DayTold>,
    /// The day that it really ends on.
    pub effective: DayTold,
    /// First day of the window, where there is one.
    pub start_on: Option<Date>,
    /// Zone in which days begin and end.
    pub zone: String,
    /// Local time at which a day ends, where that is not 24:00.
    pub cut_off: Option<Time>,
    /// What is compared with the effective day, once it is done.
    pub counted: Option<Counted>,
    /// The clock that decides.
    pub clock: TimelinessBasis,
    /// The day as of which this holds.
    pub as_of: Date,
    /// What came out.
    pub verdict: Verdict,
}

/// One move of a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The day before it, where there was one.
    pub from: Option<Date>,
    /// The day after it.
    pub to: Date,
    /// The document behind it, where the caller gave it.
    pub basis: Option<String>,
}

/// A date with what the work calendar says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayTold {
    /// The date.
    pub on: Date,
    /// What it is.
    pub kind: DayKind,
    /// Name of the holiday in Russian, of a holiday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_ru: Option<String>,
    /// Name of the holiday in English, of a holiday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// The day whose rest it is, of a transferred day off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transferred_from: Option<Date>,
    /// The act behind it, of a transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

/// The day that is compared with the effective day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The day, by the clock that decides.
    pub on: Date,
    /// It is the day of an earlier report, kept because the rework came in time.
    pub kept_by_rework: bool,
}

/// The outcome of a reckoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// How it stands.
    pub timeliness: Timeliness,
    /// Days late or overdue, otherwise 0.
    pub days: u32,
}

impl DayTold {
    fn of(calendar: &WorkCalendar, on: Date) -> Self {
        let plain =
            Self { on, kind: calendar.kind_of(on), name_ru: None, name_en: None, transferred_from: None, basis: None };
        match calendar.special(on).cloned() {
            Some(SpecialDay::PublicHoliday { name_ru, name_en }) => {
                Self { name_ru: Some(name_ru), name_en: Some(name_en), ..plain }
            }
            Some(SpecialDay::TransferredDayOff { from, basis, .. }) => {
                Self { transferred_from: Some(from), basis: Some(basis), ..plain }
            }
            Some(SpecialDay::WorkingWeekend { basis, .. }) => Self { basis: Some(basis), ..plain },
            Some(SpecialDay::Shortened) | None => plain,
        }
    }
}

impl Clockwork {
    /// Reckons how an obligation stands at the end of `as_of`, by the region's basis; `None` where it has no day.
    ///
    /// `source` is the rule of its row; `moves` are the moves of its deadline in the order of the log, as far as
    /// the caller knows them.
    #[must_use]
    pub fn reckon(
        &self,
        obligation: &Obligation,
        source: &DueRule,
        moves: &[DeadlineMoved],
        as_of: Date,
    ) -> Option<Reckoning> {
        let due = obligation.due()?;
        let effective = self.effective_due(obligation)?;
        let calendar = &self.rules.calendar;
        let timeliness = self.timeliness(obligation, as_of);
        let held = obligation.moved_due.or(obligation.stated_due).map_or(0, |unheld| days_between(unheld, due));
        Some(Reckoning {
            source: source.clone(),
            stated: obligation.stated_due,
            moves: chain(obligation, moves),
            held_days: u16::try_from(held).unwrap_or(0),
            before_roll: DayTold::of(calendar, due),
            weekend_rule: self.rules.weekend_rule,
            rolled_over: passed(due, effective).map(|day| DayTold::of(calendar, day)).collect(),
            effective: DayTold::of(calendar, effective),
            start_on: obligation.start_on,
            zone: self.rules.zone.clone(),
            cut_off: self.rules.cut_off,
            counted: self.done_on(obligation).map(|on| Counted { on, kept_by_rework: is_kept(obligation) }),
            clock: self.rules.timeliness_basis,
            as_of,
            verdict: Verdict { timeliness, days: timeliness.days() },
        })
    }
}

/// Every move with the day before it; a last day that no given move explains is a move without a basis.
fn chain(obligation: &Obligation, moves: &[DeadlineMoved]) -> Vec<Move> {
    let Some(last) = obligation.moved_due else { return Vec::new() };
    let mut from = obligation.stated_due;
    let mut chain: Vec<Move> = Vec::with_capacity(moves.len());
    for moved in moves {
        chain.push(Move { from, to: moved.due, basis: Some(moved.basis.clone()) });
        from = Some(moved.due);
    }
    if chain.last().is_none_or(|moved| moved.to != last) {
        chain.push(Move { from, to: last, basis: None });
    }
    chain
}

/// The days from `due` towards `effective`, without the latter.
fn passed(due: Date, effective: Date) -> impl Iterator<Item = Date> {
    let step = if effective < due { Date::yesterday } else { Date::tomorrow };
    std::iter::successors(Some(due), move |day| step(*day).ok()).take_while(move |day| *day != effective)
}

fn is_kept(obligation: &Obligation) -> bool {
    obligation.counting().is_some_and(|report| report.counts_on != report.occurred_on)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::region::RegionRules;

    fn clockwork(weekend_rule: WeekendRule) -> Clockwork {
        let rules = RegionRules::standard("primorye".parse().unwrap(), "Asia/Vladivostok");
        Clockwork::new(RegionRules { weekend_rule, calendar: WorkCalendar::russia(), ..rules }).unwrap()
    }

    fn due(day: Date) -> Obligation {
        Obligation { stated_due: Some(day), ..Obligation::default() }
    }

    fn moved(due: Date, basis: &str) -> DeadlineMoved {
        DeadlineMoved { due, basis: basis.to_owned() }
    }

    #[test]
    fn a_reckoning_names_every_day_passed_over_with_its_reason() {
        let obligation = due(date(2022, 5, 1));
        let told =
            clockwork(WeekendRule::Following).reckon(&obligation, &DueRule::Plan, &[], date(2022, 4, 1)).unwrap();
        let over = serde_json::to_value(&told.rolled_over).unwrap();
        assert_eq!(
            over,
            json!([
                {"on": "2022-05-01", "kind": "public_holiday", "name_ru": "Праздник Весны и Труда", "name_en": "Spring and Labour Day"},
                {"on": "2022-05-02", "kind": "transferred_day_off", "transferred_from": "2022-05-01", "basis": "Трудовой кодекс РФ, статья 112"},
                {"on": "2022-05-03", "kind": "transferred_day_off", "transferred_from": "2022-01-01", "basis": "Постановление Правительства РФ от 16.09.2021 № 1564"},
            ])
        );
        assert_eq!(told.effective.on, date(2022, 5, 4));
    }

    #[test]
    fn moves_hang_together() {
        let obligation = Obligation { moved_due: Some(date(2022, 11, 20)), moves: 2, ..due(date(2022, 10, 10)) };
        let reckon = |moves: &[DeadlineMoved]| {
            clockwork(WeekendRule::Following).reckon(&obligation, &DueRule::Plan, moves, date(2022, 10, 1)).unwrap()
        };
        let told = reckon(&[moved(date(2022, 10, 17), "Приказ № 1"), moved(date(2022, 11, 20), "Приказ № 2")]);
        assert_eq!(told.moves[0].from, Some(date(2022, 10, 10)));
        assert_eq!(told.moves[1].from, Some(date(2022, 10, 17)));
        assert_eq!((told.before_roll.on, told.effective.on), (date(2022, 11, 20), date(2022, 11, 21)));
        let unexplained = reckon(&[]);
        assert_eq!(unexplained.moves, [Move { from: Some(date(2022, 10, 10)), to: date(2022, 11, 20), basis: None }]);
    }

    #[test]
    fn without_a_day_there_is_nothing_to_reckon() {
        let clockwork = clockwork(WeekendRule::Following);
        assert_eq!(clockwork.reckon(&Obligation::default(), &DueRule::Scheduled, &[], date(2022, 10, 1)), None);
    }

    proptest! {
        #[test]
        fn the_steps_end_at_the_effective_day(offset in 0..730i64, as_of in 0..730i64) {
            let day = |offset: i64| date(2022, 1, 1).saturating_add(jiff::Span::new().days(offset));
            for rule in [WeekendRule::None, WeekendRule::Preceding, WeekendRule::Following] {
                let clockwork = clockwork(rule);
                let obligation = due(day(offset));
                let told = clockwork.reckon(&obligation, &DueRule::Plan, &[], day(as_of)).unwrap();
                prop_assert_eq!(Some(told.effective.on), clockwork.effective_due(&obligation));
                prop_assert!(told.rolled_over.iter().all(|day| !day.kind.is_working()));
                let passed = i32::try_from(told.rolled_over.len()).unwrap();
                prop_assert_eq!(days_between(told.before_roll.on, told.effective.on).abs(), passed);
                prop_assert_eq!(told.verdict.timeliness, clockwork.timeliness(&obligation, day(as_of)));
            }
        }
    }
}
