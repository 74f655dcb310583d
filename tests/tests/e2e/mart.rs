//! The `PostgreSQL` that is kept up, with the real binary: both sides killed, and every total stays what the API says.

use serde_json::{Value, json};
use tests::Demo;
use tests::postgres::Postgres;

/// Sums of all schools as the API tells them, by period and indicator.
async fn told(demo: &Demo) -> Vec<String> {
    let rows = demo.rows("/api/v1/values?level=school&limit=1000", "ministry").await;
    let mut sums: std::collections::BTreeMap<(String, String), f64> = std::collections::BTreeMap::new();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    for row in rows.iter().filter(|row| row["indicator"] != "A") {
        *sums.entry((text(row, "period"), text(row, "indicator"))).or_default() +=
            row["numerator"].as_f64().unwrap_or(0.0);
    }
    sums.iter().map(|((period, indicator), sum)| format!("{period}|{indicator}|{sum}")).collect()
}

/// The same as SQL sums them.
fn summed(server: &Postgres) -> Option<Vec<String>> {
    let text = "SELECT period_code, indicator_code, sum(coalesce(numerator, 0)) FROM vekha_bi.v_indicator \
                WHERE level = 'school' AND is_official AND indicator_code <> 'A' GROUP BY 1, 2 ORDER BY 1, 2";
    let rows = server.psql("postgres", "vekha", text).ok()?;
    Some(rows.lines().map(ToOwned::to_owned).collect())
}

async fn until_equal(demo: &Demo, server: &Postgres) {
    demo.until("equal", async || {
        let events = demo.read("/readyz", "").await.json()["seq"].as_u64().unwrap();
        let last = server.psql("postgres", "vekha", "SELECT last_seq FROM vekha_bi.v_watermark").unwrap_or_default();
        let count = server.psql("postgres", "vekha", "SELECT count(*) FROM vekha_bi.v_event").unwrap_or_default();
        last == events.to_string() && count == last && summed(server) == Some(told(demo).await)
    })
    .await;
}

/// Takes some open obligations off, which changes numerators and denominators.
async fn act(demo: &Demo, key: &str, acts: usize) {
    let rows = demo.rows("/api/v1/obligations?phase=open", "ministry").await;
    for (at, row) in rows.iter().take(acts).enumerate() {
        let body = json!({"obligation": row["id"], "reason": "not-applicable", "basis": "приказ 1"});
        let answer = demo.command("excuse", "ministry", &format!("{key}-{at}"), &body).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    }
}

#[tokio::test]
async fn the_mart_survives_kills_of_both_sides() {
    let mut server = Postgres::start();
    let url = server.url("vekha", "vekha");
    let mut demo = Demo::start_with(&["--mart", &url]).await;
    until_equal(&demo, &server).await;
    act(&demo, "first", 3).await;
    until_equal(&demo, &server).await;
    // The database is away, and acts go on.
    server.kill();
    act(&demo, "away", 3).await;
    server.run();
    until_equal(&demo, &server).await;
    // The service is killed while it writes.
    act(&demo, "last", 1).await;
    demo.kill();
    let demo = demo.again(&["--mart", &url]).await;
    until_equal(&demo, &server).await;
    // Its measures tell of it.
    let measures = demo.read("/metrics", "admin").await;
    let measures = String::from_utf8_lossy(&measures.body).into_owned();
    for name in ["vekha_mart_lag_events", "vekha_mart_seconds", "vekha_mart_rows_total"] {
        assert!(measures.contains(name), "{name}: {measures}");
    }
}

#[tokio::test]
async fn readers_are_let_in_and_shut_out_on_the_command_line() {
    let server = Postgres::start();
    let url = server.url("vekha", "vekha");
    let run = |args: &[&str]| {
        let mut all = vec!["mart"];
        all.extend_from_slice(args);
        all.extend(["--mart", &url]);
        let output = tests::vekha(&all);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, _, told) = run(&["status"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("start `vekha serve`"), "{told}");
    let demo = Demo::start_with(&["--mart", &url]).await;
    until_equal(&demo, &server).await;
    let (code, told, _) = run(&["reader", "add", "town", "--municipality", "pogranichny"]);
    assert_eq!(code, Some(0));
    let password = told.split_once("shown once: ").unwrap().1.trim().to_owned();
    let (_, told, _) = run(&["reader", "list"]);
    assert!(told.contains("town") && told.contains("municipality pogranichny (primorye)"), "{told}");
    let mine =
        format!("postgres://town:{password}@{}/vekha", server.socket().display().to_string().replace('/', "%2F"));
    let count = "SELECT count(*) > 0 FROM v_obligation";
    assert_eq!(Postgres::psql_at(&mine, count).as_deref(), Ok("t"));
    let (code, _, told) = run(&["reader", "add", "town"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("there is a login town already"), "{told}");
    let (code, told, _) = run(&["status"]);
    assert_eq!(code, Some(0));
    assert!(told.contains("kept up       yes"), "{told}");
    assert_eq!(run(&["reader", "remove", "town"]).0, Some(0));
    assert_eq!(run(&["reader", "remove", "town"]).0, Some(1));
    assert!(Postgres::psql_at(&mine, count).is_err());
    assert_eq!(run(&["rebuild"]).0, Some(0));
    demo.until("built anew", async || {
        server.psql("postgres", "vekha", "SELECT generation FROM vekha_bi_1.watermark").as_deref() == Ok("2")
    })
    .await;
}
