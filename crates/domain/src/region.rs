//! What differs from region to region: zone, calendar, rules. Data, versioned by events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{WeekendRule, WorkCalendar};
use crate::id::RegionCode;
use crate::period::SchoolYearPeriods;

/// Which of the two clocks decides timeliness (`workflow.md` 0.4: both figures exist).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelinessBasis {
    /// The local day on which the act happened, as its actor says.
    #[default]
    Occurred,
    /// The local day on which the log took the act.
    Recorded,
}

/// Days for which a bulk command can be undone where a region says nothing.
const UNDO_DAYS: u16 = 7;

impl RegionRules {
    /// Days for which a bulk command can be undone.
    #[must_use]
    pub fn undo_days(&self) -> u16 {
        UNDO_DAYS
    }
}

/// The rules of one region, as the event `region.configured` carries them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegionRules {
    /// The region.
    pub region: RegionCode,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// IANA zone in which its days begin and end (`Asia/Vladivostok`).
    pub zone: String,
    /// What a deadline on a day without work means.
    pub weekend_rule: WeekendRule,
    /// Which clock decides timeliness.
    #[serde(default)]
    pub timeliness_basis: TimelinessBasis,
    /// Days before a deadline from which an obligation is "due soon".
    pub due_soon_days: u16,
    /// Cap of the lateness of one obligation in I03, days.
    pub lateness_cap_days: u16,
    /// Working days for the rework of a returned report when the return names no day.
    pub rework_working_days: u16,
    /// Days back from today that an act may be claimed without a second person; no limit without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backdate_days: Option<u16>,
    /// The work calendar.
    pub calendar: WorkCalendar,
    /// The school years and their semesters.
    pub school_years: Vec<SchoolYearPeriods>,
}
