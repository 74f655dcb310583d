//! A store of evidence files in memory, for tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain::id::PersonCode;
use futures::future::{BoxFuture, FutureExt, ready};

use super::{About, EvidenceError, EvidenceFile, EvidenceStore, FileHash, MediaType, Put, Uploader};

/// Evidence files in memory; they end with it.
#[derive(Debug, Default)]
pub struct MemoryEvidence {
    held: Mutex<BTreeMap<FileHash, Held>>,
}

#[derive(Debug)]
struct Held {
    media_type: MediaType,
    bytes: Bytes,
    from: Vec<Uploader>,
}

impl Held {
    fn file(&self, hash: &FileHash) -> Result<EvidenceFile, EvidenceError> {
        let damaged = |reason: String| EvidenceError::Damaged { hash: *hash, reason };
        let file =
            EvidenceFile::new(self.media_type, self.bytes.clone()).map_err(|unfit| damaged(unfit.to_string()))?;
        if file.hash() == hash { Ok(file) } else { Err(damaged("its bytes have another hash".to_owned())) }
    }
}

impl MemoryEvidence {
    /// Changes a stored byte, as a bad disk does.
    pub fn damage(&self, hash: &FileHash) {
        if let Some(held) = self.held().get_mut(hash) {
            let mut bytes = held.bytes.to_vec();
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            held.bytes = bytes.into();
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<FileHash, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self, file: &EvidenceFile, by: &Uploader) -> Put {
        let (media_type, bytes) = (file.media_type(), file.bytes().clone());
        let mut all = self.held();
        let fresh = !all.contains_key(file.hash());
        let held =
            all.entry(*file.hash()).or_insert_with(|| Held { media_type, bytes: bytes.clone(), from: Vec::new() });
        let healed = !fresh && held.file(file.hash()).is_err();
        if healed {
            (held.media_type, held.bytes) = (media_type, bytes);
        }
        if !held.from.iter().any(|known| known.person == by.person) {
            held.from.push(by.clone());
        }
        if fresh || healed { Put::New } else { Put::Known }
    }
}

impl EvidenceStore for MemoryEvidence {
    fn put<'a>(&'a self, file: &'a EvidenceFile, by: &'a Uploader) -> BoxFuture<'a, Result<Put, EvidenceError>> {
        ready(Ok(self.store(file, by))).boxed()
    }

    fn about<'a>(&'a self, hash: &'a FileHash) -> BoxFuture<'a, Result<Option<About>, EvidenceError>> {
        let about = |held: &Held| About { media_type: held.media_type, bytes: held.bytes.len() };
        ready(Ok(self.held().get(hash).map(about))).boxed()
    }

    fn is_from<'a>(&'a self, hash: &'a FileHash, person: &'a PersonCode) -> BoxFuture<'a, Result<bool, EvidenceError>> {
        let from = |held: &Held| held.from.iter().any(|known| known.person == *person);
        ready(Ok(self.held().get(hash).is_some_and(from))).boxed()
    }

    fn get<'a>(&'a self, hash: &'a FileHash) -> BoxFuture<'a, Result<Option<EvidenceFile>, EvidenceError>> {
        ready(self.held().get(hash).map(|held| held.file(hash)).transpose()).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::conformance;

    #[tokio::test]
    async fn memory_conforms() {
        let store = MemoryEvidence::default();
        conformance::run_all(&store, async |hash| store.damage(hash)).await;
    }
}
