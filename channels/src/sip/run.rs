//! Keeps the line: gives orders to calls, and what comes in to whom it is for.

use super::address::SipUri;
use super::call::{CallTask, Made, Mail, Sides, mailbox};
use super::config::{Register, SipConfig, Trunk};
use super::dialog::Dialog;
use super::digest::Credentials;
use super::guard::{Guard, LetGo, Stray};
use super::incoming::{Strangers, leg_of};
use super::line::Line;
use super::outcome::ours;
use super::reach::SipReach;
use super::registration;
use super::sdp::Session;
use super::trace::{Side, Stage, Trace};
use crate::adapter::Inlet;
use crate::error::AdapterError;
use crate::phone::{CALLS_MAX, Call, CallEnd, CallEvent, CallOrder};
use domain::{CallId, CallOutcome, CallStage};
use rsipstack::transaction::Transaction;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// The most calls that are over and still answer what comes late: each does so for half a minute.
const LINGERING_MAX: usize = 20_000;
/// The most late answers that wait.
const STRAYS_MAX: usize = 256;
/// How long an end is told that belongs to no call of ours.
const TELLS: Duration = Duration::from_secs(60);

/// What has ended.
enum Done {
    Call(CallId),
    /// Something small.
    Nothing,
    /// The line itself.
    Line,
    Registration(AdapterError),
}

/// The line and its calls.
struct Runner {
    line: Arc<Line>,
    inlet: Inlet,
    calls: HashMap<CallId, mpsc::Sender<Mail>>,
    /// Room for calls that are not over.
    room: Arc<Semaphore>,
    tasks: JoinSet<Done>,
    let_go: LetGo,
    strangers: Strangers,
}

/// Keeps the line until stopped.
pub(super) async fn run(
    config: Arc<SipConfig>,
    reach: SipReach,
    inlet: Inlet,
    stop: &CancellationToken,
) -> Result<(), AdapterError> {
    if config.listen.is_empty() {
        let words = "its settings name no place to listen at (`listen`)";
        return Err(AdapterError::Unavailable(words.to_owned()));
    }
    let cancel = CancellationToken::new();
    // Whatever ends this, the places are given back.
    let _ends = cancel.clone().drop_guard();
    let (strays, mut late) = mpsc::channel(STRAYS_MAX);
    let let_go = LetGo::default();
    let guard = Guard::new(let_go.clone(), strays);
    let opened = Line::open(Arc::clone(&config), reach, guard, &cancel).await?;
    let (line, mut incoming) = opened;
    let mut runner = Runner::new(line, inlet, let_go);
    runner.begin();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            Some(done) = runner.tasks.join_next() => runner.on_done(done)?,
            Some(stray) = late.recv() => runner.on_stray(stray),
            Some(transaction) = incoming.recv() => runner.on_asked(Box::new(transaction)),
            order = next(&runner.inlet) => runner.on_order(order),
        }
    }
}

async fn next(inlet: &Inlet) -> CallOrder {
    inlet.calls.next().await
}

impl Runner {
    fn new(line: Arc<Line>, inlet: Inlet, let_go: LetGo) -> Self {
        let strangers = Strangers::new(&line, &inlet);
        let (calls, tasks) = (HashMap::new(), JoinSet::new());
        let room = Arc::new(Semaphore::new(CALLS_MAX));
        Self { line, inlet, calls, room, tasks, let_go, strangers }
    }

    fn begin(&mut self) {
        let line = Arc::clone(&self.line);
        self.tasks.spawn(async move {
            line.serve().await;
            Done::Line
        });
        let registers = |trunk: &Trunk| trunk.register == Register::Yes;
        if self.line.config.trunk.as_ref().is_some_and(registers) {
            let line = Arc::clone(&self.line);
            self.tasks.spawn(async move { Done::Registration(registration::keep(&line).await) });
        }
    }

