//! What Huawei says, and what it is told.

use super::super::tests::Then::{Away, Gone, Pause, Refused, Sent};
use super::super::tests::{answer, assert_came, everything, long_notification, notification};
use super::*;
use crate::push::PushSettings;

#[test]
fn every_code_has_its_outcome() {
    let said = |code: &str| json!({ "code": code, "msg": "m CANARY-token", "requestId": "1" });
    let partly = json!({
        "code": "80100000",
        "msg": "{\"success\":0,\"failure\":1,\"illegal_tokens\":[\"CANARY-token\"]}",
    });
    let table = [
        (200, said("80000000"), Sent),
        (200, partly, Gone(None)),
        (200, said("80300007"), Gone(None)),
        (200, said("80100003"), Refused("80100003")),
        (200, said("80100004"), Refused("80100004")),
        (400, said("80100013"), Refused("80100013")),
        (200, said("80100016"), Refused("80100016")),
        (401, said("80200001"), Refused("client_secret")),
        (200, said("80200003"), Refused("client_secret")),
        (400, said("80300002"), Refused("AppGallery")),
        (400, said("80300008"), Refused("80300008")),
        (400, said("80300010"), Refused("80300010")),
        (200, said("80600003"), Away("80600003")),
        (500, said("81000001"), Away("81000001")),
        (503, Value::Null, Pause(60)),
        (502, Value::Null, Away("HTTP 502")),
        (404, Value::Null, Refused("HTTP 404")),
        // Without its own code nothing was taken.
        (200, Value::Null, Refused("HTTP 200")),
        (200, said("1"), Refused("HTTP 200")),
    ];
    for (status, body, then) in table {
        let pushed = judge(&answer(status, &[], &body), &Secret::new("CANARY-token"));
        assert_came(&pushed, &then, &(status, body));
    }
}

#[test]
fn a_message_has_what_huawei_needs_and_fits() {
    let long_kept = Notification { ttl: Duration::from_secs(28 * 86_400), ..notification() };
    let said = message("token", &long_kept);
    let android = json!({
        "ttl": "1296000s",
        "notification": {
            "tag": "conv_01jc",
            "importance": "NORMAL",
            "click_action": { "type": 3 },
        },
    });
    assert_eq!((&said["android"], &said["token"]), (&android, &json!(["token"])));
    let data: Value = serde_json::from_str(said["data"].as_str().unwrap()).unwrap();
    assert_eq!((&data["conversation"], &data["seq"]), (&json!("conv_01jc"), &json!("7")));
    assert!(message("token", &long_notification()).to_string().len() < 4_096);
}

#[tokio::test]
async fn what_is_missing_and_what_is_no_token_is_said() {
    let mut settings = everything();
    settings["push"]["huawei"]["client_secret"] = "".into();
    let settings = PushSettings::of(&settings).unwrap().unwrap();
    let huawei = Huawei::new(settings.huawei.unwrap(), &Means::none());
    let target = Target { provider: Provider::Huawei, token: Secret::new("t") };
    assert_came(&huawei.push(&target, &notification()).await, &Refused("client_secret"), &"push");
    assert!(huawei.check().await[0].detail.contains("client_secret is not set"));
    for bad in ["", "a b", "字", &"a".repeat(513)] {
        assert!(huawei.admit(&Secret::new(bad)).is_err(), "{bad}");
    }
}
