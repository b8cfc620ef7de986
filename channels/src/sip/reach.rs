//! What a telephone's line may connect to, and where it may listen. A line's settings are a tenant's; this is
//! for whoever runs the gateway to say, so that no tenant reaches the machines beside it. Media does not
//! pass through the gateway, so this is about signalling only.

use domain::{Network, is_inner};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What lines may reach. The default is nothing that is inside, and no place to listen at: then no line runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SipReach {
    /// Inner networks that may be connected to nevertheless, at `inner_ports`.
    pub inner: Arc<[Network]>,
    /// The ports of inner addresses that may be connected to.
    pub inner_ports: Arc<[RangeInclusive<u16>]>,
    /// The addresses of this machine at which a line may listen; `0.0.0.0` and `::` only where they are
    /// listed as such, or within a network that has them.
    pub listen: Arc<[Network]>,
    /// The ports at which a line may listen.
    pub listen_ports: Arc<[RangeInclusive<u16>]>,
    /// What lines that listen with TLS show; without it none may.
    pub certificate: Option<SipCertificate>,
    /// Authorities that are trusted beside this machine's own, PEM: for trunks and telephones with TLS.
    pub authorities: Option<Arc<[u8]>>,
    /// The name servers that are asked where a service is (SRV); none for those of this machine.
    pub name_servers: Arc<[SocketAddr]>,
}

/// A certificate and its key, PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct SipCertificate {
    /// The certificate, with what leads to its authority.
    pub chain: Arc<[u8]>,
    /// Its private key.
    pub key: Arc<[u8]>,
}

impl fmt::Debug for SipCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SipCertificate").finish_non_exhaustive()
    }
}

/// Why there is no connection. The same words for all: they must not tell what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("whoever runs this gateway does not allow this address or port (see `sip` in its config)")]
pub struct SipNotAllowed;

impl SipReach {
    /// Everything: for whoever runs the gateway, and for tests.
    pub fn anywhere() -> Self {
        let all: Arc<[Network]> =
            ["0.0.0.0/0", "::/0"].iter().filter_map(|all| all.parse().ok()).collect();
        let ports: Arc<[RangeInclusive<u16>]> = Arc::from([1..=u16::MAX]);
        Self {
            inner: Arc::clone(&all),
            inner_ports: Arc::clone(&ports),
            listen: all,
            listen_ports: ports,
            certificate: None,
            authorities: None,
            name_servers: Arc::default(),
        }
    }

    /// May this address be connected to at this port?
    pub fn allows(&self, to: SocketAddr) -> bool {
        let is_listed = || {
            self.inner.iter().any(|network| network.contains(to.ip()))
                && has(&self.inner_ports, to.port())
        };
        !is_inner(to.ip()) || is_listed()
    }

    /// May a line listen there?
    pub fn allows_listening(&self, at: SocketAddr) -> bool {
        self.listen.iter().any(|network| network.contains(at.ip()))
            && has(&self.listen_ports, at.port())
    }

    /// Resolves a host, once, and gives the first of its addresses that is of the same family as the address
    /// from which we speak: what is sent goes there and nowhere else.
    ///
    /// # Errors
    /// [`SipNotAllowed`] when one of its addresses is not allowed, or when there is none.
    pub async fn resolve(
        &self,
        host: &str,
        port: u16,
        from: IpAddr,
    ) -> Result<SocketAddr, SipNotAllowed> {
        self.resolve_all(host, port, from).await?.first().copied().ok_or(SipNotAllowed)
    }

    /// The same with all its addresses of that family; of the other one when it has none of this. Nothing when
    /// the name is not known.
    ///
    /// # Errors
    /// [`SipNotAllowed`] when one of its addresses is not allowed.
    pub async fn resolve_all(
        &self,
        host: &str,
        port: u16,
        from: IpAddr,
    ) -> Result<Vec<SocketAddr>, SipNotAllowed> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let found: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_name) => match tokio::net::lookup_host((bare, port)).await {
                Ok(found) => found.collect(),
                Err(_unknown) => Vec::new(),
            },
        };
        if !found.iter().all(|address| self.allows(*address)) {
            return Err(SipNotAllowed);
        }
        let (same, other): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|address| address.is_ipv4() == from.is_ipv4());
        Ok(if same.is_empty() { other } else { same })
    }
}

fn has(ports: &[RangeInclusive<u16>], port: u16) -> bool {
    ports.iter().any(|range| range.contains(&port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach() -> SipReach {
        SipReach {
            inner: Arc::from(["10.0.0.0/8".parse().unwrap()]),
            inner_ports: Arc::from([5_060..=5_061]),
            listen: Arc::from(["192.0.2.7/32".parse().unwrap()]),
            listen_ports: Arc::from([5_060..=5_060]),
            certificate: None,
            authorities: None,
            name_servers: Arc::default(),
        }
    }

    #[test]
    fn inside_only_what_is_listed_is_reached_and_only_at_listed_ports() {
        let allows = |to: &str| reach().allows(to.parse().unwrap());
        assert!(allows("8.8.8.8:5060") && allows("10.1.2.3:5060"));
        assert!(!allows("10.1.2.3:6379"), "a store beside the exchange");
        assert!(!allows("127.0.0.1:5060") && !allows("[::ffff:127.0.0.1]:5060"));
        assert!(!SipReach::default().allows("10.1.2.3:5060".parse().unwrap()));
    }

    #[test]
    fn listening_is_for_listed_places() {
        let allows = |at: &str| reach().allows_listening(at.parse().unwrap());
        assert!(allows("192.0.2.7:5060"));
        assert!(!allows("192.0.2.7:5062") && !allows("0.0.0.0:5060"));
        assert!(!SipReach::default().allows_listening("127.0.0.1:5060".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_resolved_and_refused() {
        let (four, six) = ("0.0.0.0".parse().unwrap(), "::".parse().unwrap());
        assert_eq!(reach().resolve("localhost", 5_060, four).await, Err(SipNotAllowed));
        assert_eq!(reach().resolve("[::1]", 5_060, six).await, Err(SipNotAllowed));
        let anywhere = SipReach::anywhere().resolve("localhost", 5_060, four).await;
        assert_eq!(anywhere, Ok("127.0.0.1:5060".parse().unwrap()));
    }
}
