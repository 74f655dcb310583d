//! A small log in memory, laid out with the real plan.

use domain::actor::Role;
use domain::calendar::WorkCalendar;
use domain::event::{Cause, Claim, CommandId, Data, Entity, Event, EventId, Target};
use domain::expand::{EXPANDER_VERSION, expand};
use domain::id::{ObligationId, OrgCode, Seq};
use domain::payload::{
    ChecklistApproved, FactRetracted, FreeText, LogOpened, MunicipalityRef, OrgKind, OrgRegistered, PlanActivated,
    PlanImported, RegionConfigured, ReportAccepted, ReportReturned, ReturnReason,
};
use domain::period::SchoolYearPeriods;
use domain::plan::Plan;
use domain::region::RegionRules;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use serde_json::value::to_raw_value;

use crate::{Applied, ApplyError, Register, Stored, parse};

pub(super) const SCHOOLS: [&str; 3] = ["pogranichny-s01", "pogranichny-s02", "pogranichny-s03"];
pub(super) const AUTHORITIES: [&str; 5] = ["mo-pk", "pk-iro", "rmc", "rcod", "oo-apmo"];
pub(super) const PLAN: &str = "clusters-2022-2023";

/// A stored event: the broker's time and the bytes.
pub(super) type Bytes = (Timestamp, Vec<u8>);

/// Events in the order of a log, and the register that they lead to.
#[derive(Clone)]
pub(super) struct Log {
    pub(super) register: Register,
    pub(super) events: Vec<Bytes>,
    pub(super) now: Timestamp,
}

pub(super) fn plan() -> Plan {
    let profile = plan_import::Profile::parse(include_str!("../../../scenario/data/plan_2022_2023.profile.json"));
    let text = include_str!("../../../scenario/data/plan_2022_2023.txt");
    plan_import::import(text, Some(&profile.unwrap()), None).unwrap().without_names()
}

pub(super) fn rules() -> RegionRules {
    RegionRules {
        name_ru: "Приморский край".into(),
        name_en: "Primorsky Krai".into(),
        due_soon_days: 7,
        lateness_cap_days: 30,
        calendar: WorkCalendar {
            days_off: [date(2022, 11, 4), date(2023, 5, 1), date(2023, 5, 8), date(2023, 5, 9)].into(),
            ..WorkCalendar::default()
        },
        school_years: vec![SchoolYearPeriods {
            school_year: "2022-2023".parse().unwrap(),
            h1_start: date(2022, 9, 1),
            h1_end: date(2022, 12, 31),
            h2_end: date(2023, 8, 31),
        }],
        ..RegionRules::standard("primorye".parse().unwrap(), "Asia/Vladivostok")
    }
}

pub(super) fn org(code: &str) -> OrgRegistered {
    let school = code.starts_with("pogranichny");
    OrgRegistered {
        code: code.parse().unwrap(),
        kind: if school { OrgKind::School } else { OrgKind::Authority },
        name_ru: format!("«{code}»"),
        name_en: code.to_owned(),
        region: "primorye".parse().unwrap(),
        municipality: school.then(|| MunicipalityRef {
            code: "pogranichny".parse().unwrap(),
            name_ru: "Пограничный".into(),
            name_en: "Pogranichny".into(),
        }),
    }
}

pub(super) fn activation(plan: &Plan) -> PlanActivated {
    let schools: Vec<OrgCode> = SCHOOLS.iter().map(|code| code.parse().unwrap()).collect();
    let code = plan.code.clone().unwrap();
    let fingerprint = expand(plan).fingerprint(&code, &schools, |role| role).clone();
    PlanActivated {
        plan: code,
        region: "primorye".parse().unwrap(),
        schools: schools.clone(),
        authorities: Vec::new(),
        basis: "№ 1".into(),
        expander: EXPANDER_VERSION,
        count: fingerprint.count,
        sha256: fingerprint.sha256,
    }
}

pub(super) fn cause(n: usize, person: &str, role: Role) -> Cause {
    Cause {
        command: CommandId::new(&format!("command-{n}")).unwrap(),
        sha256: "0".repeat(64),
        person: person.parse().unwrap(),
        role,
        behalf: None,
        decided_at: Seq::NONE,
        claim: None,
    }
}

pub(super) fn event(target: Target, occurred_on: Date, data: Data) -> Event {
    Event { target, occurred_on, data }
}

pub(super) fn opened() -> Event {
    event(Target::Log, date(2022, 9, 1), Data::LogOpened(LogOpened { epoch: "e1".into(), schema: 1 }))
}

