//! A town with three schools under the real plan, on a simulated log with a real projector.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use commands::{Appraiser, Gate, NoAppraiser, Receipt, Request, Settings, SubmitError};
use domain::actor::{Actor, Role, Scope};
use domain::command::{Act, ActivatePlan, ConfigureRegion, ImportPlan, RegisterOrganisations};
use domain::event::{Cause, CommandId, Data, Event, Target};
use domain::id::{ObligationId, OrgCode, Seq};
use domain::payload::{LogOpened, MunicipalityRef, OrgKind, OrgRegistered};
use domain::period::SchoolYearPeriods;
use domain::plan::Plan;
use domain::region::RegionRules;
use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::date;
use journal::sim::{SimFaults, SimJournal};
use journal::{AppendError, Expect, Journal, NewRecord, ReadError, Reader, Record, Tip};
use projector::{Config, Projector, Replica};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) const SCHOOLS: [&str; 3] = ["pogranichny-s01", "pogranichny-s02", "pogranichny-s03"];
pub(crate) const AUTHORITIES: [&str; 5] = ["mo-pk", "pk-iro", "rmc", "rcod", "oo-apmo"];
pub(crate) const PLAN: &str = "clusters-2022-2023";
/// A working Wednesday within the window of row 9.2, local noon.
pub(crate) const NOW: &str = "2022-10-12T02:00:00Z";

/// What somebody else does just before an append arrives.
pub(crate) type Meddling = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// A log whose answers may be lost, before or after the event was stored, and where others may be faster.
pub(crate) struct Lossy {
    inner: SimJournal,
    /// The fates of the next appends, in their order.
    next: Mutex<VecDeque<Way>>,
}

/// How an append fares.
pub(crate) enum Way {
    /// As it should.
    Straight,
    /// Its answer is lost.
    Lost(Lose),
    /// The log takes nothing.
    Refused,
    /// Somebody else is faster.
    Behind(Meddling),
}

/// Where an answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lose {
    /// The request never arrived.
    Before,
    /// It was stored, and the answer never arrived.
    After,
}

impl Journal for Lossy {
    fn append(&self, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Seq>, AppendError>> {
        let silence = || AppendError::Unknown { reason: "no answer".into() };
        let way = self.next.lock().unwrap().pop_front();
        Box::pin(async move {
            match way {
                None | Some(Way::Straight) => self.inner.append(records).await,
                Some(Way::Lost(Lose::Before)) => Err(silence()),
                Some(Way::Lost(Lose::After)) => self.inner.append(records).await.and(Err(silence())),
                Some(Way::Refused) => Err(AppendError::Unavailable { reason: "no space".into() }),
                Some(Way::Behind(meddling)) => {
                    meddling().await;
                    self.inner.append(records).await
                }
            }
        })
    }

    fn read(&self, from: Seq) -> Box<dyn Reader> {
        self.inner.read(from)
    }

    fn get(&self, seq: Seq) -> BoxFuture<'_, Result<Option<Record>, ReadError>> {
        self.inner.get(seq)
    }

    fn last_on<'a>(&'a self, subject: &'a str) -> BoxFuture<'a, Result<Option<Record>, ReadError>> {
        self.inner.last_on(subject)
    }

    fn tip(&self) -> BoxFuture<'_, Result<Tip, ReadError>> {
        self.inner.tip()
    }
}

/// A running projector over a simulated log, and a gate before it.
pub(crate) struct Town {
    pub(crate) journal: SimJournal,
    pub(crate) replica: Replica,
    pub(crate) gate: Gate,
    /// Another gate of the same process, whose appends nothing befalls.
    pub(crate) aside: Gate,
    pub(crate) now: Arc<Mutex<Timestamp>>,
    lossy: Arc<Lossy>,
    stop: CancellationToken,
    _tasks: JoinSet<()>,
    _dir: tempfile::TempDir,
}

impl Drop for Town {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Town {
    /// A log with its first event, and nothing else.
    pub(crate) async fn empty() -> Self {
        Self::with(SimFaults::none()).await
    }

    /// The same on a log that lies.
    pub(crate) async fn with(faults: SimFaults) -> Self {
        Self::appraised(faults, Arc::new(NoAppraiser)).await
    }

