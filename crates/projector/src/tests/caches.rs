//! Segments, snapshots, checkpoints: what is found again, and what is not trusted.

use std::fs;
use std::path::Path;

use journal::sim::{SimFaults, SimJournal};
use journal::{Journal, Seq};

use super::support::{EPOCH, Writer, act, config, digest, event_id, files, live, open, run_until};
use crate::checkpoint::{MANIFEST, Manifest, Versions};
use crate::milestones::LIST;
use crate::{Facts, OpenError, Rejected};

const NONE_DONE: Seq = Seq::NONE;

fn facts(facts: &Facts) -> Vec<crate::Fact> {
    facts.after(NONE_DONE).collect()
}

fn manifest(dir: &Path) -> Manifest {
    Manifest::read(dir, Versions::ours(16)).unwrap().unwrap()
}

#[tokio::test]
async fn a_start_from_a_checkpoint_is_a_replay() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(60).await);
    let (began, _) = live(config(dir.path()), &log).await;
    assert_eq!(began, NONE_DONE);
    let reached = log.last();
    assert_eq!(manifest(dir.path()).seq, reached, "a clean stop leaves a checkpoint at its end");
    log.acts(45).await;
    let (began, replica) = live(config(dir.path()), &log).await;
    assert_eq!(began, reached);
    assert_eq!(digest(&replica), log.digest());
    let replayed = live(config(tempfile::tempdir().unwrap().path()), &log).await.1;
    assert_eq!(replica.read(|a| facts(&a.facts)), replayed.read(|b| facts(&b.facts)));
    assert_eq!(replica.read(|state| state.facts.find_command(event_id(70, 0).fingerprint()).count()), 1);
}

#[tokio::test]
async fn deleted_caches_come_back_to_the_same_state_and_the_same_bytes() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(100).await);
    let first = live(config(dir.path()), &log).await.1;
    let segments = files(dir.path(), "facts-");
    assert_eq!(segments.len(), usize::try_from(log.last().get() / 16).unwrap());
    assert_eq!(segments[0].0, "facts-000000000001-000000000016.parquet");
    fs::remove_dir_all(dir.path()).unwrap();
    let (began, second) = live(config(dir.path()), &log).await;
    assert_eq!((began, digest(&first)), (NONE_DONE, digest(&second)));
    assert_eq!(files(dir.path(), "facts-"), segments);
}

#[tokio::test]
async fn sealed_segments_of_two_replicas_are_byte_equal_wherever_they_stopped() {
    let mut log = Writer::with_acts(3).await;
    let (stopping, steady) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for more in [5, 30, 1, 40, 17] {
        log.acts(more).await;
        live(config(stopping.path()), &log).await;
    }
    live(config(steady.path()), &log).await;
    let segments = files(steady.path(), "facts-");
    assert!(segments.len() > 5);
    assert_eq!(files(stopping.path(), "facts-"), segments);
}

#[tokio::test]
async fn old_snapshots_and_tails_are_removed() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(40).await);
    for _ in 0..3 {
        log.acts(7).await;
        live(config(dir.path()), &log).await;
    }
    assert_eq!((files(dir.path(), "register-").len(), files(dir.path(), "tail-").len()), (1, 1));
}

/// Spoils every kind of file in turn, in many ways, and each time starts anew.
#[tokio::test]
async fn a_torn_file_is_recognised_and_everything_is_built_from_the_log() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(40).await);
    live(config(dir.path()), &log).await;
    let mut whole: Vec<(String, Vec<u8>)> = files(dir.path(), "");
    // The list of milestones is no part of the checkpoint.
    whole.retain(|(name, _)| name != LIST);
    assert!(whole.len() >= 5, "checkpoint, snapshot, tail and segments");
    for (name, bytes) in &whole {
        let mut spoilt: Vec<Vec<u8>> =
            [0, 1, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1].map(|len| bytes[..len].to_vec()).into();
        for at in [0, bytes.len() / 2, bytes.len() - 2] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            spoilt.push(flipped);
        }
        for torn in spoilt {
            for (name, bytes) in &whole {
                fs::write(dir.path().join(name), bytes).unwrap();
            }
            fs::write(dir.path().join(name), &torn).unwrap();
            let rejected = Manifest::read(dir.path(), Versions::ours(16))
                .and_then(|manifest| manifest.unwrap().restore(dir.path()))
                .unwrap_err();
            assert_eq!(rejected, Rejected::Torn { file: name.clone() }, "{} of {} bytes", torn.len(), bytes.len());
            let (began, replica) = live(config(dir.path()), &log).await;
            assert_eq!((began, digest(&replica)), (NONE_DONE, log.digest()));
        }
    }
    assert_eq!(
        files(dir.path(), "facts-"),
        whole.into_iter().filter(|file| file.0.starts_with("facts-")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_missing_file_is_a_torn_one_and_a_half_written_one_is_swept() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(40).await);
    live(config(dir.path()), &log).await;
    fs::remove_file(dir.path().join(&files(dir.path(), "facts-")[1].0)).unwrap();
    assert_eq!(live(config(dir.path()), &log).await.0, NONE_DONE);

    fs::write(dir.path().join("facts-000000000049-000000000064.parquet.tmp"), b"PAR1").unwrap();
    fs::write(dir.path().join("facts-000000000049-000000000064.parquet"), b"PAR1").unwrap();
    fs::write(dir.path().join("notes.txt"), b"not ours").unwrap();
    log.acts(40).await;
    let (began, replica) = live(config(dir.path()), &log).await;
    assert!(began > NONE_DONE, "files that no checkpoint names do no harm");
    assert_eq!(digest(&replica), log.digest());
    assert!(files(dir.path(), "").iter().all(|(name, _)| !name.contains(".tmp")));
    assert_eq!(files(dir.path(), "notes").len(), 1, "what is not ours stays");
    assert!(manifest(dir.path()).restore(dir.path()).is_ok());
}

