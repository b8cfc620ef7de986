//! Addresses: SIP URIs as people write them into settings, and telephone numbers as a trunk wants them.
//!
//! Whatever is written here becomes part of a request's first line and of its header fields, so only few
//! characters may stand in it.

use domain::PhoneNumber;
use rsipstack::sip::{Transport, Uri};
use std::fmt;
use std::net::IpAddr;

/// The longest address, in bytes.
const BYTES_MAX: usize = 256;
/// The longest part before the `@`.
const USER_BYTES_MAX: usize = 64;

/// A SIP URI (RFC 3261, 19.1) without anything that we do not need: `sip:1001@10.0.0.5:5060;transport=tcp`.
#[derive(Clone, PartialEq, Eq)]
pub struct SipUri {
    /// What stands before the `@`; may be empty.
    pub user: String,
    /// A name, or an address; IPv6 in brackets.
    pub host: String,
    /// The port, where it is said.
    pub port: Option<u16>,
    /// How it is reached: UDP unless another way is said; TLS for `sips:`.
    pub transport: Transport,
}

// It is somebody's telephone.
impl fmt::Debug for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SipUri").field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// It is no address that is used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an address is `sip:name@host`, with `:port` and `;transport=udp`, `tcp` or `tls` where needed"
)]
pub struct NotAddress;

impl SipUri {
    /// Reads an address.
    ///
    /// # Errors
    /// [`NotAddress`] for anything else, and for characters that have no business there.
    pub fn parse(text: &str) -> Result<Self, NotAddress> {
        if text.len() > BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotAddress);
        }
        let (scheme, rest) = text.split_once(':').ok_or(NotAddress)?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "sip" => false,
            "sips" => true,
            _ => return Err(NotAddress),
        };
        let mut parts = rest.split(';');
        let place = parts.next().unwrap_or_default();
        let (user, host) = place.rsplit_once('@').unwrap_or(("", place));
        let (host, port) = host_and_port(host)?;
        let mut transport = if is_secure { Transport::Tls } else { Transport::Udp };
        for part in parts {
            match part.to_ascii_lowercase().as_str() {
                "transport=udp" if !is_secure => transport = Transport::Udp,
                "transport=tcp" if !is_secure => transport = Transport::Tcp,
                "transport=tls" => transport = Transport::Tls,
                "user=phone" | "lr" => {}
                _ => return Err(NotAddress),
            }
        }
        let fits = user.is_empty() || is_user(user);
        fits.then(|| Self { user: user.to_owned(), host, port, transport }).ok_or(NotAddress)
    }

    /// The same place, somebody else.
    pub fn with_user(&self, user: &str) -> Self {
        Self { user: user.to_owned(), ..self.clone() }
    }

    /// The port that it means (RFC 3261, 19.1.2).
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(if self.transport == Transport::Tls { 5061 } else { 5060 })
    }
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sip:")?;
        if !self.user.is_empty() {
            write!(f, "{}@", self.user)?;
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        match self.transport {
            Transport::Tcp => f.write_str(";transport=tcp"),
            Transport::Tls => f.write_str(";transport=tls"),
            _ => Ok(()),
        }
    }
}

/// May this stand before an `@`?
pub(super) fn is_user(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*+".contains(&byte);
    !text.is_empty() && text.len() <= USER_BYTES_MAX && text.bytes().all(is_plain)
}

/// A host name, as it may stand in a URI.
pub(super) fn is_host(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.len() <= 253 && text.bytes().all(is_plain)
}

fn host_and_port(text: &str) -> Result<(String, Option<u16>), NotAddress> {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0).ok_or(NotAddress);
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, rest) = rest.split_once(']').ok_or(NotAddress)?;
        let Ok(IpAddr::V6(ip)) = ip.parse() else { return Err(NotAddress) };
        let port = match rest.strip_prefix(':') {
            Some(digits) => Some(port(digits)?),
            None if rest.is_empty() => None,
            None => return Err(NotAddress),
        };
        return Ok((format!("[{ip}]"), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, digits)) => (host, Some(port(digits)?)),
        None => (text, None),
    };
    is_host(host).then(|| (host.to_owned(), port)).ok_or(NotAddress)
}

/// How a trunk wants numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberFormat {
    /// `+8613800000000`.
    Plus,
    /// `8613800000000`.
    Plain,
    /// `008613800000000`.
    ZeroZero,
    /// `13800000000` within the country (behind `prefix`, where there is one), `00…` elsewhere.
    National {
        /// The country's code, digits.
        country: String,
        /// What stands before a number of the country; often nothing, or `0`.
        prefix: String,
    },
}

