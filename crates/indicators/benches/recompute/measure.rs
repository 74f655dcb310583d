//! Seconds, processor time and memory, as lines of JSON.

use std::time::Instant;

use serde_json::{Map, Value, json};

/// Runs of one measurement.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    wall: Vec<f64>,
    cpu: f64,
}

impl Runs {
    /// Runs something once and keeps how long it took.
    pub(crate) fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (start, busy) = (Instant::now(), cpu_seconds());
        let done = work();
        self.wall.push(start.elapsed().as_secs_f64());
        self.cpu += cpu_seconds() - busy;
        done
    }

    /// One line: best and median of the runs, their mean processor time, and the peak of memory so far.
    pub(crate) fn tell(&self, phase: &str, more: &Value) {
        let mut line = Map::new();
        line.insert("phase".to_owned(), json!(phase));
        line.insert("runs".to_owned(), json!(self.wall.len()));
        line.insert("best_s".to_owned(), json!(sorted(&self.wall).first()));
        line.insert("median_s".to_owned(), json!(middle(&self.wall)));
        line.insert(
            "cpu_s".to_owned(),
            json!(self.cpu / f64::from(u32::try_from(self.wall.len()).unwrap_or(u32::MAX))),
        );
        line.insert("peak_mib".to_owned(), json!(status_mib("VmHWM:")));
        line.insert("now_mib".to_owned(), json!(status_mib("VmRSS:")));
        if let Value::Object(more) = more {
            line.extend(more.clone());
        }
        println!("{}", Value::Object(line));
    }
}

fn sorted(runs: &[f64]) -> Vec<f64> {
    let mut runs = runs.to_vec();
    runs.sort_by(f64::total_cmp);
    runs
}

fn middle(runs: &[f64]) -> Option<f64> {
    sorted(runs).get(runs.len() / 2).copied()
}

/// A size that the kernel tells about this process.
fn status_mib(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let told = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u64 = told.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024)
}

/// Processor time of this process so far, all threads, ended ones too: the kernel tells it in hundredths of a second,
/// so that only a sum over several runs means something.
fn cpu_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = told.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
