//! TLS towards mail servers: the system's authorities, and those of a file.

use super::config::{MailServer, Security};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a connection, or the agreement on TLS, may take.
pub(super) const CONNECT_TIME: Duration = Duration::from_secs(20);

/// A line to a server, protected or not.
pub(super) trait Line:
    AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug
{
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug> Line for T {}

/// Why there is no line. Shown to operators; says nothing of what was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// No connection within the time, or it was refused.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// The server's name.
        host: String,
        /// What the system said.
        why: String,
    },
    /// The authorities cannot be read.
    #[error("the certificates of authorities cannot be read: {0}")]
    Authorities(String),
    /// The server's certificate or its TLS is not acceptable.
    #[error("no TLS with {host}: {why}")]
    Tls {
        /// The server's name.
        host: String,
        /// What rustls said.
        why: String,
    },
}

impl LineError {
    /// Is it about certificates rather than about the network?
    pub(super) fn needs_a_person(&self) -> bool {
        matches!(self, Self::Authorities(_) | Self::Tls { .. })
    }
}

/// Whatever is wrong with a file of authorities: it is not there, may not be read, or is none.
const NO_AUTHORITIES: &str = "`ca_file` is no file of certificates in PEM form that we may read";

/// The TLS settings of a client that trusts the system's authorities and those of a file.
///
/// # Errors
/// When the file cannot be read or no authority is known at all.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, LineError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if let Some(path) = ca_file {
        // Whoever writes the settings must not learn by them which files this machine has.
        let fail = || LineError::Authorities(NO_AUTHORITIES.to_owned());
        let own = CertificateDer::pem_file_iter(path).map_err(|_why| fail())?;
        let mut count = 0;
        for certificate in own {
            roots.add(certificate.map_err(|_why| fail())?).map_err(|_why| fail())?;
            count += 1;
        }
        if count == 0 {
            return Err(fail());
        }
    }
    if roots.is_empty() {
        return Err(LineError::Authorities("this system has none".to_owned()));
    }
    // The provider is named, so that it does not matter what the process has installed.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LineError::Authorities(error.to_string()))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// Opens a line: protected from the first byte where the settings say so, plain otherwise.
///
/// # Errors
/// See [`LineError`].
pub(super) async fn open(server: &MailServer) -> Result<Box<dyn Line>, LineError> {
    let unreachable = |why: String| LineError::Unreachable { host: server.host.clone(), why };
    let connecting = async {
        let addresses = server.reach.resolve(&server.host, server.port).await?;
        TcpStream::connect(addresses.as_slice()).await
    };
    let tcp = tokio::time::timeout(CONNECT_TIME, connecting)
        .await
        .map_err(|_late| unreachable(format!("no answer in {} s", CONNECT_TIME.as_secs())))?
        .map_err(|error| unreachable(error.to_string()))?;
    tcp.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
    match server.security {
        Security::Tls => protect(Box::new(tcp), server).await,
        Security::StartTls | Security::Plain => Ok(Box::new(tcp)),
    }
}

/// Agrees on TLS over a line.
///
/// # Errors
/// See [`LineError`].
pub(super) async fn protect(
    line: Box<dyn Line>,
    server: &MailServer,
) -> Result<Box<dyn Line>, LineError> {
    let fail = |why: String| LineError::Tls { host: server.host.clone(), why };
    let name =
        ServerName::try_from(server.host.clone()).map_err(|error| fail(error.to_string()))?;
    let config = client_config(server.ca_file.as_deref())?;
    let agreeing = TlsConnector::from(config).connect(name, line);
    let tls = tokio::time::timeout(CONNECT_TIME, agreeing)
        .await
        .map_err(|_late| fail(format!("no agreement in {} s", CONNECT_TIME.as_secs())))?
        .map_err(|error| fail(error.to_string()))?;
    Ok(Box::new(tls))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_authorities_tells_nothing_of_the_files_of_this_machine() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        // There and no certificate, a folder, and not there at all.
        for path in [here.join("Cargo.toml"), here.to_owned(), here.join("no-such-file.pem")] {
            let error = client_config(Some(&path)).expect_err("no authorities");
            assert!(error.to_string().contains(NO_AUTHORITIES), "{error}");
            assert!(!error.to_string().contains("Cargo"), "{error}");
        }
    }
}
