//! Regions, municipalities, organisations, persons and event types: numbered as the log names them.

use std::collections::HashMap;

use domain::id::{BadCode, MunicipalityCode, OrgCode, PersonCode, RegionCode, Seq};
use domain::obligation::PersonIdx;
use domain::payload::{MunicipalityRef, OrgKind, OrgRegistered};
use domain::region::RegionRules;
use domain::timeliness::{Clockwork, UnknownZone};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{index, number};

/// A school or authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// Its code.
    pub code: OrgCode,
    /// What it is.
    pub kind: OrgKind,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// Number of its region.
    pub region: u32,
    /// Number of the municipality that it belongs to; authorities of a whole region have none.
    pub municipality: Option<u32>,
    /// Number of the municipality that it was registered in: that one stands in the subjects of its events.
    pub home: Option<u32>,
    /// Position of its registration.
    pub registered_seq: Seq,
}

/// A municipality, as the registrations of its organisations name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Municipality {
    /// Its code, unique within its region.
    pub code: MunicipalityCode,
    /// Its name in Russian, as first registered.
    pub name_ru: String,
    /// Its name in English, as first registered.
    pub name_en: String,
    /// Number of its region.
    pub region: u32,
}

/// A region and its rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "StoredRegion", try_from = "StoredRegion")]
pub struct Region {
    /// Its code.
    pub code: RegionCode,
    /// Its rules, ready to compute with.
    pub clockwork: Clockwork,
    /// Position of the event that set the rules.
    pub configured_seq: Seq,
}

/// Rules as JSON, since their shape is that of an event and not of a snapshot.
#[derive(Serialize, Deserialize)]
struct StoredRegion {
    rules: String,
    seq: Seq,
}

impl From<Region> for StoredRegion {
    fn from(region: Region) -> Self {
        let rules = serde_json::to_string(region.clockwork.rules()).expect("rules came from JSON and have string keys");
        Self { rules, seq: region.configured_seq }
    }
}

impl TryFrom<StoredRegion> for Region {
    type Error = String;
    fn try_from(stored: StoredRegion) -> Result<Self, String> {
        let rules: RegionRules = serde_json::from_str(&stored.rules).map_err(|error| error.to_string())?;
        Self::new(rules, stored.seq).map_err(|error| error.to_string())
    }
}

impl Region {
    fn new(rules: RegionRules, seq: Seq) -> Result<Self, UnknownZone> {
        Ok(Self { code: rules.region.clone(), clockwork: Clockwork::new(rules)?, configured_seq: seq })
    }
}

/// A span of the log in which an earlier system's history was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSpan {
    /// The earlier system.
    pub source: String,
    /// Position of `import.opened`.
    pub opened: Seq,
    /// When the log took it.
    pub opened_at: Timestamp,
    /// Position of `import.closed`; `None` while the load goes on.
    pub closed: Option<Seq>,
    /// When the log took that.
    pub closed_at: Option<Timestamp>,
    /// The first moment that was claimed.
    pub first_claim: Option<Timestamp>,
    /// The last moment that was claimed: claims never run backwards within a span.
    pub last_claim: Option<Timestamp>,
}

/// An event type that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventType {
    /// Its name.
    pub name: Box<str>,
    /// Whether this version knows it.
    pub known: bool,
    /// How many events had it.
    pub events: u64,
}

/// Event types in the order of their first appearance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<EventType>", into = "Vec<EventType>")]
pub(crate) struct Types {
    list: Vec<EventType>,
    by_name: HashMap<Box<str>, u16>,
}

impl Types {
    pub(crate) fn list(&self) -> &[EventType] {
        &self.list
    }

    pub(crate) fn find(&self, name: &str) -> Option<u16> {
        self.by_name.get(name).copied()
    }

    /// Counts an event; `None` when there are more types than numbers.
    pub(crate) fn count(&mut self, name: &str, known: bool) -> Option<u16> {
        if let Some(number) = self.find(name) {
            let seen = &mut self.list[usize::from(number)];
            seen.events += 1;
            return Some(number);
        }
        let number = u16::try_from(self.list.len()).ok()?;
        self.list.push(EventType { name: name.into(), known, events: 1 });
        self.by_name.insert(name.into(), number);
        Some(number)
    }

    /// Whether one more type could be numbered.
    pub(crate) fn has_room_for(&self, name: &str) -> bool {
        u16::try_from(self.list.len()).is_ok() || self.by_name.contains_key(name)
    }
}

impl From<Vec<EventType>> for Types {
    fn from(list: Vec<EventType>) -> Self {
        let by_name = list.iter().zip(0..=u16::MAX).map(|(seen, number)| (seen.name.clone(), number)).collect();
        Self { list, by_name }
    }
}

impl From<Types> for Vec<EventType> {
    fn from(types: Types) -> Self {
        types.list
    }
}

/// Persons in the order of their first act.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<PersonCode>", into = "Vec<PersonCode>")]
pub(crate) struct Persons {
    list: Vec<PersonCode>,
    by_code: HashMap<PersonCode, u32>,
}

