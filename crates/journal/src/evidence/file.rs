//! An evidence file: its hash, its type, and the bytes that fit both.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use domain::limits::EVIDENCE_FILE_BYTES_MAX;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// SHA-256 of a file's bytes, as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileHash([u8; 32]);

/// A text that is no SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a SHA-256 has 64 hexadecimal digits")]
pub struct BadHash;

impl FileHash {
    /// The hash of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash's own bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for FileHash {
    type Err = BadHash;
    fn from_str(raw: &str) -> Result<Self, BadHash> {
        let mut hash = [0; 32];
        let digits = raw.as_bytes();
        if digits.len() != 64 {
            return Err(BadHash);
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(hash))
    }
}

fn digit(raw: u8) -> Result<u8, BadHash> {
    match raw {
        b'0'..=b'9' => Ok(raw - b'0'),
        b'a'..=b'f' => Ok(raw - b'a' + 10),
        b'A'..=b'F' => Ok(raw - b'A' + 10),
        _ => Err(BadHash),
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&domain::expand::hex(&self.0))
    }
}

impl fmt::Debug for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileHash({self})")
    }
}

/// What an evidence file may be: documents and pictures that schools have, nothing that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// PDF.
    Pdf,
    /// A picture without loss.
    Png,
    /// A photograph.
    Jpeg,
    /// Plain text.
    Text,
    /// A table as text.
    Csv,
    /// A text document of Office Open XML.
    Docx,
    /// A spreadsheet of Office Open XML.
    Xlsx,
    /// A text document of `OpenDocument`.
    Odt,
    /// A spreadsheet of `OpenDocument`.
    Ods,
}

/// Begins every ZIP archive with a file in it.
const ZIP: &[u8] = b"PK\x03\x04";
/// Where the name of an archive's first file begins.
const ZIP_NAME_AT: usize = 30;
/// So many bytes of a text are looked at.
const TEXT_LOOKED_AT: usize = 4096;

impl MediaType {
    /// All types.
    pub const ALL: [Self; 9] =
        [Self::Pdf, Self::Png, Self::Jpeg, Self::Text, Self::Csv, Self::Docx, Self::Xlsx, Self::Odt, Self::Ods];

    /// The type's name in `Content-Type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
        }
    }

    /// The usual ending of a file's name, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Text => "txt",
            Self::Csv => "csv",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Odt => "odt",
            Self::Ods => "ods",
        }
    }

    /// The type of a `Content-Type`, whatever its parameters.
    #[must_use]
    pub fn from_header(raw: &str) -> Option<Self> {
        let essence = raw.split(';').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(essence))
    }

    /// The type of a file name's ending.
    #[must_use]
    pub fn from_extension(raw: &str) -> Option<Self> {
        let lower = raw.to_ascii_lowercase();
        let ending = if lower == "jpeg" { "jpg" } else { lower.as_str() };
        Self::ALL.into_iter().find(|known| known.extension() == ending)
    }

    /// Whether bytes begin as files of this type do. Texts have no signature: they hold no zero byte.
    #[must_use]
    pub fn fits(self, bytes: &[u8]) -> bool {
        match self {
            Self::Pdf => bytes.starts_with(b"%PDF-"),
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Jpeg => bytes.starts_with(b"\xff\xd8\xff"),
            Self::Text | Self::Csv => !bytes[..bytes.len().min(TEXT_LOOKED_AT)].contains(&0),
            Self::Docx | Self::Xlsx => bytes.starts_with(ZIP) && !bytes[ZIP.len()..].is_empty(),
            Self::Odt | Self::Ods => is_open_document(bytes, self.as_str()),
        }
    }
}

/// `OpenDocument` puts its type first, uncompressed (ODF 1.2 part 3, 3.3).
fn is_open_document(bytes: &[u8], media_type: &str) -> bool {
    let named = bytes.get(ZIP_NAME_AT..).and_then(|rest| rest.strip_prefix(b"mimetype"));
    bytes.starts_with(ZIP) && named.is_some_and(|rest| rest.starts_with(media_type.as_bytes()))
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Bytes that may be stored: not too many, of their type, under their hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    hash: FileHash,
    media_type: MediaType,
    bytes: Bytes,
}

/// Why bytes are no evidence file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    /// There are none.
    #[error("the file is empty")]
    Empty,
    /// There are too many.
    #[error("the file has {bytes} bytes, at most {EVIDENCE_FILE_BYTES_MAX} are taken")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// They do not begin as files of their type do.
    #[error("the file does not begin as {media_type} does")]
    OtherType {
        /// The type that was claimed.
        media_type: MediaType,
    },
}

