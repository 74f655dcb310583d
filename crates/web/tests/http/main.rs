//! Claims about the service as a client sees it: every request goes through the whole router.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at its first surprise")]

#[path = "../../../commands/tests/acts/common.rs"]
#[expect(dead_code, reason = "the town of the gate's own tests: some of its parts are for those only")]
mod common;

mod service;

mod acting;
mod asking;
mod every;
mod evidence;
mod feeding;
mod figures;
mod guarding;
mod letting_in;
mod machine;
mod odata;
mod reading;
mod snapshots;
