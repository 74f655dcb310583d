//! School years: the frame of every plan.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that is not a school year.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{raw}\" is not a school year: expected two years in a row such as 2022-2023")]
pub struct BadSchoolYear {
    /// The text as given, shortened to 80 characters.
    pub raw: String,
}

/// A school year: 1 September of one year to 31 August of the next (`domain.md` §5), written
/// `2022-2023`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct SchoolYear {
    first: i16,
}

impl SchoolYear {
    /// The school year that begins in September of `first`; none outside 1900 to 2999.
    #[must_use]
    pub fn starting(first: i16) -> Option<Self> {
        (1900..3000).contains(&first).then_some(Self { first })
    }

    /// The school year of a day; none outside 1900 to 2999.
    #[must_use]
    pub fn of(day: Date) -> Option<Self> {
        Self::starting(if day.month() >= 9 { day.year() } else { day.year() - 1 })
    }

    /// The calendar year in which it begins.
    #[must_use]
    pub fn first_year(self) -> i16 {
        self.first
    }

    /// The calendar year in which it ends.
    #[must_use]
    pub fn second_year(self) -> i16 {
        self.first + 1
    }

    /// 1 September.
    #[must_use]
    pub fn start(self) -> Date {
        date(self.first, 9, 1)
    }

    /// 31 August.
    #[must_use]
    pub fn end(self) -> Date {
        date(self.second_year(), 8, 31)
    }

    /// 1 January: the first semester ends the day before.
    #[must_use]
    pub fn second_semester_start(self) -> Date {
        date(self.second_year(), 1, 1)
    }

    /// Whether a day lies within it.
    #[must_use]
    pub fn contains(self, day: Date) -> bool {
        (self.start()..=self.end()).contains(&day)
    }

    /// The calendar year in which a month (1 to 12) of this school year lies.
    #[must_use]
    pub fn year_of_month(self, month: i8) -> i16 {
        if month >= 9 { self.first } else { self.second_year() }
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.second_year())
    }
}

impl FromStr for SchoolYear {
    type Err = BadSchoolYear;
    fn from_str(raw: &str) -> Result<Self, BadSchoolYear> {
        let bad = || BadSchoolYear { raw: raw.chars().take(80).collect() };
        let number = |part: &str| -> Option<i16> {
            let digits = part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse().ok() } else { None }
        };
        let (first, second) = raw.split_once(['-', '/', '–', '—']).ok_or_else(bad)?;
        let (first, second) = (number(first).ok_or_else(bad)?, number(second).ok_or_else(bad)?);
        Self::starting(first).filter(|year| year.second_year() == second).ok_or_else(bad)
    }
}

impl TryFrom<String> for SchoolYear {
    type Error = BadSchoolYear;
    fn try_from(raw: String) -> Result<Self, BadSchoolYear> {
        raw.parse()
    }
}

impl From<SchoolYear> for String {
    fn from(year: SchoolYear) -> Self {
        year.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn year() -> SchoolYear {
        "2022-2023".parse().unwrap()
    }

    #[test]
    fn a_school_year_is_two_years_in_a_row() {
        assert_eq!(year().to_string(), "2022-2023");
        assert_eq!("2022/2023".parse(), Ok(year()));
        for bad in ["", "2022", "2022-2024", "2023-2022", "22-23", "abcd-efgh", "+022-2023", "9999-10000"] {
            assert!(bad.parse::<SchoolYear>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_school_year_runs_from_september_to_august() {
        assert!(year().contains(date(2022, 9, 1)) && year().contains(date(2023, 8, 31)));
        assert!(!year().contains(date(2022, 8, 31)) && !year().contains(date(2023, 9, 1)));
        assert_eq!(year().year_of_month(12), 2022);
        assert_eq!(year().year_of_month(1), 2023);
        assert_eq!(SchoolYear::of(date(2023, 8, 31)), Some(year()));
    }
}
