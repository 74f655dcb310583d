//! `vekha`, the one binary: command line, configuration, wiring, telemetry, lifecycle.
//!
//! The only crate that reads the clock, spawns tasks and knows that the log is a JetStream stream.

mod bench;
mod cli;
mod client;
mod config;
mod demo;
mod evidence;
mod export;
mod figures;
mod marts;
mod out;
mod plan;
mod replay;
mod show;
mod table;
mod telemetry;
mod token;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Verb};
use crate::out::Out;

/// Files of a nation's rows need gigabytes for some seconds; the system's allocator would keep them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start(&cli.log);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read has read enough: `vekha audit | head`.
        Err(error) if out::nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let mut out = Out::new();
    match cli.verb {
        Verb::Demo(args) => demo::run(args, &mut out).await,
        Verb::Serve(args) => wiring::serve(&args).await,
        Verb::Plan(args) => plan::run(args, &mut out).await,
        Verb::Record(args) => client::record(&args, &mut out).await,
        Verb::Evidence(args) => evidence::run(args, &mut out).await,
        Verb::Indicators(args) => show::indicators(&args, &mut out).await,
        Verb::Explain(args) => figures::explain(&args, &mut out).await,
        Verb::Restated(args) => figures::restated(&args, &mut out).await,
        Verb::WhatIf(args) => figures::what_if(&args, &mut out).await,
        Verb::Obligations(args) => show::obligations(&args, &mut out).await,
        Verb::Audit(args) => show::audit(&args, &mut out).await,
        Verb::Replay(args) => replay::run(&args, &mut out).await,
        Verb::Export(args) => export::run(&args, &mut out).await,
        Verb::Generate(args) => demo::generate(&args, &mut out).await,
        Verb::Token(args) => token::run(&args, &mut out),
        Verb::Mart(args) => marts::run(args, &mut out).await,
        Verb::Schema(args) => show::schema(&args, &mut out),
        Verb::Bench(args) => bench::run(&args, &mut out).await,
    }
}

/// Prints the whole chain of causes once, on standard error.
fn fail(error: &anyhow::Error) -> ExitCode {
    out::complain(&format!("vekha: {error:#}"));
    ExitCode::from(if error.is::<cli::WrongUse>() { 2 } else { 1 })
}
