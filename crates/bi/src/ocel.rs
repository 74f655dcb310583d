//! The log for process mining: OCEL 2.0 as JSON, written while the log is read.
//!
//! Persons appear by their roles and places only, and no free text of an act is told. Events are written as they come;
//! kept in memory are the register, what obligations changed (some bytes each time), and the documents that were named.

mod course;
mod shape;
mod things;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use domain::actor::Role;
use domain::event::{Data, DecodeError, Envelope};
use domain::evolve::Effect;
use domain::id::Seq;
use domain::payload::OrgKind;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use register::{Applied, ApplyError, Org, Register, Stored, parse};

use self::course::{Course, row_id};
use self::shape::{Declared, Event, Link, OBJECT_TYPES, OF_EVENTS, Object, Told, Value};
use self::things::{Place, Things, set};
use crate::source::{UNKNOWN, index};

/// Which of its two clocks is an event's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventTime {
    /// The day that the actor claims, at the time of day of the record, in the region's zone.
    Occurred,
    /// When it was recorded, or is claimed to have been in an import.
    Recorded,
}

/// Why the log cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum OcelError {
    /// An event of the log cannot be applied: run another version.
    #[error("an event of the log cannot be applied")]
    Apply(#[from] ApplyError),
    /// An event of the log cannot be read: run another version.
    #[error("an event of the log cannot be read")]
    Decode(#[from] DecodeError),
    /// The file cannot be written: a full disk, mostly.
    #[error("the events cannot be written")]
    Write(#[from] io::Error),
}

/// A log on its way into a file.
#[derive(Debug)]
pub struct Ocel<W> {
    out: W,
    time: EventTime,
    register: Register,
    zones: Vec<TimeZone>,
    course: Course,
    things: Things,
    /// Which schools are in a plan, and when that changed.
    active: BTreeMap<u32, Vec<(Timestamp, bool)>>,
    holders: BTreeSet<(Role, String)>,
}

impl<W: Write> Ocel<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn begin(mut out: W, time: EventTime) -> io::Result<Self> {
        out.write_all(b"{\"events\":[")?;
        let (register, zones, course, things) = (Register::new(), Vec::new(), Course::default(), Things::default());
        Ok(Self { out, time, register, zones, course, things, active: BTreeMap::new(), holders: BTreeSet::new() })
    }

    /// How far the log was taken.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.register.last_seq()
    }

    /// The log's epoch.
    #[must_use]
    pub fn epoch(&self) -> &str {
        self.register.epoch().unwrap_or(UNKNOWN)
    }

    /// Takes the next event of the log.
    ///
    /// # Errors
    /// [`OcelError`].
    pub fn take(&mut self, stored: &Stored<'_>) -> Result<(), OcelError> {
        let parsed = parse(stored)?;
        let applied = self.register.apply(&parsed)?;
        if matches!(parsed.data(), Data::RegionConfigured(_)) {
            let regions = self.register.regions().iter();
            let zone = |name: &str| TimeZone::get(name).unwrap_or(TimeZone::UTC);
            self.zones = regions.map(|region| zone(&region.clockwork.rules().zone)).collect();
        }
        let at = self.moment(&applied);
        self.course.grow(&self.register, at);
        for ordinal in self.touched(&applied, parsed.data()) {
            self.course.look(&self.register, ordinal, at);
        }
        self.enrolled(&applied, parsed.data(), at);
        let mut links = self.subjects(&applied);
        links.extend(self.named(&applied, parsed.data(), at));
        links.extend(self.actors(&applied, stored)?);
        links.sort();
        links.dedup();
        self.write(&applied, parsed.data(), at, links)
    }

    fn write(&mut self, applied: &Applied, data: &Data, time: Timestamp, links: Vec<Link>) -> Result<(), OcelError> {
        let effect = match applied.effect {
            Effect::Changed => "changed",
            Effect::Duplicate => "duplicate",
            Effect::Void(_) => "void",
        };
        let told = |name, value| Told { name, value };
        let mut attributes = vec![
            told("seq", Value::Int(i64::try_from(applied.seq.get()).unwrap_or(i64::MAX))),
            told("occurred_on", Value::Text(applied.occurred_on.to_string().into())),
            told("recorded_at", Value::Time(applied.recorded_at)),
            told("role", Value::Text(applied.role.as_str().into())),
            told("effect", Value::Text(effect.into())),
        ];
        if let Data::BulkRecorded(bulk) = data {
            attributes.push(told("fact", Value::Text(bulk.event_type.clone().into())));
        }
        let event =
            Event { id: applied.event.to_string(), of: data.type_name(), time, attributes, relationships: links };
        self.out.write_all(if applied.seq == Seq::FIRST { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut self.out, &event).map_err(io::Error::from)?;
        Ok(())
    }

    /// Ends the file: the objects, then the types. Gives how many events there were.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(self) -> io::Result<(u64, W)> {
        let Self { mut out, register, mut course, mut things, active, holders, .. } = self;
        // Whatever an event changed from afar is told at the latest with the last one.
        let last = register.last_recorded_at().unwrap_or(Timestamp::UNIX_EPOCH);
        for ordinal in 0..u32::try_from(register.len()).unwrap_or(u32::MAX) {
            course.look(&register, ordinal, last);
        }
        out.write_all(b"\n],\n\"objects\":[")?;
        places(&register, &active, &mut things);
        for (role, place) in holders {
            let object = things.meet(holder_id(role, &place), "role_holder");
            set(object, "role", Timestamp::UNIX_EPOCH, Value::Text(role.as_str().into()));
            set(object, "place", Timestamp::UNIX_EPOCH, Value::Text(place.into()));
        }
        let mut separator: &[u8] = b"\n";
        let mut tell = |object: &Object| {
            out.write_all(std::mem::replace(&mut separator, b",\n"))?;
            serde_json::to_writer(&mut out, object).map_err(io::Error::from)
        };
        course.tell(&register, &mut tell)?;
        things.tell(&mut tell)?;
        out.write_all(b"\n],\n\"eventTypes\":")?;
        let mut types: Vec<&str> = register.event_types().iter().map(|seen| &*seen.name).collect();
        types.sort_unstable();
        let types: Vec<_> = types.into_iter().map(|name| Declared { name, attributes: OF_EVENTS }).collect();
        serde_json::to_writer(&mut out, &types)?;
        out.write_all(b",\n\"objectTypes\":")?;
        serde_json::to_writer(&mut out, OBJECT_TYPES)?;
        out.write_all(b"}\n")?;
        out.flush()?;
        Ok((register.events(), out))
    }

    fn moment(&self, applied: &Applied) -> Timestamp {
        if self.time == EventTime::Recorded {
            return applied.recorded_at;
        }
        let region = self.region_of(applied);
        let zone = self.zones.get(region.unwrap_or_default()).cloned().unwrap_or(TimeZone::UTC);
        let time = zone.to_datetime(applied.recorded_at).time();
        let moment = zone.to_timestamp(applied.occurred_on.to_datetime(time));
        moment.unwrap_or(applied.recorded_at)
    }

    /// The region that an event lies in.
    fn region_of(&self, applied: &Applied) -> Option<usize> {
        let register = &self.register;
        let region = applied.org.map(|org| index(register.orgs()[index(org)].region));
        region.or_else(|| self.own(applied).first().map(|of| register.block_of(*of).region))
    }

    /// The obligations that an event may have changed.
    fn touched(&self, applied: &Applied, data: &Data) -> Vec<u32> {
        let register = &self.register;
        let blocks = |of: &dyn Fn(&register::Block) -> bool| {
            let blocks = register.blocks().iter().filter(|block| of(block));
            blocks.flat_map(|block| block.base..block.base + block.len).collect()
        };
        match (data, applied.org) {
            (Data::RegionConfigured(it), _) => {
                let region = register.region_index(it.rules.region.as_str()).map(index);
                blocks(&|block| Some(block.region) == region)
            }
            (Data::PlanAmended(it), _) => {
                let plan = register.plan_index(it.plan.as_str());
                blocks(&|block| Some(block.plan) == plan)
            }
            (Data::PlanClosed(it), _) => {
                let plan = register.plan_index(it.plan.as_str());
                blocks(&|block| Some(block.plan) == plan)
            }
            // A second person's word on a plan: any of its obligations.
            (Data::ProposalConfirmed(_), _) if applied.obligation.is_none() => blocks(&|_| true),
            (Data::SchoolEnrolled(_) | Data::SchoolWithdrawn(_), Some(org)) => register.ordinals_of(org).collect(),
            _ => {
                let own = self.own(applied);
                // A delivery dates the publication that follows from it.
                let following = own.iter().filter_map(|ordinal| {
                    let (slot, _) = register.slot_of(*ordinal);
                    let (at, _) = slot.publication?;
                    Some(register.block_of(*ordinal).base + u32::try_from(at).ok()?)
                });
                own.iter().copied().chain(following).collect()
            }
        }
    }

    /// The obligations that an event is about: one, or those of a bulk fact.
    fn own(&self, applied: &Applied) -> Vec<u32> {
        match (applied.obligation, self.register.bulk_act_behind(applied.seq)) {
            (Some(ordinal), _) => vec![ordinal],
            (None, Some(many)) => many.obligations.iter().map(|(ordinal, _)| *ordinal).collect(),
            (None, None) => Vec::new(),
        }
    }

    fn enrolled(&mut self, applied: &Applied, data: &Data, at: Timestamp) {
        let register = &self.register;
        match data {
            Data::PlanActivated(it) => {
                for school in it.schools.iter().filter_map(|code| register.org_index(code.as_str())) {
                    self.active.entry(school).or_default().push((at, true));
                }
            }
            Data::SchoolEnrolled(_) | Data::SchoolWithdrawn(_) => {
                if let Some(school) = applied.org {
                    let is_active = matches!(data, Data::SchoolEnrolled(_));
                    self.active.entry(school).or_default().push((at, is_active));
                }
            }
            _ => {}
        }
    }

    /// What an event is about.
    fn subjects(&self, applied: &Applied) -> Vec<Link> {
        let register = &self.register;
        let of_school = if applied.obligation.is_none() && applied.org.is_none() { "recipient" } else { "subject" };
        let mut links = Vec::new();
        let school = |org: u32| school_id(&register.orgs()[index(org)]);
        for ordinal in self.own(applied) {
            links.push(Link { object: format!("obligation:{}", register.id_of(ordinal)), qualifier: "subject" });
            links.push(Link { object: row_id(register, ordinal), qualifier: "row" });
            let school = school(register.block_of(ordinal).org);
            links.extend(school.map(|object| Link { object, qualifier: of_school }));
        }
        links.extend(applied.org.and_then(school).map(|object| Link { object, qualifier: "subject" }));
        if let (None, Some(org)) = (applied.obligation, applied.org) {
            let municipality = register.orgs()[index(org)].municipality;
            let object = municipality.map(|of| municipality_id(register, of));
            links.extend(object.map(|object| Link { object, qualifier: "subject" }));
        }
        links
    }

    /// The documents, plans and grants that an event names; a bulk fact names what its fact does.
    fn named(&mut self, applied: &Applied, data: &Data, at: Timestamp) -> Vec<Link> {
        let register = &self.register;
        let region =
            self.region_of(applied).and_then(|at| register.regions().get(at)).map_or(UNKNOWN, |it| it.code.as_str());
        let place = Place { register, obligation: applied.obligation, region, at };
        if let Data::BulkRecorded(bulk) = data {
            let fact = Data::from_payload(&bulk.event_type, &bulk.payload).and_then(Result::ok);
            return fact.map(|fact| self.things.of(&fact, &place)).unwrap_or_default();
        }
        self.things.of(data, &place)
    }

    /// Who acted, by role, and for whom.
    fn actors(&mut self, applied: &Applied, stored: &Stored<'_>) -> Result<Vec<Link>, DecodeError> {
        let place = self.place(applied);
        let (id, role) = (holder_id(applied.role, &place), applied.role);
        if applied.on_behalf_of.is_none() {
            self.holders.insert((role, place));
            return Ok(vec![Link { object: id, qualifier: "decided_by" }]);
        }
        let substitute = format!("{place}/substitute");
        let decided_by = Link { object: holder_id(role, &substitute), qualifier: "decided_by" };
        self.holders.extend([(role, place), (role, substitute)]);
        let mut links = vec![decided_by, Link { object: id, qualifier: "on_behalf_of" }];
        if let Some(grant) = Envelope::read(stored.payload)?.grantid {
            let grant = self.things.meet(format!("grant:{grant}"), "grant");
            links.push(Link { object: grant.id.clone(), qualifier: "on_behalf_of" });
        }
        Ok(links)
    }

    /// Where somebody acted: as narrow as the role.
    fn place(&self, applied: &Applied) -> String {
        let register = &self.register;
        let org = applied.org.or_else(|| self.own(applied).first().map(|of| register.block_of(*of).org));
        let Some(org) = org.map(|org| &register.orgs()[index(org)]) else { return UNKNOWN.to_owned() };
        let region = register.regions()[index(org.region)].code.as_str();
        let municipality = org.municipality.map(|of| register.municipalities()[index(of)].code.as_str());
        match (applied.role, municipality) {
            (Role::School, _) => org.code.to_string(),
            (Role::Coordinator, Some(municipality)) => format!("{region}/{municipality}"),
            _ => region.to_owned(),
        }
    }
}

