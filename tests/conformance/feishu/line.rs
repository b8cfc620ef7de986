//! The long connection.

use super::FeishuRig;
use crate::doors::feishu::Seen;
use crate::doors::feishu::wire::Frame;
use crate::inlet::Behind;
use crate::running::Kept;
use std::time::{Duration, Instant};

#[tokio::test]
async fn it_pings_for_the_service_that_the_address_names() {
    let (rig, (inlet, _behind)) = (FeishuRig::open(), Behind::open());
    let kept = Kept::running(&rig, &inlet);
    let find = |seen: &Seen| seen.frames.iter().find(|frame| frame.method == 0).cloned();
    let ping = rig.seen().until("a ping", find).await;
    assert_eq!((ping.header("type"), ping.service), ("ping", 33_554_678));
    kept.ends("feishu").await;
}

#[tokio::test]
async fn a_line_that_is_cut_again_and_again_is_opened_ever_more_slowly() {
    let (rig, (inlet, behind)) = (FeishuRig::open(), Behind::open());
    rig.seen().change(|seen| seen.cuts = 3);
    rig.network.far_end.hears("om_0", "after all of it");
    let begun = Instant::now();
    let kept = Kept::running(&rig, &inlet);
    assert_eq!(behind.texts(1).await, ["after all of it"]);
    // 0.2 s, 0.4 s and 0.8 s lie between the four.
    assert!(begun.elapsed() >= Duration::from_millis(1_400), "{:?}", begun.elapsed());
    assert_eq!(rig.network.far_end.connections(), 4);
    kept.ends("feishu").await;
}

#[tokio::test]
async fn what_cannot_be_read_holds_nothing_up() {
    let (rig, (inlet, behind)) = (FeishuRig::open(), Behind::open());
    let event = |id: &str, sum: &str, seq: &str, payload: &[u8]| {
        let headers = [("type", "event"), ("message_id", id), ("sum", sum), ("seq", seq)];
        Frame::with(1, &headers, payload)
    };
    for frame in [
        Frame::with(9, &[], b""),
        Frame::with(0, &[("type", "pong")], b"{"),
        event("x1", "1", "0", b"{"),
        event("x2", "1", "0", b"{}"),
        event("x3", "9999999", "0", b"{}"),
        event("x4", "2", "7", b"{}"),
    ] {
        rig.network.says(frame);
    }
    let kept = Kept::running(&rig, &inlet);
    rig.network.far_end.hears("om_0", "still here");
    assert_eq!(behind.texts(1).await, ["still here"]);
    // What is whole is acknowledged, readable or not; parts of nothing are not.
    let find = |seen: &Seen| {
        let ids = seen.frames.iter().filter(|frame| frame.method == 1);
        let ids: Vec<String> = ids.map(|frame| frame.header("message_id").to_owned()).collect();
        (ids.len() == 3).then_some(ids)
    };
    let acknowledged = rig.seen().until("three are acknowledged", find).await;
    assert_eq!(acknowledged, ["x1", "x2", "frame_0"]);
    kept.ends("feishu").await;
}
