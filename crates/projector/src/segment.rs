//! Facts in Parquet: the columns of facts with the stored bytes, readable by any engine.

use std::io::Cursor;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;
use domain::actor::Role;
use domain::event::EventId;
use domain::evolve::Effect;
use journal::Seq;
use polars::prelude::{
    BinaryChunked, Column, DataFrame, Int32Chunked, Int64Chunked, IntoColumn, NewChunkedArray, ParquetCompression,
    ParquetReader, ParquetWriter, PolarsError, PolarsResult, SerReader, StringChunked, TimeUnit, UInt32Chunked,
    UInt64Chunked,
};
use register::Register;
use serde::{Deserialize, Serialize};

use crate::facts::{Rows, number};
use crate::files::FileRef;
use crate::pending::Raw;

/// A file of facts, as the checkpoint names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentRef {
    #[serde(flatten)]
    pub(crate) file: FileRef,
    pub(crate) first: Seq,
    pub(crate) last: Seq,
}

/// The name of a sealed segment.
pub(crate) fn sealed_name(seqs: &RangeInclusive<Seq>) -> String {
    format!("facts-{:012}-{:012}.parquet", seqs.start().get(), seqs.end().get())
}

/// The name of the facts behind the last sealed segment.
pub(crate) fn tail_name(seqs: &RangeInclusive<Seq>) -> String {
    format!("tail-{:012}-{:012}.parquet", seqs.start().get(), seqs.end().get())
}

/// A run of events on its way to a file.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) seqs: RangeInclusive<Seq>,
    pub(crate) rows: Rows,
    pub(crate) raw: Vec<Raw>,
}

/// Writes events as Parquet. The same events give the same bytes.
pub(crate) fn encode(chunk: &Chunk, type_names: &[Box<str>]) -> PolarsResult<Vec<u8>> {
    let (rows, raw) = (&chunk.rows, &chunk.raw);
    let type_name = |number: &u16| type_names.get(usize::from(*number)).map(|name| &**name);
    let optional = |name: &str, cells: &[u32]| {
        UInt32Chunked::from_iter_options(name.into(), cells.iter().map(|cell| number(*cell))).into_column()
    };
    let columns: Vec<Column> = vec![
        UInt64Chunked::from_iter_values("seq".into(), chunk.seqs.start().get()..=chunk.seqs.end().get()).into_column(),
        BinaryChunked::from_iter_values("event_id".into(), raw.iter().map(|raw| raw.event.0.to_be_bytes()))
            .into_column(),
        StringChunked::from_iter_options("type".into(), rows.event_type.iter().map(type_name)).into_column(),
        StringChunked::from_iter_values("subject".into(), raw.iter().map(|raw| &*raw.subject)).into_column(),
        StringChunked::from_iter_values("effect".into(), rows.effect.iter().map(|effect| effect.as_str()))
            .into_column(),
        optional("obligation", &rows.obligation),
        optional("organisation", &rows.org),
        UInt32Chunked::from_slice("actor".into(), &rows.actor).into_column(),
        StringChunked::from_iter_values("role".into(), rows.role.iter().map(|role| role.as_str())).into_column(),
        optional("on_behalf_of", &rows.on_behalf_of),
        Int32Chunked::from_slice("occurred_on".into(), &rows.occurred_on).into_date().into_column(),
        Int64Chunked::from_slice("recorded_at".into(), &rows.recorded_at)
            .into_datetime(TimeUnit::Nanoseconds, None)
            .into_column(),
        BinaryChunked::from_iter_values("payload".into(), raw.iter().map(|raw| &*raw.payload)).into_column(),
    ];
    let mut frame = DataFrame::new_infer_height(columns)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).with_compression(ParquetCompression::Zstd(None)).finish(&mut frame)?;
    Ok(bytes)
}

/// The columns that the facts in memory need.
const NUMBERS: [&str; 10] = [
    "event_id",
    "type",
    "effect",
    "obligation",
    "organisation",
    "actor",
    "role",
    "on_behalf_of",
    "occurred_on",
    "recorded_at",
];

/// Reads the facts of a file; `register` is one that has applied them, and numbers their types.
pub(crate) fn decode(bytes: Vec<u8>, first: Seq, register: &Register) -> PolarsResult<Rows> {
    let columns = NUMBERS.map(str::to_owned).to_vec();
    rows_of(&ParquetReader::new(Cursor::new(bytes)).with_columns(Some(columns)).finish()?, first, register)
}

/// Reads the facts of a file with their bytes.
pub(crate) fn decode_whole(bytes: Vec<u8>, first: Seq, register: &Register) -> PolarsResult<(Rows, Vec<Raw>)> {
    let frame = ParquetReader::new(Cursor::new(bytes)).finish()?;
    let rows = rows_of(&frame, first, register)?;
    let subjects = frame.column("subject")?.str()?;
    let payloads = frame.column("payload")?.binary()?;
    let mut raw = Vec::with_capacity(rows.len());
    for ((event, subject), payload) in events(&frame)?.into_iter().zip(subjects.iter()).zip(payloads.iter()) {
        let (Some(subject), Some(payload)) = (subject, payload) else { return Err(misfit("subject or payload")) };
        raw.push(Raw { event, subject: Arc::from(subject), payload: Bytes::copy_from_slice(payload) });
    }
    Ok((rows, raw))
}

fn rows_of(frame: &DataFrame, first: Seq, register: &Register) -> PolarsResult<Rows> {
    let mut rows = Rows::starting(first);
    rows.event = events(frame)?;
    for name in frame.column("type")?.str()?.iter() {
        let number = name.and_then(|name| register.type_of(name)).ok_or_else(|| misfit("type"))?;
        rows.event_type.push(number);
    }
    for effect in frame.column("effect")?.str()?.iter() {
        rows.effect.push(effect.and_then(effect_of).ok_or_else(|| misfit("effect"))?);
    }
    for role in frame.column("role")?.str()?.iter() {
        rows.role.push(role.and_then(|role| role.parse::<Role>().ok()).ok_or_else(|| misfit("role"))?);
    }
    let numbers = |name: &str| -> PolarsResult<Vec<u32>> {
        Ok(frame.column(name)?.u32()?.iter().map(crate::facts::cell).collect())
    };
    rows.obligation = numbers("obligation")?;
    rows.org = numbers("organisation")?;
    rows.actor = numbers("actor")?;
    rows.on_behalf_of = numbers("on_behalf_of")?;
    for day in frame.column("occurred_on")?.date()?.physical().iter() {
        rows.occurred_on.push(day.ok_or_else(|| misfit("occurred_on"))?);
    }
    for moment in frame.column("recorded_at")?.datetime()?.physical().iter() {
        rows.recorded_at.push(moment.ok_or_else(|| misfit("recorded_at"))?);
    }
    Ok(rows)
}

fn events(frame: &DataFrame) -> PolarsResult<Vec<EventId>> {
    let id = |bytes: Option<&[u8]>| bytes?.try_into().ok().map(u128::from_be_bytes).map(EventId);
    let ids = frame.column("event_id")?.binary()?.iter().map(|bytes| id(bytes).ok_or_else(|| misfit("event_id")));
    ids.collect()
}

fn misfit(column: &'static str) -> PolarsError {
    PolarsError::SchemaMismatch(format!("the column {column} holds what we did not write").into())
}

fn effect_of(name: &str) -> Option<Effect> {
    Effect::ALL.into_iter().find(|effect| effect.as_str() == name)
}
