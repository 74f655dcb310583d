//! Acts that rows ask for, and the facts that accompany them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FreeText;
use crate::id::{ItemCode, OrgCode, PersonCode};
use crate::obligation::Score;

details! {
    /// `order.issued` (1.1): the ministry's order.
    OrderIssued {
        /// Registration number.
        number: String,
        /// Its date.
        #[schemars(with = "String")] date: Date,
        /// Its title.
        title: String,
        /// Who signed.
        signatory: PersonCode,
        /// What it is for.
        purpose: OrderPurpose,
    }
    /// `order.sent` (9.1, 13.1, 16.1, 18.1): the order reached the school.
    OrderSent {
        /// Number of the order.
        number: String,
        /// Date of the order.
        #[schemars(with = "String")] date: Date,
        /// How it went.
        channel: Channel,
    }
    /// `partner.assigned` (2.1, 3.1): a partner was assigned to the school.
    PartnerAssigned {
        /// The partner, by code.
        partner: OrgCode,
        /// What the partner is for the school.
        kind: PartnerKind,
        /// First day of the partnership.
        #[schemars(with = "String")] valid_from: Date,
        /// Last day, where one is agreed.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] valid_to: Option<Date>,
    }
    /// `direction_plan.sent` (4.1): the plan of measures for one cluster direction.
    DirectionPlanSent {
        /// The direction.
        direction: Direction,
        /// The document.
        document: String,
    }
    /// `letter.sent` (5.1): one of the methodical letters.
    LetterSent {
        /// Which letter, from 1.
        letter_no: u8,
        /// The document.
        document: String,
    }
    /// `site_link.published` (6.1): the branded link stands on the school's site.
    SiteLinkPublished {
        /// The link.
        url: String,
    }
    /// `news.published` (6.2): project news of one month.
    NewsPublished {
        /// Where it stands.
        url: String,
        /// Its title.
        title: String,
        /// The day on which it was published.
        #[schemars(with = "String")] published_on: Date,
    }
    /// `programme.published` (7.1): a model programme for one kind and direction.
    ProgrammePublished {
        /// The programme, by code; one programme counts once.
        programme: String,
        /// Kind of activity.
        kind: ProgrammeKind,
        /// Cluster direction.
        direction: Direction,
        /// On whose site it stands.
        publisher: OrgCode,
        /// Where.
        url: String,
    }
    /// `questionnaire.sent` (8.1, 17.1).
    QuestionnaireSent {
        /// The survey.
        survey: String,
        /// The form.
        form_url: String,
    }
    /// `survey.announced` (8.2, 17.2): pupils and parents were told.
    SurveyAnnounced {
        /// The survey.
        survey: String,
        /// Who was told.
        audiences: BTreeSet<Audience>,
        /// How.
        channels: BTreeSet<Channel>,
    }
    /// `survey.report_sent` (8.3, 17.3).
    SurveyReportSent {
        /// The survey.
        survey: String,
        /// The report.
        report: String,
    }
    /// `document.published_on_site` (8.3p, 9.3p, 17.3p).
    DocumentPublished {
        /// The document.
        document: String,
        /// Where it stands.
        url: String,
    }
    /// `checklist.submitted` (9.2, 13.2, 18.2): a self-diagnosis.
    ChecklistSubmitted {
        /// Version of the checklist; scores compare within one version only.
        checklist: String,
        /// The answers.
        items: Vec<ChecklistItem>,
    }
    /// `analytic_note.sent` (9.3, 13.3, 16.3, 18.3).
    AnalyticNoteSent {
        /// The note.
        note: String,
    }
    /// `meeting.held` (10.1, 14.1, 19.1).
    MeetingHeld {
        /// The meeting.
        meeting: String,
        /// Who chaired.
        chair: PersonCode,
        /// How many took part.
        participants: u32,
    }
    /// `protocol.sent` (10.1, 14.1, 19.1).
    ProtocolSent {
        /// The meeting.
        meeting: String,
        /// What it recommends.
        recommendations: Vec<Recommendation>,
    }
    /// `plan.corrected` (11.1).
    PlanCorrected {
        /// Version of the owner's plan.
        version: u32,
        /// The document.
        document: String,
        /// Where it stands; schools must publish it.
        #[serde(default, skip_serializing_if = "Option::is_none")] url: Option<String>,
    }
    /// `event_report.published` (12.1): a report of joint events.
    EventReportPublished {
        /// The activity, by code, where it was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")] activity: Option<String>,
        /// Title of the event.
        title: String,
        /// Where the report stands.
        url: String,
        /// How many took part.
        participants: u32,
    }
    /// `methodical_day.held` (15.1).
    MethodicalDayHeld {
        /// Which of the plan's days, from 1.
        day_no: u8,
        /// Where.
        place: String,
        /// Which schools took part.
        schools: BTreeSet<OrgCode>,
    }
    /// `site.analysed` (16.2): quantity and quality of a school's materials.
    SiteAnalysed {
        /// How many materials were found.
        materials: u32,
        /// Their quality, in points.
        quality: Score,
    }
    /// `roadmap.developed` (20.1).
    RoadmapDeveloped {
        /// The next school year.
        school_year: String,
        /// The document.
        document: String,
    }
    /// `work_plan.developed` (20.1).
    WorkPlanDeveloped {
        /// The next school year.
        school_year: String,
        /// The document.
        document: String,
    }
    /// `partner.released` (2.1, 3.1): a partnership ended; accompanies `partner.assigned`.
    PartnerReleased {
        /// The partner, by code.
        partner: OrgCode,
        /// What the partner was for the school.
        kind: PartnerKind,
        /// The last day of the partnership.
        #[schemars(with = "String")] released_on: Date,
        /// The document behind it.
        basis: String,
    }
    /// `site_link.verified` (6.1): the link was looked at, and answered.
    SiteLinkVerified {
        /// The link.
        url: String,
        /// When.
        #[schemars(with = "String")] checked_at: Timestamp,
        /// The HTTP status that came back.
        http_status: u16,
    }
    /// `site_link.lost` (6.1): the link was looked at, and did not answer.
    SiteLinkLost {
        /// The link.
        url: String,
        /// When.
        #[schemars(with = "String")] checked_at: Timestamp,
        /// The HTTP status that came back; none where nobody answered.
        #[serde(default, skip_serializing_if = "Option::is_none")] http_status: Option<u16>,
    }
    /// `survey.responses_counted` (8, 17): how many of one audience of a school answered. Counts only: the
    /// survey is anonymous.
    ResponsesCounted {
        /// The survey.
        survey: String,
        /// Who was asked.
        audience: Audience,
        /// How many could answer.
        eligible: u32,
        /// How many did; never more.
        responded: u32,
        /// The day of the count.
        #[schemars(with = "String")] counted_on: Date,
    }
    /// `survey.closed` (8, 17): nobody can answer any more.
    SurveyClosed {
        /// The survey.
        survey: String,
        /// The last day.
        #[schemars(with = "String")] closed_on: Date,
    }
    /// `recommendation.closed` (10.1, 14.1, 19.1): what a protocol recommended was done.
    RecommendationClosed {
        /// The recommendation, as its protocol names it.
        recommendation: ItemCode,
        /// Event id of the act that closed it, where it is in the log.
        #[serde(default, skip_serializing_if = "Option::is_none")] by_event: Option<String>,
    }
    /// `activity.held` (12.1): a joint event took place.
    ActivityHeld {
        /// The activity, by code.
        activity: String,
        /// Its title.
        title: String,
        /// Its cluster direction, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")] direction: Option<Direction>,
        /// The partners that took part.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")] partners: BTreeSet<OrgCode>,
        /// How many took part.
        participants: u32,
    }
    /// `methodical_day.cancelled` (15.1): the day does not take place; its obligation waits for another date.
    MethodicalDayCancelled {
        /// Which of the plan's days, from 1.
        day_no: u8,
        /// Why.
        reason: FreeText,
    }
    /// One line of a checklist.
    ChecklistItem {
        /// The item.
        item: ItemCode,
        /// Points reached.
        points: u32,
        /// Points that could be reached.
        max: u32,
    }
    /// One recommendation of a protocol.
    Recommendation {
        /// Names it within its protocol.
        id: ItemCode,
        /// What is recommended.
        text: FreeText,
        /// By when, where the protocol says so.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] due: Option<Date>,
    }
}

