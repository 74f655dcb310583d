//! Claims about who comes in for the feed: by a token in any of three ways, or by a signed link.

use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::feeding::lived;
use crate::service::{Answer, Service, bare, bearer};

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn one_comes_in_by_basic_bearer_or_key() {
    let service = Service::new().await;
    let token = "token-of-bi-0123456789";
    let get = async |path: &str, headers: &[(&str, &str)]| bare(&service, Method::GET, path, headers).await;
    for path in [
        "/bi/v1/org.csv",
        "/bi/v1/odata/",
        "/bi/v1/odata/org",
        "/bi/v1/snapshots/latest/org.parquet",
        "/bi/v1/dictionary",
    ] {
        let none = get(path, &[]).await;
        assert_eq!(none.status, StatusCode::UNAUTHORIZED, "{path}");
        let offered: Vec<&str> =
            none.headers.get_all("www-authenticate").iter().map(|it| it.to_str().unwrap()).collect();
        assert_eq!(offered, ["Basic realm=\"vekha\", charset=\"UTF-8\"", "Bearer realm=\"vekha\""], "{path}");
    }
    let (basic_ok, bearer_ok) = (basic("token", token), format!("Bearer {token}"));
    for header in [("authorization", &*basic_ok), ("authorization", &bearer_ok), ("x-api-key", token)] {
        assert_eq!(get("/bi/v1/org.csv", &[header]).await.status, StatusCode::OK, "{header:?}");
        assert_eq!(get("/bi/v1/odata/org", &[header]).await.status, StatusCode::OK, "{header:?}");
    }
    let (thief, other, broken) = (basic("token", "guess"), basic("admin", token), "Basic ???".to_owned());
    for header in [
        ("authorization", &*thief),
        ("authorization", &other),
        ("authorization", &broken),
        ("authorization", "Bearer guess"),
        ("x-api-key", "guess"),
    ] {
        let refused = get("/bi/v1/org.csv", &[header]).await;
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (StatusCode::UNAUTHORIZED, "token_unknown"),
            "{header:?}"
        );
    }
    // Basic is for the feed only.
    assert_eq!(get("/api/v1/orgs", &[("authorization", &basic_ok)]).await.status, StatusCode::UNAUTHORIZED);
}

async fn link(service: &Service, who: &str, wanted: &Value) -> Answer {
    let request = Request::post("/bi/v1/links").header("authorization", bearer(who));
    service.send(request.body(wanted.to_string().into()).unwrap()).await
}

#[tokio::test]
async fn a_signed_link_opens_its_file_and_nothing_else() {
    let service = lived().await;
    let path = "/bi/v1/obligation.csv?period=2022-2023.H1&within=pogranichny-s01";
    let made = link(&service, "school", &json!({"path": path, "seconds": 600})).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::CREATED, "no-store"));
    assert_eq!(made.json()["expires_at"], "2022-10-12T02:10:00Z");
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let url = url.strip_prefix("http://localhost").unwrap();
    let get = async |url: &str| bare(&service, Method::GET, url, &[]).await;
    let opened = get(url).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text());
    assert_eq!(opened.body, service.get(path, "school").await.body);
    assert_eq!(bare(&service, Method::HEAD, url, &[]).await.status, StatusCode::OK);
    // The order and the spelling of parameters are the client's.
    let (file, rest) = url.split_once('?').unwrap();
    let turned = rest.split('&').rev().collect::<Vec<_>>().join("&").replace("2022-2023.H1", "2022%2D2023%2EH1");
    assert_eq!(get(&format!("{file}?{turned}")).await.status, StatusCode::OK);
    for other in [
        url.replace("obligation.csv", "obligation.xlsx"),
        url.replace("obligation.csv", "indicator.csv"),
        url.replace("pogranichny-s01", "pogranichny-s02"),
        url.replace("&within=pogranichny-s01", ""),
        url.replace("signature=", "signature=0"),
        url.replace("expires=1", "expires=2"),
        url.replace("/bi/v1/obligation.csv", "/bi/v1/odata/obligation"),
        format!("{url}&dialect=excel-ru"),
        url[..url.len() - 1].to_owned(),
    ] {
        let refused = get(&other).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{other}: {}", refused.text());
        assert!(refused.text().contains("link_not_valid"), "{other}");
    }
    assert_eq!(bare(&service, Method::POST, url, &[]).await.status, StatusCode::UNAUTHORIZED);
    *service.town.now.lock().unwrap() = "2022-10-12T02:10:00Z".parse().unwrap();
    let over = get(url).await;
    assert_eq!((over.status, over.problem().as_str()), (StatusCode::UNAUTHORIZED, "link_not_valid"));
}

#[tokio::test]
async fn a_link_is_made_for_what_its_maker_may_read_and_for_a_while() {
    let service = lived().await;
    let refused = async |who: &str, wanted: Value| link(&service, who, &wanted).await.problem();
    assert_eq!(refused("school", json!({"path": "/bi/v1/obligation.csv?within=pogranichny-s02"})).await, "forbidden");
    assert_eq!(refused("school", json!({"path": "/bi/v1/obligation.csv?perod=1"})).await, "bad_query");
    assert_eq!(refused("school", json!({"path": "/bi/v1/odata/obligation"})).await, "data_set_not_found");
    assert_eq!(refused("school", json!({"path": "https://elsewhere/"})).await, "data_set_not_found");
    assert_eq!(refused("school", json!({"path": "/bi/v1/org.csv", "seconds": 86_401})).await, "invalid");
    assert_eq!(refused("school", json!({"path": "/bi/v1/org.csv", "seconds": 0})).await, "invalid");
    assert_eq!(refused("school", json!({"paths": "/bi/v1/org.csv"})).await, "invalid");
    assert_eq!(refused("thief", json!({"path": "/bi/v1/org.csv"})).await, "token_unknown");
    let day = link(&service, "school", &json!({"path": "/bi/v1/org.csv", "seconds": 86_400})).await;
    assert_eq!(day.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_link_ends_with_the_token_that_made_it() {
    let service = Service::new().await;
    let made = link(&service, "bi", &json!({"path": "/bi/v1/org.csv"})).await.json();
    let url = made["url"].as_str().unwrap().strip_prefix("http://localhost").unwrap().to_owned();
    let mut tokens = crate::service::tokens();
    assert_eq!(tokens.revoke(&"dashboard".parse().unwrap()), 1);
    let without = Service::of_tokens(crate::common::Town::in_force().await, tokens);
    let refused = bare(&without, Method::GET, &url, &[]).await;
    assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_unknown"));
    assert_eq!(bare(&service, Method::GET, &url, &[]).await.status, StatusCode::OK);
}
