//! The same facts in Parquet, a file a table, for others to count; and our own way from these files to values.
//!
//! Of the table `obligations` only what stands recorded is written. Whether a row is due, done, on time or late has to
//! be found out from phase, deadline, day of the report, as-of day and cap.

use std::fs::File;
use std::path::Path;

use domain::event::Data;
use domain::payload::OrgKind;
use indicators::table::{OBLIGATIONS, TABLES, UNIT, event_code};
use indicators::{Board, Catalogue, Judged, Level, Selection, Tables, Values};
use polars::prelude::{
    Column, DataFrame, DataType, Expr, Int32Chunked, IntoColumn, IntoLazy, NewChunkedArray, ParquetCompression,
    ParquetReader, ParquetWriter, PolarsResult, SerReader, UInt32Chunked, col, lit, when,
};
use register::{Register, day_of_date};
use serde_json::json;

use crate::Failed;
use crate::measure::Runs;

/// Columns that the benchmark leaves to the one who counts.
const JUDGED: [&str; 6] = ["is_due", "is_on_time", "is_late", "late_days", "is_done", "is_past"];
/// What they are found out from.
const RECORDED: [&str; 3] = ["counts", "effective_due", "done_on"];
/// The units with the as-of day and the cap of their region.
const UNITS: &str = "units";

/// Writes the facts and our values; what is left are the registry and the units.
pub(crate) fn write(register: &Register, judged: Judged, values: &Values, folder: &Path) -> Result<Tables, Failed> {
    let mut tables = Tables::from_register(register, judged)?;
    let mut runs = Runs::default();
    let rows = runs.time(|| {
        save(folder, UNITS, &mut units(register, judged, &tables)?)?;
        let mut rows = serde_json::Map::new();
        for (name, mut frame) in std::mem::take(&mut tables.frames) {
            if name == OBLIGATIONS.name {
                frame = frame.drop_many(JUDGED);
            }
            rows.insert(name.clone(), json!(frame.height()));
            save(folder, &name, &mut frame)?;
        }
        save(folder, "values", &mut told(values)?)?;
        Ok::<_, Failed>(rows)
    })?;
    let events = Data::TYPES.iter().filter_map(|name| Some(((*name).to_owned(), json!(event_code(name)?))));
    let events: serde_json::Map<_, _> = events.collect();
    runs.tell("facts_written", &json!({"rows": rows, "events": events}));
    Ok(tables)
}

fn save(folder: &Path, name: &str, frame: &mut DataFrame) -> Result<(), Failed> {
    let file = File::create(folder.join(format!("{name}.parquet")))?;
    // The compression that DuckDB chooses by itself, so that nobody unpacks longer than need be.
    ParquetWriter::new(file).with_compression(ParquetCompression::Snappy).finish(frame)?;
    Ok(())
}

fn units(register: &Register, judged: Judged, tables: &Tables) -> Result<DataFrame, Failed> {
    let places = &tables.places;
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let orgs: Vec<_> = tables.units.iter().map(|unit| &places.orgs[place(unit.org)]).collect();
    let clocks: Vec<_> = orgs.iter().map(|org| &register.regions()[place(org.region)].clockwork).collect();
    let code = |at: Option<u32>| at.map(|at| places.municipalities[place(at)].code.as_str());
    let today: Vec<i32> = clocks.iter().map(|clock| day_of_date(judged.day(clock))).collect();
    let cap: Vec<i32> = clocks.iter().map(|clock| i32::from(clock.rules().lateness_cap_days)).collect();
    let columns = vec![
        UInt32Chunked::from_iter_values(UNIT.into(), 0..u32::try_from(orgs.len())?).into_column(),
        text("org", orgs.iter().map(|org| Some(org.code.as_str()))),
        Column::new("is_school".into(), orgs.iter().map(|org| org.kind == OrgKind::School).collect::<Vec<_>>()),
        text("municipality", orgs.iter().map(|org| code(org.municipality))),
        text("region", orgs.iter().map(|org| Some(places.regions[place(org.region)].code.as_str()))),
        Column::new("directions".into(), orgs.iter().map(|org| org.directions).collect::<Vec<_>>()),
        text("school_year", tables.units.iter().map(|unit| unit.school_year.to_string()).map(Some)),
        Int32Chunked::from_vec("today".into(), today).into_date().into_column(),
        Int32Chunked::from_vec("cap".into(), cap).into_column(),
    ];
    Ok(DataFrame::new(orgs.len(), columns)?)
}

fn text<T: AsRef<str>>(name: &str, cells: impl Iterator<Item = Option<T>>) -> Column {
    let cells: Vec<Option<String>> = cells.map(|cell| cell.map(|cell| cell.as_ref().to_owned())).collect();
    Column::new(name.into(), cells)
}

