//! Evidence files in a bucket of the JetStream object store, beside the log.
//!
//! The layout is the object store's own (NATS ADR-20), so that `nats object get` and every client library read it;
//! what is written is stricter. The library's `put` replaces the description of a file by rollup and purges what it
//! had: a bucket that allows this lets a stolen password remove evidence. Here the bucket refuses rollup, deletion and
//! purge, and a description is stored under the broker's own expectation that there is none yet.

mod object;

use std::fmt::Display;
use std::sync::Arc;

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{RawMessageErrorKind, Stream};
use bytes::{Bytes, BytesMut};
use domain::id::PersonCode;
use domain::limits::EVIDENCE_CHUNK_BYTES;
use futures::future::{BoxFuture, FutureExt};
use journal::evidence::{About, EvidenceError, EvidenceFile, EvidenceStore, FileHash, Put, Uploader};
use journal::{Expect, NewRecord, Seq};
use serde_json::{Value, json};
use tracing::{info, warn};

use self::object::{Object, encoded};
use crate::Core;
use crate::append::{Published, Publisher};
use crate::stream::{Api, ApiError};

/// The evidence files of a log. Clones are handles.
#[derive(Clone, Debug)]
pub struct EvidenceBucket {
    core: Arc<Core>,
    api: Api,
    publisher: Publisher,
    name: String,
    stream: String,
}

/// The latest description of a file, as far as it can be read.
struct Described {
    at: Seq,
    object: Option<Object>,
}

