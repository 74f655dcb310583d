//! Structured logs to standard error; metrics are exported by the service itself.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::cli::{LogArgs, LogFormat};

/// Starts logging for the whole process. `RUST_LOG` refines what `--log-level` sets.
pub(crate) fn start(args: &LogArgs) {
    let fallback = EnvFilter::new(&args.log_level);
    let filter = EnvFilter::try_from_default_env().unwrap_or(fallback);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    match args.log_format {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).init(),
    }
}
