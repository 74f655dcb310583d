//! Whose rows: the territory of whoever reads, asked row by row before a row is made.

use std::fmt::Debug;

use indicators::Level;
use projector::Fact;
use register::Register;

/// What somebody may see. Who decides it stands above this crate: here it is only asked.
pub trait Sight: Debug {
    /// Whether they see the values of a place; municipality and region are codes.
    fn sees_place(&self, level: Level, org: &str, municipality: Option<&str>, region: Option<&str>) -> bool;

    /// Whether they see an organisation's entry in the registry.
    fn sees_org(&self, register: &Register, org: u32) -> bool;

    /// Whether they see an obligation.
    fn sees_obligation(&self, register: &Register, ordinal: u32) -> bool;

    /// Whether they see an event.
    fn sees_event(&self, register: &Register, fact: &Fact) -> bool;
}
