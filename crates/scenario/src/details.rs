//! What a report says: the details of each event type, and what shows it.

mod events;

use std::collections::BTreeSet;

use domain::expand::Slot;
use domain::id::{ItemCode, OrgCode, RowNo};
use domain::obligation::Score;
use domain::payload::{
    AnalyticNoteSent, Audience, Channel, ChecklistItem, ChecklistSubmitted, Direction, DirectionPlanSent,
    DocumentPublished, Evidence, FreeText, LetterSent, MeetingHeld, NewsPublished, OrderIssued, OrderPurpose,
    OrderSent, PartnerAssigned, PartnerKind, PlanCorrected, ProgrammeKind, ProgrammePublished, ProtocolSent,
    QuestionnaireSent, Recommendation, RoadmapDeveloped, SiteAnalysed, SiteLinkPublished, SurveyAnnounced,
    SurveyReportSent, WorkPlanDeveloped,
};
use jiff::civil::{Date, date};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::checklist::Edition;
use crate::codes::code;
use crate::dice::{Dice, hash, index};
use crate::org::Org;
use crate::people::ministry_code;
use crate::world::World;

/// The attempt of a series' further report is this and its number.
pub(crate) const FURTHER: u32 = 10;

/// A report about to be written.
pub(crate) struct Report<'w> {
    world: &'w World,
    org: Org,
    code: OrgCode,
    /// Number of the slot.
    at: usize,
    slot: &'w Slot,
    event: &'w str,
    on: Date,
    attempt: u32,
    dice: Dice,
}

impl<'w> Report<'w> {
    /// The report of an organisation's slot, done on a day, for the so-manieth time from 0.
    pub(crate) fn new(world: &'w World, org: Org, slot: usize, on: Date, attempt: u32) -> Self {
        let parts = [world.seed_of(org), world.notes_of(org)[slot].seed, 0x02, u64::from(attempt)];
        Self {
            world,
            org,
            code: world.org_code(org),
            at: slot,
            slot: &world.template_of(org).slots[slot],
            event: &world.share_of(org, slot).event,
            on,
            attempt,
            dice: Dice::of(world.luck, &parts),
        }
    }

    /// The details that the row's event type asks for.
    pub(crate) fn details(&mut self) -> Box<RawValue> {
        let document = self.document();
        let url = self.url(&self.slot.row.token());
        match self.event {
            "order.issued" => raw(&self.order_issued()),
            "order.sent" => raw(&self.order_sent()),
            "partner.assigned" => raw(&self.partner()),
            "direction_plan.sent" => {
                raw(&DirectionPlanSent { direction: word(self.item()).unwrap_or(Direction::Agro), document })
            }
            "letter.sent" => raw(&LetterSent { letter_no: self.item().parse().unwrap_or(1), document }),
            "site_link.published" => raw(&SiteLinkPublished { url: self.url("cluster") }),
            "news.published" => raw(&self.news()),
            "programme.published" => raw(&self.programme()),
            "questionnaire.sent" => raw(&QuestionnaireSent {
                survey: self.survey(),
                form_url: format!("https://forms.example/{}", self.survey()),
            }),
            "survey.announced" => raw(&self.announced()),
            "survey.report_sent" => raw(&SurveyReportSent { survey: self.survey(), report: document }),
            "document.published_on_site" => raw(&DocumentPublished { document, url }),
            "checklist.submitted" => {
                let checklist = self.world.checklist(Edition::of(self.slot.measures)).to_string();
                raw(&ChecklistSubmitted { checklist, items: self.checklist() })
            }
            "analytic_note.sent" => raw(&AnalyticNoteSent { note: document }),
            "meeting.held" => raw(&self.meeting()),
            "protocol.sent" => raw(&self.protocol()),
            "plan.corrected" => raw(&PlanCorrected { version: 2 + self.attempt, document, url: Some(url) }),
            "event_report.published" => raw(&self.event_report()),
            "methodical_day.held" => raw(&self.methodical_day()),
            "site.analysed" => raw(&self.site()),
            "roadmap.developed" => raw(&RoadmapDeveloped { school_year: self.next_year(), document }),
            "work_plan.developed" => raw(&WorkPlanDeveloped { school_year: self.next_year(), document }),
            _ => raw(&serde_json::json!({})),
        }
    }

    /// What shows it; nothing where a school gives nothing.
    pub(crate) fn evidence(&mut self) -> Vec<Evidence> {
        if self.world.is_bare(self.org, self.at, self.attempt) { Vec::new() } else { vec![self.shown()] }
    }

