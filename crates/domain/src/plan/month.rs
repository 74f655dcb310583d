//! Calendar months: the buckets of a monthly series.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that is not a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{raw}\" is not a month: expected year and month such as 2022-10")]
pub struct BadMonth {
    /// The text as given, shortened to 80 characters.
    pub raw: String,
}

/// A calendar month, written `2022-10`; also the item code of a monthly series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> Date {
        date(self.year, self.month, 1)
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// The month behind it.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { year: self.year, month: self.month + 1 }
        }
    }

    /// Every month from this one to `last`, both included; none where `last` is earlier.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| Some(month.next())).take_while(move |month| *month <= last)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = BadMonth;
    fn from_str(raw: &str) -> Result<Self, BadMonth> {
        let bad = || BadMonth { raw: raw.chars().take(80).collect() };
        let shaped =
            raw.len() == 7 && raw.bytes().enumerate().all(|(i, b)| if i == 4 { b == b'-' } else { b.is_ascii_digit() });
        let (year, month) = raw.split_once('-').filter(|_| shaped).ok_or_else(bad)?;
        let (year, month) = (year.parse().map_err(|_| bad())?, month.parse().map_err(|_| bad())?);
        if (1900..3000).contains(&year) && (1..=12).contains(&month) { Ok(Self { year, month }) } else { Err(bad()) }
    }
}

impl TryFrom<String> for Month {
    type Error = BadMonth;
    fn try_from(raw: String) -> Result<Self, BadMonth> {
        raw.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_run_over_the_new_year() {
        let (first, last): (Month, Month) = ("2022-10".parse().unwrap(), "2023-05".parse().unwrap());
        let all: Vec<String> = first.through(last).map(|month| month.to_string()).collect();
        assert_eq!(all.len(), 8);
        assert_eq!((all[0].as_str(), all[3].as_str(), all[7].as_str()), ("2022-10", "2023-01", "2023-05"));
        assert_eq!("2024-02".parse::<Month>().unwrap().last_day(), date(2024, 2, 29));
        assert_eq!(last.through(first).count(), 0);
        for bad in ["", "2022", "2022-13", "2022-00", "22-10", "2022-1", "+022-10", "2022-+1"] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }
}
