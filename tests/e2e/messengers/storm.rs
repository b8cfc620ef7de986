//! What every storm has: people who write, an agent who answers each word, gateways that die, and the
//! judgement over all of it.

use domain::desk::CHAT_BOX_PREFIX;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tests::chaos::with_lines;
use tests::eventually::{eventually_within, holds};
use tests::networks::FarEnd;
use tests::pace::pause;
use tests::proxy::Weather;
use tests::{ChaosProxy, DeskFile, Dice, House, Outcome, TestAgent};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many people write.
pub(super) const PEOPLE: usize = 6;
/// How long the agent waits for the answer to one frame.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// What a gateway that died had in hand is free again after 65 s, and the network may ask for a pause then.
const SETTLES_WITHIN: Duration = Duration::from_secs(150);
/// The slowest network takes 16 answers a minute for one person.
const ANSWER_TAKES: Duration = Duration::from_secs(5);
/// What an agent is told of an answer that may have arrived.
const DOUBT: &str = "it may have arrived";

/// How many words each person writes. `HUTONG_WORDS=60 cargo nextest run -p tests --profile long
/// messengers` is built to write more.
pub(super) fn words_of_the_run(usually: usize) -> usize {
    option_env!("HUTONG_WORDS").and_then(|count| count.parse().ok()).unwrap_or(usually)
}

fn settles_within(words: usize) -> Duration {
    SETTLES_WITHIN + ANSWER_TAKES * u32::try_from(words).unwrap()
}

/// One fault for so many words of a person, besides some.
pub(super) fn faults_of_the_run(words: usize) -> usize {
    8 + words / 8
}

pub(super) fn person(n: usize) -> String {
    format!("person{n}")
}

pub(super) fn word(person: &str, n: usize) -> String {
    format!("word {n} of {person}")
}

fn answer_to(word: &str) -> String {
    format!("answer to {word}")
}

/// A desk where one agent gets everything that comes through a messenger.
pub(super) fn desk(adapter: &str, mut settings: Value) -> DeskFile {
    settings["desk"] = json!({ "acknowledge": false, "ask_rating": false });
    DeskFile::small()
        .with_only(&["ming"])
        .with_messenger(adapter, &["tax"], settings)
        .with_all_queues(json!({ "offer": { "auto_accept": true } }))
        .with_agent_changed(
            "ming",
            json!({ "capacity": { "units": 1_000, "kinds": { "im": { "cost": 10, "limit": 50 } } } }),
        )
}

/// A gateway's line to Redis on which the next word of a contact is committed, and nothing is heard from
/// then on.
pub(super) fn unheard() -> Weather {
    Weather { drops_answers_from: Some(b"v1_receive_message"), ..Weather::default() }
}

/// A house in a storm.
pub(super) struct Storm {
    pub(super) house: House,
    pub(super) dice: Dice,
    lines: Vec<ChaosProxy>,
    agent: TestAgent,
    answered: BTreeSet<String>,
    /// How often a gateway was killed.
    kills: usize,
}

impl Storm {
    /// Two gateways, each with a line of its own to Redis, and the agent at work.
    pub(super) async fn begins(desk: DeskFile, seed: u64) -> Self {
        let (mut house, lines) = with_lines(House::of(desk).with_gateways(2)).await;
        let agent = house.ready_agent_at("ming", 1).await;
        let (dice, answered) = (Dice::new(seed), BTreeSet::new());
        Self { house, dice, lines, agent, answered, kills: 0 }
    }

    /// How often a gateway was killed.
    pub(super) fn kills(&self) -> usize {
        self.kills
    }

    /// The gateways' ports.
    pub(super) fn ports(&self) -> [u16; 2] {
        [self.house.gateways[0].port(), self.house.gateways[1].port()]
    }

