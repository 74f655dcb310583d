//! The append engine: singles in flight, atomic batches when many wait, unknown outcomes settled.

mod engine;
mod publish;
mod settle;

pub use engine::Engine;
pub(crate) use engine::{Gate, gate};
pub(crate) use publish::{Published, Publisher};
