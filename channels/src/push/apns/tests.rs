//! What Apple says, and what it is told.

use super::super::tests::Then::{Away, Gone, Pause, Refused, Sent};
use super::super::tests::{answer, assert_came, everything, long_notification, notification};
use super::*;
use crate::push::PushSettings;

#[test]
fn every_reason_has_its_outcome() {
    let said = |reason: &str| json!({ "reason": reason });
    let at = json!({ "reason": "Unregistered", "timestamp": 1_792_398_600_123_i64 });
    let retry = [("retry-after", "17")].as_slice();
    let table = [
        (200, [].as_slice(), Value::Null, Sent),
        (410, &[], at, Gone(Some(1_792_398_600_123))),
        (410, &[], said("ExpiredToken"), Gone(None)),
        (400, &[], said("BadDeviceToken"), Gone(None)),
        (400, &[], said("DeviceTokenNotForTopic"), Refused("bundle id")),
        (400, &[], said("TopicDisallowed"), Refused("bundle id")),
        (400, &[], said("BadExpirationDate"), Refused("BadExpirationDate")),
        (400, &[], said("CANARY-token"), Refused("[token]")),
        (403, &[], said("InvalidProviderToken"), Refused("key_id")),
        (403, &[], said("ExpiredProviderToken"), Refused("clock")),
        (403, &[], said("BadEnvironmentKeyIdInToken"), Refused("base_url")),
        (404, &[], said("BadPath"), Refused("BadPath")),
        (413, &[], said("PayloadTooLarge"), Refused("PayloadTooLarge")),
        (429, &[], said("TooManyProviderTokenUpdates"), Pause(1_200)),
        (429, &[], said("TooManyRequests"), Pause(60)),
        (429, retry, said("TooManyRequests"), Pause(17)),
        (500, &[], said("InternalServerError"), Away("InternalServerError")),
        (503, &[], said("ServiceUnavailable"), Away("ServiceUnavailable")),
        (503, &[], said("Shutdown"), Away("Shutdown")),
        (503, retry, said("ServiceUnavailable"), Pause(17)),
    ];
    for (status, headers, body, then) in table {
        let pushed = judge(&answer(status, headers, &body), &Secret::new("CANARY-token"));
        assert_came(&pushed, &then, &(status, body));
    }
}

#[test]
fn ids_are_uuids_and_the_same_for_the_same() {
    let id = message_id("dlv_01jd");
    assert_eq!(id, message_id("dlv_01jd"));
    assert_ne!(id, message_id("dlv_01je"));
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert_eq!((id.as_bytes()[14], id.as_bytes()[19]), (b'8', b'a'), "{id}");
    assert!(id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()), "{id}");
}

#[test]
fn a_body_has_what_apple_shows_and_fits() {
    let said = body(&notification());
    let aps = json!({
        "alert": { "title": "政务服务中心", "body": "您的申请已受理。" },
        "badge": 3,
        "sound": "default",
        "thread-id": "conv_01jc",
    });
    assert_eq!((&said["aps"], &said["conversation"]), (&aps, &json!("conv_01jc")));
    assert!(body(&long_notification()).to_string().len() < 4_096);
    // The longest conversation is a collapse id.
    assert!(long_notification().conversation.as_str().len() <= 64);
}

#[tokio::test]
async fn a_token_that_is_no_device_never_becomes_part_of_an_address() {
    let settings = PushSettings::of(&everything()).unwrap().unwrap();
    let opened = settings.open(&Means::none());
    let apns = opened.iter().find(|service| service.provider() == Provider::Apns).unwrap();
    for bad in ["", "../3/device", "ab?x", "xyz", &"a".repeat(257)] {
        let token = Secret::new(bad);
        assert!(apns.admit(&token).is_err(), "{bad}");
        let target = Target { provider: Provider::Apns, token };
        assert_came(&apns.push(&target, &notification()).await, &Gone(None), &bad);
    }
    let target = Target { provider: Provider::Apns, token: Secret::new("ab".repeat(32)) };
    assert!(apns.admit(&target.token).is_ok());
    assert_came(&apns.push(&target, &notification()).await, &Refused("not allowed"), &"none");
}