    /// Lets people write and the agent answer until every word has its answer, with so many faults on
    /// the way.
    pub(super) async fn blows(
        &mut self,
        mut people: JoinSet<()>,
        (words, faults): (usize, usize),
        mut throw: impl AsyncFnMut(&mut Self, usize),
    ) {
        let (total, mut thrown) = (PEOPLE * words, 0);
        let until = Instant::now() + settles_within(words);
        while self.answered.len() < total {
            assert!(Instant::now() < until, "only {} of {total} words came", self.answered.len());
            self.answers().await;
            // Whoever had to give up tells why.
            while let Some(ended) = people.try_join_next() {
                ended.unwrap();
            }
            if thrown < faults && self.answered.len() * (faults + 1) >= total * (thrown + 1) {
                throw(self, thrown).await;
                thrown += 1;
            }
            pause(20).await;
        }
        people.join_all().await;
        // Where a slow machine answered many at once, the last ones meet the last answers.
        for n in thrown..faults {
            throw(self, n).await;
        }
    }

    /// A gateway dies, and comes back.
    pub(super) async fn kills_a_gateway(&mut self) {
        let n = self.dice.below(2);
        self.kill(n).await;
    }

    /// A gateway commits and is not heard any more, and dies so.
    pub(super) async fn kills_an_unheard_gateway(&mut self) {
        let n = self.dice.below(2);
        self.lines[n].set(unheard());
        let ms = self.dice.between(300, 900);
        pause(ms).await;
        self.kill(n).await;
    }

    async fn kill(&mut self, n: usize) {
        self.kills += 1;
        self.house.gateways[n].kill();
        self.lines[n].mend();
        let ms = self.dice.between(0, 400);
        pause(ms).await;
        self.house.gateways[n].start().await;
    }

    /// Answers in each conversation the first word that has no answer.
    async fn answers(&mut self) {
        self.is_at_work().await;
        for conversation in self.agent.seen().look(|seen| seen.held.clone()) {
            let Some(log) = self.reads(&conversation).await else { return };
            let mut words = texts(&log, "word ").into_iter();
            if let Some(word) = words.find(|word| !self.answered.contains(word)) {
                self.says(&conversation, &answer_to(&word)).await;
                self.answered.insert(word);
            }
        }
    }

    /// Says it until a gateway says that it has it.
    async fn says(&mut self, conversation: &str, text: &str) {
        let id = text.replace(' ', ".");
        let frame =
            json!({ "type": "send", "conversation": conversation, "client_id": id, "text": text });
        for _ in 0..60 {
            self.is_at_work().await;
            let outcome = self.agent.tries("say", frame.clone(), ANSWER_WITHIN).await;
            if outcome == Outcome::Ok {
                return;
            }
            pause(100).await;
        }
        panic!("no gateway takes `{text}`");
    }

    /// Goes to a gateway that lives, when the own one died.
    async fn is_at_work(&mut self) {
        while self.agent.is_cut_off() {
            for port in self.ports() {
                self.agent.moves_to(port);
                if self.agent.tries_to_connect(ANSWER_WITHIN).await {
                    return self.agent.is_ready().await;
                }
            }
            pause(50).await;
        }
    }

    /// A conversation's log; nothing while the gateway does not give it.
    async fn reads(&self, conversation: &str) -> Option<Vec<Value>> {
        let (mut log, mut after) = (Vec::new(), 0);
        loop {
            let path =
                format!("/v1/conversations/{conversation}/messages?after_seq={after}&limit=200");
            let got = self.agent.api().try_call(reqwest::Method::GET, &path, None, &[]).await;
            let got = got.ok().filter(|answer| answer.status == 200)?;
            let page = got.body["messages"].as_array()?;
            let Some(last) = page.last() else { return Some(log) };
            after = last["seq"].as_u64()?;
            log.extend(page.iter().cloned());
        }
    }

    /// Waits until nothing more is on its way.
    async fn settles(&mut self, words: usize) {
        self.is_at_work().await;
        eventually_within(settles_within(words), "the outbox is empty", async || {
            let boxes: Vec<String> =
                self.house.redis.ask(&["ZRANGE", "{main}:boxes", "0", "-1"]).await;
            let chats: Vec<_> =
                boxes.iter().filter(|name| name.starts_with(CHAT_BOX_PREFIX)).collect();
            holds(chats.is_empty(), format!("{chats:?}"))
        })
        .await;
    }

