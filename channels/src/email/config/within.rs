//! Settings held to what whoever runs the gateway lets them reach.

use super::{EmailConfig, Place};
use crate::error::SettingsProblem;
use crate::mail_reach::{MailReach, NotAllowed};
use std::net::SocketAddr;
use url::Url;

impl EmailConfig {
    /// Says to every part what it may reach. Names are checked again when they are resolved.
    ///
    /// # Errors
    /// Every place that is not allowed, with paths that start with `settings`.
    pub(in crate::email) fn within(
        mut self,
        reach: &MailReach,
    ) -> Result<Self, Vec<SettingsProblem>> {
        let mut refused = Vec::new();
        let mut check = |path: &str, is_allowed: bool| {
            if !is_allowed {
                let problem = NotAllowed.to_string();
                refused.push(SettingsProblem { path: format!("settings.{path}"), problem });
            }
        };
        let imap = self.imap.as_mut().map(|imap| ("imap.host", &mut imap.server));
        let smtp = self.smtp.as_mut().map(|smtp| ("smtp.host", &mut smtp.server));
        for (path, server) in imap.into_iter().chain(smtp) {
            check(path, reach.may_allow(&server.host, server.port));
            server.reach = reach.clone();
        }
        if let Some(oauth) = &mut self.oauth {
            check("oauth.token_url", may_request(reach, &oauth.token_url));
            oauth.reach = reach.clone();
        }
        match self.lmtp.as_ref().map(|lmtp| &lmtp.listen) {
            Some(Place::Tcp(at)) => check("lmtp.listen", reach.allows_listening(at.port())),
            Some(Place::Unix(path)) => check("lmtp.listen", reach.allows_socket(path)),
            None => {}
        }
        for (n, server) in self.dns.iter().enumerate() {
            check(&format!("dns[{n}]"), reach.allows(*server));
        }
        if refused.is_empty() { Ok(self) } else { Err(refused) }
    }
}

/// What is no address at all is somebody else's to say.
fn may_request(reach: &MailReach, url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return true };
    let port = url.port_or_known_default().unwrap_or_default();
    match url.host() {
        Some(url::Host::Ipv4(ip)) => reach.allows(SocketAddr::new(ip.into(), port)),
        Some(url::Host::Ipv6(ip)) => reach.allows(SocketAddr::new(ip.into(), port)),
        Some(url::Host::Domain(_)) | None => true,
    }
}
