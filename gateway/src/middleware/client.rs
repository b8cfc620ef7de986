//! Who is at the other end of a connection: the address that limits count, behind trusted proxies.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network such as `10.0.0.0/8`; a bare address is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no address or network");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_bad| bad())?;
        let all: u8 = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= all).ok_or_else(bad)?,
            None => all,
        };
        Ok(Self { address, bits })
    }
}

impl Network {
    /// Does the address belong to the network? An IPv4 address inside IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(mine) & mask == u32::from(other) & mask
            }
            (IpAddr::V6(mine), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(mine) & mask == u128::from(other) & mask
            }
            _ => false,
        }
    }
}

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
    fn networks_hold_their_addresses_only() {
        let check = |network: &str, address: &str, inside: bool| {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(ip(address)), inside, "{network:?} {address}");
        };
        check("10.0.0.0/8", "10.255.1.2", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("0.0.0.0/0", "8.8.8.8", true);
        check("127.0.0.1", "127.0.0.1", true);
        check("127.0.0.1", "127.0.0.2", false);
        check("10.0.0.0/8", "::ffff:10.1.1.1", true);
        check("fd00::/8", "fd12::1", true);
        check("::/0", "2001:db8::1", true);
        check("::/0", "1.2.3.4", false);
        assert!("10.0.0.0/33".parse::<Network>().is_err());
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
