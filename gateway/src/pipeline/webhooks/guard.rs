//! Keeps outbound requests away from inner addresses: an admin of one tenant must not be able to
//! reach the machines beside the gateway.
//!
//! A name is resolved once; every address that it has is checked; and the connection goes to one of
//! those addresses, so a name that changes its mind in between gains nothing.

use crate::middleware::client::Network;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// Why a request is not made. The same words for all: they must not tell what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address is not allowed")]
pub struct NotAllowed;

/// What outbound requests may reach.
#[derive(Debug, Clone)]
pub struct Guard {
    allow_http: bool,
    allow_inner: Arc<[Network]>,
}

impl Guard {
    /// A guard; `allow_inner` names inner networks that may be reached nevertheless.
    pub fn new(allow_http: bool, allow_inner: &[String]) -> Self {
        let allow_inner = allow_inner.iter().filter_map(|network| network.parse().ok()).collect();
        Self { allow_http, allow_inner }
    }

    /// May this URL be requested, as far as can be said before its name is resolved?
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub fn check_url(&self, text: &str) -> Result<Url, NotAllowed> {
        let url = Url::parse(text).map_err(|_bad| NotAllowed)?;
        let scheme = url.scheme() == "https" || (self.allow_http && url.scheme() == "http");
        let bare = url.username().is_empty() && url.password().is_none();
        let host = match url.host() {
            Some(Host::Ipv4(address)) => self.allows(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.allows(IpAddr::V6(address)),
            // Its addresses are checked when it is resolved.
            Some(Host::Domain(name)) => !name.is_empty(),
            None => false,
        };
        if scheme && bare && host { Ok(url) } else { Err(NotAllowed) }
    }

    /// May this address be connected to?
    pub fn allows(&self, address: IpAddr) -> bool {
        !is_inner(address) || self.allow_inner.iter().any(|network| network.contains(address))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() || !found.iter().all(|address| guard.allows(address.ip())) {
                return Err(NotAllowed.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Is this an address that only means something inside: private, local, shared, reserved, or a
/// wrapping of one?
pub fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_inner_v4(v4),
        IpAddr::V6(v6) => is_inner_v6(v6),
    }
}

fn is_inner_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        // This network, private, loopback, multicast, reserved and broadcast.
        (0 | 10 | 127 | 224..=255, _, _) => true,
        // Shared with the provider (CGNAT), link-local with the clouds' metadata, private.
        (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, the old 6to4 relay, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => {
            true
        }
        _ => false,
    }
}

fn is_inner_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let [high, low] = [g.to_be_bytes(), h.to_be_bytes()];
    let embedded = Ipv4Addr::new(high[0], high[1], low[0], low[1]);
    match (a, b) {
        // Unspecified, loopback, mapped and compatible IPv4: what they wrap, and never the rest.
        (0, 0) => match (c, d, e, f) {
            (0, 0, 0, 0xffff) => is_inner_v4(embedded),
            _ => true,
        },
        // NAT64: what it wraps.
        (0x64, 0xff9b) => (c, d, e, f) != (0, 0, 0, 0) || is_inner_v4(embedded),
        // Discard, protocol assignments with Teredo, documentation.
        (0x100, 0) | (0x2001, 0..=0x1ff | 0xdb8) => true,
        // 6to4, documentation, segment routing.
        (0x2002, _) | (0x3fff, 0..=0xfff) | (0x5f00, _) => true,
        // Unique local, link-local, the old site-local, multicast.
        _ => {
            matches!(a & 0xfe00, 0xfc00)
                || matches!(a & 0xffc0, 0xfe80 | 0xfec0)
                || a & 0xff00 == 0xff00
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses that no webhook may call.
    const INNER: &str = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.8.8.8 \
        169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 \
        192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 \
        239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 \
        ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 ::ffff:0:8.8.8.8 \
        64:ff9b::10.0.0.1 64:ff9b::127.0.0.1 64:ff9b:1::1 100::1 2001::1 \
        2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1 \
        2002:7f00:1:: 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 \
        febf::1 fec0::1 ff02::1 ff0e::1";

    /// Their neighbours, which it may.
    const OUTER: &str = "1.1.1.1 8.8.8.8 11.0.0.1 100.63.255.255 100.128.0.1 128.0.0.1 169.253.1.1 \
        172.15.0.1 172.32.0.1 192.0.1.1 192.167.1.1 198.17.0.1 198.20.0.1 \
        223.255.255.255 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2606:4700::1111 2001:4860::8888 \
        2400:3200::1 240e::1";

    #[test]
    fn inner_addresses_of_every_shape_are_known() {
        for inner in INNER.split_whitespace() {
            assert!(is_inner(inner.parse().unwrap()), "{inner}");
        }
        for outer in OUTER.split_whitespace() {
            assert!(!is_inner(outer.parse().unwrap()), "{outer}");
        }
    }

    #[test]
    fn urls_are_checked_in_every_spelling() {
        let guard = Guard::new(false, &["10.1.0.0/16".to_owned()]);
        for refused in [
            "http://example.com/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://x",
            "not a url",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest",
            "https://user:pw@example.com/",
            "https://user@example.com/",
            "https://10.2.0.1/",
            "https:///x/../..",
        ] {
            assert_eq!(
                guard.check_url(refused).map(String::from),
                check_expected(refused),
                "{refused}"
            );
        }
        assert!(guard.check_url("https://example.com:8443/hook?x=1").is_ok());
        assert!(guard.check_url("https://10.1.2.3/").is_ok(), "an inner network that is listed");
        assert!(Guard::new(true, &[]).check_url("http://example.com/").is_ok());
    }

    /// `https:///x` names a host `x` for browsers and for us; it is resolved and checked like any.
    fn check_expected(text: &str) -> Result<String, NotAllowed> {
        if text == "https:///x/../.." { Ok("https://x/".to_owned()) } else { Err(NotAllowed) }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_does_not_resolve() {
        let refused = Guard::new(false, &[]).resolve("localhost".parse().unwrap()).await;
        assert!(refused.is_err());
        let allowed = Guard::new(false, &["127.0.0.0/8".to_owned(), "::1".to_owned()]);
        assert!(allowed.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
