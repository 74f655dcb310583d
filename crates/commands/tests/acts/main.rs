//! One act from request to receipt, on a simulated log with a real projector.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod common;
mod gate;
mod load;
