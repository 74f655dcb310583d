//! A simulated log with a plan in force, and projectors on it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::actor::Role;
use domain::event::{Cause, CommandId, Data, Entity, Event, EventId, Target};
use domain::expand::{EXPANDER_VERSION, expand};
use domain::id::OrgCode;
use domain::payload::{
    DeadlineMoved, LogOpened, MunicipalityRef, OrgKind, OrgRegistered, PeriodClosed, PlanActivated, PlanImported,
    RegionConfigured,
};
use domain::period::SchoolYearPeriods;
use domain::plan::Plan;
use domain::region::RegionRules;
use jiff::civil::{Date, date};
use journal::sim::{SimFaults, SimJournal};
use journal::{Expect, Journal, NewRecord, Seq};
use register::Register;
use tokio_util::sync::CancellationToken;

use crate::{Config, OpenError, Projector, ProjectorError, Replica};

pub(super) const EPOCH: &str = "e1";
const SCHOOL: &str = "pogranichny-s01";
const DAY: Date = date(2022, 10, 10);

/// Long enough for anything that a test waits for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A log and how many commands were written to it.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) journal: SimJournal,
    pub(super) commands: u64,
}

fn rules() -> RegionRules {
    RegionRules {
        name_ru: "Приморский край".into(),
        name_en: "Primorsky Krai".into(),
        due_soon_days: 7,
        lateness_cap_days: 30,
        school_years: vec![SchoolYearPeriods {
            school_year: "2022-2023".parse().unwrap(),
            h1_start: date(2022, 9, 1),
            h1_end: date(2022, 12, 31),
            h2_end: date(2023, 8, 31),
        }],
        ..RegionRules::standard("primorye".parse().unwrap(), "Asia/Vladivostok")
    }
}

fn org(code: &str) -> Event {
    let school = code == SCHOOL;
    let data = OrgRegistered {
        code: code.parse().unwrap(),
        kind: if school { OrgKind::School } else { OrgKind::Authority },
        name_ru: code.to_owned(),
        name_en: code.to_owned(),
        region: "primorye".parse().unwrap(),
        municipality: school.then(|| MunicipalityRef {
            code: "pogranichny".parse().unwrap(),
            name_ru: "Пограничный".into(),
            name_en: "Pogranichny".into(),
        }),
    };
    event(Target::Org(code.parse().unwrap()), Data::OrgRegistered(data))
}

fn event(target: Target, data: Data) -> Event {
    Event { target, occurred_on: DAY, data }
}

pub(super) fn opened(epoch: &str) -> Event {
    event(Target::Log, Data::LogOpened(LogOpened { epoch: epoch.to_owned(), schema: 1 }))
}

/// The first events of a log with a plan in force for one school.
fn setup() -> Vec<Event> {
    let plan: Plan = serde_json::from_str(include_str!("../../../register/src/tests/golden_plan.json")).unwrap();
    let (code, expansion) = (plan.code.clone().unwrap(), expand(&plan));
    let schools: Vec<OrgCode> = vec![SCHOOL.parse().unwrap()];
    let fingerprint = expansion.fingerprint(&code, &schools, |role| role).clone();
    let mut events = vec![
        opened(EPOCH),
        event(
            Target::Region("primorye".parse().unwrap()),
            Data::RegionConfigured(Box::new(RegionConfigured { rules: rules() })),
        ),
        org(SCHOOL),
    ];
    events.extend(expansion.authorities.iter().map(|(role, _)| org(role.as_str())));
    events.push(event(Target::Plan(code.clone()), Data::PlanImported(Box::new(PlanImported { plan }))));
    let activated = PlanActivated {
        plan: code.clone(),
        region: "primorye".parse().unwrap(),
        schools: schools.clone(),
        authorities: Vec::new(),
        basis: "№ 1".into(),
        expander: EXPANDER_VERSION,
        count: fingerprint.count,
        sha256: fingerprint.sha256,
    };
    events.push(event(Target::Activation("primorye".parse().unwrap(), code), Data::PlanActivated(activated)));
    events
}

/// The `n`-th act: a deadline of one of the seven letters is moved.
pub(super) fn act(n: u64) -> Event {
    let id = format!("clusters-2022-2023/5.1/{SCHOOL}/{}", n % 7 + 1).parse().unwrap();
    let target = Target::Obligation("primorye".parse().unwrap(), Some("pogranichny".parse().unwrap()), id);
    let due = DAY.checked_add(jiff::Span::new().days(i64::try_from(n % 50).unwrap())).unwrap();
    event(target, Data::DeadlineMoved(DeadlineMoved { due, basis: format!("№ {n}") }))
}

