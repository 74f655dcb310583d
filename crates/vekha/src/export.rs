//! `vekha export`: the data sets as files, from the log alone.

mod folder;

use std::io::BufWriter;
use std::sync::Arc;

use anyhow::Context as _;
use bi::{Beside, Dialect, EventTime, Frame, Ocel, Passport, Set, Source, contract};
use board::{Shown, days_of};
use domain::id::Seq;
use indicators::{Board, Catalogue, Judged};
use jiff::Timestamp;
use journal::{Journal, Record};
use projector::State;
use register::Stored;
use serde_json::json;
use tracing::info;

use self::folder::{File, Folder, Writing};
use crate::cli::{DialectArg, ExportArgs, ExportFormat, TimeArg, WrongUse};
use crate::config::Settings;
use crate::out::Out;
use crate::replay::Pace;
use crate::wiring::{LogOnly, clock};

/// Records of one read.
const READ: usize = 4_096;
/// The one file of an export for process mining.
const OCEL_FILE: &str = "vekha.ocel.json";

/// `vekha export`.
pub(crate) async fn run(args: &ExportArgs, out: &mut Out) -> anyhow::Result<()> {
    let sets = sets(args)?;
    anyhow::ensure!(args.data.is_dir(), "there is no data folder {}: name it with --data", args.data.display());
    let folder = Folder::prepare(&args.dir)?;
    let log = LogOnly::open(&Settings::local(args.data.clone(), 0)).await?;
    let outcome = export(&log.log, args, &sets, &folder).await;
    log.stop().await;
    let files = outcome?;
    folder.publish()?;
    for file in &files {
        out.line(format!("{}\t{} rows\t{} bytes", file.name, file.rows, file.bytes))?;
    }
    out.line(format!("{} files in {}", files.len(), args.dir.display()))
}

/// The sets that are asked for; all without any.
fn sets(args: &ExportArgs) -> anyhow::Result<Vec<&'static Set>> {
    let contract = contract();
    if args.format == ExportFormat::Ocel {
        let misused = !args.sets.is_empty() || args.dialect != DialectArg::Plain;
        anyhow::ensure!(!misused, WrongUse("--format ocel takes neither --set nor --dialect".to_owned()));
        return Ok(Vec::new());
    }
    if args.format != ExportFormat::Csv && args.dialect != DialectArg::Plain {
        anyhow::bail!(WrongUse("--dialect is one of CSV: give --format csv with it".to_owned()));
    }
    if args.sets.is_empty() {
        return Ok(contract.sets.iter().collect());
    }
    let known: Vec<&str> = contract.sets.iter().map(Set::short).collect();
    let unknown = |name: &String| WrongUse(format!("there is no set {name}; there are {}", known.join(", ")));
    args.sets.iter().map(|name| Ok(contract.set(name).ok_or_else(|| unknown(name))?)).collect()
}

async fn export(
    log: &dyn Journal,
    args: &ExportArgs,
    sets: &[&'static Set],
    folder: &Folder,
) -> anyhow::Result<Vec<File>> {
    let as_of = args.as_of.unwrap_or_else(clock);
    let tip = log.tip().await.context("the log does not answer")?.last;
    let mut whole = None;
    let mut upto = tip;
    if let Some(as_of) = args.as_of {
        let state = fold(log, tip).await?;
        upto = state.prefix_until(as_of);
        whole = (upto == state.register.last_seq()).then_some(state);
    }
    anyhow::ensure!(upto > Seq::NONE, "nothing was known at {as_of}: the log begins later");
    let (epoch, seq, files): (String, Seq, Vec<File>) = match args.format {
        ExportFormat::Ocel => mined(log, upto, args.time, folder).await?,
        ExportFormat::Parquet | ExportFormat::Csv | ExportFormat::Xlsx => {
            let state = match whole {
                Some(state) => state,
                None => fold(log, upto).await?,
            };
            let wanted = Beside::wanted(&state, &Beside::transfers_after(&state, Seq::NONE));
            let records = records_at(log, &wanted).await?;
            let beside = Beside::of(&state, records.iter().map(|record| (record.seq, &*record.payload)))
                .context("a transfer or a closing cannot be read")?;
            let shown = shown(&state, as_of)?;
            let source = Source::new(&state, &shown, &beside, as_of);
            let files = sets.iter().map(|set| write(&source, set, args, folder)).collect::<Result<_, _>>()?;
            (source.epoch().to_owned(), source.seq(), files)
        }
    };
    folder.manifest(&json!({
        "format": args.format.name(),
        "contract": contract().version,
        "epoch": epoch,
        "seq": seq.get(),
        "as_of": as_of,
        "files": files,
    }))?;
    Ok(files)
}

/// The state of a log at a position, in memory: no cache of a running service is touched.
async fn fold(log: &dyn Journal, upto: Seq) -> anyhow::Result<State> {
    let mut state = State::default();
    let (mut reader, mut pace) = (log.read(Seq::FIRST), Pace::default());
    while state.register.last_seq() < upto {
        let mut records = reader.next(READ).await.context("the log cannot be read")?.records;
        records.retain(|record| record.seq <= upto);
        state.fold(&records)?;
        pace.tell(state.register.last_seq(), upto);
    }
    Ok(state)
}

async fn records_at(log: &dyn Journal, seqs: &[Seq]) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::with_capacity(seqs.len());
    for seq in seqs {
        let record = log.get(*seq).await.context("the log cannot be read")?;
        records.push(record.with_context(|| format!("the log does not give event {seq} that it holds"))?);
    }
    Ok(records)
}

