//! Arguments of `vekha mart`.

use clap::{Args, Subcommand};

/// `vekha mart`.
#[derive(Clone, Debug, Args)]
pub(crate) struct MartArgs {
    #[command(subcommand)]
    pub(crate) verb: MartVerb,
    /// The database, with a user who may make logins: postgres://USER:PASSWORD@HOST:PORT/DATABASE
    #[arg(long, global = true, value_name = "URL", env = "VEKHA_MART_URL", hide_env_values = true)]
    pub(crate) mart: Option<mart::Address>,
}

/// What can be done with it.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum MartVerb {
    /// Lets people and tools read, each with a login of its own
    Reader {
        #[command(subcommand)]
        verb: ReaderVerb,
    },
    /// Shows how far the database is, whether somebody keeps it up, and how large it is
    #[command(after_help = "Example: vekha mart status --mart postgres://vekha:secret@localhost/bi")]
    Status,
    /// Has everything built anew, beside what readers see meanwhile; the running service does it within some seconds
    #[command(after_help = "Example: vekha mart rebuild --mart postgres://vekha:secret@localhost/bi")]
    Rebuild,
}

/// What can be done with readers.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ReaderVerb {
    /// Lets a login read the views; prints its password once
    #[command(
        after_help = "Examples:\n  vekha mart reader add superset --mart postgres://vekha:secret@localhost/bi\n  \
        vekha mart reader add pogranichny --municipality pogranichny\n  \
        pwgen 24 1 | vekha mart reader add school-1 --org pogranichny-s01 --password-stdin"
    )]
    Add {
        /// Login: a-z, 0-9, - and _
        login: String,
        /// Sees one region; with --municipality or --org: the region that has it
        #[arg(long)]
        region: Option<String>,
        /// Sees one municipality, and the values of the territories above it
        #[arg(long, conflicts_with = "org")]
        municipality: Option<String>,
        /// Sees one organisation, and the values of the territories above it
        #[arg(long)]
        org: Option<String>,
        /// Take the password from the first line of standard input; without it one is made
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists who may read, and what each sees
    #[command(after_help = "Example: vekha mart reader list --mart postgres://vekha:secret@localhost/bi")]
    List,
    /// Shuts a login out, at once
    #[command(after_help = "Example: vekha mart reader remove superset")]
    Remove {
        /// Login
        login: String,
    },
}
