//! The service as its users meet it: the real binary, a real broker, ten schools.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at its first surprise")]

mod command_line;
mod commands;
mod evidence;
mod export;
mod faults;
mod figures;
mod mart;
mod reads;