impl EvidenceFile {
    /// Checks bytes and names them by their hash; takes some milliseconds for a megabyte.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn new(media_type: MediaType, bytes: Bytes) -> Result<Self, Unfit> {
        if bytes.is_empty() {
            return Err(Unfit::Empty);
        }
        if bytes.len() > EVIDENCE_FILE_BYTES_MAX {
            return Err(Unfit::TooLarge { bytes: bytes.len() });
        }
        if !media_type.fits(&bytes) {
            return Err(Unfit::OtherType { media_type });
        }
        Ok(Self { hash: FileHash::of(&bytes), media_type, bytes })
    }

    /// Its name.
    #[must_use]
    pub fn hash(&self) -> &FileHash {
        &self.hash
    }

    /// What it is.
    #[must_use]
    pub fn media_type(&self) -> MediaType {
        self.media_type
    }

    /// Its content.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_in_either_case_and_written_in_lower() {
        let told = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(FileHash::of(b"abc").to_string(), told);
        assert_eq!(told.to_uppercase().parse(), Ok(FileHash::of(b"abc")));
        for bad in ["", "ba78", &told[1..], &format!("{told}0"), &told.replace('b', "g")] {
            assert_eq!(bad.parse::<FileHash>(), Err(BadHash), "{bad}");
        }
    }

    #[test]
    fn types_are_known_by_header_and_ending() {
        for known in MediaType::ALL {
            assert_eq!(MediaType::from_header(&format!("{known}; charset=utf-8")), Some(known));
            assert_eq!(MediaType::from_extension(&known.extension().to_uppercase()), Some(known));
        }
        assert_eq!(MediaType::from_extension("jpeg"), Some(MediaType::Jpeg));
        for other in ["text/html", "image/svg+xml", "application/x-msdownload", ""] {
            assert_eq!(MediaType::from_header(other), None, "{other}");
        }
    }

    #[test]
    fn the_first_bytes_must_fit_the_type() {
        let odt = [b"PK\x03\x04".as_slice(), &[0; 26], b"mimetypeapplication/vnd.oasis.opendocument.textPK"].concat();
        let good: [(MediaType, &[u8]); 8] = [
            (MediaType::Pdf, b"%PDF-1.7\n"),
            (MediaType::Png, b"\x89PNG\r\n\x1a\n...."),
            (MediaType::Jpeg, b"\xff\xd8\xff\xe0...."),
            (MediaType::Text, "Протокол".as_bytes()),
            (MediaType::Csv, b"a;b\n1;2\n"),
            (MediaType::Docx, b"PK\x03\x04\x14"),
            (MediaType::Xlsx, b"PK\x03\x04\x14"),
            (MediaType::Odt, &odt),
        ];
        for (media_type, bytes) in good {
            assert!(media_type.fits(bytes), "{media_type}");
        }
        let bad: [(MediaType, &[u8]); 8] = [
            (MediaType::Pdf, b"MZ\x90\x00"),
            (MediaType::Png, b"%PDF-1.7\n"),
            (MediaType::Jpeg, b"\x89PNG\r\n\x1a\n"),
            (MediaType::Text, b"\x7fELF\x02\x00"),
            (MediaType::Csv, b"PK\x03\x04\x14\x00"),
            (MediaType::Docx, b"PK\x05\x06"),
            (MediaType::Ods, &odt),
            (MediaType::Odt, b"PK\x03\x04"),
        ];
        for (media_type, bytes) in bad {
            assert!(!media_type.fits(bytes), "{media_type}");
        }
    }

    #[test]
    fn what_is_empty_or_too_large_is_no_file() {
        assert_eq!(EvidenceFile::new(MediaType::Text, Bytes::new()), Err(Unfit::Empty));
        let largest = Bytes::from(vec![b'x'; EVIDENCE_FILE_BYTES_MAX]);
        assert!(EvidenceFile::new(MediaType::Text, largest).is_ok());
        let larger = Bytes::from(vec![b'x'; EVIDENCE_FILE_BYTES_MAX + 1]);
        let unfit = Unfit::TooLarge { bytes: EVIDENCE_FILE_BYTES_MAX + 1 };
        assert_eq!(EvidenceFile::new(MediaType::Text, larger), Err(unfit));
    }
}
