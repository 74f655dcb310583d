//! The indicator job: register to numerators, denominators, values and roll-ups.
