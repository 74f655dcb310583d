//! Reads plan documents into a Plan and a list of anomalies.
pub mod wording;
