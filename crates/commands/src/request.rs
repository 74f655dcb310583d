//! What comes in and what goes out.

use bytes::Bytes;
use domain::actor::Actor;
use domain::command::Act;
use domain::event::CommandId;
use domain::id::{ObligationId, PersonCode, Seq};
use serde::Serialize;

/// One command, as an edge hands it over.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks, as authentication found them.
    pub actor: Actor,
    /// For whom, where a substitute acts.
    pub on_behalf_of: Option<PersonCode>,
    /// The client's key: the same key and body give the same answer for ever.
    pub key: CommandId,
    /// What is asked for.
    pub act: Act,
    /// Its details: JSON, unread.
    pub body: Bytes,
    /// The version of the obligation that the client saw; another one refuses the command.
    pub if_match: Option<Seq>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// The answer to a command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The events that it made, in the order of the log.
    pub events: Vec<EventNote>,
    /// The obligation right after them, when the command was about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obligation: Option<ObligationAfter>,
    /// Nothing was stored: the command was asked for as a trial.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// It was carried out before, and this is the first answer again.
    #[serde(skip)]
    pub repeated: bool,
    /// Readers of this process see it already.
    #[serde(skip)]
    pub visible: bool,
}

impl Receipt {
    /// Position of the last of its events; nothing was stored in a trial.
    #[must_use]
    pub fn last_seq(&self) -> Option<Seq> {
        self.events.last().and_then(|event| event.seq)
    }
}

/// One event of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventNote {
    /// Its id, a UUID.
    pub event_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its position; `null` in a trial.
    pub seq: Option<Seq>,
}

/// An obligation right after a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObligationAfter {
    /// Its id.
    pub id: ObligationId,
    /// Its version: the position of the last event that touched it.
    pub version: Seq,
    /// Its phase.
    pub phase: &'static str,
    /// How it stands to its deadline on the day of the command.
    pub timeliness: &'static str,
}
