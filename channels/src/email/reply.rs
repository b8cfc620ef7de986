//! The new part of an answer, told from quotes and signatures.
//!
//! Only what surely is quoted or a signature leaves the text; where that is not sure, everything stays
//! in it. Nothing is dropped: each line is in the text or in the rest.

mod marks;
#[cfg(test)]
mod tests;

use marks::Mark;
pub(super) use marks::ends_attribution;

/// The most lines of a signature, blank ones not counted.
const SIGNATURE_LINES_MAX: usize = 15;

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
        let attribution = match marks::at(after) {
            Some(Mark::Attribution { lines, .. }) if is_words(line) => {
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
    if marks::is_delimiter(&first.text) {
        let words = lines.iter().skip(1).filter(|line| is_words(line));
        return words.take(SIGNATURE_LINES_MAX + 1).count() <= SIGNATURE_LINES_MAX;
    }
    marks::is_mobile_signature(&first.text)
        && lines.iter().skip(1).take(200).filter(|line| is_words(line)).take(2).count() == 0
}

/// The signature leaves if nothing but quotes that left already follows it.
fn signature(new: &[Line], leaves: &mut [bool]) {
    let stays: Vec<usize> =
        leaves.iter().take(new.len()).enumerate().filter(|(_, l)| !**l).map(|(at, _)| at).collect();
    let mut found = None;
    let mut words = 0;
    for at in stays.iter().rev() {
        let Some(line) = new.get(*at) else { break };
        if marks::is_delimiter(&line.text) {
            found = Some(*at);
            break;
        }
        if is_quoted(line) || words > SIGNATURE_LINES_MAX {
            break;
        }
        if is_words(line) {
            words += 1;
            if words == 1 && marks::is_mobile_signature(&line.text) {
                found = Some(*at);
            }
        }
    }
    let Some(found) = found else { return };
    for at in stays.iter().filter(|at| **at >= found) {
        if let Some(leaves) = leaves.get_mut(*at) {
            *leaves = true;
        }
    }
}