words! {
    /// The cluster directions of row 4.1.
    Direction { Agro, Pedagogical, Technological, NaturalScience }
    /// The kinds of partners of rows 2.1 and 3.1.
    PartnerKind { Industrial, Academic, Business }
    /// The kinds of programmes of row 7.1.
    ProgrammeKind { Outside, Extracurricular, Additional, Facultative, Elective }
    /// Whom a survey asks.
    Audience { Pupils, Parents }
    /// How something was sent or told.
    Channel { Email, Edms, Site, Messenger, Meeting, Paper }
    /// What an order is for.
    OrderPurpose { ProjectList, Monitoring }
}

/// Sums the answers of a checklist.
#[must_use]
pub fn score_of(items: &[ChecklistItem]) -> Score {
    items.iter().fold(Score { points: 0, max: 0 }, |sum, item| Score {
        points: sum.points.saturating_add(item.points),
        max: sum.max.saturating_add(item.max),
    })
}

impl Direction {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 4] = [Self::Agro, Self::Pedagogical, Self::Technological, Self::NaturalScience];

    /// Its bit where directions stand together in one number.
    #[must_use]
    pub fn bit(self) -> u8 {
        match self {
            Self::Agro => 1,
            Self::Pedagogical => 2,
            Self::Technological => 4,
            Self::NaturalScience => 8,
        }
    }

    /// Its code: in events, items and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agro => "agro",
            Self::Pedagogical => "pedagogical",
            Self::Technological => "technological",
            Self::NaturalScience => "natural-science",
        }
    }
}
