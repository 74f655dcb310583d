//! Claims about the register as a whole.

mod chance;
mod commute;
mod errors;
mod golden;
mod histories;
mod imports;
mod invariants;
mod lives;
mod measuring;
mod play;
mod rows;
mod support;
