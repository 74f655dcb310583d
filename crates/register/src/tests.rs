//! Claims about the register as a whole.

mod errors;
mod histories;
mod imports;
mod lives;
mod rows;
mod support;
