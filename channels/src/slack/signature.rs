//! How Slack signs its calls
//! (<https://docs.slack.dev/authentication/verifying-requests-from-slack>).

use crate::adapter::RawRequest;
use crate::error::AdapterError;
use crate::secret::Secret;
use domain::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far Slack's clock and ours may be apart, in seconds: an older call is a replayed one.
const APART_SECS_MAX: i64 = 300;

/// Is the call from Slack, and new? The signature covers the raw bytes.
pub(super) fn check(
    request: &RawRequest,
    secret: &Secret,
    now: Timestamp,
) -> Result<(), AdapterError> {
    let is_authentic = || {
        let time = request.header("x-slack-request-timestamp")?;
        let secs: i64 = time.parse().ok()?;
        let is_new = (now.0 / 1_000).checked_sub(secs)?.checked_abs()? <= APART_SECS_MAX;
        let given = hex(request.header("x-slack-signature")?.strip_prefix("v0=")?)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).ok()?;
        mac.update(format!("v0:{time}:").as_bytes());
        mac.update(&request.body);
        // In constant time.
        (mac.verify_slice(&given).is_ok() && is_new && !secret.is_empty()).then_some(())
    };
    is_authentic().ok_or(AdapterError::NotAuthentic)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = text.as_bytes().chunks(2).filter(|_| is_hex);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect::<Option<Vec<u8>>>().filter(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    /// The example of Slack's own documentation.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIME: &str = "1531420618";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    fn request(time: &str, signature: &str, body: &str) -> RawRequest {
        let header =
            |name: &str, value: &str| (name.to_owned(), Bytes::copy_from_slice(value.as_bytes()));
        RawRequest {
            method: "POST".to_owned(),
            path_and_query: "/".to_owned(),
            below: String::new(),
            headers: vec![
                header("x-slack-request-timestamp", time),
                header("x-slack-signature", signature),
            ],
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn is_taken(request: &RawRequest, secret: &str, secs: i64) -> bool {
        check(request, &Secret::new(secret), Timestamp(secs * 1_000)).is_ok()
    }

    #[test]
    fn the_example_of_the_documentation_is_taken_for_five_minutes() {
        let (good, then) = (request(TIME, SIGNATURE, BODY), 1_531_420_618);
        assert!(is_taken(&good, SECRET, then) && is_taken(&good, SECRET, then + 300));
        assert!(is_taken(&good, SECRET, then - 300));
        assert!(!is_taken(&good, SECRET, then + 301) && !is_taken(&good, SECRET, then - 301));
        assert!(!is_taken(&good, "", then) && !is_taken(&good, "other", then));
    }

    #[test]
    fn anything_else_is_refused() {
        let then = 1_531_420_618;
        let cut = SIGNATURE.split_at(60).0;
        for signature in ["", "v0=", cut, &SIGNATURE.replace("v0", "v1"), &format!("{SIGNATURE}00")]
        {
            assert!(!is_taken(&request(TIME, signature, BODY), SECRET, then), "{signature}");
        }
        for time in
            ["", "1531420619", "-9223372036854775808", "9223372036854775807", "1e9", " 1531420618"]
        {
            assert!(!is_taken(&request(time, SIGNATURE, BODY), SECRET, then), "{time}");
        }
        assert!(!is_taken(
            &request(TIME, SIGNATURE, &BODY.replace("token", "tokem")),
            SECRET,
            then
        ));
    }
}
