//! Vekha, the one binary.
fn main() {}
