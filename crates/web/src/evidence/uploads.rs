//! Files that come in parts, in memory until they are whole.
//!
//! A restart forgets them, and another process does not know them: a client asks how much was received and goes on
//! from there, at worst from the beginning.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use commands::evidence::{FileHash, MediaType};
use domain::id::PersonCode;
use domain::limits::{EVIDENCE_UPLOAD_IDLE_MINUTES, EVIDENCE_UPLOADS_BYTES_MAX, EVIDENCE_UPLOADS_PER_PERSON_MAX};
use jiff::{SignedDuration, Timestamp};

/// What a client says of the whole file with each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) hash: FileHash,
    pub(super) bytes: usize,
    pub(super) media_type: MediaType,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It was taken, more are awaited.
    Part { received: usize },
    /// All is there; it stays until it is forgotten.
    Whole(Bytes),
    /// It does not go on where the upload is, or announces another file or more bytes than it said; nothing was taken.
    Elsewhere { received: usize },
    /// There is no room now; nothing was taken.
    Full,
}

/// Unfinished uploads, by person and file.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    all: Mutex<HashMap<(PersonCode, FileHash), Upload>>,
}

#[derive(Debug)]
struct Upload {
    announced: Announced,
    content: Content,
    touched: Timestamp,
}

#[derive(Debug)]
enum Content {
    Growing(Vec<u8>),
    Whole(Bytes),
}

impl Upload {
    fn received(&self) -> usize {
        match &self.content {
            Content::Growing(bytes) => bytes.len(),
            Content::Whole(bytes) => bytes.len(),
        }
    }

    /// Takes a part that goes on where the upload is.
    fn grow(&mut self, part: &[u8]) -> Progress {
        if let Content::Growing(bytes) = &mut self.content {
            bytes.extend_from_slice(part);
            if bytes.len() < self.announced.bytes {
                return Progress::Part { received: bytes.len() };
            }
            self.content = Content::Whole(Bytes::from(std::mem::take(bytes)));
        }
        match &self.content {
            Content::Whole(bytes) => Progress::Whole(bytes.clone()),
            Content::Growing(bytes) => Progress::Part { received: bytes.len() },
        }
    }
}

impl Uploads {
    /// Takes a part. One at offset 0 begins anew; every other must begin where the last one ended. An empty part at
    /// the end of a file that is whole tries to store it again.
    pub(super) fn add(
        &self,
        person: &PersonCode,
        announced: &Announced,
        offset: usize,
        part: &[u8],
        now: Timestamp,
    ) -> Progress {
        let mut all = self.live(now);
        let key = (person.clone(), announced.hash);
        if offset == 0 {
            if part.len() > announced.bytes {
                return Progress::Elsewhere { received: 0 };
            }
            all.remove(&key);
            if !make_room(&mut all, person, announced.bytes) {
                return Progress::Full;
            }
            let content = Content::Growing(Vec::with_capacity(announced.bytes));
            all.insert(key.clone(), Upload { announced: *announced, content, touched: now });
        }
        let Some(upload) = all.get_mut(&key) else { return Progress::Elsewhere { received: 0 } };
        let received = upload.received();
        let goes_on = offset == received && upload.announced == *announced;
        if !goes_on || part.len() > announced.bytes - received {
            return Progress::Elsewhere { received };
        }
        upload.touched = now;
        upload.grow(part)
    }

    /// How many bytes of how many were received.
    pub(super) fn progress(&self, person: &PersonCode, hash: &FileHash, now: Timestamp) -> Option<(usize, usize)> {
        let all = self.live(now);
        let upload = all.get(&(person.clone(), *hash))?;
        Some((upload.received(), upload.announced.bytes))
    }

    /// Lets an upload go.
    pub(super) fn forget(&self, person: &PersonCode, hash: &FileHash) {
        self.held().remove(&(person.clone(), *hash));
    }

    /// The uploads that somebody may still go on with.
    fn live(&self, now: Timestamp) -> MutexGuard<'_, HashMap<(PersonCode, FileHash), Upload>> {
        let mut all = self.held();
        let idle = SignedDuration::from_mins(EVIDENCE_UPLOAD_IDLE_MINUTES);
        all.retain(|_, upload| now.duration_since(upload.touched) < idle);
        all
    }

    fn held(&self) -> MutexGuard<'_, HashMap<(PersonCode, FileHash), Upload>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the person's upload that waits longest where there are too many, and tells whether all fit in memory.
