//! One cut: people talk, the power goes, and the copy is questioned.

use crate::disk::Disk;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tests::chaos::agents::Crew;
use tests::eventually::{eventually_within, holds};
use tests::house::Plan;
use tests::pace::pause;
use tests::{
    Acked, DeskFile, Dice, GatewayProcess, History, House, RedisServer, TestAgent, TestVisitor,
};
use tokio::task::JoinSet;

const VISITORS: usize = 8;

/// What a cut came to.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    /// When, after the first word.
    pub(crate) after_ms: u128,
    /// Acknowledged words of visitors and agents.
    pub(crate) acked: usize,
    /// Those that the copy does not know.
    pub(crate) lost: Vec<String>,
    /// How long before the cut the oldest lost word was acknowledged.
    pub(crate) oldest_lost_ms: u128,
    /// The last, unacknowledged write was torn, and Redis had to be told to forget it.
    pub(crate) is_torn: bool,
    /// Words that stand twice or elsewhere, and what `fsck` found.
    pub(crate) wrong: Vec<String>,
}

#[derive(Debug, Clone)]
struct Word {
    conversation: String,
    text: String,
    seq: u64,
    at: Option<Instant>,
}

fn plan(is_strict: bool, disk: &Disk) -> Plan {
    let plan = House::of(DeskFile::small()).on_disk(&disk.path());
    if is_strict { plan } else { plan.relaxed() }
}

/// Lets people talk, cuts the power, and looks.
pub(crate) async fn run(seed: u64, is_strict: bool) -> Cut {
    let (mut dice, disk) = (Dice::new(seed), Disk::new());
    let mut house = plan(is_strict, &disk).start().await;
    let crew = crew(&mut house, &mut dice).await;
    let (acks, began) = (Arc::<Mutex<Vec<Word>>>::default(), Instant::now());
    let mut people = JoinSet::new();
    for n in 0..VISITORS {
        let mut visitor = house.visitor().await;
        visitor.name = format!("p{seed}/v{n}");
        people.spawn(talks(visitor, acks.clone(), dice.split()));
    }
    pause(dice.between(400, 1_800)).await;

    let words = |crew: &Crew| -> Vec<Word> {
        let replies = crew.words().into_iter();
        let replies = replies.map(|w| Word {
            conversation: w.conversation,
            text: w.text,
            seq: w.seq,
            at: None,
        });
        acks.lock().unwrap().iter().cloned().chain(replies).collect()
    };
    let known = words(&crew);
    let mut cut =
        Cut { after_ms: began.elapsed().as_millis(), acked: known.len(), ..Cut::default() };
    let cut_at = Instant::now();
    house.redis.kill();
    house.gateways.iter_mut().for_each(GatewayProcess::kill);
    let copy = disk.cut();
    let passwords = house.passwords().clone();
    drop((people, crew, house, disk));

    cut.is_torn = RedisServer::mend_torn_file(&copy.path().join("redis"));
    let mut house = plan(is_strict, &copy).start().await;
    house.knows(&passwords);
    question(&mut house, &known, cut_at, &mut cut).await;
    cut
}

async fn crew(house: &mut House, dice: &mut Dice) -> Crew {
    let mut agents = Vec::new();
    for name in ["ming", "li", "wang"] {
        agents.push(house.signs_in(name).await);
    }
    house.password("sun");
    let ports: Vec<u16> = house.gateways.iter().map(GatewayProcess::port).collect();
    let crew = Crew::starts(agents, &ports);
    crew.begins(dice.roll(), &History::default());
    crew
}

/// Talks without end; every third conversation is ended, so that some move to the records.
async fn talks(mut visitor: TestVisitor, acks: Arc<Mutex<Vec<Word>>>, mut dice: Dice) {
    let topic = if dice.percent(50) { "tax" } else { "insurance" };
    for n in 0.. {
        let is_last = n % 5 == 4;
        let text = format!("{}/w{n}{}", visitor.name, if is_last { "/last" } else { "" });
        let word = visitor.word(&text, json!({ "topic": topic }));
        if let Some(Acked { conversation, seq, .. }) =
            visitor.tries_to_say(&word, Duration::from_secs(5)).await
        {
            acks.lock().unwrap().push(Word { conversation, text, seq, at: Some(Instant::now()) });
        }
        if visitor.is_cut_off() {
            return;
        }
        pause(dice.between(0, 15)).await;
    }
}

async fn question(house: &mut House, known: &[Word], cut_at: Instant, cut: &mut Cut) {
    if let Err(found) = house.fsck() {
        cut.wrong.push(format!("fsck: {found}"));
    }
    let supervisor = house.signs_in("sun").await;
    let mut conversations: Vec<&str> =
        known.iter().map(|word| word.conversation.as_str()).collect();
    conversations.sort_unstable();
    conversations.dedup();
    for conversation in conversations {
        let log = log(&supervisor, conversation).await;
        for word in known.iter().filter(|word| word.conversation == conversation) {
            let places: Vec<u64> = log
                .iter()
                .filter(|message| message["text"] == word.text.as_str())
                .map(|message| message["seq"].as_u64().unwrap_or(0))
                .collect();
            if places.is_empty() {
                cut.lost.push(format!("{conversation} {} `{}`", word.seq, word.text));
                let age = word.at.map_or(0, |at| cut_at.saturating_duration_since(at).as_millis());
                cut.oldest_lost_ms = cut.oldest_lost_ms.max(age);
            } else if places != [word.seq] {
                cut.wrong.push(format!(
                    "{conversation} `{}` was at {} and is at {places:?}",
                    word.text, word.seq
                ));
            }
        }
    }
}

/// All messages of a conversation, page by page; a conversation that is gone has none.
async fn log(supervisor: &TestAgent, conversation: &str) -> Vec<Value> {
    let (mut log, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("/v1/conversations/{conversation}/messages?after_seq={after}&limit=200");
        let page = eventually_within(Duration::from_secs(10), "the log can be read", async || {
            let answer = supervisor.api().get(&path).await;
            holds(answer.status < 500, format!("{answer:?}")).map(|()| answer)
        })
        .await;
        let messages =
            page.body.get("messages").and_then(|list| list.as_array()).cloned().unwrap_or_default();
        let Some(last) = messages.last() else { return log };
        after = last["seq"].as_u64().unwrap_or(u64::MAX);
        log.extend(messages);
    }
}
