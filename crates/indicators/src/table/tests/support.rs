//! A log in memory: the real plan in force for two schools, and legal acts on it.

use domain::actor::Role;
use domain::calendar::WorkCalendar;
use domain::event::{Cause, CommandId, Data, Event, Target};
use domain::expand::{EXPANDER_VERSION, expand};
use domain::id::{OrgCode, Seq};
use domain::obligation::Phase;
use domain::payload::{
    ChecklistItem, DeadlineMoved, ExcuseGranted, ExcuseReason, FactCorrected, FactRetracted, FreeText, LogOpened,
    MunicipalityRef, OrgKind, OrgRegistered, PlanActivated, PlanImported, RegionConfigured, ReportAccepted,
    ReportReturned, ReturnReason, ScheduleSet,
};
use domain::period::SchoolYearPeriods;
use domain::plan::{DueRule, Plan};
use domain::region::RegionRules;
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use register::{Register, Stored, parse};
use serde_json::json;
use serde_json::value::to_raw_value;

pub(crate) const ORGS: [&str; 7] = ["s01", "s02", "mo-pk", "pk-iro", "rmc", "rcod", "oo-apmo"];
const FIRST_DAY: Date = date(2022, 9, 1);

pub(crate) fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

/// A stored log and the register it leads to.
pub(crate) struct Log {
    pub(crate) register: Register,
    pub(crate) lines: Vec<Vec<u8>>,
    random: u64,
    day: Date,
}

fn plan() -> Plan {
    let profile = include_str!("../../../../scenario/data/plan_2022_2023.profile.json");
    let text = include_str!("../../../../scenario/data/plan_2022_2023.txt");
    let profile = plan_import::Profile::parse(profile).unwrap();
    plan_import::import(text, Some(&profile), None).unwrap().without_names()
}

fn rules() -> RegionRules {
    RegionRules {
        name_ru: "Приморский край".into(),
        name_en: "Primorsky Krai".into(),
        due_soon_days: 7,
        lateness_cap_days: 60,
        calendar: WorkCalendar {
            days_off: [date(2022, 11, 4), date(2023, 5, 1), date(2023, 5, 8), date(2023, 5, 9)].into(),
            ..WorkCalendar::default()
        },
        school_years: vec![SchoolYearPeriods {
            school_year: "2022-2023".parse().unwrap(),
            h1_start: FIRST_DAY,
            h1_end: date(2022, 12, 31),
            h2_end: date(2023, 8, 31),
        }],
        ..RegionRules::standard("primorye".parse().unwrap(), "Asia/Vladivostok")
    }
}

