//! Session descriptions (RFC 8866): what two telephones tell each other about where they listen and what they
//! speak. We hand each one's to the other, and change only whose session it is (`o=`) and which way media
//! flows.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The largest description that is handed on, in bytes.
const BYTES_MAX: usize = 4_096;

/// Which way media flows, as whoever describes it sees it (RFC 3264, 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Both,
    Sends,
    Receives,
    None,
}

impl Flow {
    fn word(self) -> &'static str {
        match self {
            Self::Both => "sendrecv",
            Self::Sends => "sendonly",
            Self::Receives => "recvonly",
            Self::None => "inactive",
        }
    }

    fn of(line: &str) -> Option<Self> {
        let all = [Self::Both, Self::Sends, Self::Receives, Self::None];
        let word = line.strip_prefix("a=")?;
        all.into_iter().find(|flow| flow.word() == word)
    }
}

/// Our session with one leg: the numbers of `o=` (RFC 8866, 5.2), of which the second grows with each change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    id: u64,
    version: u64,
}

impl Session {
    pub(super) fn new() -> Self {
        Self { id: u64::from(rand::random::<u32>()), version: 1 }
    }

    /// The session of somebody who died may have been changed after it was last told.
    pub(super) fn leap(&mut self) {
        self.version = self.version.saturating_add(1_000);
    }

    fn line(&mut self, here: IpAddr) -> String {
        self.version = self.version.saturating_add(1);
        format!("o=hutong {} {} IN {} {here}", self.id, self.version, family(here))
    }
}

/// What a telephone said of its media.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sdp(String);

/// It cannot be handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session description cannot be used")]
pub(super) struct NotSdp;

impl Sdp {
    /// Reads a description that has sound which flows somewhere.
    pub(super) fn read(body: &[u8]) -> Result<Self, NotSdp> {
        let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= BYTES_MAX);
        let sdp = Self(text.ok_or(NotSdp)?.to_owned());
        let is_line = |line: &str| {
            line.as_bytes().get(1) == Some(&b'=') && !line.bytes().any(|byte| byte < b' ')
        };
        let starts = sdp.lines().next() == Some("v=0");
        let has_origin = sdp.lines().any(|line| line.starts_with("o="));
        let is_heard = sdp.sound().is_some_and(|(port, _)| port != 0) && sdp.address().is_some();
        let fits = starts && has_origin && is_heard && sdp.lines().all(is_line);
        fits.then_some(sdp).ok_or(NotSdp)
    }

    /// A first offer: nothing flows yet, and what two ordinary telephones understand (RFC 3551, RFC 4733).
    pub(super) fn silent(session: &mut Session, here: IpAddr) -> String {
        let (origin, family) = (session.line(here), family(here));
        [
            "v=0",
            &origin,
            "s=-",
            &format!("c=IN {family} {here}"),
            "t=0 0",
            "m=audio 9 RTP/AVP 8 0 101",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-16",
            "a=inactive",
            "",
        ]
        .join("\r\n")
    }

    /// The same media for the other leg, within our session with it; with `flow`, that way in each media.
    pub(super) fn hand_on(
        &self,
        session: &mut Session,
        here: IpAddr,
        flow: Option<Flow>,
    ) -> String {
        let mut text = String::with_capacity(self.0.len() + 64);
        let mut add = |line: &str| {
            text.push_str(line);
            text.push_str("\r\n");
        };
        let mut within_media = false;
        for line in self.lines() {
            let is_media = line.starts_with("m=");
            if let Some(flow) = flow.filter(|_| is_media && within_media) {
                add(&format!("a={}", flow.word()));
            }
            within_media |= is_media;
            if line.starts_with("o=") {
                add(&session.line(here));
            } else if flow.is_none() || Flow::of(line).is_none() {
                add(line);
            }
        }
        if let Some(flow) = flow.filter(|_| within_media) {
            add(&format!("a={}", flow.word()));
        }
        text
    }

    /// Which way its sound flows. The old way to hold is an address of zeros (RFC 3264, 8.4).
    pub(super) fn flow(&self) -> Flow {
        if self.address().is_some_and(|address| address.ends_with(" 0.0.0.0")) {
            return Flow::None;
        }
        let (mut flow, mut is_sound, mut before_media) = (Flow::Both, false, true);
        for line in self.lines() {
            if line.starts_with("m=") {
                before_media = false;
                is_sound = line.starts_with("m=audio ");
            } else if let Some(said) = Flow::of(line).filter(|_| before_media || is_sound) {
                flow = said;
            }
        }
        flow
    }

    /// Where its sound is wanted: another place means that media has moved.
    pub(super) fn place(&self) -> Option<(String, u16)> {
        let (port, _) = self.sound()?;
        Some((self.address()?.to_owned(), port))
    }

    /// Is it the same session, unchanged (RFC 3264, 8: the same `o=`)?
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let origin =
            |sdp: &Self| sdp.lines().find(|line| line.starts_with("o=")).map(str::to_owned);
        origin(self) == origin(other)
    }

    /// Is it the same, and does it say the same? Not everybody counts their changes.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.is_same_as(other) && self.place() == other.place() && self.flow() == other.flow()
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty())
    }

    /// The port of the first sound, and the rest of its line.
    fn sound(&self) -> Option<(u16, &str)> {
        let line = self.lines().find_map(|line| line.strip_prefix("m=audio "))?;
        let (port, rest) = line.split_once(' ')?;
        let port = port.split('/').next()?;
        Some((port.parse().ok()?, rest))
    }

    /// The address of the first sound, or of all media.
    fn address(&self) -> Option<&str> {
        let (mut of_all, mut in_sound) = (None, false);
        for line in self.lines() {
            if line.starts_with("m=") {
                if in_sound {
                    break;
                }
                in_sound = line.starts_with("m=audio ");
            } else if let Some(address) = line.strip_prefix("c=") {
                if in_sound {
                    return Some(address);
                }
                of_all = of_all.or(Some(address));
            }
        }
        of_all
    }
}