/// The details of a fact as its row and item ask for them.
pub(super) fn details(event: &str, item: &str) -> serde_json::Value {
    let (kind, direction) = item.split_once('-').unwrap_or((item, ""));
    match event {
        "order.issued" => {
            json!({"number": "1064-а", "date": "2022-09-26", "title": "t", "signatory": "p", "purpose": "project-list"})
        }
        "order.sent" => json!({"number": "1", "date": "2022-10-01", "channel": "edms"}),
        "partner.assigned" => json!({"partner": "pk-iro", "kind": item, "valid_from": "2022-09-30"}),
        "direction_plan.sent" => json!({"direction": item, "document": "d"}),
        "letter.sent" => json!({"letter_no": item.parse::<u8>().unwrap(), "document": "d"}),
        "site_link.published" => json!({"url": "https://s.example/"}),
        "news.published" => json!({"url": "https://s.example/n", "title": "t", "published_on": "2022-10-01"}),
        "programme.published" => {
            json!({"programme": item, "kind": kind, "direction": direction, "publisher": "pk-iro", "url": "https://s.example/p"})
        }
        "questionnaire.sent" => json!({"survey": "s", "form_url": "https://s.example/f"}),
        "survey.announced" => json!({"survey": "s", "audiences": ["pupils"], "channels": ["site"]}),
        "survey.report_sent" => json!({"survey": "s", "report": "r"}),
        "document.published_on_site" => json!({"document": "d", "url": "https://s.example/d"}),
        "checklist.submitted" => {
            json!({"checklist": "v1", "items": [{"item": "1", "points": 3, "max": 5}, {"item": "2", "points": 4, "max": 5}]})
        }
        "analytic_note.sent" => json!({"note": "n"}),
        "meeting.held" => json!({"meeting": "m", "chair": "p", "participants": 12}),
        "protocol.sent" => json!({"meeting": "m", "recommendations": [{"id": "1", "text": "больше"}]}),
        "plan.corrected" => json!({"version": 2, "document": "d", "url": "https://s.example/c"}),
        "event_report.published" => json!({"title": "t", "url": "https://s.example/e", "participants": 30}),
        "methodical_day.held" => json!({"day_no": item.parse::<u8>().unwrap(), "place": "p", "schools": []}),
        "site.analysed" => json!({"materials": 7, "quality": {"points": 6, "max": 10}}),
        "roadmap.developed" | "work_plan.developed" => json!({"school_year": "2023-2024", "document": "d"}),
        other => panic!("the plan asks for {other}"),
    }
}

pub(super) fn fact(name: &str, item: &str) -> Data {
    let details = to_raw_value(&details(name, item)).unwrap();
    Data::fact_from_details(name, &details, Vec::new(), None).unwrap().unwrap()
}

pub(super) fn accepted(report: &str) -> Data {
    Data::ReportAccepted(ReportAccepted { report: report.to_owned(), comment: None })
}

pub(super) fn returned(report: &str, rework_due: Date) -> Data {
    let (report, comment) = (report.to_owned(), None);
    Data::ReportReturned(ReportReturned { report, reason: ReturnReason::Incomplete, comment, rework_due })
}

pub(super) fn retracted(target: Seq) -> Data {
    Data::FactRetracted(FactRetracted { target, target_id: String::new(), reason: FreeText("ошибка".into()) })
}

impl Log {
    /// An empty log.
    pub(super) fn empty() -> Self {
        Self { register: Register::new(), events: Vec::new(), now: "2022-09-01T00:00:00Z".parse().unwrap() }
    }

    /// The real plan in force for three schools.
    pub(super) fn in_force() -> Self {
        Self::with(plan())
    }

    /// A part of the real plan as it was read once, in force for three schools: for golden digests,
    /// which must not change when documents are read better.
    pub(super) fn with_golden_plan() -> Self {
        Self::with(serde_json::from_str(include_str!("golden_plan.json")).unwrap())
    }

    /// A plan in force for three schools.
    pub(super) fn with(plan: Plan) -> Self {
        let mut log = Self::empty();
        let day = date(2022, 9, 1);
        let activated = activation(&plan);
        log.push(&opened());
        log.push(&event(
            Target::Region("primorye".parse().unwrap()),
            day,
            Data::RegionConfigured(Box::new(RegionConfigured { rules: rules() })),
        ));
        for code in AUTHORITIES.iter().chain(&SCHOOLS) {
            log.push(&event(Target::Org(code.parse().unwrap()), day, Data::OrgRegistered(org(code))));
        }
        let target = Target::Plan(plan.code.clone().unwrap());
        log.push(&event(target, day, Data::PlanImported(Box::new(PlanImported { plan }))));
        let target = Target::Activation(activated.region.clone(), activated.plan.clone());
        log.push(&event(target, day, Data::PlanActivated(activated)));
        log
    }

