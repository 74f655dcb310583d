//! A small world: one plan in force, three schools and an authority in two regions, persons numbered as they first
//! act. It carries what obligations and the ledger need; the register's own tests carry the rest.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::actor::{Actor, Role, Scope};
use domain::command::{Act, Command, Selection};
use domain::decide::{OrgPlace, Standing, World, under_grant};
use domain::event::{Data, Event, EventId, Target};
use domain::evolve::{Effect, Happening, Policy, follow_delivery};
use domain::expand::{Expansion, Slot, Template, expand};
use domain::id::{EntityCode, ItemCode, MunicipalityCode, ObligationId, OrgCode, PersonCode, PlanCode, RegionCode};
use domain::id::{RowNo, Seq};
use domain::ledger::{Entry, Ledger};
use domain::obligation::{Obligation, PersonIdx};
use domain::payload::OrgKind;
use domain::plan::Plan;
use domain::refusal::Refusal;
use domain::region::RegionRules;
use domain::timeliness::{Clockwork, Timeliness};
use domain::{decide, evolve};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) const CHECKLIST: &str = "p/1.1/s01/-";
pub(crate) const SCHEDULED: &str = "p/2.1/s01/-";
pub(crate) const DELIVERY: &str = "p/3.1/s01/-";
pub(crate) const PUBLICATION: &str = "p/3.1p/s01/-";
pub(crate) const PARTNER: &str = "p/4.1/s01/industrial";
pub(crate) const PROTOCOL: &str = "p/5.1/s01/-";
pub(crate) const LINK: &str = "p/6.1/s01/-";
pub(crate) const LETTER: &str = "p/7.1/s01/1";
pub(crate) const METHODICAL: &str = "p/8.1/mo/1";
pub(crate) const SURVEY: &str = "p/9.1/s01/-";

/// An organisation, its region and its municipality.
#[derive(Clone)]
struct Place {
    org: OrgCode,
    kind: OrgKind,
    region: RegionCode,
    municipality: Option<MunicipalityCode>,
}

#[derive(Clone)]
pub(crate) struct Small {
    plan: Plan,
    pub(crate) expansion: Expansion,
    places: Vec<Place>,
    clockworks: BTreeMap<RegionCode, Clockwork>,
    persons: Vec<PersonCode>,
    pub(crate) state: BTreeMap<ObligationId, Obligation>,
    ledger: Ledger,
    seq: u64,
}

fn row(no: &str, deadline: &Value, shares: &[Value]) -> Value {
    json!({
        "row": no, "source_line": 1, "result": "r", "result_raw": "r", "deadline": deadline,
        "responsible": [], "responsible_raw": "", "responsible_inherited": false,
        "evidence_kind": "report", "shares": shares
    })
}

/// A share of every school's, dated by the plan.
fn share(no: &str, event: &str, acceptance: &str, more: &Value) -> Value {
    let mut share = json!({
        "row": no, "of": "schools", "holder": "school_head", "event": event, "acceptance": acceptance, "due": "plan",
        "evidence_kind": "report"
    });
    share.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    share
}

fn plan() -> Plan {
    let deadline = |kind: &str, start: Value, end: Value| {
        json!({
            "raw": "", "kind": kind, "start": start, "end": end, "granularity": "day",
            "recurrence": null, "schedule_ref": null, "continuous": false, "note": null
        })
    };
    let window = deadline("window", json!("2022-10-10"), json!("2022-10-15"));
    let none = deadline("by_schedule", Value::Null, Value::Null);
    let item = |code: &str| json!({"code": code, "name_ru": code, "name_en": code});
    let later = json!({"due": {"after_delivery": {"row": "3.1", "days": 10}}});
    let partners = json!({"holder": {"org": "mo"}, "items": {"list": [item("industrial"), item("business")]}});
    let letters = json!({
        "holder": {"person": "ozarina"}, "items": {"list": [item("1"), item("2")]}, "required": ["number", "date"]
    });
    let days = json!({
        "of": {"org": "mo"}, "holder": {"org": "mo"}, "due": "scheduled", "items": {"list": [item("1")]}
    });
    let plain = json!({});
    let rows = [
        row("1.1", &window, &[share("1.1", "checklist.submitted", "controller", &plain)]),
        row("2.1", &none, &[share("2.1", "event_report.published", "auto", &json!({"due": "scheduled"}))]),
        row(
            "3.1",
            &window,
            &[
                share("3.1", "survey.report_sent", "auto", &plain),
                share("3.1p", "document.published_on_site", "auto", &later),
            ],
        ),
        row("4.1", &window, &[share("4.1", "partner.assigned", "auto", &partners)]),
        row("5.1", &window, &[share("5.1", "protocol.sent", "controller", &plain)]),
        row("6.1", &window, &[share("6.1", "site_link.published", "auto", &json!({"required": ["url"]}))]),
        row("7.1", &window, &[share("7.1", "letter.sent", "auto", &letters)]),
        row("8.1", &none, &[share("8.1", "methodical_day.held", "auto", &days)]),
        row("9.1", &window, &[share("9.1", "survey.announced", "controller", &plain)]),
    ];
    serde_json::from_value(json!({
        "code": "p", "title": "t", "school_year": "2022-2023", "region": null, "municipality": null,
        "source_sha256": "", "anomalies": [],
        "activities": rows.iter().map(|row| json!({"no": 1, "title": "a", "rows": [row]})).collect::<Vec<_>>()
    }))
    .unwrap()
}

