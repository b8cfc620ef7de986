//! Reads. None of them writes, blocks or looks at more than it returns.

use super::conversations::ms;
use super::{Router, kind_of, steps_to_come, text};
use crate::error::RoutingError;
use crate::keys;
use crate::packed;
use crate::reply::{AgentState, Estimate, QueueState, Reply};
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{
    AgentId, ChannelId, ContactId, Conversation, ConversationId, Message, QueueId, State, TenantId,
    Timestamp,
};
use redis::Value;

impl Router {
    /// A conversation that is in Redis, with its last message.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn conversation(
        &self,
        tenant: &TenantId,
        id: &ConversationId,
    ) -> Result<Option<(Conversation, Option<Message>)>, RoutingError> {
        let reply = self.call_ro("read_conversation", tenant, &[id.as_str()]).await?;
        if reply.tag() == "unknown" {
            return Ok(None);
        }
        let key = keys::conversation(tenant, id);
        let corrupt = |problem: String| RoutingError::Corrupt { key: key.clone(), problem };
        let last = reply.text(2)?;
        let last = if last.is_empty() {
            None
        } else {
            Some(serde_json::from_str(last).map_err(|error| corrupt(error.to_string()))?)
        };
        conversation(id, &reply).map_err(corrupt).map(|found| Some((found, last)))
    }

    /// Messages with a seq after `after`, in order, at most `limit` (200 at the most). Only those
    /// since the last archiving are here; earlier ones are in the records.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn messages_after(
        &self,
        tenant: &TenantId,
        id: &ConversationId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Message>, RoutingError> {
        let base = self.base(tenant, id).await?;
        let from = after.saturating_sub(base);
        let to = from.saturating_add(limit.clamp(1, PAGE_MESSAGES_MAX) as u64 - 1);
        self.log_range(tenant, id, from, to).await
    }

    /// Messages with a seq before `before`, in order, the last `limit` of them (200 at the most).
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn messages_before(
        &self,
        tenant: &TenantId,
        id: &ConversationId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<Message>, RoutingError> {
        let base = self.base(tenant, id).await?;
        let end = before.saturating_sub(base).saturating_sub(1); // places below this one
        if end == 0 {
            return Ok(Vec::new());
        }
        let from = end.saturating_sub(limit.clamp(1, PAGE_MESSAGES_MAX) as u64);
        self.log_range(tenant, id, from, end - 1).await
    }

    async fn base(&self, tenant: &TenantId, id: &ConversationId) -> Result<u64, RoutingError> {
        let mut get = redis::cmd("HGET");
        get.arg(keys::conversation(tenant, id)).arg("place");
        let value = self.store().run("base", &get).await?;
        let place = text(&value).unwrap_or_default();
        Ok(packed::line("place", &place, "base").parse().unwrap_or(0))
    }

    async fn log_range(
        &self,
        tenant: &TenantId,
        id: &ConversationId,
        from: u64,
        to: u64,
    ) -> Result<Vec<Message>, RoutingError> {
        let key = keys::log(tenant, id);
        let mut range = redis::cmd("LRANGE");
        range.arg(&key).arg(from).arg(to);
        self.texts(&range, "messages")
            .await?
            .iter()
            .map(|entry| {
                serde_json::from_str(entry).map_err(|error| RoutingError::Corrupt {
                    key: key.clone(),
                    problem: error.to_string(),
                })
            })
            .collect()
    }

    /// The contact's conversation on a channel: open, or closed within its window.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn contact_conversation(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        contact: &ContactId,
    ) -> Result<Option<ConversationId>, RoutingError> {
        let mut get = redis::cmd("GET");
        get.arg(keys::open(tenant, channel, contact));
        let value = self.store().run("contact_conversation", &get).await?;
        Ok(text(&value).and_then(|id| id.parse().ok()))
    }

    /// The message that an outside id names: one that came in, or one of ours as the far end calls it.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn message_named(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        external_id: &str,
    ) -> Result<Option<(ConversationId, u64)>, RoutingError> {
        let mut get = redis::cmd("GET");
        get.arg(keys::key(tenant, &format!("seen:{channel}:{external_id}")));
        let value = self.store().run("message_named", &get).await?;
        Ok(text(&value).and_then(|about| {
            let (conversation, seq) = about.split_once(' ')?;
            Some((conversation.parse().ok()?, seq.parse().ok()?))
        }))
    }

    /// Where the contact of a conversation is to be answered, as the last word laid it down, and how many
    /// parts were said since. `None` where the contact reads the log.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn way_back(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
    ) -> Result<Option<(String, u32)>, RoutingError> {
        let mut get = redis::cmd("HMGET");
        get.arg(keys::conversation(tenant, conversation)).arg("way").arg("said");
        let fields = self.texts(&get, "way_back").await?;
        let [way, said] = fields.as_slice() else { return Ok(None) };
        Ok((!way.is_empty()).then(|| (way.clone(), said.parse().unwrap_or(0))))
    }

    /// Did a message with this outside id come through the channel within the time that ids are
    /// remembered?
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn seen(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        external_id: &str,
    ) -> Result<bool, RoutingError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(keys::key(tenant, &format!("seen:{channel}:{external_id}")));
        let found = self.store().run("seen", &exists).await?;
        Ok(found == Value::Int(1))
    }

    /// The conversations of the letters with these names, in their order; none for those that nobody
    /// knows, or whose conversation is gone.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn threads(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        names: &[String],
    ) -> Result<Vec<ConversationId>, RoutingError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = redis::cmd("MGET");
        for name in names {
            get.arg(keys::thread(tenant, channel, name));
        }
        let found = self.texts(&get, "threads").await?;
        Ok(found.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// What an agent holds, and what rests with the agent.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn held(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
    ) -> Result<Vec<ConversationId>, RoutingError> {
        let mut union = redis::cmd("SUNION");
        union.arg(keys::held(tenant, agent)).arg(keys::resting(tenant, agent));
        let mut ids = self.ids(&union, "held").await?;
        ids.sort();
        Ok(ids)
    }

    /// Those who wait in a queue, in due order, at most `limit`.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn waiting(
        &self,
        tenant: &TenantId,
        queue: &QueueId,
        limit: usize,
    ) -> Result<Vec<ConversationId>, RoutingError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(keys::waiting(tenant, queue)).arg(0).arg(limit.max(1) - 1);
        self.ids(&range, "waiting").await
    }

    /// How many wait in a queue beyond their due time.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn overdue(
        &self,
        tenant: &TenantId,
        queue: &QueueId,
        now: Timestamp,
    ) -> Result<u64, RoutingError> {
        let mut count = redis::cmd("ZCOUNT");
        count.arg(keys::waiting(tenant, queue)).arg("-inf").arg(format!("({}", now.0));
        match self.store().run("overdue", &count).await? {
            Value::Int(count) => Ok(u64::try_from(count).unwrap_or(0)),
            _ => Ok(0),
        }
    }

    /// Closed conversations to be archived, oldest first, at most `limit`.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn closed(
        &self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<Vec<ConversationId>, RoutingError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(keys::key(tenant, "closed")).arg(0).arg(limit.max(1) - 1);
        self.ids(&range, "closed").await
    }

    /// Every queue in which somebody waited.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn queue_states(&self, tenant: &TenantId) -> Result<Vec<QueueState>, RoutingError> {
        let mut members = redis::cmd("SMEMBERS");
        members.arg(keys::key(tenant, "queues"));
        let mut states = Vec::new();
        for name in self.texts(&members, "queue_states").await? {
            let Ok(queue) = name.parse::<QueueId>() else { continue };
            let key = keys::waiting(tenant, &queue);
            let mut card = redis::cmd("ZCARD");
            card.arg(&key);
            let waiting = match self.store().run("queue_states", &card).await? {
                Value::Int(waiting) => u64::try_from(waiting).unwrap_or(0),
                _ => 0,
            };
            let mut first = redis::cmd("ZRANGE");
            first.arg(&key).arg(0).arg(0).arg("WITHSCORES");
            let first = self.scored(&first, "queue_states").await?;
            let mut oldest_arrival = None;
            if let Some((id, _)) = first.first() {
                let mut entry = redis::cmd("HGET");
                entry.arg(keys::key(tenant, &format!("conv:{id}"))).arg("entry");
                let value = self.store().run("queue_states", &entry).await?;
                let entry = text(&value).unwrap_or_default();
                let arrived = packed::line("entry", &entry, "arrived");
                oldest_arrival = arrived.parse().ok().map(Timestamp);
            }
            let oldest_due = first.first().map(|(_, due)| *due);
            states.push(QueueState { queue, waiting, oldest_due, oldest_arrival });
        }
        states.sort_by(|a, b| a.queue.cmp(&b.queue));
        Ok(states)
    }

    /// Every agent's state.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn agent_states(&self, tenant: &TenantId) -> Result<Vec<AgentState>, RoutingError> {
        let mut members = redis::cmd("SMEMBERS");
        members.arg(keys::key(tenant, "agents"));
        let mut states = Vec::new();
        for name in self.texts(&members, "agent_states").await? {
            let Ok(agent) = name.parse::<AgentId>() else { continue };
            if let Some(state) = self.agent_state(tenant, &agent).await? {
                states.push(state);
            }
        }
        states.sort_by(|a, b| a.agent.cmp(&b.agent));
        Ok(states)
    }

    /// One agent's state; `None` when unknown.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn agent_state(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
    ) -> Result<Option<AgentState>, RoutingError> {
        let key = keys::agent(tenant, agent);
        let mut get = redis::cmd("HMGET");
        get.arg(&key).arg("able").arg("load");
        let fields = self.texts(&get, "agent_state").await?;
        let [able, load] = fields.as_slice() else { return Ok(None) };
        if load.is_empty() {
            return Ok(None);
        }
        let of_load = |name: &str| packed::line("load", load, name);
        let capacity = packed::line("able", able, "capacity");
        let corrupt =
            |what: &str| RoutingError::Corrupt { key: key.clone(), problem: what.to_owned() };
        let mut card = redis::cmd("SCARD");
        card.arg(keys::held(tenant, agent));
        let held = match self.store().run("agent_state", &card).await? {
            Value::Int(held) => u64::try_from(held).unwrap_or(0),
            _ => 0,
        };
        Ok(Some(AgentState {
            agent: agent.clone(),
            presence: of_load("presence").parse().map_err(|_bad| corrupt("presence"))?,
            since: Timestamp(of_load("since").parse().unwrap_or(0)),
            used: of_load("used").parse().map_err(|_bad| corrupt("used"))?,
            units: capacity.split(';').next().and_then(|units| units.parse().ok()).unwrap_or(0),
            held,
            offered: of_load("offer").parse().ok(),
        }))
    }

    /// What somebody who waits may be told; `None` when the conversation does not wait.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn estimate(
        &self,
        tenant: &TenantId,
        id: &ConversationId,
    ) -> Result<Option<Estimate>, RoutingError> {
        let reply = self.call_ro("estimate", tenant, &[id.as_str()]).await?;
        match reply.tag() {
            "unknown" => Ok(None),
            "estimate" => Ok(Some(Estimate {
                before_min: reply.parse(1)?,
                before_max: reply.parse(2)?,
                agents: reply.parse(3)?,
                slots: reply.parse(4)?,
                handling_ms: reply.parse(5)?,
            })),
            _ => Err(reply.unexpected()),
        }
    }

    /// The plan by which a conversation waits, as [`crate::router::plan_text`] writes it, and whether
    /// its overflow was carried out; `None` when it is not in Redis.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn plan(
        &self,
        tenant: &TenantId,
        id: &ConversationId,
    ) -> Result<Option<(String, bool)>, RoutingError> {
        let mut get = redis::cmd("HMGET");
        get.arg(keys::conversation(tenant, id)).arg("entry").arg("place");
        let fields = self.texts(&get, "plan").await?;
        let [entry, place] = fields.as_slice() else { return Ok(None) };
        let plan = packed::line("entry", entry, "plan");
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        let due = number(packed::line("entry", entry, "due"));
        let entered = number(packed::line("place", place, "entered"));
        // The place of the next step is counted from 1, and the first lane is not among these.
        let step = number(packed::line("place", place, "step"));
        let done = usize::try_from(step - 2).unwrap_or(0);
        let steps = steps_to_come(plan, entered, due);
        let overflowed = steps.iter().take(done).any(|(_, action)| *action == 'O');
        Ok((!plan.is_empty()).then(|| (plan.to_owned(), overflowed)))
    }

    /// Names this history: it changes when Redis lost or was given another one. The first caller
    /// of an empty history names it.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn epoch(&self, tenant: &TenantId, proposed: &str) -> Result<String, RoutingError> {
        let key = keys::key(tenant, "meta");
        let mut set = redis::cmd("HSETNX");
        set.arg(&key).arg("epoch").arg(proposed);
        self.store().write("epoch", &set).await?;
        let mut get = redis::cmd("HGET");
        get.arg(&key).arg("epoch");
        let value = self.store().run("epoch", &get).await?;
        Ok(text(&value).unwrap_or_default())
    }

    /// Names the history anew after its end was lost, when `known` was its name: clients that saw
    /// what is lost must not resume. Every gateway that finds the loss gives it the same name.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn next_epoch(&self, tenant: &TenantId, known: &str) -> Result<String, RoutingError> {
        let (name, times) = known.rsplit_once('+').unwrap_or((known, "0"));
        let times = times.parse::<u64>().unwrap_or(0).saturating_add(1);
        let next = format!("{name}+{times}");
        let mut set = redis::cmd("HSET");
        set.arg(keys::key(tenant, "meta")).arg("epoch").arg(&next);
        self.store().write("next_epoch", &set).await?;
        Ok(next)
    }

    /// Redis's time.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn now(&self) -> Result<Timestamp, RoutingError> {
        let parts = self.texts(&redis::cmd("TIME"), "now").await?;
        let number = |place: usize| parts.get(place).and_then(|text| text.parse::<i64>().ok());
        match (number(0), number(1)) {
            (Some(secs), Some(micros)) => Ok(Timestamp(secs * 1000 + micros / 1000)),
            _ => {
                Err(RoutingError::UnexpectedReply { function: "now", reply: format!("{parts:?}") })
            }
        }
    }

    pub(super) async fn texts(
        &self,
        command: &redis::Cmd,
        function: &'static str,
    ) -> Result<Vec<String>, RoutingError> {
        let value = self.store().run(function, command).await?;
        match &value {
            Value::Array(items) | Value::Set(items) => {
                Ok(items.iter().map(|item| text(item).unwrap_or_default()).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Members with scores: flat in RESP2, pairs in RESP3.
    pub(super) async fn scored(
        &self,
        command: &redis::Cmd,
        function: &'static str,
    ) -> Result<Vec<(String, Timestamp)>, RoutingError> {
        let value = self.store().run(function, command).await?;
        redis::from_redis_value::<Vec<(String, f64)>>(value)
            .map(|pairs| pairs.into_iter().map(|(member, score)| (member, ms(score))).collect())
            .map_err(|error| RoutingError::UnexpectedReply { function, reply: error.to_string() })
    }

    async fn ids(
        &self,
        command: &redis::Cmd,
        function: &'static str,
    ) -> Result<Vec<ConversationId>, RoutingError> {
        let texts = self.texts(command, function).await?;
        Ok(texts.iter().filter_map(|id| id.parse().ok()).collect())
    }
}

fn conversation(id: &ConversationId, reply: &Reply) -> Result<Conversation, String> {
    let pairs = reply.rest().get(2..).unwrap_or(&[]).chunks_exact(2);
    let fields = packed::unpack(pairs.filter_map(|pair| match pair {
        [field, value] => Some((field.clone(), value.clone())),
        _ => None,
    }));
    let text = |field: &str| fields.get(field).map_or("", String::as_str);
    let number = |field: &str| text(field).parse::<i64>().unwrap_or(0);
    let time = |field: &str| (!text(field).is_empty()).then(|| Timestamp(number(field)));
    let place = |field: &str| u64::try_from(number(field)).unwrap_or(0);
    let bad = |field: &'static str| move |_| format!("field `{field}`");
    let log_length: u64 = reply.parse(1).map_err(|error| error.to_string())?;
    let state: State = text("state").parse()?;
    // What rests is nobody's work, but still its agent's.
    let agent = if state == State::Snoozed { text("last") } else { text("agent") };
    Ok(Conversation {
        id: id.clone(),
        state,
        contact: text("contact").parse().map_err(bad("contact"))?,
        channel: text("channel").parse().map_err(bad("channel"))?,
        kind: kind_of(text("door")).ok_or("field `kind`")?,
        queue: text("queue").parse().map_err(bad("queue"))?,
        agent: agent.parse().ok(),
        offer_token: text("token").parse().ok(),
        until: time("until"),
        opened_at: Timestamp(number("opened")),
        arrived_at: Timestamp(number("arrived")),
        accepted_at: time("accepted"),
        closed_at: time("closed"),
        due_at: Timestamp(number("due")),
        last_seq: place("base") + log_length,
        read_by_contact: place("read_by_contact"),
        read_by_agent: place("read_by_agent"),
        received_by_contact: place("received_by_contact"),
        why: serde_json::from_str(text("why")).ok(),
        callback: serde_json::from_str(text("callback")).ok(),
        info: serde_json::from_str(text("info"))
            .map_err(|error| format!("field `info`: {error}"))?,
    })
}
