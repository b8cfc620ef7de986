//! Counts tests from what the runners print.

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count {
    /// Passed.
    pub(super) passed: u64,
    /// Failed, timed out, or never came to an end.
    pub(super) failed: u64,
}

impl Count {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    /// A runner that ended badly has at least one failure, whatever it printed.
    pub(super) fn for_runner(self, ended_well: bool) -> Self {
        if ended_well { self } else { Self { failed: self.failed.max(1), ..self } }
    }
}

/// What a line adds to the count; lines that are no summary add nothing.
pub(super) fn in_line(line: &str) -> Count {
    let line = plain(line);
    let text = line.trim();
    nextest(text)
        .or_else(|| cargo_test(text))
        .or_else(|| vitest(text))
        .or_else(|| node_test(text))
        .unwrap_or_default()
}

/// `Summary [  12.3s] 120 tests run: 118 passed (1 flaky), 1 failed, 1 timed out, 2 skipped`
fn nextest(text: &str) -> Option<Count> {
    let text = text.strip_prefix("Summary [")?;
    let (_, counts) = text.split_once(" run: ")?;
    let failed =
        before(counts, "failed") + before(counts, "timed out") + before(counts, "exec failed");
    Some(Count { passed: before(counts, "passed"), failed })
}

/// `test result: ok. 5 passed; 0 failed; 0 ignored; …`
fn cargo_test(text: &str) -> Option<Count> {
    let text = text.strip_prefix("test result:")?;
    Some(Count { passed: before(text, "passed"), failed: before(text, "failed") })
}

/// `Tests  1 failed | 11 passed (12)`
fn vitest(text: &str) -> Option<Count> {
    let text = text.strip_prefix("Tests  ")?;
    Some(Count { passed: before(text, "passed"), failed: before(text, "failed") })
}

/// `ℹ pass 3` and `ℹ fail 1` (or `# pass 3`), on lines of their own.
fn node_test(text: &str) -> Option<Count> {
    let text = text.strip_prefix("ℹ ").or_else(|| text.strip_prefix("# "))?;
    let (what, number) = text.split_once(' ')?;
    let number = number.trim().parse().ok()?;
    match what {
        "pass" => Some(Count { passed: number, failed: 0 }),
        "fail" | "cancelled" => Some(Count { passed: 0, failed: number }),
        _ => None,
    }
}

/// The number right before a word; 0 when the word is not there with a number.
fn before(text: &str, word: &str) -> u64 {
    text.match_indices(word)
        .filter_map(|(place, _)| text.get(..place)?.split_whitespace().next_back()?.parse().ok())
        .next()
        .unwrap_or(0)
}

/// The line without the sequences that colour it.
fn plain(line: &str) -> String {
    let mut parts = line.split('\x1b');
    let mut text = parts.next().unwrap_or("").to_owned();
    for part in parts {
        text.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, passed: u64, failed: u64) {
        assert_eq!(in_line(line), Count { passed, failed }, "{line}");
    }

    #[test]
    fn summaries_of_all_runners_are_understood() {
        check("     Summary [   0.025s] 5 tests run: 5 passed, 0 skipped", 5, 0);
        check(
            "     Summary [  61.025s] 9 tests run: 6 passed (1 flaky), 2 failed, 1 timed out, 3 skipped",
            6,
            3,
        );
        check("     Summary [   1.000s] 7/9 tests run: 7 passed, 0 skipped", 7, 0);
        check("test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured", 4, 1);
        check("      Tests  1 failed | 11 passed (12)", 11, 1);
        check("\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m12 passed\x1b[39m\x1b[22m (12)", 12, 0);
        check("ℹ pass 3", 3, 0);
        check("# fail 2", 0, 2);
        check("ℹ tests 5", 0, 0);
        check("  PASS [   0.007s] it counts 3 passed things", 0, 0);
    }

    #[test]
    fn a_runner_that_broke_down_is_a_failure() {
        assert_eq!(Count::default().for_runner(false), Count { passed: 0, failed: 1 });
        assert_eq!(Count { passed: 3, failed: 2 }.for_runner(false).failed, 2);
    }
}