    /// One piece that shows it.
    pub(crate) fn shown(&mut self) -> Evidence {
        let kind = self.world.expansion.shares[self.slot.share].1.evidence_kind;
        let kind = match serde_json::to_value(kind) {
            Ok(serde_json::Value::String(kind)) => kind,
            _ => String::new(),
        };
        let number = self.dice.chance(600).then(|| format!("{}-{}", 10 + self.dice.below(900), self.slot.row));
        let sha256 = self.dice.chance(150).then(|| {
            let mut part = || self.dice.bits();
            format!("{:016x}{:016x}{:016x}{:016x}", part(), part(), part(), part())
        });
        Evidence { kind, date: number.is_some().then_some(self.on), number, url: None, sha256 }
    }

    /// The answers of a checklist.
    pub(crate) fn checklist(&mut self) -> Vec<ChecklistItem> {
        self.world.answers(self.org, self.slot.measures, self.attempt, &mut self.dice)
    }

    /// The right answers where those of an attempt were wrong: a few items differ by a point.
    pub(crate) fn checklist_again(world: &World, org: Org, slot: usize, on: Date, attempt: u32) -> Vec<ChecklistItem> {
        let mut report = Report::new(world, org, slot, on, attempt);
        // The details of a report are thrown before anything else, so these are the answers it gave.
        let mut items = report.checklist();
        for _ in 0..=report.dice.below(3) {
            let at = report.below(items.len());
            let one = &mut items[at];
            one.points = if one.points == one.max { one.points - 1 } else { one.points + 1 };
        }
        items
    }

    /// The school year that the last rows plan.
    fn next_year(&self) -> String {
        let next = self.world.plan.school_year.second_year();
        format!("{next}-{}", next + 1)
    }

    /// The last day of a partnership for two years: the end of the next school year.
    fn until(&self) -> Date {
        date(self.world.plan.school_year.second_year() + 1, 8, 31)
    }

    fn item(&self) -> &str {
        self.slot.item.as_str()
    }

    fn row(&self) -> &RowNo {
        &self.slot.row
    }

    /// A document of the row, by code.
    fn document(&self) -> String {
        let item = if self.slot.item == ItemCode::none() { "" } else { self.item() };
        format!("doc-{}{}{item}", self.row(), if item.is_empty() { "" } else { "-" })
    }

    /// A page of the organisation.
    pub(crate) fn url(&self, page: &str) -> String {
        let page = match self.attempt {
            0 => page.to_owned(),
            attempt if attempt >= FURTHER => format!("{page}-n{}", attempt - FURTHER),
            attempt => format!("{page}-{}", attempt + 1),
        };
        format!("https://{}.example/{page}", self.code)
    }

    /// The survey of the row.
    pub(crate) fn survey(&self) -> String {
        let activity = self.row().sort_key().0;
        format!("survey-{activity}-{}", if self.on.month() >= 9 { "autumn" } else { "spring" })
    }

    /// The number of the order that opens a row's monitoring: one for the whole municipality.
    fn order_number(&self) -> String {
        let mut common = Dice::of(self.world.luck, &[hash(self.row().as_str()), self.common_seed(), 0x21]);
        format!("{}-а", 120 + common.below(1200))
    }

    fn common_seed(&self) -> u64 {
        match self.org {
            Org::School(at) => self.world.municipalities[self.world.dealing(at, self.at)].seed,
            other => self.world.seed_of(other),
        }
    }

    fn order_issued(&self) -> OrderIssued {
        let region = self.world.region_of(self.org);
        OrderIssued {
            number: if self.world.nth == 0 && region.is_home() { "1064-а".to_owned() } else { self.order_number() },
            date: self.on,
            title: "Об утверждении списков участников проекта и координаторов".to_owned(),
            signatory: code(&ministry_code(region)),
            purpose: OrderPurpose::ProjectList,
        }
    }

    fn order_sent(&mut self) -> OrderSent {
        let channel = *self.dice.pick(&[Channel::Edms, Channel::Edms, Channel::Email]);
        OrderSent { number: self.order_number(), date: self.on, channel }
    }

