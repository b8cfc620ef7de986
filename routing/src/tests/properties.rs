//! Random sequences of every transition against the real Redis and the twin: every reply, every
//! event name and every index must agree after each step, and the invariants must hold.
//!
//! `PROPTEST_CASES=1000 cargo nextest run -p routing properties` looks longer.

use super::by_mail::AFTER_MS;
use super::desk::*;
use super::model::{Twin, dump_of};
use super::server::RedisServer;
use crate::command::{Closer, Holder, Reader, SendMessage, Standing};
use crate::events::Read;
use crate::reply::*;
use crate::router::Router;
use domain::{
    AgentRule, Author, ChannelKind, Entry, Event, MessageKind, PlanAction, PlanStep, Presence,
    Timestamp,
};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::ops::op;
pub(super) use super::ops::{AGENTS, Op, SKILLS};

pub(super) const T0: i64 = 1_000_000_000;

/// An entry made from a number: every kind of ladder, rule and policy comes up.
fn shaped(shape: u32, now: i64) -> Entry {
    // Mixed, so that no choice follows from another.
    let pick = |n: u32, of: u32| ((shape + 1).wrapping_mul(n.wrapping_mul(0x9E37_79B1)) >> 16) % of;
    if pick(29, 3) == 0 {
        return super::policy::computed(shape, now);
    }
    let mut entry = entry(SKILLS[pick(1, 6) as usize], now, i64::from(pick(6, 4)) * 20_000);
    entry.queue = if pick(24, 3) == 0 { "other".parse().unwrap() } else { entry.queue };
    entry.kind =
        [ChannelKind::WebChat, ChannelKind::Email, ChannelKind::Phone][pick(2, 3) as usize];
    entry.rule = [
        AgentRule::LongestIdle,
        AgentRule::LeastLoaded,
        AgentRule::BestSkilled,
        AgentRule::RoundRobin,
    ][pick(3, 4) as usize];
    entry.auto_accept = pick(7, 5) == 0;
    entry.wrap_up_ms = i64::from(pick(5, 2)) * 15_000;
    entry.waiting_max = if pick(11, 6) == 0 { 2 } else { 0 };
    entry.reopen_ms = if pick(13, 3) == 0 { 0 } else { 400_000 };
    if pick(17, 5) == 0 {
        // Openings at the same moment come up often.
        entry.not_before = Some(Timestamp((now / 30_000 + 1) * 30_000));
    }
    let lane = |after_ms, skills: &str, only| PlanStep {
        after_ms,
        action: PlanAction::Lane(need(skills, only)),
    };
    entry.plan.insert(1, lane(20_000, SKILLS[pick(2, 3) as usize], None));
    if pick(19, 2) == 0 {
        entry.plan.insert(2, PlanStep { after_ms: 25_000, action: PlanAction::Overflow });
    }
    if pick(23, 3) == 0 {
        entry = entry.reserved_for(&agent_id(AGENTS[pick(5, 4) as usize]), 10_000);
    }
    entry
}

fn person(agent: usize, shape: u32) -> domain::Agent {
    // Few shapes come up often, so that several agents are alike to the matcher.
    let skills = SKILLS[[3, 3, 5, 5, 5, 2, 0][(shape % 7) as usize]];
    super::desk::agent(AGENTS[agent], skills, 1 + shape % 3)
}

struct Run {
    router: Router,
    twin: Twin,
    now: i64,
    next_conv: u32,
    cursor: String,
}

pub(super) fn differ<T: PartialEq + std::fmt::Debug>(
    what: &str,
    real: &T,
    twin: &T,
) -> Result<(), TestCaseError> {
    prop_assert!(real == twin, "{what}: Redis says {real:?}, the twin {twin:?}");
    Ok(())
}

impl Run {
    fn new(router: Router) -> Self {
        Self { router, twin: Twin::default(), now: T0, next_conv: 100, cursor: "0-0".to_owned() }
    }

    /// The conversations that exist, by a number that may be too large.
    fn conv(&self, n: usize) -> String {
        let ids: Vec<&String> = self.twin.convs.keys().collect();
        if ids.is_empty() { "conv_none".to_owned() } else { ids[n % ids.len()].clone() }
    }

    /// The agent and token of a conversation's offer, or the wished-for agent and a wrong token.
    fn offer(&self, id: &str, agent: usize, wrong: bool) -> (String, String) {
        let conv = self.twin.convs.get(id).filter(|_| !wrong);
        let agent = conv.and_then(|c| c.agent.clone()).unwrap_or_else(|| AGENTS[agent].to_owned());
        let token = conv.and_then(|c| c.token.clone()).unwrap_or_else(|| "ofr_1".to_owned());
        (agent, token)
    }

