//! 微信客服 against the stand-in.

use super::{bodies, gives, with_choices};
use crate::doors::way_out;
use crate::doors::wecom::{ACCOUNT, Far, MEMBER, post, something};
use crate::everyone::{command, says};
use crate::inlet::Behind;
use bytes::Bytes;
use channels::wecom::kf::Kf;
use channels::{
    Accepted, AdapterError, Bookmarks, ChannelAdapter, Command, Inbound, InboundSink, Inlet,
    Outcome, Passed, Payload, RawInbound, Shelf, SinkError,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::watched::Watched;
use tokio_util::sync::CancellationToken;

fn call() -> channels::RawRequest {
    post(&something(ACCOUNT))
}

/// Runs until so many texts were taken.
async fn run_until(door: &Kf, inlet: &Inlet, behind: &Behind, count: usize) -> Vec<String> {
    let stop = CancellationToken::new();
    let watch = async {
        let texts = behind.texts(count).await;
        stop.cancel();
        texts
    };
    let (ended, texts) = tokio::join!(door.run(inlet.clone(), stop.clone()), watch);
    ended.unwrap();
    texts
}

#[tokio::test]
async fn a_call_that_was_missed_is_made_good() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({}));
    let (inlet, behind) = Behind::open();
    far.network.far_end.hears("m0", "one");
    door.callback(&call(), &inlet).await.unwrap();
    far.network.far_end.hears("m1", "two");
    assert_eq!(run_until(&door, &inlet, &behind, 2).await, ["one", "two"]);
    let tokens = bodies(&far, "kf/sync_msg");
    assert!(
        tokens.iter().all(|body| body["token"].is_string()),
        "the call's token lifts limits: {tokens:?}"
    );
    behind.taken.look(|taken| assert!(taken.again.is_empty(), "{:?}", taken.again));
}

#[tokio::test]
async fn accounts_that_are_not_named_are_asked_for() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({ "accounts": [] }));
    let (inlet, behind) = Behind::open();
    far.network.far_end.hears("m0", "one");
    assert_eq!(run_until(&door, &inlet, &behind, 1).await, ["one"]);
    let place = behind.taken.look(|taken| taken.accepted[0].external_conversation.clone());
    assert_eq!(place.as_deref(), Some(ACCOUNT), "where to answer");
    // A call for an account of somebody else's is answered well and read by nobody.
    let door = far.kf(&way_out::means(), &json!({ "accounts": ["wkOther"] }));
    let before = bodies(&far, "kf/sync_msg").len();
    assert_eq!(door.callback(&call(), &inlet).await.unwrap().status, 200);
    assert_eq!(bodies(&far, "kf/sync_msg").len(), before);
}

#[tokio::test]
async fn what_is_older_than_the_channel_stays_where_it_is_unless_it_is_wanted() {
    for (start, expected) in [("new", vec!["fresh"]), ("all", vec!["old", "fresh"])] {
        let far = Far::start();
        far.seen().change(|seen| {
            seen.fields.insert("m0".to_owned(), json!({ "send_time": 1_615_478_585 }))
        });
        let door = far.kf(&way_out::means(), &json!({ "start": start }));
        let (inlet, behind) = Behind::open();
        far.network.far_end.hears("m0", "old");
        far.network.far_end.hears("m1", "fresh");
        door.callback(&call(), &inlet).await.unwrap();
        assert_eq!(behind.now(), expected, "{start}");
    }
}

#[tokio::test]
async fn many_pages_are_read_to_their_end_and_one_that_leads_nowhere_ends() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({}));
    let (inlet, behind) = Behind::open();
    for n in 0..450 {
        far.network.far_end.hears(&format!("m{n}"), &format!("{n}"));
    }
    door.callback(&call(), &inlet).await.unwrap();
    assert_eq!(behind.now().len(), 450);
    assert_eq!(bodies(&far, "kf/sync_msg").len(), 3);
    far.seen().change(|seen| seen.is_coy = true);
    door.callback(&call(), &inlet).await.unwrap();
    assert_eq!(bodies(&far, "kf/sync_msg").len(), 4, "more is promised, the cursor stays: no loop");
}

