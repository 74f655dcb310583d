//! What a row means where no profile says it: a guess, told as an anomaly.

use domain::deadline::{Deadline, DeadlineKind, Every};
use domain::id::{OrgCode, RowNo};
use domain::plan::{
    Acceptance, DueRule, EvidenceField, EvidenceKind, Holder, Items, Month, Responsible, ResponsibleType, RowProfile,
    Share, ShareOf,
};

use crate::names::Phrase;

/// Code of the role that stands for one holder a school.
pub(crate) const SCHOOL_HEADS: &str = "school-heads";

/// Phrases that mean school heads and schools in every plan.
pub(crate) fn phrases() -> Vec<Phrase> {
    let role = |words: &str, code: &str| Phrase { words: words.into(), kind: ResponsibleType::Role, code: code.into() };
    vec![
        role("Руководители ОО", SCHOOL_HEADS),
        role("Руководители общеобразовательных организаций", SCHOOL_HEADS),
        role("Руководители школ", SCHOOL_HEADS),
        role("Директора ОО", SCHOOL_HEADS),
        role("Директора школ", SCHOOL_HEADS),
        role("ОО", "schools"),
    ]
}

/// Words of a result, all of which must be there, with what then proves it; the first that fits.
const EVIDENCE: [(&[&str], EvidenceKind); 26] = [
    (&["приказ"], EvidenceKind::Order),
    (&["протокол"], EvidenceKind::Protocol),
    (&["справк"], EvidenceKind::AnalyticNote),
    (&["анкет"], EvidenceKind::Questionnaire),
    (&["самодиагностик"], EvidenceKind::Checklist),
    (&["чек-"], EvidenceKind::Checklist),
    (&["информирован"], EvidenceKind::Announcement),
    (&["письм"], EvidenceKind::Letter),
    (&["скорректирован", "план"], EvidenceKind::CorrectedPlan),
    (&["дорожн", "карт"], EvidenceKind::Roadmap),
    (&["отчет", "мероприят"], EvidenceKind::EventReport),
    (&["отчёт", "мероприят"], EvidenceKind::EventReport),
    (&["отчет"], EvidenceKind::Report),
    (&["отчёт"], EvidenceKind::Report),
    (&["методическ", "дней"], EvidenceKind::MethodicalDay),
    (&["методическ", "день"], EvidenceKind::MethodicalDay),
    (&["партнер"], EvidenceKind::PartnerList),
    (&["партнёр"], EvidenceKind::PartnerList),
    (&["новост"], EvidenceKind::News),
    (&["ссылк"], EvidenceKind::SiteLink),
    (&["программ"], EvidenceKind::Programme),
    (&["анализ"], EvidenceKind::SiteAnalysis),
    (&["планы работ"], EvidenceKind::WorkPlan),
    (&["план"], EvidenceKind::Plan),
    (&["совещан"], EvidenceKind::Meeting),
    (&["размещ"], EvidenceKind::Publication),
];

/// What proves a result, by its words.
pub(crate) fn evidence_kind(result: &str) -> EvidenceKind {
    let text = result.to_lowercase();
    let fits = |words: &&[&str]| words.iter().all(|word| text.contains(word));
    EVIDENCE.iter().find(|(words, _)| fits(words)).map_or(EvidenceKind::Report, |(_, kind)| *kind)
}

