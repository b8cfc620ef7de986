//! Who is at the other end of a connection: the address that limits count, behind trusted proxies.

use domain::Network;
use std::net::{IpAddr, Ipv6Addr};

/// The client's address: the peer's, or what the nearest trusted proxies forwarded. Walks
/// `X-Forwarded-For` from the right and stops at the first hop that is not trusted, so nothing that
/// a client wrote there itself is believed.
pub fn address(peer: IpAddr, forwarded_for: Option<&str>, trusted: &[Network]) -> IpAddr {
    let mut address = peer.to_canonical();
    let mut hops = forwarded_for.unwrap_or("").rsplit(',').map(str::trim);
    while trusted.iter().any(|network| network.contains(address)) {
        match hops.next().and_then(|hop| hop.parse::<IpAddr>().ok()) {
            Some(hop) => address = hop.to_canonical(),
            None => break,
        }
    }
    address
}

/// The name under which limits count an address: IPv4 whole, IPv6 by /64, because a household gets
/// no less. Safe inside a Redis key.
pub fn limit_key(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("{:08x}", u32::from(v4)),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{:016x}", u128::from(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)) >> 64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_forwarded_address_counts_only_from_trusted_hops() {
        let trusted = networks(&["10.0.0.0/8"]);
        let of = |peer: &str, header: &str| address(ip(peer), Some(header), &trusted).to_string();
        assert_eq!(of("9.9.9.9", "1.1.1.1"), "9.9.9.9", "the peer is no proxy of ours");
        assert_eq!(of("10.0.0.1", "1.1.1.1"), "1.1.1.1");
        assert_eq!(
            of("10.0.0.1", "6.6.6.6, 1.1.1.1"),
            "1.1.1.1",
            "the left part is the client's word"
        );
        assert_eq!(of("10.0.0.1", "1.1.1.1, 10.0.0.2"), "1.1.1.1");
        assert_eq!(of("10.0.0.1", "rubbish"), "10.0.0.1");
    }

    #[test]
    fn a_v6_household_is_one_client() {
        assert_eq!(limit_key(ip("2001:db8:1:2::1")), limit_key(ip("2001:db8:1:2:ffff::9")));
        assert_ne!(limit_key(ip("2001:db8:1:2::1")), limit_key(ip("2001:db8:1:3::1")));
    }
}
