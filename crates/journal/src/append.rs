//! What is appended and what can become of it.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;

use crate::{Seq, limits};

/// A record to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Literal subject: tokens of visible ASCII joined by dots, without wildcards.
    pub subject: String,
    /// Id of the event, unique for ever; a repeated write is recognised by it. Empty for imports,
    /// which are protected by their expectation alone.
    pub id: String,
    /// The stored bytes: the fact itself.
    pub payload: Bytes,
    /// What must be true of the subject for the record to be stored.
    pub expect: Expect,
}

/// Condition on which a record is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No condition.
    Any,
    /// The last record on the same subject has this sequence; 0: the subject has no record.
    LastOnSubject(Seq),
}

/// What is known of records whose append failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// None of them is stored, and none will be.
    NotStored,
    /// All of them or none may be stored, now or later: ask [`crate::Journal::last_on`].
    Unknown,
}

/// Why an append did not succeed. Only [`AppendError::Unknown`] leaves the outcome open.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AppendError {
    /// The log looked at the records and refused them; nothing is stored. Decide anew.
    #[error("the log refused the append")]
    Refused(#[source] Refused),
    /// No answer came in time, although the same ids were repeated. The records may be stored:
    /// repeat with the same ids, or look at the subject's last record.
    #[error("the outcome of the append is unknown: {reason}")]
    Unknown {
        /// What was seen last.
        reason: String,
    },
    /// The log cannot take records now (no connection, no leader, no space); nothing is stored.
    /// Try again later.
    #[error("the log is unavailable: {reason}")]
    Unavailable {
        /// What is wrong.
        reason: String,
    },
    /// The log's configuration or content is not what it must be, so writing has stopped; nothing
    /// is stored. An operator must act.
    #[error("writing is stopped, the log is not as it must be: {difference}")]
    Guarded {
        /// Every difference found, in words.
        difference: String,
    },
    /// A payload is larger than the log takes; nothing was sent. Give up or make it smaller.
    #[error("a payload of {bytes} bytes is larger than {max}")]
    TooBig {
        /// Size of the payload.
        bytes: usize,
        /// Largest size taken.
        max: usize,
    },
    /// Too many appends wait already; nothing was sent. Try again after the given time.
    #[error("too many appends are waiting, retry after {} ms", retry_after.as_millis())]
    Overloaded {
        /// How long to wait before the next try.
        retry_after: Duration,
    },
}

impl AppendError {
    /// Tells whether the records may be stored in spite of the error.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self {
            Self::Unknown { .. } => Fate::Unknown,
            Self::Refused(_)
            | Self::Unavailable { .. }
            | Self::Guarded { .. }
            | Self::TooBig { .. }
            | Self::Overloaded { .. } => Fate::NotStored,
        }
    }

    /// Returns the conflicting subject's last sequence when this is a conflict.
    #[must_use]
    pub fn conflict(&self) -> Option<Seq> {
        match self {
            Self::Refused(Refused::Conflict { last, .. }) => Some(*last),
            _ => None,
        }
    }
}

