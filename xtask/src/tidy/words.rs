//! Words that must not be in the sources: paths of one machine, and hosts that packages came from.

use super::Source;

/// This file has to name what it looks for.
const THIS_FILE: &str = "xtask/src/tidy/words.rs";
/// Beginnings of paths that exist on somebody's machine only.
const PATHS: &[&str] = &["/work/", "/root/", "/Users/"];
/// What says in a lock file from which host a package came.
const RESOLVED: &str = "\"resolved\": \"http";
/// The one registry that may be named.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Lines with such words.
pub(super) fn problems(sources: &[Source]) -> Vec<String> {
    let judged = sources.iter().filter(|source| source.path != THIS_FILE);
    judged.flat_map(in_source).collect()
}

fn in_source(source: &Source) -> Vec<String> {
    let wrong = |line: &str| wrong_word(&source.path, line);
    let lines = source.text.lines().enumerate();
    lines
        .filter_map(|(n, line)| Some(format!("{}:{} names `{}`", source.path, n + 1, wrong(line)?)))
        .collect()
}

fn wrong_word(path: &str, line: &str) -> Option<&'static str> {
    if let Some(found) = PATHS.iter().find(|start| names_path(line, start)) {
        return Some(found);
    }
    if path.ends_with("package-lock.json") && line.contains(RESOLVED) {
        return Some("a package's host");
    }
    let foreign =
        path.ends_with("Cargo.lock") && line.contains("registry+") && !line.contains(REGISTRY);
    foreign.then_some("a foreign registry")
}

/// A path begins a word; `a/work/b` is no such path.
fn names_path(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(place, _)| {
        let before = line.get(..place).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | ')'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn paths_of_one_machine_and_hosts_of_packages_are_named() {
        let sources = [
            source("a.md", "fine\nsee /work/here\nfine a/work/b"),
            source("web/package-lock.json", "\"resolved\": \"https://example.org/a.tgz\""),
            source("Cargo.lock", "source = \"registry+https://example.org/index\""),
            source("b.md", "\"resolved\": \"https://example.org/a.tgz\""),
        ];
        let found = problems(&sources);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], "a.md:2 names `/work/`");
    }
}