    /// Mostly the agent who holds the conversation, so that sequences get somewhere.
    fn holder(&self, id: &str, agent: usize) -> String {
        let holder = self.twin.convs.get(id).and_then(|conv| conv.agent.clone());
        holder.filter(|_| agent != 0).unwrap_or_else(|| AGENTS[agent].to_owned())
    }

    async fn step(&mut self, op: &Op, after: i64) -> Result<(), TestCaseError> {
        self.now += after;
        self.twin.at(self.now);
        let loads = self.twin.loads();
        self.carry_out(op).await?;
        self.check_events(op).await?;
        let (real, twin) = (dump_of(&self.router).await, self.twin.dump());
        for key in real.keys().chain(twin.keys()) {
            let (in_redis, in_twin) = (real.get(key), twin.get(key));
            prop_assert!(
                in_redis == in_twin,
                "after {op:?} at {}: `{key}` is {in_redis:?} in Redis and {in_twin:?} in the twin",
                self.now
            );
        }
        self.twin.nobody_was_overtaken();
        prop_assert!(self.twin.overtaken.is_empty(), "after {op:?}: {:?}", self.twin.overtaken);
        let vain = self.twin.nobody_waits_in_vain();
        prop_assert!(vain.is_ok(), "after {op:?}: {vain:?}");
        let grants = self.twin.nobody_was_given_too_much(&loads);
        prop_assert!(grants.is_ok(), "after {op:?}: {grants:?}");
        Ok(())
    }

    async fn check_events(&mut self, op: &Op) -> Result<(), TestCaseError> {
        let read = self.router.commits_after(&tenant(), &self.cursor, 10).await.unwrap();
        let Read::Commits(commits) = read else { panic!("nothing is trimmed") };
        prop_assert!(commits.len() <= 1, "one transition is one commit");
        let names: Vec<&str> = commits
            .iter()
            .flat_map(|commit| commit.events.iter().map(|event| event.name()))
            .collect();
        let heard: Vec<Option<String>> = commits
            .iter()
            .flat_map(|commit| &commit.events)
            .filter_map(|event| match event {
                Event::MessageAppended { agent, .. } => {
                    Some(agent.as_ref().map(ToString::to_string))
                }
                _ => None,
            })
            .collect();
        differ(&format!("who heard of {op:?}"), &heard, &self.twin.heard)?;
        if let Some(last) = commits.last() {
            self.cursor.clone_from(&last.cursor);
        }
        differ(&format!("events of {op:?}"), &names, &self.twin.events)
    }

