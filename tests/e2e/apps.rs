//! A mobile app end to end: its users, its devices, push through stand-ins of FCM and JPush, and networks that
//! break sockets.

mod faults;
mod frames;
mod push;

use serde_json::{Value, json};
use std::sync::Arc;
use tests::agent::TestAgent;
use tests::api::Api;
use tests::cloud::Cloud;
use tests::desk::IDENTITY_SECRET;
use tests::eventually::holds;
use tests::networks::push::fcm::{Fcm, PROJECT, TOKEN};
use tests::networks::push::jpush::{APP as JPUSH_APP, Jpush, SECRET};
use tests::token::app_identity;
use tests::{DeskFile, House, TestVisitor, eventually};

/// The app.
const APP: &str = "app";
/// A key of RSA that was made for the tests.
const RSA_KEY: &str = include_str!("../../channels/fixtures/push/rsa.pem");

/// A key on P-256 that was made for the tests.
const EC_KEY: &str = include_str!("../../channels/fixtures/push/ec_p8.pem");

/// A browser's public key: the base point of P-256.
const P256DH: &str =
    "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";

/// The services that wake devices.
struct Services {
    fcm: Arc<Fcm>,
    jpush: Arc<Jpush>,
    clouds: (Cloud, Cloud),
}

impl Services {
    fn start() -> Self {
        let (fcm, jpush) = (Arc::<Fcm>::default(), Arc::<Jpush>::default());
        let clouds = (Cloud::start(|_| fcm.clone()), Cloud::start(|_| jpush.clone()));
        Self { fcm, jpush, clouds }
    }

    /// The app's settings of push.
    fn settings(&self, after_secs: u64) -> Value {
        let (fcm, jpush) = (self.clouds.0.url(), self.clouds.1.url());
        let account = json!({
            "type": "service_account", "project_id": PROJECT, "private_key_id": "k1",
            "private_key": RSA_KEY, "client_email": "push@city-desk.iam.gserviceaccount.com",
            "client_id": "1", "token_uri": format!("{fcm}{TOKEN}"),
        });
        json!({
            "after_secs": after_secs,
            "web_push": { "subject": "mailto:desk@city.example", "private_key": EC_KEY },
            "fcm": { "base_url": fcm, "service_account": account.to_string() },
            "jpush": { "base_url": jpush, "app_key": JPUSH_APP, "master_secret": SECRET },
        })
    }

    /// What the device with this FCM token was shown: the fields that the app gets.
    fn shown_on(&self, token: &str) -> Vec<Value> {
        self.fcm.seen.look(|seen| {
            let own = seen.shown.iter().filter(|message| message["token"] == token);
            own.map(|message| message["data"].clone()).collect()
        })
    }

    /// Waits until the device was shown this word.
    async fn shows(&self, token: &str, body: &str) -> Value {
        let what = format!("{token} shows `{body}`");
        let find = |shown: Vec<Value>| shown.into_iter().find(|data| data["body"] == body);
        self.fcm
            .seen
            .until(&what, |seen| {
                let own = seen.shown.iter().filter(|message| message["token"] == token);
                find(own.map(|message| message["data"].clone()).collect())
            })
            .await
    }
}

fn plan(services: &Services, after_secs: u64) -> tests::house::Plan {
    let desk = DeskFile::small().with_app(APP, &["tax"], services.settings(after_secs));
    House::of(desk)
}

/// A user of the app, signed in.
async fn user(api: &Api, name: &str) -> TestVisitor {
    let word = app_identity(name, APP, IDENTITY_SECRET);
    TestVisitor::opens_session(api, APP, json!({ "identity_token": word })).await
}

fn device(name: &str) -> String {
    format!("device-of-{name}-0001")
}

/// The user's device is registered at FCM under this token.
async fn registers(user: &TestVisitor, name: &str, token: &str) {
    let wish =
        json!({ "provider": "fcm", "token": token, "locale": "zh-CN", "app_version": "2.1" });
    let path = format!("/v1/chat/devices/{}", device(name));
    let registered = user.api().put(&path, wish).await;
    assert_eq!(registered.status, 200, "{:?}", registered.body);
}

/// A user who asked, on a device with this token, and an agent who holds the conversation.
async fn served(house: &House, agent: &mut TestAgent, token: &str) -> (TestVisitor, String) {
    let mut wang = user(&house.api(), "wang").await.on_device(&device("wang"));
    registers(&wang, "wang", token).await;
    wang.connects().await;
    wang.asks("tax", "我的退税呢？").await;
    let conversation = agent.accepts_next_offer().await;
    wang.sees_state("active").await;
    (wang, conversation)
}

/// The app comes to the foreground, or goes.
async fn attends(user: &mut TestVisitor, foreground: bool) {
    assert!(user.sends(&json!({ "type": "attend", "foreground": foreground })).await);
    // Frames are carried out in their order: with the pong the one before is done.
    let before = user.seen().look(|seen| seen.frames.len());
    user.sends(&json!({ "type": "ping" })).await;
    let pong = |frames: &[Value]| frames.iter().any(|frame| frame["type"] == "pong");
    user.seen().until("a pong", |seen| pong(&seen.frames[before..]).then_some(())).await;
}