/// A period is closed.
pub(super) fn closing() -> Event {
    let region = "primorye".parse().unwrap();
    let closed = PeriodClosed { region, period: "2022-2023.H1".into(), basis: "№ 5".into() };
    let target = Target::Entity(Entity::Period, Some(closed.region.clone()), "2022-2023-h1".parse().unwrap());
    event(target, Data::PeriodClosed(closed))
}

pub(super) fn command(n: u64) -> CommandId {
    CommandId::new(&format!("command-{n}")).unwrap()
}

impl Writer {
    /// An empty log.
    pub(super) fn empty(faults: SimFaults) -> Self {
        Self { journal: SimJournal::with_faults(EPOCH.parse().unwrap(), faults), commands: 0 }
    }

    /// A log with a plan in force and some acts, each a command of its own.
    pub(super) async fn with_acts(acts: u64) -> Self {
        let mut log = Self::empty(SimFaults::none());
        for event in setup() {
            log.write(&[event]).await;
        }
        log.acts(acts).await;
        log
    }

    pub(super) async fn acts(&mut self, acts: u64) {
        for _ in 0..acts {
            self.write(&[act(self.commands)]).await;
        }
    }

    /// Appends the events of one command, all or none.
    pub(super) async fn write(&mut self, events: &[Event]) -> Seq {
        let records = events.iter().zip(0..).map(|(event, part)| self.record(event, part)).collect();
        self.commands += 1;
        *self.journal.append(records).await.unwrap().last().unwrap()
    }

    pub(super) fn cause(&self) -> Cause {
        Cause {
            command: command(self.commands),
            sha256: "0".repeat(64),
            person: "ivanova".parse().unwrap(),
            role: Role::Ministry,
            behalf: None,
            decided_at: Seq::NONE,
            claim: None,
        }
    }

    pub(super) fn record(&self, event: &Event, part: u16) -> NewRecord {
        let (id, payload) = event.encode(&self.cause(), part, "2022-10-10T00:00:00Z".parse().unwrap()).unwrap();
        let subject = format!("vekha.ev.{}", event.target.subject(id));
        NewRecord { subject, id: id.to_string(), payload: payload.into(), expect: Expect::Any }
    }

    pub(super) fn last(&self) -> Seq {
        self.journal.truth().last().map_or(Seq::NONE, |record| record.seq)
    }

    pub(super) fn foreign(&self) -> Seq {
        self.journal.inject_foreign("vekha.ev.x", Bytes::from_static(b"{\"hello\":1}"))
    }

    /// The digest that the whole log leads to, without any projector.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest_at(self.last())
    }

    /// The digest that the log leads to up to a position.
    pub(super) fn digest_at(&self, seq: Seq) -> [u8; 32] {
        let mut register = Register::new();
        for record in self.journal.truth().into_iter().take_while(|record| record.seq <= seq) {
            let stored =
                register::Stored { seq: record.seq, recorded_at: record.recorded_at, payload: &record.payload };
            register.apply(&register::parse(&stored).unwrap()).unwrap();
        }
        register.digest()
    }
}

/// Small segments and many checkpoints, so that short logs have all of them.
pub(super) fn config(dir: &Path) -> Config {
    Config {
        segment_events: 16,
        checkpoint_events: 50,
        milestone_events: 1_000_000,
        batch_events: 10,
        open_within: Duration::from_secs(1),
        ..Config::new(dir)
    }
}

pub(super) async fn open(config: Config, log: &Writer) -> Result<(Projector, Replica), OpenError> {
    Projector::open(config, Arc::new(log.journal.clone())).await
}

/// Runs a projector until its state reaches a position and a check holds, then stops it cleanly.
pub(super) async fn run_until(projector: Projector, replica: &Replica, seq: Seq) -> Result<(), ProjectorError> {
    let stop = CancellationToken::new();
    let reach = async {
        replica.wait_for(seq, PATIENCE).await.ok();
        stop.cancel();
    };
    tokio::join!(projector.run(stop.clone()), reach).0
}

/// Opens, catches up, stops: one life of a process. Gives where it began and what it reached.
pub(super) async fn live(config: Config, log: &Writer) -> (Seq, Replica) {
    let (projector, replica) = open(config, log).await.unwrap();
    let began = replica.watermark();
    run_until(projector, &replica, log.last()).await.unwrap();
    assert_eq!(replica.watermark(), log.last());
    (began, replica)
}

pub(super) fn digest(replica: &Replica) -> [u8; 32] {
    replica.read(|state| state.register.digest())
}

pub(super) fn event_id(n: u64, part: u16) -> EventId {
    command(n).event_id(&"ivanova".parse().unwrap(), part)
}

/// The files of a folder that begin with a word, with their bytes, by name.
pub(super) fn files(dir: &Path, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter_map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            name.starts_with(prefix).then(|| (name, std::fs::read(entry.path()).unwrap()))
        })
        .collect();
    found.sort();
    found
}
