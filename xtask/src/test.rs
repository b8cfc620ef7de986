//! `cargo xtask test`: every check and test, one after the other, and a count at the end.
//!
//! A step that fails does not stop the others: one run tells everything that is wrong. The last
//! line is `N passed, N failed`: the tests that the runners counted, and each failed step that
//! counts no tests as one failure.

mod count;
mod licences;
mod steps;

use crate::install::{self, Need};
use crate::say;
use anyhow::{Result, bail};
use count::Count;
use std::time::{Duration, Instant};
use steps::{Step, Workshop};

/// What to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Install nothing: name what is missing and stop.
    #[arg(long)]
    no_install: bool,
    /// Run only these steps (see --list).
    #[arg(long, value_name = "STEP", value_delimiter = ',', conflicts_with = "skip")]
    only: Vec<String>,
    /// Leave out these steps.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    skip: Vec<String>,
    /// Name the steps and stop.
    #[arg(long)]
    list: bool,
}

/// How a step ended.
#[derive(Debug)]
struct Outcome {
    step: &'static Step,
    count: Count,
    took: Duration,
}

/// Runs every step that was asked for.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.list {
        steps::ALL
            .iter()
            .for_each(|step| say::result(&format!("{:<10} {}", step.name, step.title)));
        return Ok(());
    }
    let chosen = choose(args)?;
    install::ensure(&needs(&chosen), !args.no_install)?;
    let begun = Instant::now();
    let mut workshop = Workshop::default();
    let outcomes: Vec<Outcome> = chosen.into_iter().map(|step| take(step, &mut workshop)).collect();
    tell(&outcomes, begun.elapsed())
}

fn choose(args: &Args) -> Result<Vec<&'static Step>> {
    for name in args.only.iter().chain(&args.skip) {
        if !steps::ALL.iter().any(|step| step.name == name) {
            bail!("no step is named `{name}`; `cargo xtask test --list` names them");
        }
    }
    let wanted = |step: &&Step| {
        let named = |list: &[String]| list.iter().any(|name| name == step.name);
        if args.only.is_empty() { !named(&args.skip) } else { named(&args.only) }
    };
    Ok(steps::ALL.iter().filter(wanted).collect())
}

fn needs(steps: &[&Step]) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for need in steps.iter().flat_map(|step| step.needs) {
        if !needs.contains(need) {
            needs.push(*need);
        }
    }
    needs
}

fn take(step: &'static Step, workshop: &mut Workshop) -> Outcome {
    say::heading(&format!("── {} · {}", step.name, step.title));
    let begun = Instant::now();
    let count = match (step.run)(workshop) {
        Ok(count) => count,
        Err(error) => {
            say::problem(&format!("{error:#}"));
            Count { passed: 0, failed: 1 }
        }
    };
    let took = begun.elapsed();
    let text = match count {
        Count { passed: 0, failed: 0 } => step.title.to_owned(),
        Count { passed, failed } => format!("{}: {passed} passed, {failed} failed", step.title),
    };
    if count.failed == 0 {
        say::done(&text, took)
    } else {
        say::failed(&text, took)
    }
    Outcome { step, count, took }
}

fn tell(outcomes: &[Outcome], took: Duration) -> Result<()> {
    let rows: Vec<Vec<String>> = outcomes
        .iter()
        .map(|outcome| {
            let mark = if outcome.count.failed == 0 { "ok" } else { "FAILED" };
            vec![
                mark.to_owned(),
                outcome.step.name.to_owned(),
                say::seconds(outcome.took),
                format!("{} passed, {} failed", outcome.count.passed, outcome.count.failed),
            ]
        })
        .collect();
    say::heading(&format!("── all steps, {}", say::seconds(took)));
    say::table(&rows).iter().for_each(|row| say::line(row));
    let total = outcomes.iter().fold(Count::default(), |sum, outcome| sum.plus(outcome.count));
    say::result(&format!("{} passed, {} failed", total.passed, total.failed));
    if total.failed > 0 { Err(say::AlreadyTold.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(only: &[&str], skip: &[&str]) -> Args {
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Args { no_install: true, only: owned(only), skip: owned(skip), list: false }
    }

    #[test]
    fn steps_are_chosen_by_name_and_unknown_names_are_refused() {
        let names = |args: &Args| {
            choose(args).map(|steps| steps.iter().map(|s| s.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&args(&["fmt"], &[])).unwrap(), ["fmt"]);
        assert_eq!(names(&args(&[], &["fmt"])).unwrap().len(), steps::ALL.len() - 1);
        assert!(choose(&args(&["no-such-step"], &[])).is_err());
    }

    #[test]
    fn each_need_is_asked_for_once() {
        let all: Vec<&Step> = steps::ALL.iter().collect();
        assert_eq!(needs(&all).len(), 12);
    }
}
