//! What doors are given when they are opened: a guarded way out, and a shelf in Redis.

use crate::config::Config;
use crate::pipeline::webhooks::guard::Guard;
use channels::http::{Http, Reach};
use channels::{MailReach, Means, Shelf, SinkError, SipReach};
use domain::{ChannelId, Clock, TenantId};
use reqwest::{Client, redirect};
use routing::Router;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long connecting may take, and how long one call in all.
const TIMES: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

/// Makes the means of every channel.
#[derive(Clone)]
pub struct Workshop {
    http: Http,
    router: Router,
    clock: Arc<dyn Clock>,
    mail: MailReach,
    sip: SipReach,
}

impl fmt::Debug for Workshop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workshop").finish_non_exhaustive()
    }
}

impl Workshop {
    /// A workshop whose doors may reach what the configuration allows.
    ///
    /// # Errors
    /// When no client for HTTPS can be built.
    pub fn new(
        config: &Config,
        router: &Router,
        clock: &Arc<dyn Clock>,
        sip: SipReach,
    ) -> reqwest::Result<Self> {
        let guard = Guard::new(config.doors.allow_http, &config.doors.allow_inner);
        let tls = Arc::new(tls());
        // Apple's push service speaks HTTP/2 only; WebSockets need HTTP/1.1, and share the rest.
        let mut of_client = (*tls).clone();
        of_client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = Client::builder()
            .tls_backend_preconfigured(of_client)
            .dns_resolver(Arc::new(guard.clone()))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(TIMES.0)
            .timeout(TIMES.1)
            .user_agent("Hutong/1")
            .build()?;
        let http = Http::new(client, tls, Arc::new(guard));
        let mail = config.mail.reach();
        Ok(Self { http, router: router.clone(), clock: Arc::clone(clock), mail, sip })
    }

    /// The means of one channel.
    pub fn means(&self, tenant: &TenantId, channel: &ChannelId) -> Means {
        let (router, tenant, channel) = (self.router.clone(), tenant.clone(), channel.clone());
        Means {
            http: self.http.clone(),
            shelf: Arc::new(SharedShelf { router, tenant, channel }),
            clock: Arc::clone(&self.clock),
            mail: self.mail.clone(),
            sip: self.sip.clone(),
        }
    }
}

fn tls() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

impl Reach for Guard {
    fn allows_url(&self, url: &Url) -> bool {
        self.check_url(url.as_str()).is_ok()
    }
    fn allows_address(&self, address: IpAddr) -> bool {
        self.allows(address)
    }
}

/// A channel's shelf in Redis.
struct SharedShelf {
    router: Router,
    tenant: TenantId,
    channel: ChannelId,
}

#[async_trait::async_trait]
impl Shelf for SharedShelf {
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError> {
        let found = self.router.find_on_shelf(&self.tenant, &self.channel, name).await;
        found.map_err(|error| super::unsure(&error))
    }

    async fn put(&self, name: &str, value: &str, for_ms: u64) -> Result<(), SinkError> {
        let put = self.router.put_on_shelf(&self.tenant, &self.channel, (name, value), for_ms);
        put.await.map_err(|error| super::unsure(&error))
    }

    async fn take_turn(&self, name: &str, for_ms: u64) -> Result<bool, SinkError> {
        let turn = (format!("turn.{name}"), "1");
        let turn = (turn.0.as_str(), turn.1);
        let taken = self.router.reserve_on_shelf(&self.tenant, &self.channel, turn, for_ms);
        taken.await.map_err(|error| super::unsure(&error))
    }

    async fn end_turn(&self, name: &str) {
        let name = format!("turn.{name}");
        if let Err(error) = self.router.clear_from_shelf(&self.tenant, &self.channel, &name).await {
            tracing::debug!(channel.id = %self.channel, error = %error, "a turn ends by its time");
        }
    }
}
