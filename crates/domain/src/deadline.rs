//! When something of a plan is due: a wording of the document, read into dates.
//!
//! The wording stays verbatim in [`Deadline::raw`]; nothing here moves a date off a weekend or a
//! holiday (that is `calendar`), and nothing decides lateness (that is `timeliness`). Wordings are
//! read by the crate `plan-import`.

mod school_year;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::school_year::{BadSchoolYear, SchoolYear};

/// How a deadline is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// «До 26.09.2022»: any day up to the end, which is included.
    ByDate,
    /// «26.09.2022»: on that very day; start and end are the same.
    OnDate,
    /// «10.10.2022-14.10.2022», «октябрь-ноябрь»: from start to end, both included.
    Window,
    /// «с 01.09.2022»: from start on, with no end in the wording.
    OpenStart,
    /// «Постоянно в течение года»: all the time; the bounds are the school year's.
    Continuous,
    /// «ежемесячно до 10 числа»: again and again, see [`Deadline::recurrence`].
    Recurring,
    /// «По отдельному графику»: another document sets the dates, see [`Deadline::schedule_ref`].
    BySchedule,
    /// «согласно приказу»: a legal act sets the dates, see [`Deadline::schedule_ref`].
    ByRegulation,
    /// «в течение 10 рабочих дней после …»: counted from an event, see [`Deadline::relative`].
    Relative,
    /// «по запросу», «по мере необходимости»: when somebody asks.
    OnDemand,
    /// «15.10, 15.01, 15.04»: several days, see [`Deadline::dates`].
    Set,
    /// Not a date that exists, or not understood; [`Deadline::note`] says why.
    Invalid,
}

/// How exactly the wording names its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// A calendar day.
    Day,
    /// A week («вторая неделя октября»).
    Week,
    /// A third of a month («первая декада октября»).
    TenDays,
    /// A calendar month («сентябрь 2022»).
    Month,
    /// A calendar quarter («I квартал»).
    Quarter,
    /// A season («осень 2022»).
    Season,
    /// A semester of a school year or half of a calendar year.
    HalfYear,
    /// A school year or a calendar year.
    Year,
}

/// The step of a recurring deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// «ежедневно».
    Day,
    /// «еженедельно», «каждую пятницу».
    Week,
    /// «ежемесячно».
    Month,
    /// «ежеквартально»: calendar quarters.
    Quarter,
    /// «раз в полугодие»: semesters of the school year.
    HalfYear,
    /// «ежегодно».
    Year,
}

/// How a recurring deadline comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Recurrence {
    /// The step.
    pub every: Every,
    /// How many times within a step («2 раза в месяц» is 2), at least 1.
    pub times: u8,
    /// Last day within the step, 1 to 31: «до 10 числа» is 10; for weeks 1 (Monday) to 7.
    /// Where a month is shorter, its last day.
    pub by_day: Option<u8>,
}

/// The unit of a relative deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TermUnit {
    /// Calendar days.
    Days,
    /// Working days of the production calendar.
    WorkingDays,
    /// Weeks of seven days.
    Weeks,
    /// Calendar months.
    Months,
}

/// A term counted from an event that the wording names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Relative {
    /// How many units; 0 where the wording names none («после утверждения»).
    pub count: u16,
    /// Units of `count`.
    pub unit: TermUnit,
    /// The term ends before the event («за 3 дня до …»), not after it.
    pub before: bool,
    /// The event, in the words of the document.
    pub event: String,
}

/// One deadline of a plan: the words, and what they were read as.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Deadline {
    /// The wording, verbatim.
    pub raw: String,
    /// How it is meant.
    pub kind: DeadlineKind,
    /// First day, local, included; none where the wording has no beginning.
    #[schemars(with = "Option<String>")]
    pub start: Option<Date>,
    /// Last day, local, included until its 24:00; none where the wording has no end.
    #[schemars(with = "Option<String>")]
    pub end: Option<Date>,
    /// How exactly the wording names its time; none where it names no time.
    pub granularity: Option<Granularity>,
    /// How it comes back; only for `recurring`.
    pub recurrence: Option<Recurrence>,
    /// The other document that sets the dates, in its nominative («отдельный график»).
    pub schedule_ref: Option<String>,
    /// The work goes on all the time, whatever the kind (row 12.1 is `by_schedule` and continuous).
    pub continuous: bool,
    /// `start` and `end` are not in the wording but the bounds of the school year.
    #[serde(default)]
    pub bounds_inferred: bool,
    /// The days of a `set`, in order; else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub dates: Vec<Date>,
    /// The term of a `relative` deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative: Option<Relative>,
    /// What a reader should know: why it is invalid, what was assumed. English.
    pub note: Option<String>,
}

impl Deadline {
    /// A deadline of one kind with nothing else known yet.
    #[must_use]
    pub fn new(raw: &str, kind: DeadlineKind) -> Self {
        Self {
            raw: raw.to_owned(),
            kind,
            start: None,
            end: None,
            granularity: None,
            recurrence: None,
            schedule_ref: None,
            continuous: false,
            bounds_inferred: false,
            dates: Vec::new(),
            relative: None,
            note: None,
        }
    }

    /// «До `end`», by the day.
    #[must_use]
    pub fn by_date(raw: &str, end: Date) -> Self {
        Self { end: Some(end), granularity: Some(Granularity::Day), ..Self::new(raw, DeadlineKind::ByDate) }
    }

    /// The semester in which it falls due (`domain.md` §5: by the end of the deadline; a continuous
    /// one runs through both; one without dates waits for its schedule).
    #[must_use]
    pub fn due_semester(&self, year: SchoolYear) -> DueSemester {
        let endless = matches!(self.kind, DeadlineKind::Continuous | DeadlineKind::Recurring);
        match self.end {
            _ if self.continuous || endless => DueSemester::Both,
            Some(end) if end < year.second_semester_start() => DueSemester::H1,
            Some(_) => DueSemester::H2,
            None => DueSemester::BySchedule,
        }
    }
}

/// In which semester of its school year a row falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DueSemester {
    /// 1 September to 31 December.
    H1,
    /// 1 January to 31 August.
    H2,
    /// Goes on through both semesters.
    #[serde(rename = "H1+H2")]
    Both,
    /// No date until another document sets one.
    #[serde(rename = "by_schedule")]
    BySchedule,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn year() -> SchoolYear {
        "2022-2023".parse().unwrap()
    }

    #[test]
    fn the_semester_is_that_of_the_last_day() {
        let due = |day| Deadline::by_date("", day).due_semester(year());
        assert_eq!(due(date(2022, 12, 31)), DueSemester::H1);
        assert_eq!(due(date(2023, 1, 1)), DueSemester::H2);
        let open = Deadline::new("По отдельному графику", DeadlineKind::BySchedule);
        assert_eq!(open.due_semester(year()), DueSemester::BySchedule);
        let both = Deadline { continuous: true, ..open };
        assert_eq!(both.due_semester(year()), DueSemester::Both);
    }

    #[test]
    fn a_deadline_reads_back_as_written() {
        let written = Deadline::by_date("До 26.09.2022", date(2022, 9, 26));
        let json = serde_json::to_value(&written).unwrap();
        assert_eq!(json["kind"], "by_date");
        assert_eq!(json["end"], "2022-09-26");
        assert!(json["start"].is_null() && json["recurrence"].is_null());
        assert_eq!(serde_json::from_value::<Deadline>(json).unwrap(), written);
    }
}