#[tokio::test]
async fn one_message_without_sense_keeps_nothing_up() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({}));
    let (inlet, behind) = Behind::open();
    far.seen().change(|seen| {
        seen.fields.insert("m0".to_owned(), json!({ "msgid": 7 }));
        seen.fields.insert("m1".to_owned(), json!({ "msgtype": "hologram" }));
        seen.fields.insert("m2".to_owned(), json!({ "text": ["?"] }));
    });
    for n in 0..4 {
        far.network.far_end.hears(&format!("m{n}"), &format!("{n}"));
    }
    door.callback(&call(), &inlet).await.unwrap();
    let ids = behind.taken.look(|taken| {
        taken.accepted.iter().map(|inbound| inbound.external_id.clone()).collect::<Vec<_>>()
    });
    assert_eq!(ids, ["m1", "m2", "m3"]);
}

#[tokio::test]
async fn a_call_whose_token_has_run_out_is_read_without_it() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({}));
    let (inlet, behind) = Behind::open();
    far.network.far_end.hears("m0", "one");
    let refusal = json!({ "errcode": 95007, "errmsg": "invalid msg token" });
    far.seen().change(|seen| seen.instead.push_back(("kf/sync_msg", refusal)));
    door.callback(&call(), &inlet).await.unwrap();
    assert_eq!(behind.now(), ["one"]);
    assert!(bodies(&far, "kf/sync_msg")[1]["token"].is_null());
    let limited = json!({ "errcode": 45009, "errmsg": "freq" });
    far.seen().change(|seen| seen.instead.push_back(("kf/sync_msg", limited)));
    let answer = door.callback(&call(), &inlet).await;
    assert!(
        matches!(answer, Err(AdapterError::RateLimited(_))),
        "the network calls again: {answer:?}"
    );
}

#[tokio::test]
async fn a_storm_of_calls_is_few_readings() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({}));
    let (inlet, behind) = Behind::open();
    far.network.far_end.hears("m0", "one");
    let request = call();
    let calls = (0..200).map(|_| door.callback(&request, &inlet));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    assert_eq!(behind.now(), ["one"]);
    let readings = bodies(&far, "kf/sync_msg").len();
    assert!(readings <= 3, "{readings} readings for 200 calls at once");
}

/// A shelf on which everybody always has the turn: the first one was slower than its time.
struct TurnOver(Arc<dyn Shelf>);

#[async_trait::async_trait]
impl Shelf for TurnOver {
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError> {
        self.0.find(name).await
    }
    async fn put(&self, name: &str, value: &str, for_ms: u64) -> Result<(), SinkError> {
        self.0.put(name, value, for_ms).await
    }
    async fn take_turn(&self, _name: &str, _for_ms: u64) -> Result<bool, SinkError> {
        Ok(true)
    }
    async fn end_turn(&self, name: &str) {
        self.0.end_turn(name).await;
    }
}

/// A gateway that stops within a message, until it is let go; and every place where the bookmark lay.
#[derive(Debug, Default)]
struct Slow {
    behind: Arc<Behind>,
    state: Watched<SlowState>,
}

#[derive(Debug, Default)]
struct SlowState {
    is_held: bool,
    waiting: usize,
    laid: Vec<String>,
}

#[async_trait::async_trait]
impl InboundSink for Slow {
    async fn accept(&self, inbound: Inbound) -> Result<Accepted, SinkError> {
        self.state.change(|state| state.waiting += 1);
        self.state.until("it is let go", |state| (!state.is_held).then_some(())).await;
        self.behind.accept(inbound).await
    }
    async fn accept_raw(&self, raw: RawInbound) -> Result<Accepted, SinkError> {
        self.behind.accept_raw(raw).await
    }
}

#[async_trait::async_trait]
impl Bookmarks for Slow {
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError> {
        self.behind.find(name).await
    }
    async fn lay(&self, name: &str, place: &str) -> Result<(), SinkError> {
        if name.starts_with("kf.cursor.") {
            self.state.change(|state| state.laid.push(place.to_owned()));
        }
        self.behind.lay(name, place).await
    }
}

#[tokio::test]
async fn the_cursor_never_goes_back_though_two_gateways_read_at_once() {
    let (far, mut means) = (Far::start(), way_out::means());
    means.shelf = Arc::new(TurnOver(means.shelf.clone()));
    let (one, two) = (far.kf(&means, &json!({})), far.kf(&means, &json!({})));
    let slow = Arc::new(Slow::default());
    slow.state.change(|state| state.is_held = true);
    let first = Inlet::new(slow.clone(), slow.clone());
    let second = Inlet::new(slow.behind.clone(), slow.clone());
    for n in 0..3 {
        far.network.far_end.hears(&format!("m{n}"), &format!("{n}"));
    }
    let request = call();
    let overtaking = async {
        slow.state
            .until("the first is within a message", |state| (state.waiting == 1).then_some(()))
            .await;
        two.callback(&request, &second).await.unwrap();
        far.network.far_end.hears("m3", "3");
        two.callback(&call(), &second).await.unwrap();
        far.network.far_end.hears("m4", "4");
        slow.state.change(|state| state.is_held = false);
    };
    let (answer, ()) = tokio::join!(one.callback(&request, &first), overtaking);
    answer.unwrap();
    assert_eq!(slow.behind.now(), ["0", "1", "2", "3", "4"], "each once, in order");
    slow.state.look(|state| assert_eq!(state.laid, ["c3", "c4", "c5"], "never back"));
}

