//! `vekha evidence`: files that show what an act says, to the service and back.

use std::path::Path;

use anyhow::Context;
use domain::limits::{EVIDENCE_FILE_BYTES_MAX, EVIDENCE_PART_BYTES_MAX};
use journal::evidence::{FileHash, MediaType};
use serde_json::json;

use crate::cli::{EvidenceArgs, EvidenceVerb, WrongUse};
use crate::client::Api;
use crate::out::Out;

/// Bytes of one part: half of what the service takes, so that a poor line loses less.
const PART: usize = EVIDENCE_PART_BYTES_MAX / 2;

/// `vekha evidence …`.
pub(crate) async fn run(args: EvidenceArgs, out: &mut Out) -> anyhow::Result<()> {
    match args.verb {
        EvidenceVerb::Put { file, kind, api } => put(&Api::new(&api)?, &file, &kind, out).await,
        EvidenceVerb::Get { sha256, out: to, api } => get(&Api::new(&api)?, &sha256, &to, out).await,
    }
}

/// Uploads a file from where an earlier try stopped.
async fn put(api: &Api, file: &Path, kind: &str, out: &mut Out) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let most = EVIDENCE_FILE_BYTES_MAX;
    anyhow::ensure!(!bytes.is_empty(), "{} is empty", file.display());
    anyhow::ensure!(
        bytes.len() <= most,
        "{} has {} bytes, at most {most} are taken: give it as a link (`url`) with its SHA-256",
        file.display(),
        bytes.len()
    );
    let media_type = media_type(file)?;
    let hash = FileHash::of(&bytes);
    let told = api.json(&format!("/api/v1/evidence/uploads/{hash}")).await?;
    let begun = told["received"].as_u64().and_then(|received| usize::try_from(received).ok()).unwrap_or(0);
    let mut offset = begun.min(bytes.len());
    if told["state"] != "stored" {
        // At least once: an upload that is whole but not stored yet needs an empty part.
        loop {
            let part = bytes[offset..].chunks(PART).next().unwrap_or_default();
            let about =
                [("sha256", hash.to_string()), ("bytes", bytes.len().to_string()), ("offset", offset.to_string())];
            api.post_bytes("/api/v1/evidence", &about, media_type.as_str(), part.to_vec()).await.with_context(
                || format!("stopped at {offset} of {} bytes; the same command goes on from there", bytes.len()),
            )?;
            offset += part.len();
            if offset == bytes.len() {
                break;
            }
        }
    }
    out.line(hash.to_string())?;
    let snippet = json!({"evidence": [{"kind": kind, "sha256": hash.to_string()}]});
    out.line(serde_json::to_string(&snippet)?)
}

fn media_type(file: &Path) -> anyhow::Result<MediaType> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    MediaType::from_extension(ending).ok_or_else(|| {
        let all = MediaType::ALL.map(MediaType::extension).join(", ");
        WrongUse(format!("{}: the name must end with one of {all}", file.display())).into()
    })
}

/// Downloads a file, checks it, and writes it.
async fn get(api: &Api, sha256: &str, to: &Path, out: &mut Out) -> anyhow::Result<()> {
    let hash: FileHash = sha256.parse().map_err(|error| WrongUse(format!("{sha256}: {error}")))?;
    let bytes = api.bytes(&format!("/api/v1/evidence/{hash}")).await?;
    let found = FileHash::of(&bytes);
    anyhow::ensure!(found == hash, "what came is another file: its SHA-256 is {found}; nothing was written");
    std::fs::write(to, &bytes).with_context(|| format!("cannot write {}", to.display()))?;
    out.line(format!("{} bytes written to {}", bytes.len(), to.display()))
}
