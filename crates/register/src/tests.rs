//! Claims about the register as a whole.

mod errors;
mod golden;
mod histories;
mod imports;
mod lives;
mod play;
mod rows;
mod support;