    /// The same, with somebody who computes indicators.
    pub(crate) async fn appraised(faults: SimFaults, appraiser: Arc<dyn Appraiser>) -> Self {
        let journal = SimJournal::with_faults("e1".parse().unwrap(), faults);
        journal.set_now("2022-08-29T00:00:00Z".parse().unwrap());
        open_log(&journal).await;
        let dir = tempfile::tempdir().unwrap();
        let (projector, replica) = Projector::open(Config::new(dir.path()), Arc::new(journal.clone())).await.unwrap();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let stopped = stop.clone();
        tasks.spawn(async move {
            projector.run(stopped).await.unwrap();
        });
        let now = Arc::new(Mutex::new(NOW.parse().unwrap()));
        let clock = Arc::clone(&now);
        let clock: commands::Clock = Arc::new(move || *clock.lock().unwrap());
        let lossy = Arc::new(Lossy { inner: journal.clone(), next: Mutex::default() });
        let gate =
            Gate::new(lossy.clone(), replica.clone(), Arc::clone(&clock), appraiser.clone(), Settings::default());
        let aside = Gate::new(Arc::new(journal.clone()), replica.clone(), clock, appraiser, Settings::default());
        Self { journal, replica, gate, aside, now, lossy, stop, _tasks: tasks, _dir: dir }
    }

    /// The plan in force for three schools.
    pub(crate) async fn in_force() -> Self {
        let town = Self::empty().await;
        town.lay_out().await;
        town
    }

    /// The plan in force for many schools.
    pub(crate) async fn large(schools: usize) -> Self {
        let town = Self::empty().await;
        let codes: Vec<String> = (1..=schools).map(|n| format!("pogranichny-s{n:02}")).collect();
        town.lay_out_for(setup_for(&codes)).await;
        town
    }

    /// Puts the plan in force for three schools.
    pub(crate) async fn lay_out(&self) {
        self.lay_out_for(setup()).await;
    }

    async fn lay_out_for(&self, setup: Vec<(Actor, Act, Value)>) {
        for (n, (actor, act, body)) in setup.into_iter().enumerate() {
            self.ask(&actor, &format!("setup-{n}"), act, &body).await.unwrap();
        }
        self.journal.set_now(NOW.parse().unwrap());
    }

    /// Loses the answer to the next append.
    pub(crate) fn lose_next(&self, lose: Lose) {
        self.fares([Way::Lost(lose)]);
    }

    /// How the next appends fare.
    pub(crate) fn fares(&self, ways: impl IntoIterator<Item = Way>) {
        *self.lossy.next.lock().unwrap() = ways.into_iter().collect();
    }

    /// Somebody else who is faster with a command that must succeed.
    pub(crate) fn faster(&self, actor: &Actor, key: &str, act: Act, body: &Value) -> Way {
        let (gate, request) = (self.aside.clone(), request(actor, key, act, body));
        Way::Behind(Box::new(move || {
            Box::pin(async move {
                gate.submit(request).await.unwrap();
            })
        }))
    }

    /// Sends a command.
    pub(crate) async fn ask(&self, actor: &Actor, key: &str, act: Act, body: &Value) -> Result<Receipt, SubmitError> {
        self.gate.submit(request(actor, key, act, body)).await
    }

    /// A version as a client saw it.
    pub(crate) fn version(&self, short: &str) -> Seq {
        let id: ObligationId = id(short).parse().unwrap();
        self.replica.read(|state| state.register.obligation(state.register.find(&id).unwrap()).version)
    }

