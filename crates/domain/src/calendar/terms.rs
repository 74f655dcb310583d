//! Terms where a document names no day: default terms by wording, and half of a term for co-executors.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::days_between;

/// A wording that means a term without naming its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    /// «срочно».
    Urgent,
    /// «оперативно».
    Operative,
    /// No term at all.
    Undated,
    /// «ежемесячно».
    Monthly,
    /// «ежеквартально»: calendar quarters.
    Quarterly,
    /// «постоянно».
    Continuous,
}

/// The default terms of a region; the standard ones are those found in instructions on the control of
/// execution (`workflow.md` 1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DefaultTerms {
    /// Months of a task without a term.
    pub undated_months: u16,
    /// Calendar days of «срочно».
    pub urgent_days: u16,
    /// Calendar days of «оперативно».
    pub operative_days: u16,
    /// Day of the month after the month or quarter reported; the month's last where it has fewer.
    pub monthly_day: DayOfMonth,
    /// Day of the next year on which «постоянно» is reported.
    pub continuous: YearlyDay,
}

/// A day of a month, 1 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i8", into = "i8")]
#[schemars(with = "u8")]
pub struct DayOfMonth(i8);

/// A day of every year, written `01-20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct YearlyDay {
    month: i8,
    day: i8,
}

/// A value that no calendar has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDay {
    /// Not a day of a month.
    #[error("{0} is not a day of a month: expected 1 to 31")]
    OfMonth(i8),
    /// Not a day of a year.
    #[error("\"{0}\" is not a day of a year: expected month and day such as 01-20")]
    OfYear(String),
}

impl Default for DefaultTerms {
    fn default() -> Self {
        Self {
            undated_months: 1,
            urgent_days: 3,
            operative_days: 10,
            monthly_day: DayOfMonth(10),
            continuous: YearlyDay { month: 1, day: 20 },
        }
    }
}

impl DefaultTerms {
    /// Whether they are the standard ones, which an event leaves out.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        *self == Self::default()
    }

    /// The last day of a task given on `start`, before the weekend rule.
    #[must_use]
    pub fn due(&self, wording: Wording, start: Date) -> Date {
        match wording {
            Wording::Urgent => start.saturating_add(i64::from(self.urgent_days).days()),
            Wording::Operative => start.saturating_add(i64::from(self.operative_days).days()),
            Wording::Undated => start.saturating_add(months(self.undated_months)),
            Wording::Monthly => self.monthly_day.of(start.first_of_month().saturating_add(1.month())),
            Wording::Quarterly => {
                let left = 3 - (start.month() - 1) % 3;
                self.monthly_day.of(start.first_of_month().saturating_add(i64::from(left).months()))
            }
            Wording::Continuous => self.continuous.of(start.year().saturating_add(1)),
        }
    }
}

fn months(count: u16) -> Span {
    i64::from(count).months()
}

impl DayOfMonth {
    /// That day of the month of `any`, or the month's last.
    fn of(self, any: Date) -> Date {
        date(any.year(), any.month(), self.0.min(any.days_in_month()))
    }
}

impl TryFrom<i8> for DayOfMonth {
    type Error = BadDay;
    fn try_from(raw: i8) -> Result<Self, BadDay> {
        if (1..=31).contains(&raw) { Ok(Self(raw)) } else { Err(BadDay::OfMonth(raw)) }
    }
}

impl From<DayOfMonth> for i8 {
    fn from(day: DayOfMonth) -> Self {
        day.0
    }
}

impl YearlyDay {
    /// That day of a year; 29 February is the 28th where there is none, and the last year has no next one.
    fn of(self, year: i16) -> Date {
        let year = year.min(Date::MAX.year());
        DayOfMonth(self.day).of(date(year, self.month, 1))
    }
}

impl TryFrom<String> for YearlyDay {
    type Error = BadDay;
    fn try_from(raw: String) -> Result<Self, BadDay> {
        // A leap year, so that 29 February is a day.
        match format!("2024-{raw}").parse::<Date>() {
            Ok(day) if raw.len() == 5 => Ok(Self { month: day.month(), day: day.day() }),
            _ => Err(BadDay::OfYear(raw.chars().take(40).collect())),
        }
    }
}

