//! What events name beside obligations: orders, checklists, notes, meetings, recommendations, grants, versions of plans.

use std::collections::HashMap;

use domain::event::Data;
use domain::payload::{AmendChange, ChecklistItem, score_of};
use jiff::Timestamp;
use jiff::civil::Date;
use register::Register;

use super::shape::{Link, Object, Since, Value};

/// Attributes that hold always stand at this time, as the format asks for one.
const ALWAYS: Timestamp = Timestamp::UNIX_EPOCH;

/// The things that were met.
#[derive(Debug, Default)]
pub(super) struct Things {
    met: HashMap<String, Object>,
    /// How many versions each plan has.
    versions: HashMap<String, u32>,
}

/// Where an event that names a thing happened.
pub(super) struct Place<'p> {
    pub(super) register: &'p Register,
    pub(super) obligation: Option<u32>,
    /// Code of the region; codes of documents are unique there.
    pub(super) region: &'p str,
    pub(super) at: Timestamp,
}

impl Things {
    /// The things that an event names, noted.
    pub(super) fn of(&mut self, data: &Data, place: &Place<'_>) -> Vec<Link> {
        let mut links = Vec::new();
        self.documents(data, place, &mut links);
        self.plans(data, place, &mut links);
        self.grants(data, place, &mut links);
        links
    }

    fn documents(&mut self, data: &Data, place: &Place<'_>, links: &mut Vec<Link>) {
        let named = |kind: &str, code: &str| format!("{kind}:{}/{code}", place.region);
        match data {
            Data::OrderIssued(fact) => links.push(self.order(place, &fact.details.number, fact.details.date)),
            Data::OrderSent(fact) => links.push(self.order(place, &fact.details.number, fact.details.date)),
            Data::AnalyticNoteSent(fact) => {
                links.push(evidence(self.meet(named("note", &fact.details.note), "note")));
            }
            Data::MeetingHeld(fact) => {
                links.push(evidence(self.meet(named("meeting", &fact.details.meeting), "meeting")));
            }
            Data::ProtocolSent(fact) => {
                links.push(evidence(self.meet(named("meeting", &fact.details.meeting), "meeting")));
                for one in &fact.details.recommendations {
                    let Some(id) = recommendation(place, one.id.as_str()) else { continue };
                    let object = self.meet(id, "recommendation");
                    if let Some(due) = one.due {
                        set(object, "due", place.at, Value::Text(due.to_string().into()));
                    }
                    object.relationships = leads_to(place);
                    links.push(evidence(object));
                }
            }
            Data::RecommendationClosed(fact) => {
                if let Some(id) = recommendation(place, fact.details.recommendation.as_str()) {
                    let object = self.meet(id, "recommendation");
                    set(object, "closed", place.at, Value::Bool(true));
                    links.push(Link { object: object.id.clone(), qualifier: "subject" });
                }
            }
            Data::ChecklistSubmitted(fact) => {
                let version = Value::Text(fact.details.checklist.clone().into());
                links.extend(self.checklist(place, &fact.details.items, Some(version)));
            }
            Data::FactCorrected(corrected) => {
                if let Some(items) = &corrected.items {
                    links.extend(self.checklist(place, items, None));
                }
            }
            _ => {}
        }
    }

    fn order(&mut self, place: &Place<'_>, number: &str, date: Date) -> Link {
        let object = self.meet(format!("order:{}/{number}@{date}", place.region), "order");
        set(object, "date", ALWAYS, Value::Text(date.to_string().into()));
        evidence(object)
    }

    fn checklist(&mut self, place: &Place<'_>, items: &[ChecklistItem], version: Option<Value>) -> Option<Link> {
        let id = format!("checklist:{}", place.register.id_of(place.obligation?));
        let object = self.meet(id, "checklist");
        if let Some(version) = version {
            set(object, "version", place.at, version);
        }
        let score = score_of(items);
        set(object, "points", place.at, Value::Int(score.points.into()));
        set(object, "points_max", place.at, Value::Int(score.max.into()));
        if score.max > 0 {
            set(object, "score", place.at, Value::Float(f64::from(score.points) / f64::from(score.max)));
        }
        Some(evidence(object))
    }

