//! Agents who keep at it: come back, are ready, take offers, answer, pass on, close; and who now and
//! then take a break or shut the laptop.

mod rest;
mod turn;

use crate::agent::{Offer, Seen, TestAgent, accept};
use crate::answer::Answer;
use crate::dice::Dice;
use crate::history::{History, Outcome};
use crate::pace::pause;
use rest::Rest;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);
const REPLIES: usize = 2;

/// An acknowledged word of an agent.
#[derive(Debug, Clone)]
pub struct Word {
    /// In which conversation.
    pub conversation: String,
    /// What.
    pub text: String,
    /// Where it stands.
    pub seq: u64,
}

/// A round, as the agents know it.
#[derive(Debug, Clone)]
struct Round {
    seed: u64,
    history: History,
}

#[derive(Debug, Default)]
struct Ledger {
    words: Vec<Word>,
    /// Who took which offer, by conversation and token.
    taken: BTreeMap<(String, String), String>,
    violations: Vec<String>,
}

/// The agents of an arena, at work for all its rounds.
#[derive(Debug)]
pub struct Crew {
    round: watch::Sender<Option<Round>>,
    ledger: Arc<Mutex<Ledger>>,
    rests: Vec<tokio::sync::mpsc::Sender<oneshot::Sender<()>>>,
    _working: JoinSet<()>,
}

impl Crew {
    /// Brings them to work.
    pub fn starts(agents: Vec<TestAgent>, ports: &[u16]) -> Self {
        let (round, ledger, mut working) =
            (watch::Sender::new(None), Arc::<Mutex<Ledger>>::default(), JoinSet::new());
        let mut rests = Vec::new();
        for agent in agents {
            let (rest, asked) = tokio::sync::mpsc::channel(1);
            rests.push(rest);
            let work = Work {
                agent,
                ports: ports.to_vec(),
                dice: Dice::new(0),
                round: round.subscribe(),
                ledger: ledger.clone(),
                replies: BTreeMap::new(),
                pending: BTreeMap::new(),
                turned: BTreeSet::new(),
                rest: None,
            };
            working.spawn(work.runs(asked));
        }
        Self { round, ledger, rests, _working: working }
    }

    /// A round begins.
    pub fn begins(&self, seed: u64, history: &History) {
        *self.ledger.lock().unwrap() = Ledger::default();
        self.round.send_replace(Some(Round { seed, history: history.clone() }));
    }

    /// A round ends: waits until each has finished what it was doing.
    pub async fn rests(&self) {
        for rest in &self.rests {
            let (done, is_done) = oneshot::channel();
            rest.send(done).await.expect("the crew lives");
            is_done.await.expect("the crew lives");
        }
    }

    /// What they said in this round.
    pub fn words(&self) -> Vec<Word> {
        self.ledger.lock().unwrap().words.clone()
    }

    /// What they saw that may never be.
    pub fn violations(&self) -> Vec<String> {
        self.ledger.lock().unwrap().violations.clone()
    }
}

struct Work {
    agent: TestAgent,
    ports: Vec<u16>,
    dice: Dice,
    round: watch::Receiver<Option<Round>>,
    ledger: Arc<Mutex<Ledger>>,
    replies: BTreeMap<String, usize>,
    pending: BTreeMap<String, Value>,
    /// Conversations in which the one turn was taken, or left out.
    turned: BTreeSet<String>,
    /// A rest that this round still has for this agent.
    rest: Option<Rest>,
}

impl Work {
    async fn runs(mut self, mut asked: tokio::sync::mpsc::Receiver<oneshot::Sender<()>>) {
        loop {
            if let Ok(done) = asked.try_recv() {
                self.reports();
                // Whoever asked may have given up; nothing to do about that.
                done.send(()).ok();
            }
            if self.round.has_changed().unwrap_or(false) {
                self.begins();
            }
            self.rests_if_due().await;
            if self.agent.is_cut_off() {
                self.comes_back().await;
                continue;
            }
            if self.agent.seen().look(|seen| seen.presence != "ready") {
                self.agent.sends(&json!({ "type": "presence", "presence": "ready" })).await;
                let is_ready =
                    |seen: &Seen| (seen.presence == "ready" || seen.ended.is_some()).then_some(());
                self.agent.seen().within(Duration::from_millis(300), is_ready).await;
            }
            self.works().await;
            pause(self.dice.between(5, 25)).await;
        }
    }

    fn begins(&mut self) {
        if let Some(round) = self.round.borrow_and_update().clone() {
            self.dice = Dice::new(round.seed ^ u64::from(self.agent.name.as_bytes()[0]));
            self.agent.records_in(&round.history);
        }
        self.rest = Rest::throw(&mut self.dice);
        self.replies.clear();
        self.pending.clear();
        self.turned.clear();
    }

    async fn comes_back(&mut self) {
        self.agent.moves_to(*self.dice.pick(&self.ports));
        if !self.agent.tries_to_connect(Duration::from_secs(3)).await {
            self.agent.loses_connection();
            pause(self.dice.between(20, 100)).await;
        }
    }

    async fn works(&mut self) {
        let (offers, held) = self
            .agent
            .seen()
            .look(|seen| (seen.offers.values().cloned().collect::<Vec<_>>(), seen.held.clone()));
        for offer in offers {
            self.answers_offer(&offer).await;
        }
        for conversation in held {
            self.serves(&conversation).await;
        }
    }

