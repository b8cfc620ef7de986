//! Somebody is called back, over a phone bridge: the place in the queue, the agent's and the person's telephone, what
//! is said in the log, what is refused, and gateways that die.

mod asking;
mod faults;
mod measures;
mod network;
mod proving;
mod sample;
mod sip;

use serde_json::{Value, json};
use tests::agent::TestAgent;
use tests::exchange::Exchange;
use tests::house::Plan;
use tests::{DeskFile, House, TestVisitor, eventually};

/// A number that may be rung, as somebody writes it, and as it is dialled and shown.
const NUMBER: &str = "138 0013 8000";
const DIALLED: &str = "+8613800138000";
const SHOWN: &str = "+86*******8000";
/// Ming's telephone.
const PHONE: &str = "1001";

/// A house that calls people back, and the exchange through which it does.
struct Town {
    house: House,
    exchange: Exchange,
}

impl Town {
    async fn open(gateways: usize) -> Self {
        Self::open_with(gateways, Exchange::start(), &json!({})).await
    }

    /// With more of a policy.
    async fn open_with(gateways: usize, exchange: Exchange, policy: &Value) -> Self {
        let desk = desk_with(&exchange, policy);
        let plan = House::of(desk).with_gateways(gateways).with("log.level", "debug");
        Self { house: plan.start().await, exchange }
    }

    /// Somebody waits in the chat, and nobody is at work.
    async fn waits(&self, text: &str) -> TestVisitor {
        let mut visitor = self.house.visitor().await;
        visitor.asks("tax", text).await;
        visitor
    }

    async fn tells(&self, gateway: usize, event: Value) {
        let port = self.house.gateways[gateway].api().port();
        assert_eq!(self.exchange.tells(port, &event).await, 200, "{event}");
    }

    /// The agent's telephone is answered, then the person's.
    async fn connects(&self, call: &str) {
        for event in [
            json!({ "type": "call.ringing", "id": call, "leg": "agent" }),
            json!({ "type": "call.answered", "id": call, "leg": "agent" }),
            json!({ "type": "call.ringing", "id": call, "leg": "contact" }),
            json!({ "type": "call.answered", "id": call, "leg": "contact" }),
            json!({ "type": "call.connected", "id": call }),
        ] {
            self.tells(0, event).await;
        }
    }

    async fn ends(&self, call: &str, outcome: &str) {
        self.tells(0, json!({ "type": "call.ended", "id": call, "outcome": outcome, "cause": "486 Busy Here" })).await;
    }
}

fn desk_with(exchange: &Exchange, more: &Value) -> DeskFile {
    let mut policy = json!({ "retry_pauses_secs": [600] });
    for (key, value) in more.as_object().unwrap() {
        policy[key] = value.clone();
    }
    DeskFile::small()
        .with_telephone(
            ("hotline", "phone_bridge"),
            &["tax", "insurance"],
            exchange.settings(policy),
        )
        .with_channel_changed(
            "website",
            json!({ "settings": { "phone": { "channel": "hotline" } } }),
        )
        .with_agent_changed("ming", json!({ "phone": PHONE }))
}

/// A house whose SIP line may listen and call anywhere on this machine, and Ming's telephone.
fn house_with_line(settings: Value, phone: &str) -> Plan {
    let desk = DeskFile::small()
        .with_telephone(("hotline", "sip"), &["tax"], settings)
        .with_channel_changed(
            "website",
            json!({ "settings": { "phone": { "channel": "hotline" } } }),
        )
        .with_agent_changed("ming", json!({ "phone": phone }));
    let any = json!(["1-65535"]);
    House::of(desk).with("sip.listen_ports", any.clone()).with("sip.inner_ports", any)
}

/// Asks for a call in the visitor's present conversation.
async fn asks_for_call(visitor: &TestVisitor, wish: Value) {
    let answer = visitor.api().put("/v1/chat/callback", wish).await;
    assert_eq!(answer.status, 204, "{answer:?}");
}

/// What the visitor sees of the call, once it is so.
async fn sees_call(visitor: &TestVisitor, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    visitor
        .seen()
        .until(what, |seen| {
            let callback = seen.state["callback"].clone();
            fits(&callback).then_some(callback)
        })
        .await
}

/// The codes of the log's facts about calls.
async fn facts(agent: &TestAgent, conversation: &str) -> Vec<Value> {
    let log = agent.log(conversation).await;
    let notices = log.iter().map(|message| message["notice"].clone());
    notices
        .filter(|notice| notice["code"].as_str().is_some_and(|code| code.starts_with("call")))
        .collect()
}

async fn has_fact(agent: &TestAgent, conversation: &str, code: &str) -> Value {
    eventually(&format!("a fact {code}"), async || {
        let facts = facts(agent, conversation).await;
        facts.iter().rfind(|fact| fact["code"] == code).cloned().ok_or(format!("{facts:?}"))
    })
    .await
}

