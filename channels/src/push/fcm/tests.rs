//! What FCM says, and what it is told.

use super::super::tests::Then::{Away, Gone, Pause, Refused, Sent};
use super::super::tests::{answer, assert_came, everything, long_notification, notification};
use super::*;
use crate::push::PushSettings;

fn error(code: &str, status: &str, message: &str) -> Value {
    let details = json!([{
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": code,
    }]);
    json!({ "error": { "status": status, "message": message, "details": details } })
}

#[test]
fn every_code_has_its_outcome() {
    let bad_token = "The registration token is not a valid FCM registration token";
    let violation = json!({ "error": { "status": "INVALID_ARGUMENT", "message": "x", "details": [{
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{ "field": "message.token", "description": "CANARY-token" }],
    }]}});
    let bare = |status: &str| json!({ "error": { "status": status, "message": "m" } });
    let retry = [("retry-after", "17")].as_slice();
    let table = [
        (200, [].as_slice(), json!({ "name": "projects/city-desk/messages/1" }), Sent),
        (
            404,
            &[],
            error("UNREGISTERED", "NOT_FOUND", "Requested entity was not found."),
            Gone(None),
        ),
        (400, &[], error("INVALID_ARGUMENT", "INVALID_ARGUMENT", bad_token), Gone(None)),
        (400, &[], violation, Gone(None)),
        (
            400,
            &[],
            error("INVALID_ARGUMENT", "INVALID_ARGUMENT", "Invalid TTL"),
            Refused("Invalid TTL"),
        ),
        (
            403,
            &[],
            error("SENDER_ID_MISMATCH", "PERMISSION_DENIED", "m"),
            Refused("another Firebase project"),
        ),
        (403, &[], bare("PERMISSION_DENIED"), Refused("needs the role")),
        (401, &[], error("THIRD_PARTY_AUTH_ERROR", "UNAUTHENTICATED", "m"), Refused("APNs key")),
        (401, &[], bare("UNAUTHENTICATED"), Refused("HTTP 401")),
        (429, retry, error("QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", "m"), Pause(17)),
        (429, &[], error("QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", "m"), Pause(60)),
        (429, &[], Value::Null, Pause(60)),
        (503, retry, error("UNAVAILABLE", "UNAVAILABLE", "m"), Pause(17)),
        (503, &[], error("UNAVAILABLE", "UNAVAILABLE", "m"), Away("UNAVAILABLE")),
        (500, &[], error("INTERNAL", "INTERNAL", "m"), Away("INTERNAL")),
        (502, &[], Value::Null, Away("HTTP 502")),
        // A wrong address is not a dead token.
        (404, &[], Value::Null, Refused("HTTP 404")),
        (400, &[], bare("INVALID_ARGUMENT"), Refused("HTTP 400")),
        (403, &[], bare("CANARY-token"), Refused("[token]")),
    ];
    for (status, headers, body, then) in table {
        let pushed = judge(&answer(status, headers, &body), &Secret::new("CANARY-token"));
        assert_came(&pushed, &then, &(status, body));
    }
}

#[test]
fn a_message_has_what_android_needs() {
    let message = message(&notification());
    assert_eq!(
        message["notification"],
        json!({ "title": "政务服务中心", "body": "您的申请已受理。" })
    );
    let android = json!({
        "collapse_key": "conv_01jc",
        "priority": "HIGH",
        "ttl": "3600s",
        "notification": { "tag": "conv_01jc", "notification_count": 3 },
    });
    assert_eq!(message["android"], android);
    assert!(message["data"].as_object().unwrap().values().all(Value::is_string));
    assert!(super::message(&long_notification()).to_string().len() < 4_096);
}

#[tokio::test]
async fn what_is_missing_and_what_is_no_token_is_said() {
    let mut settings = everything();
    settings["push"]["fcm"] = json!({});
    let settings = PushSettings::of(&settings).unwrap().unwrap();
    let opened = settings.open(&Means::none());
    let fcm = opened.iter().find(|service| service.provider() == Provider::Fcm).unwrap();
    let target = Target { provider: Provider::Fcm, token: Secret::new("t") };
    assert_came(&fcm.push(&target, &notification()).await, &Refused("service_account"), &"push");
    assert!(fcm.check().await[0].detail.contains("service_account is not set"));
    for bad in ["", "a b", "a/../b", "字", &"a".repeat(1_025)] {
        assert!(fcm.admit(&Secret::new(bad)).is_err(), "{bad}");
    }
    assert!(fcm.admit(&Secret::new("fGwEb_l2S-a:APA91b_x-Y")).is_ok());
}
