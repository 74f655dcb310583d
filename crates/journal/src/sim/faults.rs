//! Which lies the simulator tells, and how often.

/// How the broker answers a repeated write (same id, same expectation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One node: the expectation is checked first, so one's own retry is refused as a conflict.
    R1,
    /// Three nodes: the id is recognised first, the old sequence is the answer.
    R3,
}

/// Probabilities (0 to 1) of each fault, drawn from a seeded generator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimFaults {
    /// Seed of the generator.
    pub seed: u64,
    /// How repeated writes are answered.
    pub dialect: Dialect,
    /// An append is lost on the way to the log: unknown, not stored.
    pub lost_before: f64,
    /// The answer is lost on the way back: unknown, stored.
    pub lost_after: f64,
    /// An atomic append is seen by readers in two parts.
    pub half_batch: f64,
    /// An atomic append is unknown and completed at the next restart, if it still can be.
    pub batch_at_restart: f64,
    /// The broker restarts before an operation.
    pub restart: f64,
    /// The leader is lost before an operation; some operations fail until it is back.
    pub no_leader: f64,
    /// Most operations that fail for want of a leader.
    pub no_leader_operations_max: u32,
    /// A get is answered by a replica that does not have the last records.
    pub stale_get: f64,
    /// A reader gets fewer records than there are.
    pub short_read: f64,
}

impl SimFaults {
    /// No faults, one node.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            seed: 0,
            dialect: Dialect::R1,
            lost_before: 0.0,
            lost_after: 0.0,
            half_batch: 0.0,
            batch_at_restart: 0.0,
            restart: 0.0,
            no_leader: 0.0,
            no_leader_operations_max: 0,
            stale_get: 0.0,
            short_read: 0.0,
        }
    }

    /// Every fault now and then; even seeds speak [`Dialect::R1`], odd ones [`Dialect::R3`].
    #[must_use]
    pub const fn stormy(seed: u64) -> Self {
        Self {
            seed,
            dialect: if seed.is_multiple_of(2) { Dialect::R1 } else { Dialect::R3 },
            lost_before: 0.05,
            lost_after: 0.05,
            half_batch: 0.3,
            batch_at_restart: 0.05,
            restart: 0.02,
            no_leader: 0.02,
            no_leader_operations_max: 6,
            stale_get: 0.2,
            short_read: 0.3,
        }
    }
}

impl Default for SimFaults {
    fn default() -> Self {
        Self::none()
    }
}