impl From<YearlyDay> for String {
    fn from(day: YearlyDay) -> Self {
        format!("{:02}-{:02}", day.month, day.day)
    }
}

/// The day by which co-executors give their part to the head: half of the term in calendar days, rounded
/// down, never before the start.
#[must_use]
pub fn half_term(start: Date, due: Date) -> Date {
    let half = days_between(start, due).max(0) / 2;
    start.saturating_add(i64::from(half).days())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_wording_has_its_term() {
        let check = |wording, start, due| assert_eq!(DefaultTerms::default().due(wording, start), due, "{wording:?}");
        check(Wording::Urgent, date(2022, 10, 14), date(2022, 10, 17));
        check(Wording::Operative, date(2022, 10, 14), date(2022, 10, 24));
        check(Wording::Undated, date(2022, 10, 14), date(2022, 11, 14));
        check(Wording::Undated, date(2023, 1, 31), date(2023, 2, 28));
        check(Wording::Monthly, date(2022, 10, 1), date(2022, 11, 10));
        check(Wording::Monthly, date(2022, 12, 31), date(2023, 1, 10));
        check(Wording::Quarterly, date(2022, 10, 1), date(2023, 1, 10));
        check(Wording::Quarterly, date(2022, 9, 30), date(2022, 10, 10));
        check(Wording::Quarterly, date(2022, 8, 5), date(2022, 10, 10));
        check(Wording::Continuous, date(2022, 9, 1), date(2023, 1, 20));
    }

    #[test]
    fn terms_of_a_region_replace_the_standard_ones_one_by_one() {
        let terms: DefaultTerms = serde_json::from_str(r#"{"monthly_day": 31, "continuous": "02-29"}"#).unwrap();
        assert_eq!(terms.due(Wording::Monthly, date(2023, 1, 5)), date(2023, 2, 28));
        assert_eq!(terms.due(Wording::Continuous, date(2022, 9, 1)), date(2023, 2, 28));
        assert_eq!(terms.due(Wording::Urgent, date(2022, 9, 1)), date(2022, 9, 4));
        let written = serde_json::to_value(&terms).unwrap();
        assert_eq!((&written["monthly_day"], &written["continuous"]), (&31.into(), &"02-29".into()));
    }

    #[test]
    fn a_day_that_no_calendar_has_is_refused() {
        for bad in [
            r#"{"monthly_day": 0}"#,
            r#"{"monthly_day": 32}"#,
            r#"{"continuous": "02-30"}"#,
            r#"{"continuous": "1-20"}"#,
        ] {
            assert!(serde_json::from_str::<DefaultTerms>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn half_of_a_term_is_rounded_down() {
        assert_eq!(half_term(date(2022, 10, 10), date(2022, 10, 14)), date(2022, 10, 12));
        assert_eq!(half_term(date(2022, 10, 10), date(2022, 10, 15)), date(2022, 10, 12));
        assert_eq!(half_term(date(2022, 10, 10), date(2022, 10, 11)), date(2022, 10, 10));
        assert_eq!(half_term(date(2022, 10, 10), date(2022, 10, 1)), date(2022, 10, 10));
    }

    proptest! {
        #[test]
        fn half_of_a_term_lies_between_start_and_due(start in 0..2000i64, length in 0..2000i64) {
            let start = date(2020, 1, 1).saturating_add(start.days());
            let due = start.saturating_add(length.days());
            let half = half_term(start, due);
            prop_assert!(start <= half && half <= due);
        }

        #[test]
        fn no_wording_is_due_before_its_start(start in 0..20_000i64) {
            let start = date(1990, 1, 1).saturating_add(start.days());
            for wording in [Wording::Urgent, Wording::Operative, Wording::Undated, Wording::Monthly, Wording::Quarterly, Wording::Continuous] {
                prop_assert!(DefaultTerms::default().due(wording, start) > start);
            }
        }
    }
}
