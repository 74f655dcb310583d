//! One act from request to receipt, on a simulated log with a real projector.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at its first surprise")]

mod beside;
mod bulk;
mod common;
mod gate;
mod load;
mod many;
mod measuring;
mod people;
mod storm;
mod undo;
