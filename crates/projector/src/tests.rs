//! Claims about the projector as a whole, on a simulated log.

mod caches;
mod following;
mod instants;
mod past;
mod shelf;
mod support;