#[tokio::test]
async fn the_checkpoint_of_another_version_is_discarded() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(40).await);
    live(config(dir.path()), &log).await;
    let mut old = manifest(dir.path());
    old.versions.fold -= 1;
    old.write(dir.path()).unwrap();
    let (found, ours) = (old.versions, Versions::ours(16));
    assert_eq!(Manifest::read(dir.path(), ours), Err(Rejected::OlderFold { found, ours }));
    let (began, replica) = live(config(dir.path()), &log).await;
    assert_eq!((began, digest(&replica)), (NONE_DONE, log.digest()));
}

async fn refused(dir: &Path, log: &Writer) -> Rejected {
    let before = files(dir, "");
    let Err(OpenError::LogDiverged { rejected, .. }) = open(config(dir), log).await else {
        panic!("the projector opens on another log")
    };
    assert_eq!(files(dir, ""), before, "nothing is removed before an operator has looked");
    rejected
}

#[tokio::test]
async fn a_checkpoint_of_another_log_stops_the_process() {
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(40).await);
    live(config(dir.path()), &log).await;
    let reached = log.last();

    let other = Writer { journal: SimJournal::new("e2".parse().unwrap()), commands: 0 };
    let expected = Rejected::OtherEpoch { found: EPOCH.into(), log: "e2".into() };
    assert_eq!(refused(dir.path(), &other).await, expected);

    let shorter = Writer::with_acts(30).await;
    let expected = Rejected::AheadOfLog { checkpoint: reached, log: shorter.last() };
    assert_eq!(refused(dir.path(), &shorter).await, expected);

    let mut differing = Writer::with_acts(39).await;
    differing.write(&[act(1_000)]).await;
    assert_eq!(refused(dir.path(), &differing).await, Rejected::Diverged { seq: reached });

    let text = OpenError::LogDiverged { dir: dir.path().into(), rejected: expected }.to_string();
    assert!(text.contains("log_diverged") && text.contains("delete"), "{text}");
}

#[tokio::test]
async fn an_unwritable_folder_stops_nothing_and_is_tried_again() {
    let (dir, mut log) = (tempfile::tempdir().unwrap(), Writer::with_acts(0).await);
    let place = dir.path().join("caches");
    fs::write(&place, b"a file where the folder should be").unwrap();
    let (projector, replica) = open(config(&place), &log).await.unwrap();
    let script = async {
        // Much more than is held in memory, so that bytes are read from the log again.
        log.acts(150).await;
        replica.wait_for(log.last(), super::support::PATIENCE).await.unwrap();
        while replica.status().warning.is_none() {
            tokio::task::yield_now().await;
        }
        let status = replica.status();
        assert!(status.warning.is_some_and(|warning| warning.contains("caches")), "the status tells it");
        assert_eq!((status.failure, replica.watermark()), (None, log.last()));
        fs::remove_file(&place).unwrap();
        log.acts(60).await;
        log.last()
    };
    let stop = tokio_util::sync::CancellationToken::new();
    let script = async {
        let last = script.await;
        replica.wait_for(last, super::support::PATIENCE).await.unwrap();
        stop.cancel();
    };
    tokio::join!(async { projector.run(stop.clone()).await.unwrap() }, script);
    assert_eq!(replica.status().warning, None);
    assert_eq!(manifest(&place).seq, replica.watermark());
    let (began, again) = live(config(&place), &log).await;
    assert_eq!((began, digest(&again)), (replica.watermark(), log.digest()));
    assert_eq!(again.read(|state| facts(&state.facts)), replica.read(|state| facts(&state.facts)));
}

#[tokio::test]
async fn segments_are_parquet_with_the_stored_bytes() {
    use polars::prelude::{ParquetReader, SerReader as _};
    let (dir, log) = (tempfile::tempdir().unwrap(), Writer::with_acts(40).await);
    live(config(dir.path()), &log).await;
    let truth = log.journal.truth();
    for (at, (_, bytes)) in files(dir.path(), "facts-").into_iter().enumerate() {
        let frame = ParquetReader::new(std::io::Cursor::new(bytes)).finish().unwrap();
        let payloads = frame.column("payload").unwrap().binary().unwrap();
        for (row, payload) in payloads.iter().enumerate() {
            assert_eq!(payload, Some(&*truth[at * 16 + row].payload));
        }
    }
}

#[tokio::test]
async fn a_log_that_is_cut_or_silent_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let log = Writer::with_acts(1).await;
    log.journal.set_down(true);
    assert!(matches!(open(config(dir.path()), &log).await, Err(OpenError::Unavailable(_))));
    let faults = SimFaults { stale_get: 0.5, ..SimFaults::none() };
    let stale = Writer::empty(faults);
    assert_eq!(stale.journal.tip().await.unwrap().last, Seq::NONE);
    let (projector, replica) = open(config(dir.path()), &stale).await.unwrap();
    assert!(replica.status().caught_up, "an empty log has nothing to catch up with");
    run_until(projector, &replica, Seq::NONE).await.unwrap();
    assert!(!dir.path().join(MANIFEST).exists(), "there is nothing to write yet");
}
