//! What a carrier's network says, seen at the desk: a whole gateway, its own SIP line, the agent's telephone (baresip) and
//! a trunk that follows a script (SIPp) or asks who we are (Kamailio).

use super::{DIALLED, NUMBER, has_fact, house_with_line};
use serde_json::{Value, json};
use std::path::Path;
use tests::agent::TestAgent;
use tests::baresip::{Answers, Phone};
use tests::eventually::{eventually, holds};
use tests::kamailio::{Kamailio, USER};
use tests::port::Port;
use tests::sipp::Sipp;
use tests::{House, TestVisitor};

/// A desk whose line calls through a trunk, and the agent who is rung.
struct Town {
    house: House,
    agent: Phone,
    ming: TestAgent,
    conversation: String,
    _visitor: TestVisitor,
    _line: Port,
}

impl Town {
    /// Somebody has asked for a call, and Ming has accepted.
    async fn calls(folder: &Path, trunk: Value, policy: Value) -> Self {
        let line = Port::take();
        let agent = Phone::start(&folder.join("agent"), "1001", Answers::AtOnce).await;
        let settings = json!({ "listen": [format!("udp:127.0.0.1:{}", line.number())], "trunk": trunk, "callback": policy });
        let mut house = house_with_line(settings, &agent.uri()).start().await;
        let mut visitor = house.visitor().await;
        visitor.asks("tax", "发票系统打不开").await;
        let asked = visitor.api().put("/v1/chat/callback", json!({ "number": NUMBER })).await;
        assert_eq!(asked.status, 204, "{asked:?}");
        let mut ming = house.ready_agent("ming").await;
        let conversation = ming.accepts_next_offer().await;
        Self { house, agent, ming, conversation, _visitor: visitor, _line: line }
    }

    async fn fact(&self, code: &str) -> Value {
        has_fact(&self.ming, &self.conversation, code).await
    }

    async fn becomes(&self, state: &str) -> Value {
        eventually(&format!("the conversation is {state}"), async || {
            let read = self.ming.reads(&self.conversation).await;
            holds(read["state"] == state, read.to_string())?;
            Ok(read)
        })
        .await
    }
}

fn trunk(port: u16) -> Value {
    json!({ "uri": format!("sip:127.0.0.1:{port}"), "caller_id": "02012345678" })
}

#[tokio::test]
async fn who_is_busy_rests_until_the_next_try_and_who_refuses_is_left_alone() {
    for (status, outcome, state) in
        [("486 Busy Here", "busy", "snoozed"), ("603 Decline", "declined", "active")]
    {
        let folder = tempfile::tempdir().unwrap();
        let words = [("status", status), ("more", "X-More: 1")];
        let far = Sipp::start_with(folder.path(), "refuses", &words, None).await;
        let town = Town::calls(folder.path(), trunk(far.port()), json!({})).await;
        let ended = town.fact("call_ended").await;
        assert_eq!((&ended["outcome"], &ended["cause"]), (&json!(outcome), &json!(status)));
        assert_eq!(ended["next_at"].is_null(), outcome == "declined", "{ended}");
        let read = town.becomes(state).await;
        let wanted = if outcome == "busy" { "wanted" } else { "over" };
        assert_eq!(read["callback"]["state"], wanted, "{read}");
        town.agent.tells("CALL_CLOSED", 1).await;
        far.ends_well().await;
        town.house.ends_well();
    }
}

#[tokio::test]
async fn a_full_trunk_says_when_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let words = [("status", "503 Full"), ("more", "Retry-After: 1200")];
    let far = Sipp::start_with(folder.path(), "refuses_at_once", &words, None).await;
    let town = Town::calls(folder.path(), trunk(far.port()), json!({})).await;
    let before = tests::token::now_secs();
    let ended = town.fact("call_ended").await;
    let pause = ended["next_at"].as_i64().unwrap() / 1_000 - before;
    assert_eq!(ended["outcome"], "failed", "{ended}");
    // The policy alone would have tried again after 300 s.
    assert!((1_190..=1_200).contains(&pause), "{pause} s: {ended}");
    town.becomes("snoozed").await;
    far.ends_well().await;
    town.house.ends_well();
}

#[tokio::test]
async fn who_does_not_answer_stops_ringing_and_an_agent_who_leaves_lets_them_go() {
    for leaves in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let contact =
            Phone::start(&folder.path().join("contact"), DIALLED, Answers::WhenTold).await;
        let rings = if leaves { 60 } else { 5 };
        let policy = json!({ "ring_contact_secs": rings, "retry_pauses_secs": [] });
        let town = Town::calls(folder.path(), trunk(contact.port()), policy).await;
        town.fact("call_ringing").await;
        if leaves {
            town.agent.does("hangup").await;
        }
        contact.tells("CALL_CLOSED", 1).await;
        let ended = town.fact("call_ended").await;
        let (outcome, state) =
            if leaves { ("agent_left", "wanted") } else { ("no_answer", "over") };
        assert_eq!(ended["outcome"], outcome, "{ended}");
        let read = town.becomes("active").await;
        assert_eq!(read["callback"]["state"], state, "{read}");
        town.agent.tells("CALL_CLOSED", 1).await;
        town.house.ends_well();
    }
}

#[tokio::test]
async fn a_trunk_that_asks_who_we_are_connects_whom_it_knows_and_the_agent_may_hang_up() {
    let folder = tempfile::tempdir().unwrap();
    let contact = Phone::start(&folder.path().join("contact"), DIALLED, Answers::AtOnce).await;
    let proxy = Kamailio::start(&folder.path().join("proxy"), "SHA-256", contact.port()).await;
    let mut known = trunk(proxy.port());
    (known["user"], known["password"]) = (json!(USER.0), json!(USER.1));
    let town = Town::calls(folder.path(), known, json!({})).await;
    town.fact("call_connected").await;
    eventually("both hear each other", async || {
        holds(contact.hears() && town.agent.hears(), "nothing is heard".to_owned())
    })
    .await;
    town.agent.does("hangup").await;
    let ended = town.fact("call_ended").await;
    assert_eq!(
        (&ended["outcome"], &ended["by"]),
        (&json!("completed"), &json!("agent")),
        "{ended}"
    );
    contact.tells("CALL_CLOSED", 1).await;
    town.house.ends_well();
}
