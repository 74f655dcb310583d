//! What can be asked of figures.

use std::path::PathBuf;

use clap::Args;

use super::{ApiArgs, Format};

/// Which values.
#[derive(Clone, Debug, Args)]
pub(crate) struct Which {
    /// Level: country, region, municipality, school, direction or publisher
    #[arg(long)]
    pub(crate) level: Option<String>,
    /// Code of the territory to look into
    #[arg(long)]
    pub(crate) within: Option<String>,
    /// Indicator such as I01
    #[arg(long)]
    pub(crate) indicator: Option<String>,
}

/// `vekha indicators`.
#[derive(Clone, Debug, Args)]
pub(crate) struct IndicatorsArgs {
    /// Period such as 2022-2023.H1
    #[arg(long)]
    pub(crate) period: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// What was known at this instant, RFC 3339
    #[arg(long)]
    pub(crate) as_of: Option<String>,
    /// Judge at the end of this day, such as 2023-01-31, with what is known at --as-of
    #[arg(long)]
    pub(crate) on: Option<String>,
    /// A version of the definitions, or all
    #[arg(long)]
    pub(crate) version: Option<String>,
    /// Beside each territory's value how its schools spread
    #[arg(long)]
    pub(crate) spread: bool,
    /// With the rating of municipalities, the best of the region being 100
    #[arg(long)]
    pub(crate) rating: bool,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// `vekha explain`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Code of an organisation, a municipality, a region, a direction or `russia`
    pub(crate) org: String,
    /// Period such as 2022-2023.H1
    pub(crate) period: String,
    /// Indicator such as I01, or A
    pub(crate) indicator: String,
    /// Level, where the code stands for more than one
    #[arg(long)]
    pub(crate) level: Option<String>,
    /// Region, where several have what the code names
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// What was known at this instant, RFC 3339
    #[arg(long)]
    pub(crate) as_of: Option<String>,
    /// Judge at the end of this day
    #[arg(long)]
    pub(crate) on: Option<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// `vekha restated`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RestatedArgs {
    /// A closed period such as 2022-2023.H1
    pub(crate) period: String,
    /// The region that closed it, where there is more than one
    #[arg(long)]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// `vekha what-if`.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhatIfArgs {
    /// JSON with `commands` and `rules`; standard input without it
    pub(crate) file: Option<PathBuf>,
    /// Period such as 2022-2023.H1
    #[arg(long)]
    pub(crate) period: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Judge at the end of this day
    #[arg(long)]
    pub(crate) on: Option<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}
