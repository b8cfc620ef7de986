//! Saying who we are: digest authentication (RFC 7616, as RFC 8760 has it for SIP).
//!
//! Challenges are read here and not by the stack, which knows neither `SHA-256` nor a list of protections
//! (`qop="auth,auth-int"`). Of several challenges the strongest that we can answer is taken.

use crate::secret::Secret;
use rsipstack::sip::headers::auth::{Algorithm, AuthQop};
use rsipstack::sip::{DigestGenerator, HasHeaders, Header, Method, Response, Uri, headers};

/// The longest part of a challenge that is repeated to the far end, in bytes.
const PART_BYTES_MAX: usize = 1_024;

/// Who we are at the far end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: Secret,
}

/// Where the answer to a challenge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// The far end itself (401).
    Server,
    /// Somebody on the way (407).
    Proxy,
}

/// What the far end asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    asks: Asks,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Named,
    has_qop: bool,
    /// Only the nonce was too old: who we are was right.
    pub(super) is_stale: bool,
}

/// The hashes that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Unsaid,
    Md5,
    Sha256,
}

impl Challenge {
    /// The strongest challenge of a 401 or 407 that we can answer.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let all = response.headers().iter().filter_map(|header| match header {
            Header::WwwAuthenticate(value) => Self::read(value.value(), Asks::Server),
            Header::ProxyAuthenticate(value) => Self::read(value.value(), Asks::Proxy),
            _ => None,
        });
        // The first of the strongest: `max_by_key` gives the last.
        all.collect::<Vec<_>>().into_iter().rev().max_by_key(|challenge| challenge.algorithm)
    }

    fn read(value: &str, asks: Asks) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let parts = parts(rest);
        let part = |name: &str| {
            let found = parts.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        let algorithm = match part("algorithm").map(|name| name.to_ascii_uppercase()).as_deref() {
            None => Named::Unsaid,
            Some("MD5") => Named::Md5,
            Some("SHA-256") => Named::Sha256,
            Some(_) => return None,
        };
        let qop = part("qop");
        let has_auth =
            |list: &String| list.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth"));
        // A protection that we do not offer (only `auth-int`) is one that we cannot answer.
        if qop.as_ref().is_some_and(|list| !has_auth(list)) {
            return None;
        }
        Some(Self {
            asks,
            realm: part("realm")?,
            nonce: part("nonce")?,
            opaque: part("opaque"),
            algorithm,
            has_qop: qop.is_some(),
            is_stale: part("stale").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        })
    }

    /// The header field that answers it.
    pub(super) fn answer(&self, who: &Credentials, method: Method, uri: &Uri) -> Header {
        let cnonce = format!("{:016x}", rand::random::<u64>());
        self.answer_with(who, method, uri, &cnonce)
    }

    fn answer_with(&self, who: &Credentials, method: Method, uri: &Uri, cnonce: &str) -> Header {
        let qop = AuthQop::Auth { cnonce: cnonce.to_owned(), nc: 1 };
        let response = DigestGenerator {
            username: &who.user,
            password: who.password.reveal(),
            nonce: &self.nonce,
            uri,
            realm: &self.realm,
            method: &method,
            qop: self.has_qop.then_some(&qop),
            algorithm: match self.algorithm {
                Named::Sha256 => Algorithm::Sha256,
                Named::Unsaid | Named::Md5 => Algorithm::Md5,
            },
        }
        .compute();
        let mut text = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{uri}\", response=\"{response}\"",
            who.user, self.realm, self.nonce
        );
        match self.algorithm {
            Named::Unsaid => {}
            Named::Md5 => text.push_str(", algorithm=MD5"),
            Named::Sha256 => text.push_str(", algorithm=SHA-256"),
        }
        if self.has_qop {
            text.push_str(&format!(", qop=auth, nc=00000001, cnonce=\"{cnonce}\""));
        }
        if let Some(opaque) = &self.opaque {
            text.push_str(&format!(", opaque=\"{opaque}\""));
        }
        match self.asks {
            Asks::Server => Header::Authorization(headers::Authorization::new(text)),
            Asks::Proxy => Header::ProxyAuthorization(headers::ProxyAuthorization::new(text)),
        }
    }
}

