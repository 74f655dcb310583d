//! Milestones: which are kept, what becomes of those that cannot be used.

use std::fs;
use std::path::Path;

use domain::id::Seq;

use super::support::{EPOCH, Writer, closing, config, digest, files, live};
use crate::Config;
use crate::checkpoint::Versions;
use crate::files::{FileRef, sealed, unsealed};
use crate::milestones::{KEPT_MAX, LIST, Milestone, Milestones, Shelf};

fn milestone(seq: u64, closing: bool) -> Milestone {
    let register = FileRef { file: format!("register-{seq:012}.bin"), bytes: 0, sha256: String::new() };
    Milestone {
        versions: Versions::ours(16),
        epoch: EPOCH.into(),
        seq: Seq(seq),
        last_event_sha256: String::new(),
        register,
        closing,
    }
}

fn seqs(list: &Milestones) -> Vec<u64> {
    list.kept.iter().map(|known| known.seq.get()).collect()
}

#[test]
fn milestones_are_few_and_evenly_spread_however_long_the_log_is() {
    let mut list = Milestones { spacing: 10, kept: Vec::new() };
    for n in 1..=5_000 {
        list.add(milestone(n * 7, false));
        let seqs = seqs(&list);
        assert!(seqs.len() <= KEPT_MAX, "{seqs:?}");
        assert_eq!(seqs.last(), Some(&(n * 7)), "the newest is always one");
        let gaps = [0].iter().chain(&seqs).zip(&seqs).map(|(before, after)| after - before);
        for gap in gaps.take(seqs.len() - 1) {
            assert!((list.spacing..list.spacing + list.spacing.max(14)).contains(&gap), "{gap} in {seqs:?}");
        }
    }
    assert!(list.kept.len() > KEPT_MAX / 2);
}

#[test]
fn snapshots_behind_a_closing_are_kept_but_do_not_fill_the_shelf() {
    let mut list = Milestones { spacing: 1_000, kept: Vec::new() };
    for n in 1..=40 {
        list.add(milestone(n * 10, n % 4 == 0));
    }
    assert_eq!(seqs(&list), [320, 360, 400], "the newest three closings, and nothing else is far enough");
    list.add(milestone(1_005, false));
    list.add(milestone(1_010, false));
    assert_eq!(seqs(&list), [320, 360, 400, 1_005, 1_010]);
}

/// Snapshots of short logs too.
fn dense(dir: &Path) -> Config {
    Config { milestone_events: 20, ..config(dir) }
}

fn list(dir: &Path) -> Milestones {
    let text = fs::read_to_string(dir.join(LIST)).unwrap();
    serde_json::from_str(unsealed(&text).unwrap()).unwrap()
}

fn write(dir: &Path, list: &Milestones) {
    fs::write(dir.join(LIST), sealed(list).unwrap()).unwrap();
}

fn shelf(dir: &Path, reached: Seq) -> Shelf {
    Shelf::open(dir, 20, Versions::ours(16), &EPOCH.parse().unwrap(), reached)
}

#[tokio::test]
async fn the_replay_of_a_long_log_leaves_milestones_and_a_restart_keeps_them() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(1_500).await);
    live(dense(dir.path()), &log).await;
    let replayed = list(dir.path());
    assert!((4..=KEPT_MAX).contains(&replayed.kept.len()), "{:?}", seqs(&replayed));
    assert!(replayed.kept[0].seq.get() < log.last().get() / 3, "{:?}", seqs(&replayed));
    let registers: Vec<String> = files(dir.path(), "register-").into_iter().map(|(name, _)| name).collect();
    assert!(registers.iter().eq(replayed.kept.iter().map(|known| &known.register.file)), "{registers:?}");

    log.acts(3).await;
    let (began, _) = live(dense(dir.path()), &log).await;
    assert_eq!(began, replayed.kept.last().unwrap().seq);
    let again = list(dir.path());
    let (newest, older) = again.kept.split_last().unwrap();
    assert!(newest.seq == log.last() && older.len() >= KEPT_MAX / 3, "{:?}", seqs(&again));
    assert!(older.iter().all(|known| replayed.kept.contains(known)), "{:?}", seqs(&again));
    assert!(again.kept.iter().all(|known| shelf(dir.path(), log.last()).load(known).is_some()));
}

#[tokio::test]
async fn the_first_checkpoint_behind_a_closing_is_a_milestone() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(5).await);
    live(config(dir.path()), &log).await;
    let closed = log.write(&[closing()]).await;
    live(config(dir.path()), &log).await;
    log.acts(5).await;
    live(config(dir.path()), &log).await;
    assert_eq!(seqs(&list(dir.path())), [closed.get(), log.last().get()]);
    assert_eq!(files(dir.path(), "register-").len(), 2);
}

#[tokio::test]
async fn what_is_torn_old_or_foreign_is_left_out_and_removed_by_the_next_checkpoint() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(400).await);
    live(dense(dir.path()), &log).await;
    let whole = list(dir.path());
    assert!(whole.kept.len() > 4, "{:?}", seqs(&whole));
    let mut spoilt = whole.clone();
    spoilt.kept[0].versions.fold -= 1;
    spoilt.kept[1].epoch = "e2".into();
    fs::write(dir.path().join(&whole.kept[2].register.file), b"short").unwrap();
    spoilt.kept.push(milestone(log.last().get() + 9, false));
    write(dir.path(), &spoilt);
    let left = seqs(&whole)[3..].to_vec();
    assert_eq!(seqs(&shelf(dir.path(), log.last()).list()), left);

    log.acts(25).await;
    let (began, replica) = live(dense(dir.path()), &log).await;
    assert_eq!((began, digest(&replica)), (whole.kept.last().unwrap().seq, log.digest()));
    let now: Vec<u64> = seqs(&list(dir.path()));
    assert!(whole.kept[..3].iter().all(|known| !now.contains(&known.seq.get())), "{now:?}");
    assert_eq!(files(dir.path(), "register-").len(), now.len());
}

#[tokio::test]
async fn without_its_list_no_milestone_is_trusted_and_the_start_is_as_quick() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(400).await);
    for spoil in [None, Some("no list"), Some("{\"spacing\":1}\nsha256 0\n")] {
        live(dense(dir.path()), &log).await;
        let reached = log.last();
        match spoil {
            None => fs::remove_file(dir.path().join(LIST)).unwrap(),
            Some(text) => fs::write(dir.path().join(LIST), text).unwrap(),
        }
        assert_eq!(shelf(dir.path(), reached).list().kept, []);
        log.acts(1).await;
        let (began, replica) = live(dense(dir.path()), &log).await;
        assert_eq!((began, digest(&replica)), (reached, log.digest()));
        assert_eq!(files(dir.path(), "register-").len(), 1, "those of no list are removed");
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_built_anew_takes_its_milestones_with_it() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(400).await);
    live(dense(dir.path()), &log).await;
    let names: Vec<String> = list(dir.path()).kept.into_iter().map(|known| known.register.file).collect();
    fs::write(dir.path().join(crate::checkpoint::MANIFEST), b"torn").unwrap();
    let (projector, replica) = super::support::open(dense(dir.path()), &log).await.unwrap();
    assert_eq!((files(dir.path(), "register-").len(), replica.watermark()), (0, Seq::NONE));
    super::support::run_until(projector, &replica, log.last()).await.unwrap();
    assert!(list(dir.path()).kept.len() > 1, "{names:?}");
}