    async fn answers_offer(&mut self, offer: &Offer) {
        let declined_before = offer.why["passed_over"].to_string().contains("declined");
        let declines = !declined_before && self.dice.percent(10);
        let outcome = if declines {
            let frame = json!({ "type": "decline", "conversation": offer.conversation, "token": offer.token });
            self.agent.tries("decline", frame, ANSWER_WITHIN).await
        } else {
            self.agent.tries("accept", accept(offer), ANSWER_WITHIN).await
        };
        if outcome == Outcome::Ok && !declines {
            self.notes_taken(offer);
        }
        if outcome != Outcome::Unknown {
            let id = &offer.conversation;
            let is_answered = |seen: &Seen| {
                seen.offers.get(id).is_none_or(|o| o.token != offer.token).then_some(())
            };
            if self.agent.seen().within(Duration::from_millis(500), is_answered).await.is_none() {
                self.agent.seen().change(|seen| drop(seen.offers.remove(id)));
            }
        }
    }

    /// One offer, one taker (I7).
    fn notes_taken(&self, offer: &Offer) {
        let (mut ledger, me) = (self.ledger.lock().unwrap(), self.agent.name.clone());
        let key = (offer.conversation.clone(), offer.token.clone());
        if let Some(other) = ledger.taken.insert(key, me.clone())
            && other != me
        {
            let violation =
                format!("I7 {} {} was taken by {other} and {me}", offer.conversation, offer.token);
            ledger.violations.push(violation);
        }
    }

    async fn serves(&mut self, conversation: &str) {
        let said = self.replies.get(conversation).copied().unwrap_or(0);
        if said > 0 && self.turned.insert(conversation.to_owned()) {
            return self.takes_turn(conversation).await;
        }
        if said < REPLIES {
            self.says(conversation, said).await;
        } else if self.is_asked_everything(conversation).await {
            self.closes(conversation).await;
        }
    }

    /// Closes, and ends the wrap-up by hand as often as not; else it runs out.
    async fn closes(&mut self, conversation: &str) {
        let body = json!({ "resolution": "solved" });
        let Some(answer) = self.posts(conversation, "close", body).await else { return };
        self.is_rid_of(conversation).await;
        if answer.body["wrap_up"] == true && self.dice.percent(50) {
            self.posts(conversation, "end_wrap_up", json!({})).await;
        }
    }

    /// Does something by HTTP; none when nobody answered, or the house is not well.
    async fn posts(&self, conversation: &str, what: &str, body: Value) -> Option<Answer> {
        let path = format!("/v1/conversations/{conversation}/{what}");
        self.asks(reqwest::Method::POST, &path, Some(body.to_string().into_bytes())).await
    }

    async fn asks(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Option<Answer> {
        let call = self.agent.api().try_call(method, path, body, &[]);
        let answer = tokio::time::timeout(ANSWER_WITHIN, call).await.ok()?.ok()?;
        (answer.status < 500).then_some(answer)
    }

    /// The events tell that a conversation is not held any more; after a while without them it is
    /// taken as gone, as a page does that was answered.
    async fn is_rid_of(&self, conversation: &str) {
        let is_gone =
            |seen: &Seen| (!seen.held.iter().any(|held| held == conversation)).then_some(());
        if self.agent.seen().within(Duration::from_millis(500), is_gone).await.is_none() {
            self.agent.seen().change(|seen| seen.held.retain(|held| held != conversation));
        }
    }

    async fn says(&mut self, conversation: &str, said: usize) {
        let name = self.agent.name.clone();
        let frame = self.pending.entry(conversation.to_owned()).or_insert_with(|| {
            let id = Uuid::now_v7().to_string();
            let text = format!("{name} reply {said} {id}");
            json!({ "type": "send", "client_id": id, "conversation": conversation, "text": text })
        });
        let frame = frame.clone();
        match self.agent.tries("reply", frame.clone(), ANSWER_WITHIN).await {
            Outcome::Ok => {
                self.keeps_word(conversation, &frame);
                self.replies.insert(conversation.to_owned(), said + 1);
                self.pending.remove(conversation);
            }
            // Refused: not ours any more, or Redis is away. What we hold is told by the events.
            Outcome::Fail => pause(self.dice.between(20, 60)).await,
            // Nobody answers: perhaps another gateway does.
            Outcome::Unknown if self.dice.percent(50) => self.agent.loses_connection(),
            Outcome::Unknown => {}
        }
    }

    /// An acknowledged word goes into the ledger, with its place.
    fn keeps_word(&self, conversation: &str, frame: &Value) {
        let id = frame["client_id"].as_str().unwrap_or_default();
        let seq = self.agent.seen().look(|seen| seen.answers[id]["seq"].as_u64().unwrap_or(0));
        let text = frame["text"].as_str().unwrap_or_default().to_owned();
        let word = Word { conversation: conversation.to_owned(), text, seq };
        self.ledger.lock().unwrap().words.push(word);
    }

    async fn is_asked_everything(&self, conversation: &str) -> bool {
        let is_last = |text: &str| text.ends_with("/last");
        let is_heard = self.agent.seen().look(|seen| {
            seen.transcripts
                .get(conversation)
                .is_some_and(|t| t.texts().iter().any(|text| is_last(text)))
        });
        if is_heard {
            return true;
        }
        let path = format!("/v1/conversations/{conversation}/messages?after_seq=0&limit=200");
        let log = self.asks(reqwest::Method::GET, &path, None).await;
        log.is_some_and(|answer| {
            let messages = answer.body["messages"].as_array().cloned().unwrap_or_default();
            messages.iter().any(|message| message["text"].as_str().is_some_and(is_last))
        })
    }

    fn reports(&self) {
        let seen = self.agent.seen().change(|seen| {
            let violations = seen.violations();
            // Old transcripts are checked; a long run need not remember them.
            seen.transcripts.clear();
            seen.events.clear();
            seen.answers.clear();
            violations
        });
        self.ledger.lock().unwrap().violations.extend(seen.into_iter().map(|v| format!("I5 {v}")));
    }
}