    fn on_done(&mut self, done: Result<Done, JoinError>) -> Result<(), AdapterError> {
        match done {
            Ok(Done::Nothing) => {}
            Ok(Done::Call(id)) => {
                self.calls.remove(&id);
                for name in [".agent", ".contact"] {
                    self.let_go.forget(&format!("{id}{name}"));
                }
            }
            Ok(Done::Registration(error)) => return Err(error),
            Ok(Done::Line) => {
                return Err(AdapterError::Unavailable("the line has stopped".to_owned()));
            }
            // A call that fell over must not stay: another run takes it over.
            Err(_panicked) => {
                return Err(AdapterError::Unavailable("a call fell over".to_owned()));
            }
        }
        Ok(())
    }

    fn on_order(&mut self, order: CallOrder) {
        match order {
            CallOrder::Place(call) if self.calls.contains_key(&call.id) => {}
            CallOrder::Place(call) => self.place(call),
            CallOrder::HangUp(id) => self.post(&id, Mail::HangUp),
            CallOrder::Hold(id) => self.post(&id, Mail::Hold),
            CallOrder::Resume(id) => self.post(&id, Mail::Resume),
            CallOrder::TakeOver { call, .. } if self.calls.contains_key(&call.id) => {}
            CallOrder::TakeOver { call, stage, trace } => self.take_over(call, stage, trace),
        }
    }

    fn place(&mut self, call: Call) {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let Some(room) = room.ok().filter(|_| self.calls.len() < CALLS_MAX + LINGERING_MAX) else {
            let cause = "line full: too many calls at once";
            self.tell_end(call.id, ours(CallOutcome::Failed, cause));
            return;
        };
        match sides(&self.line, &call) {
            Ok(sides) => {
                self.keep(call, sides, |made| CallTask::place(Made { room: Some(room), ..made }))
            }
            Err(end) => self.tell_end(call.id, end),
        }
    }

    fn take_over(&mut self, call: Call, stage: CallStage, trace: Option<String>) {
        // Without a trace nobody was called.
        let Some(trace) = trace.as_deref().and_then(Trace::read) else {
            let cause = "whoever kept the line died before anybody was called";
            self.tell_end(call.id, ours(CallOutcome::Lost, cause));
            return;
        };
        for side in [&trace.agent, &trace.contact] {
            self.let_go.watch(&side.dialog.call_id);
        }
        let sides = Sides {
            agent: (trace.agent, credentials_of_agents(&self.line.config)),
            contact: (trace.contact, credentials(&self.line.config)),
        };
        // Whoever speaks is not hung up because there is no room.
        let room = Arc::clone(&self.room).try_acquire_owned().ok();
        self.keep(call, sides, |made| CallTask::take_over(Made { room, ..made }, stage));
    }

    fn keep(&mut self, call: Call, sides: Sides, begin: impl FnOnce(Made) -> CallTask) {
        let (post, mail) = mailbox();
        let id = call.id.clone();
        let (line, desk) = (Arc::clone(&self.line), Arc::clone(&self.inlet.calls));
        let task = begin(Made { line, desk, call, mail, sides, room: None });
        self.calls.insert(id, post);
        self.tasks.spawn(Box::pin(async move { Done::Call(task.run().await) }));
    }

    /// Gives something to a call. A call that has no room for more hears of it when it is asked again.
    fn post(&self, id: &CallId, mail: Mail) {
        let Some(post) = self.calls.get(id) else { return };
        if post.try_send(mail).is_err() {
            tracing::warn!(call = %id, "a call has too much to do, and something for it was dropped");
        }
    }

    fn on_stray(&self, stray: Stray) {
        if let Some((id, leg)) = leg_of(&stray.call_id) {
            self.post(&id, Mail::Stray(leg, stray.answer));
        }
    }

    fn on_asked(&mut self, transaction: Box<Transaction>) {
        match self.strangers.owner(&transaction, |id| self.calls.contains_key(id)) {
            Some((id, leg)) => self.post(&id, Mail::Asked(leg, transaction)),
            None => {
                if let Some(answering) = self.strangers.answer(transaction) {
                    self.tasks.spawn(async move {
                        answering.await;
                        Done::Nothing
                    });
                }
            }
        }
    }

