//! What a client did and what it knows of the outcome: append-only, for the checker.

use serde::Serialize;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What a client knows of an operation's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was acknowledged.
    Ok,
    /// It was refused: nothing changed.
    Fail,
    /// No answer came: it may have happened.
    Unknown,
}

/// One operation.
#[derive(Debug, Clone, Serialize)]
pub struct Operation {
    /// Who.
    pub client: String,
    /// What: `say`, `accept`, `close`, …
    pub op: &'static str,
    /// The client's own id for it.
    pub id: String,
    /// What it was about: a conversation, where known.
    pub about: String,
    /// When it began, in milliseconds of the run.
    pub start_ms: u128,
    /// When it ended.
    pub end_ms: u128,
    /// How.
    pub outcome: Outcome,
}

/// The history of a run, shared by its clients.
#[derive(Debug, Clone)]
pub struct History {
    began: Instant,
    operations: Arc<Mutex<Vec<Operation>>>,
}

impl Default for History {
    fn default() -> Self {
        Self { began: Instant::now(), operations: Arc::default() }
    }
}

impl History {
    /// The present of the run, in milliseconds.
    pub fn now_ms(&self) -> u128 {
        self.began.elapsed().as_millis()
    }

    /// Appends an operation that began at `start_ms` and ends now.
    pub fn record(
        &self,
        client: &str,
        op: &'static str,
        id: &str,
        start_ms: u128,
        outcome: (Outcome, &str),
    ) {
        let (outcome, about) = outcome;
        self.operations.lock().unwrap().push(Operation {
            client: client.to_owned(),
            op,
            id: id.to_owned(),
            about: about.to_owned(),
            start_ms,
            end_ms: self.now_ms(),
            outcome,
        });
    }

    /// All operations so far.
    pub fn all(&self) -> Vec<Operation> {
        self.operations.lock().unwrap().clone()
    }

    /// Those of one sort with one outcome.
    pub fn of(&self, op: &str, outcome: Outcome) -> Vec<Operation> {
        self.all().into_iter().filter(|o| o.op == op && o.outcome == outcome).collect()
    }
}
