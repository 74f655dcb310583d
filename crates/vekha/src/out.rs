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
        writeln!(self.0, "{}", text.as_ref()).context("cannot write to standard output")
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub(crate) fn text(&mut self, text: &str) -> anyhow::Result<()> {
        self.0.write_all(text.as_bytes()).context("cannot write to standard output")
    }
}

/// Tells trouble on standard error; there is nobody left to tell if that fails.
pub(crate) fn complain(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}
