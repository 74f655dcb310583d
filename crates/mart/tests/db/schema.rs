//! What a hand or another version did to the schema is put right.

use crate::following::until;
use crate::postgres::Postgres;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_views_that_a_hand_changed_are_made_anew() {
    let (server, mut world) = (Postgres::start(), World::told(3, 21, 40).await);
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    for (hand, generation) in [
        ("DROP TABLE vekha_bi_1.obligation_g1 CASCADE", "2"),
        ("ALTER TABLE vekha_bi_1.indicator_g2 RENAME COLUMN numerator TO counter", "3"),
        ("DROP POLICY by_territory ON vekha_bi_1.event_g3", "4"),
        ("ALTER TABLE vekha_bi_1.watermark DROP COLUMN rows_total CASCADE", "5"),
    ] {
        server.exec("vekha", hand);
        until(&server, "SELECT max(generation) FROM vekha_bi_1.watermark", generation).await;
        world.act(5).await;
        world.until_equal(&server).await;
    }
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_a_hand_changed_are_put_right_without_a_rebuild() {
    let (server, world) = (Postgres::start(), World::told(3, 22, 0).await);
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    for hand in [
        "DROP VIEW vekha_bi.v_obligation",
        "CREATE OR REPLACE VIEW vekha_bi.v_event WITH (security_invoker = false) AS \
         SELECT * FROM vekha_bi_1.event_g1 WHERE false",
        "DROP VIEW vekha_bi.v_org; CREATE VIEW vekha_bi.v_org AS SELECT 1 AS one",
        "DROP VIEW vekha_bi.v_period; CREATE TABLE vekha_bi.v_period (one int)",
        "REVOKE SELECT ON vekha_bi.v_indicator FROM vekha_bi_reader",
    ] {
        let hand = hand.replace("SELECT * FROM vekha_bi_1.event_g1", "SELECT t.* FROM vekha_bi.v_event t");
        // A hand that needs the old view keeps its shape.
        let hand = if hand.contains("v_event") { changed_event() } else { hand };
        server.exec("vekha", &hand);
        world.until_equal(&server).await;
    }
    let granted = "SELECT has_table_privilege('vekha_bi_reader', 'vekha_bi.v_indicator', 'SELECT')";
    until(&server, granted, "t").await;
    let guarded = "SELECT reloptions FROM pg_class WHERE oid = 'vekha_bi.v_event'::regclass";
    until(&server, guarded, "{security_invoker=true}").await;
    assert_eq!(server.sql("vekha", "SELECT generation FROM vekha_bi_1.watermark"), "1");
    keeper.stop().await;
}

/// A view that hides events and asks as its owner.
fn changed_event() -> String {
    let set = bi::contract().set("event").unwrap();
    let columns: Vec<&str> = set.columns.iter().map(|column| column.name.as_str()).collect();
    format!(
        "CREATE OR REPLACE VIEW vekha_bi.v_event WITH (security_invoker = false) AS SELECT {} \
         FROM vekha_bi_1.event_g1 WHERE stream_seq < 3",
        columns.join(", ")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_another_version_is_replaced_beside_its_readers() {
    let (server, world) = (Postgres::start(), World::told(3, 23, 0).await);
    // What an earlier version might have left: fewer columns, fewer policies, its own idea of a watermark.
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    keeper.stop().await;
    server.exec(
        "vekha",
        "UPDATE vekha_bi_1.watermark SET schema_version = '0.9', ddl = 'of an earlier version';
         DROP VIEW vekha_bi.v_plan_row;
         CREATE OR REPLACE VIEW vekha_bi.v_period AS SELECT period_key, period_code, period_label, period_label_en,
             school_year, period_part, starts_on, ends_on FROM vekha_bi_1.period_g1 WHERE period_key > 0",
    );
    server.exec("vekha", "CREATE VIEW public.mine AS SELECT org_code, org_name FROM vekha_bi.v_org");
    let keeper = world.keep_up(&server);
    until(&server, "SELECT generation FROM vekha_bi_1.watermark", "2").await;
    world.until_equal(&server).await;
    assert_ne!(server.sql("vekha", "SELECT count(*) FROM public.mine"), "0", "what stands on a view goes on");
    // The old tables go when nobody reads them.
    until(&server, "SELECT count(*) FROM pg_class WHERE relname ~ '_g1$'", "0").await;
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_and_column_says_what_it_is() {
    let (server, world) = (Postgres::start(), World::opened("e1").await);
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    let untold = "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'vekha_bi'::regnamespace
          AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)";
    assert_eq!(server.sql("vekha", untold), "0");
    let told = server.sql("vekha", "SELECT obj_description('vekha_bi.v_obligation'::regclass, 'pg_class')");
    assert!(told.contains("Обязательства") && told.contains("one obligation"), "{told}");
    keeper.stop().await;
}
