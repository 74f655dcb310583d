//! Where in which log: sequence, epoch, position.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

pub use domain::id::Seq;

/// Identity of a log, 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_`: a restored log has a new one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// Returns the epoch as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Epoch {
    type Err = BadPosition;

    fn from_str(raw: &str) -> Result<Self, BadPosition> {
        let fits = (1..=64).contains(&raw.len());
        let clean = raw.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if fits && clean { Ok(Self(raw.into())) } else { Err(BadPosition::Epoch(raw.into())) }
    }
}

/// A place in a log: which log and how far. Its text is `<epoch>:<seq>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which log.
    pub epoch: Epoch,
    /// How far: everything up to and including this sequence.
    pub seq: Seq,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.seq)
    }
}

impl FromStr for Position {
    type Err = BadPosition;

    fn from_str(raw: &str) -> Result<Self, BadPosition> {
        let (epoch, seq) = raw.split_once(':').ok_or_else(|| BadPosition::Position(raw.to_owned()))?;
        let digits = !seq.is_empty() && seq.bytes().all(|b| b.is_ascii_digit());
        let seq = if digits { seq.parse().ok() } else { None };
        let seq = seq.ok_or_else(|| BadPosition::Position(raw.to_owned()))?;
        Ok(Self { epoch: epoch.parse()?, seq: Seq(seq) })
    }
}

/// Text that is not an epoch or a position. Give up: it was never ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadPosition {
    /// Not 1 to 64 of letters, digits, `-` and `_`.
    #[error("\"{0}\" is not an epoch: 1 to 64 letters, digits, '-' or '_' are expected")]
    Epoch(String),
    /// Not `<epoch>:<seq>`.
    #[error("\"{0}\" is not a position: <epoch>:<sequence> is expected")]
    Position(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_survives_its_own_text() {
        let position = Position { epoch: "e-7_A".parse().unwrap(), seq: Seq(42) };
        assert_eq!(position.to_string(), "e-7_A:42");
        assert_eq!("e-7_A:42".parse::<Position>(), Ok(position));
    }

    #[test]
    fn bad_positions_are_refused() {
        for raw in ["", "e", "e:", ":1", "e:+1", "e:-1", "e:1:2", "e f:1", "e:18446744073709551616"] {
            assert!(raw.parse::<Position>().is_err(), "{raw} was taken");
        }
    }

    #[test]
    fn sequences_do_not_wrap() {
        assert_eq!(Seq::NONE.prev(), Seq::NONE);
        assert_eq!(Seq::NONE.next(), Seq::FIRST);
        assert_eq!(Seq(u64::MAX).next(), Seq(u64::MAX));
    }
}
