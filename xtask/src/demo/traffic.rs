//! Simulated visitors for the demo: they come in at a gentle random rate, ask, wait, answer the
//! agent, end and rate. They speak the published API over the demo's own loopback address only.

mod visitor;

use crate::say;
use serde::Deserialize;
use std::ops::Range;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;
use visitor::Leaving;

/// No more visitors than this are there at once.
const AT_ONCE_MAX: usize = 12;
/// Seconds between two visitors.
const PAUSE_SECS: Range<f64> = 4.0..26.0;
/// The first visitor comes soon, so that there is something to see.
const FIRST_AFTER: Duration = Duration::from_secs(2);
/// How often it says how things are going.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What a visitor says, in order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Persona {
    /// The channel by which the person comes.
    channel: String,
    /// The topic that the person chooses.
    topic: String,
    /// The request type that the person chooses.
    request_type: String,
    /// `zh-CN` or `en`.
    locale: String,
    /// The name given in the form; empty when the person gives none.
    name: String,
    /// The first is the question, the others answer the agent.
    lines: Vec<String>,
    /// The last words.
    thanks: String,
    /// Said with the rating; may be empty.
    comment: String,
}

fn personas() -> Vec<Persona> {
    match serde_json::from_str(include_str!("visitors.json")) {
        Ok(personas) => personas,
        Err(error) => {
            say::problem(&format!("the simulated visitors cannot be read: {error}"));
            Vec::new()
        }
    }
}

/// How many came, and how they left.
#[derive(Debug, Default)]
struct Tally {
    came: u32,
    served: u32,
    gave_up: u32,
    turned_away: u32,
}

impl Tally {
    fn count(&mut self, leaving: Leaving) {
        match leaving {
            Leaving::Served => self.served += 1,
            Leaving::GaveUp => self.gave_up += 1,
            Leaving::TurnedAway => self.turned_away += 1,
        }
    }

    fn text(&self, here: usize) -> String {
        let Self { came, served, gave_up, turned_away } = self;
        format!(
            "Visitors: {came} came, {here} are here, {served} were served, {gave_up} gave up, \
             {turned_away} were turned away."
        )
    }
}

/// Lets visitors come in until it is dropped.
pub(super) async fn run(port: u16) {
    let personas = personas();
    let mut visitors = JoinSet::new();
    let mut tally = Tally::default();
    let mut told = Instant::now();
    sleep(FIRST_AFTER).await;
    while let Some(persona) = pick(&personas) {
        while let Some(ended) = visitors.try_join_next() {
            tally.count(ended.unwrap_or(Leaving::TurnedAway));
        }
        if visitors.len() < AT_ONCE_MAX {
            tally.came += 1;
            visitors.spawn(visitor::live(port, persona.clone()));
        }
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            say::line(&tally.text(visitors.len()));
        }
        sleep(Duration::from_secs_f64(rand::random_range(PAUSE_SECS))).await;
    }
}

fn pick(personas: &[Persona]) -> Option<&Persona> {
    if personas.is_empty() {
        return None;
    }
    personas.get(rand::random_range(0..personas.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn visitors_ask_about_every_topic_of_the_demo_desk() {
        let desk = std::fs::read_to_string(crate::demo::config::desk_file()).unwrap();
        let desk: serde_json::Value = serde_json::from_str(&desk).unwrap();
        let mut offered = BTreeSet::new();
        for channel in desk["channels"].as_array().unwrap() {
            for topic in channel["topics"].as_array().unwrap() {
                let name = (channel["id"].as_str().unwrap(), topic["id"].as_str().unwrap());
                offered.insert((name.0.to_owned(), name.1.to_owned()));
            }
        }
        let asked: BTreeSet<(String, String)> =
            personas().into_iter().map(|persona| (persona.channel, persona.topic)).collect();
        assert_eq!(asked.difference(&offered).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
        let quiet: Vec<_> =
            offered.difference(&asked).filter(|(_, id)| !id.ends_with("_general")).collect();
        assert_eq!(quiet, Vec::<&(String, String)>::new());
    }

    #[test]
    fn every_visitor_has_something_to_ask_and_a_known_language() {
        for persona in personas() {
            assert!(persona.lines.len() >= 2, "{persona:?}");
            assert!(["zh-CN", "en"].contains(&persona.locale.as_str()), "{persona:?}");
        }
    }
}
