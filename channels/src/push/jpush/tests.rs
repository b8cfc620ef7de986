//! What JPush says, and what it is told.

use super::super::tests::Then::{Away, Gone, Pause, Refused, Sent};
use super::super::tests::{answer, assert_came, everything, long_notification, notification};
use super::*;
use crate::push::PushSettings;

#[test]
fn every_code_has_its_outcome() {
    let said = |code: i64| json!({ "error": { "code": code, "message": "m CANARY-token" } });
    let reset = [("x-rate-limit-reset", "17")].as_slice();
    let table = [
        (200, [].as_slice(), json!({ "sendno": "0", "msg_id": "1828256757" }), Sent),
        (400, &[], said(1011), Gone(None)),
        (500, &[], said(1000), Away("1000")),
        (503, &[], said(1030), Away("1030")),
        (400, &[], said(1002), Refused("1002")),
        (400, &[], said(1003), Refused("1003")),
        (401, &[], said(1004), Refused("master_secret")),
        (400, &[], said(1005), Refused("1005")),
        (400, &[], said(1008), Refused("app_key")),
        (429, reset, said(2002), Pause(17)),
        (429, &[], said(2002), Pause(60)),
        (429, &[("x-rate-limit-reset", "9999")], Value::Null, Pause(60)),
        (403, &[], said(2003), Refused("2003")),
        (403, &[], said(2004), Refused("白名单")),
        (403, &[], said(2007), Refused("2007")),
        (401, &[], Value::Null, Refused("HTTP 401")),
        (502, &[], Value::Null, Away("HTTP 502")),
    ];
    for (status, headers, body, then) in table {
        let pushed = judge(&answer(status, headers, &body), &Secret::new("CANARY-token"));
        assert_came(&pushed, &then, &(status, body));
    }
}

fn jpush() -> Jpush {
    let settings = everything();
    let settings = PushSettings::of(&settings).unwrap().unwrap();
    Jpush::new(settings.jpush.unwrap(), &Means::none())
}

#[test]
fn a_message_has_what_both_platforms_need_and_fits() {
    let (jpush, token) = (jpush(), Secret::new("170976fa8a8ecb56e6d"));
    let long_kept = Notification { ttl: Duration::from_secs(28 * 86_400), ..notification() };
    let message = jpush.message("cid-1", &token, &long_kept);
    assert_eq!(message["cid"], "cid-1");
    assert_eq!(message["audience"], json!({ "registration_id": [token.reveal()] }));
    let options = json!({
        "time_to_live": 864_000,
        "apns_production": true,
        "apns_collapse_id": "conv_01jc",
    });
    assert_eq!(message["options"], options);
    let android = &message["notification"]["android"];
    assert_eq!((&android["alert"], &android["priority"]), (&json!("您的申请已受理。"), &json!(1)));
    assert_eq!(message["notification"]["ios"]["badge"], 3);
    let long = jpush.message("cid-1", &token, &long_notification());
    let length = |platform: &str| long["notification"][platform].to_string().len();
    assert!(length("ios") <= 2_000 && length("android") <= 4_000, "{}", length("ios"));
}

#[test]
fn registration_ids_are_admitted_and_nothing_else() {
    for bad in ["", "a b", "a\"]", &"a".repeat(65)] {
        assert!(jpush().admit(&Secret::new(bad)).is_err(), "{bad}");
    }
    assert!(jpush().admit(&Secret::new("170976fa8a8ecb56e6d")).is_ok());
}
