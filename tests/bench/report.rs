//! What is measured and how it is told: one JSON object a line on stdout, words on stderr.

use serde::Serialize;

/// One result.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// The same in the same run, with nothing decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) floor: Option<f64>,
    /// What the server or the machine can do at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<f64>,
    /// The share of the floor's speed: 1 is as fast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ratio_to_floor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ratio_to_peer: Option<f64>,
    pub(crate) rounds: usize,
    /// (largest − smallest) ÷ median, over the rounds, of the ratio if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spread: Option<f64>,
    /// What else belongs to it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
}

impl Measured {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &str, rounds: usize) -> Self {
        Self {
            name: name.into(),
            value,
            unit: unit.to_owned(),
            floor: None,
            limit: None,
            peer: None,
            ratio_to_floor: None,
            ratio_to_peer: None,
            rounds,
            spread: None,
            note: String::new(),
        }
    }

    /// Prints it.
    #[expect(clippy::print_stdout, reason = "results are what this program is for")]
    pub(crate) fn tell(&self) {
        match serde_json::to_string(self) {
            Ok(line) => println!("{line}"),
            Err(error) => say(&format!("{}: {error}", self.name)),
        }
    }
}

/// A word on how it gets on.
#[expect(clippy::print_stderr, reason = "stdout carries the results alone")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// The median; 0 of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// (largest − smallest) ÷ median.
pub(crate) fn spread(values: &[f64]) -> Option<f64> {
    let largest = values.iter().copied().fold(f64::MIN, f64::max);
    let smallest = values.iter().copied().fold(f64::MAX, f64::min);
    (values.len() > 1).then(|| (largest - smallest) / median(values))
}

/// The value below which a share of the values lies.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let place = (share * sorted.len() as f64) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// Value by value, `a` ÷ `b`.
pub(crate) fn ratios(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a / b).collect()
}
