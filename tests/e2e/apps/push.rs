//! What is said to somebody who is away reaches their devices, once, and nobody else's.

use super::{Services, attends, device, nothing_waits, plan, reads_all, registers, served, user};
use serde_json::{Value, json};
use tests::networks::push::fcm::{SEND, error};

#[tokio::test]
async fn an_answer_wakes_a_device_that_is_away_and_none_in_the_foreground() {
    let services = Services::start();
    let mut house = plan(&services, 0).start().await;
    let mut ming = house.ready_agent("ming").await;
    let (mut wang, conversation) = served(&house, &mut ming, "token-1").await;
    attends(&mut wang, true).await;
    let other = user(&house.api(), "wang").await;
    registers(&other, "wang-tablet", "token-2").await;
    let seq = ming.says(&conversation, "请带身份证").await;
    let data = services.shows("token-2", "请带身份证").await;
    assert_eq!(data["conversation"], conversation.as_str());
    assert_eq!((&data["kind"], &data["channel"]), (&json!("answer"), &json!("app")));
    assert_eq!((&data["seq"], &data["badge"]), (&json!(seq.to_string()), &json!("1")));
    let own = services.shown_on("token-1");
    assert!(own.iter().all(|data| data["kind"] != "answer"), "it shows the word itself: {own:?}");

    // Those who serve the person see the devices, and up to where they were told.
    let card = ming.api().get(&format!("/v1/contacts/{}", wang.contact)).await.ok();
    let devices = card["devices"].as_array().unwrap();
    let mut shown: Vec<(bool, u64)> = devices
        .iter()
        .map(|it| (it["in_front"] == true, it["told_to"].as_u64().unwrap()))
        .collect();
    shown.sort_unstable();
    assert_eq!(shown[0], (false, seq), "{devices:?}");
    assert!(shown[1].0 && shown[1].1 < seq, "{devices:?}");
    assert!(!card.to_string().contains("token-"), "a token is nobody's business");

    // The app goes to the background, and the next word wakes both.
    attends(&mut wang, false).await;
    ming.says(&conversation, "还有户口本").await;
    for token in ["token-1", "token-2"] {
        assert_eq!(services.shows(token, "还有户口本").await["badge"], "2");
    }
    // It is read, so nothing more is pushed, and the end asks how it was.
    reads_all(&mut wang).await;
    nothing_waits(&house).await;
    ming.closes(&conversation).await;
    let end = services.shows("token-1", "咨询已结束，请评价本次服务").await;
    assert_eq!((&end["kind"], &end["badge"]), (&json!("rating"), &json!("0")));
    nothing_waits(&house).await;
    let told = services.shown_on("token-2");
    let ids: Vec<&Value> = told.iter().map(|data| &data["id"]).collect();
    let unique: std::collections::BTreeSet<String> = ids.iter().map(|id| id.to_string()).collect();
    assert_eq!(unique.len(), told.len(), "each goes once: {told:?}");
    house.ends_well();
}

#[tokio::test]
async fn words_that_follow_each_other_are_told_together_and_what_is_read_in_time_is_not() {
    let services = Services::start();
    let mut house = plan(&services, 5).start().await;
    let mut ming = house.ready_agent("ming").await;
    let (mut wang, conversation) = served(&house, &mut ming, "token-1").await;
    // Read before its time is over.
    ming.says(&conversation, "在吗").await;
    wang.hears("在吗").await;
    reads_all(&mut wang).await;
    nothing_waits(&house).await;
    assert_eq!(services.shown_on("token-1"), Vec::<Value>::new());
    for text in ["第一", "第二", "第三"] {
        ming.says(&conversation, text).await;
    }
    assert_eq!(services.shows("token-1", "第三").await["badge"], "3");
    nothing_waits(&house).await;
    assert_eq!(services.shown_on("token-1").len(), 1);
    house.ends_well();
}