impl Persons {
    pub(crate) fn list(&self) -> &[PersonCode] {
        &self.list
    }

    pub(crate) fn find(&self, code: &str) -> Option<PersonIdx> {
        self.by_code.get(code).copied().map(PersonIdx)
    }

    /// The person's number, given now if they are new.
    pub(crate) fn intern(&mut self, code: &str) -> Result<PersonIdx, BadCode> {
        if let Some(known) = self.find(code) {
            return Ok(known);
        }
        let person: PersonCode = code.parse()?;
        let next = number(self.list.len());
        self.by_code.insert(person.clone(), next);
        self.list.push(person);
        Ok(PersonIdx(next))
    }

    /// Forgets whoever was numbered from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        for person in self.list.drain(len..) {
            self.by_code.remove(&person);
        }
    }
}

impl From<Vec<PersonCode>> for Persons {
    fn from(list: Vec<PersonCode>) -> Self {
        let by_code = list.iter().zip(0..).map(|(person, number)| (person.clone(), number)).collect();
        Self { list, by_code }
    }
}

impl From<Persons> for Vec<PersonCode> {
    fn from(persons: Persons) -> Self {
        persons.list
    }
}

/// Regions, municipalities and organisations.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Lists", into = "Lists")]
pub(crate) struct Registry {
    lists: Lists,
    org_by_code: HashMap<OrgCode, u32>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lists {
    regions: Vec<Region>,
    municipalities: Vec<Municipality>,
    orgs: Vec<Org>,
}

impl Registry {
    pub(crate) fn orgs(&self) -> &[Org] {
        &self.lists.orgs
    }

    pub(crate) fn municipalities(&self) -> &[Municipality] {
        &self.lists.municipalities
    }

    pub(crate) fn regions(&self) -> &[Region] {
        &self.lists.regions
    }

    pub(crate) fn org(&self, code: &str) -> Option<u32> {
        self.org_by_code.get(code).copied()
    }

    /// Regions are few: they are looked for one by one.
    pub(crate) fn region(&self, code: &str) -> Option<u32> {
        self.lists.regions.iter().position(|region| region.code.as_str() == code).map(number)
    }

    /// The municipality that an organisation belongs to.
    pub(crate) fn municipality_of(&self, org: &Org) -> Option<&MunicipalityCode> {
        org.municipality.map(|municipality| &self.lists.municipalities[index(municipality)].code)
    }

    /// The municipality that an organisation was registered in.
    pub(crate) fn home_of(&self, org: &Org) -> Option<&MunicipalityCode> {
        org.home.map(|municipality| &self.lists.municipalities[index(municipality)].code)
    }

    /// Sets a region's rules.
    pub(crate) fn configure(&mut self, rules: RegionRules, seq: Seq) -> Result<(), UnknownZone> {
        let region = Region::new(rules, seq)?;
        match self.region(region.code.as_str()) {
            Some(known) => self.lists.regions[index(known)] = region,
            None => self.lists.regions.push(region),
        }
        Ok(())
    }

    /// Enters an organisation of a known region; `None` when its code is taken.
    pub(crate) fn register(&mut self, org: &OrgRegistered, region: u32, seq: Seq) -> Option<u32> {
        if self.org(org.code.as_str()).is_some() {
            return None;
        }
        let municipality = org.municipality.as_ref().map(|entry| self.municipality(entry, region));
        let next = number(self.lists.orgs.len());
        self.org_by_code.insert(org.code.clone(), next);
        self.lists.orgs.push(Org {
            code: org.code.clone(),
            kind: org.kind,
            name_ru: org.name_ru.clone(),
            name_en: org.name_en.clone(),
            region,
            municipality,
            home: municipality,
            registered_seq: seq,
        });
        Some(next)
    }

    /// Lets an organisation belong to another municipality of its region; whether that is another one.
    pub(crate) fn transfer(&mut self, org: u32, entry: &MunicipalityRef) -> bool {
        let to = self.municipality(entry, self.lists.orgs[index(org)].region);
        self.lists.orgs[index(org)].municipality.replace(to) != Some(to)
    }

    /// Municipalities are at most some thousands, and looked for at registrations and transfers only.
    fn municipality(&mut self, entry: &MunicipalityRef, region: u32) -> u32 {
        let list = &mut self.lists.municipalities;
        let known = list.iter().position(|known| known.region == region && known.code == entry.code);
        number(known.unwrap_or_else(|| {
            let (code, name_ru, name_en) = (entry.code.clone(), entry.name_ru.clone(), entry.name_en.clone());
            list.push(Municipality { code, name_ru, name_en, region });
            list.len() - 1
        }))
    }
}

impl From<Lists> for Registry {
    fn from(lists: Lists) -> Self {
        let org_by_code = lists.orgs.iter().zip(0..).map(|(org, number)| (org.code.clone(), number)).collect();
        Self { lists, org_by_code }
    }
}

impl From<Registry> for Lists {
    fn from(registry: Registry) -> Self {
        registry.lists
    }
}
