//! Keeps outbound requests away from inner addresses: an admin of one tenant must not be able to
//! reach the machines beside the gateway.
//!
//! A name is resolved once; every address that it has is checked; and the connection goes to one of
//! those addresses, so a name that changes its mind in between gains nothing.

use domain::{Network, is_inner};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
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

#[cfg(test)]
mod tests {
    use super::*;

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