/// `name=value` and `name="value"`, separated by commas. A value that could break out of our answer is
/// left out, and so then is the challenge.
fn parts(text: &str) -> Vec<(String, String)> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([',', ' ', '\t']).to_owned();
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        let is_plain = |c: char| (' '..='~').contains(&c) && c != '\\' && c != '"';
        if value.len() <= PART_BYTES_MAX && value.chars().all(is_plain) {
            parts.push((name, value.trim().to_owned()));
        }
        rest = left;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5_WITHOUT_QOP: &str = "da5d59f23ad288dc6b0101b450d6f947";
    const MD5_WITH_QOP: &str = "95b2b9944a21dd335b8f92b7f28f8473";
    const SHA256_WITH_QOP: &str =
        "97814bafec7230ccd462fe930368ee141af09ad4bfb0dfa47709a54926d6c50f";

    fn mufasa() -> Credentials {
        Credentials { user: "Mufasa".to_owned(), password: Secret::new("Circle of Life") }
    }

    fn response(head: &str) -> Response {
        Response::try_from(format!("SIP/2.0 401 Unauthorized\r\n{head}\r\n\r\n").as_str()).unwrap()
    }

    fn value(header: &Header) -> &str {
        match header {
            Header::Authorization(value) => value.value(),
            Header::ProxyAuthorization(value) => value.value(),
            other => panic!("{other:?}"),
        }
    }

    /// Expected values are those of Python's hashlib.
    #[test]
    fn answers_are_what_another_implementation_computes() {
        let uri = Uri::try_from("sip:bob@biloxi.com").unwrap();
        for (challenge, expected) in [
            (
                "Digest realm=\"biloxi.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
                MD5_WITHOUT_QOP,
            ),
            (
                "Digest realm=\"biloxi.com\", qop=\"auth,auth-int\", algorithm=MD5, nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
                MD5_WITH_QOP,
            ),
            (
                "Digest realm=\"biloxi.com\",nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",algorithm=SHA-256,qop=\"auth\"",
                SHA256_WITH_QOP,
            ),
        ] {
            let challenge = Challenge::read(challenge, Asks::Server).unwrap();
            let answer = challenge.answer_with(&mufasa(), Method::Invite, &uri, "0a4f113b");
            assert!(value(&answer).contains(&format!("response=\"{expected}\"")), "{answer}");
        }
    }

    #[test]
    fn the_strongest_that_we_know_is_answered_and_in_its_place() {
        let challenge = Challenge::of(&response(
            "WWW-Authenticate: Digest realm=\"a\", nonce=\"1\", algorithm=SHA-512-256, qop=\"auth\"\r\n\
             WWW-Authenticate: Digest realm=\"a\", nonce=\"2\", algorithm=MD5, qop=\"auth\", opaque=\"o\"\r\n\
             WWW-Authenticate: Digest realm=\"a\", nonce=\"3\", algorithm=SHA-256, qop=\"auth\", opaque=\"p\"",
        ));
        let uri = Uri::try_from("sip:a").unwrap();
        let answer = challenge.unwrap().answer(&mufasa(), Method::Register, &uri);
        let text = value(&answer);
        assert!(matches!(answer, Header::Authorization(_)) && text.contains("nonce=\"3\""));
        assert!(
            text.contains("algorithm=SHA-256, qop=auth, nc=00000001")
                && text.contains("opaque=\"p\"")
        );
        let proxy = Challenge::of(&response(
            "Proxy-Authenticate: Digest realm=\"a\", nonce=\"1\", stale=TRUE",
        ));
        let proxy = proxy.unwrap();
        assert!(proxy.is_stale);
        assert!(matches!(
            proxy.answer(&mufasa(), Method::Bye, &uri),
            Header::ProxyAuthorization(_)
        ));
    }

    #[test]
    fn what_cannot_be_answered_is_no_challenge() {
        for head in [
            "WWW-Authenticate: Basic realm=\"a\"",
            "WWW-Authenticate: Digest realm=\"a\"",
            "WWW-Authenticate: Digest realm=\"a\", nonce=\"1\", qop=\"auth-int\"",
            "WWW-Authenticate: Digest realm=\"a\\\", nonce=\"1\"",
            "WWW-Authenticate: Digest",
            "X: y",
        ] {
            assert_eq!(Challenge::of(&response(head)), None, "{head}");
        }
    }
}