    async fn carry_out(&mut self, op: &Op) -> Result<(), TestCaseError> {
        let router = self.router.at(self.now);
        let (t, now) = (tenant(), self.now);
        match op {
            Op::Receive { who, message, shape } => {
                self.next_conv += 1;
                let entry = shaped(*shape, now);
                let real = receive(&router, *who, self.next_conv, *message, &entry).await;
                let author = Author::Contact { id: contact(*who) };
                let words = serde_json::to_value(content(*message, author)).unwrap();
                let twin = self.twin.receive(
                    contact(*who).as_str(),
                    (&format!("ext-{message}"), words),
                    conv(self.next_conv).as_str(),
                    &entry,
                );
                differ("receive", &real, &twin)
            }
            Op::Send { conv, agent, message, kind } => {
                let id = self.conv(*conv);
                let agent = self.holder(&id, *agent);
                let author = agent_id(&agent);
                let mut content = content(*message, Author::Agent { id: author.clone() });
                let (standing, of) = [
                    (Standing::Holder, MessageKind::Text),
                    (Standing::Holder, MessageKind::Note),
                    (Standing::Supervisor, MessageKind::Note),
                ][*kind];
                content.kind = of;
                let parsed = id.parse().unwrap();
                let send = SendMessage {
                    conversation: &parsed,
                    agent: &author,
                    standing,
                    content: &content,
                    deliveries: &[],
                    unread_after_ms: (*kind == 0).then_some(AFTER_MS),
                };
                let real = match router.send_message(&t, &send).await.unwrap() {
                    Sent::Appended(seq) => vec!["appended".to_owned(), seq.to_string()],
                    Sent::Duplicate(seq) => vec!["duplicate".to_owned(), seq.to_string()],
                    Sent::NotAssigned => vec!["not_assigned".to_owned()],
                    Sent::Unknown => vec!["unknown".to_owned()],
                };
                let said = serde_json::to_value(&content).unwrap();
                let client = (content.client_id.as_deref().unwrap(), said);
                differ("send", &real, &self.twin.send(&id, &agent, client, (standing, of)))
            }
            Op::Accept { conv, agent, wrong } => {
                let id = self.conv(*conv);
                let (agent, token) = self.offer(&id, *agent, *wrong);
                let (parsed, token_id) = (id.parse().unwrap(), token.parse().unwrap());
                let by = agent_id(&agent);
                let real = router.accept_offer(&t, &parsed, &by, &token_id).await.unwrap();
                let real = if real == Accepted::Assigned { "assigned" } else { "stale" };
                differ("accept", &real, &self.twin.accept(&id, &agent, &token))
            }
            Op::Decline { conv, agent, wrong } => {
                let id = self.conv(*conv);
                let (agent, token) = self.offer(&id, *agent, *wrong);
                let (parsed, token_id) = (id.parse().unwrap(), token.parse().unwrap());
                let real = router
                    .decline_offer(&t, &parsed, &agent_id(&agent), &token_id, "a \"reason\"")
                    .await
                    .unwrap();
                let real = if real == Declined::Requeued { "requeued" } else { "stale" };
                differ("decline", &real, &self.twin.decline(&id, &agent, &token))
            }
            Op::Presence { agent, presence } => {
                let (presence, name) = [
                    (Presence::Ready, "ready"),
                    (Presence::Ready, "ready"),
                    (Presence::Ready, "ready"),
                    (Presence::Away, "away"),
                    (Presence::Offline, "offline"),
                ][*presence];
                let id = agent_id(AGENTS[*agent]);
                let real =
                    match router.set_presence(&t, &id, presence, "agent", 90_000).await.unwrap() {
                        PresenceSet::Set => "set",
                        PresenceSet::Unchanged => "unchanged",
                        PresenceSet::Unknown => "unknown",
                    };
                differ("presence", &real, &self.twin.set_presence(AGENTS[*agent], name, 90_000))
            }
            Op::Heartbeat { lease } => {
                let ids: Vec<_> = AGENTS.iter().map(|name| agent_id(name)).collect();
                let real = router.heartbeat(&t, &ids, *lease).await.unwrap();
                let real: Vec<String> = real.iter().map(ToString::to_string).collect();
                differ("heartbeat", &real, &self.twin.heartbeat(&AGENTS.map(str::to_owned), *lease))
            }
            Op::SetAgent { agent, shape } => {
                let agent = person(*agent, *shape);
                router.set_agent(&t, &agent, true).await.unwrap();
                self.twin.set_agent(&agent);
                Ok(())
            }
            Op::RemoveAgent { agent } => {
                let real = router.remove_agent(&t, &agent_id(AGENTS[*agent])).await.unwrap();
                differ("remove", &real, &self.twin.remove_agent(AGENTS[*agent]))
            }
            _ => self.carry_out_more(op, &router).await,
        }
    }

    async fn carry_out_letters(&mut self, op: &Op, router: &Router) -> Result<(), TestCaseError> {
        match op {
            Op::Letter { who, message, shape, answers } => {
                self.next_conv += 1;
                let (entry, ids) = (shaped(*shape, self.now), (*who, self.next_conv));
                let letter = (*message, *answers);
                super::letters::letter(router, &mut self.twin, ids, letter, &entry).await
            }
            Op::Notice { conv, name } => {
                let id = self.conv(*conv);
                super::letters::notice(router, &mut self.twin, &id, *name).await
            }
            Op::LeaveAddress { conv, address } => {
                let id = self.conv(*conv);
                super::by_mail::leave(router, &mut self.twin, &id, *address).await
            }
            Op::WithdrawAddress { conv } => {
                let id = self.conv(*conv);
                super::by_mail::withdraw(router, &mut self.twin, &id).await
            }
            Op::MailUnread { conv, stale, letter } => {
                let id = self.conv(*conv);
                super::by_mail::mail(router, &mut self.twin, &id, (*stale, *letter)).await
            }
            Op::Transcript { conv, address } => {
                let id = self.conv(*conv);
                super::by_mail::transcript(router, &mut self.twin, &id, *address).await
            }
            Op::Attend { who, socket, ms } => {
                super::by_mail::attend(router, &mut self.twin, *who, (*socket, *ms)).await
            }
            _ => {
                let id = self.conv(op.calls_of().expect("carried out before"));
                super::calls::carry_out(router, &mut self.twin, &id, op).await
            }
        }
    }

