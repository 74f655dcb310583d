//! The life of one obligation: what people may do, what it leads to, and what always holds.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at its first surprise")]

mod access;
mod beside;
mod bulk;
mod duties;
mod kept;
mod measuring;
mod notes;
mod people;
mod plans;
mod proposals;
mod reports;
mod soundness;
mod terms;
mod world;
