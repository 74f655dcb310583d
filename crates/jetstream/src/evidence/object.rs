//! The description of an object, as the object store keeps it (NATS ADR-20).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use domain::id::PersonCode;
use domain::limits::{EVIDENCE_CHUNK_BYTES, EVIDENCE_FILE_BYTES_MAX};
use journal::evidence::{EvidenceFile, FileHash, MediaType, Uploader};
use serde::{Deserialize, Serialize};

/// Keys of the metadata: what the file is, who uploaded it, over which part of the world.
const MEDIA_TYPE: &str = "media-type";
const PERSON: &str = "person";
const SCOPE: &str = "scope";

/// One object of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Object {
    pub(super) name: String,
    bucket: String,
    /// Last token of the subject on which the bytes are.
    pub(super) nuid: String,
    size: usize,
    chunks: usize,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    options: Options,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Options {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_chunk_size: Option<usize>,
}

impl Object {
    /// A file whose bytes are stored under `nuid`.
    pub(super) fn file(bucket: &str, nuid: String, chunks: usize, file: &EvidenceFile, by: &Uploader) -> Self {
        let mut metadata = metadata(by);
        metadata.insert(MEDIA_TYPE.to_owned(), file.media_type().to_string());
        Self {
            name: file.hash().to_string(),
            bucket: bucket.to_owned(),
            nuid,
            size: file.bytes().len(),
            chunks,
            digest: digest(file.hash()),
            options: Options { max_chunk_size: Some(EVIDENCE_CHUNK_BYTES) },
            metadata,
            deleted: false,
        }
    }

    /// An empty object that only says who uploaded a file too.
    pub(super) fn note(bucket: &str, hash: &FileHash, by: &Uploader) -> Self {
        Self {
            name: Self::note_name(hash, &by.person),
            bucket: bucket.to_owned(),
            nuid: "none".to_owned(),
            size: 0,
            chunks: 0,
            digest: digest(&FileHash::of(b"")),
            options: Options::default(),
            metadata: metadata(by),
            deleted: false,
        }
    }

    /// Name of the note on a further uploader.
    pub(super) fn note_name(hash: &FileHash, person: &PersonCode) -> String {
        format!("{hash}/{person}")
    }

    /// Reads a description; `None` when it is none, or one of another object, or says that the object was deleted.
    pub(super) fn read(payload: &[u8], name: &str) -> Option<Self> {
        let object: Self = serde_json::from_slice(payload).ok()?;
        (object.name == name && !object.deleted).then_some(object)
    }

    pub(super) fn to_bytes(&self) -> Bytes {
        serde_json::to_vec(self).expect("texts and numbers are always JSON").into()
    }

    /// Keeps who uploaded it first.
    pub(super) fn uploaded_first_as(&mut self, mut first: Self) {
        for key in [PERSON, SCOPE] {
            if let Some(value) = first.metadata.remove(key) {
                self.metadata.insert(key.to_owned(), value);
            }
        }
    }

    /// What the file was uploaded as.
    pub(super) fn media_type(&self) -> Option<MediaType> {
        MediaType::from_header(self.metadata.get(MEDIA_TYPE)?)
    }

    /// The size, if a file can have it.
    pub(super) fn fitting_size(&self) -> Option<usize> {
        (1..=EVIDENCE_FILE_BYTES_MAX).contains(&self.size).then_some(self.size)
    }

    /// Whether a person uploaded it first.
    pub(super) fn is_by(&self, person: &PersonCode) -> bool {
        self.metadata.get(PERSON).is_some_and(|code| code == person.as_str())
    }
}

/// A name as a token of a subject.
pub(super) fn encoded(name: &str) -> String {
    URL_SAFE.encode(name)
}

fn digest(hash: &FileHash) -> String {
    format!("SHA-256={}", URL_SAFE.encode(hash.as_bytes()))
}

fn metadata(by: &Uploader) -> BTreeMap<String, String> {
    BTreeMap::from([(PERSON.to_owned(), by.person.to_string()), (SCOPE.to_owned(), by.scope.to_string())])
}