fn make_room(all: &mut HashMap<(PersonCode, FileHash), Upload>, person: &PersonCode, bytes: usize) -> bool {
    let own: Vec<_> = all.iter().filter(|((of, _), _)| of == person).collect();
    if own.len() >= EVIDENCE_UPLOADS_PER_PERSON_MAX
        && let Some(oldest) = own.iter().min_by_key(|(_, upload)| upload.touched).map(|(key, _)| (*key).clone())
    {
        all.remove(&oldest);
    }
    let announced: usize = all.values().map(|upload| upload.announced.bytes).sum();
    announced + bytes <= EVIDENCE_UPLOADS_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use domain::limits::EVIDENCE_FILE_BYTES_MAX;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn person(code: &str) -> PersonCode {
        code.parse().unwrap()
    }

    fn file(name: &str, bytes: usize) -> Announced {
        Announced { hash: FileHash::of(name.as_bytes()), bytes, media_type: MediaType::Text }
    }

    #[test]
    fn parts_make_a_whole_that_stays_until_it_is_forgotten() {
        let (uploads, one, announced) = (Uploads::default(), person("one"), file("a", 6));
        assert_eq!(uploads.add(&one, &announced, 0, b"abc", at(0)), Progress::Part { received: 3 });
        assert_eq!(uploads.progress(&one, &announced.hash, at(0)), Some((3, 6)));
        let whole = Progress::Whole(Bytes::from_static(b"abcdef"));
        assert_eq!(uploads.add(&one, &announced, 3, b"def", at(0)), whole);
        assert_eq!(uploads.progress(&one, &announced.hash, at(0)), Some((6, 6)));
        assert_eq!(uploads.add(&one, &announced, 6, b"", at(0)), whole);
        uploads.forget(&one, &announced.hash);
        assert_eq!(uploads.progress(&one, &announced.hash, at(0)), None);
    }

    #[test]
    fn a_part_out_of_place_changes_nothing_and_tells_the_place() {
        let (uploads, one, announced) = (Uploads::default(), person("one"), file("a", 6));
        assert_eq!(uploads.add(&one, &announced, 3, b"def", at(0)), Progress::Elsewhere { received: 0 });
        uploads.add(&one, &announced, 0, b"abc", at(0));
        for (offset, part) in [(2, "cde"), (4, "e"), (3, "defg")] {
            let told = uploads.add(&one, &announced, offset, part.as_bytes(), at(0));
            assert_eq!(told, Progress::Elsewhere { received: 3 }, "{offset}");
        }
        let other = Announced { bytes: 7, ..announced };
        assert_eq!(uploads.add(&one, &other, 3, b"d", at(0)), Progress::Elsewhere { received: 3 });
        assert_eq!(uploads.add(&person("two"), &announced, 3, b"d", at(0)), Progress::Elsewhere { received: 0 });
        assert_eq!(uploads.add(&one, &announced, 0, b"abcdefg", at(0)), Progress::Elsewhere { received: 0 });
        assert_eq!(uploads.add(&one, &announced, 0, b"ab", at(0)), Progress::Part { received: 2 }, "it begins anew");
    }

    #[test]
    fn an_idle_upload_is_forgotten() {
        let (uploads, one, announced) = (Uploads::default(), person("one"), file("a", 6));
        uploads.add(&one, &announced, 0, b"abc", at(0));
        uploads.add(&one, &announced, 3, b"d", at(EVIDENCE_UPLOAD_IDLE_MINUTES - 1));
        let late = at(2 * EVIDENCE_UPLOAD_IDLE_MINUTES - 2);
        assert_eq!(uploads.progress(&one, &announced.hash, late), Some((4, 6)));
        let later = at(2 * EVIDENCE_UPLOAD_IDLE_MINUTES - 1);
        assert_eq!(uploads.progress(&one, &announced.hash, later), None);
    }

    #[test]
    fn a_person_has_a_few_uploads_and_the_oldest_makes_room() {
        let (uploads, one) = (Uploads::default(), person("one"));
        let files: Vec<Announced> = (0..=EVIDENCE_UPLOADS_PER_PERSON_MAX).map(|n| file(&n.to_string(), 6)).collect();
        for (minute, announced) in (0..).zip(&files) {
            assert_eq!(uploads.add(&one, announced, 0, b"abc", at(minute)), Progress::Part { received: 3 });
        }
        let there: Vec<bool> =
            files.iter().map(|announced| uploads.progress(&one, &announced.hash, at(9)).is_some()).collect();
        assert_eq!(there, [false, true, true, true, true]);
    }

    #[test]
    fn what_does_not_fit_in_memory_is_told_to_come_back() {
        let uploads = Uploads::default();
        let fits = EVIDENCE_UPLOADS_BYTES_MAX / EVIDENCE_FILE_BYTES_MAX;
        let announced = file("a", EVIDENCE_FILE_BYTES_MAX);
        let add = |n: usize| uploads.add(&person(&format!("p{n}")), &announced, 0, b"abc", at(0));
        for n in 0..fits {
            assert_eq!(add(n), Progress::Part { received: 3 }, "{n}");
        }
        assert_eq!(add(fits), Progress::Full);
        uploads.forget(&person("p0"), &announced.hash);
        assert_eq!(add(fits), Progress::Part { received: 3 });
    }
}
