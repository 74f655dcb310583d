//! Claims about a real `PostgreSQL` that is kept up with a real state, told by a simulated log.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at its first surprise")]

mod faults;
mod following;
#[expect(dead_code, unreachable_pub, reason = "the end-to-end tests have the same server, and use the rest of it")]
mod postgres;
mod rights;
mod rows;
mod schema;
mod tls;
mod world;
