//! School years, semesters and the periods that indicators are told for.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deadline::SchoolYear;
use crate::id::EntityCode;

/// A part of a school year that values are told for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Part {
    /// Input monitoring.
    T0,
    /// First semester.
    H1,
    /// Second semester.
    H2,
    /// The whole school year.
    Y,
}

impl Part {
    /// All of them, in the order of time.
    pub const ALL: [Self; 4] = [Self::T0, Self::H1, Self::H2, Self::Y];

    /// The period's code: `2022-2023.H1`; the whole year is `2022-2023`.
    #[must_use]
    pub fn code(self, school_year: SchoolYear) -> String {
        match self {
            Self::Y => school_year.to_string(),
            part => format!("{school_year}.{part}"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::T0 => "T0",
            Self::H1 => "H1",
            Self::H2 => "H2",
            Self::Y => "Y",
        })
    }
}

/// Names one period: `2022-2023.H1`, `2022-2023`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeriodCode {
    /// `2022-2023`.
    pub school_year: SchoolYear,
    /// Which part of it.
    pub part: Part,
}

/// A text that names no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a period: expected 2022-2023, 2022-2023.H1, 2022-2023.H2 or 2022-2023.T0")]
pub struct BadPeriod(String);

impl FromStr for PeriodCode {
    type Err = BadPeriod;
    fn from_str(raw: &str) -> Result<Self, BadPeriod> {
        let bad = || BadPeriod(raw.chars().take(40).collect());
        let (year, part) = match raw.split_once('.') {
            None => (raw, Part::Y),
            Some((year, "T0")) => (year, Part::T0),
            Some((year, "H1")) => (year, Part::H1),
            Some((year, "H2")) => (year, Part::H2),
            Some(_) => return Err(bad()),
        };
        let school_year = year.parse().map_err(|_| bad())?;
        Ok(Self { school_year, part })
    }
}

impl PeriodCode {
    /// The code of the entity that a period is: `2022-2023-h1`.
    ///
    /// # Panics
    /// Never: years and parts are digits, letters and a dash.
    #[must_use]
    pub fn entity(&self) -> EntityCode {
        let code = self.to_string().to_lowercase().replace('.', "-");
        code.parse().expect("years and parts are digits, letters and a dash")
    }
}

impl fmt::Display for PeriodCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.part.code(self.school_year))
    }
}

/// The bounds of a school year (`domain.md` 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SchoolYearPeriods {
    /// `2022-2023`.
    pub school_year: SchoolYear,
    /// First day of the first semester.
    #[schemars(with = "String")]
    pub h1_start: Date,
    /// Last day of the first semester.
    #[schemars(with = "String")]
    pub h1_end: Date,
    /// Last day of the school year: the second semester begins the day after `h1_end`.
    #[schemars(with = "String")]
    pub h2_end: Date,
}

impl SchoolYearPeriods {
    /// The semester that a day falls into; `None` outside the school year.
    #[must_use]
    pub fn semester_of(&self, day: Date) -> Option<Part> {
        if day < self.h1_start || day > self.h2_end {
            None
        } else if day <= self.h1_end {
            Some(Part::H1)
        } else {
            Some(Part::H2)
        }
    }

    /// First day of a part; the input monitoring begins with the first semester.
    #[must_use]
    pub fn start_of(&self, part: Part) -> Date {
        match part {
            Part::H2 => self.h1_end.tomorrow().unwrap_or(self.h1_end),
            Part::T0 | Part::H1 | Part::Y => self.h1_start,
        }
    }

    /// Last day of a part; the input monitoring ends with the first semester.
    #[must_use]
    pub fn end_of(&self, part: Part) -> Date {
        match part {
            Part::T0 | Part::H1 => self.h1_end,
            Part::H2 | Part::Y => self.h2_end,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_read_back_as_written() {
        for good in ["2022-2023", "2022-2023.H1", "2022-2023.H2", "2022-2023.T0"] {
            assert_eq!(good.parse::<PeriodCode>().unwrap().to_string(), good);
            assert_eq!(good.parse::<PeriodCode>().unwrap().entity().as_str().len(), good.len());
        }
        for bad in ["", "2022", "2022-2024", "2022-2023.H9", "2022-2023.Y", "22-23.H1"] {
            assert!(bad.parse::<PeriodCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_belongs_to_its_semester() {
        let year = SchoolYearPeriods {
            school_year: "2022-2023".parse().unwrap(),
            h1_start: date(2022, 9, 1),
            h1_end: date(2022, 12, 31),
            h2_end: date(2023, 8, 31),
        };
        assert_eq!(year.semester_of(date(2022, 8, 31)), None);
        assert_eq!(year.semester_of(date(2022, 9, 1)), Some(Part::H1));
        assert_eq!(year.semester_of(date(2022, 12, 31)), Some(Part::H1));
        assert_eq!(year.semester_of(date(2023, 1, 1)), Some(Part::H2));
        assert_eq!(year.semester_of(date(2023, 9, 1)), None);
    }
}