/// The official values of organisations, municipalities, regions and the country.
fn told(values: &Values) -> Result<DataFrame, Failed> {
    let levels = [Level::Country, Level::Municipality, Level::Publisher, Level::Region, Level::School];
    let rows = || {
        let of = |level| values.select(&Selection { level: Some(level), ..Selection::default() });
        levels.into_iter().flat_map(of).filter(|row| row.indicator != "A")
    };
    let columns = vec![
        text("level", rows().map(|row| Some(row.level.as_str()))),
        text("org", rows().map(|row| Some(row.org))),
        text("region", rows().map(|row| row.region)),
        text("period", rows().map(|row| Some(row.period))),
        text("indicator", rows().map(|row| Some(row.indicator))),
        Column::new("numerator".into(), rows().map(|row| row.numerator).collect::<Vec<_>>()),
        Column::new("denominator".into(), rows().map(|row| row.denominator).collect::<Vec<_>>()),
        text("status", rows().map(|row| Some(row.status.as_str()))),
    ];
    Ok(DataFrame::new(rows().count(), columns)?)
}

/// From the files to every value, in our way.
pub(crate) fn recompute(
    folder: &Path,
    repeat: usize,
    registry: &Tables,
    catalogue: &Catalogue,
) -> Result<Values, Failed> {
    let (mut whole, mut read, mut judge, mut boards) = <[Runs; 4]>::default().into();
    let mut last = None;
    for run in 0..=repeat {
        drop(last.take());
        if run == 1 {
            (whole, read, judge, boards) = <[Runs; 4]>::default().into();
        }
        let board = whole.time(|| {
            let mut tables = read.time(|| load(folder, registry, catalogue))?;
            judge.time(|| add_judged(folder, &mut tables))?;
            boards.time(|| Board::new(tables, catalogue.clone())).map_err(Failed::from)
        })?;
        last = Some(board.values().clone());
    }
    read.tell("facts_read", &json!({}));
    judge.tell("facts_judged", &json!({}));
    boards.tell("facts_board", &json!({}));
    whole.tell("facts_recompute", &json!({}));
    last.ok_or_else(|| "nothing was run".into())
}

/// The tables, with the columns that definitions name.
fn load(folder: &Path, registry: &Tables, catalogue: &Catalogue) -> Result<Tables, Failed> {
    let mut tables = registry.clone();
    for spec in TABLES {
        let named = catalogue.columns_of(spec.name);
        let is_judged = |name: &str| spec.name == OBLIGATIONS.name && JUDGED.contains(&name);
        let mut columns: Vec<String> = named.iter().filter(|name| !is_judged(name)).cloned().collect();
        if named.iter().any(|name| is_judged(name)) {
            columns.extend(RECORDED.map(str::to_owned));
        }
        columns.sort();
        columns.dedup();
        tables.frames.insert(spec.name.to_owned(), open(folder, spec.name, columns)?);
    }
    Ok(tables)
}

fn open(folder: &Path, name: &str, columns: Vec<String>) -> Result<DataFrame, Failed> {
    let file = File::open(folder.join(format!("{name}.parquet")))?;
    Ok(ParquetReader::new(file).with_columns(Some(columns)).finish()?)
}

/// Finds out the columns that were left out.
fn add_judged(folder: &Path, tables: &mut Tables) -> Result<(), Failed> {
    let units = open(folder, UNITS, vec!["today".to_owned(), "cap".to_owned()])?;
    let frame = tables.frames.remove(OBLIGATIONS.name).ok_or("there are no obligations")?;
    let of_unit = |name: &str| -> PolarsResult<Column> {
        let cells: Vec<i32> =
            units.column(name)?.cast(&DataType::Int32)?.i32()?.iter().map(Option::unwrap_or_default).collect();
        let units = frame.column(UNIT)?.u32()?.clone();
        let at = |unit: Option<u32>| unit.and_then(|unit| cells.get(usize::try_from(unit).ok()?).copied());
        Ok(Int32Chunked::from_iter_options(name.into(), units.iter().map(at)).into_column())
    };
    let (today, cap) = (of_unit("today")?, of_unit("cap")?);
    let mut frame = frame;
    frame.with_column(today)?.with_column(cap)?;
    let day = |name: &str| col(name).cast(DataType::Int32);
    let counts = || col("counts");
    let least = |a: Expr, b: Expr| when(a.clone().lt(b.clone())).then(a).otherwise(b);
    let delay = day("done_on").fill_null(col("today")) - day("effective_due");
    let judged = frame
        .lazy()
        .with_columns([delay.alias("delay"), col("done_on").is_not_null().alias("is_done")])
        .with_columns([
            counts().and(col("is_done").or(col("delay").gt(lit(0)))).alias("is_due"),
            counts().and(col("is_done")).and(col("delay").lt_eq(lit(0))).alias("is_on_time"),
            counts().and(col("delay").gt(lit(0))).alias("is_late"),
            when(counts().and(col("delay").gt(lit(0))))
                .then(least(col("delay"), col("cap")).cast(DataType::Int64))
                .otherwise(lit(0_i64))
                .alias("late_days"),
            day("effective_due").lt(col("today")).alias("is_past"),
        ])
        .collect()?;
    tables.frames.insert(OBLIGATIONS.name.to_owned(), judged);
    Ok(())
}
