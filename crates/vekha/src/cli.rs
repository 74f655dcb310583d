//! The command line: what can be asked for, and how.

mod export;
mod figures;
mod mart;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::export::{DialectArg, ExportArgs, ExportFormat, TimeArg};
pub(crate) use self::figures::{ExplainArgs, IndicatorsArgs, RestatedArgs, WhatIfArgs};
pub(crate) use self::mart::{MartArgs, MartVerb, ReaderVerb};

/// The command was used in a wrong way: exit code 2.
#[derive(Debug)]
pub(crate) struct WrongUse(pub(crate) String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// Vekha (веха, "milestone"): a ministry's work plan as obligations, acts as events, indicators as of any act.
#[derive(Debug, Parser)]
#[command(name = "vekha", version, about, max_term_width = 100)]
#[command(after_help = "Example: vekha demo --exit\n\nExit codes: 0 done, 1 failed, 2 wrong use.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// How the program tells what it does.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// What is logged: error, warn, info, debug, or a filter such as info,jetstream=debug
    #[arg(long, global = true, default_value = "info", env = "VEKHA_LOG")]
    pub(crate) log_level: String,
    /// Form of the log lines on standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For collectors.
    Json,
}

/// Form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For scripts.
    Json,
    /// For spreadsheets.
    Csv,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// A school year with everything running: broker, history, service, tokens
    #[command(after_help = "Example: vekha demo --schools 510 --exit")]
    Demo(DemoArgs),
    /// Runs the service
    #[command(after_help = "Example: vekha serve --config /etc/vekha/vekha.toml")]
    Serve(ServeArgs),
    /// Reads plan documents and puts plans in force
    Plan(PlanArgs),
    /// Sends one command, or NDJSON of commands, through the service
    #[command(after_help = "Example: echo '{\"name\":\"accept\",\"key\":\"k-1\",\"body\":{\"obligation\":\
        \"clusters-2022-2023/9.2/pogranichny-s01/-\"}}' | vekha record --token TOKEN\n\n\
        As a substitute, only to see what would happen:\n  \
        vekha record acts.ndjson --on-behalf-of leave-7 --dry-run --token TOKEN")]
    Record(RecordArgs),
    /// Uploads and downloads files that show what an act says
    Evidence(EvidenceArgs),
    /// Shows indicator values
    #[command(after_help = "Example: vekha indicators --level municipality --period 2022-2023.H1 --token TOKEN")]
    Indicators(IndicatorsArgs),
    /// Explains one value: what adds to it, down to obligations and events
    #[command(after_help = "Example: vekha explain pogranichny-s01 2022-2023.H1 I01 --token TOKEN")]
    Explain(ExplainArgs),
    /// Shows a closed period as it was reported and as it is known now, with the causes of the difference
    #[command(after_help = "Example: vekha restated 2022-2023.H1 --level region --token TOKEN")]
    Restated(RestatedArgs),
    /// Tries acts or other rules on a copy of the state and shows which values would change; writes nothing
    #[command(after_help = "Example: echo '{\"rules\":[{\"region\":\"primorye\",\"change\":\
        {\"weekend_rule\":\"preceding\"}}]}' | vekha what-if --level region --token TOKEN\n\n\
        Acts are written as for `vekha record`:\n  \
        {\"commands\":[{\"name\":\"set-target\",\"body\":{…}}]}")]
    WhatIf(WhatIfArgs),
    /// Shows obligations
    #[command(after_help = "Example: vekha obligations --timeliness overdue --token TOKEN")]
    Obligations(ObligationsArgs),
    /// Shows who did what and when
    #[command(after_help = "Example: vekha audit --org pogranichny-s01 --token TOKEN")]
    Audit(AuditArgs),
    /// Rebuilds everything from the log alone
    #[command(after_help = "Example: vekha replay --digest --data .vekha --format json")]
    Replay(ReplayArgs),
    /// Writes the data sets of a data folder's log as files: Parquet, CSV or XLSX, or the log for process mining
    #[command(after_help = "Example: vekha export /tmp/krai --format parquet --data .vekha\n         \
        vekha export /tmp/sheets --format csv --dialect excel-ru --set indicator --as-of 2023-01-31T00:00:00Z\n         \
        vekha export /tmp/process --format ocel")]
    Export(ExportArgs),
    /// Writes a deterministic synthetic history to the log of a data folder
    #[command(after_help = "Example: vekha generate --schools 510 --seed 7 --data /tmp/krai")]
    Generate(GenerateArgs),
    /// Makes, lists and revokes access tokens of a data folder
    #[command(after_help = "Example: vekha token create --role coordinator --person ivanova-ai \
        --municipality pogranichny --data .vekha")]
    Token(TokenArgs),
    /// Looks after the PostgreSQL that is kept up for external tools: who may read, how it stands, a rebuild
    Mart(MartArgs),
    /// Prints the JSON Schemas of the events, or of the commands' bodies
    #[command(after_help = "Example: vekha schema commands submit\n         vekha schema events letter.sent")]
    Schema(SchemaArgs),
    /// Measures this machine: appends, replay, recompute, command to visible value
    #[command(after_help = "Example: vekha bench --events 200000")]
    Bench(BenchArgs),
}

