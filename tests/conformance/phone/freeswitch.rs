//! FreeSWITCH behind its adapter: a stand-in that speaks the event socket as it is documented, and with which a
//! client that others wrote (greenswitch) makes the same calls.

use super::board::Board;
use super::pbx::{Rig, World, leg, scenarios};
use super::running::{Running, channel};
use crate::doors::way_out;
use channels::freeswitch::{ADAPTER, FreeSwitch};
use channels::phone::{CallEvent, CallOrder};
use channels::{ChannelAdapter, Passed};
use domain::Leg;
use serde_json::{Value, json};
use std::sync::Arc;
use tests::binary::root;
use tests::networks::SECRET;
use tests::networks::freeswitch::FreeSwitch as StandIn;
use tests::networks::telephones::{Does, Happened, Shared};
use tests::peer::Peer;
use tests::peers::python;

struct FreeSwitchRig {
    adapter: Arc<FreeSwitch>,
    pbx: StandIn,
}

impl FreeSwitchRig {
    fn with(more: Value) -> Self {
        let pbx = StandIn::start();
        let mut settings = json!({
            "host": "127.0.0.1", "port": pbx.port(), "password": SECRET,
            "contact": "sofia/gateway/trunk/{number}", "caller_id": "+861065529988",
        });
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        let adapter = FreeSwitch::open(&channel(ADAPTER, settings), &way_out::means()).unwrap();
        Self { adapter: Arc::new(adapter), pbx }
    }
}

impl Rig for FreeSwitchRig {
    fn open() -> Self {
        Self::with(json!({}))
    }
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn phones(&self) -> &Shared {
        &self.pbx.phones
    }
    fn noise(&self) -> Vec<String> {
        let strange = json!({ "Event-Name": "CHANNEL_ANSWER", "Unique-ID": "call_9-a" });
        let texts =
            ["{", "[]", "7", "", r#"{"Event-Name":7}"#, r#"{"Event-Name":"CHANNEL_HANGUP"}"#];
        let mut noise: Vec<String> = texts.map(str::to_owned).to_vec();
        noise.push(strange.to_string());
        noise.push(format!("{{\"Event-Name\":\"{}\"}}", "x".repeat(100_000)));
        noise
    }
}

scenarios!(FreeSwitchRig);

#[tokio::test]
async fn what_is_dialled_and_recorded_is_as_the_settings_say() {
    let rig = FreeSwitchRig::with(json!({ "record": "/var/lib/freeswitch/recordings/" }));
    let board = Board::open();
    let running = Running::start(rig.adapter(), &board);
    let world = World { rig, board, running };
    let call = world.connects(1).await;
    world.board.until(&call.id, &CallEvent::Recorded(call.id.to_string())).await;
    world.change(|phones| {
        assert_eq!(phones.recordings, [format!("/var/lib/freeswitch/recordings/{}.wav", call.id)]);
        assert_eq!(phones.legs[&leg(&call, Leg::Agent)].dialled, "user/wang");
        let contact = &phones.legs[&leg(&call, Leg::Contact)].dialled;
        assert_eq!(contact, "sofia/gateway/trunk/+8613800138000");
    });
    world.board.order(CallOrder::HangUp(call.id.clone()));
    world.board.end(&call.id).await;
    world.ends_quiet().await;
}

#[tokio::test]
async fn an_event_that_is_too_large_breaks_the_line_and_nothing_else() {
    let world = World::<FreeSwitchRig>::open().await;
    let call = world.connects(1).await;
    world.change(|phones| phones.says(Happened::Noise("x".repeat((1 << 20) + 1))));
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
    let passed = async |rig: &FreeSwitchRig| {
        let findings = rig.adapter.check().await;
        findings.into_iter().map(|found| (found.point, found.passed)).collect::<Vec<_>>()
    };
    let point = |point: &str, passed| (point.to_owned(), passed);
    let rig = FreeSwitchRig::open();
    let well = [point("connection", Passed::Yes), point("credentials", Passed::Yes)];
    assert_eq!(passed(&rig).await, well);
    assert!(!format!("{:?}", rig.adapter).contains(SECRET));
    let stranger = FreeSwitchRig::with(json!({ "password": "another" }));
    assert_eq!(passed(&stranger).await[1], point("credentials", Passed::No));
    let gone = FreeSwitchRig::with(json!({ "port": 1 }));
    assert_eq!(passed(&gone).await, [point("connection", Passed::No)]);
    // The gateway's guard holds for this line too.
    let beside = FreeSwitchRig::with(json!({ "host": "10.0.0.1" }));
    let found = beside.adapter.check().await;
    assert!(found[0].detail.contains("the address is not allowed"), "{found:?}");
}

/// The stand-in is an event socket to a client that was written for FreeSWITCH.
#[tokio::test]
async fn a_client_of_somebody_else_makes_the_same_calls() {
    let pbx = StandIn::start();
    let mut command = tokio::process::Command::new(python());
    let mut client =
        Peer::start("greenswitch", command.arg(root().join("tests/peers/freeswitch/client.py")));
    let wrong = json!({ "do": "connect", "port": pbx.port(), "password": "another" });
    assert!(client.try_ask(&wrong).await["error"].is_string());
    client.ask(&json!({ "do": "connect", "port": pbx.port(), "password": SECRET })).await;
    let originate = async |client: &mut Peer, id: &str, dialled: &str| {
        let originate = format!(
            "bgapi originate {{origination_uuid={id},originate_timeout=20}}{dialled} &park()"
        );
        client.ask(&json!({ "do": "send", "command": originate })).await;
    };
    for id in ["one-a", "one-c"] {
        originate(&mut client, id, "user/wang").await;
        for name in ["CHANNEL_PROGRESS", "CHANNEL_ANSWER"] {
            client.ask(&json!({ "do": "hears", "name": name, "id": id })).await;
        }
    }
    let send = |command: &str| json!({ "do": "send", "command": command });
    let answer = client.ask(&send("api uuid_bridge one-a one-c")).await;
    assert_eq!(answer["data"], json!("+OK one-c"));
    let dump = client.ask(&send("api uuid_dump one-a json")).await;
    let dump: Value = serde_json::from_str(dump["data"].as_str().unwrap()).unwrap();
    assert_eq!(dump["variable_signal_bond"], json!("one-c"));
    client.ask(&send("api uuid_hold one-a")).await;
    client.ask(&json!({ "do": "hears", "name": "CHANNEL_HOLD", "id": "one-a" })).await;
    client.ask(&send("api uuid_kill one-a NORMAL_CLEARING")).await;
    let hangup = json!({ "do": "hears", "name": "CHANNEL_HANGUP_COMPLETE", "id": "one-a" });
    let hangup = client.ask(&hangup).await;
    assert_eq!(hangup["headers"]["Hangup-Cause"], json!("NORMAL_CLEARING"));
    let gone = client.ask(&send("api uuid_kill one-a NORMAL_CLEARING")).await;
    assert_eq!(gone["data"], json!("-ERR No such channel!"));
    pbx.phones.change(|phones| phones.persons = Does::Fail(17));
    originate(&mut client, "two-c", "user/li").await;
    let busy = json!({ "do": "hears", "name": "CHANNEL_HANGUP_COMPLETE", "id": "two-c" });
    assert_eq!(client.ask(&busy).await["headers"]["Hangup-Cause"], json!("USER_BUSY"));
    pbx.phones.look(|phones| assert!(phones.faults.is_empty(), "{:?}", phones.faults));
}
