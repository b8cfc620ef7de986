//! `cargo xtask tidy`: the rules of the house that no compiler knows.

mod manifests;
mod ratchets;
mod sizes;
mod transitions;
mod words;

use crate::{say, workspace};
use anyhow::{Result, bail};
use std::path::PathBuf;

/// What to do about numbers that fell.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write the ratchets down anew where numbers fell.
    #[arg(long)]
    update: bool,
}

/// A source file, read once.
#[derive(Debug)]
struct Source {
    /// Its path from the root, with `/`.
    path: String,
    /// Its text; files that are no text are left out.
    text: String,
}

impl Source {
    fn has_ending(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }
}

/// Checks, and with `--update` writes the ratchets down.
pub(crate) fn run(args: &Args) -> Result<()> {
    let sources = sources()?;
    if args.update {
        ratchets::update(&sources)?;
    }
    judge(&sources)?;
    say::line("The house is tidy.");
    Ok(())
}

/// Checks only.
pub(crate) fn check() -> Result<()> {
    judge(&sources()?)
}

fn judge(sources: &[Source]) -> Result<()> {
    let mut problems = Vec::new();
    problems.extend(sizes::problems(sources));
    problems.extend(manifests::problems(sources));
    problems.extend(transitions::problems(sources));
    problems.extend(words::problems(sources));
    problems.extend(ratchets::problems(sources)?);
    if problems.is_empty() {
        Ok(())
    } else {
        bail!("the house is untidy:\n  {}", problems.join("\n  "))
    }
}

fn sources() -> Result<Vec<Source>> {
    let files = workspace::files(&workspace::root())?;
    let read = |file: PathBuf| {
        let text = String::from_utf8(std::fs::read(&file).ok()?).ok()?;
        Some(Source { path: workspace::shown(&file), text })
    };
    Ok(files.into_iter().filter_map(read).collect())
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}
