//! WeCom: it calls us, three times at the most, and every call of ours needs a token that both gateways
//! share.

mod callers;
mod forged;

use super::storm::{
    PEOPLE, Storm, desk, faults_of_the_run, person, texts, unheard, words_of_the_run,
};
use callers::Callers;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::agent::Seen;
use tests::cloud::Cloud;
use tests::eventually::{eventually_within, holds};
use tests::networks::SECRET;
use tests::networks::wecom::{AGENT, CORP, KEY, Seen as StandInSeen, StandIn, calls};
use tests::{DeskFile, House, TestAgent, eventually};
use tokio::task::JoinSet;

/// The cloud, and the settings of an app of it.
struct WeCom {
    network: Arc<StandIn>,
    cloud: Cloud,
}

impl WeCom {
    fn start() -> Self {
        let mut network = None;
        let cloud = Cloud::start(|_| network.insert(Arc::<StandIn>::default()).clone());
        let network = network.unwrap();
        network.seen.change(|seen| seen.members.extend((0..PEOPLE).map(person)));
        Self { network, cloud }
    }

    fn desk(&self) -> DeskFile {
        let settings = json!({
            "api_url": self.cloud.url(), "corp_id": CORP, "agent_id": AGENT, "secret": SECRET,
            "token": SECRET, "encoding_aes_key": KEY,
        });
        desk("wecom", settings)
    }

    /// The token that was given last is not taken any more; true when that is news.
    fn revokes(&self) -> bool {
        self.network.seen.change(|seen| {
            let is_news = seen.tokens > 0 && !seen.is_revoked;
            seen.is_revoked = true;
            is_news
        })
    }

    /// The next message is refused so.
    fn refuses(&self, errcode: i64) {
        let refusal = json!({ "errcode": errcode, "errmsg": "api freq out of limit" });
        self.network.seen.change(|seen| seen.instead.push_back(("message/send", refusal)));
    }

