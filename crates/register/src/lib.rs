//! Dense columns of the current state: apply, as-of, digest.
