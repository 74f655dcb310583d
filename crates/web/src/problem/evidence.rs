//! What is wrong with an evidence file, as a problem.

use std::fmt::Display;

use axum::http::StatusCode;
use commands::evidence::{EvidenceError, FileHash, MediaType};

use super::{Problem, unavailable};

impl Problem {
    /// The media type is none of those that are taken.
    pub(crate) fn evidence_type() -> Self {
        let all = MediaType::ALL.map(MediaType::as_str).join(", ");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "evidence_type",
            format!("Такой тип файла не принимается. Content-Type должен быть одним из: {all}."),
            format!("Files of this type are not taken. Content-Type must be one of: {all}."),
        )
    }

    /// The file is not what its type says, or is empty.
    pub(crate) fn evidence_unfit(ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "evidence_unfit", ru, en)
    }

    /// The parts together are another file than was announced.
    pub(crate) fn evidence_hash(announced: &FileHash, found: &FileHash) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "evidence_hash",
            format!("SHA-256 полученного файла — {found}, объявлен {announced}. Начните загрузку заново."),
            format!("The SHA-256 of what was received is {found}, {announced} was announced. Begin anew."),
        )
        .with("announced", announced.to_string())
        .with("found", found.to_string())
    }

    /// A part does not go on where the upload is.
    pub(crate) fn upload_offset(received: usize) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "upload_offset",
            format!(
                "Часть не продолжает загрузку: получено {received} байт. Продолжите с offset={received} с теми же \
                 bytes и Content-Type; offset=0 начинает заново."
            ),
            format!(
                "The part does not go on where the upload is: {received} bytes were received. Go on with \
                 offset={received} and the same bytes and Content-Type; offset=0 begins anew."
            ),
        )
        .with("received", received)
    }

    pub(crate) fn no_evidence(hash: &impl Display) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "evidence_not_found",
            format!("Файла с SHA-256 {hash} в хранилище нет."),
            format!("The store has no file with the SHA-256 {hash}."),
        )
    }

    /// The file is there, but is not the caller's.
    pub(crate) fn foreign_evidence() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Этот файл загрузил другой человек: школе доступны только её собственные файлы.",
            "Somebody else uploaded this file: a school reads only its own.",
        )
    }
}

impl From<EvidenceError> for Problem {
    fn from(error: EvidenceError) -> Self {
        match &error {
            EvidenceError::Unavailable { .. } => {
                tracing::warn!("evidence was neither stored nor read: {error}");
                unavailable(
                    "evidence_unavailable",
                    "Хранилище файлов сейчас недоступно. Повторите позже: повтор безопасен.",
                    "The store of files does not answer now. Repeat later: a repetition is harmless.",
                )
                .after(5)
            }
            EvidenceError::Damaged { hash, .. } => {
                tracing::error!(%hash, "{error}; restore the bucket from a copy, or upload the file again");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "evidence_damaged",
                    "Файл в хранилище повреждён и не выдаётся. Загрузите его ещё раз или сообщите администратору.",
                    "The stored file is damaged and is not handed out. Upload it again, or tell the administrator.",
                )
            }
        }
    }
}