fn rules(region: &str, backdate_days: Option<u16>) -> RegionRules {
    serde_json::from_value(json!({
        "region": region, "name_ru": region, "name_en": region, "zone": "Asia/Vladivostok",
        "weekend_rule": "following", "due_soon_days": 5, "lateness_cap_days": 60, "rework_working_days": 3,
        "backdate_days": backdate_days, "calendar": {"days_off": ["2022-11-04"]},
        "school_years": [
            {"school_year": "2022-2023", "h1_start": "2022-09-01", "h1_end": "2022-12-31", "h2_end": "2023-08-31"}
        ]
    }))
    .unwrap()
}

impl World for Small {
    fn standing(&self, id: &ObligationId) -> Option<Standing<'_>> {
        let place = self.place(&id.org)?;
        let slot = self.slot(id)?;
        Some(Standing {
            id: id.clone(),
            obligation: self.state.get(id)?.clone(),
            slot,
            share: &self.expansion.shares[slot.share].1,
            region: &place.region,
            municipality: place.municipality.as_ref(),
            home: place.municipality.as_ref(),
            kind: place.kind,
            clockwork: &self.clockworks[&place.region],
        })
    }
    fn org(&self, code: &OrgCode) -> Option<OrgPlace<'_>> {
        let place = self.place(code)?;
        Some(OrgPlace { kind: place.kind, region: &place.region, municipality: place.municipality.as_ref() })
    }
    fn plan(&self, code: &PlanCode) -> Option<&Plan> {
        (self.plan.code.as_ref() == Some(code)).then_some(&self.plan)
    }
    fn is_active(&self, plan: &PlanCode, region: &RegionCode) -> bool {
        self.plan.code.as_ref() == Some(plan) && region.as_str() == "primorye"
    }
    fn region(&self, code: &RegionCode) -> Option<&Clockwork> {
        self.clockworks.get(code)
    }
    fn has_municipality(&self, region: &RegionCode, code: &MunicipalityCode) -> bool {
        self.places.iter().any(|place| place.region == *region && place.municipality.as_ref() == Some(code))
    }
    fn person(&self, index: PersonIdx) -> Option<&PersonCode> {
        self.persons.get(usize::try_from(index.0).ok()?)
    }
    fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    fn owing(&self, _: &PlanCode, row: &RowNo, item: &ItemCode, within: Option<&str>) -> Vec<OrgCode> {
        let owes = |place: &&Place| {
            let in_municipality = place.municipality.as_ref().map(MunicipalityCode::as_str) == within;
            let lies = within.is_none_or(|code| place.region.as_str() == code || place.org.as_str() == code);
            let id = format!("p/{row}/{}/{item}", place.org).parse().unwrap();
            (lies || in_municipality) && self.state.contains_key(&id)
        };
        self.places.iter().filter(owes).map(|place| place.org.clone()).collect()
    }
    fn select(&self, selection: &Selection, today: Date) -> Vec<ObligationId> {
        let fits = |id: &&ObligationId| {
            let row = selection.row.as_ref().is_none_or(|row| *row == id.row);
            row && self.state[*id].on(today).phase == selection.phase
                && self.owing(&id.plan, &id.row, &id.item, Some(&selection.within)).contains(&id.org)
        };
        self.state.keys().filter(fits).cloned().collect()
    }
}

/// Somebody with the territory that their role usually has: the first school, its municipality, or everything.
pub(crate) fn actor(person: &str, role: Role) -> Actor {
    let scope = match role {
        Role::School => Scope::Org("s01".parse().unwrap()),
        Role::Coordinator => Scope::Municipality("pogranichny".parse().unwrap()),
        _ => Scope::All,
    };
    Actor::new(person.parse().unwrap(), role, scope)
}

pub(crate) fn head() -> Actor {
    actor("head", Role::School)
}

pub(crate) fn coordinator() -> Actor {
    actor("coord", Role::Coordinator)
}

pub(crate) fn ministry() -> Actor {
    actor("min", Role::Ministry)
}

