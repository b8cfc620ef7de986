//! Subscriptions that are none, and what services say.

use super::super::tests::Then::{Away, Gone, Pause, Refused, Sent};
use super::super::tests::{answer, assert_came, everything, long_notification, notification};
use super::*;
use crate::http::{Http, Reach};
use crate::push::PushSettings;
use proptest::prelude::*;
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use url::{Host, Url};

const POINT: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const ENDPOINT: &str = "https://updates.push.example/wpush/v2/CANARY-token";

/// What a gateway reaches by default: the outside, and that encrypted.
#[derive(Debug)]
struct Outside;

impl Reach for Outside {
    fn allows_url(&self, url: &Url) -> bool {
        let is_outside = match url.host() {
            Some(Host::Ipv4(address)) => !domain::is_inner(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => !domain::is_inner(IpAddr::V6(address)),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        url.scheme() == "https" && is_outside
    }
    fn allows_address(&self, address: IpAddr) -> bool {
        !domain::is_inner(address)
    }
}

fn outside() -> Means {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls.clone()).build().unwrap();
    Means { http: Http::new(client, Arc::new(tls), Arc::new(Outside)), ..Means::none() }
}

fn web_push() -> WebPush {
    let settings = PushSettings::of(&everything()).unwrap().unwrap();
    WebPush::new(settings.web_push.unwrap(), &outside())
}

fn told(endpoint: &str, p256dh: &str, auth: &str) -> Secret {
    let keys = json!({ "p256dh": p256dh, "auth": auth });
    Secret::new(json!({ "endpoint": endpoint, "expirationTime": null, "keys": keys }).to_string())
}

#[tokio::test]
async fn subscriptions_that_are_none_are_neither_kept_nor_called() {
    let web_push = web_push();
    assert_eq!(web_push.admit(&told(ENDPOINT, POINT, AUTH)), Ok(()));
    assert_eq!(web_push.admit(&told(ENDPOINT, &format!("{POINT}="), &format!("{AUTH}=="))), Ok(()));
    // One bit of the point is another, and lies on no curve.
    let off_curve = format!("{}A", POINT.strip_suffix('4').unwrap());
    let compressed = "AiVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx";
    let long = format!("https://push.example/{}", "a".repeat(2_048));
    let table = [
        (told(ENDPOINT, &off_curve, AUTH), "p256dh"),
        (told(ENDPOINT, compressed, AUTH), "p256dh"),
        (told(ENDPOINT, &"B".repeat(87), AUTH), "p256dh"),
        (told(ENDPOINT, "", AUTH), "p256dh"),
        (told(ENDPOINT, "not/base64+url", AUTH), "p256dh"),
        (told(ENDPOINT, POINT, "BTBZMqHH6r4Tts7J_aSI"), "16 bytes"),
        (told(ENDPOINT, POINT, ""), "16 bytes"),
        (told("http://updates.push.example/1", POINT, AUTH), "not allowed"),
        (told("https://127.0.0.1/1", POINT, AUTH), "not allowed"),
        (told("https://169.254.169.254/latest/meta-data", POINT, AUTH), "not allowed"),
        (told("https://[::ffff:10.0.0.1]/1", POINT, AUTH), "not allowed"),
        (told("https://0x7f000001/1", POINT, AUTH), "not allowed"),
        (told("file:///etc/passwd", POINT, AUTH), "not allowed"),
        (told("/relative", POINT, AUTH), "no URL"),
        (told(&long, POINT, AUTH), "no URL"),
        (Secret::new(format!("{:4097}", "{}")), "4096 bytes"),
        (Secret::new("CANARY-token"), "endpoint"),
        (Secret::new("{}"), "endpoint"),
        (Secret::new(r#"{"endpoint": 7, "keys": []}"#), "endpoint"),
    ];
    for (token, words) in table {
        let refused = web_push.admit(&token).expect_err(words);
        assert!(refused.contains(words), "{refused}, not {words}");
        let to = Target { provider: Provider::WebPush, token };
        assert_came(&web_push.push(&to, &notification()).await, &Refused(words), &words);
    }
}

#[test]
fn every_status_has_its_outcome() {
    let to = Subscription::read(told(ENDPOINT, POINT, AUTH).reveal()).unwrap();
    let retry = [("retry-after", "17")].as_slice();
    let table = [
        (201, [].as_slice(), Value::Null, Sent),
        (200, &[], Value::Null, Sent),
        (202, &[], Value::Null, Sent),
        (404, &[], Value::Null, Gone(None)),
        (410, &[], json!({ "errno": 106 }), Gone(None)),
        (400, &[], json!({ "message": "bad /wpush/v2/CANARY-token" }), Refused("bad /[token]")),
        (401, &[], Value::Null, Refused("another one")),
        (403, &[], json!({ "reason": "BadJwtToken" }), Refused("BadJwtToken")),
        (413, &[], Value::Null, Refused("HTTP 413")),
        (301, &[], Value::Null, Refused("HTTP 301")),
        (429, retry, Value::Null, Pause(17)),
        (429, &[], Value::Null, Pause(60)),
        (429, &[("retry-after", "0")], Value::Null, Pause(1)),
        (500, &[], Value::Null, Away("HTTP 500")),
        (502, &[], Value::Null, Away("HTTP 502")),
        (503, &[], Value::Null, Away("HTTP 503")),
        (503, retry, Value::Null, Pause(17)),
    ];
    for (status, headers, body, then) in table {
        assert_came(&judge(&answer(status, headers, &body), &to), &then, &(status, body));
    }
}

#[test]
fn tokens_are_made_once_for_each_server_and_renewed_before_they_end() {
    let vapid = web_push().vapid.unwrap();
    let header = |endpoint: &str, secs: i64| {
        vapid.header(&endpoint.parse().unwrap(), domain::Timestamp(secs * 1_000)).unwrap()
    };
    let first = header("https://a.example/1", 1_000_000);
    assert_eq!(first, header("https://a.example/2", 1_000_000 + 11 * 3_600 - 1));
    assert_ne!(first, header("https://a.example/1", 1_000_000 + 11 * 3_600));
    assert_ne!(first, header("https://b.example/1", 1_000_000));
    // However many servers devices name, what is kept has an end: the first one is signed anew.
    for n in 0..255 {
        header(&format!("https://{n}.example/"), 1_000_000);
    }
    assert_ne!(first, header("https://a.example/1", 1_000_001));
}

#[test]
fn the_longest_notification_is_sealed() {
    let to = Subscription::read(told(ENDPOINT, POINT, AUTH).reveal()).unwrap();
    let words = Value::Object(payload::fields(&long_notification())).to_string();
    assert!(seal::seal(words.as_bytes(), &to).unwrap().len() <= 2_048 + 86 + 16);
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in ".*", endpoint in ".*", key in "[A-Za-z0-9_=-]{0,100}", auth in "[A-Za-z0-9_=-]{0,30}") {
        drop(Subscription::read(&text));
        let keys = json!({ "p256dh": key, "auth": auth });
        let told = json!({ "endpoint": endpoint, "keys": keys }).to_string();
        if let Ok(to) = Subscription::read(&told) {
            prop_assert!(seal::seal(b"words", &to).is_ok());
        }
        drop(crate::push::key::EcKey::read(&text));
        drop(crate::push::service_account::ServiceAccount::read(&text));
    }
}
