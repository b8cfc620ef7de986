//! `cargo xtask openapi`: the published descriptions of the API, written from the code, and the
//! types of the web client, written from them.

use crate::gateway::{Hutong, Profile};
use crate::{command, say, web, workspace};
use anyhow::{Context, Result, bail};

/// What is published, and the command of `hutong` that prints it.
const PUBLISHED: &[(&str, &str)] =
    &[("openapi.json", "openapi"), ("socket-protocol.json", "socket-protocol")];

/// What to do with the descriptions.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    /// Change nothing: fail when a file is stale.
    #[arg(long)]
    check: bool,
}

/// Writes the files, or says which are stale.
pub(crate) fn run(args: &Args) -> Result<()> {
    web::ensure_packages()?;
    let hutong = Hutong::build(Profile::Debug)?;
    if args.check {
        return check(&hutong);
    }
    for (file, subcommand) in PUBLISHED {
        let text = description(&hutong, subcommand)?;
        std::fs::write(workspace::root().join(file), text)
            .with_context(|| format!("write {file}"))?;
    }
    command::run("generate the types of the web client", &mut command::npm(&["run", "generate"]))?;
    say::line("openapi.json, socket-protocol.json and the types of the web client are written.");
    Ok(())
}

/// Fails when a published file differs from what the code says.
pub(crate) fn check(hutong: &Hutong) -> Result<()> {
    let mut stale = Vec::new();
    for (file, subcommand) in PUBLISHED {
        let published = std::fs::read_to_string(workspace::root().join(file)).unwrap_or_default();
        if published != description(hutong, subcommand)? {
            stale.push(*file);
        }
    }
    let mut types = command::npm(&["run", "generate", "--", "--check"]);
    if command::output(&mut types).is_err() {
        stale.push("web/api-client/src/generated");
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!("stale: {}; run `cargo xtask openapi` and commit what it writes", stale.join(", "))
}

fn description(hutong: &Hutong, subcommand: &str) -> Result<String> {
    let text = hutong.output(&[subcommand])?;
    serde_json::from_str::<serde::de::IgnoredAny>(&text)
        .with_context(|| format!("`hutong {subcommand}` printed no JSON"))?;
    Ok(text)
}
