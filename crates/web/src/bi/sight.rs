//! Whose rows: a caller's territory, as in the other reads, asked by whoever makes rows.

use ::bi::{Set, Sight};
use domain::actor::{Role, Scope};
use indicators::Level;
use projector::Fact;
use register::Register;

use crate::auth::Caller;

/// Sets in which dashboards do not see the counts of surveys.
const WITH_EVENTS: [&str; 3] = ["event", "control_total", "watermark"];

/// A caller with their place.
#[derive(Debug)]
pub(super) struct Seen<'c> {
    caller: &'c Caller,
    /// Codes of the caller's municipality and region.
    home: (Option<String>, Option<String>),
}

impl<'c> Seen<'c> {
    pub(super) fn of(caller: &'c Caller, register: &Register) -> Self {
        Self { caller, home: caller.home(register) }
    }
}

impl Sight for Seen<'_> {
    fn sees_place(&self, level: Level, org: &str, municipality: Option<&str>, region: Option<&str>) -> bool {
        self.caller.sees_place(&self.home, level, org, municipality, region)
    }

    fn sees_org(&self, register: &Register, org: u32) -> bool {
        self.caller.sees_entry(register, org)
    }

    fn sees_obligation(&self, register: &Register, ordinal: u32) -> bool {
        self.caller.sees(register, ordinal)
    }

    fn sees_event(&self, register: &Register, fact: &Fact) -> bool {
        self.caller.sees_fact(register, fact)
    }
}

impl Caller {
    /// Names what they may see of a set: the same name, the same rows. Empty: everything.
    pub(super) fn sight_of(&self, set: &Set) -> String {
        let (role, person) = (self.actor.role, &self.actor.person);
        match &self.actor.scope {
            Scope::All if role == Role::Bi && WITH_EVENTS.contains(&set.short()) => "bi".to_owned(),
            Scope::All => String::new(),
            // Persons see more than their territory: what they were named for.
            scope => format!("{scope} {role} {person}"),
        }
    }

    /// Whether they may ask for a place: their territory, what it lies in, and nothing beside it.
    pub(super) fn may_ask(&self, register: &Register, code: &str) -> bool {
        let (municipality, region) = self.home(register);
        let own = |place: &Option<String>| place.as_deref() == Some(code);
        self.actor.scope == Scope::All
            || own(&municipality)
            || own(&region)
            || register.org_index(code).is_some_and(|org| self.sees_entry(register, org))
    }
}
