//! Bodies that are longer than memory should hold: written as fast as the client reads, or sent from a file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};

use axum::body::{Body, Bytes};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// The media type of a workbook.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The media type of Parquet.
pub(super) const PARQUET: &str = "application/vnd.apache.parquet";

/// Bytes of one piece.
const PIECE: usize = 256 * 1024;
/// Pieces that wait for the client.
const WAITING: usize = 4;

/// Where a long answer is written; full pieces go to the client.
pub(super) struct Pipe {
    buffer: Vec<u8>,
    pieces: mpsc::Sender<io::Result<Bytes>>,
    /// The client went away: nobody misses the rest.
    gone: bool,
}

impl Pipe {
    fn send(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.buffer));
        self.gone = self.pieces.blocking_send(Ok(piece)).is_err();
        if self.gone { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body that is written beside the threads that answer. One that fails is cut off, so that nobody takes it for whole.
pub(super) fn piped(
    room: OwnedSemaphorePermit,
    write: impl FnOnce(&mut Pipe) -> io::Result<()> + Send + 'static,
) -> Body {
    let (pieces, written) = mpsc::channel(WAITING);
    let mut pipe = Pipe { buffer: Vec::with_capacity(PIECE + 1_024), pieces, gone: false };
    let work = move || {
        let _room = room;
        let done = write(&mut pipe).and_then(|()| if pipe.buffer.is_empty() { Ok(()) } else { pipe.send() });
        if let Err(error) = done
            && !pipe.gone
        {
            tracing::error!("an answer of the feed was cut off: {error}");
            drop(pipe.pieces.blocking_send(Err(error)));
        }
    };
    drop(tokio::task::spawn_blocking(work));
    Body::from_stream(futures::stream::unfold(written, |mut written| async move {
        written.recv().await.map(|piece| (piece, written))
    }))
}

/// A part of a file as a body.
pub(super) fn of_file(file: File, from: u64, bytes: u64) -> Body {
    Body::from_stream(futures::stream::try_unfold((file, from, bytes), |(mut file, from, left)| async move {
        let next = left.min(u64::try_from(PIECE).unwrap_or(u64::MAX));
        if next == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; usize::try_from(next).unwrap_or(PIECE)];
            file.seek(SeekFrom::Start(from))?;
            file.read_exact(&mut piece)?;
            Ok::<_, io::Error>((Bytes::from(piece), file))
        });
        let (piece, file) = read.await.map_err(io::Error::other)??;
        Ok::<_, io::Error>(Some((piece, (file, from + next, left - next))))
    }))
}
