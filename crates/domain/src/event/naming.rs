//! Names of commands and events: derived, so that a repeated command repeats its event ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::PersonCode;
use crate::limits::COMMAND_ID_BYTES_MAX;

/// Names a command for ever: the client's key and the person it came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommandId(Box<str>);

/// A key that cannot name a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to {COMMAND_ID_BYTES_MAX} visible ASCII characters, such as a UUID")]
pub struct BadCommandId;

impl CommandId {
    /// Checks a key.
    ///
    /// # Errors
    /// [`BadCommandId`].
    pub fn new(raw: &str) -> Result<Self, BadCommandId> {
        let fits = (1..=COMMAND_ID_BYTES_MAX).contains(&raw.len());
        if fits && raw.bytes().all(|b| b.is_ascii_graphic()) { Ok(Self(raw.into())) } else { Err(BadCommandId) }
    }

    /// The key itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the index of commands is keyed by: 64 bits of the hash that event ids begin with.
    #[must_use]
    pub fn fingerprint(&self, person: &PersonCode) -> u64 {
        EventId(u128::from_be_bytes(self.id_bytes(person))).fingerprint()
    }

    /// Id of the command's `n`-th event: a UUID (version 8, RFC 9562) that anybody can recompute, so
    /// that a repeated append carries the same id.
    #[must_use]
    pub fn event_id(&self, person: &PersonCode, n: u16) -> EventId {
        let mut bytes = self.id_bytes(person);
        bytes[14..].copy_from_slice(&n.to_be_bytes());
        EventId(u128::from_be_bytes(bytes))
    }

    fn id_bytes(&self, person: &PersonCode) -> [u8; 16] {
        let hash = Sha256::new().chain_update(person.as_str()).chain_update([0]).chain_update(&*self.0).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        bytes
    }
}

/// Bits at the end of an event's id that number it within its command.
const PART_BITS: u32 = 16;

/// Id of an event, a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub u128);

/// A text that is no event id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event id is a UUID such as 01234567-89ab-8cde-8f01-23456789abcd")]
pub struct BadEventId;

impl EventId {
    /// Whether both are of one command: they differ in their part only.
    #[must_use]
    pub fn is_beside(self, other: Self) -> bool {
        self.0 >> PART_BITS == other.0 >> PART_BITS
    }

    /// The 64 bits that name its command in the index of commands.
    #[must_use]
    pub fn fingerprint(self) -> u64 {
        let bytes = self.0.to_be_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&bytes[..8]);
        u64::from_be_bytes(first)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl FromStr for EventId {
    type Err = BadEventId;
    fn from_str(raw: &str) -> Result<Self, BadEventId> {
        let dashes = raw.bytes().enumerate().all(|(at, b)| matches!(at, 8 | 13 | 18 | 23) == (b == b'-'));
        let hex = raw.bytes().all(|b| b == b'-' || b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
        if raw.len() != 36 || !dashes || !hex {
            return Err(BadEventId);
        }
        u128::from_str_radix(&raw.replace('-', ""), 16).map(Self).map_err(|_| BadEventId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_its_events_for_ever() {
        let person: PersonCode = "ivanova-ai".parse().unwrap();
        let command = CommandId::new("0192f3c0-1111").unwrap();
        let id = command.event_id(&person, 3);
        assert_eq!(id, command.event_id(&person, 3));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.fingerprint(), command.fingerprint(&person));
        assert!(id.is_beside(command.event_id(&person, 65_535)));
        assert!(!id.is_beside(command.event_id(&"petrov-pp".parse().unwrap(), 3)));
        assert_eq!(&id.to_string()[14..15], "8", "a UUID of version 8");
        assert_ne!(command.fingerprint(&person), command.fingerprint(&"petrov-pp".parse().unwrap()));
    }

    #[test]
    fn what_is_no_key_and_no_event_id_is_refused() {
        for bad in ["", "a b", "ключ", &"x".repeat(129)] {
            assert!(CommandId::new(bad).is_err(), "{bad}");
        }
        for bad in ["", "x", "01234567-89ab-8cde-8f01-23456789abcG", "0123456789ab-8cde-8f01-23456789abcd0000"] {
            assert!(bad.parse::<EventId>().is_err(), "{bad}");
        }
    }
}
