//! The app: `build` is the one place where things are constructed, `run` serves until stopped.
//!
//! Two apps can live in one process; nothing here is static but tracing and the metrics recorder.

mod audit;
mod link;
mod projection;
mod serve;

pub use link::{LinkReport, LinkState};
pub use serve::RunError;

use crate::auth::Auth;
use crate::config::Config;
use crate::doors::{Doors, Workshop};
use crate::embedded::{Embedded, EmbeddedError, make_data_dir};
use crate::files::FileStore;
use crate::hub::Hub;
use crate::metrics;
use crate::middleware::at_once::AtOnce;
use crate::middleware::limits::LocalLimits;
use crate::pipeline::chats::signs::Signs;
use crate::pipeline::letters::Failures;
use crate::pipeline::usual::UsualWaits;
use crate::settings::Settings;
use crate::tasks::Tasks;
use domain::{Clock, Network, TenantId};
use records::Records;
use routing::Router;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};

/// The tenant of a fresh installation.
pub const FIRST_TENANT: &str = "main";
/// How long Redis may take at the start, when the switchboard cannot be opened without it.
const OPEN_WITHIN: Duration = Duration::from_secs(30);

/// One gateway. Shared by everything that serves.
#[derive(Debug)]
pub struct App {
    /// What it was told.
    pub config: Arc<Config>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The switchboard.
    pub router: Router,
    /// The archive.
    pub records: Records,
    /// Each tenant's desk.
    pub settings: Settings,
    /// Who is on the line here.
    pub hub: Hub,
    /// Everything that runs.
    pub tasks: Tasks,
    /// Who is asking.
    pub auth: Auth,
    /// Uploaded files.
    pub files: FileStore,
    /// The doors that are open here.
    pub doors: Doors,
    /// Letters that were not taken in.
    pub letter_failures: Failures,
    /// Signs for contacts in messengers.
    pub signs: Signs,
    /// How long people usually wait.
    pub usual_waits: UsualWaits,
    /// Something new lies in the outbox, as far as this gateway knows.
    pub(crate) outbox_filled: Notify,
    /// Does Redis answer, and is it what was promised?
    pub link: watch::Receiver<LinkState>,
    /// This gateway's name, random: the owner of duties.
    pub node: String,
    pub(crate) monitor: link::Monitor,
    pub(crate) limits: LocalLimits,
    pub(crate) at_once: AtOnce,
    pub(crate) in_flight: Semaphore,
    pub(crate) proxies: Vec<Network>,
    pub(crate) metrics: metrics_exporter_prometheus::PrometheusHandle,
    pub(crate) closing: AtomicBool,
    pub(crate) embedded: Option<Embedded>,
}

/// Why an app cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The embedded Redis.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The switchboard.
    #[error("the switchboard cannot be opened")]
    Routing(#[from] routing::RoutingError),
    /// The archive.
    #[error("the archive cannot be opened")]
    Records(#[from] records::RecordsError),
    /// What lines of telephones show, or trust.
    #[error("a file of `sip` cannot be read")]
    Sip(#[source] std::io::Error),
    /// The way out for doors.
    #[error("no client for HTTPS can be built")]
    Https(#[from] reqwest::Error),
}

impl App {
    /// Constructs everything; starts nothing but the embedded Redis. Must be called inside the
    /// runtime on which the tasks are to run.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(config: Config, clock: Arc<dyn Clock>) -> Result<Arc<Self>, BuildError> {
        install_tls();
        make_data_dir(&config.data_dir)?;
        let records = Records::open(&config.records()).await?;
        Self::ensure_tenant(&records, clock.as_ref()).await?;
        let settings = Settings::load(&records).await?;
        let auth = Auth::load(&config.auth, Arc::clone(&clock), &records, &settings).await?;
        let embedded =
            if config.embeds_redis() { Some(Embedded::start(&config).await?) } else { None };
        let router = open_router(&config).await?;
        let sip = config.sip.reach().map_err(BuildError::Sip)?;
        let doors = Doors::new(Workshop::new(&config, &router, &clock, sip)?);
        let (monitor, link) = link::Monitor::new();
        let proxies = config.server.trusted_proxies.iter().filter_map(|n| n.parse().ok()).collect();
        Ok(Arc::new(Self {
            in_flight: Semaphore::new(config.limits.in_flight_max),
            files: FileStore::new(&config),
            config: Arc::new(config),
            clock,
            router,
            records,
            settings,
            hub: Hub::new(),
            tasks: Tasks::new(),
            auth,
            doors,
            letter_failures: Failures::default(),
            signs: Signs::default(),
            usual_waits: UsualWaits::default(),
            outbox_filled: Notify::new(),
            link,
            node: crate::clock::mint::name(),
            monitor,
            limits: LocalLimits::default(),
            at_once: AtOnce::default(),
            proxies,
            metrics: metrics::install(),
            closing: AtomicBool::new(false),
            embedded,
        }))
    }

    /// A fresh archive gets its first tenant.
    ///
    /// # Errors
    /// When the archive cannot be used.
    pub async fn ensure_tenant(records: &Records, clock: &dyn Clock) -> records::Result<()> {
        if records.tenants().list().await?.is_empty()
            && let Ok(first) = FIRST_TENANT.parse::<TenantId>()
        {
            records.tenants().create(&first, "Hutong", clock.now()).await?;
        }
        Ok(())
    }

    /// Follows whether Redis can be used.
    pub fn link(&self) -> watch::Receiver<LinkState> {
        self.link.clone()
    }

    /// Does the gateway take work now: is Redis there, and as durable as promised?
    pub fn accepts_work(&self) -> bool {
        self.link.borrow().is_up()
    }

    /// Is the gateway closing its doors?
    pub fn is_closing(&self) -> bool {
        self.closing.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// reqwest and redis take the process's TLS provider; a second app finds it there.
fn install_tls() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider was installed before");
    }
}

/// A single server may be absent yet; sentinels and cluster nodes are waited for.
async fn open_router(config: &Config) -> Result<Router, routing::RoutingError> {
    let deadline = tokio::time::Instant::now() + OPEN_WITHIN;
    loop {
        match Router::open(&config.routing()).await {
            Err(error) if error.is_unavailable() && tokio::time::Instant::now() < deadline => {
                tracing::warn!(error = crate::telemetry::chain(&error), "waiting for Redis");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return other.map(|router| router.observed(metrics::transition_called)),
        }
    }
}
