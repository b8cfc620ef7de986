//! Runs other programs, and shows how they get on.
//!
//! A program's output is kept and shown only when it fails; meanwhile one line tells what it does.
//! Nothing ever waits for an answer: stdin is empty.

use crate::say;
use anyhow::{Context, Result, bail};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// The last lines of a failing program that are shown.
const TAIL_LINES_MAX: usize = 400;
/// Lines between the readers and the one who shows them; a reader waits when it is full.
const LINES_WAITING_MAX: usize = 1024;
/// How long the last lines are waited for after a program ended.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Without a terminal, a sign of life is given so often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Did it end well?
    pub(crate) ok: bool,
    /// What it wrote to stdout.
    pub(crate) stdout: String,
    /// The last lines of what it wrote, both streams as they came.
    pub(crate) tail: VecDeque<String>,
    /// How long it ran.
    pub(crate) took: Duration,
}

/// A command line in the root of the checkout.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args).current_dir(crate::workspace::root());
    command
}

/// The cargo that runs us.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args);
    // What the cargo that runs us told us of ourselves: build scripts that read it would run again,
    // and everything after them would be compiled anew.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|told| name.starts_with(told)) {
            command.env_remove(name);
        }
    }
    command
}

/// npm in the folder of the pages.
pub(crate) fn npm(args: &[&str]) -> Command {
    let mut command = program("npm", args);
    command
        .current_dir(crate::workspace::root().join("web"))
        .env("NO_COLOR", "1")
        .env("CI", "true");
    command
}

/// Runs to the end, giving each line to `on_line`; the program's own failure is no error here.
pub(crate) fn watch(
    what: &str,
    command: &mut Command,
    mut on_line: impl FnMut(&str),
) -> Result<Ended> {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {}", command_line(command)))?;
    let (lines, received) = sync_channel(LINES_WAITING_MAX);
    if let Some(stream) = child.stdout.take() {
        read_lines(stream, lines.clone(), true);
    }
    if let Some(stream) = child.stderr.take() {
        read_lines(stream, lines.clone(), false);
    }
    drop(lines);
    let (stdout, tail) = follow(what, &mut child, &received, &mut on_line);
    let status = child.wait().with_context(|| format!("wait for {}", command_line(command)))?;
    Ok(Ended { ok: status.success(), stdout, tail, took: begun.elapsed() })
}

/// Runs to the end and says how long it took; failure shows the last lines and is an error.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<Ended> {
    let ended = watch(what, command, |_| ())?;
    if ended.ok {
        say::done(what, ended.took);
        return Ok(ended);
    }
    say::failed(what, ended.took);
    for line in &ended.tail {
        say::line(&format!("  {line}"));
    }
    bail!("`{}` failed", command_line(command))
}

/// Runs to the end in silence and gives what it wrote to stdout.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let ended = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("start {}", command_line(command)))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        bail!("`{}` failed: {}", command_line(command), said.trim());
    }
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}

/// A command as a person would type it.
pub(crate) fn command_line(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

type Line = (bool, String);

fn read_lines(stream: impl Read + Send + 'static, lines: SyncSender<Line>, is_stdout: bool) {
    let read = move || {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(count) if count > 0) {
            let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            if lines.send((is_stdout, text)).is_err() {
                return;
            }
            bytes.clear();
        }
    };
    drop(std::thread::spawn(read));
}

/// Reads until both streams end. A grandchild that keeps them open after the program's end is not
/// waited for.
fn follow(
    what: &str,
    child: &mut Child,
    received: &Receiver<Line>,
    on_line: &mut impl FnMut(&str),
) -> (String, VecDeque<String>) {
    let mut stdout = String::new();
    let mut tail = VecDeque::new();
    let mut last = String::new();
    let begun = Instant::now();
    let mut life = begun;
    let mut ended: Option<Instant> = None;
    loop {
        match received.recv_timeout(Duration::from_millis(200)) {
            Ok((is_stdout, text)) => {
                on_line(&text);
                if is_stdout {
                    stdout.push_str(&text);
                    stdout.push('\n');
                }
                if !text.trim().is_empty() {
                    last = text.trim().to_owned();
                }
                if tail.len() == TAIL_LINES_MAX {
                    tail.pop_front();
                }
                tail.push_back(text);
            }
            Err(RecvTimeoutError::Timeout) => {
                if ended.is_none() && matches!(child.try_wait(), Ok(Some(_))) {
                    ended = Some(Instant::now());
                }
                if ended.is_some_and(|at| at.elapsed() >= LAST_WORDS) {
                    return (stdout, tail);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return (stdout, tail),
        }
        say::status(&format!("… {what} {} {last}", say::seconds(begun.elapsed())));
        if !say::is_watched() && life.elapsed() >= SIGN_OF_LIFE {
            life = Instant::now();
            say::line(&format!("… {what}: {} so far", say::seconds(begun.elapsed())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_shows_its_last_words() {
        let mut shell = program("sh", &["-c", "echo fine; echo bad >&2; exit 3"]);
        let ended = watch("try", &mut shell, |_| ()).unwrap();
        assert!(!ended.ok);
        assert_eq!(ended.stdout, "fine\n");
        assert!(ended.tail.contains(&"bad".to_owned()));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = output(&mut program("no-such-program", &["--version"])).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-program --version"), "{error:#}");
    }
}
