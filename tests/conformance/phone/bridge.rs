//! The phone bridge's two directions against the library of Standard Webhooks, and against the schema that
//! bridges are written by.

use super::board::Board;
use super::running::{Running, UNTIL_BOTH_SPEAK, call, channel, comes_to, inlet};
use crate::bridge::library;
use crate::doors::way_out;
use crate::hosted::Hosted;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::phone::{Call, CallEnd, CallEvent, CallOrder};
use channels::phone_bridge::{ADAPTER, PhoneBridge};
use channels::{ChannelAdapter as _, Passed};
use domain::{CallId, CallOutcome, CallStage, Leg};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tests::binary::root;
use tests::bridge::signed;
use tests::http_server::{Asked, HttpServer, Told};
use tests::port::Port;
use tests::watched::Watched;

/// What signs both ways, as the bytes behind `whsec_`.
const KEY: &[u8] = b"CANARY-secret-of-the-telephones-";
const AGENT: &str = "sip:wang@city.example";

/// What the bridge was asked, and what it answers next; `None` hangs up.
#[derive(Debug, Default)]
struct Behaviour {
    asked: Vec<Asked>,
    next: VecDeque<Option<Told>>,
    /// What it answers to `call.look_up`.
    looked_up: Option<Told>,
}

impl Behaviour {
    fn answer(&mut self, asked: Asked) -> Option<Told> {
        let is_look = order(&asked)["type"] == "call.look_up";
        self.asked.push(asked);
        match self.looked_up.clone() {
            Some(told) if is_look => Some(told),
            _ => self.next.pop_front().unwrap_or_else(|| Some(Told::json(200, &json!({})))),
        }
    }
}

fn order(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).unwrap()
}

struct World {
    adapter: Arc<PhoneBridge>,
    board: Arc<Board>,
    hosted: Hosted,
    bridge: Arc<Watched<Behaviour>>,
    running: Option<Running>,
    client: reqwest::Client,
    sent: std::sync::atomic::AtomicUsize,
    _server: HttpServer,
}

impl World {
    fn open() -> Self {
        let bridge = Arc::<Watched<Behaviour>>::default();
        let shared = bridge.clone();
        let server = HttpServer::start(move |asked| {
            let bridge = shared.clone();
            async move { bridge.change(|bridge| bridge.answer(asked)) }
        });
        let settings = json!({
            "url": format!("{}/calls", server.url()), "caller_id": "+861065529988", "look_every_secs": 1,
            "secret": format!("whsec_{}", STANDARD.encode(KEY)),
        });
        let adapter = PhoneBridge::open(&channel(ADAPTER, settings), &way_out::means()).unwrap();
        let (adapter, board) = (Arc::new(adapter), Board::open());
        let hosted = Hosted::start_at(Port::take(), adapter.clone(), inlet(&board));
        let running = Some(Running::start(adapter.clone(), &board));
        let client = reqwest::Client::new();
        let sent = std::sync::atomic::AtomicUsize::default();
        let _server = server;
        Self { adapter, board, hosted, bridge, running, client, sent, _server }
    }

    fn answers(&self, told: Option<Told>) {
        self.bridge.change(|bridge| bridge.next.push_back(told));
    }

    fn looks_up(&self, answer: Value) {
        self.bridge.change(|bridge| bridge.looked_up = Some(Told::json(200, &answer)));
    }

    /// The orders of this type so far, once there are so many.
    async fn gets(&self, kind: &str, count: usize) -> Vec<Asked> {
        let what = format!("{count} of {kind}");
        self.bridge
            .until(&what, |bridge| {
                let of_kind = |asked: &&Asked| order(asked)["type"] == kind;
                let found: Vec<Asked> = bridge.asked.iter().filter(of_kind).cloned().collect();
                (found.len() >= count).then_some(found)
            })
            .await
    }

    fn count(&self, kind: &str) -> usize {
        self.bridge
            .look(|bridge| bridge.asked.iter().filter(|asked| order(asked)["type"] == kind).count())
    }

