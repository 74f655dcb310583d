//! Whatever breaks, the views come back to what the state says.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::following::until;
use crate::postgres::Postgres;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_killed_anywhere_goes_on() {
    let (server, mut world) = (Postgres::start(), World::told(3, 11, 120).await);
    let mut dice = ChaCha8Rng::seed_from_u64(11);
    for _ in 0..12 {
        let keeper = world.keep_up(&server);
        world.act(dice.random_range(0..5)).await;
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..400))).await;
        keeper.kill().await;
    }
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_breaks_off_or_is_killed_is_caught_up_with() {
    let (mut server, mut world) = (Postgres::start(), World::told(3, 12, 120).await);
    let keeper = world.keep_up(&server);
    let mut dice = ChaCha8Rng::seed_from_u64(12);
    for _ in 0..10 {
        world.act(dice.random_range(0..4)).await;
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..150))).await;
        let text = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'vekha'";
        server.exec("postgres", text);
    }
    for _ in 0..2 {
        world.act(5).await;
        server.kill();
        world.act(5).await;
        server.run();
    }
    world.until_equal(&server).await;
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_yesterday_is_brought_forward() {
    let (server, mut world) = (Postgres::start(), World::told(3, 13, 60).await);
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    keeper.stop().await;
    let yesterday = server.dump("vekha");
    let keeper = world.keep_up(&server);
    world.act(60).await;
    world.until_equal(&server).await;
    keeper.stop().await;
    server.exec("postgres", "DROP DATABASE vekha; CREATE DATABASE vekha OWNER vekha");
    server.restore("vekha", &yesterday);
    assert!(world.difference(&server).await.is_some(), "the dump is behind");
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    assert_eq!(server.sql("vekha", "SELECT generation FROM vekha_bi_1.watermark"), "1");
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_ahead_of_the_log_or_of_another_log_is_filled_anew() {
    let (server, mut world) = (Postgres::start(), World::told(3, 14, 30).await);
    let keeper = world.keep_up(&server);
    world.act(30).await;
    world.until_equal(&server).await;
    keeper.stop().await;
    drop(world);
    // The same log, put back to an earlier day: it holds less.
    let mut world = World::told(3, 14, 30).await;
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    assert_eq!(server.sql("vekha", "SELECT generation FROM vekha_bi_1.watermark"), "2");
    world.act(5).await;
    world.until_equal(&server).await;
    keeper.stop().await;
    drop(world);
    let world = World::opened("e2").await;
    let keeper = world.keep_up(&server);
    until(&server, "SELECT epoch FROM vekha_bi.v_watermark", "e2").await;
    world.until_equal(&server).await;
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_a_missing_database_and_a_second_writer_are_waited_out() {
    let (server, world) = (Postgres::start(), World::told(3, 15, 0).await);
    server.exec("postgres", "ALTER ROLE vekha PASSWORD 'another'");
    let keeper = world.keep_up(&server);
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.exec("postgres", &format!("ALTER ROLE vekha PASSWORD '{}'", crate::postgres::PASSWORD));
    world.until_equal(&server).await;
    // The second one takes over when the first ends.
    let second = world.keep_up(&server);
    tokio::time::sleep(Duration::from_millis(300)).await;
    keeper.kill().await;
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
    until(&server, held, "1").await;
    second.stop().await;
    let elsewhere = world.keep_up_at(&server.url("vekha", "nowhere"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.exec("postgres", "CREATE DATABASE nowhere OWNER vekha");
    let start = std::time::Instant::now();
    while server.psql("postgres", "nowhere", "SELECT 1 FROM vekha_bi.v_watermark").as_deref() != Ok("1") {
        assert!(start.elapsed() < crate::world::PATIENCE);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    elsewhere.stop().await;
}

/// How often the server had no room for a row.
fn times_full(server: &Postgres) -> usize {
    server.log().matches("could not extend file").count()
}

async fn until_full(server: &Postgres) {
    let (before, start) = (times_full(server), std::time::Instant::now());
    while times_full(server) == before {
        assert!(start.elapsed() < crate::world::PATIENCE, "never full: {}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_waited_out_and_nothing_is_lost() {
    let (server, mut world) = (Postgres::start(), World::told(60, 16, 200).await);
    // Not a whole number of pages: the last one is written in part, as by a disk with little room.
    let least = 1_024 * 1_024 + 100;
    server.limit(Some(least));
    let keeper = world.keep_up(&server);
    until_full(&server).await;
    let views = "SELECT count(*) FROM pg_views WHERE schemaname = 'vekha_bi'";
    assert_eq!(server.sql("vekha", views), "0", "nothing is shown before all of it is there");
    server.limit(None);
    world.until_equal(&server).await;

    let largest = "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'vekha_bi_1'::regnamespace";
    let largest: u64 = server.sql("vekha", largest).parse().unwrap();
    server.limit(Some(largest.max(least / 8_192 * 8_192) + 100));
    let seen = server.sql("vekha", "SELECT last_seq FROM vekha_bi.v_watermark");
    let full = times_full(&server);
    for _ in 0..20 {
        if times_full(&server) == full {
            world.act(10).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    until_full(&server).await;
    let step = "SELECT count(*) FROM vekha_bi.v_event WHERE stream_seq > (SELECT last_seq FROM vekha_bi.v_watermark)";
    assert_eq!(server.sql("vekha", step), "0", "a step is there as a whole or not at all, since event {seen}");
    server.limit(None);
    world.until_equal(&server).await;
    assert_eq!(server.sql("vekha", "SELECT generation FROM vekha_bi_1.watermark"), "1", "no rebuild was needed");
    keeper.stop().await;
}
