//! `make bench-indicators`: the indicators of a told year, recomputed from the register and from facts in Parquet.
//!
//! Prints a line of JSON for each phase. `--schools N` says how many; `--out FOLDER` is where the facts and our values
//! go, for `tests/bench/indicators.py` to ask the same elsewhere; `--repeat N` is how often each phase runs;
//! `--register FILE` keeps the register, or takes the one that is kept there; `--only` recomputes in one go and ends,
//! for a profiler.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and writes files")]

mod facts;
mod measure;
mod story;

use std::path::PathBuf;

use indicators::{Board, Catalogue, Judged, Tables, Updated};
use register::Register;
use serde_json::json;

use crate::measure::Runs;

/// Why the benchmark stopped; nobody tells one reason from another.
pub(crate) type Failed = Box<dyn std::error::Error>;

/// When the year is judged: its last day.
const AS_OF: &str = "2023-08-31T12:00:00Z";
/// Another day, so that every value of a school changes.
const BEFORE: &str = "2023-02-01T12:00:00Z";
/// Schools that are updated one by one.
const UPDATED: usize = 50;

struct Asked {
    schools: u32,
    out: PathBuf,
    repeat: usize,
    kept: Option<PathBuf>,
    only: bool,
}

fn asked() -> Result<Asked, Failed> {
    let mut asked =
        Asked { schools: 510, out: PathBuf::from("target/bench-indicators"), repeat: 5, kept: None, only: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--schools" => asked.schools = value()?.parse()?,
            "--out" => asked.out = value()?.into(),
            "--repeat" => asked.repeat = value()?.parse::<usize>()?.max(1),
            "--register" => asked.kept = Some(value()?.into()),
            "--only" => asked.only = true,
            // Cargo says so to every benchmark.
            "--bench" => {}
            other => return Err(format!("there is no option {other}").into()),
        }
    }
    Ok(asked)
}

fn main() -> Result<(), Failed> {
    let asked = asked()?;
    let register = register(&asked)?;
    let catalogue = Catalogue::standard();
    let judged = Judged::at(AS_OF.parse()?);
    if asked.only {
        let mut runs = Runs::default();
        for _ in 0..asked.repeat {
            runs.time(|| Board::of_register(&register, judged, catalogue.clone()))?;
        }
        runs.tell("recompute", &json!({}));
        return Ok(());
    }
    let mut board = recompute(&asked, &register, judged, &catalogue)?;
    update(&register, judged, &mut board)?;
    let ours = board.values().digest();
    std::fs::create_dir_all(&asked.out)?;
    let registry = facts::write(&register, judged, board.values(), &asked.out)?;
    drop((board, register));
    let values = facts::recompute(&asked.out, asked.repeat, &registry, &catalogue)?;
    if values.digest() != ours {
        return Err("the values from the facts are not those from the register".into());
    }
    Ok(())
}

/// The register of the story, told now or kept from an earlier run.
fn register(asked: &Asked) -> Result<Register, Failed> {
    let mut runs = Runs::default();
    let kept = asked.kept.as_ref().filter(|file| file.exists());
    let register = match kept {
        Some(file) => runs.time(|| Ok::<_, Failed>(postcard::from_bytes(&std::fs::read(file)?)?))?,
        None => runs.time(|| story::told(asked.schools))?,
    };
    if let (Some(file), None) = (&asked.kept, kept) {
        std::fs::write(file, postcard::to_stdvec(&register)?)?;
    }
    let more = json!({"schools": asked.schools, "obligations": register.len(), "events": register.events()});
    runs.tell(if kept.is_some() { "register_read" } else { "story" }, &more);
    Ok(register)
}

/// Everything from the register in one go, and by way of tables.
fn recompute(asked: &Asked, register: &Register, judged: Judged, catalogue: &Catalogue) -> Result<Board, Failed> {
    let mut phases = <[Runs; 3]>::default();
    let mut last = None;
    // The first run warms up and is not told.
    for run in 0..=asked.repeat {
        drop(last.take());
        if run == 1 {
            phases = <[Runs; 3]>::default();
        }
        let [whole, tables, boards] = &mut phases;
        let built = tables.time(|| Tables::from_register(register, judged))?;
        let by_tables = boards.time(|| Board::new(built, catalogue.clone()))?.values().digest();
        let board = whole.time(|| Board::of_register(register, judged, catalogue.clone()))?;
        if board.values().digest() != by_tables {
            return Err("the values by way of tables are others".into());
        }
        last = Some(board);
    }
    let board = last.ok_or("nothing was run")?;
    let [whole, tables, boards] = phases;
    tables.tell("tables", &json!({}));
    boards.tell("board", &json!({}));
    let digest = domain::expand::hex(&board.values().digest());
    whole.tell("recompute", &json!({"values": board.values().len(), "digest": digest}));
    Ok(board)
}

/// One school after the other, each judged on another day and back, so that all of its values change twice.
fn update(register: &Register, judged: Judged, board: &mut Board) -> Result<(), Failed> {
    let before = Judged::at(BEFORE.parse()?);
    let digest = board.values().digest();
    let schools: Vec<u32> = register.blocks().iter().filter(|block| block.school).map(|block| block.org).collect();
    let mut runs = Runs::default();
    let mut changed = 0;
    for org in schools.iter().step_by(schools.len().div_ceil(UPDATED).max(1)) {
        for day in [before, judged] {
            let updated = runs.time(|| {
                let tables = Tables::of_orgs(register, day, &[*org])?;
                board.update(&tables).map_err(Failed::from)
            })?;
            match updated {
                Updated::Changed(rows) => changed += rows.iter().map(|change| change.rows.len()).sum::<usize>(),
                Updated::Unknown => return Err("the board does not know its own school".into()),
            }
        }
    }
    if board.values().digest() != digest {
        return Err("there and back again gives other values".into());
    }
    runs.tell("update", &json!({"rows_changed": changed}));
    Ok(())
}