    async fn carry_out_more(&mut self, op: &Op, router: &Router) -> Result<(), TestCaseError> {
        let (t, now) = (tenant(), self.now);
        match op {
            Op::Transfer { conv, holder, shape, again } => {
                let id = self.conv(*conv);
                let entry = shaped(*shape, now);
                let name = if *holder == 6 { String::new() } else { self.holder(&id, *holder) };
                let agent = agent_id(if name.is_empty() { "amy" } else { &name });
                let holder = if name.is_empty() { Holder::Anyone } else { Holder::Agent(&agent) };
                let real = router
                    .transfer(&t, &id.parse().unwrap(), &holder, &entry, *again)
                    .await
                    .unwrap();
                differ("transfer", &moved(&real), &self.twin.transfer(&id, &name, &entry, *again))
            }
            Op::ChangeQueue { conv, shape } => {
                let id = self.conv(*conv);
                let entry = shaped(*shape, now);
                let parsed = id.parse().unwrap();
                let real = router.change_queue(&t, &parsed, &entry, "queue_changed").await.unwrap();
                differ("change_queue", &moved(&real), &self.twin.change_queue(&id, &entry))
            }
            Op::Assign { conv, agent } => {
                let id = self.conv(*conv);
                let agent = agent_id(AGENTS[*agent]);
                let real = match router.assign(&t, &id.parse().unwrap(), &agent).await.unwrap() {
                    Assigned::Assigned => "assigned",
                    Assigned::OverCapacity => "over_capacity",
                    Assigned::AgentUnavailable => "agent_unavailable",
                    Assigned::NotAssignable => "not_assignable",
                    Assigned::Unknown => "unknown",
                };
                differ("assign", &real, &self.twin.assign(&id, agent.as_str()))
            }
            Op::Close { conv, by } => {
                let id = self.conv(*conv);
                let holder = self.holder(&id, (*by).clamp(1, 3));
                let asks = self.twin.convs.get(&id).map(|conv| conv.contact.clone());
                let asks = asks.filter(|_| *by != 7).unwrap_or_else(|| "ctc_stranger".to_owned());
                let (agent, contact) = (agent_id(&holder), asks.parse().unwrap());
                let (closer, by, who) = match by {
                    0..4 => (Closer::Agent(&agent), "agent", holder.as_str()),
                    4 | 5 | 7 => (Closer::Contact(&contact), "contact", asks.as_str()),
                    _ => (Closer::System, "system", ""),
                };
                let real = router.close(&t, &id.parse().unwrap(), &closer, None).await.unwrap();
                differ("close", &closed(&real), &self.twin.close(&id, by, who))
            }
            Op::EndWrapUp { conv, agent } => {
                let id = self.conv(*conv);
                let agent = self.holder(&id, *agent);
                let parsed = id.parse().unwrap();
                let real = router.end_wrap_up(&t, &parsed, &agent_id(&agent)).await.unwrap();
                differ("end_wrap_up", &closed(&real), &self.twin.end_wrap_up(&id, &agent))
            }
            Op::Snooze { conv, agent, shape } => {
                let id = self.conv(*conv);
                let agent = self.holder(&id, *agent);
                let entry = shaped(*shape, now);
                let until = (now / 30_000 + i64::from(shape % 3)) * 30_000;
                let parsed = id.parse().unwrap();
                let real = router
                    .snooze(&t, &parsed, &agent_id(&agent), Timestamp(until), &entry)
                    .await
                    .unwrap();
                differ("snooze", &moved(&real), &self.twin.snooze(&id, &agent, until, &entry))
            }
            Op::Mark { conv, by, seq } => {
                let id = self.conv(*conv);
                let asks = self.twin.convs.get(&id).map_or("ctc_0".into(), |c| c.contact.clone());
                let holder = self.holder(&id, by % 4);
                let (agent, parsed) = (agent_id(&holder), id.parse().unwrap());
                let contact = asks.parse().unwrap();
                let reader = match by {
                    0..4 => Reader::Agent(&agent),
                    4..6 => Reader::Contact(&contact),
                    _ => {
                        let real = router.mark_received(&t, &parsed, &contact, *seq).await;
                        let twin = self.twin.mark_received(&id, &asks, *seq);
                        return differ("mark_received", &real.unwrap(), &twin);
                    }
                };
                let real = router.mark_read(&t, &parsed, &reader, *seq).await.unwrap();
                differ("mark_read", &real, &self.twin.mark_read(&id, &reader, *seq))
            }
            Op::Archive { conv, off } => {
                let id = self.conv(*conv);
                let last = self.twin.convs.get(&id).map_or(0, |c| c.last_seq());
                let last = last + u64::from(*off);
                let real = router.archive(&t, &id.parse().unwrap(), last).await.unwrap();
                differ("archive", &real, &self.twin.archive(&id, last))
            }
            Op::Timers { limit } => {
                let real = router.run_timers(&t, *limit).await.unwrap();
                let real = (real.ran, real.next_due.map(|at| at.0));
                differ("timers", &real, &self.twin.run_timers(*limit as usize))
            }
            _ => self.carry_out_letters(op, router).await,
        }
    }
}

