//! A database that takes nobody without TLS, and a line that believes nobody without a certificate.

use mart::{Address, MartError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::postgres::{PASSWORD, Postgres};
use crate::world::{World, aside};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key for a name, in PEM.
fn signed(by: &Authority, name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.signed_by(&key, by).unwrap().pem(), key.serialize_pem())
}

async fn refused(url: &str) -> (MartError, String) {
    let address: Address = url.parse().unwrap();
    let Err(error) = mart::status(&address).await else { panic!("{url} was let in") };
    let text = projector::chain(&error);
    (error, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_over_tls_checks_who_answers() {
    let (ours, stranger) = (authority("Ours"), authority("Another"));
    let (certificate, key) = signed(&ours, "localhost");
    let mut server = aside(Postgres::start);
    let port = aside(|| server.speak_tls(&certificate, &key));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (ca, other, empty) =
        (file("ca.pem", &ours.pem()), file("other.pem", &stranger.pem()), file("empty.pem", "none"));
    let url = |host: &str, query: &str| format!("postgres://vekha:{PASSWORD}@{host}:{port}/vekha{query}");

    let world = World::told(3, 7, 0).await;
    let keeper = world.keep_up_at(&url("localhost", &format!("?sslmode=verify-full&sslrootcert={ca}")));
    world.until_equal(&server).await;
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'vekha'";
    assert_eq!(server.sql("postgres", encrypted), "t");
    keeper.stop().await;

    let (error, text) = refused(&url("localhost", "")).await;
    assert!(text.contains("no encryption") && error.advice().contains("sslmode=verify-full"), "{text}");
    let (error, text) = refused(&url("localhost", &format!("?sslmode=require&sslrootcert={other}"))).await;
    assert!(text.contains("UnknownIssuer") && error.advice().contains("sslrootcert"), "{text}");
    let (error, text) = refused(&url("127.0.0.1", &format!("?sslmode=verify-full&sslrootcert={ca}"))).await;
    assert!(text.contains("not valid for name") && error.advice().contains("as its certificate does"), "{text}");
    let (_, text) = refused(&url("localhost", &format!("?sslmode=verify-full&sslrootcert={empty}"))).await;
    assert!(text.contains("empty.pem: it holds none"), "{text}");
    let (_, text) = refused(&url("localhost", "?sslmode=verify-full&sslrootcert=/nowhere/ca.pem")).await;
    assert!(text.contains("/nowhere/ca.pem"), "{text}");
}
