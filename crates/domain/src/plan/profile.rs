//! What a plan document does not say about its rows: data of the profile, not of the code.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::month::Month;
use crate::id::{ItemCode, OrgCode, PersonCode, RowNo};

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// приказ.
    Order,
    /// перечень партнёров.
    PartnerList,
    /// план мероприятий.
    Plan,
    /// письмо.
    Letter,
    /// ссылка на сайте.
    SiteLink,
    /// новость на сайте.
    News,
    /// программа.
    Programme,
    /// анкета.
    Questionnaire,
    /// информирование.
    Announcement,
    /// отчёт.
    Report,
    /// чек-лист.
    Checklist,
    /// аналитическая справка.
    AnalyticNote,
    /// протокол.
    Protocol,
    /// скорректированный план.
    CorrectedPlan,
    /// отчёт о мероприятии.
    EventReport,
    /// методический день.
    MethodicalDay,
    /// анализ сайтов.
    SiteAnalysis,
    /// дорожная карта.
    Roadmap,
    /// размещение на сайте.
    Publication,
    /// план работы.
    WorkPlan,
    /// совещание.
    Meeting,
}

/// What a submitter must give with a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceField {
    /// The number of a document.
    Number,
    /// The date of a document.
    Date,
    /// The title of a document.
    Title,
    /// A page on a site.
    Url,
    /// A partner's name and the basis of the assignment.
    Partner,
    /// Points of a checklist or an analysis.
    Score,
    /// The audiences reached.
    Audience,
    /// Recommendations of a protocol.
    Recommendations,
}

/// The period whose results a row measures, which need not be the one in which it is due.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub enum MeasuredPeriod {
    /// The input monitoring.
    T0,
    /// The first semester.
    H1,
    /// The second semester.
    H2,
    /// The school year.
    Y,
    /// Something else, by its code (`survey_awareness_2022_10`).
    Other(String),
}

impl From<String> for MeasuredPeriod {
    fn from(raw: String) -> Self {
        match raw.as_str() {
            "T0" => Self::T0,
            "H1" => Self::H1,
            "H2" => Self::H2,
            "Y" => Self::Y,
            _ => Self::Other(raw),
        }
    }
}

impl From<MeasuredPeriod> for String {
    fn from(period: MeasuredPeriod) -> Self {
        period.to_string()
    }
}

impl fmt::Display for MeasuredPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::T0 => "T0",
            Self::H1 => "H1",
            Self::H2 => "H2",
            Self::Y => "Y",
            Self::Other(code) => code,
        })
    }
}

/// A countable target of a row, for display (`domain.md` §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// What is counted (`letter`).
    pub what: String,
    /// Exactly so many, where the plan says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u16>,
    /// At least so many, where the plan says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u16>,
    /// For each of these (`school`, `kind×direction`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What the document does not say about a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowProfile {
    /// The result in English; empty where not known.
    #[serde(default)]
    pub result_en: String,
    /// What proves the row.
    pub evidence_kind: EvidenceKind,
    /// Whose obligations the row makes: at least one share, no two with the same
    /// (row, owner, item).
    pub shares: Vec<Share>,
    /// Rows that should be done first; soft (`domain.md` §4).
    #[serde(default)]
    pub depends_on: Vec<RowNo>,
    /// The period that it measures.
    #[serde(default)]
    pub measures: Option<MeasuredPeriod>,
    /// Who chairs the meeting, as a person's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chair: Option<PersonCode>,
    /// Who holds the meeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organiser: Option<OrgCode>,
    /// Codes of organisations or roles that take part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<String>,
    /// Codes of organisations, roles or audiences that receive the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// What is counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
}

/// One family of obligations of a row: the same owner kind, holder, event and due rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// The row in the obligation's id: normally the row itself, `8.3p` for a derived publication.
    pub row: RowNo,
    /// Whose obligations these are.
    pub of: ShareOf,
    /// Who must act.
    pub holder: Holder,
    /// The items, one obligation each.
    #[serde(default)]
    pub items: Items,
    /// Type of the completing event (`letter.sent`).
    pub event: String,
    /// Types of accompanying facts (`order.issued` of 9.1), which complete nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_events: Vec<String>,
    /// Who takes it off control.
    pub acceptance: Acceptance,
    /// When it is due.
    #[serde(default)]
    pub due: DueRule,
    /// Counts in the execution indicators I01 to I03; false for derived publications.
    #[serde(default = "yes")]
    pub in_execution: bool,
    /// What proves it.
    pub evidence_kind: EvidenceKind,
    /// What the submitter must give.
    #[serde(default)]
    pub required: Vec<EvidenceField>,
}

fn yes() -> bool {
    true
}

/// Whose obligations a share makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareOf {
    /// Every participating school has its own.
    Schools,
    /// This authority has them.
    Org(OrgCode),
}

/// Who must act for an obligation to be fulfilled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The head of the school whose obligation it is.
    SchoolHead,
    /// An authority.
    Org(OrgCode),
    /// A person whom the plan names.
    Person(PersonCode),
}

/// The items of a share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Items {
    /// One obligation, item `-`.
    #[default]
    One,
    /// One obligation for each.
    List(Vec<Item>),
    /// One obligation for each calendar month, item `2022-10`.
    Months {
        /// The first month, included.
        first: Month,
        /// The last month, included.
        last: Month,
    },
    /// One obligation for each semester, items `h1` and `h2`.
    Semesters,
}

/// One item of a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Its code within the row.
    pub code: ItemCode,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    #[serde(default)]
    pub name_en: String,
}

/// Who takes an obligation off control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// The completing event does.
    Auto,
    /// A controller does, after looking.
    Controller,
}

/// When the obligations of a share are due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DueRule {
    /// By the deadline of the row.
    #[default]
    Plan,
    /// By the last day of the item's month; only with [`Items::Months`].
    EachMonthEnd,
    /// Unscheduled until a schedule sets the day.
    Scheduled,
    /// So many calendar days after the delivery that another row records.
    AfterDelivery {
        /// The row whose completing event is the delivery.
        row: RowNo,
        /// Calendar days after it.
        days: u16,
    },
    /// By this day.
    On(#[schemars(with = "String")] Date),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_as_the_profile_file_writes_it() {
        let json = serde_json::json!({
            "row": "8.3p", "of": "schools", "holder": "school_head", "items": "one",
            "event": "document.published_on_site", "acceptance": "auto",
            "due": {"after_delivery": {"row": "8.3", "days": 10}},
            "in_execution": false, "evidence_kind": "publication", "required": ["url"]
        });
        let share: Share = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&share).unwrap(), json);
        assert_eq!(share.due, DueRule::AfterDelivery { row: "8.3".parse().unwrap(), days: 10 });
    }

    #[test]
    fn measured_periods_are_plain_words() {
        for raw in ["T0", "H1", "H2", "Y", "survey_awareness_2022_10"] {
            assert_eq!(MeasuredPeriod::from(raw.to_owned()).to_string(), raw);
        }
    }
}
