//! The new part of an answer, told from quotes and signatures.
//!
//! Only what surely is quoted or a signature leaves the text; where that is not sure, everything stays
//! in it. Nothing is dropped: each line is in the text or in the rest.

mod marks;
#[cfg(test)]
mod tests;

pub(super) use marks::ends_attribution;
use marks::{Delimiter, Mark};

/// The most lines of a signature, blank ones not counted.
const SIGNATURE_LINES_MAX: usize = 15;

/// The same where the delimiter may be a line that a person drew, and the most characters of each.
const BARE_SIGNATURE_LINES_MAX: usize = 8;
const BARE_SIGNATURE_CHARS_MAX: usize = 50;
/// So many lines below a telephone's signature are looked at.
const SIGNATURE_LOOK_MAX: usize = 200;

/// One line of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Without its end. Lines that begin with `>` are quoted.
    pub text: String,
    /// The mail program says that here the letter begins that is answered.
    pub is_cut: bool,
}

/// A body in two.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Split {
    /// What the person wrote.
    pub text: String,
    /// Quotes and signature.
    pub rest: String,
}

/// The lines of a plain body.
pub(super) fn plain_lines(text: &str) -> Vec<Line> {
    text.lines().map(|line| Line { text: line.to_owned(), is_cut: false }).collect()
}

/// Splits a body. `subject` tells a forwarded letter, of which nothing is cut.
pub(super) fn split(lines: &[Line], subject: &str) -> Split {
    if marks::is_forward_subject(subject) {
        return all(lines);
    }
    let mut leaves = vec![false; lines.len()];
    let new_end = match first_original(lines) {
        Original::None => lines.len(),
        Original::Forwarded => return all(lines),
        Original::At(at) => {
            let before = lines.get(..at).unwrap_or_default();
            // Nothing above it: the answer is below or within, where no sign tells it from the original.
            if !before.iter().any(is_words) || before.iter().any(|l| marks::points_below(&l.text)) {
                return all(lines);
            }
            leave(&mut leaves, at, lines.len());
            at
        }
    };
    let new = lines.get(..new_end).unwrap_or_default();
    quotes(new, &mut leaves);
    signature(new, &mut leaves);
    let split = Split { text: gather(lines, &leaves, false), rest: gather(lines, &leaves, true) };
    if split.text.is_empty() { all(lines) } else { split }
}

fn all(lines: &[Line]) -> Split {
    let text = gather(lines, &vec![false; lines.len()], false);
    Split { text, rest: String::new() }
}

/// The lines on one side, without blank ones at the ends, and never more than two blank ones together.
fn gather(lines: &[Line], leaves: &[bool], side: bool) -> String {
    let mut out = String::new();
    let mut blank = 0;
    for (line, _) in lines.iter().zip(leaves).filter(|(_, leaves)| **leaves == side) {
        if line.text.trim().is_empty() {
            blank += 1;
            continue;
        }
        if !out.is_empty() {
            out.extend(std::iter::repeat_n('\n', 1 + blank.min(2)));
        }
        blank = 0;
        out.push_str(line.text.trim_end());
    }
    out
}

fn leave(leaves: &mut [bool], from: usize, to: usize) {
    for leaves in leaves.iter_mut().take(to).skip(from) {
        *leaves = true;
    }
}

fn is_quoted(line: &Line) -> bool {
    line.text.starts_with('>')
}

fn is_words(line: &Line) -> bool {
    !is_quoted(line) && !line.text.trim().is_empty()
}

/// Where an unquoted copy of the answered letter begins.
enum Original {
    None,
    At(usize),
    Forwarded,
}

fn first_original(lines: &[Line]) -> Original {
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if is_quoted(line) || (line.text.trim().is_empty() && !line.is_cut) {
            at += 1;
            continue;
        }
        let after = lines.get(at..).unwrap_or_default();
        match marks::at(after) {
            Some(Mark::Forwarded) => return Original::Forwarded,
            Some(Mark::Original) => return Original::At(at),
            Some(Mark::Attribution { lines: span, sure }) => {
                if sure && !quote_follows(after.get(span..).unwrap_or_default()) {
                    return Original::At(at);
                }
                at += span;
            }
            None if line.is_cut => return Original::At(at),
            None => at += 1,
        }
    }
    Original::None
}

