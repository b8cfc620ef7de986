//! The product as a program: builds `hutong` and calls it as a person would.

use crate::{command, workspace};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Debug,
    /// Quick to run.
    Release,
    /// Quick to run, with `bench` beside it.
    Bench,
}

/// The built program.
#[derive(Debug, Clone)]
pub(crate) struct Hutong {
    binary: PathBuf,
}

impl Hutong {
    /// Builds it and finds where cargo put it.
    pub(crate) fn build(profile: Profile) -> Result<Self> {
        let mut args = vec!["build", "--locked", "--bin", "hutong"];
        args.push("--message-format=json-render-diagnostics");
        match profile {
            // With the features that the tests build with, so that both share what is compiled.
            Profile::Debug => args.push("--workspace"),
            Profile::Release => args.extend(["--package", "gateway", "--release"]),
            // In one call: a build within a running one sees another environment and starts anew.
            Profile::Bench => {
                args.extend(["--package", "gateway", "--package", "tests"]);
                args.extend(["--bin", "bench", "--release"]);
            }
        }
        let what = match profile {
            Profile::Debug => "build the gateway (debug)",
            Profile::Release => "build the gateway (release; the first time takes some minutes)",
            Profile::Bench => "build the gateway and the benchmarks (release; takes some minutes)",
        };
        let ended = command::run(what, &mut command::cargo(&args))?;
        let binary =
            executable(&ended.stdout).context("cargo did not say where it put `hutong`")?;
        Ok(Self { binary })
    }

    /// A program made up by a test.
    #[cfg(test)]
    pub(crate) fn at(binary: PathBuf) -> Self {
        Self { binary }
    }

    /// Where it is.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// Runs one of its commands to the end and gives what it printed.
    pub(crate) fn output(&self, args: &[&str]) -> Result<String> {
        command::output(self.command().args(args))
    }

    /// Its command line, from the root of the checkout.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(workspace::root());
        command
    }

    /// Gives an agent a new password and returns it.
    pub(crate) fn new_password(&self, agent: &str, config: &Path) -> Result<String> {
        let config = config.to_string_lossy();
        let args = ["admin", "set-password", agent, "--generate", "--config", &config];
        let printed = self.output(&args)?;
        let word = printed.split_whitespace().next_back();
        match word {
            Some(password) => Ok(password.to_owned()),
            None => bail!("`hutong admin set-password` printed no password for {agent}"),
        }
    }
}

/// The path of `hutong` in cargo's messages.
fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.pointer("/target/name").is_some_and(|name| name == "hutong"))
        .find_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_where_cargo_says() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"gateway"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"hutong"},"executable":"/build/debug/hutong"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages), Some(PathBuf::from("/build/debug/hutong")));
        assert_eq!(executable("not json"), None);
    }
}
