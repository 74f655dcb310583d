//! What can be asked of an export.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

/// `vekha export`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ExportArgs {
    /// Folder for the files: new, empty, or an earlier export, which is replaced as a whole
    pub(crate) dir: PathBuf,
    /// Form of the files
    #[arg(long, value_enum)]
    pub(crate) format: ExportFormat,
    /// Only this set, such as indicator or obligation; may be given more than once
    #[arg(long = "set", value_name = "SET")]
    pub(crate) sets: Vec<String>,
    /// Numbers and moments of CSV as a Russian Excel takes them
    #[arg(long, value_enum, default_value_t = DialectArg::Plain)]
    pub(crate) dialect: DialectArg,
    /// What was known at this instant, RFC 3339, judged at that instant; now without it
    #[arg(long)]
    pub(crate) as_of: Option<Timestamp>,
    /// Which of its two clocks is an event's time in OCEL
    #[arg(long, value_enum, default_value_t = TimeArg::Occurred)]
    pub(crate) time: TimeArg,
    /// Data folder; its local broker is started if it does not run
    #[arg(long, default_value = ".vekha")]
    pub(crate) data: PathBuf,
}

/// Form of exported files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A file a set, for programs.
    Parquet,
    /// A file a set, for everything.
    Csv,
    /// A workbook a set, for people.
    Xlsx,
    /// The log as OCEL 2.0 JSON, for process mining; persons by their roles only.
    Ocel,
}

/// Dialect of CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectArg {
    /// Comma, decimal point.
    Plain,
    /// Semicolon, decimal comma.
    ExcelRu,
}

/// Time of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimeArg {
    /// The day that the actor claims, at the time of day of the record.
    Occurred,
    /// When it was recorded.
    Recorded,
}
