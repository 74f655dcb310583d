//! Structured logs to standard error, measures for Prometheus.

use std::io::{self, IsTerminal};

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::cli::{LogArgs, LogFormat};

/// Bounds of every duration, seconds: from an fsync to a time-out.
const SECONDS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
/// Bounds of every count.
const COUNTS: [f64; 8] = [1.0, 4.0, 16.0, 64.0, 256.0, 1_000.0, 4_000.0, 16_000.0];
/// Bounds of the events folded for a read of the past: from a school's week to a nation's year.
const PAST_EVENTS: [f64; 8] = [100.0, 1_000.0, 10_000.0, 50_000.0, 200_000.0, 1_000_000.0, 5_000_000.0, 30_000_000.0];

/// Starts logging for the whole process. `RUST_LOG` refines what `--log-level` sets.
pub(crate) fn start(args: &LogArgs) {
    // The client library tells the same as `jetstream`, in other words.
    let fallback = EnvFilter::new(format!("async_nats=warn,{}", args.log_level));
    let filter = EnvFilter::try_from_default_env().unwrap_or(fallback);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    match args.log_format {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).init(),
    }
}

/// Starts measuring for the whole process, and gives back what renders the measures.
///
/// # Errors
/// Only when it was started before.
pub(crate) fn measure() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &COUNTS))
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_events".to_owned()), &COUNTS))
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full("vekha_past_events".to_owned()), &PAST_EVENTS))
        .and_then(PrometheusBuilder::install_recorder)
        .context("cannot start the measures")
}
