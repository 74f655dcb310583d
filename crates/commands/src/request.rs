//! What comes in and what goes out.

use bytes::Bytes;
use domain::actor::Actor;
use domain::command::Act;
use domain::event::CommandId;
use domain::evolve::Effect;
use domain::id::{EntityCode, ObligationId, Seq};
use jiff::Timestamp;
use serde::Serialize;

/// One command, as an edge hands it over.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks, as authentication found them.
    pub actor: Actor,
    /// The grant that they act under, where they stand in for somebody.
    pub grant: Option<EntityCode>,
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
    /// The moment that a training service takes for now.
    pub training: Option<Timestamp>,
}

/// The answer to a command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The events that it made, in the order of the log.
    pub events: Vec<EventNote>,
    /// The obligation right after them, when the command was about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obligation: Option<ObligationAfter>,
    /// What became of each obligation of a command on many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemOutcome>,
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
    /// What it did, where it did not change the state: `duplicate`, or `void_…` when what it was decided on was
    /// gone by the time the log took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<&'static str>,
}

impl EventNote {
    /// The note with what the event did.
    #[must_use]
    pub(crate) fn doing(self, effect: Option<Effect>) -> Self {
        Self { effect: effect.filter(|effect| *effect != Effect::Changed).map(Effect::as_str), ..self }
    }
}

/// What became of one obligation of a command on many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemOutcome {
    /// Which.
    pub obligation: ObligationId,
    /// `applied`, `already` so, `void`, or `refused`.
    pub outcome: &'static str,
    /// Position of its event, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// The refusal's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why, in Russian.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Why, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail_en: Option<String>,
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
