//! The shape of OCEL 2.0 JSON, and what is declared in it.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

/// What stands in an attribute.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    Text(Cow<'static, str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    Time(Timestamp),
}

/// An attribute of an event.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) name: &'static str,
    pub(super) value: Value,
}

/// An attribute of an object, from a time on.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Since {
    pub(super) name: &'static str,
    pub(super) time: Timestamp,
    pub(super) value: Value,
}

/// What something has to do with an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Link {
    #[serde(rename = "objectId")]
    pub(super) object: String,
    pub(super) qualifier: &'static str,
}

/// An event.
#[derive(Debug, Serialize)]
pub(super) struct Event<'e> {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) of: &'e str,
    pub(super) time: Timestamp,
    pub(super) attributes: Vec<Told>,
    pub(super) relationships: Vec<Link>,
}

/// An object.
#[derive(Debug, Serialize)]
pub(super) struct Object {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) of: &'static str,
    pub(super) attributes: Vec<Since>,
    pub(super) relationships: Vec<Link>,
}

/// A type of events or objects, with the attributes that its members may have.
#[derive(Debug, Serialize)]
pub(super) struct Declared<'d> {
    pub(super) name: &'d str,
    pub(super) attributes: &'static [DeclaredAttribute],
}

/// An attribute, declared.
#[derive(Debug, Serialize)]
pub(super) struct DeclaredAttribute {
    pub(super) name: &'static str,
    #[serde(rename = "type")]
    pub(super) of: &'static str,
}

const fn attribute(name: &'static str, of: &'static str) -> DeclaredAttribute {
    DeclaredAttribute { name, of }
}

/// What every event tells.
pub(super) const OF_EVENTS: &[DeclaredAttribute] = &[
    attribute("seq", "integer"),
    attribute("occurred_on", "string"),
    attribute("recorded_at", "time"),
    attribute("role", "string"),
    attribute("effect", "string"),
    attribute("fact", "string"),
];

/// The types of objects.
pub(super) const OBJECT_TYPES: &[Declared<'static>] = &[
    Declared { name: "plan_version", attributes: &[attribute("school_year", "string")] },
    Declared { name: "row", attributes: &[attribute("title", "string"), attribute("deadline", "string")] },
    Declared {
        name: "obligation",
        attributes: &[
            attribute("phase", "string"),
            attribute("due_effective", "string"),
            attribute("moved_count", "integer"),
            attribute("responsible", "string"),
        ],
    },
    Declared {
        name: "school",
        attributes: &[attribute("name", "string"), attribute("active", "boolean"), attribute("directions", "string")],
    },
    Declared { name: "municipality", attributes: &[attribute("name", "string")] },
    Declared { name: "order", attributes: &[attribute("date", "string")] },
    Declared {
        name: "checklist",
        attributes: &[
            attribute("version", "string"),
            attribute("points", "integer"),
            attribute("points_max", "integer"),
            attribute("score", "float"),
        ],
    },
    Declared { name: "note", attributes: &[] },
    Declared { name: "meeting", attributes: &[] },
    Declared { name: "recommendation", attributes: &[attribute("due", "string"), attribute("closed", "boolean")] },
    Declared { name: "role_holder", attributes: &[attribute("role", "string"), attribute("place", "string")] },
    Declared {
        name: "grant",
        attributes: &[
            attribute("role", "string"),
            attribute("valid_from", "string"),
            attribute("valid_to", "string"),
            attribute("active", "boolean"),
        ],
    },
];
