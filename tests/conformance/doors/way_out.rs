//! What a real adapter is given in these tests: a way out that leads to this machine, a shelf of its own,
//! and the true time.

use channels::http::{Http, Reach};
use channels::{Means, OwnShelf};
use domain::{Clock, Timestamp};
use reqwest::Url;
use rustls::{ClientConfig, RootCertStore};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

#[derive(Debug)]
struct ThisMachine;

impl Reach for ThisMachine {
    fn allows_url(&self, _url: &Url) -> bool {
        true
    }
    fn allows_address(&self, address: IpAddr) -> bool {
        address.is_loopback()
    }
}

#[derive(Debug)]
struct TrueTime;

impl Clock for TrueTime {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp(i64::try_from(since.as_millis()).unwrap())
    }
}

/// Means that reach this machine only.
pub(crate) fn means() -> Means {
    means_trusting(RootCertStore::empty())
}

/// The same, over TLS of this authority, with HTTP/2 where the server speaks it, as a gateway does.
pub(crate) fn means_trusting(roots: RootCertStore) -> Means {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    drop(rustls::crypto::ring::default_provider().install_default());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut of_client = tls.clone();
    of_client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .tls_backend_preconfigured(of_client)
        .build()
        .unwrap();
    let clock = Arc::new(TrueTime);
    let http = Http::new(client, Arc::new(tls), Arc::new(ThisMachine));
    Means { http, shelf: Arc::new(OwnShelf::new(clock.clone())), clock, ..Means::none() }
}
