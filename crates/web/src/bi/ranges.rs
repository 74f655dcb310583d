//! Byte ranges (RFC 9110, section 14): one range is answered, several get the whole.

/// What part of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: nothing else is asked, or what is asked is no range of bytes.
    Whole,
    /// Some bytes.
    Bytes {
        /// The first one.
        from: u64,
        /// How many, at least one.
        count: u64,
    },
    /// What lies behind the end, or nothing.
    Beyond,
}

impl Part {
    /// Reads a `Range` of a file of so many bytes.
    pub(super) fn read(range: &str, bytes: u64) -> Self {
        let Some((unit, ranges)) = range.split_once('=') else { return Self::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") || ranges.contains(',') {
            return Self::Whole;
        }
        let Some((first, last)) = ranges.trim().split_once('-') else { return Self::Whole };
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>());
        match (first.is_empty(), number(first), number(last)) {
            // The last bytes; a number that is too large for us is larger than any file.
            (true, _, Some(Ok(0))) => Self::Beyond,
            (true, _, Some(last)) if !ranges.trim().ends_with('-') => {
                let count = last.unwrap_or(u64::MAX).min(bytes);
                if count == 0 { Self::Beyond } else { Self::Bytes { from: bytes - count, count } }
            }
            (false, Some(first), Some(last)) => {
                let first = first.unwrap_or(u64::MAX);
                let open = ranges.trim().ends_with('-');
                let last = if open { u64::MAX } else { last.unwrap_or(u64::MAX) };
                if last < first {
                    return Self::Whole;
                }
                if first >= bytes {
                    return Self::Beyond;
                }
                Self::Bytes { from: first, count: last.min(bytes - 1) - first + 1 }
            }
            _ => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let part = |from, count| Part::Bytes { from, count };
        let table = [
            ("bytes=0-", part(0, 1000)),
            ("bytes=0-0", part(0, 1)),
            ("bytes=999-", part(999, 1)),
            ("bytes=990-5000", part(990, 10)),
            ("bytes=-8", part(992, 8)),
            ("bytes=-5000", part(0, 1000)),
            ("Bytes = 5-6", part(5, 2)),
            ("bytes=-99999999999999999999999", part(0, 1000)),
            ("bytes=1000-", Part::Beyond),
            ("bytes=99999999999999999999999-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("rows=1-2", Part::Whole),
            ("", Part::Whole),
        ];
        for (range, expected) in table {
            assert_eq!(Part::read(range, 1000), expected, "{range}");
        }
        assert_eq!(Part::read("bytes=-1", 0), Part::Beyond);
        assert_eq!(Part::read("bytes=0-", 0), Part::Beyond);
    }
}
