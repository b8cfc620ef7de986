//! An authority of a test's own, and a server that it vouches for.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::path::{Path, PathBuf};

/// The files of an authority and of its server, whose name is `127.0.0.1`.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// The server's key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes both in a folder.
    ///
    /// # Panics
    /// When that fails.
    pub fn make(folder: &Path) -> Self {
        let mut own = CertificateParams::new(Vec::new()).unwrap();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // OpenSSL takes a server of its authority's name for its own authority.
        own.distinguished_name.push(DnType::CommonName, "An authority of the tests");
        let own_key = KeyPair::generate().unwrap();
        let own_certificate = own.self_signed(&own_key).unwrap();
        let issuer = Issuer::new(own, own_key);
        let server_key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let server = server.signed_by(&server_key, &issuer).unwrap();
        let write = |name: &str, text: String| {
            let file = folder.join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        Self {
            ca: write("ca.pem", own_certificate.pem()),
            certificate: write("server.pem", server.pem()),
            key: write("server.key", server_key.serialize_pem()),
        }
    }
}
