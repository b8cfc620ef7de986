//! The agents' log-ins: generated at the first start, kept in the data folder for this user only,
//! and the same at the next start.

use super::{Plan, http, write_private};
use crate::say;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// An agent of the demo and the password that opens the desk.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogIn {
    /// The log-in.
    pub(crate) agent: String,
    /// The password.
    pub(crate) password: String,
    /// The name.
    pub(crate) name: String,
    /// `agent`, `supervisor` or `admin`.
    pub(crate) role: String,
    /// Skills with levels.
    pub(crate) skills: BTreeMap<String, u8>,
}

/// The part of a desk file that names its agents.
#[derive(Debug, Deserialize)]
struct Agents {
    agents: Vec<Agent>,
}

#[derive(Debug, Deserialize)]
struct Agent {
    id: String,
    name: String,
    role: String,
    #[serde(default)]
    skills: BTreeMap<String, u8>,
}

/// Passwords by agent.
type Passwords = BTreeMap<String, String>;

/// The log-ins of all agents of the desk; passwords are made for those that have none yet.
pub(crate) async fn ensure(plan: &Plan, desk: &Path, config: &Path) -> Result<Vec<LogIn>> {
    let text = std::fs::read_to_string(desk).with_context(|| format!("read {}", desk.display()))?;
    let Agents { agents } =
        serde_json::from_str(&text).context("read the agents of the demo desk")?;
    let file = plan.data.join("log-ins.json");
    let mut passwords = still_good(plan.port, read(&file)).await;
    let begun = Instant::now();
    let mut made = 0;
    for agent in &agents {
        if !passwords.contains_key(&agent.id) {
            let password = plan.hutong.new_password(&agent.id, config)?;
            passwords.insert(agent.id.clone(), password);
            write_private(&file, &serde_json::to_string_pretty(&passwords)?)?;
            made += 1;
        }
    }
    if made > 0 {
        say::done(&format!("make {made} log-ins"), begun.elapsed());
    }
    let log_ins = agents.into_iter().filter_map(|agent| {
        let password = passwords.get(&agent.id)?.clone();
        let Agent { id, name, role, skills } = agent;
        Some(LogIn { agent: id, password, name, role, skills })
    });
    Ok(log_ins.collect())
}

/// Forgets all passwords when the first one opens nothing: the records were begun anew.
async fn still_good(port: u16, passwords: Passwords) -> Passwords {
    let Some((agent, password)) = passwords.first_key_value() else { return passwords };
    let body = json!({ "agent": agent, "password": password });
    let refused =
        http::post(port, "/v1/auth/login", &body).await.is_ok_and(|answer| answer.status == 401);
    if refused { Passwords::new() } else { passwords }
}

fn read(file: &Path) -> Passwords {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn passwords_are_kept_for_this_user_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log-ins.json");
        let passwords = Passwords::from([("zhang-wei".to_owned(), "a b".to_owned())]);
        write_private(&file, &serde_json::to_string_pretty(&passwords).unwrap()).unwrap();
        assert_eq!(read(&file), passwords);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