/// The `n`-th day of October 2022; counted on beyond its end.
pub(crate) fn october(n: i32) -> Date {
    date(2022, 10, 1).saturating_add(jiff::Span::new().days(n - 1))
}

impl Small {
    pub(crate) fn new() -> Self {
        static FRESH: LazyLock<Small> = LazyLock::new(|| Small::with(None));
        FRESH.clone()
    }

    /// A world whose region lets one person claim so many days back.
    pub(crate) fn with(backdate_days: Option<u16>) -> Self {
        let plan = plan();
        let expansion = expand(&plan);
        let place = |org: &str, kind, region: &str, municipality: Option<&str>| Place {
            org: org.parse().unwrap(),
            kind,
            region: region.parse().unwrap(),
            municipality: municipality.map(|code| code.parse().unwrap()),
        };
        let places = vec![
            place("s01", OrgKind::School, "primorye", Some("pogranichny")),
            place("s02", OrgKind::School, "primorye", Some("pogranichny")),
            place("s03", OrgKind::School, "primorye", Some("khanka")),
            place("s09", OrgKind::School, "amur", Some("tynda")),
            place("new", OrgKind::School, "primorye", Some("khanka")),
            place("mo", OrgKind::Authority, "primorye", None),
        ];
        let regions = ["primorye", "amur"].map(|code| (code.parse().unwrap(), rules(code, backdate_days)));
        let mut small = Self {
            plan,
            expansion,
            places,
            clockworks: regions.into_iter().map(|(code, rules)| (code, Clockwork::new(rules).unwrap())).collect(),
            persons: Vec::new(),
            state: BTreeMap::new(),
            ledger: Ledger::default(),
            seq: 0,
        };
        for org in ["s01", "s02", "s03", "s09", "mo"] {
            let org: OrgCode = org.parse().unwrap();
            let plan = "p".parse().unwrap();
            let slots = small.template(&org).slots.clone();
            small.state.extend(slots.iter().map(|slot| (slot.id(&plan, &org), slot.fresh())));
        }
        let list =
            json!({"checklist": "v1", "title": "t", "items": [{"item": "i1", "text": "t", "max": 5}], "basis": "b"});
        small.does(&ministry(), Act::ApproveChecklist, &list, date(2022, 9, 1)).unwrap();
        small
    }

    fn place(&self, org: &OrgCode) -> Option<&Place> {
        self.places.iter().find(|place| place.org == *org)
    }

    fn template(&self, org: &OrgCode) -> &Template {
        if org.as_str() == "mo" { &self.expansion.authorities[0].1 } else { &self.expansion.school }
    }

    fn slot(&self, id: &ObligationId) -> Option<&Slot> {
        let template = self.template(&id.org);
        template.find(&id.row, &id.item).map(|at| &template.slots[at])
    }

    fn number(&mut self, person: &PersonCode) -> PersonIdx {
        let at = self.persons.iter().position(|known| known == person).unwrap_or_else(|| {
            self.persons.push(person.clone());
            self.persons.len() - 1
        });
        PersonIdx(u32::try_from(at).unwrap())
    }

    /// Decides a command and remembers its events.
    pub(crate) fn does(&mut self, who: &Actor, act: Act, body: &Value, today: Date) -> Result<Vec<Data>, Refusal> {
        let events = self.would(who, act, body, today)?;
        for event in &events {
            self.happens(who, event, today);
        }
        Ok(events.into_iter().map(|event| event.data).collect())
    }

    /// Decides a command under a grant and remembers its events.
    pub(crate) fn does_under(
        &mut self,
        grant: &str,
        who: &Actor,
        act: Act,
        body: &Value,
        today: Date,
    ) -> Result<Vec<Data>, Refusal> {
        let grant: EntityCode = grant.parse().unwrap();
        let who = under_grant(who, Some(&grant), act, self, today)?;
        self.does(&who, act, body, today)
    }

    /// Decides a command and forgets what it would lead to.
    pub(crate) fn would(&self, who: &Actor, act: Act, body: &Value, today: Date) -> Result<Vec<Event>, Refusal> {
        let command = Command::read(act, body.to_string().as_bytes()).unwrap();
        decide(&command, who, self, today)
    }

    fn happens(&mut self, who: &Actor, event: &Event, today: Date) {
        let actor = self.number(&who.person);
        let behalf = who.behalf.as_ref().map(|behalf| behalf.person.clone()).map(|person| self.number(&person));
        let id = if let Target::Obligation(_, _, id) = &event.target { Some(id.clone()) } else { None };
        self.happen(id.as_ref(), (actor, behalf), event.occurred_on, today, &event.data);
    }

