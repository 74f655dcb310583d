//! How much memory the local broker may take.

use std::fs;

/// What a machine without an answer is taken to have, in MiB.
const UNKNOWN_MIB: u64 = 4096;
/// A broker with less than this collects garbage all the time.
const LEAST_MIB: u64 = 512;

/// Half of the machine's memory, in MiB: the index of 30 million events alone takes over 2 GiB, and a broker at its
/// limit does nothing but collect garbage.
pub(super) fn half_of_machine() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_mib(&text));
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| group_mib(&text));
    let has = [machine, group].into_iter().flatten().min().unwrap_or(UNKNOWN_MIB);
    (has / 2).max(LEAST_MIB)
}

/// The total of `/proc/meminfo`.
fn total_mib(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

/// The limit of a control group: bytes, or `max`.
fn group_mib(text: &str) -> Option<u64> {
    let bytes: u64 = text.trim().parse().ok()?;
    Some(bytes / (1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_tells_it() {
        assert_eq!(total_mib("MemTotal:       24684132 kB\nMemFree:         1234 kB\n"), Some(24_105));
        assert_eq!(total_mib("MemFree: 1 kB\n"), None);
        assert_eq!((group_mib("max\n"), group_mib("1073741824\n")), (None, Some(1024)));
        assert!(half_of_machine() >= LEAST_MIB);
    }
}