    fn plans(&mut self, data: &Data, place: &Place<'_>, links: &mut Vec<Link>) {
        let plan = match data {
            Data::PlanImported(imported) => {
                let Some(code) = &imported.plan.code else { return };
                let object = self.new_version(code.as_str());
                set(object, "school_year", ALWAYS, Value::Text(imported.plan.school_year.to_string().into()));
                let version = object.id.clone();
                for row in imported.plan.activities.iter().flat_map(|activity| &activity.rows) {
                    let object = self.meet(format!("row:{code}/{}", row.row), "row");
                    set(object, "title", ALWAYS, Value::Text(row.result.clone().into()));
                    set(object, "deadline", ALWAYS, Value::Text(row.deadline.raw.clone().into()));
                    object.relationships.push(Link { object: version.clone(), qualifier: "in_version" });
                }
                code
            }
            Data::PlanAmended(amended) => {
                let version = self.new_version(amended.plan.as_str()).id.clone();
                let removed = |row: &str| {
                    let mut ops = amended.ops.iter();
                    ops.any(|op| op.change == AmendChange::Remove && op.row.as_str() == row)
                };
                if let Some(plan) = place.register.plan_index(amended.plan.as_str()) {
                    let activities = place.register.plans()[plan].plan.activities.iter();
                    for row in activities.flat_map(|it| &it.rows).filter(|row| !removed(row.row.as_str())) {
                        let object = self.meet(format!("row:{}/{}", amended.plan, row.row), "row");
                        object.relationships.push(Link { object: version.clone(), qualifier: "in_version" });
                    }
                }
                let touched = amended.ops.iter().map(|op| format!("row:{}/{}", amended.plan, op.row));
                links.extend(touched.map(|object| Link { object, qualifier: "row" }));
                &amended.plan
            }
            Data::PlanActivated(it) => &it.plan,
            Data::PlanApproved(it) => &it.plan,
            Data::AnomalyResolved(it) => &it.plan,
            Data::PlanClosed(it) => &it.plan,
            Data::SchoolEnrolled(it) => &it.plan,
            Data::SchoolWithdrawn(it) => &it.plan,
            _ => return,
        };
        links.extend(self.version_of(plan.as_str()).map(|object| Link { object, qualifier: "subject" }));
    }

    fn grants(&mut self, data: &Data, place: &Place<'_>, links: &mut Vec<Link>) {
        let object = match data {
            Data::AuthorityGranted(granted) => {
                let object = self.meet(format!("grant:{}", granted.grant), "grant");
                set(object, "role", place.at, Value::Text(granted.role.as_str().into()));
                set(object, "valid_from", place.at, Value::Text(granted.valid_from.to_string().into()));
                set(object, "valid_to", place.at, Value::Text(granted.valid_to.to_string().into()));
                set(object, "active", place.at, Value::Bool(true));
                object
            }
            Data::AuthorityRevoked(revoked) => {
                let object = self.meet(format!("grant:{}", revoked.grant), "grant");
                set(object, "active", place.at, Value::Bool(false));
                object
            }
            _ => return,
        };
        links.push(Link { object: object.id.clone(), qualifier: "subject" });
    }

    /// The object of an id, made where it is new.
    pub(super) fn meet(&mut self, id: String, of: &'static str) -> &mut Object {
        let object = |id| Object { id, of, attributes: Vec::new(), relationships: Vec::new() };
        self.met.entry(id).or_insert_with_key(|id| object(id.clone()))
    }

    fn new_version(&mut self, plan: &str) -> &mut Object {
        let version = self.versions.entry(plan.to_owned()).or_default();
        *version += 1;
        let id = version_id(plan, *version);
        self.meet(id, "plan_version")
    }

    fn version_of(&self, plan: &str) -> Option<String> {
        self.versions.get(plan).map(|version| version_id(plan, *version))
    }

    /// Tells what was met, in the order of ids.
    ///
    /// # Errors
    /// Those of `tell`.
    pub(super) fn tell<E>(self, tell: impl FnMut(&Object) -> Result<(), E>) -> Result<(), E> {
        let mut all: Vec<Object> = self.met.into_values().collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.iter().try_for_each(tell)
    }
}

/// Notes what an attribute is from now on, where it was something else.
pub(super) fn set(object: &mut Object, name: &'static str, time: Timestamp, value: Value) {
    let before = object.attributes.iter().rfind(|it| it.name == name);
    if before.is_none_or(|before| before.value != value) {
        object.attributes.push(Since { name, time, value });
    }
}

fn version_id(plan: &str, version: u32) -> String {
    format!("plan_version:{plan}.v{version}")
}

fn evidence(object: &Object) -> Link {
    Link { object: object.id.clone(), qualifier: "evidence" }
}

fn recommendation(place: &Place<'_>, code: &str) -> Option<String> {
    Some(format!("recommendation:{}/{code}", place.register.id_of(place.obligation?)))
}

/// What a recommendation is to lead to: the organisation's obligations of the rows that depend on the protocol's.
fn leads_to(place: &Place<'_>) -> Vec<Link> {
    let (register, Some(ordinal)) = (place.register, place.obligation) else { return Vec::new() };
    let block = register.block_of(ordinal);
    let imported = &register.plans()[block.plan];
    let row_of = |ordinal: u32| &imported.expansion.shares[register.slot_of(ordinal).0.share].0;
    let protocol = row_of(ordinal);
    let follows = |ordinal: &u32| {
        let row = imported.plan.row(row_of(*ordinal));
        row.is_some_and(|row| row.profile.depends_on.contains(protocol))
    };
    let following = (block.base..block.base + block.len).filter(follows);
    let link = |it| Link { object: format!("obligation:{}", register.id_of(it)), qualifier: "leads_to" };
    following.map(link).collect()
}