fn moved(reply: &Moved) -> (&'static str, Option<domain::State>) {
    match reply {
        Moved::Moved(state) => ("moved", Some(*state)),
        Moved::NotAssigned => ("not_assigned", None),
        Moved::Unknown => ("unknown", None),
    }
}

fn closed(reply: &Closed) -> &'static str {
    match reply {
        Closed::WrapUp => "wrap_up",
        Closed::Closed => "closed",
        Closed::Already => "already",
        Closed::NotAssigned => "not_assigned",
        Closed::Unknown => "unknown",
    }
}

async fn receive(router: &Router, who: u32, new: u32, message: u32, entry: &Entry) -> Vec<String> {
    told(try_says_as(router, who, new, message, entry).await.unwrap())
}

pub(super) fn told(received: Received) -> Vec<String> {
    match received {
        Received::Appended { conversation, seq, entered, state } => vec![
            "appended".to_owned(),
            conversation.to_string(),
            seq.to_string(),
            entered.to_string(),
            state.name().to_owned(),
        ],
        Received::Duplicate { conversation, seq } => {
            vec!["duplicate".to_owned(), conversation.to_string(), seq.to_string()]
        }
        Received::QueueFull => vec!["queue_full".to_owned()],
    }
}

pub(super) fn cases(default: u32) -> ProptestConfig {
    let mut config = ProptestConfig {
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    // The default of the crate itself means that nobody asked for another number.
    if config.cases == 256 {
        config.cases = default;
    }
    config
}

/// Runs a property on a Redis of its own that holds this library text.
pub(super) fn check<S: Strategy>(
    cases: ProptestConfig,
    library: &str,
    strategy: &S,
    test: impl AsyncFn(Router, S::Value) -> Result<(), TestCaseError>,
) -> Result<(), String>
where
    S::Value: std::fmt::Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let redis = RedisServer::start();
    let router = runtime.block_on(redis.router());
    runtime.block_on(async {
        let mut load = redis::cmd("FUNCTION");
        load.arg("LOAD").arg("REPLACE").arg(library);
        router.store().run("load", &load).await.unwrap();
    });
    let result = TestRunner::new(cases).run(strategy, |value| {
        runtime.block_on(async {
            router.store().run("flush", &redis::cmd("FLUSHALL")).await.unwrap();
            test(router.clone(), value).await
        })
    });
    result.map_err(|error| error.to_string())
}

/// Agents' shapes, and the transitions.
pub(super) fn desks() -> impl Strategy<Value = (Vec<u32>, Vec<(Op, i64)>)> {
    (prop::collection::vec(0u32..100, 6), prop::collection::vec(op(), 1..120))
}

/// One run of the desk against Redis and the twin.
pub(super) async fn agree(
    router: Router,
    (setups, steps): (Vec<u32>, Vec<(Op, i64)>),
) -> Result<(), TestCaseError> {
    let mut run = Run::new(router);
    for (agent, shape) in setups.into_iter().enumerate() {
        run.step(&Op::SetAgent { agent, shape }, 0).await?;
        run.step(&Op::Presence { agent, presence: 0 }, 1).await?;
    }
    for (op, after) in steps {
        run.step(&op, after).await?;
    }
    let report = run.router.fsck(&tenant(), false).await.unwrap();
    prop_assert!(report.discrepancies.is_empty(), "fsck: {:?}", report.discrepancies);
    Ok(())
}

#[test]
fn redis_and_the_twin_agree_on_every_reply_event_and_index() {
    check(cases(48), &small_library(), &desks(), agree).unwrap();
}