/// `vekha demo`.
#[derive(Clone, Debug, Args)]
pub(crate) struct DemoArgs {
    /// Schools: 10 is one municipality, 510 the krai, 39900 the nation
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) schools: u32,
    /// Port of the service on loopback; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Folder for everything; without one, a temporary folder that is removed at the end
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// The same seed tells the same story
    #[arg(long, default_value_t = scenario::DEFAULT_SEED)]
    pub(crate) seed: u64,
    /// Do all of it, print the indicator table, stop
    #[arg(long)]
    pub(crate) exit: bool,
    /// Let every person of the story act through HTTP, mistakes included, instead of loading the year
    #[arg(long)]
    pub(crate) over_http: bool,
    /// PostgreSQL that is filled and kept up for external tools: postgres://USER:PASSWORD@HOST:PORT/DATABASE
    #[arg(long, value_name = "URL", conflicts_with = "exit")]
    pub(crate) mart: Option<::mart::Address>,
}

/// `vekha serve`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    /// TOML file; VEKHA_… environment variables win over it
    #[arg(long, env = "VEKHA_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print the settings in force and stop
    #[arg(long)]
    pub(crate) print: bool,
}

/// `vekha plan`.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(subcommand)]
    pub(crate) verb: PlanVerb,
}

/// What can be done with plans.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum PlanVerb {
    /// Reads a plan document and prints what is odd about it
    #[command(after_help = "Example: vekha plan import plan_2022_2023.txt --out plan.json")]
    Import {
        /// The document: UTF-8, tab-separated as pasted
        file: PathBuf,
        /// School year such as 2022-2023; without it, the title's
        #[arg(long)]
        school_year: Option<String>,
        /// The plan's profile; without it, FILE with the extension .profile.json if that is there
        #[arg(long)]
        profile: Option<PathBuf>,
        /// Where to write the plan as JSON; without it only the anomalies are printed
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Parses one deadline wording
    #[command(after_help = "Example: vekha plan deadline \"До 14.10.2022\" --school-year 2022-2023")]
    Deadline {
        /// The wording
        text: String,
        /// School year for dates without a year
        #[arg(long)]
        school_year: Option<String>,
    },
    /// Imports a plan into the service and puts it in force for schools
    #[command(after_help = "Example: vekha plan activate plan.json --region primorye --schools schools.csv \
        --basis \"приказ 1064-а от 26.09.2022\" --token TOKEN")]
    Activate {
        /// The plan, as `plan import --out` wrote it
        plan: PathBuf,
        /// The participating schools: one code a line, or CSV with a column `code`
        #[arg(long)]
        schools: PathBuf,
        /// The region
        #[arg(long)]
        region: String,
        /// The order behind it
        #[arg(long)]
        basis: String,
        /// Print what would change, store nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        api: ApiArgs,
    },
}

/// How to reach a running service.
#[derive(Clone, Debug, Args)]
pub(crate) struct ApiArgs {
    /// Address of the service
    #[arg(long, alias = "url", env = "VEKHA_API", default_value = "http://127.0.0.1:8080")]
    pub(crate) api: String,
    /// Access token
    #[arg(long, env = "VEKHA_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

/// `vekha record`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RecordArgs {
    /// NDJSON, a command a line: name, key, body, perhaps `if_match`, `on_behalf_of`, `dry_run`; standard input
    /// without it
    pub(crate) file: Option<PathBuf>,
    /// Act as a substitute: the code of a grant, for lines that name none
    #[arg(long, value_name = "GRANT")]
    pub(crate) on_behalf_of: Option<String>,
    /// Only when the obligation is at this version; for a single command
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_match: Option<u64>,
    /// Only say what would happen, store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// `vekha evidence`.
#[derive(Clone, Debug, Args)]
pub(crate) struct EvidenceArgs {
    #[command(subcommand)]
    pub(crate) verb: EvidenceVerb,
}

/// What can be done with evidence files.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum EvidenceVerb {
    /// Uploads a file and prints its SHA-256 and the JSON for a command's `evidence`; goes on where it stopped
    #[command(after_help = "Example: vekha evidence put prikaz-23a-1120.pdf --kind order --token TOKEN")]
    Put {
        /// The file: pdf, png, jpg, txt, csv, docx, xlsx, odt or ods, at most 10 MiB
        file: PathBuf,
        /// What it is, for the printed JSON
        #[arg(long, default_value = "document")]
        kind: String,
        #[command(flatten)]
        api: ApiArgs,
    },
    /// Downloads a file and checks it
    #[command(after_help = "Example: vekha evidence get \
        9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --out prikaz.pdf --token TOKEN")]
    Get {
        /// SHA-256 of the file
        sha256: String,
        /// Where to write it
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        api: ApiArgs,
    },
}