    fn tokens(&self) -> usize {
        self.network.seen.look(|seen| seen.tokens)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_over_wecom_loses_nothing_doubles_nothing_and_keeps_the_order() {
    let words = words_of_the_run(10);
    let faults = faults_of_the_run(words);
    let wecom = WeCom::start();
    let mut storm = Storm::begins(wecom.desk(), 20_261).await;
    let (mut people, mut revoked) = (JoinSet::new(), 0);
    for n in 0..PEOPLE {
        people.spawn(Callers::new(storm.ports(), storm.dice.split()).write_as(person(n), words));
    }
    let throw = async |storm: &mut Storm, n: usize| match n % 8 {
        0 => storm.kills_an_unheard_gateway().await,
        1 | 5 => revoked += usize::from(wecom.revokes()),
        2 => wecom.refuses(45_033),
        3 => wecom.network.far_end.dies_after_taking(),
        4 => storm.kills_a_gateway().await,
        6 => wecom.refuses(-1),
        // The limit of a minute is long, as minutes are.
        _ => wecom.refuses(if n > 8 { 45_009 } else { 45_033 }),
    };
    storm.blows(people, (words, faults), throw).await;
    storm.is_judged(&wecom.network.far_end, words).await;
    // A gateway that dies with a new token in its hand has told nobody.
    let tokens = wecom.tokens();
    assert!((1..=1 + revoked + storm.kills()).contains(&tokens), "{tokens}, {revoked} revoked");
}

/// A house with a WeCom app, for a test with one person.
async fn house(wecom: &WeCom) -> (House, TestAgent) {
    let mut house = House::of(wecom.desk()).with_gateways(2).start().await;
    let agent = house.ready_agent_at("ming", 1).await;
    (house, agent)
}

async fn only_held(agent: &TestAgent) -> String {
    let held = |seen: &Seen| seen.held.first().cloned();
    agent.seen().until("a conversation", held).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_that_need_a_token_at_once_fetch_one() {
    let wecom = WeCom::start();
    let (house, mut agent) = house(&wecom).await;
    let ports = [house.gateways[0].port(), house.gateways[1].port()];
    let mut people = JoinSet::new();
    for n in 0..PEOPLE {
        // Each is asked who that is, by both gateways.
        people.spawn(Callers::new(ports, tests::Dice::new(n as u64)).write_as(person(n), 1));
    }
    people.join_all().await;
    let held = |seen: &Seen| (seen.held.len() == PEOPLE).then(|| seen.held.clone());
    let conversations = agent.seen().until("everybody", held).await;
    assert_eq!(wecom.tokens(), 1);
    assert!(wecom.revokes());
    for conversation in &conversations {
        agent.says(conversation, "answer").await;
    }
    eventually("everybody is answered", async || {
        let reached = wecom.network.far_end.reached();
        holds(reached.len() == PEOPLE, format!("{reached:?}"))
    })
    .await;
    assert_eq!(wecom.tokens(), 2, "one for the first, one after it was revoked");
    house.ends_well();
}

// The lines to Redis must go on while `fsck` runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_that_was_committed_before_its_gateway_died_is_not_taken_twice() {
    let wecom = WeCom::start();
    let plan = House::of(wecom.desk()).with_gateways(2);
    let (mut house, lines) = tests::chaos::with_lines(plan).await;
    let agent = house.ready_agent_at("ming", 1).await;
    let ports = [house.gateways[0].port(), house.gateways[1].port()];
    let mut caller = Callers::new(ports, tests::Dice::new(1));
    let call = |id: &str, text: &str| calls::post(&calls::text_of(&person(0), id, text));
    caller.is_taken(&call("1", "first")).await;
    let conversation = only_held(&agent).await;
    let log = format!("{{main}}:log:{conversation}");
    lines[0].set(unheard());
    let second = call("2", "second");
    let mut calling = JoinSet::new();
    let (request, gateway) = (second.clone(), caller.clone());
    calling.spawn(async move { gateway.try_at(0, &request).await });
    eventually("it is committed", async || {
        let log: Vec<String> = house.redis.ask(&["LRANGE", &log, "0", "-1"]).await;
        holds(log.iter().any(|message| message.contains("\"second\"")), format!("{log:?}"))
    })
    .await;
    house.gateways[0].kill();
    assert_ne!(calling.join_next().await.unwrap().unwrap(), Some(200), "it was not answered");
    // The network calls again, and comes to the gateway that lives.
    assert_eq!(caller.try_at(1, &second).await, Some(200));
    caller.is_taken(&call("3", "third")).await;
    agent.hears(&conversation, "third").await;
    assert_eq!(texts(&agent.log(&conversation).await, ""), ["first", "second", "third"]);
    lines[0].mend();
    house.gateways[0].start().await;
    house.ends_well();
}

/// Everybody of these is heard, and waits for an answer; the conversations, in that order.
async fn are_heard(caller: &mut Callers, agent: &TestAgent, people: usize) -> Vec<String> {
    let mut conversations: Vec<String> = Vec::new();
    for n in 0..people {
        caller.is_taken(&calls::post(&calls::text_of(&person(n), &format!("{n}"), "hello"))).await;
        let fresh = |seen: &Seen| seen.held.iter().find(|id| !conversations.contains(id)).cloned();
        let conversation = agent.seen().until("a conversation", fresh).await;
        conversations.push(conversation);
    }
    conversations
}

#[tokio::test]
async fn what_a_dead_gateway_had_in_hand_is_a_doubt_where_it_was_taken_and_goes_where_it_was_not() {
    let wecom = WeCom::start();
    let (mut house, mut agent) = house(&wecom).await;
    let ports = [house.gateways[0].port(), house.gateways[1].port()];
    let mut caller = Callers::new(ports, tests::Dice::new(1));
    let conversations = are_heard(&mut caller, &agent, 2).await;
    let (network, far_end) = (&wecom.network, &wecom.network.far_end);
    // One answer waits for the network's limit, one was taken and its answer does not come.
    wecom.refuses(45_033);
    agent.says(&conversations[1], "waits").await;
    let is_refused = |seen: &StandInSeen| seen.instead.is_empty().then_some(());
    network.seen.until("the limit is reached", is_refused).await;
    far_end.holds_next_answer();
    agent.says(&conversations[0], "taken").await;
    agent.says(&conversations[0], "after it").await;
    eventually("the network has it", async || {
        holds(far_end.reached() == ["taken"], format!("{:?}", far_end.reached()))
    })
    .await;
    for gateway in &mut house.gateways {
        gateway.kill();
        gateway.spawn();
    }
    for gateway in &mut house.gateways {
        gateway.becomes_ready().await;
    }
    agent.connects().await;
    // It is free again only after its claim.
    let within = Duration::from_secs(100);
    eventually_within(within, "the others go", async || {
        holds(far_end.reached().len() == 3, format!("{:?}", far_end.reached()))
    })
    .await;
    assert_eq!(far_end.reached_by(&person(0)), ["taken", "after it"], "once, and in order");
    assert_eq!(far_end.reached_by(&person(1)), ["waits"]);
    let log = agent.log(&conversations[0]).await;
    let taken = log.iter().find(|message| message["text"] == "taken").unwrap();
    let doubts: Vec<&Value> = undelivered(&log);
    assert_eq!(doubts.len(), 1, "{log:?}");
    assert_eq!(doubts[0]["message"], taken["id"]);
    assert!(doubts[0]["reason"].as_str().unwrap().starts_with("it may have arrived"), "{doubts:?}");
    assert!(undelivered(&agent.log(&conversations[1]).await).is_empty(), "it was not begun");
    house.ends_well();
}

/// The notices of answers that did not arrive, or may have.
fn undelivered(log: &[Value]) -> Vec<&Value> {
    let notices = log.iter().map(|message| &message["notice"]);
    notices.filter(|notice| notice["code"] == "undelivered").collect()
}