#[tokio::test]
async fn whoever_is_too_late_for_its_turn_tells_the_network_to_call_again() {
    let (far, means) = (Far::start(), way_out::means());
    let door = far.kf(&means, &json!({}));
    assert!(means.shelf.take_turn(&format!("kf.{ACCOUNT}"), 60_000).await.unwrap());
    let (inlet, behind) = Behind::open();
    far.network.far_end.hears("m0", "one");
    let answer = door.callback(&call(), &inlet).await;
    assert!(matches!(answer, Err(AdapterError::Unavailable(_))), "{answer:?}");
    means.shelf.end_turn(&format!("kf.{ACCOUNT}")).await;
    door.callback(&call(), &inlet).await.unwrap();
    assert_eq!(behind.now(), ["one"]);
}

fn to_account(command: Command) -> Command {
    Command { external_conversation: Some(ACCOUNT.to_owned()), ..command }
}

#[tokio::test]
async fn a_doubt_is_not_sent_again_for_nothing_says_that_the_id_would_be_known() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({ "accounts": [] }));
    let command = to_account(command("dlv_01hzy3v8k2m4n6p8q0r2s4t6v8", says("您好")));
    far.network.far_end.dies_after_taking();
    for _ in 0..2 {
        let said = door.deliver(&command).await;
        assert!(matches!(said, Outcome::InDoubt(_)), "{said:?}");
    }
    assert_eq!(far.network.far_end.reached(), [command.id.as_str()]);
    assert_eq!(bodies(&far, "kf/send_msg").len(), 1);
}

#[tokio::test]
async fn a_message_that_is_lost_later_is_told_by_our_own_id() {
    let far = Far::start();
    let means = way_out::means();
    let door = far.kf(&means, &json!({}));
    let (inlet, behind) = Behind::open();
    let long = format!("dlv_{}", "x".repeat(60));
    let ids = [long.as_str(), "dlv_short"];
    for (n, id) in ids.iter().enumerate() {
        assert!(matches!(door.deliver(&command(id, says("您好"))).await, Outcome::Sent(_)));
        let msgid = bodies(&far, "kf/send_msg")[n]["msgid"].clone();
        assert!(msgid.as_str().unwrap().len() <= 32);
        let event = json!({
            "event_type": "msg_send_fail", "open_kfid": ACCOUNT, "external_userid": MEMBER,
            "fail_msgid": msgid, "fail_type": 10,
        });
        let fields = json!({ "origin": 4, "msgtype": "event", "event": event });
        far.seen().change(|seen| seen.fields.insert(format!("e{n}"), fields));
        far.network.far_end.hears(&format!("e{n}"), "");
    }
    door.callback(&call(), &inlet).await.unwrap();
    let told = behind.taken.look(|taken| {
        let told = taken.accepted.iter().map(|inbound| match &inbound.payload {
            Payload::DeliveryReport { command, delivered: false, reason } => {
                (command.clone(), reason.clone())
            }
            other => panic!("{other:?}"),
        });
        told.collect::<Vec<_>>()
    });
    assert_eq!(told, ids.map(|id| (id.to_owned(), "用户拒收消息".to_owned())));
}