impl NumberFormat {
    /// A number as the trunk is told.
    pub(super) fn write(&self, number: &PhoneNumber) -> String {
        let whole = number.e164();
        let digits = whole.strip_prefix('+').unwrap_or(whole);
        match self {
            Self::Plus => format!("+{digits}"),
            Self::Plain => digits.to_owned(),
            Self::ZeroZero => format!("00{digits}"),
            Self::National { country, prefix } => match digits.strip_prefix(country.as_str()) {
                Some(rest) if !country.is_empty() => format!("{prefix}{rest}"),
                _ => format!("00{digits}"),
            },
        }
    }

    /// A number as the trunk tells it, whatever way it writes numbers today.
    pub(super) fn read(&self, text: &str) -> Option<PhoneNumber> {
        let kept: String = text.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')')).collect();
        let whole = if kept.starts_with('+') {
            kept
        } else if let Some(rest) = kept.strip_prefix("00") {
            format!("+{rest}")
        } else {
            match self {
                Self::Plus | Self::Plain | Self::ZeroZero => format!("+{kept}"),
                Self::National { country, prefix } => {
                    let rest = kept.strip_prefix(prefix.as_str()).unwrap_or(&kept);
                    format!("+{country}{}", rest.strip_prefix('0').unwrap_or(rest))
                }
            }
        };
        whole.parse().ok()
    }
}

/// Who stands in a `From` or `P-Asserted-Identity`: the part before the `@`, or the number of a `tel:`.
pub(super) fn user_of(header: &str) -> Option<String> {
    let inner = header.rsplit_once('<').map_or(header, |(_name, rest)| rest);
    let inner = inner.split(['>', ';']).next().unwrap_or_default().trim();
    if let Some(number) = inner.strip_prefix("tel:") {
        return Some(number.to_owned());
    }
    let uri = Uri::try_from(inner).ok()?;
    uri.user().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("sip:1001@10.0.0.5", "sip:1001@10.0.0.5"),
            ("SIP:wang.li@pbx.city.cn:5070", "sip:wang.li@pbx.city.cn:5070"),
            ("sip:1001@10.0.0.5:5060;transport=TCP", "sip:1001@10.0.0.5:5060;transport=tcp"),
            ("sips:1001@pbx.city.cn", "sip:1001@pbx.city.cn;transport=tls"),
            ("sip:trunk.cn", "sip:trunk.cn"),
            ("sip:a@[2001:db8::1]:5062", "sip:a@[2001:db8::1]:5062"),
        ] {
            assert_eq!(SipUri::parse(text).unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_could_break_out_of_a_header_is_no_address() {
        for text in [
            "",
            "1001",
            "tel:+86138",
            "sip:",
            "sip:@",
            "sip:a@b\r\nX: y",
            "sip:a b@c",
            "sip:a@b>",
            "sip:a@b;maddr=10.0.0.1",
            "sip:a@b?Subject=x",
            "sip:a@b:0",
            "sip:a@b:70000",
            "sip:a%0d@b",
            "sip:a,b@c",
            "sip:a@[::1",
            "sip:局@b",
        ] {
            assert_eq!(SipUri::parse(text), Err(NotAddress), "{text:?}");
        }
        assert!(SipUri::parse(&format!("sip:{}@b", "a".repeat(65))).is_err());
    }

    #[test]
    fn numbers_go_out_and_come_in_as_the_trunk_writes_them() {
        let (here, abroad) =
            ("+8613800001234".parse().unwrap(), "+442071234567".parse::<PhoneNumber>().unwrap());
        let national = |prefix: &str| NumberFormat::National {
            country: "86".to_owned(),
            prefix: prefix.to_owned(),
        };
        assert_eq!(NumberFormat::Plus.write(&here), "+8613800001234");
        assert_eq!(NumberFormat::Plain.write(&here), "8613800001234");
        assert_eq!(NumberFormat::ZeroZero.write(&here), "008613800001234");
        assert_eq!(national("").write(&here), "13800001234");
        assert_eq!(national("9").write(&here), "913800001234");
        assert_eq!(national("").write(&abroad), "00442071234567");
        for format in [NumberFormat::Plus, NumberFormat::Plain, national(""), national("0")] {
            assert_eq!(format.read(&format.write(&here)).as_ref(), Some(&here), "{format:?}");
            assert_eq!(format.read("+442071234567").as_ref(), Some(&abroad));
            assert_eq!(format.read("00442071234567").as_ref(), Some(&abroad));
        }
        assert_eq!(national("").read("anonymous"), None);
        assert_eq!(national("").read("02012345678"), "+862012345678".parse().ok());
    }

    #[test]
    fn who_rings_is_read_from_header_fields() {
        for (header, user) in [
            ("\"Li <x>\" <sip:+8613800001234@trunk.cn;user=phone>;tag=1", Some("+8613800001234")),
            ("<tel:+8613800001234>", Some("+8613800001234")),
            ("sip:13800001234@trunk.cn;tag=1", Some("13800001234")),
            ("<sip:trunk.cn>", None),
            ("nonsense", None),
        ] {
            assert_eq!(user_of(header).as_deref(), user, "{header}");
        }
    }
}