    /// Something happens, to an obligation or beside them, lawful or not.
    pub(crate) fn happen(
        &mut self,
        id: Option<&ObligationId>,
        (actor, behalf): (PersonIdx, Option<PersonIdx>),
        occurred_on: Date,
        today: Date,
        data: &Data,
    ) -> Option<Effect> {
        self.seq += 1;
        let (seq, event) = (Seq(self.seq), EventId(u128::from(self.seq)));
        let noon: Timestamp = format!("{today}T02:00:00Z").parse().unwrap();
        let recorded_at: Timestamp = noon + SignedDuration::from_secs(i64::try_from(self.seq).unwrap());
        if let Data::ProposalConfirmed(confirmed) = data {
            let waiting = self.ledger.take(&confirmed.proposal)?;
            let data = Data::from_payload(&waiting.made.event_type, &waiting.made.payload)?.unwrap();
            let happening = Happening {
                seq: waiting.seq,
                event: waiting.event,
                recorded_at: waiting.recorded_at,
                occurred_on: waiting.made.occurred_on,
                actor: waiting.actor,
                behalf: waiting.behalf,
                data: &data,
            };
            return id.map(|id| self.evolve(id, &happening));
        }
        self.ledger.note(&Entry { seq, event, recorded_at, actor, behalf, obligation: id, data });
        id.map(|id| self.evolve(id, &Happening { seq, event, recorded_at, occurred_on, actor, behalf, data }))
    }

    /// Something happens beside the obligations; what it does there.
    pub(crate) fn beside(&mut self, event: &Event, today: Date) -> Effect {
        self.seq += 1;
        let (seq, id) = (Seq(self.seq), EventId(u128::from(self.seq)));
        let recorded_at = format!("{today}T02:00:00Z").parse().unwrap();
        let (actor, behalf, obligation) = (PersonIdx(0), None, None);
        let entry = Entry { seq, event: id, recorded_at, actor, behalf, obligation, data: &event.data };
        self.ledger.note(&entry).unwrap()
    }

    /// Position of the next event.
    pub(crate) fn next(&self) -> Seq {
        Seq(self.seq + 1)
    }

    fn evolve(&mut self, id: &ObligationId, happening: &Happening<'_>) -> Effect {
        let slot = self.slot(id).unwrap().clone();
        let share = self.expansion.shares[slot.share].1.clone();
        let obligation = self.state.get_mut(id).unwrap();
        let delivered = |one: &Obligation| one.counting().filter(|_| one.phase.is_done()).map(|sent| sent.occurred_on);
        let before = delivered(obligation);
        let effect = evolve(obligation, Policy::from(&share), happening);
        let after = delivered(obligation);
        if let Some((follower, days)) = slot.publication.filter(|_| before != after) {
            let id = self.template(&id.org).slots[follower].id(&id.plan, &id.org);
            follow_delivery(self.state.get_mut(&id).unwrap(), after, days, happening.seq);
        }
        effect
    }

    pub(crate) fn of(&self, id: &str) -> &Obligation {
        &self.state[&id.parse().unwrap()]
    }

    pub(crate) fn stands(&self, id: &str) -> Standing<'_> {
        self.standing(&id.parse().unwrap()).unwrap()
    }

    pub(crate) fn timeliness(&self, id: &str, as_of: Date) -> Timeliness {
        self.stands(id).clockwork.timeliness(self.of(id), as_of)
    }

    /// The id of the latest event, as a body names it.
    pub(crate) fn latest(&self) -> String {
        EventId(u128::from(self.seq)).to_string()
    }
}

/// The code of the refusal that a command met.
pub(crate) fn code<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> &'static str {
    refused.unwrap_err().code()
}

/// The places of the mistakes that a command met.
pub(crate) fn places<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> Vec<String> {
    let Err(Refusal::Invalid(mistakes)) = refused else { panic!("{refused:?}") };
    assert!(mistakes.iter().all(|mistake| !mistake.words.ru.is_empty() && !mistake.words.en.is_empty()));
    mistakes.into_iter().map(|mistake| mistake.pointer).collect()
}

/// The type of the one event that a command led to.
pub(crate) fn leads(done: Result<Vec<Data>, Refusal>) -> String {
    let done = done.unwrap();
    assert_eq!(done.len(), 1);
    done[0].type_name().to_owned()
}

pub(crate) fn checklist(occurred_on: Date, points: u32) -> Value {
    json!({
        "obligation": CHECKLIST, "occurred_on": occurred_on,
        "details": {"checklist": "v1", "items": [{"item": "i1", "points": points, "max": 5}]}
    })
}

pub(crate) fn for_head(body: &Value) -> Value {
    let mut body = body.clone();
    body["comment"] = json!("по телефонограмме № 3");
    body
}

/// A body with nothing but its obligation and further fields.
pub(crate) fn on(obligation: &str, more: &Value) -> Value {
    let mut body = more.clone();
    body["obligation"] = json!(obligation);
    body
}