    /// How many events the log holds.
    pub(crate) fn events(&self) -> usize {
        self.journal.truth().len()
    }
}

async fn open_log(journal: &SimJournal) {
    let cause = Cause {
        command: CommandId::new("open").unwrap(),
        sha256: "0".repeat(64),
        person: "vekha".parse().unwrap(),
        role: Role::Admin,
        behalf: None,
        decided_at: Seq::NONE,
        claim: None,
    };
    let data = Data::LogOpened(LogOpened { epoch: "e1".into(), schema: 1 });
    let event = Event { target: Target::Log, occurred_on: date(2022, 8, 29), data };
    let (id, bytes) = event.encode(&cause, 0, NOW.parse().unwrap()).unwrap();
    let record = NewRecord {
        subject: format!("vekha.ev.{}", event.target.subject(id)),
        id: id.to_string(),
        payload: bytes.into(),
        expect: Expect::LastOnSubject(Seq::NONE),
    };
    // A log that lies may have to be asked again; its own id keeps it from doubling.
    while journal.truth().is_empty() {
        drop(journal.append(vec![record.clone()]).await);
    }
}

/// A request as an edge makes it.
pub(crate) fn request(actor: &Actor, key: &str, act: Act, body: &Value) -> Request {
    Request {
        actor: actor.clone(),
        grant: None,
        key: CommandId::new(key).unwrap(),
        act,
        body: Bytes::from(body.to_string()),
        if_match: None,
        dry_run: false,
        training: None,
    }
}

/// `<row>/<organisation>/<item>` with the plan before it.
pub(crate) fn id(short: &str) -> String {
    format!("{PLAN}/{short}")
}

pub(crate) fn actor(person: &str, role: Role, scope: Scope) -> Actor {
    Actor::new(person.parse().unwrap(), role, scope)
}

pub(crate) fn ministry() -> Actor {
    actor("minister", Role::Ministry, Scope::All)
}

pub(crate) fn coordinator() -> Actor {
    actor("coordinator", Role::Coordinator, Scope::Municipality("pogranichny".parse().unwrap()))
}

pub(crate) fn school(code: &str) -> Actor {
    actor(&format!("head-{code}"), Role::School, Scope::Org(code.parse().unwrap()))
}

pub(crate) fn importer() -> Actor {
    actor("loader", Role::Importer, Scope::All)
}

/// The real plan.
pub(crate) fn plan() -> Plan {
    static PLAN: LazyLock<Plan> = LazyLock::new(read_plan);
    PLAN.clone()
}

fn read_plan() -> Plan {
    let profile = include_str!("../../../scenario/data/plan_2022_2023.profile.json");
    let profile = plan_import::Profile::parse(profile).unwrap();
    let text = include_str!("../../../scenario/data/plan_2022_2023.txt");
    plan_import::import(text, Some(&profile), None).unwrap()
}

/// The commands that lay the town out, in their order.
pub(crate) fn setup() -> Vec<(Actor, Act, Value)> {
    setup_for(&SCHOOLS.map(ToOwned::to_owned))
}

fn setup_for(codes: &[String]) -> Vec<(Actor, Act, Value)> {
    let admin = actor("admin", Role::Admin, Scope::All);
    let plan = plan();
    let code = plan.code.clone().unwrap();
    let all: Vec<OrgRegistered> =
        AUTHORITIES.iter().copied().chain(codes.iter().map(|code| &**code)).map(org).collect();
    let schools: Vec<OrgCode> = codes.iter().map(|code| code.parse().unwrap()).collect();
    let region = rules().region;
    let activate = ActivatePlan { plan: code, region, schools, authorities: Vec::new(), basis: "№ 1064-а".into() };
    let json = |body| serde_json::to_value(body).unwrap();
    let register = |organisations: &[OrgRegistered]| {
        let body = RegisterOrganisations { organisations: organisations.to_vec() };
        (admin.clone(), Act::RegisterOrganisations, serde_json::to_value(body).unwrap())
    };
    let configure = serde_json::to_value(ConfigureRegion { rules: rules() }).unwrap();
    let mut setup = vec![(admin.clone(), Act::ConfigureRegion, configure)];
    setup.extend(all.chunks(500).map(register));
    setup.extend([
        (ministry(), Act::ImportPlan, json(ImportPlan { plan })),
        (ministry(), Act::ActivatePlan, serde_json::to_value(activate).unwrap()),
        (ministry(), Act::ApproveChecklist, approved_checklist()),
    ]);
    setup
}

pub(crate) fn rules() -> RegionRules {
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

fn org(code: &str) -> OrgRegistered {
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

/// The checklist that self-diagnoses answer.
fn approved_checklist() -> Value {
    json!({
        "checklist": "v1", "title": "Самодиагностика", "basis": "№ 12",
        "items": [{"item": "1", "text": "Есть программа", "max": 5}],
    })
}

/// A self-diagnosis of row 9.2; whoever sends it for the head of the school says why.
pub(crate) fn checklist(school: &str, day: &str) -> Value {
    json!({
        "obligation": id(&format!("9.2/{school}/-")),
        "occurred_on": day,
        "details": {"checklist": "v1", "items": [{"item": "1", "points": 4, "max": 5}]},
        "comment": "со слов директора",
    })
}

/// Any body that names an obligation and nothing else.
pub(crate) fn about(short: &str) -> Value {
    json!({ "obligation": id(short) })
}

/// An order that reached schools: row 13.1, one fact for all of a scope.
pub(crate) fn sent_to_all(within: &str) -> Value {
    json!({
        "plan": PLAN, "row": "13.1", "within": within, "occurred_on": "2022-10-11",
        "details": {"number": "17", "date": "2022-10-10", "channel": "email"},
        "evidence": [{"kind": "order", "number": "17", "date": "2022-10-10"}],
    })
}

/// One act on many.
pub(crate) fn many(act: &str, shorts: &[&str], body: Value) -> Value {
    let obligations: Vec<String> = shorts.iter().map(|short| id(short)).collect();
    let mut many = json!({"act": act, "obligations": obligations});
    many["body"] = body;
    many
}

/// What became of each, in the order of the receipt.
pub(crate) fn outcomes(receipt: &Receipt) -> Vec<&'static str> {
    receipt.items.iter().map(|item| item.outcome).collect()
}

/// An answer byte for byte.
pub(crate) fn bytes(receipt: &Receipt) -> String {
    serde_json::to_string(receipt).unwrap()
}
