//! What doors may connect to, and where they may listen. Their settings are a tenant's; this is for whoever
//! runs the gateway to say, so that no tenant reaches the machines beside it.

use domain::{Network, is_inner};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What doors may reach. The default is nothing that is inside, and no place to listen at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailReach {
    /// Inner networks that may be connected to nevertheless, at `inner_ports`.
    pub inner: Arc<[Network]>,
    /// The ports of inner addresses that may be connected to.
    pub inner_ports: Arc<[RangeInclusive<u16>]>,
    /// The ports at which a door may listen.
    pub listen_ports: Arc<[RangeInclusive<u16>]>,
    /// The folders in which a door may have a socket.
    pub listen_folders: Arc<[PathBuf]>,
}

/// Why there is no connection. The same words for all: they must not tell what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("whoever runs this gateway does not allow this address or port (see `mail` in its config)")]
pub struct NotAllowed;

impl MailReach {
    /// Everything: for whoever runs the gateway, and for tests.
    pub fn anywhere() -> Self {
        let all = ["0.0.0.0/0", "::/0"].iter().filter_map(|all| all.parse().ok());
        let ports: Arc<[RangeInclusive<u16>]> = Arc::from([1..=u16::MAX]);
        Self {
            inner: all.collect(),
            inner_ports: Arc::clone(&ports),
            listen_ports: ports,
            listen_folders: Arc::from([PathBuf::from("/")]),
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

    /// May this host be connected to, as far as can be said before its name is resolved?
    pub fn may_allow(&self, host: &str, port: u16) -> bool {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        bare.parse::<IpAddr>().map_or(true, |ip| self.allows(SocketAddr::new(ip, port)))
    }

    /// May a door listen at this port?
    pub fn allows_listening(&self, port: u16) -> bool {
        has(&self.listen_ports, port)
    }

    /// May a door have a socket there? Only below a listed folder, and by a path that leads nowhere else.
    pub fn allows_socket(&self, path: &Path) -> bool {
        use std::path::Component;
        let is_straight =
            path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let is_below = |folder: &PathBuf| path.starts_with(folder) && path != folder.as_path();
        is_straight && path.is_absolute() && self.listen_folders.iter().any(is_below)
    }

    /// Resolves a name, once: the connection goes to one of these addresses, so that a name that changes
    /// its mind in between gains nothing.
    ///
    /// # Errors
    /// [`NotAllowed`] (as the cause) when one of its addresses is not allowed; else what the system says.
    pub async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
        if found.is_empty() || !found.iter().all(|address| self.allows(*address)) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, NotAllowed));
        }
        Ok(found)
    }
}

fn has(ports: &[RangeInclusive<u16>], port: u16) -> bool {
    ports.iter().any(|range| range.contains(&port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach() -> MailReach {
        MailReach {
            inner: Arc::from(["10.0.0.0/8".parse().unwrap()]),
            inner_ports: Arc::from([143..=143, 993..=993]),
            listen_ports: Arc::from([2_400..=2_499]),
            listen_folders: Arc::from([PathBuf::from("/run/hutong")]),
        }
    }

    #[test]
    fn inside_only_what_is_listed_is_reached_and_only_at_listed_ports() {
        let allows = |to: &str| reach().allows(to.parse().unwrap());
        assert!(allows("8.8.8.8:6379") && allows("[2606:4700::1111]:993"), "outside");
        assert!(allows("10.1.2.3:993"));
        assert!(!allows("10.1.2.3:6379"), "a store beside the mail server");
        assert!(!allows("127.0.0.1:993") && !allows("[::1]:993"));
        assert!(!allows("169.254.169.254:143"), "the cloud's metadata");
        assert!(!allows("[::ffff:127.0.0.1]:993"), "the same, wrapped");
        assert!(allows("[::ffff:10.1.2.3]:993"));
        assert!(!MailReach::default().allows("10.1.2.3:993".parse().unwrap()));
        assert!(!reach().may_allow("[::1]", 993) && reach().may_allow("imap.example", 1));
    }

    #[test]
    fn listening_is_for_listed_ports_and_folders() {
        assert!(reach().allows_listening(2_424) && !reach().allows_listening(8_080));
        assert!(reach().allows_socket(Path::new("/run/hutong/mail.sock")));
        for refused in
            ["/run/hutong", "/run/hutong2/x", "/run/hutong/../x", "/etc/x", "run/hutong/x"]
        {
            assert!(!reach().allows_socket(Path::new(refused)), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_resolved_and_refused() {
        let refused = reach().resolve("localhost", 993).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(!MailReach::anywhere().resolve("localhost", 993).await.unwrap().is_empty());
    }
}
