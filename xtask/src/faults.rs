//! The weather and the power cuts: programs of the inspectors, built and run from here.

use crate::command;
use anyhow::{Result, bail};

/// Arguments that go to the program as they are; `--help` shows them.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// For instance `--runs 300 --seed 1`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs one of them, with what it prints.
pub(crate) fn run(program: &str, args: &Args) -> Result<()> {
    let mut words =
        vec!["run", "--quiet", "--locked", "--package", "tests", "--bin", program, "--"];
    words.extend(args.rest.iter().map(String::as_str));
    let status = command::cargo(&words).status()?;
    if status.success() { Ok(()) } else { bail!("{program} found something, or cannot run here") }
}