fn family(ip: IpAddr) -> &'static str {
    if ip.is_ipv4() { "IP4" } else { "IP6" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";

    fn phone(extra: &str) -> String {
        format!(
            "v=0\r\no=phone 7 9 IN IP4 10.0.0.5\r\ns=call\r\nc=IN IP4 10.0.0.5\r\nt=0 0\r\n\
             m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n{extra}"
        )
    }

    fn read(text: &str) -> Sdp {
        Sdp::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn only_whose_it_is_and_the_way_of_media_change() {
        let mut session = Session { id: 5, version: 1 };
        let here = HERE.parse().unwrap();
        let handed = read(&phone("a=inactive\r\n")).hand_on(&mut session, here, Some(Flow::Both));
        let expected = phone("a=sendrecv\r\n")
            .replace("o=phone 7 9 IN IP4 10.0.0.5", "o=hutong 5 2 IN IP4 192.0.2.1");
        assert_eq!(handed, expected);
        let again = read(&phone("a=sendonly\r\n")).hand_on(&mut session, here, None);
        assert!(again.contains("o=hutong 5 3 ") && again.contains("a=sendonly"), "{again}");
    }

    #[test]
    fn every_media_gets_its_way() {
        let text = phone("a=sendonly\r\nm=video 0 RTP/AVP 99\r\na=recvonly\r\n");
        let mut session = Session::new();
        let handed = read(&text).hand_on(&mut session, HERE.parse().unwrap(), Some(Flow::None));
        assert_eq!(handed.matches("a=inactive").count(), 2, "{handed}");
        assert!(!handed.contains("sendonly") && !handed.contains("recvonly"));
        assert!(handed.find("a=inactive").unwrap() < handed.find("m=video").unwrap());
    }

    #[test]
    fn the_way_and_the_place_are_read() {
        assert_eq!(read(&phone("")).flow(), Flow::Both);
        assert_eq!(read(&phone("a=sendonly\n")).flow(), Flow::Sends);
        assert_eq!(read(&phone("").replace("s=call", "s=call\r\na=inactive")).flow(), Flow::None);
        assert_eq!(
            read(&phone("").replace("c=IN IP4 10.0.0.5", "c=IN IP4 0.0.0.0")).flow(),
            Flow::None
        );
        assert_eq!(read(&phone("")).place(), Some(("IN IP4 10.0.0.5".to_owned(), 4000)));
        let own = phone("c=IN IP4 10.0.0.6\r\n");
        assert_eq!(read(&own).place(), Some(("IN IP4 10.0.0.6".to_owned(), 4000)));
    }

    #[test]
    fn a_first_offer_can_be_read_and_is_silent() {
        let offer = Sdp::silent(&mut Session::new(), "2001:db8::1".parse().unwrap());
        let offer = read(&offer);
        assert_eq!(
            (offer.flow(), offer.place()),
            (Flow::None, Some(("IN IP6 2001:db8::1".to_owned(), 9)))
        );
    }

    #[test]
    fn what_is_no_sound_cannot_be_handed_on() {
        for text in [
            String::new(),
            "v=0\r\n".to_owned(),
            phone("").replace("m=audio 4000", "m=audio 0"),
            phone("").replace("m=audio", "m=video"),
            phone("").replace("c=IN IP4 10.0.0.5\r\n", ""),
            phone("a=x\u{0}y\r\n"),
            phone("not a line\r\n"),
            phone(&"a=x\r\n".repeat(1_000)),
        ] {
            assert!(Sdp::read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Sdp::read(&[0xff, 0xfe]).is_err());
    }
}
