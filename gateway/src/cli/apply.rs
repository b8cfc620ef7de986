//! `hutong apply`.

use super::stores::Stores;
use super::{Failure, complain, say};
use crate::api::settings::desk_problems;
use crate::clock::SystemClock;
use crate::{App, Config};
use clap::Args;
use domain::{Clock, Desk, TenantId};
use records::settings::{Applied, AppliedOutcome};
use std::path::PathBuf;

/// Stores a desk from a file.
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// The file: JSON, as `POST /v1/settings/apply` takes it.
    file: PathBuf,
    /// Tells what would be done, and does nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Apply {
    pub(super) async fn run(self, config: &Config, tenant: &TenantId) -> Result<(), Failure> {
        let text = tokio::fs::read_to_string(&self.file).await;
        let text =
            text.map_err(|error| format!("{} cannot be read: {error}", self.file.display()))?;
        let desk: Desk = serde_json::from_str(&text)
            .map_err(|error| format!("{}: {error}", self.file.display()))?;
        let problems = desk_problems(config, &desk);
        refuse(problems.into_iter().map(|p| format!("{}: {}", p.path, p.problem)).collect())?;
        let stores = Stores::open(config).await?;
        let now = SystemClock.now();
        App::ensure_tenant(&stores.records, &SystemClock).await?;
        stores.check_tenant(tenant).await?;
        let settings = stores.records.settings();
        let applied = if self.dry_run {
            settings.preview(tenant, &desk).await?
        } else {
            settings.apply(tenant, &desk, "cli", now).await?
        };
        let changes = match applied {
            Applied::Applied { changes } => changes,
            Applied::Refused { problems } => {
                return refuse(
                    problems.into_iter().map(|p| format!("{}: {}", p.path, p.problem)).collect(),
                );
            }
        };
        for change in changes.iter().filter(|c| c.outcome != AppliedOutcome::Unchanged) {
            let what = if change.outcome == AppliedOutcome::Created { "new" } else { "changed" };
            say(&format!("{what}: {}/{}", change.kind, change.id))?;
        }
        let done = if self.dry_run { "nothing was stored (dry run)" } else { "the desk is stored" };
        say(&format!("{} documents; {done}", changes.len()))?;
        if !self.dry_run && !stores.tell_settings(tenant).await? {
            say("no gateway is running; the next one starts with it")?;
        }
        stores.close().await;
        Ok(())
    }
}

fn refuse(problems: Vec<String>) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    for problem in &problems {
        complain(problem);
    }
    Err(format!("{} problems; nothing was stored", problems.len()).into())
}