/// The event that completes a row of that evidence, and what the submitter must give.
fn event(kind: EvidenceKind, of: &ShareOf) -> (&'static str, Vec<EvidenceField>) {
    use EvidenceField as F;
    match kind {
        EvidenceKind::Order if matches!(of, ShareOf::Org(_)) => ("order.issued", vec![F::Number, F::Date]),
        EvidenceKind::Order => ("order.sent", vec![F::Number, F::Date]),
        EvidenceKind::PartnerList => ("partner.assigned", vec![F::Partner]),
        EvidenceKind::Plan => ("direction_plan.sent", vec![F::Title]),
        EvidenceKind::Letter => ("letter.sent", vec![F::Title]),
        EvidenceKind::SiteLink => ("site_link.published", vec![F::Url]),
        EvidenceKind::News => ("news.published", vec![F::Title, F::Date, F::Url]),
        EvidenceKind::Programme => ("programme.published", vec![F::Title, F::Url]),
        EvidenceKind::Questionnaire => ("questionnaire.sent", vec![F::Url]),
        EvidenceKind::Announcement => ("survey.announced", vec![F::Audience]),
        EvidenceKind::Report => ("survey.report_sent", vec![F::Title]),
        EvidenceKind::Checklist => ("checklist.submitted", vec![F::Score]),
        EvidenceKind::AnalyticNote => ("analytic_note.sent", vec![F::Title]),
        EvidenceKind::Protocol => ("protocol.sent", vec![F::Recommendations]),
        EvidenceKind::CorrectedPlan => ("plan.corrected", vec![F::Title]),
        EvidenceKind::EventReport => ("event_report.published", vec![F::Title, F::Url]),
        EvidenceKind::MethodicalDay => ("methodical_day.held", vec![F::Date]),
        EvidenceKind::SiteAnalysis => ("site.analysed", vec![F::Score]),
        EvidenceKind::Roadmap => ("roadmap.developed", vec![F::Title]),
        EvidenceKind::Publication => ("document.published_on_site", vec![F::Url]),
        EvidenceKind::WorkPlan => ("work_plan.developed", vec![F::Title]),
        EvidenceKind::Meeting => ("meeting.held", vec![F::Date]),
    }
}

/// A row as one guesses it from the document alone: one share.
pub(crate) fn row_profile(row: &RowNo, result: &str, deadline: &Deadline, responsible: &[Responsible]) -> RowProfile {
    let kind = evidence_kind(result);
    let heads = responsible.iter().any(|one| one.code == SCHOOL_HEADS);
    let org: Option<OrgCode> =
        responsible.iter().find(|r| r.kind == ResponsibleType::Org).and_then(|one| one.code.parse().ok());
    let person = responsible.iter().find(|r| r.kind == ResponsibleType::Person).and_then(|one| one.code.parse().ok());
    let named = result.split(|c: char| !c.is_alphanumeric()).any(|word| word == "ОО");
    let of = match &org {
        Some(org) if !heads && !named => ShareOf::Org(org.clone()),
        _ => ShareOf::Schools,
    };
    let holder = match (org, person) {
        _ if heads => Holder::SchoolHead,
        (Some(org), _) => Holder::Org(org),
        (None, Some(person)) => Holder::Person(person),
        (None, None) => Holder::SchoolHead,
    };
    let controlled = matches!(
        kind,
        EvidenceKind::Checklist | EvidenceKind::Announcement | EvidenceKind::CorrectedPlan | EvidenceKind::WorkPlan
    );
    let acceptance = if controlled && holder == Holder::SchoolHead { Acceptance::Controller } else { Acceptance::Auto };
    let (items, due) = items_and_due(deadline);
    let (event, required) = event(kind, &of);
    let share = Share {
        row: row.clone(),
        of,
        holder,
        items,
        event: event.to_owned(),
        also_events: Vec::new(),
        acceptance,
        due,
        in_execution: true,
        evidence_kind: kind,
        required,
    };
    RowProfile {
        result_en: String::new(),
        evidence_kind: kind,
        shares: vec![share],
        depends_on: Vec::new(),
        measures: None,
        chair: None,
        organiser: None,
        participants: Vec::new(),
        recipients: Vec::new(),
        targets: Vec::new(),
    }
}

fn items_and_due(deadline: &Deadline) -> (Items, DueRule) {
    let monthly = deadline.recurrence.is_some_and(|recurrence| recurrence.every == Every::Month);
    match deadline.kind {
        DeadlineKind::Continuous | DeadlineKind::Recurring if monthly || deadline.recurrence.is_none() => {
            match deadline.start.zip(deadline.end) {
                Some((start, end)) => {
                    (Items::Months { first: Month::of(start), last: Month::of(end) }, DueRule::EachMonthEnd)
                }
                None => (Items::One, DueRule::Scheduled),
            }
        }
        DeadlineKind::ByDate | DeadlineKind::OnDate | DeadlineKind::Window | DeadlineKind::Set => {
            (Items::One, DueRule::Plan)
        }
        DeadlineKind::Continuous
        | DeadlineKind::Recurring
        | DeadlineKind::OpenStart
        | DeadlineKind::BySchedule
        | DeadlineKind::ByRegulation
        | DeadlineKind::Relative
        | DeadlineKind::OnDemand
        | DeadlineKind::Invalid => (Items::One, DueRule::Scheduled),
    }
}