fn quote_follows(lines: &[Line]) -> bool {
    lines.iter().take(4).find(|line| !line.text.trim().is_empty()).is_some_and(is_quoted)
}

/// Quoted lines together, with the line that says who wrote them.
struct Run {
    from: usize,
    to: usize,
    words_before: bool,
    words_after: bool,
}

/// Which quotes leave: those at the end, and one alone at the top. Others stand between answers, which
/// would mean nothing without them.
fn quotes(new: &[Line], leaves: &mut [bool]) {
    let runs = runs(new);
    let (Some(last), count) = (runs.last(), runs.len()) else { return };
    let alone_at_top = count == 1 && !last.words_before;
    if !last.words_after || alone_at_top {
        leave(leaves, last.from, last.to);
    }
}

fn runs(new: &[Line]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut words = false;
    let mut at = 0;
    while let Some(line) = new.get(at) {
        let after = new.get(at..).unwrap_or_default();
        let mark = if is_words(line) { marks::at(after) } else { None };
        let attribution = match mark {
            Some(Mark::Attribution { lines, .. }) => {
                Some(lines).filter(|n| quote_follows(after.get(*n..).unwrap_or_default()))
            }
            _ => None,
        };
        if is_quoted(line) || attribution.is_some() {
            let to = run_end(new, at + attribution.unwrap_or(0));
            match runs.last_mut() {
                Some(last) if !last.words_after => last.to = to,
                _ => runs.push(Run { from: at, to, words_before: words, words_after: false }),
            }
            at = to;
            continue;
        }
        if is_words(line) && !is_signature_from(after) {
            words = true;
            if let Some(last) = runs.last_mut() {
                last.words_after = true;
            }
        } else if is_words(line) && !runs.is_empty() {
            // A signature below the quotes ends them.
            break;
        }
        at += 1;
    }
    runs
}

/// Where quoted lines end; blank lines between them belong to them.
fn run_end(new: &[Line], from: usize) -> usize {
    let mut end = from;
    for (at, line) in new.iter().enumerate().skip(from) {
        if is_quoted(line) {
            end = at + 1;
        } else if !line.text.trim().is_empty() {
            break;
        }
    }
    end.max(from + usize::from(end == from && from < new.len()))
}

/// Does a signature begin here that goes on to the end?
fn is_signature_from(lines: &[Line]) -> bool {
    let Some(first) = lines.first() else { return false };
    let below = lines.iter().skip(1).filter(|line| is_words(line));
    match marks::delimiter(&first.text) {
        Some(delimiter) => is_short(delimiter, below),
        None => {
            marks::is_mobile_signature(&first.text)
                && !lines.iter().skip(1).take(SIGNATURE_LOOK_MAX).any(is_words)
        }
    }
}

/// Are the lines below a delimiter few and short enough for a signature?
fn is_short<'a>(delimiter: Delimiter, below: impl Iterator<Item = &'a Line>) -> bool {
    let (lines_max, chars_max) = match delimiter {
        Delimiter::Whole => (SIGNATURE_LINES_MAX, usize::MAX),
        Delimiter::Bare => (BARE_SIGNATURE_LINES_MAX, BARE_SIGNATURE_CHARS_MAX),
    };
    let fits =
        |line: &Line| line.text.chars().take(chars_max.saturating_add(1)).count() <= chars_max;
    let mut count = 0;
    below.take(lines_max + 1).all(|line| {
        count += 1;
        count <= lines_max && fits(line)
    })
}

/// The signature leaves if nothing but quotes that left already follows it.
fn signature(new: &[Line], leaves: &mut [bool]) {
    let mut found = None;
    let mut below: Vec<&Line> = Vec::new();
    let stays = new.iter().zip(leaves.iter()).enumerate().filter(|(_, (_, leaves))| !**leaves);
    for (at, (line, _)) in stays.rev() {
        if is_quoted(line) || below.len() > SIGNATURE_LINES_MAX {
            break;
        }
        if let Some(delimiter) = marks::delimiter(&line.text) {
            if is_short(delimiter, below.iter().copied()) {
                found = Some(at);
            }
            break;
        }
        if is_words(line) {
            if below.is_empty() && marks::is_mobile_signature(&line.text) {
                found = Some(at);
            }
            below.push(line);
        }
    }
    if let Some(found) = found {
        leave(leaves, found, new.len());
    }
}
