//! The language and the rules of Vekha: plans, obligations, calendar, roles, commands, events.
//!
//! A command is *decided* against the current state and yields events ([`decide()`]); an event is
//! *evolved* into the state ([`evolve()`]). Both are pure and total. This crate never reads a clock,
//! a file, a socket or a random number: moments, ids and positions are arguments.

pub mod actor;
pub mod calendar;
pub mod command;
pub mod deadline;
pub mod decide;
pub mod event;
pub mod evolve;
pub mod expand;
pub mod id;
pub mod indicator;
pub mod ledger;
pub mod limits;
pub mod number;
pub mod obligation;
pub mod payload;
pub mod period;
pub mod plan;
pub mod refusal;
pub mod region;
pub mod timeliness;

pub use decide::decide;
pub use evolve::evolve;
