//! What a chore says: progress to stderr, results to stdout. Colour only for a person's terminal.

use std::io::{IsTerminal, Write};
use std::time::Duration;

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const DIM: &str = "2";

/// A failure whose every word was said before: nothing may follow the last line.
#[derive(Debug)]
pub(crate) struct AlreadyTold;

impl std::fmt::Display for AlreadyTold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed, as was told")
    }
}

impl std::error::Error for AlreadyTold {}

/// Is a person looking at the progress?
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

fn paint(code: &str, text: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some() || !is_watched();
    if plain { text.to_owned() } else { format!("\x1b[{code}m{text}\x1b[0m") }
}

/// A line of progress. A terminal that is gone is no reason to stop, so errors are dropped.
pub(crate) fn line(text: &str) {
    clear_status();
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// A step begins or an important word.
pub(crate) fn heading(text: &str) {
    line(&paint(BOLD, text));
}

/// A step ended well.
pub(crate) fn done(text: &str, took: Duration) {
    line(&format!("{} {text} {}", paint(GREEN, "✓"), paint(DIM, &seconds(took))));
}

/// A step ended badly.
pub(crate) fn failed(text: &str, took: Duration) {
    line(&format!("{} {text} {}", paint(RED, "✗"), paint(DIM, &seconds(took))));
}

/// Why the chore cannot go on.
pub(crate) fn problem(text: &str) {
    line(&format!("{} {text}", paint(RED, "error:")));
}

/// A result, for whoever reads stdout.
pub(crate) fn result(text: &str) {
    let mut out = std::io::stdout();
    drop(writeln!(out, "{text}"));
    drop(out.flush());
}

/// Shows what is going on in one line that the next line replaces; nothing without a terminal.
pub(crate) fn status(text: &str) {
    if is_watched() {
        let short: String = text.chars().take(96).collect();
        drop(write!(std::io::stderr(), "\r\x1b[2K{}", paint(DIM, &short)));
    }
}

fn clear_status() {
    if is_watched() {
        drop(write!(std::io::stderr(), "\r\x1b[2K"));
    }
}

/// A duration as people read it.
pub(crate) fn seconds(took: Duration) -> String {
    let secs = took.as_secs();
    if secs >= 60 {
        format!("{} min {:02} s", secs / 60, secs % 60)
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

/// Columns padded to the width of their widest cell; wide characters count two.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|n| {
            rows.iter().filter_map(|row| row.get(n)).map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, widest)| {
                    format!("{cell}{}", " ".repeat(widest.saturating_sub(width(cell))))
                })
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

/// Columns that a text takes on a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if ('\u{1100}'..='\u{ffe6}').contains(&c) && !('\u{2000}'..='\u{2e7f}').contains(&c) {
                2
            } else {
                1
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_also_with_chinese_names() {
        let rows =
            [vec!["张伟".to_owned(), "tax".to_owned()], vec!["Emma".to_owned(), "en".to_owned()]];
        assert_eq!(table(&rows), ["张伟  tax", "Emma  en"]);
    }

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(seconds(Duration::from_millis(1234)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
