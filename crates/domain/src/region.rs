//! What differs from region to region: zone, calendar, rules. Data, versioned by events.

use jiff::civil::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{DefaultTerms, WeekendRule, WorkCalendar};
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

/// Working days of a controller for a decision, where a region does not say otherwise.
const ACCEPTANCE_WORKING_DAYS: u16 = 5;

/// Days within which an act can be taken back, where a region does not say otherwise.
const UNDO_DAYS: u16 = 7;

/// The rules of one region, as the event `region.configured` carries them. What came after the first release
/// is left out of the event where it is the standard, so that stored events are written back as they were.
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
    /// Local time from which an instant belongs to the next day, where a day ends with office hours; otherwise
    /// it ends at 24:00.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub cut_off: Option<Time>,
    /// Days that an act may be claimed back by one person alone; without it, any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backdate_days: Option<u16>,
    /// Working days of a controller for a decision on a report.
    #[serde(default = "acceptance_working_days", skip_serializing_if = "is_standard_acceptance")]
    pub acceptance_working_days: u16,
    /// Days within which an act can be taken back.
    #[serde(default = "undo_days", skip_serializing_if = "is_standard_undo")]
    pub undo_days: u16,
    /// Terms of wordings that name no day.
    #[serde(default, skip_serializing_if = "DefaultTerms::is_standard")]
    pub terms: DefaultTerms,
    /// The work calendar.
    pub calendar: WorkCalendar,
    /// The school years and their semesters.
    pub school_years: Vec<SchoolYearPeriods>,
}

impl RegionRules {
    /// The standard rules: no holidays, no school years and, for its names, its code.
    #[must_use]
    pub fn standard(region: RegionCode, zone: &str) -> Self {
        Self {
            name_ru: region.to_string(),
            name_en: region.to_string(),
            region,
            zone: zone.to_owned(),
            weekend_rule: WeekendRule::default(),
            timeliness_basis: TimelinessBasis::default(),
            due_soon_days: 5,
            lateness_cap_days: 60,
            rework_working_days: 3,
            cut_off: None,
            backdate_days: None,
            acceptance_working_days: ACCEPTANCE_WORKING_DAYS,
            undo_days: UNDO_DAYS,
            terms: DefaultTerms::default(),
            calendar: WorkCalendar::default(),
            school_years: Vec::new(),
        }
    }
}

fn acceptance_working_days() -> u16 {
    ACCEPTANCE_WORKING_DAYS
}

fn undo_days() -> u16 {
    UNDO_DAYS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_standard_acceptance(days: &u16) -> bool {
    *days == ACCEPTANCE_WORKING_DAYS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_standard_undo(days: &u16) -> bool {
    *days == UNDO_DAYS
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use serde_json::{Value, json};

    use super::*;

    fn stored() -> Value {
        let golden = include_str!("../../../tests/golden/region.configured.v1.json");
        let event: Value = serde_json::from_str(golden).unwrap();
        event["data"]["rules"].clone()
    }

    #[test]
    fn stored_rules_get_the_standard_and_are_written_back_as_they_were() {
        let rules: RegionRules = serde_json::from_value(stored()).unwrap();
        assert_eq!((rules.cut_off, rules.backdate_days), (None, None));
        assert_eq!((rules.acceptance_working_days, rules.undo_days), (5, 7));
        assert_eq!(rules.terms, DefaultTerms::default());
        assert_eq!(serde_json::to_value(&rules).unwrap(), stored());
    }

    #[test]
    fn what_a_region_sets_is_read_and_written() {
        let mut set = stored();
        set["cut_off"] = json!("18:00:00");
        set["backdate_days"] = json!(0);
        set["acceptance_working_days"] = json!(3);
        set["undo_days"] = json!(1);
        set["terms"] = json!({
            "undated_months": 2, "urgent_days": 1, "operative_days": 5, "monthly_day": 5, "continuous": "02-01",
        });
        let rules: RegionRules = serde_json::from_value(set.clone()).unwrap();
        assert_eq!((rules.cut_off, rules.backdate_days), (Some(time(18, 0, 0, 0)), Some(0)));
        assert_eq!(serde_json::to_value(&rules).unwrap(), set);
        set["cut_off"] = json!("18:00");
        assert_eq!(serde_json::from_value::<RegionRules>(set).unwrap(), rules);
    }
}