/// `vekha obligations`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ObligationsArgs {
    /// Organisation
    #[arg(long)]
    pub(crate) org: Option<String>,
    /// Row of the plan such as 9.2
    #[arg(long)]
    pub(crate) row: Option<String>,
    /// Phase such as submitted
    #[arg(long)]
    pub(crate) phase: Option<String>,
    /// Timeliness such as overdue
    #[arg(long)]
    pub(crate) timeliness: Option<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// `vekha audit`.
#[derive(Clone, Debug, Args)]
pub(crate) struct AuditArgs {
    /// Person who acted
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// Organisation
    #[arg(long)]
    pub(crate) org: Option<String>,
    /// Event type such as report.returned
    #[arg(long = "type")]
    pub(crate) event_type: Option<String>,
    /// Row of the plan
    #[arg(long)]
    pub(crate) row: Option<String>,
    /// Most rows to show
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: u32,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// `vekha replay`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Print sequence, event count and one SHA-256 over register and indicator tables
    #[arg(long, required = true)]
    pub(crate) digest: bool,
    /// Data folder; its local broker is started if it does not run
    #[arg(long, default_value = ".vekha")]
    pub(crate) data: PathBuf,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// How much of a year is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Density {
    /// As a coordinator remembers it: some 75 events a school.
    Told,
    /// As a service records it: some 150 events a school.
    Recorded,
}

/// `vekha generate`.
#[derive(Clone, Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Schools
    #[arg(long, default_value_t = 510, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) schools: u32,
    /// School years, one after the other, from 2022-2023 on
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
    pub(crate) years: u8,
    /// How much of a year is told: what a coordinator remembers, or all that a service records
    #[arg(long, value_enum, default_value_t = Density::Told)]
    pub(crate) density: Density,
    /// The same seed writes the same history
    #[arg(long, default_value_t = scenario::DEFAULT_SEED)]
    pub(crate) seed: u64,
    /// Data folder; its log must be empty
    #[arg(long, default_value = ".vekha")]
    pub(crate) data: PathBuf,
}

/// `vekha token`.
#[derive(Clone, Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) verb: TokenVerb,
    /// Data folder of the service
    #[arg(long, global = true, default_value = ".vekha")]
    pub(crate) data: PathBuf,
}

/// What can be done with tokens.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum TokenVerb {
    /// Makes a token and prints it once; only its hash is kept
    Create {
        /// ministry, coordinator, school, auditor, bi, admin or importer
        #[arg(long)]
        role: String,
        /// Code of the person
        #[arg(long)]
        person: String,
        /// Territory: one municipality
        #[arg(long, conflicts_with = "org")]
        municipality: Option<String>,
        /// Territory: one organisation
        #[arg(long)]
        org: Option<String>,
    },
    /// Lists who has tokens
    List,
    /// Takes away every token of a person
    Revoke {
        /// Code of the person
        #[arg(long)]
        person: String,
    },
}

/// `vekha schema`.
#[derive(Clone, Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of what
    #[arg(value_enum, default_value_t = SchemaOf::Events)]
    pub(crate) of: SchemaOf,
    /// Only this event type or command
    #[arg(conflicts_with = "event_type")]
    pub(crate) name: Option<String>,
    /// Only this event type
    #[arg(long = "type")]
    pub(crate) event_type: Option<String>,
}

/// What has schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// What is stored: payloads by type.
    Events,
    /// What is asked for: bodies by name.
    Commands,
}

/// `vekha bench`.
#[derive(Clone, Debug, Args)]
pub(crate) struct BenchArgs {
    /// Events to append in groups and to replay
    #[arg(long, default_value_t = 100_000)]
    pub(crate) events: u64,
    /// Commands for the time from command to visible value
    #[arg(long, default_value_t = 200)]
    pub(crate) commands: u32,
    /// Schools of the register that is recomputed
    #[arg(long, default_value_t = 510)]
    pub(crate) schools: u32,
}
