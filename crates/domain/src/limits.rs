//! Every limit of the system, once, with its reason.

/// Bytes of a code (organisation, plan, person): fits a subject token and a table column.
pub const CODE_BYTES_MAX: usize = 64;

/// Bytes of an `Idempotency-Key`: a UUID with room for a prefix of the client's own.
pub const COMMAND_ID_BYTES_MAX: usize = 128;

/// Bytes of one stored event. The broker's `max_payload` is 1 MiB; headers need room beside it.
pub const EVENT_BYTES_MAX: usize = 1_000_000;

/// Bytes of a request body: one event's worth and its wrapping. Larger evidence is a link.
pub const BODY_BYTES_MAX: usize = 1_048_576;

/// Schools of one activation: their codes must fit into one event.
pub const SCHOOLS_MAX: usize = 12_000;

/// Organisations registered by one command: they are one atomic batch.
pub const ORGANISATIONS_PER_COMMAND_MAX: usize = 1_000;

/// Pieces of evidence of one act.
pub const EVIDENCE_MAX: usize = 20;

/// Characters of a free text (comment, reason).
pub const TEXT_CHARS_MAX: usize = 4_000;

/// Items of one checklist.
pub const CHECKLIST_ITEMS_MAX: usize = 500;

/// Live submissions remembered of one obligation: the first counts, the rest are duplicates kept
/// for the day the first is retracted.
pub const SUBMISSIONS_MAX: usize = 100;

/// Co-executors or delegates of one obligation: each reads and changes all of them.
pub const PEOPLE_OF_OBLIGATION_MAX: usize = 20;

/// Days that authority may be lent for: a year, after which somebody looks again.
pub const GRANT_DAYS_MAX: i32 = 366;

/// Recipients of one bulk event: some 30 kB, well below the event's own limit.
pub const BULK_RECIPIENTS_PER_EVENT: usize = 1_000;

/// Obligations of one command on many: their ids stand in one event, some 60 bytes each, and those that were not
/// changed once more, with a code, in another.
pub const BULK_OBLIGATIONS_MAX: usize = 5_000;

/// Bytes of words about what a command on many did not change: with the ids and codes they stand in one event.
pub const BULK_WORDS_BYTES: usize = 300_000;

/// Events of one atomic batch of a command on many (`architecture.md` 10).
pub const BULK_BATCH_EVENTS: usize = 500;

/// Values of one `indicator.snapshot_taken`: some 350 bytes each with codes of common length, below the event's own
/// limit with the longest. Hit by the tests of `commands`.
pub const SNAPSHOT_ROWS_PER_EVENT: usize = 2_000;

/// Bytes of one evidence file: a scanned order of some ten pages. It is checked whole in memory. Hit by
/// `journal::evidence`.
pub const EVIDENCE_FILE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Bytes of one part of a resumable upload: what a poor line loses at most when it breaks. Hit by the tests of `web`.
pub const EVIDENCE_PART_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of one message of an evidence file: a third more as the broker's JSON still fits its `max_payload` of 1 MiB.
/// Hit by the tests of `jetstream`, whose files have several.
pub const EVIDENCE_CHUNK_BYTES: usize = 256 * 1024;

/// Unfinished uploads of one person: a form with a few files. One more takes the place of the one that waits longest.
/// Hit by `web::evidence::uploads`.
pub const EVIDENCE_UPLOADS_PER_PERSON_MAX: usize = 4;

/// Bytes that all unfinished uploads together may announce: they stand in memory. Hit by `web::evidence::uploads`.
pub const EVIDENCE_UPLOADS_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Evidence files that are received, or sent, at the same time: each stands in memory whole. Hit by the tests of
/// `web`.
pub const EVIDENCE_TOGETHER_MAX: usize = 16;

/// Answers of the feed that are written at the same time: each has a thread, and pieces of a set in memory.
pub const FEED_TOGETHER_MAX: usize = 16;

/// Minutes after which an upload that nobody goes on with is forgotten: a lesson and a break. Hit by
/// `web::evidence::uploads`.
pub const EVIDENCE_UPLOAD_IDLE_MINUTES: i64 = 60;