/// The user reads everything that was said.
async fn reads_all(user: &mut TestVisitor) {
    let seq = user.seen().look(|seen| seen.transcript.last_seq());
    user.sends(&json!({ "type": "read", "seq": seq })).await;
    let read = json!({ "type": "read", "by": "contact", "seq": seq });
    user.seen().until("it is read", |seen| seen.frames.contains(&read).then_some(())).await;
}

/// Waits until the switchboard looked at everything that nobody has read.
async fn nothing_waits(house: &House) {
    eventually("everything unread was looked at", async || {
        let waiting: u64 = house.redis.ask(&["ZCARD", "{main}:unpushed"]).await;
        let boxes: Vec<String> = house.redis.ask(&["KEYS", "{main}:boxes:*"]).await;
        holds(waiting == 0 && boxes.is_empty(), format!("{waiting} wait, {boxes:?}"))
    })
    .await;
}

#[tokio::test]
async fn only_whom_the_backend_vouches_for_comes_in_and_only_for_this_app() {
    let services = Services::start();
    let house = plan(&services, 0).start().await;
    let api = house.api();
    let ask = async |body: Value| TestVisitor::asks_for_session(&api, APP, body).await;
    let refused = ask(json!({})).await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("invalid")));
    for wrong in [
        app_identity("wang", "website", IDENTITY_SECRET),
        app_identity("wang", APP, "another secret of 32 bytes or more"),
        tests::token::identity("wang", "王", IDENTITY_SECRET, 600),
    ] {
        assert_eq!(ask(json!({ "identity_token": wrong })).await.status, 422);
    }
    let word = app_identity("wang", APP, IDENTITY_SECRET);
    let first = ask(json!({ "identity_token": word })).await.ok();
    assert_eq!(first["verified"], true);
    let again = ask(json!({ "identity_token": word })).await.ok();
    assert_eq!(first["contact"], again["contact"], "one contact on every device");
    let renewed = ask(json!({ "token": first["token"] })).await.ok();
    assert_eq!((&renewed["contact"], &renewed["verified"]), (&first["contact"], &json!(true)));
    let told = api.get(&format!("/v1/chat/{APP}")).await.ok();
    assert_eq!(told["push"]["providers"], json!(["web_push", "fcm", "jpush"]));
    // An uncompressed point of 65 bytes, in URL-safe base64.
    assert_eq!(told["push"]["web_push_key"].as_str().unwrap().len(), 87);
    house.ends_well();
}

#[tokio::test]
async fn devices_are_registered_by_their_owner_and_nonsense_is_not() {
    let services = Services::start();
    let house = plan(&services, 0).start().await;
    let wang = user(&house.api(), "wang").await;
    let put = async |id: &str, wish: Value| {
        let answer = wang.api().put(&format!("/v1/chat/devices/{id}"), wish).await;
        (answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned())
    };
    let wish = |provider: &str, token: &str| json!({ "provider": provider, "token": token, "locale": "en" });
    let (id, invalid) = (device("wang"), (422, "invalid".to_owned()));
    assert_eq!(put(&id, wish("fcm", "token-1")).await.0, 200);
    assert_eq!(put("short", wish("fcm", "token-1")).await, invalid);
    assert_eq!(put(&id, wish("fcm", "")).await, invalid);
    assert_eq!(put(&id, wish("fcm", "with spaces and \n lines")).await, invalid);
    assert_eq!(put(&id, wish("fcm", &"x".repeat(5_000))).await, invalid);
    assert_eq!(put(&id, wish("pigeon", "token-1")).await, invalid);
    assert_eq!(put(&id, wish("apns", "token-1")).await, (501, "not_configured".to_owned()));
    let mut odd = wish("fcm", "token-1");
    odd["app_version"] = json!("9".repeat(101));
    assert_eq!(put(&id, odd).await, invalid);
    // A subscription names a server that we shall call: none within the house, none that is not HTTPS.
    let keys = json!({ "p256dh": P256DH, "auth": "AAAAAAAAAAAAAAAAAAAAAA" });
    let subscription = |endpoint: &str| json!({ "endpoint": endpoint, "keys": keys }).to_string();
    for bad in
        ["https://169.254.169.254/latest", "https://10.0.0.1/push", "ftp://push.example/x", "x"]
    {
        assert_eq!(put(&id, wish("web_push", &subscription(bad))).await, invalid, "{bad}");
    }
    let good = subscription("https://push.example/wpush/v2/abc");
    assert_eq!(put(&id, wish("web_push", &good)).await.0, 200);
    // Signing out is safe to repeat, and nobody signs out somebody else.
    let li = user(&house.api(), "li").await;
    let path = format!("/v1/chat/devices/{id}");
    for who in [&li, &wang, &wang] {
        assert_eq!(who.api().delete(&path).await.status, 204);
    }
    house.ends_well();
}
