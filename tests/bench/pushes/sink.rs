//! A push service that takes everything: HTTP/2 over TLS, as Apple's is, and nothing behind it.

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use h2::server::{self, SendResponse};
use http::{Request, Response};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tests::mail_server::Authority;
use tests::watched::Watched;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What came: how many, and when each line was first seen.
#[derive(Debug, Default)]
pub(super) struct Taken {
    count: Watched<usize>,
    lines: Mutex<HashMap<String, Instant>>,
}

/// The running service.
pub(super) struct Sink {
    pub(super) url: String,
    pub(super) taken: Arc<Taken>,
    _serving: JoinSet<()>,
}

impl Sink {
    pub(super) async fn start(authority: &Authority) -> Result<Self> {
        let certificates = vec![CertificateDer::from_pem_file(&authority.certificate)?];
        let key = PrivateKeyDer::from_pem_file(&authority.key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://{}", listener.local_addr()?);
        let taken = Arc::<Taken>::default();
        let mut serving = JoinSet::new();
        let of_connections = Arc::clone(&taken);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(hold(acceptor.clone(), stream, Arc::clone(&of_connections)));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { url, taken, _serving: serving })
    }
}

impl Taken {
    /// Waits until so many came in all.
    pub(super) async fn until(&self, count: usize) {
        let what = format!("{count} notifications came");
        self.count.until(&what, |taken| (*taken >= count).then_some(())).await;
    }

    pub(super) fn count(&self) -> usize {
        self.count.look(|taken| *taken)
    }

    /// When a line was first seen.
    pub(super) fn seen_at(&self, line: &str) -> Option<Instant> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).get(line).copied()
    }
}

/// A connection that ends badly has lost notifications, and the count tells so.
async fn hold(acceptor: TlsAcceptor, stream: TcpStream, taken: Arc<Taken>) {
    drop(serve(acceptor, stream, taken).await);
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, taken: Arc<Taken>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = server::handshake(acceptor.accept(stream).await?).await?;
    let mut streams = JoinSet::new();
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted?;
        streams.spawn(take(request, respond, Arc::clone(&taken)));
        while let Some(ended) = streams.try_join_next() {
            ended??;
        }
    }
    Ok(())
}

async fn take(
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    taken: Arc<Taken>,
) -> Result<()> {
    let mut body = request.into_body();
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        bytes.extend_from_slice(&piece);
    }
    let at = Instant::now();
    let said: Value = serde_json::from_slice(&bytes)?;
    let line = said.pointer("/aps/alert/body").and_then(Value::as_str).context("no body")?;
    taken
        .lines
        .lock()
        .map_err(|_poisoned| anyhow!("poisoned"))?
        .entry(line.to_owned())
        .or_insert(at);
    respond.send_response(Response::builder().status(200).body(())?, true)?;
    taken.count.change(|count| *count += 1);
    Ok(())
}
