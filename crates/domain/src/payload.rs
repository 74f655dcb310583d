//! What each event says: one typed payload per type of the catalogue (`domain.md` 7).
//!
//! These shapes are frozen once released: a change is a new type (`letter.sent.v2`) and an upcaster.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ItemCode, MunicipalityCode, OrgCode, PersonCode, PlanCode, RegionCode, Seq};
use crate::obligation::Score;
use crate::plan::Plan;
use crate::region::RegionRules;

/// Text written by a person. A type of its own, so that it can be sealed and forgotten one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FreeText(pub String);

/// What shows that an act happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Kind, as the row's profile names it: `order`, `letter`, `checklist`, …
    pub kind: String,
    /// Registration number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Date of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub date: Option<Date>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// SHA-256 of the file, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// An act on an obligation: what happened, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fact<T> {
    /// What happened, by type.
    pub details: T,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// A remark of the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<FreeText>,
}

macro_rules! details {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$fdoc:meta])* $field:ident : $ty:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
            pub struct $name { $( $(#[$fdoc])* pub $field: $ty, )* }
        )*
    };
}

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
    }
}

macro_rules! words {
    ($( $(#[$doc:meta])* $name:ident { $( $variant:ident ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "kebab-case")]
            #[expect(missing_docs, reason = "the variants are the words of the contract")]
            pub enum $name { $( $variant ),* }
        )*
    };
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

details! {
    /// `log.opened`: the first event of every log.
    LogOpened {
        /// Names this log; a restored log gets another (`architecture.md` 17).
        epoch: String,
        /// Version of the event schema.
        schema: u16,
    }
    /// `region.configured`: the rules of a region from here on.
    RegionConfigured {
        /// The rules.
        rules: RegionRules,
    }
    /// `org.registered`: a school or authority entered the registry.
    OrgRegistered {
        /// Its code.
        code: OrgCode,
        /// What it is.
        kind: OrgKind,
        /// Its name in Russian.
        name_ru: String,
        /// Its name in English.
        name_en: String,
        /// Its region.
        region: RegionCode,
        /// Its municipality; authorities of a whole region have none.
        #[serde(default, skip_serializing_if = "Option::is_none")] municipality: Option<MunicipalityRef>,
    }
    /// The municipality of an organisation.
    MunicipalityRef {
        /// Its code.
        code: MunicipalityCode,
        /// Its name in Russian.
        name_ru: String,
        /// Its name in English.
        name_en: String,
    }
    /// `plan.imported`: a plan document was read, with its profile.
    PlanImported {
        /// The plan.
        plan: Plan,
    }
    /// `plan.activated`: a plan became obligations of these schools and authorities.
    PlanActivated {
        /// The plan.
        plan: PlanCode,
        /// The region that activates it.
        region: RegionCode,
        /// The participating schools.
        schools: Vec<OrgCode>,
        /// Which code of the plan each authority stands for here: `mo-pk` may be another region's ministry.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] authorities: Vec<AuthorityRef>,
        /// The order behind it.
        basis: String,
        /// Version of the expansion in code.
        expander: u16,
        /// How many obligations it made.
        count: u32,
        /// SHA-256 over the sorted obligation ids, hexadecimal.
        sha256: String,
    }
    /// Who plays an authority of the plan in one region.
    AuthorityRef {
        /// The authority as the plan's profile names it.
        role: OrgCode,
        /// The organisation of this region.
        org: OrgCode,
    }
    /// `report.accepted`.
    ReportAccepted {
        /// Event id of the report.
        report: String,
        /// A remark of the controller.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
    }
    /// `report.returned`.
    ReportReturned {
        /// Event id of the report.
        report: String,
        /// Why.
        reason: ReturnReason,
        /// What to mend.
        #[serde(default, skip_serializing_if = "Option::is_none")] comment: Option<FreeText>,
        /// Last day of the rework.
        #[schemars(with = "String")] rework_due: Date,
    }
    /// `excuse.granted`.
    ExcuseGranted {
        /// Why.
        reason: ExcuseReason,
        /// The document behind it.
        basis: String,
    }
    /// `schedule.set`: a row without a date got one (12.1, 15.1).
    ScheduleSet {
        /// The last day.
        #[schemars(with = "String")] due: Date,
        /// The schedule behind it.
        basis: String,
    }
    /// `deadline.moved`: by the issuer only.
    DeadlineMoved {
        /// The new last day.
        #[schemars(with = "String")] due: Date,
        /// The document behind it.
        basis: String,
    }
    /// `fact.corrected`: the content of a fact was wrong.
    FactCorrected {
        /// Position of the fact.
        target: Seq,
        /// Event id of the fact.
        target_id: String,
        /// The right day, where that was wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")] #[schemars(with = "Option<String>")] occurred_on: Option<Date>,
        /// The right answers, where a checklist was wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")] items: Option<Vec<ChecklistItem>>,
        /// Why.
        reason: FreeText,
    }
    /// `fact.retracted`: the fact never happened.
    FactRetracted {
        /// Position of the fact.
        target: Seq,
        /// Event id of the fact.
        target_id: String,
        /// Why.
        reason: FreeText,
    }
    /// `import.opened` and `import.closed`: between them an importer may claim earlier times.
    ImportMark {
        /// The earlier system.
        source: String,
    }
}

words! {
    /// What an organisation is.
    OrgKind { School, Authority }
    /// Why a report was returned.
    ReturnReason { Incomplete, Unreadable, WrongDocument, Contradiction }
    /// Why an obligation was excused.
    ExcuseReason { Quarantine, Emergency, Renovation, NotApplicable }
}

impl OrgKind {
    /// The kind's name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::Authority => "authority",
        }
    }
}

/// Sums the answers of a checklist.
#[must_use]
pub fn score_of(items: &[ChecklistItem]) -> Score {
    items.iter().fold(Score { points: 0, max: 0 }, |sum, item| Score {
        points: sum.points.saturating_add(item.points),
        max: sum.max.saturating_add(item.max),
    })
}
