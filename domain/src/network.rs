//! Networks, and which addresses are inside one: nobody but whoever runs the gateway may have it connect there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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

    /// Addresses that only mean something inside.
    const INNER: &str = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.8.8.8 \
        169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 \
        192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 \
        239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 \
        ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 ::ffff:0:8.8.8.8 \
        64:ff9b::10.0.0.1 64:ff9b::127.0.0.1 64:ff9b:1::1 100::1 2001::1 \
        2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1 \
        2002:7f00:1:: 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 \
        febf::1 fec0::1 ff02::1 ff0e::1";

    /// Their neighbours.
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
    fn networks_hold_their_addresses_only() {
        let check = |network: &str, address: &str, inside: bool| {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
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
}