    /// Every word once and in order, every answer once and in order, and nothing missing of which the
    /// agent was not told.
    pub(super) async fn is_judged(&mut self, network: &FarEnd, words: usize) {
        self.settles(words).await;
        let (mut people, mut told) = (BTreeSet::new(), 0);
        for conversation in self.agent.seen().look(|seen| seen.held.clone()) {
            let log = self.reads(&conversation).await.unwrap();
            let heard = texts(&log, "word ");
            let person = heard[0].rsplit(' ').next().unwrap().to_owned();
            let wanted: Vec<String> = (0..words).map(|n| word(&person, n)).collect();
            assert_eq!(heard, wanted, "{person}: each word once, in order");
            told += judge_answers(&log, &network.reached_by(&person));
            people.insert(person);
        }
        assert_eq!(people.len(), PEOPLE, "{people:?}");
        let opened: Vec<String> = self.house.redis.ask(&["KEYS", "{main}:log:*"]).await;
        assert_eq!(opened.len(), PEOPLE, "one conversation for each");
        // A doubt is an answer that the network cut, or one that a gateway had on the line when it died.
        let cut = network.unanswered();
        let most = cut + self.kills * PEOPLE;
        assert!((cut..=most).contains(&told), "{told} doubts, {cut} cut, {} kills", self.kills);
        self.house.ends_well();
    }
}

/// Compares what an agent said with what reached the person; how many answers the agent was told of.
fn judge_answers(log: &[Value], reached: &[String]) -> usize {
    let reached: Vec<&String> = reached.iter().filter(|text| text.starts_with("answer ")).collect();
    let said: Vec<&Value> = log
        .iter()
        .filter(|message| message["text"].as_str().is_some_and(|text| text.starts_with("answer ")))
        .collect();
    let mut doubts = BTreeSet::new();
    for notice in log.iter().map(|message| &message["notice"]) {
        if notice["code"] == "undelivered" {
            assert!(notice["reason"].as_str().unwrap().starts_with(DOUBT), "{notice}");
            assert!(doubts.insert(notice["message"].as_str().unwrap()), "told twice: {notice}");
        }
    }
    let is_doubt = |message: &&Value| doubts.contains(message["id"].as_str().unwrap());
    let arrived = |message: &&Value| reached.iter().any(|text| **text == message["text"]);
    let wanted: Vec<&str> = said
        .iter()
        .filter(|message| arrived(message) || !is_doubt(message))
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(reached, wanted, "each answer once, in order; doubts: {doubts:?}");
    doubts.len()
}

/// The judge is no rubber stamp.
#[test]
fn a_double_a_loss_and_a_wrong_order_are_found() {
    let said = |n: usize| json!({ "id": format!("m{n}"), "text": format!("answer {n}") });
    let told = json!({ "notice": { "code": "undelivered", "message": "m1", "reason": DOUBT } });
    let log = [said(0), said(1), told, said(2)];
    let judged = |reached: &[usize]| {
        let reached: Vec<String> = reached.iter().map(|n| format!("answer {n}")).collect();
        std::panic::catch_unwind(|| judge_answers(&log, &reached)).ok()
    };
    assert_eq!(judged(&[0, 1, 2]), Some(1), "it arrived, and is a doubt all the same");
    assert_eq!(judged(&[0, 2]), Some(1), "it did not, and the agent was told");
    for wrong in [&[0, 1][..], &[0, 0, 1, 2], &[1, 0, 2], &[0, 1, 2, 2], &[]] {
        assert_eq!(judged(wrong), None, "{wrong:?}");
    }
}

/// The texts of a log that begin so, in order.
pub(super) fn texts(log: &[Value], beginning: &str) -> Vec<String> {
    let texts = log.iter().filter_map(|message| message["text"].as_str());
    texts.filter(|text| text.starts_with(beginning)).map(str::to_owned).collect()
}
