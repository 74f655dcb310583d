//! A reader sees the rows of its territory, of every fact, and can do nothing else.

use mart::Address;
use mart::readers::{self, Reader, Sees};

use crate::postgres::{PASSWORD, Postgres};
use crate::world::World;

/// Every set that is seen by territory.
fn facts() -> impl Iterator<Item = &'static bi::Set> {
    bi::contract().sets.iter().filter(|set| set.scoped)
}

/// Copies the rows of every fact into a second region, which no story of this size has.
fn second_region(server: &Postgres) {
    for set in facts() {
        let table = format!("vekha_bi_1.{}_g1", set.short());
        let columns: Vec<&str> = set.columns.iter().map(|column| column.name.as_str()).collect();
        let stored = server.sql(
            "vekha",
            &format!(
                "SELECT string_agg(attname, ',') FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0"
            ),
        );
        let is_stored = |name: &&str| *name != "updated_seq" && stored.split(',').any(|it| it == *name);
        let kept: Vec<&str> = columns.into_iter().filter(is_stored).collect();
        let key = if set.name == "v_event" { "stream_seq + 1000000" } else { "obligation_id || '/x'" };
        let cells: Vec<String> = kept
            .iter()
            .map(|name| match *name {
                "region_code" => "'elsewhere'".to_owned(),
                "stream_seq" | "obligation_id" if set.key.iter().any(|it| it == name) => key.to_owned(),
                other => other.to_owned(),
            })
            .collect();
        server.exec(
            "vekha",
            &format!(
                "INSERT INTO {table} ({}, updated_seq) SELECT {}, 0 FROM {table} WHERE region_code = 'primorye'",
                kept.join(", "),
                cells.join(", ")
            ),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_sees_its_rows_of_every_fact_and_no_others() {
    let (server, world) = (Postgres::start(), World::told(25, 31, 0).await);
    let ministry = domain::actor::Actor::new(
        "minister".parse().unwrap(),
        domain::actor::Role::Ministry,
        domain::actor::Scope::All,
    );
    let body = serde_json::json!({"region": "primorye", "period": "2022-2023.T0", "basis": "№ 3"});
    world.ask(&ministry, "close", domain::command::Act::ClosePeriod, &body).await;
    let keeper = world.keep_up(&server);
    world.until_equal(&server).await;
    second_region(&server);
    let address: Address = server.url("vekha", "vekha").parse().unwrap();
    let place = "SELECT org_code, municipality_code FROM vekha_bi.v_org WHERE org_kind = 'school' ORDER BY 1 LIMIT 1";
    let place = server.sql("vekha", place);
    let (school, municipality) = place.split_once('|').unwrap();
    let (school, municipality) = (school.to_owned(), municipality.to_owned());
    let above = "(level = 'municipality' AND region_code = 'primorye' AND municipality_code = '{m}') \
                 OR (level IN ('region', 'direction') AND region_code = 'primorye')";
    let above = above.replace("{m}", &municipality);
    let of_municipality = format!("region_code = 'primorye' AND municipality_code = '{municipality}'");
    for (login, sees, own) in [
        ("everybody", Sees::All, "true".to_owned()),
        ("krai", Sees::Region("primorye".into()), "region_code = 'primorye'".to_owned()),
        ("town", Sees::Municipality { region: None, municipality: municipality.clone() }, of_municipality),
        (
            "school",
            Sees::Org { region: None, org: school.clone() },
            format!("region_code = 'primorye' AND org_code = '{school}'"),
        ),
    ] {
        readers::add(&address, login, PASSWORD, sees.clone()).await.unwrap();
        for set in facts() {
            let further = if set.column("level").is_some() { above.as_str() } else { "org_code = '-'" };
            let text = format!("SELECT count(*) FROM vekha_bi.{}", set.name);
            let mine = format!("{text} WHERE ({own}) OR ({further})");
            let expected = server.sql("vekha", &mine);
            let seen = server.psql(login, "vekha", &text).unwrap();
            assert_eq!(seen, expected, "{login} of {}", set.name);
            assert_ne!(seen, "0", "{login} of {}", set.name);
            if login != "everybody" {
                assert_ne!(seen, server.sql("vekha", &text), "{login} sees all of {}", set.name);
            }
        }
        // Dimensions are everybody's.
        assert_ne!(server.psql(login, "vekha", "SELECT count(*) FROM vekha_bi.v_org").unwrap(), "0");
    }
    let all = readers::list(&address).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!(all.contains(&Reader { login: "krai".into(), sees: Sees::Region("primorye".into()) }));
    keeper.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_can_do_nothing_but_read_the_views() {
    let (server, world) = (Postgres::start(), World::told(3, 32, 0).await);
    let keeper = world.keep_up(&server);
    let address: Address = server.url("vekha", "vekha").parse().unwrap();
    let early = readers::add(&address, "early", PASSWORD, Sees::All).await;
    assert!(early.is_ok() || early.unwrap_err().to_string().contains("start `vekha serve`"));
    world.until_equal(&server).await;
    let sees = Sees::Org { region: None, org: "pogranichny-s01".into() };
    readers::add(&address, "school", PASSWORD, sees).await.unwrap();
    for text in [
        "SELECT count(*) FROM vekha_bi_1.event_g1",
        "SELECT count(*) FROM vekha_bi_1.reader",
        "SELECT vekha_bi_1.territory()",
        "SET default_transaction_read_only = off; DELETE FROM vekha_bi.v_event",
        "SET default_transaction_read_only = off; UPDATE vekha_bi.v_watermark SET last_seq = 0",
        "SET default_transaction_read_only = off; CREATE TABLE vekha_bi.mine (one int)",
        "SET SESSION AUTHORIZATION vekha",
        "SET ROLE vekha",
        "CREATE TABLE public.mine (one int)",
        "ALTER ROLE school SUPERUSER",
    ] {
        assert!(server.psql("school", "vekha", text).is_err(), "{text}");
    }
    let mine = server.psql("school", "vekha", "SELECT count(*) FROM v_event").unwrap();
    for trick in ["SET row_security = off", "SET ROLE vekha_bi_reader", "SET search_path = public"] {
        let found = server.psql("school", "vekha", &format!("{trick}; SELECT count(*) FROM vekha_bi.v_event"));
        assert!(found.as_ref().map_or(true, |found| *found == mine), "{trick}: {found:?}, not {mine}");
    }
    // Mistakes are told.
    for (login, sees, told) in [
        ("school", Sees::All, "there is a login school already"),
        ("Schule", Sees::All, "will not do"),
        ("other", Sees::Region("atlantis".into()), "there is no region atlantis"),
        ("other", Sees::Org { region: None, org: "nobody".into() }, "there is no organisation nobody"),
    ] {
        let error = readers::add(&address, login, PASSWORD, sees).await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    // Who is shut out sees nothing at once, in what they have open too.
    let open = crate::rows::connect(&server.url("school", "vekha")).await.unwrap();
    assert!(readers::remove(&address, "school").await.unwrap());
    assert!(!readers::remove(&address, "school").await.unwrap());
    assert!(!readers::remove(&address, "vekha").await.unwrap(), "only readers can be removed");
    let left = open.query_one("SELECT count(*) FROM vekha_bi.v_event", &[]).await;
    assert!(left.map_or(true, |row| row.get::<_, i64>(0) == 0));
    assert!(server.psql("school", "vekha", "SELECT 1").is_err());
    let status = mart::status(&address).await.unwrap();
    assert!(status.is_ours && status.is_kept_up && status.rows_total > 0, "{status}");
    keeper.stop().await;
}
