//! How others are reached: only where it is allowed, and in the order in which their names say (RFC 3263 without NAPTR).

use super::names::Names;
use super::reach::{SipNotAllowed, SipReach};
use rsipstack::sip::uri::ParamsExt;
use rsipstack::sip::{Host, HostWithPort, Scheme, Transport, Uri};
use rsipstack::transaction::endpoint::TargetLocator;
use rsipstack::transport::SipAddr;
use rsipstack::transport::transport_layer::DomainResolver;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The most time for a name to be resolved.
const RESOLVE: Duration = Duration::from_secs(5);
/// The most places that are tried for one request.
const PLACES_MAX: usize = 8;
/// The most names that are remembered to be reached within TLS; above, all start anew.
const SECURE_MAX: usize = 256;

/// How others are reached.
#[derive(Clone)]
pub(super) struct Ways {
    reach: SipReach,
    /// The address from which we speak.
    from: IpAddr,
    names: Arc<Names>,
    /// Where a name and port was found that is spoken with within TLS.
    secure: Arc<Mutex<HashMap<(String, u16), SocketAddr>>>,
}

impl Ways {
    pub(super) fn new(reach: SipReach, from: IpAddr) -> Self {
        let names = Arc::new(Names::new(Arc::clone(&reach.name_servers)));
        Self { reach, from, names, secure: Arc::default() }
    }

    /// Where requests to an address go: the first that answers. Without a port a name's `SRV` records say it (RFC 3263,
    /// 4.2), and all addresses of each; at most eight.
    ///
    /// # Errors
    /// [`SipNotAllowed`] when one of the addresses is not allowed, or when there is none.
    pub(super) async fn locate(&self, uri: &Uri) -> Result<Vec<SipAddr>, SipNotAllowed> {
        let transport = transport_of(uri);
        let host = uri.host_with_port.host.to_string();
        let is_name = matches!(uri.host(), Host::Domain(_));
        let said = uri.host_with_port.port.map(|port| port.0);
        let served = match said {
            None if is_name => self.names.service(service(transport), &host).await,
            _ => None,
        };
        let alone = || vec![(host.clone(), said.unwrap_or(default_port(transport)))];
        let mut found: Vec<SocketAddr> = Vec::new();
        for (name, port) in served.unwrap_or_else(alone) {
            let resolving = self.reach.resolve_all(&name, port, self.from);
            // A name that is not answered in time is passed over.
            let Ok(addresses) = tokio::time::timeout(RESOLVE, resolving).await else { continue };
            for address in addresses? {
                if found.len() < PLACES_MAX && !found.contains(&address) {
                    found.push(address);
                }
            }
        }
        let first = *found.first().ok_or(SipNotAllowed)?;
        let at = |addr: HostWithPort| SipAddr { r#type: Some(transport), addr };
        if transport == Transport::Tls && is_name {
            // A certificate is for the name: the stack resolves it once more, by `DomainResolver` below.
            self.remember(host, first);
            let (host, port) = (uri.host().clone(), Some(first.port().into()));
            return Ok(vec![at(HostWithPort { host, port })]);
        }
        Ok(found.into_iter().map(|address| at(address.into())).collect())
    }

    /// The first of these places.
    pub(super) async fn first(&self, uri: &Uri) -> Result<SipAddr, SipNotAllowed> {
        self.locate(uri).await?.into_iter().next().ok_or(SipNotAllowed)
    }

    /// May this place be spoken with? Names are looked at when they are resolved.
    pub(super) fn allows(&self, to: &SipAddr) -> bool {
        to.get_socketaddr().map_or(true, |address| self.reach.allows(address))
    }

    fn remember(&self, host: String, at: SocketAddr) {
        let mut secure = self.secure.lock().unwrap_or_else(PoisonError::into_inner);
        if secure.len() >= SECURE_MAX {
            secure.clear();
        }
        secure.insert((host, at.port()), at);
    }

    fn remembered(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let secure = self.secure.lock().unwrap_or_else(PoisonError::into_inner);
        secure.get(&(host.to_owned(), port)).copied()
    }
}

#[async_trait::async_trait]
impl TargetLocator for Ways {
    async fn locate(&self, uri: &Uri) -> rsipstack::Result<SipAddr> {
        let found = self.first(uri).await;
        found.map_err(|error| rsipstack::Error::Error(error.to_string()))
    }
}

#[async_trait::async_trait]
impl DomainResolver for Ways {
    async fn resolve(&self, target: &SipAddr) -> rsipstack::Result<SipAddr> {
        let transport = target.r#type.unwrap_or_default();
        let port = target.addr.port.map_or(default_port(transport), |port| port.0);
        let host = target.addr.host.to_string();
        let at = match self.remembered(&host, port) {
            Some(at) => Ok(at),
            None => self.reach.resolve(&host, port, self.from).await,
        };
        let at = at.map_err(|error| rsipstack::Error::Error(error.to_string()))?;
        Ok(SipAddr { r#type: Some(transport), addr: at.into() })
    }
}

/// By which way an address is reached (RFC 3263 without NAPTR).
pub(super) fn transport_of(uri: &Uri) -> Transport {
    if uri.scheme == Some(Scheme::Sips) {
        return Transport::Tls;
    }
    uri.transport().copied().unwrap_or(Transport::Udp)
}

fn default_port(transport: Transport) -> u16 {
    if transport == Transport::Tls { 5061 } else { 5060 }
}

fn service(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
        _ => "_sip._udp",
    }
}
