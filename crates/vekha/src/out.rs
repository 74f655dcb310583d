//! Where the command line writes: one place, so that a closed pipe ends the program quietly.

use std::io::{self, Write};

use anyhow::Context;

/// Standard output.
pub(crate) struct Out(io::Stdout);

impl Out {
    /// The process's own.
    pub(crate) fn new() -> Self {
        Self(io::stdout())
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> anyhow::Result<()> {
        writeln!(self.0, "{}", text.as_ref()).context(NOT_WRITTEN)
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub(crate) fn text(&mut self, text: &str) -> anyhow::Result<()> {
        self.0.write_all(text.as_bytes()).context(NOT_WRITTEN)
    }
}

/// Whether an error only says that the reader of standard output has gone.
pub(crate) fn nobody_reads(error: &anyhow::Error) -> bool {
    let broken = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(broken)) && error.to_string() == NOT_WRITTEN
}

/// What both ways of writing say when they cannot.
const NOT_WRITTEN: &str = "cannot write to standard output";

/// Tells trouble on standard error; there is nobody left to tell if that fails.
pub(crate) fn complain(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}
