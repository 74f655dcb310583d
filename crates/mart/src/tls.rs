//! Whose certificates are believed when TLS is spoken.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::error::MartError;

/// Where the certificates are that a server's must be signed by.
#[derive(Clone, Debug)]
pub(crate) enum Roots {
    /// Those that the system believes.
    System,
    /// Those of a file in PEM, and no others.
    File(PathBuf),
}

/// What a connection believes; read anew for each, so that a renewed file counts.
///
/// # Errors
/// There is no certificate to believe.
pub(crate) fn client_config(roots: &Roots) -> Result<ClientConfig, MartError> {
    let (found, of) = match roots {
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            (found.certs, "the system's folders: no certificate is installed".to_owned())
        }
        Roots::File(path) => {
            let unreadable = |why: String| MartError::Roots(format!("{}: {why}", path.display()));
            let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
            (found.map_err(|error| unreadable(error.to_string()))?, format!("{}: it holds none", path.display()))
        }
    };
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(found);
    if added == 0 {
        return Err(MartError::Roots(of));
    }
    let builder =
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| MartError::Roots(error.to_string()))?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}