    /// The partner that it assigns.
    pub(crate) fn partner(&mut self) -> PartnerAssigned {
        let kind = word(self.item()).unwrap_or(PartnerKind::Business);
        let home: &[&str] = match kind {
            PartnerKind::Academic => &["dvfu", "vvgu", "primorskaya-gsha", "kolledzh-agrarny"],
            PartnerKind::Industrial => &["zvezda", "agrokholding-primorye", "portovy-terminal", "energoset"],
            PartnerKind::Business => &["torgovy-dom-granitsa", "fermerskoye-khozyaystvo", "bank-razvitiya"],
        };
        let region = self.world.region_of(self.org);
        let at = self.dice.below(4);
        let partner = if region.is_home() {
            (*home.get(index(at)).unwrap_or(&home[0])).to_owned()
        } else {
            format!("{}-{}-{}", region.code, self.item(), at + 1)
        };
        let until = Some(self.until()).filter(|_| self.dice.chance(300));
        PartnerAssigned { partner: code(&partner), kind, valid_from: self.on, valid_to: until }
    }

    fn news(&mut self) -> NewsPublished {
        NewsPublished {
            url: self.url(&format!("news/{}", self.item())),
            title: self.dice.pick(&self.world.places.words.news).clone(),
            published_on: self.on,
        }
    }

    fn programme(&self) -> ProgrammePublished {
        let (kind, direction) = self.item().split_once('-').unwrap_or((self.item(), ""));
        ProgrammePublished {
            programme: format!("programme-{}", self.item()),
            kind: word(kind).unwrap_or(ProgrammeKind::Elective),
            direction: word(direction).unwrap_or(Direction::Agro),
            publisher: self.code.clone(),
            url: self.url(&format!("programmes/{}", self.item())),
        }
    }

    fn announced(&mut self) -> SurveyAnnounced {
        let all = [Channel::Site, Channel::Messenger, Channel::Meeting, Channel::Email];
        let mut channels: BTreeSet<Channel> = all.into_iter().filter(|_| self.dice.chance(450)).collect();
        channels.insert(Channel::Site);
        SurveyAnnounced { survey: self.survey(), audiences: [Audience::Pupils, Audience::Parents].into(), channels }
    }

    fn meeting(&mut self) -> MeetingHeld {
        MeetingHeld {
            meeting: format!("meeting-{}", self.row()),
            chair: code(&ministry_code(self.world.region_of(self.org))),
            participants: 12 + self.dice.below(60),
        }
    }

    fn protocol(&mut self) -> ProtocolSent {
        let texts = &self.world.places.words.recommendations;
        let municipality = self.world.dealing_with(self.org, self.at);
        let given = (1..).zip(self.world.recommended(municipality, self.at));
        let recommendations = given
            .map(|(number, due)| Recommendation {
                id: recommendation(number),
                text: FreeText(self.dice.pick(texts).clone()),
                due: due.map(|day| self.world.days.date(day)),
            })
            .collect();
        ProtocolSent { meeting: format!("meeting-{}", self.row()), recommendations }
    }

    fn site(&mut self) -> SiteAnalysed {
        let level = match self.org {
            Org::School(at) => self.world.schools[at].level,
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => 600,
        };
        let level = u32::try_from(level + 100).unwrap_or(600);
        let points = (0..30).filter(|_| self.dice.chance(level)).count();
        let quality = Score { points: u32::try_from(points).unwrap_or(0), max: 30 };
        SiteAnalysed { materials: level / 60 + self.dice.below(12), quality }
    }

    fn below(&mut self, bound: usize) -> usize {
        index(self.dice.below(u32::try_from(bound).unwrap_or(u32::MAX)))
    }
}

impl World {
    /// Whether the report of a slot comes with nothing that shows it.
    pub(crate) fn is_bare(&self, org: Org, slot: usize, attempt: u32) -> bool {
        let permille = match org {
            Org::School(at) => self.schools[at].character.habits().bare,
            Org::Authority(_) | Org::Municipality(_) | Org::Region(_) => 10,
        };
        let parts = [self.seed_of(org), self.notes_of(org)[slot].seed, 0xba, u64::from(attempt)];
        Dice::of(self.luck, &parts).chance(permille)
    }
}

/// The so-manieth recommendation of a protocol.
pub(crate) fn recommendation(number: u8) -> ItemCode {
    code(&format!("r{number}"))
}

/// Plain data as JSON.
pub(crate) fn raw(details: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(details).expect("details are plain data, which JSON can hold")
}

/// A word of the contract: `natural-science`.
fn word<T: DeserializeOwned>(raw: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(raw.to_owned())).ok()
}
