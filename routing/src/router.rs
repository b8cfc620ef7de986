//! The router: one method per transition, split by noun.
//!
//! A call whose outcome is unknown ([`RoutingError::is_unavailable`]) may be made again with the
//! same ids and gives the first result: receiving by external id, sending by client id, accepting
//! by token; the others arrive at the same state.

mod agents;
mod calls;
mod conversations;
mod deliveries;
mod duties;
mod limits;
mod mail;
mod places;
mod push;
mod queries;
mod shelf;

pub use calls::{CallNote, CallOver, CallTeller};
pub use duties::Trimmed;
pub use push::DEVICES_MAX;

use crate::error::RoutingError;
use crate::reply::Reply;
use crate::store::{RedisConfig, Store};
use crate::{keys, library};
use domain::{ChannelKind, Entry, PlanAction, TenantId};
use redis::Value;

/// Turns domain calls into Function calls. Cloning is cheap and shares the connection.
#[derive(Debug, Clone)]
pub struct Router {
    store: Store,
    /// What the Functions are told for the present: 0 asks Redis.
    now_ms: i64,
}

impl Router {
    /// Prepares the connection. The server may be absent yet: call [`Router::prepare`] when it is
    /// needed, and again after it was away.
    ///
    /// # Errors
    /// See [`Store::open`].
    pub async fn open(config: &RedisConfig) -> Result<Self, RoutingError> {
        Ok(Self { store: Store::open(config).await?, now_ms: 0 })
    }

    /// The same router, of whose calls somebody hears.
    #[must_use]
    pub fn observed(self, observer: crate::store::Observer) -> Self {
        Self { store: self.store.observed(observer), now_ms: self.now_ms }
    }

    /// Loads the function library and checks that the server's durability is what was promised.
    ///
    /// # Errors
    /// [`RoutingError::Unsuitable`] says in plain words what does not fit.
    pub async fn prepare(&self) -> Result<crate::durability::Report, RoutingError> {
        let report = crate::durability::check(&self.store).await?;
        library::load(&self.store).await?;
        Ok(report)
    }

    /// Can these tenants be served where they lie?
    ///
    /// # Errors
    /// [`RoutingError::Unsuitable`] while a cluster moves the slot of one of them.
    pub async fn may_serve(&self, tenants: &[TenantId]) -> Result<(), RoutingError> {
        match crate::durability::moving(&self.store, tenants).await? {
            None => Ok(()),
            Some(tenant) => Err(RoutingError::Unsuitable(format!(
                "the cluster moves the slot of tenant `{tenant}`; no work is taken until that is over"
            ))),
        }
    }

    /// The same router with a clock of its own: only for tests, which own time.
    #[must_use]
    pub fn at(&self, now_ms: i64) -> Self {
        Self { store: self.store.clone(), now_ms }
    }

    /// The connection, for readers.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Calls `v1_function` with the tenant's tag as its key and the time as its first argument.
    pub(crate) async fn call(
        &self,
        function: &'static str,
        tenant: &TenantId,
        args: &[&str],
    ) -> Result<Reply, RoutingError> {
        let command = self.command("FCALL", function, tenant, args);
        decode(function, &self.store.write(function, &command).await?)
    }

    /// Calls a function that only reads.
    pub(crate) async fn call_ro(
        &self,
        function: &'static str,
        tenant: &TenantId,
        args: &[&str],
    ) -> Result<Reply, RoutingError> {
        let command = self.command("FCALL_RO", function, tenant, args);
        decode(function, &self.store.run(function, &command).await?)
    }

    fn command(&self, verb: &str, function: &str, tenant: &TenantId, args: &[&str]) -> redis::Cmd {
        let mut command = redis::cmd(verb);
        command.arg(format!("{}_{function}", library::VERSION)).arg(1).arg(keys::tag(tenant));
        command.arg(self.now_ms);
        for arg in args {
            command.arg(*arg);
        }
        command
    }
}

fn decode(function: &'static str, value: &Value) -> Result<Reply, RoutingError> {
    let unexpected = || RoutingError::UnexpectedReply {
        function,
        reply: format!("{value:?}").chars().take(200).collect(),
    };
    let Value::Array(items) = value else {
        return Err(unexpected());
    };
    let fields: Option<Vec<String>> = items.iter().map(text).collect();
    Ok(Reply::new(function, fields.ok_or_else(unexpected)?))
}

pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        Value::Nil => Some(String::new()),
        _ => None,
    }
}

/// The eight arguments of an entry, as `shared/f_life.lua` reads them.
pub(crate) fn entry_args(entry: &Entry) -> [String; 8] {
    [
        entry.queue.to_string(),
        entry.kind.letter().to_string(),
        entry.arrived_at.0.to_string(),
        entry.due_at.0.to_string(),
        entry.not_before.map_or_else(String::new, |at| at.0.to_string()),
        plan_text(entry),
        policy_text(entry),
        entry.waiting_max.to_string(),
    ]
}

/// `0 L tax:4|;30000 L tax:3|;60000 D;600000 R`.
pub fn plan_text(entry: &Entry) -> String {
    let steps: Vec<String> = entry
        .plan
        .iter()
        .map(|step| match &step.action {
            PlanAction::Lane(need) => format!("{} L {}", step.after_ms, need.text()),
            PlanAction::Overdue => format!("{} D", step.after_ms),
            PlanAction::Overflow => format!("{} O", step.after_ms),
            PlanAction::Remind => format!("{} R", step.after_ms),
        })
        .collect();
    steps.join(";")
}

/// The steps of a plan after its first lane and before its reminder, in the order in which they come,
/// each with its time and letter: lanes and overflow so long after entering, overdue when due.
pub(crate) fn steps_to_come(plan: &str, entered: i64, due: i64) -> Vec<(i64, char)> {
    let mut steps: Vec<(i64, u8, char)> = plan
        .split(';')
        .skip(1)
        .filter_map(|step| {
            let (after, action) = step.split_once(' ')?;
            let at = entered + after.parse::<i64>().ok()?;
            match action.chars().next()? {
                'L' => Some((at, 0, 'L')),
                'D' => Some((due, 1, 'D')),
                'O' => Some((at, 2, 'O')),
                _ => None,
            }
        })
        .collect();
    steps.sort_unstable();
    steps.into_iter().map(|(at, _, action)| (at, action)).collect()
}

/// `longest_idle;30000;0;3;60000;86400000`: rule, offer, automatic, misses, wrap-up, reopening.
pub fn policy_text(entry: &Entry) -> String {
    format!(
        "{};{};{};{};{};{}",
        entry.rule.name(),
        entry.offer_ms,
        u8::from(entry.auto_accept),
        entry.misses_max,
        entry.wrap_up_ms,
        entry.reopen_ms
    )
}

/// `100;w30/3;e10/100;…`.
pub fn capacity_text(capacity: &domain::Capacity) -> String {
    let mut text = capacity.units.to_string();
    for kind in ChannelKind::ALL {
        let of = capacity.of(kind);
        text.push_str(&format!(";{}{}/{}", kind.letter(), of.cost, of.limit));
    }
    text
}

fn kind_of(letter: &str) -> Option<ChannelKind> {
    ChannelKind::ALL.into_iter().find(|kind| letter.starts_with(kind.letter()))
}
