//! Snapshots on disk: made once for whoever asks, kept while there is room, gone when the service starts anew.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::bi::{Held, Set, Stored};
use domain::expand::hex;
use domain::id::Seq;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::sight::Seen;
use crate::Face;
use crate::answer::inside;
use crate::auth::Caller;
use crate::problem::Problem;

/// Snapshots that are made at the same time: each has a copy of the state in memory.
const MAKING: usize = 1;

/// The rows of one set that one reader may see, at one position.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// `<seq>-<as of>`: names it among those of its set and reader.
    pub(crate) id: String,
    /// The log's epoch.
    pub(crate) epoch: String,
    /// Everything up to here is in it.
    pub(crate) seq: Seq,
    /// The moment for which it holds.
    pub(crate) as_of: Timestamp,
    /// The rows.
    pub(crate) stored: Stored,
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Names set and reader, in an `ETag`.
    pub(crate) mark: String,
    days: Vec<Date>,
    made: Instant,
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // Whoever still reads the file has it open, or holds the snapshot: nobody needs its name any more.
        drop(fs::remove_file(self.stored.path()));
    }
}

/// Whose rows of which set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    set: &'static str,
    sight: String,
}

/// Where snapshots are kept.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    bytes_max: u64,
    age_max: Duration,
    kept: Mutex<Kept>,
    turns: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<()>>>>,
    making: Arc<Semaphore>,
}

/// The snapshots, the one that was used last at the end.
#[derive(Debug, Default)]
struct Kept {
    all: Vec<(Key, Arc<Snapshot>)>,
    number: u64,
}

impl Shelf {
    /// An empty shelf in a folder of its own, which is emptied. `bytes_max`: how much it keeps; one snapshot it keeps
    /// in any case. `age_max`: for how long a snapshot answers although the state has gone on.
    ///
    /// # Errors
    /// The folder cannot be made or emptied.
    pub fn open(dir: &Path, bytes_max: u64, age_max: Duration) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_file() {
                fs::remove_file(path)?;
            }
        }
        let making = Arc::new(Semaphore::new(MAKING));
        let (kept, turns) = (Mutex::default(), Mutex::default());
        Ok(Self { dir: dir.to_owned(), bytes_max, age_max, kept, turns, making })
    }

    /// A file without a name, for what is sent once.
    pub(crate) fn scratch(&self) -> io::Result<File> {
        let path = self.path();
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        fs::remove_file(path)?;
        Ok(file)
    }

    fn path(&self) -> PathBuf {
        let mut kept = self.kept();
        kept.number += 1;
        self.dir.join(format!("{}.parquet", kept.number))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, key: &Key, fits: impl Fn(&Snapshot) -> bool) -> Option<Arc<Snapshot>> {
        let mut kept = self.kept();
        let at = kept.all.iter().rposition(|(known, snapshot)| known == key && fits(snapshot))?;
        let used = kept.all.remove(at);
        let found = Arc::clone(&used.1);
        kept.all.push(used);
        Some(found)
    }

    fn put(&self, key: Key, snapshot: Arc<Snapshot>) {
        let mut kept = self.kept();
        kept.all.push((key, snapshot));
        let mut bytes: u64 = kept.all.iter().map(|(_, snapshot)| snapshot.bytes).sum();
        while bytes > self.bytes_max && kept.all.len() > 1 {
            bytes -= kept.all.remove(0).1.bytes;
        }
    }

    fn turn(&self, key: &Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(key.clone()).or_default())
    }
}

impl Face {
    /// The newest snapshot of a set for a reader; made now where there is none, or none new enough.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) async fn snapshot(
        &self,
        caller: &Caller,
        set: &'static Set,
        least: Seq,
    ) -> Result<Arc<Snapshot>, Problem> {
        let key = Key::of(caller, set);
        if let Some(found) = self.fresh(&key, least) {
            return Ok(found);
        }
        let turn = self.bi.shelf.turn(&key).lock_owned().await;
        if let Some(found) = self.fresh(&key, least) {
            return Ok(found);
        }
        let room = Arc::clone(&self.bi.shelf.making).acquire_owned().await.map_err(|error| inside(&error))?;
        let ready = self.bi.feed.ready().await.map_err(|error| inside(&error))?;
        let (face, caller) = (self.clone(), caller.clone());
        // Whoever asked may go: the snapshot is made to its end, and the next one finds it.
        let making = tokio::task::spawn_blocking(move || {
            let _kept = (turn, room);
            let days = ready.shown.days().to_vec();
            face.make(&key, &caller, set, &face.bi.feed.hold(ready), days)
        });
        making.await.map_err(|error| inside(&error))?.map_err(|error| inside(&*error))
    }

    /// A snapshot by its id, where it is still kept; by its position, the newest of it.
    pub(crate) fn kept_snapshot(&self, caller: &Caller, set: &'static Set, id: &str) -> Option<Arc<Snapshot>> {
        let of_seq = |snapshot: &Snapshot| id.parse() == Ok(snapshot.seq.get());
        self.bi.shelf.find(&Key::of(caller, set), |snapshot| snapshot.id == id || of_seq(snapshot))
    }

    fn fresh(&self, key: &Key, least: Seq) -> Option<Arc<Snapshot>> {
        let now = self.gate.now();
        let (seq, days) = self.gate.replica().read(|state| (state.watermark, board::days_of(&state.register, now)));
        self.bi.shelf.find(key, |snapshot| {
            let new = snapshot.seq >= seq || snapshot.made.elapsed() < self.bi.shelf.age_max;
            new && snapshot.seq >= least && snapshot.days == days
        })
    }

    fn make(
        &self,
        key: &Key,
        caller: &Caller,
        set: &'static Set,
        held: &Held,
        days: Vec<Date>,
    ) -> Result<Arc<Snapshot>, Box<dyn std::error::Error + Send + Sync>> {
        let started = Instant::now();
        let seen = Seen::of(caller, held.register());
        let source = if key.is_everything() { held.source() } else { held.source().seen_by(&seen) };
        let path = self.bi.shelf.path();
        let (seq, as_of, epoch) = (source.seq(), source.as_of(), source.epoch().to_owned());
        let written = || {
            let mut out = BufWriter::new(File::create_new(&path)?);
            let rows = ::bi::parquet(set, source.frames(set), &mut out)?;
            out.flush()?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((rows, fs::metadata(&path)?.len()))
        };
        let (rows, bytes) = written().inspect_err(|_| drop(fs::remove_file(&path)))?;
        let id = format!("{seq}-{}", as_of.strftime("%Y%m%dT%H%M%S%3fZ"));
        let stored = Stored::new(path, set, rows);
        let mark = key.mark();
        let snapshot = Arc::new(Snapshot { id, epoch, seq, as_of, stored, bytes, mark, days, made: Instant::now() });
        self.bi.shelf.put(key.clone(), Arc::clone(&snapshot));
        metrics::histogram!("vekha_feed_snapshot_seconds", "set" => set.short()).record(started.elapsed());
        Ok(snapshot)
    }
}

impl Key {
    fn of(caller: &Caller, set: &'static Set) -> Self {
        Self { set: set.short(), sight: caller.sight_of(set) }
    }

    /// Whether nothing is left out.
    fn is_everything(&self) -> bool {
        self.sight.is_empty()
    }

    fn mark(&self) -> String {
        hex(&Sha256::digest(format!("{} {}", self.set, self.sight)))[..16].to_owned()
    }
}