#[tokio::test]
async fn a_closed_window_is_said_and_a_greeting_goes_through_it() {
    let far = Far::start();
    let means = way_out::means();
    let door = far.kf(&means, &json!({}));
    let (inlet, _behind) = Behind::open();
    let closed = |code: i64| {
        let refusal = json!({ "errcode": code, "errmsg": "no" });
        far.seen().change(|seen| seen.instead.push_back(("kf/send_msg", refusal)));
    };
    for code in [95001, 95002, 95013] {
        closed(code);
        let outcome = door.deliver(&command("c1", says("您好"))).await;
        assert_eq!(outcome, Outcome::WindowClosed, "{code}");
    }
    // Somebody comes in, without a word: for a short time they may be greeted, once.
    let event = json!({
        "event_type": "enter_session", "open_kfid": ACCOUNT, "external_userid": MEMBER,
        "scene": "123", "welcome_code": "WELCOME",
    });
    let fields = json!({ "origin": 4, "msgtype": "event", "event": event });
    far.seen().change(|seen| seen.fields.insert("e0".to_owned(), fields));
    far.network.far_end.hears("e0", "");
    door.callback(&call(), &inlet).await.unwrap();
    closed(95002);
    let outcome = door.deliver(&command("c2", says("您好"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["c2".to_owned()]));
    assert_eq!(bodies(&far, "kf/send_msg_on_event")[0]["code"], "WELCOME");
    closed(95002);
    assert_eq!(door.deliver(&command("c3", says("您好"))).await, Outcome::WindowClosed);
}

#[tokio::test]
async fn a_session_that_is_not_ours_says_whose_it_is() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({}));
    let cases = [(4, "closed"), (3, "in WeCom itself"), (2, "待接入池"), (0, "95018")];
    for (state, expected) in cases {
        far.seen().change(|seen| {
            seen.service_state = state;
            let refusal = json!({ "errcode": 95018, "errmsg": "invalid service state" });
            seen.instead.push_back(("kf/send_msg", refusal));
        });
        match door.deliver(&command("c1", says("您好"))).await {
            Outcome::WindowClosed => assert_eq!(state, 4),
            Outcome::Rejected(why) => assert!(why.contains(expected), "{state}: {why}"),
            other => panic!("{state}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn choices_are_a_menu_and_files_are_files() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({}));
    let long = "长".repeat(500);
    for (id, text, count) in [("c1", "请评价", 3), ("c2", long.as_str(), 3), ("c3", "十一个", 11)]
    {
        let outcome = door.deliver(&command(id, with_choices(text, count))).await;
        assert_eq!(outcome, Outcome::Sent(vec![id.to_owned()]));
    }
    let sent = bodies(&far, "kf/send_msg");
    let line = json!({ "type": "click", "click": { "id": "rate:1", "content": "1 分" } });
    assert_eq!(sent[0]["msgmenu"]["list"][0], line);
    let parts =
        ["head_content", "tail_content"].map(|part| sent[1]["msgmenu"][part].as_str().unwrap());
    assert_eq!(parts.concat(), long);
    assert!(parts.iter().all(|part| part.len() <= 1_024));
    assert_eq!(sent[2]["msgtype"], "text");
    let outcome =
        door.deliver(&command("c4", gives("证明.pdf", "application/pdf", b"%PDF-1.7"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["c4".to_owned()]));
    let (kind, name, _) = far.seen().look(|seen| seen.files[0].clone());
    assert_eq!((kind.as_str(), name.as_str()), ("file", "证明.pdf"));
    assert_eq!(bodies(&far, "kf/send_msg")[3]["file"]["media_id"], "media-0");
}

#[tokio::test]
async fn a_customer_has_a_name_and_a_check_names_the_accounts() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({}));
    let found = door.profile(MEMBER).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.directory_id, found.email), ("小王", None, None));
    assert!(door.profile("nobody").await.unwrap().is_none());
    let findings = door.check().await;
    assert_eq!(findings[1].passed, Passed::Yes);
    assert_eq!(findings[1].detail, format!("政务服务 ({ACCOUNT})"));
    let other = far.kf(&way_out::means(), &json!({ "accounts": ["wkOther"] })).check().await;
    assert_eq!(other[1].passed, Passed::No);
    assert!(other[1].detail.contains("wkOther"), "{other:?}");
}

#[tokio::test]
async fn it_stops_at_once_when_asked_even_while_the_network_is_silent() {
    let far = Far::start();
    let door = far.kf(&way_out::means(), &json!({ "poll_secs": 3_600 }));
    let (inlet, behind) = Behind::open();
    far.network.far_end.hears("m0", "one");
    let running = run_until(&door, &inlet, &behind, 1);
    let ended = tokio::time::timeout(Duration::from_secs(5), running).await;
    assert_eq!(ended.unwrap(), ["one"]);
    let nothing: Result<Bytes, AdapterError> = door.fetch_media("over", 10).await;
    assert!(matches!(nothing, Err(AdapterError::Malformed(_))));
    let unset: Value = json!({ "corp_id": "", "accounts": [] });
    let ended = far.kf(&way_out::means(), &unset).run(inlet, CancellationToken::new()).await;
    assert!(
        matches!(&ended, Err(AdapterError::Unavailable(why)) if why.contains("corp_id")),
        "{ended:?}"
    );
}
