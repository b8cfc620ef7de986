//! `hutong admin`: what an operator does by hand, with or without a running gateway.

mod upkeep;

use super::stores::Stores;
use super::{Failure, say};
use crate::auth::{hash_secret, password};
use crate::clock::SystemClock;
use crate::{App, Config};
use clap::{Args, Subcommand};
use domain::{AgentId, Clock, DeliveryId, Event, Role, TenantId};
use records::credentials::PasswordKind;
use records::tenants::Created;
use std::io::BufRead;

/// The dead letters shown.
const DEAD_MAX: usize = 200;

/// What an operator does by hand.
#[derive(Debug, Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    command: AdminCommand,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Sets an agent's password, read from the first line of stdin, and ends the agent's sessions.
    SetPassword {
        /// The log-in.
        agent: AgentId,
        /// Makes a password and prints it.
        #[arg(long)]
        generate: bool,
        /// The agent must change it at the next sign-in.
        #[arg(long)]
        one_time: bool,
    },
    /// Prints a new one-time code for the first admin.
    BootstrapCode,
    /// Makes a tenant.
    CreateTenant {
        /// Its id.
        id: TenantId,
        /// Its name as shown.
        #[arg(default_value = "")]
        name: String,
    },
    /// Lists agents with role and presence.
    ListAgents,
    /// Removes the Redis Functions of an earlier release, after its last gateway ended.
    DropLibrary {
        /// Which, for example `v1`.
        version: String,
    },
    /// Lists deliveries that were given up.
    DeadLetters,
    /// Tries a delivery that was given up again.
    RetryDeadLetter {
        /// Which, as `dead-letters` lists it.
        id: DeliveryId,
    },
    /// Makes an API key and prints it, the only time.
    CreateApiKey {
        /// What it is for.
        name: String,
        /// What it may do: agent, supervisor or admin.
        #[arg(long, default_value = "agent", value_parser = role)]
        role: Role,
    },
    /// Lists API keys, revoked ones too.
    ListApiKeys,
    /// Revokes an API key, for good.
    RevokeApiKey {
        /// Its public part, as `list-api-keys` lists it.
        id: String,
    },
    /// Checks that no row of the audit trail was changed or is missing.
    VerifyAudit,
}

impl Admin {
    pub(super) async fn run(self, config: &Config, tenant: &TenantId) -> Result<(), Failure> {
        let stores = Stores::open(config).await?;
        App::ensure_tenant(&stores.records, &SystemClock).await?;
        let done = match self.command {
            AdminCommand::CreateTenant { id, name } => create_tenant(&stores, &id, &name).await,
            AdminCommand::DropLibrary { version } => drop_library(&stores, &version).await,
            command => {
                stores.check_tenant(tenant).await?;
                for_tenant(command, &stores, config, tenant).await
            }
        };
        stores.close().await;
        done
    }
}

async fn for_tenant(
    command: AdminCommand,
    stores: &Stores,
    config: &Config,
    tenant: &TenantId,
) -> Result<(), Failure> {
    match command {
        AdminCommand::SetPassword { agent, generate, one_time } => {
            let password =
                if generate { password::generate() } else { read_password(config, &agent)? };
            let kind = if one_time { PasswordKind::OneTime } else { PasswordKind::Own };
            set_password(stores, tenant, &agent, &password, kind).await?;
            if generate { say(&format!("{agent} {password}")) } else { say("done") }
        }
        AdminCommand::BootstrapCode => bootstrap_code(stores, config, tenant).await,
        AdminCommand::ListAgents => list_agents(stores, tenant).await,
        AdminCommand::DeadLetters => dead_letters(stores, tenant).await,
        AdminCommand::RetryDeadLetter { id } => {
            upkeep::retry_dead_letter(stores, tenant, &id).await
        }
        AdminCommand::CreateApiKey { name, role } => {
            upkeep::create_api_key(stores, tenant, &name, role).await
        }
        AdminCommand::ListApiKeys => upkeep::list_api_keys(stores, tenant).await,
        AdminCommand::RevokeApiKey { id } => upkeep::revoke_api_key(stores, tenant, &id).await,
        AdminCommand::VerifyAudit => upkeep::verify_audit(stores, tenant).await,
        AdminCommand::CreateTenant { .. } | AdminCommand::DropLibrary { .. } => Ok(()),
    }
}

