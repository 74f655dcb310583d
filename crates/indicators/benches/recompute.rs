//! Stub while dependencies build.
fn main() {}
