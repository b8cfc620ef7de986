//! The steps of `cargo xtask test`, in order: what is quickest to tell comes first.

use super::count::{self, Count};
use super::licences;
use crate::gateway::{Hutong, Profile};
use crate::install::{self, Need};
use crate::{command, openapi, peers, say, tidy, web};
use anyhow::Result;
use std::process::Command;

/// One step.
#[derive(Debug)]
pub(super) struct Step {
    /// The name for `--only` and `--skip`.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) title: &'static str,
    /// What the machine must have.
    pub(super) needs: &'static [Need],
    /// Does it.
    pub(super) run: fn(&mut Workshop) -> Result<Count>,
}

/// What steps share, so that nothing is built twice.
#[derive(Debug, Default)]
pub(super) struct Workshop {
    hutong: Option<Hutong>,
}

impl Workshop {
    fn hutong(&mut self) -> Result<Hutong> {
        if let Some(built) = &self.hutong {
            return Ok(built.clone());
        }
        let built = Hutong::build(Profile::Debug)?;
        Ok(self.hutong.insert(built).clone())
    }
}

const WEB: &[Need] = &[Need::Node, Need::Npm];

/// Every step.
pub(super) const ALL: &[Step] = &[
    Step {
        name: "tidy",
        title: "the rules of the house",
        needs: &[],
        run: |_| tidy::check().map(|()| none()),
    },
    Step {
        name: "fmt",
        title: "formatting",
        needs: &[],
        run: |_| check("cargo fmt", command::cargo(&["fmt", "--all", "--check"])),
    },
    Step {
        name: "deny",
        title: "licences and sources of dependencies",
        needs: &[],
        run: |_| licences::check().map(|()| none()),
    },
    Step { name: "clippy", title: "lints of the Rust sources", needs: &[], run: |_| clippy() },
    Step { name: "doc", title: "documentation", needs: &[], run: |_| doc() },
    Step {
        name: "web-build",
        title: "build of the web pages",
        needs: WEB,
        run: |_| web::ensure_built().map(|()| none()),
    },
    Step {
        name: "web-lint",
        title: "lints of the web pages",
        needs: WEB,
        run: |_| npm_check("lint"),
    },
    Step {
        name: "web-types",
        title: "types of the web pages",
        needs: WEB,
        run: |_| npm_check("typecheck"),
    },
    Step {
        name: "web-size",
        title: "byte budgets of the web pages",
        needs: WEB,
        run: |_| budget(),
    },
    Step {
        name: "web-unit",
        title: "unit tests of the web pages",
        needs: WEB,
        run: |_| npm_tests(),
    },
    Step {
        name: "web-pages",
        title: "the widget in a browser",
        needs: &[Need::Node, Need::Npm, Need::Chromium],
        run: |_| page_tests(),
    },
    Step {
        name: "rust",
        title: "Rust tests",
        needs: &[
            Need::Redis,
            Need::Postgres,
            Need::Dovecot,
            Need::Exim,
            Need::Prosody,
            Need::Baresip,
            Need::Sipp,
            Need::Kamailio,
            Need::Python,
            Need::Node,
            Need::Npm,
        ],
        run: rust_tests,
    },
    Step { name: "openapi", title: "published API descriptions are fresh", needs: WEB, run: fresh },
    Step {
        name: "browser",
        title: "browser tests",
        needs: &[Need::Redis, Need::Python, Need::Node, Need::Npm, Need::Chromium],
        run: browser_tests,
    },
];

/// A check that counts no tests.
fn none() -> Count {
    Count::default()
}

fn check(what: &str, mut command: Command) -> Result<Count> {
    command::run(what, &mut command)?;
    Ok(none())
}

fn clippy() -> Result<Count> {
    let args = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    check("cargo clippy", command::cargo(&args))
}

fn doc() -> Result<Count> {
    let args = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    let mut doc = command::cargo(&args);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    check("cargo doc", doc)
}

fn npm_check(script: &str) -> Result<Count> {
    web::ensure_packages()?;
    check(&format!("npm run {script}"), command::npm(&["run", script]))
}

fn budget() -> Result<Count> {
    web::ensure_built()?;
    npm_check("budget")
}

fn npm_tests() -> Result<Count> {
    web::ensure_packages()?;
    counted("npm test", &mut command::npm(&["test"]))
}

/// Tests start the gateway as a program of its own, so it is built first and they are told where.
fn rust_tests(workshop: &mut Workshop) -> Result<Count> {
    peers::ensure()?;
    let hutong = workshop.hutong()?;
    let mut has_nextest = command::cargo(&["nextest", "--version"]);
    let mut tests = if command::output(&mut has_nextest).is_ok() {
        command::cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--profile",
            "ci",
            "--color",
            "never",
        ])
    } else {
        say::line("cargo-nextest is not installed: cargo test runs the tests, with fewer limits.");
        command::cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--color", "never"])
    };
    counted("cargo tests", tests.env("HUTONG_BINARY", hutong.binary()))
}

fn fresh(workshop: &mut Workshop) -> Result<Count> {
    web::ensure_packages()?;
    openapi::check(&workshop.hutong()?).map(|()| none())
}

/// The widget against a made-up API.
fn page_tests() -> Result<Count> {
    web::ensure_built()?;
    counted("page tests", with_browser(&mut command::npm(&["run", "test:browser"])))
}

/// People in browsers against real gateways.
fn browser_tests(workshop: &mut Workshop) -> Result<Count> {
    web::ensure_built()?;
    // Some of the people are programs that others wrote.
    peers::ensure()?;
    let hutong = workshop.hutong()?;
    let mut tests = command::npm(&["test", "--workspace", "e2e"]);
    counted("browser tests", with_browser(tests.env("HUTONG_BINARY", hutong.binary())))
}

/// Tells the tests which browser was found.
fn with_browser(command: &mut Command) -> &mut Command {
    match install::browser() {
        Some(browser) => command.env("HUTONG_CHROMIUM", &browser).env("CHROMIUM", &browser),
        None => command,
    }
}

/// Runs a test runner and counts; its last lines are shown when something failed.
fn counted(what: &str, command: &mut Command) -> Result<Count> {
    let mut count = Count::default();
    let ended = command::watch(what, command, |line| count = count.plus(count::in_line(line)))?;
    if !ended.ok {
        ended.tail.iter().for_each(|line| say::line(&format!("  {line}")));
    }
    Ok(count.for_runner(ended.ok))
}
