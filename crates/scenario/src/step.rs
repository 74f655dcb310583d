//! One step of the story: a command, who sends it and when.

use domain::actor::Actor;
use domain::command::Command;
use domain::id::{EntityCode, RegionCode};
use jiff::Timestamp;
use jiff::civil::Date;

/// One command of the story, as an earlier system would have recorded it.
#[derive(Clone, Debug)]
pub struct Step {
    /// When it was recorded; never earlier than that of the step before.
    pub at: Timestamp,
    /// The local day of that moment in the region: the `today` of its decision.
    pub today: Date,
    /// The region in which it happens.
    pub region: RegionCode,
    /// Who sends it.
    pub actor: Actor,
    /// The grant that they act under, where they stand in for somebody.
    pub grant: Option<EntityCode>,
    /// Its idempotency key: visible ASCII, the same in every telling of the story.
    pub command_id: String,
    /// What is asked.
    pub command: Command,
    /// It was sent before with this key and body: the answer is the first one, nothing is decided again.
    pub repeat: bool,
}

impl Step {
    /// The body of the command as JSON, the same bytes in every telling.
    ///
    /// # Panics
    /// Never: bodies have no keys but texts, and no value that JSON cannot hold.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let json = self.command.body().map(|body| body.get().as_bytes().to_vec());
        json.expect("a command that was read from JSON or made here can be written as JSON")
    }
}
