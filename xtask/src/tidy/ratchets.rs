//! Numbers that may only fall: they are written in `xtask/ratchets.toml`, and a greater one fails.

use super::Source;
use crate::workspace;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

const FILE: &str = "xtask/ratchets.toml";
const HEAD: &str = "# Numbers that may only fall; `cargo xtask tidy --update` writes them down when they did.\n\
                    # Raise one by hand only with the reason in the commit.\n\n";

/// The numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ratchets {
    /// Lints that are expected somewhere, tests included.
    expected_lints: usize,
    /// Lines of the longest Rust file.
    longest_rust_file: usize,
    /// Lines of the longest Rust function.
    longest_rust_function: usize,
    /// Packages in `Cargo.lock` that are not ours.
    dependencies: usize,
}

impl Ratchets {
    fn rows<'a>(&'a self, now: &'a Self) -> [(&'static str, usize, usize); 4] {
        [
            ("expected_lints", self.expected_lints, now.expected_lints),
            ("longest_rust_file", self.longest_rust_file, now.longest_rust_file),
            ("longest_rust_function", self.longest_rust_function, now.longest_rust_function),
            ("dependencies", self.dependencies, now.dependencies),
        ]
    }

    /// The lower of each number.
    fn lowest(&self, other: &Self) -> Self {
        Self {
            expected_lints: self.expected_lints.min(other.expected_lints),
            longest_rust_file: self.longest_rust_file.min(other.longest_rust_file),
            longest_rust_function: self.longest_rust_function.min(other.longest_rust_function),
            dependencies: self.dependencies.min(other.dependencies),
        }
    }
}

/// Numbers that grew.
pub(super) fn problems(sources: &[Source]) -> Result<Vec<String>> {
    let Some(kept) = kept()? else {
        return Ok(vec![format!("{FILE} is not there: run `cargo xtask tidy --update`")]);
    };
    Ok(grown(&kept, &measure(sources)))
}

/// Writes down the numbers that fell.
pub(super) fn update(sources: &[Source]) -> Result<()> {
    let now = measure(sources);
    let lowest = kept()?.map_or_else(|| now.clone(), |kept| kept.lowest(&now));
    let text = format!("{HEAD}{}", toml::to_string(&lowest)?);
    std::fs::write(workspace::root().join(FILE), text).with_context(|| format!("write {FILE}"))
}

fn kept() -> Result<Option<Ratchets>> {
    match std::fs::read_to_string(workspace::root().join(FILE)) {
        Ok(text) => Ok(Some(toml::from_str(&text).with_context(|| format!("read {FILE}"))?)),
        Err(_) => Ok(None),
    }
}

fn grown(kept: &Ratchets, now: &Ratchets) -> Vec<String> {
    kept.rows(now)
        .into_iter()
        .filter(|(_, most, is)| is > most)
        .map(|(name, most, is)| format!("{name} is {is}; it may only fall from {most} ({FILE})"))
        .collect()
}

fn measure(sources: &[Source]) -> Ratchets {
    let rust: Vec<&Source> = sources.iter().filter(|source| source.has_ending(&[".rs"])).collect();
    let lock = sources.iter().find(|source| source.path == "Cargo.lock");
    Ratchets {
        expected_lints: rust.iter().map(|source| expected_lints(&source.text)).sum(),
        longest_rust_file: rust.iter().map(|source| source.text.lines().count()).max().unwrap_or(0),
        longest_rust_function: rust
            .iter()
            .map(|source| longest_function(&source.text))
            .max()
            .unwrap_or(0),
        dependencies: lock.map_or(0, |lock| lock.text.matches("\nsource = ").count()),
    }
}

fn expected_lints(text: &str) -> usize {
    let starts = ["#[expect(", "#![expect("];
    text.lines()
        .filter(|line| starts.iter().any(|start| line.trim_start().starts_with(start)))
        .count()
}

/// Lines of the longest function. Formatted code ends a function with a brace as far in as the
/// line that began it.
fn longest_function(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().enumerate().filter(|(_, line)| begins_function(line));
    begins
        .filter_map(|(at, line)| {
            let margin: String = line.chars().take_while(|c| *c == ' ').collect();
            let end = format!("{margin}}}");
            lines.iter().skip(at).position(|line| *line == end).map(|length| length + 1)
        })
        .max()
        .unwrap_or(0)
}

/// Does a function with a body of more than this line begin here?
fn begins_function(line: &str) -> bool {
    if line.ends_with(';') || line.ends_with('}') {
        return false;
    }
    let mut words = line.split_whitespace().skip_while(|word| {
        word.starts_with("pub") || ["async", "const", "unsafe", "extern", "\"C\""].contains(word)
    });
    words.next() == Some("fn")
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    const CODE: &str = "impl A {\n    pub(crate) async fn short() -> u8 {\n        1\n    }\n}\n\nfn long(\n    a: u8,\n) {\n    if a > 1 {\n        b();\n    }\n}\n\n#[expect(dead_code, reason = \"\")]\nfn one_line() {}\n";

    #[test]
    fn functions_and_expectations_are_measured() {
        assert_eq!(longest_function(CODE), 7);
        assert_eq!(expected_lints(CODE), 1);
    }

    #[test]
    fn only_greater_numbers_are_problems() {
        let sources = [
            source("a.rs", CODE),
            source("Cargo.lock", "[[package]]\nname = \"a\"\nsource = \"b\"\n"),
        ];
        let now = measure(&sources);
        assert_eq!(now.dependencies, 1);
        let fewer = Ratchets { expected_lints: 0, ..measure(&sources) };
        assert_eq!(grown(&now, &now), Vec::<String>::new());
        assert_eq!(grown(&fewer, &now).len(), 1);
        assert_eq!(grown(&now, &fewer), Vec::<String>::new());
        assert_eq!(now.lowest(&fewer), fewer);
    }
}