    /// Posts an event as a bridge does, under this `webhook-id`; the status and what was answered.
    async fn posts_as(&self, id: &str, (key, body): (&[u8], &[u8])) -> (u16, Value) {
        let mut request = self.client.post(format!("{}/events", self.hosted.url("line")));
        for (name, value) in signed(key, id, body) {
            request = request.header(name, value);
        }
        let answer = request.body(body.to_vec()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn posts(&self, event: Value) -> (u16, Value) {
        let n = self.sent.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.posts_as(&format!("evt_{n}"), (KEY, event.to_string().as_bytes())).await
    }

    async fn tells(&self, call: &Call, events: &[Value]) {
        for event in events {
            let mut event = event.clone();
            event["id"] = json!(call.id);
            assert_eq!(self.posts(event.clone()).await.0, 200, "{event}");
        }
    }

    /// A call that has come to the bridge.
    async fn places(&self, n: u8) -> Call {
        let call = call(n, AGENT);
        self.board.order(CallOrder::Place(call.clone()));
        self.gets("call.place", 1).await;
        call
    }

    async fn connects(&self, n: u8) -> Call {
        self.looks_up(json!({ "stage": "connected" }));
        let call = self.places(n).await;
        self.tells(&call, &until_both_speak()).await;
        call
    }
}

fn until_both_speak() -> [Value; 5] {
    [
        json!({ "type": "call.ringing", "leg": "agent" }),
        json!({ "type": "call.answered", "leg": "agent" }),
        json!({ "type": "call.ringing", "leg": "contact" }),
        json!({ "type": "call.answered", "leg": "contact" }),
        json!({ "type": "call.connected" }),
    ]
}

fn schema(part: &str) -> Validator {
    let text = std::fs::read_to_string(root().join("docs/channels/phone/phone-bridge.schema.json"));
    let mut schema: Value = serde_json::from_str(&text.unwrap()).unwrap();
    let whole = schema.as_object_mut().unwrap();
    whole.remove("oneOf");
    whole.insert("$ref".to_owned(), json!(format!("#/$defs/{part}")));
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn fixture(name: &str) -> Vec<Value> {
    let path = root().join("channels/fixtures/phone_bridge").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn ended(outcome: CallOutcome, by: Option<Leg>, cause: &str) -> CallEnd {
    CallEnd { outcome, by, cause: cause.to_owned(), retry_after: None }
}

/// The adapter's own tests take the good ones and refuse the bad ones.
#[test]
fn the_schema_takes_what_the_adapter_takes() {
    let (event, mut kinds) = (schema("event"), BTreeSet::new());
    for value in fixture("good.json") {
        let errors: Vec<String> =
            event.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{value}: {errors:?}");
        kinds.insert(value["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds.len(), 9, "each type has an example: {kinds:?}");
    for case in fixture("bad.json") {
        assert!(!event.is_valid(&case["event"]), "{}", case["why"]);
    }
}

#[tokio::test]
async fn a_call_is_placed_steered_and_told_as_the_schema_and_the_library_say() {
    let mut world = World::open();
    let call = world.connects(1).await;
    assert_eq!(world.board.until(&call.id, &CallEvent::Connected).await, UNTIL_BOTH_SPEAK);
    world.board.order(CallOrder::Hold(call.id.clone()));
    world.gets("call.hold", 1).await;
    world.tells(&call, &[json!({ "type": "call.held" })]).await;
    world.board.order(CallOrder::Resume(call.id.clone()));
    world.gets("call.resume", 1).await;
    let recorded = json!({ "type": "call.recorded", "recording": "rec-1" });
    world.tells(&call, &[json!({ "type": "call.resumed" }), recorded]).await;
    world.board.order(CallOrder::HangUp(call.id.clone()));
    world.gets("call.hang_up", 1).await;
    world.gets("call.look_up", 1).await;
    let end = json!({
        "type": "call.ended", "outcome": "completed", "by": "contact", "cause": "200 OK",
        "retry_after_secs": 7,
    });
    world.tells(&call, &[end]).await;
    let told = world.board.end(&call.id).await;
    let retry_after = Some(Duration::from_secs(7));
    let expected = ended(CallOutcome::Completed, Some(Leg::Contact), "200 OK");
    assert_eq!(told, CallEnd { retry_after, ..expected });
    world.adapter.check().await;

    let place = order(&world.gets("call.place", 1).await[0]);
    let expected = json!({
        "type": "call.place", "id": call.id, "agent": AGENT, "contact": "+8613800138000",
        "caller_id": "+861065529988", "locale": "zh-CN", "ring_agent_secs": 20,
        "ring_contact_secs": 20,
    });
    assert_eq!(place, expected);
    let (orders, events, mut library) = (schema("order"), schema("event"), library());
    let (secret, stranger) = (STANDARD.encode(KEY), STANDARD.encode([7; 32]));
    for asked in world.bridge.look(|bridge| bridge.asked.clone()) {
        let value = order(&asked);
        let errors: Vec<String> =
            orders.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{value}: {errors:?}");
        // A check is answered by its like; nothing else of ours could be a bridge's.
        assert_eq!(events.is_valid(&value), value["type"] == json!("check"), "{value}");
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let headers = names.map(|name| (name.to_owned(), json!(asked.header(name))));
        let headers: serde_json::Map<String, Value> = headers.into_iter().collect();
        for (secret, is_ours) in [(&secret, true), (&stranger, false)] {
            let question = json!({
                "do": "verify", "secret": format!("whsec_{secret}"), "headers": headers,
                "content": STANDARD.encode(&asked.body),
            });
            assert_eq!(library.ask(&question).await["verified"], json!(is_ours), "{value}");
        }
    }
    world.running.take().unwrap().ends().await;
}

#[tokio::test]
async fn each_outcome_is_told_as_the_bridge_says() {
    let world = World::open();
    world.looks_up(json!({ "stage": "agent_ringing" }));
    for (n, outcome) in CallOutcome::ALL.into_iter().enumerate() {
        let call = call(u8::try_from(n).unwrap(), AGENT);
        world.board.order(CallOrder::Place(call.clone()));
        world.gets("call.place", n + 1).await;
        let cause = "busy, +8613800138000";
        let end = json!({ "type": "call.ended", "outcome": outcome.name(), "cause": cause });
        world.tells(&call, &[end]).await;
        let told = world.board.end(&call.id).await;
        assert_eq!(told, ended(outcome, None, "busy, +8613*********"));
    }
}

#[tokio::test]
async fn a_call_without_an_answer_is_placed_again_under_its_id() {
    let mut world = World::open();
    world.looks_up(json!({ "stage": "dialing" }));
    world.answers(None);
    world.answers(Some(Told::json(503, &json!({}))));
    let mut pause = Told::json(429, &json!({}));
    pause.headers.push(("Retry-After", "0.2".to_owned()));
    world.answers(Some(pause));
    world.answers(Some(Told::json(409, &json!({}))));
    let call = call(1, AGENT);
    // Twice the same order, and it is placed until it is taken, no more.
    world.board.order(CallOrder::Place(call.clone()));
    world.board.order(CallOrder::Place(call.clone()));
    let asked = world.gets("call.place", 4).await;
    world.gets("call.look_up", 1).await;
    assert_eq!(world.count("call.place"), 4);
    for asked in &asked {
        assert_eq!(asked.header("webhook-id"), call.id.as_str());
        assert_eq!(order(asked)["id"], json!(call.id));
    }
    assert_eq!(world.board.until_trace(&call.id).await, 1);
    // Another owner places it again under the same id, so that the bridge knows it.
    world.running.take().unwrap().dies().await;
    let running = Running::start(world.adapter.clone(), &world.board);
    world.board.order(CallOrder::Place(call.clone()));
    let asked = world.gets("call.place", 5).await;
    assert_eq!(asked[4].header("webhook-id"), call.id.as_str());
    running.ends().await;
}

#[tokio::test]
async fn a_call_that_the_bridge_refuses_or_never_takes_has_failed() {
    let world = World::open();
    world.answers(Some(Told::json(422, &json!({}))));
    let refused = world.places(1).await;
    let cause = "the bridge refuses the call: HTTP 422";
    let told = world.board.end(&refused.id).await;
    assert_eq!(told, ended(CallOutcome::Failed, None, cause));
    let never = Call { ring_agent: Duration::from_secs(1), ..call(2, AGENT) };
    for _ in 0..10 {
        world.answers(Some(Told::json(500, &json!({}))));
    }
    world.board.order(CallOrder::Place(never.clone()));
    let told = world.board.end(&never.id).await;
    assert_eq!(told, ended(CallOutcome::Failed, None, "the bridge does not answer"));
    assert!(world.count("call.place") > 2);
    // It may ring there all the same.
    let last = world.gets("call.hang_up", 1).await;
    assert_eq!(order(&last[0])["id"], json!(never.id));
    assert_eq!(world.board.heard.look(|heard| heard.missed.len()), 0);
}

#[tokio::test]
async fn a_call_is_hung_up_while_it_rings_and_while_it_is_placed() {
    let mut world = World::open();
    world.looks_up(json!({ "stage": "agent_ringing" }));
    let rings = world.places(1).await;
    world.gets("call.look_up", 1).await;
    world.board.order(CallOrder::HangUp(rings.id.clone()));
    world.gets("call.hang_up", 1).await;
    world.tells(&rings, &[json!({ "type": "call.ended", "outcome": "cancelled" })]).await;
    assert_eq!(world.board.end(&rings.id).await, ended(CallOutcome::Cancelled, None, ""));

    for _ in 0..3 {
        world.answers(Some(Told::json(503, &json!({}))));
    }
    let placed = call(2, AGENT);
    world.board.order(CallOrder::Place(placed.clone()));
    world.gets("call.place", 3).await;
    world.board.order(CallOrder::HangUp(placed.id.clone()));
    let told = world.board.end(&placed.id).await;
    assert_eq!(told, ended(CallOutcome::Cancelled, None, "hung up by the desk"));
    let kinds: Vec<Value> = world.bridge.look(|bridge| {
        let kinds = bridge.asked.iter().map(|asked| order(asked)["type"].clone());
        kinds.filter(|kind| kind != "call.look_up").collect()
    });
    let last = kinds.iter().rposition(|kind| kind == "call.place").unwrap();
    let after = &kinds[last + 1..];
    assert!(!after.is_empty(), "{kinds:?}");
    assert!(after.iter().all(|kind| kind == "call.hang_up"), "nothing is placed after: {kinds:?}");
    let count = world.count("call.hang_up");
    // A call that nobody knows is not steered, and nothing is told of it.
    world.board.order(CallOrder::HangUp(call(9, AGENT).id));
    world.running.take().unwrap().ends().await;
    assert_eq!(world.count("call.hang_up"), count);
}

#[tokio::test]
async fn the_desk_is_told_once_whatever_it_takes() {
    let world = World::open();
    world.looks_up(json!({ "stage": "agent_ringing" }));
    let call = world.places(1).await;
    world.board.until_trace(&call.id).await;
    world.board.heard.change(|heard| heard.refusals = 2);
    let event = json!({ "type": "call.ringing", "id": call.id, "leg": "agent" }).to_string();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let (status, told) = world.posts_as("evt_same", (KEY, event.as_bytes())).await;
        statuses.push((status, told["result"].clone()));
    }
    let nothing = Value::Null;
    let expected =
        [(503, nothing.clone()), (503, nothing), (200, json!("taken")), (200, json!("known"))];
    assert_eq!(statuses, expected);
    let ringing = CallEvent::Ringing(Leg::Agent);
    assert_eq!(world.board.until(&call.id, &ringing).await, [ringing]);
    world.board.heard.change(|heard| heard.not_ours.push(call.id.clone()));
    let (status, told) = world.posts(json!({ "type": "call.connected", "id": call.id })).await;
    assert_eq!((status, &told["code"]), (410, &json!("not_ours")));
}

#[tokio::test]
async fn what_is_forged_or_malformed_is_refused_and_nothing_told() {
    let world = World::open();
    let call = call(1, AGENT);
    let event = json!({ "type": "call.connected", "id": call.id }).to_string();
    assert_eq!(world.posts_as("evt_1", (&[7; 32], event.as_bytes())).await.0, 403);
    let url = format!("{}/events", world.hosted.url("line"));
    let bare = world.client.post(&url).body(event.clone()).send().await.unwrap();
    assert_eq!(bare.status().as_u16(), 403);
    let mut altered = world.client.post(&url);
    for (name, value) in signed(KEY, "evt_2", event.as_bytes()) {
        altered = altered.header(name, value);
    }
    let altered = altered.body(event.replace("connected", "resumed")).send().await.unwrap();
    assert_eq!(altered.status().as_u16(), 403);
    let huge = json!({ "type": "call.recorded", "id": call.id, "recording": "x".repeat(1 << 20) });
    let own = json!({ "type": "call.hang_up", "id": call.id }).to_string();
    let damaged = [("{".to_owned(), 400), ("7".to_owned(), 422), (own, 422)];
    for (body, expected) in damaged.into_iter().chain([(huge.to_string(), 422)]) {
        assert_eq!(world.posts_as("evt_3", (KEY, body.as_bytes())).await.0, expected);
    }
    for case in fixture("bad.json") {
        assert_eq!(world.posts(case["event"].clone()).await.0, 422, "{}", case["why"]);
    }
    world.board.heard.look(|heard| assert!(heard.events.is_empty() && heard.missed.is_empty()));
}

#[tokio::test]
async fn another_owner_leaves_alone_who_speaks_and_lets_go_what_rings() {
    let world = World::open();
    let takes_over = |n: u8, stage: CallStage| {
        let call = call(n, AGENT);
        let trace = Some("bridge".to_owned());
        world.board.order(CallOrder::TakeOver { call: call.clone(), stage, trace });
        call.id
    };
    let lost = |cause: &str| ended(CallOutcome::Lost, None, cause);
    world.looks_up(json!({ "stage": "contact_ringing" }));
    let rings = takes_over(1, CallStage::ContactRinging);
    assert_eq!(world.board.end(&rings).await, lost("its owner died"));
    assert_eq!(order(&world.gets("call.hang_up", 1).await[0])["id"], json!(rings));
    world.bridge.change(|bridge| bridge.looked_up = Some(Told::json(404, &json!({}))));
    let unknown = takes_over(2, CallStage::Connected);
    assert_eq!(world.board.end(&unknown).await, lost("its owner died"));
    world.looks_up(json!({ "stage": "ended", "outcome": "busy", "cause": "486 Busy Here" }));
    let over = takes_over(3, CallStage::ContactRinging);
    let busy = ended(CallOutcome::Busy, None, "486 Busy Here");
    assert_eq!(world.board.end(&over).await, busy);

    let hung_up = world.count("call.hang_up");
    world.looks_up(json!({ "stage": "connected" }));
    let before = world.count("call.look_up");
    let speaks = takes_over(4, CallStage::ContactRinging);
    let told = world.board.until(&speaks, &CallEvent::Connected).await;
    assert_eq!(told, [CallEvent::Connected]);
    world.gets("call.look_up", before + 3).await;
    assert_eq!(world.count("call.hang_up"), hung_up, "nobody who speaks is cut off");
    // It ends where another gateway was told: seen at the next look.
    let by = json!({ "stage": "ended", "outcome": "completed", "by": "agent" });
    world.looks_up(by);
    let completed = ended(CallOutcome::Completed, Some(Leg::Agent), "");
    assert_eq!(world.board.end(&speaks).await, completed);
}

#[tokio::test]
async fn a_call_that_the_bridge_forgets_is_lost() {
    let mut world = World::open();
    let call = world.connects(1).await;
    comes_to(&world.board, &call.id, CallStage::Connected).await;
    world.bridge.change(|bridge| bridge.looked_up = Some(Told::json(404, &json!({}))));
    let told = world.board.end(&call.id).await;
    assert_eq!(told, ended(CallOutcome::Lost, None, "the bridge knows no such call"));
    // And one that was told to have ended is not looked for any more.
    let other = world.connects(2).await;
    world.gets("call.place", 2).await;
    world.tells(&other, &[json!({ "type": "call.ended", "outcome": "completed" })]).await;
    let looks: BTreeSet<String> = world.bridge.look(|bridge| {
        let looks = bridge.asked.iter().map(order).filter(|it| it["type"] == "call.look_up");
        looks.map(|look| look["id"].as_str().unwrap().to_owned()).collect()
    });
    world.running.take().unwrap().ends().await;
    assert!(looks.contains(call.id.as_str()), "{looks:?}");
}

#[tokio::test]
async fn who_rang_in_vain_is_told() {
    let world = World::open();
    let event = json!({
        "type": "call.missed", "id": "in-1", "from": "+8613900139000", "to": "+861065529988",
        "at": "2026-11-27T09:30:00+08:00",
    });
    assert_eq!(world.posts(event).await, (200, json!({ "result": "taken" })));
    world.board.heard.look(|heard| {
        let missed = &heard.missed[0];
        assert_eq!(missed.external_id, "in-1");
        assert_eq!((missed.from.e164(), missed.to.as_str()), ("+8613900139000", "+861065529988"));
        assert_eq!(missed.at, Some(domain::Timestamp(1_795_743_000_000)));
    });
}

#[tokio::test]
async fn a_check_says_which_way_is_open_and_no_secret_is_shown() {
    let world = World::open();
    let passed: Vec<(String, Passed)> =
        world.adapter.check().await.into_iter().map(|found| (found.point, found.passed)).collect();
    let point = |point: &str, passed| (point.to_owned(), passed);
    let expected = [
        point("connection", Passed::Yes),
        point("credentials", Passed::Yes),
        point("callback", Passed::Unknown),
    ];
    assert_eq!(passed, expected);
    world.answers(Some(Told::json(401, &json!({}))));
    assert_eq!(world.adapter.check().await[1].passed, Passed::No);
    assert!(!format!("{:?}", world.adapter).contains(&STANDARD.encode(KEY)));
    let id: CallId = call(1, AGENT).id;
    assert!(!format!("{:?}", CallOrder::HangUp(id)).contains("138"));
}
