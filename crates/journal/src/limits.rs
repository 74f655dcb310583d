//! Limits of a log, each with its reason.

/// Most records of one atomic append: the broker refuses the 1,001st (error 10199).
pub const BATCH_RECORDS_MAX: usize = 1_000;

/// Most bytes of one payload: the broker takes messages of 1 MiB with their headers, and the
/// headers (id, expectation, batch) need less than the 48 KiB left here. Larger evidence goes to
/// the object store.
pub const PAYLOAD_BYTES_MAX: usize = 1_000_000;

/// Most bytes of a subject; a subject of eight codes of 64 characters fits.
pub const SUBJECT_BYTES_MAX: usize = 640;

/// Most bytes of a record id.
pub const ID_BYTES_MAX: usize = 128;