impl EvidenceBucket {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let name = format!("{}_EVIDENCE", core.config.stream);
        let stream = format!("OBJ_{name}");
        // The connection of readers: a large file does not stand in the way of an append.
        let api = Api::new(core.read.clone(), stream.clone());
        let publisher = Publisher::new(core.read.clone(), stream.clone());
        Self { core, api, publisher, name, stream }
    }

    /// Creates the bucket when there is none, and warns when it is not what it must be.
    ///
    /// # Errors
    /// [`EvidenceError::Unavailable`]: files can be neither stored nor read. The log does not mind.
    pub async fn ensure(&self) -> Result<(), EvidenceError> {
        let wanted = self.wanted();
        let found = match self.api.info().await {
            Err(ApiError::NoStream) => {
                self.api.create(&wanted).await.map_err(unavailable)?;
                info!(bucket = %self.name, "created the bucket of the evidence files");
                self.api.info().await
            }
            found => found,
        };
        let found = found.map_err(unavailable)?;
        for name in ["subjects", "storage", "max_age", "max_bytes", "max_msgs", "deny_delete", "deny_purge"] {
            let (is, must) = (found.config.get(name).unwrap_or(&Value::Null), &wanted[name]);
            if is != must {
                warn!(bucket = %self.name, "{name} of the bucket of evidence is {is}, it should be {must}");
            }
        }
        if found.config.get("allow_rollup_hdrs") == Some(&json!(true)) {
            warn!(bucket = %self.name, "the bucket of evidence allows rollup: files in it could be replaced");
        }
        Ok(())
    }

    fn wanted(&self) -> Value {
        json!({
            "name": self.stream,
            "description": "Evidence files of Vekha, by SHA-256: never change or delete anything here",
            "subjects": [format!("$O.{}.C.>", self.name), format!("$O.{}.M.>", self.name)],
            "retention": "limits",
            "storage": "file",
            "num_replicas": self.core.config.replicas,
            "discard": "new",
            "max_age": 0,
            "max_bytes": -1,
            "max_msgs": -1,
            "max_msgs_per_subject": -1,
            "deny_delete": true,
            "deny_purge": true,
            "allow_direct": true,
            "allow_rollup_hdrs": false,
        })
    }

    async fn put_file(&self, file: &EvidenceFile, by: &Uploader) -> Result<Put, EvidenceError> {
        let hash = file.hash();
        let known = self.described(&hash.to_string()).await?;
        let whole = match known.as_ref().and_then(|known| known.object.as_ref()) {
            None => false,
            Some(object) => match self.read(hash, object).await {
                Ok(_) => true,
                Err(EvidenceError::Damaged { reason, .. }) => {
                    warn!(%hash, "the damaged evidence file {hash} is stored anew: {reason}");
                    false
                }
                Err(error) => return Err(error),
            },
        };
        let put = if whole { Put::Known } else { self.store(file, by, known).await? };
        self.remember(hash, by).await?;
        Ok(put)
    }

    /// Stores the bytes, then their description, which makes them a file.
    async fn store(&self, file: &EvidenceFile, by: &Uploader, known: Option<Described>) -> Result<Put, EvidenceError> {
        let nuid = format!("{:032x}", rand::random::<u128>());
        let subject = format!("$O.{}.C.{nuid}", self.name);
        let mut rest = file.bytes().clone();
        let mut chunks = 0;
        while !rest.is_empty() {
            let chunk = rest.split_to(rest.len().min(EVIDENCE_CHUNK_BYTES));
            match self.send(&subject, chunk, Expect::Any).await {
                Published::Stored(_) => chunks += 1,
                // Bytes without a description are no file; another put begins anew.
                other => return Err(not_stored(other)),
            }
        }
        let mut object = Object::file(&self.name, nuid, chunks, file, by);
        let at = known.as_ref().map_or(Seq::NONE, |known| known.at);
        if let Some(first) = known.and_then(|known| known.object) {
            object.uploaded_first_as(first);
        }
        match self.send(&self.description_of(&object.name), object.to_bytes(), Expect::LastOnSubject(at)).await {
            Published::Stored(_) => Ok(Put::New),
            // Somebody was faster with the same bytes.
            Published::Conflict(_) => Ok(Put::Known),
            Published::Unknown(reason) => match self.described(&object.name).await? {
                Some(now) if now.at != at => Ok(Put::New),
                _ => Err(unavailable(reason)),
            },
            other => Err(not_stored(other)),
        }
    }

    /// Notes a further uploader as an empty object beside the file.
    async fn remember(&self, hash: &FileHash, by: &Uploader) -> Result<(), EvidenceError> {
        if self.came_from(hash, &by.person).await? {
            return Ok(());
        }
        let note = Object::note(&self.name, hash, by);
        let only_once = Expect::LastOnSubject(Seq::NONE);
        match self.send(&self.description_of(&note.name), note.to_bytes(), only_once).await {
            Published::Stored(_) | Published::Conflict(_) => Ok(()),
            other => Err(not_stored(other)),
        }
    }

    async fn came_from(&self, hash: &FileHash, person: &PersonCode) -> Result<bool, EvidenceError> {
        let Some(object) = self.object(hash).await? else { return Ok(false) };
        if object.is_by(person) {
            return Ok(true);
        }
        let note = self.described(&Object::note_name(hash, person)).await?;
        Ok(note.is_some_and(|note| note.object.is_some()))
    }

    /// The description of a file that is there.
    async fn object(&self, hash: &FileHash) -> Result<Option<Object>, EvidenceError> {
        match self.described(&hash.to_string()).await? {
            None => Ok(None),
            Some(Described { object: Some(object), .. }) => Ok(Some(object)),
            Some(Described { object: None, .. }) => {
                Err(damaged(hash, "its description cannot be read, or says that it was deleted"))
            }
        }
    }

    /// Reads and checks the bytes of a file.
    async fn read(&self, hash: &FileHash, object: &Object) -> Result<EvidenceFile, EvidenceError> {
        let media_type = object.media_type().ok_or_else(|| damaged(hash, "its media type is missing"))?;
        let size = object.fitting_size().ok_or_else(|| damaged(hash, "its size is impossible"))?;
        let (subject, stream) = (format!("$O.{}.C.{}", self.name, object.nuid), self.handle().await?);
        let (mut bytes, mut from) = (BytesMut::with_capacity(size), 1);
        while bytes.len() < size {
            let next = stream.raw_message_builder().sequence(from).next_by_subject(subject.as_str());
            let chunk = match next.send().await {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => {
                    return Err(damaged(hash, format!("{} of {size} bytes are there", bytes.len())));
                }
                Err(error) => return Err(unavailable(error)),
            };
            if chunk.payload.is_empty() || chunk.payload.len() > size - bytes.len() {
                return Err(damaged(hash, "its parts do not add up to its size"));
            }
            from = chunk.sequence + 1;
            bytes.extend_from_slice(&chunk.payload);
        }
        // Hashing ten megabytes takes longer than a worker may be kept.
        let checked = tokio::task::spawn_blocking(move || EvidenceFile::new(media_type, bytes.freeze())).await;
        let checked = checked.map_err(unavailable)?.map_err(|unfit| damaged(hash, unfit))?;
        if checked.hash() == hash { Ok(checked) } else { Err(damaged(hash, "its bytes have another hash")) }
    }

    /// The latest description under a name, from the leader.
    async fn described(&self, name: &str) -> Result<Option<Described>, EvidenceError> {
        let stream = self.handle().await?;
        match stream.get_last_raw_message_by_subject(&self.description_of(name)).await {
            Ok(StreamMessage { sequence, payload, .. }) => {
                let object = Object::read(&payload, name);
                Ok(Some(Described { at: Seq(sequence), object }))
            }
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    fn description_of(&self, name: &str) -> String {
        format!("$O.{}.M.{}", self.name, encoded(name))
    }

    async fn send(&self, subject: &str, payload: Bytes, expect: Expect) -> Published {
        let record = NewRecord { subject: subject.to_owned(), id: String::new(), payload, expect };
        self.publisher.single(&record).await
    }

    async fn handle(&self) -> Result<Stream<()>, EvidenceError> {
        let mut context = async_nats::jetstream::new(self.core.read.clone());
        context.set_timeout(self.core.config.request_timeout);
        context.get_stream_no_info(&self.stream).await.map_err(unavailable)
    }
}

impl EvidenceStore for EvidenceBucket {
    fn put<'a>(&'a self, file: &'a EvidenceFile, by: &'a Uploader) -> BoxFuture<'a, Result<Put, EvidenceError>> {
        self.put_file(file, by).boxed()
    }

    fn about<'a>(&'a self, hash: &'a FileHash) -> BoxFuture<'a, Result<Option<About>, EvidenceError>> {
        async move {
            let Some(object) = self.object(hash).await? else { return Ok(None) };
            let media_type = object.media_type().ok_or_else(|| damaged(hash, "its media type is missing"))?;
            let bytes = object.fitting_size().ok_or_else(|| damaged(hash, "its size is impossible"))?;
            Ok(Some(About { media_type, bytes }))
        }
        .boxed()
    }

    fn is_from<'a>(&'a self, hash: &'a FileHash, person: &'a PersonCode) -> BoxFuture<'a, Result<bool, EvidenceError>> {
        self.came_from(hash, person).boxed()
    }

    fn get<'a>(&'a self, hash: &'a FileHash) -> BoxFuture<'a, Result<Option<EvidenceFile>, EvidenceError>> {
        async move {
            match self.object(hash).await? {
                Some(object) => self.read(hash, &object).await.map(Some),
                None => Ok(None),
            }
        }
        .boxed()
    }
}

fn unavailable(error: impl Display) -> EvidenceError {
    EvidenceError::Unavailable { reason: error.to_string() }
}

fn damaged(hash: &FileHash, reason: impl Display) -> EvidenceError {
    EvidenceError::Damaged { hash: *hash, reason: reason.to_string() }
}

fn not_stored(published: Published) -> EvidenceError {
    unavailable(match published {
        Published::Later(reason) | Published::NotNow(reason) | Published::Unknown(reason) => reason,
        Published::Refused { code, description } => format!("the broker answered {code}: {description}"),
        Published::Stored(_) | Published::Conflict(_) | Published::KnownId => "an answer out of place".to_owned(),
    })
}