    /// Approves the checklist that `details` answers.
    pub(super) fn approve_checklist(&mut self) {
        let list: ChecklistApproved = serde_json::from_value(json!({
            "checklist": "v1", "title": "t", "basis": "№ 2",
            "items": [{"item": "1", "text": "т", "max": 5}, {"item": "2", "text": "т", "max": 5}]
        }))
        .unwrap();
        let target = Target::Entity(Entity::Checklist, None, list.checklist.clone());
        self.push(&event(target, date(2022, 9, 1), Data::ChecklistApproved(list)));
    }

    pub(super) fn next_cause(&self) -> Cause {
        cause(self.events.len(), "ivanova", Role::School)
    }

    /// Applies an event and keeps its bytes.
    pub(super) fn push(&mut self, event: &Event) -> Applied {
        let cause = self.next_cause();
        self.push_as(event, &cause)
    }

    pub(super) fn push_as(&mut self, event: &Event, cause: &Cause) -> Applied {
        self.try_push_as(event, cause).unwrap()
    }

    pub(super) fn try_push(&mut self, event: &Event) -> Result<Applied, ApplyError> {
        let cause = self.next_cause();
        self.try_push_as(event, &cause)
    }

    fn try_push_as(&mut self, event: &Event, cause: &Cause) -> Result<Applied, ApplyError> {
        self.try_push_part(event, cause, 0)
    }

    /// Applies one of a command's events and keeps its bytes.
    pub(super) fn try_push_part(&mut self, event: &Event, cause: &Cause, part: u16) -> Result<Applied, ApplyError> {
        let bytes = event.encode(cause, part, self.now).unwrap().1;
        self.try_push_bytes(bytes)
    }

    pub(super) fn try_push_bytes(&mut self, bytes: Vec<u8>) -> Result<Applied, ApplyError> {
        self.now += SignedDuration::from_secs(1);
        let applied = apply(&mut self.register, &(self.now, bytes.clone()))?;
        self.events.push((self.now, bytes));
        Ok(applied)
    }

    pub(super) fn claim(&mut self, event: &Event, recorded_at: &str) -> Applied {
        let claim = Claim { recorded_at: recorded_at.parse().unwrap(), importer: "loader".parse().unwrap() };
        let cause = Cause { claim: Some(claim), ..self.next_cause() };
        self.push_as(event, &cause)
    }

    /// Something happens to an obligation, `<row>/<organisation>/<item>`.
    pub(super) fn happen(&mut self, short: &str, day: Date, data: Data) -> Applied {
        let event = self.about(short, day, data);
        self.push(&event)
    }

    /// Reports what the row asks for.
    pub(super) fn submit(&mut self, short: &str, day: Date) -> Applied {
        let ordinal = self.ordinal(short);
        let (slot, share) = self.register.slot_of(ordinal);
        let data = fact(&share.event, slot.item.as_str());
        self.happen(short, day, data)
    }

    /// Takes the latest report off control.
    pub(super) fn accept(&mut self, short: &str, day: Date) -> Applied {
        let report = self.latest_report(short);
        self.happen(short, day, accepted(&report))
    }

    /// Sends the latest report back.
    pub(super) fn send_back(&mut self, short: &str, day: Date, rework_due: Date) -> Applied {
        let report = self.latest_report(short);
        self.happen(short, day, returned(&report, rework_due))
    }

    /// Id of the latest live report; of none where there is none.
    pub(super) fn latest_report(&self, short: &str) -> String {
        self.obligation(short).latest().map_or_else(|| EventId(0).to_string(), |report| report.event.to_string())
    }

    pub(super) fn about(&self, short: &str, day: Date, data: Data) -> Event {
        let ordinal = self.ordinal(short);
        let standing = self.register.standing_of(ordinal);
        event(standing.target(), day, data)
    }

    pub(super) fn ordinal(&self, short: &str) -> u32 {
        let id: ObligationId = format!("{PLAN}/{short}").parse().unwrap();
        self.register.find(&id).unwrap_or_else(|| panic!("there is no {id}"))
    }

    pub(super) fn obligation(&self, short: &str) -> domain::obligation::Obligation {
        self.register.obligation(self.ordinal(short))
    }
}

/// Applies stored bytes behind what a register has.
pub(super) fn apply(register: &mut Register, (recorded_at, payload): &Bytes) -> Result<Applied, ApplyError> {
    let seq = register.last_seq().next();
    let parsed = parse(&Stored { seq, recorded_at: *recorded_at, payload })?;
    register.apply(&parsed)
}

pub(super) fn replay(events: &[Bytes]) -> Register {
    let mut register = Register::new();
    for event in events {
        apply(&mut register, event).unwrap();
    }
    register
}