impl From<Refused> for AppendError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Why the log refused records. Nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The subject is not where the expectation says. Read it again and decide anew; after an
    /// unknown outcome it may be one's own record.
    #[error("subject {subject} is already at sequence {last}")]
    Conflict {
        /// The subject.
        subject: String,
        /// The subject's last sequence; 0 when the subject has none.
        last: Seq,
    },
    /// Two records of one atomic append carry an expectation on the same subject. A mistake of the
    /// caller.
    #[error("subject {subject} has two expectations in one append")]
    TwoExpectations {
        /// The subject.
        subject: String,
    },
    /// More records than one atomic append takes. Split it.
    #[error("{count} records are more than the {max} that one append takes")]
    TooMany {
        /// How many were given.
        count: usize,
        /// How many are taken.
        max: usize,
    },
    /// The subject is not literal, not clean, too long, or not this log's. A mistake of the caller.
    #[error("subject \"{subject}\" is not one of this log: {reason}")]
    Subject {
        /// The subject.
        subject: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The record id is too long, not visible ASCII, or given twice in one append. A mistake of the
    /// caller.
    #[error("record id \"{id}\" cannot be used: {reason}")]
    Id {
        /// The id.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The log refused for a reason of its own that no repetition cures.
    #[error("the log answered {code}: {description}")]
    Other {
        /// The log's own error code.
        code: u64,
        /// The log's own words.
        description: String,
    },
}

/// Checks what can be known of an append without asking the log: count, sizes, subjects, ids.
///
/// # Errors
/// [`AppendError::TooBig`] or [`AppendError::Refused`]; nothing is sent.
pub fn check_shape(records: &[NewRecord]) -> Result<(), AppendError> {
    if records.len() > limits::BATCH_RECORDS_MAX {
        let (count, max) = (records.len(), limits::BATCH_RECORDS_MAX);
        return Err(Refused::TooMany { count, max }.into());
    }
    let mut expected: HashSet<&str> = HashSet::new();
    let mut ids: HashSet<&str> = HashSet::new();
    for record in records {
        let bytes = record.payload.len();
        if bytes > limits::PAYLOAD_BYTES_MAX {
            return Err(AppendError::TooBig { bytes, max: limits::PAYLOAD_BYTES_MAX });
        }
        check_subject(&record.subject)?;
        check_id(&record.id)?;
        if !record.id.is_empty() && !ids.insert(&record.id) {
            let reason = "it is given twice in one append".to_owned();
            return Err(Refused::Id { id: record.id.clone(), reason }.into());
        }
        match record.expect {
            Expect::Any => {}
            Expect::LastOnSubject(_) => {
                if !expected.insert(&record.subject) {
                    return Err(Refused::TwoExpectations { subject: record.subject.clone() }.into());
                }
            }
        }
    }
    Ok(())
}

fn check_subject(subject: &str) -> Result<(), Refused> {
    let reason = if subject.is_empty() || subject.len() > limits::SUBJECT_BYTES_MAX {
        format!("1 to {} bytes are expected", limits::SUBJECT_BYTES_MAX)
    } else if subject.split('.').any(str::is_empty) {
        "it has an empty token".to_owned()
    } else if !subject.bytes().all(|b| b.is_ascii_graphic() && b != b'*' && b != b'>') {
        "only visible ASCII without wildcards is expected".to_owned()
    } else {
        return Ok(());
    };
    Err(Refused::Subject { subject: subject.to_owned(), reason })
}

fn check_id(id: &str) -> Result<(), Refused> {
    let reason = if id.len() > limits::ID_BYTES_MAX {
        format!("at most {} bytes are expected", limits::ID_BYTES_MAX)
    } else if !id.bytes().all(|b| b.is_ascii_graphic()) {
        "only visible ASCII is expected".to_owned()
    } else {
        return Ok(());
    };
    Err(Refused::Id { id: id.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(subject: &str, id: &str, expect: Expect) -> NewRecord {
        NewRecord { subject: subject.into(), id: id.into(), payload: Bytes::new(), expect }
    }

    #[test]
    fn unclean_subjects_and_ids_are_refused() {
        for subject in ["", ".", "a..b", "a.*", "a.>", "a b", "a.б", "a\n"] {
            let refused = check_shape(&[record(subject, "1", Expect::Any)]).unwrap_err();
            assert!(matches!(refused, AppendError::Refused(Refused::Subject { .. })), "\"{subject}\" gave {refused}");
        }
        let refused = check_shape(&[record("a.b", "x y", Expect::Any)]).unwrap_err();
        assert!(matches!(refused, AppendError::Refused(Refused::Id { .. })));
    }

    #[test]
    fn two_expectations_on_one_subject_are_refused() {
        let none = Expect::LastOnSubject(Seq::NONE);
        let refused = check_shape(&[record("a", "1", none), record("a", "2", none)]).unwrap_err();
        assert!(matches!(refused, AppendError::Refused(Refused::TwoExpectations { .. })));
        assert_eq!(check_shape(&[record("a", "1", none), record("a", "2", Expect::Any)]), Ok(()));
    }

    #[test]
    fn only_unknown_leaves_the_fate_open() {
        assert_eq!(AppendError::Unknown { reason: String::new() }.fate(), Fate::Unknown);
        assert_eq!(AppendError::Unavailable { reason: String::new() }.fate(), Fate::NotStored);
    }
}