#[tokio::test]
async fn who_waits_in_a_chat_is_rung_instead_keeps_the_place_and_the_conversation() {
    let mut town = Town::open(1).await;
    let first = town.waits("发票系统打不开").await;
    let second = town.waits("社保缴费问题").await;
    asks_for_call(&first, json!({ "number": NUMBER })).await;
    let callback =
        sees_call(&first, "the call is wanted", |callback| callback["state"] == "wanted").await;
    assert_eq!(callback["number"], SHOWN, "{callback}");
    assert_eq!(first.seen().look(|seen| seen.state["position"]["before_max"].clone()), 0);

    // Ming takes the first who came, by telephone.
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    assert_eq!(Some(conversation.clone()), first.seen().look(tests::visitor::Seen::conversation));
    let order = town.exchange.gets("call.place", None).await;
    let call = order["id"].as_str().unwrap().to_owned();
    assert_eq!((&order["agent"], &order["contact"]), (&json!(PHONE), &json!(DIALLED)), "{order}");
    let read = ming.reads(&conversation).await;
    assert_eq!(read["callback"]["call"]["id"], json!(call), "{read}");
    assert_eq!(read["callback"]["number"], SHOWN, "{read}");

    town.connects(&call).await;
    sees_call(&first, "both speak", |callback| callback["stage"] == "connected").await;
    // What is said in the chat meanwhile stands in the same log.
    ming.says(&conversation, "我们正在通话").await;
    first.hears("我们正在通话").await;
    let held = ming
        .api()
        .post(&format!("/v1/conversations/{conversation}/call"), json!({ "act": "hold" }))
        .await;
    assert_eq!(held.status, 204, "{held:?}");
    town.exchange.gets("call.hold", Some(&call)).await;
    town.tells(0, json!({ "type": "call.held", "id": call })).await;
    sees_call(&first, "on hold", |callback| callback["stage"] == "held").await;
    town.ends(&call, "completed").await;
    let over = sees_call(&first, "it is over", |callback| callback["state"] == "over").await;
    assert_eq!(over["outcome"], "completed", "{over}");

    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert_eq!((&ended["outcome"], &ended["attempt"]), (&json!("completed"), &json!(1)), "{ended}");
    let codes: Vec<Value> =
        facts(&ming, &conversation).await.iter().map(|fact| fact["code"].clone()).collect();
    assert_eq!(codes, ["callback_requested", "call_ringing", "call_connected", "call_ended"]);
    ming.closes(&conversation).await;
    // The second is next, and nobody was rung twice.
    let next = ming.accepts_next_offer().await;
    assert_eq!(Some(next), second.seen().look(tests::visitor::Seen::conversation));
    assert_eq!(town.exchange.count("call.place"), 1);
    town.house.ends_well();
}

#[tokio::test]
async fn whom_a_call_does_not_reach_is_tried_again_and_may_be_sooner() {
    let mut town = Town::open(1).await;
    let visitor = town.waits("我要投诉").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let first = town.exchange.gets("call.place", None).await["id"].as_str().unwrap().to_owned();
    town.ends(&first, "busy").await;
    let resting =
        sees_call(&visitor, "it is tried again", |callback| callback["next_at"].is_i64()).await;
    assert_eq!(
        (&resting["state"], &resting["outcome"]),
        (&json!("wanted"), &json!("busy")),
        "{resting}"
    );
    visitor.sees_state("snoozed").await;

    // They are there now: no need to wait.
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    assert_eq!(ming.accepts_next_offer().await, conversation);
    let second = eventually("a second call", async || {
        let orders = town.exchange.known().look(|known| known.orders.clone());
        let placed: Vec<&Value> =
            orders.iter().filter(|order| order["type"] == "call.place").collect();
        match placed.as_slice() {
            [_, second] => Ok(second["id"].as_str().unwrap().to_owned()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert_ne!(first, second);
    town.ends(&second, "no_answer").await;
    let over = sees_call(&visitor, "it is given up", |callback| callback["state"] == "over").await;
    assert_eq!(over["outcome"], "no_answer", "two tries are all that the policy has: {over}");
    ming.closes(&conversation).await;
    town.house.ends_well();
}

#[tokio::test]
async fn whose_own_telephone_is_not_answered_keeps_the_conversation_and_rings_again() {
    let mut town = Town::open(1).await;
    let visitor = town.waits("发票").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let first = town.exchange.gets("call.place", None).await["id"].as_str().unwrap().to_owned();
    town.tells(0, json!({ "type": "call.ringing", "id": first, "leg": "agent" })).await;
    town.ends(&first, "agent_unreachable").await;
    has_fact(&ming, &conversation, "call_ended").await;
    let path = format!("/v1/conversations/{conversation}/call");
    let second = ming.api().post(&path, json!({ "act": "place" })).await.ok();
    assert_ne!(second["call"], json!(first), "{second}");
    let again = ming.api().post(&path, json!({ "act": "place" })).await.ok();
    assert_eq!(second, again, "one call at a time");
    let call = second["call"].as_str().unwrap();
    town.exchange.gets("call.place", Some(call)).await;
    // It is taken back before anybody speaks.
    assert_eq!(ming.api().post(&path, json!({ "act": "hang_up" })).await.status, 204);
    town.exchange.gets("call.hang_up", Some(call)).await;
    town.ends(call, "cancelled").await;
    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert_eq!(ended["attempt"], 0, "nobody rang the person: {ended}");
    // What the person cannot know of is not said to them.
    let heard = visitor.seen().look(|seen| format!("{seen:?}"));
    assert!(!heard.contains("agent_unreachable") || !heard.contains("call_ended"), "{heard}");
    town.house.ends_well();
}