/// Schools and municipalities, as they are at the end.
fn places(register: &Register, active: &BTreeMap<u32, Vec<(Timestamp, bool)>>, things: &mut Things) {
    for (number, municipality) in (0..).zip(register.municipalities()) {
        let object = things.meet(municipality_id(register, number), "municipality");
        set(object, "name", Timestamp::UNIX_EPOCH, Value::Text(municipality.name_ru.clone().into()));
    }
    let directions = register.directions();
    for (number, org) in (0..).zip(register.orgs()) {
        let Some(id) = school_id(org) else { continue };
        let object = things.meet(id, "school");
        set(object, "name", Timestamp::UNIX_EPOCH, Value::Text(org.name_ru.clone().into()));
        let mask = directions[index(number)];
        let named = domain::payload::Direction::ALL.into_iter().filter(|it| mask & it.bit() != 0);
        let named: Vec<&str> = named.map(domain::payload::Direction::as_str).collect();
        if !named.is_empty() {
            set(object, "directions", Timestamp::UNIX_EPOCH, Value::Text(named.join(" ").into()));
        }
        for (at, is_active) in active.get(&number).into_iter().flatten() {
            set(object, "active", *at, Value::Bool(*is_active));
        }
        let of = org.municipality.map(|of| municipality_id(register, of));
        object.relationships.extend(of.map(|object| Link { object, qualifier: "in_municipality" }));
    }
}

fn municipality_id(register: &Register, number: u32) -> String {
    let municipality = &register.municipalities()[index(number)];
    format!("municipality:{}/{}", register.regions()[index(municipality.region)].code, municipality.code)
}

/// A school as an object; authorities are none.
fn school_id(org: &Org) -> Option<String> {
    (org.kind == OrgKind::School).then(|| format!("school:{}", org.code))
}

fn holder_id(role: Role, place: &str) -> String {
    format!("role_holder:{}@{place}", role.as_str())
}