/// A role by its name, as settings write it.
fn role(text: &str) -> Result<Role, String> {
    serde_json::from_value(text.into())
        .map_err(|_bad| "a role is agent, supervisor or admin".to_owned())
}

fn read_password(config: &Config, agent: &AgentId) -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\n', '\r']).to_owned();
    match password::problem(config.auth.password_chars_min, &password, agent.as_str()) {
        Some(problem) => Err(format!("the password {problem}").into()),
        None => Ok(password),
    }
}

async fn set_password(
    stores: &Stores,
    tenant: &TenantId,
    agent: &AgentId,
    password: &str,
    kind: PasswordKind,
) -> Result<(), Failure> {
    let (desk, _) = stores.records.settings().desk(tenant).await?;
    if !desk.agents.iter().any(|known| known.id == *agent) {
        return Err(format!("there is no agent `{agent}` in `{tenant}`").into());
    }
    let hash = password::hash_blocking(password)?;
    let now = SystemClock.now();
    stores.records.credentials().set_password(tenant, agent, &hash, kind, now).await?;
    stores.announce(tenant, &Event::SessionRevoked { agent: agent.clone() }).await?;
    Ok(())
}

async fn bootstrap_code(
    stores: &Stores,
    config: &Config,
    tenant: &TenantId,
) -> Result<(), Failure> {
    let code = password::generate();
    let life = i64::try_from(config.auth.bootstrap_secs)?.saturating_mul(1000);
    let expires_at = SystemClock.now().plus_ms(life);
    stores.records.bootstrap().put(tenant, &hash_secret(code.as_bytes()), expires_at).await?;
    say(&code)
}

async fn create_tenant(stores: &Stores, id: &TenantId, name: &str) -> Result<(), Failure> {
    let name = if name.is_empty() { id.as_str() } else { name };
    match stores.records.tenants().create(id, name, SystemClock.now()).await? {
        Created::Created => say(&format!("tenant `{id}` is made")),
        Created::Exists => say(&format!("tenant `{id}` was there already")),
    }
}

async fn list_agents(stores: &Stores, tenant: &TenantId) -> Result<(), Failure> {
    let (desk, _) = stores.records.settings().desk(tenant).await?;
    let states = match stores.router() {
        Ok(router) => router.agent_states(tenant).await?,
        Err(_away) => Vec::new(),
    };
    for agent in desk.agents {
        let state = states.iter().find(|state| state.agent == agent.id);
        let presence = state.map_or("offline", |state| state.presence.name());
        let role = format!("{:?}", agent.role).to_lowercase();
        let enabled = if agent.enabled { "" } else { " (disabled)" };
        say(&format!("{} {role} {presence}{enabled} {}", agent.id, agent.name))?;
    }
    Ok(())
}

async fn drop_library(stores: &Stores, version: &str) -> Result<(), Failure> {
    if routing::library::drop_version(stores.router()?.store(), version).await? {
        say(&format!("the functions of {version} are gone"))
    } else {
        say(&format!("there are no functions of {version}"))
    }
}

async fn dead_letters(stores: &Stores, tenant: &TenantId) -> Result<(), Failure> {
    let dead = stores.router()?.dead_deliveries(tenant, DEAD_MAX).await?;
    for letter in &dead {
        let (id, endpoint, reason) = (&letter.id, &letter.endpoint, &letter.reason);
        say(&format!("{id} to {endpoint}, {} tries: {reason}", letter.tries))?;
    }
    say(&format!("{} dead letters", dead.len()))
}