fn shown(state: &State, as_of: Timestamp) -> anyhow::Result<Shown> {
    let register = &state.register;
    let catalogue = Catalogue::standard().of(register).context("the definitions of the log cannot be read")?;
    let board =
        Board::of_register(register, Judged::at(as_of), catalogue).context("the indicators cannot be computed")?;
    let (values, catalogue) = (board.values().clone(), Arc::new(board.catalogue().clone()));
    Ok(Shown::new(register.last_seq(), days_of(register, as_of), values, catalogue))
}

fn write(source: &Source<'_>, set: &'static Set, args: &ExportArgs, folder: &Folder) -> anyhow::Result<File> {
    let name = format!("{}.{}", set.short(), args.format.name());
    let mut writing = BufWriter::new(folder.create(&name)?);
    let frames: Box<dyn Iterator<Item = Frame> + '_> = source.frames(set);
    let rows = match args.format {
        ExportFormat::Parquet => bi::parquet(set, frames, &mut writing)?,
        ExportFormat::Xlsx => {
            let (epoch, seq, as_of) = (source.epoch().to_owned(), source.seq().get(), source.as_of());
            bi::xlsx(&Passport { epoch, seq, as_of, filters: Vec::new() }, set, frames, &mut writing)?
        }
        ExportFormat::Csv | ExportFormat::Ocel => {
            let dialect = match args.dialect {
                DialectArg::Plain => Dialect::Plain,
                DialectArg::ExcelRu => Dialect::ExcelRu,
            };
            bi::csv(frames, set, dialect, &mut writing).with_context(|| format!("cannot write {name}"))?
        }
    };
    info!(set = set.name, rows, "wrote {rows} rows of {}", set.name);
    finish(writing, set.short(), rows)
}

/// The whole log for process mining.
async fn mined(
    log: &dyn Journal,
    upto: Seq,
    time: TimeArg,
    folder: &Folder,
) -> anyhow::Result<(String, Seq, Vec<File>)> {
    let time = match time {
        TimeArg::Occurred => EventTime::Occurred,
        TimeArg::Recorded => EventTime::Recorded,
    };
    let writing = BufWriter::with_capacity(1 << 20, folder.create(OCEL_FILE)?);
    let mut ocel = Ocel::begin(writing, time).context("cannot write the events")?;
    let (mut reader, mut pace) = (log.read(Seq::FIRST), Pace::default());
    while ocel.seq() < upto {
        let records = reader.next(READ).await.context("the log cannot be read")?.records;
        for record in records.iter().take_while(|record| record.seq <= upto) {
            let (seq, recorded_at) = (record.seq, record.recorded_at);
            ocel.take(&Stored { seq, recorded_at, payload: &record.payload })?;
        }
        pace.tell(ocel.seq(), upto);
    }
    let epoch = ocel.epoch().to_owned();
    let (events, writing) = ocel.finish().context("cannot write the objects")?;
    info!(events, "wrote {events} events and what they are about");
    Ok((epoch, upto, vec![finish(writing, "ocel", events)?]))
}

fn finish(writing: BufWriter<Writing>, set: &str, rows: u64) -> anyhow::Result<File> {
    let writing = writing.into_inner().map_err(std::io::IntoInnerError::into_error);
    writing.context("cannot write the file")?.finish(set, rows)
}

impl ExportFormat {
    fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ocel => "ocel",
        }
    }
}
