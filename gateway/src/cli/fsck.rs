//! `hutong fsck`.

use super::stores::Stores;
use super::{Failure, say};
use crate::Config;
use clap::Args;
use domain::TenantId;

/// Compares every index in Redis with what it should hold.
#[derive(Debug, Args)]
pub(super) struct Fsck {
    /// Also mends what can be recomputed.
    #[arg(long)]
    repair: bool,
}

impl Fsck {
    pub(super) async fn run(self, config: &Config, tenant: &TenantId) -> Result<(), Failure> {
        let stores = Stores::open(config).await?;
        stores.check_tenant(tenant).await?;
        let router = stores.router()?;
        let report = router.fsck(tenant, true).await?;
        for found in &report.discrepancies {
            say(&found.to_string())?;
        }
        say(&format!(
            "{} conversations, {} messages, {} agents: {} discrepancies",
            report.conversations,
            report.messages,
            report.agents,
            report.discrepancies.len()
        ))?;
        if report.discrepancies.is_empty() {
            return Ok(());
        }
        if !self.repair {
            return Err("Redis holds something else than it should; --repair mends it".into());
        }
        let mended = router.repair(tenant, &report).await?;
        let left = router.fsck(tenant, true).await?.discrepancies.len();
        say(&format!("{mended} mended, {left} left"))?;
        if left == 0 { Ok(()) } else { Err("not everything could be mended".into()) }
    }
}
