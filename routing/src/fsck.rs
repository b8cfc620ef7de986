//! `fsck`: recomputes every index of a tenant from its conversations, agents and logs, and says
//! where Redis holds something else. On a live store a difference counts only when it is seen twice,
//! since the reads are not one moment.

mod agents;
mod expect;
mod outbox;
mod snapshot;

use crate::error::RoutingError;
use crate::router::Router;
use domain::TenantId;
use std::collections::{BTreeMap, BTreeSet};

/// A key's content: members with scores, fields with values.
pub type Content = BTreeMap<String, String>;
/// Content by key, without the tenant's tag.
pub type Dump = BTreeMap<String, Content>;

/// Something that Redis holds otherwise than it should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Discrepancy {
    /// The key, without the tenant's tag.
    pub key: String,
    /// The member or field.
    pub member: String,
    /// What Redis holds.
    pub found: Option<String>,
    /// What it should hold.
    pub expected: Option<String>,
}

impl std::fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |value: &Option<String>| {
            value.as_ref().map_or("nothing".to_owned(), |v| format!("`{v}`"))
        };
        write!(
            f,
            "{} / {}: holds {}, should hold {}",
            self.key,
            self.member,
            show(&self.found),
            show(&self.expected)
        )
    }
}

/// What a check found.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Report {
    /// Conversations looked at.
    pub conversations: usize,
    /// Messages looked at.
    pub messages: usize,
    /// Agents looked at.
    pub agents: usize,
    /// What is wrong.
    pub discrepancies: Vec<Discrepancy>,
}

impl Router {
    /// Checks a tenant. With no gateway at work one look is enough and exact; `live` looks twice.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn fsck(&self, tenant: &TenantId, live: bool) -> Result<Report, RoutingError> {
        let mut report = self.look(tenant).await?;
        if live && !report.discrepancies.is_empty() {
            let first: BTreeSet<Discrepancy> = report.discrepancies.into_iter().collect();
            report = self.look(tenant).await?;
            report.discrepancies.retain(|found| first.contains(found));
        }
        Ok(report)
    }

    async fn look(&self, tenant: &TenantId) -> Result<Report, RoutingError> {
        let found = snapshot::take(self, tenant).await?;
        let mut report = Report {
            conversations: found.keys().filter(|key| key.starts_with("conv:")).count(),
            agents: found.keys().filter(|key| key.starts_with("agent:")).count(),
            messages: found
                .iter()
                .filter(|(key, _)| key.starts_with("log:"))
                .map(|(_, log)| log.len())
                .sum(),
            discrepancies: Vec::new(),
        };
        let expected = expect::indexes(&found);
        let mut keys: BTreeSet<&String> = expected.keys().collect();
        keys.extend(found.keys().filter(|key| expect::is_index(key)));
        let nothing = Content::new();
        for key in keys {
            let (held, wanted) =
                (found.get(key).unwrap_or(&nothing), expected.get(key).unwrap_or(&nothing));
            let members: BTreeSet<&String> = held.keys().chain(wanted.keys()).collect();
            for member in members {
                let (held, wanted) = (held.get(member), wanted.get(member));
                let any = wanted.is_some_and(|wanted| wanted == expect::ANY) && held.is_some();
                // `m` timers are only nudges: an agent could take more than one call gives.
                let nudge = key == "timers" && member.starts_with("m:");
                // A queue in which nobody is any more stays known by name.
                let remembered = key == "queues" && wanted.is_none();
                if held != wanted && !any && !nudge && !remembered {
                    report.discrepancies.push(Discrepancy {
                        key: key.clone(),
                        member: member.clone(),
                        found: held.cloned(),
                        expected: wanted.cloned(),
                    });
                }
            }
        }
        report.discrepancies.extend(expect::broken_logs(&found));
        report.discrepancies.extend(agents::broken(&found));
        report.discrepancies.extend(expect::foreign_keys(&found));
        Ok(report)
    }

    /// Puts indexes right by a report. Only with no gateway at work. Logs are never touched, and
    /// neither is a conversation's or an agent's own state; what remains is told by the next check.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn repair(&self, tenant: &TenantId, report: &Report) -> Result<usize, RoutingError> {
        let mut repaired = 0;
        for wrong in &report.discrepancies {
            let Some(kind) = expect::kind_of(&wrong.key) else { continue };
            let key = crate::keys::key(tenant, &wrong.key);
            let mut command = match (kind, &wrong.expected) {
                _ if wrong.member == snapshot::FOREIGN => {
                    self.store().write("repair", &with_key("DEL", &key)).await?;
                    repaired += 1;
                    continue;
                }
                (expect::Kind::Sorted, Some(score)) => {
                    let mut add = redis::cmd("ZADD");
                    add.arg(&key).arg(if score == expect::ANY { "0" } else { score });
                    add
                }
                (expect::Kind::Sorted, None) => with_key("ZREM", &key),
                (expect::Kind::Set, Some(_)) => with_key("SADD", &key),
                (expect::Kind::Set, None) => with_key("SREM", &key),
                (expect::Kind::Text, wanted) => {
                    self.repair_pointer(&key, &wrong.member, wanted.is_some()).await?;
                    repaired += 1;
                    continue;
                }
                (expect::Kind::Hash, Some(_)) => with_key("HSET", &key),
                (expect::Kind::Hash, None) => with_key("HDEL", &key),
            };
            command.arg(&wrong.member);
            if let (expect::Kind::Hash, Some(value)) = (kind, &wrong.expected) {
                command.arg(value);
            }
            self.store().write("repair", &command).await?;
            repaired += 1;
        }
        Ok(repaired)
    }
}

impl Router {
    /// A contact's pointer names the conversation that is open; another one is not followed.
    async fn repair_pointer(&self, key: &str, id: &str, right: bool) -> Result<(), RoutingError> {
        let now = self.store().run("repair", &with_key("GET", key)).await?;
        let mut command = with_key(if right { "SET" } else { "DEL" }, key);
        if right {
            command.arg(id);
        } else if crate::router::text(&now).as_deref() != Some(id) {
            return Ok(());
        }
        self.store().write("repair", &command).await.map(drop)
    }
}

fn with_key(verb: &str, key: &str) -> redis::Cmd {
    let mut command = redis::cmd(verb);
    command.arg(key);
    command
}