fn org(code: &str) -> OrgRegistered {
    let school = code.starts_with('s');
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

impl Log {
    pub(crate) fn in_force() -> Self {
        let mut log = Self { register: Register::new(), lines: Vec::new(), random: 1, day: FIRST_DAY };
        let plan = plan();
        let code = plan.code.clone().unwrap();
        let schools: Vec<OrgCode> = ["s01", "s02"].map(|school| school.parse().unwrap()).into();
        let fingerprint = expand(&plan).fingerprint(&code, &schools, |role| role).clone();
        log.push(Target::Log, FIRST_DAY, Data::LogOpened(LogOpened { epoch: "e".into(), schema: 1 }));
        let region = rules().region;
        let configured = Data::RegionConfigured(Box::new(RegionConfigured { rules: rules() }));
        log.push(Target::Region(region.clone()), FIRST_DAY, configured);
        for known in ORGS {
            log.push(Target::Org(known.parse().unwrap()), FIRST_DAY, Data::OrgRegistered(org(known)));
        }
        log.push(Target::Plan(code.clone()), FIRST_DAY, Data::PlanImported(Box::new(PlanImported { plan })));
        let activated = PlanActivated {
            plan: code.clone(),
            region: region.clone(),
            schools,
            authorities: Vec::new(),
            basis: "№ 1".into(),
            expander: EXPANDER_VERSION,
            count: fingerprint.count,
            sha256: fingerprint.sha256,
        };
        log.push(Target::Activation(region, code), FIRST_DAY, Data::PlanActivated(activated));
        log
    }

    pub(crate) fn today(&self) -> Date {
        self.day
    }

    fn push(&mut self, target: Target, occurred_on: Date, data: Data) {
        let cause = Cause {
            command: CommandId::new(&format!("c{}", self.lines.len())).unwrap(),
            sha256: "0".repeat(64),
            person: "ivanova".parse().unwrap(),
            role: Role::Coordinator,
            behalf: None,
            decided_at: Seq::NONE,
            claim: None,
        };
        let recorded_at = at(&format!("{}T03:00:00Z", self.day));
        let payload = Event { target, occurred_on, data }.encode(&cause, 0, recorded_at).unwrap().1;
        let seq = self.register.last_seq().next();
        self.register.apply(&parse(&Stored { seq, recorded_at, payload: &payload }).unwrap()).unwrap();
        self.lines.push(payload);
    }

    fn random(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    /// Legal acts of a year, spread over random obligations; the same seed gives the same year.
    pub(crate) fn live_through(&mut self, seed: u64, acts: u64) {
        self.random = seed;
        for act in 0..acts {
            let days = i64::try_from(act * 360 / acts).unwrap();
            self.day = FIRST_DAY.checked_add(Span::new().days(days)).unwrap();
            let count = u64::try_from(self.register.len()).unwrap();
            let ordinal = u32::try_from(self.random(count)).unwrap();
            self.act(ordinal);
        }
    }

    fn act(&mut self, ordinal: u32) {
        let obligation = self.register.obligation(ordinal);
        let (slot, share) = self.register.slot_of(ordinal);
        let (event, item, scheduled) = (share.event.clone(), slot.item.to_string(), share.due == DueRule::Scheduled);
        let back = i64::try_from(self.random(4)).unwrap();
        let day = self.day.checked_sub(Span::new().days(back)).unwrap();
        let near = self.day.checked_add(Span::new().days(back)).unwrap();
        let live = obligation.counting().copied();
        let dice = self.random(10);
        let data = match (obligation.phase, live) {
            (Phase::Unscheduled, _) if scheduled && dice < 8 => {
                Data::ScheduleSet(ScheduleSet { due: near, basis: "b".into() })
            }
            (Phase::Open | Phase::Returned, _) if dice < 8 => fact(&event, &item, dice),
            (Phase::Open | Phase::Returned | Phase::Unscheduled, _) if dice == 8 => {
                let until = (back > 0).then(|| self.day.checked_add(Span::new().days(back * 9)).unwrap());
                let (reason, basis) = (ExcuseReason::Renovation, "b".into());
                Data::ExcuseGranted(ExcuseGranted { reason, basis, from: None, until })
            }
            (Phase::Submitted, Some(live)) if dice < 4 => {
                Data::ReportAccepted(ReportAccepted { report: live.event.to_string(), comment: None })
            }
            (Phase::Submitted, Some(live)) if dice < 7 => Data::ReportReturned(ReportReturned {
                report: live.event.to_string(),
                reason: ReturnReason::Incomplete,
                comment: None,
                rework_due: near,
            }),
            (Phase::Submitted | Phase::Accepted, Some(live)) if dice == 8 => Data::FactCorrected(FactCorrected {
                target: live.seq,
                target_id: live.event.to_string(),
                occurred_on: (back > 1).then_some(day),
                items: live.score.map(|_| items(3)),
                reason: FreeText("r".into()),
            }),
            (Phase::Submitted | Phase::Accepted, Some(live)) if dice == 9 => Data::FactRetracted(FactRetracted {
                target: live.seq,
                target_id: live.event.to_string(),
                reason: FreeText("r".into()),
            }),
            (Phase::Open | Phase::Returned | Phase::Submitted, _) => {
                Data::DeadlineMoved(DeadlineMoved { due: near, basis: "b".into() })
            }
            _ => return,
        };
        let id = self.register.id_of(ordinal);
        let target = Target::Obligation("primorye".parse().unwrap(), None, id);
        self.push(target, day, data);
    }
}

fn items(points: u32) -> Vec<ChecklistItem> {
    vec![ChecklistItem { item: "a".parse().unwrap(), points, max: 10 }]
}

fn fact(event: &str, item: &str, dice: u64) -> Data {
    let (kind, direction) = item.split_once('-').unwrap_or((item, ""));
    let details = match event {
        "order.issued" => {
            json!({"number": "1", "date": "2022-09-26", "title": "t", "signatory": "p", "purpose": "monitoring"})
        }
        "order.sent" => json!({"number": "1", "date": "2022-10-01", "channel": "edms"}),
        "partner.assigned" => json!({"partner": "rmc", "kind": item, "valid_from": "2022-09-30"}),
        "direction_plan.sent" => json!({"direction": item, "document": "d"}),
        "letter.sent" => json!({"letter_no": item.parse::<u8>().unwrap(), "document": "d"}),
        "site_link.published" => json!({"url": "https://s.example/"}),
        "news.published" => json!({"url": "https://s.example/n", "title": "t", "published_on": "2022-10-01"}),
        "programme.published" => {
            json!({"programme": item, "kind": kind, "direction": direction, "publisher": "rmc", "url": "https://s.example/p"})
        }
        "questionnaire.sent" => json!({"survey": "s", "form_url": "https://s.example/f"}),
        "survey.announced" => json!({"survey": "s", "audiences": ["pupils"], "channels": ["site"]}),
        "survey.report_sent" => json!({"survey": "s", "report": "r"}),
        "document.published_on_site" => json!({"document": "d", "url": "https://s.example/d"}),
        "checklist.submitted" => json!({"checklist": "v1", "items": items(u32::try_from(dice).unwrap())}),
        "analytic_note.sent" => json!({"note": "n"}),
        "meeting.held" => json!({"meeting": "m", "chair": "p", "participants": 12}),
        "protocol.sent" => json!({"meeting": "m", "recommendations": []}),
        "plan.corrected" => json!({"version": 2, "document": "d", "url": "https://s.example/c"}),
        "event_report.published" => json!({"title": "t", "url": "https://s.example/e", "participants": 30}),
        "methodical_day.held" => json!({"day_no": item.parse::<u8>().unwrap(), "place": "p", "schools": []}),
        "site.analysed" => json!({"materials": 7, "quality": {"points": 6, "max": 10}}),
        _ => json!({"school_year": "2023-2024", "document": "d"}),
    };
    Data::fact_from_details(event, &to_raw_value(&details).unwrap(), Vec::new(), None).unwrap().unwrap()
}
