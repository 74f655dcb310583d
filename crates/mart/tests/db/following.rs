//! The views say what the state says, all the time.

use domain::actor::{Actor, Role, Scope};
use domain::command::Act;
use jiff::SignedDuration;
use serde_json::json;

use crate::postgres::Postgres;
use crate::rows::connect;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_every_view_is_what_the_state_says() {
    let (server, world) = (Postgres::start(), World::told(3, 1, 0).await);
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    keeper.stop().await;
    // The watermark's count is the views' own.
    let counts: Vec<String> = bi::contract()
        .sets
        .iter()
        .filter(|set| set.name != "v_watermark" && set.name != "v_control_total")
        .map(|set| format!("(SELECT count(*) FROM vekha_bi.{})", set.name))
        .collect();
    let text = format!("SELECT rows_total - ({}) FROM vekha_bi.v_watermark", counts.join(" + "));
    assert_eq!(server.sql("vekha", &text), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_step_by_step_is_what_a_rebuild_writes() {
    follow_and_rebuild(7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_step_by_step_is_what_a_rebuild_writes_of_another_year() {
    follow_and_rebuild(8).await;
}

async fn follow_and_rebuild(seed: u64) {
    let (server, mut world) = (Postgres::start(), World::told(4, seed, 150).await);
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    for acts in [1, 2, 7, 20, 40, 80] {
        world.act(acts).await;
        world.until_equal(&server).await;
    }
    let generation = "SELECT generation FROM vekha_bi_1.watermark";
    assert_eq!(server.sql("vekha", generation), "1", "it was followed, not rebuilt");
    mart::ask_rebuild(&server.url("vekha", "vekha").parse().unwrap()).await.unwrap();
    until(&server, generation, "2").await;
    world.until_equal(&server).await;
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rare_acts_change_whatever_follows_from_them() {
    let (server, world) = (Postgres::start(), World::told(25, 3, 0).await);
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    let admin = Actor::new("admin".parse().unwrap(), Role::Admin, Scope::All);
    let ministry = Actor::new("minister".parse().unwrap(), Role::Ministry, Scope::All);
    // A school goes to another municipality: its rows of today, of the past, and a version of it.
    let places = "SELECT DISTINCT municipality_code FROM vekha_bi.v_org WHERE org_kind = 'school' ORDER BY 1";
    let places = server.sql("vekha", places);
    let mut places = places.lines();
    let (from, to) = (places.next().unwrap(), places.next().unwrap());
    let school =
        format!("SELECT min(org_code) FROM vekha_bi.v_org WHERE org_kind = 'school' AND municipality_code = '{from}'");
    let school = server.sql("vekha", &school);
    let body = json!({"org": school, "municipality": {"code": to, "name_ru": to, "name_en": to}, "basis": "№ 1"});
    world.at(world.now() + SignedDuration::from_mins(1));
    world.ask(&admin, "transfer", Act::TransferOrg, &body).await;
    world.until_equal(&server).await;
    let versions = format!("SELECT count(*) FROM vekha_bi.v_org WHERE org_code = '{school}'");
    assert_eq!(server.sql("vekha", &versions), "2");
    // A period is closed: what was reported stays.
    let body = json!({"region": "primorye", "period": "2022-2023.T0", "basis": "№ 3"});
    world.ask(&ministry, "close", Act::ClosePeriod, &body).await;
    world.until_equal(&server).await;
    assert_ne!(server.sql("vekha", "SELECT count(*) FROM vekha_bi.v_indicator_published WHERE is_in_force"), "0");
    // A day passes without any act: what was due is overdue.
    world.at(world.now() + SignedDuration::from_hours(24 * 30));
    world.until_equal(&server).await;
    assert_eq!(server.sql("vekha", "SELECT generation FROM vekha_bi_1.watermark"), "1");
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn control_totals_are_what_sql_sums() {
    let (server, mut world) = (Postgres::start(), World::told(3, 5, 20).await);
    let keeper = world.keep_up(&server);
    world.act(20).await;
    world.until_equal(&server).await;
    keeper.stop().await;
    let text = "WITH sums AS (
        SELECT 'numerator' AS code, period_code, indicator_code, sum(numerator) AS total FROM vekha_bi.v_indicator
            WHERE is_additive AND is_official GROUP BY 2, 3
        UNION ALL SELECT 'denominator', period_code, indicator_code, sum(denominator) FROM vekha_bi.v_indicator
            WHERE is_additive AND is_official GROUP BY 2, 3)
        SELECT count(*) FILTER (WHERE s.total IS DISTINCT FROM t.total), count(*) > 20
        FROM vekha_bi.v_control_total t JOIN sums s ON s.code = t.total_code AND s.period_code = t.period_code
            AND s.indicator_code = t.indicator_code WHERE t.data_set = 'v_indicator'";
    assert_eq!(server.sql("vekha", text), "0|t");
    let overdue = "SELECT (SELECT count(*) FROM vekha_bi.v_obligation WHERE is_overdue)
        - (SELECT total FROM vekha_bi.v_control_total WHERE data_set = 'v_obligation' AND total_code = 'overdue'
            AND period_code = '-')";
    assert_eq!(server.sql("vekha", overdue), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_during_rebuilds_sees_all_rows_and_no_error() {
    let (server, mut world) = (Postgres::start(), World::told(3, 2, 60).await);
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    let address: mart::Address = server.url("vekha", "vekha").parse().unwrap();
    mart::readers::add(&address, "loop", crate::postgres::PASSWORD, mart::readers::Sees::All).await.unwrap();
    let client = connect(&server.url("loop", "vekha")).await.unwrap();
    // A tool keeps its questions prepared, and opens a transaction before a rebuild that it goes on with behind it.
    let count = client.prepare("SELECT count(*) FROM vekha_bi.v_obligation").await.unwrap();
    let old = connect(&server.url("loop", "vekha")).await.unwrap();
    old.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").await.unwrap();
    let rows: i64 = client.query_one(&count, &[]).await.unwrap().get(0);
    for generation in 2..5 {
        mart::ask_rebuild(&address).await.unwrap();
        world.act(20).await;
        let mut reads = 0;
        while server.sql("vekha", "SELECT generation FROM vekha_bi_1.watermark") != generation.to_string() {
            assert_eq!(client.query_one(&count, &[]).await.unwrap().get::<_, i64>(0), rows);
            let text = "SELECT count(*) FROM vekha_bi.v_indicator i JOIN vekha_bi.v_org o USING (org_key)";
            assert!(client.query_one(text, &[]).await.unwrap().get::<_, i64>(0) > 0);
            reads += 1;
        }
        assert!(reads > 0);
    }
    let seen: i64 = old.query_one("SELECT count(*) FROM vekha_bi.v_obligation", &[]).await.unwrap().get(0);
    assert_eq!(seen, rows, "an older snapshot sees no empty tables");
    old.batch_execute("COMMIT").await.unwrap();
    world.until_equal(&server).await;
    keeper.stop().await;
}

/// Waits until a question has an answer.
pub(crate) async fn until(server: &Postgres, text: &str, answer: &str) {
    let start = std::time::Instant::now();
    loop {
        let found = server.psql("postgres", "vekha", text);
        if found.as_deref() == Ok(answer) {
            return;
        }
        assert!(start.elapsed() < crate::world::PATIENCE, "{text}: {found:?}, not {answer}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