#[tokio::test]
async fn a_person_decides_what_is_told_and_how() {
    let services = Services::start();
    let mut house = plan(&services, 0).start().await;
    let mut ming = house.ready_agent("ming").await;
    let (wang, conversation) = served(&house, &mut ming, "token-1").await;
    services.shows("token-1", "坐席已受理您的咨询").await;
    let set = async |more: Value| {
        let mut wishes = wang.api().get("/v1/chat/notifications").await.ok();
        more.as_object().unwrap().iter().for_each(|(key, value)| wishes[key] = value.clone());
        wang.api().put("/v1/chat/notifications", wishes).await.status
    };
    assert_eq!(set(json!({ "private": true })).await, 200);
    ming.says(&conversation, "您的病历").await;
    let data = services.shows("token-1", "您的咨询有新的答复").await;
    assert_eq!(data["title"], "app");
    assert!(!data.to_string().contains("病历"));
    assert_eq!(set(json!({ "answer": false })).await, 200);
    ming.says(&conversation, "不要").await;
    nothing_waits(&house).await;
    // A whole day of quiet: it waits, and nothing is told.
    let quiet = json!({ "from": "00:00", "to": "00:00", "time_zone": "Asia/Shanghai" });
    assert_eq!(set(json!({ "answer": true, "private": false, "quiet": quiet })).await, 200);
    ming.says(&conversation, "夜里").await;
    tests::eventually("it waits until the morning", async || {
        let at: Option<f64> = house.redis.ask(&["ZSCORE", "{main}:unpushed", &conversation]).await;
        let in_an_hour = tests::token::now_secs() as f64 * 1_000.0 + 1_000.0;
        tests::eventually::holds(at.is_some_and(|at| at > in_an_hour), format!("{at:?}"))
    })
    .await;
    let told = services.shown_on("token-1");
    let bodies: Vec<&str> = told.iter().map(|data| data["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["坐席已受理您的咨询", "您的咨询有新的答复"]);
    for bad in [
        json!({ "quiet": { "from": "25:00", "to": "07:00", "time_zone": "UTC" } }),
        json!({ "answer": 1 }),
        json!({ "loud": true }),
    ] {
        assert_eq!(set(bad).await, 422);
    }
    house.ends_well();
}

#[tokio::test]
async fn a_device_that_changed_hands_is_told_nothing_of_the_one_before() {
    let services = Services::start();
    let mut house = plan(&services, 0).start().await;
    let mut ming = house.ready_agent("ming").await;
    let (mut wang, conversation) = served(&house, &mut ming, "token-1").await;
    wang.loses_connection();
    // FCM is down, so that Wang's notification waits while Li signs in on the same device.
    services.fcm.seen.change(|seen| {
        seen.instead.extend((0..8).map(|_| (SEND, error(503, "UNAVAILABLE", "UNAVAILABLE"))));
    });
    ming.says(&conversation, "只给王").await;
    services.fcm.seen.until("FCM was asked", |seen| (seen.calls(SEND) > 0).then_some(())).await;
    let li = user(&house.api(), "li").await;
    registers(&li, "wang", "token-9").await;
    services.fcm.seen.change(|seen| seen.instead.clear());
    nothing_waits(&house).await;
    let all = services.fcm.seen.look(|seen| format!("{:?}", seen.shown));
    assert!(!all.contains("只给王"), "{all}");
    house.ends_well();
}

#[tokio::test]
async fn a_dead_token_takes_its_device_with_it_and_signing_out_ends_everything() {
    let services = Services::start();
    let mut house = plan(&services, 0).start().await;
    let mut ming = house.ready_agent("ming").await;
    let (mut wang, conversation) = served(&house, &mut ming, "token-1").await;
    registers(&wang, "wang-tablet", "token-2").await;
    wang.loses_connection();
    services.fcm.seen.change(|seen| seen.dead.extend(["token-1".to_owned()]));
    ming.says(&conversation, "一").await;
    services.shows("token-2", "一").await;
    nothing_waits(&house).await;
    let asked = services.fcm.seen.look(|seen| seen.calls(SEND));
    ming.says(&conversation, "二").await;
    services.shows("token-2", "二").await;
    nothing_waits(&house).await;
    let again = services.fcm.seen.look(|seen| seen.calls(SEND));
    assert_eq!(again, asked + 1, "only the device that lives is told");
    let path = format!("/v1/chat/devices/{}", device("wang-tablet"));
    assert_eq!(wang.api().delete(&path).await.status, 204);
    ming.says(&conversation, "三").await;
    nothing_waits(&house).await;
    assert_eq!(services.fcm.seen.look(|seen| seen.calls(SEND)), again);
    house.ends_well();
}