    /// Tells the end of a call that never began here.
    fn tell_end(&mut self, id: CallId, end: CallEnd) {
        let desk = Arc::clone(&self.inlet.calls);
        self.tasks.spawn(async move {
            let told = async {
                while desk.told(&id, CallEvent::Ended(end.clone())).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            };
            drop(tokio::time::timeout(TELLS, told).await);
            Done::Nothing
        });
    }
}

/// Who is called, and as whom.
fn sides(line: &Line, call: &Call) -> Result<Sides, CallEnd> {
    let config = &line.config;
    let Some(trunk) = &config.trunk else {
        return Err(ours(CallOutcome::Failed, "no trunk is set up on this line"));
    };
    let cannot = || ours(CallOutcome::AgentUnreachable, "the agent's address cannot be used");
    let agent = agent_of(config, &call.agent).ok_or_else(cannot)?;
    let contact = trunk.uri.with_user(&trunk.number_format.write(&call.contact));
    let from = format!("sip:{}@{}", trunk.caller_id, trunk.from_domain);
    let id = &call.id;
    let side = |name: &str, local: String, remote: String| Side {
        dialog: Dialog::new(format!("{id}.{name}"), local, remote),
        session: Session::new(),
        stage: Stage::Idle,
        invite: None,
        sdp: None,
        told: None,
        refresh: None,
    };
    Ok(Sides {
        agent: (side("agent", from.clone(), agent.to_string()), credentials_of_agents(config)),
        contact: (side("contact", from, contact.to_string()), credentials(config)),
    })
}

/// The agent's telephone: an address, or a name that is known where agents are.
fn agent_of(config: &SipConfig, text: &str) -> Option<SipUri> {
    if text.contains(':') {
        return SipUri::parse(text).ok().filter(|uri| !uri.user.is_empty());
    }
    let via = config.agents_via.as_ref()?;
    super::address::is_user(text).then(|| via.with_user(text))
}

fn credentials(config: &SipConfig) -> Option<Credentials> {
    config.trunk.as_ref()?.credentials.as_ref().map(|login| login.0.clone())
}

/// Who we are where agents are: only where that is the trunk, too, and nobody else is shown it.
fn credentials_of_agents(config: &SipConfig) -> Option<Credentials> {
    let (via, trunk) = (config.agents_via.as_ref()?, config.trunk.as_ref()?);
    let is_same =
        via.host == trunk.uri.host && via.port_or_default() == trunk.uri.port_or_default();
    is_same.then(|| credentials(config)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_agent_is_an_address_or_a_known_name_and_nothing_else() {
        let config = SipConfig::parse(&json!({ "agents_via": "sip:pbx.cn:5070" })).expect("a way");
        let agent = |text| agent_of(&config, text).map(|uri| uri.to_string());
        assert_eq!(agent("1001").as_deref(), Some("sip:1001@pbx.cn:5070"));
        assert_eq!(agent("sip:1001@10.0.0.5").as_deref(), Some("sip:1001@10.0.0.5"));
        for refused in
            ["", "sip:10.0.0.5", "10 01", "1001\r\nX: y", "tel:+86138", "1001@pbx.cn", "SIP/1001"]
        {
            assert_eq!(agent(refused), None, "{refused:?}");
        }
        let nowhere = SipConfig::parse(&json!({})).expect("defaults");
        assert!(agent_of(&nowhere, "1001").is_none());
    }

    #[test]
    fn who_we_are_at_the_trunk_is_shown_to_nobody_else() {
        let settings = |via: &str| json!({ "agents_via": via, "trunk": { "uri": "sip:trunk.cn", "user": "u", "password": "p" } });
        let with = |via| SipConfig::parse(&settings(via)).expect("settings");
        assert!(credentials_of_agents(&with("sip:pbx.cn")).is_none());
        assert!(credentials_of_agents(&with("sip:trunk.cn:5099")).is_none());
        assert!(credentials_of_agents(&with("sip:trunk.cn:5060")).is_some());
    }
}
