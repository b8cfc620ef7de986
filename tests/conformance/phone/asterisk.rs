//! Asterisk behind its adapter: a stand-in that is held against the descriptions of the interface in Asterisk's
//! own tree, as is everything that we ask of it.

use super::board::Board;
use super::pbx::{Rig, World, leg, scenarios};
use super::running::{Running, channel, inlet};
use crate::doors::way_out;
use channels::asterisk::{ADAPTER, Asterisk};
use channels::phone::{CallEvent, CallOrder};
use channels::{ChannelAdapter, Passed};
use domain::Leg;
use serde_json::{Value, json};
use std::sync::Arc;
use tests::cloud::Cloud;
use tests::networks::SECRET;
use tests::networks::asterisk::{APP, StandIn, USER};
use tests::networks::telephones::Shared;
use tokio_util::sync::CancellationToken;

struct AsteriskRig {
    adapter: Arc<Asterisk>,
    network: Arc<StandIn>,
    _cloud: Cloud,
}

impl AsteriskRig {
    fn with(more: Value) -> Self {
        let network = Arc::<StandIn>::default();
        let cloud = Cloud::start(|_address| network.clone());
        let mut settings = json!({
            "url": cloud.url(), "username": USER, "password": SECRET, "app": APP,
            "contact": "PJSIP/{number}@trunk", "caller_id": "+861065529988",
        });
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        let adapter = Asterisk::open(&channel(ADAPTER, settings), &way_out::means()).unwrap();
        Self { adapter: Arc::new(adapter), network, _cloud: cloud }
    }
}

impl Rig for AsteriskRig {
    fn open() -> Self {
        Self::with(json!({}))
    }
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn phones(&self) -> &Shared {
        &self.network.phones
    }
    fn noise(&self) -> Vec<String> {
        let strange = json!({ "type": "StasisStart", "channel": { "id": "call_9-a" }, "args": [] });
        let texts = ["{", "[]", "7", "", r#"{"type":7}"#, r#"{"type":"ChannelDestroyed"}"#];
        let mut noise: Vec<String> = texts.map(str::to_owned).to_vec();
        noise.push(strange.to_string());
        noise.push(format!("{{\"type\":\"{}\"}}", "x".repeat(100_000)));
        noise
    }
}

scenarios!(AsteriskRig);

#[tokio::test]
async fn what_is_dialled_and_recorded_is_as_the_settings_say() {
    let rig = AsteriskRig::with(json!({ "record": "wav", "music": "desk" }));
    let board = Board::open();
    let running = Running::start(rig.adapter(), &board);
    let world = World { rig, board, running };
    let call = world.connects(1).await;
    let recorded = CallEvent::Recorded(call.id.to_string());
    world.board.until(&call.id, &recorded).await;
    world.change(|phones| {
        assert_eq!(phones.recordings, [call.id.to_string()]);
        assert_eq!(phones.legs[&leg(&call, Leg::Agent)].dialled, "PJSIP/wang");
        let contact = &phones.legs[&leg(&call, Leg::Contact)].dialled;
        assert_eq!(contact, "PJSIP/+8613800138000@trunk");
    });
    world.board.order(CallOrder::HangUp(call.id.clone()));
    world.board.end(&call.id).await;
    assert!(world.change(|phones| phones.bridges.is_empty()));
    world.ends_quiet().await;
}

#[tokio::test]
async fn an_event_that_is_too_large_breaks_the_line_and_nothing_else() {
    let world = World::<AsteriskRig>::open().await;
    let call = world.connects(1).await;
    world.change(|phones| {
        phones.says(tests::networks::telephones::Happened::Noise("x".repeat(1 << 20)));
    });
    world
        .rig
        .phones()
        .until("another line", |phones| (phones.lines_so_far == 2).then_some(()))
        .await;
    world.board.order(CallOrder::HangUp(call.id.clone()));
    world.board.end(&call.id).await;
    world.ends_quiet().await;
}

#[tokio::test]
async fn a_check_says_what_is_wrong_and_no_secret_is_shown() {
    let passed = async |rig: &AsteriskRig| {
        let findings = rig.adapter.check().await;
        findings.into_iter().map(|found| (found.point, found.passed)).collect::<Vec<_>>()
    };
    let point = |point: &str, passed| (point.to_owned(), passed);
    let rig = AsteriskRig::open();
    let well = [point("connection", Passed::Yes), point("credentials", Passed::Yes)];
    assert_eq!(passed(&rig).await, [&well[..], &[point("callback", Passed::Unknown)]].concat());
    assert!(!format!("{:?}", rig.adapter).contains(SECRET));
    let stranger = AsteriskRig::with(json!({ "password": "another" }));
    assert_eq!(passed(&stranger).await[1], point("credentials", Passed::No));
    let world = World::<AsteriskRig>::open().await;
    assert_eq!(passed(&world.rig).await[2], point("callback", Passed::Yes));
    world.ends_well().await;
    let gone = AsteriskRig::with(json!({ "url": "http://127.0.0.1:1" }));
    assert_eq!(passed(&gone).await, [point("connection", Passed::No)]);
    // The gateway's guard holds for the socket too.
    let beside = AsteriskRig::with(json!({ "url": "http://10.0.0.1" }));
    let ended = beside.adapter.run(inlet(&Board::open()), CancellationToken::new()).await;
    let why = ended.unwrap_err().to_string();
    assert!(why.contains("the address is not allowed"), "{why}");
}
